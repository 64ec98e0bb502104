package update

import (
	"errors"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/store"
)

// The graph operations of https://www.w3.org/TR/sparql11-update/#graphManagement; see the package comment for graphs that are not there.

// withSnapshot runs f over the state before the operation.
func (x *execution) withSnapshot(f func(store.Snapshot) error) error {
	snap, err := x.txn.Snapshot()
	if err != nil {
		return err
	}
	return errors.Join(f(snap), snap.Close())
}

// graph finds a graph; it exists where it holds quads, and the default graph always does.
func graph(snap store.Snapshot, name rdf.Term) (id store.ID, exists bool, err error) {
	if name.IsZero() {
		return store.DefaultGraph, true, nil
	}
	id, ok, err := snap.ID(name)
	if err != nil || !ok {
		return id, false, err
	}
	n, err := snap.Count(of(id))
	return id, n > 0, err
}

// of is the range of a graph's quads.
func of(graph store.ID) store.Range { return store.Range{Order: store.GSPO, Prefix: []store.ID{graph}} }

func (x *execution) create(op *algebra.Create) error {
	return x.withSnapshot(func(snap store.Snapshot) error {
		_, exists, err := graph(snap, op.Graph)
		if err == nil && exists && !op.Silent {
			return x.fail(GraphExists, nil, "the graph %v exists already", op.Graph)
		}
		return err
	})
}

func (x *execution) clear(t algebra.Target) error {
	return x.withSnapshot(func(snap store.Snapshot) error {
		var r store.Range
		switch {
		case !t.One.IsZero():
			id, ok, err := snap.ID(t.One)
			if err != nil || !ok {
				return err
			}
			r = of(id)
		case t.Default && t.Named:
			r = store.Range{Order: store.GSPO}
		case t.Default:
			r = of(store.DefaultGraph)
		default:
			r = store.Range{Order: store.GSPO, Lo: store.DefaultGraph + 1}
		}
		return x.each(snap, r, x.txn.RemoveIDs)
	})
}

// transfer carries out ADD, COPY, which replaces the destination, and MOVE, which also empties the source.
func (x *execution) transfer(from, to rdf.Term, silent, replace, empty bool) error {
	if from == to { // "If the destination graph is the same as the source, nothing is done"
		return nil
	}
	return x.withSnapshot(func(snap store.Snapshot) error {
		source, exists, err := graph(snap, from)
		switch {
		case err != nil:
			return err
		case !exists && silent:
			return nil
		case !exists:
			return x.fail(NoGraph, nil, "there is no graph %v", from)
		}
		destination := store.DefaultGraph
		if !to.IsZero() {
			if destination, err = x.txn.ID(to); err != nil {
				return err
			}
		}
		if replace {
			if err := x.each(snap, of(destination), x.txn.RemoveIDs); err != nil {
				return err
			}
		}
		return x.each(snap, of(source), func(quads []store.Quad) error {
			if empty {
				if err := x.txn.RemoveIDs(quads); err != nil {
					return err
				}
			}
			for i := range quads {
				quads[i][store.G] = destination
			}
			return x.txn.AddIDs(quads)
		})
	})
}

// each calls f with the quads of a range of the order gspo. f may change them.
func (x *execution) each(snap store.Snapshot, r store.Range, f func([]store.Quad) error) error {
	c := snap.Scan(x.ctx, r, store.AllColumns)
	defer c.Close()
	var quads []store.Quad
	for {
		b, err := c.Next()
		if err != nil || b.Len == 0 {
			return err
		}
		quads = quads[:0]
		for i := range b.Len {
			quads = append(quads, store.Quad{store.G: b.Cols[0][i], store.S: b.Cols[1][i], store.P: b.Cols[2][i], store.O: b.Cols[3][i]})
		}
		if err := f(quads); err != nil {
			return err
		}
	}
}
