package update

import (
	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/store"
)

// guarded asks a transaction that does not let all graphs be changed about those that an operation names, whether it would find
// something to change in them or not. Graphs that a variable stands for are met by the changes themselves.
func guarded(txn store.Txn, op algebra.UpdateOp) error {
	g, ok := txn.(store.Guard)
	if !ok {
		return nil
	}
	quads := func(quads []rdf.Quad) error {
		for i := range quads {
			if i == 0 || quads[i].G != quads[i-1].G {
				if err := g.MayWrite(quads[i].G); err != nil {
					return err
				}
			}
		}
		return nil
	}
	templates := func(with rdf.Term, templates []algebra.QuadPattern) error {
		for _, t := range templates {
			graph := with
			if t.G.IsVar() {
				continue
			}
			if !t.G.Term.IsZero() {
				graph = t.G.Term
			}
			if err := g.MayWrite(graph); err != nil {
				return err
			}
		}
		return nil
	}
	target := func(t algebra.Target) error {
		switch {
		case !t.One.IsZero():
			return g.MayWrite(t.One)
		case t.Named:
			return g.MayWriteAll()
		}
		return g.MayWrite(rdf.Term{})
	}
	switch op := op.(type) {
	case *algebra.InsertData:
		return quads(op.Quads)
	case *algebra.DeleteData:
		return quads(op.Quads)
	case *algebra.Modify:
		if err := templates(op.With, op.Delete); err != nil {
			return err
		}
		return templates(op.With, op.Insert)
	case *algebra.Load:
		return g.MayWrite(op.Into)
	case *algebra.Clear:
		return target(op.Target)
	case *algebra.Drop:
		return target(op.Target)
	case *algebra.Create:
		return g.MayWrite(op.Graph)
	case *algebra.Copy:
		return g.MayWrite(op.To)
	case *algebra.Move:
		if err := g.MayWrite(op.From); err != nil {
			return err
		}
		return g.MayWrite(op.To)
	case *algebra.Add:
		return g.MayWrite(op.To)
	}
	return nil
}
