package badgerstore

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"triplestore/store"
	"triplestore/store/relation"
)

// TestExtension commits a relation and pages of its own together with quads, through failures, the history, commits of programs that
// know nothing of it and opening anew.
func TestExtension(t *testing.T) {
	t.Parallel()
	p := newMemPages()
	dir := t.TempDir()
	s, err := open(dir, Options{Retention: &Retention{Commits: 3}}.withDefaults(), p)
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	content := func(n uint64) []byte { return bytes.Repeat([]byte(fmt.Sprint("page ", n, ";")), 200) }
	// Commit n gives the extension the row (n, page) and takes away (n-2, page).
	update := func(n uint64, fail error) error {
		_, add := changes(seed, n, 10)
		_, err := s.Update(t.Context(), func(x store.Txn) error {
			if err := x.Add(add); err != nil {
				return err
			}
			e, err := x.(Extender).Extension("text", 2, true)
			if err != nil {
				return err
			}
			no, err := e.Put(content(n))
			if err != nil {
				return err
			}
			c := []relation.Change{{Row: relation.Row{store.ID(n), store.ID(no)}}}
			rel, err := e.Relation()
			if err != nil {
				return err
			}
			if n > 2 {
				old, ok, err := rel.First([]store.ID{store.ID(n - 2)})
				if err != nil || !ok {
					return fmt.Errorf("row %d: %v, %v", n-2, ok, err)
				}
				if err := e.Free(uint64(old[1])); err != nil {
					return err
				}
				c = append([]relation.Change{{Row: old, Op: relation.Delete}}, c...)
			}
			if _, _, err := e.Apply(t.Context(), relation.SliceChanges(c)); err != nil {
				return err
			}
			return fail
		})
		return err
	}
	verify := func(n store.Snapshot) {
		t.Helper()
		commit := n.Commit().Number
		rel, ok, err := n.(Extended).Extension("text")
		if err != nil || !ok {
			t.Fatalf("%v, %v", ok, err)
		}
		if rel.Rows() != min(commit, 2) {
			t.Fatalf("commit %d: %d rows", commit, rel.Rows())
		}
		for i := commit; i > 0 && i+2 > commit; i-- {
			row, ok, err := rel.First([]store.ID{store.ID(i)})
			if err != nil || !ok {
				t.Fatalf("commit %d, row %d: %v, %v", commit, i, ok, err)
			}
			if b, err := n.(Extended).Page(uint64(row[1])); err != nil || !bytes.Equal(b, content(i)) {
				t.Fatalf("commit %d, page %d: %.20q, %v", commit, i, b, err)
			}
		}
	}
	failure := errors.New("no")
	for n := uint64(1); n < 20; n++ {
		if err := update(n, failure); !errors.Is(err, failure) {
			t.Fatal(err)
		}
		if err := update(n, nil); err != nil {
			t.Fatal(err)
		}
		commits, err := s.Commits()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range commits {
			x, err := s.SnapshotAt(c.Number)
			if err != nil {
				t.Fatal(err)
			}
			verify(x)
			x.Close()
		}
		accounts(t, s)
		if n%5 == 0 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if s, err = openAgain(dir, p); err != nil {
				t.Fatal(err)
			}
			accounts(t, s)
		}
	}
	// A program that does not know it.
	if _, err := s.Update(t.Context(), func(x store.Txn) error { _, add := changes(seed, 99, 50); return x.Add(add) }); err != nil {
		t.Fatal(err)
	}
	n, _ := s.Snapshot()
	if rel, ok, err := n.(Extended).Extension("text"); err != nil || !ok || rel.Rows() != 2 {
		t.Fatalf("%v, %v", ok, err)
	}
	n.Close()
	// Only the extension changes: that is a commit.
	before := s.state.root.commit.Number
	if _, err := s.Update(t.Context(), func(x store.Txn) error {
		if _, err := x.(Extender).Extension("text", 3, true); err == nil {
			return errors.New("another width is accepted")
		}
		e, err := x.(Extender).Extension("text", 2, true)
		if err != nil {
			return err
		}
		return e.Drop()
	}); err != nil {
		t.Fatal(err)
	}
	if got := s.state.root.commit.Number; got != before+1 {
		t.Errorf("commit %d after %d", got, before)
	}
	n, _ = s.Snapshot()
	if _, ok, err := n.(Extended).Extension("text"); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	n.Close()
	accounts(t, s)
	s.SetRetention(Retention{})
	if err := s.shrink(); err != nil {
		t.Fatal(err)
	}
	accounts(t, s)
}
