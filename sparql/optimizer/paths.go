package optimizer

import (
	"fmt"
	"slices"

	"triplestore/sparql/algebra"
	"triplestore/store"
)

// path plans a path pattern on top of in, which may bind its ends.
func (p *planner) path(o *algebra.PathPattern, in Node) (Node, error) {
	n := &Path{In: in, Graph: p.graph, Min: 1}
	n.Graph.Merge, n.Graph.Var = false, -1
	var err error
	if n.S, err = p.ref(o.S); err != nil {
		return nil, err
	}
	if n.O, err = p.ref(o.O); err != nil {
		return nil, err
	}
	switch x := o.Path.(type) {
	case *algebra.ZeroOrMore:
		n.Min, n.Many = 0, true
		n.Path, err = p.step(x.Path)
	case *algebra.OneOrMore:
		n.Many = true
		n.Path, err = p.step(x.Path)
	case *algebra.ZeroOrOne:
		n.Min = 0
		n.Path, err = p.step(x.Path)
	default:
		return nil, &UnsupportedError{Feature: fmt.Sprintf("path %T on its own", x)} // rewritten by a rule
	}
	if err != nil {
		return nil, err
	}
	if c, ok := n.Path.(*StepClosure); ok {
		n.Path, n.Min, n.Many = c.Step, min(n.Min, c.Min), n.Many || c.Many
	}
	ip := in.P()
	n.Certain, n.Maybe = ip.Certain, ip.Maybe
	n.Distinct = ip.Distinct
	free := 0
	for _, r := range []Ref{n.S, n.O} {
		if r.IsVar() {
			if !ip.Certain.Has(r.Slot) {
				free++
			}
			n.Certain, n.Maybe = n.Certain.With(r.Slot), n.Maybe.With(r.Slot)
		}
	}
	known, err := p.pathRows(n, in)
	if err != nil || known {
		n.Cost += ip.Cost
		n.bound()
		return n, err
	}
	size, err := p.stepSize(n.Path)
	if err != nil {
		return nil, err
	}
	switch free {
	case 0:
		n.Rows, n.Cost = ip.Rows*0.3, ip.Rows*15000
	case 1:
		n.Rows, n.Cost = ip.Rows*min(10, size+1), ip.Rows*20000
	default:
		n.Rows, n.Cost = ip.Rows*(size*4+1), ip.Rows*(size*400+100000)
	}
	n.Cost += ip.Cost
	n.bound()
	return n, nil
}

// stepSize is about how many edges a step has.
func (p *planner) stepSize(s Step) (float64, error) {
	switch s := s.(type) {
	case *StepLink:
		if s.P.Tag() == store.TagLocal {
			return 0, nil
		}
		n, err := p.stats.count(store.Range{Order: store.PSOG, Prefix: []store.ID{s.P}})
		return float64(n), err
	case *StepSequence:
		l, err := p.stepSize(s.L)
		if err != nil {
			return 0, err
		}
		r, err := p.stepSize(s.R)
		return max(l, r), err
	case *StepAlternative:
		sum := 0.0
		for _, x := range s.Of {
			n, err := p.stepSize(x)
			if err != nil {
				return 0, err
			}
			sum += n
		}
		return sum, nil
	case *StepClosure:
		n, err := p.stepSize(s.Step)
		return n * 3, err
	}
	n, err := p.stats.count(store.Range{Order: store.SPOG})
	return float64(n), err
}

// step translates the inside of a closure.
func (p *planner) step(x algebra.Path) (Step, error) {
	closure := func(of algebra.Path, least int, many bool) (Step, error) {
		s, err := p.step(of)
		return closureOf(s, least, many), err
	}
	switch x := x.(type) {
	case *algebra.Link:
		id, err := p.id(x.IRI)
		return &StepLink{P: id}, err
	case *algebra.Inverse:
		return p.inverse(x.Path)
	case *algebra.Sequence:
		l, err := p.step(x.L)
		if err != nil {
			return nil, err
		}
		r, err := p.step(x.R)
		return &StepSequence{L: l, R: r}, err
	case *algebra.Alternative:
		l, err := p.step(x.L)
		if err != nil {
			return nil, err
		}
		r, err := p.step(x.R)
		return alternative(l, r), err
	case *algebra.ZeroOrMore:
		return closure(x.Path, 0, true)
	case *algebra.OneOrMore:
		return closure(x.Path, 1, true)
	case *algebra.ZeroOrOne:
		return closure(x.Path, 0, false)
	case *algebra.Negated:
		return p.negated(x, false)
	}
	return nil, &UnsupportedError{Feature: fmt.Sprintf("path %T", x)}
}

// closureOf makes a closure; one of a closure is a closure of the same step.
func closureOf(s Step, least int, many bool) Step {
	if c, ok := s.(*StepClosure); ok {
		return &StepClosure{Step: c.Step, Min: min(least, c.Min), Many: many || c.Many}
	}
	return &StepClosure{Step: s, Min: least, Many: many}
}

func alternative(l, r Step) Step {
	a := &StepAlternative{}
	for _, s := range []Step{l, r} {
		if x, ok := s.(*StepAlternative); ok {
			a.Of = append(a.Of, x.Of...)
		} else {
			a.Of = append(a.Of, s)
		}
	}
	return a
}

// inverse translates ^path.
func (p *planner) inverse(x algebra.Path) (Step, error) {
	switch x := x.(type) {
	case *algebra.Link:
		id, err := p.id(x.IRI)
		return &StepLink{P: id, Inverse: true}, err
	case *algebra.Inverse:
		return p.step(x.Path)
	case *algebra.Sequence:
		l, err := p.inverse(x.R)
		if err != nil {
			return nil, err
		}
		r, err := p.inverse(x.L)
		return &StepSequence{L: l, R: r}, err
	case *algebra.Alternative:
		l, err := p.inverse(x.L)
		if err != nil {
			return nil, err
		}
		r, err := p.inverse(x.R)
		return alternative(l, r), err
	case *algebra.ZeroOrMore:
		s, err := p.inverse(x.Path)
		return closureOf(s, 0, true), err
	case *algebra.OneOrMore:
		s, err := p.inverse(x.Path)
		return closureOf(s, 1, true), err
	case *algebra.ZeroOrOne:
		s, err := p.inverse(x.Path)
		return closureOf(s, 0, false), err
	case *algebra.Negated:
		return p.negated(x, true)
	}
	return nil, &UnsupportedError{Feature: fmt.Sprintf("path ^%T", x)}
}

func (p *planner) negated(x *algebra.Negated, inverse bool) (Step, error) {
	one := func(terms []algebra.Node, inverse bool) (Step, error) {
		s := &StepNegated{Inverse: inverse}
		for _, t := range terms {
			id, err := p.id(t.Term)
			if err != nil {
				return nil, err
			}
			s.Not = append(s.Not, id)
		}
		slices.Sort(s.Not)
		return s, nil
	}
	forward, backward := []algebra.Node{}, []algebra.Node{}
	for _, t := range x.Forward {
		forward = append(forward, algebra.Node{Term: t})
	}
	for _, t := range x.Backward {
		backward = append(backward, algebra.Node{Term: t})
	}
	f, err := one(forward, inverse)
	if err != nil {
		return nil, err
	}
	b, err := one(backward, !inverse)
	switch {
	case x.HasForward && x.HasBackward:
		return alternative(f, b), err
	case x.HasBackward:
		return b, err
	}
	return f, err
}
