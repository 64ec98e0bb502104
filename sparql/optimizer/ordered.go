package optimizer

import (
	"cmp"
	"math"
	"slices"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/expr"
	"triplestore/store"
	"triplestore/vocab"
)

// ORDER BY with LIMIT need not look at all rows where a pattern has the first key as its object: an order of the store has that pattern's rows by
// their values, from either end. The plan begins with such a scan, joins its rows with the rest, and when the sort has as many rows as are wanted
// and what the scan comes to is after all of them, the scan ends.

const (
	// orderedFrom is what the usual plan costs at least for a plan by the order of an index to be looked for, orderedPart what part of that it may
	// cost to be taken: in its small batches, whose keys come in no order, a row takes up to three times what it is estimated to.
	orderedFrom = firstFrom
	orderedPart = 0.15
	// orderedAlone is up to how many times as much as the usual plan it may cost for all rows so as to be run without the usual one to fall back
	// on, orderedEffort the part of the usual plan's work that it may do before it gives way to that.
	orderedAlone  = 1.2
	orderedEffort = 0.25
	// orderedSlack is how many times as many rows are taken to be read as would suffice if values and matches were independent, and
	// orderedLeast how many are read at least.
	orderedSlack = 2
	orderedLeast = 64
	// orderedMost is up to how many rows a sort may want.
	orderedMost = 1 << 16
)

// Part is a range of IDs of a scan that reads its rows by their values. Those of a Sorted part come in the order of values, backwards where the
// scan is. Those of a Mixed one may be anywhere in that order, before values of other parts too, and so are all read.
type Part struct {
	Lo, Hi        store.ID
	Sorted, Mixed bool
}

// wantsOrder tells by what pattern's order a sort could be had: the slot of its first key; ok is false where it cannot.
func (p *planner) wantsOrder(keys []algebra.SortKey) (slot int, ok bool) {
	if len(keys) == 0 || p.late || p.show || p.each || p.forFirst || !p.params.Empty() || p.options.NoOptimizer {
		return 0, false
	}
	v, ok := keys[0].Expr.(*algebra.Var)
	if !ok {
		return 0, false
	}
	if _, ok := p.snap.(store.Picker); !ok {
		return 0, false
	}
	return p.slot(v.Name), true
}

// distinctFirst takes DISTINCT over ORDER BY for ORDER BY over DISTINCT, which is the same where the keys depend on nothing but what is shown:
// then few rows are sorted.
func (p *planner) distinctFirst(op algebra.Op) (algebra.Op, []algebra.SortKey, bool) {
	d, ok := op.(*algebra.Distinct)
	if !ok || !p.params.Empty() {
		return nil, nil, false
	}
	x, ok := d.In.(*algebra.Project)
	if !ok {
		return nil, nil, false
	}
	o, ok := x.In.(*algebra.OrderBy)
	if !ok {
		return nil, nil, false
	}
	for _, k := range o.Keys {
		if chancy(k.Expr) {
			return nil, nil, false
		}
		leaves(k.Expr, func(v string) { ok = ok && slices.Contains(x.Vars, v) }, func(*algebra.Exists) { ok = false })
		if !ok {
			return nil, nil, false
		}
	}
	return &algebra.Distinct{In: &algebra.Project{In: o.In, Vars: x.Vars}}, o.Keys, true
}

// limitedSort sorts the rows of an operator, of which the first limit are wanted; full is its plan for all rows. Pages are planned alike whatever
// OFFSET they have, as far as that is right.
func (p *planner) limitedSort(op algebra.Op, full Node, keys []algebra.SortKey, limit int64) (Node, error) {
	usual, err := p.sort(full, keys, limit)
	if err != nil {
		return nil, err
	}
	test := p.options.DrawAll
	fp := full.P()
	slot, ok := p.wantsOrder(keys)
	if !ok || limit < 1 || limit > orderedMost || !fp.Certain.Has(slot) || !test && (fp.Cost < orderedFrom || fp.Rows < float64(limit)) ||
		p.effort.empty() || asksEndpoints(op) {
		return usual, nil
	}
	part := min(1, orderedSlack*float64(limit)/max(1, fp.Rows))
	owns := p.owns
	p.owns, p.first, p.forFirst = map[algebra.Op]Node{}, part, true
	x := &orderedPlan{p: p, slot: slot, desc: keys[0].Desc, worth: fp.Cost}
	n, err := x.plan(op)
	p.owns, p.first, p.forFirst = owns, 0, false
	if err != nil || n == nil || !drivenBy(n, x.scan) {
		return usual, err
	}
	part = min(1, max(part, orderedLeast/max(1, x.scan.Rows))+x.before)
	if firstCost(n, part) >= orderedPart*fp.Cost && !test {
		return usual, nil
	}
	np := n.P()
	sorted, err := p.sort(n, keys, limit)
	if err != nil {
		return nil, err
	}
	sorted.(*Sort).Until = x.scan
	sorted.P().Rows = usual.P().Rows
	if np.Cost <= orderedAlone*fp.Cost && !test {
		sorted.P().Cost = firstCost(n, part) + float64(limit)*costSort
		return sorted, nil
	}
	f := &FirstRows{First: sorted, Full: usual, Rows: limit, Effort: orderedEffort * fp.Cost}
	up, sp := usual.P(), sorted.P()
	f.Props = Props{Rows: up.Rows, Cost: min(up.Cost, firstCost(n, part)), Certain: up.Certain.Intersect(sp.Certain), Maybe: up.Maybe.Union(sp.Maybe), Distinct: up.Distinct}
	return f, nil
}

// orderedPlan is a plan that begins with the scan of a pattern by the values of a slot.
type orderedPlan struct {
	p      *planner
	slot   int
	desc   bool
	worth  float64 // what another plan costs
	scan   *Scan
	before float64 // the part of its rows that are read whatever is wanted
}

// plan plans an operator so, or gives nil.
func (x *orderedPlan) plan(op algebra.Op) (Node, error) {
	p := x.p
	switch o := op.(type) {
	case *algebra.Project:
		in, err := x.plan(o.In)
		if err != nil || in == nil {
			return nil, err
		}
		return p.project(in, o.Vars)
	case *algebra.Distinct:
		in, err := x.plan(o.In)
		if err != nil || in == nil {
			return nil, err
		}
		return p.distinct(in, p.scope(o.In).maybe.Intersect(in.P().Maybe)), nil
	case *algebra.BGP, *algebra.Join, *algebra.LeftJoin, *algebra.Minus, *algebra.Filter, *algebra.Extend, *algebra.Graph:
		g, err := p.collect(op)
		if err != nil {
			return nil, err
		}
		n, err := x.joins(g)
		if err != nil || n == nil {
			return nil, err
		}
		return p.planSteps(g, n)
	}
	return nil, nil
}

// joins orders the items of a group so that one which has the slot as its object comes first.
func (x *orderedPlan) joins(g *joinGroup) (Node, error) {
	p := x.p
	if k := len(g.items); k*(k+1) > p.effort.left {
		return nil, nil
	}
	if err := p.prepareItems(g); err != nil {
		return nil, err
	}
	var best Node
	var first *item
	for _, it := range g.items {
		if it.pattern == nil {
			continue
		}
		if it.stats.empty {
			return nil, nil
		}
		if r := it.pattern.O; !r.IsVar() || r.Slot != x.slot {
			continue
		}
		options, err := p.joinItem(g, p.unit(), it)
		if err != nil {
			return nil, err
		}
		for _, o := range options {
			if best != nil && o.P().Rows >= best.P().Rows {
				continue
			}
			n, err := x.ordered(o)
			if err != nil {
				return nil, err
			}
			if n != nil {
				best, first = n, it
			}
		}
	}
	if best == nil {
		return nil, nil
	}
	n := best
	n.P().via = &joinStep{first, p.unit()}
	left := slices.DeleteFunc(slices.Clone(g.items), func(it *item) bool { return it == first })
	for len(left) > 0 {
		var err error
		if n, left, err = x.next(g, n, left); err != nil || n == nil {
			return nil, err
		}
		if !p.options.DrawAll && p.cost(n) > x.worth {
			return nil, nil
		}
	}
	for _, f := range g.filters {
		if f.cond != nil && f.vars.In(n.P().Certain) {
			f.done = true // see withFilters
		}
	}
	return n, nil
}

// next joins the item that gives the first rows soonest, without a table of the rows so far.
func (x *orderedPlan) next(g *joinGroup, now Node, left []*item) (Node, []*item, error) {
	p := x.p
	if err := p.ctx.Err(); err != nil {
		return nil, nil, err
	}
	if p.effort.empty() {
		return nil, nil, nil
	}
	var best Node
	chosen := -1
	for pass := 0; pass < 2 && chosen < 0; pass++ { // without connected items, any
		for i, it := range left {
			if pass == 0 && (!it.scope.maybe.Overlaps(now.P().Maybe) || !p.ready(it, now.P().Maybe)) {
				continue
			}
			options, err := p.joinItem(g, now, it)
			if err != nil {
				return nil, nil, err
			}
			for _, o := range options {
				if drivenBy(o, x.scan) && (chosen < 0 || p.cost(o) < p.cost(best)) {
					best, chosen = o, i
				}
			}
		}
	}
	if chosen < 0 {
		return nil, nil, nil
	}
	return best, slices.Delete(left, chosen, chosen+1), nil
}

// ordered makes a scan, perhaps with conditions, one by the values of its next column, if that is the slot; else it gives nil.
func (x *orderedPlan) ordered(n Node) (Node, error) {
	switch n := n.(type) {
	case *Filter:
		in, err := x.ordered(n.In)
		if err != nil || in == nil {
			return nil, err
		}
		f := *n
		f.In, f.Sorted = in, nil
		return &f, nil
	case *Scan:
		pos := n.Order.Positions()
		if n.Prefix > 2 || pos[n.Prefix] != store.O || n.Order == store.GSPO {
			return nil, nil
		}
		for _, at := range pos[:n.Prefix] {
			if n.Pattern.At(at).Kind != RefConst {
				return nil, nil
			}
		}
		parts, before, err := x.p.valueParts(n, x.desc)
		if err != nil || parts == nil {
			return nil, err
		}
		s := *n
		s.Parts, s.Desc, s.Sorted = parts, x.desc, nil
		x.scan, x.before = &s, before
		return &s, nil
	}
	return nil, nil
}

// drivenBy reports whether the rows of a plan come from those of a scan, one after the other, so that they have its values: whatever rows the
// scan leaves out, the plan leaves out those that come from them, and no others.
func drivenBy(n Node, s *Scan) bool {
	for {
		switch x := n.(type) {
		case *Scan:
			return x == s
		case *HashJoin:
			if x.Rounds {
				return false
			}
			n = x.L
		case *Lookup, *Apply, *Filter, *Extend, *ExtendRows, *Project, *Distinct, *Path, *Correlated:
			n = Children(x)[0]
		default:
			return false
		}
	}
}

// segment is a range of IDs whose values are of one class in the order of ORDER BY. Where it is sorted, so are its values.
type segment struct {
	lo, hi store.ID
	class  int
	sorted bool
	known  bool // else its values are of any class
}

// segments are all terms that can be in the store, those first that most data sort by.
var segments = func() []segment {
	class := func(t rdf.Term) int { v := expr.FromTerm(t); return v.Class() }
	whole := func(t store.Tag, sorted bool) segment {
		s := segment{lo: tagStart(t), hi: tagStart(t+1) - 1, sorted: sorted, known: true}
		if sorted {
			x, _ := s.lo.InlineTerm()
			s.class = class(x)
		}
		return s
	}
	as := func(s segment, t rdf.Term) segment { s.class = class(t); return s }
	out := []segment{whole(store.TagDateTime, true), whole(store.TagDate, true), whole(store.TagInteger, true), whole(store.TagDecimal, true)}
	for d := store.DerivedType(0); d.Datatype() != ""; d++ {
		lo := tagStart(store.TagDerived) | store.ID(d)<<56
		out = append(out, as(segment{lo: lo, hi: lo | (1<<56 - 1), sorted: true, known: true}, rdf.Literal("0", vocab.XSDInteger)))
	}
	texts := as(whole(store.TagString, false), rdf.String(""))
	texts.hi = tagStart(store.TagLang+1) - 1
	inf, _ := store.InlineDouble(math.Inf(1))
	doubles := as(segment{lo: tagStart(store.TagDouble), hi: inf, sorted: true, known: true}, rdf.Literal("0", vocab.XSDInteger))
	nan := segment{lo: inf + 1, hi: tagStart(store.TagDouble+1) - 1} // which comes first among the numbers
	return append(out, texts, whole(store.TagYear, true), doubles, nan, as(whole(store.TagIRI, false), rdf.IRI("http://e/")),
		as(whole(store.TagBlankNode, false), rdf.BlankNode("b")), whole(store.TagBoolean, true),
		segment{lo: tagStart(store.TagTyped), hi: tagStart(store.TagTyped+1) - 1}, segment{lo: tagStart(store.TagTriple), hi: tagStart(store.TagTriple+1) - 1})
}()

// valueParts cuts the range of a scan into parts in the order of their values, by what counts say of the terms that are there. Those whose
// order the IDs do not tell come first, and so are read in any case; before is their part of all rows. It gives nil where nothing is won.
func (p *planner) valueParts(s *Scan, desc bool) (parts []Part, before float64, err error) {
	lo, hi := s.Lo, s.Hi
	if hi == store.NoID {
		hi = math.MaxUint64
	}
	rg := store.Range{Order: s.Order, Prefix: s.Pattern.prefix(s.Order, s.Prefix), Lo: lo, Hi: hi}
	total, err := p.stats.count(rg)
	if err != nil || total == 0 {
		return nil, 0, err
	}
	type counted struct {
		segment
		rows uint64
	}
	var has []counted
	left := total
	for _, g := range segments {
		if left == 0 {
			break
		}
		if rg.Lo, rg.Hi = max(lo, g.lo), min(hi, g.hi); rg.Lo > rg.Hi {
			continue
		}
		n, err := p.stats.count(rg)
		if err != nil {
			return nil, 0, err
		}
		if n > left {
			return nil, 0, nil
		}
		if left -= n; n > 0 {
			has = append(has, counted{segment{rg.Lo, rg.Hi, g.class, g.sorted, g.known}, n})
		}
	}
	if left > 0 {
		return nil, 0, nil
	}
	// Of the kinds of number only one can be read in its order.
	most := map[int]int{}
	for i, g := range has {
		if m, ok := most[g.class]; g.known && (!ok || g.rows > has[m].rows) {
			most[g.class] = i
		}
	}
	for i := range has {
		if has[i].known && most[has[i].class] != i {
			has[i].sorted, has[i].known = false, false
		}
	}
	slices.SortStableFunc(has, func(a, b counted) int {
		switch {
		case a.known != b.known:
			if b.known {
				return -1
			}
			return 1
		case !a.known:
			return 0
		case desc:
			return cmp.Compare(b.class, a.class)
		}
		return cmp.Compare(a.class, b.class)
	})
	var unsorted, sorted uint64
	for _, g := range has {
		parts = append(parts, Part{g.lo, g.hi, g.sorted, !g.known})
		if sorted == 0 && !g.sorted {
			unsorted += g.rows
		}
		if g.sorted {
			sorted += g.rows
		}
	}
	if sorted == 0 || unsorted > total/2 && !p.options.DrawAll {
		return nil, 0, nil
	}
	return parts, float64(unsorted) / float64(total), nil
}
