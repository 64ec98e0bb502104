package exec

import (
	"math/rand/v2"
	"slices"
	"testing"

	"triplestore/store"
)

// Rows are sorted stably by the bits in the mask, by whichever way their number calls for.
func TestRowSorter(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // it is for a test
	var s rowSorter
	for _, n := range []int{0, 1, 2, 5, insertionRows - 1, insertionRows, insertionRows + 1, 1000} {
		for _, different := range []uint64{1, 3, 1 << 40} {
			key := make([]store.ID, n)
			perm := make([]int32, n)
			for i := range key {
				key[i] = store.ID(r.Uint64N(different)<<8 | r.Uint64N(1<<8))
				perm[i] = int32(i)
			}
			const mask = ^store.ID(0xff)
			want := slices.Clone(perm)
			slices.SortStableFunc(want, func(a, b int32) int { return int(int64(key[a]&mask) - int64(key[b]&mask)) })
			if s.byOne(perm, key, mask); !slices.Equal(perm, want) {
				t.Errorf("%d rows of %d keys: %v, want %v", n, different, perm, want)
			}
		}
	}
}
