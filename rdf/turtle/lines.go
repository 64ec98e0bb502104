package turtle

import (
	"bytes"
	"context"
	"io"

	"triplestore/rdf"
	"triplestore/rdf/iri"
)

// batchSize is how many quads emit gets at a time.
const batchSize = 1024

// blockReader cuts the input at line ends into blocks of whole lines.
type blockReader struct {
	lexer
	started bool
}

// next gives the next block and where it starts; at the end io.EOF.
func (r *blockReader) next() (block []byte, at position, err error) {
	if !r.started {
		r.started = true
		r.skipBOM()
	}
	scanned := 0
	for {
		if i := bytes.LastIndexByte(r.buf[r.pos+scanned:], '\n'); i >= 0 {
			return r.cut(scanned + i + 1)
		}
		scanned = len(r.buf) - r.pos
		if r.fill() {
			continue
		}
		if r.err != nil {
			return nil, at, r.err
		}
		if scanned == 0 {
			return nil, at, io.EOF
		}
		return r.cut(scanned)
	}
}

func (r *blockReader) cut(n int) ([]byte, position, error) {
	if r.pos > 0 {
		r.at = r.at.after(r.buf[:r.pos])
		r.buf, r.pos = r.buf[r.pos:], 0
	}
	r.pos = n
	return r.buf[:n:n], r.at, nil
}

// lineParser reads blocks of whole lines of N-Triples or N-Quads.
type lineParser struct {
	lexer
	batch []rdf.Quad
	emit  func([]rdf.Quad) error
	quads bool
}

func newLineParser(ctx context.Context, o *Options, emit func([]rdf.Quad) error) *lineParser {
	p := &lineParser{emit: emit, quads: o.Dialect == NQuads}
	p.ctx, p.opts, p.eof = ctx, o, true
	return p
}

func parseLines(ctx context.Context, r io.Reader, o Options, emit func([]rdf.Quad) error) error {
	blocks := blockReader{lexer: lexer{ctx: ctx, opts: &o, r: r, greedy: true}}
	p := newLineParser(ctx, &o, emit)
	for {
		block, at, err := blocks.next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = p.block(block, at)
		}
		if err != nil {
			return err
		}
	}
}

// block reads a block and hands out all its quads.
func (p *lineParser) block(b []byte, at position) error {
	p.buf, p.pos, p.at, p.err = b, 0, at, nil
	p.good = [places][]byte{} // they were parts of another block
	for p.pos < len(p.buf) {
		if !p.line() {
			e, ok := p.err.(*Error)
			if !ok {
				return p.err
			}
			if p.opts.Lenient == nil {
				p.flush()
				return e
			}
			p.err = nil
			p.opts.Lenient(e)
			if i := bytes.IndexAny(p.buf[min(p.pos, len(p.buf)):], "\n\r"); i >= 0 {
				p.pos += i + 1
			} else {
				p.pos = len(p.buf)
			}
		}
	}
	if !p.flush() {
		return p.err
	}
	return nil
}

func (p *lineParser) flush() bool {
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

// blank skips white space within the line and gives the byte after it, '\n' at the end of the block.
func (p *lineParser) blank() byte {
	b, i := p.buf, p.pos
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	p.pos = i
	if i == len(b) {
		return '\n'
	}
	return b[i]
}

// line reads one line with its end.
func (p *lineParser) line() bool {
	switch p.blank() {
	case '\n', '\r':
		p.pos = min(p.pos+1, len(p.buf))
		return true
	case '#':
		return p.lineEnd()
	case 'V':
		return p.version()
	}
	var q rdf.Quad
	var ok bool
	p.place = inSubject
	if q.S, ok = p.node("a subject: an IRI or a blank node"); !ok {
		return false
	}
	if p.blank() != '<' || p.peek(1) == '<' {
		return p.expected("a predicate: an IRI")
	}
	p.place = inPredicate
	if q.P, ok = p.iriRef(iri.Base{}, true); !ok {
		return false
	}
	p.place = inObject
	if q.O, ok = p.object(0); !ok {
		return false
	}
	p.place = inOther
	good := !q.S.IsZero() && !q.P.IsZero() && !q.O.IsZero()
	c := p.blank()
	if p.quads && (c == '<' || c == '_') {
		if q.G, ok = p.node("a graph name: an IRI or a blank node"); !ok {
			return false
		}
		good = good && !q.G.IsZero()
		c = p.blank()
	}
	if c != '.' {
		if p.quads && q.G.IsZero() {
			return p.expected("a graph name or '.'")
		}
		return p.expected("'.'")
	}
	p.pos++
	switch c = p.blank(); c {
	case '\n', '\r', '#':
	default:
		return p.expected("the end of the line")
	}
	if good {
		p.batch = append(p.batch, q)
		if len(p.batch) >= batchSize && !p.flush() {
			return false
		}
	}
	return p.lineEnd()
}

// lineEnd skips the comment, if there is one, and the line end at pos.
func (p *lineParser) lineEnd() bool {
	if p.pos < len(p.buf) && p.buf[p.pos] == '#' {
		if i := bytes.IndexAny(p.buf[p.pos:], "\n\r"); i >= 0 {
			p.pos += i
		} else {
			p.pos = len(p.buf)
		}
	}
	p.pos = min(p.pos+1, len(p.buf))
	return true
}

// version reads a versionDirective (https://www.w3.org/TR/rdf12-n-triples/#grammar-production-versionDirective).
func (p *lineParser) version() bool {
	if !p.have(8) || string(p.buf[p.pos:p.pos+7]) != "VERSION" {
		return p.expected("a subject: an IRI or a blank node")
	}
	p.pos += 7
	if c := p.blank(); c != '"' && c != '\'' {
		return p.expected("a version in quotes")
	}
	if _, _, ok := p.quoted(false); !ok {
		return false
	}
	switch p.blank() {
	case '\n', '\r', '#':
		return p.lineEnd()
	}
	return p.expected("the end of the line")
}

func (p *lineParser) node(what string) (rdf.Term, bool) {
	switch c := p.blank(); {
	case c == '<' && p.peek(1) != '<':
		return p.iriRef(iri.Base{}, true)
	case c == '_':
		return p.blankNode()
	}
	return rdf.Term{}, p.expected(what)
}

// blankNode keeps labels as they are: there are no anonymous blank nodes in these formats that they could clash with.
func (p *lineParser) blankNode() (rdf.Term, bool) {
	label, good, ok := p.blankLabel()
	switch {
	case !ok || !good:
		return rdf.Term{}, ok
	case p.opts.BlankNodePrefix == "":
		return rdf.BlankNode(alias(label)), true
	}
	return rdf.BlankNode(p.arena.concat(p.opts.BlankNodePrefix, alias(label))), true
}

func (p *lineParser) object(depth int) (rdf.Term, bool) {
	switch p.blank() {
	case '<':
		if p.peek(1) == '<' {
			return p.tripleTerm(depth)
		}
		return p.iriRef(iri.Base{}, true)
	case '_':
		return p.blankNode()
	case '"':
		return p.literal()
	}
	return rdf.Term{}, p.expected("an object: an IRI, a blank node, a literal in double quotes or a triple term")
}

func (p *lineParser) literal() (rdf.Term, bool) {
	s, good, ok := p.quoted(false)
	if !ok {
		return rdf.Term{}, false
	}
	switch p.blank() {
	case '@':
		return p.langTag(s, good)
	case '^':
		if p.peek(1) != '^' {
			return rdf.Term{}, p.expected("\"^^\" and a datatype")
		}
		p.pos += 2
		if p.blank() != '<' {
			return rdf.Term{}, p.expected("a datatype: an IRI")
		}
		p.place = inOther
		start := p.offset()
		dt, ok := p.iriRef(iri.Base{}, true)
		if !ok {
			return rdf.Term{}, false
		}
		return p.typed(s, good, dt, start)
	}
	if !good {
		return rdf.Term{}, true
	}
	return rdf.String(s), true
}

func (p *lineParser) tripleTerm(depth int) (rdf.Term, bool) {
	if p.peek(2) != '(' {
		return rdf.Term{}, p.expected("a triple term \"<<( … )>>\" (there are no reified triples in " + p.opts.Dialect.String() + ")")
	}
	if depth >= p.opts.MaxDepth {
		return rdf.Term{}, p.fail("triple terms nested too deeply")
	}
	p.pos += 3
	var t rdf.Triple
	var ok bool
	if t.S, ok = p.node("the subject of a triple term: an IRI or a blank node"); !ok {
		return rdf.Term{}, false
	}
	if p.blank() != '<' || p.peek(1) == '<' {
		return rdf.Term{}, p.expected("the predicate of a triple term: an IRI")
	}
	if t.P, ok = p.iriRef(iri.Base{}, true); !ok {
		return rdf.Term{}, false
	}
	if t.O, ok = p.object(depth + 1); !ok {
		return rdf.Term{}, false
	}
	if p.blank() != ')' || p.peek(1) != '>' || p.peek(2) != '>' {
		return rdf.Term{}, p.expected("\")>>\"")
	}
	p.pos += 3
	if t.S.IsZero() || t.P.IsZero() || t.O.IsZero() {
		return rdf.Term{}, true
	}
	return rdf.TripleTerm(t), true
}
