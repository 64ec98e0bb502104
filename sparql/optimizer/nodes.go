package optimizer

import (
	"math"
	"slices"

	"triplestore/sparql/algebra"
	"triplestore/store"
)

// What things cost, in something like nanoseconds.
const (
	costStart   = 3000 // opening a cursor and reading its first page
	costSeek    = 1200 // moving a cursor to a place far away
	costNear    = 150  // moving it within a page
	costRow     = 2    // reading a row
	costOut     = 5    // passing a row on
	costProbe   = 25   // looking a row up in a hash table
	costBuild   = 60   // adding a row to a hash table
	costSort    = 60   // sorting a row of a batch by its key
	costExpr    = 150  // evaluating an expression
	batchRows   = 2048
	costUnknown = 1000 // rows that something unknown is taken to have
)

// Estimates are kept finite, so that they can be compared and subtracted. What so many rows cost is within what a cost may be.
const (
	mostRows = 1e90
	mostCost = 1e100
)

// bound keeps the estimates finite.
func (p *Props) bound() {
	p.Rows, p.Cost = upTo(p.Rows, mostRows), upTo(p.Cost, mostCost)
}

// upTo is an estimate of at most so much; one that is no number says nothing, and is taken for the worst.
func upTo(x, most float64) float64 {
	if x < most {
		return x
	}
	return most
}

func (p *planner) unit() Node {
	return &Unit{Props{Rows: 1}}
}

func isUnit(n Node) bool { _, ok := n.(*Unit); return ok }

func (p *planner) values(slots []int, rows [][]store.ID) *Values {
	v := &Values{Slots: slots, Table: rows}
	v.Rows, v.Cost = float64(len(rows)), float64(len(rows))*costOut
	v.Maybe = SetOf(slots...)
	for i, s := range slots {
		seen := map[store.ID]bool{}
		certain := true
		for _, r := range rows {
			seen[r[i]] = true
			certain = certain && r[i] != store.NoID
		}
		v.Distinct.set(s, float64(len(seen)))
		if certain {
			v.Certain = v.Certain.With(s)
		}
	}
	return v
}

// distinctOf is the estimate for a slot.
func (p *Props) distinctOf(slot int) float64 {
	if d, ok := p.Distinct.get(slot); ok {
		return max(1, min(d, p.Rows))
	}
	return max(1, p.Rows)
}

// filtered is a Filter over n, or n itself without conditions.
func (p *planner) filtered(n Node, conds []*Cond) Node {
	if len(conds) == 0 {
		return n
	}
	f := &Filter{In: n, Conds: conds}
	in := n.P()
	f.Props = *in
	f.Distinct = in.Distinct
	f.Cost += in.Rows * float64(costExpr*len(conds))
	for _, c := range conds {
		part := selectivity(c)
		if s, ok := n.(*Scan); ok && s.whole > 0 && c.Part > 0 && len(s.Sorted) > 0 && c.Slots[0] == s.Sorted[0] {
			part = min(1, part*s.whole/s.Rows) // most of what it drops is not in the range that is read
		}
		f.Rows *= part
		if b := boundBy(c.Expr); b != "" {
			if s, ok := p.names[b]; ok && f.Maybe.Has(s) {
				f.Certain = f.Certain.With(s)
			}
		}
	}
	f.Seq = 0
	return f
}

// boundBy gives a variable that must be bound for the condition to hold, if it is an easy one.
func boundBy(e algebra.Expr) string {
	if c, ok := e.(*algebra.Call); ok && c.Func == "BOUND" && len(c.Args) == 1 {
		if v, ok := c.Args[0].(*algebra.Var); ok {
			return v.Name
		}
	}
	return ""
}

// selectivity is the part of rows that a condition keeps, by a sample or else a guess.
func selectivity(c *Cond) float64 {
	if c.Part > 0 {
		return c.Part
	}
	if x, ok := c.Expr.(*algebra.Call); ok {
		switch x.Func {
		case "=":
			return 0.15
		case "!=", "!", "BOUND", "||":
			return 0.7
		case "REGEX", "CONTAINS", "STRSTARTS", "STRENDS":
			return 0.1
		}
	}
	return 0.4
}

func (p *planner) extend(n Node, slot int, c *Cond) Node {
	e := &Extend{In: n, Slot: slot, Expr: c}
	in := n.P()
	e.Props = *in
	e.Cost += in.Rows * costExpr
	e.Maybe = e.Maybe.With(slot)
	if certainExpr(c.Expr) {
		e.Certain = e.Certain.With(slot)
	}
	e.Distinct = in.Distinct.clone()
	e.Distinct.set(slot, math.Sqrt(max(1, in.Rows))*4)
	if v, ok := c.Expr.(*algebra.Var); ok && in.Certain.Has(p.slot(v.Name)) {
		e.Certain = e.Certain.With(slot)
		e.Distinct.set(slot, in.distinctOf(p.slot(v.Name)))
	}
	e.Seq = 0
	if labelled(c.Expr) {
		return rowwise(e)
	}
	return e
}

// rowwise joins an Extend whose expression labels blank nodes with those beneath it down to the last that does so too.
func rowwise(e *Extend) Node {
	slots, exprs := []int{e.Slot}, []*Cond{e.Expr}
	var merged *ExtendRows
	for n := e.In; ; {
		switch x := n.(type) {
		case *ExtendRows:
			merged = &ExtendRows{Props: e.Props, In: x.In}
			merged.Slots = append(slices.Clone(x.Slots), reversed(slots)...)
			merged.Exprs = append(slices.Clone(x.Exprs), reversed(exprs)...)
			return merged
		case *Extend:
			slots, exprs = append(slots, x.Slot), append(exprs, x.Expr)
			if labelled(x.Expr.Expr) {
				return &ExtendRows{Props: e.Props, In: x.In, Slots: reversed(slots), Exprs: reversed(exprs)}
			}
			n = x.In
		default:
			return e
		}
	}
}

func reversed[T any](s []T) []T {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}

// labelled reports whether an expression calls BNODE with a label.
func labelled(e algebra.Expr) bool {
	c, ok := e.(*algebra.Call)
	if !ok {
		return false
	}
	if c.Func == "BNODE" && len(c.Args) > 0 {
		return true
	}
	return slices.ContainsFunc(c.Args, labelled)
}

// joinRows estimates the rows of a join from those of its sides and the different values of what they have in common.
func joinRows(l, r *Props) float64 {
	rows := l.Rows * r.Rows
	exponent := 1.0
	for s := range l.Maybe.Intersect(r.Maybe).All {
		d := max(l.distinctOf(s), r.distinctOf(s))
		if exponent < 1 {
			d = math.Pow(d, exponent)
		}
		rows /= d
		exponent *= 0.7
	}
	return upTo(rows, mostRows)
}

// joined sets the properties of a join of l and r that keeps l's order.
func joined(out *Props, l, r *Props, kind JoinKind) {
	out.Rows = joinRows(l, r)
	out.Distinct = l.Distinct
	out.Certain, out.Maybe = l.Certain, l.Maybe
	switch kind {
	case Inner:
		out.Certain, out.Maybe = l.Certain.Union(r.Certain), l.Maybe.Union(r.Maybe)
	case Left:
		out.Rows = max(out.Rows, l.Rows)
		out.Maybe = l.Maybe.Union(r.Maybe)
	case Semi:
		out.Rows = l.Rows * matching(l, r, 1)
	case Anti, Minus:
		out.Rows = l.Rows * (1 - matching(l, r, 1))
	}
	switch kind {
	case Inner:
		out.Distinct = joinedCounts(&l.Distinct, &r.Distinct, false)
	case Left:
		out.Distinct = joinedCounts(&l.Distinct, &r.Distinct, true)
	}
	out.Sorted = l.Sorted
}

// mostMatching is the largest part of rows that is taken to have a match without having looked.
const mostMatching = 0.9

// matching is the part of the rows of l that have a match among those of r of which a condition keeps a part: as many as r has different values
// for each that l has, where values have so many rows as they have on average. It leaves something of both kinds.
func matching(l, r *Props, part float64) float64 {
	ofL, ofR := 1.0, 1.0
	for s := range l.Maybe.Intersect(r.Maybe).All {
		ofL *= l.distinctOf(s)
		ofR *= r.distinctOf(s)
	}
	ofL, ofR = max(1, min(ofL, l.Rows)), min(ofR, r.Rows)
	if ofR <= 0 {
		return 0
	}
	return min(mostMatching, min(1, ofR/ofL)*(1-math.Pow(1-part, r.Rows/ofR)), joinRows(l, r)*part/max(1, l.Rows))
}

// isRead reports whether a node reads a pattern, perhaps under conditions.
func isRead(n Node) bool {
	if f, ok := n.(*Filter); ok {
		n = f.In
	}
	_, ok := n.(*Scan)
	return ok
}

// keptBy is the part of rows that conditions keep, as far as they are not known better.
func keptBy(conds []*Cond) float64 {
	part := 1.0
	for _, c := range conds {
		part *= selectivity(c)
	}
	return part
}

func lesser(a, b float64) float64 { return min(a, b) }

func first(a, _ float64) float64 { return a }

// hashJoin joins by a table of r.
func (p *planner) hashJoin(l, r Node, kind JoinKind, conds []*Cond) (Node, error) {
	if kind == Inner && isUnit(l) && len(conds) == 0 {
		return r, nil
	}
	if kind == Inner && isUnit(r) && len(conds) == 0 {
		return l, nil
	}
	if (kind == Semi || kind == Anti) && len(conds) == 0 {
		r = keyFirst(l, r)
	} else {
		r = keyOrder(l, r)
	}
	lp, rp := l.P(), r.P()
	if lp.Maybe.Intersect(rp.Maybe).Len() > 64 {
		return nil, &UnsupportedError{Feature: "joins on more than 64 variables"}
	}
	j := &HashJoin{L: l, R: r, Kind: kind, Conds: conds}
	joined(&j.Props, lp, rp, kind)
	j.Cost = lp.Cost + rp.Cost + rp.Rows*costBuild + lp.Rows*costProbe + j.Rows*costOut
	if len(conds) > 0 {
		j.Rows = conditioned(lp, rp, j.Rows, kind, conds)
	}
	if kind != Inner && kind != Left && !isRead(r) { // what is known of different values is of patterns, not of joins
		part := spread(joinRows(lp, rp)*keptBy(conds), lp.Rows)
		if kind == Semi {
			j.Rows = min(j.Rows, lp.Rows*part)
		} else {
			j.Rows = max(j.Rows, lp.Rows*(1-part))
		}
	}
	if kind == Left && len(conds) > 0 {
		j.Sorted = nil
	}
	j.bound()
	p.rounds(j)
	return j, nil
}

// conditioned is how many rows of a join, which has so many without conditions, remain with them.
func conditioned(l, r *Props, rows float64, kind JoinKind, conds []*Cond) float64 {
	part := keptBy(conds)
	switch kind {
	case Semi:
		return l.Rows * matching(l, r, part)
	case Anti, Minus:
		return l.Rows * (1 - matching(l, r, part))
	case Left:
		return max(l.Rows, rows*part)
	}
	return rows * part
}

// apply joins by running right, which begins with an Input, for batches of l.
func (p *planner) apply(l, right Node, kind JoinKind, row int) Node {
	a := &Apply{In: l, Right: right, Kind: kind, Row: row}
	lp, rp := l.P(), right.P()
	a.Props = Props{Rows: rp.Rows, Cost: lp.Cost + rp.Cost, Certain: lp.Certain, Maybe: lp.Maybe, Distinct: rp.Distinct}
	switch kind {
	case Inner:
		a.Certain, a.Maybe = rp.Certain, rp.Maybe
	case Left:
		a.Rows = max(a.Rows, lp.Rows)
		a.Maybe = lp.Maybe.Union(rp.Maybe)
		if row >= 0 {
			a.Maybe = a.Maybe.Minus(SetOf(row))
		}
	case Mark:
		a.Rows, a.Sorted, a.Distinct = lp.Rows, lp.Sorted, lp.Distinct
	case Semi:
		a.Rows, a.Sorted, a.Distinct = lp.Rows*spread(rp.Rows, lp.Rows), lp.Sorted, lp.Distinct
	default:
		a.Rows, a.Sorted, a.Distinct = lp.Rows*(1-spread(rp.Rows, lp.Rows)), lp.Sorted, lp.Distinct
	}
	a.bound()
	return a
}

// spread is the part of rows that have one of so many matches at least, where each match is of any row.
func spread(matches, rows float64) float64 {
	return min(mostMatching, 1-math.Exp(-matches/max(1, rows)))
}

// input stands for the rows of n within the right side of an apply.
func (p *planner) input(n Node, row int) Node {
	i := &Input{from: n}
	in := n.P()
	i.Props = Props{Rows: in.Rows, Certain: in.Certain, Maybe: in.Maybe, Distinct: in.Distinct, Cost: 1}
	if row >= 0 {
		i.Certain, i.Maybe = i.Certain.With(row), i.Maybe.With(row)
	}
	// A batch is as sorted as what it is cut from.
	i.Sorted = in.Sorted
	return i
}

// scan reads a pattern in an order, whose first n columns are constant.
func (p *planner) scan(t *Pattern, st *patternStats, order store.Order, n int, lo, hi store.ID) *Scan {
	return p.scanOf(t, st, t.distinct(st), order, n, lo, hi)
}

// scanOf is scan with the estimates of t.distinct.
func (p *planner) scanOf(t *Pattern, st *patternStats, different counts, order store.Order, n int, lo, hi store.ID) *Scan {
	s := &Scan{Pattern: *t, Order: order, Prefix: n, Lo: lo, Hi: hi}
	s.Rows = st.rows
	s.Cost = costStart + st.total*costRow
	s.Certain = t.Vars()
	s.Maybe = s.Certain
	s.Distinct = different
	s.Sorted = make([]int, 0, 3)
	positions := order.Positions()
	for _, pos := range positions[n:] {
		r := t.At(pos)
		if !r.IsVar() || r.Slot < 0 || slices.Contains(s.Sorted, r.Slot) {
			break
		}
		s.Sorted = append(s.Sorted, r.Slot)
	}
	return s
}

// distinct are the estimates of a pattern's variables.
func (t *Pattern) distinct(st *patternStats) counts {
	d := counts{low: make([]slotCount, 0, 4)}
	for pos := store.S; pos <= store.G; pos++ {
		if r := t.At(pos); r.IsVar() && r.Slot >= 0 {
			if old, ok := d.get(r.Slot); !ok || st.distinct[pos] < old {
				d.set(r.Slot, st.distinct[pos])
			}
		}
	}
	return d
}

// fixed are the positions of a pattern that are constants or parameters.
func (t *Pattern) fixed() []store.Position {
	var out []store.Position
	for _, pos := range [...]store.Position{store.S, store.P, store.O} {
		if !t.At(pos).IsVar() {
			out = append(out, pos)
		}
	}
	return out
}
