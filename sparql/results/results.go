// Package results writes and reads the results of SPARQL queries in their four formats: JSON
// (https://www.w3.org/TR/sparql12-results-json/), XML (https://www.w3.org/TR/sparql12-results-xml/), CSV and TSV
// (https://www.w3.org/TR/sparql12-results-csv-tsv/). Both directions stream.
package results

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"triplestore/rdf"
)

// Format is one of the formats.
type Format struct {
	// Name is short and in lower case: json, xml, csv, tsv.
	Name string
	// MediaTypes are those that the format goes by; the first is the one to send.
	MediaTypes []string
	// Extensions come without their dot; the first is the usual one.
	Extensions []string
	// Boolean tells whether the standard gives the format a way to hold the result of ASK. The writers of the others write
	// a single cell that says true or false.
	Boolean bool

	writer func(*output) Writer
	reader func(io.Reader, Limits, Handler) error
}

// The formats.
var (
	JSON = &Format{Name: "json", MediaTypes: []string{"application/sparql-results+json", "application/json"},
		Extensions: []string{"srj", "json"}, Boolean: true, writer: newJSONWriter}
	XML = &Format{Name: "xml", MediaTypes: []string{"application/sparql-results+xml", "application/xml", "text/xml"},
		Extensions: []string{"srx", "xml"}, Boolean: true, writer: newXMLWriter}
	CSV = &Format{Name: "csv", MediaTypes: []string{"text/csv"}, Extensions: []string{"csv"}, writer: newCSVWriter}
	TSV = &Format{Name: "tsv", MediaTypes: []string{"text/tab-separated-values"}, Extensions: []string{"tsv"}, writer: newTSVWriter}
)

// All lists the formats, the preferred one first.
var All = []*Format{JSON, XML, CSV, TSV}

// ByName finds a format by its name, in any case.
func ByName(name string) (*Format, bool) {
	for _, f := range All {
		if strings.EqualFold(f.Name, name) {
			return f, true
		}
	}
	return nil, false
}

// ByMediaType finds a format by its media type; parameters such as charset do not matter.
func ByMediaType(mediaType string) (*Format, bool) {
	if i := strings.IndexByte(mediaType, ';'); i >= 0 {
		mediaType = mediaType[:i]
	}
	mediaType = strings.TrimSpace(mediaType)
	for _, f := range All {
		for _, m := range f.MediaTypes {
			if strings.EqualFold(m, mediaType) {
				return f, true
			}
		}
	}
	return nil, false
}

// ByPath finds a format by the extension of a file's name.
func ByPath(path string) (*Format, bool) {
	ext := path[strings.LastIndexByte(path, '.')+1:]
	for _, f := range All {
		for _, e := range f.Extensions {
			if strings.EqualFold(e, ext) && len(ext) < len(path) {
				return f, true
			}
		}
	}
	return nil, false
}

// Writer writes one result: Head and Rows, or Boolean, then Close. The first error of the underlying writer comes back from every
// later call. Output is buffered; Flush sends what there is. A result that was not closed is not well formed, so that a
// reader notices a stream that was cut short. Writers are not safe for concurrent use.
type Writer interface {
	// Head names the variables, without "?". It comes once, before the rows.
	Head(vars []string) error
	// Row writes a solution: one term for each variable, the zero Term where it is unbound. The slice is not kept.
	Row(row []rdf.Term) error
	// Boolean writes the result of ASK, in place of Head and Row.
	Boolean(b bool) error
	// Flush sends what is buffered.
	Flush() error
	// Close ends the result and flushes. It does not close the underlying writer.
	Close() error
}

// ErrOrder is the error of calls in an order that makes no result.
var ErrOrder = errors.New("results: calls out of order")

// NewWriter makes a writer of a format on w.
func NewWriter(w io.Writer, f *Format) Writer {
	b := buffers.Get().(*[]byte)
	return f.writer(&output{w: w, buf: (*b)[:0], pooled: b})
}

const bufferSize = 64 << 10

// buffers are those of results that were closed: most results are much smaller than a buffer, which would cost more than they.
var buffers = sync.Pool{New: func() any {
	b := make([]byte, 0, bufferSize+bufferSize/4)
	return &b
}}

// output is the buffer that all writers share and the order of calls that they check.
type output struct {
	w      io.Writer
	buf    []byte
	pooled *[]byte // what buf came in
	err    error
	state  state
	vars   int
}

type state uint8

const (
	stateStart state = iota
	stateRows
	stateBoolean
	stateClosed
)

func (o *output) flushIfFull() error {
	if len(o.buf) >= bufferSize {
		return o.flush()
	}
	return o.err
}

func (o *output) flush() error {
	if o.err == nil && len(o.buf) > 0 {
		_, o.err = o.w.Write(o.buf)
		o.buf = o.buf[:0]
	}
	switch {
	case len(o.buf) > 0: // it could not be written
	case cap(o.buf) > 8*bufferSize:
		o.buf = nil
	case o.state == stateClosed && o.buf != nil && o.pooled != nil:
		*o.pooled = o.buf
		buffers.Put(o.pooled)
		o.buf, o.pooled = nil, nil
	}
	return o.err
}

// Flush implements Writer.
func (o *output) Flush() error { return o.flush() }

// enter moves from the start to a state.
func (o *output) enter(s state) error {
	if o.err == nil && o.state != stateStart {
		o.err = ErrOrder
	}
	o.state = s
	return o.err
}

func (o *output) checkRow(n int) error {
	if o.err == nil {
		if o.state != stateRows {
			o.err = ErrOrder
		} else if n != o.vars {
			o.err = fmt.Errorf("results: a row of %d terms for %d variables", n, o.vars)
		}
	}
	return o.err
}

// finish checks that there is a result and closes; done tells that it was closed before.
func (o *output) finish() (s state, done bool) {
	s = o.state
	if s == stateStart && o.err == nil {
		o.err = ErrOrder
	}
	o.state = stateClosed
	return s, s == stateClosed
}
