package page

import (
	"math/rand/v2"
	"slices"
	"testing"

	"triplestore/store"
)

// TestHints writes pages whose columns change their kind now and then, and compares them with what went in and with the size that they have
// when all encodings are tried.
func TestHints(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	kinds := []func(i int) store.ID{
		func(int) store.ID { return 7 },
		func(i int) store.ID { return store.ID(i) + 1<<40 },
		func(i int) store.ID { return store.ID(i / 50) },
		func(int) store.ID { return store.ID(r.IntN(9)) << 45 },
		func(int) store.ID { return store.ID(r.IntN(4))<<50 + store.ID(r.IntN(300)) },
		func(int) store.ID { return store.ID(r.Uint64()) },
	}
	var h Hints
	hinted, best := 0, 0
	now := make([]int, 4)
	for page := range 300 {
		for c := range now {
			if r.IntN(40) == 0 {
				now[c] = r.IntN(len(kinds))
			}
		}
		n := 4096
		if page%50 == 49 {
			n = 1 + r.IntN(5000)
		}
		cols := make([][]store.ID, len(now))
		for c := range cols {
			cols[c] = make([]store.ID, n)
			for i := range cols[c] {
				cols[c][i] = kinds[now[c]](i)
			}
		}
		b := EncodeHinted(Leaf, cols, &h)
		p, err := Open(b, Leaf, len(cols))
		if err != nil {
			t.Fatal(err)
		}
		for c := range cols {
			got := make([]store.ID, n)
			if err := p.Column(c, got); err != nil || !slices.Equal(got, cols[c]) {
				t.Fatalf("page %d, column %d: %v, or other values", page, c, err)
			}
		}
		hinted += len(b)
		best += len(Encode(Leaf, cols))
	}
	if hinted > best+best/10 {
		t.Errorf("%d bytes, %d when all encodings are tried", hinted, best)
	}
}
