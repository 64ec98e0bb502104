// Package turtle reads and writes the four text formats of RDF that share a grammar: N-Triples, N-Quads, Turtle and TriG, in
// their versions 1.1 and 1.2. One lexer and one set of terms serve all dialects; N-Triples and N-Quads are read line by line,
// Turtle and TriG by recursive descent.
//
// Reading streams: memory does not grow with the input but with the longest token and the depth of nesting, both limited. The
// terms handed out are parts of the chunks that the input was read into (see [rdf.Term]); chunks are never used again.
package turtle

import (
	"context"
	"fmt"
	"io"
	"strings"

	"triplestore/rdf"
	"triplestore/rdf/iri"
)

// Dialect is one of the four formats.
type Dialect uint8

// The dialects.
const (
	// NTriples is https://www.w3.org/TR/rdf12-n-triples/.
	NTriples Dialect = iota
	// NQuads is https://www.w3.org/TR/rdf12-n-quads/.
	NQuads
	// Turtle is https://www.w3.org/TR/rdf12-turtle/.
	Turtle
	// TriG is https://www.w3.org/TR/rdf12-trig/.
	TriG
)

// String names the dialect as its specification does.
func (d Dialect) String() string { return [...]string{"N-Triples", "N-Quads", "Turtle", "TriG"}[d&3] }

// Graphs reports whether the dialect can name graphs.
func (d Dialect) Graphs() bool { return d == NQuads || d == TriG }

// Options tells Parse how to read. The zero value reads N-Triples strictly.
type Options struct {
	// Dialect is the format of the input.
	Dialect Dialect
	// Base resolves relative IRIs of Turtle and TriG until the document sets its own base. It may be empty.
	Base string
	// File names the input in errors.
	File string
	// Lenient, if set, is told of each mistake, and reading goes on: a triple with a bad IRI or literal is left out, and
	// after a mistake of syntax the rest of the statement. What a statement gave before a mistake of syntax is left out too,
	// as far as it was not yet handed out (some ten thousand quads). Nil makes the first mistake the error of Parse.
	Lenient func(*Error)
	// BlankNodePrefix is put before the label of every blank node, to keep documents apart.
	BlankNodePrefix string
	// Prefix, if set, is told of each prefix that the document declares, without its colon, and of its resolved IRI.
	Prefix func(name, iri string)
	// Transient tells that no term is used after emit returns: ParseParallel then reads into the same memory again and again, instead
	// of leaving all of the input to the garbage collector.
	Transient bool
	// MaxDepth limits the nesting of collections, property lists, triple terms and annotations; 0 means 1000.
	MaxDepth int
	// MaxToken limits the length of one IRI, literal or name, and of one line of N-Triples or N-Quads, in bytes; 0 means
	// 64 MiB.
	MaxToken int
}

const (
	defaultMaxDepth = 1000
	defaultMaxToken = 64 << 20
)

func (o Options) withDefaults() Options {
	if o.MaxDepth <= 0 {
		o.MaxDepth = defaultMaxDepth
	}
	if o.MaxToken <= 0 {
		o.MaxToken = defaultMaxToken
	}
	return o
}

// Error is a mistake in the input, as the readers of all formats give it. Its Msg says what was expected or what is wrong.
type Error = rdf.ParseError

// Parse reads r and hands its quads to emit in batches, in the order of the document. The slice is reused after emit returns,
// the terms are not. Errors are *Error for mistakes in the input, and what r, emit and ctx gave. Of a statement with a mistake
// emit may have got a part.
func Parse(ctx context.Context, r io.Reader, o Options, emit func(quads []rdf.Quad) error) error {
	o = o.withDefaults()
	if o.Dialect == NTriples || o.Dialect == NQuads {
		return parseLines(ctx, r, o, emit)
	}
	p := newParser(ctx, r, &o, emit)
	if o.Base != "" {
		base, err := iri.NewBase(o.Base)
		if err != nil {
			return fmt.Errorf("base %q: %w", o.Base, err)
		}
		p.base = base
	}
	return p.document()
}

// ParseString reads a whole document and gives its quads. It is for tests and small documents.
func ParseString(text string, o Options) ([]rdf.Quad, error) {
	var quads []rdf.Quad
	err := Parse(context.Background(), strings.NewReader(text), o, func(batch []rdf.Quad) error {
		quads = append(quads, batch...)
		return nil
	})
	return quads, err
}
