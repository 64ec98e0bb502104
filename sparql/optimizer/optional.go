package optimizer

import (
	"slices"
	"strings"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/vocab"
)

// decideOptionals finds OPTIONALs of which a filter above keeps only what they extend, or only what they do not.
//
// LeftJoin(L, R, C) is the solutions of Join(L, R) for which C holds, and those of L that have no such solution
// (https://www.w3.org/TR/sparql12-query/#defn_algLeftJoin). Where ?x is not bound by L, all of the latter leave it unbound. So
//
//   - a filter that cannot be true while ?x is unbound drops all of them: the OPTIONAL is a join under the filter C;
//   - a filter that cannot be true while ?x is bound, where R always binds it, drops all of the former: the OPTIONAL is an anti-join.
//
// Both hold for filters further above too, as far as the operators between them only pass ?x on. A join on ?x is no such filter: an
// unbound variable is compatible with everything (https://www.w3.org/TR/sparql12-query/#defn_algCompatibleMapping).
func decideOptionals(s *scoper, op algebra.Op) algebra.Op {
	if !occurs(op, func(op algebra.Op) bool {
		switch op.(type) {
		case *algebra.LeftJoin, *algebra.Minus:
			return true
		}
		return false
	}) {
		return op
	}
	return (&decider{s: s, binds: newBinds(s.vars)}).op(op, Set{}, Set{})
}

// occurs reports whether an operator like that is in op, at any depth.
func occurs(op algebra.Op, like func(algebra.Op) bool) bool {
	if like(op) {
		return true
	}
	for _, in := range inputsOf(op) {
		if occurs(in, like) {
			return true
		}
	}
	for _, e := range exprsOf(op) {
		found := false
		algebra.WalkExpr(e, func(e algebra.Expr) bool {
			x, ok := e.(*algebra.Exists)
			found = found || ok && occurs(x.In, like)
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

type decider struct {
	s     *scoper
	binds *binds
	outer Set // may have values from outside
}

// op rewrites an operator. Its solutions that leave a variable of bound unbound, or that bind one of unbound, are dropped further above,
// whatever else they have: so they may be dropped here.
func (d *decider) op(op algebra.Op, bound, unbound Set) algebra.Op {
	if d.s.stopped() {
		return op
	}
	switch o := op.(type) {
	case *algebra.Filter:
		cond := d.expr(o.Cond)
		for _, c := range conjuncts(cond) {
			b, u := d.demands(c)
			bound, unbound = bound.Union(b), unbound.Union(u)
		}
		return d.filter(cond, d.op(o.In, bound, unbound))
	case *algebra.LeftJoin:
		return d.leftJoin(o, bound, unbound)
	case *algebra.Join:
		// A solution of one side that leaves ?x unbound may get it from the other side.
		return &algebra.Join{L: d.op(o.L, bound.Minus(d.binds.perhaps(o.R)), unbound), R: d.op(o.R, bound.Minus(d.binds.perhaps(o.L)), unbound)}
	case *algebra.Union:
		return &algebra.Union{L: d.op(o.L, bound, unbound), R: d.op(o.R, bound, unbound)}
	case *algebra.Minus:
		l := d.op(o.L, bound, unbound)
		if d.outer.Empty() && !d.binds.perhaps(o.L).Overlaps(d.binds.perhaps(o.R)) {
			return l // solutions with no variable in common stay: https://www.w3.org/TR/sparql12-query/#defn_algMinus
		}
		return &algebra.Minus{L: l, R: d.op(o.R, Set{}, Set{})}
	case *algebra.Extend:
		e := d.expr(o.Expr)
		v := d.s.vars.of(o.Var)
		below := bound.Minus(v)
		if bound.Overlaps(v) {
			below = below.Union(d.fails(e).Minus(d.outer))
		}
		return &algebra.Extend{Var: o.Var, Expr: e, In: d.op(o.In, below, unbound.Minus(v))}
	case *algebra.Graph:
		name := d.s.vars.node(o.Name)
		return &algebra.Graph{Name: o.Name, In: d.op(o.In, bound.Minus(name), unbound.Minus(name))}
	case *algebra.Project:
		vars := d.s.vars.of(o.Vars...)
		return &algebra.Project{Vars: o.Vars, In: d.op(o.In, bound.Intersect(vars), unbound.Intersect(vars))}
	case *algebra.Distinct:
		return &algebra.Distinct{In: d.op(o.In, bound, unbound)}
	case *algebra.Reduced:
		return &algebra.Reduced{In: d.op(o.In, bound, unbound)}
	case *algebra.OrderBy:
		c := &algebra.OrderBy{In: d.op(o.In, bound, unbound)}
		for _, k := range o.Keys {
			c.Keys = append(c.Keys, algebra.SortKey{Expr: d.expr(k.Expr), Desc: k.Desc})
		}
		return c
	case *algebra.Group:
		keys := d.s.vars.of(o.Keys...)
		c := *o
		c.In = d.op(o.In, bound.Intersect(keys), unbound.Intersect(keys)) // whole groups are dropped
		c.Aggregates = slices.Clone(o.Aggregates)
		for i, a := range c.Aggregates {
			c.Aggregates[i].Args = make([]algebra.Expr, len(a.Args))
			for k, e := range a.Args {
				c.Aggregates[i].Args[k] = d.expr(e)
			}
		}
		return &c
	}
	return mapOp(d.s, op, d.inner(op))
}

// inner rewrites what is beneath an operator that passes nothing on, with what is visible in it from outside.
func (d *decider) inner(of any) func(algebra.Op) algebra.Op {
	return func(op algebra.Op) algebra.Op {
		before := d.outer
		d.outer = before.Union(d.s.vars.of(d.s.outer[of]...))
		defer func() { d.outer = before }()
		return d.op(op, Set{}, Set{})
	}
}

// expr rewrites the patterns of EXISTS in an expression.
func (d *decider) expr(e algebra.Expr) algebra.Expr {
	if e == nil || !hasExists(e) {
		return e
	}
	if x, ok := e.(*algebra.Exists); ok {
		return mapExpr(d.s, x, d.inner(x)) // what the pattern leaves out above is for the pattern alone
	}
	switch x := e.(type) {
	case *algebra.Call:
		c := *x
		c.Args = make([]algebra.Expr, len(x.Args))
		for i, a := range x.Args {
			c.Args[i] = d.expr(a)
		}
		return &c
	case *algebra.TripleExpr:
		return &algebra.TripleExpr{S: d.expr(x.S), P: d.expr(x.P), O: d.expr(x.O)}
	}
	return e
}

func (d *decider) leftJoin(o *algebra.LeftJoin, bound, unbound Set) algebra.Op {
	ofL, ofR := d.binds.perhaps(o.L), d.binds.perhaps(o.R)
	l := d.op(o.L, bound.Minus(ofR), unbound)
	cond := d.expr(o.Cond)
	// What the condition demands, R may be asked for, where it does not come from L.
	var inR, notInR Set
	var rest, pushed []algebra.Expr
	if cond != nil {
		for _, c := range conjuncts(cond) {
			b, u := d.demands(c)
			inR, notInR = inR.Union(b), notInR.Union(u)
			// A conjunct whose variables mean the same in R alone holds there or nowhere.
			if !hasExists(c) && d.s.vars.reads(c).commonIn(ofL, d.binds.always(o.R)) {
				pushed = append(pushed, c)
			} else {
				rest = append(rest, c)
			}
		}
	}
	inR = inR.Minus(ofL)
	anti := o.Anti || unbound.Overlaps(d.binds.always(o.R))
	inner := !anti && bound.Minus(ofL).Overlaps(ofR)
	if inner {
		inR, notInR = inR.Union(bound.Minus(ofL)), notInR.Union(unbound)
	}
	right := o.R
	if len(pushed) > 0 {
		right = &algebra.Filter{Cond: conjunction(pushed), In: right}
	}
	r := d.op(right, inR, notInR)
	switch {
	case inner && len(rest) == 0:
		return &algebra.Join{L: l, R: r}
	case inner:
		return d.filter(conjunction(rest), &algebra.Join{L: l, R: r})
	}
	out := &algebra.LeftJoin{L: l, R: r, Anti: anti}
	if len(rest) > 0 {
		out.Cond = conjunction(rest)
	}
	return out
}

// conjunction is the conjunction of expressions.
func conjunction(es []algebra.Expr) algebra.Expr {
	if len(es) == 1 {
		return es[0]
	}
	return &algebra.Call{Func: "&&", Args: es}
}

// filter makes a Filter without those conditions that are true of all solutions.
func (d *decider) filter(cond algebra.Expr, in algebra.Op) algebra.Op {
	var left []algebra.Expr
	for _, c := range conjuncts(cond) {
		x, not := c, false
		if n, ok := c.(*algebra.Call); ok && n.Func == "!" && len(n.Args) == 1 {
			x, not = n.Args[0], true
		}
		if v := boundBy(x); v != "" && (!not && d.has(d.binds.always(in), v) || not && !d.has(d.binds.perhaps(in), v) && !d.has(d.outer, v)) {
			continue
		}
		left = append(left, c)
	}
	if len(left) == 0 {
		return in
	}
	return &algebra.Filter{Cond: conjunction(left), In: in}
}

func (d *decider) has(s Set, v string) bool { return d.s.vars.has(s, v) }

// demands gives the variables that must be bound for a condition to hold, and those that must not be.
func (d *decider) demands(c algebra.Expr) (bound, unbound Set) {
	bound = d.rejects(c).Minus(d.outer)
	if n, ok := c.(*algebra.Call); ok && n.Func == "!" && len(n.Args) == 1 {
		if v := boundBy(n.Args[0]); v != "" && !d.has(d.outer, v) {
			unbound = d.s.vars.of(v)
		}
	}
	return bound, unbound
}

// strictFuncs are the operators and functions that give an error where an argument does
// (https://www.w3.org/TR/sparql12-query/#invocation).
var strictFuncs = nameSetOf("=", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "UNARY-", "UNARY+", "-UNARY", "+UNARY", "!", "SAMETERM", "STR", "LANG", "LANGDIR", "LANGMATCHES",
	"DATATYPE", "ISIRI", "ISURI", "ISBLANK", "ISLITERAL", "ISNUMERIC", "ISTRIPLE", "REGEX", "REPLACE", "STRLEN", "SUBSTR", "UCASE", "LCASE", "STRSTARTS",
	"STRENDS", "CONTAINS", "STRBEFORE", "STRAFTER", "CONCAT", "ABS", "ROUND", "CEIL", "FLOOR", "YEAR", "MONTH", "DAY", "HOURS", "MINUTES", "SECONDS", "TIMEZONE",
	"TZ", "IRI", "URI", "STRDT", "STRLANG", "SUBJECT", "PREDICATE", "OBJECT", "TRIPLE")

// fails are the variables that make an expression an error while they are unbound.
func (d *decider) fails(e algebra.Expr) (s Set) {
	switch x := e.(type) {
	case *algebra.Var:
		return d.s.vars.of(x.Name)
	case *algebra.TripleExpr:
		return d.fails(x.S).Union(d.fails(x.P)).Union(d.fails(x.O))
	case *algebra.Call:
		switch {
		case x.Func == "IF" && len(x.Args) == 3:
			return d.fails(x.Args[0]).Union(d.fails(x.Args[1]).Intersect(d.fails(x.Args[2])))
		case x.Func == "IN" || x.Func == "NOT IN":
			if len(x.Args) > 1 {
				return d.fails(x.Args[0])
			}
		case x.Func == "&&" || x.Func == "||":
			return d.every(x.Args, d.fails)
		case strictFuncs[strings.ToUpper(x.Func)]:
			return d.any(x.Args, d.fails)
		}
	}
	return s
}

// any are the variables of which something holds in any of some expressions, every those of which it holds in all.
func (d *decider) any(of []algebra.Expr, holds func(algebra.Expr) Set) (s Set) {
	for _, e := range of {
		s.add(holds(e))
	}
	return s
}

func (d *decider) every(of []algebra.Expr, holds func(algebra.Expr) Set) (s Set) {
	for i, e := range of {
		if i == 0 {
			s = holds(e)
		} else if s = s.Intersect(holds(e)); s.Empty() {
			break
		}
	}
	return s
}

// rejects are the variables that make a condition false or an error while they are unbound, by the tables of logical operators
// (https://www.w3.org/TR/sparql12-query/#evaluation). Of a constant that is false any would: nothing is known of those that it does not name.
func (d *decider) rejects(e algebra.Expr) Set {
	s := d.fails(e)
	x, ok := e.(*algebra.Call)
	if !ok {
		return s
	}
	switch x.Func {
	case "BOUND":
		if v := boundBy(x); v != "" {
			s = s.Union(d.s.vars.of(v))
		}
	case "!":
		if len(x.Args) == 1 {
			s = s.Union(d.accepts(x.Args[0]))
		}
	case "&&":
		s = s.Union(d.any(x.Args, d.rejects))
	case "||", "COALESCE":
		s = s.Union(d.everyButFalse(x.Args))
	case "IF":
		if len(x.Args) == 3 {
			s = s.Union(d.everyButFalse(x.Args[1:]))
		}
	}
	return s
}

// everyButFalse is every of rejects, where constants that are false may be left out; not all may.
func (d *decider) everyButFalse(of []algebra.Expr) Set {
	return d.every(slices.DeleteFunc(slices.Clone(of), isFalse), d.rejects)
}

func isFalse(e algebra.Expr) bool {
	c, ok := e.(*algebra.Const)
	return ok && c.Term == rdf.Literal("false", vocab.XSDBoolean)
}

// accepts are the variables that make a condition true or an error while they are unbound.
func (d *decider) accepts(e algebra.Expr) Set {
	s := d.fails(e)
	if x, ok := e.(*algebra.Call); ok {
		switch x.Func {
		case "!":
			if len(x.Args) == 1 {
				s = s.Union(d.rejects(x.Args[0]))
			}
		case "&&":
			s = s.Union(d.every(x.Args, d.accepts))
		case "||":
			s = s.Union(d.any(x.Args, d.accepts))
		}
	}
	return s
}
