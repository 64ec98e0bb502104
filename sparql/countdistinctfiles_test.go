package sparql

import (
	"fmt"
	"testing"

	"triplestore/internal/sparqltest"
	"triplestore/rdf"
)

// TestCountOverDistinctInFiles: a DISTINCT that goes to files yields its rows in another order, which what counts above it heeds.
func TestCountOverDistinctInFiles(t *testing.T) {
	t.Parallel()
	iri := func(kind string, i int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/%s%d", kind, i)) }
	var quads []rdf.Quad
	for i := range 60 {
		for o := range 6 {
			quads = append(quads, rdf.Quad{S: iri("s", i), P: iri("p", o%2), O: iri("o", (i+o)%20)})
		}
	}
	snap := snapshotOf(t, quads)
	for _, q := range []string{
		"SELECT (COUNT(DISTINCT ?s) AS ?n) { SELECT DISTINCT ?s ?o { ?s ?p ?o } }",
		"SELECT ?k (COUNT(DISTINCT ?s) AS ?n) { SELECT DISTINCT ?s ?o { ?s ?p ?o } } GROUP BY (STRLEN(STR(?o)) AS ?k)",
		"SELECT ?k ?l (COUNT(DISTINCT ?s) AS ?n) { SELECT DISTINCT ?s ?o { ?s ?p ?o } } GROUP BY (STRLEN(STR(?o)) AS ?k) (STRLEN(STR(?s)) AS ?l)",
	} {
		want, err := answer(t.Context(), NewEngine(Options{}), snap, q)
		if err != nil {
			t.Fatal(err)
		}
		got, err := answer(t.Context(), NewEngine(Options{SpillAll: true, Disk: 1 << 30, TempDir: t.TempDir()}), snap, q)
		if err != nil {
			t.Fatal(err)
		}
		if err := sparqltest.Compare(want, got, false, false); err != nil {
			t.Errorf("%s: %v", q, err)
		}
	}
}
