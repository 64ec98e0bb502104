package turtle_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"triplestore/rdf"
	"triplestore/rdf/turtle"
)

// TestPrettyBrokenLists: chains that are almost lists are neither nested without end nor written in quadratic time and space.
func TestPrettyBrokenLists(t *testing.T) {
	t.Parallel()
	const n, ns = 20_000, "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	node := func(i int) rdf.Term { return rdf.BlankNode(fmt.Sprintf("n%05d", i)) }
	first, rest := rdf.IRI(ns+"first"), rdf.IRI(ns+"rest")
	head := rdf.Quad{S: rdf.IRI("a:a"), P: rdf.IRI("a:p"), O: node(0)}
	for name, broken := range map[string][]rdf.Quad{
		"no end":      nil,
		"other end":   {{S: node(n - 1), P: rest, O: rdf.IRI("a:b")}},
		"shared tail": {{S: node(n - 1), P: rest, O: rdf.IRI(ns + "nil")}, {S: rdf.IRI("a:a"), P: rdf.IRI("a:q"), O: node(n - 1)}},
		"typed":       {{S: node(n - 1), P: rest, O: rdf.IRI(ns + "nil")}, {S: node(n - 2), P: rdf.IRI(ns + "type"), O: rdf.IRI(ns + "List")}},
		"nested":      {{S: node(n - 1), P: rest, O: rdf.BlankNode("m")}, {S: rdf.BlankNode("m"), P: first, O: rdf.BlankNode("k")}, {S: rdf.BlankNode("k"), P: first, O: head.S}, {S: rdf.BlankNode("k"), P: rest, O: rdf.IRI(ns + "nil")}},
		"whole":       {{S: node(n - 1), P: rest, O: rdf.IRI(ns + "nil")}},
	} {
		quads := append([]rdf.Quad{head}, broken...)
		for i := range n {
			quads = append(quads, rdf.Quad{S: node(i), P: first, O: rdf.String("x")})
			if i > 0 {
				quads = append(quads, rdf.Quad{S: node(i - 1), P: rest, O: node(i)})
			}
		}
		start := time.Now()
		var b strings.Builder
		if err := turtle.WritePretty(&b, quads, turtle.WriterOptions{Dialect: turtle.Turtle}); err != nil {
			t.Fatal(err)
		}
		again, err := turtle.ParseString(b.String(), turtle.Options{Dialect: turtle.Turtle})
		if err != nil || len(again) != len(quads) {
			t.Errorf("%s: %d of %d quads, %v", name, len(again), len(quads), err)
		}
		if took := time.Since(start); b.Len() > 500*n || took > 10*time.Second {
			t.Errorf("%s: %d bytes, %v", name, b.Len(), took)
		}
		if name == "whole" && strings.Contains(b.String(), "rdf-syntax-ns#rest") {
			t.Error("a list is not written as one")
		}
	}
}
