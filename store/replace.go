package store

import (
	"context"
	"errors"

	"triplestore/rdf"
)

// Replace makes a graph hold exactly the quads that fill adds, whatever graph these name; the zero Term is the default graph. What was
// there before and comes again is left as it is: if that is all, and nothing else is in the transaction, there is no commit. Neither
// the old content nor the new one is held in memory. After an error, fill's among them, the transaction must fail.
func Replace(ctx context.Context, x Txn, graph rdf.Term, fill func(add func([]rdf.Quad) error) error) error {
	if err := RemoveGraph(ctx, x, graph); err != nil {
		return err
	}
	var batch []rdf.Quad
	return fill(func(quads []rdf.Quad) error {
		batch = append(batch[:0], quads...)
		for i := range batch {
			batch[i].G = graph
		}
		return x.Add(batch)
	})
}

// RemoveGraph removes all quads of a graph (the zero Term is the default graph); those that a later Add brings back are left as they are.
func RemoveGraph(ctx context.Context, x Txn, graph rdf.Term) (err error) {
	n, err := x.Snapshot()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	id := DefaultGraph
	if !graph.IsZero() {
		var ok bool
		if id, ok, err = n.ID(graph); err != nil || !ok {
			return err
		}
	}
	c := n.Scan(ctx, Range{Order: GSPO, Prefix: []ID{id}}, AllColumns)
	defer c.Close()
	var quads []Quad
	for {
		b, err := c.Next()
		if err != nil || b.Len == 0 {
			return err
		}
		quads = quads[:0]
		for i := range b.Len {
			quads = append(quads, Quad{S: b.Cols[1][i], P: b.Cols[2][i], O: b.Cols[3][i], G: id})
		}
		if err := x.RemoveIDs(quads); err != nil {
			return err
		}
	}
}
