package results

import (
	"strings"
	"unicode/utf8"

	"triplestore/rdf"
)

// jsonWriter writes https://www.w3.org/TR/sparql12-results-json/.
type jsonWriter struct {
	*output
	keys  []string // `"name":` of each variable
	first bool
}

func newJSONWriter(o *output) Writer { return &jsonWriter{output: o} }

// Head implements Writer.
func (w *jsonWriter) Head(vars []string) error {
	if err := w.enter(stateRows); err != nil {
		return err
	}
	w.vars, w.first = len(vars), true
	w.buf = append(w.buf, `{"head":{"vars":[`...)
	for i, v := range vars {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		start := len(w.buf)
		w.buf = appendJSON(w.buf, v)
		w.keys = append(w.keys, string(w.buf[start:])+":")
	}
	w.buf = append(w.buf, "]},\"results\":{\"bindings\":[\n"...)
	return w.flushIfFull()
}

// Row implements Writer.
func (w *jsonWriter) Row(row []rdf.Term) error {
	if err := w.checkRow(len(row)); err != nil {
		return err
	}
	b := w.buf
	if w.first {
		w.first = false
		b = append(b, '{')
	} else {
		b = append(b, ",\n{"...)
	}
	bound := false
	for i := range row {
		if row[i].IsZero() {
			continue
		}
		if bound {
			b = append(b, ',')
		}
		bound = true
		b = append(b, w.keys[i]...)
		b = appendJSONTerm(b, row[i])
	}
	w.buf = append(b, '}')
	return w.flushIfFull()
}

// Boolean implements Writer.
func (w *jsonWriter) Boolean(v bool) error {
	if err := w.enter(stateBoolean); err != nil {
		return err
	}
	w.buf = append(w.buf, `{"head":{},"boolean":`...)
	if v {
		w.buf = append(w.buf, "true}\n"...)
	} else {
		w.buf = append(w.buf, "false}\n"...)
	}
	return w.flushIfFull()
}

// Close implements Writer.
func (w *jsonWriter) Close() error {
	s, done := w.finish()
	if !done && w.err == nil && s == stateRows {
		w.buf = append(w.buf, "\n]}}\n"...)
	}
	return w.flush()
}

func appendJSONTerm(b []byte, t rdf.Term) []byte {
	switch t.Kind() {
	case rdf.KindIRI:
		b = append(b, `{"type":"uri","value":`...)
		b = appendJSON(b, t.Value())
	case rdf.KindBlankNode:
		b = append(b, `{"type":"bnode","value":`...)
		b = appendJSON(b, t.Value())
	case rdf.KindLiteral:
		b = append(b, `{"type":"literal","value":`...)
		b = appendJSON(b, t.Value())
		if d := t.Datatype(); d != xsdString {
			b = append(b, `,"datatype":`...)
			b = appendJSON(b, d)
		}
	case rdf.KindLangLiteral:
		b = append(b, `{"type":"literal","value":`...)
		b = appendJSON(b, t.Value())
		b = append(b, `,"xml:lang":`...)
		b = appendJSON(b, t.Lang())
		if d := t.Direction(); d != rdf.NoDirection {
			b = append(b, `,"its:dir":"`...)
			b = append(b, d.String()...)
			b = append(b, '"')
		}
	case rdf.KindTriple:
		tr := t.Triple()
		b = append(b, `{"type":"triple","value":{"subject":`...)
		b = appendJSONTerm(b, tr.S)
		b = append(b, `,"predicate":`...)
		b = appendJSONTerm(b, tr.P)
		b = append(b, `,"object":`...)
		b = appendJSONTerm(b, tr.O)
		b = append(b, '}')
	}
	return append(b, '}')
}

const xsdString = "http://www.w3.org/2001/XMLSchema#string"

// plainJSON marks the bytes that stand for themselves in a JSON string.
var plainJSON = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x20 && c != '"' && c != '\\' && c != 0x7f
		asIs[c] = t[c] && c < utf8.RuneSelf
	}
	return
}()

// asIs marks those of plainJSON that are ASCII.
var asIs [256]bool

// plain reports whether s is ASCII that needs no escape, which most strings are.
func plain(s string) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(s); i += 8 {
		p := s[i : i+8]
		w := uint64(p[0]) | uint64(p[1])<<8 | uint64(p[2])<<16 | uint64(p[3])<<24 | uint64(p[4])<<32 | uint64(p[5])<<40 | uint64(p[6])<<48 | uint64(p[7])<<56
		quote, backslash, del := w^'"'*ones, w^'\\'*ones, w^0x7f*ones
		// A byte less than n, as a byte of w-n*ones, borrows from the highest bit.
		if (w|(w-0x20*ones)|(quote-ones)|(backslash-ones)|(del-ones))&high != 0 {
			return false
		}
	}
	for ; i < len(s); i++ {
		if !asIs[s[i]] {
			return false
		}
	}
	return true
}

// appendJSON appends s as a JSON string. Bytes that are no UTF-8 become U+FFFD.
func appendJSON(b []byte, s string) []byte {
	if plain(s) {
		b = append(b, '"')
		b = append(b, s...)
		return append(b, '"')
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if plainJSON[c] {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			const hex = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}
