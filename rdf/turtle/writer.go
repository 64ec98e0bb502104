package turtle

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"triplestore/rdf"
)

// WriterOptions tells a Writer how to write.
type WriterOptions struct {
	// Dialect is the format.
	Dialect Dialect
	// Prefixes are the prefixes of Turtle and TriG, without their colon, and what they stand for. All are declared, sorted;
	// one that Turtle does not allow is left out.
	Prefixes map[string]string
	// Base, if set, is declared in Turtle and TriG, and the base itself and its fragments are written relative to it.
	Base string
	// Canonical writes N-Triples and N-Quads in their canonical form, in which language tags are in lower case; else tags keep
	// their conventional case ("nb-NO"). Lines are not sorted.
	Canonical bool
}

// Writer writes quads as they come. In Turtle and TriG consecutive quads of
// the same graph, subject or predicate share these. A Writer is not safe for concurrent use.
type Writer struct {
	w       io.Writer
	buf     []byte
	err     error
	dialect Dialect
	names   shortener
	last    rdf.Quad
	subject []byte // last.S, as lines have it
	verbs   [64]written
	// started is set when the prefixes are written, open when a statement has no '.' yet, inGraph between '{' and '}'.
	started, open, inGraph bool
	canonical              bool
}

// ErrGraph is the error for a quad of a named graph in a format that has none.
var ErrGraph = errors.New("turtle: the format has no named graphs")

// ErrIncomplete is the error for a quad without subject, predicate or object.
var ErrIncomplete = errors.New("turtle: a quad without subject, predicate or object")

const writeBuffer = 64 << 10

// NewWriter makes a writer. Nothing is complete before Close.
func NewWriter(w io.Writer, o WriterOptions) *Writer {
	wr := &Writer{w: w, dialect: o.Dialect, canonical: o.Canonical}
	if o.Dialect == Turtle || o.Dialect == TriG {
		wr.names = newShortener(o)
	}
	return wr
}

// Write writes a quad. The error is ErrGraph, ErrIncomplete or, on this or a later call, what the underlying writer gave.
func (w *Writer) Write(q rdf.Quad) error {
	if w.err != nil {
		return w.err
	}
	if q.S.IsZero() || q.P.IsZero() || q.O.IsZero() {
		return ErrIncomplete
	}
	if !q.G.IsZero() && !w.dialect.Graphs() {
		return fmt.Errorf("%w: %v in %v", ErrGraph, q.G, w.dialect)
	}
	if w.names.active {
		w.grouped(q)
	} else {
		w.line(q)
	}
	if len(w.buf) >= writeBuffer {
		w.drain()
	}
	return w.err
}

// line writes a quad as a line of N-Triples or N-Quads. Subjects come in runs and predicates are few, so both are kept as they are
// written.
func (w *Writer) line(q rdf.Quad) {
	if w.canonical {
		q.S, q.O, q.G = safeLabel(q.S), safeLabel(q.O), safeLabel(q.G)
		w.buf = append(appendCanonicalQuad(w.buf, q), '\n')
		return
	}
	if q.S != w.last.S {
		w.last.S = q.S
		w.subject = append(safeLabel(q.S).AppendNTriples(w.subject[:0]), ' ')
	}
	w.buf = append(w.buf, w.subject...)
	if v := q.P.Value(); q.P.IsIRI() && len(v) > 0 {
		k := &w.verbs[(uint(v[len(v)-1])*31+uint(v[len(v)/2])*7+uint(len(v)))%uint(len(w.verbs))]
		if k.term != q.P {
			k.term, k.text = q.P, append(q.P.AppendNTriples(k.text[:0]), ' ')
		}
		w.buf = append(w.buf, k.text...)
	} else {
		w.buf = append(q.P.AppendNTriples(w.buf), ' ')
	}
	w.buf = append(safeLabel(q.O).AppendNTriples(w.buf), ' ')
	if !q.G.IsZero() {
		w.buf = append(safeLabel(q.G).AppendNTriples(w.buf), ' ')
	}
	w.buf = append(w.buf, '.', '\n')
}

// written is a term as it is written, with the blank behind it.
type written struct {
	term rdf.Term
	text []byte
}

func (w *Writer) drain() {
	if w.err == nil && len(w.buf) > 0 {
		_, w.err = w.w.Write(w.buf)
	}
	w.buf = w.buf[:0]
}

// Flush writes what is buffered to the underlying writer. The document is not complete before Close.
func (w *Writer) Flush() error {
	w.drain()
	return w.err
}

// Close completes the document. It does not close the underlying writer.
func (w *Writer) Close() error {
	if w.names.active {
		w.start()
		w.endStatement()
		w.endGraph()
	}
	w.drain()
	return w.err
}

func (w *Writer) start() {
	if !w.started {
		w.started = true
		w.buf = w.names.appendHeader(w.buf, w.names.sorted)
	}
}

func (w *Writer) endStatement() {
	if w.open {
		w.buf = append(w.buf, " .\n"...)
		w.open = false
	}
}

func (w *Writer) endGraph() {
	if w.inGraph {
		w.buf = append(w.buf, "}\n"...)
		w.inGraph = false
	}
}

func (w *Writer) grouped(q rdf.Quad) {
	w.start()
	fresh := !w.open
	if q.G != w.last.G {
		w.endStatement()
		w.endGraph()
		fresh = true
	}
	if !q.G.IsZero() && !w.inGraph {
		w.buf = append(w.names.appendTerm(w.buf, q.G), " {\n"...)
		w.inGraph = true
		fresh = true
	}
	indent := ""
	if w.inGraph {
		indent = "  "
	}
	switch {
	case fresh || q.S != w.last.S:
		w.endStatement()
		w.buf = append(w.buf, indent...)
		w.buf = append(w.names.appendTerm(w.buf, q.S), ' ')
		w.buf = append(w.names.appendVerb(w.buf, q.P), ' ')
	case q.P != w.last.P:
		w.buf = append(append(append(w.buf, " ;\n"...), indent...), "    "...)
		w.buf = append(w.names.appendVerb(w.buf, q.P), ' ')
	default:
		w.buf = append(w.buf, ", "...)
	}
	w.buf = w.names.appendTerm(w.buf, q.O)
	w.open = true
	w.last = q
}

// shortener writes terms in the short forms of Turtle.
type shortener struct {
	active bool
	base   string
	// labels gives the prefix of a namespace; lengths are the lengths of namespaces, longest first.
	labels  map[string]string
	lengths []int
	// sorted are the usable prefixes.
	sorted []namespace
	// used, if set, notes which prefixes were used.
	used map[string]bool
	// long allows strings in triple quotes.
	long bool
}

func newShortener(o WriterOptions) shortener {
	s := shortener{active: true, base: o.Base, labels: map[string]string{}}
	lengths := map[int]bool{}
	for _, label := range slices.Sorted(maps.Keys(o.Prefixes)) {
		ns := o.Prefixes[label]
		if ns == "" || !validPrefix(label) {
			continue
		}
		s.sorted = append(s.sorted, namespace{label, ns})
		if _, known := s.labels[ns]; !known {
			s.labels[ns] = label
			lengths[len(ns)] = true
		}
	}
	s.lengths = slices.Sorted(maps.Keys(lengths))
	slices.Reverse(s.lengths)
	return s
}

func validPrefix(label string) bool {
	b := []byte(label)
	for _, c := range b {
		if class[c]&classLabel == 0 {
			return false
		}
	}
	if len(b) > 0 && b[0] == '_' {
		return false
	}
	_, msg := checkName(b, nil, name{high: true})
	return msg == ""
}

func (s *shortener) appendHeader(dst []byte, prefixes []namespace) []byte {
	if s.base != "" {
		dst = append(rdf.IRI(s.base).AppendNTriples(append(dst, "@base "...)), " .\n"...)
	}
	for _, p := range prefixes {
		dst = append(append(append(dst, "@prefix "...), p.label...), ": "...)
		dst = append(rdf.IRI(p.iri).AppendNTriples(dst), " .\n"...)
	}
	if s.base != "" || len(prefixes) > 0 {
		dst = append(dst, '\n')
	}
	return dst
}

func (s *shortener) appendVerb(dst []byte, t rdf.Term) []byte {
	if t == rdfType {
		return append(dst, 'a')
	}
	return s.appendTerm(dst, t)
}

func (s *shortener) appendTerm(dst []byte, t rdf.Term) []byte {
	switch t.Kind() {
	case rdf.KindIRI:
		return s.appendIRI(dst, t.Value())
	case rdf.KindBlankNode:
		return safeLabel(t).AppendNTriples(dst)
	case rdf.KindLiteral:
		return s.appendLiteral(dst, t)
	case rdf.KindLangLiteral:
		if s.long && strings.Contains(t.Value(), "\n") {
			dst = append(appendLong(dst, t.Value()), '@')
			dst = append(dst, t.Lang()...)
			if d := t.Direction(); d != rdf.NoDirection {
				dst = append(append(dst, "--"...), d.String()...)
			}
			return dst
		}
		return t.AppendNTriples(dst)
	case rdf.KindTriple:
		tr := t.Triple()
		dst = append(dst, "<<( "...)
		dst = append(s.appendTerm(dst, tr.S), ' ')
		dst = append(s.appendVerb(dst, tr.P), ' ')
		dst = append(s.appendTerm(dst, tr.O), ' ')
		return append(dst, ")>>"...)
	}
	return dst
}

func (s *shortener) appendIRI(dst []byte, iri string) []byte {
	for _, n := range s.lengths {
		if n > len(iri) {
			continue
		}
		label, ok := s.labels[iri[:n]]
		if !ok {
			continue
		}
		mark := len(dst)
		dst = append(append(dst, label...), ':')
		if dst, ok = appendLocal(dst, iri[n:]); ok {
			if s.used != nil {
				s.used[label] = true
			}
			return dst
		}
		dst = dst[:mark]
	}
	if s.base != "" && strings.HasPrefix(iri, s.base) && !strings.Contains(s.base, "#") {
		if rest := iri[len(s.base):]; rest == "" || rest[0] == '#' {
			return rdf.IRI(rest).AppendNTriples(dst)
		}
	}
	return rdf.IRI(iri).AppendNTriples(dst)
}

func (s *shortener) appendLiteral(dst []byte, t rdf.Term) []byte {
	lexical, datatype := t.Value(), t.Datatype()
	switch name, ok := strings.CutPrefix(datatype, xsdNS); {
	case !ok:
	case name == "string":
		if s.long && strings.Contains(lexical, "\n") {
			return appendLong(dst, lexical)
		}
		return t.AppendNTriples(dst)
	case name == "boolean" && (lexical == "true" || lexical == "false"), name != "" && numberKind(lexical) == name:
		return append(dst, lexical...)
	}
	dst = append(rdf.AppendEscaped(append(dst, '"'), lexical), "\"^^"...)
	return s.appendIRI(dst, datatype)
}

// numberKind tells which datatype Turtle gives to a bare number, by the name after xsd:, or "" where s is none.
func numberKind(s string) string {
	i := 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	whole := digits(s[i:])
	i += whole
	kind, fraction := "integer", 0
	if i < len(s) && s[i] == '.' {
		fraction = digits(s[i+1:])
		i += 1 + fraction
		kind = "decimal"
	}
	if i < len(s) && s[i]|0x20 == 'e' && whole+fraction > 0 {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		n := digits(s[i:])
		if n == 0 {
			return ""
		}
		i += n
		kind = "double"
	} else if kind == "decimal" && fraction == 0 {
		return ""
	}
	if i < len(s) || whole+fraction == 0 {
		return ""
	}
	return kind
}

func digits(s string) int {
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// appendLong writes a string with line feeds in triple quotes, in which only line feeds and tabs need no escape.
func appendLong(dst []byte, s string) []byte {
	dst = append(dst, `"""`...)
	for {
		i := strings.IndexAny(s, "\n\t")
		if i < 0 {
			break
		}
		dst = append(rdf.AppendEscaped(dst, s[:i]), s[i])
		s = s[i+1:]
	}
	return append(rdf.AppendEscaped(dst, s), `"""`...)
}
