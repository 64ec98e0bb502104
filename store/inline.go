package store

import (
	"math"
	"strconv"

	"triplestore/rdf"
)

// DerivedType is a datatype derived from xsd:integer whose small values are inlined under TagDerived. Its values are part of
// the format on disk.
type DerivedType uint8

// The derived integer types.
const (
	DerivedInt DerivedType = iota
	DerivedLong
	DerivedShort
	DerivedByte
	DerivedNonNegativeInteger
	DerivedPositiveInteger
	DerivedNonPositiveInteger
	DerivedNegativeInteger
	DerivedUnsignedInt
	DerivedUnsignedLong
	DerivedUnsignedShort
	DerivedUnsignedByte
	numDerived
)

const xsd = "http://www.w3.org/2001/XMLSchema#"

const (
	intBias     = 1 << 59 // of TagInteger and TagDecimal
	derivedBias = 1 << 55
	derivedBits = 56
	// DecimalScale is the number of fraction digits of TagDecimal's fixed point.
	DecimalScale = 8
	pow10Scale   = 100_000_000
	zoneBits     = 12
	zoneZero     = 841 // the zone code of UTC; codes 1 to 1681 are -14:00 to +14:00, code 0 is no zone
	maxZone      = 840
	msPerDay     = 86_400_000
	maxMillis    = 1<<48 - 1
	nanPattern   = 0x7FF8000000000000
)

type derivedInfo struct {
	name     string
	min, max int64
}

var derivedTypes = [numDerived]derivedInfo{
	DerivedInt:                {xsd + "int", math.MinInt32, math.MaxInt32},
	DerivedLong:               {xsd + "long", -derivedBias, derivedBias - 1},
	DerivedShort:              {xsd + "short", math.MinInt16, math.MaxInt16},
	DerivedByte:               {xsd + "byte", math.MinInt8, math.MaxInt8},
	DerivedNonNegativeInteger: {xsd + "nonNegativeInteger", 0, derivedBias - 1},
	DerivedPositiveInteger:    {xsd + "positiveInteger", 1, derivedBias - 1},
	DerivedNonPositiveInteger: {xsd + "nonPositiveInteger", -derivedBias, 0},
	DerivedNegativeInteger:    {xsd + "negativeInteger", -derivedBias, -1},
	DerivedUnsignedInt:        {xsd + "unsignedInt", 0, math.MaxUint32},
	DerivedUnsignedLong:       {xsd + "unsignedLong", 0, derivedBias - 1},
	DerivedUnsignedShort:      {xsd + "unsignedShort", 0, math.MaxUint16},
	DerivedUnsignedByte:       {xsd + "unsignedByte", 0, math.MaxUint8},
}

// Datatype is the IRI of the type.
func (d DerivedType) Datatype() string {
	if d >= numDerived {
		return ""
	}
	return derivedTypes[d].name
}

func makeInline(tag Tag, payload uint64) (ID, bool) { return ID(tag)<<tagShift | ID(payload), true }

func (id ID) payload() uint64 { return uint64(id & payloadMask) }

// Inline gives the ID of a term whose ID holds its value. Only a literal in canonical lexical form and of small size has one
// (https://www.w3.org/TR/xmlschema11-2/#canonical-lexical-representation), so that InlineTerm gives back the very same term.
// Within one tag, and within one DerivedType, unsigned order of IDs is order of values; NaN comes after INF, and dates and
// dateTimes without a time zone are ordered as if in UTC. It does not allocate.
func Inline(t rdf.Term) (ID, bool) {
	if t.Kind() != rdf.KindLiteral {
		return NoID, false
	}
	dt, lex := t.Datatype(), t.Value()
	if len(dt) <= len(xsd) || len(lex) == 0 || len(lex) > 32 || dt[len(xsd)-1] != '#' || dt[:len(xsd)] != xsd {
		return NoID, false
	}
	derived := numDerived
	switch dt[len(xsd):] {
	case "integer":
		if v, ok := parseInteger(lex); ok && v >= -intBias && v < intBias {
			return makeInline(TagInteger, uint64(v+intBias))
		}
	case "decimal":
		if v, ok := parseDecimal(lex); ok {
			return makeInline(TagDecimal, uint64(v+intBias))
		}
	case "double":
		return inlineDouble(lex)
	case "boolean":
		switch lex {
		case "true":
			return makeInline(TagBoolean, 1)
		case "false":
			return makeInline(TagBoolean, 0)
		}
	case "date":
		if p, ok := parseDate(lex); ok {
			return makeInline(TagDate, p)
		}
	case "dateTime":
		if p, ok := parseDateTime(lex); ok {
			return makeInline(TagDateTime, p)
		}
	case "gYear":
		if p, ok := parseYear(lex); ok {
			return makeInline(TagYear, p)
		}
	case "int":
		derived = DerivedInt
	case "long":
		derived = DerivedLong
	case "short":
		derived = DerivedShort
	case "byte":
		derived = DerivedByte
	case "nonNegativeInteger":
		derived = DerivedNonNegativeInteger
	case "positiveInteger":
		derived = DerivedPositiveInteger
	case "nonPositiveInteger":
		derived = DerivedNonPositiveInteger
	case "negativeInteger":
		derived = DerivedNegativeInteger
	case "unsignedInt":
		derived = DerivedUnsignedInt
	case "unsignedLong":
		derived = DerivedUnsignedLong
	case "unsignedShort":
		derived = DerivedUnsignedShort
	case "unsignedByte":
		derived = DerivedUnsignedByte
	}
	if derived < numDerived {
		return InlineDerived(derived, lex)
	}
	return NoID, false
}

// InlineDerived is Inline for a lexical form of a derived type.
func InlineDerived(d DerivedType, lex string) (ID, bool) {
	v, ok := parseInteger(lex)
	if !ok || v < derivedTypes[d].min || v > derivedTypes[d].max {
		return NoID, false
	}
	return makeInline(TagDerived, uint64(d)<<derivedBits|uint64(v+derivedBias))
}

// InlineInteger gives the ID of an xsd:integer; ok is false outside of 60 bits.
func InlineInteger(v int64) (id ID, ok bool) {
	if v < -intBias || v >= intBias {
		return NoID, false
	}
	return makeInline(TagInteger, uint64(v+intBias))
}

// InlineDouble gives the ID of an xsd:double in canonical form; ok is false where its last four bits are not zero.
func InlineDouble(f float64) (id ID, ok bool) {
	bits := math.Float64bits(f)
	if f != f {
		bits = nanPattern
	}
	if bits&15 != 0 {
		return NoID, false
	}
	p := bits >> 4
	if p>>59 != 0 {
		p = ^p & payloadMask
	} else {
		p |= 1 << 59
	}
	return makeInline(TagDouble, p)
}

// InlineBoolean gives the ID of an xsd:boolean.
func InlineBoolean(b bool) ID {
	id, _ := makeInline(TagBoolean, 0)
	if b {
		id |= 1
	}
	return id
}

// InlineDate gives the ID of an xsd:date in UTC ("Z") or without a time zone: days since 0001-01-01. ok is false for days before that or after the
// year 9999.
func InlineDate(days int64, utc bool) (id ID, ok bool) {
	if days < 0 || days > maxDays {
		return NoID, false
	}
	p := uint64(days+dateBias) << 1
	if utc {
		p |= 1
	}
	return makeInline(TagDate, p)
}

// Integer is the value of an ID of TagInteger.
func (id ID) Integer() int64 { return int64(id.payload()) - intBias }

// Derived is the type and the value of an ID of TagDerived.
func (id ID) Derived() (DerivedType, int64) {
	p := id.payload()
	return DerivedType(p >> derivedBits), int64(p&(1<<derivedBits-1)) - derivedBias
}

// Decimal is the value of an ID of TagDecimal: unscaled times ten to the power of -scale; scale is DecimalScale.
func (id ID) Decimal() (unscaled int64, scale int) {
	return int64(id.payload()) - intBias, DecimalScale
}

// Double is the value of an ID of TagDouble.
func (id ID) Double() float64 {
	p := id.payload()
	if p>>59 != 0 {
		p &^= 1 << 59
	} else {
		p = ^p & payloadMask
	}
	return math.Float64frombits(p << 4)
}

// Boolean is the value of an ID of TagBoolean.
func (id ID) Boolean() bool { return id&1 != 0 }

// Date is the value of an ID of TagDate: days since 0001-01-01 (negative in the year 0000), and whether it is in UTC ("Z") or
// has no time zone.
func (id ID) Date() (days int64, utc bool) {
	p := id.payload()
	return int64(p>>1) - dateBias, p&1 != 0
}

// DateTime is the value of an ID of TagDateTime: milliseconds since 0001-01-01T00:00:00Z, the offset of its time zone in
// minutes, and whether it has a time zone; one without is counted as if in UTC.
func (id ID) DateTime() (millis int64, offset int, zoned bool) {
	p := id.payload()
	code := int(p & (1<<zoneBits - 1))
	if code == 0 {
		return int64(p >> zoneBits), 0, false
	}
	return int64(p >> zoneBits), code - zoneZero, true
}

// Year is the value of an ID of TagYear, and whether it is in UTC ("Z") or has no time zone.
func (id ID) Year() (year int, utc bool) { return int(id.payload() >> 1), id&1 != 0 }

// InlineTerm gives the term that an ID with an inline tag stands for; ok is false for other tags and for a payload that
// Inline never makes.
func (id ID) InlineTerm() (t rdf.Term, ok bool) {
	var a [48]byte
	b := a[:0]
	var dt string
	switch id.Tag() {
	case TagInteger:
		b, dt = strconv.AppendInt(b, id.Integer(), 10), xsd+"integer"
	case TagDerived:
		d, v := id.Derived()
		if d >= numDerived || v < derivedTypes[d].min || v > derivedTypes[d].max {
			return rdf.Term{}, false
		}
		b, dt = strconv.AppendInt(b, v, 10), derivedTypes[d].name
	case TagDecimal:
		v, _ := id.Decimal()
		b, dt = appendDecimal(b, v), xsd+"decimal"
	case TagDouble:
		f := id.Double()
		if f != f && math.Float64bits(f) != nanPattern {
			return rdf.Term{}, false
		}
		b, dt = appendDouble(b, f), xsd+"double"
	case TagBoolean:
		if id.payload() > 1 {
			return rdf.Term{}, false
		}
		b, dt = strconv.AppendBool(b, id.Boolean()), xsd+"boolean"
	case TagDate:
		days, utc := id.Date()
		if id.payload() > (maxDays+dateBias)<<1|1 {
			return rdf.Term{}, false
		}
		b, dt = appendDate(b, days), xsd+"date"
		if utc {
			b = append(b, 'Z')
		}
	case TagDateTime:
		ms, offset, zoned := id.DateTime()
		local := ms + int64(offset)*60_000
		if offset > maxZone || local < 0 || local/msPerDay > maxDays {
			return rdf.Term{}, false
		}
		b, dt = appendDateTime(b, local, offset, zoned), xsd+"dateTime"
	case TagYear:
		year, utc := id.Year()
		if id.payload()>>1 > 9999 {
			return rdf.Term{}, false
		}
		b, dt = appendPadded(b, year, 4), xsd+"gYear"
		if utc {
			b = append(b, 'Z')
		}
	default:
		return rdf.Term{}, false
	}
	return rdf.Literal(string(b), dt), true
}
