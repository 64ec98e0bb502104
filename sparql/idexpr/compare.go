package idexpr

import (
	"cmp"

	"triplestore/store"
)

// kind puts tags together that comparisons treat alike.
type kind uint8

const (
	none    kind = iota // no value, an error
	unknown             // what an ID does not tell: other datatypes, triple terms, terms that the query made
	resource
	text // xsd:string
	langText
	number
	boolean
	date
	dateTime
	year
)

var kinds = [16]kind{
	store.TagSpecial: none, store.TagBlankNode: resource, store.TagIRI: resource, store.TagString: text, store.TagLang: langText,
	store.TagTyped: unknown, store.TagTriple: unknown, store.TagInteger: number, store.TagDecimal: number, store.TagDouble: number,
	store.TagBoolean: boolean, store.TagDate: date, store.TagDateTime: dateTime, store.TagYear: year, store.TagDerived: number,
	store.TagLocal: unknown,
}

func kindOf(id store.ID) kind {
	if id == Unknown {
		return unknown
	}
	return kinds[id.Tag()]
}

// comparison is a bit for each outcome that it holds for.
type comparison uint8

const (
	less comparison = 1 << iota
	equal
	greater
)

func (c comparison) of(n int) store.ID {
	if c>>(n+1)&1 != 0 {
		return yes
	}
	return no
}

// order reports whether the operator is one of < <= > >=.
func (c comparison) order() bool { return c != equal && c != less|greater }

// unequal is the result for terms that are known to differ and have no order.
func (c comparison) unequal() store.ID {
	switch c {
	case equal:
		return no
	case less | greater:
		return yes
	}
	return store.NoID
}

// zonesApart are the milliseconds by which a time may be earlier or later than it would be in UTC.
const zonesApart = 14 * 3_600_000

// compare is a comparison of two terms (https://www.w3.org/TR/sparql12-query/#OperatorMapping).
func (c comparison) compare(a, b store.ID) store.ID {
	if t := a.Tag(); t == b.Tag() && (t == store.TagInteger || t == store.TagDecimal || t == store.TagBoolean) {
		return c.of(cmp.Compare(a, b))
	}
	x, y := kindOf(a), kindOf(b)
	switch {
	case x == none || y == none:
		// An error, whatever the other is.
		return store.NoID
	case x == unknown || y == unknown:
		return Unknown
	case x != y:
		return c.unequal()
	}
	switch x {
	case number:
		return c.numbers(a, b)
	case boolean:
		return c.of(cmp.Compare(a, b))
	case date, year:
		if (a^b)&1 != 0 && a>>1 == b>>1 { // one has a time zone, the other not: a day is longer than zones are apart
			return Unknown
		}
		return c.of(cmp.Compare(a, b))
	case dateTime:
		m, _, zoned := a.DateTime()
		n, _, alsoZoned := b.DateTime()
		if zoned != alsoZoned && max(m-n, n-m) <= zonesApart {
			return Unknown
		}
		return c.of(cmp.Compare(m, n))
	}
	switch {
	case c.order() && x == text:
		return Unknown
	case c.order():
		return store.NoID
	case a == b:
		return c.of(0)
	}
	return c.unequal()
}

// numbers compares two numbers, of which one at least is not an integer.
func (c comparison) numbers(a, b store.ID) store.ID {
	x, small := integer(a)
	y, alsoSmall := integer(b)
	switch {
	case small && alsoSmall:
		return c.of(cmp.Compare(x, y))
	case a.Tag() == store.TagDecimal && alsoSmall:
		return c.scaled(a, y, false)
	case b.Tag() == store.TagDecimal && small:
		return c.scaled(b, x, true)
	case a.Tag() == store.TagDecimal || b.Tag() == store.TagDecimal:
		return Unknown
	}
	f, g := float(a, x), float(b, y)
	switch {
	case f < g:
		return c.of(-1)
	case f > g:
		return c.of(1)
	case f == g:
		return c.of(0)
	case c == less|greater: // NaN
		return yes
	}
	return no
}

// scaled compares a decimal with an integer, the other way round if swapped.
func (c comparison) scaled(decimal store.ID, n int64, swapped bool) store.ID {
	const one = 100_000_000 // ten to the power of store.DecimalScale
	if n > 1<<32 || n < -1<<32 {
		return Unknown
	}
	d, _ := decimal.Decimal()
	if swapped {
		return c.of(cmp.Compare(n*one, d))
	}
	return c.of(cmp.Compare(d, n*one))
}

// integer is the value of an xsd:integer or of a datatype derived from it.
func integer(id store.ID) (n int64, ok bool) {
	switch id.Tag() {
	case store.TagInteger:
		return id.Integer(), true
	case store.TagDerived:
		_, n = id.Derived()
		return n, true
	}
	return 0, false
}

// float is the value of an xsd:double, or n.
func float(id store.ID, n int64) float64 {
	if id.Tag() == store.TagDouble {
		return id.Double()
	}
	return float64(n)
}

// truth is the effective boolean value (https://www.w3.org/TR/sparql12-query/#ebv).
func truth(id store.ID) store.ID {
	is := func(b bool) store.ID {
		if b {
			return yes
		}
		return no
	}
	switch id.Tag() {
	case store.TagBoolean:
		return id
	case store.TagInteger, store.TagDerived:
		n, _ := integer(id)
		return is(n != 0)
	case store.TagDecimal:
		n, _ := id.Decimal()
		return is(n != 0)
	case store.TagDouble:
		f := id.Double()
		return is(f != 0 && f == f)
	case store.TagString, store.TagTyped, store.TagTriple, store.TagLocal:
		return Unknown
	}
	if id == Unknown {
		return Unknown
	}
	return store.NoID
}
