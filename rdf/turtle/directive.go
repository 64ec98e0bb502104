package turtle

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"triplestore/rdf/iri"
)

// atDirective reads @prefix, @base or @version with its '.'.
func (p *parser) atDirective() bool {
	p.have(9)
	rest := p.buf[p.pos+1:]
	word := 0
	for word < len(rest) && isLetter(rest[word]) {
		word++
	}
	ok := false
	switch name := string(rest[:word]); name {
	case "prefix":
		p.pos += 1 + word
		ok = p.prefix()
	case "base":
		p.pos += 1 + word
		ok = p.setBase()
	case "version":
		p.pos += 1 + word
		ok = p.version()
	default:
		return p.expected("@prefix, @base or @version")
	}
	if !ok {
		return false
	}
	if p.next() != '.' {
		return p.expected("'.' at the end of the directive")
	}
	p.pos++
	return true
}

// keyword reads what starts with a word that is no prefixed name: PREFIX, BASE, VERSION or GRAPH.
func (p *parser) keyword(t name) bool {
	word := p.buf[p.pos : p.pos+t.n]
	switch {
	case bytes.EqualFold(word, []byte("PREFIX")):
		p.pos += t.n
		return p.prefix()
	case bytes.EqualFold(word, []byte("BASE")):
		p.pos += t.n
		return p.setBase()
	case bytes.EqualFold(word, []byte("VERSION")):
		p.pos += t.n
		return p.version()
	case bytes.EqualFold(word, []byte("GRAPH")) && p.opts.Dialect == TriG:
		p.pos += t.n
		g, ok := p.labelOrSubject("the name of the graph: an IRI or a blank node")
		if !ok {
			return false
		}
		if p.next() != '{' {
			return p.expected("'{'")
		}
		p.pos++
		p.inGraph, p.graph, p.dropGraph = true, g, g.IsZero()
		return true
	}
	return p.expected("a directive or a subject: an IRI, a blank node, '[' or '('")
}

// maxPrefixes keeps a hostile document from filling memory with declarations.
const maxPrefixes = 100_000

func (p *parser) prefix() bool {
	p.next()
	t, ok := p.scanName()
	if !ok {
		return false
	}
	if t.n == 0 || t.colon != t.n-1 {
		return p.expected("a prefix with its colon")
	}
	raw := p.buf[p.pos : p.pos+t.n-1]
	if at, msg := checkName(raw, nil, t); msg != "" {
		return p.failAt(at, msg)
	}
	label := string(raw)
	p.pos += t.n
	if p.next() != '<' || p.peek(1) == '<' {
		return p.expected(fmt.Sprintf("the IRI of the prefix %q in angle brackets", label+":"))
	}
	term, ok := p.iriRef(p.base, false)
	if !ok {
		return false
	}
	if term.IsZero() {
		delete(p.prefixes, label)
		p.generation++
		return true
	}
	ns := strings.Clone(term.Value())
	if old, known := p.prefixes[label]; known && old.iri != ns {
		p.generation++
	} else if !known && len(p.prefixes) >= maxPrefixes {
		return p.fail("more than " + strconv.Itoa(maxPrefixes) + " prefixes")
	}
	p.prefixes[label] = namespace{label, ns}
	if p.opts.Prefix != nil {
		p.opts.Prefix(label, ns)
	}
	return true
}

func (p *parser) setBase() bool {
	if p.next() != '<' || p.peek(1) == '<' {
		return p.expected("the base IRI in angle brackets")
	}
	term, ok := p.iriRef(p.base, false)
	if !ok || term.IsZero() {
		return ok
	}
	base, err := iri.NewBase(strings.Clone(term.Value()))
	if err != nil {
		return p.fail(err.Error())
	}
	p.base = base
	return true
}

func (p *parser) version() bool {
	c := p.next()
	if c != '"' && c != '\'' {
		return p.expected("a version in quotes")
	}
	if p.peek(1) == c && p.peek(2) == c {
		return p.fail("a version in triple quotes")
	}
	_, _, ok := p.quoted(false)
	return ok
}
