package badgerstore

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/storetest"
)

func TestLocked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{}); !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("%v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	s.Close()
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(b []byte){"version": func(b []byte) { b[5]++ }, "magic": func(b []byte) { b[0] = 'X' }} {
		dir := t.TempDir()
		s, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		path := filepath.Join(dir, "MANIFEST")
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		change(b)
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, Options{}); !errors.Is(err, store.ErrFormat) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReopen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var want []rdf.Quad
	var commit store.Commit
	for round := range 5 {
		s, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		n, err := s.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		if n.Commit() != commit {
			t.Errorf("commit %+v, want %+v", n.Commit(), commit)
		}
		got, err := storetest.Quads(t.Context(), n)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%d quads, want %d, %v", len(got), len(want), err)
		}
		n.Close()
		batch := catalogue(3000 * (round + 1))[0]
		r, err := s.Update(t.Context(), func(x store.Txn) error { return x.Add(batch) })
		if err != nil {
			t.Fatal(err)
		}
		if r.Inserted == 0 && round == 0 {
			t.Error("nothing was added")
		}
		commit = r.Commit
		n, _ = s.Snapshot()
		if want, err = storetest.Quads(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		n.Close()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDamage changes single bytes of the value log, where the pages lie: whoever reads them gets ErrCorrupt or, where the byte was of
// no use, the truth; never something else.
func TestDamage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	load(t, s, catalogue(1500))
	n, _ := s.Snapshot()
	want, err := storetest.Quads(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	n.Close()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	logs, _ := filepath.Glob(filepath.Join(dir, "*.vlog"))
	if len(logs) == 0 {
		t.Fatal("no value log")
	}
	good, err := os.ReadFile(logs[0])
	if err != nil {
		t.Fatal(err)
	}
	end := len(bytes.TrimRight(good, "\x00"))
	found := 0
	for at := 40; at < end; at += end / 30 {
		bad := bytes.Clone(good)
		bad[at] ^= 0x10
		if err := os.WriteFile(logs[0], bad, 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := Open(dir, Options{})
		if err != nil {
			found++
			continue
		}
		err = s.Verify(t.Context())
		if err != nil {
			found++
		} else {
			n, _ := s.Snapshot()
			got, err := storetest.Quads(t.Context(), n)
			n.Close()
			if err != nil || len(got) != len(want) {
				t.Errorf("byte %d: damage not noticed: %d quads, %v", at, len(got), err)
			}
		}
		s.Close()
	}
	if found < 20 {
		t.Errorf("%d of 30 changed bytes were noticed", found)
	}
}

// TestRemoveEmpty closes new stores with and without a commit: what opening made goes, and nothing else.
func TestRemoveEmpty(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	o := Options{RemoveEmpty: true}
	dir := filepath.Join(parent, "a", "b", "store")
	open := func(dir string, commit bool) {
		t.Helper()
		s, err := Open(dir, o)
		if err != nil {
			t.Fatal(err)
		}
		if commit {
			if err := addRecord(t.Context(), s, 1); err != nil {
				t.Fatal(err)
			}
		} else if _, err := s.Update(t.Context(), func(x store.Txn) error {
			if err := x.Add([]rdf.Quad{{S: rdf.IRI("http://example.org/"), P: rdf.IRI("http://example.org/"), O: rdf.String("x")}}); err != nil {
				return err
			}
			return errFault
		}); !errors.Is(err, errFault) {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	files := func(dir string) int {
		list, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	open(dir, false)
	if n := files(parent); n != 0 {
		t.Errorf("%d files are left", n)
	}
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "mine"), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	open(dir, false)
	if n := files(dir); n != 1 {
		t.Errorf("%d files are left beside one that was there", n-1)
	}
	open(dir, true)
	open(dir, false)
	s, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if c := s.state.root.commit.Number; c != 1 {
		t.Errorf("commit %d", c)
	}
}
