package exec

import (
	"slices"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// aggregator computes one aggregate for all groups.
type aggregator interface {
	// add takes the rows of a batch; numbers are their groups, of which there are n now.
	add(b *batch, numbers []int32, n int) error
	// result is the aggregate of a group.
	result(g int) (store.ID, error)
}

// onlyCounts reports whether an aggregator of a single group heeds the weights of rows.
func onlyCounts(a aggregator) bool {
	switch a.(type) {
	case *countAll, *countVar:
		return true
	}
	return false
}

func newAggregator(q *Query, n *optimizer.Group, a *optimizer.Aggregate, e *env, h *held) aggregator {
	switch {
	case a.Func == "COUNT" && len(a.Args) == 0 && !a.Distinct:
		return &countAll{q: q}
	case a.Func == "COUNT" && len(a.Args) == 0:
		return &countDistinct{q: q, node: n, slots: a.All, held: held{m: q.memory}, all: true}
	case a.Func == "COUNT" && a.Var >= 0 && !a.Distinct:
		return &countVar{q: q, slot: a.Var}
	case a.Func == "COUNT" && a.Var >= 0 && a.Sorted && (!q.spills() || !losesOrder(n.In)):
		return &countRuns{q: q, slot: a.Var}
	case a.Func == "COUNT" && a.Var >= 0:
		return &countDistinct{q: q, node: n, slots: []int{a.Var}, held: held{m: q.memory}}
	case a.Func == "SAMPLE" && a.Var >= 0:
		return &sample{slot: a.Var}
	}
	g := &generic{q: q, node: n, agg: a, held: h, plain: a.Var >= 0}
	for _, x := range a.Args {
		g.args = append(g.args, newEvaluator(q, x, e))
	}
	g.cache = newArgumentCache(g.args, q.memory)
	if a.Var >= 0 && !a.Distinct && (a.Func == "SUM" || a.Func == "AVG" || a.Func == "MIN" || a.Func == "MAX") {
		return &integers{generic: g, slot: a.Var, fn: a.Func}
	}
	if s := sumsOf(g, a); s != nil {
		return s
	}
	return g
}

// losesOrder reports whether a plan may yield its rows in another order than it tells, since an operator in it has put them into files.
func losesOrder(n optimizer.Node) bool {
	switch n.(type) {
	case *optimizer.HashJoin, *optimizer.Distinct:
		return true
	}
	return slices.ContainsFunc(optimizer.Children(n), losesOrder)
}

func grow[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	if n <= cap(s) {
		return s[:n]
	}
	return append(s, make([]T, n-len(s))...)
}

// countAll is COUNT(*).
type countAll struct {
	q *Query
	n []int64
}

func (c *countAll) add(b *batch, numbers []int32, n int) error {
	c.n = grow(c.n, n)
	if n == 1 {
		c.n[0] += b.solutions()
		return nil
	}
	for _, g := range numbers {
		c.n[g]++
	}
	return nil
}

func (c *countAll) result(g int) (store.ID, error) { return c.q.integer(c.n[g]) }

// countVar is COUNT(?x).
type countVar struct {
	q    *Query
	slot int
	n    []int64
}

func (c *countVar) add(b *batch, numbers []int32, n int) error {
	c.n = grow(c.n, n)
	if col := b.cols[c.slot]; col != nil {
		for i, g := range numbers {
			switch {
			case col[i] == store.NoID:
			case b.weights != nil:
				c.n[g] += int64(b.weights[i])
			default:
				c.n[g]++
			}
		}
	}
	return nil
}

func (c *countVar) result(g int) (store.ID, error) { return c.q.integer(c.n[g]) }

// countRuns is COUNT(DISTINCT ?x) where rows are sorted by ?x: those of a group that have the same value come after one another, with none of
// that group that has another between them.
type countRuns struct {
	q    *Query
	slot int
	last []store.ID // of each group
	n    []int64
}

func (c *countRuns) add(b *batch, numbers []int32, n int) error {
	c.n, c.last = grow(c.n, n), grow(c.last, n)
	col := b.cols[c.slot]
	if col == nil {
		return nil
	}
	if n == 1 {
		last, n := c.last[0], c.n[0]
		for _, id := range col[:b.n] {
			if id != last {
				last = id
				n++
			}
		}
		c.last[0], c.n[0] = last, n
		return nil
	}
	for i, g := range numbers {
		if id := col[i]; id != c.last[g] {
			c.last[g] = id
			c.n[g]++
		}
	}
	return nil
}

func (c *countRuns) result(g int) (store.ID, error) { return c.q.integer(c.n[g]) }

// sample is SAMPLE(?x).
type sample struct {
	slot int
	ids  []store.ID
}

func (s *sample) add(b *batch, numbers []int32, n int) error {
	s.ids = grow(s.ids, n)
	if col := b.cols[s.slot]; col != nil {
		for i, g := range numbers {
			if s.ids[g] == store.NoID {
				s.ids[g] = col[i]
			}
		}
	}
	return nil
}

func (s *sample) result(g int) (store.ID, error) { return s.ids[g], nil }
