package badgerstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"triplestore/rdf"
	"triplestore/store"
)

// filled makes a store with some commits, and a function that commits once more.
func filled(t *testing.T) (s *Store, dir string, commit func() error) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "store")
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	commit = func() error {
		n++
		_, err := s.Update(t.Context(), func(txn store.Txn) error {
			return txn.Add([]rdf.Quad{{S: rdf.IRI("http://e/s"), P: rdf.IRI("http://e/p"), O: rdf.String(fmt.Sprint(n))}})
		})
		return err
	}
	for range 3 {
		if err := commit(); err != nil {
			t.Fatal(err)
		}
	}
	return s, dir, commit
}

// quadsIn counts the quads of a store that is not open.
func quadsIn(t *testing.T, dir string) uint64 {
	t.Helper()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	n, err := snap.Count(store.Range{Order: store.SPOG})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// closed closes a store, which must not take long.
func closed(t *testing.T, s *Store) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- s.Close() }()
	select {
	case err := <-done:
		return err
	case <-time.After(time.Minute):
		t.Fatal("closing never ends")
		return nil
	}
}

// TestFolderGone: a store whose folder is gone refuses commits and is closed with an error that says so, and what was committed is in the
// folder, wherever that is.
func TestFolderGone(t *testing.T) {
	t.Parallel()
	s, dir, commit := filled(t)
	if err := os.Rename(dir, dir+".moved"); err != nil {
		t.Fatal(err)
	}
	for _, replaced := range []bool{false, true} {
		if replaced {
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := commit(); !errors.Is(err, ErrGone) {
			t.Errorf("replaced %v: a commit: %v", replaced, err)
		}
	}
	for range 2 {
		if err := closed(t, s); !errors.Is(err, ErrGone) {
			t.Errorf("close: %v", err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("in the other folder are %v, %v", left, err)
	}
	if err := errors.Join(os.Remove(dir), os.Rename(dir+".moved", dir)); err != nil {
		t.Fatal(err)
	}
	if err := closed(t, s); err != nil {
		t.Errorf("close when the folder is there again: %v", err)
	}
	if n := quadsIn(t, dir); n != 3 {
		t.Errorf("%d quads, want 3", n)
	}
}

// TestFolderDeleted: closing ends where nothing is left.
func TestFolderDeleted(t *testing.T) {
	t.Parallel()
	s, dir, _ := filled(t)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := closed(t, s); !errors.Is(err, ErrGone) {
		t.Errorf("close: %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there again: %v", err)
	}
}

// TestTablesCannotBeWritten: closing ends where Badger cannot write tables, and nothing is lost.
func TestTablesCannotBeWritten(t *testing.T) {
	t.Parallel()
	s, dir, commit := filled(t)
	var inTheWay []string
	for i := range 200 { // names of the next tables
		name := filepath.Join(dir, fmt.Sprintf("%06d.sst", i))
		if err := os.Mkdir(name, 0o755); err == nil {
			inTheWay = append(inTheWay, name)
		}
	}
	if err := closed(t, s); !errors.Is(err, ErrUnwritable) {
		t.Errorf("close: %v", err)
	}
	if err := commit(); !errors.Is(err, store.ErrClosed) {
		t.Errorf("a commit after closing: %v", err)
	}
	for _, name := range inTheWay {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := closed(t, s); err != nil {
		t.Errorf("close when tables can be written again: %v", err)
	}
	if n := quadsIn(t, dir); n != 3 {
		t.Errorf("%d quads, want 3", n)
	}
}

// TestProbeOfAnUnfinishedClose: what a process leaves that ends just while it tries whether the folder can be written is gone after the next opening.
func TestProbeOfAnUnfinishedClose(t *testing.T) {
	t.Parallel()
	s, dir, _ := filled(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	probe, err := os.CreateTemp(dir, "closing-*.tmp")
	if err != nil {
		t.Fatal(err)
	}
	probe.Close()
	if n := quadsIn(t, dir); n != 3 {
		t.Errorf("%d quads", n)
	}
	if _, err := os.Stat(probe.Name()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}

// TestWritable: a store tells that its folder is gone or cannot be written, and that it is well again.
func TestWritable(t *testing.T) {
	t.Parallel()
	s, dir, _ := filled(t)
	t.Cleanup(func() { s.Close() })
	if err := s.Writable(); err != nil {
		t.Errorf("at first: %v", err)
	}
	if err := os.Rename(dir, dir+".moved"); err != nil {
		t.Fatal(err)
	}
	if err := s.Writable(); !errors.Is(err, ErrGone) {
		t.Errorf("without the folder: %v", err)
	}
	if err := os.Rename(dir+".moved", dir); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() > 0 { // who is root may write everywhere
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		if err := s.Writable(); !errors.Is(err, ErrUnwritable) {
			t.Errorf("read-only: %v", err)
		}
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.pages.(*badgerPages).flushes.fail("the disk is broken")
	if err := s.Writable(); !errors.Is(err, ErrUnwritable) {
		t.Errorf("when tables cannot be written: %v", err)
	}
	s.pages.(*badgerPages).flushes.last.Store(nil)
	if err := s.Writable(); err != nil {
		t.Errorf("in the end: %v", err)
	}
}
