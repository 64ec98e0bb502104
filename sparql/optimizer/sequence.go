package optimizer

import "cmp"

// The bounds of comparing orders of steps: below so many rows none is worth it, and only so many steps are compared.
const (
	rowsToOrder  = 200
	stepsToOrder = 16
)

// sequence is what is known of the order of a group's steps and of the filters among them.
//
// Two steps over the same rows may change places where neither binds a variable that the other has, unless the rows have it bound
// already: then what each finds for a row, and so what the two find together, is the same in either order. That is so for OPTIONAL by the
// definitions of LeftJoin and of compatible solutions (https://www.w3.org/TR/sparql12-query/#defn_algLeftJoin), for MINUS, which binds
// nothing, by that of Minus (a variable that both steps have is bound in the rows, so it counts in either order,
// https://www.w3.org/TR/sparql12-query/#defn_algMinus), and for BIND, which adds a value to each row. A filter waits for the steps before
// it that may bind what it reads, and steps after it that may bind it wait for the filter.
type sequence struct {
	g       *joinGroup
	certain Set // bound before all steps
	done    []bool
	ranks   []*stepRank
	ranked  int
}

// stepRank is what a step does to the rows before it.
type stepRank struct {
	loses bool    // the rows are no longer sorted as they were
	value float64 // rows that it adds, negative where it drops some, for what it costs: lesser ones come first
}

// binds are the variables that a step may bind, reads all that it has.
func (s *groupStep) binds() Set {
	if s.kind == stepMinus || s.kind == stepLeft && s.anti {
		return Set{}
	}
	return s.scope.maybe
}

func (s *groupStep) reads() Set { return s.scope.maybe.Union(s.uses) }

// commute reports whether two steps may change places.
func (q *sequence) commute(a, b *groupStep) bool {
	if a.kind == stepExtend && chancy(a.expr) || b.kind == stepExtend && chancy(b.expr) {
		return false // each row has its own value
	}
	return a.binds().Intersect(b.reads()).In(q.certain) && b.binds().Intersect(a.reads()).In(q.certain)
}

// ready reports whether all steps are done that a filter waits for.
func (q *sequence) ready(f *groupFilter) bool {
	for i := range f.level {
		if !q.done[i] && !q.g.steps[i].binds().Intersect(f.vars).In(q.certain) {
			return false
		}
	}
	return true
}

// free reports whether a step may come now.
func (q *sequence) free(at int) bool {
	s := &q.g.steps[at]
	for i := range at {
		if !q.done[i] && !q.commute(&q.g.steps[i], s) {
			return false
		}
	}
	for _, f := range q.g.filters {
		if !f.done && f.level <= at && !s.binds().Intersect(f.vars).In(q.certain) {
			return false
		}
	}
	return true
}

// planSteps adds the steps of a group to its joins, in the order that seems cheapest of those that mean the same.
func (p *planner) planSteps(g *joinGroup, n Node) (Node, error) {
	active := p.graph
	defer func() { p.graph = active }()
	q := &sequence{g: g, certain: n.P().Certain, done: make([]bool, len(g.steps)), ranks: make([]*stepRank, len(g.steps))}
	for left := len(g.steps); ; left-- {
		var err error
		if n, err = p.applyFilters(g, n, q.ready); err != nil || left == 0 {
			return n, err
		}
		at, next, err := p.nextStep(q, n, left)
		if err != nil {
			return nil, err
		}
		if next == nil {
			if next, err = p.addStep(n, &g.steps[at]); err != nil {
				return nil, err
			}
		}
		q.done[at] = true
		n = next
	}
}

// nextStep chooses a step, and gives its plan on top of n if it is known already.
func (p *planner) nextStep(q *sequence, n Node, left int) (int, Node, error) {
	best := -1
	var plan Node
	for at := range q.g.steps {
		if q.done[at] || !q.free(at) {
			continue
		}
		if best < 0 && (left == 1 || n.P().Rows < rowsToOrder || p.effort.empty()) {
			return at, nil, nil
		}
		var made Node
		if q.ranks[at] == nil {
			if q.ranked == stepsToOrder {
				if best < 0 {
					best = at
				}
				break
			}
			q.ranked++
			var err error
			if made, err = p.addStep(n, &q.g.steps[at]); err != nil {
				return 0, nil, err
			}
			q.ranks[at] = q.rank(at, n.P(), made.P())
		}
		if best < 0 || q.ranks[at].compare(q.ranks[best]) < 0 {
			best, plan = at, made
		}
	}
	return best, plan, nil
}

func (r *stepRank) compare(o *stepRank) int {
	if o == nil {
		return -1
	}
	if r.loses != o.loses {
		if r.loses {
			return 1
		}
		return -1
	}
	return cmp.Compare(r.value, o.value)
}

// rank judges a step by its rows before and after, with the filters that may be evaluated after it.
func (q *sequence) rank(at int, before, after *Props) *stepRank {
	rows, cost := after.Rows, after.Cost-before.Cost
	q.done[at] = true
	for _, f := range q.g.filters {
		if !f.done && f.cond != nil && q.ready(f) {
			cost += rows * costExpr
			rows *= selectivity(f.cond)
		}
	}
	q.done[at] = false
	r := &stepRank{value: (rows - before.Rows) / max(1, before.Rows) / max(1, cost)}
	r.loses = rows >= before.Rows && len(before.Sorted) > 0 && (len(after.Sorted) == 0 || after.Sorted[0] != before.Sorted[0])
	return r
}

// addStep plans a step on top of n.
func (p *planner) addStep(n Node, s *groupStep) (Node, error) {
	p.graph = s.graph
	switch s.kind {
	case stepLeft:
		return p.leftJoin(n, *s)
	case stepMinus:
		return p.minus(n, *s)
	}
	c, err := p.cond(s.expr)
	if err != nil {
		return nil, err
	}
	return p.extend(n, s.slot, c), nil
}
