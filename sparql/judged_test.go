package sparql

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"triplestore/rdf"
	"triplestore/sparql/exec"
)

// askedContext counts how often it is asked whether it has ended.
type askedContext struct {
	context.Context
	asked atomic.Int64
}

func (c *askedContext) Err() error {
	c.asked.Add(1)
	return c.Context.Err()
}

// TestConditionsAskTheContext: conditions that are evaluated from terms look at the context as often as others do, since one match may take
// long.
func TestConditionsAskTheContext(t *testing.T) {
	t.Parallel()
	const rows = 2000
	var quads []rdf.Quad
	for n := range rows {
		quads = append(quads, rdf.Quad{S: rdf.IRI(fmt.Sprint("http://e/n", n)), P: rdf.IRI("http://e/label"), O: rdf.String(fmt.Sprintf("text of %d", n))})
	}
	snap := snapshotOf(t, quads)
	for name, condition := range map[string]string{"direct": "STRSTARTS(?l, 'other')", "other": "CONCAT(?l, '.') = 'other'"} {
		plan, err := NewEngine(Options{}).prepare(t.Context(), snap, "SELECT ?l { ?s <http://e/label> ?l FILTER ("+condition+") }", Options{})
		if err != nil {
			t.Fatal(err)
		}
		ctx := &askedContext{Context: t.Context()}
		q, err := exec.Start(ctx, snap, plan, exec.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := q.Solutions(func([]rdf.Term) bool { return true }); err != nil {
			t.Error(err)
		}
		q.Close()
		if n := ctx.asked.Load(); n < rows/8 {
			t.Errorf("%s: the context was asked %d times for %d rows\n%s", name, n, rows, strings.TrimSpace(plan.Explain(nil)))
		}
		t.Log(name, ctx.asked.Load())
	}
}
