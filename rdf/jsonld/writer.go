package jsonld

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"

	"triplestore/rdf"
)

// WriterOptions tells NewWriter and WritePretty how to write.
type WriterOptions struct {
	// Prefixes are terms for namespaces, to write compact IRIs. Without any, and without a Context, the document is in expanded form.
	Prefixes map[string]string
	// Context is a context to compact with, in place of Prefixes: JSON text, with or without an outer @context.
	Context []byte
	// Loader supplies the remote contexts that Context refers to.
	Loader Loader
	// Base is what the contexts' relative references are relative to.
	Base string
	// Lines writes line-delimited JSON-LD: one document a line, each with the Context if there is one. Prefixes are not used.
	Lines bool
}

// Errors of Write for what JSON-LD 1.1 cannot say, or what its readers leave out.
var (
	ErrTripleTerm = errors.New("JSON-LD 1.1 has no triple terms")
	ErrTerm       = errors.New("JSON-LD cannot hold the term")
)

const (
	maxRun   = 1024      // quads of one node object
	maxGraph = 128 << 10 // bytes of one object with @graph, roughly
)

// Writer writes JSON-LD as a stream: consecutive quads of a subject become one node object, and objects of consecutive subjects of a
// named graph stand together. Lists stay nodes with rdf:first and rdf:rest, see WritePretty. Memory grows with neither the input
// nor its longest run. It is not safe for concurrent use.
type Writer struct {
	w        *bufio.Writer
	o        WriterOptions
	prefixes []prefix
	compact  *compacter
	active   *activeContext
	graphKey string // what @graph is called in Context
	context  []byte // the value of @context

	run     []rdf.Quad
	buf     []byte
	keys    map[string]string // predicate → its key as JSON, with the colon
	began   bool
	pieces  int      // in the outermost array
	graph   rdf.Term // that is open
	inGraph int      // bytes in it
	plain   bool     // it has no context
	err     error
}

type prefix struct{ name, ns string }

// NewWriter makes a Writer; Close must be called to end the document. A context that cannot be processed is the error of the
// first Write.
func NewWriter(w io.Writer, o WriterOptions) *Writer {
	x := &Writer{w: bufio.NewWriterSize(w, 64<<10), o: o, keys: map[string]string{}}
	switch {
	case o.Context != nil:
		x.err = x.useContext()
	case !o.Lines:
		x.prefixes = usablePrefixes(o.Prefixes)
		if len(x.prefixes) > 0 {
			x.context = AppendJSON(nil, prefixContext(x.prefixes), "  ")
		}
	}
	return x
}

// usablePrefixes are those that a context may define, longest namespace first.
func usablePrefixes(prefixes map[string]string) []prefix {
	var out []prefix
	for name, ns := range prefixes {
		if validPrefix(name) && wellFormed(ns) {
			out = append(out, prefix{name, ns})
		}
	}
	slices.SortFunc(out, func(a, b prefix) int {
		return cmp.Or(-cmp.Compare(len(a.ns), len(b.ns)), cmp.Compare(a.ns, b.ns), cmp.Compare(a.name, b.name))
	})
	return out
}

func validPrefix(name string) bool {
	for _, r := range name {
		if r != '-' && r != '_' && r != '.' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return name != "" && name != "_"
}

// prefixContext makes a context of prefixes, in order of their names.
func prefixContext(prefixes []prefix) *Object {
	sorted := slices.Clone(prefixes)
	slices.SortFunc(sorted, func(a, b prefix) int { return cmp.Compare(a.name, b.name) })
	m := &Object{}
	for _, p := range sorted {
		if strings.ContainsRune(":/?#[]@", rune(p.ns[len(p.ns)-1])) {
			m.Set(p.name, p.ns)
		} else {
			m.Set(p.name, obj("@id", p.ns, "@prefix", true))
		}
	}
	return m
}

func (x *Writer) useContext() error {
	local, err := contextOf(x.o.Context)
	if err != nil {
		return err
	}
	cs := &contexts{ctx: context.Background(), load: x.o.Loader}
	if x.active, err = cs.process(newContext(x.o.Base), local, processOptions{base: x.o.Base}); err != nil {
		return err
	}
	x.compact = &compacter{contexts: cs}
	if x.graphKey, err = x.compact.iri(x.active, "@graph", nil, true, false); err != nil {
		return err
	}
	x.context = AppendJSON(nil, local, "")
	return nil
}

// contextOf reads a context given as text.
func contextOf(text []byte) (any, error) {
	d := decoder{buf: text, maxDepth: defaultMaxDepth}
	v, err := d.document()
	if m, ok := v.(*Object); ok && m.has("@context") {
		v, _ = m.Get("@context")
	}
	return v, err
}

// Write adds a quad. After an error nothing more is written; the document is then not whole.
func (x *Writer) Write(q rdf.Quad) error {
	if x.err != nil {
		return x.err
	}
	if len(x.run) > 0 && (q.S != x.run[0].S || q.G != x.run[0].G || len(x.run) == maxRun) {
		if x.err = x.node(); x.err != nil {
			return x.err
		}
	}
	if x.err = checkQuad(q); x.err == nil {
		x.run = append(x.run, q)
	}
	return x.err
}

// Close ends the document and flushes it; it does not close the underlying writer.
func (x *Writer) Close() error {
	if x.err != nil {
		return x.err
	}
	x.err = x.close()
	err := x.err
	if err == nil {
		x.err = errors.New("jsonld: the writer is closed")
	}
	return err
}

func (x *Writer) close() error {
	if len(x.run) > 0 {
		if err := x.node(); err != nil {
			return err
		}
	}
	x.buf = x.begin(x.endGraph(x.buf[:0]))
	if !x.o.Lines {
		if x.pieces > 0 {
			x.buf = append(x.buf, '\n')
		}
		x.buf = append(x.buf, ']')
		if x.context != nil {
			x.buf = append(x.buf, '}')
		}
		x.buf = append(x.buf, '\n')
	}
	if _, err := x.w.Write(x.buf); err != nil {
		return err
	}
	return x.w.Flush()
}

// begin writes the start of the document once.
func (x *Writer) begin(dst []byte) []byte {
	if x.began || x.o.Lines {
		return dst
	}
	x.began = true
	if x.context != nil {
		dst = append(append(append(dst, "{\"@context\": "...), x.context...), ",\n"...)
		dst = append(appendString(dst, cmp.Or(x.graphKey, "@graph")), ": "...)
	}
	return append(dst, '[')
}

// item starts a member of the outermost array, or a line.
func (x *Writer) item(dst []byte) []byte {
	dst = x.begin(dst)
	if !x.o.Lines {
		if x.pieces > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '\n')
	}
	x.pieces++
	return dst
}

func (x *Writer) endGraph(dst []byte) []byte {
	if x.graph.IsZero() {
		return dst
	}
	x.graph = rdf.Term{}
	if x.o.Lines {
		return append(dst, "]}\n"...)
	}
	return append(dst, "\n ]}"...)
}

// node writes the run as a node object.
func (x *Writer) node() error {
	if x.compact != nil {
		return x.compacted()
	}
	dst, g := x.buf[:0], x.run[0].G
	inside := !g.IsZero() && g == x.graph && x.inGraph < maxGraph
	if !inside {
		dst = x.item(x.endGraph(dst))
		if x.plain = !g.IsZero() && x.clash(g); x.plain {
			dst = append(x.iri(append(dst, "{\"@context\":null,\"@id\":"...), g, nil), ",\"@graph\":["...)
		} else if !g.IsZero() {
			dst = append(x.iri(append(dst, "{\"@id\":"...), g, x.prefixes), ",\"@graph\":["...)
		}
		x.graph, x.inGraph = g, 0
	} else {
		dst = append(dst, ',')
	}
	if !g.IsZero() && !x.o.Lines {
		dst = append(dst, "\n  "...)
	}
	start := len(dst)
	dst = x.object(dst)
	x.inGraph += len(dst) - start
	if x.o.Lines && g.IsZero() {
		dst = append(dst, '\n')
	}
	x.run, x.buf = x.run[:0], dst
	_, err := x.w.Write(dst)
	return err
}

// object appends the node object of the run, with the predicates in order of their first occurrence.
func (x *Writer) object(dst []byte) []byte {
	prefixes := x.prefixes
	dst = append(dst, '{')
	if x.plain {
		prefixes = nil
	} else if x.confusing() {
		dst, prefixes = append(dst, "\"@context\":null,"...), nil
	}
	dst = x.iri(append(dst, "\"@id\":"...), x.run[0].S, prefixes)
	for i, q := range x.run {
		if x.seen(i) {
			continue
		}
		typ := q.P == rdfType && !q.O.IsLiteral()
		if typ {
			dst = append(dst, ",\"@type\":"...)
		} else {
			dst = x.key(append(dst, ','), q.P, prefixes)
		}
		several := x.context == nil || x.plain || x.another(i)
		if several {
			dst = append(dst, '[')
		}
		for j := i; j < len(x.run); j++ {
			o := x.run[j]
			if !sameKey(o, q) {
				continue
			}
			if j > i {
				dst = append(dst, ',')
			}
			if typ {
				dst = x.iri(dst, o.O, prefixes)
			} else {
				dst = x.value(dst, o.O, prefixes)
			}
		}
		if several {
			dst = append(dst, ']')
		}
	}
	return append(dst, '}')
}

// sameKey reports whether two quads of the run belong to one member of the node object.
func sameKey(a, b rdf.Quad) bool {
	return a.P == b.P && (a.P != rdfType || a.O.IsLiteral() == b.O.IsLiteral())
}

// seen reports whether the predicate of a quad was written before it.
func (x *Writer) seen(i int) bool {
	if i > 0 && sameKey(x.run[i], x.run[i-1]) {
		return true
	}
	for j := range i {
		if sameKey(x.run[j], x.run[i]) {
			return true
		}
	}
	return false
}

// another reports whether more quads of the run follow that belong to the same member.
func (x *Writer) another(i int) bool {
	for _, q := range x.run[i+1:] {
		if sameKey(q, x.run[i]) {
			return true
		}
	}
	return false
}

// confusing reports whether an IRI of the run would be taken for a compact one, its scheme being one of the prefixes.
func (x *Writer) confusing() bool {
	if len(x.prefixes) == 0 {
		return false
	}
	for _, q := range x.run {
		if x.clash(q.S) || x.clash(q.P) || x.clash(q.O) {
			return true
		}
	}
	return false
}

func (x *Writer) clash(t rdf.Term) bool {
	iri := t.Value()
	if t.IsLiteral() {
		iri = t.Datatype()
	} else if !t.IsIRI() {
		return false
	}
	scheme, rest, _ := strings.Cut(iri, ":")
	if strings.HasPrefix(rest, "//") {
		return false
	}
	return slices.ContainsFunc(x.prefixes, func(p prefix) bool { return p.name == scheme })
}

// key appends a predicate and its colon.
func (x *Writer) key(dst []byte, p rdf.Term, prefixes []prefix) []byte {
	if len(prefixes) != len(x.prefixes) {
		return append(x.iri(dst, p, nil), ':')
	}
	if k, ok := x.keys[p.Value()]; ok {
		return append(dst, k...)
	}
	start := len(dst)
	dst = append(x.iri(dst, p, prefixes), ':')
	if len(x.keys) < 10_000 {
		x.keys[strings.Clone(p.Value())] = string(dst[start:])
	}
	return dst
}

func (x *Writer) iri(dst []byte, t rdf.Term, prefixes []prefix) []byte {
	if t.IsBlankNode() {
		return append(append(append(dst, "\"_:"...), t.Value()...), '"')
	}
	return appendCompactIRI(dst, t.Value(), prefixes)
}

// appendCompactIRI relies on what wellFormed promises: nothing in an IRI needs an escape.
func appendCompactIRI(dst []byte, iri string, prefixes []prefix) []byte {
	dst = append(dst, '"')
	for _, p := range prefixes {
		if local, ok := strings.CutPrefix(iri, p.ns); ok && local != "" && !strings.HasPrefix(local, "//") {
			dst = append(append(dst, p.name...), ':')
			return append(append(dst, local...), '"')
		}
	}
	return append(append(dst, iri...), '"')
}

// value appends a value object, or its short form where there is a context.
func (x *Writer) value(dst []byte, t rdf.Term, prefixes []prefix) []byte {
	switch t.Kind() {
	case rdf.KindIRI, rdf.KindBlankNode:
		return append(x.iri(append(dst, "{\"@id\":"...), t, prefixes), '}')
	case rdf.KindLangLiteral:
		dst = appendString(append(dst, "{\"@value\":"...), t.Value())
		dst = append(append(append(dst, ",\"@language\":\""...), t.Lang()...), '"')
		if d := t.Direction(); d != rdf.NoDirection {
			dst = append(append(append(dst, ",\"@direction\":\""...), d.String()...), '"')
		}
		return append(dst, '}')
	}
	dt := t.Datatype()
	switch {
	case dt == xsdNS+"string" && x.context != nil:
		return appendString(dst, t.Value())
	case dt == rdfNS+"JSON":
		d := decoder{buf: []byte(t.Value()), maxDepth: defaultMaxDepth - 100}
		if v, err := d.document(); err == nil && string(appendCanonical(nil, v)) == t.Value() {
			return append(append(append(dst, "{\"@value\":"...), t.Value()...), ",\"@type\":\"@json\"}"...)
		}
	}
	dst = appendString(append(dst, "{\"@value\":"...), t.Value())
	if dt != xsdNS+"string" {
		dst = appendCompactIRI(append(dst, ",\"@type\":"...), dt, prefixes)
	}
	return append(dst, '}')
}
