package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
)

func testIsolation(t *testing.T, s store.Store) {
	var snaps []store.Snapshot
	var states [][]rdf.Quad
	var quads []rdf.Quad
	for i := range 30 {
		if i%5 == 4 {
			remove(t, s, quads[0])
			quads = quads[1:]
		}
		q := quad(i, 1, 2, i%3)
		add(t, s, q)
		quads = append(quads, q)
		snaps = append(snaps, snapshot(t, s))
		states = append(states, append([]rdf.Quad(nil), quads...))
	}
	for i, n := range snaps {
		expect(t, n, states[i]...)
		if i%3 == 0 {
			n.Close()
		}
	}
	for range 30 { // what nobody holds may be reclaimed now, what is held may not
		add(t, s, quad(1000, 1, 2, 0))
		remove(t, s, quad(1000, 1, 2, 0))
	}
	for i, n := range snaps {
		if i%3 != 0 {
			expect(t, n, states[i]...)
		}
	}
}

func testTxnSnapshot(t *testing.T, s store.Store) {
	add(t, s, quad(1, 2, 3, 0), quad(1, 2, 4, 0))
	base := snapshot(t, s)
	r := update(t, s, func(x store.Txn) error {
		check := func(want ...rdf.Quad) {
			t.Helper()
			n, err := x.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			expect(t, n, want...)
		}
		check(quad(1, 2, 3, 0), quad(1, 2, 4, 0))
		err := errors.Join(x.Add([]rdf.Quad{quad(10, 2, 11, 12)}), x.Remove([]rdf.Quad{quad(1, 2, 3, 0)}))
		check(quad(1, 2, 4, 0), quad(10, 2, 11, 12))
		n, err2 := x.Snapshot()
		if err2 != nil {
			t.Fatal(err2)
		}
		err = errors.Join(err, x.Add([]rdf.Quad{quad(1, 2, 3, 0), quad(20, 2, 21, 0)}), x.Remove([]rdf.Quad{quad(10, 2, 11, 12)}))
		expect(t, n, quad(1, 2, 4, 0), quad(10, 2, 11, 12))
		n.Close()
		check(quad(1, 2, 3, 0), quad(1, 2, 4, 0), quad(20, 2, 21, 0))
		id, err3 := x.ID(iri(20))
		p, err4 := x.ID(iri(2))
		return errors.Join(err, err3, err4, x.AddIDs([]store.Quad{{id, p, id, store.DefaultGraph}}))
	})
	if r.Inserted != 2 || r.Deleted != 0 {
		t.Errorf("%+v", r)
	}
	expect(t, base, quad(1, 2, 3, 0), quad(1, 2, 4, 0))
	expect(t, snapshot(t, s), quad(1, 2, 3, 0), quad(1, 2, 4, 0), quad(20, 2, 21, 0), quad(20, 2, 20, 0))
}

func testConcurrentReaders(t *testing.T, s store.Store) {
	const commits, size = 40, 50
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				n, err := s.Snapshot()
				if err != nil {
					t.Error(err)
					return
				}
				got, err := Quads(context.Background(), n)
				if err != nil || len(got) != size*min(1, int(n.Commit().Number)) {
					t.Errorf("commit %d: %d quads, %v", n.Commit().Number, len(got), err)
				}
				for _, q := range got {
					if q.P != iri(int(n.Commit().Number)) {
						t.Errorf("commit %d holds %v", n.Commit().Number, q)
						break
					}
				}
				n.Close()
				if t.Failed() {
					return
				}
			}
		})
	}
	var last []rdf.Quad
	for c := range commits {
		var next []rdf.Quad
		for i := range size {
			next = append(next, quad(1000+i, c+1, 5000+c*size+i, 0))
		}
		update(t, s, func(x store.Txn) error { return errors.Join(x.Remove(last), x.Add(next)) })
		last = next
	}
	cancel()
	wg.Wait()
}

func testConcurrentAdd(t *testing.T, s store.Store) {
	const workers, size = 8, 2000
	var want []rdf.Quad
	for round := range 2 { // the second round meets terms that are there
		update(t, s, func(x store.Txn) error {
			errs := make([]error, workers)
			var wg sync.WaitGroup
			for w := range workers {
				var quads []rdf.Quad
				for i := range size {
					quads = append(quads, quad(i+round*size/2, w%3+1, i+w*100, 0))
				}
				want = append(want, quads...)
				wg.Go(func() {
					for i := 0; i < size; i += 100 {
						errs[w] = errors.Join(errs[w], x.Add(quads[i:i+100]))
					}
				})
			}
			wg.Wait()
			return errors.Join(errs...)
		})
		expect(t, snapshot(t, s), want...)
	}
}

// testModel makes random transactions and compares with a map of quads.
func testModel(t *testing.T, s store.Store) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	odd := oddTerms()
	draw := func() rdf.Quad {
		q := quad(r.IntN(30), 1+r.IntN(4), r.IntN(60), r.IntN(4))
		switch r.IntN(4) {
		case 0:
			q.O = odd[r.IntN(len(odd))]
		case 1:
			q.S = rdf.BlankNode(fmt.Sprint(r.IntN(20)))
		}
		return q
	}
	model := map[rdf.Quad]bool{}
	last := store.Commit{}
	for range 60 {
		next := map[rdf.Quad]bool{}
		for q := range model {
			next[q] = true
		}
		fail := errors.New("rolled back")
		roll := r.IntN(4) == 0
		result, err := s.Update(t.Context(), func(x store.Txn) error {
			for range r.IntN(6) {
				var batch []rdf.Quad
				for range 1 << r.IntN(8) {
					batch = append(batch, draw())
				}
				if r.IntN(3) == 0 {
					for q := range next {
						if len(batch) > 100 {
							break
						}
						batch = append(batch, q)
					}
				}
				var err error
				if r.IntN(2) == 0 {
					err = x.Add(batch)
					for _, q := range batch {
						next[q] = true
					}
				} else {
					err = x.Remove(batch)
					for _, q := range batch {
						delete(next, q)
					}
				}
				if err != nil {
					return err
				}
				if r.IntN(4) == 0 {
					n, err := x.Snapshot()
					if err != nil {
						return err
					}
					expect(t, n, keys(next)...)
					n.Close()
				}
			}
			if roll {
				return fail
			}
			return nil
		})
		if roll {
			if !errors.Is(err, fail) {
				t.Fatal(err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		var inserted, deleted uint64
		for q := range next {
			if !model[q] {
				inserted++
			}
		}
		for q := range model {
			if !next[q] {
				deleted++
			}
		}
		if result.Inserted != inserted || result.Deleted != deleted {
			t.Fatalf("%+v, want %d and %d", result, inserted, deleted)
		}
		if inserted+deleted > 0 {
			last.Number++
		} else if result.Commit != last {
			t.Fatalf("no change, but %v after %v", result.Commit, last)
		}
		if result.Number != last.Number {
			t.Fatalf("commit %d, want %d", result.Number, last.Number)
		}
		last = result.Commit
		model = next
		n, err := s.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		expect(t, n, keys(model)...)
		n.Close()
	}
}

func keys(m map[rdf.Quad]bool) []rdf.Quad {
	out := make([]rdf.Quad, 0, len(m))
	for q := range m {
		out = append(out, q)
	}
	return out
}
