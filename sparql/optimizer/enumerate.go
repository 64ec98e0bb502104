package optimizer

import (
	"cmp"
	"slices"
)

// closeBy is what part of the cost of the first order another must cost to be taken: estimates are no better than that, and the first order, of few rows
// early, does not depend on them as much.
const closeBy = 0.95

// partial are the plans for a set of items.
type partial struct {
	items uint64
	plans []Node
	// useful are the variables by which it may help that rows are sorted: those of what is still to come.
	useful Set
	// least is what is still to come costs at least.
	least float64
}

// after is what is known of a set of items before there are plans for it; later are the variables of what comes after all items.
func (g *joinGroup) after(items uint64, later Set) partial {
	l := partial{items: items, useful: later}
	for _, it := range g.items {
		if items&(1<<it.at) != 0 {
			continue
		}
		l.useful = l.useful.Union(it.scope.maybe)
		if it.pattern != nil {
			l.least += costStart // it is scanned, or looked up
		}
	}
	return l
}

// ordered finds the cheapest sequence of joins by dynamic programming over sets of items, those of one item first. Of the plans for a set it
// keeps the cheapest for each variable that it may help to have the rows sorted by. What costs more than the plan that is known, with what joining the
// rest takes at least, is not pursued. Where
// more joins than allowed would have to be considered, the least promising plans of a size are given up, down to one, as in greedy.
func (p *planner) ordered(g *joinGroup, in Node, want int, known Node, allowed int) (Node, error) {
	n := len(g.items)
	bound := known.P().Cost
	if want >= 0 {
		bound += known.P().Rows * costProbe
	}
	var later Set
	if want >= 0 {
		later = SetOf(want)
	}
	for i := range g.steps {
		later = later.Union(g.steps[i].scope.maybe)
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
						to := l.items | 1<<i
						at, ok := places[to]
						if !ok {
							at = len(next)
							places[to] = at
							next = append(next, g.after(to, later))
						}
						for _, o := range options {
							if o.P().Cost+next[at].least <= bound {
								next[at].keepBest(o)
							}
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
	best := slices.MinFunc(all, func(a, b Node) int { return cmp.Compare(cost(a), cost(b)) })
	if cost(best) > closeBy*cost(known) && !p.options.DrawAll {
		return known, nil
	}
	return best, nil
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

// keepBest adds a plan to those for the same items, if none is cheaper and sorted as usefully.
func (l *partial) keepBest(n Node) {
	lead := func(n Node) int {
		if s := n.P().Sorted; len(s) > 0 && l.useful.Has(s[0]) {
			return s[0]
		}
		return -1
	}
	for _, o := range l.plans {
		if o.P().Cost <= n.P().Cost && (lead(n) < 0 || lead(o) == lead(n)) {
			return
		}
	}
	kept := l.plans[:0]
	for _, o := range l.plans {
		if !(n.P().Cost <= o.P().Cost && (lead(o) < 0 || lead(o) == lead(n))) {
			kept = append(kept, o)
		}
	}
	l.plans = append(kept, n)
}
