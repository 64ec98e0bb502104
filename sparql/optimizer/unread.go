package optimizer

import "triplestore/sparql/algebra"

// asked notes what a query wants of its pattern. The triples of CONSTRUCT and DESCRIBE are a set, unless each solution makes blank nodes
// of its own; ASK wants nothing but one solution.
func (s *scoper) asked(q *algebra.Query, top *names) {
	s.read = Set{}
	read := func(v string) { s.read.insert(s.vars.number(s.name(top, v))) }
	node := func(n algebra.Node) {
		nodeVars(n, func(v string) {
			s.once = s.once && v[0] != '.'
			read(v)
		})
	}
	for _, v := range q.Vars {
		read(v)
	}
	s.once = q.Form != algebra.Select
	for _, t := range q.Template {
		node(t.S)
		node(t.P)
		node(t.O)
	}
	for _, n := range q.Describe {
		node(n)
	}
}

// dropUnread leaves out what cannot change an answer: OPTIONALs that bind nothing which is read, where they cannot give a solution more
// than once or where that does not matter, and BINDs of variables that nobody reads.
//
// LeftJoin keeps every solution of its left side (https://www.w3.org/TR/sparql12-query/#defn_algLeftJoin), extended in one way or in
// several. If what it is extended by is not read, only how often it is there can tell; Distinct, ASK, the patterns of EXISTS, the right
// side of MINUS and aggregates of different values do not ask for that.
func dropUnread(s *scoper, op algebra.Op) algebra.Op {
	if !occurs(op, func(op algebra.Op) bool {
		switch op.(type) {
		case *algebra.LeftJoin, *algebra.Extend:
			return true
		}
		return false
	}) {
		return op
	}
	u := &unread{s: s, binds: newBinds(s.vars), mentioned: map[algebra.Op]Set{}}
	return u.op(op, s.read, s.once)
}

type unread struct {
	s         *scoper
	binds     *binds
	mentioned map[algebra.Op]Set
}

// mentions are the variables that occur in an operator.
func (u *unread) mentions(op algebra.Op) Set {
	s, ok := u.mentioned[op]
	if ok {
		return s
	}
	mentionedBy(op, u.s.vars.insert(&s))
	for _, e := range exprsOf(op) {
		u.s.vars.collectExpr(e, &s)
	}
	for _, in := range inputsOf(op) {
		s = s.Union(u.mentions(in))
	}
	u.mentioned[op] = s
	return s
}

// beside is what is read of an operator: what is read of it and another together, what the other mentions, and a condition.
func (u *unread) beside(op, other algebra.Op, read, cond Set) Set {
	return u.mentions(op).Intersect(read.Union(u.mentions(other)).Union(cond))
}

// op rewrites an operator of whose solutions some variables are read.
func (u *unread) op(op algebra.Op, read Set, once bool) algebra.Op {
	vars := u.s.vars
	and := func(more ...Set) Set {
		out := read
		for _, m := range more {
			out = out.Union(m)
		}
		return out
	}
	if u.s.stopped() {
		return op
	}
	switch o := op.(type) {
	case *algebra.Filter:
		return &algebra.Filter{Cond: u.expr(o.Cond), In: u.op(o.In, and(vars.reads(o.Cond)), once)}
	case *algebra.Join:
		return &algebra.Join{L: u.op(o.L, and(u.mentions(o.R)), once), R: u.op(o.R, and(u.mentions(o.L)), once)}
	case *algebra.Lateral:
		outer := vars.of(u.s.outer[o]...)
		c := &algebra.Lateral{L: u.op(o.L, and(u.mentions(o.R), outer), once), R: u.op(o.R, and(u.mentions(o.L), outer), once)}
		u.s.outer[c] = u.s.outer[o]
		return c
	case *algebra.LeftJoin:
		if !o.Anti && !u.binds.perhaps(o.R).Minus(u.binds.always(o.L)).Overlaps(read) && (once || u.atMostOne(o.R, u.binds.always(o.L))) {
			return u.op(o.L, read, once)
		}
		cond := vars.reads(o.Cond)
		c := &algebra.LeftJoin{Anti: o.Anti, L: u.op(o.L, and(u.mentions(o.R), cond), once)}
		if o.Cond != nil {
			c.Cond = u.expr(o.Cond)
		}
		if o.Anti {
			c.R = u.op(o.R, u.beside(o.R, o.L, Set{}, cond), true)
		} else {
			c.R = u.op(o.R, u.beside(o.R, o.L, read, cond), once)
		}
		return c
	case *algebra.Union:
		return &algebra.Union{L: u.op(o.L, read, once), R: u.op(o.R, read, once)}
	case *algebra.Minus:
		return &algebra.Minus{L: u.op(o.L, and(u.mentions(o.R)), once), R: u.op(o.R, and(u.mentions(o.L)), true)}
	case *algebra.Extend:
		if !vars.has(read, o.Var) {
			return u.op(o.In, read, once)
		}
		return &algebra.Extend{Var: o.Var, Expr: u.expr(o.Expr), In: u.op(o.In, and(vars.reads(o.Expr)), once && !chancy(o.Expr))}
	case *algebra.Graph:
		return &algebra.Graph{Name: o.Name, In: u.op(o.In, and(vars.node(o.Name)), once)}
	case *algebra.Group:
		below := vars.of(o.Keys...)
		c := *o
		c.Aggregates = append([]algebra.Aggregate(nil), o.Aggregates...)
		once := true
		for i, a := range o.Aggregates {
			switch a.Func {
			case "COUNT", "SUM", "AVG", "GROUP_CONCAT":
				once = once && a.Distinct
			case "MIN", "MAX", "SAMPLE":
			default:
				once = false
			}
			if len(a.Args) == 0 && a.Distinct {
				below = below.Union(u.binds.perhaps(o.In))
			}
			c.Aggregates[i].Args = make([]algebra.Expr, len(a.Args))
			for k, e := range a.Args {
				below = below.Union(vars.reads(e))
				once = once && !chancy(e)
				c.Aggregates[i].Args[k] = u.expr(e)
			}
		}
		c.In = u.op(o.In, below, once)
		return &c
	case *algebra.OrderBy:
		var keys Set
		c := &algebra.OrderBy{}
		for _, k := range o.Keys {
			keys = keys.Union(vars.reads(k.Expr))
			c.Keys = append(c.Keys, algebra.SortKey{Expr: u.expr(k.Expr), Desc: k.Desc})
		}
		c.In = u.op(o.In, and(keys), once)
		return c
	case *algebra.Project:
		return &algebra.Project{Vars: o.Vars, In: u.op(o.In, read.Intersect(vars.of(o.Vars...)), once)}
	case *algebra.Distinct:
		return &algebra.Distinct{In: u.op(o.In, and(u.binds.perhaps(o.In)), true)}
	case *algebra.Reduced:
		return &algebra.Reduced{In: u.op(o.In, and(u.binds.perhaps(o.In)), once)}
	case *algebra.Slice:
		return &algebra.Slice{Offset: o.Offset, Limit: o.Limit, In: u.op(o.In, read, false)}
	}
	return op
}

// expr rewrites the patterns of EXISTS: they are asked for what has values from outside, since that has to agree.
func (u *unread) expr(e algebra.Expr) algebra.Expr {
	if !hasExists(e) {
		return e
	}
	switch x := e.(type) {
	case *algebra.Exists:
		c := &algebra.Exists{Not: x.Not, In: u.op(x.In, u.s.vars.of(u.s.outer[x]...), true), At: x.At}
		u.s.outer[c] = u.s.outer[x]
		return c
	case *algebra.Call:
		c := *x
		c.Args = make([]algebra.Expr, len(x.Args))
		for i, a := range x.Args {
			c.Args[i] = u.expr(a)
		}
		return &c
	}
	return e
}

// atMostOne reports whether at most one solution of an operator is compatible with a solution that binds the given variables. A pattern
// of triples has each solution once (https://www.w3.org/TR/sparql12-query/#BGPsparql), and so have closures of paths
// (https://www.w3.org/TR/sparql12-query/#defn_evalPathOneOrMore).
func (u *unread) atMostOne(op algebra.Op, bound Set) bool {
	switch o := op.(type) {
	case *algebra.BGP:
		return u.mentions(o).In(bound)
	case *algebra.PathPattern:
		switch o.Path.(type) {
		case *algebra.ZeroOrMore, *algebra.OneOrMore, *algebra.ZeroOrOne:
			return u.mentions(o).In(bound)
		}
	case *algebra.Join:
		return u.atMostOne(o.L, bound) && u.atMostOne(o.R, bound)
	case *algebra.LeftJoin:
		return u.atMostOne(o.L, bound) && (o.Anti || u.atMostOne(o.R, bound))
	case *algebra.Minus:
		return u.atMostOne(o.L, bound)
	case *algebra.Filter:
		return u.atMostOne(o.In, bound)
	case *algebra.Extend:
		return u.atMostOne(o.In, bound)
	case *algebra.Graph:
		return (!o.Name.IsVar() || u.s.vars.has(bound, o.Name.Var)) && u.atMostOne(o.In, bound)
	case *algebra.Project:
		return u.atMostOne(o.In, bound)
	case *algebra.Distinct:
		return u.binds.perhaps(o.In).In(bound) && u.binds.perhaps(o.In).In(u.binds.always(o.In))
	case *algebra.Group:
		if len(o.Keys) == 0 {
			return true
		}
		keys := u.s.vars.of(o.Keys...)
		return keys.In(bound) && keys.In(u.binds.always(o.In))
	}
	return false
}

// chancy reports whether an expression has another value each time, or may have.
func chancy(e algebra.Expr) bool {
	found := false
	algebra.WalkExpr(e, func(e algebra.Expr) bool {
		if c, ok := e.(*algebra.Call); ok {
			switch c.Func {
			case "RAND", "UUID", "STRUUID", "BNODE":
				found = true
			}
			found = found || len(c.Func) > 2 && c.Func[0] == '<'
		}
		return !found
	})
	return found
}
