package optimizer

import (
	"testing"

	"triplestore/store"
)

// TestValuesSingular: a plan counts one row in the singular.
func TestValuesSingular(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "values (), 0 rows", 1: "values (), 1 row", 2: "values (), 2 rows"} {
		if got := (&Plan{}).describe(&Values{Table: make([][]store.ID, n)}); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
