package update

import (
	"errors"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/store"
)

// modify carries out DELETE … INSERT … WHERE (https://www.w3.org/TR/sparql11-update/#deleteInsert).
func (x *execution) modify(op *algebra.Modify) (err error) {
	q, err := x.query(op)
	if err != nil {
		return err
	}
	snap, err := x.txn.Snapshot()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, snap.Close()) }()
	columns := map[string]int{}
	for i, v := range q.Vars {
		columns[v] = i
	}
	f := newFiller(x, snap)
	deletes, err := f.templates(op.Delete, op.With, columns, false)
	if err != nil {
		return err
	}
	inserts, err := f.templates(op.Insert, op.With, columns, true)
	if err != nil {
		return err
	}
	if len(deletes)+len(inserts) == 0 {
		return nil
	}
	del := &sink{to: x.txn.RemoveIDs}
	ins := &sink{insert: true, to: x.txn.AddIDs}
	var kept *spill
	if len(deletes) > 0 && len(inserts) > 0 {
		// What is inserted must win over what is deleted, so it waits until all is deleted.
		kept = newSpill(x.ctx, &x.o)
		defer func() { err = errors.Join(err, kept.close()) }()
		ins.to = kept.add
	}
	if err := x.solutions(snap, q, f, deletes, del, inserts, ins); err != nil {
		return err
	}
	if err := errors.Join(del.flush(), ins.flush()); err != nil {
		return err
	}
	if kept != nil {
		return kept.each(x.txn.AddIDs)
	}
	return nil
}

// solutions fills the templates for every solution.
func (x *execution) solutions(snap store.Snapshot, q *algebra.Query, f *filler, deletes []template, del *sink, inserts []template, ins *sink) error {
	if x.o.Where == nil {
		return errors.New("update: Options.Where is missing")
	}
	found, err := x.o.Where(x.ctx, snap, q)
	if err != nil {
		return err
	}
	defer found.Close()
	f.local = found.Local
	return found.IDs(func(n int, cols [][]store.ID) error {
		if err := x.ctx.Err(); err != nil {
			return err
		}
		if err := f.fill(n, cols, deletes, del); err != nil {
			return err
		}
		return f.fill(n, cols, inserts, ins)
	})
}

// query makes a SELECT of the variables that the templates use.
func (x *execution) query(op *algebra.Modify) (*algebra.Query, error) {
	q := &algebra.Query{Form: algebra.Select, Dataset: op.Using}
	if x.o.Dataset.Set {
		if op.Using.Set || !op.With.IsZero() {
			return nil, x.fail(TwoDatasets, nil, "the request may not have USING or WITH when its parameters name the graphs to use")
		}
		q.Dataset = x.o.Dataset
	}
	if !op.With.IsZero() && !q.Dataset.Set {
		q.Dataset = algebra.Dataset{Set: true, Default: []rdf.Term{op.With}, AllNamed: true}
	}
	seen := map[string]bool{}
	blanks := false
	var use func(n algebra.Node)
	use = func(n algebra.Node) {
		switch {
		case n.Triple != nil:
			use(n.Triple.S)
			use(n.Triple.P)
			use(n.Triple.O)
		case n.IsVar() && n.Var[0] == '.':
			blanks = true
		case n.IsVar() && !seen[n.Var]:
			seen[n.Var] = true
			q.Vars = append(q.Vars, n.Var)
		}
	}
	for _, ts := range [][]algebra.QuadPattern{op.Delete, op.Insert} {
		for _, t := range ts {
			use(t.S)
			use(t.P)
			use(t.O)
			use(t.G)
		}
	}
	q.Pattern = &algebra.Project{Vars: q.Vars, In: op.Where}
	if len(q.Vars) == 0 && !blanks { // all solutions would do the same
		q.Pattern = &algebra.Slice{Limit: 1, In: q.Pattern}
	}
	return q, nil
}

// sink collects quads for the transaction.
type sink struct {
	insert bool
	to     func([]store.Quad) error
	quads  []store.Quad
}

func (s *sink) add(q store.Quad) error {
	if s.quads = append(s.quads, q); len(s.quads) >= batchSize {
		return s.flush()
	}
	return nil
}

func (s *sink) flush() error {
	if len(s.quads) == 0 {
		return nil
	}
	err := s.to(s.quads)
	s.quads = s.quads[:0]
	return err
}
