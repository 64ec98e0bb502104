package badgerstore

import (
	"testing"

	"triplestore/store"
)

// TestShrink removes nearly everything: the space of the pages is given back, what is left stays readable, and numbers whose
// space was given back are used again.
func TestShrink(t *testing.T) {
	t.Parallel()
	p := newMemPages()
	s, err := open(t.TempDir(), Options{}.withDefaults(), p)
	if err != nil {
		t.Fatal(err)
	}
	batches := catalogue(150_000)
	load(t, s, batches)
	full := len(p.disk)
	before, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Update(t.Context(), func(x store.Txn) error {
		for _, batch := range batches[1:] {
			if err := x.Remove(batch); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.shrink(); err != nil || len(p.disk) < full {
		t.Fatalf("%d pages of %d, %v: a snapshot needs them", len(p.disk), full, err)
	}
	if got, err := before.Count(store.Range{Order: store.OSPG}); err != nil || got < 140_000 {
		t.Fatalf("%d quads, %v", got, err)
	}
	before.Close()
	if err := s.shrink(); err != nil {
		t.Fatal(err)
	}
	terms := 0
	if err := s.state.terms.Walk(func(uint64) (bool, error) { terms++; return true, nil }); err != nil {
		t.Fatal(err)
	}
	if got := len(p.disk); got > full/2+terms {
		t.Errorf("%d pages after %d, %d of them of terms", got, full, terms)
	}
	if err := s.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	end := s.alloc.end()
	load(t, s, batches)
	if err := s.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.alloc.end() > end+end/10 {
		t.Errorf("%d page numbers after %d", s.alloc.end(), end)
	}
}
