package optimizer

import (
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
	var walk func(op algebra.Op) algebra.Op
	walk = func(op algebra.Op) algebra.Op {
		if each[op] || s.stopped() {
			return op
		}
		return joinEqual(s, mapOp(s, op, walk))
	}
	return walk(op)
}

// joinEqual makes an equation between variables of patterns that share none a join: FILTER(?a = ?b) over a product of two patterns, or
// the condition of OPTIONAL. Both sides bind new variables to keys, which are the same where the values may be equal, and the
// equation stays to be tested for what the join lets through.
func joinEqual(s *scoper, op algebra.Op) algebra.Op {
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
		l, r := algebra.Vars(o.L), algebra.Vars(o.R)
		if slices.ContainsFunc(l, func(v string) bool { return slices.Contains(r, v) }) {
			return op // the join has a key
		}
		for _, e := range equal {
			a, b := e[0], e[1]
			if slices.Contains(r, a) {
				a, b = b, a
			}
			if slices.Contains(l, a) && slices.Contains(r, b) {
				if bound := newBinds(s.vars); s.vars.has(bound.always(o.L), a) && s.vars.has(bound.always(o.R), b) && (resource(o.L, a) || resource(o.R, b)) {
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
	var parts []*patternPart
	if !splitParts(in, &parts) {
		return in, false
	}
	partOf := func(v string) *patternPart {
		for _, p := range parts {
			if p.vars[v] {
				return p
			}
		}
		return nil
	}
	found := false
	for _, e := range equal {
		a, b := partOf(e[0]), partOf(e[1])
		if a == nil || b == nil || a == b || a.joined && b.joined {
			continue
		}
		k := freshKeys(s)
		a.op, b.op = keyed(k, e[0], a.op), keyed(k, e[1], b.op)
		a.joined, b.joined, found = true, true, true
	}
	if !found {
		return in, false
	}
	var out algebra.Op
	for _, p := range parts {
		if out == nil {
			out = p.op
		} else {
			out = &algebra.Join{L: out, R: p.op}
		}
	}
	return out, true
}

// patternPart is a part of a pattern, with variables that no other part has.
type patternPart struct {
	op     algebra.Op
	vars   nameSet
	joined bool
}

func (p *patternPart) meets(vars nameSet) bool {
	for v := range vars {
		if p.vars[v] {
			return true
		}
	}
	return false
}

// splitParts parts a pattern of triples and paths; it refuses others.
func splitParts(op algebra.Op, parts *[]*patternPart) bool {
	switch o := op.(type) {
	case *algebra.Join:
		return splitParts(o.L, parts) && splitParts(o.R, parts)
	case *algebra.BGP:
		for _, t := range o.Patterns {
			vars := nameSet{}
			nodeVars(t.S, vars.put)
			nodeVars(t.P, vars.put)
			nodeVars(t.O, vars.put)
			addPart(parts, &patternPart{op: &algebra.BGP{Patterns: []algebra.TriplePattern{t}}, vars: vars})
		}
		return true
	case *algebra.PathPattern:
		vars := nameSet{}
		nodeVars(o.S, vars.put)
		nodeVars(o.O, vars.put)
		addPart(parts, &patternPart{op: o, vars: vars})
		return true
	}
	return false
}

// addPart adds a part and makes one of all that it has variables in common with.
func addPart(parts *[]*patternPart, add *patternPart) {
	var out []*patternPart
	for _, p := range *parts {
		if !p.meets(add.vars) {
			out = append(out, p)
			continue
		}
		add = &patternPart{op: together(p.op, add.op), vars: add.vars.add(p.vars)}
	}
	*parts = append(out, add)
}

// together keeps triple patterns together, as the planner orders those of one operator best.
func together(a, b algebra.Op) algebra.Op {
	x, xOK := a.(*algebra.BGP)
	y, yOK := b.(*algebra.BGP)
	if xOK && yOK {
		return &algebra.BGP{Patterns: slices.Concat(x.Patterns, y.Patterns)}
	}
	return &algebra.Join{L: a, R: b}
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
