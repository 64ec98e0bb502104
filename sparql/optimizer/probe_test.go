package optimizer

import (
	"fmt"
	"testing"

	"triplestore/rdf"
)

// TestMatchesAreEstimated: what EXISTS, MINUS and OPTIONAL leave of many rows is estimated by looking for matches of some of them, for patterns of which
// counts of different values say nothing, and for conditions; planning reads no more than it may, and the same each time.
func TestMatchesAreEstimated(t *testing.T) {
	t.Parallel()
	const n = 20000
	quads, _ := correlated(n)
	snap := snapshotOf(t, quads)
	for _, test := range []struct {
		text   string
		rows   float64
		factor float64
	}{
		{"?s :all ?o FILTER EXISTS { ?s :link ?l }", n, 1.1},
		{"?s :all ?o FILTER NOT EXISTS { ?s :type ?t FILTER (?t IN (:T1, :T2, :T3, :T4, :T5, :T6, :T7, :T8, :T9, :T10)) }", n * 0.8, 1.2},
		{"?s :all ?o MINUS { ?s :kind :k0 }", n * (1 - 0.54), 1.3},
		{"?s :all ?o FILTER EXISTS { ?s :kind :k0 }", n * 0.54, 1.3},
		{"?s :type :T9 ; :all ?o . ?x :apart ?y OPTIONAL { ?s :link ?l . ?l :deep ?d }", n / 50 * n * 10, 1.3},
		{"?s :type :T8 ; :all ?o . ?x :apart ?y OPTIONAL { ?s :link ?l . ?l :deep ?d }", n / 50 * n, 1.3},
		{"?s :type :T9 ; :all ?o . ?x :apart ?y FILTER NOT EXISTS { ?s :link ?l . ?l :deep ?d }", n / 50 * n / 130.0, 1.3}, // all that are drawn have one
		{"?s :type :T8 ; :all ?o . ?x :apart ?y FILTER NOT EXISTS { ?s :link ?l . ?l :deep ?d }", n / 50 * n, 1.3},
		{"?s :type :T8 ; :all ?o . ?x :apart ?y MINUS { ?s :link ?l . ?l :deep ?d }", n / 50 * n, 1.3},
	} {
		read := &readSnapshot{Snapshot: snap}
		text := "SELECT * { " + test.text + " }"
		got := plan(t, read, text).Root.P().Rows
		if got < test.rows/test.factor || got > test.rows*test.factor {
			t.Errorf("%s: %.4g rows are estimated, there are about %.4g\n%s", test.text, got, test.rows, plan(t, snap, text).Explain(nil))
		}
		if read.picked > maxSampled || read.counted > 2*maxSampled {
			t.Errorf("%s: planning picks %d rows and counts %d ranges", test.text, read.picked, read.counted)
		}
		if again := plan(t, snap, text).Root.P().Rows; again != got {
			t.Errorf("%s: %v rows are estimated, then %v", test.text, got, again)
		}
	}
	few := &readSnapshot{Snapshot: snapshotOf(t, quads[:60])}
	if plan(t, few, "SELECT * { ?s :all ?o FILTER NOT EXISTS { ?s :type :T1 } }"); few.picked > fewSampled {
		t.Errorf("planning what takes no time to run picks %d rows", few.picked)
	}
}

// versioned is a snapshot of which statistics are kept.
type versioned struct{ *readSnapshot }

func (versioned) Version() (any, bool) { return 1, true }

// TestKeptMatchesChangeNoPlan: a query is planned the same, with the same effort and estimates, whatever was asked before.
func TestKeptMatchesChangeNoPlan(t *testing.T) {
	t.Parallel()
	quads, _ := correlated(20000)
	for i := range 20000 {
		quads = append(quads, rdf.Quad{S: node("s%d", i), P: node("name"), O: rdf.String(fmt.Sprint("n", i))},
			rdf.Quad{S: node("s%d", i), P: node("every"), O: node("o%d", i%7)})
	}
	snap := versioned{&readSnapshot{Snapshot: snapshotOf(t, quads)}}
	for _, test := range []struct{ name, before, text string }{
		{"EXISTS again", "", "?s :all ?o FILTER EXISTS { ?s :kind :k0 }"},
		{"NOT EXISTS again", "", "?s :type :T8 ; :all ?o . ?x :apart ?y FILTER NOT EXISTS { ?s :link ?l . ?l :deep ?d }"},
		{"OPTIONAL again", "", "?s :type :T8 ; :all ?o . ?x :apart ?y OPTIONAL { ?s :link ?l . ?l :deep ?d } OPTIONAL { ?s :kind ?k }"},
		{"another condition that IDs do not tell", "?s :every ?o FILTER EXISTS { ?s :name ?n FILTER(?n < 'n3') }", "?s :every ?o FILTER EXISTS { ?s :name ?n FILTER(!(?n < 'n3')) }"},
	} {
		alone := planWith(t, snap, "SELECT * { "+test.text+" }", Options{Statistics: NewStatistics()})
		if test.before == "" {
			test.before = test.text
		}
		kept := NewStatistics()
		planWith(t, snap, "SELECT * { "+test.before+" }", Options{Statistics: kept})
		after := planWith(t, snap, "SELECT * { "+test.text+" }", Options{Statistics: kept})
		if alone.Joins != after.Joins || alone.Root.P().Rows != after.Root.P().Rows {
			t.Errorf("%s: %d joins and %v rows, then %d and %v", test.name, alone.Joins, alone.Root.P().Rows, after.Joins, after.Root.P().Rows)
		}
	}
}
