package expr

// A join by an equation needs keys that are the same wherever two values may be equal. Numbers make that hard: they are compared in the
// wider of their types, so that equality is not transitive, and 16777217 is equal to the xsd:float 16777216 but not to the integer. So
// there are two keys: the value as an xsd:double, which all numbers but those of xsd:float have, and the value as an xsd:float, which all
// have. Two numbers that are equal agree in the keys that both have: of two that are no xsd:float each is compared as a decimal or as a
// double, and decimals that are equal have one double; else both are compared as xsd:float or, with a double, are the same double, which
// has one xsd:float. See compareNumbers.

// equalKey is a key of a value that is the same for all that may be equal to it, unless it or the other is an xsd:float, for which there is
// none.
func equalKey(_ *Context, v Value) (Value, error) {
	switch {
	case v.kind == kNone || v.kind == kFloat:
		return Value{}, ErrExpr
	case v.isNumeric():
		return Double(v.toFloat() + 0), nil // of the two zeros, the positive one
	case v.isTemporal(): // of whatever zone
		return Integer(v.n), nil
	case v.isDuration():
		return Integer(v.months ^ v.n), nil
	case v.kind == kBoolean:
		return Boolean(v.n != 0), nil
	case v.kind == kTriple: // which may have numbers in it
		return Boolean(true), nil
	}
	return v, nil // equal to itself alone
}

// floatKey is a key of a value that is the same for all that may be equal to it. That of a number is its xsd:float; others have one
// together.
func floatKey(_ *Context, v Value) (Value, error) {
	switch {
	case v.kind == kNone:
		return Value{}, ErrExpr
	case v.isNumeric():
		return Double(float64(float32(v.toFloat())) + 0), nil
	}
	return Boolean(true), nil
}
