package badgerstore

import (
	"fmt"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
)

// TestReclaim replaces the same graph over and over: the disk must not grow with the number of times.
func TestReclaim(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("writes some hundred megabytes")
	}
	s, err := Open(t.TempDir(), Options{ValueLogFileSize: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const size, rounds = 20000, 130
	content := func(round int) []rdf.Quad {
		quads := make([]rdf.Quad, size)
		for i := range quads {
			quads[i] = rdf.Quad{S: rdf.IRI(fmt.Sprint("http://example.org/", i%5000)), P: rdf.IRI(fmt.Sprint("http://example.org/p", i%7)),
				O: rdf.IRI(fmt.Sprint("http://example.org/o", (i*7+round%3)%9000)), G: rdf.IRI("http://example.org/graph")}
		}
		return quads
	}
	var last, most uint64
	collected := false
	for round := range rounds {
		if _, err := s.Update(t.Context(), func(x store.Txn) error {
			if round > 0 {
				if err := x.Remove(content(round - 1)); err != nil {
					return err
				}
			}
			return x.Add(content(round))
		}); err != nil {
			t.Fatal(err)
		}
		if round%10 == 9 {
			s.collect(s.pages.(*badgerPages), nil)
			if last, err = s.BytesOnDisk(); err != nil {
				t.Fatal(err)
			}
			t.Logf("round %d: %.1f MB, %d pages", round, float64(last)/1e6, s.alloc.end())
			most = max(most, last)
			collected = collected || last < most/2
		}
	}
	if err := s.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !collected {
		t.Errorf("nothing was collected: %d bytes on disk", last)
	}
	if pages := s.alloc.end(); pages > 400 {
		t.Errorf("page numbers are not used again: %d", pages)
	}
}

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
