package xsd

import (
	"math"
	"strconv"
)

// DurationValue is a value of duration and the two types derived from it. Months and seconds have the same sign, or one is 0;
// Nanos and Rest have it too.
type DurationValue struct {
	Months, Seconds int64
	Nanos           int32
	// Rest has the digits behind the nanosecond, without zeros at the end, of a negative duration behind a '-'. It is empty for nearly
	// all values.
	Rest string
}

// maxDuration bounds the parts of a duration so that sums cannot overflow.
const maxDuration = math.MaxInt64 / 4

// ParseDuration reads the lexical form of Duration, YearMonthDuration or DayTimeDuration
// (https://www.w3.org/TR/xmlschema11-2/#duration).
func ParseDuration(s string, t Type) (d DurationValue, ok bool) {
	i, neg := 0, false
	if i < len(s) && s[i] == '-' {
		neg = true
		i++
	}
	if i >= len(s) || s[i] != 'P' {
		return d, false
	}
	i++
	const units = "YMDTHMS"
	at, parts, inTime := 0, 0, 0
	for i < len(s) {
		if s[i] == 'T' {
			if at > 3 || t == YearMonthDuration {
				return d, false
			}
			at, inTime = 4, parts+1
			i++
			continue
		}
		start := i
		var n int64
		for ; i < len(s) && s[i]-'0' <= 9; i++ {
			if n > maxDuration/10 {
				return d, false
			}
			n = n*10 + int64(s[i]-'0')
		}
		if i == start {
			return d, false
		}
		if i < len(s) && s[i] == '.' {
			p := scanner{s: s, i: i, ok: true}
			d.Nanos = p.fraction()
			d.Rest = p.rest
			i = p.i
			if !p.ok || i >= len(s) || s[i] != 'S' {
				return d, false
			}
		}
		if i >= len(s) {
			return d, false
		}
		for at < len(units) && units[at] != s[i] {
			if units[at] == 'T' {
				return d, false
			}
			at++
		}
		if at == len(units) {
			return d, false
		}
		var months, seconds int64
		switch at {
		case 0:
			months = 12
		case 1:
			months = 1
		case 2:
			seconds = secondsPerDay
		case 4:
			seconds = 3600
		case 5:
			seconds = 60
		case 6:
			seconds = 1
		}
		if months != 0 && t == DayTimeDuration || seconds != 0 && t == YearMonthDuration || n > maxDuration/max(months, seconds, 1) {
			return d, false
		}
		d.Months += n * months
		d.Seconds += n * seconds
		if d.Months > maxDuration || d.Seconds > maxDuration {
			return d, false
		}
		at++
		parts++
		i++
	}
	if parts == 0 || inTime > parts {
		return d, false
	}
	if neg {
		return d.Neg(), true
	}
	return d, true
}

// Neg is -d.
func (d DurationValue) Neg() DurationValue {
	return DurationValue{Months: -d.Months, Seconds: -d.Seconds, Nanos: -d.Nanos, Rest: negateRest(d.Rest)}
}

// Add is d + e; ok is false where the months and the seconds would have different signs or are too many.
func (d DurationValue) Add(e DurationValue) (sum DurationValue, ok bool) {
	carry, rest := addRest(d.Rest, e.Rest)
	sum = normalDuration(d.Months+e.Months, d.Seconds+e.Seconds, int64(d.Nanos)+int64(e.Nanos)+carry, rest)
	return sum, sum.valid()
}

func (d DurationValue) valid() bool {
	neg := d.negative()
	pos := d.Months > 0 || d.Seconds > 0 || d.Nanos > 0 || compareRest(d.Rest, "") > 0
	return !(neg && pos) && max(d.Months, -d.Months) <= maxDuration && max(d.Seconds, -d.Seconds) <= maxDuration
}

func (d DurationValue) negative() bool {
	return d.Months < 0 || d.Seconds < 0 || d.Nanos < 0 || compareRest(d.Rest, "") < 0
}

// normalDuration takes nanoseconds of any sign, and a rest that is not negative.
func normalDuration(months, seconds, nanos int64, rest string) DurationValue {
	const second = 1_000_000_000
	whole := floorDiv(nanos, second)
	seconds, nanos = seconds+whole, nanos-whole*second
	if seconds < 0 && (nanos > 0 || rest != "") { // all parts count down
		seconds, nanos = seconds+1, nanos-second
		if rest != "" {
			_, up := addRest("", negateRest(rest))
			nanos, rest = nanos+1, negateRest(up)
		}
	}
	return DurationValue{Months: months, Seconds: seconds, Nanos: int32(nanos), Rest: rest}
}

// Scale is d × f, months rounded to whole ones, seconds to nanoseconds; ok is false beyond the range.
func (d DurationValue) Scale(f float64) (product DurationValue, ok bool) {
	months := RoundFloat(float64(d.Months) * f)
	seconds := float64(d.Seconds) * f
	whole := math.Trunc(seconds)
	nanos := math.Round((seconds-whole)*1e9 + float64(d.Nanos)*f)
	if math.IsNaN(months+whole+nanos) || math.Abs(months) > maxDuration/2 || math.Abs(whole) > maxDuration/2 || math.Abs(nanos) > maxDuration/2 {
		return d, false
	}
	product = normalDuration(int64(months), int64(whole), int64(nanos), "")
	return product, product.valid()
}

// Compare orders two durations. ok is false where the order depends on how long months are
// (https://www.w3.org/TR/xmlschema11-2/#duration, order).
func (d DurationValue) Compare(e DurationValue) (order int, ok bool) {
	if d == e {
		return 0, true
	}
	months := d.Months - e.Months
	seconds := d.Order(DurationValue{Months: d.Months, Seconds: e.Seconds, Nanos: e.Nanos, Rest: e.Rest})
	switch {
	case months == 0:
		return seconds, true
	case seconds == 0:
		return sign(months), true
	}
	// The four instants that the specification gives show every difference between lengths of months.
	for i, start := range [...]Fields{{Year: 1696, Month: 9, Day: 1}, {Year: 1697, Month: 2, Day: 1}, {Year: 1903, Month: 3, Day: 1}, {Year: 1903, Month: 7, Day: 1}} {
		a, okA := start.At(0).AddDuration(d)
		b, okB := start.At(0).AddDuration(e)
		if !okA || !okB {
			return 0, false
		}
		c := a.compare(b)
		if i > 0 && c != order {
			return 0, false
		}
		order = c
	}
	return order, order != 0
}

// Order is a total order: months count as 30.436875 days.
func (d DurationValue) Order(e DurationValue) int {
	const month = 2_629_746
	a, b := float64(d.Months)*month+float64(d.Seconds), float64(e.Months)*month+float64(e.Seconds)
	if d.Months == e.Months {
		a, b = 0, 0
		if d.Seconds != e.Seconds {
			return sign(d.Seconds - e.Seconds)
		}
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case d.Nanos != e.Nanos:
		return sign(int64(d.Nanos) - int64(e.Nanos))
	case d.Rest != e.Rest:
		return compareRest(d.Rest, e.Rest)
	case d.Months != e.Months:
		return sign(d.Months - e.Months)
	}
	return sign(d.Seconds - e.Seconds)
}

func sign(n int64) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// AddDuration is the value that lies a duration after d: months first, then the seconds; a day that the month lacks becomes
// its last (https://www.w3.org/TR/xmlschema11-2/#vp-dt-dateTimePlusDuration). ok is false beyond MaxYear.
func (d DateTimeValue) AddDuration(u DurationValue) (sum DateTimeValue, ok bool) {
	if u.Months != 0 {
		f := d.Fields()
		if max(u.Months, -u.Months) > 24*MaxYear {
			return d, false
		}
		m := f.Year*12 + int64(f.Month) - 1 + u.Months
		f.Year = floorDiv(m, 12)
		f.Month = int(m-f.Year*12) + 1
		f.Day = min(f.Day, daysIn(f.Year, f.Month))
		d = f.At(d.Zone)
	}
	const second = 1_000_000_000
	carry, rest := addRest(d.Rest, u.Rest)
	nanos := int64(d.Nanos) + int64(u.Nanos) + carry
	d.Seconds += u.Seconds + floorDiv(nanos, second)
	d.Nanos = int32(nanos - floorDiv(nanos, second)*second)
	d.Rest = rest
	local := d.local()
	return d, firstSecond <= local && local < endSecond
}

// firstSecond and endSecond bound what has a year that can be read.
var firstSecond, endSecond = days(-MaxYear, 1, 1) * secondsPerDay, days(MaxYear+1, 1, 1) * secondsPerDay

// Sub is the time from e to d; one of them without a time zone counts as UTC.
func (d DateTimeValue) Sub(e DateTimeValue) DurationValue {
	carry, rest := addRest(d.Rest, negateRest(e.Rest))
	return normalDuration(0, d.Seconds-e.Seconds, int64(d.Nanos)-int64(e.Nanos)+carry, rest)
}

// Append appends the canonical form as the type t; the empty duration is PT0S, of yearMonthDuration P0M.
func (d DurationValue) Append(dst []byte, t Type) []byte {
	if d.negative() {
		dst = append(dst, '-')
		d = d.Neg()
	}
	dst = append(dst, 'P')
	part := func(n int64, unit byte) {
		if n != 0 {
			dst = append(strconv.AppendInt(dst, n, 10), unit)
		}
	}
	part(d.Months/12, 'Y')
	part(d.Months%12, 'M')
	part(d.Seconds/secondsPerDay, 'D')
	rest := d.Seconds % secondsPerDay
	if rest != 0 || d.Nanos != 0 || d.Rest != "" {
		dst = append(dst, 'T')
		part(rest/3600, 'H')
		part(rest/60%60, 'M')
		if rest%60 != 0 || d.Nanos != 0 || d.Rest != "" {
			dst = strconv.AppendInt(dst, rest%60, 10)
			dst = append(appendFraction(dst, d.Nanos, d.Rest), 'S')
		}
	}
	if d == (DurationValue{}) {
		if t == YearMonthDuration {
			return append(dst, "0M"...)
		}
		return append(dst, "T0S"...)
	}
	return dst
}
