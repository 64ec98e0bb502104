package jsonld

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"triplestore/rdf"
)

// A JSON value is one of nil, bool, Number, string, []any and *Object.

// Number is a JSON number as it was written.
type Number string

// Object is a JSON object that keeps the order of its members. It is not safe for concurrent changes.
type Object struct {
	keys  []string
	vals  []any
	index map[string]int // of large objects
}

const indexAbove = 12

// Len is the number of members.
func (o *Object) Len() int { return len(o.keys) }

// Get gives the value of a member.
func (o *Object) Get(key string) (any, bool) {
	if i := o.find(key); i >= 0 {
		return o.vals[i], true
	}
	return nil, false
}

func (o *Object) find(key string) int {
	if len(o.keys) > indexAbove {
		if o.index == nil {
			o.index = make(map[string]int, len(o.keys))
			for i, k := range o.keys {
				o.index[k] = i
			}
		}
		if i, ok := o.index[key]; ok {
			return i
		}
		return -1
	}
	for i, k := range o.keys {
		if k == key {
			return i
		}
	}
	return -1
}

func (o *Object) has(key string) bool { return o.find(key) >= 0 }

// Set adds or replaces a member.
func (o *Object) Set(key string, value any) {
	if i := o.find(key); i >= 0 {
		o.vals[i] = value
		return
	}
	o.append(key, value)
}

// append adds a member that is not there yet.
func (o *Object) append(key string, value any) {
	o.keys, o.vals = append(o.keys, key), append(o.vals, value)
	if o.index != nil {
		o.index[key] = len(o.keys) - 1
	}
}

// small is an object together with the room for a few members.
type small struct {
	Object
	k [4]string
	v [4]any
}

// newObject makes an object with room for n members.
func newObject(n int) *Object {
	if n > len(small{}.k) {
		return &Object{keys: make([]string, 0, n), vals: make([]any, 0, n)}
	}
	s := &small{}
	s.keys, s.vals = s.k[:0], s.v[:0]
	return &s.Object
}

func (o *Object) remove(key string) {
	i := o.find(key)
	if i < 0 {
		return
	}
	o.keys = append(o.keys[:i:i], o.keys[i+1:]...)
	o.vals = append(o.vals[:i:i], o.vals[i+1:]...)
	o.index = nil
}

// Keys lists the names of the members in order; the slice is read-only.
func (o *Object) Keys() []string { return o.keys }

func obj(pairs ...any) *Object {
	o := newObject(len(pairs) / 2)
	for i := 0; i < len(pairs); i += 2 {
		o.keys, o.vals = append(o.keys, pairs[i].(string)), append(o.vals, pairs[i+1])
	}
	return o
}

// decoder reads JSON (RFC 8259) out of a whole text.
type decoder struct {
	buf      []byte
	pos      int
	file     string
	line     int   // of buf[0], from 0
	column   int   // of buf[0], from 0, in characters
	offset   int64 // of buf[0]
	maxDepth int
}

func (d *decoder) fail(msg string) error {
	head := d.buf[:min(d.pos, len(d.buf))]
	e := &rdf.ParseError{File: d.file, Offset: d.offset + int64(d.pos), Msg: msg, Line: d.line + 1 + bytes.Count(head, []byte{'\n'})}
	newline := bytes.LastIndexByte(head, '\n')
	e.Column = 1 + utf8.RuneCount(head[newline+1:])
	if newline < 0 {
		e.Column += d.column
	}
	return e
}

func (d *decoder) space() {
	for d.pos < len(d.buf) {
		switch d.buf[d.pos] {
		case ' ', '\t', '\n', '\r':
			d.pos++
		default:
			return
		}
	}
}

// document reads one value and nothing after it.
func (d *decoder) document() (any, error) {
	if bytes.HasPrefix(d.buf, []byte("\ufeff")) {
		d.pos = 3
	}
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	if d.space(); d.pos < len(d.buf) {
		return nil, d.fail("text after the end of the JSON document")
	}
	return v, nil
}

func (d *decoder) value(depth int) (any, error) {
	d.space()
	if d.pos == len(d.buf) {
		return nil, d.fail("the document ends where a JSON value is expected")
	}
	if depth > d.maxDepth {
		return nil, d.fail("JSON is nested more than " + strconv.Itoa(d.maxDepth) + " deep")
	}
	switch c := d.buf[d.pos]; {
	case c == '{':
		return d.object(depth)
	case c == '[':
		d.pos++
		list := []any{}
		if d.space(); d.pos < len(d.buf) && d.buf[d.pos] == ']' {
			d.pos++
			return list, nil
		}
		for {
			v, err := d.value(depth + 1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
			done, err := d.separator(']', "expected , or ] in an array")
			if done || err != nil {
				return list, err
			}
		}
	case c == '"':
		return d.string()
	case c == '-' || '0' <= c && c <= '9':
		return d.number()
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if bytes.HasPrefix(d.buf[d.pos:], []byte(word)) {
			d.pos += len(word)
			switch word {
			case "true":
				return true, nil
			case "false":
				return false, nil
			}
			return nil, nil
		}
	}
	return nil, d.fail("expected a JSON value")
}

// separator reads a comma or the end of an array or object.
func (d *decoder) separator(end byte, msg string) (bool, error) {
	d.space()
	if d.pos < len(d.buf) {
		switch d.buf[d.pos] {
		case end:
			d.pos++
			return true, nil
		case ',':
			d.pos++
			return false, nil
		}
	}
	return false, d.fail(msg)
}

func (d *decoder) object(depth int) (any, error) {
	d.pos++
	o := newObject(0)
	if d.space(); d.pos < len(d.buf) && d.buf[d.pos] == '}' {
		d.pos++
		return o, nil
	}
	for {
		key, err := d.key()
		if err != nil {
			return nil, err
		}
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		o.Set(key, v) // as in other processors, the last of equal names wins
		done, err := d.separator('}', "expected , or } in an object")
		if done || err != nil {
			return o, err
		}
	}
}

func (d *decoder) key() (string, error) {
	d.space()
	if d.pos == len(d.buf) || d.buf[d.pos] != '"' {
		return "", d.fail("expected the name of a member in double quotes")
	}
	key, err := d.string()
	if err != nil {
		return "", err
	}
	if d.space(); d.pos == len(d.buf) || d.buf[d.pos] != ':' {
		return "", d.fail("expected : after the name of a member")
	}
	d.pos++
	return key, nil
}

func (d *decoder) string() (string, error) {
	start := d.pos + 1
	ascii := true
	for i := start; i < len(d.buf); i++ {
		switch c := d.buf[i]; {
		case c == '"':
			text := d.buf[start:i]
			if !ascii && !utf8.Valid(text) {
				return "", d.fail("the string holds bytes that are not UTF-8")
			}
			d.pos = i + 1
			return alias(text), nil
		case c == '\\':
			return d.escaped(start, i)
		case c < 0x20:
			d.pos = i
			return "", d.fail("a control character may not stand in a string; write it as an escape")
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	d.pos = len(d.buf)
	return "", d.fail("the document ends inside a string")
}

func (d *decoder) escaped(start, i int) (string, error) {
	out := append(make([]byte, 0, 2*(i-start)+32), d.buf[start:i]...)
	for i < len(d.buf) {
		c := d.buf[i]
		switch {
		case c == '"':
			if !utf8.Valid(out) {
				return "", d.fail("the string holds bytes that are not UTF-8")
			}
			d.pos = i + 1
			return alias(out), nil
		case c < 0x20:
			d.pos = i
			return "", d.fail("a control character may not stand in a string; write it as an escape")
		case c != '\\':
			out = append(out, c)
			i++
			continue
		}
		if i+1 >= len(d.buf) {
			break
		}
		const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
		if k := strings.IndexByte(from, d.buf[i+1]); k >= 0 {
			out = append(out, to[k])
			i += 2
			continue
		}
		r, ok := d.hex4(i)
		if !ok {
			d.pos = i
			return "", d.fail("unknown escape in a string")
		}
		i += 6
		if utf16.IsSurrogate(r) {
			if low, ok := d.hex4(i); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
				r = utf16.DecodeRune(r, low)
				i += 6
			} else {
				r = utf8.RuneError // a lone surrogate is no character of RDF
			}
		}
		out = utf8.AppendRune(out, r)
	}
	d.pos = len(d.buf)
	return "", d.fail("the document ends inside a string")
}

func (d *decoder) hex4(i int) (rune, bool) {
	if i+6 > len(d.buf) || d.buf[i] != '\\' || d.buf[i+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(d.buf[i+2:i+6]), 16, 16)
	return rune(n), err == nil && d.buf[i+2] != '+'
}

func (d *decoder) number() (any, error) {
	start := d.pos
	i := d.pos
	digits := func() bool {
		from := i
		for i < len(d.buf) && '0' <= d.buf[i] && d.buf[i] <= '9' {
			i++
		}
		return i > from
	}
	if d.buf[i] == '-' {
		i++
	}
	zero := i < len(d.buf) && d.buf[i] == '0'
	intStart := i
	ok := digits() && (!zero || i == intStart+1)
	if ok && i < len(d.buf) && d.buf[i] == '.' {
		i++
		ok = digits()
	}
	if ok && i < len(d.buf) && d.buf[i]|0x20 == 'e' {
		i++
		if i < len(d.buf) && (d.buf[i] == '+' || d.buf[i] == '-') {
			i++
		}
		ok = digits()
	}
	if !ok {
		return nil, d.fail("malformed number")
	}
	d.pos = i
	return Number(alias(d.buf[start:i])), nil
}
