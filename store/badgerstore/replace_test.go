package badgerstore

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
)

// replaceEnv is how often TestReplaceOften replaces graphs of 100,000 quads, say 1000.
const replaceEnv = "TRIPLESTORE_REPLACE"

// TestReplaceOften replaces a graph over and over while a reader holds the first state: what the reader sees does not change, and
// once the store is at rest it takes at most twice the disk of the first load, though what the reader holds is still there.
func TestReplaceOften(t *testing.T) {
	t.Parallel()
	size, rounds := 20_000, 15
	if testing.Short() {
		rounds = 6
	}
	if v := os.Getenv(replaceEnv); v != "" {
		var err error
		if rounds, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
		size = 100_000
	}
	for _, c := range []struct {
		what    string
		percent int                           // of the quads differ from the round before
		object  func(i, version int) rdf.Term // of those
	}{
		// Terms are never removed, so texts come again in turns.
		{"1 % texts", 1, func(i, version int) rdf.Term { return rdf.String(fmt.Sprintf("text %d of version %d", i, version%3)) }},
		{"10 % texts", 10, func(i, version int) rdf.Term { return rdf.String(fmt.Sprintf("text %d of version %d", i, version%3)) }},
		{"100 % numbers", 100, func(i, version int) rdf.Term {
			return rdf.Literal(strconv.Itoa((i*7919+version*104_729)%1_000_003), xsd+"integer")
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			if os.Getenv(replaceEnv) == "" {
				t.Parallel()
			}
			replaceOften(t, size, rounds, c.percent, c.object)
		})
	}
}

func replaceOften(t *testing.T, size, rounds, percent int, object func(i, version int) rdf.Term) {
	t.Helper()
	graph := rdf.IRI("http://example.org/graph")
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p := s.pages.(*badgerPages)
	batches := catalogue(size)
	replace := func(round int) {
		t.Helper()
		if _, err := s.Update(t.Context(), func(x store.Txn) error {
			return store.Replace(t.Context(), x, graph, func(add func([]rdf.Quad) error) error {
				i := 0
				for _, batch := range batches {
					quads := make([]rdf.Quad, len(batch))
					for k, q := range batch {
						if i++; i%100 < percent {
							q.O = object(i, round)
						}
						quads[k] = q
					}
					if err := add(quads); err != nil {
						return err
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
	t.Log("after the first: " + diskParts(t, s, p))
	want, err := digestOf(t, reader, store.GSPO)
	if err != nil || want.quads < uint64(size)*9/10 {
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
	end := disk()
	if err := s.rest(p, nil); err != nil {
		t.Fatal(err)
	}
	held, own := disk(), uint64(0)
	for _, pages := range s.alloc.waiting {
		for _, no := range pages { // nobody but the reader needs them
			b, err := p.Get(no)
			if err != nil {
				t.Fatal(err)
			}
			own += uint64(len(b))
		}
	}
	t.Log("at rest with the reader: " + diskParts(t, s, p))
	reader.Close()
	if err := s.rest(p, nil); err != nil {
		t.Fatal(err)
	}
	t.Log("at rest without it: " + diskParts(t, s, p))
	if p.holds.Load() == 0 {
		t.Error("no file of the value log was collected, or nothing was told of it")
	}
	rest := disk()
	if err := errors.Join(s.Verify(t.Context()), s.Close()); err != nil {
		t.Fatal(err)
	}
	closed, err := bytesOnDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	mb := func(n uint64) string {
		return fmt.Sprintf("%.2f MB (%.2f x)", float64(n)/1e6, float64(n)/float64(first))
	}
	t.Logf("%d quads, %d rounds: %s after the first, at most %s, %s at the end, %s at rest with the reader whose own is %s, %s without it, %s closed; %d pages of %d at first",
		size, rounds, mb(first), mb(most), mb(end), mb(held), mb(own), mb(rest), mb(closed), s.alloc.end(), pages)
	slack := uint64(0)
	if os.Getenv(replaceEnv) == "" {
		slack = 1 << 20 // Badger's files are not smaller for a small graph
	}
	if held > 2*first+slack {
		t.Errorf("%d bytes became %d, of which %d are the reader's", first, held, own)
	}
	if n := max(rest, closed); n > 2*first+slack {
		t.Errorf("%d bytes became %d", first, n)
	}
	if most > 4*first+10<<20 {
		t.Errorf("%d bytes became %d for a while", first, most)
	}
	if got := s.alloc.end(); got > 5*pages { // the reader's, those of two states, and what a commit writes before it frees
		t.Errorf("%d page numbers after %d", got, pages)
	}
}

// diskParts tells what the disk of a store is taken by: files of each kind, and the pages of each kind that some state needs.
func diskParts(t *testing.T, s *Store, p *badgerPages) string {
	t.Helper()
	var b strings.Builder
	names, err := filepath.Glob(filepath.Join(p.dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]uint64{}
	for _, name := range names {
		if info, err := os.Stat(name); err == nil {
			kind := cmp.Or(filepath.Ext(name), filepath.Base(name))
			files[kind] += allocated(info)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&b, "%s %d kB, ", kind, files[kind]/1000)
	}
	size := func(no uint64) (small, large uint64) {
		page, err := p.Get(no)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) < smallPage {
			return uint64(len(page)), 0
		}
		return 0, uint64(len(page))
	}
	sum := func(what string, pages []uint64) {
		var small, large uint64
		for _, no := range pages {
			a, b := size(no)
			small, large = small+a, large+b
		}
		fmt.Fprintf(&b, "%s %d pages of %d + %d kB, ", what, len(pages), small/1000, large/1000)
	}
	walk := func(walk func(fn func(no uint64) (bool, error)) error) (pages []uint64) {
		if err := walk(func(no uint64) (bool, error) { pages = append(pages, no); return true, nil }); err != nil {
			t.Fatal(err)
		}
		return pages
	}
	for o, q := range s.state.quads {
		sum(store.Order(o).String(), walk(func(fn func(no uint64) (bool, error)) error {
			return q.Walk(func(no uint64, _ uint8) (bool, error) { return fn(no) })
		}))
	}
	sum("terms", walk(s.state.terms.Walk))
	s.alloc.mu.Lock()
	var held []uint64
	for _, pages := range s.alloc.waiting {
		held = append(held, pages...)
	}
	free := slices.Clone(s.alloc.free)
	s.alloc.mu.Unlock()
	sum("held", held)
	sum("free", free)
	return b.String()
}
