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
	"triplestore/sparql/syntax"
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

// Update makes an update request of one to three operations.
func (g *Generator) Update() string {
	ops := make([]string, 1+g.r.IntN(3))
	for i := range ops {
		ops[i] = g.operation()
		for !allowed(syntax.ParseUpdate(ops[i], syntax.Options{})) {
			ops[i] = g.operation()
		}
	}
	return strings.Join(ops, " ;\n")
}

func (g *Generator) graphName() string {
	return "<" + randomNS + g.one("g1", "g2", "g3") + ">"
}

func (g *Generator) operation() string {
	g.binds = 0
	target := g.one("DEFAULT", "GRAPH "+g.graphName())
	other := g.one("DEFAULT", "GRAPH "+g.graphName())
	switch g.r.IntN(14) {
	case 0:
		return g.one("CLEAR SILENT ", "DROP ") + g.one(target, target, "NAMED", "ALL")
	case 1:
		return g.one("ADD", "COPY", "MOVE") + " SILENT " + target + " TO " + other
	case 2:
		return "CREATE SILENT GRAPH " + g.graphName()
	case 3:
		data := g.resource().String() + " " + g.property().String() + " " + g.resource().String()
		return g.one("INSERT", "DELETE") + " DATA { " + data + " GRAPH " + g.graphName() + " { " + data + " } }"
	case 4:
		return "DELETE WHERE { " + g.variable() + " " + g.one("?b", "?p", g.property().String()) + " " + g.variable() + " GRAPH " + g.one("?g", g.graphName()) + " { " +
			g.variable() + " " + g.property().String() + " ?b } }"
	}
	var b strings.Builder
	if g.chance(3) {
		b.WriteString("WITH " + g.graphName() + " ")
	}
	removes := !g.chance(3)
	if removes {
		b.WriteString("DELETE { " + g.template(false) + "} ")
	}
	if !removes || g.chance(2) {
		b.WriteString("INSERT { " + g.template(true) + "} ")
	}
	switch g.r.IntN(6) {
	case 0:
		b.WriteString("USING " + g.graphName() + " ")
	case 1:
		b.WriteString("USING " + g.graphName() + " USING NAMED " + g.graphName() + " ")
	}
	b.WriteString("WHERE " + g.group(2))
	return b.String()
}

// template makes the inside of a template.
func (g *Generator) template(blanks bool) string {
	node := func() string {
		switch g.r.IntN(10) {
		case 0:
			return g.resource().String()
		case 1:
			return "<<( " + g.variable() + " " + g.property().String() + " " + g.variable() + " )>>"
		case 2:
			if blanks {
				return g.one("_:m", "_:n", "<<( _:n "+g.property().String()+" ?a )>>")
			}
		}
		return g.variable()
	}
	subject := func() string {
		for {
			if s := node(); s[0] != '<' || s[1] != '<' {
				return s
			}
		}
	}
	var b strings.Builder
	for range 1 + g.r.IntN(3) {
		triple := subject() + " " + g.one("?b", g.property().String(), g.property().String()) + " " + node() + " "
		if g.chance(3) {
			triple = "GRAPH " + g.one("?g", "?a", g.graphName()) + " { " + triple + "} "
			b.WriteString(triple)
		} else {
			b.WriteString(triple + ". ")
		}
	}
	return b.String()
}
