package sparqltest

import (
	"context"
	"fmt"
	"path"
	"strings"
	"testing"

	"triplestore/internal/w3c"
	"triplestore/rdf"
	"triplestore/rdf/canon"
)

// UpdateCase is what an engine is asked to change.
type UpdateCase struct {
	// Request is the text and Base the IRI that it is relative to.
	Request, Base string
	// Quads are what is in the store before.
	Quads []rdf.Quad
}

// UpdateEngine carries out an update on a new store and returns what is in it after.
type UpdateEngine func(ctx context.Context, c *UpdateCase) ([]rdf.Quad, error)

// UpdateManifests are the suites with update evaluation tests.
var UpdateManifests = []string{
	"sparql11/basic-update/manifest.ttl", "sparql11/add/manifest.ttl", "sparql11/copy/manifest.ttl", "sparql11/move/manifest.ttl",
	"sparql11/clear/manifest.ttl", "sparql11/drop/manifest.ttl", "sparql11/delete/manifest.ttl", "sparql11/delete-data/manifest.ttl",
	"sparql11/delete-insert/manifest.ttl", "sparql11/delete-where/manifest.ttl", "sparql11/update-silent/manifest.ttl",
	"sparql12/eval-triple-terms/manifest.ttl",
}

// RunUpdates runs the tests of all UpdateManifests as subtests, one for each manifest. None is excused.
func RunUpdates(t *testing.T, engine UpdateEngine) {
	t.Helper()
	for _, m := range UpdateManifests {
		t.Run(strings.ReplaceAll(path.Dir(m), "/", "-"), func(t *testing.T) {
			w3c.Run(t, "rdf-tests/sparql/"+m, nil, func(t *testing.T, test *w3c.Test) error { return evaluateUpdate(t, test, engine) })
		})
	}
}

func evaluateUpdate(t *testing.T, test *w3c.Test, engine UpdateEngine) error {
	if test.Type != w3c.MF+"UpdateEvaluationTest" {
		return w3c.ErrNotApplicable
	}
	request := test.Action.Get(w3c.UT + "request")
	text, err := request.Read()
	if err != nil {
		return err
	}
	c := &UpdateCase{Request: string(text), Base: request.Value()}
	if c.Quads, err = updateData(test.Action); err != nil {
		return err
	}
	want, err := updateData(test.Result)
	if err != nil {
		return err
	}
	got, err := engine(t.Context(), c)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, text)
	}
	same, err := canon.Isomorphic(want, got)
	if err == nil && !same {
		err = fmt.Errorf("the stores differ\ngot:\n%swant:\n%srequest:\n%s", showQuads(got), showQuads(want), text)
	}
	return err
}

// updateData reads the graphs that a node names by ut:data and ut:graphData.
func updateData(n w3c.Node) ([]rdf.Quad, error) {
	var all []rdf.Quad
	add := func(file w3c.Node, graph rdf.Term) error {
		quads, err := readGraph(fileOf(file))
		for _, q := range quads {
			if q.G.IsZero() {
				q.G = graph
			}
			all = append(all, q)
		}
		return err
	}
	for _, d := range n.All(w3c.UT + "data") {
		if err := add(d, rdf.Term{}); err != nil {
			return nil, err
		}
	}
	for _, d := range n.All(w3c.UT + "graphData") {
		if err := add(d.Get(w3c.UT+"graph"), rdf.IRI(d.Get(w3c.RDFS+"label").Value())); err != nil {
			return nil, err
		}
	}
	return all, nil
}
