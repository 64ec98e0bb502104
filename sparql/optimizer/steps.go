package optimizer

import (
	"math"

	"triplestore/sparql/algebra"
)

// joinable reports whether EXISTS is the same as a semi-join: the pattern consists of operators for which substituting the
// outer variables and joining with the outer solution come to the same
// (https://www.w3.org/TR/sparql12-query/#defn_substitute).
func (p *planner) joinable(x *algebra.Exists) bool {
	outer := nameSet{}
	for _, v := range p.outer[x] {
		outer[v] = true
	}
	return p.joinableOp(x.In, outer, true)
}

// joinableOp is joinable for an operator of the pattern. Those on top are planned on the outer rows; others may be planned on their own.
func (p *planner) joinableOp(op algebra.Op, outer nameSet, top bool) bool {
	switch o := op.(type) {
	case *algebra.BGP, *algebra.Values, *algebra.Service:
		return true
	case *algebra.PathPattern:
		// Substituted into an empty path, a term need not be in the graph, the value of a variable must.
		_, some := o.Path.(*algebra.OneOrMore)
		return some || !o.S.IsVar() || !o.O.IsVar() || !outer[o.S.Var] && !outer[o.O.Var]
	case *algebra.Join:
		return p.joinableOp(o.L, outer, false) && p.joinableOp(o.R, outer, false)
	case *algebra.Union:
		return p.joinableOp(o.L, outer, false) && p.joinableOp(o.R, outer, false)
	case *algebra.Graph:
		return !o.Name.IsVar() && p.joinableOp(o.In, outer, false)
	case *algebra.Filter:
		// Filters on top that see an outer variable are evaluated with it. One that the pattern itself may or may not bind has to be
		// put into the pattern first.
		sc := p.scope(o.In)
		for v := range outer {
			if x := p.slot(v); (!top || sc.maybe.Has(x)) && !sc.certain.Has(x) && p.exprSlots(o.Cond).Has(x) {
				return false
			}
		}
		return p.joinableOp(o.In, outer, top)
	}
	return false
}

// semiJoin keeps the rows of n that have, or with Anti do not have, a compatible solution of op.
func (p *planner) semiJoin(n Node, op algebra.Op, kind JoinKind) (Node, error) {
	if l, ok, err := p.singleLookup(n, op, nil, kind); ok || err != nil {
		return l, err
	}
	row := p.row(op)
	before := p.inExists
	p.inExists = true
	right, err := p.plan(op, p.input(n, row))
	p.inExists = before
	if err != nil {
		return nil, err
	}
	applied := p.apply(n, right, kind, row)
	if p.usesOutside(op, n) {
		return applied, nil
	}
	return p.orHashed(applied, n, op, kind, nil)
}

// orHashed is a plan of a join of n with an operator, or a join by a table of the operator on its own where that is cheaper. The latter is
// planned only where it may be, and while there is effort left: to look things up for each row takes too long at worst where there are many
// rows, to make a table of everything even where there are few.
func (p *planner) orHashed(known, n Node, op algebra.Op, kind JoinKind, conds []*Cond) (Node, error) {
	x, err := p.probe(n, op, conds, p.cost(known))
	if err != nil {
		return nil, err
	}
	x.leaves(n, known, kind)
	if _, ok := p.owns[op]; !ok {
		if p.effort.empty() {
			return known, nil
		}
		least, err := p.leastCost(op)
		before := n.P().Cost + n.P().Rows*costProbe
		if p.first > 0 {
			before = p.cost(n)
		}
		if err != nil || before+least >= p.cost(known) {
			return known, err
		}
	}
	own, err := p.ownTable(op)
	if err != nil {
		return nil, err
	}
	hashed, err := p.hashJoin(n, own, kind, conds)
	if err != nil {
		return nil, err
	}
	x.leaves(n, hashed, kind)
	return p.cheaper(known, hashed), nil
}

// leastCost is what a table of an operator's rows costs at least: its joins begin with a scan of one of its patterns.
func (p *planner) leastCost(op algebra.Op) (float64, error) {
	switch o := op.(type) {
	case *algebra.BGP:
		least := math.Inf(1)
		for _, t := range o.Patterns {
			pat, err := p.pattern(t)
			if err != nil {
				return 0, err
			}
			total, err := p.rangeRows(pat)
			if err != nil {
				return 0, err
			}
			least = min(least, costStart+total*costRow)
		}
		if len(o.Patterns) == 0 {
			return 0, nil
		}
		return least, nil
	case *algebra.LeftJoin:
		return p.leastCost(o.L)
	case *algebra.Minus:
		return p.leastCost(o.L)
	case *algebra.Extend:
		return p.leastCost(o.In)
	case *algebra.Join:
		l, err := p.leastCost(o.L)
		if err != nil {
			return 0, err
		}
		r, err := p.leastCost(o.R)
		return min(l, r), err
	case *algebra.Union:
		l, err := p.leastCost(o.L)
		if err != nil {
			return 0, err
		}
		r, err := p.leastCost(o.R)
		return l + r, err
	}
	return 0, nil // a filter may make a range of the scan
}

func (p *planner) cheaper(a, b Node) Node {
	if p.cost(b) < p.cost(a) {
		return b
	}
	return a
}

// usesOutside reports whether an expression in op mentions a variable of n that op itself does not bind for certain.
func (p *planner) usesOutside(op algebra.Op, n Node) bool {
	var free Set
	var walk func(op algebra.Op)
	walk = func(op algebra.Op) {
		certain := p.scope(op).certain
		for _, e := range exprsOf(op) {
			free = free.Union(p.exprSlots(e).Minus(certain))
		}
		for _, c := range inputsOf(op) {
			walk(c)
		}
	}
	walk(op)
	return free.Overlaps(n.P().Maybe)
}

// singleLookup plans a join with a single pattern, perhaps under filters, as a lookup.
func (p *planner) singleLookup(n Node, op algebra.Op, cond algebra.Expr, kind JoinKind) (Node, bool, error) {
	g, err := p.collect(op)
	if err != nil || len(g.items) != 1 || g.items[0].pattern == nil || len(g.steps) > 0 {
		return nil, false, err
	}
	it := g.items[0]
	var exprs []algebra.Expr
	for _, f := range g.filters {
		if hasExists(f.expr) {
			return nil, false, nil
		}
		exprs = append(exprs, f.expr)
	}
	if cond != nil {
		exprs = append(exprs, conjuncts(cond)...)
	}
	conds, err := p.conds(exprs)
	if err != nil {
		return nil, false, err
	}
	if it.stats, err = p.patternStats(it.pattern); err != nil {
		return nil, false, err
	}
	if !it.pattern.Vars().Intersect(n.P().Maybe).In(n.P().Certain) || !it.pattern.Vars().Overlaps(n.P().Certain) {
		return nil, false, nil
	}
	for _, c := range conds {
		if c.Test != nil && c.Slots[0] >= 0 && it.scope.certain.Has(c.Slots[0]) {
			it.conds = append(it.conds, c)
		}
	}
	if err := p.judge(it); err != nil {
		return nil, false, err
	}
	l := p.lookup(n, it, kind, conds)
	if cond != nil || p.usesOutside(op, n) {
		var more []*Cond
		if cond != nil {
			more = conds[len(g.filters):]
		}
		x, err := p.probe(n, op, more, p.cost(l))
		x.leaves(n, l, kind)
		return l, true, err
	}
	best, err := p.orHashed(l, n, op, kind, nil)
	return best, true, err
}

// leftKind is the kind of join that a LeftJoin is.
func leftKind(anti bool) JoinKind {
	if anti {
		return Anti
	}
	return Left
}

// leftJoin plans OPTIONAL on top of n.
func (p *planner) leftJoin(n Node, s groupStep) (Node, error) {
	kind := leftKind(s.anti)
	if l, ok, err := p.singleLookup(n, s.right, s.cond, kind); ok || err != nil {
		return l, err
	}
	var conds []*Cond
	if s.cond != nil {
		var err error
		if conds, err = p.conds(conjuncts(s.cond)); err != nil {
			return nil, err
		}
	}
	if !s.scope.maybe.Overlaps(n.P().Maybe) {
		own, err := p.ownTable(s.right)
		if err != nil {
			return nil, err
		}
		return p.hashJoin(n, own, kind, conds)
	}
	row := p.row(s.right)
	right, err := p.plan(s.right, p.input(n, row))
	if err != nil {
		return nil, err
	}
	return p.orHashed(p.apply(n, p.filtered(right, conds), kind, row), n, s.right, kind, conds)
}

// minus plans MINUS on top of n.
func (p *planner) minus(n Node, s groupStep) (Node, error) {
	common := s.scope.maybe.Intersect(n.P().Maybe)
	if common.Empty() && !s.anti {
		return n, nil
	}
	clear := common.In(n.P().Certain) && common.In(s.scope.certain)
	if !clear || p.usesOutside(s.right, n) {
		own, err := p.ownTable(s.right)
		if err != nil {
			return nil, err
		}
		kind := Minus
		if clear || s.anti {
			kind = Anti
		}
		return p.hashJoin(n, own, kind, nil)
	}
	if l, ok, err := p.singleLookup(n, s.right, nil, Anti); ok || err != nil {
		return l, err
	}
	row := p.row(s.right)
	right, err := p.plan(s.right, p.input(n, row))
	if err != nil {
		return nil, err
	}
	return p.orHashed(p.apply(n, right, Anti, row), n, s.right, Anti, nil)
}
