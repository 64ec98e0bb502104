package badgerstore

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
)

// replaceEnv is how often TestReplaceOften replaces a graph of 100,000 quads, say 1000.
const replaceEnv = "TRIPLESTORE_REPLACE"

// TestReplaceOften replaces a graph over and over while a reader holds the first state: what the reader sees does not change, and
// pages that came and went after it are used again. It logs what that takes on disk.
func TestReplaceOften(t *testing.T) {
	t.Parallel()
	size, rounds := 10_000, 40
	if testing.Short() {
		size, rounds = 2000, 15
	}
	if v := os.Getenv(replaceEnv); v != "" {
		var err error
		if rounds, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
		size = 100_000
	}
	graph := rdf.IRI("http://example.org/graph")
	s, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	replace := func(round int) {
		t.Helper()
		// A tenth of the quads differs from the round before.
		if _, err := s.Update(t.Context(), func(x store.Txn) error {
			return store.Replace(t.Context(), x, graph, func(add func([]rdf.Quad) error) error {
				var batch []rdf.Quad
				for i := range size {
					version := round % 3
					if i%10 > 0 {
						version = 0
					}
					batch = append(batch, rdf.Quad{S: rdf.IRI(fmt.Sprint("http://example.org/record/", i/7)), P: rdf.IRI(fmt.Sprint("http://example.org/p", i%7)),
						O: rdf.String(fmt.Sprintf("value %d of version %d", i, version))})
					if len(batch) == 1000 || i == size-1 {
						if err := add(batch); err != nil {
							return err
						}
						batch = batch[:0]
					}
				}
				return nil
			})
		}); err != nil {
			t.Fatal(err)
		}
	}
	disk := func() uint64 {
		n, err := s.BytesOnDisk()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	replace(0)
	first := disk()
	reader, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	want, err := digestOf(t, reader, store.GSPO)
	if err != nil || want.quads != uint64(size) {
		t.Fatalf("%v, %v", want, err)
	}
	most, pages := first, s.alloc.end()
	for round := 1; round < rounds; round++ {
		replace(round)
		if n := disk(); n > most {
			most = n
		}
	}
	for o := range store.NumOrders {
		if got, err := digestOf(t, reader, o); err != nil || got != want {
			t.Fatalf("the reader sees %v in %v, %v first; %v", got, o, want, err)
		}
	}
	with := disk()
	reader.Close()
	if _, err := s.Compact(t.Context(), CompactOptions{}); err != nil {
		t.Fatal(err)
	}
	end := disk()
	t.Logf("%d quads, %d rounds: %.2f MB after the first, at most %.2f MB, %.2f MB at the end, %.2f MB compacted; %d pages", size, rounds,
		float64(first)/1e6, float64(most)/1e6, float64(with)/1e6, float64(end)/1e6, s.alloc.end())
	if got := s.alloc.end(); got > 5*pages { // the reader's, those of two states, and what a commit writes before it frees
		t.Errorf("%d page numbers after %d", got, pages)
	}
	if err := s.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
}
