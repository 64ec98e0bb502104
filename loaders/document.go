package loaders

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"triplestore/rdf"
	"triplestore/rdf/format"
)

// headSize is how much of a document is looked at to detect its format.
const headSize = 4096

// opened is a document that is ready to be read.
type opened struct {
	body      io.ReadCloser
	base      string // the document's own IRI, "" if it has none
	mediaType string
	name      string // for detection by name
}

func (l *load) open(ctx context.Context, d document) (*opened, error) {
	switch {
	case d.stdin:
		if l.o.Stdin == nil {
			return nil, errors.New("there is no standard input")
		}
		l.progress.unknown.Store(true)
		return &opened{body: io.NopCloser(l.o.Stdin)}, nil
	case d.fsys != nil:
		f, err := d.fsys.Open(d.path)
		if err != nil {
			return nil, reason(err)
		}
		return &opened{body: f, name: d.path}, nil
	case d.url != "":
		if l.o.Fetcher == nil {
			return nil, errors.New("fetching from the web is not allowed here")
		}
		r, err := l.o.Fetcher.Get(ctx, d.url)
		if err != nil {
			return nil, err
		}
		if r.Size > 0 {
			l.progress.total.Add(r.Size)
		} else {
			l.progress.unknown.Store(true)
		}
		return &opened{body: r.Body, base: r.IRI, mediaType: r.MediaType, name: r.Path}, nil
	}
	f, err := os.Open(d.path)
	if err != nil {
		return nil, reason(err)
	}
	abs, err := filepath.Abs(d.path)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &opened{body: f, base: FileIRI(filepath.ToSlash(abs)), name: d.path}, nil
}

// document reads the i-th document; emit is told whether its format can be parsed by several goroutines. Its error ends the load; what only concerns the document goes into the report.
func (l *load) document(ctx context.Context, i int, emit func(quads []rdf.Quad, lines bool) error) error {
	start := time.Now()
	d, f := l.docs[i], &l.files[i]
	defer func() {
		f.Seconds = time.Since(start).Seconds()
		l.progress.files.Add(1)
		if f.Bytes < d.size {
			l.progress.total.Add(f.Bytes - d.size) // what was skipped is not left to do
		}
	}()
	if d.skip != "" {
		f.Skipped, f.unsupported = d.skip, true
		return nil
	}
	src, err := l.open(ctx, d)
	if err != nil {
		if d.explicit || ctx.Err() != nil {
			return &SourceError{Source: d.name, Err: err}
		}
		f.Skipped, f.unsupported = "cannot be read: "+err.Error(), true
		return nil
	}
	defer src.body.Close()
	raw := &countingReader{r: src.body, ctx: ctx, n: &f.Bytes, total: &l.progress.bytes}
	if d.stdin {
		// A read of standard input cannot be interrupted, but waiting for it can.
		raw.r = newInterruptible(ctx, src.body)
	}
	body, err := format.Decompress(raw, src.name)
	if err != nil {
		if raw.err != nil {
			return &SourceError{Source: d.name, Err: raw.err}
		}
		f.Skipped = strings.TrimPrefix(err.Error(), src.name+": ")
		_, f.unsupported = format.ByPath(src.name) // an archive of something else does not concern a strict load
		return nil
	}
	defer body.Close()
	expanded := &expandedReader{r: body, left: l.o.MaxExpanded, limited: l.o.MaxExpanded > 0}
	buffered := bufio.NewReaderSize(expanded, 1<<16)
	head, err := buffered.Peek(headSize)
	if err != nil && err != io.EOF && len(head) == 0 {
		return l.damaged(f, d, raw, expanded, err)
	}
	fm, why := l.format(src, d, head)
	if fm == nil {
		f.Skipped = why
		return nil
	}
	f.Format = fm.Name
	if !fm.CanRead() {
		f.Skipped, f.unsupported = (&format.UnsupportedError{Format: fm}).Error(), true
		return nil
	}
	base := l.o.Base
	if base == "" {
		base = src.base
	}
	p := parser{l: l, f: f, emit: func(quads []rdf.Quad) error { return emit(quads, fm.Lines) }}
	o := format.ReadOptions{
		Base: base, File: d.name, Lenient: p.reject, Contexts: l.o.Contexts, BlankNodePrefix: l.o.BlankNodePrefix + "-" + strconv.Itoa(i) + "-",
		Transient: l.transient,
	}
	if err := fm.ParseParallel(ctx, buffered, o, l.o.Parallel, p.count); err != nil {
		var te *rdf.ParseError
		if errors.As(err, &te) && ctx.Err() == nil {
			p.reject(te)
			return nil
		}
		return l.damaged(f, d, raw, expanded, err)
	}
	return nil
}

// damaged deals with an error in the middle of a document. Faults of its compression stay with the document; errors of the
// reader below, of the store and of ctx end the load.
func (l *load) damaged(f *File, d document, raw *countingReader, expanded *expandedReader, err error) error {
	if raw.err != nil || expanded.err == nil || errors.Is(expanded.err, errTooLarge) {
		return &SourceError{Source: d.name, Err: err}
	}
	f.Rejected++
	f.Places = append(f.Places, Place{Message: "the compressed data is damaged: " + strings.TrimPrefix(expanded.err.Error(), f.Source+": ")})
	if l.o.Strict {
		l.fail()
	}
	return nil
}

func (l *load) format(src *opened, d document, head []byte) (f *format.Format, why string) {
	if l.o.Format != "" {
		f, _ = format.ByName(l.o.Format)
		return f, ""
	}
	if !foreign(src, d.explicit) {
		if f, ok := format.Detect(src.name, src.mediaType, head); ok && plausible(f, src, head) {
			return f, ""
		}
	}
	ext := filepath.Ext(src.name)
	switch {
	case len(head) == 0:
		return nil, "is empty"
	case src.mediaType != "":
		return nil, fmt.Sprintf("is no RDF that is known here (media type %s)", src.mediaType)
	case ext != "":
		return nil, fmt.Sprintf("is no RDF that is known here (%s)", ext)
	}
	return nil, "is no RDF that is known here"
}

// foreign tells by a file's extension that its content need not be looked at: prose and queries begin like Turtle. Of what
// nobody named but a folder held, only files without an extension, or with one that says nothing, are looked at.
func foreign(src *opened, explicit bool) bool {
	if _, known := format.ByMediaType(src.mediaType); known {
		return false
	}
	if _, known := format.ByPath(src.name); known {
		return false
	}
	name := strings.ToLower(src.name)
	for _, c := range []string{".gz", ".zst", ".bz2", ".xz"} {
		name = strings.TrimSuffix(name, c)
	}
	switch filepath.Ext(name) {
	case "", ".txt", ".dat", ".data", ".dump", ".json":
		return false
	case ".md", ".rq", ".ru", ".sparql", ".srj", ".srx", ".csv", ".tsv", ".geojson":
		return true
	}
	return !explicit
}

// plausible tells RDF in XML, JSON and HTML apart from what merely shares its syntax: to try to read every XML file would be a
// false alarm in a report. A name or media type of the format itself is believed.
func plausible(f *format.Format, src *opened, head []byte) bool {
	ext := strings.ToLower(filepath.Ext(strings.TrimSuffix(strings.TrimSuffix(src.name, ".gz"), ".zst")))
	byName, _ := format.ByPath(src.name)
	byType, _ := format.ByMediaType(src.mediaType)
	var signs []string
	switch {
	case f.Name == "rdfa":
		signs = []string{"typeof=", "property=", "vocab="}
	case f == byType, f == byName && ext != ".xml" && ext != ".json":
		return true
	case f == format.RDFXML:
		signs = []string{"http://www.w3.org/1999/02/22-rdf-syntax-ns#", "rdf:"}
	case f == format.JSONLD:
		signs = []string{`"@`}
	default:
		return true
	}
	for _, sign := range signs {
		if bytes.Contains(head, []byte(sign)) {
			return true
		}
	}
	return false
}

// parser takes what comes out of one document. Its methods may be called by several goroutines at once.
type parser struct {
	l    *load
	f    *File
	emit func([]rdf.Quad) error
}

func (p *parser) count(quads []rdf.Quad) error {
	p.l.mu.Lock()
	p.f.Statements += int64(len(quads))
	p.l.mu.Unlock()
	p.l.progress.statements.Add(int64(len(quads)))
	return p.emit(quads)
}

func (p *parser) reject(e *rdf.ParseError) {
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	p.f.Rejected++
	if len(p.f.Places) < MaxPlaces {
		p.f.Places = append(p.f.Places, Place{Line: e.Line, Column: e.Column, Message: e.Msg})
	}
	if p.l.o.Strict {
		p.l.failed = true
	}
}

// countingReader counts what is read, remembers the error of its reader and stops when ctx does.
type countingReader struct {
	r     io.Reader
	ctx   context.Context
	n     *int64
	total interface{ Add(int64) int64 }
	err   error
}

func (c *countingReader) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		c.err = err
		return 0, err
	}
	n, err := c.r.Read(b)
	*c.n += int64(n)
	c.total.Add(int64(n))
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// expandedReader reads what is decompressed. It fails when more than left bytes come and remembers its error.
type expandedReader struct {
	r       io.Reader
	left    int64
	limited bool
	err     error
}

var errTooLarge = errors.New("is larger than allowed once decompressed")

func (l *expandedReader) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	if l.limited {
		if l.left -= int64(n); l.left < 0 {
			n, err = 0, errTooLarge
		}
	}
	if err != nil && err != io.EOF {
		l.err = err
	}
	return n, err
}

// interruptible reads in a goroutine of its own, so that a read that never returns does not keep the load from ending.
type interruptible struct {
	ctx    context.Context
	chunks chan []byte
	err    error // valid once chunks is closed
	rest   []byte
}

func newInterruptible(ctx context.Context, r io.Reader) *interruptible {
	i := &interruptible{ctx: ctx, chunks: make(chan []byte, 1)}
	go func() {
		defer close(i.chunks)
		for {
			b := make([]byte, 1<<16)
			n, err := r.Read(b)
			if n > 0 {
				select {
				case i.chunks <- b[:n]:
				case <-ctx.Done():
					return
				}
			}
			if err != nil {
				i.err = err
				return
			}
		}
	}()
	return i
}

func (i *interruptible) Read(b []byte) (int, error) {
	if len(i.rest) == 0 {
		select {
		case chunk, ok := <-i.chunks:
			if !ok {
				if i.err == nil {
					return 0, context.Cause(i.ctx)
				}
				return 0, i.err
			}
			i.rest = chunk
		case <-i.ctx.Done():
			return 0, context.Cause(i.ctx)
		}
	}
	n := copy(b, i.rest)
	i.rest = i.rest[n:]
	return n, nil
}
