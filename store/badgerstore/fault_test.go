package badgerstore

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/storetest"
)

var errFault = errors.New("injected fault")

// memPages is a disk in memory that fails on demand and forgets what was not made durable.
type memPages struct {
	mu       sync.Mutex
	disk     map[uint64][]byte
	volatile map[uint64][]byte // put since the last durable root
	root     []byte

	writes int // so far
	fail   int // the number of the write that fails, 0: none
	sticky bool
	late   bool // a root that fails is durable nevertheless
}

func newMemPages() *memPages {
	return &memPages{disk: map[uint64][]byte{}, volatile: map[uint64][]byte{}}
}

// fault counts a write.
func (p *memPages) fault() error {
	p.writes++
	if p.fail != 0 && (p.writes == p.fail || p.sticky && p.writes > p.fail) {
		return errFault
	}
	return nil
}

func (p *memPages) Get(no uint64) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if b, ok := p.volatile[no]; ok {
		return b, nil
	}
	if b, ok := p.disk[no]; ok {
		return b, nil
	}
	return nil, fmt.Errorf("page %d is missing: %w", no, store.ErrCorrupt)
}

func (p *memPages) Put(no uint64, b []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.fault(); err != nil {
		return err
	}
	p.volatile[no] = b
	return nil
}

func (p *memPages) Flush() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fault()
}

func (p *memPages) Free(nos []uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, no := range nos {
		delete(p.disk, no)
		delete(p.volatile, no)
	}
	return nil
}

func (p *memPages) Root() ([]byte, error) { return p.root, nil }

func (p *memPages) SwapRoot(root []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.fault(); err != nil {
		return fmt.Errorf("%w; %w", err, errOldRoot)
	}
	maps.Copy(p.disk, p.volatile)
	p.volatile = map[uint64][]byte{}
	err := p.fault()
	if err == nil || p.late {
		p.root = root
	}
	return err
}

func (p *memPages) Close() error { return nil }

// crash is what the next process finds: of the pages that were not durable some are there, some are not, some are torn.
func (p *memPages) crash(r *rand.Rand) *memPages {
	q := newMemPages()
	q.disk, q.root = maps.Clone(p.disk), p.root
	for no, b := range p.volatile {
		switch r.IntN(3) {
		case 0:
			q.disk[no] = b
		case 1:
			q.disk[no] = b[:r.IntN(len(b))]
		}
	}
	return q
}

// TestStoreOnPages runs the suite on another backend than Badger, with hardly any memory.
func TestStoreOnPages(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		s, err := open(t.TempDir(), Options{PageCache: 1, TermCache: 1, SortMemory: 1, TermMemory: 60 << 10}.withDefaults(), newMemPages())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	})
}

// changes makes the n-th transaction of a workload: what it removes and then adds. Every one changes something.
func changes(seed, n uint64, size int) (remove, add []rdf.Quad) {
	r := rand.New(rand.NewPCG(seed, n))
	draw := func() rdf.Quad {
		q := rdf.Quad{S: rdf.IRI(fmt.Sprintf("http://example.org/%d", r.IntN(300))), P: rdf.IRI(fmt.Sprintf("http://example.org/p%d", r.IntN(5))),
			O: rdf.LangLiteral(fmt.Sprintf("title %d", r.IntN(3000)), "nb")}
		if g := r.IntN(4); g > 0 {
			q.G = rdf.IRI(fmt.Sprintf("http://example.org/graph%d", g))
		}
		return q
	}
	for range size {
		remove, add = append(remove, draw()), append(add, draw())
	}
	mark := draw()
	mark.O = rdf.String(fmt.Sprint("transaction ", n))
	return remove, append(add, mark)
}

// replay gives the quads after n transactions.
func replay(seed, n uint64, size func(n uint64) int) []rdf.Quad {
	model := map[rdf.Quad]bool{}
	for i := range n {
		remove, add := changes(seed, i+1, size(i+1))
		for _, q := range remove {
			delete(model, q)
		}
		for _, q := range add {
			model[q] = true
		}
	}
	return slices.SortedFunc(maps.Keys(model), rdf.CompareQuads)
}

func doChanges(s *Store, t testing.TB, seed, n uint64, size int) error {
	remove, add := changes(seed, n, size)
	r, err := s.Update(t.Context(), func(x store.Txn) error {
		if err := x.Remove(remove); err != nil {
			return err
		}
		if n%3 == 0 { // apply in two steps
			half, err := x.Snapshot()
			if err != nil {
				return err
			}
			half.Close()
		}
		return x.Add(add)
	})
	if err == nil && r.Number != n {
		t.Fatalf("commit %d, want %d", r.Number, n)
	}
	return err
}

// check compares a store with the model and reports its commit.
func check(t testing.TB, s *Store, seed uint64, size func(uint64) int) uint64 {
	t.Helper()
	if err := s.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	n, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	got, err := storetest.Quads(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	if want := replay(seed, n.Commit().Number, size); !slices.Equal(got, want) {
		t.Fatalf("commit %d: %d quads, want %d", n.Commit().Number, len(got), len(want))
	}
	return n.Commit().Number
}

// TestFaults fails every single write of a small workload, in several ways, and opens the store anew after each.
func TestFaults(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	const transactions = 6
	step := 1
	if testing.Short() {
		step = 7
	}
	size := func(n uint64) int { return int(n%3) * 150 }
	for _, mode := range []struct {
		name         string
		sticky, late bool
	}{{"once", false, false}, {"for good", true, false}, {"late root", false, true}} {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			for fail := 1; ; fail += step {
				p := newMemPages()
				p.fail, p.sticky, p.late = fail, mode.sticky, mode.late
				s, err := open(t.TempDir(), Options{}.withDefaults(), p)
				if err != nil {
					t.Fatal(err)
				}
				acknowledged, failures := uint64(0), 0
				for n := uint64(1); n <= transactions && failures < 3; {
					err := doChanges(s, t, seed, n, size(n))
					switch {
					case err == nil:
						acknowledged = n
						n++
					case errors.Is(err, errFault):
						failures++
						if got := check(t, s, seed, size); got != acknowledged {
							t.Fatalf("write %d failed: commit %d is visible, %d acknowledged", fail, got, acknowledged)
						}
					default:
						t.Fatal(err)
					}
				}
				done := p.writes < fail
				if done != (failures == 0) {
					t.Fatalf("write %d of %d: %d transactions failed", fail, p.writes, failures)
				}
				again, err := open(t.TempDir(), Options{}.withDefaults(), p.crash(rand.New(rand.NewPCG(seed, uint64(fail)))))
				if err != nil {
					t.Fatal(err)
				}
				found := check(t, again, seed, size)
				if found != acknowledged && !(mode.late && found == acknowledged+1) {
					t.Fatalf("write %d failed: found commit %d, %d acknowledged", fail, found, acknowledged)
				}
				for n := found + 1; n <= transactions; n++ {
					if err := doChanges(again, t, seed, n, size(n)); err != nil {
						t.Fatal(err)
					}
				}
				check(t, again, seed, size)
				if done {
					t.Logf("%d writes", p.writes)
					return
				}
			}
		})
	}
}

// failingSwap is pages whose next root waits and then fails.
type failingSwap struct {
	*memPages
	reached, fail chan struct{}
	once          sync.Once
}

func (p *failingSwap) SwapRoot(root []byte) (err error) {
	p.once.Do(func() {
		close(p.reached)
		<-p.fail
		err = fmt.Errorf("%w; %w", errFault, errOldRoot)
	})
	if err != nil {
		return err
	}
	return p.memPages.SwapRoot(root)
}

// TestCommitBeforeFails: a transaction that began with a commit which then fails says what became of that, whatever it met itself.
func TestCommitBeforeFails(t *testing.T) {
	t.Parallel()
	for _, met := range []error{nil, store.ErrCorrupt} {
		p := &failingSwap{memPages: newMemPages(), reached: make(chan struct{}), fail: make(chan struct{})}
		s, err := open(t.TempDir(), Options{}.withDefaults(), p)
		if err != nil {
			t.Fatal(err)
		}
		first := make(chan error, 1)
		go func() { first <- addRecord(t.Context(), s, 1) }()
		<-p.reached
		_, err = s.Update(t.Context(), func(x store.Txn) error {
			n, err := x.Snapshot() // it begins with the first
			if err != nil {
				return err
			}
			defer n.Close()
			close(p.fail)
			if err := <-first; !errors.Is(err, errFault) {
				t.Errorf("the first: %v", err)
			}
			_, err = x.ID(rdf.IRI("http://example.org/new"))
			return errors.Join(err, met, x.Add([]rdf.Quad{{S: rdf.IRI("http://example.org/new"), P: rdf.IRI("http://example.org/p"), O: rdf.String("x")}}))
		})
		if !errors.Is(err, errFault) || errors.Is(err, store.ErrCorrupt) {
			t.Errorf("met %v: %v", met, err)
		}
		if err := addRecord(t.Context(), s, 2); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
