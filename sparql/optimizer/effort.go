package optimizer

// What planning may take is counted, not timed, so that a query over the same data always has the same plan: in ways of joining a pattern to
// what is joined already that are considered. One takes about 0.7 µs, in queries of a hundred variables twice that.
const (
	// maxJoins is how many joins a query's planning considers at most: some 5 ms.
	maxJoins = 6000
	// leastJoins is how many are considered in a group whatever it costs to run it.
	leastJoins = 64
	// nsPerJoin is what considering a join takes, and runShare the part of what a group is estimated to take that finding a better order may.
	nsPerJoin = 700
	runShare  = 0.05
)

// effort is what planning has taken and may still take.
type effort struct {
	left    int
	bounded bool // something was not considered that otherwise would have been
}

func newEffort() *effort { return &effort{left: maxJoins} }

// spent is how many joins were considered.
func (e *effort) spent() int { return maxJoins - e.left }

// take is what a join that is considered takes. Sets of more than 64 variables take longer.
func (e *effort) take(p *planner) { e.left -= 1 + len(p.slots)/64 }

// perPlan is how many joins are considered in the time in which an operator is taken apart to be planned, or a condition is compiled.
const perPlan = 4

// forOrder is how many joins may be considered to find a better order than one that is known to cost something, in nanoseconds. Half of
// what is left is for the rest of the query.
func (e *effort) forOrder(cost float64) int {
	return max(0, min(e.left/2, leastJoins+int(min(cost*runShare/nsPerJoin, maxJoins))))
}

// width is to how many of the items of a group each place of a first order is compared.
func (e *effort) width(items int) int {
	w := max(1, e.left/2/items)
	if w < items {
		e.bounded = true
	}
	return w
}

// empty reports whether nothing is left, and so that something is not considered.
func (e *effort) empty() bool {
	if e.left > 0 {
		return false
	}
	e.bounded = true
	return true
}
