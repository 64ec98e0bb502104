package update

import (
	"context"
	"errors"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/extsort"
	"triplestore/store/relation"
)

// defaultMemory is how many bytes a spill keeps in memory unless Options say otherwise.
const defaultMemory = 32 << 20

// spill keeps quads for later, each once, in memory and then in temporary files.
type spill struct {
	ctx    context.Context
	sorter *extsort.Sorter
}

func newSpill(ctx context.Context, o *Options) *spill {
	memory := o.Memory
	if memory == 0 {
		memory = defaultMemory
	}
	return &spill{ctx, extsort.New(extsort.Options{Width: 4, Memory: memory, Dir: o.TempDir})}
}

func (s *spill) add(quads []store.Quad) error {
	rows := make([]relation.Row, len(quads))
	for i, q := range quads {
		rows[i] = relation.Row(q)
	}
	return s.sorter.Add(s.ctx, rows, relation.Insert)
}

// each hands all quads over, in batches. Nothing can be added after.
func (s *spill) each(f func([]store.Quad) error) error {
	it, err := s.sorter.Sort(s.ctx)
	if err != nil {
		return err
	}
	var quads []store.Quad
	for {
		rows, err := it.Next()
		if err != nil || len(rows) == 0 {
			return err
		}
		quads = quads[:0]
		for _, r := range rows {
			quads = append(quads, store.Quad(r.Row))
		}
		if err := f(quads); err != nil {
			return err
		}
	}
}

func (s *spill) close() error { return s.sorter.Close() }

// idQuad gives the quad of terms IDs in the transaction.
func idQuad(txn store.Txn, q rdf.Quad) (out store.Quad, err error) {
	var errs [4]error
	out[store.G] = store.DefaultGraph
	if !q.G.IsZero() {
		out[store.G], errs[3] = txn.ID(q.G)
	}
	out[store.S], errs[0] = txn.ID(q.S)
	out[store.P], errs[1] = txn.ID(q.P)
	out[store.O], errs[2] = txn.ID(q.O)
	return out, errors.Join(errs[:]...)
}
