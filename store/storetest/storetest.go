// Package storetest is the suite that every implementation of package store passes. An implementation's test calls Run.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
)

// Run runs the suite. open makes a new empty store for a test and arranges for its closing.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, store.Store)
	}{
		{"Empty", testEmpty}, {"AddRemove", testAddRemove}, {"Duplicates", testDuplicates}, {"NoOpCommit", testNoOp},
		{"LaterCallWins", testLaterCallWins}, {"Atomic", testAtomic}, {"Cancel", testCancel}, {"Panic", testPanic}, {"BadQuads", testBadQuads},
		{"Isolation", testIsolation}, {"TxnSnapshot", testTxnSnapshot}, {"Terms", testTerms}, {"UnknownIDs", testUnknownIDs},
		{"TermsInOrder", testManyTerms}, {"Tables", testTables}, {"Graphs", testGraphs}, {"Ranges", testRanges}, {"Seek", testSeek},
		{"Columns", testColumns}, {"Closed", testClosed}, {"ConcurrentReaders", testConcurrentReaders}, {"ConcurrentAdd", testConcurrentAdd},
		{"Model", testModel}, {"Statistics", testStatistics}, {"Replace", testReplace},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, open(t))
		})
	}
}

// trials is how many random cases a test draws that runs in one goroutine: with -short, as under the race detector, a sixth of them.
func trials(n int) int {
	if testing.Short() {
		return n / 6
	}
	return n
}

func iri(i int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://example.org/%d", i)) }

func quad(s, p, o, g int) rdf.Quad {
	q := rdf.Quad{S: iri(s), P: iri(p), O: iri(o)}
	if g > 0 {
		q.G = iri(g)
	}
	return q
}

func update(t testing.TB, s store.Store, fn func(store.Txn) error) store.Result {
	t.Helper()
	r, err := s.Update(t.Context(), fn)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func add(t testing.TB, s store.Store, quads ...rdf.Quad) store.Result {
	t.Helper()
	return update(t, s, func(x store.Txn) error { return x.Add(quads) })
}

func remove(t testing.TB, s store.Store, quads ...rdf.Quad) store.Result {
	t.Helper()
	return update(t, s, func(x store.Txn) error { return x.Remove(quads) })
}

// snapshot opens a snapshot that is closed at the end of the test.
func snapshot(t testing.TB, s interface {
	Snapshot() (store.Snapshot, error)
}) store.Snapshot {
	t.Helper()
	n, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// Rows scans a range with all columns and checks what blocks promise on the way: it is meant for tests of other packages, too.
func Rows(ctx context.Context, s store.Snapshot, r store.Range) ([]store.Quad, error) {
	c := s.Scan(ctx, r, store.AllColumns)
	defer c.Close()
	return drain(c)
}

func drain(c store.Cursor) ([]store.Quad, error) {
	var rows []store.Quad
	for {
		b, err := c.Next()
		if err != nil || b.Len == 0 {
			return rows, err
		}
		for i := range b.Cols {
			if len(b.Cols[i]) != b.Len {
				return nil, fmt.Errorf("column %d has %d rows, the block %d", i, len(b.Cols[i]), b.Len)
			}
		}
		for i := range b.Len {
			row := store.Quad{b.Cols[0][i], b.Cols[1][i], b.Cols[2][i], b.Cols[3][i]}
			if len(rows) > 0 && slices.Compare(rows[len(rows)-1][:], row[:]) >= 0 {
				return nil, fmt.Errorf("row %x after %x", row, rows[len(rows)-1])
			}
			rows = append(rows, row)
		}
	}
}

func rows(t testing.TB, s store.Snapshot, r store.Range) []store.Quad {
	t.Helper()
	out, err := Rows(t.Context(), s, r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Quads reads a whole snapshot as terms, sorted by rdf.CompareQuads, and checks that all orders hold the same quads.
func Quads(ctx context.Context, s store.Snapshot) ([]rdf.Quad, error) {
	var first []store.Quad
	for o := range store.NumOrders {
		list, err := Rows(ctx, s, store.Range{Order: o})
		if err != nil {
			return nil, fmt.Errorf("order %v: %w", o, err)
		}
		p := o.Positions()
		for i, row := range list {
			for j := range row {
				list[i][p[j]] = row[j]
			}
		}
		slices.SortFunc(list, func(a, b store.Quad) int { return slices.Compare(a[:], b[:]) })
		if o == 0 {
			first = list
		} else if !slices.Equal(first, list) {
			return nil, fmt.Errorf("order %v holds other quads than %v (%d, %d)", o, store.Order(0), len(list), len(first))
		}
	}
	ids := make([]store.ID, 0, 4*len(first))
	for _, q := range first {
		ids = append(ids, q[:]...)
	}
	terms := make([]rdf.Term, len(ids))
	if err := s.Terms(ids, terms); err != nil {
		return nil, err
	}
	out := make([]rdf.Quad, len(first))
	for i := range out {
		out[i] = rdf.Quad{S: terms[4*i], P: terms[4*i+1], O: terms[4*i+2], G: terms[4*i+3]}
		if out[i].S.IsZero() || out[i].P.IsZero() || out[i].O.IsZero() || out[i].G.IsZero() != (first[i][store.G] == store.DefaultGraph) {
			return nil, fmt.Errorf("no term for one of %x: %v", first[i], out[i])
		}
	}
	slices.SortFunc(out, rdf.CompareQuads)
	return out, nil
}

// expect checks that a snapshot holds exactly these quads.
func expect(t testing.TB, s store.Snapshot, want ...rdf.Quad) {
	t.Helper()
	got, err := Quads(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	want = slices.Clone(want)
	slices.SortFunc(want, rdf.CompareQuads)
	want = slices.Compact(want)
	if !slices.Equal(got, want) {
		t.Fatalf("got %d quads, want %d:\ngot  %v\nwant %v", len(got), len(want), head(got), head(want))
	}
	stats, err := s.Stats()
	if err != nil || stats.Quads != uint64(len(want)) {
		t.Fatalf("stats %+v, %v; want %d quads", stats, err, len(want))
	}
}

func head(q []rdf.Quad) []rdf.Quad { return q[:min(len(q), 20)] }

func testEmpty(t *testing.T, s store.Store) {
	n := snapshot(t, s)
	expect(t, n)
	if n.Commit().Number != 0 {
		t.Errorf("commit %v", n.Commit())
	}
	if g, err := n.Graphs(); err != nil || len(g) != 0 {
		t.Errorf("graphs %v, %v", g, err)
	}
	if _, ok, err := n.ID(iri(1)); ok || err != nil {
		t.Errorf("an empty store knows a term: %v", err)
	}
	for o := range store.NumOrders {
		count, err := n.Count(store.Range{Order: o})
		distinct, err2 := n.Distinct(store.Range{Order: o})
		if count != 0 || distinct != 0 || err != nil || err2 != nil {
			t.Errorf("%v: %d, %d, %v, %v", o, count, distinct, err, err2)
		}
	}
}

func testAddRemove(t *testing.T, s store.Store) {
	r := add(t, s, quad(1, 2, 3, 0), quad(1, 2, 4, 0), quad(1, 2, 3, 9))
	if r.Inserted != 3 || r.Deleted != 0 || r.Number != 1 || r.Time.IsZero() {
		t.Errorf("%+v", r)
	}
	expect(t, snapshot(t, s), quad(1, 2, 3, 0), quad(1, 2, 4, 0), quad(1, 2, 3, 9))
	r = remove(t, s, quad(1, 2, 3, 0), quad(7, 7, 7, 7), quad(1, 2, 4, 9))
	if r.Inserted != 0 || r.Deleted != 1 || r.Number != 2 {
		t.Errorf("%+v", r)
	}
	n := snapshot(t, s)
	if c := n.Commit(); c != r.Commit {
		t.Errorf("snapshot of %v, want %v", c, r.Commit)
	}
	expect(t, n, quad(1, 2, 4, 0), quad(1, 2, 3, 9))
	if r = remove(t, s, quad(1, 2, 4, 0), quad(1, 2, 3, 9)); r.Deleted != 2 {
		t.Errorf("%+v", r)
	}
	expect(t, snapshot(t, s))
	add(t, s, quad(1, 2, 3, 0))
	expect(t, snapshot(t, s), quad(1, 2, 3, 0))
}

func testDuplicates(t *testing.T, s store.Store) {
	if r := add(t, s, quad(1, 2, 3, 0), quad(1, 2, 3, 0)); r.Inserted != 1 {
		t.Errorf("%+v", r)
	}
	if r := add(t, s, quad(1, 2, 3, 0), quad(1, 2, 4, 0)); r.Inserted != 1 {
		t.Errorf("%+v", r)
	}
	if r := remove(t, s, quad(1, 2, 4, 0), quad(1, 2, 4, 0)); r.Deleted != 1 {
		t.Errorf("%+v", r)
	}
	expect(t, snapshot(t, s), quad(1, 2, 3, 0))
}

func testNoOp(t *testing.T, s store.Store) {
	first := add(t, s, quad(1, 2, 3, 0))
	for name, fn := range map[string]func(store.Txn) error{
		"nothing":          func(store.Txn) error { return nil },
		"add what is":      func(x store.Txn) error { return x.Add([]rdf.Quad{quad(1, 2, 3, 0)}) },
		"remove what isnt": func(x store.Txn) error { return x.Remove([]rdf.Quad{quad(1, 2, 5, 0)}) },
		"there and back": func(x store.Txn) error {
			return errors.Join(x.Remove([]rdf.Quad{quad(1, 2, 3, 0)}), x.Add([]rdf.Quad{quad(1, 2, 3, 0)}))
		},
		"back and forth": func(x store.Txn) error {
			return errors.Join(x.Add([]rdf.Quad{quad(1, 2, 5, 0)}), x.Remove([]rdf.Quad{quad(1, 2, 5, 0)}))
		},
	} {
		if r := update(t, s, fn); r.Commit != first.Commit || r.Inserted != 0 || r.Deleted != 0 {
			t.Errorf("%s: %+v, want %+v", name, r, first.Commit)
		}
	}
	expect(t, snapshot(t, s), quad(1, 2, 3, 0))
	if r := add(t, s, quad(1, 2, 5, 0)); r.Number != first.Number+1 {
		t.Errorf("%+v", r)
	}
}

func testLaterCallWins(t *testing.T, s store.Store) {
	a, b, c, d := quad(1, 2, 3, 0), quad(1, 2, 4, 0), quad(1, 2, 5, 0), quad(1, 2, 6, 0)
	add(t, s, a, b)
	r := update(t, s, func(x store.Txn) error {
		return errors.Join(x.Remove([]rdf.Quad{a, b, c}), x.Add([]rdf.Quad{a, c}), x.Add([]rdf.Quad{d}), x.Remove([]rdf.Quad{c}))
	})
	if r.Inserted != 1 || r.Deleted != 1 {
		t.Errorf("%+v", r)
	}
	expect(t, snapshot(t, s), a, d)
}

func testAtomic(t *testing.T, s store.Store) {
	base := add(t, s, quad(1, 2, 3, 0), quad(1, 2, 4, 0))
	boom := errors.New("boom")
	r, err := s.Update(t.Context(), func(x store.Txn) error {
		if err := errors.Join(x.Add([]rdf.Quad{quad(1, 2, 5, 0), quad(100, 2, 100, 7)}), x.Remove([]rdf.Quad{quad(1, 2, 3, 0)})); err != nil {
			return err
		}
		n, err := x.Snapshot() // changes that were applied already must not leak either
		if err != nil {
			return err
		}
		n.Close()
		return boom
	})
	if !errors.Is(err, boom) || r.Number != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	n := snapshot(t, s)
	expect(t, n, quad(1, 2, 3, 0), quad(1, 2, 4, 0))
	if _, ok, err := n.ID(iri(100)); ok || err != nil {
		t.Errorf("a term of a failed transaction is known: %v", err)
	}
	if n.Commit() != base.Commit {
		t.Errorf("commit %v", n.Commit())
	}
	add(t, s, quad(200, 2, 201, 0))
	n = snapshot(t, s)
	expect(t, n, quad(1, 2, 3, 0), quad(1, 2, 4, 0), quad(200, 2, 201, 0))
}

func testCancel(t *testing.T, s store.Store) {
	add(t, s, quad(1, 2, 3, 0))
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := s.Update(ctx, func(x store.Txn) error {
		if err := x.Add([]rdf.Quad{quad(1, 2, 4, 0)}); err != nil {
			t.Error(err)
		}
		cancel()
		if err := x.Add([]rdf.Quad{quad(1, 2, 5, 0)}); !errors.Is(err, context.Canceled) {
			t.Errorf("Add after cancel: %v", err)
		}
		return nil
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	// Whoever waits for the writer can be cancelled, too.
	started, release := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		_, err := s.Update(context.Background(), func(store.Txn) error { close(started); <-release; return nil })
		done <- err
	}()
	<-started
	ctx, cancel = context.WithCancel(t.Context())
	go cancel()
	if _, err := s.Update(ctx, func(store.Txn) error { t.Error("two writers at once"); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	expect(t, snapshot(t, s), quad(1, 2, 3, 0))
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	n := snapshot(t, s)
	c := n.Scan(ctx, store.Range{}, store.AllColumns)
	defer c.Close()
	if _, err := c.Next(); !errors.Is(err, context.Canceled) {
		t.Errorf("scan after cancel: %v", err)
	}
}

func testPanic(t *testing.T, s store.Store) {
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_, err := s.Update(t.Context(), func(x store.Txn) error {
			if err := x.Add([]rdf.Quad{quad(1, 2, 3, 0)}); err != nil {
				return err
			}
			panic("boom")
		})
		t.Errorf("the panic became %v", err)
	}()
	expect(t, snapshot(t, s))
	add(t, s, quad(1, 2, 4, 0))
	expect(t, snapshot(t, s), quad(1, 2, 4, 0))
}

func testBadQuads(t *testing.T, s store.Store) {
	a, lit := iri(1), rdf.String("x")
	for _, q := range []rdf.Quad{{}, {S: a, P: a}, {S: lit, P: a, O: a}, {S: a, P: lit, O: a}, {S: a, P: rdf.BlankNode("b"), O: a}, {S: a, P: a, O: a, G: lit},
		{S: rdf.TripleTerm(rdf.Triple{S: a, P: a, O: a}), P: a, O: a}} {
		if _, err := s.Update(t.Context(), func(x store.Txn) error { return x.Add([]rdf.Quad{q}) }); err == nil {
			t.Errorf("%v was accepted", q)
		}
		if _, err := s.Update(t.Context(), func(x store.Txn) error { return x.Remove([]rdf.Quad{q}) }); err != nil {
			t.Errorf("removing %v: %v", q, err)
		}
	}
	if _, err := s.Update(t.Context(), func(x store.Txn) error { return x.AddIDs([]store.Quad{{}}) }); err == nil {
		t.Error("a quad of no IDs was accepted")
	}
	if _, err := s.Update(t.Context(), func(x store.Txn) error { _, err := x.ID(rdf.Term{}); return err }); err == nil {
		t.Error("the zero Term got an ID")
	}
	expect(t, snapshot(t, s))
}

func testClosed(t *testing.T, s store.Store) {
	add(t, s, quad(1, 2, 3, 0))
	var leaked store.Txn
	update(t, s, func(x store.Txn) error { leaked = x; return nil })
	if err := leaked.Add([]rdf.Quad{quad(1, 2, 4, 0)}); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Add after the end: %v", err)
	}
	if _, err := leaked.Snapshot(); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Txn.Snapshot after the end: %v", err)
	}
	n, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	c := n.Scan(t.Context(), store.Range{}, store.AllColumns)
	c.Close()
	c.Close()
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	if _, err := n.Count(store.Range{}); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Count after Close: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Snapshot(); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Snapshot after Close: %v", err)
	}
	if _, err := s.Update(t.Context(), func(store.Txn) error { return nil }); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Update after Close: %v", err)
	}
}
