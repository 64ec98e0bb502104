package badgerstore

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zeebo/xxh3"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/storetest"
)

// soakEnv is for how long TestSoak runs, say 10m.
const soakEnv = "TRIPLESTORE_SOAK"

// digest is a state in short: the sum of the hashes of its quads does not depend on their order.
type digest struct{ quads, sum uint64 }

func (d *digest) add(q rdf.Quad) {
	d.quads++
	d.sum += xxh3.HashString(q.String())
}

func (d *digest) remove(q rdf.Quad) {
	d.quads--
	d.sum -= xxh3.HashString(q.String())
}

// digestOf reads a snapshot in one of its orders.
func digestOf(t testing.TB, n store.Snapshot, o store.Order) (d digest, err error) {
	c := n.Scan(t.Context(), store.Range{Order: o}, store.AllColumns)
	defer c.Close()
	var terms [4][]rdf.Term
	for {
		b, err := c.Next()
		if err != nil || b.Len == 0 {
			return d, err
		}
		for k, p := range o.Positions() {
			terms[p] = make([]rdf.Term, b.Len)
			if err := n.Terms(b.Cols[k], terms[p]); err != nil {
				return d, err
			}
		}
		for i := range b.Len {
			d.add(rdf.Quad{S: terms[0][i], P: terms[1][i], O: terms[2][i], G: terms[3][i]})
		}
	}
}

// TestSoak lets eight readers compare what they see, again and again while they hold it, with what one writer meant to write. Pages
// are given back and value log files collected all the time.
func TestSoak(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	duration := 2 * time.Second
	if testing.Short() {
		duration = 500 * time.Millisecond
	}
	if v := os.Getenv(soakEnv); v != "" {
		var err error
		if duration, err = time.ParseDuration(v); err != nil {
			t.Fatal(err)
		}
	}
	o := crashOptions()
	o.PageCache, o.TermCache = 1<<20, 1<<18
	o.Retention = &Retention{Commits: 5}
	s, err := Open(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var expected sync.Map // commit → digest, known before anyone can see it
	expected.Store(uint64(0), digest{})
	stop := make(chan struct{})
	time.AfterFunc(duration, func() { close(stop) })
	var commits, checks atomic.Uint64
	stopped := func() bool {
		select {
		case <-stop:
			return t.Failed() || commits.Load() > 0 && checks.Load() > 0
		default:
			return t.Failed()
		}
	}
	var work sync.WaitGroup
	work.Go(func() {
		r := rand.New(rand.NewPCG(seed, 0))
		model := map[rdf.Quad]bool{}
		var d digest
		for n := uint64(1); !stopped(); n++ {
			size := 1 + r.IntN(60)
			if r.IntN(50) == 0 {
				size = 3000
			}
			remove, add := changes(seed, n, size)
			for q := range model { // as many go as come
				if remove = append(remove, q); len(remove) > 2*size {
					break
				}
			}
			for _, q := range remove {
				if model[q] {
					delete(model, q)
					d.remove(q)
				}
			}
			for _, q := range add {
				if !model[q] {
					model[q] = true
					d.add(q)
				}
			}
			expected.Store(n, d)
			result, err := s.Update(t.Context(), func(x store.Txn) error {
				if err := x.Remove(remove); err != nil {
					return err
				}
				if n%4 == 0 {
					half, err := x.Snapshot()
					if err != nil {
						return err
					}
					half.Close()
				}
				return x.Add(add)
			})
			if err != nil || result.Number != n {
				t.Errorf("commit %d is %v: %v", n, result, err)
				return
			}
			if n > 100 {
				expected.Delete(n - 100)
			}
			commits.Add(1)
		}
	})
	for i := range 8 {
		work.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(i+1)))
			for !stopped() {
				n, err := s.Snapshot()
				if err == nil && r.IntN(3) == 0 {
					newest := n.Commit().Number
					n.Close()
					if n, err = s.SnapshotAt(newest - min(newest, r.Uint64N(4))); errors.Is(err, store.ErrNoCommit) {
						continue // it was the oldest just now
					}
				}
				if err != nil {
					t.Error(err)
					return
				}
				want, ok := expected.Load(n.Commit().Number)
				for range 1 + r.IntN(4) {
					got, err := digestOf(t, n, store.Order(r.IntN(int(store.NumOrders))))
					if err != nil || ok && got != want {
						t.Errorf("commit %d: %v, want %v, %v", n.Commit().Number, got, want, err)
						break
					}
					checks.Add(1)
				}
				n.Close()
			}
		})
	}
	work.Wait()
	if err := s.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	t.Logf("%d commits, %d checks", commits.Load(), checks.Load())
}

// TestGroups lets writers share commits: each has quads of its own, which it knows, and all quarrel about a few others. Some
// transactions fail, some look at the store.
func TestGroups(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	failure := errors.New("no")
	rounds := 60
	if testing.Short() {
		rounds = 20
	}
	quad := func(writer, i int) rdf.Quad {
		return rdf.Quad{S: rdf.IRI(fmt.Sprintf("http://example.org/w%d/%d", writer, i)), P: rdf.IRI("http://example.org/p"), O: rdf.String(fmt.Sprint("value ", i*i))}
	}
	var work sync.WaitGroup
	var want [9]map[rdf.Quad]bool
	var shared, largest atomic.Int64
	for w := range 8 {
		mine := map[rdf.Quad]bool{}
		want[w] = mine
		work.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(w)))
			for range rounds {
				fail, look, quarrel := r.IntN(6) == 0, r.IntN(8) == 0, r.IntN(4) == 0
				var add, remove []rdf.Quad
				next := map[rdf.Quad]bool{}
				for q := range mine {
					next[q] = true
				}
				for range r.IntN(4) {
					q := quad(w, r.IntN(30))
					remove = append(remove, q)
					delete(next, q)
				}
				for range r.IntN(4) {
					q := quad(w, r.IntN(30))
					add = append(add, q)
					next[q] = true
				}
				var inserted, deleted uint64
				for q := range next {
					if !mine[q] {
						inserted++
					}
				}
				for q := range mine {
					if !next[q] {
						deleted++
					}
				}
				if quarrel {
					if r.IntN(2) == 0 {
						add = append(add, quad(99, 0))
					} else {
						remove = append(remove, quad(99, 0))
					}
				}
				if fail {
					add = append(add, quad(1000+w, 1))
				}
				result, err := s.Update(t.Context(), func(x store.Txn) error {
					if err := x.Remove(remove); err != nil {
						return err
					}
					if err := x.Add(add); err != nil {
						return err
					}
					if look {
						n, err := x.Snapshot()
						if err != nil {
							return err
						}
						defer n.Close()
						got, err := storetest.Quads(t.Context(), n)
						if err != nil {
							return err
						}
						for i := range 30 {
							if q := quad(w, i); next[q] != slices.Contains(got, q) {
								t.Errorf("writer %d in its transaction: %v is not %v", w, q, next[q])
							}
						}
					}
					if fail {
						return failure
					}
					return nil
				})
				if fail {
					if !errors.Is(err, failure) {
						t.Error(err)
					}
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				extra := int64(result.Inserted) - int64(inserted)
				if extra -= int64(result.Deleted) - int64(deleted); quarrel && extra >= -1 && extra <= 1 {
					shared.Add(extra)
				} else if result.Inserted != inserted || result.Deleted != deleted {
					t.Errorf("writer %d: %+v, want %d and %d", w, result, inserted, deleted)
				}
				clear(mine)
				for q := range next {
					mine[q] = true
				}
				n, err := s.Snapshot()
				if err != nil {
					t.Error(err)
					return
				}
				if n.Commit().Number < result.Number {
					t.Errorf("commit %d is acknowledged, %d visible", result.Number, n.Commit().Number)
				}
				largest.Store(max(largest.Load(), int64(result.Number)))
				n.Close()
			}
		})
	}
	work.Wait()
	if err := s.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	want[8] = map[rdf.Quad]bool{}
	if shared.Load() == 1 {
		want[8][quad(99, 0)] = true
	}
	var all []rdf.Quad
	for _, m := range want {
		for q := range m {
			all = append(all, q)
		}
	}
	slices.SortFunc(all, rdf.CompareQuads)
	n, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	got, err := storetest.Quads(t.Context(), n)
	if err != nil || !slices.Equal(got, all) || shared.Load() < 0 || shared.Load() > 1 {
		t.Errorf("%d quads, want %d, %v; the shared one %d times", len(got), len(all), err, shared.Load())
	}
	accounts(t, s)
	t.Logf("%d transactions, %d commits", 8*rounds, largest.Load())
}
