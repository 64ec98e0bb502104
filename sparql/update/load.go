package update

import (
	"errors"
	"fmt"
	"sync"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/store"
)

// load carries out LOAD (https://www.w3.org/TR/sparql11-update/#load). The quads are kept until the whole document was read, so that
// LOAD SILENT of one that breaks off adds nothing. INTO GRAPH is for triples; quads that name a graph of their own keep it.
func (x *execution) load(op *algebra.Load) (err error) {
	if x.o.Load == nil {
		if op.Silent {
			return nil
		}
		return x.fail(LoadRefused, nil, "LOAD is refused: no address is allowed (on the command line with --allow-load ORIGIN), so %v was not asked", op.Source)
	}
	kept := newSpill(x.ctx, &x.o)
	defer func() { err = errors.Join(err, kept.close()) }()
	x.blanks++
	d := Document{IRI: op.Source.Value(), BlankNodePrefix: fmt.Sprintf("%sx%d-", x.prefix, x.blanks)}
	var mu sync.Mutex
	var broken error // of the store, which no SILENT covers
	var ids []store.Quad
	failed := x.o.Load(x.ctx, d, func(quads []rdf.Quad) error {
		mu.Lock()
		defer mu.Unlock()
		if broken != nil {
			return broken
		}
		ids = ids[:0]
		for _, q := range quads {
			if q.G.IsZero() {
				q.G = op.Into
			}
			var id store.Quad
			if id, broken = idQuad(x.txn, q); broken != nil {
				return broken
			}
			ids = append(ids, id)
		}
		broken = kept.add(ids)
		return broken
	})
	switch {
	case broken != nil:
		return broken
	case x.ctx.Err() != nil:
		return x.ctx.Err()
	case failed != nil && op.Silent:
		return nil
	case failed != nil:
		return x.fail(LoadFailed, failed, "%v could not be loaded: %v", op.Source, failed)
	}
	return kept.each(x.txn.AddIDs)
}
