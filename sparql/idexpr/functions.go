package idexpr

import (
	"math/bits"

	"triplestore/store"
)

// unary and binary are the functions of one and of two arguments.
var unary = map[string]func(store.ID) store.ID{
	"!":         not,
	"ISIRI":     kindTest(func(t store.Tag) bool { return t == store.TagIRI }),
	"ISURI":     kindTest(func(t store.Tag) bool { return t == store.TagIRI }),
	"ISBLANK":   kindTest(func(t store.Tag) bool { return t == store.TagBlankNode }),
	"ISLITERAL": kindTest(func(t store.Tag) bool { return store.MakeID(t, 0, 0).IsLiteral() }),
	"YEAR":      calendar(func(y, _, _ int64) int64 { return y }),
	"MONTH":     calendar(func(_, m, _ int64) int64 { return m }),
	"DAY":       calendar(func(_, _, d int64) int64 { return d }),
	"HOURS":     clock(3_600_000, 24),
	"MINUTES":   clock(60_000, 60),
	"unary-":    integerFunction(func(n int64) int64 { return -n }),
	"unary+":    integerFunction(func(n int64) int64 { return n }),
	"ABS":       integerFunction(func(n int64) int64 { return max(n, -n) }),
	"ROUND":     integerFunction(func(n int64) int64 { return n }),
	"CEIL":      integerFunction(func(n int64) int64 { return n }),
	"FLOOR":     integerFunction(func(n int64) int64 { return n }),

	"equalKey": equalKey, "floatKey": floatKey, // of the optimizer alone, see package expr

	"<http://www.w3.org/2001/XMLSchema#date>":    castDate,
	"<http://www.w3.org/2001/XMLSchema#integer>": castInteger,
	"<http://www.w3.org/2001/XMLSchema#double>":  castDouble,
}

var binary = map[string]func(a, b store.ID) store.ID{
	"=": equal.compare, "!=": (less | greater).compare,
	"<": less.compare, "<=": (less | equal).compare,
	">": greater.compare, ">=": (greater | equal).compare,
	"SAMETERM": sameTerm,
	"+":        arithmetic(func(x, y int64) (int64, bool) { return x + y, true }), // both have 60 bits
	"-":        arithmetic(func(x, y int64) (int64, bool) { return x - y, true }),
	"*":        arithmetic(product),
}

func not(id store.ID) store.ID {
	switch v := truth(id); v {
	case yes:
		return no
	case no:
		return yes
	default:
		return v
	}
}

func isBound(id store.ID) store.ID {
	switch id {
	case store.NoID:
		return no
	case Unknown:
		return Unknown
	}
	return yes
}

// sameTerm needs no term, since a term has one ID in a query.
func sameTerm(a, b store.ID) store.ID {
	switch {
	case a == store.NoID || b == store.NoID:
		return store.NoID
	case a == Unknown || b == Unknown:
		return Unknown
	case a == b:
		return yes
	}
	return no
}

func kindTest(f func(store.Tag) bool) func(store.ID) store.ID {
	return func(id store.ID) store.ID {
		switch t := id.Tag(); {
		case id == store.NoID:
			return store.NoID
		case id == Unknown || t == store.TagLocal:
			return Unknown
		case f(t):
			return yes
		}
		return no
	}
}

// noNumber is the result of a function of numbers, or of dates, for something else: an error, if that is known.
func noNumber(id store.ID) store.ID {
	switch kindOf(id) {
	case none, resource, text, langText, boolean:
		return store.NoID
	}
	return Unknown
}

func inline(n int64) store.ID {
	if id, ok := store.InlineInteger(n); ok {
		return id
	}
	return Unknown
}

func integerFunction(f func(int64) int64) func(store.ID) store.ID {
	return func(id store.ID) store.ID {
		if id.Tag() == store.TagInteger {
			return inline(f(id.Integer()))
		}
		return noNumber(id)
	}
}

func arithmetic(f func(x, y int64) (int64, bool)) func(a, b store.ID) store.ID {
	return func(a, b store.ID) store.ID {
		if a.Tag() == store.TagInteger && b.Tag() == store.TagInteger {
			if n, ok := f(a.Integer(), b.Integer()); ok {
				return inline(n)
			}
			return Unknown
		}
		if a == store.NoID || b == store.NoID {
			return store.NoID
		}
		return Unknown
	}
}

func product(x, y int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(max(x, -x)), uint64(max(y, -y)))
	if hi != 0 || lo > 1<<60 {
		return 0, false
	}
	if (x < 0) != (y < 0) {
		return -int64(lo), true
	}
	return int64(lo), true
}

// calendar is a part of a date.
func calendar(part func(y, m, d int64) int64) func(store.ID) store.ID {
	return func(id store.ID) store.ID {
		var days int64
		switch id.Tag() {
		case store.TagDate:
			days, _ = id.Date()
		case store.TagDateTime:
			days = floorDiv(localTime(id), msPerDay)
		default:
			return noNumber(id)
		}
		return inline(part(civil(days)))
	}
}

// equalKey is a key that is the same for all values that may be equal: what is equal to itself alone is its own.
func equalKey(id store.ID) store.ID {
	switch kindOf(id) {
	case none:
		return store.NoID
	case resource, text, langText, boolean:
		return id
	case number:
		return doubleKey(id, func(f float64) float64 { return f })
	}
	return Unknown
}

// floatKey is that of numbers as xsd:float; all others have one together.
func floatKey(id store.ID) store.ID {
	switch kindOf(id) {
	case none:
		return store.NoID
	case unknown:
		return Unknown
	case number:
		return doubleKey(id, func(f float64) float64 { return float64(float32(f)) })
	}
	return yes
}

// doubleKey is the double that f gives for a number. Of the two zeros it is the positive one.
func doubleKey(id store.ID, f func(float64) float64) store.ID {
	n, ok := integer(id)
	if !ok && id.Tag() != store.TagDouble {
		return Unknown
	}
	if key, ok := store.InlineDouble(f(float(id, n)) + 0); ok {
		return key
	}
	return Unknown
}

// castDate keeps the date of a dateTime, and its time zone (https://www.w3.org/TR/xpath-functions-31/#casting-to-datetimes).
func castDate(id store.ID) store.ID {
	switch id.Tag() {
	case store.TagDate:
		return id
	case store.TagDateTime:
		if _, offset, zoned := id.DateTime(); offset == 0 {
			if d, ok := store.InlineDate(floorDiv(localTime(id), msPerDay), zoned); ok {
				return d
			}
		}
		return Unknown
	}
	return noCast(id)
}

func castInteger(id store.ID) store.ID {
	if n, ok := integer(id); ok {
		return inline(n)
	}
	return noCast(id)
}

func castDouble(id store.ID) store.ID {
	if id.Tag() == store.TagDouble {
		return id
	}
	if n, ok := integer(id); ok && max(n, -n) < 1<<53 {
		if d, ok := store.InlineDouble(float64(n)); ok {
			return d
		}
	}
	return noCast(id)
}

// noCast is the result of a cast of what is no number or date: strings may have the form of one.
func noCast(id store.ID) store.ID {
	switch kindOf(id) {
	case none, resource, langText:
		return store.NoID
	}
	return Unknown
}

const msPerDay = 86_400_000

// localTime is the time of a dateTime in its own zone, in milliseconds.
func localTime(id store.ID) int64 {
	ms, offset, _ := id.DateTime()
	return ms + int64(offset)*60_000
}

// clock is a part of the time of a dateTime: units of so many milliseconds, modulo m.
func clock(unit, m int64) func(store.ID) store.ID {
	return func(id store.ID) store.ID {
		if id.Tag() != store.TagDateTime {
			return noNumber(id)
		}
		t := localTime(id)
		return inline((t - floorDiv(t, msPerDay)*msPerDay) / unit % m)
	}
}

// civil is the day of the proleptic Gregorian calendar that comes so many days after 0001-01-01. Years are counted from March in it, so
// that the leap day is the last of a year.
func civil(days int64) (year, month, day int64) {
	const era = 146_097 // days of 400 years
	z := days + 306     // since 0000-03-01
	n := floorDiv(z, era)
	d := z - n*era
	y := (d - d/1460 + d/36_524 - d/146_096) / 365
	d -= 365*y + y/4 - y/100
	m := (5*d + 2) / 153
	day = d - (153*m+2)/5 + 1
	year = y + n*400
	if month = m + 3; month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}
