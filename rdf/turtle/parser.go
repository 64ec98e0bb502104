package turtle

import (
	"context"
	"io"
	"strconv"

	"triplestore/rdf"
	"triplestore/rdf/iri"
)

// maxBatch is how many quads of one statement are held back until it is known to be right.
const maxBatch = 16 << 10

// parser reads Turtle and TriG. Its methods are the productions of the grammar
// (https://www.w3.org/TR/rdf12-trig/#sec-grammar-grammar), each named for one, and start at the first byte of it; they give
// false after a mistake that ends the statement, with the error in lexer.err.
type parser struct {
	lexer
	emit     func([]rdf.Quad) error
	batch    []rdf.Quad
	base     iri.Base
	prefixes map[string]namespace
	names    nameCache
	// generation counts the prefixes that were declared anew with another IRI; older entries of names are void.
	generation uint32
	graph      rdf.Term
	// dropGraph is set inside a graph whose name is wrong.
	dropGraph bool
	inGraph   bool
	depth     int
	anonymous uint64
}

type namespace struct{ label, iri string }

func newParser(ctx context.Context, r io.Reader, o *Options, emit func([]rdf.Quad) error) *parser {
	p := &parser{emit: emit, prefixes: map[string]namespace{}, generation: 1}
	p.ctx, p.opts, p.r = ctx, o, r
	return p
}

// document reads the whole input.
func (p *parser) document() error {
	p.skipBOM()
	for {
		if p.next() == 0 && p.atEnd() {
			break
		}
		from := len(p.batch)
		ok := p.statement()
		if !ok && !p.recover(from) {
			break
		}
		if len(p.batch) >= batchSize-64 && !p.flush() {
			break
		}
	}
	if p.err == nil && p.inGraph {
		p.expected("'}' at the end of the graph")
		if e, ok := p.err.(*Error); ok && p.opts.Lenient != nil {
			p.err = nil
			p.opts.Lenient(e)
		}
	}
	if _, mistake := p.err.(*Error); p.err != nil && !mistake {
		return p.err
	}
	err := p.err
	p.err = nil
	p.flush()
	if err == nil {
		err = p.err
	}
	return err
}

func (p *parser) flush() bool {
	if len(p.batch) == 0 {
		return true
	}
	batch := p.batch
	p.batch = p.batch[:0]
	if err := p.ctx.Err(); err != nil {
		p.err = err
		return false
	}
	if err := p.emit(batch); err != nil {
		p.err = err
		return false
	}
	return true
}

// triple hands out a triple of the current graph, unless a part of it was wrong.
func (p *parser) triple(s, pred, o rdf.Term) bool {
	if s.IsZero() || pred.IsZero() || o.IsZero() || p.dropGraph {
		return true
	}
	p.batch = append(p.batch, rdf.Quad{S: s, P: pred, O: o, G: p.graph})
	return len(p.batch) < maxBatch || p.flush()
}

// statement reads a directive, a statement with its '.', or the head or end of a graph: the graph's statements come one by
// one, so that a mistake in one of them does not cost the others.
func (p *parser) statement() bool {
	c := p.next()
	if p.inGraph {
		if c == '}' {
			p.pos++
			p.inGraph, p.dropGraph, p.graph = false, false, rdf.Term{}
			return true
		}
		if !p.triples() {
			return false
		}
		switch c = p.next(); c {
		case '.':
			p.pos++
			return true
		case '}':
			return true
		}
		return p.expected("'.', ';', ',' or '}'")
	}
	switch {
	case c == '@':
		return p.atDirective()
	case c == '{' && p.opts.Dialect == TriG:
		p.pos++
		p.inGraph = true
		return true
	case isLetter(c):
		t, ok := p.scanName()
		if !ok {
			return false
		}
		if t.colon < 0 {
			return p.keyword(t)
		}
	}
	if p.opts.Dialect == TriG {
		return p.triplesOrGraph(c)
	}
	return p.triples() && p.end()
}

func (p *parser) end() bool {
	if p.next() != '.' {
		return p.expected("'.', ';' or ','")
	}
	p.pos++
	return true
}

// triplesOrGraph reads a statement outside of graphs in TriG, or the head of a graph without GRAPH.
func (p *parser) triplesOrGraph(c byte) bool {
	label := c == '_' || c == '<' && p.peek(1) != '<' || c != '[' && c != '(' && c != '<'
	if c == '[' {
		p.pos++
		label = p.next() == ']'
		if !label {
			return p.propertyListSubject() && p.end()
		}
		p.pos++
		return p.graphOrPredicates(p.newBlankNode())
	}
	if !label {
		return p.triples() && p.end()
	}
	s, ok := p.labelOrSubject("a statement: a directive, a subject or a graph")
	return ok && p.graphOrPredicates(s)
}

func (p *parser) graphOrPredicates(s rdf.Term) bool {
	if p.next() == '{' {
		p.pos++
		p.inGraph, p.graph, p.dropGraph = true, s, s.IsZero()
		return true
	}
	return p.predicateObjectList(s) && p.end()
}

func (p *parser) labelOrSubject(what string) (rdf.Term, bool) {
	switch p.next() {
	case '_':
		return p.blankNodeLabel()
	case '[':
		p.pos++
		if p.next() != ']' {
			return rdf.Term{}, p.expected("']'")
		}
		p.pos++
		return p.newBlankNode(), true
	}
	return p.iri(what)
}

func (p *parser) triples() bool {
	switch c := p.next(); {
	case c == '[':
		p.pos++
		if p.next() != ']' {
			return p.propertyListSubject()
		}
		p.pos++
		return p.predicateObjectList(p.newBlankNode())
	case c == '(':
		s, ok := p.collection()
		return ok && p.predicateObjectList(s)
	case c == '<' && p.peek(1) == '<' && p.peek(2) != '(':
		s, ok := p.reifiedTriple()
		return ok && (p.endsList(p.next()) || p.predicateObjectList(s))
	case c == '<' && p.peek(1) == '<':
		return p.fail("a triple term cannot be a subject; \"<< … >>\" is a reified triple, which can")
	}
	s, ok := p.labelOrSubject("a subject: an IRI, a blank node, '[' or '('")
	return ok && p.predicateObjectList(s)
}

// propertyListSubject reads the rest of a blank node property list that is a subject, behind its '['.
func (p *parser) propertyListSubject() bool {
	s, ok := p.propertyListRest()
	return ok && (p.endsList(p.next()) || p.predicateObjectList(s))
}

// propertyListRest reads predicates, objects and ']'.
func (p *parser) propertyListRest() (rdf.Term, bool) {
	if !p.enter() {
		return rdf.Term{}, false
	}
	s := p.newBlankNode()
	if !p.predicateObjectList(s) {
		return s, false
	}
	if p.next() != ']' {
		return s, p.expected("']', ';' or ','")
	}
	p.pos++
	p.depth--
	return s, true
}

func (p *parser) enter() bool {
	if p.depth++; p.depth > p.opts.MaxDepth {
		return p.fail("nested too deeply: more than " + strconv.Itoa(p.opts.MaxDepth) + " levels")
	}
	return true
}

// endsList tells whether c ends a list of predicates and objects.
func (p *parser) endsList(c byte) bool {
	switch c {
	case '.', ']', '}', '|':
		return true
	}
	return c == 0 && p.atEnd()
}

func (p *parser) predicateObjectList(s rdf.Term) bool {
	for {
		verb, ok := p.verb()
		if !ok || !p.objectList(s, verb) {
			return false
		}
		if p.next() != ';' {
			return true
		}
		for p.next() == ';' {
			p.pos++
		}
		if p.endsList(p.next()) {
			return true
		}
	}
}

var rdfType = rdf.IRI(rdfNS + "type")

func (p *parser) verb() (rdf.Term, bool) {
	switch c := p.next(); {
	case c == 'a':
		t, ok := p.scanName()
		if !ok {
			return rdf.Term{}, false
		}
		if t.n == 1 {
			p.pos++
			return rdfType, true
		}
		if t.colon >= 0 {
			return p.prefixedName(t)
		}
	case c == '<' && p.peek(1) != '<':
		return p.iriRef(p.base, false)
	case isLetter(c) || c == ':' || c >= 0x80:
		return p.iri("a predicate: an IRI or 'a'")
	}
	return rdf.Term{}, p.expected("a predicate: an IRI or 'a'")
}

func (p *parser) objectList(s, verb rdf.Term) bool {
	for {
		o, ok := p.object()
		if !ok || !p.triple(s, verb, o) {
			return false
		}
		c := p.next()
		if c == '~' || c == '{' {
			if !p.annotation(s, verb, o) {
				return false
			}
			c = p.next()
		}
		if c != ',' {
			return true
		}
		p.pos++
	}
}

// iri reads an IRIREF or a prefixed name.
func (p *parser) iri(what string) (rdf.Term, bool) {
	c := p.next()
	if c == '<' {
		if p.peek(1) == '<' {
			return rdf.Term{}, p.expected(what)
		}
		return p.iriRef(p.base, false)
	}
	if class[c]&className == 0 {
		return rdf.Term{}, p.expected(what)
	}
	t, ok := p.scanName()
	if !ok {
		return rdf.Term{}, false
	}
	if t.colon < 0 {
		return rdf.Term{}, p.expected(what)
	}
	return p.prefixedName(t)
}

// newBlankNode gives a blank node with a label that blankNodeLabel never gives.
func (p *parser) newBlankNode() rdf.Term {
	b := append(p.arena.reserve(len(p.opts.BlankNodePrefix)+24), p.opts.BlankNodePrefix...)
	b = append(b, anonymous...)
	b = strconv.AppendUint(b, p.anonymous, 10)
	p.anonymous++
	return rdf.BlankNode(p.arena.keep(b))
}

const anonymous = "anon"

// blankNodeLabel keeps labels as they are, except that one which looks like ours, with any number of '_' behind it, gets
// one more '_'. So different labels stay different and none is ours.
func (p *parser) blankNodeLabel() (rdf.Term, bool) {
	label, good, ok := p.blankLabel()
	switch {
	case !ok || !good:
		return rdf.Term{}, ok
	case looksAnonymous(label):
		return rdf.BlankNode(p.arena.concat(p.opts.BlankNodePrefix, alias(label), "_")), true
	case p.opts.BlankNodePrefix == "":
		return rdf.BlankNode(alias(label)), true
	}
	return rdf.BlankNode(p.arena.concat(p.opts.BlankNodePrefix, alias(label))), true
}

func looksAnonymous(label []byte) bool {
	if len(label) <= len(anonymous) || string(label[:len(anonymous)]) != anonymous || !isDigit(label[len(anonymous)]) {
		return false
	}
	i := len(anonymous)
	for i < len(label) && isDigit(label[i]) {
		i++
	}
	for i < len(label) && label[i] == '_' {
		i++
	}
	return i == len(label)
}
