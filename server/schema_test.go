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

// TestSchemaPicture: arrows begin at the rows that name them and end at the heads of boxes, and nothing is drawn beyond the picture.
func TestSchemaPicture(t *testing.T) {
	t.Parallel()
	boxes := []schemaBox{{X: 12, Y: 12, W: boxWidth, H: 100}, {X: 500, Y: 12, W: boxWidth, H: 100}, {X: 500, Y: 200, W: boxWidth, H: 60}}
	list := curves(boxes, []pairOfBoxes{{0, 1}, {0, 2}, {1, 0}, {1, 2}, {2, 1}}, []float64{50, 67, 60, 77, 230})
	const left, right, first, other = 12 + boxWidth, 500 + boxWidth, 12 + boxHead/2, 200 + boxHead/2
	for i, want := range [][2]dot{{{left, 50}, {500, first}}, {{left, 67}, {500, other}}, {{500, 60}, {left, first}}, {{right, 77}, {right, other}}, {{right, 230}, {right, first}}} {
		c := list[i]
		if c[0] != want[0] || c[3] != want[1] {
			t.Errorf("arrow %d leads from %v to %v, want %v", i, c[0], c[3], want)
		}
		if loop := i >= 3; loop != (c.at(0.5).x > right) {
			t.Errorf("arrow %d goes through %v", i, c.at(0.5))
		}
	}
	if list[3].at(0.5).x == list[4].at(0.5).x {
		t.Error("two arrows beside a column lie on each other")
	}
}

// TestSchemaLinks: a link names two predicates and where it leads to, within the width of a box.
func TestSchemaLinks(t *testing.T) {
	t.Parallel()
	names := map[store.ID]propertyView{1: {Name: "theme"}, 2: {Name: "subject"}, 3: {Name: strings.Repeat("long", 10)}}
	for want, by := range map[string][]schemaRelation{
		"theme → concept":             {{predicate: 1}},
		"theme, subject → concept":    {{predicate: 1}, {predicate: 2}},
		"theme, subject +1 → concept": {{predicate: 1}, {predicate: 2}, {predicate: 3}},
	} {
		if got := linkText(by, names, "concept"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := linkText([]schemaRelation{{predicate: 3}, {predicate: 2}}, names, strings.Repeat("class", 9)); len([]rune(got)) > boxChars {
		t.Errorf("%q is %d letters", got, len([]rune(got)))
	}
}
