package expr

import (
	"math"
	"math/bits"

	"triplestore/rdf/xsd"
)

type arithOp uint8

const (
	opAdd arithOp = iota
	opSub
	opMul
	opDiv
)

// arithNode is one of + - * /.
type arithNode struct {
	op   arithOp
	a, b node
}

func (n *arithNode) eval(c *Context, row Row) (Value, error) {
	x, err := n.a.eval(c, row)
	if err != nil {
		return Value{}, err
	}
	y, err := n.b.eval(c, row)
	if err != nil {
		return Value{}, err
	}
	return arith(n.op, &x, &y)
}

func arith(op arithOp, a, b *Value) (Value, error) {
	if a.kind == kInteger && b.kind == kInteger && a.big == nil && b.big == nil {
		if v, ok := smallIntegers(op, a.n, b.n); ok {
			return v, nil
		}
	}
	switch {
	case a.isNumeric() && b.isNumeric():
		if a.kind <= kDecimal && b.kind <= kDecimal {
			return decimals(op, a, b)
		}
		return floats(op, a, b)
	case a.isDuration() || b.isDuration() || a.isTemporal():
		return durations(op, a, b)
	}
	return Value{}, ErrExpr
}

// smallIntegers is arithmetic where nothing overflows.
func smallIntegers(op arithOp, x, y int64) (Value, bool) {
	switch op {
	case opAdd:
		if s := x + y; (s > x) == (y > 0) {
			return Integer(s), true
		}
	case opSub:
		if s := x - y; (s < x) == (y > 0) {
			return Integer(s), true
		}
	case opMul:
		if hi, lo := bits.Mul64(magnitude(x), magnitude(y)); hi == 0 && lo <= math.MaxInt64 {
			if (x < 0) != (y < 0) {
				return Integer(-int64(lo)), true
			}
			return Integer(int64(lo)), true
		}
	case opDiv:
		if y != 0 && x%y == 0 && (x != math.MinInt64 || y != -1) {
			return Value{kind: kDecimal, sub: xsd.DecimalType, n: x / y}, true
		}
	}
	return Value{}, false
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func decimals(op arithOp, a, b *Value) (Value, error) {
	x, y := a.decimal(), b.decimal()
	var r xsd.Decimal
	var ok bool
	switch op {
	case opAdd:
		r, ok = x.Add(y)
	case opSub:
		r, ok = x.Sub(y)
	case opMul:
		r, ok = x.Mul(y)
	default:
		if r, ok = x.Quo(y); ok {
			return Decimal(r), nil
		}
	}
	if !ok {
		return Value{}, ErrExpr
	}
	if a.kind == kInteger && b.kind == kInteger {
		return integer(r), nil
	}
	return Decimal(r), nil
}

func floats(op arithOp, a, b *Value) (Value, error) {
	x, y := a.toFloat(), b.toFloat()
	single := a.kind != kDouble && b.kind != kDouble
	if single {
		x, y = float64(float32(x)), float64(float32(y))
	}
	var r float64
	switch op {
	case opAdd:
		r = x + y
	case opSub:
		r = x - y
	case opMul:
		r = x * y
	default:
		r = x / y
	}
	if single {
		// Rounding to 53 bits and then to 24 gives the same as rounding once, for these four operations.
		return Float(float32(r)), nil
	}
	return Double(r), nil
}

// durations is the arithmetic of dates, times and durations (https://www.w3.org/TR/xpath-functions-31/#dates-times), which
// SPARQL leaves to extensions.
func durations(op arithOp, a, b *Value) (Value, error) {
	switch {
	case a.isTemporal() && b.isDuration() && op <= opSub:
		return addDuration(a, b, op == opSub)
	case a.isDuration() && b.isTemporal() && op == opAdd:
		return addDuration(b, a, false)
	case a.isTemporal() && a.kind == b.kind && op == opSub && a.kind <= kTime:
		return duration(a.dateTime().Sub(b.dateTime()), xsd.DayTimeDuration), nil
	case a.isDuration() && b.isDuration() && op <= opSub:
		d := b.duration()
		if op == opSub {
			d = d.Neg()
		}
		sum, ok := a.duration().Add(d)
		if !ok {
			return Value{}, ErrExpr
		}
		if a.kind == b.kind {
			return duration(sum, a.sub), nil
		}
		return duration(sum, xsd.Duration), nil
	case a.isDuration() && b.isDuration() && op == opDiv && a.kind == b.kind && a.kind != kDuration:
		return divideDurations(a, b)
	case a.isDuration() && b.isNumeric() && op >= opMul:
		f := b.toFloat()
		if op == opDiv {
			f = 1 / f
		}
		return scaleDuration(a, f)
	case a.isNumeric() && b.isDuration() && op == opMul:
		return scaleDuration(b, a.toFloat())
	}
	return Value{}, ErrExpr
}

func divideDurations(a, b *Value) (Value, error) {
	x, y := xsd.NewInteger(a.months), xsd.NewInteger(b.months)
	if a.kind == kDayTimeDuration {
		var ok bool
		if x, ok = xsd.NewInteger(a.n).Add(xsd.NewDecimal(int64(a.scale), 9)); !ok {
			return Value{}, ErrExpr
		}
		if y, ok = xsd.NewInteger(b.n).Add(xsd.NewDecimal(int64(b.scale), 9)); !ok {
			return Value{}, ErrExpr
		}
	}
	q, ok := x.Quo(y)
	if !ok {
		return Value{}, ErrExpr
	}
	return Decimal(q), nil
}

func scaleDuration(d *Value, f float64) (Value, error) {
	r, ok := d.duration().Scale(f)
	if !ok {
		return Value{}, ErrExpr
	}
	return duration(r, d.sub), nil
}

func addDuration(t, d *Value, negative bool) (Value, error) {
	u := d.duration()
	if negative {
		u = u.Neg()
	}
	typ := t.sub
	switch t.kind {
	case kDateTime:
		typ = xsd.DateTime
	case kDate:
	case kTime:
		if u.Months != 0 {
			return Value{}, ErrExpr
		}
	case kYear, kYearMonth:
		if u.Seconds != 0 || u.Nanos != 0 || u.Rest != "" || t.kind == kYear && u.Months%12 != 0 {
			return Value{}, ErrExpr
		}
	default:
		return Value{}, ErrExpr
	}
	sum, ok := t.dateTime().AddDuration(u)
	if !ok {
		return Value{}, ErrExpr
	}
	if t.kind == kTime || t.kind == kDate {
		f := sum.Fields()
		if t.kind == kTime {
			f.Year, f.Month, f.Day = 1972, 1, 1
		} else {
			f.Hour, f.Minute, f.Second, f.Nanos, f.Rest = 0, 0, 0, 0, ""
		}
		sum = f.At(sum.Zone)
	}
	return temporal(sum, typ), nil
}

func negate(_ *Context, v Value) (Value, error) {
	switch {
	case v.kind == kInteger:
		return integer(v.decimal().Neg()), nil
	case v.kind == kDecimal:
		return Decimal(v.decimal().Neg()), nil
	case v.kind == kFloat:
		return Float(float32(-v.float())), nil
	case v.kind == kDouble:
		return Double(-v.float()), nil
	case v.isDuration():
		return duration(v.duration().Neg(), v.sub), nil
	}
	return Value{}, ErrExpr
}

func plus(_ *Context, v Value) (Value, error) {
	if v.isNumeric() {
		return v, nil
	}
	return Value{}, ErrExpr
}

// rounder is ABS, ROUND, CEIL or FLOOR.
func rounder(exact func(xsd.Decimal) xsd.Decimal, float func(float64) float64) func(*Context, Value) (Value, error) {
	return func(_ *Context, v Value) (Value, error) {
		switch v.kind {
		case kInteger:
			return integer(exact(v.decimal())), nil
		case kDecimal:
			return Decimal(exact(v.decimal())), nil
		case kFloat:
			return Float(float32(float(v.float()))), nil
		case kDouble:
			return Double(float(v.float())), nil
		}
		return Value{}, ErrExpr
	}
}
