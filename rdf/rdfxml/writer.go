package rdfxml

import (
	"bufio"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"triplestore/rdf"
)

// WriterOptions tells NewWriter how to write.
type WriterOptions struct {
	// Prefixes maps prefixes to namespaces. All are declared on the root element; predicates of other namespaces declare one of
	// their own. A prefix that is no XML name, and rdf where it means something else, is left out.
	Prefixes map[string]string
}

// Writer writes RDF/XML as a stream: consecutive triples of a subject share an element. It is not safe for concurrent use.
type Writer struct {
	w        *bufio.Writer
	prefixes []binding
	begun    bool
	subject  rdf.Term
	names    map[rdf.Term]string // predicate → what follows < in its start tag
	own      string              // the prefix that predicates of other namespaces declare
	buf      []byte
	err      error
}

// Errors of Write for what RDF/XML cannot say.
var (
	ErrGraph     = errors.New("RDF/XML cannot name graphs")
	ErrPredicate = errors.New("RDF/XML cannot write a predicate that is part of its syntax or does not end in an XML name")
	ErrCharacter = errors.New("XML cannot hold the character")
)

// NewWriter makes a Writer; Close must be called to end the document.
func NewWriter(w io.Writer, o WriterOptions) *Writer {
	x := &Writer{w: bufio.NewWriterSize(w, 64<<10), names: map[rdf.Term]string{}, prefixes: []binding{{"rdf", rdfNS}}}
	for p, ns := range o.Prefixes {
		if isNCName(p) && p != "rdf" && p != "its" && !strings.HasPrefix(strings.ToLower(p), "xml") && ns != "" && checkXML(ns) == nil {
			x.prefixes = append(x.prefixes, binding{p, ns})
		}
	}
	for x.own = "ns"; slices.ContainsFunc(x.prefixes, func(b binding) bool { return b.prefix == x.own }); {
		x.own += "_"
	}
	slices.SortFunc(x.prefixes[1:], func(a, b binding) int { return cmp.Compare(a.prefix, b.prefix) })
	return x
}

// Write adds a quad of the default graph. After an error nothing more is written; the document is then not whole.
func (x *Writer) Write(q rdf.Quad) error {
	if x.err == nil {
		x.err = x.write(q)
	}
	return x.err
}

func (x *Writer) write(q rdf.Quad) error {
	if !q.G.IsZero() {
		return fmt.Errorf("%w: %v", ErrGraph, q.G)
	}
	x.buf = x.begin(x.buf[:0])
	if q.S != x.subject {
		if !x.subject.IsZero() {
			x.buf = append(x.buf, "  </rdf:Description>\n"...)
		}
		var err error
		if x.buf, err = x.node(append(x.buf, "  <rdf:Description"...), q.S); err != nil {
			return err
		}
		x.subject = q.S
		x.buf = append(x.buf, ">\n"...)
	}
	var err error
	if x.buf, err = x.property(append(x.buf, "    "...), q.P, q.O); err != nil {
		return err
	}
	x.buf = append(x.buf, '\n')
	_, err = x.w.Write(x.buf)
	return err
}

// begin writes the start of the document once.
func (x *Writer) begin(dst []byte) []byte {
	if x.begun {
		return dst
	}
	x.begun = true
	dst = append(dst, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rdf:RDF"...)
	for i, b := range x.prefixes {
		if i > 0 {
			dst = append(dst, "\n  "...)
		}
		dst = append(append(append(dst, " xmlns:"...), b.prefix...), '=')
		dst = appendAttrValue(dst, b.ns)
	}
	return append(dst, ">\n"...)
}

// Close ends the document and flushes it; it does not close the underlying writer.
func (x *Writer) Close() error {
	if x.err != nil {
		return x.err
	}
	x.buf = x.begin(x.buf[:0])
	if !x.subject.IsZero() {
		x.buf = append(x.buf, "  </rdf:Description>\n"...)
	}
	x.buf = append(x.buf, "</rdf:RDF>\n"...)
	if _, x.err = x.w.Write(x.buf); x.err == nil {
		x.err = x.w.Flush()
	}
	err := x.err
	if err == nil {
		x.err = errors.New("rdfxml: the writer is closed")
	}
	return err
}

// node appends the attribute that names a subject.
func (x *Writer) node(dst []byte, t rdf.Term) ([]byte, error) {
	switch t.Kind() {
	case rdf.KindIRI:
		if err := checkXML(t.Value()); err != nil {
			return dst, err
		}
		return appendAttrValue(append(dst, " rdf:about="...), t.Value()), nil
	case rdf.KindBlankNode:
		return appendAttrValue(append(dst, " rdf:nodeID="...), xmlLabel(t.Value())), nil
	}
	return dst, fmt.Errorf("RDF/XML cannot write a %v as a subject: %v", t.Kind(), t)
}

// xmlLabel turns a label into an XML name; different labels stay different.
func xmlLabel(label string) string {
	switch {
	case isNCName(label) && label[0] != '_':
		return label
	case isNCName("_"+label) && !strings.HasPrefix(label, "-"):
		return "_" + label
	}
	return "_-" + hex.EncodeToString([]byte(label))
}

// property appends a property element.
func (x *Writer) property(dst []byte, p, o rdf.Term) ([]byte, error) {
	start, err := x.name(p)
	if err != nil {
		return dst, err
	}
	tag, _, _ := strings.Cut(start, " ")
	dst = append(append(dst, '<'), start...)
	switch o.Kind() {
	case rdf.KindIRI:
		if err := checkXML(o.Value()); err != nil {
			return dst, err
		}
		return append(appendAttrValue(append(dst, " rdf:resource="...), o.Value()), "/>"...), nil
	case rdf.KindBlankNode:
		return append(appendAttrValue(append(dst, " rdf:nodeID="...), xmlLabel(o.Value())), "/>"...), nil
	case rdf.KindTriple:
		t := o.Triple()
		dst = append(dst, " rdf:parseType=\"Triple\" rdf:version=\"1.2\"><rdf:Description"...)
		if dst, err = x.node(dst, t.S); err != nil {
			return dst, err
		}
		if dst, err = x.property(append(dst, '>'), t.P, t.O); err != nil {
			return dst, err
		}
		dst = append(dst, "</rdf:Description>"...)
	case rdf.KindLiteral, rdf.KindLangLiteral:
		if err := checkXML(o.Value()); err != nil {
			return dst, err
		}
		if lang := o.Lang(); lang != "" {
			dst = appendAttrValue(append(dst, " xml:lang="...), lang)
			if d := o.Direction(); d != rdf.NoDirection {
				dst = append(append(append(dst, " xmlns:its=\""+itsNS+"\" its:version=\"2.0\" rdf:version=\"1.2\" its:dir=\""...), d.String()...), '"')
			}
		} else if dt := o.Datatype(); dt != "http://www.w3.org/2001/XMLSchema#string" {
			if err := checkXML(dt); err != nil {
				return dst, err
			}
			dst = appendAttrValue(append(dst, " rdf:datatype="...), dt)
		}
		dst = appendText(append(dst, '>'), o.Value())
	default:
		return dst, fmt.Errorf("a triple without an object: %v", p)
	}
	return append(append(append(dst, "</"...), tag...), '>'), nil
}

// name gives the qualified name of a predicate, followed by the declaration of its namespace where the root has none.
func (x *Writer) name(p rdf.Term) (string, error) {
	if s, ok := x.names[p]; ok {
		return s, nil
	}
	iri := p.Value()
	best := ""
	for _, b := range x.prefixes {
		if local, ok := strings.CutPrefix(iri, b.ns); ok && isNCName(local) && !(b.ns == rdfNS && isSyntax(local)) {
			best = b.prefix + ":" + local
			break
		}
	}
	if best == "" {
		// The longest XML name at the end of the IRI; any cut gives the same IRI.
		cut := len(iri)
		for i := len(iri); i > 0; {
			r, n := utf8.DecodeLastRuneInString(iri[:i])
			i -= n
			if isNameStart(r) {
				cut = i
			} else if !isNameRest(r) {
				break
			}
		}
		if !p.IsIRI() || cut == len(iri) || cut == 0 || !isNCName(iri[cut:]) || strings.HasPrefix(iri, rdfNS) {
			return "", fmt.Errorf("%w: %v", ErrPredicate, p)
		}
		if err := checkXML(iri); err != nil {
			return "", err
		}
		best = x.own + ":" + iri[cut:] + string(appendAttrValue([]byte(" xmlns:"+x.own+"="), iri[:cut]))
	}
	if len(x.names) < 10_000 {
		x.names[p.Clone()] = best
	}
	return best, nil
}

// isSyntax reports whether a name of the RDF namespace means something else in a property element.
func isSyntax(local string) bool {
	return isCoreSyntax(local) || isOld(local) || local == "li" || local == "Description"
}

// checkXML refuses what an XML 1.0 document cannot hold even by a character reference.
func checkXML(s string) error {
	for i, r := range s {
		if !isChar(r) || r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd") {
			return fmt.Errorf("%w U+%04X: %q", ErrCharacter, r, s[:min(len(s), 60)])
		}
	}
	return nil
}
