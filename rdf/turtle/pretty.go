package turtle

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"triplestore/rdf"
)

// WritePretty writes quads as Turtle or TriG for people to read: only the prefixes that are used, subjects in order, types
// first, blank nodes that one triple refers to as property lists inside it, and well-formed lists in parentheses. It holds
// everything in memory: it is for small documents such as the description of one resource. The labels of blank nodes are not
// kept where they are not needed. Quads that are there twice are written once.
func WritePretty(w io.Writer, quads []rdf.Quad, o WriterOptions) error {
	if o.Dialect != Turtle && o.Dialect != TriG {
		return fmt.Errorf("there is no pretty form of %v", o.Dialect)
	}
	sorted := slices.Clone(quads)
	slices.SortFunc(sorted, comparePretty)
	sorted = slices.Compact(sorted)
	p := &pretty{names: newShortener(o)}
	p.names.used = map[string]bool{}
	p.names.long = true
	p.count(sorted)
	for len(sorted) > 0 {
		g := sorted[0].G
		if !g.IsZero() && !o.Dialect.Graphs() {
			return fmt.Errorf("%w: %v in %v", ErrGraph, g, o.Dialect)
		}
		n := 0
		for n < len(sorted) && sorted[n].G == g {
			if q := sorted[n]; q.S.IsZero() || q.P.IsZero() || q.O.IsZero() {
				return ErrIncomplete
			}
			n++
		}
		p.writeGraph(g, sorted[:n])
		sorted = sorted[n:]
	}
	var used []namespace
	for _, ns := range p.names.sorted {
		if p.names.used[ns.label] {
			used = append(used, ns)
		}
	}
	out := p.names.appendHeader(nil, used)
	if len(out) == 0 {
		p.body = bytes.TrimPrefix(p.body, newline)
	} else if bytes.HasPrefix(p.body, newline) {
		out = bytes.TrimSuffix(out, newline)
	}
	if _, err := w.Write(out); err != nil {
		return err
	}
	_, err := w.Write(p.body)
	return err
}

// comparePretty puts IRIs before blank nodes and rdf:type before other predicates.
func comparePretty(a, b rdf.Quad) int {
	if c := rdf.Compare(a.G, b.G); c != 0 {
		return c
	}
	if a.S.IsBlankNode() != b.S.IsBlankNode() {
		if a.S.IsBlankNode() {
			return 1
		}
		return -1
	}
	if c := rdf.Compare(a.S, b.S); c != 0 {
		return c
	}
	if a.P != b.P && (a.P == rdfType || b.P == rdfType) {
		if a.P == rdfType {
			return -1
		}
		return 1
	}
	return rdf.CompareQuads(a, b)
}

type pretty struct {
	names shortener
	body  []byte
	// refs counts for each blank node the places that refer to it; a place that needs its label counts as many.
	refs map[rdf.Term]int
	// subjects are the quads of each subject in the current graph.
	subjects map[rdf.Term][]rdf.Quad
	// parent is a quad of the current graph that refers to the blank node, depths what depth found.
	parent map[rdf.Term]rdf.Quad
	depths map[rdf.Term]int
	// cells are the blank nodes of the current graph that are nodes of lists that end in rdf:nil.
	cells map[rdf.Term]bool
}

const manyRefs = 1 << 20

func (p *pretty) count(quads []rdf.Quad) {
	p.refs = map[rdf.Term]int{}
	graphOf := map[rdf.Term]rdf.Term{}
	var label func(t rdf.Term)
	label = func(t rdf.Term) {
		switch {
		case t.IsBlankNode():
			p.refs[t] = manyRefs
		case t.IsTriple():
			tr := t.Triple()
			label(tr.S)
			label(tr.O)
		}
	}
	home := func(t, g rdf.Term) {
		if t.IsBlankNode() {
			if other, known := graphOf[t]; known && other != g {
				p.refs[t] = manyRefs
			}
			graphOf[t] = g
		}
	}
	for _, q := range quads {
		home(q.S, q.G)
		home(q.O, q.G)
		label(q.G)
		if q.O.IsBlankNode() {
			p.refs[q.O]++
		} else {
			label(q.O)
		}
	}
}

func (p *pretty) writeGraph(g rdf.Term, quads []rdf.Quad) {
	p.subjects, p.parent, p.depths = map[rdf.Term][]rdf.Quad{}, map[rdf.Term]rdf.Quad{}, map[rdf.Term]int{}
	p.cells = map[rdf.Term]bool{}
	var order, ends []rdf.Term
	for len(quads) > 0 {
		n := 0
		for n < len(quads) && quads[n].S == quads[0].S {
			if quads[n].P == rdfRest && quads[n].O == rdfNil {
				ends = append(ends, quads[n].S)
			}
			if o := quads[n].O; o.IsBlankNode() {
				p.parent[o] = quads[n]
			}
			n++
		}
		order = append(order, quads[0].S)
		p.subjects[quads[0].S] = quads[:n:n]
		quads = quads[n:]
	}
	for _, cell := range ends {
		for p.isCell(cell) {
			p.cells[cell] = true
			if p.refs[cell] != 1 || p.parent[cell].P != rdfRest {
				break
			}
			cell = p.parent[cell].S
		}
	}
	indent := 0
	if !g.IsZero() {
		p.body = append(p.body, '\n')
		p.body = append(p.names.appendTerm(p.body, g), " {\n"...)
		indent = 1
	}
	top := true
	for _, s := range order {
		if s.IsBlankNode() && p.inline(s) {
			continue
		}
		if !top || indent == 0 {
			p.body = append(p.body, '\n')
		}
		top = false
		p.indent(indent)
		switch {
		case s.IsBlankNode() && p.refs[s] == 0:
			p.body = append(p.body, "[]"...)
		default:
			p.body = p.names.appendTerm(p.body, s)
		}
		p.predicates(p.subjects[s], indent+1)
		p.body = append(p.body, " .\n"...)
	}
	if indent > 0 {
		p.body = append(p.body, "}\n"...)
	}
}

// maxInline limits how deep blank nodes are written inside each other, so that what is written can be read.
const maxInline = 100

// inline tells whether a blank node is written where it is referred to: once, from this graph, and not from within itself.
func (p *pretty) inline(t rdf.Term) bool {
	if p.refs[t] != 1 {
		return false
	}
	d, known := p.depths[t]
	if !known {
		d = p.depth(t)
	}
	return d%maxInline != 0
}

// depth tells how deep inside others a blank node is written, where the nodes of a list are as deep as its head. A node in a
// ring of references gets 0, which breaks the ring.
func (p *pretty) depth(t rdf.Term) int {
	var path []rdf.Term
	at, d := t, 0
	for {
		if known, ok := p.depths[at]; ok {
			d = max(known, 0)
			if known < 0 {
				p.depths[at] = 0
			}
			break
		}
		if p.refs[at] != 1 || !at.IsBlankNode() {
			break
		}
		p.depths[at] = -1 // on the way
		path = append(path, at)
		at = p.parent[at].S
	}
	for _, node := range slices.Backward(path) {
		if p.depths[node] == 0 {
			d = 0
			continue
		}
		if from := p.parent[node]; from.P != rdfRest || !p.cells[node] || !p.cells[from.S] || d%maxInline == 0 {
			d++
		}
		p.depths[node] = d
	}
	return p.depths[t]
}

func (p *pretty) indent(n int) {
	for range n {
		p.body = append(p.body, "  "...)
	}
}

// predicates writes the predicates and objects of one subject, each predicate on a line of its own unless there is one only.
func (p *pretty) predicates(quads []rdf.Quad, indent int) {
	for i, q := range quads {
		switch {
		case i == 0:
			p.body = append(p.body, ' ')
			p.body = append(p.names.appendVerb(p.body, q.P), ' ')
		case q.P == quads[i-1].P:
			p.body = append(p.body, ", "...)
		default:
			p.body = append(p.body, " ;\n"...)
			p.indent(indent)
			p.body = append(p.names.appendVerb(p.body, q.P), ' ')
		}
		p.object(q.O, indent)
	}
}

func (p *pretty) object(o rdf.Term, indent int) {
	if o == rdfNil {
		p.body = append(p.body, "()"...)
		return
	}
	if !o.IsBlankNode() || !p.inline(o) {
		p.body = p.names.appendTerm(p.body, o)
		return
	}
	if items, ok := p.list(o); ok {
		p.body = append(p.body, '(')
		for _, item := range items {
			p.body = append(p.body, ' ')
			p.object(item, indent+1)
		}
		p.body = append(p.body, " )"...)
		return
	}
	quads := p.subjects[o]
	switch {
	case len(quads) == 0:
		p.body = append(p.body, "[]"...)
	case len(quads) == 1:
		p.body = append(p.body, '[')
		p.predicates(quads, indent+1)
		p.body = append(p.body, " ]"...)
	default:
		p.body = append(p.body, "[\n"...)
		p.indent(indent + 1)
		mark := len(p.body)
		p.predicates(quads, indent+1)
		p.body = slices.Delete(p.body, mark, mark+1)
		p.body = append(p.body, '\n')
		p.indent(indent)
		p.body = append(p.body, ']')
	}
}

// isCell tells whether a node has nothing but one rdf:first and one rdf:rest and may be written inside another.
func (p *pretty) isCell(t rdf.Term) bool {
	quads := p.subjects[t]
	return t.IsBlankNode() && !p.cells[t] && len(quads) == 2 && quads[0].P == rdfFirst && quads[1].P == rdfRest
}

// list gives the members of a list whose nodes have nothing but one rdf:first and one rdf:rest and are referred to once.
func (p *pretty) list(head rdf.Term) (items []rdf.Term, ok bool) {
	for node := head; node != rdfNil; {
		if !p.cells[node] || !p.inline(node) {
			return nil, false
		}
		quads := p.subjects[node]
		items = append(items, quads[0].O)
		node = quads[1].O
	}
	return items, true
}
