package dictionary

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
)

// TestOldTerms asks a writer for the terms of its base in their order, which takes a search for two of each block, and for new ones, which
// soon takes none.
func TestOldTerms(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	m := newMemory()
	w := NewWriter(empty(t, options(m)), m)
	model := map[rdf.Term]store.ID{}
	var terms []rdf.Term
	for range 20_000 {
		x := term(r)
		id, err := w.ID(x)
		if err != nil {
			t.Fatal(err)
		}
		if _, known := model[x]; !known {
			model[x] = id
			terms = append(terms, x)
		}
	}
	d, err := w.Flush(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	blocks := len(d.full) + 1
	if blocks < 10 {
		t.Fatalf("%d blocks are too few", blocks)
	}
	if d, err = Open(t.Context(), options(m), d.Root()); err != nil {
		t.Fatal(err)
	}
	w = NewWriter(d, m)
	w.Room = 1 // so there is none for terms that nobody asked for
	for _, x := range terms[:20] {
		if id, err := w.ID(x); err != nil || id != model[x] {
			t.Fatalf("%v is %x, %v, want %x", x, uint64(id), err, uint64(model[x]))
		}
	}
	if n := w.slots.Load(); n > 16*20 {
		t.Errorf("%d slots for 20 terms", n)
	}
	w = NewWriter(d, m)
	met := func() (n int) {
		for i := range w.shards {
			n += w.shards[i].used
		}
		return n
	}
	for i, x := range terms {
		if id, err := w.ID(x); err != nil || id != model[x] {
			t.Fatalf("%v is %x, %v, want %x", x, uint64(id), err, uint64(model[x]))
		}
		if i == 1 {
			if n := met(); n < len(terms)/blocks/4 {
				t.Errorf("after two terms of a block %d are in the table", n)
			}
		}
	}
	if met() != len(terms) || w.Len() != uint64(len(terms)) {
		t.Errorf("%d in the table, %d numbered, want %d", met(), w.Len(), len(terms))
	}
	if len(w.old.hits) > blocks {
		t.Errorf("%d blocks of %d", len(w.old.hits), blocks)
	}
	for i := range 2000 {
		if _, err := w.ID(rdf.IRI(fmt.Sprint("http://example.org/new/", i))); err != nil {
			t.Fatal(err)
		}
	}
	if w.old.passes.Load() == nil || w.old.vain.Load() > 2000/4 {
		t.Errorf("there is no filter, or it came late: %d searches", w.old.vain.Load())
	}
	if d, err = w.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Verify(t.Context()); err != nil || d.Len() != uint64(len(terms)+2000) {
		t.Fatal(d.Len(), err)
	}
	for x, want := range model { // also after the filter
		if id, err := w.ID(x); err != nil || id != want {
			t.Fatalf("%v is %x, %v, want %x", x, uint64(id), err, uint64(want))
		}
	}
}
