package optimizer

import "triplestore/sparql/algebra"

// binds knows which variables the solutions of operators bind, by their unique names, for rules. Values from outside, of the solution that
// a pattern of EXISTS or LATERAL is evaluated for, are not among them.
type binds struct {
	certain, maybe map[algebra.Op]nameSet
}

func newBinds() *binds {
	return &binds{certain: map[algebra.Op]nameSet{}, maybe: map[algebra.Op]nameSet{}}
}

// perhaps are the variables that an operator may bind. The set must not be changed.
func (b *binds) perhaps(op algebra.Op) nameSet {
	if s, ok := b.maybe[op]; ok {
		return s
	}
	s := nameSet{}
	switch o := op.(type) {
	case *algebra.Service:
		nodeVars(o.Name, s)
		for _, v := range o.As {
			s[v] = true
		}
	case *algebra.Minus:
		s = b.perhaps(o.L)
	case *algebra.LeftJoin:
		if s = b.perhaps(o.L); !o.Anti {
			s = nameSet{}.add(s).add(b.perhaps(o.R))
		}
	case *algebra.Filter:
		s = b.perhaps(o.In)
	case *algebra.Extend:
		s.add(b.perhaps(o.In))[o.Var] = true
	case *algebra.Graph:
		nodeVars(o.Name, s.add(b.perhaps(o.In)))
	case *algebra.Join, *algebra.Union, *algebra.Lateral, *algebra.OrderBy, *algebra.Distinct, *algebra.Reduced, *algebra.Slice:
		for _, in := range inputsOf(op) {
			s.add(b.perhaps(in))
		}
	case *algebra.Project:
		in := b.perhaps(o.In)
		for _, v := range o.Vars {
			if in[v] {
				s[v] = true
			}
		}
	case *algebra.Group:
		in := b.perhaps(o.In)
		for _, k := range o.Keys {
			if in[k] {
				s[k] = true
			}
		}
		for _, a := range o.Aggregates {
			s[a.Var] = true
		}
	default:
		mentions(op, s)
	}
	b.maybe[op] = s
	return s
}

// always are the variables that every solution of an operator binds. The set must not be changed.
func (b *binds) always(op algebra.Op) nameSet {
	if s, ok := b.certain[op]; ok {
		return s
	}
	s := nameSet{}
	switch o := op.(type) {
	case *algebra.BGP, *algebra.PathPattern:
		mentions(op, s)
	case *algebra.Join, *algebra.Lateral:
		for _, in := range inputsOf(op) {
			s.add(b.always(in))
		}
	case *algebra.LeftJoin:
		s = b.always(o.L)
	case *algebra.Minus:
		s = b.always(o.L)
	case *algebra.Filter:
		s = b.always(o.In)
	case *algebra.Union:
		r := b.always(o.R)
		for v := range b.always(o.L) {
			if r[v] {
				s[v] = true
			}
		}
	case *algebra.Extend:
		s.add(b.always(o.In))
		if v, ok := o.Expr.(*algebra.Var); certainExpr(o.Expr) || ok && s[v.Name] {
			s[o.Var] = true
		}
	case *algebra.Graph:
		nodeVars(o.Name, s.add(b.always(o.In)))
	case *algebra.Values:
		for i, v := range o.Vars {
			all := true
			for _, row := range o.Rows {
				all = all && !row[i].IsZero()
			}
			if all {
				s[v] = true
			}
		}
	case *algebra.Project:
		in := b.always(o.In)
		for _, v := range o.Vars {
			if in[v] {
				s[v] = true
			}
		}
	case *algebra.Group:
		in := b.always(o.In)
		for _, k := range o.Keys {
			if in[k] {
				s[k] = true
			}
		}
	case *algebra.OrderBy, *algebra.Distinct, *algebra.Reduced, *algebra.Slice:
		s = b.always(inputsOf(op)[0])
	}
	b.certain[op] = s
	return s
}

// meets reports whether the sets have something in common.
func (a nameSet) meets(b nameSet) bool {
	if len(b) < len(a) {
		a, b = b, a
	}
	for v := range a {
		if b[v] {
			return true
		}
	}
	return false
}

// in reports whether everything that is in a is in b.
func (a nameSet) in(b nameSet) bool {
	for v := range a {
		if !b[v] {
			return false
		}
	}
	return true
}

// without is a less b.
func (a nameSet) without(b nameSet) nameSet {
	out := nameSet{}
	for v := range a {
		if !b[v] {
			out[v] = true
		}
	}
	return out
}

// both is what is in a and in b.
func (a nameSet) both(b nameSet) nameSet {
	out := nameSet{}
	for v := range a {
		if b[v] {
			out[v] = true
		}
	}
	return out
}
