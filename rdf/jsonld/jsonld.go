// Package jsonld reads and writes JSON-LD 1.1 (https://www.w3.org/TR/json-ld11/, https://www.w3.org/TR/json-ld11-api/).
//
// No remote context or document is ever fetched by the package itself: a Loader that the caller gives decides what may be read
// and from where. Without one, a document that refers to a remote context is an error that names the context.
package jsonld

import (
	"context"
	"errors"
	"io"
	"strconv"
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
	// MaxBytes limits the size of the document, which is held in memory; 0 means 1 GiB.
	MaxBytes int64
	// Version10 processes as JSON-LD 1.0.
	Version10 bool
}

// Parse reads a document and hands its quads to emit in batches. The slice is reused after emit returns, the terms are not.
// Errors are *rdf.ParseError for mistakes in the document; they wrap *Error where JSON-LD has a code for them.
func Parse(ctx context.Context, r io.Reader, o Options, emit func(quads []rdf.Quad) error) error {
	if o.MaxDepth <= 0 {
		o.MaxDepth = defaultMaxDepth
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultMaxBytes
	}
	text, err := io.ReadAll(io.LimitReader(&ctxReader{ctx, r}, o.MaxBytes+1))
	if err != nil {
		return err
	}
	if int64(len(text)) > o.MaxBytes {
		return &rdf.ParseError{File: o.File, Line: 1, Column: 1, Msg: "the document is larger than " + strconv.FormatInt(o.MaxBytes, 10) + " bytes"}
	}
	cs := &contexts{ctx: ctx, load: o.Loader, mode10: o.Version10}
	w := &toRDF{o: &o, emit: emit}
	active, err := cs.initial(o)
	if err != nil {
		return w.located(err, 1, 1)
	}
	x := &expander{contexts: cs}
	if err := x.stream(text, active, w); err != nil {
		return err
	}
	return w.flush()
}

type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
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

// stream expands the document piece by piece: the members of an outermost array, and of the @graph of an outermost object that
// holds nothing else but a @context before it, are dropped once they are quads.
func (x *expander) stream(text []byte, active *activeContext, w *toRDF) error {
	d := decoder{buf: text, file: w.o.File, maxDepth: w.o.MaxDepth}
	if strings.HasPrefix(alias(text), "\ufeff") {
		d.pos = 3
	}
	if d.space(); d.pos == len(text) {
		return d.fail("the document is empty")
	}
	each := func(active *activeContext) error {
		d.pos++
		if d.space(); d.pos < len(text) && text[d.pos] == ']' {
			d.pos++
			return nil
		}
		for {
			d.space()
			line, column := d.place()
			v, err := d.value(1)
			if err != nil {
				return err
			}
			if err := x.piece(v, active, w, line, column); err != nil {
				return err
			}
			if done, err := d.separator(']', "expected , or ] in an array"); done || err != nil {
				return err
			}
		}
	}
	if text[d.pos] == '[' {
		if err := each(active); err != nil {
			return err
		}
		return d.end()
	}
	if text[d.pos] == '{' {
		if inner, ok, err := x.graphOnly(&d, active); err != nil {
			return w.located(err, 1, 1)
		} else if ok {
			if err := each(inner); err != nil {
				return err
			}
			d.space()
			d.pos++ // the closing brace, which graphOnly saw
			return d.end()
		}
	}
	line, column := d.place()
	v, err := d.value(0)
	if err != nil {
		return err
	}
	if err := d.end(); err != nil {
		return err
	}
	return x.piece(v, active, w, line, column)
}

func (d *decoder) end() error {
	if d.space(); d.pos < len(d.buf) {
		return d.fail("text after the end of the JSON document")
	}
	return nil
}

// place is the line and column of the decoder. Calls move forward, so lines are counted once.
func (d *decoder) place() (int, int) {
	e := d.fail("").(*rdf.ParseError)
	// Forget what was counted: positions stay relative to the last newline.
	if i := strings.LastIndexByte(alias(d.buf[:d.pos]), '\n'); i >= 0 {
		d.line = e.Line - 1
		d.offset += int64(i + 1)
		d.buf, d.pos = d.buf[i+1:], d.pos-i-1
	}
	return e.Line, e.Column
}

// graphOnly looks whether an object is {"@context": …, "@graph": […]} and nothing else. If so it leaves the decoder at the [.
func (x *expander) graphOnly(d *decoder, active *activeContext) (*activeContext, bool, error) {
	probe := *d
	probe.pos++
	var local any
	seen := false
	for {
		key, err := probe.key()
		if err != nil {
			return nil, false, nil //nolint:nilerr // the whole is read again, and the error is found there
		}
		if key == "@context" && !seen {
			if local, err = probe.value(1); err != nil {
				return nil, false, nil //nolint:nilerr // as above
			}
			seen = true
			if done, err := probe.separator('}', ""); done || err != nil {
				return nil, false, nil //nolint:nilerr // as above
			}
			continue
		}
		probe.space()
		if key != "@graph" || probe.pos >= len(probe.buf) || probe.buf[probe.pos] != '[' {
			return nil, false, nil
		}
		break
	}
	// The object must end behind the array.
	tail := probe
	if !tail.skip() {
		return nil, false, nil
	}
	if tail.space(); tail.pos >= len(tail.buf) || tail.buf[tail.pos] != '}' {
		return nil, false, nil
	}
	if seen {
		var err error
		if active, err = x.process(active, local, processOptions{base: active.base}); err != nil {
			return nil, false, err
		}
	}
	*d = probe
	return active, true, nil
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
