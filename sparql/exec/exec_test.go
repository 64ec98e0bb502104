package exec

import (
	"math/rand/v2"
	"testing"
	"time"

	"triplestore/store"
)

func TestKeySet(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	for width := range 4 {
		k := newKeySet(width)
		want := map[[3]store.ID]int{}
		for range 20000 {
			key := make([]store.ID, width)
			var a [3]store.ID
			for i := range key {
				key[i] = store.ID(r.IntN(40)) << (r.IntN(2) * 60)
				a[i] = key[i]
			}
			n, known := want[a]
			if got := k.find(key); known && got != n || !known && got != -1 {
				t.Fatalf("seed %d: find gives %d, want %d", seed, got, n)
			}
			got, fresh := k.add(key)
			if fresh == known || known && got != n {
				t.Fatalf("seed %d: add gives %d, %v", seed, got, fresh)
			}
			want[a] = got
		}
		if k.n != len(want) {
			t.Errorf("%d keys, want %d", k.n, len(want))
		}
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	m := &memory{}
	m.init(t.Context(), 100, nil, false)
	h := held{m: m}
	if h.grow(60) != nil || h.grow(41) != ErrMemory {
		t.Error("the limit does not hold")
	}
	h.release()
	if m.used != 0 || h.grow(100) != nil {
		t.Error("release does not give everything back")
	}
}
