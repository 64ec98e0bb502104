package optimizer

import "testing"

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
