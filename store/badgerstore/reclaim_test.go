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
			s.pages.(*badgerPages).collect()
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
