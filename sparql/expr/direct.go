package expr

import (
	"cmp"
	"strings"
	"unicode/utf8"
	"unsafe"

	"triplestore/rdf"
	"triplestore/rdf/xsd"
	"triplestore/vocab"
)

// Direct evaluates a program of one variable from the variable's term. It makes no [Value] on the way, which for what looks at nothing but the
// text of a term is most of the work. It does not change and may be used by many goroutines at once.
//
// Of a program that is a condition it gives the effective boolean value, else the result.
type Direct struct {
	test  directTest // nil where the program is no condition
	text  directText // nil where the program gives no text
	count directCount
	float directFloat
}

// Outcome is what a condition came to.
type Outcome uint8

// The outcomes.
const (
	False Outcome = iota
	True
	Failed // an expression error
)

// directRow is what the parts of a Direct share for one term. Errors that end the query are kept here.
type directRow struct {
	c   *Context
	t   *rdf.Term
	err error
}

// A directText gives a text and what it is: kString, kLang (with the language of the variable's term), kIRI or kOther for a literal of another
// datatype; kNone stands for an expression error. A directCount is an integer and a directFloat a double, or an expression error.
type (
	directTest  func(r *directRow) Outcome
	directText  func(r *directRow) (string, kind)
	directCount func(r *directRow) (int64, bool)
	directFloat func(r *directRow) (float64, bool)
)

// rowOf shows a term to a Direct.
func (c *Context) rowOf(t *rdf.Term) *directRow {
	c.direct.c, c.direct.t, c.direct.err = c, t, nil
	return &c.direct
}

// Direct gives the program in that form, or nil if it reads more than one variable or does what that form does not know.
func (p *Program) Direct() *Direct {
	if len(p.slots) != 1 || !p.pure {
		return nil
	}
	d := &Direct{test: directTestOf(p.root)}
	if d.test == nil {
		switch p.root.(type) {
		case varNode, *constNode:
			return nil
		}
		d.count, d.text, d.float = directCountOf(p.root), directTextOf(p.root), directFloatOf(p.root)
		if d.count == nil && d.text == nil && d.float == nil {
			return nil
		}
	}
	return d
}

// IsTest, IsText, IsCount and IsFloat report what the program gives: a truth value, a string perhaps with a language, an integer, or an
// xsd:double.
func (d *Direct) IsTest() bool { return d.test != nil }

// IsText is described at IsTest.
func (d *Direct) IsText() bool { return d.text != nil }

// IsCount is described at IsTest.
func (d *Direct) IsCount() bool { return d.count != nil }

// IsFloat is described at IsTest.
func (d *Direct) IsFloat() bool { return d.float != nil }

// Test is the effective boolean value for a term; the zero term is an unbound variable. An error ends the query. The program must be a test.
func (d *Direct) Test(c *Context, t *rdf.Term) (Outcome, error) {
	r := c.rowOf(t)
	o := d.test(r)
	return o, r.err
}

// Count is the result for a term; ok is false for an expression error. The program must give an integer.
func (d *Direct) Count(c *Context, t *rdf.Term) (n int64, ok bool, err error) {
	r := c.rowOf(t)
	n, ok = d.count(r)
	return n, ok, r.err
}

// Float is the result for a term; ok is false for an expression error. The program must give a double.
func (d *Direct) Float(c *Context, t *rdf.Term) (f float64, ok bool, err error) {
	r := c.rowOf(t)
	f, ok = d.float(r)
	return f, ok, r.err
}

// Text is the result for a term: the zero term for an expression error. The program must give a text.
func (d *Direct) Text(c *Context, t *rdf.Term) (rdf.Term, error) {
	r := c.rowOf(t)
	switch s, k := d.text(r); {
	case r.err != nil || k == kNone:
		return rdf.Term{}, r.err
	case k == kLang:
		return likeLiteral(*t, s), nil
	default:
		return rdf.String(s), nil
	}
}

func truth(b bool) Outcome {
	if b {
		return True
	}
	return False
}

// directTestOf gives nil for what is no condition or cannot be evaluated so.
func directTestOf(n node) directTest {
	switch n := n.(type) {
	case *constNode:
		if n.v.kind != kBoolean {
			return nil
		}
		is := truth(n.v.n != 0)
		return func(*directRow) Outcome { return is }
	case boundNode:
		return func(r *directRow) Outcome { return truth(!r.t.IsZero()) }
	case *notNode:
		a := directTestOf(n.a)
		if a == nil {
			return nil
		}
		return func(r *directRow) Outcome {
			o := a(r)
			if o == Failed {
				return o
			}
			return True - o
		}
	case *andNode:
		return connected(n.a, n.b, False)
	case *orNode:
		return connected(n.a, n.b, True)
	case *compareNode:
		return directCompare(n)
	case *lowerTest:
		return directLowerTest(n)
	case *regexNode:
		return directRegex(n)
	case *test1:
		return directKind(n)
	case *test2:
		return directTest2(n)
	}
	return nil
}

// connected is && or ||, where the deciding outcome wins over an error.
func connected(x, y node, deciding Outcome) directTest {
	a, b := directTestOf(x), directTestOf(y)
	if a == nil || b == nil {
		return nil
	}
	return func(r *directRow) Outcome {
		o := a(r)
		if o == deciding || r.err != nil {
			return o
		}
		if p := b(r); p == deciding || o != Failed {
			return p
		}
		return Failed
	}
}

// directKind is a test of what a term is.
func directKind(n *test1) directTest {
	if _, ok := n.a.(varNode); !ok {
		return nil
	}
	var kinds [rdf.KindTriple + 1]bool
	switch n.name {
	case "ISIRI", "ISURI":
		kinds[rdf.KindIRI] = true
	case "ISBLANK":
		kinds[rdf.KindBlankNode] = true
	case "ISLITERAL":
		kinds[rdf.KindLiteral], kinds[rdf.KindLangLiteral] = true, true
	case "HASLANG":
		kinds[rdf.KindLangLiteral] = true
	default:
		return nil
	}
	return func(r *directRow) Outcome {
		if r.t.IsZero() {
			return Failed
		}
		return truth(kinds[r.t.Kind()])
	}
}

// plainString is a constant without a language.
func plainString(n node) (string, bool) {
	c, ok := n.(*constNode)
	if !ok || c.v.kind != kString {
		return "", false
	}
	return c.v.term.Value(), true
}

func isText(k kind) bool { return k == kString || k == kLang }

// directTest2 are the tests of two strings, of which the second is a constant.
func directTest2(n *test2) directTest {
	var f func(s, t string) bool
	switch n.name {
	case "CONTAINS":
		f = strings.Contains
	case "STRSTARTS":
		f = strings.HasPrefix
	case "STRENDS":
		f = strings.HasSuffix
	case "LANGMATCHES":
	default:
		return nil
	}
	a := directTextOf(n.a)
	want, ok := plainString(n.b)
	if a == nil || !ok {
		return nil
	}
	if f == nil {
		return func(r *directRow) Outcome {
			s, k := a(r)
			if k != kString {
				return Failed
			}
			return truth(langInRange(s, want))
		}
	}
	return func(r *directRow) Outcome {
		s, k := a(r)
		if !isText(k) {
			return Failed
		}
		return truth(f(s, want))
	}
}

func directLowerTest(n *lowerTest) directTest {
	a := directTextOf(n.a)
	want, ok := plainString(&constNode{n.b})
	if a == nil || !ok {
		return nil
	}
	f, limit := n.f, -1
	if n.prefix {
		limit = len(want)
	}
	return func(r *directRow) Outcome {
		s, k := a(r)
		if !isText(k) {
			return Failed
		}
		c := r.c
		c.scratch = appendLower(c.scratch[:0], s, limit)
		return truth(f(unsafe.String(unsafe.SliceData(c.scratch), len(c.scratch)), want)) // f keeps nothing
	}
}

func directRegex(n *regexNode) directTest {
	m := n.constant
	a := directTextOf(n.text)
	if a == nil || m == nil {
		return nil
	}
	return func(r *directRow) Outcome {
		s, k := a(r)
		if !isText(k) {
			return Failed
		}
		is, err := m.match(r.c.Ctx, s)
		if err != nil {
			if r.err = err; !fatal(err) {
				r.err = nil
			}
			return Failed
		}
		return truth(is)
	}
}

// directCompare compares two integers, or a text with another.
func directCompare(n *compareNode) directTest {
	op := n.op
	if a, b := directCountOf(n.a), directCountOf(n.b); a != nil && b != nil {
		return func(r *directRow) Outcome {
			x, ok := a(r)
			if !ok {
				return Failed
			}
			y, ok := b(r)
			if !ok {
				return Failed
			}
			return truth(op.holds(cmp.Compare(x, y)))
		}
	}
	a, b := directTextOf(n.a), directTextOf(n.b)
	if a == nil || b == nil {
		return nil
	}
	if op == OpEqual || op == OpNotEqual {
		return directEqual(n, a)
	}
	if _, is := n.a.(varNode); is && n.b == n.a {
		return nil // both may be numbers
	}
	return func(r *directRow) Outcome {
		x, k := a(r)
		y, l := b(r)
		if k != kString || l != kString {
			return Failed
		}
		return truth(op.holds(strings.Compare(x, y)))
	}
}

// directEqual is = and != with a plain string on the right. What is on the left must be computed: what a variable has may be of a datatype of
// which nobody knows whether it equals a string.
func directEqual(n *compareNode, a directText) directTest {
	want, ok := plainString(n.b)
	if _, is := n.a.(varNode); is || !ok {
		return nil
	}
	same, other := truth(n.op == OpEqual), truth(n.op != OpEqual)
	return func(r *directRow) Outcome {
		switch s, k := a(r); {
		case !isText(k):
			return Failed
		case k == kString && s == want:
			return same
		}
		return other
	}
}

func directCountOf(n node) directCount {
	switch n := n.(type) {
	case *constNode:
		if n.v.kind != kInteger || n.v.big != nil {
			return nil
		}
		k := n.v.n
		return func(*directRow) (int64, bool) { return k, true }
	case *call1:
		if n.name != "STRLEN" {
			return nil
		}
		a := directTextOf(n.a)
		if a == nil {
			return nil
		}
		return func(r *directRow) (int64, bool) {
			s, k := a(r)
			return int64(utf8.RuneCountInString(s)), isText(k)
		}
	}
	return nil
}

// directFloatOf is a cast of a string to xsd:double.
func directFloatOf(n node) directFloat {
	c, ok := n.(*castNode)
	if !ok || c.typ != xsd.Double {
		return nil
	}
	if _, is := c.a.(varNode); is { // it may have a number
		return nil
	}
	a := directTextOf(c.a)
	if a == nil {
		return nil
	}
	return func(r *directRow) (float64, bool) {
		s, k := a(r)
		if k != kString {
			return 0, false
		}
		return xsd.ParseDouble(xsd.Trim(s))
	}
}

// directTextOf gives nil for what is no text. Of a variable it may give kIRI and kOther, else only kString and kLang.
func directTextOf(n node) directText {
	switch n := n.(type) {
	case *constNode:
		if s, ok := plainString(n); ok {
			return func(*directRow) (string, kind) { return s, kString }
		}
	case varNode:
		return textOfTerm
	case *lowerNode:
		return mapped(n.a, lower)
	case *call1:
		switch n.name {
		case "STR":
			return directStr(n.a)
		case "LANG":
			if _, ok := n.a.(varNode); ok {
				return langOfTerm
			}
		case "UCASE":
			return mapped(n.a, upper)
		}
	case *call2:
		switch n.name {
		case "SUBSTR":
			return directSubstr(n.a, n.b, nil)
		case "STRBEFORE", "STRAFTER":
			return directCut(n)
		}
	case *call3:
		if n.name == "SUBSTR" {
			return directSubstr(n.a, n.b, n.c)
		}
	}
	return nil
}

func textOfTerm(r *directRow) (string, kind) {
	switch t := r.t; t.Kind() {
	case rdf.KindIRI:
		return t.Value(), kIRI
	case rdf.KindLangLiteral:
		return t.Value(), kLang
	case rdf.KindLiteral:
		if t.Datatype() == vocab.XSDString {
			return t.Value(), kString
		}
		return t.Value(), kOther
	}
	return "", kNone
}

func langOfTerm(r *directRow) (string, kind) {
	switch t := r.t; t.Kind() {
	case rdf.KindLangLiteral:
		return t.Lang(), kString
	case rdf.KindLiteral:
		return "", kString
	}
	return "", kNone
}

func directStr(n node) directText {
	a := directTextOf(n)
	if a == nil {
		return nil
	}
	return func(r *directRow) (string, kind) {
		s, k := a(r)
		if k != kNone {
			k = kString
		}
		return s, k
	}
}

func mapped(n node, f func(string) string) directText {
	a := directTextOf(n)
	if a == nil {
		return nil
	}
	return func(r *directRow) (string, kind) {
		s, k := a(r)
		if !isText(k) {
			return "", kNone
		}
		return f(s), k
	}
}

// directSubstr is SUBSTR with numbers that are constant; length may be nil.
func directSubstr(n, start, length node) directText {
	a := directTextOf(n)
	first, ok := start.(*constNode)
	if a == nil || !ok || !first.v.isNumeric() {
		return nil
	}
	from := xsd.RoundFloat(first.v.toFloat())
	end := endless
	if length != nil {
		l, ok := length.(*constNode)
		if !ok || !l.v.isNumeric() {
			return nil
		}
		end = from + xsd.RoundFloat(l.v.toFloat())
	}
	return func(r *directRow) (string, kind) {
		s, k := a(r)
		if !isText(k) {
			return "", kNone
		}
		return substring(s, from, end), k
	}
}

// directCut is STRBEFORE and STRAFTER.
func directCut(n *call2) directText {
	a := directTextOf(n.a)
	at, ok := plainString(n.b)
	if a == nil || !ok {
		return nil
	}
	before := n.name == "STRBEFORE"
	return func(r *directRow) (string, kind) {
		s, k := a(r)
		if !isText(k) {
			return "", kNone
		}
		switch i := strings.Index(s, at); {
		case i < 0:
			return "", kString
		case before:
			return s[:i], k
		default:
			return s[i+len(at):], k
		}
	}
}
