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

type groupFilter struct {
	expr algebra.Expr
	vars Set
	// level is the number of steps that come before it as it is written.
	level int
	graph Graph // active where it stands
	done  bool
	cond  *Cond
}

// collect takes an operator apart. What cannot be taken apart becomes an item.
func (p *planner) collect(op algebra.Op) (*joinGroup, error) {
	g := &joinGroup{}
	switch o := op.(type) {
	case *algebra.BGP:
		for _, t := range o.Patterns {
			pat, err := p.pattern(t)
			if err != nil {
				return nil, err
			}
			v := pat.Vars()
			g.items = append(g.items, &item{pattern: pat, graph: p.graph, scope: scope{v, v}})
		}
		g.base = p.scope(op)
		if v := p.graph.Var; v >= 0 && len(o.Patterns) > 0 {
			g.base = g.base.union(scope{SetOf(v), SetOf(v)})
		}
	case *algebra.PathPattern:
		s := p.scope(op)
		g.items = []*item{{path: o, graph: p.graph, scope: s}}
		g.base = s
	case *algebra.Join:
		l, err := p.collect(o.L)
		if err != nil {
			return nil, err
		}
		r, err := p.collect(o.R)
		if err != nil {
			return nil, err
		}
		if !p.movable(l, r) {
			l = p.apart(o.L, l)
		}
		if !p.movable(r, l) {
			r = p.apart(o.R, r)
		}
		for _, f := range r.filters {
			f.level += len(l.steps)
		}
		g.items = append(l.items, r.items...)
		g.steps = append(l.steps, r.steps...)
		g.filters = append(l.filters, r.filters...)
		g.base, g.all = l.base.union(r.base), l.all.union(r.all)
		return g, nil
	case *algebra.LeftJoin:
		l, err := p.collect(o.L)
		if err != nil {
			return nil, err
		}
		s := groupStep{kind: stepLeft, right: o.R, cond: o.Cond, graph: p.graph, scope: p.scope(o.R), anti: o.Anti}
		if o.Cond != nil {
			s.uses = p.exprSlots(o.Cond)
		}
		l.steps = append(l.steps, s)
		if !o.Anti {
			l.all.maybe = l.all.maybe.Union(s.scope.maybe)
		}
		return l, nil
	case *algebra.Minus:
		l, err := p.collect(o.L)
		if err != nil {
			return nil, err
		}
		kind, _ := p.minusKind(o.L, o.R)
		l.steps = append(l.steps, groupStep{kind: stepMinus, right: o.R, graph: p.graph, scope: p.scope(o.R), anti: kind == Anti})
		return l, nil
	case *algebra.Filter:
		in, err := p.collect(o.In)
		if err != nil {
			return nil, err
		}
		for _, c := range conjuncts(o.Cond) {
			in.filters = append(in.filters, &groupFilter{expr: c, vars: p.exprSlots(c), level: len(in.steps), graph: p.graph})
		}
		return in, nil
	case *algebra.Extend:
		in, err := p.collect(o.In)
		if err != nil {
			return nil, err
		}
		slot := p.slot(o.Var)
		in.steps = append(in.steps, groupStep{kind: stepExtend, slot: slot, expr: o.Expr, graph: p.graph,
			scope: scope{maybe: SetOf(slot)}, uses: p.exprSlots(o.Expr)})
		in.all.maybe = in.all.maybe.With(slot)
		if v, ok := o.Expr.(*algebra.Var); certainExpr(o.Expr) || ok && in.base.certain.Has(p.slot(v.Name)) {
			in.all.certain = in.all.certain.With(slot)
		}
		return in, nil
	case *algebra.Project:
		// What a sub-select does not project has names of its own and does no harm.
		return p.collect(o.In)
	case *algebra.Reduced:
		return p.collect(o.In)
	case *algebra.Graph:
		active := p.graph
		defer func() { p.graph = active }()
		if b, ok := o.In.(*algebra.BGP); ok && len(b.Patterns) == 0 {
			return p.whole(op), nil
		}
		if !o.Name.IsVar() {
			g, err := p.graphNamed(o.Name.Term)
			if err != nil {
				return nil, err
			}
			if has, err := p.hasGraph(g); err != nil || !has {
				return p.whole(op), err
			}
			p.graph = g
			return p.collect(o.In)
		}
		slot := p.slot(o.Name.Var)
		if p.params.Has(slot) || !simpleInGraph(o.In) || !onlyPatterns(o.In) && p.vars.has(p.vars.mentioned(o.In), o.Name.Var) {
			return p.whole(op), nil
		}
		p.graph = p.dataset.nameds
		p.graph.Var = slot
		in, err := p.collect(o.In)
		return in, err
	default:
		return p.whole(op), nil
	}
	g.all = g.base
	return g, nil
}

// whole makes an operator one item.
func (p *planner) whole(op algebra.Op) *joinGroup {
	s := p.scope(op)
	if v := p.graph.Var; v >= 0 {
		s = s.union(scope{SetOf(v), SetOf(v)})
	}
	return &joinGroup{items: []*item{{op: op, graph: p.graph, scope: s}}, base: s, all: s}
}

// apart makes an operator that was collected one item, which is to be planned as it was collected.
func (p *planner) apart(op algebra.Op, as *joinGroup) *joinGroup {
	g := p.whole(op)
	g.items[0].group = as
	return g
}

// movable reports whether the steps and filters of l may be done after a join with r: what they use or bind and r binds too must
// be bound for certain before them. That holds also for what l only mentions, since a sub-select may show a variable that it never
// binds; but in the pattern of EXISTS such a variable has the value that it has outside. What has another value each time has one for each row
// of l, not for each of the join.
func (p *planner) movable(l, r *joinGroup) bool {
	certain := l.base.certain
	mentioned := func(s Set) Set {
		if p.inExists {
			return s.Intersect(l.all.maybe)
		}
		return s
	}
	for _, f := range l.filters {
		if chancy(f.expr) || !mentioned(f.vars).commonIn(r.all.maybe, certain) {
			return false
		}
	}
	for i := range l.steps {
		if s := &l.steps[i]; s.expr != nil && chancy(s.expr) || s.cond != nil && chancy(s.cond) || !s.scope.maybe.commonIn(r.all.maybe, certain) || !mentioned(s.uses).commonIn(r.all.maybe, certain) {
			return false
		}
	}
	return true
}

// simpleInGraph reports whether a pattern within GRAPH ?g means the same when every triple pattern in it binds ?g.
func simpleInGraph(op algebra.Op) bool {
	switch o := op.(type) {
	case *algebra.BGP:
		return len(o.Patterns) > 0
	case *algebra.Join, *algebra.Union:
		for _, c := range inputsOf(op) {
			if !simpleInGraph(c) {
				return false
			}
		}
		return true
	case *algebra.LeftJoin:
		return simpleInGraph(o.L) && simpleInGraph(o.R) && !hasExists(o.Cond)
	case *algebra.Filter:
		return simpleInGraph(o.In) && !hasExists(o.Cond)
	case *algebra.Extend:
		return simpleInGraph(o.In) && !hasExists(o.Expr)
	}
	return false
}

func onlyPatterns(op algebra.Op) bool {
	switch op.(type) {
	case *algebra.BGP:
		return true
	case *algebra.Join, *algebra.Union:
		for _, c := range inputsOf(op) {
			if !onlyPatterns(c) {
				return false
			}
		}
		return true
	}
	return false
}

func hasExists(e algebra.Expr) bool {
	switch x := e.(type) {
	case *algebra.Exists:
		return true
	case *algebra.Call:
		for _, a := range x.Args {
			if hasExists(a) {
				return true
			}
		}
	}
	return false
}

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

// applyFilters adds the filters that may be evaluated now: those whose variables are all bound for certain, or that are ready.
func (p *planner) applyFilters(filters []*groupFilter, n Node, ready func(*groupFilter) bool) (Node, error) {
	var now []*groupFilter
	for _, f := range filters {
		if !f.done && (f.vars.In(n.P().Certain) || ready != nil && ready(f)) {
			f.done = true
			now = append(now, f)
		}
	}
	return p.filterBy(n, now)
}

// filterBy adds conditions, the EXISTS patterns among them as joins where that is the same.
func (p *planner) filterBy(n Node, filters []*groupFilter) (Node, error) {
	var plain []*Cond
	var exists, within []*groupFilter
	for _, f := range filters {
		if x, ok := f.expr.(*algebra.Exists); ok && p.joinable(x) {
			exists = append(exists, f)
			continue
		}
		if f.cond == nil && hasExists(f.expr) {
			within = append(within, f)
			continue
		}
		if err := p.compile(f); err != nil {
			return nil, err
		}
		plain = append(plain, f.cond)
	}
	// Cheap conditions first.
	var cheap, dear []*Cond
	for _, c := range plain {
		if c.Test != nil && c.Test.Total() {
			cheap = append(cheap, c)
		} else {
			dear = append(dear, c)
		}
	}
	n = p.filtered(n, append(cheap, dear...))
	active := p.graph
	defer func() { p.graph = active }()
	for _, f := range within {
		p.graph = f.graph
		var expr algebra.Expr
		var err error
		if n, expr, err = p.marked(n, f.expr); err != nil {
			return nil, err
		}
		c, err := p.cond(expr)
		if err != nil {
			return nil, err
		}
		n = p.filtered(n, []*Cond{c})
	}
	for _, f := range exists {
		x := f.expr.(*algebra.Exists)
		kind := Semi
		if x.Not {
			kind = Anti
		}
		p.graph = f.graph
		var err error
		if n, err = p.semiJoin(n, x.In, kind); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func (p *planner) compile(f *groupFilter) (err error) {
	if f.cond == nil {
		active := p.graph
		p.graph = f.graph
		f.cond, err = p.cond(f.expr)
		p.graph = active
	}
	return err
}
