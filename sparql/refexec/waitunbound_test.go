package refexec_test

import (
	"fmt"
	"testing"

	"triplestore/internal/sparqltest"
	"triplestore/rdf"
	"triplestore/sparql"
)

// TestFilterOfUnboundDoesNotWait: a filter that looks at a variable that is not bound everywhere does not wait for a join that binds it.
func TestFilterOfUnboundDoesNotWait(t *testing.T) {
	t.Parallel()
	var quads []rdf.Quad
	iri := func(f string, a ...any) rdf.Term { return rdf.IRI("http://e/" + fmt.Sprintf(f, a...)) }
	add := func(s rdf.Term, p string, o rdf.Term) { quads = append(quads, rdf.Quad{S: s, P: iri("%s", p), O: o}) }
	for i := range 3000 {
		a := iri("a%d", i)
		add(a, "p", iri("b%d", i%50))
		if i%2 == 0 {
			add(a, "q", iri("x%d", i%300))
		}
		if i%100 == 0 {
			add(a, "kind", iri("k"))
		}
	}
	for i := range 3 {
		add(iri("x%d", i*2), "r", iri("y%d", i))
	}
	ask := asker(t, quads)
	for _, f := range []string{
		`FILTER(COALESCE(STR(?x), "none") = "none")`,
		`FILTER(!BOUND(?x) || CONTAINS(STR(?x), "zzz"))`,
	} {
		for _, q := range []string{
			`SELECT * { { ?a :p ?b OPTIONAL { ?a :q ?x } ` + f + ` } ?x :r ?y }`,
			`SELECT * { ?x :r ?y { ?a :p ?b OPTIONAL { ?a :q ?x } ` + f + ` } }`,
			`SELECT * { ?a :q ?x ; :kind :k { ?a :p ?b OPTIONAL { ?b :q ?x } ` + f + ` } }`,
			`SELECT * { { SELECT ?a ?x { ?a :p ?b OPTIONAL { ?b :q ?x } ` + f + ` } } ?a :q ?x ; :kind :k }`,
			`SELECT * { { { ?a :p ?b } UNION { ?a :q ?x } ` + f + ` } ?a :q ?x ; :kind :k }`,
		} {
			want := ask(q, sparql.Options{NoOptimizer: true})
			for name, o := range map[string]sparql.Options{"usual": {}, "draw": {DrawAll: true}} {
				if err := sparqltest.Same(want, ask(q, o)); err != nil {
					t.Errorf("%s: %s: %.300v", name, q, err)
				}
			}
		}
	}
}
