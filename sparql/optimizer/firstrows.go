package optimizer

import (
	"math"
	"slices"

	"triplestore/sparql/algebra"
)

// Where only the first rows are wanted (ASK, LIMIT without ORDER BY), another plan may give them sooner than the plan that is cheapest for all rows:
// one that makes no table of rows that are never asked for. Every plan costs something before its first row, and something for each further
// one; plans are compared by what the wanted part of their rows costs.

const (
	// firstFrom is what the first rows cost at least for another plan to be looked for, firstPart what part of that another must cost.
	firstFrom = 60e3
	firstPart = 0.5
	// firstMost is up to which LIMIT another plan is looked for.
	firstMost = 4096
	// firstAlone is up to how many times as much as the cheapest plan another may cost for all rows so as to be run without the
	// cheapest to fall back on; firstWorst is how many times as much it may cost at all, since who pages by OFFSET goes on with it.
	firstAlone = 1.5
	firstWorst = 16
	// firstEffort is how many times the work that the usual plan is estimated to do for the first rows another may do before it gives way.
	firstEffort = 1.5
)

// firstRows gives what LIMIT takes rows of: full, the cheapest plan for all rows, or another one that gives so many sooner. OFFSET makes no
// difference, so that those who page by it have the rows in the same order each time.
func (p *planner) firstRows(o *algebra.Slice, full Node) (Node, error) {
	test := p.options.DrawAll
	if p.options.NoOptimizer || p.show || p.late || p.forFirst || o.Limit < 0 || o.Limit > firstMost || blocks(full) {
		return full, nil
	}
	part := max(1, float64(o.Limit)) / full.P().Rows
	if part >= 1 && !test || firstCost(full, part) < firstFrom && !test || p.effort.empty() || asksEndpoints(o.In) {
		return full, nil
	}
	owns := p.owns
	p.owns, p.first, p.forFirst = map[algebra.Op]Node{}, min(part, 1), true
	n, err := p.sliced(o)
	p.owns, p.first, p.forFirst = owns, 0, false
	if err != nil {
		return nil, err
	}
	fp, np := full.P(), n.P()
	if firstCost(n, part) >= firstPart*firstCost(full, part) && !test {
		return full, nil
	}
	if o.Limit > 1 && np.Cost > firstWorst*fp.Cost && !test {
		return full, nil
	}
	if np.Cost <= firstAlone*fp.Cost && !test {
		return n, nil
	}
	f := &FirstRows{First: n, Full: full, Rows: max(1, o.Limit), Effort: max(firstFrom, firstEffort*firstCost(full, part))}
	f.Props = Props{Rows: fp.Rows, Cost: min(fp.Cost, firstCost(n, part)), Certain: fp.Certain.Intersect(np.Certain), Maybe: fp.Maybe.Union(np.Maybe), Distinct: fp.Distinct}
	return f, nil
}

// asksEndpoints reports whether an operator asks endpoints, which it should not do in vain.
func asksEndpoints(op algebra.Op) bool {
	return occurs(op, func(op algebra.Op) bool {
		_, is := op.(*algebra.Service)
		return is
	})
}

// blocks reports whether a plan reads all rows before it gives one, so that no part of them is cheaper.
func blocks(n Node) bool {
	switch n := n.(type) {
	case *Sort, *Group:
		return true
	case *FirstRows:
		return blocks(n.Full)
	case *Project, *Filter, *Extend, *ExtendRows, *Distinct, *Slice:
		return blocks(Children(n)[0])
	}
	return false
}

// forAll plans what all rows are read of before the first is given.
func (p *planner) forAll(plan func() (Node, error)) (Node, error) {
	before := p.first
	p.first = 0
	defer func() { p.first = before }()
	return plan()
}

// ownTable plans an operator on its own for a table of all its rows.
func (p *planner) ownTable(op algebra.Op) (Node, error) {
	return p.forAll(func() (Node, error) { return p.own(op) })
}

// cost is what plans are compared by.
func (p *planner) cost(n Node) float64 {
	if p.first > 0 {
		return firstCost(n, p.first)
	}
	return n.P().Cost
}

// firstCost is what a part of the rows of a plan costs, at least one row.
func firstCost(n Node, part float64) float64 {
	np := n.P()
	part = min(1, max(part, 1/max(1, np.Rows)))
	own := np.Cost
	for _, c := range Children(n) {
		own -= c.P().Cost
	}
	own = max(0, own)
	switch n := n.(type) {
	case *Scan:
		return min(np.Cost, costStart) + part*max(0, np.Cost-costStart)
	case *Lookup:
		return firstCost(n.In, part) + min(own, costStart+costSeek) + part*own
	case *Filter, *Extend, *ExtendRows, *Project, *Distinct, *Slice, *GraphLoop, *Correlated:
		return firstCost(Children(n)[0], part) + part*own
	case *Path:
		if isUnit(n.In) {
			return np.Cost
		}
		return firstCost(n.In, part) + part*own
	case *HashJoin:
		if n.Rounds {
			return roundsCost(n, part)
		}
		table := n.R.P().Rows * costBuild
		return firstCost(n.L, part) + n.R.P().Cost + table + part*max(0, own-table)
	case *Apply:
		return firstCost(n.In, part) + firstCost(n.Right, part) + part*own
	case *Union:
		sum, left := 0.0, part*np.Rows
		for _, in := range n.In {
			rows := max(1, in.P().Rows)
			sum += firstCost(in, left/rows)
			if left -= rows; left <= 0 {
				break
			}
		}
		return sum
	case *FirstRows:
		return min(firstCost(n.First, part), np.Cost)
	}
	return np.Cost
}

// roundsCost is what a part of the rows of a join in rounds costs: as much of each side as has so many matches.
func roundsCost(n *HashJoin, part float64) float64 {
	l, r := n.L.P(), n.R.P()
	side := math.Sqrt(part)
	if side > 0.5 {
		side = 1
	}
	own := costStart + side*(r.Rows*costBuild+l.Rows*costProbe)*1.3 + part*n.Rows*costOut
	return firstCost(n.L, side) + firstCost(n.R, side) + own
}

// rounds lets a join run in rounds where that gives the first rows sooner.
func (p *planner) rounds(j *HashJoin) {
	if p.first == 0 || j.Kind != Inner || len(j.Conds) > 0 || j.L.P().Maybe.Intersect(j.R.P().Maybe).Empty() || isUnit(j.L) || isUnit(j.R) {
		return
	}
	better := p.options.DrawAll || roundsCost(j, p.first) < firstCost(j, p.first)
	if better && !p.readsInput(j.L) && !p.readsInput(j.R) { // within an apply tables are kept from batch to batch
		j.Rounds, j.Sorted = true, nil
	}
}

// firstOrder looks for an order of the joins of a group that gives the first rows sooner than known: greedily from each of its items.
func (p *planner) firstOrder(g *joinGroup, in Node, known Node) (Node, error) {
	k := len(g.items)
	if k == 1 && isUnit(in) {
		return known, nil
	}
	starts := k
	if !isUnit(in) {
		starts = 1
	}
	starts = min(starts, p.effort.left/4/(k*(k+1)/2))
	best := known
	for s := range starts {
		now, left := in, slices.Clone(g.items)
		for len(left) > 0 && now != nil {
			var err error
			if now, left, err = p.firstNext(g, now, left, len(left) == k && isUnit(in), s); err != nil {
				return nil, err
			}
			if now != nil && p.cost(now) >= p.cost(best) {
				now = nil
			}
		}
		if now != nil {
			best = now
		}
	}
	return best, nil
}

// firstNext joins the item that gives the first rows soonest; the start-th item where that is told.
func (p *planner) firstNext(g *joinGroup, now Node, left []*item, start bool, at int) (Node, []*item, error) {
	if err := p.ctx.Err(); err != nil {
		return nil, nil, err
	}
	var best Node
	chosen := -1
	for pass := 0; pass < 2 && chosen < 0; pass++ { // without connected items, any
		for i, it := range left {
			if start && i != at || pass == 0 && (!start && !it.scope.maybe.Overlaps(now.P().Maybe) || !p.ready(it, now.P().Maybe)) {
				continue
			}
			options, err := p.joinItem(g, now, it)
			if err != nil {
				return nil, nil, err
			}
			for _, o := range options {
				if chosen < 0 || p.cost(o) < p.cost(best) {
					best, chosen = o, i
				}
			}
		}
	}
	return best, slices.Delete(left, chosen, chosen+1), nil
}

// firstSide plans an item that has a plan of its own for the part of its rows that a join in rounds takes.
func (p *planner) firstSide(g *joinGroup, it *item) error {
	if _, service := it.op.(*algebra.Service); p.first == 0 || len(g.items) == 1 || p.owns[it.op] != nil || service {
		return nil
	}
	whole := p.first
	p.first = math.Sqrt(whole)
	var err error
	if it.group != nil { // as it was collected
		_, err = p.planWhole(it.op, it.group, p.unit())
	} else {
		_, err = p.own(it.op)
	}
	p.first = whole
	return err
}
