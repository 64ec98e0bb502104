package refexec_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"triplestore/internal/sparqltest"
	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/sparql"
	"triplestore/store"
)

// faulty is a snapshot of which one call fails, or all from that one on. It knows how many of its cursors are open.
type faulty struct {
	store.Snapshot
	at      int64        // the number of the call, from 1; 0 is none
	forever bool         // the ones after it fail too
	fault   func() error // what happens
	calls   atomic.Int64
	hit     atomic.Bool
	open    atomic.Int64
}

func (f *faulty) call() error {
	if n := f.calls.Add(1); f.at > 0 && (n == f.at || f.forever && n > f.at) {
		f.hit.Store(true)
		return f.fault()
	}
	return nil
}

func (f *faulty) Scan(ctx context.Context, r store.Range, columns store.ColumnSet) store.Cursor {
	f.open.Add(1)
	return &faultyCursor{Cursor: f.Snapshot.Scan(ctx, r, columns), of: f}
}

func (f *faulty) Count(r store.Range) (uint64, error) {
	if err := f.call(); err != nil {
		return 0, err
	}
	return f.Snapshot.Count(r)
}

func (f *faulty) Distinct(r store.Range) (uint64, error) {
	if err := f.call(); err != nil {
		return 0, err
	}
	return f.Snapshot.Distinct(r)
}

func (f *faulty) ID(t rdf.Term) (store.ID, bool, error) {
	if err := f.call(); err != nil {
		return 0, false, err
	}
	return f.Snapshot.ID(t)
}

func (f *faulty) Terms(ids []store.ID, dst []rdf.Term) error {
	if err := f.call(); err != nil {
		return err
	}
	return f.Snapshot.Terms(ids, dst)
}

func (f *faulty) Graphs() ([]store.GraphCount, error) {
	if err := f.call(); err != nil {
		return nil, err
	}
	return f.Snapshot.Graphs()
}

// Pick implements store.Picker, as all snapshots here do.
func (f *faulty) Pick(r store.Range, places []uint64, to []store.Quad) ([]store.Quad, error) {
	if err := f.call(); err != nil {
		return nil, err
	}
	return f.Snapshot.(store.Picker).Pick(r, places, to)
}

type faultyCursor struct {
	store.Cursor
	of     *faulty
	closed bool
}

func (c *faultyCursor) Next() (store.Block, error) {
	if err := c.of.call(); err != nil {
		return store.Block{}, err
	}
	return c.Cursor.Next()
}

func (c *faultyCursor) Seek(key []store.ID) error {
	if err := c.of.call(); err != nil {
		return err
	}
	return c.Cursor.Seek(key)
}

func (c *faultyCursor) Close() {
	if !c.closed {
		c.closed = true
		c.of.open.Add(-1)
	}
	c.Cursor.Close()
}

var errFault = errors.New("the disk is broken")

// TestFaultsAnywhere: wherever in a query the store fails, the engine panics or the client goes away, the query ends with that error, or its answer
// is right as nothing of that was needed any more. No cursor stays open, no file remains, and the pool has its memory back.
func TestFaultsAnywhere(t *testing.T) { // not beside others, as it silences the log
	log := slog.Default()
	defer slog.SetDefault(log)
	slog.SetDefault(slog.New(slog.DiscardHandler))
	seed := *randomSeed
	if seed == 0 {
		seed = 1
	}
	n := *randomCount / 50
	if testing.Short() {
		n /= 4
	}
	var s faultSums
	for i := range uint64(n) {
		s.run(t, seed+i)
		if t.Failed() {
			break
		}
	}
	t.Logf("seeds from %d: of %d queries %d ended with the fault, %d gave their answer all the same, and %d did not come to it", seed, s.asked, s.ended, s.answered, s.missed)
	if s.ended < s.asked/2 {
		t.Errorf("only %d of %d queries ended with the fault", s.ended, s.asked)
	}
}

// TestPanicAtEveryCall: a panic at any call of the store is the error of the query, which gives all back.
func TestPanicAtEveryCall(t *testing.T) { // not beside others, as it silences the log
	log := slog.Default()
	defer slog.SetDefault(log)
	slog.SetDefault(slog.New(slog.DiscardHandler))
	var quads []rdf.Quad
	for i := range 40 {
		s := rdf.IRI(fmt.Sprintf("http://e/s%d", i))
		for p, o := range []int{i % 7, i % 5, i + 1} {
			for _, g := range []rdf.Term{{}, rdf.IRI("http://e/g")} {
				quads = append(quads, rdf.Quad{G: g, S: s, P: rdf.IRI(fmt.Sprintf("http://e/p%d", p)), O: rdf.IRI(fmt.Sprintf("http://e/s%d", o))})
			}
		}
	}
	snap := snapshotOf(t, quads)
	for name, text := range map[string]string{
		"the table of a join in pieces":    "SELECT ?a ?n { ?a :p0 ?b . { SELECT ?b (COUNT(*) AS ?n) { ?b :p1 ?c . ?c :p2 ?d } GROUP BY ?b } FILTER(STR(?a) > '') }",
		"a table in pieces below a sort":   "SELECT ?a ?n { ?a :p0 ?b . { SELECT ?b ?n { ?b :p1 ?n . ?n :p2 ?d } ORDER BY ?n LIMIT 30 } } ORDER BY STR(?a)",
		"a table of graphs":                "SELECT ?a ?c { ?a :p0 ?b . { GRAPH ?g { { SELECT ?b (MAX(?d) AS ?c) { ?b :p1 ?c . ?c :p2 ?d } GROUP BY ?b } } } } ORDER BY STR(?a)",
		"an end of a path that is a node":  "SELECT ?x ?y { VALUES ?x { :s40 :s38 } ?x :p2* ?y }",
		"both ends of a path that is free": "SELECT ?x ?y { ?x (:p0/:p1|!:p2)* ?y }",
		"both ends of a path are given":    "ASK { :s1 (:p0|:p7)* :nowhere . :s2 :p2* :s2 }",
		"EXISTS and MINUS":                 "SELECT ?x { ?x :p0 ?y FILTER EXISTS { ?y :p1 ?z . ?z :p2 ?x } MINUS { ?x :p1 :s3 } }",
		"descriptions":                     "DESCRIBE ?x { ?x :p0 :s3 }",
	} {
		o := sparql.Options{SmallPieces: true, Pool: sparql.NewPool(1 << 30)}
		e := sparql.NewEngine(o)
		text = "PREFIX : <http://e/> " + text
		for at := int64(1); ; at++ {
			f := &faulty{Snapshot: snap, at: at, fault: func() error { panic("a fault") }}
			_, err := askWith(t.Context(), e, o, f, text)
			if open, used := f.open.Load(), o.Pool.Used(); open != 0 || used != 0 {
				t.Errorf("%s: after a panic at call %d %d cursors are open and %d bytes in use", name, at, open, used)
			}
			if !f.hit.Load() {
				if err != nil || at < 10 {
					t.Errorf("%s: %d calls, then %v", name, at-1, err)
				}
				break
			}
			if err != nil && !errors.Is(err, sparql.ErrInternal) {
				t.Errorf("%s: call %d panics, and the query says %v", name, at, err)
			}
		}
	}
}

type faultSums struct{ asked, ended, answered, missed int }

func (s *faultSums) run(t *testing.T, seed uint64) {
	g := sparqltest.NewDeep(seed)
	if seed%4 == 0 {
		g = sparqltest.NewDeepLarge(seed, 3000)
	}
	d := newDeepOf(t, seed, g)
	defer d.store.Close()
	states := d.states(t)
	defer func() {
		for _, x := range states {
			x.snap.Close()
		}
	}()
	pool := sparql.NewPool(4 << 30)
	names := slices.Sorted(maps.Keys(d.engines))
	for range 4 {
		q, of, name := d.g.Next(), states[d.r.IntN(len(states))], names[d.r.IntN(len(names))]
		o := d.engines[name].Options()
		o.Pool, o.Timeout, o.UnionDefaultGraph = pool, time.Second, d.r.IntN(2) == 0
		ask := func(ctx context.Context, f *faulty) (*sparqltest.Answer, error) {
			a, err := askWith(ctx, sparql.NewEngine(o), o, f, q.Text)
			left, failed := os.ReadDir(d.dir)
			if open, used := f.open.Load(), pool.Used(); open != 0 || used != 0 || len(left) > 0 || failed != nil {
				t.Errorf("seed %d, %s, %s: %d cursors are open, %d bytes are in use, files %v, %v; fault %d, %v, got %v:\n%s", seed, name, of.name, open, used, left, failed, f.at, f.forever, err, q.Text)
			}
			return a, err
		}
		whole := &faulty{Snapshot: of.snap}
		want, err := ask(t.Context(), whole)
		if err != nil {
			if !isLimit(err) {
				t.Errorf("seed %d, %s, %s: %v:\n%s", seed, name, of.name, err, q.Text)
			}
			continue
		}
		o.Timeout = 30 * time.Second
		for range 8 {
			ctx, cancel := context.WithCancel(t.Context())
			f := &faulty{Snapshot: of.snap, at: 1 + d.r.Int64N(whole.calls.Load()), forever: d.r.IntN(2) == 0}
			kind := d.r.IntN(4)
			ends := errFault
			f.fault = func() error { return fmt.Errorf("reading: %w", errFault) }
			switch kind {
			case 2:
				ends = sparql.ErrInternal
				f.fault = func() error { panic("a fault") }
			case 3:
				ends = context.Canceled
				f.fault = func() error { cancel(); return nil }
			}
			s.asked++
			got, err := ask(ctx, f)
			cancel()
			switch {
			case errors.Is(err, ends) && f.hit.Load():
				s.ended++
				err = nil
			case err == nil && q.Base != "": // any rows of the whole will do
				s.answered++
			case err == nil:
				if s.answered++; !f.hit.Load() {
					s.answered--
					s.missed++
				}
				if err = sparqltest.Same(want, got); errors.Is(err, canon.ErrLimit) {
					err = nil
				}
			case isLimit(err):
				err = nil
			}
			if err != nil {
				t.Errorf("seed %d, %s, %s, union %v: call %d of %d, forever %v, kind %d, hit %v: %v\n%s", seed, name, of.name, o.UnionDefaultGraph, f.at, whole.calls.Load(), f.forever, kind, f.hit.Load(), err, q.Text)
			}
			if t.Failed() {
				return
			}
		}
	}
}
