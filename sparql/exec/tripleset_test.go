package exec

import (
	"math/rand/v2"
	"testing"

	"triplestore/store"
)

// TestTripleSet: whatever the IDs are, a triple is new once; and a set that is full knows what it had.
func TestTripleSet(t *testing.T) {
	t.Parallel()
	const seed = 7
	r := rand.New(rand.NewPCG(seed, 1))
	id := func() store.ID {
		switch r.IntN(6) {
		case 0:
			id, _ := store.InlineInteger(r.Int64N(5))
			return id
		case 1:
			return store.MakeID(store.TagLocal, 0, r.Uint64N(5))
		case 2:
			return store.MakeID(store.TagIRI, 0, 1<<nodeBits-3+r.Uint64N(5))
		case 3:
			return store.MakeID(store.TagIRI, 0, r.Uint64N(5)<<nodeBits)
		default:
			return store.MakeID(store.TagIRI, 0, r.Uint64N(5))
		}
	}
	for _, verbs := range []uint64{3, 300, 3000} {
		s := newTripleSet(&Query{memory: &memory{}})
		s.held.m = s.q.memory
		seen := map[[3]store.ID]bool{}
		packed := 0
		for i := range 100_000 {
			if i == 90_000 {
				s.full = true
			}
			k := [3]store.ID{id(), store.MakeID(store.TagIRI, 0, r.Uint64N(verbs)), id()}
			x := seenTriple{key: k, known: true}
			s.prepare(&x)
			s.expect([]seenTriple{x})
			if x.packed {
				packed++
			}
			if got := s.fresh(&x); got == seen[k] {
				t.Fatalf("seed %d, %d predicates, triple %d: %v is new: %v", seed, verbs, i, k, got)
			}
			if !s.full {
				seen[k] = true
			}
		}
		if packed == 0 || packed == 100_000 || s.held.n != s.bytes()-newKeySet(3).bytes() {
			t.Errorf("%d predicates: %d triples are numbers, %d bytes are counted for %d", verbs, packed, s.held.n, s.bytes())
		}
		s.release()
		if s.held.n != 0 {
			t.Error("what was released is counted")
		}
	}
}
