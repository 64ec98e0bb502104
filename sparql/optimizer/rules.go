package optimizer

import "triplestore/sparql/algebra"

// rule rewrites the algebra. Variables have unique names already (scope.go), so an operator means the same wherever it stands.
type rule struct {
	name string
	// always: the planner relies on it, so it cannot be switched off.
	always bool
	apply  func(*scoper, algebra.Op) algebra.Op
}

// rules are applied in this order, each once to the whole query.
var rules = []rule{
	{"triple terms to functions", true, bottomUp(tripleTerms)},
	{"paths to joins and unions", true, bottomUp(pathToPatterns)},
	{"filters of filters are one", false, bottomUp(mergeFilters)},
	{"OPTIONALs that a filter decides are joins or anti-joins", false, decideOptionals},
	{"what nobody reads is left out", false, dropUnread},
	{"equations between patterns are joins", false, equalities},
}

// bottomUp applies a rewriting to each operator after those beneath it, in the patterns of EXISTS too.
func bottomUp(f func(*scoper, algebra.Op) algebra.Op) func(*scoper, algebra.Op) algebra.Op {
	var walk func(s *scoper, op algebra.Op) algebra.Op
	walk = func(s *scoper, op algebra.Op) algebra.Op {
		return f(s, mapOp(s, op, func(x algebra.Op) algebra.Op { return walk(s, x) }))
	}
	return walk
}

// mapOp copies an operator with f applied to those directly beneath it and to the patterns of EXISTS in its expressions.
func mapOp(s *scoper, op algebra.Op, f func(algebra.Op) algebra.Op) algebra.Op {
	x := func(e algebra.Expr) algebra.Expr { return mapExpr(s, e, f) }
	switch o := op.(type) {
	case *algebra.Join:
		return &algebra.Join{L: f(o.L), R: f(o.R)}
	case *algebra.Lateral:
		c := &algebra.Lateral{L: f(o.L), R: f(o.R)}
		s.outer[c] = s.outer[o]
		return c
	case *algebra.LeftJoin:
		c := &algebra.LeftJoin{L: f(o.L), R: f(o.R), Anti: o.Anti}
		if o.Cond != nil {
			c.Cond = x(o.Cond)
		}
		return c
	case *algebra.Union:
		return &algebra.Union{L: f(o.L), R: f(o.R)}
	case *algebra.Minus:
		return &algebra.Minus{L: f(o.L), R: f(o.R)}
	case *algebra.Filter:
		return &algebra.Filter{Cond: x(o.Cond), In: f(o.In)}
	case *algebra.Extend:
		return &algebra.Extend{Var: o.Var, Expr: x(o.Expr), In: f(o.In)}
	case *algebra.Graph:
		return &algebra.Graph{Name: o.Name, In: f(o.In)}
	case *algebra.Group:
		c := *o
		c.In = f(o.In)
		c.Aggregates = append([]algebra.Aggregate(nil), o.Aggregates...)
		for i := range c.Aggregates {
			args := make([]algebra.Expr, len(c.Aggregates[i].Args))
			for k, a := range c.Aggregates[i].Args {
				args[k] = x(a)
			}
			c.Aggregates[i].Args = args
		}
		return &c
	case *algebra.OrderBy:
		c := &algebra.OrderBy{In: f(o.In)}
		for _, k := range o.Keys {
			c.Keys = append(c.Keys, algebra.SortKey{Expr: x(k.Expr), Desc: k.Desc})
		}
		return c
	case *algebra.Project:
		return &algebra.Project{Vars: o.Vars, In: f(o.In)}
	case *algebra.Distinct:
		return &algebra.Distinct{In: f(o.In)}
	case *algebra.Reduced:
		return &algebra.Reduced{In: f(o.In)}
	case *algebra.Slice:
		return &algebra.Slice{Offset: o.Offset, Limit: o.Limit, In: f(o.In)}
	}
	return op
}

func mapExpr(s *scoper, e algebra.Expr, f func(algebra.Op) algebra.Op) algebra.Expr {
	switch x := e.(type) {
	case *algebra.Call:
		c := *x
		c.Args = make([]algebra.Expr, len(x.Args))
		for i, a := range x.Args {
			c.Args[i] = mapExpr(s, a, f)
		}
		return &c
	case *algebra.TripleExpr:
		return &algebra.TripleExpr{S: mapExpr(s, x.S, f), P: mapExpr(s, x.P, f), O: mapExpr(s, x.O, f)}
	case *algebra.Exists:
		c := &algebra.Exists{Not: x.Not, In: f(x.In), At: x.At}
		s.outer[c] = s.outer[x]
		return c
	}
	return e
}

// pathToPatterns rewrites what a path is made of as far as it is no closure: links to triple patterns, sequences to joins over a
// new variable, alternatives to unions (https://www.w3.org/TR/sparql12-query/#sparqlTranslatePathExpressions).
func pathToPatterns(s *scoper, op algebra.Op) algebra.Op {
	o, ok := op.(*algebra.PathPattern)
	if !ok {
		return op
	}
	with := func(a algebra.Node, p algebra.Path, b algebra.Node) algebra.Op {
		return pathToPatterns(s, &algebra.PathPattern{S: a, Path: p, O: b})
	}
	switch x := o.Path.(type) {
	case *algebra.Link:
		return &algebra.BGP{Patterns: []algebra.TriplePattern{{S: o.S, P: algebra.Node{Term: x.IRI}, O: o.O}}}
	case *algebra.Inverse:
		return with(o.O, x.Path, o.S)
	case *algebra.Sequence:
		mid := algebra.Node{Var: s.fresh(".path")}
		return &algebra.Join{L: with(o.S, x.L, mid), R: with(mid, x.R, o.O)}
	case *algebra.Alternative:
		return &algebra.Union{L: with(o.S, x.L, o.O), R: with(o.S, x.R, o.O)}
	case *algebra.Negated:
		one := func(a, b algebra.Node, not []algebra.Expr) algebra.Op {
			v := s.fresh(".path")
			var in algebra.Op = &algebra.BGP{Patterns: []algebra.TriplePattern{{S: a, P: algebra.Node{Var: v}, O: b}}}
			if len(not) > 0 {
				in = &algebra.Filter{In: in, Cond: &algebra.Call{Func: "NOT IN", Args: append([]algebra.Expr{&algebra.Var{Name: v}}, not...)}}
			}
			return in
		}
		var f, b []algebra.Expr
		for _, t := range x.Forward {
			f = append(f, &algebra.Const{Term: t})
		}
		for _, t := range x.Backward {
			b = append(b, &algebra.Const{Term: t})
		}
		switch {
		case x.HasForward && x.HasBackward:
			return &algebra.Union{L: one(o.S, o.O, f), R: one(o.O, o.S, b)}
		case x.HasBackward:
			return one(o.O, o.S, b)
		}
		return one(o.S, o.O, f)
	}
	return op
}

// mergeFilters makes one Filter of two on top of each other.
func mergeFilters(_ *scoper, op algebra.Op) algebra.Op {
	f, ok := op.(*algebra.Filter)
	if !ok {
		return op
	}
	in, ok := f.In.(*algebra.Filter)
	if !ok {
		return op
	}
	return &algebra.Filter{Cond: &algebra.Call{Func: "&&", Args: []algebra.Expr{in.Cond, f.Cond}}, In: in.In}
}

// conjuncts takes a condition apart.
func conjuncts(e algebra.Expr) []algebra.Expr { return conjunctsTo(nil, e) }

func conjunctsTo(out []algebra.Expr, e algebra.Expr) []algebra.Expr {
	if c, ok := e.(*algebra.Call); ok && c.Func == "&&" {
		for _, a := range c.Args {
			out = conjunctsTo(out, a)
		}
		return out
	}
	return append(out, e)
}

// tripleVar begins the names of the variables that stand for triple terms with variables in them.
const tripleVar = ".triple"

// tripleTerms rewrites triple terms with variables in patterns: each becomes a variable that must be a triple term, and its
// parts are compared with, or bound to, what SUBJECT, PREDICATE and OBJECT give.
func tripleTerms(s *scoper, op algebra.Op) algebra.Op {
	u := &unpacker{s: s, bound: nameSet{}}
	switch o := op.(type) {
	case *algebra.BGP:
		c := &algebra.BGP{}
		for _, t := range o.Patterns {
			c.Patterns = append(c.Patterns, algebra.TriplePattern{S: u.node(t.S), P: u.node(t.P), O: u.node(t.O)})
		}
		return u.unpack(c)
	case *algebra.PathPattern:
		return u.unpack(&algebra.PathPattern{S: u.node(o.S), Path: o.Path, O: u.node(o.O)})
	}
	return op
}

type unpacker struct {
	s       *scoper
	bound   nameSet // by the pattern itself
	pending []unpackItem
}

type unpackItem struct {
	v string
	t algebra.TriplePattern
}

func (u *unpacker) node(n algebra.Node) algebra.Node {
	if n.Triple == nil {
		if n.IsVar() {
			u.bound[n.Var] = true
		}
		return n
	}
	v := u.s.fresh(tripleVar)
	u.pending = append(u.pending, unpackItem{v, *n.Triple})
	return algebra.Node{Var: v}
}

func (u *unpacker) unpack(op algebra.Op) algebra.Op {
	filter := func(name string, args ...algebra.Expr) {
		op = &algebra.Filter{Cond: &algebra.Call{Func: name, Args: args}, In: op}
	}
	for len(u.pending) > 0 {
		it := u.pending[0]
		u.pending = u.pending[1:]
		whole := &algebra.Var{Name: it.v}
		filter("ISTRIPLE", whole)
		for i, n := range []algebra.Node{it.t.S, it.t.P, it.t.O} {
			part := &algebra.Call{Func: []string{"SUBJECT", "PREDICATE", "OBJECT"}[i], Args: []algebra.Expr{whole}}
			if n.Triple != nil {
				v := u.s.fresh(tripleVar)
				u.pending = append(u.pending, unpackItem{v, *n.Triple})
				n = algebra.Node{Var: v}
			}
			switch {
			case !n.IsVar():
				filter("SAMETERM", part, &algebra.Const{Term: n.Term})
			case u.bound[n.Var]:
				filter("SAMETERM", part, &algebra.Var{Name: n.Var})
			default:
				u.bound[n.Var] = true
				op = &algebra.Extend{Var: n.Var, Expr: part, In: op}
			}
		}
	}
	return op
}
