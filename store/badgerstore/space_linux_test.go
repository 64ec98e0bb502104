package badgerstore

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"golang.org/x/sync/errgroup"

	"triplestore/internal/diskspace"
	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/storetest"
)

// smallDisk makes a file system of some bytes.
func smallDisk(t *testing.T, size string) (dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can make a small file system")
	}
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("cannot make a small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// atRest waits until Badger has nothing to do: its tables in memory are on disk but for the newest, and no level is to be merged.
func atRest(t *testing.T, p *badgerPages) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		logs, err := filepath.Glob(filepath.Join(p.dir, "*.mem"))
		if err != nil {
			t.Fatal(err)
		}
		busy := func(l badger.LevelInfo) bool { return l.Score >= 1 }
		if len(logs) <= 1 && !slices.ContainsFunc(p.db.Levels(), busy) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("Badger is never done: %+v", p.db.Levels())
		}
	}
}

// ballast takes room on a disk.
type ballast struct{ f *os.File }

func newBallast(t *testing.T, dir string) *ballast {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &ballast{f}
}

// take takes so many bytes more, or what there is.
func (b *ballast) take(t *testing.T, bytes int) (full bool) {
	t.Helper()
	block := make([]byte, 16<<10)
	for ; bytes > 0; bytes -= len(block) {
		if _, err := b.f.Write(block); errors.Is(err, syscall.ENOSPC) {
			return true
		} else if err != nil {
			t.Fatal(err)
		}
	}
	return false
}

// drop gives everything back.
func (b *ballast) drop(t *testing.T) {
	t.Helper()
	if err := b.f.Truncate(0); err != nil {
		t.Fatal(err)
	}
	if _, err := b.f.Seek(0, 0); err != nil {
		t.Fatal(err)
	}
}

// TestDiskFull fills a small file system: commits fail with a clear error, a reader that holds a snapshot and one that takes a
// new one go on, and when there is room again so do commits. A write through Badger's memory maps would end the process.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	mount := smallDisk(t, "36m")
	o := Options{ValueLogFileSize: 1 << 20, SortMemory: 1 << 20, TermMemory: 1 << 20}
	s, err := Open(filepath.Join(mount, "store"), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { s.Close() }()
	const seed = 7
	size := func(n uint64) int { return int(n%3) * 300 }
	commits := uint64(0)
	commit := func() error {
		err := doChanges(s, t, seed, commits+1, size(commits+1))
		if err == nil {
			commits++
		}
		return err
	}
	for range 5 {
		if err := commit(); err != nil {
			t.Fatal(err)
		}
	}
	held, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	want, err := storetest.Quads(t.Context(), held)
	if err != nil {
		t.Fatal(err)
	}
	works := func() {
		t.Helper()
		got, err := storetest.Quads(t.Context(), held)
		if err != nil || len(got) != len(want) {
			t.Fatalf("the held snapshot: %d quads, want %d, %v", len(got), len(want), err)
		}
		if got := check(t, s, seed, size); got != commits {
			t.Fatalf("commit %d is the newest, want %d", got, commits)
		}
	}

	// A load that is too large fails of itself, at whatever point of its work that may be.
	r := rand.New(rand.NewPCG(seed, 2))
	_, err = s.Update(t.Context(), func(x store.Txn) error {
		batch := make([]rdf.Quad, 1000)
		for {
			for i := range batch { // hardly to be compressed
				var text [100]byte
				for k := range text {
					text[k] = byte(' ' + r.IntN(95))
				}
				batch[i] = rdf.Quad{S: rdf.IRI(fmt.Sprint("http://example.org/", r.Uint64())), P: rdf.IRI(fmt.Sprint("http://example.org/p", r.IntN(50))), O: rdf.String(string(text[:]))}
			}
			if err := x.Add(batch); err != nil {
				return err
			}
		}
	})
	if !errors.Is(err, ErrDiskFull) && !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("a load that is larger than the disk: %v", err)
	}
	t.Logf("large load: %v", err)
	works()

	// Others take what is left, step by step while commits go on, and then down to the last block.
	others := newBallast(t, mount)
	for err = nil; err == nil; err = commit() {
		if others.take(t, 256<<10) {
			t.Fatal("commits do not mind that the disk is full")
		}
	}
	if !errors.Is(err, ErrDiskFull) {
		t.Fatalf("a commit on a disk that is nearly full: %v", err)
	}
	works()
	atRest(t, s.pages.(*badgerPages))
	for !others.take(t, 1<<20) {
	}
	for range 2 {
		if err := commit(); !errors.Is(err, ErrDiskFull) {
			t.Fatalf("a commit on a full disk: %v", err)
		}
	}
	works()
	if _, err := s.Compact(t.Context(), CompactOptions{}); !errors.Is(err, ErrDiskFull) {
		t.Errorf("compact on a full disk: %v", err)
	}
	if _, err := Open(filepath.Join(mount, "another"), o); !errors.Is(err, ErrDiskFull) && !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("another store on a full disk: %v", err)
	}
	others.drop(t)
	for i := range 5 {
		if err := commit(); err != nil {
			t.Fatalf("commit %d after there is room again: %v", i, err)
		}
	}
	works()
	held.Close()

	// A store is not closed as long as there is no room for it.
	atRest(t, s.pages.(*badgerPages))
	for !others.take(t, 1<<20) {
	}
	if err := s.Close(); !errors.Is(err, ErrDiskFull) {
		t.Fatalf("close on a full disk: %v", err)
	}
	if _, err := Open(filepath.Join(mount, "store"), o); err == nil {
		t.Fatal("a store was opened that is not closed")
	}
	others.drop(t)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if s, err = Open(filepath.Join(mount, "store"), o); err != nil {
		t.Fatal(err)
	}
	if got := check(t, s, seed, size); got != commits {
		t.Errorf("%d commits, want %d", got, commits)
	}
}

// TestDiskNearlyFull works at the brim of a disk: several transactions at a time load and remove graphs while garbage is collected without
// a break. What they may write together is more than there is.
func TestDiskNearlyFull(t *testing.T) {
	t.Parallel()
	mount := smallDisk(t, "20m")
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	s, err := Open(filepath.Join(mount, "store"), Options{ValueLogFileSize: 1 << 20, SortMemory: 1 << 20, TermMemory: 1 << 20,
		CollectInterval: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	batches := catalogue(12_000)
	rounds, full := 40, 0
	if testing.Short() {
		rounds = 12
	}
	for range rounds {
		var work errgroup.Group
		for range 3 {
			seed := r.Uint64()
			work.Go(func() error {
				r := rand.New(rand.NewPCG(seed, 0))
				graph := rdf.IRI(fmt.Sprint("http://example.org/", r.IntN(6)))
				some := batches[:1+r.IntN(len(batches))]
				if r.IntN(3) > 0 {
					some = some[:1+r.IntN(min(3, len(some)))]
				}
				remove := r.IntN(4) == 0
				_, err := s.Update(t.Context(), func(x store.Txn) error {
					for _, batch := range some {
						batch = slices.Clone(batch)
						for i := range batch {
							batch[i].G = graph
						}
						change := x.Add
						if remove {
							change = x.Remove
						}
						if err := change(batch); err != nil {
							return err
						}
					}
					return nil
				})
				return err
			})
		}
		switch err := work.Wait(); {
		case errors.Is(err, ErrDiskFull):
			full++
		case err != nil:
			t.Fatal(err)
		}
		if full > 0 && full%4 == 0 { // make room
			if _, err := s.Update(t.Context(), func(x store.Txn) error {
				return store.Replace(t.Context(), x, rdf.IRI(fmt.Sprint("http://example.org/", r.IntN(6))), func(func([]rdf.Quad) error) error { return nil })
			}); err != nil && !errors.Is(err, ErrDiskFull) {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%d of %d rounds met a full disk", full, rounds)
	if err := s.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// What collecting may still write is left free by commits beside it: a commit that took it would let Badger write past the disk's end
// through its memory maps, which ends the process.
func TestRoomForCollecting(t *testing.T) {
	t.Parallel()
	s, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p := s.pages.(*badgerPages)
	if err := p.room(1); err != nil {
		t.Fatalf("no room in a new store: %v", err)
	}
	if _, ok := p.claim(1 << 60); ok {
		t.Error("there is room for an exabyte")
	}
	if err := p.room(1); err != nil {
		t.Errorf("a page after a claim that failed: %v", err)
	}
	free, _ := diskspace.Free(s.dir)
	release, ok := p.claim(free / 2)
	if !ok {
		t.Fatal("there is no room for half of what is free")
	}
	if err := p.room(int(free)); !errors.Is(err, ErrDiskFull) {
		t.Errorf("a page that takes what is set apart: %v", err)
	}
	release()
	if err := p.collect(garbageRatio, nil); err != nil {
		t.Error(err)
	}
	if n := p.collecting.Load(); n != 0 {
		t.Errorf("%d bytes are still set apart", n)
	}
	if err := p.room(1); err != nil {
		t.Errorf("a page after collecting: %v", err)
	}
}
