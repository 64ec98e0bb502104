package exec

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"triplestore/store"
)

// TestRowSet: rows are in the set if they were added, those that are numbers in it and those that are not.
func TestRowSet(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	some := func() store.ID {
		switch r.IntN(6) {
		case 0:
			return store.NoID
		case 1:
			id, _ := store.InlineInteger(int64(r.IntN(50)) - 20)
			return id
		case 2:
			return store.MakeID(store.TagLang, uint16(r.IntN(3)), 1<<40+uint64(r.IntN(40)))
		case 3:
			return store.MakeID(store.TagLocal, 0, uint64(r.IntN(40)))
		}
		return store.MakeID(store.TagIRI, 0, uint64(r.IntN(60)))
	}
	for _, grouped := range []bool{false, true} {
		for width := 1; width <= 3; width++ {
			s, want := newRowSet(width, grouped), map[string]bool{}
			row := make([]store.ID, width)
			for range 20_000 {
				for i := range row {
					row[i] = some()
				}
				if grouped && width > 1 {
					row[0] = store.ID(r.IntN(30))
				}
				key := fmt.Sprint(row)
				if had := s.has(row); had != want[key] {
					t.Fatalf("%v in the set: %v, want %v", row, had, want[key])
				}
				if r.IntN(3) > 0 {
					if fresh := s.add(row); fresh == want[key] {
						t.Fatalf("%v is new: %v", row, fresh)
					}
					want[key] = true
				}
			}
		}
	}
}
