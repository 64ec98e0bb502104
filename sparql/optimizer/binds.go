package optimizer

import "triplestore/sparql/algebra"

// binds knows which variables the solutions of operators bind, by their unique names, for rules. Values from outside, of the solution that
// a pattern of EXISTS or LATERAL is evaluated for, are not among them.
type binds struct {
	vars           *varTable
	certain, maybe map[algebra.Op]Set
}

func newBinds(vars *varTable) *binds {
	return &binds{vars: vars, certain: map[algebra.Op]Set{}, maybe: map[algebra.Op]Set{}}
}

// perhaps are the variables that an operator may bind.
func (b *binds) perhaps(op algebra.Op) Set {
	if s, ok := b.maybe[op]; ok {
		return s
	}
	var s Set
	switch o := op.(type) {
	case *algebra.Service:
		s = b.vars.node(o.Name).Union(b.vars.of(o.As...))
	case *algebra.Minus:
		s = b.perhaps(o.L)
	case *algebra.LeftJoin:
		if s = b.perhaps(o.L); !o.Anti {
			s = s.Union(b.perhaps(o.R))
		}
	case *algebra.Filter:
		s = b.perhaps(o.In)
	case *algebra.Extend:
		s = b.perhaps(o.In).With(b.vars.number(o.Var))
	case *algebra.Graph:
		s = b.perhaps(o.In).Union(b.vars.node(o.Name))
	case *algebra.Join, *algebra.Union, *algebra.Lateral, *algebra.OrderBy, *algebra.Distinct, *algebra.Reduced, *algebra.Slice:
		for _, in := range inputsOf(op) {
			s = s.Union(b.perhaps(in))
		}
	case *algebra.Project:
		s = b.perhaps(o.In).Intersect(b.vars.of(o.Vars...))
	case *algebra.Group:
		s = b.perhaps(o.In).Intersect(b.vars.of(o.Keys...))
		for _, a := range o.Aggregates {
			s = s.With(b.vars.number(a.Var))
		}
	default:
		s = b.vars.mentioned(op)
	}
	b.maybe[op] = s
	return s
}

// always are the variables that every solution of an operator binds.
func (b *binds) always(op algebra.Op) Set {
	if s, ok := b.certain[op]; ok {
		return s
	}
	var s Set
	switch o := op.(type) {
	case *algebra.BGP, *algebra.PathPattern:
		s = b.vars.mentioned(op)
	case *algebra.Join, *algebra.Lateral:
		for _, in := range inputsOf(op) {
			s = s.Union(b.always(in))
		}
	case *algebra.LeftJoin:
		s = b.always(o.L)
	case *algebra.Minus:
		s = b.always(o.L)
	case *algebra.Filter:
		s = b.always(o.In)
	case *algebra.Union:
		s = b.always(o.L).Intersect(b.always(o.R))
	case *algebra.Extend:
		s = b.always(o.In)
		if v, ok := o.Expr.(*algebra.Var); certainExpr(o.Expr) || ok && b.vars.has(s, v.Name) {
			s = s.With(b.vars.number(o.Var))
		}
	case *algebra.Graph:
		s = b.always(o.In).Union(b.vars.node(o.Name))
	case *algebra.Values:
		for i, v := range o.Vars {
			all := true
			for _, row := range o.Rows {
				all = all && !row[i].IsZero()
			}
			if all {
				s = s.With(b.vars.number(v))
			}
		}
	case *algebra.Project:
		s = b.always(o.In).Intersect(b.vars.of(o.Vars...))
	case *algebra.Group:
		s = b.always(o.In).Intersect(b.vars.of(o.Keys...))
	case *algebra.OrderBy, *algebra.Distinct, *algebra.Reduced, *algebra.Slice:
		s = b.always(inputsOf(op)[0])
	}
	b.certain[op] = s
	return s
}
