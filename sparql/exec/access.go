package exec

import (
	"slices"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// env are the values that are constant for as long as an operator lives.
type env struct {
	params []store.ID // by slot; nil outside correlated patterns
	graph  store.ID   // of the enclosing loop over graphs
	input  *batch     // of the enclosing Apply
	// tables are those of hash joins whose right side depends on nothing but params and graph; nil outside Apply.
	tables map[*optimizer.HashJoin]*joinTable
	few    bool // few rows may be wanted, see growing
	top    *topBound
	effort *effort // counts what is done; nil outside of firstRows
}

func (e *env) resolve(r optimizer.Ref) (store.ID, bool) {
	switch r.Kind {
	case optimizer.RefConst:
		return r.ID, true
	case optimizer.RefParam:
		return e.params[r.Slot], true
	}
	return 0, false
}

// access is a pattern in an order: what to ask of a cursor and what to check in its rows.
type access struct {
	order  store.Order
	prefix []store.ID // constants at the front of the key
	none   bool       // a constant is nowhere in the store: no rows

	columns store.ColumnSet
	// slots of the columns, or -1.
	slots [4]int
	// outs are the columns that bind a slot: the first of each variable.
	outs []int
	// consts are columns after the prefix that must equal a constant; same are pairs of columns that must be equal.
	consts []constCheck
	same   [][2]int

	graphs     []store.ID // sorted set that the graph must be in; nil for no such check
	notDefault bool
	merge      bool
	graphCol   int

	room struct { // what prefix and outs are at first
		prefix [4]store.ID
		outs   [4]int
	}
}

type constCheck struct {
	col int
	id  store.ID
}

// newAccess resolves a pattern. The first consts columns of the order hold constants, which become the prefix.
func newAccess(p *optimizer.Pattern, order store.Order, consts int, e *env) *access {
	a := &access{order: order, slots: [4]int{-1, -1, -1, -1}}
	g := p.Graph
	a.prefix, a.outs = a.room.prefix[:0], a.room.outs[:0]
	for col, pos := range order.Positions() {
		if pos == store.G {
			a.graphCol = col
			switch g.Mode {
			case optimizer.GraphNamed:
				a.notDefault = true
			case optimizer.GraphSet:
				a.graphs = g.IDs
			case optimizer.GraphParam:
				a.graphs = []store.ID{e.graph}
			}
			if len(a.graphs) == 1 && col < consts {
				a.prefix = append(a.prefix, a.graphs[0])
				a.graphs = nil
			} else if a.graphs != nil || a.notDefault {
				a.columns |= 1 << col
			}
			if g.Var >= 0 {
				a.bind(col, g.Var)
			}
			continue
		}
		r := p.At(pos)
		if id, ok := e.resolve(r); ok {
			if id.Tag() == store.TagLocal || id == store.NoID {
				a.none = true
			}
			if col < consts {
				a.prefix = append(a.prefix, id)
			} else {
				a.consts = append(a.consts, constCheck{col, id})
				a.columns |= 1 << col
			}
			continue
		}
		a.bind(col, r.Slot)
	}
	if g.Mode == optimizer.GraphSet && len(g.IDs) == 0 {
		a.none = true
	}
	a.merge = g.Merge
	if a.merge { // rows of one triple are neighbours, since G is last; all columns tell triples apart
		a.columns = store.AllColumns
	}
	return a
}

func (a *access) bind(col, slot int) {
	if slot < 0 { // nobody reads it
		return
	}
	a.columns |= 1 << col
	a.slots[col] = slot
	for _, first := range a.outs {
		if a.slots[first] == slot {
			a.same = append(a.same, [2]int{first, col})
			return
		}
	}
	a.outs = append(a.outs, col)
}

// checked reports whether rows need a look.
func (a *access) checked() bool {
	return len(a.consts) > 0 || len(a.same) > 0 || a.graphs != nil || a.notDefault || a.merge
}

// row reports whether row i of a block passes. Under merge the caller compares neighbours by itself.
func (a *access) row(b *store.Block, i int) bool {
	for _, c := range a.consts {
		if b.Cols[c.col][i] != c.id {
			return false
		}
	}
	for _, s := range a.same {
		if b.Cols[s[0]][i] != b.Cols[s[1]][i] {
			return false
		}
	}
	if a.graphs != nil {
		g := b.Cols[a.graphCol][i]
		if len(a.graphs) == 1 {
			return g == a.graphs[0]
		}
		if _, ok := slices.BinarySearch(a.graphs, g); !ok {
			return false
		}
	}
	return !a.notDefault || b.Cols[a.graphCol][i] != store.DefaultGraph
}

// last is the triple of the row before, in the order's columns, for merge.
type lastTriple struct {
	row [3]store.ID
	set bool
}

// again reports whether row i is the same triple as the last one, and remembers it.
func (l *lastTriple) again(b *store.Block, i int) bool {
	r := [3]store.ID{b.Cols[0][i], b.Cols[1][i], b.Cols[2][i]}
	if l.set && r == l.row {
		return true
	}
	l.row, l.set = r, true
	return false
}
