package xsd

import (
	"math"
	"strconv"
)

// ParseBoolean reads true, false, 1 or 0.
func ParseBoolean(s string) (value, ok bool) {
	switch s {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	}
	return false, false
}

// ParseDouble reads the lexical form of xsd:double. Numbers beyond the range become infinite or zero.
func ParseDouble(s string) (float64, bool) { return parseFloat(s, 64) }

// ParseFloat reads the lexical form of xsd:float.
func ParseFloat(s string) (float32, bool) {
	f, ok := parseFloat(s, 32)
	return float32(f), ok
}

func parseFloat(s string, bits int) (float64, bool) {
	switch s {
	case "INF", "+INF":
		return math.Inf(1), true
	case "-INF":
		return math.Inf(-1), true
	case "NaN":
		return math.NaN(), true
	}
	// ParseFloat takes more than XSD does: hexadecimal forms, underscores, "inf". It also rounds any length exactly, in time
	// that is linear in the length.
	digits, i := 0, 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		digits++
	}
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && s[i]-'0' <= 9; i++ {
			digits++
		}
	}
	if digits == 0 {
		return 0, false
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		start := i
		for i < len(s) && s[i]-'0' <= 9 {
			i++
		}
		if i == start {
			return 0, false
		}
	}
	if i != len(s) {
		return 0, false
	}
	f, _ := strconv.ParseFloat(s, bits) // the only error left is the range, for which f is as wanted
	return f, true
}

// AppendDouble appends the canonical form, such as 1.0E0 (https://www.w3.org/TR/xmlschema11-2/#f-doubleCanmap).
func AppendDouble(dst []byte, f float64) []byte { return appendFloat(dst, f, 64) }

// AppendFloat appends the canonical form of an xsd:float.
func AppendFloat(dst []byte, f float32) []byte { return appendFloat(dst, float64(f), 32) }

func appendFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "INF"...)
	case math.IsInf(f, -1):
		return append(dst, "-INF"...)
	}
	var buf [32]byte
	b := strconv.AppendFloat(buf[:0], f, 'E', -1, bits) // [-]d[.ddd]E±dd
	i := 0
	for b[i] != 'E' {
		i++
	}
	dst = append(dst, b[:i]...)
	if i <= 2 { // no point: d or -d
		dst = append(dst, '.', '0')
	}
	dst = append(dst, 'E')
	i++
	if b[i] == '-' {
		dst = append(dst, '-')
	}
	i++
	for i < len(b)-1 && b[i] == '0' {
		i++
	}
	return append(dst, b[i:]...)
}

// RoundFloat rounds to a whole number as fn:round does: from the middle towards positive infinity. NaN, infinities and the
// sign of zero stay.
func RoundFloat(f float64) float64 {
	if math.IsNaN(f) || math.Abs(f) >= 1<<52 || f == 0 {
		return f
	}
	if f < 0 && f >= -0.5 {
		return math.Copysign(0, -1)
	}
	floor := math.Floor(f)
	if f-floor >= 0.5 {
		return floor + 1
	}
	return floor
}
