package badgerstore

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"triplestore/rdf"
	"triplestore/store"
)

// TestCompact fills a store, scatters it, removes most of it, and gets the disk back.
func TestCompact(t *testing.T) {
	t.Parallel()
	for _, rewrite := range []bool{false, true} {
		t.Run(fmt.Sprint("rewrite ", rewrite), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s, err := Open(dir, Options{ValueLogFileSize: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(1, 2))
			for round := range 10 { // many small commits in random places leave pages half full
				var quads []rdf.Quad
				for range 4000 {
					n := r.IntN(1_000_000)
					quads = append(quads, rdf.Quad{S: rdf.IRI(fmt.Sprintf("http://example.org/%d", n)), P: rdf.IRI(fmt.Sprintf("http://example.org/p%d", n%7)),
						O: rdf.String(fmt.Sprint("value ", round, n))})
				}
				if _, err := s.Update(t.Context(), func(x store.Txn) error { return x.Add(quads) }); err != nil {
					t.Fatal(err)
				}
			}
			_, all, _ := content(t, s)
			full, err := s.BytesOnDisk() // with all of it: after the removal it depends on what was collected already
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Update(t.Context(), func(x store.Txn) error {
				for i := 0; i < len(all); i += 1000 {
					part := all[i:min(i+1000, len(all))]
					if err := x.Remove(part[:len(part)*9/10]); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			before, quads, ids := content(t, s)
			held, err := s.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Compact(t.Context(), CompactOptions{Rewrite: rewrite}); err != nil {
				t.Fatal(err)
			}
			if n, err := held.Count(store.Range{Order: store.OPSG}); err != nil || n != uint64(len(quads)) {
				t.Errorf("%d quads, %v", n, err)
			}
			held.Close()
			if err := s.Verify(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			steps := map[string]bool{}
			report, err := CompactDir(t.Context(), dir, Options{ValueLogFileSize: 1 << 20}, CompactOptions{Rewrite: rewrite,
				Progress: func(step string, _ float64) { steps[step] = true }})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d bytes, %+v", full, report)
			if len(steps) < 3 {
				t.Errorf("told %v", steps)
			}
			if s, err = Open(dir, Options{}); err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			check, err := s.Check(t.Context(), CheckOptions{})
			if err != nil || !check.OK {
				t.Fatal(err, check)
			}
			after, quads2, ids2 := content(t, s)
			if len(quads) != len(quads2) || fmt.Sprint(ids) != fmt.Sprint(ids2) || !rewrite && before != after || rewrite && after.Number != before.Number+2 {
				t.Errorf("%+v with %d quads became %+v with %d", before, len(quads), after, len(quads2))
			}
			if report.After > full/3*2 { // the terms of what was removed stay
				t.Errorf("%d bytes became %d", full, report.After)
			}
		})
	}
}

func TestCompactEmpty(t *testing.T) {
	t.Parallel()
	if _, err := CompactDir(t.Context(), t.TempDir(), Options{}, CompactOptions{Rewrite: true}); err != nil {
		t.Fatal(err)
	}
}

func TestValueLogFileSize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bytes, expected uint64
		want            int64
	}{
		{0, 0, 1 << 20}, {0, 4 << 20, 1 << 20}, {0, 40 << 20, 5 << 20}, {1 << 30, 40 << 20, 16 << 20}, {1 << 30, 1 << 30, 128 << 20}, {1 << 40, 0, 128 << 20},
	} {
		if got := valueLogFileSize(c.bytes, c.expected); got != c.want {
			t.Errorf("%d bytes and %d more: %d, want %d", c.bytes, c.expected, got, c.want)
		}
	}
}

// Badger cannot merge its tables on purpose twice at a time.
func TestCompactAtOnce(t *testing.T) {
	t.Parallel()
	s, err := Open(t.TempDir(), Options{CollectInterval: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	batches := catalogue(2000)
	var work errgroup.Group
	for range 3 {
		work.Go(func() error {
			for range 4 {
				if _, err := s.Compact(t.Context(), CompactOptions{}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for i := range 6 {
		load(t, s, batches)
		if _, err := s.Update(t.Context(), func(x store.Txn) error { return x.Remove(batches[i%len(batches)]) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(work.Wait(), s.Verify(t.Context())); err != nil {
		t.Fatal(err)
	}
}
