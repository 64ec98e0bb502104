// Package jsonld reads and writes JSON-LD 1.1 (https://www.w3.org/TR/json-ld11/, https://www.w3.org/TR/json-ld11-api/).
//
// No remote context or document is ever fetched by the package itself: a Loader that the caller gives decides what may be read
// and from where. Without one, a document that refers to a remote context is an error that names the context.
package jsonld

import (
	"context"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
	"unsafe"

	"triplestore/rdf"
	"triplestore/rdf/iri"
)

const (
	defaultMaxDepth = 500
	defaultMaxBytes = 1 << 30
	batchSize       = 1024

	rdfNS = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	xsdNS = "http://www.w3.org/2001/XMLSchema#"
	i18n  = "https://www.w3.org/ns/i18n#"
)

// RDFDirection is how base directions of strings appear in RDF.
type RDFDirection uint8

// The ways of https://www.w3.org/TR/json-ld11-api/#dom-jsonldoptions-rdfdirection, and that of RDF 1.2.
const (
	// DirLangString makes literals with a base direction, as RDF 1.2 has them; strings without a language lose it.
	DirLangString RDFDirection = iota
	// NoRDFDirection drops directions.
	NoRDFDirection
	// I18nDatatype makes datatypes of the namespace https://www.w3.org/ns/i18n#.
	I18nDatatype
	// CompoundLiteral makes blank nodes with rdf:value, rdf:language and rdf:direction.
	CompoundLiteral
)

// Options tells Parse how to read.
type Options struct {
	// Base resolves relative IRIs, unless a context says otherwise. It may be empty.
	Base string
	// File names the document in errors.
	File string
	// Lenient, if set, is told of each part of the document that breaks a rule of JSON-LD, and reading goes on with the next. A part
	// is a member of the outermost array or graph. A document that is no JSON cannot be read on.
	Lenient func(*rdf.ParseError)
	// BlankNodePrefix is put before the label of every blank node, to keep documents apart.
	BlankNodePrefix string
	// Loader supplies remote contexts; nil refuses them all.
	Loader Loader
	// ExpandContext is a context that applies before any in the document: JSON text, with or without an outer @context.
	ExpandContext []byte
	// Direction says how base directions appear.
	Direction RDFDirection
	// MaxDepth limits the nesting of JSON; 0 means 500.
	MaxDepth int
	// MaxBytes limits what is held in memory of the document; 0 means 1 GiB. That is one member of an outermost array or of the
	// @graph of an outermost object with nothing but an @context before it, one line of line-delimited JSON-LD, and of other
	// documents the whole.
	MaxBytes int64
	// Lines reads line-delimited JSON-LD: every line is a document. All share their blank nodes, as the lines of N-Quads do.
	Lines bool
	// Version10 processes as JSON-LD 1.0.
	Version10 bool

	// streamAbove is the size above which a document with @graph is read before its end was seen; 0 means 8 MiB.
	streamAbove int64
}

// Parse reads a document and hands its quads to emit in batches. The slice is reused after emit returns, the terms are not.
//
// An outermost array, and an outermost {"@context": …, "@graph": […]}, is read member by member, so that memory does not grow
// with the document. A document of more than 8 MiB that has further members after such a @graph is an error that says so;
// where other members come first, or no @context, the whole document is held in memory.
//
// Errors are *rdf.ParseError for mistakes in the document; they wrap *Error where JSON-LD has a code for them.
func Parse(ctx context.Context, r io.Reader, o Options, emit func(quads []rdf.Quad) error) error {
	if o.MaxDepth <= 0 {
		o.MaxDepth = defaultMaxDepth
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.streamAbove <= 0 {
		o.streamAbove = defaultStreamAbove
	}
	o.streamAbove = min(o.streamAbove, o.MaxBytes)
	cs := &contexts{ctx: ctx, load: o.Loader, mode10: o.Version10}
	w := &toRDF{o: &o, emit: emit}
	active, err := cs.initial(o)
	if err != nil {
		return w.located(err, 1, 1)
	}
	x := &expander{contexts: cs, outer: active}
	s := &source{ctx: ctx, r: r, o: &o}
	if err := s.document(x, active, w); err != nil {
		return err
	}
	return w.flush()
}

// initial is the active context before the document's own.
func (cs *contexts) initial(o Options) (*activeContext, error) {
	active := newContext(o.Base)
	if o.ExpandContext == nil {
		return active, nil
	}
	d := decoder{buf: o.ExpandContext, maxDepth: defaultMaxDepth}
	v, err := d.document()
	if err != nil {
		return nil, err
	}
	if m, ok := v.(*Object); ok && m.has("@context") {
		v, _ = m.Get("@context")
	}
	return cs.process(active, v, processOptions{base: o.Base})
}

// skip passes over an array or object without checking it.
func (d *decoder) skip() bool {
	depth := 0
	for i := d.pos; i < len(d.buf); i++ {
		switch d.buf[i] {
		case '"':
			for i++; i < len(d.buf) && d.buf[i] != '"'; i++ {
				if d.buf[i] == '\\' {
					i++
				}
			}
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth == 0 {
				d.pos = i + 1
				return true
			}
		}
	}
	return false
}

// piece expands one part of the document and makes quads of it.
func (x *expander) piece(v any, active *activeContext, w *toRDF, line, column int) error {
	if err := x.ctx.Err(); err != nil {
		return err
	}
	expanded, err := x.expand(active, "", v, active.base, false)
	if err == nil {
		for _, item := range topLevel(expanded) {
			if m, ok := item.(*Object); ok {
				if _, err = w.node(m, rdf.Term{}); err != nil {
					return err
				}
			}
		}
		return nil
	}
	err = w.located(err, line, column)
	var pe *rdf.ParseError
	if w.o.Lenient != nil && errors.As(err, &pe) {
		w.o.Lenient(pe)
		return nil
	}
	return err
}

// topLevel makes the array that expansion ends in (https://www.w3.org/TR/json-ld11-api/#dom-jsonldprocessor-expand).
func topLevel(v any) []any {
	if m, ok := v.(*Object); ok && m.Len() == 1 && m.has("@graph") {
		v, _ = m.Get("@graph")
	}
	return orEmpty(appendValues(nil, v))
}

// located gives an error of JSON-LD its place.
func (w *toRDF) located(err error, line, column int) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	return &placedError{rdf.ParseError{File: w.o.File, Line: line, Column: column, Msg: e.Error()}, e}
}

// placedError is a ParseError that keeps the code of JSON-LD.
type placedError struct {
	rdf.ParseError
	err *Error
}

func (e *placedError) Unwrap() []error { return []error{&e.ParseError, e.err} }

// ParseString reads a whole document and gives its quads. It is for tests and small documents.
func ParseString(text string, o Options) ([]rdf.Quad, error) {
	var quads []rdf.Quad
	err := Parse(context.Background(), strings.NewReader(text), o, func(batch []rdf.Quad) error {
		quads = append(quads, batch...)
		return nil
	})
	return quads, err
}

func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// wellFormed checks an absolute IRI as far as RDF needs it.
func wellFormed(s string) bool {
	if !iri.IsAbsolute(s) {
		return false
	}
	fragment := false
	for i := 0; i < len(s); i++ {
		if s[i] == '#' {
			if fragment {
				return false
			}
			fragment = true
		}
		if c := s[i]; c <= ' ' || c == '<' || c == '>' || c == '"' || c == '{' || c == '}' || c == '|' || c == '\\' || c == '^' || c == '`' {
			return false
		}
	}
	return utf8.ValidString(s)
}
