package optimizer

import (
	"strings"

	"triplestore/sparql/algebra"
)

// scope are the variables that an operator's solutions bind: certainly, and perhaps.
type scope struct{ certain, maybe Set }

func (a scope) union(b scope) scope {
	return scope{a.certain.Union(b.certain), a.maybe.Union(b.maybe)}
}

// scope computes the variables of an operator; parameters are not among them.
func (p *planner) scope(op algebra.Op) scope {
	if s, ok := p.scopes[op]; ok {
		return s
	}
	s, ok := p.scopeBut(op)
	if !ok {
		s = p.scopeOf(op)
	}
	p.scopes[op] = s
	return s
}

// scopeBut is the scope of an operator as it is without parameters, but for these: patterns within each other have the same operators in
// them, each with other parameters. It is not known where something other than patterns names one of the parameters, and is asked for no
// more when the query runs.
func (p *planner) scopeBut(op algebra.Op) (scope, bool) {
	if p.params.Empty() && p.given.Empty() {
		return scope{}, false
	}
	special, known := p.special[op]
	if !known && !p.late {
		special = p.specialOf(op)
	} else if !known {
		return scope{}, false
	}
	if special.Overlaps(p.params) || special.Overlaps(p.given) {
		return scope{}, false
	}
	s, known := p.unbound[op]
	if !known {
		if p.late {
			return scope{}, false
		}
		s = (&planner{shared: p.shared, scopes: p.unbound}).scope(op)
	}
	if !p.show {
		s = scope{s.certain.Minus(p.params), s.maybe.Minus(p.params)}
	}
	return s, true
}

// specialOf are the variables that operators other than patterns bind, hide or rename, at any depth.
func (p *planner) specialOf(op algebra.Op) (s Set) {
	if s, ok := p.special[op]; ok {
		return s
	}
	add := func(names ...string) {
		for _, v := range names {
			s.insert(p.slot(v))
		}
	}
	switch o := op.(type) {
	case *algebra.Extend:
		add(o.Var)
		if v, ok := o.Expr.(*algebra.Var); ok {
			add(v.Name)
		}
	case *algebra.Values:
		add(o.Vars...)
	case *algebra.Service:
		add(o.As...)
		nodeVars(o.Name, func(v string) { add(v) })
	case *algebra.Group:
		add(o.Keys...)
		for _, a := range o.Aggregates {
			add(a.Var)
		}
	case *algebra.Project:
		add(o.Vars...)
	}
	for _, in := range inputsOf(op) {
		s.add(p.specialOf(in))
	}
	p.special[op] = s
	return s
}

func (p *planner) scopeOf(op algebra.Op) scope {
	var s scope
	bind := func(n algebra.Node) {
		nodeVars(n, func(v string) {
			if x := p.slot(v); (p.show || !p.params.Has(x)) && !s.certain.Has(x) {
				s.certain, s.maybe = s.certain.With(x), s.maybe.With(x)
			}
		})
	}
	switch o := op.(type) {
	case *algebra.BGP:
		for _, t := range o.Patterns {
			bind(t.S)
			bind(t.P)
			bind(t.O)
		}
	case *algebra.PathPattern:
		bind(o.S)
		bind(o.O)
	case *algebra.Join:
		return p.scope(o.L).union(p.scope(o.R))
	case *algebra.Lateral:
		return p.scope(o.L).union(p.scope(o.R))
	case *algebra.LeftJoin:
		l, r := p.scope(o.L), p.scope(o.R)
		if o.Anti {
			return l
		}
		return scope{l.certain, l.maybe.Union(r.maybe)}
	case *algebra.Union:
		l, r := p.scope(o.L), p.scope(o.R)
		return scope{l.certain.Intersect(r.certain), l.maybe.Union(r.maybe)}
	case *algebra.Minus:
		return p.scope(o.L)
	case *algebra.Filter:
		return p.scope(o.In)
	case *algebra.Extend:
		s = p.scope(o.In)
		x := p.slot(o.Var)
		s.maybe = s.maybe.With(x)
		if v, ok := o.Expr.(*algebra.Var); certainExpr(o.Expr) || ok && s.certain.Has(p.slot(v.Name)) {
			s.certain = s.certain.With(x)
		}
	case *algebra.Graph:
		s = p.scope(o.In)
		bind(o.Name)
	case *algebra.Values:
		for i, v := range o.Vars {
			x := p.slot(v)
			s.maybe = s.maybe.With(x)
			all := true
			for _, row := range o.Rows {
				all = all && !row[i].IsZero()
			}
			if all {
				s.certain = s.certain.With(x)
			}
		}
	case *algebra.Service:
		return p.serviceScope(o)
	case *algebra.Group:
		in := p.scope(o.In)
		for _, k := range o.Keys {
			x := p.slot(k)
			if in.maybe.Has(x) {
				s.maybe = s.maybe.With(x)
			}
			if in.certain.Has(x) {
				s.certain = s.certain.With(x)
			}
		}
		for _, a := range o.Aggregates {
			x := p.slot(a.Var)
			s.maybe = s.maybe.With(x)
			if a.Func == "COUNT" {
				s.certain = s.certain.With(x)
			}
		}
	case *algebra.Project:
		in := p.scope(o.In)
		var keep Set
		for _, v := range o.Vars {
			keep = keep.With(p.slot(v))
		}
		shown := p.given.Intersect(keep) // see planner.project
		return scope{in.certain.Intersect(keep).Union(shown), in.maybe.Intersect(keep).Union(shown)}
	default:
		for _, c := range inputsOf(op) {
			s = s.union(p.scope(c))
		}
	}
	return s
}

// exprSlots are the variables that an expression mentions, parameters not included.
func (p *planner) exprSlots(e algebra.Expr) Set {
	var s Set
	variable := func(v string) {
		if x := p.slot(v); !p.params.Has(x) {
			s.insert(x)
		}
	}
	leaves(e, variable, func(x *algebra.Exists) {
		for _, v := range p.outer[x] {
			variable(v)
		}
	})
	return s
}

// certainExpr reports whether an expression always has a value.
func certainExpr(e algebra.Expr) bool {
	switch x := e.(type) {
	case *algebra.Const:
		return !x.Term.IsZero()
	case *algebra.Call:
		if x.Func == "SUBJECT" || x.Func == "PREDICATE" || x.Func == "OBJECT" {
			v, ok := x.Args[0].(*algebra.Var)
			return ok && strings.HasPrefix(v.Name, tripleVar) // see rule "triple terms": the variable is filtered before
		}
	}
	return false
}
