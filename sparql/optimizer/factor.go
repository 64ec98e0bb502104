package optimizer

import (
	"triplestore/sparql/algebra"
)

// factorPart is the part of the cost of the branches that a factored union may have: joining with a union reads columns that its branches by
// themselves leave out.
const factorPart = 0.75

// factored is a union of which all branches have triple patterns in common as the join of these with a union of the rest:
// {A B} UNION {A C} is A joined with {B} UNION {C}, since a join takes each pair of solutions of its sides, with their multiplicities, and
// a union adds these up (https://www.w3.org/TR/sparql12-query/#defn_algJoin). It is nil where there are none.
//
// What stays in a branch must mean the same without A: filters, OPTIONALs, MINUSes and BINDs may not mention variables of A that the rest of
// the branch does not bind for certain, as in movable.
func (p *planner) factored(o *algebra.Union) algebra.Op {
	if p.late || p.inExists || !p.params.Empty() || p.graph.Var >= 0 {
		return nil
	}
	in := p.commonOf(o)
	if above, nested := p.above[o]; in.Empty() || nested && above == in.Len() {
		return nil // the union that this one is a branch of has the same in common
	}
	branches := unionBranches(o, nil)
	common := map[algebra.TriplePattern]bool{}
	for _, t := range patternList(branches[0], nil) {
		if in.Has(p.patternNumber(t)) {
			common[t] = true
		}
	}
	f := factoring{common: common, binds: newBinds(p.vars)}
	for len(common) > 0 {
		f.vars = Set{}
		for t := range common {
			f.vars = f.vars.Union(p.vars.mentioned(&algebra.BGP{Patterns: []algebra.TriplePattern{t}}))
		}
		f.captured = Set{}
		var rest algebra.Op
		for _, b := range branches {
			if x := f.without(b); rest == nil {
				rest = x
			} else {
				rest = &algebra.Union{L: rest, R: x}
			}
		}
		if f.captured.Empty() {
			shared := &algebra.BGP{}
			for _, t := range patternList(branches[0], nil) { // in the order of the text
				if common[t] {
					shared.Patterns = append(shared.Patterns, t)
				}
			}
			return &algebra.Join{L: shared, R: rest}
		}
		for t := range common {
			if p.vars.mentioned(&algebra.BGP{Patterns: []algebra.TriplePattern{t}}).Overlaps(f.captured) {
				delete(common, t)
			}
		}
	}
	return nil
}

func unionBranches(op algebra.Op, to []algebra.Op) []algebra.Op {
	if u, ok := op.(*algebra.Union); ok {
		return unionBranches(u.R, unionBranches(u.L, to))
	}
	return append(to, op)
}

// leaveToAbove notes for branches that are unions themselves how much all branches have in common, before they are planned.
func (p *planner) leaveToAbove(o *algebra.Union) {
	for _, side := range []algebra.Op{o.L, o.R} {
		if u, ok := side.(*algebra.Union); ok && !p.late {
			p.above[u] = p.commonOf(o).Len()
		}
	}
}

// commonOf are the numbers of the triple patterns that all branches of a union have.
func (p *planner) commonOf(op algebra.Op) (s Set) {
	u, ok := op.(*algebra.Union)
	if !ok {
		for _, t := range patternList(op, nil) {
			s.insert(p.patternNumber(t))
		}
		return s
	}
	s, ok = p.commons[u]
	if !ok {
		s = p.commonOf(u.L).Intersect(p.commonOf(u.R))
		p.commons[u] = s
	}
	return s
}

// patternNumber is the number of a triple pattern: patterns are large as keys.
func (p *planner) patternNumber(t algebra.TriplePattern) int {
	n, ok := p.patterns[t]
	if !ok {
		n = len(p.patterns)
		p.patterns[t] = n
	}
	return n
}

// patternList lists the triple patterns of a branch that every solution of it comes from.
func patternList(op algebra.Op, to []algebra.TriplePattern) []algebra.TriplePattern {
	switch o := op.(type) {
	case *algebra.BGP:
		for _, t := range o.Patterns {
			if t.S.Triple == nil && t.P.Triple == nil && t.O.Triple == nil {
				to = append(to, t)
			}
		}
	case *algebra.Join:
		return patternList(o.R, patternList(o.L, to))
	case *algebra.Filter:
		if !chancy(o.Cond) {
			return patternList(o.In, to)
		}
	case *algebra.LeftJoin:
		if o.Cond == nil || !chancy(o.Cond) {
			return patternList(o.L, to)
		}
	case *algebra.Minus:
		return patternList(o.L, to)
	case *algebra.Extend:
		if !chancy(o.Expr) { // it has another value for each row of the whole branch
			return patternList(o.In, to)
		}
	}
	return to
}

// factoring takes patterns out of branches.
type factoring struct {
	common   map[algebra.TriplePattern]bool
	vars     Set // of common
	captured Set // those among them that something in a branch needs to be bound by common
	binds    *binds
}

func (f *factoring) without(op algebra.Op) algebra.Op {
	switch o := op.(type) { // as patternList goes
	case *algebra.BGP:
		c := &algebra.BGP{}
		for _, t := range o.Patterns {
			if !f.common[t] {
				c.Patterns = append(c.Patterns, t)
			}
		}
		return c
	case *algebra.Join:
		l, r := f.without(o.L), f.without(o.R)
		if b, ok := l.(*algebra.BGP); ok && len(b.Patterns) == 0 {
			return r
		}
		if b, ok := r.(*algebra.BGP); ok && len(b.Patterns) == 0 {
			return l
		}
		return &algebra.Join{L: l, R: r}
	case *algebra.Filter:
		if chancy(o.Cond) {
			return op
		}
		in := f.without(o.In)
		f.check(f.binds.vars.reads(o.Cond), in)
		return &algebra.Filter{Cond: o.Cond, In: in}
	case *algebra.LeftJoin:
		if o.Cond != nil && chancy(o.Cond) {
			return op
		}
		l := f.without(o.L)
		f.check(f.binds.vars.reads(o.Cond).Union(f.binds.vars.mentioned(o.R)), l)
		return &algebra.LeftJoin{L: l, R: o.R, Cond: o.Cond, Anti: o.Anti}
	case *algebra.Minus:
		l := f.without(o.L)
		f.check(f.binds.vars.mentioned(o.R), l)
		return &algebra.Minus{L: l, R: o.R}
	case *algebra.Extend:
		if chancy(o.Expr) {
			return op
		}
		in := f.without(o.In)
		f.check(f.binds.vars.reads(o.Expr).With(f.binds.vars.number(o.Var)), in)
		return &algebra.Extend{Var: o.Var, Expr: o.Expr, In: in}
	}
	return op
}

// check notes the variables of common among those mentioned that in does not bind for certain.
func (f *factoring) check(mentioned Set, in algebra.Op) {
	f.captured = f.captured.Union(mentioned.Intersect(f.vars).Minus(f.binds.always(in)))
}
