package badgerstore

import (
	"errors"
	"testing"

	"triplestore/store"
	"triplestore/store/page"
)

// TestUpgradeFrom2 gives the inner pages of a store counts that are too small, as programs for format 2 wrote them, and upgrades it.
func TestUpgradeFrom2(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(dir, Options{Retention: &Retention{Commits: 10}})
	if err != nil {
		t.Fatal(err)
	}
	load(t, s, catalogue(20_000))
	for i := range 3 {
		if err := addRecord(t.Context(), s, i); err != nil {
			t.Fatal(err)
		}
	}
	before, quads, ids := content(t, s)
	r := s.state.root
	no := r.quads[store.PSOG].Page
	b, err := s.pages.Get(no)
	if err != nil {
		t.Fatal(err)
	}
	p, err := page.Open(b, page.Inner, page.InnerColumns(4))
	if err != nil {
		t.Fatal(err)
	}
	cols := make([][]store.ID, page.InnerColumns(4))
	for c := range cols {
		cols[c] = make([]store.ID, p.Rows())
		if err := p.Column(c, cols[c]); err != nil {
			t.Fatal(err)
		}
	}
	cols[page.DistinctColumn(4)+1][0]--
	if err := errors.Join(s.pages.Put(no, page.Encode(page.Inner, cols)), s.pages.SwapRoot(r.encode()), s.Close(), writeFormat(dir, 2)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{}); !errors.Is(err, store.ErrFormat) {
		t.Fatal(err)
	}
	var told []string
	if err := Upgrade(t.Context(), dir, Options{}, func(s string) { told = append(told, s) }); err != nil || len(told) != 1 {
		t.Fatal(err, told)
	}
	if s, err = Open(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	report, err := s.Check(t.Context(), CheckOptions{})
	if err != nil || !report.OK {
		t.Fatalf("%v, %+v", err, report)
	}
	after, quads2, ids2 := content(t, s)
	if before != after || len(quads) != len(quads2) || len(ids) != len(ids2) {
		t.Errorf("%+v with %d quads became %+v with %d", before, len(quads), after, len(quads2))
	}
	if commits, err := s.Commits(); err != nil || len(commits) != 1 {
		t.Errorf("%v, %v", commits, err)
	}
	if err := addRecord(t.Context(), s, 100); err != nil {
		t.Fatal(err)
	}
}
