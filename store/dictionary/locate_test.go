package dictionary

import (
	"math/rand/v2"
	"sort"
	"strconv"
	"testing"
	"unsafe"

	"triplestore/rdf"
	"triplestore/store"
)

// TestSeek compares seek with a search of all blocks, which are added in parts.
func TestSeek(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for range 200 {
		d := &Dictionary{}
		most := []int{1, 3, 300, 3000}[r.IntN(4)]
		for next, parts := uint64(0), r.IntN(4)+1; parts > 0; parts-- {
			for range r.IntN(400) {
				d.full = append(d.full, blockRef{next, next})
				next += 1 + uint64(r.IntN(most))
			}
			d.near = appendNear(d.near, d.full)
			d.root.TailFirst = next
			for range 200 {
				if next == 0 {
					break
				}
				n := r.Uint64N(next)
				want := sort.Search(len(d.full), func(i int) bool { return d.full[i].first > n }) - 1
				if got := d.seek(n); got != want {
					t.Fatalf("%d of %d: place %d, want %d", n, next, got, want)
				}
			}
		}
		if whole := appendNear(nil, d.full); len(whole) != len(d.near) {
			t.Fatalf("%d entries at once, %d in parts", len(whole), len(d.near))
		}
	}
}

func TestBlockIsOneLine(t *testing.T) {
	t.Parallel()
	if n := unsafe.Sizeof(block{}); n > 64 {
		t.Errorf("a block has %d bytes", n)
	}
}

// TestTermsSideBySide fetches more terms than are fetched at once, in any order, with some that are inlined, not there, or of another kind
// than their number.
func TestTermsSideBySide(t *testing.T) {
	t.Parallel()
	m := newMemory()
	d := empty(t, options(m))
	w := NewWriter(d, m)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	want := map[store.ID]rdf.Term{}
	var all []store.ID
	for i := range 20_000 {
		x := term(r)
		id, err := w.ID(x)
		if err != nil {
			t.Fatal(err)
		}
		want[id] = x
		all = append(all, id)
		if i%5000 == 4999 {
			if d, err = w.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	none := store.MakeID(store.TagIRI, 0, d.Len()+7)
	for range 200 {
		ids := make([]store.ID, r.IntN(300))
		for i := range ids {
			switch ids[i] = all[r.IntN(len(all))]; r.IntN(20) {
			case 0:
				ids[i], _ = store.Inline(integerTerm(i))
				want[ids[i]] = integerTerm(i)
			case 1:
				ids[i] = none
			case 2:
				ids[i] = store.MakeID(store.TagTriple, 0, ids[i].Number())
			}
		}
		if r.IntN(2) == 0 {
			sort.Slice(ids, func(i, k int) bool { return ids[i].Number() < ids[k].Number() })
		}
		got := make([]rdf.Term, len(ids))
		if err := d.Terms(ids, got); err != nil {
			t.Fatal(err)
		}
		for i, id := range ids {
			if got[i] != want[id] {
				t.Fatalf("%#x: %v, want %v", uint64(id), got[i], want[id])
			}
		}
	}
}

func integerTerm(i int) rdf.Term {
	return rdf.Literal(strconv.Itoa(i), "http://www.w3.org/2001/XMLSchema#integer")
}

// TestBlocksAreReadOnce: terms that are fetched together read each block once, in whatever order they come, and whether the cache keeps it.
func TestBlocksAreReadOnce(t *testing.T) {
	t.Parallel()
	m := newMemory()
	w := NewWriter(empty(t, options(m)), m)
	for i := range 20_000 {
		if _, err := w.ID(rdf.IRI("http://e/" + strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
	d, err := w.Flush(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(d.full) < 3 {
		t.Fatalf("%d blocks", len(d.full))
	}
	of := func(block, i int) store.ID { return store.MakeID(store.TagIRI, 0, d.full[block].first+uint64(i)) }
	turns := []store.ID{of(0, 0), of(1, 0), of(0, 1), of(1, 1), of(0, 2), of(1, 2)} // so few are not sorted
	var one []store.ID
	for i := range 3 * together {
		one = append(one, of(2, i))
	}
	for name, x := range map[string]struct {
		ids   []store.ID
		cache int64
		reads uint64
	}{"in turns": {turns, 1 << 20, 2}, "without a cache": {one, 0, 1}} {
		o := options(m)
		o.Blocks = NewCache(x.cache)
		cold, err := Open(t.Context(), o, d.root)
		if err != nil {
			t.Fatal(err)
		}
		if err := cold.Terms(x.ids, make([]rdf.Term, len(x.ids))); err != nil {
			t.Fatal(err)
		}
		if got := o.Blocks.Counters().Misses; got != x.reads {
			t.Errorf("%s: %d blocks are read, want %d", name, got, x.reads)
		}
	}
}
