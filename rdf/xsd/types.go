package xsd

import "strings"

// Type is a datatype of XML Schema that RDF knows. The zero Type is none.
type Type uint8

// The datatypes. DecimalType is named so because Decimal is its value.
const (
	None Type = iota
	StringType
	Boolean
	DecimalType
	Integer
	Float
	Double
	DateTime
	DateTimeStamp
	Date
	Time
	GYear
	GYearMonth
	GMonth
	GDay
	GMonthDay
	Duration
	YearMonthDuration
	DayTimeDuration
	Long
	Int
	Short
	Byte
	NonNegativeInteger
	PositiveInteger
	UnsignedLong
	UnsignedInt
	UnsignedShort
	UnsignedByte
	NonPositiveInteger
	NegativeInteger
	HexBinary
	Base64Binary
	AnyURI
	NormalizedString
	Token
	Language
	NMTOKEN
	Name
	NCName
	numTypes
)

var localNames = [numTypes]string{
	StringType: "string", Boolean: "boolean", DecimalType: "decimal", Integer: "integer", Float: "float", Double: "double",
	DateTime: "dateTime", DateTimeStamp: "dateTimeStamp", Date: "date", Time: "time", GYear: "gYear", GYearMonth: "gYearMonth",
	GMonth: "gMonth", GDay: "gDay", GMonthDay: "gMonthDay", Duration: "duration", YearMonthDuration: "yearMonthDuration",
	DayTimeDuration: "dayTimeDuration", Long: "long", Int: "int", Short: "short", Byte: "byte",
	NonNegativeInteger: "nonNegativeInteger", PositiveInteger: "positiveInteger", UnsignedLong: "unsignedLong",
	UnsignedInt: "unsignedInt", UnsignedShort: "unsignedShort", UnsignedByte: "unsignedByte",
	NonPositiveInteger: "nonPositiveInteger", NegativeInteger: "negativeInteger", HexBinary: "hexBinary",
	Base64Binary: "base64Binary", AnyURI: "anyURI", NormalizedString: "normalizedString", Token: "token", Language: "language",
	NMTOKEN: "NMTOKEN", Name: "Name", NCName: "NCName",
}

var iris = func() (a [numTypes]string) {
	for t := Type(1); t < numTypes; t++ {
		a[t] = ns + localNames[t]
	}
	return
}()

var byLocalName = func() map[string]Type {
	m := make(map[string]Type, numTypes)
	for t := Type(1); t < numTypes; t++ {
		m[localNames[t]] = t
	}
	return m
}()

// TypeOf finds a datatype by its IRI.
func TypeOf(iri string) (Type, bool) {
	local, ok := strings.CutPrefix(iri, ns)
	if !ok {
		return None, false
	}
	t, ok := byLocalName[local]
	return t, ok
}

// IRI is the datatype's IRI; empty for None.
func (t Type) IRI() string { return iris[t] }

// String is the datatype's IRI.
func (t Type) String() string { return iris[t] }

// Primitive is the type whose value space holds t's values: Integer for the integer types, Duration for the three durations,
// DateTime for dateTimeStamp, StringType for what is derived from string, else t itself.
func (t Type) Primitive() Type {
	switch {
	case t >= Long && t <= NegativeInteger:
		return Integer
	case t == YearMonthDuration || t == DayTimeDuration:
		return Duration
	case t == DateTimeStamp:
		return DateTime
	case t >= NormalizedString:
		return StringType
	}
	return t
}

// IsNumeric reports whether the values are numbers.
func (t Type) IsNumeric() bool {
	return t >= DecimalType && t <= Double || t >= Long && t <= NegativeInteger
}

// ranges holds the bounds of the derived integer types; a nil bound is open.
var ranges = func() (r [numTypes][2]*Decimal) {
	bound := func(s string) *Decimal {
		if s == "" {
			return nil
		}
		d, ok := ParseInteger(s)
		if !ok {
			panic("xsd: bad bound " + s)
		}
		return &d
	}
	for t, b := range map[Type][2]string{
		Long: {"-9223372036854775808", "9223372036854775807"}, Int: {"-2147483648", "2147483647"}, Short: {"-32768", "32767"},
		Byte: {"-128", "127"}, NonNegativeInteger: {"0", ""}, PositiveInteger: {"1", ""}, UnsignedLong: {"0", "18446744073709551615"},
		UnsignedInt: {"0", "4294967295"}, UnsignedShort: {"0", "65535"}, UnsignedByte: {"0", "255"},
		NonPositiveInteger: {"", "0"}, NegativeInteger: {"", "-1"},
	} {
		r[t] = [2]*Decimal{bound(b[0]), bound(b[1])}
	}
	return
}()

// InRange reports whether a whole number is a value of an integer type; it is true for types without bounds.
func (t Type) InRange(d Decimal) bool {
	r := &ranges[t]
	return (r[0] == nil || r[0].Cmp(d) <= 0) && (r[1] == nil || d.Cmp(*r[1]) <= 0)
}

// Trim drops the white space at both ends, which all types but string and normalizedString allow (whiteSpace: collapse).
func Trim(s string) string {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// Valid reports whether s is a lexical form of the datatype, white space at its ends aside.
func Valid(s string, t Type) bool {
	ok := true
	switch t.Primitive() {
	case StringType:
		return validString(s, t)
	case Boolean:
		_, ok = ParseBoolean(Trim(s))
	case DecimalType:
		_, ok = ParseDecimal(Trim(s))
	case Integer:
		var d Decimal
		d, ok = ParseInteger(Trim(s))
		ok = ok && t.InRange(d)
	case Float:
		_, ok = ParseFloat(Trim(s))
	case Double:
		_, ok = ParseDouble(Trim(s))
	case Duration:
		_, ok = ParseDuration(Trim(s), t)
	case HexBinary:
		ok = validHex(Trim(s))
	case Base64Binary:
		ok = validBase64(s)
	case AnyURI, None:
	default:
		_, ok = ParseDateTime(Trim(s), t)
	}
	return ok
}

// ValidLiteral reports whether the lexical form fits the datatype IRI; a datatype that is not known takes anything.
func ValidLiteral(lexical, datatype string) bool {
	t, ok := TypeOf(datatype)
	return !ok || Valid(lexical, t)
}
