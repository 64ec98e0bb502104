package turtle

import (
	"bytes"

	"triplestore/rdf"
)

// recover reports a mistake that ended a statement and moves to where the next one may start, with Options.Lenient. It
// reports whether reading can go on. The quads of the statement, from the given one on, are dropped.
func (p *parser) recover(from int) bool {
	e, ok := p.err.(*Error)
	if !ok || p.opts.Lenient == nil {
		return false
	}
	p.err = nil
	p.depth = 0
	p.batch = p.batch[:min(from, len(p.batch))]
	p.opts.Lenient(e)
	return p.resynchronise()
}

// resynchronise skips to behind the next '.' that is outside strings and IRIs and has white space, a comment or the end behind
// it, or to the '}' that closes the graph, or into a graph, which is then left out. Every round consumes something.
func (p *parser) resynchronise() bool {
	for {
		c := p.next()
		if p.err != nil {
			return false
		}
		switch {
		case c == 0 && p.atEnd():
			return p.err == nil
		case c == '.':
			p.pos++
			if d := p.peek(0); class[d]&classSpace != 0 || d == '#' || d == '}' || d == 0 && p.atEnd() {
				return p.err == nil
			}
		case c == '}' && p.inGraph:
			return true
		case c == '{' && !p.inGraph && p.opts.Dialect == TriG && p.peek(1) != '|':
			// What its head should have been is not known, and the default graph is not where the statements belong.
			p.pos++
			p.inGraph, p.graph, p.dropGraph = true, rdf.Term{}, true
			return true
		case c == '|' && p.peek(1) == '}', c == '\\' && p.peek(1) != 0:
			p.pos += 2
		case c == '"' || c == '\'':
			p.skipString(c)
		case c == '<':
			p.pos++
			if i := bytes.IndexAny(p.buf[p.pos:], "> <\"\n"); i >= 0 && p.buf[p.pos+i] == '>' {
				p.pos += i + 1
			}
		case class[c]&className != 0:
			p.skipName()
		default:
			p.pos++
		}
	}
}

// skipName steps over a run of characters of names, but not over a '.' that may end a statement.
func (p *parser) skipName() {
	for {
		b, i := p.buf, p.pos
		for i < len(b) && class[b[i]]&className != 0 && b[i] != '.' && b[i] != '\\' {
			i++
		}
		moved := i > p.pos
		p.pos = i
		if !moved {
			p.pos++
			return
		}
		if i < len(b) || !p.fill() {
			return
		}
	}
}

// skipString steps over the string at pos or, if it has no end in the line or, with three quotes, in the window, over its
// quotes.
func (p *parser) skipString(q byte) {
	if p.peek(1) == q && p.peek(2) == q {
		if i := bytes.Index(p.buf[p.pos+3:], []byte{q, q, q}); i >= 0 {
			p.pos += i + 6
			return
		}
		p.pos += 3
		return
	}
	b := p.buf[p.pos+1:]
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case q:
			p.pos += i + 2
			return
		case '\\':
			i++
		case '\n', '\r':
			p.pos++
			return
		}
	}
	p.pos++
}
