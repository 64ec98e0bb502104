package expr

import (
	"math"

	"triplestore/rdf"
	"triplestore/rdf/xsd"
)

// castNode is a constructor function (https://www.w3.org/TR/sparql12-query/#FunctionMapping).
type castNode struct {
	typ xsd.Type
	a   node
}

func (n *castNode) eval(c *Context, row Row) (Value, error) {
	v, err := n.a.eval(c, row)
	if err != nil {
		return Value{}, err
	}
	return cast(&v, n.typ)
}

// castable lists the types that have a constructor function here: those of SPARQL, and the further types that expressions
// know.
func castable(t xsd.Type) bool {
	return t == xsd.StringType || t.Primitive() != xsd.StringType && t != xsd.HexBinary && t != xsd.Base64Binary && t != xsd.AnyURI
}

func cast(v *Value, t xsd.Type) (Value, error) {
	switch {
	case t == xsd.StringType:
		switch {
		case v.kind == kString:
			return *v, nil
		case v.kind == kIRI, v.kind >= kBoolean:
			return String(v.stringForm()), nil
		}
		return Value{}, ErrExpr
	case v.kind == kString:
		// The lexical form decides; a decoded term is what we want if it is not ill-typed.
		r := FromTerm(rdf.Literal(xsd.Trim(v.term.Value()), t.IRI()))
		if r.kind == kIll || r.kind == kOther {
			return Value{}, ErrExpr
		}
		return r.canonical(), nil
	case v.kind >= kBoolean && v.kind < kOther && v.sub == t:
		return v.canonical(), nil
	}
	switch t.Primitive() {
	case xsd.Boolean:
		return castBoolean(v)
	case xsd.Integer, xsd.DecimalType:
		d, ok := toDecimal(v)
		if !ok {
			return Value{}, ErrExpr
		}
		if t == xsd.DecimalType {
			return Decimal(d), nil
		}
		d = d.Round(xsd.Truncate)
		if !t.InRange(d) {
			return Value{}, ErrExpr
		}
		r := integer(d)
		r.sub = t
		return r, nil
	case xsd.Float, xsd.Double:
		var f float64
		switch {
		case v.kind == kBoolean:
			f = float64(v.n)
		case v.isNumeric():
			f = v.toFloat()
		default:
			return Value{}, ErrExpr
		}
		if t == xsd.Float {
			return Float(float32(f)), nil
		}
		return Double(f), nil
	case xsd.Duration:
		if !v.isDuration() {
			return Value{}, ErrExpr
		}
		d := v.duration()
		switch t {
		case xsd.YearMonthDuration:
			d.Seconds, d.Nanos, d.Rest = 0, 0, ""
		case xsd.DayTimeDuration:
			d.Months = 0
		}
		return duration(d, t), nil
	}
	return castTemporal(v, t)
}

// canonical is v without the lexical form that it was read from: a cast gives a value. Dates and durations keep theirs, which
// may have more digits than the value.
func (v Value) canonical() Value {
	if v.kind == kBoolean || v.isNumeric() {
		v.term = rdf.Term{}
	}
	return v
}

// stringForm is what a cast to string gives (https://www.w3.org/TR/xpath-functions-31/#casting-to-string): the canonical form
// for booleans and numbers, though floats without an exponent where they are neither small nor large; the lexical form of
// others.
func (v *Value) stringForm() string {
	if v.kind != kFloat && v.kind != kDouble {
		return v.canonical().lexical()
	}
	f := math.Abs(v.float())
	if f == 0 && math.Signbit(v.float()) {
		return "-0"
	}
	if f == 0 || f >= 1e-6 && f < 1e6 {
		if d, ok := toDecimal(v); ok {
			return d.String()
		}
	}
	return v.canonical().lexical()
}

func castBoolean(v *Value) (Value, error) {
	if !v.isNumeric() {
		return Value{}, ErrExpr
	}
	b, err := EBV(*v)
	return boolValue(b, err)
}

func toDecimal(v *Value) (xsd.Decimal, bool) {
	switch v.kind {
	case kBoolean:
		return xsd.NewInteger(v.n), true
	case kInteger, kDecimal:
		return v.decimal(), true
	case kFloat:
		f := v.float()
		if math.Abs(f) >= 1<<24 || f == math.Trunc(f) {
			return xsd.DecimalFromFloat(f)
		}
		var buf [32]byte
		if g, ok := xsd.ParseDouble(string(xsd.AppendFloat(buf[:0], float32(f)))); ok {
			return xsd.DecimalFromFloat(g) // the shortest form of the float, not of the double of the same value
		}
	case kDouble:
		return xsd.DecimalFromFloat(v.float())
	}
	return xsd.Decimal{}, false
}

// castTemporal keeps of a date and time what the target has (https://www.w3.org/TR/xpath-functions-31/#casting-to-datetimes).
func castTemporal(v *Value, t xsd.Type) (Value, error) {
	if !v.isTemporal() {
		return Value{}, ErrExpr
	}
	f := v.dateTime().Fields()
	switch t {
	case xsd.DateTime, xsd.DateTimeStamp:
		if v.kind != kDateTime && v.kind != kDate || t == xsd.DateTimeStamp && v.zone == xsd.NoZone {
			return Value{}, ErrExpr
		}
		return temporal(v.dateTime(), t), nil
	case xsd.Time:
		if v.kind != kDateTime {
			return Value{}, ErrExpr
		}
		f.Year, f.Month, f.Day = 1972, 1, 1
		return temporal(f.At(v.zone), t), nil
	}
	if v.kind != kDateTime && v.kind != kDate {
		return Value{}, ErrExpr
	}
	f.Hour, f.Minute, f.Second, f.Nanos, f.Rest = 0, 0, 0, 0, ""
	switch t {
	case xsd.Date:
	case xsd.GYear:
		f.Month, f.Day = 1, 1
	case xsd.GYearMonth:
		f.Day = 1
	case xsd.GMonth:
		f.Year, f.Day = 1972, 1
	case xsd.GMonthDay:
		f.Year = 1972
	case xsd.GDay:
		f.Year, f.Month = 1972, 1
	default:
		return Value{}, ErrExpr
	}
	return temporal(f.At(v.zone), t), nil
}
