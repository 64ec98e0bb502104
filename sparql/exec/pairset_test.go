package exec

import (
	"math/rand/v2"
	"testing"

	"triplestore/store"
)

// TestPairSet: pairs are counted for their groups as in a map, what a set had before is not counted again, and no part of the memory is
// left when it is given back.
func TestPairSet(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	const groups = 7
	for _, span := range []int{1, 5_000, 400_000} {
		one, had := newRowSet(2, true), map[store.ID]bool{}
		counts, want := make([]int64, groups), make([]int64, groups)
		pair := func() store.ID {
			id, ok := one.pack([]store.ID{store.ID(r.IntN(groups)), store.MakeID(store.TagIRI, 0, uint64(r.IntN(span)))})
			if !ok {
				t.Fatal("no number for a pair of the dictionary")
			}
			return id
		}
		for range 3_000 {
			p := pair()
			had[p] = true
			one.packed.add(p)
		}
		s := newPairSet(&one.packed)
		for range 300 {
			some := make([]store.ID, r.IntN(4_096))
			for i := range some {
				some[i] = pair()
				if !had[some[i]] {
					had[some[i]] = true
					want[some[i]>>32]++
				}
			}
			s.add(some, counts)
			bytes := int64(0)
			for i := range s.parts {
				bytes += s.parts[i].bytes()
			}
			if bytes != s.bytes() {
				t.Fatalf("%d bytes, want %d", s.bytes(), bytes)
			}
		}
		s.flush(counts)
		for g := range groups {
			if counts[g] != want[g] {
				t.Errorf("of %d values: %d of group %d, want %d", span, counts[g], g, want[g])
			}
		}
		for range 10_000 {
			if p := pair(); s.has(p) != had[p] {
				t.Fatalf("%x in the set: %v, want %v", p, s.has(p), had[p])
			}
		}
		if s.release(); s.bytes() != 0 {
			t.Errorf("%d bytes are left", s.bytes())
		}
	}
}

// manyPairs are two million numbers of 21 groups, nearly all different.
func manyPairs() []store.ID {
	r := rand.New(rand.NewPCG(7, 8))
	pairs := make([]store.ID, 2_000_000)
	for i := range pairs {
		pairs[i] = store.ID(uint64(r.IntN(21))<<32 | uint64(1+r.IntN(3_000_000)))
	}
	return pairs
}

func BenchmarkCountDistinctPairs(b *testing.B) {
	pairs := manyPairs()
	for b.Loop() {
		var one idSet
		n := make([]int64, 21)
		var many *pairSet
		var fresh []int32
		for at := 0; at < len(pairs); at += batchSize {
			some := pairs[at:min(at+batchSize, len(pairs))]
			if many == nil && len(one.slots) >= pairsFrom {
				many = newPairSet(&one)
			}
			if many != nil {
				many.add(some, n)
				continue
			}
			fresh = one.addAll(some, fresh[:0])
		}
		many.flush(n)
		many.release()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(pairs)), "ns/pair")
}

// BenchmarkCountDistinctOne is the same with one table, for comparison.
func BenchmarkCountDistinctOne(b *testing.B) {
	pairs := manyPairs()
	for b.Loop() {
		var one idSet
		var fresh []int32
		for at := 0; at < len(pairs); at += batchSize {
			fresh = one.addAll(pairs[at:min(at+batchSize, len(pairs))], fresh[:0])
		}
		one.release()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(pairs)), "ns/pair")
}
