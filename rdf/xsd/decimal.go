package xsd

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
)

// MaxDigits is how many digits a decimal or an integer may have, before and after the point together. It bounds the work that
// one operation can be made to do.
const MaxDigits = 4096

// quoDigits is the number of digits after the point that a division yields at least, if it does not come out even before.
const quoDigits = 18

// Decimal is a value of xsd:decimal or, without a fraction, of xsd:integer: unscaled × 10^-scale. The zero Decimal is 0.
type Decimal struct {
	n     int64
	scale int32
	big   *big.Int // where not nil, the unscaled value in place of n
}

var pow10 = func() (p [19]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 10 * p[i-1]
	}
	return
}()

// NewInteger makes a whole number.
func NewInteger(n int64) Decimal { return Decimal{n: n} }

// NewDecimal makes unscaled × 10^-scale; scale is 0 to MaxDigits.
func NewDecimal(unscaled int64, scale int) Decimal { return Decimal{n: unscaled, scale: int32(scale)} }

// MakeDecimal puts together what Parts took apart.
func MakeDecimal(unscaled int64, scale int32, large *big.Int) Decimal {
	return Decimal{n: unscaled, scale: scale, big: large}
}

// Parts takes a decimal apart. Where large is not nil, it is the unscaled value; it must not be changed.
func (d Decimal) Parts() (unscaled int64, scale int32, large *big.Int) { return d.n, d.scale, d.big }

func fromBig(b *big.Int, scale int32) (Decimal, bool) {
	if b.IsInt64() {
		return Decimal{n: b.Int64(), scale: scale}, true
	}
	// 3.33 bits make a digit; the exact count does not matter here.
	if b.BitLen() > MaxDigits*10/3 {
		return Decimal{}, false
	}
	return Decimal{scale: scale, big: b}, true
}

// ParseDecimal reads the lexical form of xsd:decimal: no exponent, a sign and a point are optional.
func ParseDecimal(s string) (Decimal, bool) { return parseDecimal(s, true) }

// ParseInteger reads the lexical form of xsd:integer.
func ParseInteger(s string) (Decimal, bool) { return parseDecimal(s, false) }

func parseDecimal(s string, point bool) (Decimal, bool) {
	digits := s
	neg := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		digits = s[1:]
	}
	var v uint64
	seen, scale, at, significant := 0, 0, -1, 0
	for i := 0; i < len(digits); i++ {
		c := digits[i]
		if c == '.' && at < 0 && point {
			at = i
			continue
		}
		if c -= '0'; c > 9 {
			return Decimal{}, false
		}
		seen++
		if at >= 0 {
			scale++
		}
		if significant > 0 || c != 0 {
			significant++
		}
		if significant <= 18 {
			v = v*10 + uint64(c)
		}
	}
	if seen == 0 || scale > MaxDigits || significant > MaxDigits {
		return Decimal{}, false
	}
	if significant <= 18 {
		n := int64(v)
		if neg {
			n = -n
		}
		return Decimal{n: n, scale: int32(scale)}, true
	}
	if at >= 0 {
		digits = digits[:at] + digits[at+1:]
	}
	b, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return Decimal{}, false
	}
	if neg {
		b.Neg(b)
	}
	return fromBig(b, int32(scale))
}

func bigPow10(n int32) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

func (d Decimal) unscaled() *big.Int {
	if d.big != nil {
		return d.big
	}
	return big.NewInt(d.n)
}

// rescaled is the unscaled value at a scale that is not smaller than d's.
func (d Decimal) rescaled(scale int32) *big.Int {
	if d.scale == scale {
		return d.unscaled()
	}
	return new(big.Int).Mul(d.unscaled(), bigPow10(scale-d.scale))
}

// scaleUp multiplies by a power of ten, unless that overflows.
func scaleUp(n int64, by int32) (int64, bool) {
	if n == 0 {
		return 0, true
	}
	if by > 18 {
		return 0, false
	}
	hi, lo := bits.Mul64(abs64(n), uint64(pow10[by]))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if n < 0 {
		return -int64(lo), true
	}
	return int64(lo), true
}

func abs64(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// align brings two small decimals to one scale.
func align(a, b Decimal) (x, y int64, scale int32, ok bool) {
	if a.big != nil || b.big != nil {
		return 0, 0, 0, false
	}
	x, y, scale, ok = a.n, b.n, a.scale, true
	if a.scale < b.scale {
		scale = b.scale
		x, ok = scaleUp(a.n, b.scale-a.scale)
	} else if b.scale < a.scale {
		y, ok = scaleUp(b.n, a.scale-b.scale)
	}
	return
}

// Add is a + b; ok is false beyond MaxDigits.
func (d Decimal) Add(e Decimal) (sum Decimal, ok bool) {
	if x, y, scale, ok := align(d, e); ok {
		if s := x + y; (s > x) == (y > 0) {
			return Decimal{n: s, scale: scale}, true
		}
	}
	scale := max(d.scale, e.scale)
	return fromBig(new(big.Int).Add(d.rescaled(scale), e.rescaled(scale)), scale)
}

// Sub is a - b; ok is false beyond MaxDigits.
func (d Decimal) Sub(e Decimal) (difference Decimal, ok bool) { return d.Add(e.Neg()) }

// Neg is -d.
func (d Decimal) Neg() Decimal {
	if d.big == nil && d.n != math.MinInt64 {
		d.n = -d.n
		return d
	}
	r, _ := fromBig(new(big.Int).Neg(d.unscaled()), d.scale)
	return r
}

// Abs is |d|.
func (d Decimal) Abs() Decimal {
	if d.Sign() < 0 {
		return d.Neg()
	}
	return d
}

// Mul is a × b; ok is false beyond MaxDigits.
func (d Decimal) Mul(e Decimal) (product Decimal, ok bool) {
	scale := d.scale + e.scale
	if d.big == nil && e.big == nil {
		hi, lo := bits.Mul64(abs64(d.n), abs64(e.n))
		if hi == 0 && lo <= math.MaxInt64 {
			n := int64(lo)
			if (d.n < 0) != (e.n < 0) {
				n = -n
			}
			return Decimal{n: n, scale: scale}.bounded()
		}
	}
	r, ok := fromBig(new(big.Int).Mul(d.unscaled(), e.unscaled()), scale)
	if !ok {
		return r, false
	}
	return r.bounded()
}

// bounded drops zeros at the end of a long fraction and checks that the rest is within MaxDigits.
func (d Decimal) bounded() (Decimal, bool) {
	if d.scale <= quoDigits {
		return d, true
	}
	d = d.trim()
	return d, d.scale <= MaxDigits
}

// trim drops the zeros at the end of the fraction.
func (d Decimal) trim() Decimal {
	if d.big != nil {
		q, r, ten := new(big.Int), new(big.Int), big.NewInt(10)
		b := d.big
		for d.scale > 0 {
			if q.QuoRem(b, ten, r); r.Sign() != 0 {
				break
			}
			b = new(big.Int).Set(q)
			d.scale--
		}
		r2, _ := fromBig(b, d.scale)
		return r2
	}
	for d.scale > 0 && d.n%10 == 0 {
		if d.n == 0 {
			return Decimal{}
		}
		d.n /= 10
		d.scale--
	}
	return d
}

// Quo is a ÷ b as a decimal: exact where it comes out even within 18 digits after the point, else rounded half to even at 18
// (or at the longer fraction of the operands). ok is false for b = 0.
func (d Decimal) Quo(e Decimal) (quotient Decimal, ok bool) {
	if e.Sign() == 0 {
		return Decimal{}, false
	}
	if d.big == nil && e.big == nil && d.n != math.MinInt64 {
		if x, y, _, ok := align(d, e); ok && y != 0 && x%y == 0 && (x != math.MinInt64 || y != -1) {
			return Decimal{n: x / y}, true
		}
	}
	scale := max(quoDigits, d.scale, e.scale)
	num := new(big.Int).Mul(d.unscaled(), bigPow10(scale-d.scale+e.scale))
	den := e.unscaled()
	r, ok := fromBig(divHalfEven(num, den), scale)
	if !ok {
		return r, false
	}
	return r.trim(), true
}

func divHalfEven(num, den *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(num, den, new(big.Int))
	r.Abs(r).Lsh(r, 1)
	if c := r.CmpAbs(den); c > 0 || c == 0 && q.Bit(0) == 1 {
		if num.Sign() == den.Sign() {
			q.Add(q, big.NewInt(1))
		} else {
			q.Sub(q, big.NewInt(1))
		}
	}
	return q
}

// QuoInteger is a div b of two numbers cut to a whole number (XPath idiv). ok is false for b = 0.
func (d Decimal) QuoInteger(e Decimal) (quotient Decimal, ok bool) {
	if e.Sign() == 0 {
		return Decimal{}, false
	}
	if x, y, _, ok := align(d, e); ok && (x != math.MinInt64 || y != -1) {
		return Decimal{n: x / y}, true
	}
	scale := max(d.scale, e.scale)
	return fromBig(new(big.Int).Quo(d.rescaled(scale), e.rescaled(scale)), 0)
}

// Cmp compares by value.
func (d Decimal) Cmp(e Decimal) int {
	if x, y, _, ok := align(d, e); ok {
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	if s, t := d.Sign(), e.Sign(); s != t {
		if s < t {
			return -1
		}
		return 1
	}
	scale := max(d.scale, e.scale)
	return d.rescaled(scale).Cmp(e.rescaled(scale))
}

// Sign is -1, 0 or 1.
func (d Decimal) Sign() int {
	if d.big != nil {
		return d.big.Sign()
	}
	switch {
	case d.n < 0:
		return -1
	case d.n > 0:
		return 1
	}
	return 0
}

// Rounding says where a number goes that lies between two whole ones.
type Rounding uint8

// The roundings of fn:round, fn:floor, fn:ceiling and of casts.
const (
	HalfUp   Rounding = iota // to the nearer; from the middle towards positive infinity
	Floor                    // towards negative infinity
	Ceiling                  // towards positive infinity
	Truncate                 // towards zero
)

// Round gives a whole number.
func (d Decimal) Round(mode Rounding) Decimal {
	if d.scale == 0 {
		return d
	}
	den := bigPow10(d.scale)
	q, r := new(big.Int).DivMod(d.unscaled(), den, new(big.Int)) // r >= 0: q is the floor
	up := false
	switch mode {
	case HalfUp:
		up = r.Lsh(r, 1).Cmp(den) >= 0
	case Ceiling:
		up = r.Sign() != 0
	case Truncate:
		up = r.Sign() != 0 && d.Sign() < 0
	}
	if up {
		q.Add(q, big.NewInt(1))
	}
	v, _ := fromBig(q, 0)
	return v
}

// IsInteger reports whether d has no fraction, whatever its form.
func (d Decimal) IsInteger() bool { return d.scale == 0 || d.trim().scale == 0 }

// Int64 gives a whole number that fits.
func (d Decimal) Int64() (int64, bool) {
	if d.scale != 0 {
		d = d.trim()
	}
	return d.n, d.scale == 0 && d.big == nil
}

// Float64 is the nearest float64; infinite where there is none.
func (d Decimal) Float64() float64 {
	if d.big == nil && d.scale <= 22 && abs64(d.n) < 1<<53 {
		// Both operands are exact, so that the quotient is rounded once.
		return float64(d.n) / pow10Float[d.scale]
	}
	var buf [64]byte
	f, _ := strconv.ParseFloat(string(d.Append(buf[:0])), 64)
	return f
}

var pow10Float = func() (p [23]float64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 10 * p[i-1]
	}
	return
}()

// DecimalFromFloat is the decimal with the shortest form that reads back as f; ok is false for NaN and the infinities.
func DecimalFromFloat(f float64) (Decimal, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Decimal{}, false
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return Decimal{n: int64(f)}, true
	}
	var buf [400]byte
	return ParseDecimal(string(strconv.AppendFloat(buf[:0], f, 'f', -1, 64)))
}

// Append appends the canonical form: no point in a whole number, no needless zeros, "-" only where d < 0
// (https://www.w3.org/TR/xmlschema11-2/#f-decimalCanmap).
func (d Decimal) Append(dst []byte) []byte {
	d = d.trim()
	var buf [24]byte
	var digits []byte
	neg := d.Sign() < 0
	if d.big != nil {
		digits = d.big.Append(nil, 10)
		if neg {
			digits = digits[1:]
		}
	} else {
		digits = strconv.AppendUint(buf[:0], abs64(d.n), 10)
	}
	if neg {
		dst = append(dst, '-')
	}
	if d.scale == 0 {
		return append(dst, digits...)
	}
	whole := len(digits) - int(d.scale)
	if whole <= 0 {
		dst = append(dst, '0', '.')
		for ; whole < 0; whole++ {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	dst = append(dst, digits[:whole]...)
	dst = append(dst, '.')
	return append(dst, digits[whole:]...)
}

// String is the canonical form.
func (d Decimal) String() string {
	var buf [32]byte
	return string(d.Append(buf[:0]))
}
