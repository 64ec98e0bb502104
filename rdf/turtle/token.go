package turtle

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf8"

	"triplestore/rdf"
	"triplestore/rdf/iri"
)

// The functions that read a term return it with true; with Options.Lenient they return the zero Term and true for one that
// was read to its end but is wrong; and they return false when the statement cannot go on.

// scanIRI scans the IRIREF at pos and gives its length with the brackets. badAt is the offset of the first character that may
// not be there, or 0.
func (l *lexer) scanIRI() (n, badAt int, escaped, high, ok bool) {
	i, hi := 1, byte(0)
	if good := l.good[l.place]; len(good) > 0 {
		i += samePrefix(l.buf[l.pos+1:], good)
	}
	for {
		b := l.buf[l.pos:]
		for i < len(b) && class[b[i]]&classIRI != 0 {
			hi |= b[i]
			i++
		}
		if i >= len(b) {
			if !l.fill() {
				return 0, 0, false, false, l.fail("an IRI without its closing '>'")
			}
			continue
		}
		switch c := b[i]; {
		case c == '>':
			if l.eof && hi < utf8.RuneSelf && badAt == 0 && !escaped {
				l.good[l.place] = b[1:i]
			}
			return i + 1, badAt, escaped, hi >= utf8.RuneSelf, true
		case c == '\\':
			escaped = true
		case c == '\n' || c == '\r' || l.opts.Lenient == nil:
			return 0, 0, false, false, l.failAt(i, fmt.Sprintf("%q is not allowed in an IRI", rune(c)))
		case badAt == 0:
			badAt = i
		}
		i++
	}
}

// samePrefix is the number of bytes that a and b begin with in common, but for up to seven.
func samePrefix(a, b []byte) int {
	n := min(len(a), len(b)) &^ 7
	a, b = a[:n], b[:n]
	for i := 0; i < n; i += 8 {
		if x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	return n
}

// iriRef reads an IRIREF and resolves it against base. With absolute set it must not be relative.
func (l *lexer) iriRef(base iri.Base, absolute bool) (rdf.Term, bool) {
	n, badAt, escaped, high, ok := l.scanIRI()
	if !ok {
		return rdf.Term{}, false
	}
	raw := l.buf[l.pos+1 : l.pos+n-1]
	value := alias(raw)
	switch {
	case badAt > 0:
		return l.badTerm(n, badAt, fmt.Sprintf("%q is not allowed in an IRI", rune(l.buf[l.pos+badAt])))
	case high && !utf8.Valid(raw):
		return l.badTerm(n, 1+invalidAt(raw), "invalid UTF-8 in an IRI")
	case escaped:
		out, at, msg := unescape(l.arena.reserve(len(raw)), raw, true)
		if msg != "" {
			return l.badTerm(n, 1+at, msg)
		}
		value = l.arena.keep(out)
	}
	if !iri.IsAbsolute(value) {
		switch {
		case absolute:
			return l.badTerm(n, 0, "expected an absolute IRI, found <"+value+">")
		case base.IsZero():
			return l.badTerm(n, 0, "the relative IRI <"+value+"> has no base to be resolved against")
		}
		value = l.arena.keep(base.AppendResolve(l.arena.reserve(len(base.String())+len(value)+1), value))
	}
	l.pos += n
	return rdf.IRI(value), true
}

// badTerm reports a mistake at offset i of the token of n bytes at pos and steps over the token.
func (l *lexer) badTerm(n, i int, msg string) (rdf.Term, bool) {
	ok := l.bad(i, msg)
	l.pos += n
	return rdf.Term{}, ok
}

func invalidAt(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return 0
}

// unescape appends b with its escapes decoded: UCHAR, and ECHAR unless inIRI. It does not append more bytes than b has. Where
// an escape is wrong it gives its offset and a message.
func unescape(dst, b []byte, inIRI bool) (out []byte, at int, msg string) {
	for i := 0; i < len(b); {
		c := b[i]
		if c != '\\' {
			dst = append(dst, c)
			i++
			continue
		}
		if i+1 == len(b) {
			return dst, i, "a '\\' without a character to escape"
		}
		c = b[i+1]
		if c == 'u' || c == 'U' {
			r, n, msg := unescapeRune(b[i:])
			if msg != "" {
				return dst, i, msg
			}
			if inIRI && r < utf8.RuneSelf && class[r]&classIRI == 0 {
				return dst, i, fmt.Sprintf("%q is not allowed in an IRI, not even escaped", r)
			}
			dst = utf8.AppendRune(dst, r)
			i += n
			continue
		}
		e := byte(0)
		if !inIRI {
			e = stringEscape(c)
		}
		if e == 0 {
			return dst, i, fmt.Sprintf("%q is no escape here", b[i:i+1+runeLen(b[i+1:])])
		}
		dst = append(dst, e)
		i += 2
	}
	return dst, 0, ""
}

func runeLen(b []byte) int {
	_, n := utf8.DecodeRune(b)
	return n
}

func stringEscape(c byte) byte {
	switch c {
	case 't':
		return '\t'
	case 'b':
		return '\b'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 'f':
		return '\f'
	case '"', '\'', '\\':
		return c
	}
	return 0
}

// unescapeRune decodes \uXXXX or \UXXXXXXXX. Surrogates are no characters, not even in pairs.
func unescapeRune(b []byte) (r rune, n int, msg string) {
	n = 6
	if b[1] == 'U' {
		n = 10
	}
	if len(b) < n {
		return 0, 0, fmt.Sprintf("expected %d hexadecimal digits after \\%c", n-2, b[1])
	}
	v := uint32(0)
	for _, c := range b[2:n] {
		h := hexValue(c)
		if h < 0 {
			return 0, 0, fmt.Sprintf("expected %d hexadecimal digits after \\%c", n-2, b[1])
		}
		v = v<<4 | uint32(h)
	}
	if v > utf8.MaxRune || 0xD800 <= v && v <= 0xDFFF {
		return 0, 0, fmt.Sprintf("%s is no Unicode character", b[:n])
	}
	return rune(v), n, ""
}

// quoted reads a quoted string; long tells whether the triple quotes of Turtle mean something. A string with a mistake inside
// gives good == false.
func (l *lexer) quoted(long bool) (s string, good, ok bool) {
	q := l.buf[l.pos]
	var n, quotes int
	var escaped, high bool
	if long && l.peek(1) == q && l.peek(2) == q {
		quotes = 3
		n, escaped, high, ok = l.scanLong(q)
	} else {
		quotes = 1
		n, escaped, high, ok = l.scanShort(q)
	}
	if !ok {
		return "", false, false
	}
	raw := l.buf[l.pos+quotes : l.pos+n-quotes]
	if high && !utf8.Valid(raw) {
		_, ok := l.badTerm(n, quotes+invalidAt(raw), "invalid UTF-8 in a literal")
		return "", false, ok
	}
	s = alias(raw)
	if escaped {
		out, at, msg := unescape(l.arena.reserve(len(raw)), raw, false)
		if msg != "" {
			_, ok := l.badTerm(n, quotes+at, msg)
			return "", false, ok
		}
		s = l.arena.keep(out)
	}
	l.pos += n
	return s, true, true
}

func (l *lexer) scanShort(q byte) (n int, escaped, high, ok bool) {
	i, hi := 1, byte(0)
	if good := l.good[l.place]; len(good) > 0 {
		i += samePrefix(l.buf[l.pos+1:], good)
	}
	for {
		b := l.buf[l.pos:]
		for i < len(b) && class[b[i]]&classString != 0 {
			hi |= b[i]
			i++
		}
		if i >= len(b) || b[i] == '\\' && i+1 == len(b) {
			if !l.fill() {
				return 0, false, false, l.fail("a string without its closing quote")
			}
			continue
		}
		switch c := b[i]; c {
		case q:
			return i + 1, escaped, hi >= utf8.RuneSelf, true
		case '\n', '\r':
			return 0, false, false, l.fail("a string without its closing quote on the same line")
		case '\\':
			escaped = true
			if e := b[i+1]; e == '\\' || e == q {
				i++
			}
		}
		i++
	}
}

func (l *lexer) scanLong(q byte) (n int, escaped, high, ok bool) {
	i, hi := 3, byte(0)
	for {
		b := l.buf[l.pos:]
		for i < len(b) && b[i] != q && b[i] != '\\' {
			hi |= b[i]
			i++
		}
		if i+2 >= len(b) {
			// The last two bytes are looked at again with more behind them.
			if !l.fill() {
				return 0, false, false, l.fail("a string without its three closing quotes")
			}
			continue
		}
		if b[i] == '\\' {
			escaped = true
			i++
		} else if b[i+1] == q && b[i+2] == q {
			return i + 3, escaped, hi >= utf8.RuneSelf, true
		}
		i++
	}
}

// langCache keeps the tags that occur all the time, checked and in their conventional case.
type langCache [64]struct {
	raw, tag string
	dir      rdf.Direction
}

// langTag reads a LANG_DIR for the string s.
func (l *lexer) langTag(s string, good bool) (rdf.Term, bool) {
	n := 1
	for {
		b := l.buf[l.pos:]
		for n < len(b) && (isLetter(b[n]) || isDigit(b[n]) || b[n] == '-') {
			n++
		}
		if n < len(b) || !l.fill() {
			break
		}
	}
	if l.err != nil {
		return rdf.Term{}, false
	}
	raw := l.buf[l.pos+1 : l.pos+n]
	if n == 1 {
		return l.badTerm(n, n, "expected a language tag after '@'")
	}
	slot := &l.langs[(uint(n)*13+uint(raw[0])*5+uint(raw[n-2]))&63]
	if slot.raw != string(raw) {
		tag, dir, msg := parseLang(string(raw))
		if msg != "" {
			return l.badTerm(n, 1, msg)
		}
		slot.raw, slot.tag, slot.dir = string(raw), rdf.FormatLang(tag), dir
	}
	l.pos += n
	switch {
	case !good:
		return rdf.Term{}, true
	case slot.dir != rdf.NoDirection:
		return rdf.DirLangLiteral(s, slot.tag, slot.dir), true
	}
	return rdf.LangLiteral(s, slot.tag), true
}

func parseLang(raw string) (tag string, dir rdf.Direction, msg string) {
	start := 0
	for i := 0; i <= len(raw); i++ {
		if i < len(raw) && raw[i] != '-' {
			if start == 0 && isDigit(raw[i]) {
				return "", 0, fmt.Sprintf("the language tag %q does not start with letters", raw)
			}
			continue
		}
		switch n := i - start; {
		case n == 0 && start > 0 && i < len(raw):
			switch raw[i+1:] {
			case "ltr":
				return raw[:start-1], rdf.LeftToRight, ""
			case "rtl":
				return raw[:start-1], rdf.RightToLeft, ""
			}
			return "", 0, fmt.Sprintf("the base direction %q is neither \"ltr\" nor \"rtl\"", raw[i+1:])
		case n == 0:
			return "", 0, fmt.Sprintf("the language tag %q has an empty part", raw)
		case n > 8:
			// RFC 5646 section 2.1.
			return "", 0, fmt.Sprintf("the language tag %q has a part of more than 8 characters", raw)
		}
		start = i + 1
	}
	return raw, rdf.NoDirection, ""
}

// typed makes a literal with the datatype dt, which was read at the byte start of the input.
func (l *lexer) typed(s string, good bool, dt rdf.Term, start int64) (rdf.Term, bool) {
	if !good || dt.IsZero() {
		return rdf.Term{}, true
	}
	iri := dt.Value()
	if len(iri) > len(rdfNS) && iri[:len(rdfNS)] == rdfNS {
		if name := iri[len(rdfNS):]; name == "langString" || name == "dirLangString" {
			return rdf.Term{}, l.bad(int(start-l.offset()), "a literal of datatype rdf:"+name+" must have a language tag instead")
		}
	}
	return rdf.Literal(s, l.datatypes.of(unsafeBytes(iri))), true
}

// blankLabel scans the label of a blank node behind "_:" at pos and steps over it.
func (l *lexer) blankLabel() (label []byte, good, ok bool) {
	if l.peek(1) != ':' {
		return nil, false, l.expected("':' after '_'")
	}
	n, hi := 2, byte(0)
	for {
		b := l.buf[l.pos:]
		for n < len(b) && class[b[n]]&classLabel != 0 {
			hi |= b[n]
			n++
		}
		if n < len(b) || !l.fill() {
			break
		}
	}
	if l.err != nil {
		return nil, false, false
	}
	b := l.buf[l.pos:]
	for n > 2 && b[n-1] == '.' {
		n--
	}
	label = b[2:n]
	if n == 2 || class[b[2]]&classNameStart == 0 {
		return nil, false, l.failAt(2, "expected the label of a blank node after \"_:\"")
	}
	if hi >= utf8.RuneSelf {
		if i := checkRunes(label, true); i >= 0 {
			_, ok := l.badTerm(n, 2+i, "this character is not allowed in the label of a blank node")
			return nil, false, ok
		}
	}
	l.pos += n
	return label, true, true
}

// checkRunes checks the characters beyond ASCII of a name, the first by stricter rules, and gives the offset of a wrong one
// or -1.
func checkRunes(b []byte, first bool) int {
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 || !isNameRest(r) || first && i == 0 && !isNameBase(r) {
			return i
		}
		i += n
	}
	return -1
}
