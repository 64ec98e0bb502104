package optimizer

import (
	"testing"

	"triplestore/internal/growing"
)

// TestSearchesAreChargedOnce: what a search along a path takes counts once for a query, however many paths and orders of joins ask for it, so that orders
// are still compared where there are several paths; and what another query has found changes no plan.
func TestSearchesAreChargedOnce(t *testing.T) {
	t.Parallel()
	snap, kept := growthSnapshot(t), NewStatistics()
	q := growing.Query("paths", 6)
	var joins [2]int
	for i := range joins {
		p, err := Optimize(t.Context(), snap, translated(t, q), Options{Statistics: kept})
		if err != nil {
			t.Fatal(err)
		}
		if joins[i] = p.Joins; p.Joins > maxJoins/4 {
			t.Errorf("%d joins are considered for six paths", p.Joins)
		}
	}
	if joins[0] != joins[1] {
		t.Errorf("%d joins are considered, and %d when counts are known", joins[0], joins[1])
	}
}
