package expr

import (
	"math"
	"math/big"
	"time"
	"unsafe"

	"triplestore/rdf"
	"triplestore/rdf/xsd"
	"triplestore/vocab"
)

// kind is the class of a value as operators see it.
type kind uint8

const (
	kNone kind = iota
	kBlank
	kIRI
	kTriple
	kString
	kLang
	kBoolean // n is 0 or 1
	kInteger // n or big; sub is the datatype
	kDecimal // n or big, scale
	kFloat   // n holds the bits of a float64
	kDouble  // n holds the bits
	kDateTime
	kDate
	kTime
	kYear
	kYearMonth
	kMonth
	kDay
	kMonthDay
	kDuration // n seconds, months, scale nanoseconds
	kYearMonthDuration
	kDayTimeDuration
	kOther // a datatype that we do not know
	kIll   // a known datatype, but no lexical form of it
)

// Value is an RDF term with its decoded value. It is small, immutable and made without allocation for all but huge numbers.
// The zero Value is none: an unbound variable.
type Value struct {
	kind kind
	// sub is the index of a derived datatype in xsd's table; the term of a computed value is made from it.
	sub xsd.Type
	// zone is the time zone in minutes, or xsd.NoZone.
	zone int16
	// scale is that of a decimal; the nanoseconds of a date or a duration.
	scale  int32
	n      int64
	months int64
	// big is the number that n is too small for; of a date or a duration moreDigits where the text of term has digits behind the nanosecond.
	big *big.Int
	// term is none for computed values: Term makes it on demand.
	term rdf.Term
}

// moreDigits marks dates and durations that must be read from their text.
var moreDigits = new(big.Int)

// Size is about how many bytes the value takes.
func (v Value) Size() int64 {
	n := int64(unsafe.Sizeof(v)) + int64(v.term.Size()) - int64(unsafe.Sizeof(v.term))
	if v.big != nil {
		n += int64(v.big.BitLen()/8) + 24
	}
	return n
}

// FromTerm decodes a term.
func FromTerm(t rdf.Term) Value {
	v := Value{term: t}
	switch t.Kind() {
	case rdf.KindIRI:
		v.kind = kIRI
	case rdf.KindBlankNode:
		v.kind = kBlank
	case rdf.KindTriple:
		v.kind = kTriple
	case rdf.KindLangLiteral:
		v.kind = kLang
	case rdf.KindLiteral:
		v.decode(t.Value(), t.Datatype())
	}
	return v
}

func (v *Value) decode(lexical, datatype string) {
	if datatype == vocab.XSDString {
		v.kind = kString
		return
	}
	typ, ok := xsd.TypeOf(datatype)
	if !ok {
		v.kind = kOther
		return
	}
	v.sub = typ
	v.kind = kIll
	switch typ.Primitive() {
	case xsd.Integer:
		if d, ok := xsd.ParseInteger(xsd.Trim(lexical)); ok && typ.InRange(d) {
			v.kind = kInteger
			v.n, _, v.big = d.Parts()
		}
	case xsd.DecimalType:
		if d, ok := xsd.ParseDecimal(xsd.Trim(lexical)); ok {
			v.kind = kDecimal
			v.n, v.scale, v.big = d.Parts()
		}
	case xsd.Double:
		if f, ok := xsd.ParseDouble(xsd.Trim(lexical)); ok {
			v.kind = kDouble
			v.n = int64(math.Float64bits(f))
		}
	case xsd.Float:
		if f, ok := xsd.ParseFloat(xsd.Trim(lexical)); ok {
			v.kind = kFloat
			v.n = int64(math.Float64bits(float64(f)))
		}
	case xsd.Boolean:
		if b, ok := xsd.ParseBoolean(xsd.Trim(lexical)); ok {
			v.kind = kBoolean
			if b {
				v.n = 1
			}
		}
	case xsd.Duration:
		if d, ok := xsd.ParseDuration(xsd.Trim(lexical), typ); ok {
			v.setDuration(d, typ)
		}
	default:
		if k := temporalKind(typ.Primitive()); k != kNone {
			if d, ok := xsd.ParseDateTime(xsd.Trim(lexical), typ); ok {
				v.kind = k
				v.n, v.scale, v.zone = d.Seconds, d.Nanos, d.Zone
				if d.Rest != "" {
					v.big = moreDigits
				}
			}
		} else {
			v.kind = kOther
		}
	}
}

func (v *Value) setDuration(d xsd.DurationValue, typ xsd.Type) {
	v.kind, v.sub = kDuration, typ
	switch typ {
	case xsd.YearMonthDuration:
		v.kind = kYearMonthDuration
	case xsd.DayTimeDuration:
		v.kind = kDayTimeDuration
	}
	v.months, v.n, v.scale = d.Months, d.Seconds, d.Nanos
	if d.Rest != "" {
		v.big = moreDigits
	}
}

func temporalKind(t xsd.Type) kind {
	switch t {
	case xsd.DateTime:
		return kDateTime
	case xsd.Date:
		return kDate
	case xsd.Time:
		return kTime
	case xsd.GYear:
		return kYear
	case xsd.GYearMonth:
		return kYearMonth
	case xsd.GMonth:
		return kMonth
	case xsd.GDay:
		return kDay
	case xsd.GMonthDay:
		return kMonthDay
	}
	return kNone
}

// IsZero reports whether v is none.
func (v Value) IsZero() bool { return v.kind == kNone }

// Term gives the RDF term; a computed number or date is written in its canonical form.
func (v Value) Term() rdf.Term {
	if !v.term.IsZero() || v.kind == kNone {
		return v.term
	}
	var buf [64]byte
	return rdf.Literal(string(v.appendLexical(buf[:0])), v.sub.IRI())
}

// appendLexical appends the lexical form of a literal, the IRI or the label.
func (v Value) appendLexical(dst []byte) []byte {
	if !v.term.IsZero() {
		return append(dst, v.term.Value()...)
	}
	switch v.kind {
	case kBoolean:
		if v.n != 0 {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case kInteger, kDecimal:
		return v.decimal().Append(dst)
	case kDouble:
		return xsd.AppendDouble(dst, v.float())
	case kFloat:
		return xsd.AppendFloat(dst, float32(v.float()))
	case kDuration, kYearMonthDuration, kDayTimeDuration:
		return v.duration().Append(dst, v.sub)
	}
	if v.isTemporal() {
		return v.dateTime().Append(dst, v.sub)
	}
	return dst
}

// lexical is appendLexical as a string, without a copy for values that came from a term.
func (v Value) lexical() string {
	if !v.term.IsZero() {
		return v.term.Value()
	}
	var buf [64]byte
	return string(v.appendLexical(buf[:0]))
}

func (v Value) isTemporal() bool  { return v.kind >= kDateTime && v.kind <= kMonthDay }
func (v Value) isDuration() bool  { return v.kind >= kDuration && v.kind <= kDayTimeDuration }
func (v Value) isNumeric() bool   { return v.kind >= kInteger && v.kind <= kDouble }
func (v Value) isLiteral() bool   { return v.kind >= kString }
func (v Value) isStringLit() bool { return v.kind == kString || v.kind == kLang }
func (v Value) isNaN() bool       { return v.isNumeric() && v.kind >= kFloat && math.IsNaN(v.float()) }

func (v Value) decimal() xsd.Decimal { return xsd.MakeDecimal(v.n, v.scale, v.big) }

func (v Value) float() float64 { return math.Float64frombits(uint64(v.n)) }

// toFloat is the numeric value promoted to double.
func (v Value) toFloat() float64 {
	switch {
	case v.kind == kFloat || v.kind == kDouble:
		return v.float()
	case v.kind == kInteger && v.big == nil:
		return float64(v.n)
	}
	return v.decimal().Float64()
}

func (v Value) dateTime() xsd.DateTimeValue {
	if v.big != nil {
		d, _ := xsd.ParseDateTime(xsd.Trim(v.term.Value()), v.sub)
		return d
	}
	return xsd.DateTimeValue{Seconds: v.n, Nanos: v.scale, Zone: v.zone}
}

func (v Value) duration() xsd.DurationValue {
	if v.big != nil {
		d, _ := xsd.ParseDuration(xsd.Trim(v.term.Value()), v.sub)
		return d
	}
	return xsd.DurationValue{Months: v.months, Seconds: v.n, Nanos: v.scale}
}

// Boolean makes an xsd:boolean.
func Boolean(b bool) Value {
	if b {
		return Value{kind: kBoolean, sub: xsd.Boolean, n: 1}
	}
	return Value{kind: kBoolean, sub: xsd.Boolean}
}

// Integer makes an xsd:integer.
func Integer(n int64) Value { return Value{kind: kInteger, sub: xsd.Integer, n: n} }

// Decimal makes an xsd:decimal.
func Decimal(d xsd.Decimal) Value {
	v := Value{kind: kDecimal, sub: xsd.DecimalType}
	v.n, v.scale, v.big = d.Parts()
	return v
}

// integer makes an xsd:integer of a whole number.
func integer(d xsd.Decimal) Value {
	v := Value{kind: kInteger, sub: xsd.Integer}
	v.n, _, v.big = d.Parts()
	return v
}

// Int64 is the value of an xsd:integer, or of a type derived from it, that has 64 bits.
func (v *Value) Int64() (n int64, ok bool) { return v.n, v.kind == kInteger && v.big == nil }

// Float64 is the value of an xsd:double.
func (v *Value) Float64() (f float64, ok bool) { return v.float(), v.kind == kDouble }

// Double makes an xsd:double.
func Double(f float64) Value {
	return Value{kind: kDouble, sub: xsd.Double, n: int64(math.Float64bits(f))}
}

// Float makes an xsd:float.
func Float(f float32) Value {
	return Value{kind: kFloat, sub: xsd.Float, n: int64(math.Float64bits(float64(f)))}
}

// String makes an xsd:string.
func String(s string) Value { return Value{kind: kString, term: rdf.String(s)} }

// IRI makes an IRI.
func IRI(iri string) Value { return Value{kind: kIRI, term: rdf.IRI(iri)} }

// DateTime makes an xsd:dateTime with the time zone of t.
func DateTime(t time.Time) Value {
	_, offset := t.Zone()
	return Value{kind: kDateTime, sub: xsd.DateTime, n: t.Unix(), scale: int32(t.Nanosecond()), zone: int16(offset / 60)}
}

// temporal makes a value of a date or time; its kind is that of the type's primitive.
func temporal(d xsd.DateTimeValue, typ xsd.Type) Value {
	v := Value{kind: temporalKind(typ.Primitive()), sub: typ, n: d.Seconds, scale: d.Nanos, zone: d.Zone}
	if d.Rest != "" {
		v.big, v.term = moreDigits, rdf.Literal(string(d.Append(nil, typ)), typ.IRI())
	}
	return v
}

func duration(d xsd.DurationValue, typ xsd.Type) Value {
	var v Value
	v.setDuration(d, typ)
	if d.Rest != "" {
		v.term = rdf.Literal(string(d.Append(nil, typ)), typ.IRI())
	}
	return v
}
