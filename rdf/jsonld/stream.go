package jsonld

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"triplestore/rdf"
)

const (
	chunkSize          = 256 << 10
	defaultStreamAbove = 8 << 20
)

// source cuts a document into pieces as it comes in. Chunks are never used again, since terms are parts of them.
type source struct {
	ctx  context.Context
	r    io.Reader
	o    *Options
	buf  []byte
	pos  int // of what is not yet read, in buf
	eof  bool
	line int // of buf[0], from 0
	// column is how many characters of its line stand before buf[0], offset how many bytes of the document do.
	column int
	offset int64
}

// more reads on. What stands before pos is let go. It gives io.EOF at the end of the document.
func (s *source) more() error {
	if s.eof {
		return io.EOF
	}
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if s.pos > 0 && len(s.buf) == cap(s.buf) {
		s.forget()
	}
	if int64(len(s.buf)-s.pos) > s.o.MaxBytes {
		return s.tooLarge()
	}
	if len(s.buf) == cap(s.buf) {
		s.buf = append(make([]byte, 0, max(chunkSize, 2*len(s.buf))), s.buf...)
	}
	for range 100 {
		n, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+n]
		switch {
		case err == io.EOF:
			s.eof = true
			if n == 0 {
				return io.EOF
			}
			return nil
		case err != nil:
			return err
		case n > 0:
			return nil
		}
	}
	return io.ErrNoProgress
}

func (s *source) tooLarge() error {
	return s.fail(fmt.Sprintf("the document, or the part of it that starts here, is larger than %d bytes", s.o.MaxBytes))
}

// forget drops what was read and counts its lines.
func (s *source) forget() {
	head := s.buf[:s.pos]
	if i := bytes.LastIndexByte(head, '\n'); i >= 0 {
		s.line += bytes.Count(head, []byte{'\n'})
		s.column = 0
		head = head[i+1:]
	}
	s.column += utf8.RuneCount(head)
	s.offset += int64(s.pos)
	s.buf, s.pos = s.buf[s.pos:], 0
	s.buf = s.buf[:len(s.buf):len(s.buf)] // what follows comes in a chunk of its own
}

// decoder reads text that starts where buf does.
func (s *source) decoder(text []byte) *decoder {
	return &decoder{buf: text, file: s.o.File, line: s.line, column: s.column, offset: s.offset, maxDepth: s.o.MaxDepth}
}

// next skips white space and gives the byte after it, or 0 at the end.
func (s *source) next() (byte, error) {
	for {
		for s.pos < len(s.buf) {
			switch c := s.buf[s.pos]; c {
			case ' ', '\t', '\n', '\r':
				s.pos++
			default:
				return c, nil
			}
		}
		if err := s.more(); err == io.EOF {
			return 0, nil
		} else if err != nil {
			return 0, err
		}
	}
}

// complete reads until the value at pos is in the buffer, and gives where it ends. A value that the document ends in is complete
// too: to read it fails, and names the place.
func (s *source) complete() (int, error) {
	depth, quoted, escaped, scalar := 0, false, false, false
	for i := s.pos; ; i++ {
		if i == len(s.buf) {
			before := s.pos
			switch err := s.more(); {
			case err == io.EOF:
				return len(s.buf), nil
			case err != nil:
				return 0, err
			}
			i -= before - s.pos
		}
		c := s.buf[i]
		if quoted {
			switch {
			case escaped:
				escaped = false
			case c == '\\':
				escaped = true
			case c == '"':
				quoted = false
				if depth == 0 {
					return i + 1, nil
				}
			}
			continue
		}
		switch c {
		case '"':
			if scalar {
				return i, nil
			}
			quoted = true
		case '{', '[':
			if scalar {
				return i, nil
			}
			depth++
		case '}', ']':
			if depth == 0 {
				return i, nil
			}
			if depth--; depth == 0 {
				return i + 1, nil
			}
		case ',', ':', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i, nil
			}
		default:
			scalar = depth == 0
		}
	}
}

// piece decodes the value at pos and gives the place where it starts.
func (s *source) piece(depth int) (v any, line, column int, err error) {
	if _, err := s.next(); err != nil {
		return nil, 0, 0, err
	}
	s.forget()
	line, column = s.line+1, s.column+1
	end, err := s.complete()
	if err != nil {
		return nil, line, column, err
	}
	if int64(end) > s.o.MaxBytes {
		return nil, line, column, s.tooLarge()
	}
	d := s.decoder(s.buf[:end:end])
	v, err = d.value(depth)
	s.pos = d.pos
	return v, line, column, err
}

// fail is an error at pos.
func (s *source) fail(msg string) error {
	d := s.decoder(s.buf)
	d.pos = s.pos
	return d.fail(msg)
}

// separator reads a comma or the end of an array or object.
func (s *source) separator(end byte, msg string) (bool, error) {
	c, err := s.next()
	if err != nil {
		return false, err
	}
	switch c {
	case end:
		s.pos++
		return true, nil
	case ',':
		s.pos++
		return false, nil
	}
	return false, s.fail(msg)
}

// array hands the members of the array at pos to the expander, one by one.
func (s *source) array(x *expander, active *activeContext, w *toRDF) error {
	s.pos++
	if c, err := s.next(); err != nil {
		return err
	} else if c == ']' {
		s.pos++
		return nil
	}
	for {
		v, line, column, err := s.piece(1)
		if err != nil {
			return err
		}
		if err := x.piece(v, active, w, line, column); err != nil {
			return err
		}
		if done, err := s.separator(']', "expected , or ] in an array"); done || err != nil {
			return err
		}
	}
}

func (s *source) end() error {
	if c, err := s.next(); err != nil {
		return err
	} else if c != 0 {
		return s.fail("text after the end of the JSON document")
	}
	return nil
}

// document reads a whole document: an outermost array in pieces, and an object in one piece or as object says.
func (s *source) document(x *expander, active *activeContext, w *toRDF) error {
	for !s.eof && len(s.buf) < 3 {
		if err := s.more(); err != nil && err != io.EOF {
			return err
		}
	}
	if bytes.HasPrefix(s.buf, []byte("\ufeff")) {
		s.pos = 3
		s.forget()
		s.column = 0
	}
	if s.o.Lines {
		return s.lines(x, active, w)
	}
	c, err := s.next()
	switch {
	case err != nil:
		return err
	case c == 0:
		return s.fail("the document is empty")
	case c == '[':
		err = s.array(x, active, w)
	case c == '{':
		err = s.object(x, active, w)
	default:
		_, _, _, err = s.piece(0) // a scalar says nothing
	}
	if err != nil {
		return err
	}
	return s.end()
}

// object reads an outermost object. One that is {"@context": …, "@graph": […]} and nothing else is read in pieces. Whether it is
// so can be seen at once where the document is small; of a large one it is believed after the context, and what follows the graph
// then is an error.
func (s *source) object(x *expander, active *activeContext, w *toRDF) error {
	s.forget()
	line, column := s.line+1, s.column+1
	for !s.eof && int64(len(s.buf)) < s.o.streamAbove {
		if err := s.more(); err != nil && err != io.EOF {
			return err
		}
	}
	local, at, found := s.graphAt()
	if found {
		inner := active
		if local != nil {
			var err error
			if inner, err = x.process(active, local.value, processOptions{base: active.base}); err != nil {
				return w.located(err, line, column)
			}
		}
		s.pos = at
		if err := s.array(x, inner, w); err != nil {
			return err
		}
		done, err := s.separator('}', "expected , or } in an object")
		if err == nil && !done {
			err = s.fail(fmt.Sprintf("in a document of more than %d bytes nothing may follow @graph: what stands there must come before it", s.o.streamAbove))
		}
		return err
	}
	v, _, _, err := s.piece(0)
	if err != nil {
		return err
	}
	if err := s.end(); err != nil {
		return err
	}
	return x.piece(v, active, w, line, column)
}

type localContext struct{ value any }

// graphAt looks for the array of @graph in the object that buf starts with, after nothing but an @context.
func (s *source) graphAt() (local *localContext, at int, found bool) {
	d := s.decoder(s.buf)
	d.pos = 1
	for {
		key, err := d.key()
		if err != nil {
			return nil, 0, false
		}
		if key == "@context" && local == nil {
			v, err := d.value(1)
			if err != nil {
				return nil, 0, false
			}
			local = &localContext{v}
			if done, err := d.separator('}', ""); done || err != nil {
				return nil, 0, false
			}
			continue
		}
		if d.space(); key != "@graph" || d.pos == len(d.buf) || d.buf[d.pos] != '[' {
			return nil, 0, false
		}
		break
	}
	at = d.pos
	if !s.eof {
		return local, at, local != nil // without a context before it, one may follow
	}
	// The whole object is here, and must end behind the array.
	if !d.skip() {
		return nil, 0, false
	}
	d.space()
	return local, at, d.pos < len(d.buf) && d.buf[d.pos] == '}'
}

// lines reads line-delimited JSON-LD: every line that is not empty is a document, and all share their blank nodes.
func (s *source) lines(x *expander, active *activeContext, w *toRDF) error {
	for {
		if c, err := s.next(); err != nil {
			return err
		} else if c == 0 {
			return nil
		}
		s.forget()
		line, column := s.line+1, s.column+1
		end, seen := -1, 0
		for end < 0 {
			if i := bytes.IndexByte(s.buf[seen:], '\n'); i >= 0 {
				end = seen + i
				break
			}
			seen = len(s.buf)
			if err := s.more(); err == io.EOF {
				end = len(s.buf)
			} else if err != nil {
				return err
			}
		}
		d := s.decoder(s.buf[:end:end])
		v, err := d.value(0)
		if err == nil {
			if d.space(); d.pos < end {
				err = d.fail("text after the end of the JSON document: of line-delimited JSON-LD each line is one document")
			}
		}
		s.pos = end
		if err == nil {
			err = x.piece(v, active, w, line, column)
		} else if pe := (*rdf.ParseError)(nil); s.o.Lenient != nil && errors.As(err, &pe) {
			s.o.Lenient(pe)
			err = nil
		}
		if err != nil {
			return err
		}
	}
}
