package refexec

import (
	"slices"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
)

// bgp matches a basic graph pattern by backtracking over all triples (section 18.3.1).
func (e *evaluation) bgp(o *algebra.BGP, g *graph, given Solution) ([]Solution, error) {
	out := []Solution{given.only(algebra.Vars(o))}
	for _, p := range o.Patterns {
		var next []Solution
		for _, s := range out {
			if err := e.step(len(g.triples)); err != nil {
				return nil, err
			}
			for _, t := range g.triples {
				m := s
				if m = match(p.S, t.S, m); m == nil {
					continue
				}
				if m = match(p.P, t.P, m); m == nil {
					continue
				}
				if m = match(p.O, t.O, m); m != nil {
					next = append(next, m)
				}
			}
		}
		out = next
	}
	return out, e.step(len(out))
}

// match extends a solution so that a node stands for a term, or gives nil. It does not change the solution.
func match(n algebra.Node, t rdf.Term, s Solution) Solution {
	switch {
	case n.Triple != nil:
		if !t.IsTriple() {
			return nil
		}
		tr := t.Triple()
		if s = match(n.Triple.S, tr.S, s); s == nil {
			return nil
		}
		if s = match(n.Triple.P, tr.P, s); s == nil {
			return nil
		}
		return match(n.Triple.O, tr.O, s)
	case n.IsVar():
		if bound, ok := s[n.Var]; ok {
			if bound == t {
				return s
			}
			return nil
		}
		return s.with(n.Var, t)
	case n.Term == t:
		return s
	}
	return nil
}

// pair is the start and the end of a path.
type pair struct{ s, o rdf.Term }

// pathPattern evaluates a property path pattern (section 18.4).
func (e *evaluation) pathPattern(o *algebra.PathPattern, g *graph, given Solution) ([]Solution, error) {
	start := given.only(algebra.Vars(o))
	pairs, err := e.path(o.Path, ground(o.S, start), ground(o.O, start), g)
	if err != nil {
		return nil, err
	}
	var out []Solution
	for _, p := range pairs {
		if s := match(o.S, p.s, start); s != nil {
			if s = match(o.O, p.o, s); s != nil {
				out = append(out, s)
			}
		}
	}
	return out, e.step(len(out))
}

// ground is the term that a node stands for, or the zero Term for one that may stand for any.
func ground(n algebra.Node, s Solution) rdf.Term {
	if n.IsVar() {
		return s[n.Var]
	}
	return n.Term
}

// path gives the pairs that a path connects, with the specification's multiplicities, from s and to o where these are not zero.
func (e *evaluation) path(path algebra.Path, s, o rdf.Term, g *graph) ([]pair, error) {
	if err := e.step(1); err != nil {
		return nil, err
	}
	switch p := path.(type) {
	case *algebra.Link:
		return e.steps(g, s, o, func(t rdf.Term) bool { return t == p.IRI })
	case *algebra.Inverse:
		pairs, err := e.path(p.Path, o, s, g)
		return swap(pairs), err
	case *algebra.Sequence:
		return e.sequence(p, s, o, g)
	case *algebra.Alternative:
		l, err := e.path(p.L, s, o, g)
		if err != nil {
			return nil, err
		}
		r, err := e.path(p.R, s, o, g)
		return append(l, r...), err
	case *algebra.Negated:
		var out []pair
		if p.HasForward {
			pairs, err := e.steps(g, s, o, func(t rdf.Term) bool { return !slices.Contains(p.Forward, t) })
			if err != nil {
				return nil, err
			}
			out = append(out, pairs...)
		}
		if p.HasBackward {
			pairs, err := e.steps(g, o, s, func(t rdf.Term) bool { return !slices.Contains(p.Backward, t) })
			if err != nil {
				return nil, err
			}
			out = append(out, swap(pairs)...)
		}
		return out, nil
	case *algebra.ZeroOrOne:
		pairs, err := e.path(p.Path, s, o, g)
		if err != nil {
			return nil, err
		}
		return distinct(append(zero(s, o, g), pairs...)), nil
	case *algebra.ZeroOrMore:
		return e.closure(p.Path, s, o, g, true)
	case *algebra.OneOrMore:
		return e.closure(p.Path, s, o, g, false)
	}
	return nil, &UnsupportedError{"this property path"}
}

// steps gives the pairs of single triples whose predicate is allowed.
func (e *evaluation) steps(g *graph, s, o rdf.Term, allowed func(rdf.Term) bool) ([]pair, error) {
	var out []pair
	for _, t := range g.triples {
		if (s.IsZero() || s == t.S) && (o.IsZero() || o == t.O) && allowed(t.P) {
			out = append(out, pair{t.S, t.O})
		}
	}
	return out, e.step(len(g.triples))
}

func (e *evaluation) sequence(p *algebra.Sequence, s, o rdf.Term, g *graph) ([]pair, error) {
	first, err := e.path(p.L, s, rdf.Term{}, g)
	if err != nil {
		return nil, err
	}
	var out []pair
	for _, a := range first {
		second, err := e.path(p.R, a.o, o, g)
		if err != nil {
			return nil, err
		}
		for _, b := range second {
			out = append(out, pair{a.s, b.o})
		}
	}
	return out, e.step(len(out))
}

// zero gives the pairs of paths of length zero (section 18.4, ZeroLengthPath).
func zero(s, o rdf.Term, g *graph) []pair {
	switch {
	case !s.IsZero() && !o.IsZero():
		if s == o {
			return []pair{{s, s}}
		}
		return nil
	case !s.IsZero():
		return []pair{{s, s}}
	case !o.IsZero():
		return []pair{{o, o}}
	}
	var out []pair
	for _, n := range g.nodes() {
		out = append(out, pair{n, n})
	}
	return out
}

// closure evaluates path* and path+ with the function ALP of section 18.4.
func (e *evaluation) closure(path algebra.Path, s, o rdf.Term, g *graph, zeroToo bool) ([]pair, error) {
	if s.IsZero() && !o.IsZero() {
		pairs, err := e.closure(&algebra.Inverse{Path: path}, o, s, g, zeroToo)
		return swap(pairs), err
	}
	starts := []rdf.Term{s}
	if s.IsZero() {
		starts = g.nodes()
	}
	var out []pair
	for _, start := range starts {
		visited := map[rdf.Term]bool{}
		var order []rdf.Term
		queue := []rdf.Term{start}
		if !zeroToo {
			pairs, err := e.path(path, start, rdf.Term{}, g)
			if err != nil {
				return nil, err
			}
			queue = ends(pairs)
		}
		for len(queue) > 0 {
			n := queue[0]
			queue = queue[1:]
			if visited[n] {
				continue
			}
			visited[n] = true
			order = append(order, n)
			pairs, err := e.path(path, n, rdf.Term{}, g)
			if err != nil {
				return nil, err
			}
			queue = append(queue, ends(pairs)...)
		}
		for _, n := range order {
			if o.IsZero() || n == o {
				out = append(out, pair{start, n})
			}
		}
	}
	return out, nil
}

func ends(pairs []pair) []rdf.Term {
	out := make([]rdf.Term, len(pairs))
	for i, p := range pairs {
		out[i] = p.o
	}
	return out
}

func swap(pairs []pair) []pair {
	out := make([]pair, len(pairs))
	for i, p := range pairs {
		out[i] = pair{p.o, p.s}
	}
	return out
}

func distinct(pairs []pair) []pair {
	seen := map[pair]bool{}
	var out []pair
	for _, p := range pairs {
		if !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	return out
}
