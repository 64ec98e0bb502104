package harvest

import (
	"context"
	"slices"

	"triplestore/rdf"
	"triplestore/sparql/syntax"
	"triplestore/store"
)

// focus tells how the facts of a rule hang together with one resource each, so that after a change the rule need be evaluated for
// some resources only. Every fact has the value of one variable as its subject, and every solution binds that variable. A triple that
// changed concerns the resources that are reached from it by the patterns of the rule, in the state before or after: where a solution
// comes or goes, it has all its triples in one of the two, and one of them changed.
type focus struct {
	variable string
	watches  []watch
	// opaque are predicates that stand in the rule in a way that is not followed back: when one changes, all is evaluated.
	opaque map[string]bool
}

// step is a triple pattern whose predicate is one of several, in either direction.
type step struct {
	s, o              syntax.Node
	forward, backward []string
}

// watch is a step with the way from it to the variable.
type watch struct {
	step
	start string // variable of the step at which the way begins
	way   []hop
}

// hop goes from one variable of a step to the other.
type hop struct {
	step
	fromS bool
}

// key names a variable or a blank node of a pattern, or is empty.
func key(n *syntax.Node) string {
	switch n.Kind {
	case syntax.VarNode:
		return "?" + n.Name
	case syntax.BlankNode:
		return "_:" + n.Name
	}
	return ""
}

// fleeting are functions whose value depends on more than their arguments, or that make new terms.
var fleeting = map[string]bool{"NOW": true, "RAND": true, "UUID": true, "STRUUID": true, "BNODE": true}

// findFocus takes a rule apart. It is nil where the rule can only be evaluated as a whole.
func findFocus(q *syntax.Query) *focus {
	if len(q.From)+len(q.FromNamed)+len(q.GroupBy)+len(q.Having)+len(q.OrderBy) > 0 || q.Aggregated() || q.Limit >= 0 || q.Offset >= 0 || q.Values != nil ||
		q.Where == nil || q.Short || len(q.Template) == 0 {
		return nil
	}
	f := &focus{variable: q.Template[0].S.Name, opaque: map[string]bool{}}
	for i := range q.Template {
		t := &q.Template[i]
		if t.S.Kind != syntax.VarNode || t.S.Name != f.variable || t.Path != nil || t.P.Kind == syntax.BlankNode || t.O.Kind != syntax.VarNode && t.O.Kind != syntax.TermNode {
			return nil
		}
	}
	w := &walk{f: f}
	w.group(q.Where, nil)
	if w.lost {
		return nil
	}
	for _, e := range q.Where.Elements { // in a part that need not match, the variable may stay unbound
		if t, ok := e.(*syntax.Triples); ok && slices.ContainsFunc(t.Triples, func(t syntax.Triple) bool { return key(&t.S) == "?"+f.variable || key(&t.O) == "?"+f.variable }) {
			return f
		}
	}
	return nil
}

// walk goes through the groups of a rule.
type walk struct {
	f     *focus
	fresh int
	lost  bool // something is in the rule that is not understood
}

// group takes a group in. before are the steps of groups around it that every solution matches in which the group plays a part.
func (w *walk) group(g *syntax.Group, before []step) {
	own := make([][]step, len(g.Elements))
	var all []step
	for i, e := range g.Elements {
		if t, ok := e.(*syntax.Triples); ok {
			for _, t := range t.Triples {
				own[i] = append(own[i], w.triple(t)...)
			}
			all = append(all, own[i]...)
		}
	}
	everywhere := slices.Concat(before, all)
	soFar := slices.Clone(before)
	for i, e := range g.Elements {
		switch e := e.(type) {
		case *syntax.Triples:
			for _, s := range own[i] {
				w.watch(s, everywhere)
			}
			soFar = append(soFar, own[i]...)
		case *syntax.Filter: // holds for the whole group, wherever it stands
			w.expr(e.Expr, everywhere)
		case *syntax.Bind:
			w.expr(e.Expr, soFar)
		case *syntax.Optional:
			w.group(e.Group, soFar)
		case *syntax.Minus:
			w.group(e.Group, soFar)
		case *syntax.Group:
			w.group(e, soFar)
		case *syntax.Union:
			for _, a := range e.Alternatives {
				w.group(a, soFar)
			}
		case *syntax.InlineData:
		default: // sub-selects, GRAPH, SERVICE, LATERAL
			w.lost = true
		}
	}
}

func (w *walk) expr(e syntax.Expr, around []step) {
	switch e := e.(type) {
	case nil, *syntax.Var, *syntax.Const:
	case *syntax.Call:
		w.lost = w.lost || fleeting[e.Func]
		for _, a := range e.Args {
			w.expr(a, around)
		}
	case *syntax.Exists:
		w.group(e.Group, around)
	default:
		w.lost = true
	}
}

// triple makes steps of a triple pattern.
func (w *walk) triple(t syntax.Triple) []step {
	if t.S.Kind == syntax.TripleNode || t.O.Kind == syntax.TripleNode {
		w.lost = true
		return nil
	}
	if t.Path == nil {
		if t.P.Kind != syntax.TermNode {
			w.lost = true
			return nil
		}
		return []step{{s: t.S, o: t.O, forward: []string{t.P.Term.Value()}}}
	}
	return w.path(t.S, t.Path, t.O)
}

func (w *walk) path(s syntax.Node, p syntax.Path, o syntax.Node) []step {
	if forward, backward, ok := links(p); ok {
		return []step{{s, o, forward, backward}}
	}
	switch p := p.(type) {
	case *syntax.Inverse:
		return w.path(o, p.Path, s)
	case *syntax.Sequence:
		var out []step
		for i, part := range p.Parts {
			to := o
			if i < len(p.Parts)-1 {
				w.fresh++
				to = syntax.Node{Kind: syntax.BlankNode, Name: " " + string(rune('0'+w.fresh))} // no label of a text is such
			}
			out = append(out, w.path(s, part, to)...)
			s = to
		}
		return out
	}
	w.blur(p)
	return nil
}

// links are the predicates of a path of one link: an IRI, an inverse of one, or a choice of these.
func links(p syntax.Path) (forward, backward []string, ok bool) {
	switch p := p.(type) {
	case *syntax.Link:
		return []string{p.IRI.Value()}, nil, true
	case *syntax.Inverse:
		backward, forward, ok = links(p.Path)
		return forward, backward, ok
	case *syntax.Alternative:
		for _, part := range p.Parts {
			f, b, ok := links(part)
			if !ok {
				return nil, nil, false
			}
			forward, backward = append(forward, f...), append(backward, b...)
		}
		return forward, backward, true
	}
	return nil, nil, false
}

// blur notes the predicates of a path that is not followed.
func (w *walk) blur(p syntax.Path) {
	switch p := p.(type) {
	case *syntax.Link:
		w.f.opaque[p.IRI.Value()] = true
	case *syntax.Inverse:
		w.blur(p.Path)
	case *syntax.Repeat:
		w.blur(p.Path)
	case *syntax.Sequence:
		for _, x := range p.Parts {
			w.blur(x)
		}
	case *syntax.Alternative:
		for _, x := range p.Parts {
			w.blur(x)
		}
	default:
		w.lost = true
	}
}

// watch finds the shortest way from a step to the variable, through steps that are matched with it.
func (w *walk) watch(s step, around []step) {
	type place struct {
		start string
		way   []hop
	}
	target := "?" + w.f.variable
	at := map[string]place{}
	var queue []string
	reach := func(k string, p place) {
		if _, seen := at[k]; k != "" && !seen {
			at[k] = p
			queue = append(queue, k)
		}
	}
	for _, k := range []string{key(&s.s), key(&s.o)} {
		reach(k, place{start: k})
	}
	for len(queue) > 0 {
		k := queue[0]
		queue = queue[1:]
		if k == target {
			w.f.watches = append(w.f.watches, watch{s, at[k].start, at[k].way})
			return
		}
		for _, next := range around {
			from, to := key(&next.s), key(&next.o)
			p := at[k]
			if from == k {
				reach(to, place{p.start, append(slices.Clone(p.way), hop{next, true})})
			}
			if to == k {
				reach(from, place{p.start, append(slices.Clone(p.way), hop{next, false})})
			}
		}
	}
	for _, p := range slices.Concat(s.forward, s.backward) {
		w.f.opaque[p] = true
	}
}

// mentions tells whether the pattern of the rule has a predicate.
func (f *focus) mentions(predicate string) bool {
	return f.opaque[predicate] || slices.ContainsFunc(f.watches, func(w watch) bool {
		return slices.Contains(w.forward, predicate) || slices.Contains(w.backward, predicate)
	})
}

// maxFoci is for how many resources a rule is evaluated by itself; where there are more, it is evaluated as a whole. maxDelta is how many
// statements that changed are looked at.
const (
	maxFoci  = 10_000
	maxDelta = 50_000
)

// affected finds the resources whose facts may differ. ok is false where all have to be looked at.
func (f *focus) affected(ctx context.Context, before, after store.Snapshot, delta []store.Quad) (foci map[store.ID]bool, ok bool, err error) {
	ids := map[string]store.ID{}
	id := func(iri string) store.ID {
		x, seen := ids[iri]
		if !seen && err == nil {
			var known bool
			var e error
			if x, known, e = after.ID(rdf.IRI(iri)); e != nil || !known {
				x, err = store.NoID, e
			}
			ids[iri] = x
		}
		return x
	}
	opaque := map[store.ID]bool{}
	for p := range f.opaque {
		opaque[id(p)] = true
	}
	delete(opaque, store.NoID)
	foci = map[store.ID]bool{}
	for _, q := range delta {
		if opaque[q[store.P]] {
			return nil, false, err
		}
	}
	for _, w := range f.watches {
		from := map[store.ID]bool{}
		match := func(predicates []string, s, o store.Position) error {
			for _, p := range predicates {
				p := id(p)
				for _, q := range delta {
					if q[store.P] != p || p == store.NoID {
						continue
					}
					fits := true
					for _, end := range []struct {
						node *syntax.Node
						id   store.ID
					}{{&w.s, q[s]}, {&w.o, q[o]}} {
						if end.node.Kind == syntax.TermNode {
							want, known, err := after.ID(end.node.Term)
							if err != nil {
								return err
							}
							fits = fits && known && want == end.id
						}
					}
					if fits && key(&w.s) == w.start {
						from[q[s]] = true
					}
					if fits && key(&w.o) == w.start {
						from[q[o]] = true
					}
				}
			}
			return nil
		}
		if err := match(w.forward, store.S, store.O); err != nil {
			return nil, false, err
		}
		if err := match(w.backward, store.O, store.S); err != nil {
			return nil, false, err
		}
		for _, n := range []store.Snapshot{before, after} {
			reached := from
			for _, h := range w.way {
				if reached, ok, err = h.follow(ctx, n, reached, id); err != nil || !ok {
					return nil, false, err
				}
			}
			for x := range reached {
				foci[x] = true
			}
			if len(w.way) == 0 {
				break // the same in both
			}
		}
		if len(foci) > maxFoci {
			return nil, false, nil
		}
	}
	return foci, true, err
}

// follow finds what the hop leads to in a state. ok is false where that is too much.
func (h *hop) follow(ctx context.Context, n store.Snapshot, from map[store.ID]bool, id func(string) store.ID) (to map[store.ID]bool, ok bool, err error) {
	to = map[store.ID]bool{}
	outward, inward := h.forward, h.backward // from subjects to objects, and the other way
	if !h.fromS {
		outward, inward = inward, outward
	}
	for x := range from {
		for _, p := range outward {
			if err := scan(ctx, n, store.Range{Order: store.SPOG, Prefix: []store.ID{x, id(p)}}, func(q store.Quad) error {
				to[q[store.O]] = true
				return nil
			}); err != nil {
				return nil, false, err
			}
		}
		for _, p := range inward {
			if err := scan(ctx, n, store.Range{Order: store.POSG, Prefix: []store.ID{id(p), x}}, func(q store.Quad) error {
				to[q[store.S]] = true
				return nil
			}); err != nil {
				return nil, false, err
			}
		}
		if len(to) > maxFoci {
			return nil, false, nil
		}
	}
	return to, true, nil
}
