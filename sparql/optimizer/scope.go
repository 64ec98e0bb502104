package optimizer

import (
	"context"
	"fmt"

	"triplestore/sparql/algebra"
)

// scoper gives variables that are different by scope different names (https://www.w3.org/TR/sparql12-query/#variableScope), so
// that everything after it may move operators about without capturing one: what a sub-select does not project, what an
// expression mentions though its pattern does not bind it, and what only the right side of MINUS or EXISTS knows.
type scoper struct {
	ctx   context.Context //nolint:containedctx // of one planning
	taken map[string]bool
	// outer are the variables of each EXISTS pattern and LATERAL that come from outside.
	outer map[any][]string
	n     int
	err   error
	// read are the variables that the whole pattern is asked for. With once, it does not matter how often a solution is there.
	read Set // of vars
	once bool
	vars *varTable
}

func (s *scoper) fresh(name string) string {
	if len(s.taken) >= maxNames {
		s.fail(tooManyVariables)
	}
	if !s.taken[name] {
		s.taken[name] = true
		return name
	}
	for {
		s.n++
		unique := fmt.Sprintf("%s#%d", name, s.n)
		if !s.taken[unique] {
			s.taken[unique] = true
			return unique
		}
	}
}

func (s *scoper) name(n *names, name string) string {
	u, ok := n.get(name)
	if !ok {
		u = s.fresh(name)
		n.put(name, u)
	}
	return u
}

// stopped reports whether planning is to end, and notes the context's error. Rules that walk the operators ask it at each: they take time that
// grows with the square of the text.
func (s *scoper) stopped() bool {
	if s.err == nil {
		s.err = s.ctx.Err()
	}
	return s.err != nil
}

func (s *scoper) node(x algebra.Node, n *names, in *Set) algebra.Node {
	if x.IsVar() {
		x.Var = s.name(n, x.Var)
		in.insert(s.vars.number(x.Var))
	}
	if x.Triple != nil {
		t := s.triple(*x.Triple, n, in)
		x.Triple = &t
	}
	return x
}

func (s *scoper) triple(t algebra.TriplePattern, n *names, in *Set) algebra.TriplePattern {
	return algebra.TriplePattern{S: s.node(t.S, n, in), P: s.node(t.P, n, in), O: s.node(t.O, n, in)}
}

// op renames an operator and tells what is in scope after it. outer are the unique names that the enclosing solution of an
// EXISTS pattern may substitute.
func (s *scoper) op(op algebra.Op, n *names, outer Set) (algebra.Op, Set) {
	var in Set
	if s.stopped() {
		return op, in
	}
	switch o := op.(type) {
	case *algebra.BGP:
		c := &algebra.BGP{}
		for _, t := range o.Patterns {
			c.Patterns = append(c.Patterns, s.triple(t, n, &in))
		}
		return c, in
	case *algebra.PathPattern:
		return &algebra.PathPattern{S: s.node(o.S, n, &in), Path: o.Path, O: s.node(o.O, n, &in)}, in
	case *algebra.Join:
		l, a := s.op(o.L, n, outer)
		r, b := s.op(o.R, n, outer)
		return &algebra.Join{L: l, R: r}, a.Union(b)
	case *algebra.Lateral:
		l, a := s.op(o.L, n, outer)
		r, b := s.op(o.R, n, outer.Union(a))
		c := &algebra.Lateral{L: l, R: r}
		s.outside(c, r, a.Union(outer))
		return c, b.Union(a)
	case *algebra.LeftJoin:
		l, a := s.op(o.L, n, outer)
		r, b := s.op(o.R, n, outer)
		a = a.Union(b)
		c := &algebra.LeftJoin{L: l, R: r}
		if o.Cond != nil {
			c.Cond = s.expr(o.Cond, n, a, outer)
		}
		return c, a
	case *algebra.Union:
		l, a := s.op(o.L, n, outer)
		r, b := s.op(o.R, n, outer)
		return &algebra.Union{L: l, R: r}, a.Union(b)
	case *algebra.Minus:
		l, a := s.op(o.L, n, outer)
		r, _ := s.op(o.R, limited(n, a.Union(outer), s.vars), outer)
		return &algebra.Minus{L: l, R: r}, a
	case *algebra.Filter:
		x, a := s.op(o.In, n, outer)
		return &algebra.Filter{Cond: s.expr(o.Cond, n, a, outer), In: x}, a
	case *algebra.Extend:
		x, a := s.op(o.In, n, outer)
		e := s.expr(o.Expr, n, a, outer)
		v := s.name(n, o.Var)
		a = a.With(s.vars.number(v))
		return &algebra.Extend{Var: v, Expr: e, In: x}, a
	case *algebra.Graph:
		x, a := s.op(o.In, n, outer)
		name := s.node(o.Name, n, &in)
		return &algebra.Graph{Name: name, In: x}, a.Union(in)
	case *algebra.Values:
		c := &algebra.Values{Rows: o.Rows}
		for _, v := range o.Vars {
			u := s.name(n, v)
			in.insert(s.vars.number(u))
			c.Vars = append(c.Vars, u)
		}
		return c, in
	case *algebra.Service:
		c := s.service(o, n, &in)
		return c, in
	case *algebra.Group:
		// Of the variables beneath a group, only the keys are the same as those above it.
		inner := &names{}
		c := &algebra.Group{Implicit: o.Implicit}
		for _, k := range o.Keys {
			u := s.name(n, k)
			inner.put(k, u)
			c.Keys = append(c.Keys, u)
			in.insert(s.vars.number(u))
		}
		x, a := s.op(o.In, inner, outer)
		c.In = x
		for _, g := range o.Aggregates {
			args := make([]algebra.Expr, len(g.Args))
			for i, e := range g.Args {
				args[i] = s.expr(e, inner, a, outer)
			}
			g.Args = args
			g.Var = s.name(n, g.Var)
			in.insert(s.vars.number(g.Var))
			c.Aggregates = append(c.Aggregates, g)
		}
		return c, in
	case *algebra.OrderBy:
		x, a := s.op(o.In, n, outer)
		c := &algebra.OrderBy{In: x}
		for _, k := range o.Keys {
			c.Keys = append(c.Keys, algebra.SortKey{Expr: s.expr(k.Expr, n, a, outer), Desc: k.Desc})
		}
		return c, a
	case *algebra.Project:
		inner := &names{}
		for _, v := range o.Vars {
			u := s.name(n, v)
			inner.put(v, u)
			in.insert(s.vars.number(u))
		}
		x, _ := s.op(o.In, inner, outer)
		c := &algebra.Project{In: x}
		for _, v := range o.Vars {
			c.Vars = append(c.Vars, s.name(inner, v))
		}
		return c, in
	case *algebra.Distinct:
		x, a := s.op(o.In, n, outer)
		return &algebra.Distinct{In: x}, a
	case *algebra.Reduced:
		x, a := s.op(o.In, n, outer)
		return &algebra.Reduced{In: x}, a
	case *algebra.Slice:
		x, a := s.op(o.In, n, outer)
		return &algebra.Slice{Offset: o.Offset, Limit: o.Limit, In: x}, a
	}
	s.fail(fmt.Sprintf("operator %T", op))
	return op, in
}

func (s *scoper) fail(feature string) {
	if s.err == nil {
		s.err = &UnsupportedError{Feature: feature}
	}
}

// expr renames an expression; variables that are not in scope become ones that nothing binds.
func (s *scoper) expr(e algebra.Expr, n *names, in, outer Set) algebra.Expr {
	if _, ok := e.(*algebra.Const); ok {
		return e
	}
	visible := in.Union(outer)
	return s.exprIn(e, limited(n, visible, s.vars), visible)
}

func (s *scoper) exprIn(e algebra.Expr, n *names, visible Set) algebra.Expr {
	switch x := e.(type) {
	case *algebra.Var:
		return &algebra.Var{Name: s.name(n, x.Name), At: x.At}
	case *algebra.Call:
		c := *x
		c.Args = make([]algebra.Expr, len(x.Args))
		for i, a := range x.Args {
			c.Args[i] = s.exprIn(a, n, visible)
		}
		return &c
	case *algebra.TripleExpr:
		return &algebra.TripleExpr{S: s.exprIn(x.S, n, visible), P: s.exprIn(x.P, n, visible), O: s.exprIn(x.O, n, visible)}
	case *algebra.Exists:
		p, _ := s.op(x.In, limited(n, visible, s.vars), visible)
		c := &algebra.Exists{Not: x.Not, In: p, At: x.At}
		s.outside(c, p, visible)
		return c
	}
	return e
}

// outside records the variables of a nested pattern that are visible outside of it.
func (s *scoper) outside(key any, op algebra.Op, visible Set) {
	for v := range s.vars.within(op).Intersect(visible).All {
		s.outer[key] = append(s.outer[key], s.vars.names[v])
	}
}

// mentionedBy tells the variables that occur in an operator itself, but for those in its expressions.
func mentionedBy(op algebra.Op, to func(name string)) {
	node := func(x algebra.Node) { nodeVars(x, to) }
	switch o := op.(type) {
	case *algebra.BGP:
		for _, t := range o.Patterns {
			node(t.S)
			node(t.P)
			node(t.O)
		}
	case *algebra.PathPattern:
		node(o.S)
		node(o.O)
	case *algebra.Graph:
		node(o.Name)
	case *algebra.Service:
		node(o.Name)
		for _, v := range o.As {
			to(v)
		}
	case *algebra.Values:
		for _, v := range o.Vars {
			to(v)
		}
	case *algebra.Extend:
		to(o.Var)
	case *algebra.Group:
		for _, k := range o.Keys {
			to(k)
		}
		for _, a := range o.Aggregates {
			to(a.Var)
		}
	case *algebra.Project:
		for _, v := range o.Vars {
			to(v)
		}
	}
}

func nodeVars(x algebra.Node, to func(name string)) {
	if x.IsVar() {
		to(x.Var)
	}
	if x.Triple != nil {
		nodeVars(x.Triple.S, to)
		nodeVars(x.Triple.P, to)
		nodeVars(x.Triple.O, to)
	}
}

// leaves tells the variables and the EXISTS of an expression, which may be nil. It does not look into the patterns of EXISTS.
func leaves(e algebra.Expr, variable func(name string), exists func(x *algebra.Exists)) {
	switch x := e.(type) {
	case *algebra.Var:
		variable(x.Name)
	case *algebra.Call:
		for _, a := range x.Args {
			leaves(a, variable, exists)
		}
	case *algebra.TripleExpr:
		leaves(x.S, variable, exists)
		leaves(x.P, variable, exists)
		leaves(x.O, variable, exists)
	case *algebra.Exists:
		exists(x)
	}
}

// inputsOf lists the operators directly beneath one. That of SERVICE is not among them: it is not evaluated here.
func inputsOf(op algebra.Op) []algebra.Op {
	switch o := op.(type) {
	case *algebra.Join:
		return []algebra.Op{o.L, o.R}
	case *algebra.Lateral:
		return []algebra.Op{o.L, o.R}
	case *algebra.LeftJoin:
		return []algebra.Op{o.L, o.R}
	case *algebra.Union:
		return []algebra.Op{o.L, o.R}
	case *algebra.Minus:
		return []algebra.Op{o.L, o.R}
	case *algebra.Filter:
		return []algebra.Op{o.In}
	case *algebra.Extend:
		return []algebra.Op{o.In}
	case *algebra.Graph:
		return []algebra.Op{o.In}
	case *algebra.Group:
		return []algebra.Op{o.In}
	case *algebra.OrderBy:
		return []algebra.Op{o.In}
	case *algebra.Project:
		return []algebra.Op{o.In}
	case *algebra.Distinct:
		return []algebra.Op{o.In}
	case *algebra.Reduced:
		return []algebra.Op{o.In}
	case *algebra.Slice:
		return []algebra.Op{o.In}
	}
	return nil
}

// exprsOf lists the expressions of an operator.
func exprsOf(op algebra.Op) []algebra.Expr {
	switch o := op.(type) {
	case *algebra.LeftJoin:
		if o.Cond != nil {
			return []algebra.Expr{o.Cond}
		}
	case *algebra.Filter:
		return []algebra.Expr{o.Cond}
	case *algebra.Extend:
		return []algebra.Expr{o.Expr}
	case *algebra.OrderBy:
		var out []algebra.Expr
		for _, k := range o.Keys {
			out = append(out, k.Expr)
		}
		return out
	case *algebra.Group:
		var out []algebra.Expr
		for _, a := range o.Aggregates {
			out = append(out, a.Args...)
		}
		return out
	}
	return nil
}
