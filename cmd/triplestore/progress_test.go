package main

import (
	"testing"
	"time"

	"triplestore/store"
)

func TestBuildingLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		b     store.Built
		since time.Duration
		want  string
	}{
		{store.Built{}, 0, "writing"}, // a store that does not tell
		{store.Built{Phase: store.Sorting}, time.Minute, "sorting"},
		{store.Built{Phase: store.Writing}, 0, "writing order 1 of 7"},
		{store.Built{Phase: store.Writing, Orders: 2, Rows: 3_000_000, TotalRows: 7_000_000}, 2 * time.Second, "writing order 3 of 7, 43 %, 1,500,000 rows/s"},
		{store.Built{Phase: store.Writing, Orders: 7, Rows: 7_000, TotalRows: 7_000}, 0, "writing order 7 of 7, 100 %"},
		{store.Built{Phase: store.Syncing, Orders: 7}, time.Second, "syncing"},
	} {
		if got := buildingLine(c.b, c.since); got != c.want {
			t.Errorf("%+v: %q, want %q", c.b, got, c.want)
		}
	}
}
