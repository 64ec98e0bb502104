package exec

import (
	"triplestore/sparql/algebra"
	"triplestore/store"
)

// calendar computes YEAR, MONTH and DAY of dates and dateTimes from their IDs. It reports false where the expression or a value of the
// batch is something else.
func (x *extend) calendar(b *batch) bool {
	c, ok := x.node.Expr.Expr.(*algebra.Call)
	if !ok || len(c.Args) != 1 || len(x.node.Expr.Slots) != 1 || x.env.params != nil {
		return false
	}
	if c.Func != "YEAR" && c.Func != "MONTH" && c.Func != "DAY" {
		return false
	}
	if _, ok := c.Args[0].(*algebra.Var); !ok {
		return false
	}
	col := b.cols[x.node.Expr.Slots[0]]
	if col == nil {
		return false
	}
	for i, id := range col[:b.n] {
		var days int64
		switch id.Tag() {
		case store.TagDate:
			days, _ = id.Date()
		case store.TagDateTime:
			ms, offset, _ := id.DateTime()
			days = floorDiv(ms+int64(offset)*60_000, 86_400_000)
		default:
			return false
		}
		year, month, day := civil(days)
		n := year
		switch c.Func {
		case "MONTH":
			n = month
		case "DAY":
			n = day
		}
		x.col[i], _ = store.InlineInteger(n)
	}
	return true
}

// civil is the day of the proleptic Gregorian calendar that comes so many days after 0001-01-01. Years are counted from March in it, so
// that the leap day is the last of a year.
func civil(days int64) (year, month, day int64) {
	const era = 146_097 // days of 400 years
	z := days + 306     // since 0000-03-01
	n := floorDiv(z, era)
	d := z - n*era
	y := (d - d/1460 + d/36_524 - d/146_096) / 365
	d -= 365*y + y/4 - y/100
	m := (5*d + 2) / 153
	day = d - (153*m+2)/5 + 1
	year = y + n*400
	if month = m + 3; month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}
