package optimizer

import (
	"triplestore/sparql/algebra"
	"triplestore/sparql/idexpr"
	"triplestore/store"
)

// byID compiles an expression for evaluation from IDs; nil where these tell nothing, and for variables, which are no work.
func (p *planner) byID(e algebra.Expr) *idexpr.Program {
	if _, ok := e.(*algebra.Call); !ok {
		return nil
	}
	program, ok := idexpr.Compile(e, idexpr.Options{
		Slot: p.slot,
		ID: func(k *algebra.Const) (store.ID, bool) {
			id, err := p.id(k.Term)
			return id, err == nil
		},
		Verdict: p.verdictOf,
	})
	if !ok {
		return nil
	}
	return program
}

// verdictOf is the test of a condition of one variable that looks at more than numbers and dates, which package idexpr knows better.
func (p *planner) verdictOf(e algebra.Expr) (slot int, f func(store.ID) store.ID, ok bool) {
	c, isCall := e.(*algebra.Call)
	if !isCall || len(c.Args) == 0 {
		return 0, nil, false
	}
	of := c.Args[0]
	switch c.Func {
	case "=", "!=":
		k, isConst := c.Args[len(c.Args)-1].(*algebra.Const)
		if !isConst {
			if k, isConst = of.(*algebra.Const); !isConst {
				return 0, nil, false
			}
			of = c.Args[1]
		}
		if _, inlined := store.Inline(k.Term); inlined {
			return 0, nil, false
		}
	case "IN", "NOT IN", "LANGMATCHES":
	default:
		return 0, nil, false
	}
	if inner, isCall := of.(*algebra.Call); isCall && len(inner.Args) == 1 {
		of = inner.Args[0]
	}
	v, isVar := of.(*algebra.Var)
	if !isVar {
		return 0, nil, false
	}
	slot = p.slot(v.Name)
	t := p.test(e, slot)
	if t == nil {
		return 0, nil, false
	}
	return slot, t.result, true
}

// result is the verdict as an ID.
func (t *Test) result(id store.ID) store.ID {
	switch t.Verdict(id) {
	case True:
		return store.InlineBoolean(true)
	case False:
		return store.InlineBoolean(false)
	case Error:
		return store.NoID
	}
	return idexpr.Unknown
}
