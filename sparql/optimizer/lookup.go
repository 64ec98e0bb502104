package optimizer

import (
	"math"
	"slices"

	"triplestore/store"
)

// pageRows is about how many rows a page of the store has.
const pageRows = 4096

// A lookup takes a batch of rows together to sort them by their keys or, where less than KeysPerPage of these fall into a page of the relation, up
// to SweepRows.
const (
	KeysPerPage = 32
	SweepRows   = 1 << 16
)

// seekCost is what it takes to go to keys in their order among so many rows: to a page for each, or to every page, and to a place in it.
func seekCost(keys, rows float64) float64 {
	return min(keys, rows/pageRows+1)*costSeek + keys*costNear
}

// lookup joins n with a pattern by seeking.
func (p *planner) lookup(n Node, it *item, kind JoinKind, conds []*Cond) Node {
	t := it.pattern
	in := n.P()
	fixed, vars := it.known()
	var places [3]store.Position
	bound := places[:0]
	for _, pos := range [...]store.Position{store.S, store.P, store.O} {
		if r := t.At(pos); r.IsVar() && in.Certain.Has(r.Slot) {
			bound = append(bound, pos)
		}
	}
	// A variable that occurs twice is a key once; the other place is compared.
	if len(bound) == 2 && t.At(bound[0]).Slot == t.At(bound[1]).Slot {
		bound = bound[:1]
	}
	if len(bound) == 3 {
		seen := map[int]bool{}
		for _, b := range bound {
			seen[t.At(b).Slot] = true
		}
		if len(seen) < 3 {
			bound = bound[:1]
		}
	}
	compared := vars.Intersect(in.Maybe).Len() > len(bound) || t.Graph.Var >= 0
	var order store.Order
	bestMatch := -1
	for o := store.SPOG; o < store.GSPO; o++ {
		pos := o.Positions()
		ok := true
		for i, x := range pos[:len(fixed)+len(bound)] {
			if i < len(fixed) {
				ok = ok && slices.Contains(fixed, x)
			} else {
				ok = ok && slices.Contains(bound, x)
			}
		}
		if !ok {
			continue
		}
		match := 0
		for i, x := range pos[len(fixed) : len(fixed)+len(bound)] {
			if i < len(in.Sorted) && in.Sorted[i] == t.At(x).Slot {
				match++
			} else {
				break
			}
		}
		if match > bestMatch {
			order, bestMatch = o, match
		}
	}
	l := &Lookup{In: n, Pattern: *t, Order: order, Consts: len(fixed), Keys: len(bound), Kind: kind, Conds: conds}
	right := it.right()
	joined(&l.Props, in, right, kind)
	sorted := bestMatch == len(bound) && len(bound) > 0
	// Rows that agree in their keys are looked up together, in each batch again where they are not sorted.
	different := 1.0
	for _, x := range bound {
		different *= in.distinctOf(t.At(x).Slot)
	}
	if sorted {
		seeks := seekCost(min(in.Rows, different), it.stats.total)
		l.Cost = in.Cost + costStart + in.Rows*15 + min(seeks, it.stats.total*costRow) + l.Rows*costOut
		l.Sorted = slices.Clone(in.Sorted[:len(bound)])
		if byMatch := kind == Semi || kind == Anti; byMatch {
			l.Sorted = in.Sorted
		} else if kind == Left && (len(conds) > 0 || compared) {
			l.Sorted = nil
		}
	} else {
		sweeps := math.Ceil(in.Rows / min(max(it.stats.total/pageRows*KeysPerPage, batchRows), SweepRows))
		looked := min(in.Rows, sweeps*different)
		l.Cost = in.Cost + costStart*sweeps + (in.Rows+looked)*costSort/2 + sweeps*min(seekCost(looked/sweeps, it.stats.total), it.stats.total*costRow) + l.Rows*costOut
		l.Sorted = nil
		if kind == Semi || kind == Anti {
			l.Sorted = in.Sorted
		}
	}
	if len(conds) > 0 {
		l.Cost += joinRows(in, right) * costExpr * float64(len(conds))
		l.Rows = conditioned(in, right, l.Rows, kind, conds)
	}
	l.bound()
	return l
}
