package exec

import (
	"math/rand/v2"
	"slices"
	"testing"

	"triplestore/store"
)

func TestDenseKeys(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		least := store.MakeID(store.TagIRI, 0, r.Uint64N(1000)+1)
		n := 1 + r.IntN(200)
		ids := make([]store.ID, n)
		span := uint64(1 + r.IntN(n*20))
		want := map[store.ID]bool{}
		for i := range ids {
			ids[i] = least + store.ID(r.Uint64N(span))
			want[ids[i]] = true
		}
		d := newDenseKeys(ids)
		if d == nil {
			t.Fatalf("no numbers for %d IDs in a span of %d", n, span)
		}
		if d.n != len(want) {
			t.Fatalf("%d keys, want %d", d.n, len(want))
		}
		asked := []store.ID{store.NoID, least - 1, least + store.ID(span), ^store.ID(0), least ^ 1<<60}
		for i := range span {
			asked = append(asked, least+store.ID(i))
		}
		next := 0
		var rows []int32
		for i, id := range asked {
			k := d.find(id)
			if (k >= 0) != want[id] {
				t.Fatalf("find(%x) = %d, least %x, span %d", uint64(id), k, uint64(least), span)
			}
			if k >= 0 {
				rows = append(rows, int32(i))
				if k != next || d.number(id) != k {
					t.Fatalf("number of %x is %d, want %d", uint64(id), k, next)
				}
				next++
			}
		}
		got := make([]int32, len(asked))
		got = got[:d.rows(asked, got)]
		if len(got) != len(rows) {
			t.Fatalf("rows: %v, want %v", got, rows)
		}
		for i := range rows {
			if got[i] != rows[i] {
				t.Fatalf("rows: %v, want %v", got, rows)
			}
		}
	}
	far := []store.ID{store.MakeID(store.TagIRI, 0, 1), store.MakeID(store.TagString, 0, 1)}
	if newDenseKeys(far) != nil || newDenseKeys([]store.ID{5, store.NoID}) != nil || newDenseKeys(nil) != nil {
		t.Error("numbers for IDs that lie far apart, are none, or are not there")
	}
}

// TestDenseHalves: numbers and rows of keys are the same from two halves as from one, whether or not keys have several rows.
func TestDenseHalves(t *testing.T) {
	const seed = 5
	r := rand.New(rand.NewPCG(seed, 6))
	for round := range 200 {
		n := 1 + r.IntN(3000)
		ids := make([]store.ID, n)
		for i := range ids {
			ids[i] = store.MakeID(store.TagIRI, 0, 7+r.Uint64N(uint64(n*(1+round%3))))
		}
		if round%4 == 0 { // each once
			for i, k := range r.Perm(n) {
				ids[i] = store.MakeID(store.TagIRI, 0, uint64(7+k))
			}
		}
		whole, halves := &Query{ctx: t.Context()}, &Query{ctx: t.Context(), smallPieces: true}
		want, got := &index{dense: newDenseKeys(ids)}, &index{dense: halves.newDenseKeys(ids)}
		if !slices.Equal(want.dense.words, got.dense.words) || !slices.Equal(want.dense.before, got.dense.before) || want.dense.n != got.dense.n || want.dense.min != got.dense.min {
			t.Fatalf("round %d: other keys", round)
		}
		whole.fillDense(want, ids)
		halves.fillDense(got, ids)
		if !slices.Equal(want.start, got.start) || !slices.Equal(want.rows, got.rows) {
			t.Fatalf("round %d: other rows of %d keys", round, want.dense.n)
		}
		for i, id := range ids {
			if rows := got.of(got.find1(id)); !slices.Contains(rows, int32(i)) || !slices.IsSorted(rows) {
				t.Fatalf("round %d: row %d is not among %v", round, i, rows)
			}
		}
	}
}
