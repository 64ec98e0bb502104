package refexec_test

import (
	"context"
	"testing"

	"triplestore/internal/sparqltest"
	"triplestore/sparql/algebra"
	"triplestore/sparql/refexec"
	"triplestore/sparql/syntax"
)

func TestW3C(t *testing.T) {
	t.Parallel()
	sparqltest.Run(t, nil, func(ctx context.Context, c *sparqltest.Case) (*sparqltest.Answer, error) {
		parsed, err := syntax.ParseQuery(c.Query, syntax.Options{Base: c.Base})
		if err != nil {
			return nil, err
		}
		q, err := algebra.Translate(parsed)
		if err != nil {
			return nil, err
		}
		r, err := refexec.Run(ctx, q, refexec.NewDataset(c.Quads, c.Graphs...), refexec.Options{})
		if err != nil {
			return nil, err
		}
		return &sparqltest.Answer{Form: r.Form, Vars: r.Vars, Rows: r.Rows, Bool: r.Bool, Triples: r.Triples}, nil
	})
}
