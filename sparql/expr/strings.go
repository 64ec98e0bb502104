package expr

import (
	"math"
	"strings"
	"unicode/utf8"

	"triplestore/rdf"
	"triplestore/rdf/xsd"
)

// withString is s with the language and direction of v.
func withString(v *Value, s string) Value {
	if v.kind == kLang {
		return Value{kind: kLang, term: likeLiteral(v.term, s)}
	}
	return String(s)
}

func likeLiteral(t rdf.Term, s string) rdf.Term {
	if t.Direction() != rdf.NoDirection {
		return rdf.DirLangLiteral(s, t.Lang(), t.Direction())
	}
	return rdf.LangLiteral(s, t.Lang())
}

// compatible reports whether a and b may be the arguments of CONTAINS and the like
// (https://www.w3.org/TR/sparql12-query/#func-arg-compatibility).
func compatible(a, b *Value) bool {
	if b.kind == kString {
		return a.isStringLit()
	}
	return a.kind == kLang && b.kind == kLang && a.term.Lang() == b.term.Lang() && a.term.Direction() == b.term.Direction()
}

func stringTest(f func(s, t string) bool) func(a, b Value) (bool, error) {
	return func(a, b Value) (bool, error) {
		if !compatible(&a, &b) {
			return false, ErrExpr
		}
		return f(a.term.Value(), b.term.Value()), nil
	}
}

func strLen(_ *Context, v Value) (Value, error) {
	if !v.isStringLit() {
		return Value{}, ErrExpr
	}
	return Integer(int64(utf8.RuneCountInString(v.term.Value()))), nil
}

func mapCase(f func(string) string) func(*Context, Value) (Value, error) {
	return func(_ *Context, v Value) (Value, error) {
		if !v.isStringLit() {
			return Value{}, ErrExpr
		}
		return withString(&v, f(v.term.Value())), nil
	}
}

func strBefore(_ *Context, a, b Value) (Value, error) {
	if !compatible(&a, &b) {
		return Value{}, ErrExpr
	}
	i := strings.Index(a.term.Value(), b.term.Value())
	if i < 0 {
		return String(""), nil
	}
	return withString(&a, a.term.Value()[:i]), nil
}

func strAfter(_ *Context, a, b Value) (Value, error) {
	if !compatible(&a, &b) {
		return Value{}, ErrExpr
	}
	i := strings.Index(a.term.Value(), b.term.Value())
	if i < 0 {
		return String(""), nil
	}
	return withString(&a, a.term.Value()[i+len(b.term.Value()):]), nil
}

// encodeForURI escapes all but the unreserved characters of RFC 3986.
func encodeForURI(_ *Context, v Value) (Value, error) {
	if !v.isStringLit() {
		return Value{}, ErrExpr
	}
	s := v.term.Value()
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return String(b.String()), nil
}

// concat keeps the language where all arguments have the same.
func concat(_ *Context, args []Value) (Value, error) {
	total := 0
	for i := range args {
		if !args[i].isStringLit() {
			return Value{}, ErrExpr
		}
		total += len(args[i].term.Value())
	}
	if total > MaxString {
		return Value{}, ErrString
	}
	var b strings.Builder
	b.Grow(total)
	same := len(args) > 0
	for i := range args {
		b.WriteString(args[i].term.Value())
		same = same && args[i].kind == kLang && args[i].term.Lang() == args[0].term.Lang() && args[i].term.Direction() == args[0].term.Direction()
	}
	if same {
		return withString(&args[0], b.String()), nil
	}
	return String(b.String()), nil
}

func substrNode(a []node) node {
	if len(a) == 2 {
		return fold(&call2{fn: func(c *Context, s, start Value) (Value, error) { return substr(&s, &start, nil) }, a: a[0], b: a[1]}, a...)
	}
	return fold(&call3{fn: func(c *Context, s, start, length Value) (Value, error) { return substr(&s, &start, &length) }, a: a[0], b: a[1], c: a[2]}, a...)
}

// endless is the end of a substring without a length.
var endless = math.Inf(1)

// substr is fn:substring: the characters at positions p, counted from 1, for which round(start) <= p and
// p < round(start) + round(length).
func substr(s, start, length *Value) (Value, error) {
	if !s.isStringLit() || !start.isNumeric() || length != nil && !length.isNumeric() {
		return Value{}, ErrExpr
	}
	first := xsd.RoundFloat(start.toFloat())
	end := endless
	if length != nil {
		end = first + xsd.RoundFloat(length.toFloat())
	}
	return withString(s, substring(s.term.Value(), first, end)), nil
}

// substring are the characters from the one with the number first on and before the one with the number end; the first is number 1.
func substring(text string, first, end float64) string {
	if math.IsNaN(first) || math.IsNaN(end) || end <= 1 || first >= end {
		return ""
	}
	from, to := len(text), len(text)
	p := 1.0
	started := false
	for i := range text {
		if !started && p >= first {
			from, started = i, true
		}
		if p >= end {
			to = i
			break
		}
		p++
	}
	if from > to {
		from = to
	}
	return text[from:to]
}

// langMatches is basic filtering of RFC 4647 section 3.3.1; "*" matches any tag that is there.
func langMatches(tag, rng Value) (bool, error) {
	if tag.kind != kString || rng.kind != kString {
		return false, ErrExpr
	}
	return langInRange(tag.term.Value(), rng.term.Value()), nil
}

func langInRange(t, r string) bool {
	if r == "*" {
		return t != ""
	}
	if len(t) < len(r) || !strings.EqualFold(t[:len(r)], r) {
		return false
	}
	return len(t) == len(r) || r != "" && t[len(r)] == '-'
}

// upperSpecial are the letters whose upper case is longer than one (SpecialCasing.txt of Unicode), each before it, as they are after
// strings.ToUpper, which gives the Greek ones with an iota below their title case.
var upperSpecial = func() *strings.Replacer {
	var pairs []string
	for _, w := range strings.Fields("" +
		"ßSS ŉʼN ǰJ̌ ΐΪ́ ΰΫ́ ևԵՒ ẖH̱ ẗT̈ ẘW̊ ẙY̊ ẚAʾ ὐΥ̓ ὒΥ̓̀ ὔΥ̓́ ὖΥ̓͂ ᾈἈΙ ᾉἉΙ ᾊἊΙ ᾋἋΙ ᾌἌΙ ᾍἍΙ ᾎἎΙ ᾏἏΙ ᾘἨΙ " +
		"ᾙἩΙ ᾚἪΙ ᾛἫΙ ᾜἬΙ ᾝἭΙ ᾞἮΙ ᾟἯΙ ᾨὨΙ ᾩὩΙ ᾪὪΙ ᾫὫΙ ᾬὬΙ ᾭὭΙ ᾮὮΙ ᾯὯΙ ᾲᾺΙ ᾴΆΙ ᾶΑ͂ ᾷΑ͂Ι ᾼΑΙ ῂῊΙ ῄΉΙ ῆΗ͂ ῇΗ͂Ι " +
		"ῌΗΙ ῒΪ̀ ΐΪ́ ῖΙ͂ ῗΪ͂ ῢΫ̀ ΰΫ́ ῤΡ̓ ῦΥ͂ ῧΫ͂ ῲῺΙ ῴΏΙ ῶΩ͂ ῷΩ͂Ι ῼΩΙ ﬀFF ﬁFI ﬂFL ﬃFFI ﬄFFL ﬅST ﬆST ﬓՄՆ " +
		"ﬔՄԵ ﬕՄԻ ﬖՎՆ ﬗՄԽ") {
		_, n := utf8.DecodeRuneInString(w)
		pairs = append(pairs, w[:n], w[n:])
	}
	return strings.NewReplacer(pairs...)
}()

func upper(s string) string {
	s = strings.ToUpper(s)
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return upperSpecial.Replace(s)
		}
	}
	return s
}
