package expr

import (
	"crypto/md5"
	crand "crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"triplestore/rdf"
	"triplestore/rdf/iri"
	"triplestore/rdf/xsd"
)

// builtin says how a function is called.
type builtin struct {
	low, high int
	impure    bool
	node      func(args []node) node
}

// The kinds of function. Those of a pure function of constants are folded.
func fn1(f func(*Context, Value) (Value, error)) builtin {
	return builtin{low: 1, high: 1, node: func(a []node) node { return fold(&call1{fn: f, a: a[0]}, a...) }}
}

func fn2(f func(*Context, Value, Value) (Value, error)) builtin {
	return builtin{low: 2, high: 2, node: func(a []node) node { return fold(&call2{fn: f, a: a[0], b: a[1]}, a...) }}
}

func fn3(f func(*Context, Value, Value, Value) (Value, error)) builtin {
	return builtin{low: 3, high: 3, node: func(a []node) node { return fold(&call3{fn: f, a: a[0], b: a[1], c: a[2]}, a...) }}
}

func is1(f func(Value) (bool, error)) builtin {
	return builtin{low: 1, high: 1, node: func(a []node) node { return fold(&test1{fn: f, a: a[0]}, a...) }}
}

func is2(f func(a, b Value) (bool, error)) builtin {
	return builtin{low: 2, high: 2, node: func(a []node) node { return fold(&test2{fn: f, a: a[0], b: a[1]}, a...) }}
}

func arithmetic(op arithOp) builtin {
	return builtin{low: 2, high: 2, node: func(a []node) node { return fold(&arithNode{op, a[0], a[1]}, a...) }}
}

// volatile functions are not folded, and not pure.
func volatile0(f func(*Context) (Value, error)) builtin {
	return builtin{impure: true, node: func([]node) node { return &call0{f} }}
}

var builtins map[string]builtin

func init() {
	builtins = map[string]builtin{
		"+": arithmetic(opAdd), "-": arithmetic(opSub), "*": arithmetic(opMul), "/": arithmetic(opDiv),
		"unary-": fn1(negate), "unary+": fn1(plus),

		"STR": fn1(str), "LANG": fn1(lang), "DATATYPE": fn1(datatype), "LANGDIR": fn1(langDir),
		"STRDT": fn2(strDT), "STRLANG": fn2(strLang), "STRLANGDIR": fn3(strLangDir),
		"sameTerm": is2(func(a, b Value) (bool, error) { return sameTerm(&a, &b), nil }), "sameValue": is2(sameValue),
		"equalKey": fn1(equalKey), "floatKey": fn1(floatKey), // of the optimizer alone
		"isIRI":       is1(func(v Value) (bool, error) { return v.kind == kIRI, nil }),
		"isBLANK":     is1(func(v Value) (bool, error) { return v.kind == kBlank, nil }),
		"isLITERAL":   is1(func(v Value) (bool, error) { return v.isLiteral(), nil }),
		"isNUMERIC":   is1(func(v Value) (bool, error) { return v.isNumeric(), nil }),
		"isTRIPLE":    is1(func(v Value) (bool, error) { return v.kind == kTriple, nil }),
		"hasLANG":     is1(func(v Value) (bool, error) { return v.kind == kLang, nil }),
		"hasLANGDIR":  is1(func(v Value) (bool, error) { return v.term.Direction() != rdf.NoDirection, nil }),
		"LANGMATCHES": is2(langMatches),
		"TRIPLE":      fn3(tripleOf),
		"SUBJECT":     fn1(part(func(t rdf.Triple) rdf.Term { return t.S })),
		"PREDICATE":   fn1(part(func(t rdf.Triple) rdf.Term { return t.P })),
		"OBJECT":      fn1(part(func(t rdf.Triple) rdf.Term { return t.O })),

		"STRLEN": fn1(strLen), "SUBSTR": {low: 2, high: 3, node: substrNode}, "UCASE": fn1(mapCase(upper)),
		"STRBEFORE": fn2(strBefore), "STRAFTER": fn2(strAfter), "ENCODE_FOR_URI": fn1(encodeForURI),
		"CONCAT": {low: 0, high: -1, node: func(a []node) node { return fold(&callN{concat, a}, a...) }},

		"ABS":   fn1(rounder(xsd.Decimal.Abs, math.Abs)),
		"ROUND": fn1(rounder(func(d xsd.Decimal) xsd.Decimal { return d.Round(xsd.HalfUp) }, xsd.RoundFloat)),
		"CEIL":  fn1(rounder(func(d xsd.Decimal) xsd.Decimal { return d.Round(xsd.Ceiling) }, math.Ceil)),
		"FLOOR": fn1(rounder(func(d xsd.Decimal) xsd.Decimal { return d.Round(xsd.Floor) }, math.Floor)),
		"RAND":  volatile0(func(*Context) (Value, error) { return Double(rand.Float64()), nil }),

		"NOW":  {node: func([]node) node { return &call0{now} }},
		"YEAR": fn1(field(func(f *xsd.Fields) int64 { return f.Year })), "MONTH": fn1(field(func(f *xsd.Fields) int64 { return int64(f.Month) })),
		"DAY": fn1(field(func(f *xsd.Fields) int64 { return int64(f.Day) })), "HOURS": fn1(field(func(f *xsd.Fields) int64 { return int64(f.Hour) })),
		"MINUTES": fn1(field(func(f *xsd.Fields) int64 { return int64(f.Minute) })), "SECONDS": fn1(seconds),
		"TIMEZONE": fn1(timezone), "TZ": fn1(tz),

		"MD5":    fn1(hash(func(b []byte) []byte { s := md5.Sum(b); return s[:] })),
		"SHA1":   fn1(hash(func(b []byte) []byte { s := sha1.Sum(b); return s[:] })),
		"SHA256": fn1(hash(func(b []byte) []byte { s := sha256.Sum256(b); return s[:] })),
		"SHA384": fn1(hash(func(b []byte) []byte { s := sha512.Sum384(b); return s[:] })),
		"SHA512": fn1(hash(func(b []byte) []byte { s := sha512.Sum512(b); return s[:] })),

		"UUID":    volatile0(func(*Context) (Value, error) { return IRI("urn:uuid:" + newUUID()), nil }),
		"STRUUID": volatile0(func(*Context) (Value, error) { return String(newUUID()), nil }),
		"BNODE": {high: 1, impure: true, node: func(a []node) node {
			if len(a) == 0 {
				return &call0{freshBlankNode}
			}
			return &call1{fn: labelledBlankNode, a: a[0]}
		}},
		"IRI": {low: 1, high: 1, node: func(a []node) node { return &call1{fn: makeIRI, a: a[0]} }},
	}
	maps.Copy(builtins, stringTests)
	builtins["URI"], builtins["isURI"] = builtins["IRI"], builtins["isIRI"]
	// Names in capitals, as the algebra has them, beside the spelling of the specification.
	for name, b := range builtins {
		builtins[strings.ToUpper(name)] = b
	}
	builtins["-unary"], builtins["+unary"] = builtins["unary-"], builtins["unary+"]
}

func str(_ *Context, v Value) (Value, error) {
	if !v.hasText() {
		return Value{}, ErrExpr
	}
	if v.kind == kString {
		return v, nil
	}
	return String(v.lexical()), nil
}

func lang(_ *Context, v Value) (Value, error) {
	if !v.isLiteral() {
		return Value{}, ErrExpr
	}
	return String(v.term.Lang()), nil
}

func langDir(_ *Context, v Value) (Value, error) {
	if !v.isLiteral() {
		return Value{}, ErrExpr
	}
	return String(v.term.Direction().String()), nil
}

func datatype(_ *Context, v Value) (Value, error) {
	switch {
	case !v.isLiteral():
		return Value{}, ErrExpr
	case v.term.IsZero():
		return IRI(v.sub.IRI()), nil
	}
	return IRI(v.term.Datatype()), nil
}

func strDT(_ *Context, s, dt Value) (Value, error) {
	if s.kind != kString || dt.kind != kIRI {
		return Value{}, ErrExpr
	}
	switch dt.term.Value() {
	case rdf.LangLiteral("", "x").Datatype(), rdf.DirLangLiteral("", "x", rdf.LeftToRight).Datatype():
		return Value{}, ErrExpr // such a literal needs a language
	}
	return FromTerm(rdf.Literal(s.term.Value(), dt.term.Value())), nil
}

func strLang(_ *Context, s, tag Value) (Value, error) {
	if s.kind != kString || tag.kind != kString || !rdf.ValidLang(tag.term.Value()) {
		return Value{}, ErrExpr
	}
	return FromTerm(rdf.LangLiteral(s.term.Value(), tag.term.Value())), nil
}

func strLangDir(_ *Context, s, tag, dir Value) (Value, error) {
	if s.kind != kString || tag.kind != kString || !rdf.ValidLang(tag.term.Value()) || dir.kind != kString {
		return Value{}, ErrExpr
	}
	d := rdf.LeftToRight
	switch dir.term.Value() {
	case "ltr":
	case "rtl":
		d = rdf.RightToLeft
	default:
		return Value{}, ErrExpr
	}
	return FromTerm(rdf.DirLangLiteral(s.term.Value(), tag.term.Value(), d)), nil
}

// sameValue is the function of SPARQL 1.2: the values of literals are compared, NaN is the same as NaN.
func sameValue(a, b Value) (bool, error) {
	if sameTerm(&a, &b) {
		return true, nil
	}
	if a.isNaN() && b.isNaN() {
		return true, nil
	}
	return equal(&a, &b)
}

func part(get func(rdf.Triple) rdf.Term) func(*Context, Value) (Value, error) {
	return func(_ *Context, v Value) (Value, error) {
		if v.kind != kTriple {
			return Value{}, ErrExpr
		}
		return FromTerm(get(v.term.Triple())), nil
	}
}

func now(c *Context) (Value, error) {
	if c.Now.IsZero() {
		c.Now = time.Now()
	}
	return DateTime(c.Now), nil
}

// field is YEAR, MONTH, …: of a dateTime as the specification says, and of what else has the field.
func field(get func(*xsd.Fields) int64) func(*Context, Value) (Value, error) {
	// A probe finds out which field it is, so that a date has no hours and a time no year.
	probe := get(&xsd.Fields{Year: 1, Month: 2, Day: 3, Hour: 4, Minute: 5})
	return func(_ *Context, v Value) (Value, error) {
		switch v.kind {
		case kDateTime:
		case kDate:
			if probe > 3 {
				return Value{}, ErrExpr
			}
		case kTime:
			if probe <= 3 {
				return Value{}, ErrExpr
			}
		case kYear:
			if probe != 1 {
				return Value{}, ErrExpr
			}
		case kYearMonth:
			if probe > 2 {
				return Value{}, ErrExpr
			}
		case kMonth:
			if probe != 2 {
				return Value{}, ErrExpr
			}
		case kMonthDay:
			if probe != 2 && probe != 3 {
				return Value{}, ErrExpr
			}
		case kDay:
			if probe != 3 {
				return Value{}, ErrExpr
			}
		default:
			return Value{}, ErrExpr
		}
		f := v.dateTime().Fields()
		return Integer(get(&f)), nil
	}
}

func seconds(_ *Context, v Value) (Value, error) {
	if v.kind != kDateTime && v.kind != kTime {
		return Value{}, ErrExpr
	}
	f := v.dateTime().Fields()
	if f.Rest != "" {
		if d, ok := xsd.ParseDecimal(fmt.Sprintf("%d.%09d%s", f.Second, f.Nanos, f.Rest)); ok {
			return Decimal(d), nil
		}
	}
	if f.Nanos == 0 {
		return Decimal(xsd.NewInteger(int64(f.Second))), nil
	}
	return Decimal(xsd.NewDecimal(int64(f.Second)*1_000_000_000+int64(f.Nanos), 9)), nil
}

func timezone(_ *Context, v Value) (Value, error) {
	if !v.isTemporal() || v.zone == xsd.NoZone {
		return Value{}, ErrExpr
	}
	return duration(xsd.DurationValue{Seconds: int64(v.zone) * 60}, xsd.DayTimeDuration), nil
}

func tz(_ *Context, v Value) (Value, error) {
	if !v.isTemporal() {
		return Value{}, ErrExpr
	}
	if s := xsd.Trim(v.term.Value()); v.zone == 0 && s != "" && !strings.HasSuffix(s, "Z") {
		return String(s[len(s)-6:]), nil // as it was written
	}
	return String(string(xsd.AppendZone(nil, v.zone))), nil
}

func hash(sum func([]byte) []byte) func(*Context, Value) (Value, error) {
	return func(_ *Context, v Value) (Value, error) {
		if v.kind != kString {
			return Value{}, ErrExpr
		}
		return String(hex.EncodeToString(sum([]byte(v.term.Value())))), nil
	}
}

func freshBlankNode(c *Context) (Value, error) {
	if c.BlankNode != nil {
		return FromTerm(c.BlankNode()), nil
	}
	c.blankSeq++
	return FromTerm(rdf.BlankNode("e" + strconv.FormatInt(c.blankSeq, 10))), nil
}

func labelledBlankNode(c *Context, label Value) (Value, error) {
	if label.kind != kString {
		return Value{}, ErrExpr
	}
	if t, ok := c.labels[label.term.Value()]; ok {
		return FromTerm(t), nil
	}
	v, err := freshBlankNode(c)
	if err == nil {
		if c.labels == nil {
			c.labels = map[string]rdf.Term{}
		}
		c.labels[label.term.Value()] = v.term
	}
	return v, err
}

// makeIRI resolves a string against the base; the result must be an absolute IRI.
func makeIRI(c *Context, v Value) (Value, error) {
	switch v.kind {
	case kIRI:
		return v, nil
	case kString:
	default:
		return Value{}, ErrExpr
	}
	s := v.term.Value()
	if iri.Check(s) == nil {
		return IRI(s), nil
	}
	if c.Base == "" {
		return Value{}, ErrExpr
	}
	s, err := iri.Resolve(c.Base, s)
	if err != nil || iri.Check(s) != nil {
		return Value{}, ErrExpr
	}
	return IRI(s), nil
}

// newUUID is a random UUID, version 4 of RFC 9562.
func newUUID() string {
	var u [16]byte
	_, _ = crand.Read(u[:]) // never fails
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	h := hex.EncodeToString(u[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
