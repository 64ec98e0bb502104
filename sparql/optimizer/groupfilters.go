package optimizer

import "triplestore/sparql/algebra"

// groupFilter is a condition on the solutions of a group.
type groupFilter struct {
	expr algebra.Expr
	vars Set
	// level is the number of steps that come before it as it is written.
	level int
	graph Graph // active where it stands
	done  bool
	cond  *Cond
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
