package results

import (
	"strings"
	"unicode/utf8"

	"triplestore/rdf"
)

// csvWriter writes https://www.w3.org/TR/sparql12-results-csv-tsv/#csv: bare values, so that IRIs, literals and datatypes
// cannot be told apart, nor an unbound variable from an empty string. Lines end in CR LF. A result of ASK, for which the
// standard has no form, is one line with true or false.
type csvWriter struct {
	*output
	scratch []byte
}

func newCSVWriter(o *output) Writer { return &csvWriter{output: o} }

// Head implements Writer.
func (w *csvWriter) Head(vars []string) error {
	if err := w.enter(stateRows); err != nil {
		return err
	}
	w.vars = len(vars)
	for i, v := range vars {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		w.buf = appendCSV(w.buf, v)
	}
	w.buf = append(w.buf, "\r\n"...)
	return w.flushIfFull()
}

// Row implements Writer.
func (w *csvWriter) Row(row []rdf.Term) error {
	if err := w.checkRow(len(row)); err != nil {
		return err
	}
	b := w.buf
	for i := range row {
		if i > 0 {
			b = append(b, ',')
		}
		switch row[i].Kind() {
		case rdf.KindBlankNode:
			b = append(b, "_:"...)
			b = append(b, row[i].Value()...)
		case rdf.KindTriple:
			w.scratch = row[i].AppendNTriples(w.scratch[:0])
			b = appendCSV(b, string(w.scratch))
		default:
			b = appendCSV(b, row[i].Value())
		}
	}
	w.buf = append(b, "\r\n"...)
	return w.flushIfFull()
}

// Boolean implements Writer.
func (w *csvWriter) Boolean(v bool) error { return w.boolean(v, "\r\n") }

// Close implements Writer.
func (w *csvWriter) Close() error {
	w.finish()
	return w.flush()
}

// boolean writes the only cell of a result of ASK.
func (o *output) boolean(v bool, end string) error {
	if err := o.enter(stateBoolean); err != nil {
		return err
	}
	if v {
		o.buf = append(o.buf, "true"...)
	} else {
		o.buf = append(o.buf, "false"...)
	}
	o.buf = append(o.buf, end...)
	return o.flushIfFull()
}

// appendCSV appends a field as in RFC 4180. Bytes that are no UTF-8 become U+FFFD.
func appendCSV(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if strings.IndexByte(s, '"') < 0 {
		if !strings.ContainsAny(s, ",\r\n") {
			return append(b, s...)
		}
		b = append(b, '"')
		b = append(b, s...)
		return append(b, '"')
	}
	b = append(b, '"')
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			break
		}
		b = append(b, s[:i]...)
		b = append(b, `""`...)
		s = s[i+1:]
	}
	b = append(b, s...)
	return append(b, '"')
}

// tsvWriter writes https://www.w3.org/TR/sparql12-results-csv-tsv/#tsv: terms as in Turtle, numbers without quotes where Turtle
// reads them back as they are. A result of ASK is one line with true or false.
type tsvWriter struct{ *output }

func newTSVWriter(o *output) Writer { return &tsvWriter{output: o} }

// Head implements Writer.
func (w *tsvWriter) Head(vars []string) error {
	if err := w.enter(stateRows); err != nil {
		return err
	}
	w.vars = len(vars)
	for i, v := range vars {
		if i > 0 {
			w.buf = append(w.buf, '\t')
		}
		w.buf = append(w.buf, '?')
		w.buf = append(w.buf, v...)
	}
	w.buf = append(w.buf, '\n')
	return w.flushIfFull()
}

// Row implements Writer.
func (w *tsvWriter) Row(row []rdf.Term) error {
	if err := w.checkRow(len(row)); err != nil {
		return err
	}
	b := w.buf
	for i := range row {
		if i > 0 {
			b = append(b, '\t')
		}
		start := len(b)
		if bareNumber(row[i]) {
			b = append(b, row[i].Value()...)
			continue
		}
		b = row[i].AppendNTriples(b)
		if !utf8.Valid(b[start:]) {
			b = append(b[:start], strings.ToValidUTF8(string(b[start:]), "\uFFFD")...)
		}
	}
	w.buf = append(b, '\n')
	return w.flushIfFull()
}

// Boolean implements Writer.
func (w *tsvWriter) Boolean(v bool) error { return w.boolean(v, "\n") }

// Close implements Writer.
func (w *tsvWriter) Close() error {
	w.finish()
	return w.flush()
}

// bareNumber reports whether a literal is written without quotes in Turtle (https://www.w3.org/TR/turtle/#abbrev).
func bareNumber(t rdf.Term) bool {
	if t.Kind() != rdf.KindLiteral {
		return false
	}
	switch datatype := t.Datatype(); datatype {
	case xsdNS + "integer", xsdNS + "decimal", xsdNS + "double":
		return numberDatatype(t.Value()) == datatype
	}
	return false
}

const xsdNS = "http://www.w3.org/2001/XMLSchema#"

// numberDatatype gives the datatype of a bare number of Turtle, or the empty string.
func numberDatatype(s string) string {
	i := 0
	digits := func() int {
		start := i
		for i < len(s) && s[i]-'0' <= 9 {
			i++
		}
		return i - start
	}
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	whole := digits()
	fraction, point := 0, false
	if i < len(s) && s[i] == '.' {
		i++
		point = true
		fraction = digits()
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') && whole+fraction > 0 {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if digits() > 0 && i == len(s) {
			return xsdNS + "double"
		}
		return ""
	}
	switch {
	case i != len(s):
	case point && fraction > 0:
		return xsdNS + "decimal"
	case !point && whole > 0:
		return xsdNS + "integer"
	}
	return ""
}
