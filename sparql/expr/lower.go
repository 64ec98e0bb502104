package expr

import (
	"strings"
	"unicode"
	"unicode/utf8"
	"unsafe"
)

// lowerBytes maps ASCII letters to lower case.
var lowerBytes = func() (t [utf8.RuneSelf]byte) {
	for c := range t {
		t[c] = byte(unicode.ToLower(rune(c)))
	}
	return t
}()

// appendLower appends s in lower case to dst, up to about limit bytes where that is not negative. That is the default conversion of Unicode, which
// F&O asks for: strings.ToLower but for "İ" and for the sigma that ends a word.
func appendLower(dst []byte, s string, limit int) []byte {
	for i := 0; i < len(s) && (limit < 0 || len(dst) < limit); {
		c := s[i]
		if c < utf8.RuneSelf {
			dst = append(dst, lowerBytes[c])
			i++
			continue
		}
		if c == 0xC3 && i+1 < len(s) && s[i+1]&0xC0 == 0x80 { // U+00C0 to U+00FF
			d := s[i+1]
			if d < 0x9F && d != 0x97 {
				d |= 0x20
			}
			dst = append(dst, c, d)
			i += 2
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == 'İ':
			dst = append(dst, "i\u0307"...)
		case r == 'Σ' && endsWord(s[:i], s[i+n:]):
			dst = append(dst, "ς"...)
		default:
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
		i += n
	}
	return dst
}

// endsWord is the condition Final_Sigma of Unicode for a letter between two texts.
func endsWord(before, after string) bool {
	for {
		r, n := utf8.DecodeLastRuneInString(before)
		if n == 0 {
			return false
		}
		if isCased(r) {
			break
		}
		if !isCaseIgnorable(r) {
			return false
		}
		before = before[:len(before)-n]
	}
	for _, r := range after {
		if isCased(r) {
			return false
		}
		if !isCaseIgnorable(r) {
			break
		}
	}
	return true
}

// isCased is the property Cased of Unicode.
func isCased(r rune) bool {
	return unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt, unicode.Other_Uppercase, unicode.Other_Lowercase)
}

// isCaseIgnorable is the property Case_Ignorable of Unicode; the characters named are those that break words in the middle alone.
func isCaseIgnorable(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk) ||
		strings.ContainsRune("'.:\u00b7\u0387\u055f\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a", r)
}

// lower is LCASE; a string that is in lower case comes back as it is.
func lower(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || c != lowerBytes[c] {
			return string(appendLower(make([]byte, 0, len(s)+8), s, -1))
		}
	}
	return s
}

// lowerTest is CONTAINS, STRSTARTS or STRENDS of LCASE(a) and a constant: it makes no string of its own.
type lowerTest struct {
	f      func(s, t string) bool
	prefix bool
	a      node
	b      Value
}

// newStringTest makes the node of a test of two strings.
func newStringTest(f func(s, t string) bool, prefix bool) func(args []node) node {
	test := stringTest(f)
	return func(args []node) node {
		if k, ok := args[1].(*constNode); ok {
			if l, ok := args[0].(*lowerNode); ok {
				return &lowerTest{f: f, prefix: prefix, a: l.a, b: k.v}
			}
		}
		return fold(&test2{fn: test, a: args[0], b: args[1]}, args...)
	}
}

func (n *lowerTest) eval(c *Context, r Row) (Value, error) {
	v, err := n.a.eval(c, r)
	if err != nil {
		return Value{}, err
	}
	if !v.isStringLit() || !compatible(&v, &n.b) {
		return Value{}, ErrExpr
	}
	limit, want := -1, n.b.term.Value()
	if n.prefix {
		limit = len(want)
	}
	c.scratch = appendLower(c.scratch[:0], v.term.Value(), limit)
	return Boolean(n.f(unsafe.String(unsafe.SliceData(c.scratch), len(c.scratch)), want)), nil // f keeps nothing
}

// lowerNode is LCASE.
type lowerNode struct{ a node }

func (n *lowerNode) eval(c *Context, r Row) (Value, error) {
	v, err := n.a.eval(c, r)
	if err != nil {
		return Value{}, err
	}
	if !v.isStringLit() {
		return Value{}, ErrExpr
	}
	s := v.term.Value()
	if low := lower(s); low != s {
		return withString(&v, low), nil
	}
	return v, nil
}

var stringTests = map[string]builtin{
	"LCASE":     {low: 1, high: 1, node: func(a []node) node { return fold(&lowerNode{a[0]}, a...) }},
	"STRSTARTS": {low: 2, high: 2, node: newStringTest(strings.HasPrefix, true)},
	"STRENDS":   {low: 2, high: 2, node: newStringTest(strings.HasSuffix, false)},
	"CONTAINS":  {low: 2, high: 2, node: newStringTest(strings.Contains, false)},
}
