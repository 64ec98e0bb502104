package store

import (
	"math"
	"strconv"
)

// parseInteger reads a canonical integer of at most 18 digits.
func parseInteger(s string) (int64, bool) {
	digits := s
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 18 || digits[0] == '0' && len(s) > 1 {
		return 0, false
	}
	var v int64
	for i := 0; i < len(digits); i++ {
		c := digits[i] - '0'
		if c > 9 {
			return 0, false
		}
		v = v*10 + int64(c)
	}
	if len(digits) != len(s) {
		v = -v
	}
	return v, true
}

// parseDecimal reads a decimal with a point, at least one digit on both sides and no needless zero into fixed point.
// The canonical form of XSD 1.1 has no point in whole numbers, but data has, and a term must come back as it was written.
func parseDecimal(s string) (int64, bool) {
	digits := s
	if digits[0] == '-' {
		digits = digits[1:]
	}
	point := -1
	var v int64
	for i := 0; i < len(digits); i++ {
		c := digits[i]
		if c == '.' && point < 0 {
			point = i
			continue
		}
		if c -= '0'; c > 9 || i > 18 {
			return 0, false
		}
		v = v*10 + int64(c)
	}
	fraction := len(digits) - 1 - point
	switch {
	case point < 1 || point > 10 || fraction < 1 || fraction > DecimalScale:
		return 0, false
	case digits[0] == '0' && point > 1, digits[len(digits)-1] == '0' && fraction > 1:
		return 0, false
	}
	for ; fraction < DecimalScale; fraction++ {
		v *= 10
	}
	if len(digits) != len(s) {
		if v == 0 {
			return 0, false
		}
		v = -v
	}
	return v, v >= -intBias && v < intBias
}

func appendDecimal(b []byte, v int64) []byte {
	u := uint64(v)
	if v < 0 {
		b = append(b, '-')
		u = -u
	}
	b = strconv.AppendUint(b, u/pow10Scale, 10)
	b = append(b, '.')
	b = appendPadded(b, int(u%pow10Scale), DecimalScale)
	for b[len(b)-1] == '0' && b[len(b)-2] != '.' {
		b = b[:len(b)-1]
	}
	return b
}

// appendPadded appends v with leading zeros up to width digits.
func appendPadded(b []byte, v, width int) []byte {
	for range width {
		b = append(b, '0')
	}
	for i := len(b) - 1; v > 0; i-- {
		b[i] = byte('0' + v%10)
		v /= 10
	}
	return b
}

func inlineDouble(s string) (ID, bool) {
	switch s {
	case "INF":
		return InlineDouble(math.Inf(1))
	case "-INF":
		return InlineDouble(math.Inf(-1))
	case "NaN":
		return InlineDouble(math.NaN())
	}
	// Only [-]d.d+E[-]d+ can be canonical; ParseFloat, which takes more and allocates its errors, sees nothing else.
	i := 0
	if s[0] == '-' {
		i = 1
	}
	if len(s) < i+5 || s[i]-'0' > 9 || s[i+1] != '.' {
		return NoID, false
	}
	i += 2
	start := i
	for i < len(s) && s[i]-'0' <= 9 {
		i++
	}
	if i == start || i == len(s) || s[i] != 'E' {
		return NoID, false
	}
	if i++; i < len(s) && s[i] == '-' {
		i++
	}
	if i == len(s) || len(s)-i > 3 {
		return NoID, false
	}
	for j := i; j < len(s); j++ {
		if s[j]-'0' > 9 {
			return NoID, false
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return NoID, false
	}
	id, ok := InlineDouble(f)
	if !ok {
		return NoID, false
	}
	var a [32]byte
	if string(appendDouble(a[:0], f)) != s {
		return NoID, false
	}
	return id, true
}

// appendDouble writes the canonical form: https://www.w3.org/TR/xmlschema11-2/#f-doubleCanmap.
func appendDouble(b []byte, f float64) []byte {
	switch {
	case f != f:
		return append(b, "NaN"...)
	case math.IsInf(f, 1):
		return append(b, "INF"...)
	case math.IsInf(f, -1):
		return append(b, "-INF"...)
	}
	var a [32]byte
	s := strconv.AppendFloat(a[:0], f, 'E', -1, 64) // -d.ddddE±dd
	e := 0
	for s[e] != 'E' {
		e++
	}
	mantissa, exponent := s[:e], s[e+1:]
	b = append(b, mantissa...)
	if len(mantissa) <= 2 {
		b = append(b, '.', '0')
	}
	b = append(b, 'E')
	if exponent[0] == '-' {
		b = append(b, '-')
	}
	exponent = exponent[1:]
	for len(exponent) > 1 && exponent[0] == '0' {
		exponent = exponent[1:]
	}
	return append(b, exponent...)
}
