package badgerstore

import (
	"fmt"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
)

// TestBuilding: a large transaction tells what it is at, and in the end that all rows of all orders were written.
func TestBuilding(t *testing.T) {
	t.Parallel()
	const n = 30_000
	quads := make([]rdf.Quad, n)
	for i := range quads {
		quads[i] = rdf.Quad{S: rdf.IRI(fmt.Sprintf("http://e/s%d", i%5000)), P: rdf.IRI(fmt.Sprintf("http://e/p%d", i%7)), O: rdf.String(fmt.Sprint(i))}
	}
	for name, o := range map[string]Options{"in memory": {}, "through files": {SortMemory: 256 << 10, TermMemory: 256 << 10}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Open(t.TempDir(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for _, part := range [][]rdf.Quad{quads[:n/2], quads[n/3:]} { // into an empty store, and into one that has some of them
				before, err := s.Snapshot()
				if err != nil {
					t.Fatal(err)
				}
				had, err := before.Count(store.Range{})
				before.Close()
				if err != nil {
					t.Fatal(err)
				}
				var b store.Building
				seen := b.Built()
				res, err := s.Update(store.WithBuilding(t.Context(), &b), func(txn store.Txn) error {
					err := txn.Add(part)
					seen = b.Built()
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				if seen.Phase != store.Collecting || seen.Rows != 0 {
					t.Errorf("before the commit: %+v", seen)
				}
				got := b.Built()
				want := int64(res.Inserted) * int64(store.NumOrders)
				if got.Phase != store.Syncing || got.Orders != int(store.NumOrders) || got.TotalRows != want || got.Rows != want {
					t.Errorf("with %d quads before: %+v, want %d rows", had, got, want)
				}
			}
		})
	}
	var none *store.Building
	none.Begin(store.Sorting)
	none.Wrote(1)
	if got := none.Built(); got != (store.Built{}) {
		t.Errorf("nobody who asks is told %+v", got)
	}
}
