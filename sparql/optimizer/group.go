package optimizer

import (
	"triplestore/sparql/algebra"
	"triplestore/store"
)

// joinGroup is what a nest of joins, filters and what may be moved after them comes down to: items in any order, then steps in
// their order, with filters that are put in as early as they may.
type joinGroup struct {
	items   []*item
	steps   []groupStep
	filters []*groupFilter
	// base are the variables of the items, all those of the steps too.
	base, all scope
	// bound are the variables of what the joins are planned on top of, filtered those that conditions of one variable limit.
	bound, filtered Set
	readers         map[int][]int          // the filters that have a variable, those without any by -1; see completed
	sampled         bool                   // the joins are estimated by samples
	samples         int                    // how many rows they were granted
	sets            map[uint64]*joinSample // what is known of joins of two items or more
}

// item is an input of a join.
type item struct {
	pattern *Pattern
	stats   patternStats
	path    *algebra.PathPattern
	graph   Graph      // active where the item stands
	op      algebra.Op // anything else
	node    Node       // the plan of op on its own
	group   *joinGroup // what op was collected as, until it is planned
	scope   scope
	conds   []*Cond // those of one variable, for ranges and selectivity
	scans   []Node  // ways to read the pattern
	cheap   Node    // the cheapest of them, with conds
	at      int     // its place in the group
	sample  *joinSample
	asked   bool // the rest is known
	fixed   []store.Position
	vars    Set
	counted *counts
	looked  *Props // see right
}

// known are the constants and the variables of a pattern.
func (it *item) known() ([]store.Position, Set) {
	if !it.asked {
		it.asked, it.fixed, it.vars = true, it.pattern.fixed(), it.pattern.Vars()
	}
	return it.fixed, it.vars
}

// different are the numbers of different values of a pattern's variables, when it has been counted.
func (it *item) different() counts {
	if it.counted == nil {
		c := it.pattern.distinct(&it.stats)
		it.counted = &c
	}
	return *it.counted
}

// right are the properties of a pattern as the right side of a lookup.
func (it *item) right() *Props {
	if it.looked == nil {
		_, vars := it.known()
		it.looked = &Props{Rows: it.stats.rows, Maybe: vars, Certain: vars, Distinct: it.different()}
	}
	return it.looked
}

// joinStep is the last step of an order of joins.
type joinStep struct {
	item *item
	on   Node
}

// groupStep is something that is done after the joins.
type groupStep struct {
	kind  stepKind
	right algebra.Op   // of leftJoin and minus, or the Lateral
	cond  algebra.Expr // of leftJoin
	slot  int          // of extend
	expr  algebra.Expr // of extend
	graph Graph
	scope scope // of right, or of the slot
	uses  Set   // the variables of cond and expr
	anti  bool  // of minus: both sides bind a parameter; of leftJoin: see algebra.LeftJoin
}

type stepKind uint8

const (
	stepLeft stepKind = iota
	stepMinus
	stepExtend
)

// plan plans the join of in with an operator.
func (p *planner) plan(op algebra.Op, in Node) (Node, error) {
	if err := p.ctx.Err(); err != nil && !p.late {
		return nil, err
	}
	p.effort.take(p)
	p.effort.left -= perPlan - 1
	switch op.(type) {
	case *algebra.Group, *algebra.OrderBy, *algebra.Project, *algebra.Distinct, *algebra.Reduced, *algebra.Slice, *algebra.Values, *algebra.Lateral:
		_, isProject := op.(*algebra.Project)
		if isUnit(in) || !isProject {
			n, err := p.modifier(op)
			if err != nil {
				return nil, err
			}
			return p.hashJoin(in, n, Inner, nil)
		}
	}
	g, err := p.collect(op)
	if err != nil {
		return nil, err
	}
	if len(g.items) == 1 && g.items[0].op == op && len(g.steps) == 0 && len(g.filters) == 0 {
		return p.planWhole(op, nil, in)
	}
	if !isUnit(in) {
		s := scope{in.P().Certain, in.P().Maybe}
		if !p.movable(g, &joinGroup{base: s, all: s}) {
			own, err := p.planGroup(g, p.unit())
			if err != nil {
				return nil, err
			}
			return p.hashJoin(in, own, Inner, nil)
		}
	}
	return p.planGroup(g, in)
}

// planWhole plans the join of in with an operator that collect does not take apart, or that is apart as a group of its own.
func (p *planner) planWhole(op algebra.Op, g *joinGroup, in Node) (Node, error) {
	if s, ok := op.(*algebra.Service); ok {
		return p.serviceJoin(s, in)
	}
	if own, ok := p.owns[op]; ok {
		if u, isUnion := op.(*algebra.Union); isUnion && !isUnit(in) {
			return p.unionWith(u, in)
		}
		return p.hashJoin(in, own, Inner, nil)
	}
	var own Node
	var err error
	switch o := op.(type) {
	case *algebra.Union:
		if !isUnit(in) {
			return p.unionWith(o, in)
		}
		p.leaveToAbove(o)
		l, err := p.plan(o.L, in)
		if err != nil {
			return nil, err
		}
		r, err := p.plan(o.R, in)
		if err != nil {
			return nil, err
		}
		own = p.union(l, r)
		if !p.options.ShareAll && (own.P().Cost < 4*cheapPerItem || p.effort.empty()) {
			return own, nil
		}
		if x := p.factored(o); x != nil {
			once, err := p.plan(x, p.unit())
			if err != nil {
				return nil, err
			}
			if once.P().Cost < own.P().Cost*factorPart || p.options.ShareAll {
				own = once
			}
		}
		return own, nil
	case *algebra.Graph:
		own, err = p.graphOp(o)
	case *algebra.LeftJoin, *algebra.Filter, *algebra.Extend, *algebra.Minus, *algebra.Join:
		if g == nil {
			g, err = p.collect(op)
		}
		if err == nil {
			own, err = p.planGroup(g, p.unit())
		}
	default:
		own, err = p.modifier(op)
	}
	if err != nil {
		return nil, err
	}
	p.owns[op] = own
	return p.hashJoin(in, own, Inner, nil)
}

// fewInputs is up to how many rows a union is planned on top of them first.
const fewInputs = 64

// unionWith plans a union on top of in: within an apply, where each branch begins with the rows of in, or by itself.
func (p *planner) unionWith(o *algebra.Union, in Node) (Node, error) {
	var applied Node
	var err error
	if in.P().Rows <= fewInputs && !p.effort.empty() {
		if applied, err = p.unionOn(o, in); err != nil {
			return nil, err
		}
		defer func(before float64) { p.worth = before }(p.worth)
		p.worth = applied.P().Cost // what it takes by itself is of interest below that
	}
	own, err := p.own(o)
	if err != nil {
		return nil, err
	}
	hashed, err := p.hashJoin(in, own, Inner, nil)
	switch {
	case err != nil:
		return nil, err
	case applied != nil:
		return p.cheaper(applied, hashed), nil
	case in.P().Rows > own.P().Rows || p.effort.empty():
		return hashed, nil
	}
	if applied, err = p.unionOn(o, in); err != nil {
		return nil, err
	}
	return p.cheaper(applied, hashed), nil
}

func (p *planner) unionOn(o *algebra.Union, in Node) (Node, error) {
	i := p.input(in, -1)
	l, err := p.plan(o.L, i)
	if err != nil {
		return nil, err
	}
	r, err := p.plan(o.R, i)
	if err != nil {
		return nil, err
	}
	return p.apply(in, p.union(l, r), Inner, -1), nil
}

// planGroup orders the joins of a group and adds its steps and filters.
func (p *planner) planGroup(g *joinGroup, in Node) (Node, error) {
	var err error
	if !isUnit(in) {
		if in, err = p.applyFilters(g.filters, in, nil); err != nil {
			return nil, err
		}
	}
	want := p.want
	p.want = -1
	if want < 0 {
		want = g.wanted()
	}
	n, err := p.join(g, in, want)
	if err != nil {
		return nil, err
	}
	return p.planSteps(g, n)
}

// wanted is the variable that rows had better be sorted by, so that most OPTIONALs and MINUSes, which have only that in common with the
// joins before them, can be merged; or -1.
func (g *joinGroup) wanted() int {
	best, most := -1, 0
	count := map[int]int{}
	for _, s := range g.steps {
		if s.kind == stepExtend {
			continue
		}
		common := s.scope.certain.Intersect(g.base.certain).Slots()
		if len(common) != 1 {
			continue
		}
		c := common[0]
		if count[c]++; count[c] > most {
			best, most = c, count[c]
		}
	}
	return best
}
