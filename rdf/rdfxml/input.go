package rdfxml

import (
	"bytes"
	"context"
	"io"
	"unicode/utf8"
	"unsafe"

	"triplestore/rdf"
)

const chunkSize = 256 << 10

// input is a window on the document. Its chunks are never written again once read, so that strings may be parts of them.
type input struct {
	ctx      context.Context
	r        io.Reader
	file     string
	buf      []byte // buf[pos:] is unread
	pos      int
	mark     int   // start of the token at hand: what lies before it may go
	offset   int64 // of buf[0] in the document
	line     int   // of buf[0], from 0
	lineAt   int64 // offset of the first byte of that line
	eof      bool
	maxToken int
	dropping func(n int) // told before the first n bytes of buf go
}

// more reads on behind buf; it reports whether anything came. What lies before mark is dropped, and positions shift.
func (in *input) more() (bool, error) {
	if in.eof {
		return false, nil
	}
	if err := in.ctx.Err(); err != nil {
		return false, err
	}
	if len(in.buf)-in.mark > in.maxToken {
		return false, in.errorAt(in.mark, "a tag, text or comment is longer than %d bytes", in.maxToken)
	}
	if len(in.buf) == cap(in.buf) {
		kept := in.buf[in.mark:]
		fresh := make([]byte, len(kept), max(chunkSize, 2*len(kept)))
		copy(fresh, kept)
		in.dropping(in.mark)
		in.skipLines(in.mark)
		in.offset += int64(in.mark)
		in.pos -= in.mark
		in.mark, in.buf = 0, fresh
	}
	for tries := 0; ; tries++ {
		n, err := in.r.Read(in.buf[len(in.buf):cap(in.buf)])
		in.buf = in.buf[:len(in.buf)+n]
		switch {
		case err == io.EOF:
			in.eof = true
			return n > 0, nil
		case err != nil:
			return false, err
		case n > 0:
			return true, nil
		case tries == 100:
			return false, io.ErrNoProgress
		}
	}
}

// skipLines moves the line count past the first n bytes of buf.
func (in *input) skipLines(n int) {
	head := in.buf[:n]
	in.line += bytes.Count(head, newline)
	if i := bytes.LastIndexByte(head, '\n'); i >= 0 {
		in.lineAt = in.offset + int64(i) + 1
	}
}

var newline = []byte{'\n'}

// place gives line and column of a place in buf.
func (in *input) place(at int) (line, column int) {
	at = min(max(at, 0), len(in.buf))
	head := in.buf[:at]
	line = in.line + 1 + bytes.Count(head, newline)
	if i := bytes.LastIndexByte(head, '\n'); i >= 0 {
		return line, 1 + utf8.RuneCount(head[i+1:])
	}
	// The start of the line may have left the buffer; then columns are bytes before buf and characters within.
	return line, 1 + int(max(0, in.offset-in.lineAt)) + utf8.RuneCount(head)
}

// errorAt makes the error for a place in buf.
func (in *input) errorAt(at int, format string, args ...any) error {
	line, column := in.place(at)
	return &rdf.ParseError{File: in.file, Offset: in.abs(at), Line: line, Column: column, Msg: sprintf(format, args...)}
}

// abs is the offset in the document of a place in buf.
func (in *input) abs(at int) int64 { return in.offset + int64(at) }

// peek makes sure that n bytes are there to look at, or fewer at the end.
func (in *input) peek(n int) ([]byte, error) {
	for len(in.buf)-in.pos < n {
		ok, err := in.more()
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
	}
	return in.buf[in.pos:min(len(in.buf), in.pos+n)], nil
}

// until moves behind the next occurrence of end and gives what lies before it.
func (in *input) until(end string, what string) ([]byte, error) {
	from := in.pos
	for {
		if i := bytes.Index(in.buf[from:], unsafe.Slice(unsafe.StringData(end), len(end))); i >= 0 {
			text := in.buf[in.pos : from+i]
			in.pos = from + i + len(end)
			return text, nil
		}
		rel := from - in.mark
		keep := max(0, len(in.buf)-in.mark-len(end)+1)
		ok, err := in.more()
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, in.errorAt(len(in.buf), "the document ends inside %s", what)
		}
		from = in.mark + max(rel, keep)
	}
}

// alias makes a string of bytes of a chunk without a copy.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
