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

// appendLower appends strings.ToLower of s to dst, up to about limit bytes where that is not negative.
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
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
		i += n
	}
	return dst
}

// lower is strings.ToLower; a string that is in lower case comes back as it is.
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
