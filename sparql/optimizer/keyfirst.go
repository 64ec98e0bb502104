package optimizer

import (
	"slices"

	"triplestore/store"
)

// keyFirst is the right side of a semi- or anti-join, read in the order of the key where it is a scan, so that the table has each value once
// without looking for it; and where the values on the left are subjects or predicates, without literals.
func keyFirst(l, r Node) Node {
	scan, ok := r.(*Scan)
	common := l.P().Maybe.Intersect(r.P().Maybe)
	if !ok || common.Len() != 1 {
		return r
	}
	key := common.Slots()[0]
	c, at := scan.by(key)
	if c == nil {
		return r
	}
	if at == store.O && neverLiteral(l, key) {
		c.Lo, c.Hi, c.whole = tagStart(store.TagBlankNode), tagStart(store.TagString)-1, c.Rows
	}
	return c
}

// orderedTable is from how many rows on it matters to a table in which order they come.
const orderedTable = 1 << 15

// keyOrder is the right side of a join, read in the order of that key which has the most values where it is a scan: the table is filled from its
// beginning to its end then.
func keyOrder(l, r Node) Node {
	scan, ok := r.(*Scan)
	if !ok || r.P().Rows < orderedTable {
		return r
	}
	best, most := -1, 0.0
	for slot := range l.P().Maybe.Intersect(r.P().Maybe).All {
		if n := r.P().distinctOf(slot); best < 0 || n > most {
			best, most = slot, n
		}
	}
	if best < 0 || len(scan.Sorted) > 0 && scan.Sorted[0] == best {
		return r
	}
	if c, _ := scan.by(best); c != nil {
		return c
	}
	return r
}

// by is a copy of a scan in the order of a variable, and where in the pattern that is; nil where there is none.
func (scan *Scan) by(key int) (*Scan, store.Position) {
	if scan.Lo != 0 || scan.Hi != 0 {
		return nil, store.G
	}
	at := store.G
	for pos := store.S; pos <= store.O; pos++ {
		if x := scan.Pattern.At(pos); x.IsVar() && x.Slot == key {
			if at != store.G {
				return nil, store.G // twice
			}
			at = pos
		}
	}
	consts := scan.Order.Positions()
	if at == store.G || slices.Contains(consts[:scan.Prefix], store.G) {
		return nil, store.G
	}
	order, found := scan.Order, consts[scan.Prefix] == at
	for o := store.Order(0); o < store.NumOrders && !found; o++ {
		positions := o.Positions()
		if positions[3] != store.G || positions[scan.Prefix] != at {
			continue
		}
		found = true
		for _, pos := range positions[:scan.Prefix] {
			found = found && slices.Contains(consts[:scan.Prefix], pos)
		}
		order = o
	}
	if !found {
		return nil, store.G
	}
	c := *scan
	c.Order, c.Sorted = order, []int{key}
	return &c, at
}

// neverLiteral reports whether a variable of a plan stands where no literal can be in a pattern that all its rows come from.
func neverLiteral(n Node, slot int) bool {
	in := func(t *Pattern) bool {
		return t.S.IsVar() && t.S.Slot == slot || t.P.IsVar() && t.P.Slot == slot
	}
	switch n := n.(type) {
	case *Scan:
		return in(&n.Pattern)
	case *Lookup:
		return n.Kind == Inner && in(&n.Pattern) || neverLiteral(n.In, slot)
	case *HashJoin:
		return neverLiteral(n.L, slot) || n.Kind == Inner && neverLiteral(n.R, slot)
	case *Filter:
		return neverLiteral(n.In, slot)
	}
	return false
}
