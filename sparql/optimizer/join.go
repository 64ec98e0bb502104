package optimizer

import (
	"cmp"
	"math"
	"slices"
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
	single := map[int][]int{} // filters of one variable, by that
	for i, f := range g.filters {
		if hasExists(f.expr) {
			continue
		}
		if err := p.compile(f); err != nil {
			return err
		}
		if f.cond.Test == nil {
			continue
		}
		g.filtered = g.filtered.Union(f.vars)
		if f.vars.Len() == 1 {
			v := f.vars.Slots()[0]
			single[v] = append(single[v], i)
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
		var places []int
		for v := range it.scope.certain.All {
			places = append(places, single[v]...)
		}
		slices.Sort(places)
		for _, at := range places {
			it.conds = append(it.conds, g.filters[at].cond)
		}
		if err := p.judge(it); err != nil {
			return err
		}
	}
	return nil
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

// joinItem lists ways to join an item to n, with the filters that can be evaluated then. Where the join drops most rows of a filter on top of
// n that takes long, the filter may as well come after it: a solution that binds what the filter looks at passes it or not whatever it is
// joined with.
func (p *planner) joinItem(g *joinGroup, n Node, it *item) ([]Node, error) {
	options, err := p.joinOptions(g, n, it)
	if err != nil {
		return nil, err
	}
	f, ok := n.(*Filter)
	test := p.options.DrawAll && it.at%2 == 0 // some wait whatever that costs
	if !ok || !f.mayWait(test) {
		return options, nil
	}
	best := slices.MinFunc(options, func(a, b Node) int { return cmp.Compare(a.P().Rows, b.P().Rows) }).P()
	if !test && (best.Rows > waitsFor*n.P().Rows || p.effort.empty()) {
		return options, nil
	}
	later, err := p.joinOptions(g, f.In, it)
	if err != nil {
		return nil, err
	}
	if test {
		options = nil
	}
	for _, o := range later {
		x := p.filtered(o, f.Conds)
		x.P().via = &joinStep{it, n}
		options = append(options, x)
	}
	return options, nil
}

// A filter may wait for a join that leaves at most such a part of its rows, if evaluating it takes so long, in nanoseconds.
const (
	waitsFor   = 0.5
	waitsAbove = 50e3
)

// mayWait reports whether a filter may be evaluated for rows that are joined with others.
func (f *Filter) mayWait(test bool) bool {
	if isUnit(f.In) || !test && f.In.P().Rows*float64(costExpr*len(f.Conds)) < waitsAbove {
		return false
	}
	for _, c := range f.Conds {
		if !c.Pure || c.Test != nil || c.ByID != nil || boundBy(c.Expr) != "" || !SetOf(c.Slots...).In(f.In.P().Certain) { // by ID it takes next to nothing
			return false
		}
	}
	return true
}

// joinOptions are the ways of joinItem on top of a plan as it is.
func (p *planner) joinOptions(g *joinGroup, n Node, it *item) ([]Node, error) {
	p.effort.take(p)
	active := p.graph
	defer func() { p.graph = active }()
	p.graph = it.graph
	var options []Node
	own := math.MaxInt // from which option on they have the item's own conditions already
	switch {
	case it.pattern != nil:
		if err := p.readings(it, isUnit(n)); err != nil {
			return nil, err
		}
		if isUnit(n) {
			options = append(options, it.scans...)
			break
		}
		fixed, vars := it.known()
		if vars.Overlaps(n.P().Certain) || len(fixed) > 0 && n.P().Rows <= 4 {
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
		if n.P().Rows*2 < it.cheap.P().Rows && !p.readsInput(n) {
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
		o, err := p.planWhole(it.op, it.group, n)
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

// readsInput reports whether a plan is run again and again, for each batch of an Apply. Plans are asked for each join that goes on from them, so the
// answer is kept.
func (p *planner) readsInput(n Node) bool {
	if _, ok := n.(*Input); ok {
		return true
	}
	reads, known := p.inputs[n]
	if !known {
		reads = slices.ContainsFunc(Children(n), p.readsInput)
		if p.inputs == nil {
			p.inputs = map[Node]bool{}
		}
		p.inputs[n] = reads
	}
	return reads
}

// withFilters adds the filters whose variables o binds for certain and n did not, except those that o has. They are not marked
// as done, since other orders need them too; when the order is chosen, it has all those whose variables are bound.
func (p *planner) withFilters(g *joinGroup, n, o Node, has []*Cond) Node {
	if len(g.filters) == 0 {
		return o
	}
	var cheap, dear []*Cond
	for _, at := range g.completed(n, o) {
		f := g.filters[at]
		if f.cond == nil || f.done || !f.vars.In(o.P().Certain) || slices.Contains(has, f.cond) {
			continue
		}
		if f.cond.Test != nil && f.cond.Test.Total() {
			cheap = append(cheap, f.cond)
		} else {
			dear = append(dear, f.cond)
		}
	}
	p.effort.left -= (len(cheap) + len(dear)) / 2
	return p.filtered(o, append(cheap, dear...))
}

// completed are the filters that have a variable which o binds for certain and n did not, by their places in ascending order; those without
// variables too where there is no n. The others of hundreds of filters are not looked at.
func (g *joinGroup) completed(n, o Node) (places []int) {
	if g.readers == nil {
		g.readers = map[int][]int{}
		for i, f := range g.filters {
			for v := range f.vars.All {
				g.readers[v] = append(g.readers[v], i)
			}
			if f.vars.Empty() {
				g.readers[-1] = append(g.readers[-1], i)
			}
		}
	}
	before := n.P().Certain
	if isUnit(n) {
		before = Set{}
		places = append(places, g.readers[-1]...)
	}
	variables := 0
	for v := range o.P().Certain.without(before) {
		if of := g.readers[v]; len(of) > 0 {
			variables++
			places = append(places, of...)
		}
	}
	if variables > 1 {
		slices.Sort(places)
		places = slices.Compact(places)
	}
	return places
}
