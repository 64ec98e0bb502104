package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"
	"golang.org/x/sync/errgroup"

	"triplestore/internal/cores"
	"triplestore/store"
	"triplestore/store/dictionary"
	"triplestore/store/relation"
)

// checker collects what is found.
type checker struct {
	o     CheckOptions
	pages Pages

	mu     sync.Mutex
	report CheckReport
	used   map[uint64]string // every page that is reached, and from where
	total  uint64
	rows   atomic.Uint64
	told   atomic.Int64

	dictionary dictionary.Checker
	orders     [store.NumOrders]relation.Checker
	others     map[string]*extensionChecker
}

func newChecker(o CheckOptions, p Pages) *checker {
	if o.MaxFindings <= 0 {
		o.MaxFindings = 1000
	}
	return &checker{o: o, pages: p, used: map[uint64]string{}, others: map[string]*extensionChecker{}, report: CheckReport{OK: true, Findings: []Finding{}}}
}

func (c *checker) bad(commit uint64, relation string, page uint64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.OK = false
	f := Finding{Relation: relation, Page: page, Commit: commit, Problem: err.Error()}
	if c.o.Found != nil {
		c.o.Found(f)
	}
	if len(c.report.Findings) < c.o.MaxFindings {
		c.report.Findings = append(c.report.Findings, f)
	} else {
		c.report.More++
	}
}

// use notes that a page is reached, which happens once for all states, since their common parts are read once.
func (c *checker) use(relation string, page uint64) {
	c.mu.Lock()
	before, twice := c.used[page]
	c.used[page] = relation
	c.mu.Unlock()
	if twice {
		c.bad(0, relation, page, fmt.Errorf("is a page of %s too: %w", before, store.ErrCorrupt))
	}
}

func (c *checker) step(rows int) {
	n := c.rows.Add(uint64(rows))
	if c.o.Progress == nil {
		return
	}
	now := time.Now().UnixMilli()
	if last := c.told.Load(); now-last < 100 || !c.told.CompareAndSwap(last, now) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.o.Progress(CheckProgress{Rows: n, TotalRows: c.total, Pages: uint64(len(c.used))})
}

// newest checks the newest state.
func (c *checker) newest(ctx context.Context, r root) error {
	c.report.Commit, c.report.Time = r.commit.Number, r.commit.Time
	c.report.Quads, c.report.Terms = r.quads[store.GSPO].Rows, r.terms.Next
	c.total = uint64(store.NumOrders)*r.quads[0].Rows + 2*r.terms.Next
	c.dictionary = dictionary.Checker{Page: func(no uint64) { c.use("the dictionary", no) }, Rows: c.step,
		Bad: func(part string, page uint64, err error) { c.bad(0, part, page, err) }}
	if _, err := c.dictionary.Check(ctx, dictionary.Options{Pages: reader{c.pages}, Blocks: dictionary.NewCache(16 << 20)}, r.terms); err != nil {
		return err
	}
	var sums [store.NumOrders]uint64
	var whole [store.NumOrders]bool
	work, wctx := errgroup.WithContext(ctx)
	work.SetLimit(max(1, cores.Count()))
	for o := range store.NumOrders {
		work.Go(func() (err error) {
			sums[o], whole[o], err = c.order(wctx, o, r.quads[o], &c.orders[o])
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return err
	}
	if err := c.agree(ctx, r, sums, whole); err != nil {
		return err
	}
	if err := c.extensions(ctx, 0, r); err != nil {
		return err
	}
	if whole[store.GSPO] {
		return c.graphs(ctx, r)
	}
	return nil
}

// free compares the pages that are reached with those that are free.
func (c *checker) free(end uint64, free []uint64) {
	c.report.Pages, c.report.Free = uint64(len(c.used)), uint64(len(free))
	for no, relation := range c.used {
		if no == 0 || no >= end {
			c.bad(0, relation, no, fmt.Errorf("is beyond the end of pages, %d: %w", end, store.ErrCorrupt))
		}
	}
	seen := make(map[uint64]bool, len(free))
	for _, no := range free {
		if relation, ok := c.used[no]; ok {
			c.bad(0, "free", no, fmt.Errorf("is on the list of free pages and in use by %s: %w", relation, store.ErrCorrupt))
		}
		if seen[no] {
			c.bad(0, "free", no, fmt.Errorf("is on the list of free pages twice: %w", store.ErrCorrupt))
		}
		seen[no] = true
	}
}

// CheckDir checks the store in a directory, which must not be open. It reads as much as can be read of a store that is too
// damaged for Open. The error is about what kept it from looking: another process, an unknown format, files that Badger cannot read.
func CheckDir(ctx context.Context, dir string, o Options, co CheckOptions) (_ *CheckReport, err error) {
	o = o.withDefaults()
	if v, err := readFormat(dir); err != nil || v == 0 {
		return nil, errors.Join(err, fmt.Errorf("store: there is none in %s", dir))
	}
	p, err := openBadger(dir, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	return checkPages(ctx, p, co)
}

// checkPages checks what is on pages that no Store works with.
func checkPages(ctx context.Context, p Pages, co CheckOptions) (*CheckReport, error) {
	c := newChecker(co, p)
	b, err := p.Root()
	if err != nil {
		c.bad(0, "root", rootKey, err)
		return &c.report, nil
	}
	if b == nil { // nothing was ever committed
		return &c.report, nil
	}
	r, err := decodeRoot(b)
	if err != nil {
		c.bad(0, "root", rootKey, err)
		return &c.report, nil
	}
	if err := c.states(ctx, r, c.chain(r)); err != nil {
		return nil, err
	}
	var free []uint64
	for no := uint64(1); no < r.next; no++ {
		if _, ok := c.used[no]; !ok {
			free = append(free, no)
		}
	}
	c.free(r.next, free)
	if l, ok := p.(interface {
		unknown(ctx context.Context, fn func(key []byte)) error
	}); ok {
		err := l.unknown(ctx, func(key []byte) {
			c.bad(0, "root", 0, fmt.Errorf("the directory holds the key %x, which is no page: %w", key, store.ErrCorrupt))
		})
		if err != nil && ctx.Err() != nil {
			return nil, err
		} else if err != nil {
			c.bad(0, "root", 0, fmt.Errorf("list the pages: %w", err))
		}
	}
	return &c.report, nil
}

// states checks the newest state, and then of older ones what they do not share with those after them: from the newest to the oldest.
// With an error comes a root whose history is the page that could not be read.
func (c *checker) states(ctx context.Context, r root, older iter.Seq2[root, error]) error {
	c.report.States = 1
	if err := c.newest(ctx, r); err != nil {
		return err
	}
	before := r.commit.Number
	for r, err := range older {
		if err != nil {
			c.bad(before, "history", r.history, fmt.Errorf("the state before this commit: %w", err))
			return nil
		}
		c.report.States++
		c.total += uint64(store.NumOrders) // something, since it is not known what they share
		if err := c.older(ctx, r); err != nil {
			return err
		}
		before = r.commit.Number
	}
	return ctx.Err()
}

// older checks an older state.
func (c *checker) older(ctx context.Context, r root) error {
	number := r.commit.Number
	c.dictionary.Bad = func(part string, page uint64, err error) { c.bad(number, part, page, err) }
	if _, err := c.dictionary.CheckOlder(ctx, dictionary.Options{Pages: reader{c.pages}}, r.terms); err != nil {
		return err
	}
	for o := range store.NumOrders {
		rc := &c.orders[o]
		rc.Bad = func(page uint64, err error) { c.bad(number, o.String(), page, err) }
		if _, err := rc.Check(ctx, relation.New(reader{c.pages}, nil, 4, r.quads[o])); err != nil {
			return err
		}
	}
	return c.extensions(ctx, number, r)
}

// extensions checks relations that are none of the store's own: their trees, and that nobody else uses the pages that they name.
func (c *checker) extensions(ctx context.Context, commit uint64, r root) error {
	for _, name := range slices.Sorted(maps.Keys(r.extensions)) {
		e := r.extensions[name]
		x := c.others[name]
		if x == nil {
			x = &extensionChecker{named: map[uint64]bool{}}
			x.Page = func(page uint64) { c.use(name, page) }
			c.others[name] = x
		}
		x.Bad = func(page uint64, err error) { c.bad(commit, name, page, err) }
		x.Leaf = func(_ uint64, cols [][]store.ID) {
			c.step(len(cols[0]))
			if !e.pages {
				return
			}
			for _, id := range cols[e.width-1] {
				if no := uint64(id); !x.named[no] {
					x.named[no] = true
					c.use(name, no)
					if _, err := c.pages.Get(no); err != nil {
						c.bad(commit, name, no, err)
					}
				}
			}
		}
		if _, err := x.Check(ctx, relation.New(reader{c.pages}, nil, int(e.width), e.root)); err != nil {
			return err
		}
	}
	return nil
}

type extensionChecker struct {
	relation.Checker
	named map[uint64]bool
}

// chain follows the records of the history from a root on. It uses their pages.
func (c *checker) chain(r root) iter.Seq2[root, error] {
	return func(yield func(root, error) bool) {
		for oldest := r.oldest; r.history != 0 && oldest < r.commit.Number; {
			no, commit := r.history, r.commit.Number
			c.use("history", no)
			b, err := c.pages.Get(no)
			if err == nil {
				r, _, err = decodeHistory(b)
			}
			if err == nil && (r.commit.Number >= commit || r.commit.Number < oldest) {
				err = fmt.Errorf("is commit %d, which does not come before %d: %w", r.commit.Number, commit, store.ErrCorrupt)
			}
			if err != nil {
				yield(root{history: no}, err)
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Check reads everything and reports all that is wrong: checksums, order, counts, the dictionary in both directions, that all orders
// hold the same quads, that every ID is a term's, that no page is used twice or free and in use, and the states that the history
// keeps. It holds on to the states of the moment when it begins, while readers and the writer go on. The error tells why it could not
// look; findings are no error.
func (s *Store) Check(ctx context.Context, co CheckOptions) (*CheckReport, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, store.ErrClosed
	}
	st := s.state
	pin := func(n uint64) func() {
		s.alloc.pin(n)
		return func() { s.alloc.unpin(n) }
	}
	unpin := []func(){pin(st.root.commit.Number)}
	defer func() {
		for _, f := range unpin {
			f()
		}
	}()
	var roots []root
	var broken error
	for i := len(st.kept) - 1; i >= 0 && broken == nil; i-- { // the records may be gone later, their states are pinned
		var r root
		if r, broken = s.historyRoot(st.kept[i]); broken == nil {
			unpin = append(unpin, pin(r.commit.Number))
			roots = append(roots, r)
		}
	}
	s.mu.Unlock()
	c := newChecker(co, s.pages)
	err := c.states(ctx, st.root, func(yield func(root, error) bool) {
		for _, r := range roots {
			if !yield(r, nil) {
				return
			}
		}
		if broken != nil {
			yield(root{history: st.kept[len(st.kept)-1-len(roots)].page}, broken)
		}
	})
	if err != nil {
		return nil, err
	}
	end, free := s.alloc.list()
	c.free(end, free)
	return &c.report, nil
}

// list copies the list of free pages.
func (a *allocator) list() (end uint64, free []uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.next, append(append(free, a.free...), a.empty...)
}

// unknown calls fn with the keys that are no page's.
func (p *badgerPages) unknown(ctx context.Context, fn func(key []byte)) (err error) {
	defer recovered(&err, "keys")
	return p.db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			if err := ctx.Err(); err != nil {
				return err
			}
			if len(it.Item().Key()) != 8 {
				fn(it.Item().KeyCopy(nil))
			}
		}
		return nil
	})
}
