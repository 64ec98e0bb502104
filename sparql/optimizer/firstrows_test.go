package optimizer

import (
	"fmt"
	"slices"
	"testing"

	"triplestore/internal/golden"
	"triplestore/rdf"
)

// TestFirstRowsPlans shows plans for the first rows beside those for all, as text.
func TestFirstRowsPlans(t *testing.T) {
	t.Parallel()
	iri := func(kind string, n int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/%s%d", kind, n)) }
	var quads []rdf.Quad
	add := func(s rdf.Term, p string, o rdf.Term) {
		quads = append(quads, rdf.Quad{S: s, P: rdf.IRI("http://e/" + p), O: o})
	}
	for i := range 12000 {
		add(iri("work", i), "type", iri("T", i%2))
		add(iri("work", i), "by", iri("who", i*7919%8000))
	}
	for i := range 8000 {
		add(iri("who", i), "name", rdf.String(fmt.Sprint("name", i)))
		add(iri("who", i), "knows", iri("who", i*i%8000))
	}
	snap := snapshotOf(t, quads)
	var out string
	for _, text := range []string{
		"ASK { ?a :type :T0 ; :by ?x . ?b :type :T1 ; :by ?y . ?x :name ?n . ?y :name ?m FILTER(?n = ?m) }",
		"ASK { ?a :by ?x . ?b :by ?x . ?b :type :T1 }",
		"SELECT * { ?a :type :T0 ; :by ?x . ?x :name ?n } LIMIT 10",
		"SELECT * { ?a :type :T0 ; :by ?x . ?x :name ?n } LIMIT 10 OFFSET 500",
		"SELECT * { ?a :type :T0 ; :by ?x . ?x :name ?n } LIMIT 1900",
		"SELECT * { ?a :type :T0 ; :by ?x . ?x :name ?n } ORDER BY ?n LIMIT 10",
		"SELECT DISTINCT ?x { ?a :type :T0 ; :by ?x . ?x :name ?n . ?x :knows ?y . ?y :name ?m } LIMIT 10",
		"SELECT * { ?a :by ?x OPTIONAL { ?x :knows ?y . ?y :name ?n } } LIMIT 5",
		"SELECT * { ?x :knows ?y { SELECT * { ?a :type :T0 ; :by ?x . ?x :name ?n } LIMIT 10 } }",
		"SELECT * { ?a :by ?x . ?x :knows+ ?y } LIMIT 10",
		"ASK { :who1 :knows ?x . ?a :by ?x }",
		"ASK { ?a :by ?x . ?x :name ?n . ?x :knows ?y . ?y :name ?m . ?b :by ?y ; :type :T0 FILTER(?n != ?m) }",
	} {
		out += text + "\n" + plan(t, snap, text).Explain(nil) + "\n"
	}
	golden.String(t, "testdata/firstrows.golden", out)
}

// TestFirstCost: what is wanted of a plan's rows costs no more than all of them, and more rows cost more.
func TestFirstCost(t *testing.T) {
	t.Parallel()
	var quads []rdf.Quad
	for i := range 500 {
		s := rdf.IRI(fmt.Sprintf("http://e/s%d", i))
		quads = append(quads, rdf.Quad{S: s, P: rdf.IRI("http://e/p"), O: rdf.IRI(fmt.Sprintf("http://e/s%d", i/2))},
			rdf.Quad{S: s, P: rdf.IRI("http://e/q"), O: rdf.String(fmt.Sprint(i % 50))})
	}
	snap := snapshotOf(t, quads)
	for _, text := range []string{
		"SELECT * { ?a :p ?b . ?b :p ?c . ?c :q ?d }", "SELECT * { ?a :p ?b OPTIONAL { ?b :q ?c . ?d :q ?c } }", "SELECT * { { ?a :p ?b } UNION { ?b :q ?a } ?b :p ?c }",
		"SELECT DISTINCT ?a { ?a :p/:p ?b FILTER NOT EXISTS { ?b :q '3' } }", "SELECT ?d (COUNT(*) AS ?n) { ?a :q ?d } GROUP BY ?d", "SELECT * { ?a :p ?b } ORDER BY ?b",
		"SELECT * { ?a :p+ ?b . ?b :q ?c }", "SELECT * { ?a :q ?d FILTER(STRLEN(?d) > 1) MINUS { ?a :p ?b . ?b :q '7' } }",
	} {
		var walk func(n Node)
		walk = func(n Node) {
			costs := []float64{firstCost(n, 0), firstCost(n, 0.01), firstCost(n, 0.3), firstCost(n, 1)}
			if !slices.IsSorted(costs) || costs[3] > n.P().Cost*1.5+3*costStart {
				t.Errorf("%s: %T costs %v, in all %v", text, n, costs, n.P().Cost)
			}
			for _, c := range Children(n) {
				walk(c)
			}
		}
		walk(plan(t, snap, text).Root)
	}
}
