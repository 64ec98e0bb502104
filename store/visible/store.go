// Package visible shows a store as somebody sees it who may not read or write all of its graphs. It stands at the contract of package
// store, beneath the engine: scans, counts, distinct values, statistics, the names of graphs and even the terms that are known are
// those of a store that holds the visible quads only, so whatever is built on it, a query, a plan, a description or a number, can
// tell nothing of the others. A change of a graph that may not be written fails with a [DeniedError], the whole transaction with it,
// whether anything is in that graph or not.
//
// What it does not hide: the number and the time of the last commit, and how long an answer takes.
package visible

import (
	"context"
	"iter"
	"sync"
	"time"

	"triplestore/rdf"
	"triplestore/store"
)

// Store makes views of a store. It is safe for concurrent use.
type Store struct {
	inner store.Store

	mu     sync.Mutex
	recent []keptView
	known  map[string]*decisions // by scope
}

// New makes views of a store, which it does not own.
func New(inner store.Store) *Store { return &Store{inner: inner, known: map[string]*decisions{}} }

// For is the store as rights let it be seen. It is the store itself where they cover everything and nobody watches. It is a
// store.History if the store is one. Close does nothing. ctx is that of who asks: counts that take long stop with it.
//
// watch, if not nil, is called with each graph, once for each transaction, before the first change in it; the zero Term is the default
// graph.
func (s *Store) For(ctx context.Context, rights Rights, watch func(graph rdf.Term)) store.Store {
	if rights.ReadsAll() && rights.Write.All() && watch == nil {
		return s.inner
	}
	p := &part{all: s, ctx: ctx, rights: rights, watch: watch}
	if h, ok := s.inner.(store.History); ok {
		return &partWithHistory{p, h}
	}
	return p
}

// part is a store as rights show it.
type part struct {
	all    *Store
	ctx    context.Context
	rights Rights
	watch  func(rdf.Term)
}

type partWithHistory struct {
	*part
	history store.History
}

var _ store.History = (*partWithHistory)(nil)

func (p *part) Close() error { return nil }

func (p *part) Snapshot() (store.Snapshot, error) {
	n, err := p.all.inner.Snapshot()
	return p.show(n, err)
}

// show restricts a snapshot of a committed state.
func (p *part) show(n store.Snapshot, err error) (store.Snapshot, error) {
	if err != nil || p.rights.ReadsAll() {
		return n, err
	}
	v, err := p.all.viewOf(n, p.rights)
	return restrict(p.ctx, n, v, err)
}

func restrict(ctx context.Context, n store.Snapshot, v *view, err error) (store.Snapshot, error) {
	if err != nil {
		n.Close() //nolint:errcheck // the first error counts
		return nil, err
	}
	if v == nil {
		return n, nil
	}
	return &snapshot{ctx: ctx, inner: n, view: v}, nil
}

func (p *part) Update(ctx context.Context, fn func(store.Txn) error) (store.Result, error) {
	return p.all.inner.Update(ctx, func(x store.Txn) error { return fn(newTxn(ctx, x, p)) })
}

func (p *partWithHistory) Commits() ([]store.Commit, error) { return p.history.Commits() }

func (p *partWithHistory) SnapshotAt(commit uint64) (store.Snapshot, error) {
	n, err := p.history.SnapshotAt(commit)
	return p.show(n, err)
}

func (p *partWithHistory) SnapshotAtTime(t time.Time) (store.Snapshot, error) {
	n, err := p.history.SnapshotAtTime(t)
	return p.show(n, err)
}

// Diff leaves out the changes of graphs that may not be read.
func (p *partWithHistory) Diff(ctx context.Context, from, to store.Snapshot) iter.Seq2[store.Change, error] {
	if p.rights.ReadsAll() {
		return p.history.Diff(ctx, from, to)
	}
	return func(yield func(store.Change, error) bool) {
		newer := bare(to)
		may := map[store.ID]bool{}
		for c, err := range p.history.Diff(ctx, bare(from), newer) {
			if err != nil {
				yield(store.Change{}, err)
				return
			}
			g := c.Quad[store.G]
			ok, known := may[g]
			if !known {
				var name [1]rdf.Term
				if err := newer.Terms([]store.ID{g}, name[:]); err != nil {
					yield(store.Change{}, err)
					return
				}
				ok = p.rights.MayRead(name[0])
				may[g] = ok
			}
			if ok && !yield(c, nil) {
				return
			}
		}
	}
}

// bare is the snapshot beneath one of this package.
func bare(n store.Snapshot) store.Snapshot {
	if v, ok := n.(*snapshot); ok {
		return v.inner
	}
	return n
}
