package exec

import (
	"slices"

	"triplestore/sparql/expr"
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// topBound is what a sort with a limit tells those beneath it: rows whose first key is after that of the last row that is wanted so far need not
// be joined with more. Only keys whose IDs are in the order of their values count: numbers, dates and times.
type topBound struct {
	at    optimizer.Node // whose rows are looked at: the first of the plan that have the key
	slot  int
	desc  bool
	class uint64 // of the worst key, or 0 while there is none
	key   uint64
	by    *sorter // where the node is a scan that ends by it, see orderedScan
}

// rankOfID gives a number that orders the values of inline IDs of one class, where different numbers are different values. A class of 0 is
// none. What has a time zone is no class with what has none.
func rankOfID(id store.ID) (class, key uint64) {
	zone := func(z bool) uint64 {
		if z {
			return 1
		}
		return 0
	}
	switch tag := id.Tag(); tag {
	case store.TagInteger:
		return uint64(tag) << 1, uint64(id)
	case store.TagDecimal:
		return uint64(tag) << 1, uint64(id)
	case store.TagDate:
		days, utc := id.Date()
		return uint64(tag)<<1 | zone(utc), uint64(days + 1<<40)
	case store.TagDateTime:
		millis, _, zoned := id.DateTime()
		return uint64(tag)<<1 | zone(zoned), uint64(millis)
	}
	return 0, 0
}

// topOf finds what a sort can tell a node beneath it; nil where that would spare nothing.
func topOf(n *optimizer.Sort, e *env) *topBound {
	if n.Limit < 0 || len(n.Keys) == 0 || n.Keys[0].Slot < 0 || e.params != nil {
		return nil
	}
	slot := n.Keys[0].Slot
	if n.Until != nil {
		return &topBound{at: n.Until, slot: slot, desc: n.Keys[0].Desc}
	}
	at, spares, sparesAbove := n.In, false, false
	for x := n.In; x != nil && x.P().Certain.Has(slot); {
		at, sparesAbove = x, spares
		switch y := x.(type) {
		case *optimizer.Lookup:
			x, spares = y.In, true
		case *optimizer.HashJoin:
			x, spares = y.L, true
		case *optimizer.Apply:
			x, spares = y.In, true
		case *optimizer.Path:
			x, spares = y.In, true
		case *optimizer.Filter:
			x, spares = y.In, true
		case *optimizer.Extend:
			if x = y.In; y.Slot == slot {
				x = nil
			}
		case *optimizer.ExtendRows:
			if x = y.In; slices.Contains(y.Slots, slot) {
				x = nil
			}
		case *optimizer.Project:
			x = y.In
		default:
			x = nil
		}
	}
	if !sparesAbove {
		return nil
	}
	return &topBound{at: at, slot: slot, desc: n.Keys[0].Desc}
}

// set takes the first key of the last row that is wanted.
func (t *topBound) set(id store.ID) { t.class, t.key = rankOfID(id) }

// late reports whether the row of a value, and all after it in an order of values, come after the last row that is wanted. Of values that are in
// no order only those of other classes can.
func (t *topBound) late(v *expr.Value, sorted bool) bool {
	if t == nil || t.by == nil || !t.by.limited {
		return false
	}
	c := expr.OrderOf(v, &t.by.worst)
	return c != 0 && (c < 0) == t.desc && (sorted || v.Class() != t.by.worst.Class())
}

// topFilter drops rows that a sort above would drop.
type topFilter struct {
	in   operator
	top  *topBound
	rows []int32
	comp compactor
}

func (f *topFilter) next(b *batch) error {
	for {
		if err := f.in.next(b); err != nil || b.n == 0 {
			return err
		}
		t := f.top
		if t.class == 0 || b.cols[t.slot] == nil {
			return nil
		}
		f.rows = f.rows[:0]
		for i, id := range b.cols[t.slot][:b.n] {
			if class, key := rankOfID(id); class == t.class && key != t.key && (key > t.key) != t.desc {
				continue
			}
			f.rows = append(f.rows, int32(i))
		}
		if f.comp.keep(b, f.rows); b.n > 0 {
			return nil
		}
	}
}

func (f *topFilter) close() { f.in.close() }

// buildSort makes the operator of a sort, and what is beneath it.
func (q *Query) buildSort(n *optimizer.Sort, e *env) (operator, error) {
	below := e.below(n, 0)
	top := topOf(n, e)
	if top != nil {
		x := *below
		x.top = top
		x.few = n.Until != nil
		below = &x
	}
	limited, blocked := q.limited, q.blocked
	if q.enter(n, 0); n.Until != nil {
		q.limited, q.blocked = true, false
	}
	in, err := q.build(n.In, below)
	if err == nil && top == nil && q.gathered(n, 0, n.In, below) {
		in = newPiecewise(q, n.In, in)
	}
	q.limited, q.blocked = limited, blocked
	if err != nil {
		return nil, err
	}
	e.charge(n, []operator{in})
	s := newSorter(q, n, in, e).(*sorter)
	if s.top = top; n.Until != nil && top != nil {
		top.by = s
	}
	return s, nil
}
