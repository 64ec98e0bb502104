package expr

import (
	"cmp"
	"math"
	"strings"

	"triplestore/rdf"
	"triplestore/rdf/xsd"
	"triplestore/vocab"
)

// Op is a comparison.
type Op uint8

// The comparisons.
const (
	OpEqual Op = iota
	OpNotEqual
	OpLess
	OpGreater
	OpLessEqual
	OpGreaterEqual
)

// ParseOp gives the comparison that is written as s.
func ParseOp(s string) (Op, bool) {
	switch s {
	case "=":
		return OpEqual, true
	case "!=":
		return OpNotEqual, true
	case "<":
		return OpLess, true
	case ">":
		return OpGreater, true
	case "<=":
		return OpLessEqual, true
	case ">=":
		return OpGreaterEqual, true
	}
	return 0, false
}

func (o Op) holds(c int) bool {
	switch o {
	case OpEqual:
		return c == 0
	case OpNotEqual:
		return c != 0
	case OpLess:
		return c < 0
	case OpGreater:
		return c > 0
	case OpLessEqual:
		return c <= 0
	}
	return c >= 0
}

// EBV is the effective boolean value as of SPARQL 1.2 (https://www.w3.org/TR/sparql12-query/#ebv): unlike in 1.1, a literal
// with a language and an ill-typed one have none.
func EBV(v Value) (bool, error) {
	switch v.kind {
	case kBoolean:
		return v.n != 0, nil
	case kString:
		return v.term.Value() != "", nil
	case kInteger, kDecimal:
		return v.n != 0 || v.big != nil, nil
	case kFloat, kDouble:
		f := v.float()
		return f != 0 && !math.IsNaN(f), nil
	}
	return false, ErrExpr
}

// Equal is the operator =.
func Equal(a, b Value) (bool, error) { return equal(&a, &b) }

// Compare is one of the comparisons; ErrExpr where it is not defined for the two values.
func Compare(op Op, a, b Value) (bool, error) { return compare(op, &a, &b) }

// CompareTexts is a comparison of STR(a) with STR(b); ok is false where one of these is an error.
func CompareTexts(op Op, a, b *Value) (is, ok bool) {
	if !a.hasText() || !b.hasText() {
		return false, false
	}
	var x, y string
	if x = a.term.Value(); a.term.IsZero() {
		x = a.lexical()
	}
	if y = b.term.Value(); b.term.IsZero() {
		y = b.lexical()
	}
	return op.holds(strings.Compare(x, y)), true
}

// hasText reports whether the function STR is defined for a value.
func (v *Value) hasText() bool { return v.kind != kBlank && v.kind != kTriple && v.kind != kNone }

// sameTerm is the function sameTerm.
func sameTerm(a, b *Value) bool {
	if a.term.IsZero() && b.term.IsZero() && a.kind == b.kind && a.sub == b.sub && a.big == nil && b.big == nil &&
		a.kind != kDecimal {
		return a.n == b.n && a.scale == b.scale && a.months == b.months && a.zone == b.zone || a.isNaN() && b.isNaN() // of which there are many patterns of bits
	}
	return a.Term() == b.Term()
}

func compare(op Op, a, b *Value) (bool, error) {
	if a.kind == kInteger && b.kind == kInteger && a.big == nil && b.big == nil {
		return op.holds(cmp.Compare(a.n, b.n)), nil
	}
	switch op {
	case OpEqual:
		return equal(a, b)
	case OpNotEqual:
		eq, err := equal(a, b)
		return !eq, err
	}
	switch {
	case a.isNumeric() && b.isNumeric():
		c, nan := compareNumbers(a, b)
		return !nan && op.holds(c), nil
	case a.kind == kString && b.kind == kString:
		return op.holds(strings.Compare(a.term.Value(), b.term.Value())), nil
	case a.kind == kBoolean && b.kind == kBoolean:
		return op.holds(cmp.Compare(a.n, b.n)), nil
	case a.isTemporal() && a.kind == b.kind:
		if c, ok := a.dateTime().Compare(b.dateTime()); ok {
			return op.holds(c), nil
		}
	case a.isDuration() && b.isDuration():
		if c, ok := a.duration().Compare(b.duration()); ok {
			return op.holds(c), nil
		}
	}
	return false, ErrExpr
}

// compareNumbers compares after promotion to the wider of the two types (https://www.w3.org/TR/xpath20/#promotion).
func compareNumbers(a, b *Value) (c int, nan bool) {
	if a.kind <= kDecimal && b.kind <= kDecimal {
		return a.decimal().Cmp(b.decimal()), false
	}
	var x, y float64
	if a.kind == kDouble || b.kind == kDouble {
		x, y = a.toFloat(), b.toFloat()
	} else {
		x, y = float64(float32(a.toFloat())), float64(float32(b.toFloat()))
	}
	switch {
	case x < y:
		return -1, false
	case x > y:
		return 1, false
	case x == y:
		return 0, false
	}
	return 0, true
}

func equal(a, b *Value) (bool, error) {
	switch {
	case a.kind == kNone || b.kind == kNone:
		return false, ErrExpr
	case a.isNumeric() && b.isNumeric():
		c, nan := compareNumbers(a, b)
		return !nan && c == 0, nil
	case a.kind == b.kind:
		switch {
		case a.kind == kBoolean:
			return a.n == b.n, nil
		case a.isTemporal():
			if c, ok := a.dateTime().Compare(b.dateTime()); ok {
				return c == 0, nil
			}
			return false, ErrExpr
		case a.isDuration():
			return a.duration() == b.duration(), nil
		case a.kind == kTriple:
			return equalTriples(a.term.Triple(), b.term.Triple())
		case a.term == b.term:
			return true, nil
		case a.kind >= kOther:
			// Two lexical forms may stand for one value of a datatype that we do not know.
			return false, ErrExpr
		}
		return false, nil
	case a.isDuration() && b.isDuration():
		return a.duration() == b.duration(), nil
	case a.kind == kLang || b.kind == kLang:
		return false, nil // the values of rdf:langString belong to no other datatype
	case a.isLiteral() && b.isLiteral() && (a.kind >= kOther || b.kind >= kOther):
		return false, ErrExpr
	}
	return false, nil
}

func equalTriples(s, t rdf.Triple) (bool, error) {
	var failed error
	for _, pair := range [...][2]rdf.Term{{s.S, t.S}, {s.P, t.P}, {s.O, t.O}} {
		a, b := FromTerm(pair[0]), FromTerm(pair[1])
		switch eq, err := equal(&a, &b); {
		case err != nil:
			failed = err
		case !eq:
			return false, nil
		}
	}
	return failed == nil, failed
}

// rank is the place of a value's class in Order.
func (v *Value) rank() int {
	switch {
	case v.kind <= kIRI:
		return int(v.kind)
	case v.kind == kTriple:
		return 100
	case v.kind == kString || v.kind == kLang:
		return 50
	case v.kind == kBoolean:
		return 10
	case v.isNumeric():
		return 11
	case v.isDuration():
		return 40
	case v.kind >= kOther:
		return 60
	}
	return 12 + int(v.kind)
}

// Order is the order of ORDER BY, made total (https://www.w3.org/TR/sparql12-query/#modOrderBy): unbound, blank nodes, IRIs,
// literals, triple terms. Among the literals: booleans, numbers by value (NaN first), dates and times by kind and then in
// time (without a zone as UTC), durations, strings by code point whatever their language, other literals by lexical form.
// It is 0 for values that are equal, even if their terms differ.
func Order(a, b Value) int { return order(&a, &b) }

// OrderOf is Order without copies.
func OrderOf(a, b *Value) int { return order(a, b) }

// Class is the same for values that are ordered by more than what kind of value they are; others are in the order of these numbers.
func (v *Value) Class() int { return v.rank() }

// TextPrefix gives the first eight bytes of a blank node's label, an IRI, a string or a string with a language as a number that is ordered as they
// are; ok is false for other values, and the same for all of a class. Two values of the same class are in the order of these numbers where the
// numbers differ.
func (v *Value) TextPrefix() (class int, prefix uint64, ok bool) {
	if v.kind != kBlank && v.kind != kIRI && v.kind != kString && v.kind != kLang {
		return 0, 0, false
	}
	return v.rank(), FirstBytes(v.term.Value()), true
}

// Text is the text that TextPrefix begins.
func (v *Value) Text() string { return v.term.Value() }

// TextPrefix is Value.TextPrefix of a term, without making a value of it. Two texts of different classes are in the order of these.
func TextPrefix(t rdf.Term) (class int, prefix uint64, ok bool) {
	v := Value{}
	switch t.Kind() {
	case rdf.KindBlankNode:
		v.kind = kBlank
	case rdf.KindIRI:
		v.kind = kIRI
	case rdf.KindLangLiteral:
		v.kind = kLang
	case rdf.KindLiteral:
		if t.Datatype() != vocab.XSDString {
			return 0, 0, false
		}
		v.kind = kString
	default:
		return 0, 0, false
	}
	return v.rank(), FirstBytes(t.Value()), true
}

// FirstBytes are the first eight bytes of a text, zeros where it is shorter, as a number that is ordered as they are.
func FirstBytes(s string) (n uint64) {
	if len(s) >= 8 {
		return uint64(s[7]) | uint64(s[6])<<8 | uint64(s[5])<<16 | uint64(s[4])<<24 | uint64(s[3])<<32 | uint64(s[2])<<40 | uint64(s[1])<<48 | uint64(s[0])<<56
	}
	for i := range len(s) {
		n |= uint64(s[i]) << (56 - 8*i)
	}
	return n
}

func order(a, b *Value) int {
	if a.kind == kInteger && b.kind == kInteger && a.big == nil && b.big == nil {
		return cmp.Compare(a.n, b.n)
	}
	ra, rb := a.rank(), b.rank()
	if ra != rb {
		return cmp.Compare(ra, rb)
	}
	switch {
	case a.kind == kNone:
		return 0
	case ra == 11:
		return orderNumbers(a, b)
	case a.kind == kBoolean:
		return cmp.Compare(a.n, b.n)
	case a.isTemporal():
		return a.dateTime().Order(b.dateTime())
	case a.isDuration():
		return a.duration().Order(b.duration())
	case a.kind == kTriple:
		x, y := a.term.Triple(), b.term.Triple()
		return cmp.Or(Order(FromTerm(x.S), FromTerm(y.S)), Order(FromTerm(x.P), FromTerm(y.P)), Order(FromTerm(x.O), FromTerm(y.O)))
	}
	if c := strings.Compare(a.term.Value(), b.term.Value()); c != 0 || ra <= int(kIRI) {
		return c
	}
	return cmp.Or(strings.Compare(a.term.Lang(), b.term.Lang()), cmp.Compare(a.term.Direction(), b.term.Direction()),
		strings.Compare(a.term.Datatype(), b.term.Datatype()))
}

// orderNumbers must be transitive, which comparison after promotion is not: among decimals with the same nearest double, that
// double counts as its shortest decimal form.
func orderNumbers(a, b *Value) int {
	af, bf := a.kind >= kFloat, b.kind >= kFloat
	switch {
	case !af && !bf:
		return a.decimal().Cmp(b.decimal())
	case af && bf:
		return cmp.Compare(a.float(), b.float()) // NaN comes first
	case af:
		return -orderNumbers(b, a)
	}
	f := b.float()
	switch {
	case math.IsNaN(f):
		return 1
	case math.IsInf(f, 0):
		return cmp.Compare(0, f)
	}
	if c := cmp.Compare(a.toFloat(), f); c != 0 {
		return c
	}
	d, ok := xsd.DecimalFromFloat(f)
	if !ok {
		return 0
	}
	return a.decimal().Cmp(d)
}
