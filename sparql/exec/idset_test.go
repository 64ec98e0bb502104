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

// TestManyAtOnce: IDs that are added to a set, and keys that are looked for, many at a time are those that they are one by one, in small
// tables and in large ones.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for _, span := range []int{1, 50, 5_000, 200_000} {
		var one, many idSet
		keys := newKeySet(1)
		for range 300 {
			ids := make([]store.ID, r.IntN(1500))
			for i := range ids {
				ids[i] = store.ID(r.IntN(span)) << (r.IntN(2) * 40)
			}
			numbers := make([]int32, len(ids))
			keys.findAll(ids, numbers)
			for i, id := range ids {
				if want := keys.find1(id); int(numbers[i]) != want {
					t.Fatalf("key %#x has the number %d, want %d", uint64(id), numbers[i], want)
				}
			}
			fresh := many.addAll(ids, nil)
			for i, id := range ids {
				isNew := len(fresh) > 0 && fresh[0] == int32(i)
				if isNew {
					fresh = fresh[1:]
				}
				if want := one.add(id); isNew != want {
					t.Fatalf("%#x is new: %v, want %v", uint64(id), isNew, want)
				}
				if i%3 > 0 {
					keys.add([]store.ID{id})
				}
			}
			if len(fresh) > 0 || one.n != many.n || one.none != many.none {
				t.Fatalf("%d and %d IDs", one.n, many.n)
			}
		}
	}
}
