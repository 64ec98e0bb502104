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

// TestSchemaPicture: arrows that meet a side of a box share it, nothing is drawn beyond the picture, and names of arrows do not cover each other.
func TestSchemaPicture(t *testing.T) {
	t.Parallel()
	boxes := []schemaBox{{X: 12, Y: 12, W: boxWidth, H: 100}, {X: 500, Y: 12, W: boxWidth, H: 100}, {X: 500, Y: 200, W: boxWidth, H: 60}}
	list := curves(boxes, []pairOfBoxes{{0, 1}, {0, 2}, {1, 0}, {1, 2}, {2, 1}})
	ends := map[dot]int{}
	for i, c := range list {
		ends[c[0]]++
		ends[c[3]]++
		if loop := i >= 3; loop != (c.at(0.5).x > 500+boxWidth) {
			t.Errorf("arrow %d goes through %v", i, c.at(0.5))
		}
	}
	if len(ends) != 10 {
		t.Errorf("%d different ends of 5 arrows", len(ends))
	}
	if a, b := list[0][0], list[1][0]; a.y >= b.y {
		t.Errorf("the arrow to the upper box begins at %v, that to the lower at %v", a, b)
	}
	taken := []area{}
	for range 3 {
		x, y, covers := settle("publisher", list[0], taken)
		for _, other := range taken {
			if covers.common(other) > 0 {
				t.Errorf("the name at %g, %g covers another", x, y)
			}
		}
		taken = append(taken, covers)
	}
}
