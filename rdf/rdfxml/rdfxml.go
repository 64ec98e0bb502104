// Package rdfxml reads and writes RDF/XML, versions 1.1 and 1.2 (https://www.w3.org/TR/rdf12-xml/).
//
// Reading streams: memory grows with the longest tag or text, the depth of nesting and the number of rdf:ID, not with the
// document. External entities and DTDs are never read, and the expansion of internal entities is limited. The terms handed out
// may be parts of the chunks that the document was read into (see [rdf.Term]).
package rdfxml

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"triplestore/rdf"
	"triplestore/rdf/iri"
)

// Options tells Parse how to read.
type Options struct {
	// Base resolves relative IRIs until xml:base says otherwise. It may be empty.
	Base string
	// File names the document in errors.
	File string
	// Lenient, if set, is told of each bad IRI, name or piece of grammar below the level of XML, and reading goes on without the
	// statements concerned. A document that is not well-formed XML cannot be read on: that error ends Parse in either mode.
	Lenient func(*rdf.ParseError)
	// BlankNodePrefix is put before the label of every blank node, to keep documents apart.
	BlankNodePrefix string
	// Prefix, if set, is told of each namespace that the document declares.
	Prefix func(name, iri string)
	// MaxDepth limits the nesting of elements; 0 means 1000.
	MaxDepth int
	// MaxToken limits the length of one tag, text or comment in bytes; 0 means 64 MiB.
	MaxToken int
}

const (
	rdfNS  = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	itsNS  = "http://www.w3.org/2005/11/its"
	batch  = 1024
	maxIDs = 1 << 20
)

// Parse reads a document and hands its quads, all of the default graph, to emit in batches. The slice is reused after emit
// returns, the terms are not. Errors are *rdf.ParseError for mistakes in the document, and what r, emit and ctx gave.
func Parse(ctx context.Context, r io.Reader, o Options, emit func(quads []rdf.Quad) error) error {
	if o.MaxDepth <= 0 {
		o.MaxDepth = 1000
	}
	if o.MaxToken <= 0 {
		o.MaxToken = 64 << 20
	}
	r, err := toUTF8(r, o.File)
	if err != nil {
		return err
	}
	p := &parser{o: o, emit: emit, ids: map[string]struct{}{}}
	p.x.input = input{ctx: ctx, r: r, file: o.File, maxToken: o.MaxToken}
	p.x.maxDepth, p.x.prefix = o.MaxDepth, o.Prefix
	p.x.init()
	c := scope{}
	if o.Base != "" {
		if c.base, err = iri.NewBase(o.Base); err != nil {
			return fmt.Errorf("base %q: %w", o.Base, err)
		}
	}
	if err := p.document(c); err != nil {
		return err
	}
	return p.flush()
}

// ParseString reads a whole document and gives its quads. It is for tests and small documents.
func ParseString(text string, o Options) ([]rdf.Quad, error) {
	var quads []rdf.Quad
	err := Parse(context.Background(), strings.NewReader(text), o, func(batch []rdf.Quad) error {
		quads = append(quads, batch...)
		return nil
	})
	return quads, err
}

// toUTF8 decodes the encodings that the byte order mark or the XML declaration names (XML 1.0 appendix F).
func toUTF8(r io.Reader, file string) (io.Reader, error) {
	head := make([]byte, 200)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		return io.MultiReader(bytes.NewReader(head[3:]), r), nil
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}), bytes.HasPrefix(head, []byte{0xff, 0xfe}),
		bytes.HasPrefix(head, []byte{0, '<', 0, '?'}), bytes.HasPrefix(head, []byte{'<', 0, '?', 0}):
		end := unicode.BigEndian
		if len(head) > 1 && (head[0] == 0xff || head[0] == '<') {
			end = unicode.LittleEndian
		}
		utf16 := unicode.UTF16(end, unicode.UseBOM)
		return transform.NewReader(io.MultiReader(bytes.NewReader(head), r), utf16.NewDecoder()), nil
	}
	whole := io.MultiReader(bytes.NewReader(head), r)
	decl, _, ok := bytes.Cut(head, []byte("?>"))
	if !ok || !bytes.HasPrefix(decl, []byte("<?xml")) {
		return whole, nil
	}
	_, after, ok := bytes.Cut(decl, []byte("encoding"))
	after = bytes.TrimLeft(after, " \t\r\n=")
	if !ok || len(after) < 2 {
		return whole, nil
	}
	name, _, _ := bytes.Cut(after[1:], after[:1])
	if strings.EqualFold(string(name), "utf-8") || strings.EqualFold(string(name), "us-ascii") {
		return whole, nil
	}
	enc, err := htmlindex.Get(string(name))
	if err != nil {
		return nil, &rdf.ParseError{File: file, Line: 1, Column: 1, Msg: fmt.Sprintf("the encoding %q is unknown", name)}
	}
	return transform.NewReader(whole, enc.NewDecoder()), nil
}
