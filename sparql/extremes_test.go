package sparql

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"triplestore/rdf"
)

// MIN and MAX are the first and the last in the order of ORDER BY (https://www.w3.org/TR/sparql12-query/#defn_aggMin), whatever kinds of
// terms there are: also for literals that are not of their datatype's form and for datatypes that are not known.
func TestExtremesAreOrdered(t *testing.T) {
	t.Parallel()
	const xsd = "http://www.w3.org/2001/XMLSchema#"
	integer := func(s string) rdf.Term { return rdf.Literal(s, xsd+"integer") }
	ill, unknown := integer("abc"), rdf.Literal("zzz", "http://e/dt")
	for _, c := range []struct {
		name     string
		terms    []rdf.Term
		min, max rdf.Term
	}{
		{"an ill-typed integer", []rdf.Term{integer("3"), ill, integer("2")}, integer("2"), ill},
		{"an ill-typed date", []rdf.Term{rdf.Literal("2020-13-45", xsd+"date"), rdf.Literal("2020-01-01", xsd+"date")}, rdf.Literal("2020-01-01", xsd+"date"), rdf.Literal("2020-13-45", xsd+"date")},
		{"ill-typed only", []rdf.Term{ill, integer("1.5"), integer("x")}, integer("1.5"), integer("x")},
		{"an unknown datatype", []rdf.Term{unknown, integer("5"), rdf.Literal("b", xsd+"boolean")}, integer("5"), unknown},
		{"an IRI", []rdf.Term{rdf.String("x"), integer("1"), rdf.IRI("http://e/")}, rdf.IRI("http://e/"), rdf.String("x")},
		{"a language", []rdf.Term{rdf.LangLiteral("a", "en"), rdf.String("b"), ill}, rdf.LangLiteral("a", "en"), ill},
	} {
		for round := range 4 { // in whatever order the terms come
			r := rand.New(rand.NewPCG(1, uint64(round)))
			var quads []rdf.Quad
			for i, at := range r.Perm(len(c.terms)) {
				quads = append(quads, rdf.Quad{S: rdf.IRI(fmt.Sprint("http://e/s", i)), P: rdf.IRI("http://e/p"), O: c.terms[at]})
			}
			snap := snapshotOf(t, quads)
			for _, naive := range []bool{false, true} {
				e := NewEngine(Options{NoOptimizer: naive})
				for text, want := range map[string]rdf.Term{
					"SELECT (MIN(?v) AS ?x) { ?s <http://e/p> ?v }":              c.min,
					"SELECT (MAX(?v) AS ?x) { ?s <http://e/p> ?v }":              c.max,
					"SELECT (MIN(DISTINCT ?v) AS ?x) { ?s ?p ?v } GROUP BY ?p":   c.min,
					"SELECT (MAX(?v) AS ?x) { ?s ?p ?v } GROUP BY ?p":            c.max,
					"SELECT ?x { ?s <http://e/p> ?x } ORDER BY ?x LIMIT 1":       c.min,
					"SELECT ?x { ?s <http://e/p> ?x } ORDER BY DESC(?x) LIMIT 1": c.max,
				} {
					got, err := answer(t.Context(), e, snap, text)
					if err != nil || len(got.Rows) != 1 || got.Rows[0][0] != want {
						t.Errorf("%s, naive %v: %s: %v, %v, want %v", c.name, naive, text, got, err, want)
					}
				}
			}
		}
	}
}
