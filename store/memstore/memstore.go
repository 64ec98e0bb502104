// Package memstore is the contract of package store in memory: naive on purpose, since it is what the tests compare other
// implementations with. A commit keeps one sorted slice of quads; the other orders are sorted when first asked for.
package memstore

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"triplestore/rdf"
	"triplestore/store"
)

// New makes an empty store. Nothing is written to disk; its commits live as long as their snapshots.
func New() store.Store {
	m := &memStore{writer: make(chan struct{}, 1), dict: newDictionary()}
	m.state = &state{terms: m.dict.mark()}
	return m
}

type memStore struct {
	writer chan struct{} // holds a token while a transaction runs
	dict   *dictionary

	mu     sync.Mutex
	state  *state
	closed bool
}

// state is one commit: immutable but for the orders, which are sorted at first use.
type state struct {
	commit store.Commit
	terms  mark
	quads  []store.Quad // sorted by order spog
	orders [store.NumOrders]struct {
		once sync.Once
		rows []store.Quad
	}
}

// rows gives the quads permuted to an order and sorted.
func (s *state) rows(o store.Order) []store.Quad {
	if o == store.SPOG {
		return s.quads
	}
	x := &s.orders[o]
	x.once.Do(func() {
		p := o.Positions()
		x.rows = make([]store.Quad, len(s.quads))
		for i, q := range s.quads {
			x.rows[i] = store.Quad{q[p[0]], q[p[1]], q[p[2]], q[p[3]]}
		}
		slices.SortFunc(x.rows, compare)
	})
	return x.rows
}

func compare(a, b store.Quad) int { return slices.Compare(a[:], b[:]) }

func (m *memStore) Snapshot() (store.Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, store.ErrClosed
	}
	return &snapshot{state: m.state, dict: m.dict}, nil
}

func (m *memStore) Close() error {
	m.writer <- struct{}{}
	defer func() { <-m.writer }()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

func (m *memStore) Update(ctx context.Context, fn func(store.Txn) error) (store.Result, error) {
	select {
	case m.writer <- struct{}{}:
	case <-ctx.Done():
		return store.Result{}, ctx.Err()
	}
	defer func() { <-m.writer }()
	m.mu.Lock()
	base, closed := m.state, m.closed
	m.mu.Unlock()
	if closed {
		return store.Result{}, store.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return store.Result{}, err
	}
	t := &txn{ctx: ctx, store: m, base: base, changes: map[store.Quad]bool{}}
	committed := false
	defer func() {
		t.end()
		if !committed {
			m.dict.rollback(base.terms)
		}
	}()
	if err := fn(t); err != nil {
		return store.Result{}, err
	}
	t.end()
	if err := ctx.Err(); err != nil {
		return store.Result{}, err
	}
	next, inserted, deleted := t.apply()
	if inserted+deleted == 0 {
		return store.Result{Commit: base.commit}, nil
	}
	next.commit = store.Commit{Number: base.commit.Number + 1, Time: time.Now().UTC()}
	m.mu.Lock()
	m.state = next
	m.mu.Unlock()
	committed = true
	return store.Result{Commit: next.commit, Inserted: inserted, Deleted: deleted}, nil
}

type txn struct {
	ctx   context.Context
	store *memStore
	base  *state

	mu      sync.Mutex
	done    bool
	changes map[store.Quad]bool // true: add
}

func (t *txn) end() {
	t.mu.Lock()
	t.done = true
	t.mu.Unlock()
}

func (t *txn) check() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.done {
		return fmt.Errorf("transaction: %w", store.ErrClosed)
	}
	return t.ctx.Err()
}

func (t *txn) change(quads []store.Quad, add bool) error {
	for _, q := range quads {
		if err := q.Check(); err != nil && add {
			return err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, q := range quads {
		t.changes[q] = add
	}
	return nil
}

func (t *txn) Add(quads []rdf.Quad) error {
	if err := t.check(); err != nil {
		return err
	}
	ids := make([]store.Quad, len(quads))
	for i, q := range quads {
		ids[i] = store.Quad{t.store.dict.intern(q.S), t.store.dict.intern(q.P), t.store.dict.intern(q.O), store.DefaultGraph}
		if !q.G.IsZero() {
			ids[i][store.G] = t.store.dict.intern(q.G)
		}
		if err := ids[i].Check(); err != nil {
			return fmt.Errorf("%w: %v", err, q)
		}
	}
	return t.change(ids, true)
}

func (t *txn) Remove(quads []rdf.Quad) error {
	if err := t.check(); err != nil {
		return err
	}
	var ids []store.Quad
next:
	for _, q := range quads {
		id := store.Quad{store.G: store.DefaultGraph}
		for i, term := range [4]rdf.Term{q.S, q.P, q.O, q.G} {
			if i == int(store.G) && term.IsZero() {
				continue
			}
			var ok bool
			if id[i], ok = t.store.dict.lookup(term); !ok {
				continue next
			}
		}
		ids = append(ids, id)
	}
	return t.change(ids, false)
}

func (t *txn) AddIDs(quads []store.Quad) error {
	if err := t.check(); err != nil {
		return err
	}
	return t.change(quads, true)
}

func (t *txn) RemoveIDs(quads []store.Quad) error {
	if err := t.check(); err != nil {
		return err
	}
	return t.change(quads, false)
}

func (t *txn) ID(term rdf.Term) (store.ID, error) {
	if err := t.check(); err != nil {
		return store.NoID, err
	}
	if term.IsZero() {
		return store.NoID, fmt.Errorf("store: no term has no ID")
	}
	return t.store.dict.intern(term), nil
}

func (t *txn) Snapshot() (store.Snapshot, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	next, _, _ := t.apply()
	next.commit = t.base.commit
	return &snapshot{state: next, dict: t.store.dict}, nil
}

// apply merges the changes into the base.
func (t *txn) apply() (next *state, inserted, deleted uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	added := map[store.Quad]bool{}
	for q, add := range t.changes {
		if add {
			added[q] = true
		}
	}
	next = &state{terms: t.store.dict.mark()}
	for _, q := range t.base.quads {
		add, changed := t.changes[q]
		if changed && !add {
			deleted++
			continue
		}
		delete(added, q)
		next.quads = append(next.quads, q)
	}
	for q := range added {
		inserted++
		next.quads = append(next.quads, q)
	}
	slices.SortFunc(next.quads, compare)
	return next, inserted, deleted
}

type snapshot struct {
	*state
	dict   *dictionary
	closed atomic.Bool
}

func (s *snapshot) check() error {
	if s.closed.Load() {
		return fmt.Errorf("snapshot: %w", store.ErrClosed)
	}
	return nil
}

func (s *snapshot) Commit() store.Commit { return s.commit }

func (s *snapshot) Close() error { s.closed.Store(true); return nil }

// find gives the rows of a range.
func (s *snapshot) find(r store.Range) ([]store.Quad, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if r.Order >= store.NumOrders || len(r.Prefix) > 4 {
		return nil, fmt.Errorf("store: bad range %v", r)
	}
	rows, n := s.rows(r.Order), len(r.Prefix)
	less := func(limit []store.ID, orEqual bool) int {
		i, _ := slices.BinarySearchFunc(rows, limit, func(row store.Quad, limit []store.ID) int {
			if c := slices.Compare(row[:len(limit)], limit); c != 0 || !orEqual {
				return c
			}
			return -1
		})
		return i
	}
	lo, hi := slices.Clone(r.Prefix), slices.Clone(r.Prefix)
	if n < 4 {
		lo = append(lo, r.Lo)
		if r.Hi != store.NoID {
			hi = append(hi, r.Hi)
		}
	}
	from, to := less(lo, false), less(hi, true)
	return rows[from:max(from, to)], nil
}

func (s *snapshot) Count(r store.Range) (uint64, error) {
	rows, err := s.find(r)
	return uint64(len(rows)), err
}

func (s *snapshot) Distinct(r store.Range) (uint64, error) {
	rows, err := s.find(r)
	if err != nil || len(r.Prefix) == 4 {
		return uint64(min(1, len(rows))), err
	}
	var n uint64
	for i := range rows {
		if i == 0 || rows[i][len(r.Prefix)] != rows[i-1][len(r.Prefix)] {
			n++
		}
	}
	return n, nil
}

// Pick implements store.Picker.
func (s *snapshot) Pick(r store.Range, places []uint64, to []store.Quad) ([]store.Quad, error) {
	rows, err := s.find(r)
	if err != nil {
		return to, err
	}
	for _, x := range places {
		if x >= uint64(len(rows)) {
			break
		}
		var q store.Quad
		for col, p := range r.Order.Positions() {
			q[p] = rows[x][col]
		}
		to = append(to, q)
	}
	return to, nil
}

func (s *snapshot) ID(t rdf.Term) (store.ID, bool, error) {
	if err := s.check(); err != nil {
		return store.NoID, false, err
	}
	id, ok := s.dict.lookup(t)
	if ok && id.InDictionary() && id.Number() >= uint64(s.terms.terms) {
		return store.NoID, false, nil
	}
	return id, ok, nil
}

func (s *snapshot) Terms(ids []store.ID, dst []rdf.Term) error {
	if err := s.check(); err != nil {
		return err
	}
	for i, id := range ids {
		dst[i] = s.dict.term(id, s.terms)
	}
	return nil
}

func (s *snapshot) Graphs() ([]store.GraphCount, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	var out []store.GraphCount
	for _, row := range s.rows(store.GSPO) {
		if n := len(out); n > 0 && out[n-1].Graph == row[0] {
			out[n-1].Quads++
		} else {
			out = append(out, store.GraphCount{Graph: row[0], Quads: 1})
		}
	}
	return out, nil
}

func (s *snapshot) Languages() []string { return s.dict.languages.names(s.terms.languages) }
func (s *snapshot) Datatypes() []string { return s.dict.datatypes.names(s.terms.datatypes) }

func (s *snapshot) Stats() (store.Stats, error) {
	graphs, err := s.Graphs()
	if len(graphs) > 0 && graphs[0].Graph == store.DefaultGraph {
		graphs = graphs[1:]
	}
	return store.Stats{Quads: uint64(len(s.quads)), Graphs: uint64(len(graphs)), Terms: uint64(s.terms.terms),
		Commits: s.commit.Number}, err
}

const blockLen = 1024

func (s *snapshot) Scan(ctx context.Context, r store.Range, columns store.ColumnSet) store.Cursor {
	rows, err := s.find(r)
	return &cursor{ctx: ctx, rows: rows, columns: columns, err: err}
}

type cursor struct {
	ctx     context.Context
	rows    []store.Quad
	columns store.ColumnSet
	buf     [4][]store.ID
	err     error
}

func (c *cursor) Next() (store.Block, error) {
	if c.err != nil {
		return store.Block{}, c.err
	}
	if err := c.ctx.Err(); err != nil {
		return store.Block{}, err
	}
	n := min(len(c.rows), blockLen)
	b := store.Block{Len: n}
	for i := range 4 {
		if c.columns&(1<<i) == 0 || n == 0 {
			continue
		}
		c.buf[i] = c.buf[i][:0]
		for _, row := range c.rows[:n] {
			c.buf[i] = append(c.buf[i], row[i])
		}
		b.Cols[i] = c.buf[i]
	}
	c.rows = c.rows[n:]
	return b, nil
}

func (c *cursor) Seek(key []store.ID) error {
	if c.err != nil {
		return c.err
	}
	i, _ := slices.BinarySearchFunc(c.rows, key, func(row store.Quad, key []store.ID) int {
		return slices.Compare(row[:min(4, len(key))], key)
	})
	c.rows = c.rows[i:]
	return c.ctx.Err()
}

func (c *cursor) Close() { c.rows, c.err = nil, store.ErrClosed }
