package optimizer

import (
	"cmp"
	"math"
	"slices"

	"triplestore/store"
)

// cheapPerItem is what a join may cost for each item before looking for a better order pays.
const cheapPerItem = 4 * costStart

// orderedItems is up to how many items orders of joins are compared.
const orderedItems = 64

// clearlyBetter is what part of the cost of a plan another must cost to be taken for better by samples.
const clearlyBetter = 0.8

// join orders the items of a group on top of in. want is a slot that the rows had better be sorted by, or -1.
func (p *planner) join(g *joinGroup, in Node, want int) (Node, error) {
	g.bound = in.P().Maybe
	if err := p.prepareItems(g); err != nil {
		return nil, err
	}
	for _, it := range g.items {
		if it.pattern != nil && it.stats.empty {
			return p.empty(scope{in.P().Certain, in.P().Maybe}.union(g.base)), nil
		}
	}
	if len(g.items) == 0 {
		return in, nil
	}
	few := len(g.items) > 1 || !isUnit(in)
	if few {
		p.samplingFew(g)
	}
	n, err := p.greedy(g, in)
	if err != nil {
		return nil, err
	}
	if n, err = p.improve(g, in, want, n); err != nil {
		return nil, err
	}
	if few && p.sampling(g, n.P().Cost-in.P().Cost) {
		if n, err = p.sampled(g, in, want, n); err != nil {
			return nil, err
		}
	}
	if p.first > 0 {
		if n, err = p.firstOrder(g, in, n); err != nil {
			return nil, err
		}
	}
	for _, f := range g.filters {
		if f.cond != nil && f.vars.In(n.P().Certain) {
			f.done = true // see withFilters
		}
	}
	return n, nil
}

// prepareItems counts the patterns and finds the filters of one variable that are theirs.
func (p *planner) prepareItems(g *joinGroup) error {
	for _, f := range g.filters {
		if hasExists(f.expr) {
			continue
		}
		if err := p.compile(f); err != nil {
			return err
		}
		if f.cond.Test != nil {
			g.filtered = g.filtered.Union(f.vars)
		}
	}
	for i, it := range g.items {
		it.at = i
		if it.pattern == nil {
			continue
		}
		var err error
		if it.stats, err = p.patternStats(it.pattern); err != nil {
			return err
		}
		it.conds = nil
		for _, f := range g.filters {
			if f.cond != nil && f.cond.Test != nil && f.vars.Len() == 1 && f.vars.In(it.scope.certain) {
				it.conds = append(it.conds, f.cond)
			}
		}
		if err := p.judge(it); err != nil {
			return err
		}
	}
	return nil
}

// partial are the plans for a set of items.
type partial struct {
	items uint64
	plans []Node
}

// ordered finds the cheapest sequence of joins by dynamic programming over sets of items, those of one item first. Of the plans for a set it
// keeps the cheapest for each variable that the rows may be sorted by. What costs more than the plan that is known is not pursued. Where
// more joins than allowed would have to be considered, the least promising plans of a size are given up, down to one, as in greedy.
func (p *planner) ordered(g *joinGroup, in Node, want int, known Node, allowed int) (Node, error) {
	n := len(g.items)
	bound := known.P().Cost
	if want >= 0 {
		bound += known.P().Rows * costProbe
	}
	level := []partial{{plans: []Node{in}}}
	for size := range n {
		if err := p.ctx.Err(); err != nil {
			return nil, err
		}
		// Each plan is joined with up to n-size items; the sizes still to come get as much for each plan.
		width := allowed * 2 / (n - size + 1) / (n - size)
		level = p.promising(level, max(1, width))
		before := p.effort.left
		var next []partial
		places := make(map[uint64]int, len(level))
		for _, l := range level {
			for _, base := range l.plans {
				connected := false
				for pass := 0; pass < 2 && !connected; pass++ { // without connected items, any
					for i, it := range g.items {
						if l.items&(1<<i) != 0 {
							continue
						}
						if pass == 0 && (!(size == 0 && isUnit(in)) && !it.scope.maybe.Overlaps(base.P().Maybe) || !p.ready(it, base.P().Maybe)) {
							continue
						}
						connected = true
						options, err := p.joinItem(g, base, it)
						if err != nil {
							return nil, err
						}
						for _, o := range options {
							if o.P().Cost > bound {
								continue
							}
							to := l.items | 1<<i
							at, ok := places[to]
							if !ok {
								at = len(next)
								places[to] = at
								next = append(next, partial{items: to})
							}
							next[at].plans = keepBest(next[at].plans, o)
						}
					}
				}
			}
		}
		allowed -= before - p.effort.left
		level = next
	}
	cost := func(n Node) float64 {
		if s := n.P().Sorted; want < 0 || len(s) > 0 && s[0] == want {
			return n.P().Cost
		}
		return n.P().Cost + n.P().Rows*costProbe
	}
	all := []Node{known}
	for _, l := range level {
		all = append(all, l.plans...)
	}
	return slices.MinFunc(all, func(a, b Node) int { return cmp.Compare(cost(a), cost(b)) }), nil
}

// promising keeps so many of the plans, those with the best scores.
func (p *planner) promising(level []partial, width int) []partial {
	var scores []float64
	for _, l := range level {
		for _, n := range l.plans {
			scores = append(scores, score(n))
		}
	}
	if len(scores) <= width {
		return level
	}
	p.effort.bounded = true
	slices.Sort(scores)
	worst, kept := scores[width-1], level[:0]
	for _, l := range level {
		l.plans = slices.DeleteFunc(l.plans, func(n Node) bool {
			drop := width == 0 || score(n) > worst
			if !drop {
				width--
			}
			return drop
		})
		if len(l.plans) > 0 {
			kept = append(kept, l)
		}
	}
	return kept
}

// keepBest adds a plan to those for the same items, if none is cheaper and sorted as well.
func keepBest(plans []Node, n Node) []Node {
	lead := func(n Node) int {
		if s := n.P().Sorted; len(s) > 0 {
			return s[0]
		}
		return -1
	}
	for _, o := range plans {
		if o.P().Cost <= n.P().Cost && (lead(n) < 0 || lead(o) == lead(n)) {
			return plans
		}
	}
	kept := plans[:0]
	for _, o := range plans {
		if !(n.P().Cost <= o.P().Cost && (lead(o) < 0 || lead(o) == lead(n))) {
			kept = append(kept, o)
		}
	}
	return append(kept, n)
}

// greedy takes the item next that gives the least rows for the least cost. In a large group only some are compared, those with
// few rows first.
func (p *planner) greedy(g *joinGroup, in Node) (Node, error) {
	left := slices.Clone(g.items)
	slices.SortStableFunc(left, func(a, b *item) int { return cmp.Compare(kindOf(a), kindOf(b)) })
	width := p.effort.width(len(left))
	if width < len(left) {
		slices.SortStableFunc(left, func(a, b *item) int { return cmp.Compare(a.rows(), b.rows()) })
	}
	now := in
	for len(left) > 0 {
		if err := p.ctx.Err(); err != nil {
			return nil, err
		}
		var best Node
		at := -1
		for pass := 0; pass < 2 && at < 0; pass++ {
			compared := 0
			for i, it := range left {
				if compared == width {
					break
				}
				if it.op != nil && isUnit(now) && at >= 0 && best.P().Cost < cheapPerItem {
					continue // nothing is better to begin with than a small pattern
				}
				if pass == 0 && (!isUnit(now) && !it.scope.maybe.Overlaps(now.P().Maybe) || !p.ready(it, now.P().Maybe)) {
					continue
				}
				compared++
				options, err := p.joinItem(g, now, it)
				if err != nil {
					return nil, err
				}
				for _, o := range options {
					if at < 0 || score(o) < score(best) {
						best, at = o, i
					}
				}
			}
		}
		now = best
		left = slices.Delete(left, at, at+1)
	}
	return now, nil
}

// orderOf is the order in which a plan has the items of a group, the last first; nil where it does not tell.
func orderOf(g *joinGroup, n Node) (order []*item) {
	var in uint64
	for via := n.P().via; via != nil && len(order) < len(g.items); via = via.on.P().via {
		if in&(1<<via.item.at) != 0 || g.items[via.item.at] != via.item {
			return nil
		}
		in |= 1 << via.item.at
		order = append(order, via.item)
	}
	if len(order) < len(g.items) {
		return nil
	}
	return order
}

// kindOf puts patterns before paths, and those before what has a plan of its own.
func kindOf(it *item) int {
	switch {
	case it.pattern != nil:
		return 0
	case it.path != nil:
		return 1
	}
	return 2
}

// worthOf is for what cost an effort may be made to find something better than a plan of a cost.
func (p *planner) worthOf(cost float64) float64 {
	if p.worth > 0 {
		return min(cost, p.worth)
	}
	return cost
}

// improve compares orders where that is worth it.
func (p *planner) improve(g *joinGroup, in Node, want int, known Node) (Node, error) {
	cost, k := known.P().Cost-in.P().Cost, len(g.items)
	if k == 1 && want < 0 || k > 1 && cost <= float64(k)*cheapPerItem && !p.options.DrawAll {
		return known, nil
	}
	// Below one plan of each size there is nothing to be found that greedy has not.
	allowed := p.effort.forOrder(p.worthOf(cost))
	if k > orderedItems || allowed < k*(k-1)/2 {
		p.effort.bounded = true
		return known, nil
	}
	return p.ordered(g, in, want, known, allowed)
}

// sampled looks for a better plan by what samples say of the joins. The plan that was found without them stays where none is clearly better:
// it is as good as those about which samples say the same.
func (p *planner) sampled(g *joinGroup, in Node, want int, found Node) (Node, error) {
	order := orderOf(g, found)
	if order == nil {
		return found, nil
	}
	slices.Reverse(order)
	known := in
	for more := true; more; more = p.sampling(g, known.P().Cost-in.P().Cost) { // it may turn out to be worth more
		known = in
		for _, it := range order {
			options, err := p.joinItem(g, known, it)
			if err != nil {
				return nil, err
			}
			known = slices.MinFunc(options, func(a, b Node) int { return cmp.Compare(score(a), score(b)) })
		}
	}
	better, err := p.improve(g, in, want, known)
	if err != nil || better.P().Cost > clearlyBetter*known.P().Cost && !p.options.DrawAll {
		return known, err
	}
	return better, nil
}

// rows is how many rows a pattern has; what is no pattern comes late.
func (it *item) rows() float64 {
	if it.pattern == nil {
		return math.Inf(1)
	}
	return it.stats.rows
}

func score(n Node) float64 { return n.P().Cost + n.P().Rows*costProbe*4 }

// joinItem lists ways to join an item to n, with the filters that can be evaluated then.
func (p *planner) joinItem(g *joinGroup, n Node, it *item) ([]Node, error) {
	p.effort.take(p)
	active := p.graph
	defer func() { p.graph = active }()
	p.graph = it.graph
	var options []Node
	own := math.MaxInt // from which option on they have the item's own conditions already
	switch {
	case it.pattern != nil:
		if it.scans == nil {
			var err error
			if it.scans, err = p.scans(it); err != nil {
				return nil, err
			}
			it.cheap = p.filtered(slices.MinFunc(it.scans, func(a, b Node) int { return cmp.Compare(a.P().Cost, b.P().Cost) }), it.conds)
		}
		if isUnit(n) {
			options = append(options, it.scans...)
			break
		}
		common := it.pattern.Vars().Intersect(n.P().Maybe)
		if common.Overlaps(n.P().Certain) || len(it.pattern.fixed()) > 0 && n.P().Rows <= 4 {
			options = append(options, p.lookup(n, it, Inner, nil))
		}
		if r := it.cheap.P(); len(options) > 0 && r.Cost+r.Rows*costBuild+n.P().Rows*costProbe > 2*(options[0].P().Cost-n.P().Cost) {
			break // a table costs too much to be worth a look
		}
		h, err := p.hashJoin(n, it.cheap, Inner, nil)
		if err != nil {
			return nil, err
		}
		own = len(options)
		options = append(options, h)
		// The table is of the smaller side, where its rows need not be in the order of the larger one.
		if n.P().Rows*2 < it.cheap.P().Rows && !readsInput(n) {
			if h, err = p.hashJoin(it.cheap, n, Inner, nil); err != nil {
				return nil, err
			}
			options = append(options, h)
		}
	case it.path != nil:
		o, err := p.path(it.path, n)
		if err != nil {
			return nil, err
		}
		options = append(options, o)
		if !isUnit(n) {
			if it.node == nil {
				if it.node, err = p.path(it.path, p.unit()); err != nil {
					return nil, err
				}
			}
			h, err := p.hashJoin(n, it.node, Inner, nil)
			if err != nil {
				return nil, err
			}
			options = append(options, h)
		}
	default:
		if err := p.firstSide(g, it); err != nil {
			return nil, err
		}
		o, err := p.planWhole(it.op, n)
		if err != nil {
			return nil, err
		}
		options = append(options, o)
	}
	via := &joinStep{it, n}
	for _, o := range options {
		if o != n { // n itself where the item has one row that binds nothing
			o.P().via = via
		}
	}
	if g.samples > 0 {
		if err := p.sampleJoin(g, n, it, options, own); err != nil {
			return nil, err
		}
	}
	for i, o := range options {
		var has []*Cond
		if i >= own {
			has = it.conds
		}
		options[i] = p.withFilters(g, n, o, has)
	}
	return options, nil
}

// readsInput reports whether a plan is run again and again, for each batch of an Apply.
func readsInput(n Node) bool {
	if _, ok := n.(*Input); ok {
		return true
	}
	return slices.ContainsFunc(Children(n), readsInput)
}

// withFilters adds the filters whose variables o binds for certain and n did not, except those that o has. They are not marked
// as done, since other orders need them too; when the order is chosen, it has all those whose variables are bound.
func (p *planner) withFilters(g *joinGroup, n, o Node, has []*Cond) Node {
	var cheap, dear []*Cond
	for _, f := range g.filters {
		if f.cond == nil || f.done || f.vars.In(n.P().Certain) && !isUnit(n) || !f.vars.In(o.P().Certain) || slices.Contains(has, f.cond) {
			continue
		}
		if f.cond.Test != nil && f.cond.Test.Total() {
			cheap = append(cheap, f.cond)
		} else {
			dear = append(dear, f.cond)
		}
	}
	return p.filtered(o, append(cheap, dear...))
}

// scans lists ways to read a pattern: every order that has its constants in front, with a range of the next column where filters
// allow only that.
func (p *planner) scans(it *item) ([]Node, error) {
	t := it.pattern
	fixed := t.fixed()
	var out []Node
	for o := store.SPOG; o < store.GSPO; o++ {
		pos := o.Positions()
		front := true
		for _, x := range pos[:len(fixed)] {
			front = front && slices.Contains(fixed, x)
		}
		if !front {
			continue
		}
		s := p.scan(t, &it.stats, o, len(fixed), 0, 0)
		if len(fixed) < 3 && len(it.stats.consts) == len(fixed) {
			if err := p.narrow(s, it, pos[len(fixed)]); err != nil {
				return nil, err
			}
		}
		out = append(out, s)
	}
	if t.Graph.Mode == GraphSet && len(t.Graph.IDs) == 1 && !t.Graph.Merge {
		// The graph by itself, with constants behind it as far as they are in the order of gspo.
		n := 1
		for _, x := range []store.Position{store.S, store.P, store.O} {
			if t.At(x).Kind != RefConst {
				break
			}
			n++
		}
		prefix := []store.ID{t.Graph.IDs[0]}
		for _, x := range []store.Position{store.S, store.P, store.O}[:n-1] {
			prefix = append(prefix, t.At(x).ID)
		}
		rows, err := p.stats.count(store.Range{Order: store.GSPO, Prefix: prefix})
		if err != nil {
			return nil, err
		}
		s := p.scan(t, &it.stats, store.GSPO, n, 0, 0)
		s.Rows = min(s.Rows, float64(rows))
		s.Cost = costStart + float64(rows)*costRow
		out = append(out, s)
	}
	return out, nil
}

// narrow limits a scan to the range of its first free column that the filters of that variable allow.
func (p *planner) narrow(s *Scan, it *item, pos store.Position) error {
	r := it.pattern.At(pos)
	if !r.IsVar() {
		return nil
	}
	var tests []*Test
	for _, c := range it.conds {
		if c.Slots[0] == r.Slot {
			tests = append(tests, c.Test)
		}
	}
	if len(tests) == 0 {
		return nil
	}
	lo, hi, err := p.bounds(tests, store.Range{Order: s.Order, Prefix: it.pattern.prefix(s.Order, s.Prefix)})
	if err != nil {
		return err
	}
	if lo == store.NoID && hi == math.MaxUint64 {
		return nil
	}
	rg := store.Range{Order: s.Order, Prefix: it.pattern.prefix(s.Order, s.Prefix), Lo: lo, Hi: hi}
	n, err := p.stats.count(rg)
	if err != nil {
		return err
	}
	if float64(n) > it.stats.total*0.95 {
		return nil
	}
	s.Lo, s.Hi = lo, hi
	s.Cost = costStart + float64(n)*costRow
	s.whole, s.Rows = s.Rows, min(s.Rows, float64(n))
	d, err := p.stats.distinct(rg)
	if err != nil {
		return err
	}
	s.Distinct = slices.Clone(s.Distinct)
	s.Distinct.set(r.Slot, max(1, float64(d)))
	return nil
}

// boundsParts is how many ranges of IDs are counted to find the bounds of a scan.
const boundsParts = 24

// bounds is the smallest range of IDs in which a row of a store's range can pass all tests. What only the term would tell counts only
// where the store has such rows: literals of another type than the one that is compared with are mostly none. Where nothing can pass, it
// is a range of one ID that is no term.
func (p *planner) bounds(tests []*Test, rg store.Range) (lo, hi store.ID, err error) {
	all := combine(func(os ...Outcome) Outcome {
		for _, o := range os {
			if o != True && o != Unknown {
				return False
			}
		}
		return True
	}, tests...)
	type part struct{ lo, hi store.ID }
	var parts []part
	for i, o := range all.outcome {
		if o != True {
			continue
		}
		x := part{all.start[i], math.MaxUint64}
		if i+1 < len(all.start) {
			x.hi = all.start[i+1] - 1
		}
		// Ranges end where a tag ends, so that those without rows can be told from the others.
		for tag := x.lo.Tag(); tag < x.hi.Tag(); tag++ {
			parts = append(parts, part{x.lo, tagStart(tag+1) - 1})
			x.lo = tagStart(tag + 1)
		}
		parts = append(parts, x)
	}
	counted := 0
	empty := func(x part) (bool, error) {
		if counted++; counted > boundsParts {
			return false, nil
		}
		if x.lo >= tagStart(store.TagLocal) { // never stored
			return true, nil
		}
		rg.Lo, rg.Hi = x.lo, x.hi
		n, err := p.stats.count(rg)
		return n == 0, err
	}
	for _, end := range []int{0, 1} {
		for len(parts) > 0 {
			at := end * (len(parts) - 1)
			none, err := empty(parts[at])
			if err != nil {
				return 0, 0, err
			}
			if !none {
				break
			}
			parts = slices.Delete(parts, at, at+1)
		}
	}
	if len(parts) == 0 {
		return 1, 1, nil
	}
	return parts[0].lo, parts[len(parts)-1].hi, nil
}

// lookup joins n with a pattern by seeking.
func (p *planner) lookup(n Node, it *item, kind JoinKind, conds []*Cond) Node {
	t := it.pattern
	in := n.P()
	fixed := t.fixed()
	var bound []store.Position
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
	compared := t.Vars().Intersect(in.Maybe).Len() > len(bound) || t.Graph.Var >= 0
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
	right := Props{Rows: it.stats.rows, Maybe: t.Vars(), Certain: t.Vars(), Distinct: t.distinct(&it.stats)}
	joined(&l.Props, in, &right, kind)
	sorted := bestMatch == len(bound) && len(bound) > 0
	// Rows that agree in their keys are looked up together, in each batch again where they are not sorted.
	different := 1.0
	for _, x := range bound {
		different *= in.distinctOf(t.At(x).Slot)
	}
	if sorted {
		seeks := min(in.Rows, different) * costSeek
		l.Cost = in.Cost + costStart + in.Rows*15 + min(seeks, it.stats.total*costRow) + l.Rows*costOut
		l.Sorted = slices.Clone(in.Sorted[:len(bound)])
		if byMatch := kind == Semi || kind == Anti; byMatch {
			l.Sorted = in.Sorted
		} else if kind == Left && (len(conds) > 0 || compared) {
			l.Sorted = nil
		}
	} else {
		sweeps := math.Ceil(in.Rows / batchRows)
		looked := min(in.Rows, sweeps*different)
		l.Cost = in.Cost + costStart*sweeps + (in.Rows+looked)*costSort/2 + min(looked*costSeek, sweeps*it.stats.total*costRow) + l.Rows*costOut
		l.Sorted = nil
		if kind == Semi || kind == Anti {
			l.Sorted = in.Sorted
		}
	}
	for range conds {
		l.Rows *= 0.5
		l.Cost += l.Rows * costExpr
	}
	if kind == Left {
		l.Rows = max(l.Rows, in.Rows)
	}
	return l
}
