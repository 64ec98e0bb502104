package jsonld

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"triplestore/rdf"
)

// What is written as a whole: documents that are compacted against a context or made for people, and lines.

// compacted writes the run as a node object that is compacted with the context.
func (x *Writer) compacted() error {
	nodes, err := FromRDF(x.run, FromOptions{Lossless: true})
	if err != nil {
		return err
	}
	v, err := x.compact.compact(x.active, "", nodes)
	if err != nil {
		return err
	}
	dst := x.item(x.buf[:0])
	m, ok := v.(*Object)
	if x.o.Lines {
		whole := append(append(dst, "{\"@context\":"...), x.context...)
		if !ok {
			m = obj(x.graphKey, v)
		}
		for i, k := range m.keys {
			whole = append(appendString(append(whole, ','), k), ':')
			whole = AppendJSON(whole, m.vals[i], "")
		}
		dst = append(whole, "}\n"...)
	} else {
		dst = AppendJSON(dst, v, "")
	}
	x.run, x.buf = x.run[:0], dst
	_, err = x.w.Write(dst)
	return err
}

// checkQuad refuses what would not come back.
func checkQuad(q rdf.Quad) error {
	if q.S.IsTriple() || q.O.IsTriple() {
		return fmt.Errorf("%w: %v", ErrTripleTerm, q)
	}
	if q.S.IsLiteral() || q.S.IsZero() || q.O.IsZero() || q.G.IsLiteral() || q.G.IsTriple() || !q.P.IsIRI() {
		return fmt.Errorf("jsonld: no quad of RDF: %v", q)
	}
	for _, t := range [...]rdf.Term{q.S, q.P, q.O, q.G} {
		if !carries(t) {
			return fmt.Errorf("%w %v, which is not well-formed", ErrTerm, t)
		}
	}
	return nil
}

func carries(t rdf.Term) bool {
	switch t.Kind() {
	case rdf.KindIRI:
		return wellFormed(t.Value())
	case rdf.KindBlankNode:
		return validLabel(t.Value())
	case rdf.KindLangLiteral:
		return rdf.ValidLang(t.Lang()) && utf8.ValidString(t.Value())
	case rdf.KindLiteral:
		return wellFormed(t.Datatype()) && utf8.ValidString(t.Value())
	}
	return true
}

// WritePretty writes a small document for people to read: one object for each node, in order of their identifiers, lists as
// lists, compacted and laid out over lines. All is held in memory several times over.
func WritePretty(w io.Writer, quads []rdf.Quad, o WriterOptions) error {
	for _, q := range quads {
		if err := checkQuad(q); err != nil {
			return err
		}
	}
	nodes, err := FromRDF(quads, FromOptions{Lossless: true})
	if err != nil {
		return err
	}
	if o.Lines {
		return writeLines(w, quads, o)
	}
	var v any = nodes
	text := o.Context
	if text == nil {
		if p := usablePrefixes(usedPrefixes(quads, o.Prefixes)); len(p) > 0 {
			text = AppendJSON(nil, prefixContext(p), "")
		}
	}
	if text != nil {
		v, err = CompactExpanded(context.Background(), nodes, CompactOptions{
			Options: Options{Base: o.Base, Loader: o.Loader}, Context: text, AbsoluteIRIs: true,
		})
		if err != nil {
			return err
		}
	}
	identifiersFirst(v)
	_, err = io.Copy(w, bytes.NewReader(append(AppendJSON(nil, v, "  "), '\n')))
	return err
}

// identifiersFirst brings @id to the front of each object.
func identifiersFirst(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			identifiersFirst(item)
		}
	case *Object:
		if i := v.find("@id"); i > 0 {
			id := v.vals[i]
			copy(v.keys[1:i+1], v.keys[:i])
			copy(v.vals[1:i+1], v.vals[:i])
			v.keys[0], v.vals[0], v.index = "@id", id, nil
		}
		for _, item := range v.vals {
			identifiersFirst(item)
		}
	}
}

func writeLines(w io.Writer, quads []rdf.Quad, o WriterOptions) error {
	x := NewWriter(w, o)
	for _, q := range quads {
		if err := x.Write(q); err != nil {
			return err
		}
	}
	return x.Close()
}

// usedPrefixes are the prefixes that some IRI begins with, less those that are the scheme of one.
func usedPrefixes(quads []rdf.Quad, prefixes map[string]string) map[string]string {
	used := map[string]string{}
	schemes := map[string]bool{}
	look := func(t rdf.Term) {
		iri := t.Value()
		switch {
		case t.Lang() != "":
			return
		case t.IsLiteral():
			iri = t.Datatype()
		case !t.IsIRI():
			return
		}
		scheme, _, _ := strings.Cut(iri, ":")
		schemes[scheme] = true
		for p, ns := range prefixes {
			if strings.HasPrefix(iri, ns) {
				used[p] = ns
			}
		}
	}
	for _, q := range quads {
		look(q.S)
		if q.P != rdfType || q.O.IsLiteral() {
			look(q.P)
		}
		look(q.O)
		look(q.G)
	}
	for s := range schemes {
		delete(used, s)
	}
	return used
}
