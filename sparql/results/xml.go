package results

import (
	"unicode/utf8"

	"triplestore/rdf"
)

// xmlWriter writes https://www.w3.org/TR/sparql12-results-xml/. Characters that XML 1.0 cannot hold in any form (most control
// characters, U+FFFE, U+FFFF) become U+FFFD.
type xmlWriter struct {
	*output
	names []string // `<binding name="x">` of each variable
}

func newXMLWriter(o *output) Writer { return &xmlWriter{output: o} }

const xmlStart = `<?xml version="1.0" encoding="UTF-8"?>
<sparql xmlns="http://www.w3.org/2005/sparql-results#" xmlns:its="http://www.w3.org/2005/11/its" its:version="2.0">
<head>
`

// Head implements Writer.
func (w *xmlWriter) Head(vars []string) error {
	if err := w.enter(stateRows); err != nil {
		return err
	}
	w.vars = len(vars)
	w.buf = append(w.buf, xmlStart...)
	for _, v := range vars {
		name := string(appendXML(nil, v))
		w.names = append(w.names, `<binding name="`+name+`">`)
		w.buf = append(w.buf, `<variable name="`+name+`"/>`+"\n"...)
	}
	w.buf = append(w.buf, "</head>\n<results>\n"...)
	return w.flushIfFull()
}

// Row implements Writer.
func (w *xmlWriter) Row(row []rdf.Term) error {
	if err := w.checkRow(len(row)); err != nil {
		return err
	}
	b := append(w.buf, "<result>"...)
	for i := range row {
		if row[i].IsZero() {
			continue
		}
		b = append(b, w.names[i]...)
		b = appendXMLTerm(b, row[i])
		b = append(b, "</binding>"...)
	}
	w.buf = append(b, "</result>\n"...)
	return w.flushIfFull()
}

// Boolean implements Writer.
func (w *xmlWriter) Boolean(v bool) error {
	if err := w.enter(stateBoolean); err != nil {
		return err
	}
	w.buf = append(w.buf, xmlStart...)
	w.buf = append(w.buf, "</head>\n<boolean>"...)
	if v {
		w.buf = append(w.buf, "true"...)
	} else {
		w.buf = append(w.buf, "false"...)
	}
	w.buf = append(w.buf, "</boolean>\n</sparql>\n"...)
	return w.flushIfFull()
}

// Close implements Writer.
func (w *xmlWriter) Close() error {
	s, done := w.finish()
	if !done && w.err == nil && s == stateRows {
		w.buf = append(w.buf, "</results>\n</sparql>\n"...)
	}
	return w.flush()
}

func appendXMLTerm(b []byte, t rdf.Term) []byte {
	switch t.Kind() {
	case rdf.KindIRI:
		b = append(b, "<uri>"...)
		b = appendXML(b, t.Value())
		return append(b, "</uri>"...)
	case rdf.KindBlankNode:
		b = append(b, "<bnode>"...)
		b = appendXML(b, t.Value())
		return append(b, "</bnode>"...)
	case rdf.KindLiteral:
		if d := t.Datatype(); d != xsdString {
			b = append(b, `<literal datatype="`...)
			b = appendXML(b, d)
			b = append(b, `">`...)
		} else {
			b = append(b, "<literal>"...)
		}
		b = appendXML(b, t.Value())
		return append(b, "</literal>"...)
	case rdf.KindLangLiteral:
		b = append(b, `<literal xml:lang="`...)
		b = appendXML(b, t.Lang())
		if d := t.Direction(); d != rdf.NoDirection {
			b = append(b, `" its:dir="`...)
			b = append(b, d.String()...)
		}
		b = append(b, `">`...)
		b = appendXML(b, t.Value())
		return append(b, "</literal>"...)
	case rdf.KindTriple:
		tr := t.Triple()
		b = append(b, "<triple><subject>"...)
		b = appendXMLTerm(b, tr.S)
		b = append(b, "</subject><predicate>"...)
		b = appendXMLTerm(b, tr.P)
		b = append(b, "</predicate><object>"...)
		b = appendXMLTerm(b, tr.O)
		return append(b, "</object></triple>"...)
	}
	return b
}

// plainXML marks the ASCII bytes that stand for themselves in an element and in an attribute.
var plainXML = func() (t [256]bool) {
	for c := 0x20; c < 0x80; c++ {
		t[c] = c != '<' && c != '>' && c != '&' && c != '"' && c != '\''
	}
	return
}()

// appendXML escapes s for an element or a quoted attribute. Line ends and tabs are written as references, since a parser
// normalises them otherwise (https://www.w3.org/TR/xml/#sec-line-ends, #AVNormalize); a line feed in an element would survive.
func appendXML(b []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plainXML[c] {
			i++
			continue
		}
		size := 1
		var esc string
		switch {
		case c >= utf8.RuneSelf:
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 || r == 0xFFFE || r == 0xFFFF {
				esc = "\uFFFD"
			}
		case c == '<':
			esc = "&lt;"
		case c == '>':
			esc = "&gt;"
		case c == '&':
			esc = "&amp;"
		case c == '"':
			esc = "&quot;"
		case c == '\'':
			esc = "&#39;"
		case c == '\n':
			esc = "&#10;"
		case c == '\r':
			esc = "&#13;"
		case c == '\t':
			esc = "&#9;"
		default:
			esc = "\uFFFD"
		}
		if esc != "" {
			b = append(b, s[start:i]...)
			b = append(b, esc...)
			start = i + size
		}
		i += size
	}
	return append(b, s[start:]...)
}
