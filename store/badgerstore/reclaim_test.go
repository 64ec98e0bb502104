package badgerstore

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/storetest"
)

// TestReclaim replaces the same graph over and over while a reader holds its first state: the disk must not grow with the number of
// times, and the reader sees what it saw.
func TestReclaim(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("writes some hundred megabytes")
	}
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	const size, rounds = 50_000, 25
	graph := rdf.IRI("http://example.org/graph")
	replace := func(round int) {
		if _, err := s.Update(t.Context(), func(x store.Txn) error {
			return store.Replace(t.Context(), x, graph, func(add func([]rdf.Quad) error) error {
				quads := make([]rdf.Quad, size)
				for i := range quads {
					o := (i * 7) % 9000
					if i%4 == 0 {
						o = (i*7 + 31*round) % 9000
					}
					quads[i] = rdf.Quad{S: rdf.IRI(fmt.Sprint("http://example.org/", i%12_000)), P: rdf.IRI(fmt.Sprint("http://example.org/p", i%7)),
						O: rdf.IRI(fmt.Sprint("http://example.org/o", o))}
				}
				return add(quads)
			})
		}); err != nil {
			t.Fatal(err)
		}
	}
	replace(0)
	first, err := s.BytesOnDisk()
	if err != nil {
		t.Fatal(err)
	}
	pages := s.alloc.end()
	held, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	_, before, _ := content(t, s)
	var most uint64
	for round := range rounds {
		replace(round + 1)
		n, err := s.BytesOnDisk()
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, n)
	}
	after, err := storetest.Quads(t.Context(), held)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(before, after) {
		t.Errorf("the reader saw %d quads and sees %d, or others", len(before), len(after))
	}
	if end := s.alloc.end(); end > 5*pages {
		t.Errorf("page numbers are not used again: %d after %d", end, pages)
	}
	if err := errors.Join(held.Close(), s.Verify(t.Context()), s.Close()); err != nil {
		t.Fatal(err)
	}
	last, err := bytesOnDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.1f MB at first, at most %.1f, %.1f at the end", float64(first)/1e6, float64(most)/1e6, float64(last)/1e6)
	if last > 2*first {
		t.Errorf("%d bytes became %d", first, last)
	}
	if most > 2*first+16<<20 {
		t.Errorf("%d bytes became %d for a while", first, most)
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
