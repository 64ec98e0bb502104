package optimizer

import (
	"fmt"
	"math"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
)

func sampleQuads(n int) (quads []rdf.Quad) {
	iri := func(f string, a ...any) rdf.Term { return rdf.IRI("http://e/" + fmt.Sprintf(f, a...)) }
	for i := range n {
		s := iri("d%d", i)
		if i%10 == 9 {
			s = rdf.BlankNode(fmt.Sprint("b", i))
		}
		lang := "nb"
		if i%20 == 0 {
			lang = "en"
		}
		quads = append(quads, rdf.Quad{S: s, P: iri("title"), O: rdf.LangLiteral(fmt.Sprint("t", i), lang)},
			rdf.Quad{S: s, P: iri("n"), O: integer(fmt.Sprint(i))}, rdf.Quad{S: s, P: iri("few"), O: integer(fmt.Sprint(i % 4))})
	}
	return quads
}

// TestSampledConditions: how many rows pass a condition is estimated from rows, within a factor.
func TestSampledConditions(t *testing.T) {
	t.Parallel()
	const n = 5000
	snap := snapshotOf(t, sampleQuads(n))
	for _, test := range []struct {
		query string
		rows  float64
	}{
		{`{ ?s :title ?t FILTER (LANG(?t) = "nb") }`, n * 0.95},
		{`{ ?s :title ?t FILTER (LANG(?t) != "nb") }`, n * 0.05},
		{`{ ?s :title ?t FILTER (LANG(?t) = "fr") }`, 1},
		{`{ ?s :title ?t FILTER isLiteral(?t) }`, n},
		{`{ ?s :n ?x FILTER (?x >= 1000) }`, n * 0.8},
		{`{ ?s :n ?x FILTER (?x >= 4990) }`, 10},
		{`{ ?s :few ?x FILTER (?x > 0) }`, n * 0.75},
		{`{ ?s :few ?x FILTER (?x IN (1, 2)) }`, n * 0.5},
		{`{ ?s :few ?x . ?s :title ?t FILTER (?x > 0) FILTER (LANG(?t) = "nb") }`, n * 0.75 * 0.95},
	} {
		got := plan(t, snap, "SELECT * "+test.query).Root.P().Rows
		if q := math.Max(got, 1) / test.rows; q < 1/1.5 && test.rows > 100 || q > 1.5 && test.rows > 300 || q > 100 {
			t.Errorf("%s: %.0f rows are estimated, there are about %.0f", test.query, got, test.rows)
		}
	}
}

// TestSampleIsSmallAndSpread: a sample has rows from all over a range, is the same each time, and reads few of them.
func TestSampleIsSmallAndSpread(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, sampleQuads(5000))
	p, ok, err := snap.ID(rdf.IRI("http://e/n"))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	r := store.Range{Order: store.PSOG, Prefix: []store.ID{p}}
	rows, err := newStats(t.Context(), snap, nil).sample(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) < samplePlaces*sampleRun*3/4 || len(rows) > samplePlaces*sampleRun {
		t.Errorf("%d rows", len(rows))
	}
	var parts [4]int
	for _, q := range rows {
		terms := make([]rdf.Term, 1)
		if err := snap.Terms([]store.ID{q[store.O]}, terms); err != nil {
			t.Fatal(err)
		}
		var n int
		if _, err := fmt.Sscan(terms[0].Value(), &n); err != nil {
			t.Fatal(err)
		}
		parts[n*4/5000]++
	}
	for i, n := range parts {
		if n == 0 {
			t.Errorf("no row of quarter %d", i)
		}
	}
	again, err := newStats(t.Context(), snap, nil).sample(r)
	if err != nil || fmt.Sprint(again) != fmt.Sprint(rows) {
		t.Errorf("another sample: %v", err)
	}
	none, err := newStats(t.Context(), snap, nil).sample(store.Range{Order: store.PSOG, Prefix: []store.ID{p + 1000}})
	if err != nil || len(none) > 0 {
		t.Errorf("%d rows of nothing, %v", len(none), err)
	}
}
