package store

const (
	dateBias = 366     // days of the year 0000 before the epoch 0001-01-01
	maxDays  = 3652058 // 9999-12-31
)

var daysBefore = [13]int{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// days counts from 0001-01-01 in the proleptic Gregorian calendar; ok is false where there is no such date.
func days(year, month, day int) (int64, bool) {
	if month < 1 || month > 12 || day < 1 {
		return 0, false
	}
	length := daysBefore[month] - daysBefore[month-1]
	if month == 2 && leap(year) {
		length++
	}
	if day > length {
		return 0, false
	}
	n := day - 1 + daysBefore[month-1]
	if month > 2 && leap(year) {
		n++
	}
	if year == 0 {
		return int64(n - dateBias), true
	}
	y := year - 1
	return int64(n + y*365 + y/4 - y/100 + y/400), true
}

// civil is the inverse of days.
func civil(d int64) (year, month, day int) {
	n := int(d) + dateBias // days since 0000-01-01
	year = n * 400 / 146097
	for {
		first, _ := days(year, 1, 1)
		if int64(n-dateBias) < first {
			year--
			continue
		}
		if next, _ := days(year+1, 1, 1); int64(n-dateBias) >= next {
			year++
			continue
		}
		n -= int(first) + dateBias
		break
	}
	for month = 12; month > 1; month-- {
		before := daysBefore[month-1]
		if month > 2 && leap(year) {
			before++
		}
		if n >= before {
			return year, month, n - before + 1
		}
	}
	return year, 1, n + 1
}

// number reads a run of digits of fixed length; negative where one is none.
func number(s string) int {
	v := 0
	for i := 0; i < len(s); i++ {
		c := s[i] - '0'
		if c > 9 {
			return -1
		}
		v = v*10 + int(c)
	}
	return v
}

// parseYearDate reads YYYY-MM-DD.
func parseYearDate(s string) (int64, bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	y, m, d := number(s[:4]), number(s[5:7]), number(s[8:])
	if y < 0 || m < 0 || d < 0 {
		return 0, false
	}
	return days(y, m, d)
}

func parseDate(s string) (uint64, bool) {
	var utc uint64
	if len(s) == 11 && s[10] == 'Z' {
		utc, s = 1, s[:10]
	}
	d, ok := parseYearDate(s)
	return uint64(d+dateBias)<<1 | utc, ok
}

func parseYear(s string) (uint64, bool) {
	var utc uint64
	if len(s) == 5 && s[4] == 'Z' {
		utc, s = 1, s[:4]
	}
	if len(s) != 4 {
		return 0, false
	}
	y := number(s)
	return uint64(y)<<1 | utc, y >= 0
}

func parseDateTime(s string) (uint64, bool) {
	if len(s) < 19 || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	day, ok := parseYearDate(s[:10])
	h, m, sec := number(s[11:13]), number(s[14:16]), number(s[17:19])
	if !ok || h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 59 {
		return 0, false
	}
	ms := day*msPerDay + int64((h*60+m)*60+sec)*1000
	s = s[19:]
	if len(s) > 0 && s[0] == '.' {
		n := 1
		for n < len(s) && s[n]-'0' <= 9 {
			n++
		}
		if n < 2 || n > 4 || s[n-1] == '0' {
			return 0, false
		}
		ms += int64(number(s[1:n]) * [...]int{2: 100, 3: 10, 4: 1}[n])
		s = s[n:]
	}
	code := 0
	switch {
	case s == "":
	case s == "Z":
		code = zoneZero
	case len(s) == 6 && (s[0] == '+' || s[0] == '-') && s[3] == ':':
		zh, zm := number(s[1:3]), number(s[4:])
		z := zh*60 + zm
		if zh < 0 || zm < 0 || zm > 59 || z == 0 || z > maxZone {
			return 0, false
		}
		if s[0] == '-' {
			z = -z
		}
		code = zoneZero + z
		ms -= int64(z) * 60_000
	default:
		return 0, false
	}
	return uint64(ms)<<zoneBits | uint64(code), day >= 0 && ms >= 0 && ms <= maxMillis
}

func appendDate(b []byte, d int64) []byte {
	year, month, day := civil(d)
	b = append(appendPadded(b, year, 4), '-')
	b = append(appendPadded(b, month, 2), '-')
	return appendPadded(b, day, 2)
}

// appendDateTime writes the local time in milliseconds since the epoch.
func appendDateTime(b []byte, local int64, offset int, zoned bool) []byte {
	b = append(appendDate(b, local/msPerDay), 'T')
	rest := int(local % msPerDay)
	b = append(appendPadded(b, rest/3_600_000, 2), ':')
	b = append(appendPadded(b, rest/60_000%60, 2), ':')
	b = appendPadded(b, rest/1000%60, 2)
	if ms := rest % 1000; ms != 0 {
		b = appendPadded(append(b, '.'), ms, 3)
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
	}
	switch {
	case !zoned:
		return b
	case offset == 0:
		return append(b, 'Z')
	case offset < 0:
		b, offset = append(b, '-'), -offset
	default:
		b = append(b, '+')
	}
	b = append(appendPadded(b, offset/60, 2), ':')
	return appendPadded(b, offset%60, 2)
}
