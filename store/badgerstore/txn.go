package badgerstore

import (
	"context"
	"fmt"
	"maps"
	"os"
	"sync"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/dictionary"
	"triplestore/store/extsort"
	"triplestore/store/relation"
)

// txn collects changes as rows of IDs and applies them to the relations at the end, or when its own state is asked for.
type txn struct {
	ctx   context.Context
	store *Store
	base  *state // what the transaction began with
	now   *state // base with the changes that are applied
	terms *dictionary.Writer
	pages *txnPages

	// restored is the commit that the transaction brings back from a backup, else nil.
	restored *store.Commit

	// calls is held for reading by Add and the like, which may run side by side, and for writing by what needs them to rest.
	calls sync.RWMutex
	done  bool
	err   error // of applying changes: half of them may be in, so the transaction can only fail

	mu      sync.Mutex // guards what follows
	changes *extsort.Sorter

	inserted, deleted uint64
}

var _ store.Txn = (*txn)(nil)

func newTxn(ctx context.Context, s *Store, base *state) *txn {
	s.mu.Lock()
	lost := s.lost
	s.lost = nil
	s.mu.Unlock()
	s.alloc.giveBack(lost)
	t := &txn{ctx: ctx, store: s, base: base, now: base, pages: &txnPages{store: s, commit: base.root.commit.Number + 1}}
	t.terms = dictionary.NewWriter(base.terms, t.pages)
	t.terms.Room = s.o.TermMemory
	return t
}

// begin locks for one call of the transaction.
func (t *txn) begin() (end func(), err error) {
	t.calls.RLock()
	if err = t.check(); err != nil {
		t.calls.RUnlock()
		return nil, err
	}
	return t.calls.RUnlock, nil
}

func (t *txn) check() error {
	if t.done {
		return fmt.Errorf("transaction: %w", store.ErrClosed)
	}
	if t.err != nil {
		return t.err
	}
	return t.ctx.Err()
}

func (t *txn) change(rows []relation.Row, op relation.Op) error {
	if len(rows) == 0 {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.changes == nil {
		if p, ok := t.store.pages.(*badgerPages); ok {
			if err := p.folder.there(); err != nil { // rather than a folder that looks like a store
				return fmt.Errorf("store: %w", err)
			}
		}
		if err := os.MkdirAll(t.store.tmp(), 0o755); err != nil {
			return fmt.Errorf("store: %w", err)
		}
		t.changes = t.store.sorter(t.store.o.SortMemory)
	}
	return t.changes.Add(t.ctx, rows, op)
}

func (s *Store) sorter(memory int64) *extsort.Sorter {
	return extsort.New(extsort.Options{Width: 4, Memory: memory, Dir: s.tmp(), Reserve: s.Reserve()})
}

func (t *txn) Add(quads []rdf.Quad) error {
	if err := t.bound(); err != nil {
		return err
	}
	end, err := t.begin()
	if err != nil {
		return err
	}
	defer end()
	return t.changeQuads(quads, relation.Insert)
}

// bound empties the table of terms when it has become too large.
func (t *txn) bound() error {
	if t.terms.Bytes() <= t.store.o.TermMemory {
		return nil
	}
	t.calls.Lock()
	defer t.calls.Unlock()
	if err := t.check(); err != nil {
		return err
	}
	if t.terms.Bytes() > t.store.o.TermMemory {
		t.err = t.terms.Spill(t.ctx)
	}
	return t.err
}

func (t *txn) Remove(quads []rdf.Quad) error {
	end, err := t.begin()
	if err != nil {
		return err
	}
	defer end()
	return t.changeQuads(quads, relation.Delete)
}

// translations are kept between the batches that need them.
var translations = sync.Pool{New: func() any { return new(translation) }}

func (t *txn) changeQuads(quads []rdf.Quad, op relation.Op) error {
	x := translations.Get().(*translation)
	defer translations.Put(x)
	defer x.reset()
	if err := x.rowsOf(t.terms, quads, op == relation.Insert); err != nil {
		return err
	}
	return t.change(x.rows, op)
}

func (t *txn) AddIDs(quads []store.Quad) error    { return t.changeIDs(quads, relation.Insert) }
func (t *txn) RemoveIDs(quads []store.Quad) error { return t.changeIDs(quads, relation.Delete) }

func (t *txn) changeIDs(quads []store.Quad, op relation.Op) error {
	end, err := t.begin()
	if err != nil {
		return err
	}
	defer end()
	rows := make([]relation.Row, 0, len(quads))
	limit := t.terms.Len()
	for _, q := range quads {
		if op == relation.Insert {
			if err := q.Check(); err != nil {
				return err
			}
			for _, id := range q {
				if id.InDictionary() && id.Number() >= limit {
					return fmt.Errorf("store: ID %#x was never given out", uint64(id))
				}
			}
		}
		rows = append(rows, relation.Row(q))
	}
	return t.change(rows, op)
}

func (t *txn) ID(term rdf.Term) (store.ID, error) {
	if err := t.bound(); err != nil {
		return store.NoID, err
	}
	end, err := t.begin()
	if err != nil {
		return store.NoID, err
	}
	defer end()
	return t.terms.ID(term)
}

func (t *txn) Snapshot() (store.Snapshot, error) {
	t.calls.Lock()
	defer t.calls.Unlock()
	if err := t.check(); err != nil {
		return nil, err
	}
	if t.err = t.apply(); t.err == nil {
		t.err = t.store.pages.Flush()
	}
	if t.err != nil {
		return nil, t.err
	}
	return &snapshot{store: t.store, state: t.now}, nil
}

// commit applies what is left and stages the new state. It returns the commit to wait for, which may be an earlier one or nil.
func (t *txn) commit() (store.Result, *commit, error) {
	t.calls.Lock()
	defer t.calls.Unlock()
	if err := t.check(); err != nil {
		return store.Result{}, nil, err
	}
	if err := t.apply(); err != nil {
		return store.Result{}, nil, err
	}
	if t.restored == nil && t.inserted+t.deleted == 0 && maps.Equal(t.now.root.extensions, t.base.root.extensions) {
		s := t.store
		s.mu.Lock()
		defer s.mu.Unlock()
		return store.Result{Commit: t.base.root.commit}, s.lastPending(), nil
	}
	if err := t.ctx.Err(); err != nil {
		return store.Result{}, nil, err
	}
	c, err := t.store.stage(t)
	if err != nil {
		return store.Result{}, nil, err
	}
	t.done = true
	t.close()
	return store.Result{Commit: c.next.root.commit, Inserted: t.inserted, Deleted: t.deleted}, c, nil
}

func (t *txn) close() {
	if t.changes != nil {
		t.changes.Close()
		t.changes = nil
	}
}

// abort drops what is not committed.
func (t *txn) abort() {
	t.calls.Lock()
	defer t.calls.Unlock()
	if t.done {
		return
	}
	t.done = true
	t.close()
	// What is on its way must arrive before another transaction uses the same numbers.
	if err := t.store.pages.Flush(); err != nil {
		return // the numbers are lost until the store is opened anew
	}
	t.store.alloc.giveBack(t.pages.put)
}

// txnPages gives the pages of a transaction numbers and remembers them.
type txnPages struct {
	store  *Store
	commit uint64

	mu         sync.Mutex
	put, freed []uint64
	reused     uint64 // bytes of pages in the value log whose numbers others had
}

var _ relation.PageWriter = (*txnPages)(nil)

func (p *txnPages) Page(no uint64) ([]byte, error) { return p.store.pages.Get(no) }

func (p *txnPages) Put(b []byte) (uint64, error) {
	no, reused, err := p.store.alloc.take(p.commit)
	if err != nil {
		return 0, err
	}
	p.mu.Lock()
	p.put = append(p.put, no)
	if reused && len(b) >= smallPage { // Badger gets rid of old versions of small ones by itself
		p.reused += uint64(len(b))
	}
	p.mu.Unlock()
	p.store.rows.Drop(no)
	p.store.blocks.Drop(no)
	return no, p.store.pages.Put(no, b)
}

func (p *txnPages) Free(no uint64) {
	p.mu.Lock()
	p.freed = append(p.freed, no)
	p.mu.Unlock()
}

// old gives the pages of the transaction's base that are not needed any more.
func (p *txnPages) old() []uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.store.alloc.older(p.freed, p.commit)
}
