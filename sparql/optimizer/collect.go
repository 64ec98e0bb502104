package optimizer

import "triplestore/sparql/algebra"

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
