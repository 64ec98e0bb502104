package optimizer

import (
	"cmp"
	"slices"

	"triplestore/sparql/algebra"
)

// equalities applies joinEqual outside of what is evaluated for each solution, where a table for a few rows costs more than it saves.
func equalities(s *scoper, op algebra.Op) algebra.Op {
	each := map[algebra.Op]bool{}
	algebra.Walk(op, func(o algebra.Op) bool {
		if l, ok := o.(*algebra.Lateral); ok {
			each[l.R] = true
		}
		for _, e := range algebra.Exprs(o) {
			algebra.WalkExpr(e, func(e algebra.Expr) bool {
				if x, ok := e.(*algebra.Exists); ok {
					each[x.In] = true
				}
				return true
			})
		}
		return true
	})
	bound := newBinds(s.vars)
	var walk func(op algebra.Op) algebra.Op
	walk = func(op algebra.Op) algebra.Op {
		if each[op] || s.stopped() {
			return op
		}
		return joinEqual(s, bound, mapOp(s, op, walk))
	}
	return walk(op)
}

// joinEqual makes an equation between variables of patterns that share none a join: FILTER(?a = ?b) over a product of two patterns, or
// the condition of OPTIONAL. Both sides bind new variables to keys, which are the same where the values may be equal, and the
// equation stays to be tested for what the join lets through.
func joinEqual(s *scoper, bound *binds, op algebra.Op) algebra.Op {
	switch o := op.(type) {
	case *algebra.Filter:
		in, ok := joinParts(s, o.In, equations(o.Cond))
		if ok {
			return &algebra.Filter{Cond: o.Cond, In: in}
		}
	case *algebra.LeftJoin:
		equal := equations(o.Cond)
		if len(equal) == 0 {
			return op
		}
		l, r := bound.perhaps(o.L), bound.perhaps(o.R)
		if l.Overlaps(r) {
			return op // the join has a key
		}
		for _, e := range equal {
			a, b := e[0], e[1]
			if s.vars.has(r, a) {
				a, b = b, a
			}
			if s.vars.has(l, a) && s.vars.has(r, b) {
				if s.vars.has(bound.always(o.L), a) && s.vars.has(bound.always(o.R), b) && (resource(o.L, a) || resource(o.R, b)) {
					k := s.fresh(".equal")
					return &algebra.LeftJoin{L: same(k, a, o.L), R: same(k, b, o.R), Cond: withoutEquation(o.Cond, a, b), Anti: o.Anti}
				}
				k := freshKeys(s)
				return &algebra.LeftJoin{L: keyed(k, a, o.L), R: keyed(k, b, o.R), Cond: o.Cond, Anti: o.Anti}
			}
		}
	}
	return op
}

// equations are the pairs of variables that a condition demands to be equal.
func equations(cond algebra.Expr) (out [][2]string) {
	if cond == nil {
		return nil
	}
	for _, e := range conjuncts(cond) {
		c, ok := e.(*algebra.Call)
		if !ok || c.Func != "=" || len(c.Args) != 2 {
			continue
		}
		a, aOK := c.Args[0].(*algebra.Var)
		b, bOK := c.Args[1].(*algebra.Var)
		if aOK && bOK && a.Name != b.Name {
			out = append(out, [2]string{a.Name, b.Name})
		}
	}
	return out
}

// joinParts joins the parts of a pattern that share no variable by the equations between them. It reports whether there were any.
func joinParts(s *scoper, in algebra.Op, equal [][2]string) (algebra.Op, bool) {
	if len(equal) == 0 {
		return in, false
	}
	parts := splitter{of: map[string]*patternPart{}}
	if !parts.split(in) {
		return in, false
	}
	found := false
	for _, e := range equal {
		a, b := parts.of[e[0]], parts.of[e[1]]
		if a == nil || b == nil || a == b || a.op != nil && b.op != nil {
			continue
		}
		k := freshKeys(s)
		a.op, b.op = keyed(k, e[0], a.pattern()), keyed(k, e[1], b.pattern())
		found = true
	}
	if !found {
		return in, false
	}
	var out algebra.Op
	for _, p := range parts.list {
		switch {
		case p == nil:
		case out == nil:
			out = p.pattern()
		default:
			out = &algebra.Join{L: out, R: p.pattern()}
		}
	}
	return out, true
}

// patternPart is a part of a pattern, with variables that no other part has.
type patternPart struct {
	pieces []algebra.Op // patterns of one triple, and paths
	vars   []string
	at     int        // its place in the list
	op     algebra.Op // with keys
}

// pattern is the part as one operator. Triple patterns stay together, as the planner orders those of one operator best.
func (p *patternPart) pattern() (out algebra.Op) {
	if p.op != nil {
		return p.op
	}
	var last *algebra.BGP
	for _, piece := range p.pieces {
		b, ok := piece.(*algebra.BGP)
		switch {
		case ok && last != nil:
			last.Patterns = append(last.Patterns, b.Patterns...)
			continue
		case ok:
			last = &algebra.BGP{Patterns: slices.Clone(b.Patterns)}
			piece = last
		}
		if out == nil {
			out = piece
		} else {
			out = &algebra.Join{L: out, R: piece}
		}
	}
	return out
}

// splitter parts a pattern of triples and paths.
type splitter struct {
	list []*patternPart // nil where a part has become one with a later one
	of   map[string]*patternPart
}

// split parts a pattern; it refuses other operators.
func (s *splitter) split(op algebra.Op) bool {
	switch o := op.(type) {
	case *algebra.Join:
		return s.split(o.L) && s.split(o.R)
	case *algebra.BGP:
		for _, t := range o.Patterns {
			s.add(&algebra.BGP{Patterns: []algebra.TriplePattern{t}}, t.S, t.P, t.O)
		}
		return true
	case *algebra.PathPattern:
		s.add(o, o.S, o.O)
		return true
	}
	return false
}

// add adds a piece with its variables, and makes one part of all that it has some in common with.
func (s *splitter) add(piece algebra.Op, nodes ...algebra.Node) {
	var meets []*patternPart
	var vars []string
	for _, n := range nodes {
		nodeVars(n, func(v string) {
			vars = append(vars, v)
			if p := s.of[v]; p != nil && !slices.Contains(meets, p) {
				meets = append(meets, p)
			}
		})
	}
	slices.SortFunc(meets, func(a, b *patternPart) int { return cmp.Compare(len(b.pieces), len(a.pieces)) })
	to := &patternPart{}
	if len(meets) > 0 {
		to = meets[0]
		s.list[to.at] = nil
		for _, p := range meets[1:] { // the smaller ones go to the largest
			s.list[p.at] = nil
			to.pieces, to.vars = append(to.pieces, p.pieces...), append(to.vars, p.vars...)
			for _, v := range p.vars {
				s.of[v] = to
			}
		}
	}
	to.pieces, to.at = append(to.pieces, piece), len(s.list)
	s.list = append(s.list, to)
	for _, v := range vars {
		if s.of[v] != to {
			s.of[v] = to
			to.vars = append(to.vars, v)
		}
	}
}

// resource reports whether a variable, where an operator binds it, is an IRI or a blank node, since it is the subject of a triple
// (https://www.w3.org/TR/rdf12-concepts/#dfn-subject). Such a term is equal to itself alone, and comparing it is no error.
func resource(op algebra.Op, v string) bool {
	switch o := op.(type) {
	case *algebra.BGP:
		return slices.ContainsFunc(o.Patterns, func(t algebra.TriplePattern) bool { return t.S.Var == v || t.P.Var == v })
	case *algebra.Join:
		return resource(o.L, v) || resource(o.R, v)
	case *algebra.Union:
		return resource(o.L, v) && resource(o.R, v)
	case *algebra.LeftJoin:
		return resource(o.L, v)
	case *algebra.Minus:
		return resource(o.L, v)
	case *algebra.Filter:
		return resource(o.In, v)
	case *algebra.Extend:
		return o.Var != v && resource(o.In, v)
	}
	return false
}

// same binds key to the value of v.
func same(key, v string, in algebra.Op) algebra.Op {
	return &algebra.Extend{Var: key, Expr: &algebra.Var{Name: v}, In: in}
}

// withoutEquation is a condition without one of two variables that it demands to be equal; nil is nothing left.
func withoutEquation(cond algebra.Expr, a, b string) algebra.Expr {
	left := slices.DeleteFunc(conjuncts(cond), func(e algebra.Expr) bool {
		of := equations(e)
		return len(of) == 1 && (of[0] == [2]string{a, b} || of[0] == [2]string{b, a})
	})
	if len(left) == 0 {
		return nil
	}
	return conjunction(left)
}

// keyed binds two variables to keys that are the same for all values that may be equal to that of v. The first leaves those of xsd:float
// unbound, so that the join finds them by the second alone.
func keyed(keys [2]string, v string, in algebra.Op) algebra.Op {
	for i, f := range [2]string{"equalKey", "floatKey"} {
		in = &algebra.Extend{Var: keys[i], In: in, Expr: &algebra.Call{Func: f, Args: []algebra.Expr{&algebra.Var{Name: v}}}}
	}
	return in
}

// freshKeys are names for keyed.
func freshKeys(s *scoper) [2]string { return [2]string{s.fresh(".equal"), s.fresh(".equal")} }
