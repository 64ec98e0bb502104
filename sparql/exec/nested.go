package exec

import (
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// graphLoop runs its input once for each graph.
type graphLoop struct {
	q    *Query
	node *optimizer.GraphLoop
	env  env
	at   int
	in   operator
	col  []store.ID
	rows []int32
	comp compactor
}

func newGraphLoop(q *Query, n *optimizer.GraphLoop, e *env) operator {
	l := &graphLoop{q: q, node: n, env: *e, at: -1}
	l.env.tables = nil // they depend on the graph
	return l
}

func (l *graphLoop) close() {
	if l.in != nil {
		l.in.close()
		l.in = nil
	}
}

func (l *graphLoop) next(b *batch) error {
	for {
		if err := l.q.check(); err != nil {
			return err
		}
		if l.in == nil {
			if l.at++; l.at >= len(l.node.Graphs) {
				b.reset()
				return nil
			}
			l.env.graph = l.node.Graphs[l.at]
			e := l.env
			var err error
			if l.in, err = l.q.build(l.node.In, &e); err != nil {
				return err
			}
		}
		if err := l.in.next(b); err != nil {
			return err
		}
		if b.n == 0 {
			l.close()
			continue
		}
		// The pattern may bind the graph's variable itself: then both must agree.
		if own := b.cols[l.node.Slot]; own != nil {
			l.rows = l.rows[:0]
			for i, id := range own[:b.n] {
				if id == store.NoID || id == l.env.graph {
					l.rows = append(l.rows, int32(i))
				}
			}
			if l.comp.keep(b, l.rows); b.n == 0 {
				continue
			}
		}
		l.col = resize(l.col, b.n)
		for i := range l.col {
			l.col[i] = l.env.graph
		}
		b.cols[l.node.Slot] = l.col
		return nil
	}
}

// subs plans and runs the patterns that are evaluated for one solution at a time, and remembers what EXISTS found.
type subs struct {
	q     *Query
	plans map[*optimizer.Sub]map[string]optimizer.Node
	found map[*optimizer.Sub]map[string]bool
	bytes int64
}

// plan gives the plan for a solution, given as the values of all slots.
func (s *subs) plan(sub *optimizer.Sub, params []store.ID) (optimizer.Node, error) {
	mask := make([]byte, len(sub.Outer))
	var bound optimizer.Set
	for i, o := range sub.Outer {
		if params[o] != store.NoID {
			mask[i] = 1
			bound = bound.With(o)
		}
	}
	if n, ok := s.plans[sub][string(mask)]; ok {
		return n, nil
	}
	n, err := sub.Plan(bound)
	if err != nil {
		return nil, err
	}
	if s.plans == nil {
		s.plans = map[*optimizer.Sub]map[string]optimizer.Node{}
	}
	if s.plans[sub] == nil {
		s.plans[sub] = map[string]optimizer.Node{}
	}
	s.plans[sub][string(mask)] = n
	return n, nil
}

// exists tells whether a pattern has a solution for a row.
func (s *subs) exists(sub *optimizer.Sub, v *rowView) (bool, error) {
	params := make([]store.ID, s.q.width)
	key := make([]byte, 0, 8*len(sub.Outer))
	for _, o := range sub.Outer {
		id := v.id(o)
		params[o] = id
		for k := 0; k < 64; k += 8 {
			key = append(key, byte(id>>k))
		}
	}
	for k := 0; k < 64; k += 8 {
		key = append(key, byte(v.env.graph>>k))
	}
	if r, ok := s.found[sub][string(key)]; ok {
		return r, nil
	}
	n, err := s.plan(sub, params)
	if err != nil {
		return false, err
	}
	op, err := s.q.build(n, &env{params: params, graph: v.env.graph})
	if err != nil {
		return false, err
	}
	defer op.close()
	b := newBatch(s.q.width)
	var keep agreement
	for {
		if err := op.next(b); err != nil {
			return false, err
		}
		if b.n == 0 {
			break
		}
		if keep.filter(b, sub.Outer, params); b.n > 0 {
			break
		}
	}
	if s.bytes > cacheLimit {
		_ = s.q.memory.grow(-s.bytes)
		clear(s.found)
		s.bytes = 0
	}
	if s.found == nil {
		s.found = map[*optimizer.Sub]map[string]bool{}
	}
	if s.found[sub] == nil {
		s.found[sub] = map[string]bool{}
	}
	s.found[sub][string(key)] = b.n > 0
	s.bytes += int64(len(key)) + 48
	return b.n > 0, s.q.memory.grow(int64(len(key)) + 48)
}

// correlated runs a pattern for each row of its input.
type correlated struct {
	q      *Query
	node   *optimizer.Correlated
	in     operator
	env    *env
	input  *batch
	row    int
	right  operator
	params []store.ID
	keep   agreement
	bufs   [][]store.ID
}

// agreement keeps the rows of a nested pattern that agree with the solution it was evaluated for: patterns take the solution's
// values as constants, but inline tables, sub-selects and the like bind the variables anew.
type agreement struct {
	rows []int32
	comp compactor
}

func (a *agreement) filter(b *batch, outer []int, params []store.ID) {
	for _, o := range outer {
		col, want := b.cols[o], params[o]
		if col == nil || want == store.NoID {
			continue
		}
		a.rows = a.rows[:0]
		for i, id := range col[:b.n] {
			if id == want || id == store.NoID {
				a.rows = append(a.rows, int32(i))
			}
		}
		if a.comp.keep(b, a.rows); b.n == 0 {
			return
		}
	}
}

func newCorrelated(q *Query, n *optimizer.Correlated, in operator, e *env) operator {
	return &correlated{q: q, node: n, in: in, env: e, input: newBatch(q.width), row: -1, bufs: make([][]store.ID, q.width)}
}

func (c *correlated) close() {
	c.in.close()
	if c.right != nil {
		c.right.close()
		c.right = nil
	}
}

func (c *correlated) next(b *batch) error {
	for {
		if err := c.q.check(); err != nil {
			return err
		}
		if c.right == nil {
			if c.row++; c.row >= c.input.n {
				if err := c.in.next(c.input); err != nil {
					return err
				}
				c.row = 0
				if c.input.n == 0 {
					b.reset()
					return nil
				}
			}
			view := rowView{q: c.q, b: c.input, env: c.env, row: c.row}
			params := make([]store.ID, c.q.width)
			c.params = params
			for _, o := range c.node.Sub.Outer {
				params[o] = view.id(o)
			}
			n, err := c.q.subs.plan(c.node.Sub, params)
			if err != nil {
				return err
			}
			if c.right, err = c.q.build(n, &env{params: params, graph: c.env.graph}); err != nil {
				return err
			}
		}
		if err := c.right.next(b); err != nil {
			return err
		}
		if b.n == 0 {
			c.right.close()
			c.right = nil
			continue
		}
		if c.keep.filter(b, c.node.Sub.Outer, c.params); b.n == 0 {
			continue
		}
		for s, col := range c.input.cols {
			if col == nil || col[c.row] == store.NoID {
				continue
			}
			c.bufs[s] = resize(c.bufs[s], b.n)
			for i := range c.bufs[s] {
				c.bufs[s][i] = col[c.row]
			}
			b.cols[s] = c.bufs[s]
		}
		return nil
	}
}
