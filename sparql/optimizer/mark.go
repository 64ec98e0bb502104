package optimizer

import (
	"fmt"

	"triplestore/sparql/algebra"
)

// costSub is what it costs to evaluate a pattern for one solution, beside what the pattern does.
const costSub = 1500

// marked takes the EXISTS patterns out of an expression that is evaluated over the rows of n: where a pattern can as well be joined with many
// rows at a time, a variable is bound to whether a row has a solution, and stands in its place. Others are evaluated row by row, and so are
// those in patterns that are so themselves, since these are planned anew while the query runs.
func (p *planner) marked(n Node, e algebra.Expr) (Node, algebra.Expr, error) {
	if !hasExists(e) || p.options.NoOptimizer || p.each || p.late || p.inExists || !p.params.Empty() {
		return n, e, nil
	}
	switch x := e.(type) {
	case *algebra.Exists:
		marked, slot, err := p.mark(n, x)
		if err != nil || slot < 0 {
			return n, e, err
		}
		var is algebra.Expr = &algebra.Var{Name: p.slots[slot]}
		if x.Not {
			is = &algebra.Call{At: x.At, Func: "!", Args: []algebra.Expr{is}}
		}
		return marked, is, nil
	case *algebra.Call:
		c := *x
		c.Args = make([]algebra.Expr, len(x.Args))
		for i, a := range x.Args {
			var err error
			if n, c.Args[i], err = p.marked(n, a); err != nil {
				return nil, nil, err
			}
		}
		return n, &c, nil
	}
	return n, e, nil
}

// mark binds a slot to whether rows of n have a solution of a pattern. The slot is -1 where that is not the same as to evaluate it for each
// row, or where it would cost more: for one row, the first solution is enough.
func (p *planner) mark(n Node, x *algebra.Exists) (Node, int, error) {
	sc := p.scope(x.In)
	shared := sc.maybe.Intersect(n.P().Maybe)
	if shared.Empty() || !shared.In(n.P().Certain) || !p.joinable(x) {
		return nil, -1, nil
	}
	row := p.row(x.In)
	p.inExists = true
	right, err := p.plan(x.In, p.input(n, row))
	p.inExists = false
	if err != nil {
		return nil, -1, err
	}
	if right.P().Cost > n.P().Rows*costSub {
		return nil, -1, nil
	}
	slot, ok := p.marks[x]
	if !ok {
		slot = p.slot(fmt.Sprint(".m", len(p.slots)))
		p.marks[x] = slot
	}
	a := p.apply(n, right, Mark, row).(*Apply)
	a.Mark = slot
	a.Certain, a.Maybe = a.Certain.With(slot), a.Maybe.With(slot)
	return a, slot, nil
}
