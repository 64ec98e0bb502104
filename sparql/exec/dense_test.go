package exec

import (
	"math/rand/v2"
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
