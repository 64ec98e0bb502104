package xsd

import (
	"strconv"
	"strings"
)

// NoZone is the Zone of a value without a time zone.
const NoZone int16 = -1 << 15

// MaxYear bounds the years of dates, in both directions.
const MaxYear = 999_999_999

// maxZone is the largest offset of a time zone, and how far a value without one may be from where it would be with UTC.
const maxZone = 14 * 60

// DateTimeValue is a value of dateTime, date, time and the gregorian fragments. What a type lacks is taken from
// 1972-01-01T00:00:00.
type DateTimeValue struct {
	// Seconds counts from 1970-01-01T00:00:00, in UTC where there is a zone, else in local time. Leap seconds do not exist.
	Seconds int64
	// Nanos is the fraction of the second, 0 to 999,999,999.
	Nanos int32
	// Zone is the offset from UTC in minutes, or NoZone.
	Zone int16
	// Rest has the digits behind the nanosecond, without zeros at the end; it is empty for nearly all values.
	Rest string
}

// Fields is a date and a time of day in local time.
type Fields struct {
	Year                             int64
	Month, Day, Hour, Minute, Second int
	Nanos                            int32
	Rest                             string
}

const secondsPerDay = 86400

// days counts from 1970-01-01 in the proleptic gregorian calendar with a year 0.
func days(year int64, month, day int) int64 {
	// Years begin in March here, so that the leap day comes last: the days before a month are then a linear function.
	m := int64(month) - 3
	if m < 0 {
		m += 12
		year--
	}
	era := floorDiv(year, 400)
	yoe := year - era*400
	doy := (153*m+2)/5 + int64(day) - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468
}

func civil(day int64) (year int64, month, dom int) {
	day += 719468
	era := floorDiv(day, 146097)
	doe := day - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	m := (5*doy + 2) / 153
	dom = int(doy - (153*m+2)/5 + 1)
	month = int(m + 3)
	year = yoe + era*400
	if month > 12 {
		month -= 12
		year++
	}
	return
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func isLeap(year int64) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func daysIn(year int64, month int) int {
	switch month {
	case 2:
		if isLeap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// scanner walks over a lexical form.
type scanner struct {
	s  string
	i  int
	ok bool
	// rest is what fraction found behind the nanosecond.
	rest string
}

func (p *scanner) byte(c byte) {
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
	} else {
		p.ok = false
	}
}

func (p *scanner) two() int {
	if p.i+2 > len(p.s) || p.s[p.i]-'0' > 9 || p.s[p.i+1]-'0' > 9 {
		p.ok = false
		return 0
	}
	n := int(p.s[p.i]-'0')*10 + int(p.s[p.i+1]-'0')
	p.i += 2
	return n
}

func (p *scanner) year() int64 {
	neg := p.i < len(p.s) && p.s[p.i] == '-'
	if neg {
		p.i++
	}
	start := p.i
	var y int64
	for ; p.i < len(p.s) && p.s[p.i]-'0' <= 9; p.i++ {
		if y = y*10 + int64(p.s[p.i]-'0'); y > MaxYear {
			p.ok = false
			return 0
		}
	}
	if n := p.i - start; n < 4 || n > 4 && p.s[start] == '0' {
		p.ok = false
	}
	if neg {
		return -y
	}
	return y
}

// fraction reads what follows the point.
func (p *scanner) fraction() (nanos int32) {
	if p.i >= len(p.s) || p.s[p.i] != '.' {
		return 0
	}
	p.i++
	start, unit := p.i, int32(100_000_000)
	for ; p.i < len(p.s) && p.s[p.i]-'0' <= 9; p.i++ {
		nanos += int32(p.s[p.i]-'0') * unit
		unit /= 10
	}
	if p.i == start {
		p.ok = false
	}
	if p.i > start+9 {
		p.rest = strings.TrimRight(p.s[start+9:p.i], "0")
	}
	return nanos
}

// zone reads the time zone up to the end.
func (p *scanner) zone() int16 {
	if p.i == len(p.s) {
		return NoZone
	}
	c := p.s[p.i]
	p.i++
	switch c {
	case 'Z':
		return 0
	case '+', '-':
		h := p.two()
		p.byte(':')
		m := p.two()
		z := h*60 + m
		if m > 59 || z > maxZone {
			p.ok = false
		}
		if c == '-' {
			z = -z
		}
		return int16(z)
	}
	p.ok = false
	return NoZone
}

// ParseDateTime reads the lexical form of one of the types from DateTime to GMonthDay
// (https://www.w3.org/TR/xmlschema11-2/#dateTime). 24:00:00 is the first instant of the next day.
func ParseDateTime(s string, t Type) (DateTimeValue, bool) {
	p := scanner{s: s, ok: true}
	f := Fields{Year: 1972, Month: 1, Day: 1}
	switch t {
	case DateTime, DateTimeStamp, Date, GYear, GYearMonth:
		f.Year = p.year()
		if t == GYear {
			break
		}
		p.byte('-')
		f.Month = p.two()
		if t == GYearMonth {
			break
		}
		p.byte('-')
		f.Day = p.two()
	case GMonth, GMonthDay:
		p.byte('-')
		p.byte('-')
		f.Month = p.two()
		if t == GMonthDay {
			p.byte('-')
			f.Day = p.two()
		}
	case GDay:
		p.byte('-')
		p.byte('-')
		p.byte('-')
		f.Day = p.two()
	case Time:
	default:
		return DateTimeValue{}, false
	}
	if t == DateTime || t == DateTimeStamp {
		p.byte('T')
	}
	if t == DateTime || t == DateTimeStamp || t == Time {
		f.Hour = p.two()
		p.byte(':')
		f.Minute = p.two()
		p.byte(':')
		f.Second = p.two()
		f.Nanos = p.fraction()
		f.Rest = p.rest
	}
	zone := p.zone()
	if !p.ok || p.i != len(s) || f.Month < 1 || f.Month > 12 || f.Day < 1 || f.Day > daysIn(f.Year, f.Month) ||
		t == DateTimeStamp && zone == NoZone {
		return DateTimeValue{}, false
	}
	if f.Minute > 59 || f.Second > 59 || f.Hour > 23 && (f.Hour > 24 || f.Minute+f.Second != 0 || f.Nanos != 0 || f.Rest != "") {
		return DateTimeValue{}, false
	}
	if t == Time && f.Hour == 24 {
		f.Hour = 0
	}
	return f.At(zone), true
}

// At is the value of fields in a zone. The fields may exceed their ranges, the month aside.
func (f Fields) At(zone int16) DateTimeValue {
	s := days(f.Year, f.Month, f.Day)*secondsPerDay + int64(f.Hour)*3600 + int64(f.Minute)*60 + int64(f.Second)
	if zone != NoZone {
		s -= int64(zone) * 60
	}
	return DateTimeValue{Seconds: s, Nanos: f.Nanos, Zone: zone, Rest: f.Rest}
}

// local is Seconds in local time.
func (d DateTimeValue) local() int64 {
	if d.Zone == NoZone {
		return d.Seconds
	}
	return d.Seconds + int64(d.Zone)*60
}

// Fields takes a value apart, in its own time zone.
func (d DateTimeValue) Fields() Fields {
	s := d.local()
	day := floorDiv(s, secondsPerDay)
	sec := int(s - day*secondsPerDay)
	f := Fields{Hour: sec / 3600, Minute: sec / 60 % 60, Second: sec % 60, Nanos: d.Nanos, Rest: d.Rest}
	f.Year, f.Month, f.Day = civil(day)
	return f
}

// Compare orders two values of one type. ok is false where one has a time zone, the other has none, and the order depends on
// which one it would have (https://www.w3.org/TR/xmlschema11-2/#theSevenPropertyModel, order of dateTime).
func (d DateTimeValue) Compare(e DateTimeValue) (order int, ok bool) {
	if (d.Zone == NoZone) != (e.Zone == NoZone) {
		const slack = maxZone * 60
		a, b := d, e
		if d.Zone == NoZone {
			a.Seconds -= slack
			if order = a.compare(b); order > 0 {
				return 1, true
			}
			a.Seconds += 2 * slack
			return -1, a.compare(b) < 0
		}
		order, ok = e.Compare(d)
		return -order, ok
	}
	return d.compare(e), true
}

// Order is a total order that agrees with Compare where that has an answer; a value without a zone counts as UTC elsewhere.
func (d DateTimeValue) Order(e DateTimeValue) int { return d.compare(e) }

func (d DateTimeValue) compare(e DateTimeValue) int {
	switch {
	case d.Seconds < e.Seconds, d.Seconds == e.Seconds && d.Nanos < e.Nanos:
		return -1
	case d.Seconds == e.Seconds && d.Nanos == e.Nanos:
		return compareRest(d.Rest, e.Rest)
	}
	return 1
}

// Append appends the canonical form as the type t, in the value's own time zone.
func (d DateTimeValue) Append(dst []byte, t Type) []byte {
	f := d.Fields()
	switch t.Primitive() {
	case DateTime, Date, GYear, GYearMonth:
		dst = appendYear(dst, f.Year)
		if t == GYear {
			break
		}
		dst = appendTwo(append(dst, '-'), f.Month)
		if t == GYearMonth {
			break
		}
		dst = appendTwo(append(dst, '-'), f.Day)
	case GMonth:
		dst = appendTwo(append(dst, '-', '-'), f.Month)
	case GMonthDay:
		dst = appendTwo(append(dst, '-', '-'), f.Month)
		dst = appendTwo(append(dst, '-'), f.Day)
	case GDay:
		dst = appendTwo(append(dst, '-', '-', '-'), f.Day)
	}
	if t.Primitive() == DateTime {
		dst = append(dst, 'T')
	}
	if t.Primitive() == DateTime || t == Time {
		dst = appendTwo(dst, f.Hour)
		dst = appendTwo(append(dst, ':'), f.Minute)
		dst = appendTwo(append(dst, ':'), f.Second)
		dst = appendFraction(dst, f.Nanos, f.Rest)
	}
	return AppendZone(dst, d.Zone)
}

// AppendZone appends Z, ±hh:mm, or nothing for NoZone.
func AppendZone(dst []byte, zone int16) []byte {
	switch {
	case zone == NoZone:
		return dst
	case zone == 0:
		return append(dst, 'Z')
	case zone < 0:
		dst = append(dst, '-')
		zone = -zone
	default:
		dst = append(dst, '+')
	}
	dst = appendTwo(dst, int(zone)/60)
	return appendTwo(append(dst, ':'), int(zone)%60)
}

func appendTwo(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

func appendYear(dst []byte, year int64) []byte {
	if year < 0 {
		dst = append(dst, '-')
		year = -year
	}
	for limit := int64(1000); year < limit && limit > 1; limit /= 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, year, 10)
}

func appendFraction(dst []byte, nanos int32, rest string) []byte {
	if nanos == 0 && rest == "" {
		return dst
	}
	dst = append(dst, '.')
	for unit := int32(100_000_000); nanos > 0 || rest != "" && unit > 0; unit /= 10 {
		dst = append(dst, byte('0'+nanos/unit))
		nanos %= unit
	}
	return append(dst, rest...)
}
