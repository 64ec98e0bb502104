package visible

import (
	"context"
	"sync"

	"triplestore/rdf"
	"triplestore/store"
)

// txn lets changes through for graphs that may be written.
type txn struct {
	ctx   context.Context
	inner store.Txn
	part  *part

	mu    sync.Mutex
	names map[rdf.Term]error
	ids   map[store.ID]error
	given map[store.ID]rdf.Term // IDs that were asked for lately: graphs that a change makes are among them
}

// maxGiven is how many of them are remembered.
const maxGiven = 4096

var _ store.Guard = (*txn)(nil)

func newTxn(ctx context.Context, x store.Txn, p *part) *txn {
	return &txn{ctx: ctx, inner: x, part: p, names: map[rdf.Term]error{}, ids: map[store.ID]error{}, given: map[store.ID]rdf.Term{}}
}

// MayWrite implements store.Guard.
func (x *txn) MayWrite(graph rdf.Term) error {
	if !x.part.rights.MayWrite(graph) {
		return &DeniedError{Graph: graph}
	}
	return nil
}

// MayWriteAll implements store.Guard.
func (x *txn) MayWriteAll() error {
	if !x.part.rights.Write.All() {
		return &DeniedError{All: true}
	}
	return nil
}

// name decides about a graph, once.
func (x *txn) name(graph rdf.Term) error {
	err, known := x.names[graph]
	if known {
		return err
	}
	graph = graph.Clone()
	if err = x.MayWrite(graph); err == nil && x.part.watch != nil {
		x.part.watch(graph)
	}
	x.names[graph] = err
	return err
}

func (x *txn) checkQuads(quads []rdf.Quad) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range quads {
		if i > 0 && quads[i].G == quads[i-1].G {
			continue
		}
		if err := x.name(quads[i].G); err != nil {
			return err
		}
	}
	return nil
}

func (x *txn) checkIDs(quads []store.Quad) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	last := store.NoID
	for i := range quads {
		g := quads[i][store.G]
		if g == last {
			continue
		}
		last = g
		err, known := x.ids[g]
		if !known {
			if err = x.look(g); err != nil {
				return err
			}
			err = x.ids[g]
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// look finds the name of a graph in the transaction, which may be one that it made itself, and decides about it.
func (x *txn) look(g store.ID) error {
	if g == store.DefaultGraph {
		x.ids[g] = x.name(rdf.Term{})
		return nil
	}
	if t, ok := x.given[g]; ok {
		x.ids[g] = x.name(t)
		return nil
	}
	n, err := x.inner.Snapshot()
	if err != nil {
		return err
	}
	defer n.Close()
	var name [1]rdf.Term
	if err := n.Terms([]store.ID{g}, name[:]); err != nil {
		return err
	}
	if name[0].IsZero() { // the store refuses it with a better message
		return nil
	}
	x.ids[g] = x.name(name[0])
	return nil
}

func (x *txn) Add(quads []rdf.Quad) error {
	if err := x.checkQuads(quads); err != nil {
		return err
	}
	return x.inner.Add(quads)
}

func (x *txn) Remove(quads []rdf.Quad) error {
	if err := x.checkQuads(quads); err != nil {
		return err
	}
	return x.inner.Remove(quads)
}

func (x *txn) AddIDs(quads []store.Quad) error {
	if err := x.checkIDs(quads); err != nil {
		return err
	}
	return x.inner.AddIDs(quads)
}

func (x *txn) RemoveIDs(quads []store.Quad) error {
	if err := x.checkIDs(quads); err != nil {
		return err
	}
	return x.inner.RemoveIDs(quads)
}

func (x *txn) ID(t rdf.Term) (store.ID, error) {
	id, err := x.inner.ID(t)
	if err == nil && (t.IsIRI() || t.IsBlankNode()) {
		x.mu.Lock()
		defer x.mu.Unlock()
		if _, ok := x.given[id]; !ok {
			if len(x.given) >= maxGiven {
				clear(x.given)
			}
			x.given[id] = t.Clone()
		}
	}
	return id, err
}

// Snapshot shows what is visible of the state with the changes so far.
func (x *txn) Snapshot() (store.Snapshot, error) {
	n, err := x.inner.Snapshot()
	if err != nil || x.part.rights.ReadsAll() {
		return n, err
	}
	v, err := newView(n, x.part.rights, nil) // IDs of terms that are new here may stand for others later
	return restrict(x.ctx, n, v, err)
}
