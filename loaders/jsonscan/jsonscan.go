// Package jsonscan reads JSON that is too large to hold: a [Scanner] finds an array in a stream and gives its elements one at a
// time as text, and [Members], [Elements] and [Text] take such a text apart without building a tree. It follows RFC 8259; what
// is stepped over is checked for balance only, what is looked at is checked in full.
package jsonscan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// SyntaxError is the error for text that is no JSON.
type SyntaxError struct {
	Offset int64 // in bytes, of the stream or of the text
	Msg    string
}

// Error tells what is wrong and where.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("no valid JSON at byte %d: %s", e.Offset, e.Msg)
}

// ErrTooLarge is the error for an element that is longer than the scanner may hold.
var ErrTooLarge = errors.New("one element is larger than allowed")

// ErrNoArray is the error for a document that does not have the array that is asked for.
var ErrNoArray = errors.New("the document does not have the array")

// MaxElement is the most bytes that one element may have unless a Scanner says otherwise.
const MaxElement = 16 << 20

// Scanner gives the elements of one array of a stream. It is not safe for concurrent use.
type Scanner struct {
	// MaxElement limits the bytes of one element; 0 means the constant of that name.
	MaxElement int

	r          io.Reader
	buf        []byte
	start, end int   // what is read and not used is buf[start:end]
	base       int64 // the offset of buf[0] in the stream
	err        error // of r
	state      state
	lines      bool // elements follow each other without an array around them
}

type state uint8

const (
	outside state = iota
	first         // behind the [
	inside        // behind an element
	done
)

// NewScanner makes a scanner.
func NewScanner(r io.Reader) *Scanner { return &Scanner{r: r, buf: make([]byte, 64<<10)} }

// Offset is how many bytes of the stream are used.
func (s *Scanner) Offset() int64 { return s.base + int64(s.start) }

// Enter goes to the array that the keys lead to from the root; none is the root itself. A root that is no array, where no keys are given, is
// taken for the first of a sequence of values (as in newline-delimited JSON). The error is ErrNoArray where there is none.
func (s *Scanner) Enter(keys ...string) error {
	if c, err := s.peek(); err == nil && c == 0xEF {
		if s.fill(3) == nil && bytes.HasPrefix(s.buf[s.start:s.end], []byte("\xEF\xBB\xBF")) {
			s.start += 3
		}
	}
	for _, key := range keys {
		c, err := s.peek()
		if err != nil {
			return unexpected(err)
		}
		if c != '{' {
			return ErrNoArray
		}
		s.start++
		if err := s.member(key); err != nil {
			return err
		}
	}
	c, err := s.peek()
	if err == io.EOF && len(keys) == 0 {
		s.state = done
		return nil
	}
	if err != nil {
		return unexpected(err)
	}
	switch {
	case c == '[':
		s.start++
		s.state = first
	case len(keys) == 0:
		s.lines, s.state = true, first
	default:
		return ErrNoArray
	}
	return nil
}

// member goes behind the colon of the member with a key.
func (s *Scanner) member(key string) error {
	for n := 0; ; n++ {
		c, err := s.peek()
		if err != nil {
			return unexpected(err)
		}
		if c == '}' {
			return ErrNoArray
		}
		if n > 0 {
			if c != ',' {
				return s.syntax("a comma or } is missing")
			}
			s.start++
			if c, err = s.peek(); err != nil {
				return unexpected(err)
			}
		}
		if c != '"' {
			return s.syntax("a key is missing")
		}
		raw, err := s.value()
		if err != nil {
			return err
		}
		name, ok := Text(string(raw))
		if !ok {
			return s.syntax("a key is no valid string")
		}
		if c, err = s.peek(); err != nil {
			return unexpected(err)
		}
		if c != ':' {
			return s.syntax("a colon is missing")
		}
		s.start++
		if name == key {
			return nil
		}
		if _, err := s.peek(); err != nil {
			return unexpected(err)
		}
		if err := s.skip(); err != nil {
			return err
		}
	}
}

// Next gives the next element, valid until the next call. The error is io.EOF behind the last, where the array was closed. Enter must
// have been called.
func (s *Scanner) Next() ([]byte, error) {
	if s.state == done {
		return nil, io.EOF
	}
	c, err := s.peek()
	if err != nil {
		if s.lines && err == io.EOF {
			s.state = done
			return nil, io.EOF
		}
		return nil, unexpected(err)
	}
	if !s.lines {
		if c == ']' {
			s.start++
			s.state = done
			return nil, io.EOF
		}
		if s.state == inside {
			if c != ',' {
				return nil, s.syntax("a comma or ] is missing")
			}
			s.start++
			if _, err = s.peek(); err != nil {
				return nil, unexpected(err)
			}
		}
	}
	s.state = inside
	return s.value()
}

// Rest checks that nothing follows the value that the array is, as a truncated copy that was padded would have. Arrays that
// are members of something are not checked further.
func (s *Scanner) Rest() error {
	c, err := s.peek()
	if err == io.EOF {
		return nil
	}
	if err != nil {
		return err
	}
	if c == ']' || c == '}' || c == ',' {
		return nil
	}
	return s.syntax("something follows the end")
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (s *Scanner) syntax(msg string) error { return &SyntaxError{Offset: s.Offset(), Msg: msg} }

// peek gives the next byte that is no white space.
func (s *Scanner) peek() (byte, error) {
	for {
		for s.start < s.end {
			switch c := s.buf[s.start]; c {
			case ' ', '\t', '\r', '\n':
				s.start++
			default:
				return c, nil
			}
		}
		if err := s.more(); err != nil {
			return 0, err
		}
	}
}

// fill reads until n unused bytes are there.
func (s *Scanner) fill(n int) error {
	for s.end-s.start < n {
		if err := s.more(); err != nil {
			return err
		}
	}
	return nil
}

// more reads some bytes behind the unused ones.
func (s *Scanner) more() error {
	if s.err != nil {
		return s.err
	}
	if s.start > 0 {
		copy(s.buf, s.buf[s.start:s.end])
		s.base += int64(s.start)
		s.end -= s.start
		s.start = 0
	}
	if s.end == len(s.buf) {
		most := s.MaxElement
		if most <= 0 {
			most = MaxElement
		}
		if len(s.buf) >= most+64 {
			return ErrTooLarge
		}
		grown := make([]byte, min(2*len(s.buf), most+64))
		copy(grown, s.buf[:s.end])
		s.buf = grown
	}
	for empty := 0; ; empty++ {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		if err != nil {
			s.err = err
		}
		if n > 0 {
			return nil
		}
		if s.err != nil {
			return s.err
		}
		if empty == 100 {
			s.err = io.ErrNoProgress
		}
	}
}

// value gives the text of the value that starts at the next byte.
func (s *Scanner) value() ([]byte, error) {
	at := 0
	w := walker{}
	for {
		n, ok := w.step(s.buf[s.start+at : s.end])
		at += n
		if ok {
			break
		}
		if err := s.more(); err != nil {
			if err == io.EOF && w.scalar() {
				break
			}
			return nil, unexpected(err)
		}
	}
	if w.bad {
		s.start += at
		return nil, s.syntax("a bracket does not match, or a value is missing")
	}
	raw := s.buf[s.start : s.start+at]
	s.start += at
	return raw, nil
}

// skip steps over a value of any size.
func (s *Scanner) skip() error {
	w := walker{}
	for {
		n, ok := w.step(s.buf[s.start:s.end])
		s.start += n
		if ok {
			break
		}
		if err := s.more(); err != nil {
			return unexpected(err)
		}
	}
	if w.bad {
		return s.syntax("a bracket does not match, or a value is missing")
	}
	return nil
}

// walker finds the end of a value over as many pieces as it comes in.
type walker struct {
	stack   []byte
	deep    [32]byte
	text    bool // inside a string
	escaped bool // behind a backslash
	plain   bool // inside a number or a name, at the top
	bad     bool
}

func (w *walker) scalar() bool { return w.plain && len(w.stack) == 0 }

// step goes on through b and tells how many bytes belong to the value and whether it ended.
func (w *walker) step(b []byte) (int, bool) {
	if w.stack == nil {
		w.stack = w.deep[:0]
	}
	for i := 0; i < len(b); {
		if w.text {
			if w.escaped {
				w.escaped = false
				i++
				continue
			}
			for i < len(b) && b[i] != '"' && b[i] != '\\' { // strings are short here: faster than bytes.IndexByte
				i++
			}
			if i == len(b) {
				return i, false
			}
			if b[i] == '\\' {
				w.escaped = true
				i++
				continue
			}
			i++
			w.text = false
			if len(w.stack) == 0 {
				return i, true
			}
			continue
		}
		switch c := b[i]; c {
		case '"':
			if w.scalar() {
				return i, true
			}
			w.text = true
		case '{', '[':
			if w.scalar() {
				return i, true
			}
			w.stack = append(w.stack, c+2) // } and ] come two after { and [
		case '}', ']':
			if len(w.stack) == 0 {
				w.bad = !w.plain
				return i, true
			}
			if w.stack[len(w.stack)-1] != c {
				w.bad = true
				return i, true
			}
			w.stack = w.stack[:len(w.stack)-1]
			if len(w.stack) == 0 {
				return i + 1, true
			}
		case ',', ' ', '\t', '\r', '\n':
			if len(w.stack) == 0 {
				w.bad = !w.plain
				return i, true
			}
		default:
			w.plain = w.plain || len(w.stack) == 0
		}
		i++
	}
	return len(b), false
}
