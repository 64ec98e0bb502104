package exec

import (
	"triplestore/sparql/idexpr"
	"triplestore/store"
)

// byID evaluates an expression from the IDs of rows. The zero byID is ready for use.
type byID struct {
	machine idexpr.Machine
	in      idexpr.Input
	b       *batch
	rows    []int32
	env     *env
	cols    [][]store.ID // gathered, by slot
	unknown []int32
}

// eval gives the results in some rows of a batch, or in all where rows is nil. They hold until the next call.
func (x *byID) eval(p *idexpr.Program, b *batch, rows []int32, e *env) []store.ID {
	x.b, x.rows, x.env = b, rows, e
	if x.in.Column == nil {
		x.in.Column = x.column
	}
	x.in.N = b.n
	if rows != nil {
		if len(rows) == b.n {
			x.rows = nil
		} else {
			x.in.N = len(rows)
		}
	}
	return x.machine.Eval(p, &x.in)
}

// whole is the column of a variable in all rows of a batch, until the next call.
func (x *byID) whole(slot int, b *batch, e *env) []store.ID {
	x.b, x.rows, x.env, x.in.N = b, nil, e, b.n
	return x.column(slot)
}

// column is the column of a variable, behind which are the parameters of a correlated pattern, see rowView.id.
func (x *byID) column(slot int) []store.ID {
	col := x.b.cols[slot]
	param := store.NoID
	if x.env.params != nil {
		param = x.env.params[slot]
	}
	if param == store.NoID && (col == nil || x.rows == nil) {
		return col
	}
	if x.cols == nil {
		x.cols = make([][]store.ID, len(x.b.cols))
	}
	switch {
	case col == nil:
		x.cols[slot] = resize(x.cols[slot], x.in.N)
		clear(x.cols[slot])
	case x.rows == nil:
		x.cols[slot] = append(x.cols[slot][:0], col[:x.in.N]...)
	default:
		x.cols[slot] = gather(x.cols[slot], col, x.rows)
	}
	out := x.cols[slot]
	if param != store.NoID {
		for i, id := range out {
			if id == store.NoID {
				out[i] = param
			}
		}
	}
	return out
}
