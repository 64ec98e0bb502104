package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dgraph-io/badger/v4"
	"golang.org/x/sync/errgroup"

	"triplestore/internal/cores"
	"triplestore/store"
	"triplestore/store/dictionary"
	"triplestore/store/relation"
)

// CompactOptions tune Compact.
type CompactOptions struct {
	// Rewrite writes all relations anew, with full pages side by side, as a commit that changes nothing. It needs as much disk again
	// for as long as it takes, and it brings space back only when no snapshot and no history keeps the pages that there were.
	Rewrite bool
	// Progress, if any, is told what is going on: a step, and how much of it is done where that is known (0 to 1, else -1). It is
	// called by one goroutine at a time.
	Progress func(step string, done float64)
}

// CompactReport tells what Compact did.
type CompactReport struct {
	// Before and After are the bytes on disk.
	Before uint64 `json:"bytes_before"`
	After  uint64 `json:"bytes_after"`
	// Pages is how many free pages gave their space back, Rounds how many files of the value log were collected.
	Pages  int `json:"pages"`
	Rounds int `json:"files"`
	// Rewritten is how many rows were written anew.
	Rewritten uint64  `json:"rows_rewritten"`
	Seconds   float64 `json:"seconds"`
}

func (o CompactOptions) tell(step string, done float64) {
	if o.Progress != nil {
		o.Progress(step, done)
	}
}

// compactRatio is the share of garbage from which on a file of the value log is collected: much less than in the background.
const compactRatio = 0.05

// Compact gives the space of all free pages back now, which otherwise happens in the background and only where there is much of it.
// Readers go on; the writer waits for short times. It may be cancelled at any time.
func (s *Store) Compact(ctx context.Context, o CompactOptions) (_ *CompactReport, err error) {
	began := time.Now()
	r := &CompactReport{}
	if r.Before, err = s.BytesOnDisk(); err != nil {
		return nil, err
	}
	if o.Rewrite {
		if r.Rewritten, err = s.rewrite(ctx, o); err != nil {
			return nil, err
		}
	}
	if err := s.reclaim(ctx, o, r); err != nil {
		return nil, err
	}
	if err := s.collectAll(ctx, o, r); err != nil {
		return nil, err
	}
	r.After, err = s.BytesOnDisk()
	r.Seconds = time.Since(began).Seconds()
	return r, err
}

// CompactDir is Compact for a store that is not open. It gives back more: Badger knows what is garbage when it merges tables of keys,
// and all of them only when it is closed.
func CompactDir(ctx context.Context, dir string, o Options, co CompactOptions) (*CompactReport, error) {
	began := time.Now()
	r := &CompactReport{}
	o.mergeOnClose = true
	for pass := 0; ; pass++ {
		rounds := r.Rounds
		if err := compactPass(ctx, dir, o, co, r, pass == 0); err != nil {
			return nil, err
		}
		if pass > 0 && r.Rounds == rounds || pass == 5 {
			break
		}
	}
	var err error
	r.After, err = bytesOnDisk(dir)
	r.Seconds = time.Since(began).Seconds()
	return r, err
}

func compactPass(ctx context.Context, dir string, o Options, co CompactOptions, r *CompactReport, first bool) (err error) {
	if first {
		if r.Before, err = bytesOnDisk(dir); err != nil {
			return err
		}
	}
	s, err := Open(dir, o)
	if err != nil {
		return err
	}
	defer func() {
		co.tell("merge the tables of keys", -1)
		err = errors.Join(err, s.Close())
	}()
	if !first {
		return s.collectAll(ctx, co, r)
	}
	if co.Rewrite {
		if r.Rewritten, err = s.rewrite(ctx, co); err != nil {
			return err
		}
	}
	return s.reclaim(ctx, co, r)
}

func (s *Store) reclaim(ctx context.Context, o CompactOptions, r *CompactReport) error {
	o.tell("give back free pages", -1)
	select {
	case s.writer <- struct{}{}: // numbers must not be given out again meanwhile
	case <-ctx.Done():
		return ctx.Err()
	}
	n, err := s.freeAll()
	<-s.writer
	if err != nil {
		return err
	}
	r.Pages += n
	return nil
}

// collectAll collects every file of the value log of which Badger knows that it has garbage.
func (s *Store) collectAll(ctx context.Context, o CompactOptions, r *CompactReport) (err error) {
	p, ok := s.pages.(*badgerPages)
	if !ok {
		return nil
	}
	garbage := s.garbage.Swap(0)
	defer func() {
		if err != nil {
			s.garbage.Add(garbage)
		}
	}()
	o.tell("merge the tables of keys", -1)
	if err := p.mergeTables(); err != nil {
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		o.tell(fmt.Sprintf("collect the value log, file %d", r.Rounds+1), -1)
		switch err := p.collectOne(ctx, min(compactRatio, restRatio(s.settled.Load()))); {
		case errors.Is(err, badger.ErrNoRewrite):
			return nil
		case err != nil:
			return fmt.Errorf("store: collect the value log: %w", err)
		}
		r.Rounds++
	}
}

// collectOne waits while the background collects.
func (p *badgerPages) collectOne(ctx context.Context, ratio float64) error {
	for {
		err := p.collectFile(ratio)
		if !errors.Is(err, badger.ErrRejected) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// freeAll gives the space of all free pages back. The caller holds the writer's token.
func (s *Store) freeAll() (int, error) {
	s.mu.Lock()
	last, closed := s.lastPending(), s.closed
	s.mu.Unlock()
	if closed {
		return 0, store.ErrClosed
	}
	if err := s.durable(last); err != nil {
		return 0, err
	}
	if err := s.prune(time.Now()); err != nil {
		return 0, err
	}
	pages := s.alloc.takeFree()
	if len(pages) == 0 {
		return 0, nil
	}
	if err := s.pages.Free(pages); err != nil {
		s.alloc.giveBack(pages)
		return 0, err
	}
	s.alloc.emptied(pages)
	s.garbage.Add(uint64(len(pages)) * usualPage)
	return len(pages), nil
}

// takeFree takes all free pages whose space was not given back.
func (a *allocator) takeFree() []uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	pages := a.free
	a.free = nil
	return pages
}

// rewrite builds all relations anew.
func (s *Store) rewrite(ctx context.Context, o CompactOptions) (rows uint64, err error) {
	_, err = s.Update(ctx, func(x store.Txn) error {
		t, err := x.(*recorder).whole()
		if err != nil {
			return err
		}
		t.calls.Lock()
		defer t.calls.Unlock()
		r := t.now.root
		if r.commit.Number == 0 {
			return nil
		}
		t.restored = &store.Commit{Number: r.commit.Number + 1, Time: time.Now().UTC()}
		if !t.restored.Time.After(r.commit.Time) {
			t.restored.Time = r.commit.Time.Add(1)
		}
		total := uint64(store.NumOrders)*r.quads[0].Rows + r.terms.Hash.Rows + r.terms.Index.Rows
		var mu sync.Mutex
		done := uint64(0)
		work, wctx := errgroup.WithContext(ctx)
		work.SetLimit(max(1, cores.Count()))
		build := func(width int, root *relation.Root) {
			work.Go(func() error {
				old := relation.New(reader{s.pages}, nil, width, *root)
				c := &allRows{c: old.Scan(wctx, relation.Range{}, store.AllColumns), width: width, step: func(n int) {
					mu.Lock()
					defer mu.Unlock()
					done += uint64(n)
					o.tell("write relations anew", float64(done)/float64(total))
				}}
				defer c.c.Close()
				result, err := relation.Apply(wctx, t.pages, nil, width, relation.Root{}, c)
				if err != nil {
					return err
				}
				if result.Root.Rows != root.Rows {
					return fmt.Errorf("store: %d rows became %d: %w", root.Rows, result.Root.Rows, store.ErrCorrupt)
				}
				*root = result.Root
				return old.Walk(func(no uint64, _ uint8) (bool, error) {
					t.pages.Free(no)
					return true, nil
				})
			})
		}
		for i := range r.quads {
			build(4, &r.quads[i])
		}
		build(2, &r.terms.Hash)
		build(2, &r.terms.Index)
		if err := work.Wait(); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
		d, err := dictionary.Open(ctx, s.dictionaryOptions(), r.terms)
		if err != nil {
			return err
		}
		t.now = s.newState(r, d)
		t.now.kept = t.base.kept
		t.terms = dictionary.NewWriter(d, t.pages)
		rows = total
		return nil
	})
	return rows, err
}

// allRows is the stream of insertions that makes a relation of another one.
type allRows struct {
	c interface {
		Next() (store.Block, error)
		Close()
	}
	width int
	step  func(n int)
	out   []relation.Change
	block store.Block
	at    int
}

func (a *allRows) Next() ([]relation.Change, error) {
	if a.at == a.block.Len {
		var err error
		if a.block, err = a.c.Next(); err != nil || a.block.Len == 0 {
			return nil, err
		}
		a.at = 0
		a.step(a.block.Len)
	}
	n := min(a.block.Len-a.at, 4096)
	a.out = a.out[:0]
	for i := range n {
		var c relation.Change
		for k := range a.width {
			c.Row[k] = a.block.Cols[k][a.at+i]
		}
		a.out = append(a.out, c)
	}
	a.at += n
	return a.out, nil
}
