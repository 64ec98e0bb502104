package optimizer

import (
	"cmp"
	"slices"
)

// The bounds of comparing orders of steps: below so many rows none is worth it, and only so many steps are compared.
const (
	rowsToOrder  = 200
	stepsToOrder = 16
	// stepsAhead is how far a step may be from the first that is left.
	stepsAhead = 32
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
	first   int // the first step that is left
	filters []*groupFilter
	waits   map[*groupFilter]int // the first step that a filter waits for
	moves   []*moves
	ranked  int
}

// moves is what is known of where a step may go.
type moves struct {
	binds, reads Set
	chancy       bool           // each row has its own value
	after        []int          // steps that it comes after
	filters      []*groupFilter // that it comes after
	known        bool           // the last two
	rank         *stepRank
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

// step is what is known of a step.
func (q *sequence) step(at int) *moves {
	if q.moves[at] == nil {
		s := &q.g.steps[at]
		q.moves[at] = &moves{binds: s.binds(), reads: s.reads(), chancy: s.kind == stepExtend && chancy(s.expr)}
	}
	return q.moves[at]
}

// commute reports whether two steps may change places.
func (q *sequence) commute(a, b *moves) bool {
	return !a.chancy && !b.chancy && a.binds.commonIn(b.reads, q.certain) && b.binds.commonIn(a.reads, q.certain)
}

// waitsFor is the first step from one on, but for another, that is not done and that a filter waits for; its level if there is none.
func (q *sequence) waitsFor(f *groupFilter, from, but int) int {
	for from < f.level && (q.done[from] || from == but || q.step(from).binds.commonIn(f.vars, q.certain)) {
		from++
	}
	return from
}

// ready reports whether all steps are done that a filter waits for.
func (q *sequence) ready(f *groupFilter) bool {
	q.waits[f] = q.waitsFor(f, q.waits[f], -1)
	return q.waits[f] >= f.level
}

// free reports whether a step may come now.
func (q *sequence) free(at int) bool {
	s := q.step(at)
	if !s.known {
		s.known = true
		for i := q.first; i < at; i++ {
			if !q.done[i] && !q.commute(q.step(i), s) {
				s.after = append(s.after, i)
			}
		}
		for _, f := range q.filters {
			if !f.done && f.level <= at && !s.binds.commonIn(f.vars, q.certain) {
				s.filters = append(s.filters, f)
			}
		}
	}
	return !slices.ContainsFunc(s.after, func(i int) bool { return !q.done[i] }) && !slices.ContainsFunc(s.filters, func(f *groupFilter) bool { return !f.done })
}

// planSteps adds the steps of a group to its joins, in the order that seems cheapest of those that mean the same.
func (p *planner) planSteps(g *joinGroup, n Node) (Node, error) {
	active := p.graph
	defer func() { p.graph = active }()
	q := &sequence{g: g, certain: n.P().Certain, done: make([]bool, len(g.steps)), moves: make([]*moves, len(g.steps)), filters: slices.Clone(g.filters),
		waits: map[*groupFilter]int{}}
	for left := len(g.steps); ; left-- {
		var err error
		q.filters = slices.DeleteFunc(q.filters, func(f *groupFilter) bool { return f.done })
		if n, err = p.applyFilters(q.filters, n, q.ready); err != nil || left == 0 {
			return n, err
		}
		for q.done[q.first] {
			q.first++
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
	// Nothing that the first has to wait for is left.
	if left == 1 || n.P().Rows < rowsToOrder || p.effort.empty() {
		return q.first, nil, nil
	}
	best := -1
	var plan Node
	for at := q.first; at < min(len(q.g.steps), q.first+stepsAhead); at++ {
		if q.done[at] || !q.free(at) {
			continue
		}
		var made Node
		if q.step(at).rank == nil {
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
			q.step(at).rank = q.rank(at, n.P(), made.P())
		}
		if best < 0 || q.step(at).rank.compare(q.step(best).rank) < 0 {
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
	for _, f := range q.filters {
		if !f.done && f.cond != nil && q.waitsFor(f, q.waits[f], at) >= f.level {
			cost += rows * costExpr
			rows *= selectivity(f.cond)
		}
	}
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
	n, expr, err := p.marked(n, s.expr)
	if err != nil {
		return nil, err
	}
	c, err := p.cond(expr)
	if err != nil {
		return nil, err
	}
	if n, c, err = p.dateParts(n, c); err != nil {
		return nil, err
	}
	return p.extend(n, s.slot, c), nil
}
