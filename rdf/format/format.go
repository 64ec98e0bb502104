// Package format is the one table of the formats that RDF comes in: names, media types, file extensions, and how each is read
// and written. It also tells formats apart by what a file is called, how it is served or how it begins, and unpacks
// compressed input.
package format

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"mime"
	"path"
	"slices"
	"strings"

	"triplestore/rdf"
	"triplestore/rdf/jsonld"
	"triplestore/rdf/rdfxml"
	"triplestore/rdf/turtle"
)

// Format is a way to write RDF down.
type Format struct {
	// Name is the short name used in options, such as "ntriples".
	Name string
	// Title is the name in messages, such as "N-Triples".
	Title string
	// MediaTypes are the media types, the preferred one first.
	MediaTypes []string
	// Extensions are the file extensions with their dot, the preferred one first.
	Extensions []string
	// Graphs reports whether the format can name graphs.
	Graphs bool
	// Lines reports whether the format has one statement a line, so that ParseParallel can split the input.
	Lines bool

	parse         func(ctx context.Context, r io.Reader, o ReadOptions, emit func([]rdf.Quad) error) error
	parseParallel func(ctx context.Context, r io.Reader, o ReadOptions, workers int, emit func([]rdf.Quad) error) error
	newWriter     func(w io.Writer, o WriteOptions) Writer
	writePretty   func(w io.Writer, quads []rdf.Quad, o WriteOptions) error
}

// ReadOptions tells Parse how to read.
type ReadOptions struct {
	// Base resolves relative IRIs.
	Base string
	// File names the input in errors.
	File string
	// Lenient, if set, is told of each mistake, and what is wrong is left out; see [turtle.Options]. Nil: the first mistake
	// ends reading.
	Lenient func(*rdf.ParseError)
	// BlankNodePrefix is put before every label of a blank node.
	BlankNodePrefix string
	// Prefix, if set, is told of the prefixes that the document declares.
	Prefix func(name, iri string)
	// MaxDepth limits nesting, MaxToken the bytes of one token or line, and of JSON-LD what is held in memory; 0 means the
	// defaults of the format.
	MaxDepth, MaxToken int
	// Transient tells that no term is used after emit returns, see [turtle.Options].
	Transient bool
	// Contexts supplies the remote contexts that JSON-LD documents refer to, see [jsonld.Contexts] and [jsonld.ContextFiles]. Nil:
	// none is known, and a document that needs one is an error. Nothing is ever fetched.
	Contexts jsonld.Loader
}

// WriteOptions tells a Writer how to write.
type WriteOptions struct {
	// Prefixes are the prefixes to use, without their colon, in formats that have them.
	Prefixes map[string]string
	// Base, if set, is declared in formats that have it.
	Base string
	// Context is what JSON-LD is compacted with in place of Prefixes: JSON text, with or without an outer @context.
	Context []byte
	// Contexts supplies the remote contexts that Context refers to.
	Contexts jsonld.Loader
}

// Writer writes quads. Nothing is complete before Close, which does not close the underlying writer.
type Writer interface {
	Write(rdf.Quad) error
	Close() error
}

// UnsupportedError is the error for a format in the table that cannot be read or written yet.
type UnsupportedError struct {
	Format *Format
	Write  bool
}

// Error names the format.
func (e *UnsupportedError) Error() string {
	if e.Write {
		return e.Format.Title + " is not written yet"
	}
	return e.Format.Title + " is not read yet"
}

// CanRead reports whether Parse works.
func (f *Format) CanRead() bool { return f.parse != nil }

// CanWrite reports whether NewWriter works.
func (f *Format) CanWrite() bool { return f.newWriter != nil }

// MediaType is the preferred media type.
func (f *Format) MediaType() string { return f.MediaTypes[0] }

// Parse reads r and hands its quads to emit in batches. The slice is reused after emit returns, the terms are not. Mistakes
// in the input are *rdf.ParseError, whatever the format; a format without a reader gives *UnsupportedError.
func (f *Format) Parse(ctx context.Context, r io.Reader, o ReadOptions, emit func([]rdf.Quad) error) error {
	if f.parse == nil {
		return &UnsupportedError{Format: f}
	}
	return f.parse(ctx, r, o, emit)
}

// ParseParallel is Parse with up to the given number of goroutines for formats with Lines, and Parse for the others. With more
// than one worker emit is called from several goroutines at once and batches come in no order.
func (f *Format) ParseParallel(ctx context.Context, r io.Reader, o ReadOptions, workers int, emit func([]rdf.Quad) error) error {
	if f.parseParallel == nil || workers <= 1 {
		return f.Parse(ctx, r, o, emit)
	}
	return f.parseParallel(ctx, r, o, workers, emit)
}

// NewWriter makes a writer to w. A format without one gives *UnsupportedError.
func (f *Format) NewWriter(w io.Writer, o WriteOptions) (Writer, error) {
	if f.newWriter == nil {
		return nil, &UnsupportedError{Format: f, Write: true}
	}
	return f.newWriter(w, o), nil
}

// WritePretty writes a small document for people to read where the format has such a form (see [turtle.WritePretty] and
// [jsonld.WritePretty]), and as NewWriter does where not. All is held in memory.
func (f *Format) WritePretty(w io.Writer, quads []rdf.Quad, o WriteOptions) error {
	if f.writePretty != nil {
		return f.writePretty(w, quads, o)
	}
	wr, err := f.NewWriter(w, o)
	if err != nil {
		return err
	}
	for _, q := range quads {
		if err := wr.Write(q); err != nil {
			return err
		}
	}
	return wr.Close()
}

// String is the name.
func (f *Format) String() string { return f.Name }

// The formats that others need to name.
var (
	NTriples = turtleFormat(turtle.NTriples, "ntriples", []string{"application/n-triples"}, ".nt", ".ntriples")
	NQuads   = turtleFormat(turtle.NQuads, "nquads", []string{"application/n-quads", "text/x-nquads"}, ".nq", ".nquads")
	Turtle   = turtleFormat(turtle.Turtle, "turtle", []string{"text/turtle", "application/x-turtle", "application/turtle"}, ".ttl", ".turtle")
	TriG     = turtleFormat(turtle.TriG, "trig", []string{"application/trig", "application/x-trig"}, ".trig")
	RDFXML   = xmlFormat()
	JSONLD   = jsonFormat("jsonld", "JSON-LD", false, "application/ld+json", ".jsonld")
	// NDJSONLD is line-delimited JSON-LD: every line is a document. Its media type says nothing about JSON-LD, see Detect.
	NDJSONLD = jsonFormat("ndjsonld", "line-delimited JSON-LD", true, "application/x-ndjson", ".ndjsonld", ".jsonlines")
)

// All is the table. Nobody changes it.
var All = []*Format{
	NTriples, NQuads, Turtle, TriG, RDFXML, JSONLD, NDJSONLD,
	{Name: "n3", Title: "Notation3", MediaTypes: []string{"text/n3", "text/rdf+n3"}, Extensions: []string{".n3"}},
	{Name: "trix", Title: "TriX", MediaTypes: []string{"application/trix", "application/trix+xml"}, Extensions: []string{".trix"}, Graphs: true},
	{Name: "rdfa", Title: "RDFa", MediaTypes: []string{"text/html", "application/xhtml+xml"}, Extensions: []string{".html", ".htm", ".xhtml"}},
}

func turtleFormat(d turtle.Dialect, name string, mediaTypes []string, extensions ...string) *Format {
	f := &Format{Name: name, Title: d.String(), MediaTypes: mediaTypes, Extensions: extensions, Graphs: d.Graphs()}
	options := func(o ReadOptions) turtle.Options {
		return turtle.Options{
			Dialect: d, Base: o.Base, File: o.File, Lenient: o.Lenient, BlankNodePrefix: o.BlankNodePrefix, Prefix: o.Prefix,
			MaxDepth: o.MaxDepth, MaxToken: o.MaxToken, Transient: o.Transient,
		}
	}
	f.parse = func(ctx context.Context, r io.Reader, o ReadOptions, emit func([]rdf.Quad) error) error {
		return turtle.Parse(ctx, r, options(o), emit)
	}
	if d == turtle.NTriples || d == turtle.NQuads {
		f.Lines = true
		f.parseParallel = func(ctx context.Context, r io.Reader, o ReadOptions, workers int, emit func([]rdf.Quad) error) error {
			return turtle.ParseParallel(ctx, r, options(o), workers, emit)
		}
	}
	if d == turtle.Turtle || d == turtle.TriG {
		f.writePretty = func(w io.Writer, quads []rdf.Quad, o WriteOptions) error {
			return turtle.WritePretty(w, quads, turtle.WriterOptions{Dialect: d, Prefixes: o.Prefixes, Base: o.Base})
		}
	}
	f.newWriter = func(w io.Writer, o WriteOptions) Writer {
		return turtle.NewWriter(w, turtle.WriterOptions{Dialect: d, Prefixes: o.Prefixes, Base: o.Base})
	}
	return f
}

func xmlFormat() *Format {
	f := &Format{Name: "rdfxml", Title: "RDF/XML", MediaTypes: []string{"application/rdf+xml"}, Extensions: []string{".rdf", ".owl", ".xml"}}
	f.parse = func(ctx context.Context, r io.Reader, o ReadOptions, emit func([]rdf.Quad) error) error {
		return rdfxml.Parse(ctx, r, rdfxml.Options{
			Base: o.Base, File: o.File, Lenient: o.Lenient, BlankNodePrefix: o.BlankNodePrefix, Prefix: o.Prefix,
			MaxDepth: o.MaxDepth, MaxToken: o.MaxToken,
		}, emit)
	}
	f.newWriter = func(w io.Writer, o WriteOptions) Writer {
		return rdfxml.NewWriter(w, rdfxml.WriterOptions{Prefixes: o.Prefixes})
	}
	f.writePretty = func(w io.Writer, quads []rdf.Quad, o WriteOptions) error {
		x := f.newWriter(w, o)
		for _, q := range bySubject(quads) {
			if err := x.Write(q); err != nil {
				return err
			}
		}
		return x.Close()
	}
	return f
}

// bySubject brings the quads of a subject together, in order of the first of each.
func bySubject(quads []rdf.Quad) []rdf.Quad {
	first := make(map[rdf.Term]int, len(quads)/4)
	for i, q := range quads {
		if _, ok := first[q.S]; !ok {
			first[q.S] = i
		}
	}
	quads = slices.Clone(quads)
	slices.SortStableFunc(quads, func(a, b rdf.Quad) int { return cmp.Compare(first[a.S], first[b.S]) })
	return quads
}

func jsonFormat(name, title string, lines bool, mediaType string, extensions ...string) *Format {
	f := &Format{Name: name, Title: title, MediaTypes: []string{mediaType}, Extensions: extensions, Graphs: true}
	options := func(o WriteOptions) jsonld.WriterOptions {
		return jsonld.WriterOptions{Prefixes: o.Prefixes, Context: o.Context, Loader: o.Contexts, Base: o.Base, Lines: lines}
	}
	f.parse = func(ctx context.Context, r io.Reader, o ReadOptions, emit func([]rdf.Quad) error) error {
		return jsonld.Parse(ctx, r, jsonld.Options{
			Base: o.Base, File: o.File, Lenient: o.Lenient, BlankNodePrefix: o.BlankNodePrefix, Loader: o.Contexts, Lines: lines,
			MaxDepth: o.MaxDepth, MaxBytes: int64(o.MaxToken),
		}, emit)
	}
	f.newWriter = func(w io.Writer, o WriteOptions) Writer { return jsonld.NewWriter(w, options(o)) }
	f.writePretty = func(w io.Writer, quads []rdf.Quad, o WriteOptions) error {
		return jsonld.WritePretty(w, quads, options(o))
	}
	return f
}

// ByName finds a format by its name; common other spellings are understood.
func ByName(name string) (*Format, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	switch name {
	case "nt", "n-triples":
		return NTriples, true
	case "nq", "n-quads":
		return NQuads, true
	case "ttl":
		return Turtle, true
	case "rdf/xml", "rdf", "xml", "rdf-xml":
		return RDFXML, true
	case "json-ld":
		return JSONLD, true
	case "ndjson-ld", "ndjson", "jsonlines":
		return NDJSONLD, true
	}
	for _, f := range All {
		if f.Name == name {
			return f, true
		}
	}
	return nil, false
}

// ByMediaType finds a format by a media type, whose parameters are ignored.
func ByMediaType(mediaType string) (*Format, bool) {
	if base, _, err := mime.ParseMediaType(mediaType); err == nil {
		mediaType = base
	} else if i := strings.IndexByte(mediaType, ';'); i >= 0 {
		mediaType = strings.ToLower(strings.TrimSpace(mediaType[:i]))
	}
	for _, f := range All {
		for _, m := range f.MediaTypes {
			if m == mediaType {
				return f, true
			}
		}
	}
	return nil, false
}

// ByPath finds a format by the extension of a file or of the path of an IRI, below one of a compression.
func ByPath(file string) (*Format, bool) {
	if i := strings.IndexAny(file, "?#"); i >= 0 && strings.Contains(file[:i], "://") {
		file = file[:i]
	}
	file = strings.ToLower(strings.ReplaceAll(file, "\\", "/"))
	for _, c := range compressions {
		file = strings.TrimSuffix(file, c.extension)
	}
	ext := path.Ext(file)
	for _, f := range All {
		for _, e := range f.Extensions {
			if e == ext {
				return f, true
			}
		}
	}
	return nil, false
}

// Names lists the names of the formats that can be read, or written, for messages.
func Names(write bool) string {
	var names []string
	for _, f := range All {
		if write && f.CanWrite() || !write && f.CanRead() {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ", ")
}

// UnknownError is the error for input whose format cannot be told.
func UnknownError(source string) error {
	return fmt.Errorf("the format of %s is not known; name one of %s", source, Names(false))
}
