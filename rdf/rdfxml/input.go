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
	column   int   // of buf[0], from 0
	eof      bool
	maxToken int
	dropping func(n int) // told before the first n bytes of buf go
	counts   []count
}

// count is how many lines end before a place in buf, and how many characters stand between there and the last of these. Of every
// countEach bytes one is kept, so that the places of many mistakes are found without counting from buf[0] for each.
type count struct{ at, lines, chars int }

const countEach = 4 << 10

func (c count) after(b []byte) count {
	c.at += len(b)
	if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
		c.lines += bytes.Count(b, newline)
		c.chars = 0
		b = b[i+1:]
	}
	c.chars += utf8.RuneCount(b)
	return c
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
		in.mark, in.buf, in.counts = 0, fresh, in.counts[:0]
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
	c := count{}.after(in.buf[:n])
	if c.lines > 0 {
		in.column = 0
	}
	in.line, in.column = in.line+c.lines, in.column+c.chars
}

var newline = []byte{'\n'}

// place gives line and column of a place in buf.
func (in *input) place(at int) (line, column int) {
	at = min(max(at, 0), len(in.buf))
	last := max(0, at-1) / countEach
	for n := len(in.counts); n <= last; n++ {
		var c count
		if n > 0 {
			end := n * countEach
			for i := 0; i < utf8.UTFMax-1 && !utf8.RuneStart(in.buf[end]); i++ { // not within a character
				end--
			}
			c = in.counts[n-1].after(in.buf[in.counts[n-1].at:end])
		}
		in.counts = append(in.counts, c)
	}
	c := in.counts[last]
	c = c.after(in.buf[c.at:at])
	if line, column = in.line+1+c.lines, 1+c.chars; c.lines == 0 {
		column += in.column
	}
	return line, column
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
