package server

import (
	"fmt"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/memstore"
)

// TestSchemaSizes: the picture has a few classes, the strongest, and more when they are asked for.
func TestSchemaSizes(t *testing.T) {
	t.Parallel()
	st := memstore.New()
	defer st.Close()
	const classes = 30
	if _, err := st.Update(t.Context(), func(x store.Txn) error {
		var quads []rdf.Quad
		for c := range classes {
			for i := range 2 * (classes - c) { // the first ones have the most instances
				s := rdf.IRI(fmt.Sprintf("http://e/i%d-%d", c, i))
				quads = append(quads, rdf.Quad{S: s, P: rdf.IRI(rdfType), O: rdf.IRI(fmt.Sprintf("http://e/Class%02d", c))},
					rdf.Quad{S: s, P: rdf.IRI("http://e/next"), O: rdf.IRI(fmt.Sprintf("http://e/i%d-0", (c+1)%classes))})
			}
		}
		return x.Add(quads)
	}); err != nil {
		t.Fatal(err)
	}
	srv := testServer(t, st, nil)
	for query, want := range map[string]int{"": 12, "&classes=12": 12, "&classes=13": 24, "&classes=24": 24, "&classes=48": 30, "&classes=1000000": 30, "&classes=x": 12, "&classes=-5": 12} {
		r := get(t, srv, "/schema?lang=en"+query)
		if n := strings.Count(r.body, `class="box"`); r.StatusCode != 200 || n != want || !strings.Contains(r.body, "Class00 (60)") || strings.Contains(r.body, "Class29 (2)") != (want == classes) {
			t.Errorf("%q: %d, %d classes, want %d", query, r.StatusCode, n, want)
		}
		if strings.Count(r.body, `aria-current="true"`) < 1 || !strings.Contains(r.body, "/schema?classes=48&amp;lang=en") {
			t.Errorf("%q: there is no choice", query)
		}
	}
	if r := get(t, testServer(t, testStore(t, testData), nil), "/schema?lang=en"); strings.Contains(r.body, "classes=") {
		t.Error("there is a choice where there are few classes")
	}
}
