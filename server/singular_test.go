package server

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/memstore"
)

// TestSingular: pages and documents count one thing in the singular, in each language.
func TestSingular(t *testing.T) {
	t.Parallel()
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	srv := testServer(t, st, nil)
	quad := func(n int) rdf.Quad {
		return rdf.Quad{S: rdf.IRI(fmt.Sprint("http://e/s", n)), P: rdf.IRI(rdfType), O: rdf.IRI(fmt.Sprint("http://e/C", n)), G: rdf.IRI(fmt.Sprint("http://e/g", n))}
	}
	add := func(quads ...rdf.Quad) {
		t.Helper()
		if _, err := st.Update(t.Context(), func(x store.Txn) error { return x.Add(quads) }); err != nil {
			t.Fatal(err)
		}
	}
	const used = "/resource?iri=http://www.w3.org/1999/02/22-rdf-syntax-ns%23type"
	q := "/sparql?query=" + url.QueryEscape("SELECT * { GRAPH ?g { ?s ?p ?o } }")
	look := func(want map[string][3]string) {
		t.Helper()
		for path, texts := range want {
			for i, lang := range []string{"nb", "nn", "en"} {
				if r := get(t, srv, path, "Accept", browser, "Accept-Language", lang); r.StatusCode != 200 || !strings.Contains(r.body, texts[i]) {
					t.Errorf("%s in %s: no %s in\n%s", path, lang, texts[i], r.body)
				}
			}
		}
	}
	add(quad(0))
	look(map[string][3]string{
		"/overview": {"1 utsagn i 1 navngitt graf, med 1 klasse og 1 egenskap.", "1 utsegn i 1 namngjeven graf, med 1 klasse og 1 eigenskap.", "1 statement in 1 named graph, with 1 class and 1 property."},
		"/schema":   {"1 av 1 klasse,", "1 av 1 klasse,", "1 of 1 class,"}, used: {"egenskap i 1 utsagn", "eigenskap i 1 utsegn", "property in 1 statement"}, q: {"1 rad,", "1 rad,", "1 row,"},
	})
	if r := get(t, srv, "/catalog", "Accept", "text/turtle"); !strings.Contains(r.body, "with 1 statement.") {
		t.Error(r.body)
	}
	add(quad(1), rdf.Quad{S: rdf.IRI("http://e/s"), P: rdf.IRI("http://e/p"), O: rdf.String("o")})
	look(map[string][3]string{
		"/overview": {"3 utsagn i 2 navngitte grafer, med 2 klasser og 2 egenskaper.", "3 utsegner i 2 namngjevne grafar, med 2 klassar og 2 eigenskapar.", "3 statements in 2 named graphs, with 2 classes and 2 properties."},
		"/schema":   {"2 av 2 klasser,", "2 av 2 klassar,", "2 of 2 classes,"}, used: {"egenskap i 2 utsagn", "eigenskap i 2 utsegner", "property in 2 statements"}, q: {"2 rader,", "2 rader,", "2 rows,"},
	})
}
