package badgerstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"triplestore/store"
	"triplestore/store/storetest"
)

// TestDiskFull fills a small file system: commits fail with a clear error, a reader that holds a snapshot and one that takes a
// new one go on, and when there is room again so do commits. A write through Badger's memory maps would end the process.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can make a small file system")
	}
	mount := t.TempDir()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=64m"); err != nil {
		t.Skipf("cannot make a small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(mount, 0); err != nil {
			t.Error(err)
		}
	})
	o := Options{ValueLogFileSize: 4 << 20, SortMemory: 1 << 20, TermMemory: 1 << 20}
	s, err := Open(filepath.Join(mount, "store"), o)
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	t.Cleanup(func() {
		if !closed {
			s.Close()
		}
	})
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
	big := catalogue(1_500_000)
	_, err = s.Update(t.Context(), func(x store.Txn) error {
		for _, batch := range big {
			if err := x.Add(batch); err != nil {
				return err
			}
		}
		return nil
	})
	if !errors.Is(err, ErrDiskFull) && !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("a load that is larger than the disk: %v", err)
	}
	t.Logf("large load: %v", err)
	works()

	// Others take what is left, down to the last block.
	ballast := filepath.Join(mount, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 64<<10)
	for err == nil {
		_, err = f.Write(block)
	}
	f.Close()
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	for range 3 {
		if err := commit(); !errors.Is(err, ErrDiskFull) {
			t.Fatalf("a commit on a full disk: %v", err)
		}
		works()
	}
	if _, err := Open(filepath.Join(mount, "another"), o); !errors.Is(err, ErrDiskFull) && !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("another store on a full disk: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if err := commit(); err != nil {
			t.Fatalf("commit %d after there is room again: %v", i, err)
		}
	}
	works()
	held.Close()
	closed = true
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(filepath.Join(mount, "store"), o); err != nil {
		t.Fatal(err)
	}
	closed = false
	works2 := check(t, s, seed, size)
	if works2 != commits {
		t.Error(fmt.Sprint(works2, " commits, want ", commits))
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
		t.Skipf("the disk is full: %v", err)
	}
	if p.claim(1 << 60) {
		t.Error("there is room for an exabyte")
	}
	if err := p.room(1); !errors.Is(err, ErrDiskFull) {
		t.Errorf("a page where all is set apart: %v", err)
	}
	if err := p.collect(nil); err != nil {
		t.Error(err)
	}
	if err := p.room(1); err != nil {
		t.Errorf("a page after collecting: %v", err)
	}
}
