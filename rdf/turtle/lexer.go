package turtle

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"unicode/utf8"
)

// The first chunk is small, for small documents.
const firstChunk, chunkSize = 8 << 10, 256 << 10

// lexer is a window on the input. A token is read by scanning buf from pos; where the window ends too early, fill moves what
// starts at pos to a fresh chunk with more input behind it, and scanning goes on.
type lexer struct {
	ctx  context.Context
	opts *Options
	r    io.Reader
	buf  []byte
	pos  int
	eof  bool
	// chunk is the size of the last chunk.
	chunk int
	// greedy makes fill wait for a full chunk.
	greedy bool
	// used holds chunks that may be used again, nil where there are none; whole is the present one.
	used  chan []byte
	whole []byte
	// err is the error that stopped reading: a mistake in the input, or what the reader or emit gave.
	err error
	// at is where buf[0] is in the input.
	at position
	// mark is where the last mistake was, so that counting lines need not start from buf[0] for each of many.
	mark position

	// good holds, of documents in lines, the last IRI of the block at each place of a statement, all plain ASCII: an IRI that begins
	// like it is good so far. place is the present place.
	good  [places][]byte
	place int

	arena     arena
	datatypes interned
	langs     langCache
}

// Places of a statement in a line.
const (
	inSubject = iota
	inPredicate
	inObject
	inOther
	places
)

// position is a place in the input: bytes, line feeds and, since the last of these, characters before it.
type position struct {
	offset       int64
	lines, chars int
}

func (p position) after(b []byte) position {
	p.offset += int64(len(b))
	if n := bytes.Count(b, newline); n > 0 {
		p.lines += n
		p.chars = 0
		b = b[bytes.LastIndexByte(b, '\n')+1:]
	}
	p.chars += utf8.RuneCount(b)
	return p
}

var newline = []byte{'\n'}

// fill gets more input behind the token that starts at pos and reports whether there was any. The window after pos at least
// doubles, so that scanning a token again from its start after each fill takes linear time.
func (l *lexer) fill() bool {
	if l.eof || l.err != nil {
		return false
	}
	if l.err = l.ctx.Err(); l.err != nil {
		return false
	}
	tail := l.buf[l.pos:]
	if len(tail) > l.opts.MaxToken {
		l.err = l.errorAt(l.pos, fmt.Sprintf("a token longer than %d bytes", l.opts.MaxToken))
		return false
	}
	least := max(1, len(tail))
	if cap(l.buf)-len(l.buf) < max(least, 512) {
		l.chunk = min(max(firstChunk, 4*l.chunk), chunkSize)
		l.at = l.at.after(l.buf[:l.pos])
		l.whole = l.take(max(l.chunk, 4*len(tail)))
		chunk := l.whole[:len(tail)]
		copy(chunk, tail) // it may be the same memory
		l.buf, l.pos = chunk, 0
	}
	if l.greedy {
		least = cap(l.buf) - len(l.buf)
	}
	return l.read(least)
}

// take gives memory for a chunk of n bytes, which may have been one before.
func (l *lexer) take(n int) []byte {
	select {
	case b := <-l.used: // for ever nil where nothing is used again
		if cap(b) >= n {
			return b
		}
	default:
	}
	return make([]byte, n)
}

// read appends at least n bytes to the window, or what is left. It does not use io.ReadAtLeast, which cannot tell the end of
// the input from a decompressor's complaint about it.
func (l *lexer) read(n int) bool {
	had := len(l.buf)
	for idle := 0; len(l.buf) < had+n; {
		m, err := l.r.Read(l.buf[len(l.buf):cap(l.buf)])
		l.buf = l.buf[:len(l.buf)+m]
		if err == io.EOF {
			l.eof = true
			break
		}
		if m == 0 {
			if idle++; idle > 100 {
				err = io.ErrNoProgress
			}
		} else {
			idle = 0
		}
		if err != nil {
			l.err = err
			return false
		}
	}
	return len(l.buf) > had
}

// have makes sure that n bytes are in the window, if there are so many.
func (l *lexer) have(n int) bool {
	for len(l.buf)-l.pos < n {
		if !l.fill() {
			return false
		}
	}
	return true
}

// peek gives the byte i after pos, 0 at the end of the input.
func (l *lexer) peek(i int) byte {
	if l.pos+i < len(l.buf) || l.have(i+1) {
		return l.buf[l.pos+i]
	}
	return 0
}

// next skips white space and comments and gives the byte after them without consuming it, 0 at the end of the input.
func (l *lexer) next() byte {
	for {
		b, i := l.buf, l.pos
		for i < len(b) && class[b[i]]&classSpace != 0 {
			i++
		}
		l.pos = i
		switch {
		case i == len(b):
			if !l.fill() {
				return 0
			}
		case b[i] == '#':
			l.skipComment()
		default:
			return b[i]
		}
	}
}

func (l *lexer) skipComment() {
	for {
		b := l.buf[l.pos:]
		if i := bytes.IndexAny(b, "\n\r"); i >= 0 {
			l.pos += i
			return
		}
		l.pos = len(l.buf)
		if !l.fill() {
			return
		}
	}
}

// atEnd reports whether the input is used up.
func (l *lexer) atEnd() bool { return l.pos >= len(l.buf) && !l.fill() }

// errorAt makes the error for the byte at offset i of the window.
func (l *lexer) errorAt(i int, msg string) *Error {
	i = min(i, len(l.buf))
	p := l.at
	if l.mark.offset > p.offset && l.mark.offset <= p.offset+int64(i) {
		p = l.mark.after(l.buf[l.mark.offset-p.offset : i])
	} else {
		p = p.after(l.buf[:i])
	}
	l.mark = p
	return &Error{File: l.opts.File, Line: p.lines + 1, Column: p.chars + 1, Offset: p.offset, Msg: msg}
}

// fail stops the statement because of a mistake at pos. It gives false for the caller to return.
func (l *lexer) fail(msg string) bool { return l.failAt(0, msg) }

func (l *lexer) failAt(i int, msg string) bool {
	if l.err == nil {
		l.err = l.errorAt(l.pos+i, msg)
	}
	return false
}

// expected stops the statement because something else was wanted at pos.
func (l *lexer) expected(what string) bool {
	if l.err != nil {
		return false
	}
	return l.fail("expected " + what + ", found " + l.found())
}

// found describes what is at pos.
func (l *lexer) found() string {
	if l.atEnd() {
		return "the end of the input"
	}
	l.have(24)
	b := l.buf[l.pos:min(len(l.buf), l.pos+24)]
	end := 0
	for end < len(b) && class[b[end]]&classSpace == 0 {
		if _, n := utf8.DecodeRune(b[end:]); n == 1 && b[end] >= utf8.RuneSelf {
			break
		} else {
			end += n
		}
	}
	switch {
	case end == 0 && class[b[0]]&classSpace != 0:
		return "white space"
	case end == 0:
		return fmt.Sprintf("the byte 0x%02X", b[0])
	case end >= 20:
		return fmt.Sprintf("%q…", b[:end])
	}
	return fmt.Sprintf("%q", b[:end])
}

// bad reports a mistake inside a token whose end is known. With Options.Lenient the caller goes on with no term and gets true.
func (l *lexer) bad(i int, msg string) bool {
	if l.err != nil {
		return false
	}
	e := l.errorAt(l.pos+i, msg)
	if l.opts.Lenient == nil {
		l.err = e
		return false
	}
	l.opts.Lenient(e)
	return true
}

// offset is where pos is in the input, in bytes.
func (l *lexer) offset() int64 { return l.at.offset + int64(l.pos) }

// skipBOM steps over a byte order mark at the start of the input.
func (l *lexer) skipBOM() {
	if l.have(3) && string(l.buf[l.pos:l.pos+3]) == "\uFEFF" {
		l.pos += 3
		l.at.chars--
	}
}
