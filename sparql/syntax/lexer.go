package syntax

import (
	"strings"
	"unicode/utf8"

	"triplestore/rdf"
)

type tokenKind uint8

const (
	tokEOF tokenKind = iota
	tokPunct
	tokWord   // a keyword or the name of a function; text is as written
	tokIRI    // value is what stands between < and >, escapes resolved
	tokPName  // value is the whole prefixed name, escapes not resolved
	tokBlank  // value is the label
	tokVar    // value is the name
	tokString // value is the content, escapes resolved
	tokLang   // value is the tag, with the direction
	tokNumber // text is the number with its sign
)

// token is a piece of the text. kw is the upper-case form of a word.
type token struct {
	Span
	kind  tokenKind
	value string
	kw    string
	long  bool // a string in three quotes
}

type lexer struct {
	text string
	pos  int
	// noColon is the end of a run of name characters that no colon follows, so that it is not scanned again.
	noColon int
	fail    func(start, end int, msg string)
}

func (l *lexer) skip() {
	for l.pos < len(l.text) {
		switch l.text[l.pos] {
		case ' ', '\t', '\n', '\r':
			l.pos++
		case '#':
			for l.pos < len(l.text) && l.text[l.pos] != '\n' && l.text[l.pos] != '\r' {
				l.pos++
			}
		default:
			return
		}
	}
}

// puncts are the tokens of more than one character, the longest first.
var puncts = map[byte][]string{
	'<': {"<<(", "<<", "<="}, '>': {">>", ">="}, ')': {")>>"}, '{': {"{|"}, '|': {"||", "|}"}, '&': {"&&"}, '!': {"!="}, '^': {"^^"},
}

const singles = "{}()[].,;*/+-=<>!|^~?&"

// next reads a token. The words of a token that is a prefixed name, a variable and so on are as long as they can be.
func (l *lexer) next() token {
	l.skip()
	start := l.pos
	if start >= len(l.text) {
		return token{Span: Span{start, start}}
	}
	c := l.text[start]
	switch {
	case c == '<':
		if t, ok := l.iri(); ok {
			return t
		}
	case c == '?' || c == '$':
		end := scanVarName(l.text, start+1)
		if end > start+1 {
			return l.take(tokVar, end, l.text[start+1:end])
		}
	case c == '"' || c == '\'':
		return l.str(c)
	case c == '@':
		return l.lang()
	case c == '_' && strings.HasPrefix(l.text[start:], "_:"):
		return l.blank()
	case isDigit(c) || (c == '.' || c == '+' || c == '-') && start+1 < len(l.text):
		if t, ok := l.number(); ok {
			return t
		}
	case c == ':' || isLetter(c) || c >= utf8.RuneSelf:
		return l.name()
	}
	for _, p := range puncts[c] {
		if strings.HasPrefix(l.text[start:], p) {
			return l.take(tokPunct, start+len(p), p)
		}
	}
	if strings.IndexByte(singles, c) >= 0 {
		return l.take(tokPunct, start+1, l.text[start:start+1])
	}
	l.unexpected(start)
	return token{}
}

func (l *lexer) unexpected(at int) {
	r, w := utf8.DecodeRuneInString(l.text[at:])
	switch {
	case r == utf8.RuneError && w <= 1:
		l.fail(at, at+1, "the text is not valid UTF-8 here")
	case r == '\\':
		l.fail(at, at+w, `a backslash is only allowed in IRIs, strings and local names of prefixed names`)
	case r == '“' || r == '”' || r == '‘' || r == '’' || r == '«' || r == '»':
		l.fail(at, at+w, "unexpected quotation mark "+string(r)+"; strings are written with \" or '")
	default:
		l.fail(at, at+w, "unexpected character "+quoteRune(r))
	}
}

func quoteRune(r rune) string {
	if r < ' ' || r == 0x7f || r == 0xA0 || 0x2000 <= r && r <= 0x200F || r == 0xFEFF {
		return "U+" + strings.ToUpper(hex4(r))
	}
	return "'" + string(r) + "'"
}

func hex4(r rune) string {
	const digits = "0123456789abcdef"
	b := []byte{digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15]}
	return string(b)
}

func (l *lexer) take(k tokenKind, end int, value string) token {
	t := token{Span: Span{l.pos, end}, kind: k, value: value}
	l.pos = end
	return t
}

// iri reads an IRIREF; ok is false where the < is an operator.
func (l *lexer) iri() (token, bool) {
	i := l.pos + 1
	escaped := false
	for ; i < len(l.text); i++ {
		switch c := l.text[i]; {
		case c == '>':
			value := l.text[l.pos+1 : i]
			if escaped {
				value = l.unescape(value, l.pos+1, true)
			}
			if !utf8.ValidString(value) {
				l.fail(l.pos, i+1, "the text is not valid UTF-8 here")
			}
			return l.take(tokIRI, i+1, value), true
		case c == '\\':
			if i+1 >= len(l.text) || l.text[i+1] != 'u' && l.text[i+1] != 'U' {
				return token{}, false
			}
			escaped = true
		case !iriByte(c):
			return token{}, false
		}
	}
	return token{}, false
}

func iriByte(c byte) bool {
	return c > ' ' && c != '<' && c != '>' && c != '"' && c != '{' && c != '}' && c != '|' && c != '^' && c != '`' && c != '\\'
}

func (l *lexer) str(q byte) token {
	start := l.pos
	long := strings.HasPrefix(l.text[start:], string([]byte{q, q, q}))
	i := start + 1
	if long {
		i = start + 3
	}
	from := i
	escaped := false
	for i < len(l.text) {
		c := l.text[i]
		switch {
		case c == '\\':
			escaped = true
			i++
		case !long && (c == '\n' || c == '\r'):
			l.fail(start, i, "the string has no closing "+string(q)+" on its line; strings of several lines are written in three quotes")
		case c == q && (!long || strings.HasPrefix(l.text[i:], string([]byte{q, q, q}))):
			value := l.text[from:i]
			if escaped {
				value = l.unescape(value, from, false)
			}
			if !utf8.ValidString(value) {
				l.fail(start, i+1, "the string is not valid UTF-8")
			}
			end := i + 1
			if long {
				end = i + 3
			}
			t := l.take(tokString, end, value)
			t.long = long
			return t
		}
		i++
	}
	l.fail(start, min(start+1, len(l.text)), "the string that starts here has no end")
	return token{}
}

// unescape resolves the escapes of a string or an IRI that starts at byte at of the text. The codepoint escapes are resolved
// in the same pass as the others (https://www.w3.org/TR/sparql12-query/#codepointEscape).
func (l *lexer) unescape(s string, at int, inIRI bool) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		j := strings.IndexByte(s[i:], '\\')
		if j < 0 {
			b.WriteString(s[i:])
			break
		}
		b.WriteString(s[i : i+j])
		i += j
		if i+1 >= len(s) {
			l.fail(at+i, at+i+1, "incomplete escape")
		}
		n := 0
		switch c := s[i+1]; c {
		case 'u':
			n = 4
		case 'U':
			n = 8
		default:
			const from, to = `tbnrf"'\`, "\t\b\n\r\f\"'\\"
			k := strings.IndexByte(from, c)
			if k < 0 || inIRI {
				_, w := utf8.DecodeRuneInString(s[i+1:])
				l.fail(at+i, at+i+1+w, "unknown escape "+s[i:i+1+w]+`; \ itself is written \\`)
			}
			b.WriteByte(to[k])
			i += 2
			continue
		}
		r, ok := hexRune(s[i+2:], n)
		end := min(len(s), i+2+n)
		switch {
		case !ok:
			l.fail(at+i, at+end, "the escape needs "+string(rune('0'+n))+" hexadecimal digits")
		case r > utf8.MaxRune:
			l.fail(at+i, at+end, "the escape is beyond U+10FFFF")
		case 0xD800 <= r && r <= 0xDFFF:
			l.fail(at+i, at+end, "the escape stands for a surrogate, which is no character; write the character itself or \\U and 8 digits")
		case inIRI && r < utf8.RuneSelf && !iriByte(byte(r)):
			l.fail(at+i, at+end, "the escape stands for a character that IRIs may not contain")
		}
		b.WriteRune(rune(r))
		i = end
	}
	return b.String()
}

func hexRune(s string, n int) (uint32, bool) {
	if len(s) < n {
		return 0, false
	}
	var r uint32
	for i := range n {
		d, ok := hexDigit(s[i])
		if !ok {
			return 0, false
		}
		r = r<<4 | uint32(d)
	}
	return r, true
}

// lang reads LANG_DIR.
func (l *lexer) lang() token {
	i := l.pos + 1
	for i < len(l.text) && isLetter(l.text[i]) {
		i++
	}
	if i == l.pos+1 {
		l.fail(l.pos, l.pos+1, "expected a language tag after '@'")
	}
	for i+1 < len(l.text) && l.text[i] == '-' && (isLetter(l.text[i+1]) || isDigit(l.text[i+1])) {
		i++
		for i < len(l.text) && (isLetter(l.text[i]) || isDigit(l.text[i])) {
			i++
		}
	}
	if tag := l.text[l.pos+1 : i]; !rdf.ValidLang(tag) { // the grammar lets such parts through
		l.fail(l.pos, i, "a part of the language tag has more than 8 characters")
	}
	if strings.HasPrefix(l.text[i:], "--") {
		j := i + 2
		for j < len(l.text) && isLetter(l.text[j]) {
			j++
		}
		if d := l.text[i+2 : j]; d != "ltr" && d != "rtl" {
			l.fail(i, j, "expected the base direction --ltr or --rtl")
		}
		i = j
	}
	return l.take(tokLang, i, l.text[l.pos+1:i])
}

func (l *lexer) blank() token {
	from := l.pos + 2
	r, w := decode(l.text, from)
	if !isPNCharU(r) && !(r >= '0' && r <= '9') {
		l.fail(l.pos, from, "expected a label after '_:'")
	}
	end := from + w
	for i := end; i < len(l.text); {
		r, w := decode(l.text, i)
		if r != '.' && !isPNChar(r) {
			break
		}
		i += w
		if r != '.' {
			end = i
		}
	}
	return l.take(tokBlank, end, l.text[from:end])
}

// number reads an INTEGER, DECIMAL or DOUBLE with its sign.
func (l *lexer) number() (token, bool) {
	i := l.pos
	if c := l.text[i]; c == '+' || c == '-' {
		i++
	}
	digits := func() int {
		from := i
		for i < len(l.text) && isDigit(l.text[i]) {
			i++
		}
		return i - from
	}
	whole := digits()
	fraction := false
	if i+1 < len(l.text) && l.text[i] == '.' && isDigit(l.text[i+1]) {
		i++
		digits()
		fraction = true
	}
	if whole == 0 && !fraction {
		return token{}, false
	}
	// "1.e5" is a DOUBLE; "1." is an INTEGER and the end of a triple.
	end := i
	j := i
	if !fraction && j < len(l.text) && l.text[j] == '.' {
		j++
	}
	if j < len(l.text) && l.text[j]|0x20 == 'e' {
		j++
		if j < len(l.text) && (l.text[j] == '+' || l.text[j] == '-') {
			j++
		}
		if i = j; digits() > 0 {
			end = i
		}
	}
	return l.take(tokNumber, end, l.text[l.pos:end]), true
}

// name reads a prefixed name or a word.
func (l *lexer) name() token {
	start := l.pos
	colon := start
	if l.text[start] != ':' {
		colon = -1
		if r, _ := decode(l.text, start); !isPNCharBase(r) {
			l.unexpected(start)
		}
		if start >= l.noColon {
			i, dot := start, false
			for i < len(l.text) {
				r, w := decode(l.text, i)
				if r != '.' && !isPNChar(r) {
					break
				}
				dot = r == '.'
				i += w
			}
			if i < len(l.text) && l.text[i] == ':' && !dot {
				colon = i
			} else {
				l.noColon = i
			}
		}
	}
	if colon >= 0 {
		end := l.local(colon + 1)
		return l.take(tokPName, end, l.text[start:end])
	}
	end := start
	for end < len(l.text) && (isLetter(l.text[end]) || isDigit(l.text[end]) || l.text[end] == '_') {
		end++
	}
	if end == start {
		l.unexpected(start)
	}
	t := l.take(tokWord, end, l.text[start:end])
	t.kw = strings.ToUpper(t.value)
	return t
}

// local finds the end of a PN_LOCAL.
func (l *lexer) local(from int) int {
	end := from
	for i := from; i < len(l.text); {
		r, w := decode(l.text, i)
		switch {
		case r == '%':
			if i+2 >= len(l.text) || !isHex(l.text[i+1]) || !isHex(l.text[i+2]) {
				l.fail(i, i+1, "expected two hexadecimal digits after '%' in a prefixed name")
			}
			w = 3
		case r == '\\':
			if i+1 >= len(l.text) || strings.IndexByte(localEscapes, l.text[i+1]) < 0 {
				l.fail(i, i+1, `only one of `+localEscapes+` may follow a backslash in a prefixed name`)
			}
			w = 2
		case r == '.':
			if i == from {
				return end
			}
			i += w
			continue
		case r == ':' || isPNCharU(r) || r >= '0' && r <= '9':
		case i == from || !isPNChar(r):
			return end
		}
		i += w
		end = i
	}
	return end
}
