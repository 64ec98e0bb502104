package badgerstore

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/zeebo/xxh3"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/relation"
)

// damaged makes a store in memory with some thousand quads and gives its pages to change.
func damaged(t *testing.T) (*memPages, root) {
	t.Helper()
	p := newMemPages()
	s, err := open(t.TempDir(), Options{Retention: &Retention{Commits: 10}}.withDefaults(), p)
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range catalogue(12_000) {
		load(t, s, [][]rdf.Quad{batch})
	}
	if _, err := s.Update(t.Context(), func(x store.Txn) error { return x.Remove(catalogue(200)[0]) }); err != nil {
		t.Fatal(err)
	}
	r := s.state.root
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return p, r
}

func findings(t *testing.T, p Pages) *CheckReport {
	t.Helper()
	r, err := checkPages(t.Context(), p, CheckOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if r.OK != (len(r.Findings) == 0) || r.OK != (r.Err() == nil) || !r.OK && !errors.Is(r.Err(), store.ErrCorrupt) {
		t.Errorf("OK %v with %d findings: %v", r.OK, len(r.Findings), r.Err())
	}
	return r
}

// reached lists the pages of a root with what they belong to.
func reached(t *testing.T, p Pages, r root) map[uint64]string {
	t.Helper()
	c := newChecker(CheckOptions{}, p)
	if err := c.states(t.Context(), r, c.chain(r)); err != nil || !c.report.OK {
		t.Fatalf("%v %v", err, c.report.Findings)
	}
	return c.used
}

// TestCheckNamesPages changes a byte of every single page, tears it, and takes it away: the page is named each time, and more pages may
// be damaged at once.
func TestCheckNamesPages(t *testing.T) {
	t.Parallel()
	p, r := damaged(t)
	if f := findings(t, p); !f.OK || f.Quads < 10_000 || f.Pages == 0 || f.Terms == 0 || f.States < 5 {
		t.Fatalf("%+v", f)
	}
	used := reached(t, p, r)
	pages := slices.Sorted(maps.Keys(used))
	for i, no := range pages {
		if testing.Short() && i%9 != 0 {
			continue
		}
		q := newMemPages()
		q.disk, q.root = maps.Clone(p.disk), p.root
		b := slices.Clone(q.disk[no])
		switch i % 3 {
		case 0:
			b[(i*7919)%len(b)] ^= 1 << (i % 8)
			q.disk[no] = b
		case 1:
			q.disk[no] = b[:len(b)/2]
		default:
			delete(q.disk, no)
		}
		f := findings(t, q)
		if !slices.ContainsFunc(f.Findings, func(f Finding) bool { return f.Page == no }) {
			t.Errorf("page %d of %s: %v", no, used[no], f.Findings)
		}
		if len(f.Findings) != 1 {
			t.Errorf("page %d of %s: %d findings: %v", no, used[no], len(f.Findings), f.Findings[:min(3, len(f.Findings))])
		}
	}
	// Every leaf of one order at once, and the rest is still looked at.
	q := newMemPages()
	q.disk, q.root = maps.Clone(p.disk), p.root
	want := 0
	err := relation.New(reader{p}, nil, 4, r.quads[store.POSG]).Walk(func(no uint64, level uint8) (bool, error) {
		if level == 1 {
			q.disk[no] = nil
			want++
		}
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if f := findings(t, q); len(f.Findings) != want || want < 3 {
		t.Errorf("%d findings, want %d: %v", len(f.Findings), want, f.Findings[:min(3, len(f.Findings))])
	}
}

// TestCheckDisagreement makes relations that are whole each for itself but do not agree.
func TestCheckDisagreement(t *testing.T) {
	t.Parallel()
	p, r := damaged(t)
	apply := func(t *testing.T, w *txnPages, width int, root relation.Root, c ...relation.Change) relation.Root {
		result, err := relation.Apply(t.Context(), w, nil, width, root, relation.SliceChanges(c))
		if err != nil {
			t.Fatal(err)
		}
		return result.Root
	}
	first := func(t *testing.T, root relation.Root, width int) relation.Row {
		row, ok, err := relation.New(reader{p}, nil, width, root).First(nil)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		return row
	}
	for _, test := range []struct {
		name, relation, problem string
		change                  func(t *testing.T, w *txnPages, r *root)
	}{
		{"quad replaced", "posg", "lacks the quad", func(t *testing.T, w *txnPages, r *root) {
			row := first(t, r.quads[store.POSG], 4)
			other := row
			other[2]++ // a subject that may not exist or may not be one; either is a finding
			r.quads[store.POSG] = apply(t, w, 4, r.quads[store.POSG], relation.Change{Row: row, Op: relation.Delete})
			r.quads[store.POSG] = apply(t, w, 4, r.quads[store.POSG], relation.Change{Row: other})
		}},
		{"unknown term", "spog", "of which there is no term", func(t *testing.T, w *txnPages, r *root) {
			row := first(t, r.quads[store.SPOG], 4)
			other := row
			other[2] = store.MakeID(store.TagIRI, 0, r.terms.Next+7)
			r.quads[store.SPOG] = apply(t, w, 4, r.quads[store.SPOG], relation.Change{Row: row, Op: relation.Delete})
			r.quads[store.SPOG] = apply(t, w, 4, r.quads[store.SPOG], relation.Change{Row: other})
		}},
		{"wrong kind", "gspo", "where the term has ID", func(t *testing.T, w *txnPages, r *root) {
			row := first(t, r.quads[store.GSPO], 4)
			other := row
			other[1] = store.MakeID(store.TagBlankNode, 0, row[1].Number())
			r.quads[store.GSPO] = apply(t, w, 4, r.quads[store.GSPO], relation.Change{Row: row, Op: relation.Delete})
			r.quads[store.GSPO] = apply(t, w, 4, r.quads[store.GSPO], relation.Change{Row: other})
		}},
		{"hash", "hashes", "is not found by its hash", func(t *testing.T, w *txnPages, r *root) {
			row := first(t, r.terms.Hash, 2)
			r.terms.Hash = apply(t, w, 2, r.terms.Hash, relation.Change{Row: row, Op: relation.Delete})
			row[0]++
			r.terms.Hash = apply(t, w, 2, r.terms.Hash, relation.Change{Row: row})
		}},
		{"more terms", "terms", "terms in the blocks where the root tells", func(_ *testing.T, _ *txnPages, r *root) {
			if r.terms.Next++; r.terms.TailPage == 0 {
				r.terms.TailFirst++
			}
		}},
		{"shared page", "spog", "is a page of", func(_ *testing.T, _ *txnPages, r *root) { r.quads[store.SPOG] = r.quads[store.SOPG] }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			q := newMemPages()
			q.disk, q.root = maps.Clone(p.disk), p.root
			w := &txnPages{store: opened(t, q)}
			r := r
			test.change(t, w, &r)
			r.next = w.store.alloc.end()
			if err := q.SwapRoot(r.encode()); err != nil {
				t.Fatal(err)
			}
			f := findings(t, q)
			if !slices.ContainsFunc(f.Findings, func(f Finding) bool {
				return (f.Relation == test.relation || test.name == "shared page") && strings.Contains(f.Problem, test.problem)
			}) {
				t.Errorf("%v", f.Findings)
			}
		})
	}
}

func opened(t *testing.T, p Pages) *Store {
	t.Helper()
	s, err := open(t.TempDir(), Options{}.withDefaults(), p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestCheckInnerPages changes what an inner page tells and gives it a good checksum. Some bits only fill up the page.
func TestCheckInnerPages(t *testing.T) {
	t.Parallel()
	p, r := damaged(t)
	no := r.quads[store.GSPO].Page
	b := slices.Clone(p.disk[no])
	points := 40
	if testing.Short() {
		points = 12
	}
	found, tried := 0, 0
	for at := 28; at < len(b)-8; at += max(1, len(b)/points) {
		bad := slices.Clone(b)
		bad[at] ^= 4
		binary.LittleEndian.PutUint64(bad, xxh3.Hash(bad[8:]))
		q := newMemPages()
		q.disk, q.root = maps.Clone(p.disk), p.root
		q.disk[no] = bad
		tried++
		f := findings(t, q)
		if f.OK {
			continue
		}
		if found++; f.Findings[0].Relation != "gspo" || f.Findings[0].Page == 0 {
			t.Errorf("byte %d: %v", at, f.Findings[0])
		}
	}
	if found < tried/2 {
		t.Errorf("%d of %d changes were found", found, tried)
	}
}

func TestCheckFreeList(t *testing.T) {
	t.Parallel()
	s := opened(t, newMemPages())
	load(t, s, catalogue(2000))
	used := s.state.root.quads[store.POSG].Page
	s.alloc.free = append(s.alloc.free, used)
	f, err := s.Check(t.Context(), CheckOptions{})
	if err != nil || len(f.Findings) != 1 || f.Findings[0].Relation != "free" || f.Findings[0].Page != used {
		t.Errorf("%v %+v", err, f)
	}
}

func TestCheckRoot(t *testing.T) {
	t.Parallel()
	p, _ := damaged(t)
	p.root = slices.Clone(p.root)
	p.root[30] ^= 1
	if f := findings(t, p); len(f.Findings) != 1 || f.Findings[0].Relation != "root" {
		t.Errorf("%+v", f)
	}
	if f := findings(t, newMemPages()); !f.OK {
		t.Errorf("%+v", f)
	}
}
