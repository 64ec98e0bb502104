package optimizer

import (
	"fmt"

	"triplestore/sparql/algebra"
	"triplestore/store"
)

// naive plans an operator as the specification writes it: patterns from left to right, every join by a table, filters where they
// stand. It is what the optimizer is compared with.
func (p *planner) naive(op algebra.Op) (Node, error) {
	two := func(l, r algebra.Op) (Node, Node, error) {
		a, err := p.naive(l)
		if err != nil {
			return nil, nil, err
		}
		b, err := p.naive(r)
		return a, b, err
	}
	switch o := op.(type) {
	case *algebra.BGP:
		n := p.unit()
		for _, t := range o.Patterns {
			s, err := p.naiveScan(t)
			if err != nil {
				return nil, err
			}
			if n, err = p.hashJoin(n, s, Inner, nil); err != nil {
				return nil, err
			}
		}
		return n, nil
	case *algebra.PathPattern:
		n, err := p.path(o, p.unit())
		if err != nil {
			return nil, err
		}
		return p.showParams(n, o.S, o.O)
	case *algebra.Join:
		if s, ok := o.R.(*algebra.Service); ok { // its endpoint may be bound on the left
			l, err := p.naive(o.L)
			if err != nil {
				return nil, err
			}
			return p.service(s, l)
		}
		l, r, err := two(o.L, o.R)
		if err != nil {
			return nil, err
		}
		return p.hashJoin(l, r, Inner, nil)
	case *algebra.LeftJoin:
		l, r, err := two(o.L, o.R)
		if err != nil {
			return nil, err
		}
		var conds []*Cond
		if o.Cond != nil {
			if conds, err = p.conds([]algebra.Expr{o.Cond}); err != nil {
				return nil, err
			}
		}
		return p.hashJoin(l, r, leftKind(o.Anti), conds)
	case *algebra.Union:
		l, r, err := two(o.L, o.R)
		if err != nil {
			return nil, err
		}
		return p.union(l, r), nil
	case *algebra.Minus:
		l, r, err := two(o.L, o.R)
		if err != nil {
			return nil, err
		}
		kind, _ := p.minusKind(o.L, o.R)
		return p.hashJoin(l, r, kind, nil)
	case *algebra.Filter:
		n, err := p.naive(o.In)
		if err != nil {
			return nil, err
		}
		c, err := p.conds([]algebra.Expr{o.Cond})
		if err != nil {
			return nil, err
		}
		return p.filtered(n, c), nil
	case *algebra.Extend:
		n, err := p.naive(o.In)
		if err != nil {
			return nil, err
		}
		c, err := p.cond(o.Expr)
		if err != nil {
			return nil, err
		}
		return p.extend(n, p.slot(o.Var), c), nil
	case *algebra.Graph:
		return p.graphOp(o)
	}
	return p.modifier(op)
}

func (p *planner) naiveScan(t algebra.TriplePattern) (Node, error) {
	pat, err := p.pattern(t)
	if err != nil {
		return nil, err
	}
	st, err := p.patternStats(pat)
	if err != nil {
		return nil, err
	}
	fixed := pat.fixed()
	order, _ := orderFor(fixed)
	return p.showParams(p.scan(pat, &st, order, len(fixed), 0, 0), t.S, t.P, t.O)
}

// pattern resolves a triple pattern in the active graph.
func (p *planner) pattern(t algebra.TriplePattern) (*Pattern, error) {
	out := &Pattern{Graph: p.graph}
	var err error
	if out.S, err = p.ref(t.S); err != nil {
		return nil, err
	}
	if out.P, err = p.ref(t.P); err != nil {
		return nil, err
	}
	out.O, err = p.ref(t.O)
	return out, err
}

// union concatenates nodes.
func (p *planner) union(nodes ...Node) Node {
	u := &Union{}
	for i, n := range nodes {
		in := n.P()
		if x, ok := n.(*Union); ok {
			u.In = append(u.In, x.In...)
		} else {
			u.In = append(u.In, n)
		}
		u.Rows += in.Rows
		u.Cost += in.Cost
		u.Maybe = u.Maybe.Union(in.Maybe)
		if i == 0 {
			u.Certain = in.Certain
		} else {
			u.Certain = u.Certain.Intersect(in.Certain)
		}
	}
	u.bound()
	for _, n := range nodes {
		in := n.P()
		d := in.Distinct.upTo(in.Rows)
		u.Distinct = u.Distinct.merge(&d, func(c, d float64) float64 { return c + d })
	}
	return u
}

func (p *planner) empty(s scope) Node { return &Empty{Props{Certain: s.certain, Maybe: s.maybe}} }

// graphOp plans GRAPH on its own.
func (p *planner) graphOp(o *algebra.Graph) (Node, error) {
	active := p.graph
	defer func() { p.graph = active }()
	if !o.Name.IsVar() {
		g, err := p.graphNamed(o.Name.Term)
		if err != nil {
			return nil, err
		}
		if has, err := p.hasGraph(g); err != nil || !has {
			return p.empty(p.scope(o)), err
		}
		p.graph = g
		return p.op(o.In)
	}
	graphs, err := p.graphs()
	if err != nil {
		return nil, err
	}
	slot := p.slot(o.Name.Var)
	if b, ok := o.In.(*algebra.BGP); ok && len(b.Patterns) == 0 {
		rows := make([][]store.ID, len(graphs))
		for i, g := range graphs {
			rows[i] = []store.ID{g}
		}
		return p.values([]int{slot}, rows), nil
	}
	p.graph = Graph{Mode: GraphParam, Var: -1}
	in, err := p.op(o.In)
	if err != nil {
		return nil, err
	}
	l := &GraphLoop{In: in, Graphs: graphs, Slot: slot}
	l.Props = *in.P()
	l.Seq = 0
	l.Sorted = nil
	l.Certain, l.Maybe = l.Certain.With(slot), l.Maybe.With(slot)
	n := float64(max(1, len(graphs)))
	l.Rows, l.Cost = l.Rows*n, (l.Cost+costStart)*n
	l.bound()
	return l, nil
}

// modifier plans the operators that are no parts of a group graph pattern, and inline tables.
func (p *planner) modifier(op algebra.Op) (Node, error) {
	switch o := op.(type) {
	case *algebra.Values:
		slots := make([]int, len(o.Vars))
		for i, v := range o.Vars {
			slots[i] = p.slot(v)
		}
		rows := make([][]store.ID, len(o.Rows))
		for i, r := range o.Rows {
			rows[i] = make([]store.ID, len(r))
			for k, t := range r {
				var err error
				if rows[i][k], err = p.id(t); err != nil {
					return nil, err
				}
			}
		}
		return p.values(slots, rows), nil
	case *algebra.Lateral:
		return p.lateral(o)
	case *algebra.Service:
		return p.service(o, p.unit())
	case *algebra.Group:
		return p.group(o)
	case *algebra.OrderBy:
		in, err := p.forAll(func() (Node, error) { return p.op(o.In) })
		if err != nil {
			return nil, err
		}
		return p.sort(in, o.Keys, -1)
	case *algebra.Project:
		in, err := p.op(o.In)
		if err != nil {
			return nil, err
		}
		return p.project(in, o.Vars)
	case *algebra.Distinct:
		in, err := p.op(o.In)
		if err != nil {
			return nil, err
		}
		return p.distinct(in, p.scope(o.In).maybe.Intersect(in.P().Maybe)), nil
	case *algebra.Reduced:
		return p.op(o.In)
	case *algebra.Slice:
		in, err := p.sliced(o)
		if err != nil {
			return nil, err
		}
		if in, err = p.firstRows(o, in); err != nil {
			return nil, err
		}
		s := &Slice{In: in, Offset: o.Offset, Limit: o.Limit}
		s.Props = *in.P()
		s.Seq = 0
		if o.Limit >= 0 {
			s.Rows = min(s.Rows, float64(o.Limit))
		}
		return s, nil
	}
	return nil, &UnsupportedError{Feature: fmt.Sprintf("operator %T", op)}
}

// sliced plans what is beneath OFFSET and LIMIT: a sort learns how many rows are wanted, through projections that keep rows.
func (p *planner) sliced(o *algebra.Slice) (Node, error) {
	if o.Limit < 0 || o.Offset < 0 || o.Offset > 1<<40 || o.Limit > 1<<40 || p.options.NoOptimizer {
		return p.op(o.In)
	}
	if op, keys, ok := p.distinctFirst(o.In); ok {
		n, err := p.forAll(func() (Node, error) { return p.op(op) })
		if err != nil {
			return nil, err
		}
		return p.limitedSort(op, n, keys, o.Offset+o.Limit)
	}
	var vars []string
	in := o.In
	if x, ok := in.(*algebra.Project); ok {
		vars, in = x.Vars, x.In
	}
	x, ok := in.(*algebra.OrderBy)
	if !ok {
		return p.op(o.In)
	}
	n, err := p.forAll(func() (Node, error) { return p.op(x.In) })
	if err != nil {
		return nil, err
	}
	if n, err = p.limitedSort(x.In, n, x.Keys, o.Offset+o.Limit); err != nil || vars == nil {
		return n, err
	}
	return p.project(n, vars)
}

// project keeps some variables. Those among them that have a value from outside have it in every row, so that it counts for what is
// above, such as DISTINCT and MINUS (https://www.w3.org/TR/sparql12-query/#defn_evalContextSolution).
func (p *planner) project(in Node, vars []string) (Node, error) {
	n := &Project{}
	var keep Set
	for _, v := range vars {
		s := p.slot(v)
		n.Slots = append(n.Slots, s)
		keep = keep.With(s)
		if p.params.Has(s) {
			c, err := p.cond(&algebra.Var{Name: v})
			if err != nil {
				return nil, err
			}
			in = p.extend(in, s, c)
			in.P().Certain = in.P().Certain.With(s)
		}
	}
	n.In = in
	n.Props = *in.P()
	n.Seq = 0
	n.Certain, n.Maybe = n.Certain.Intersect(keep), n.Maybe.Intersect(keep)
	n.Sorted = nil
	for _, s := range in.P().Sorted {
		if !keep.Has(s) {
			break
		}
		n.Sorted = append(n.Sorted, s)
	}
	return n, nil
}

func (p *planner) distinct(in Node, vars Set) Node {
	n := &Distinct{In: in, Slots: vars.Slots()}
	n.Props = *in.P()
	n.Seq = 0
	n.Cost += n.Rows * costBuild
	rows := 1.0
	for _, s := range n.Slots {
		rows *= in.P().distinctOf(s)
	}
	n.Rows = min(n.Rows, rows)
	return n
}

func (p *planner) sort(in Node, keys []algebra.SortKey, limit int64) (Node, error) {
	n := &Sort{In: in, Limit: limit}
	n.Props = *in.P()
	n.Seq = 0
	n.Sorted = nil
	n.Cost += n.Rows * 300
	if limit >= 0 {
		n.Rows = min(n.Rows, float64(limit))
	}
	for _, k := range keys {
		key := SortKey{Slot: -1, Desc: k.Desc}
		if v, ok := k.Expr.(*algebra.Var); ok && !p.params.Has(p.slot(v.Name)) {
			key.Slot = p.slot(v.Name)
		} else {
			var err error
			if key.Expr, err = p.cond(k.Expr); err != nil {
				return nil, err
			}
		}
		n.Keys = append(n.Keys, key)
	}
	return n, nil
}

func (p *planner) lateral(o *algebra.Lateral) (Node, error) {
	l, err := p.op(o.L)
	if err != nil {
		return nil, err
	}
	i, ok := p.subs[o]
	if !ok {
		s := &Sub{}
		if err := p.nested(s, o, o.R); err != nil {
			return nil, err
		}
		p.exists = append(p.exists, s)
		i = len(p.exists) - 1
		p.subs[o] = i
	}
	n := &Correlated{In: l, Sub: p.exists[i]}
	sc := p.scope(o)
	n.Props = Props{Rows: l.P().Rows * 4, Cost: l.P().Cost + l.P().Rows*20000, Certain: l.P().Certain, Maybe: sc.maybe.Union(l.P().Maybe)}
	n.bound()
	return n, nil
}

// sortedOp plans an operator whose rows had better be sorted by a slot.
func (p *planner) sortedOp(op algebra.Op, slot int) (Node, error) {
	before := p.want
	p.want = slot
	defer func() { p.want = before }()
	return p.op(op)
}
