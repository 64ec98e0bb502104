package exec

import (
	"fmt"
	"time"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// build makes the operators of a plan.
func (q *Query) build(n optimizer.Node, e *env) (operator, error) {
	op, err := q.buildNode(n, e)
	if err == nil && q.chop {
		op = &chopped{in: op}
	}
	if err != nil {
		return nil, err
	}
	if e.few && grows(n) {
		op = &growing{in: op, most: firstBatch}
	}
	if q.profile != nil {
		op = &profiled{q: q, in: op, stat: q.profile.of(n)}
	}
	if e.top != nil && e.top.at == n {
		op = &topFilter{in: op, top: e.top}
	}
	return e.meter(n, op), nil
}

// enter notes what is done with the rows of a child of a node.
func (q *Query) enter(n optimizer.Node, child int) {
	switch n := n.(type) {
	case *optimizer.Sort, *optimizer.Group:
		q.limited, q.blocked = false, true
	case *optimizer.HashJoin:
		if child == 1 {
			q.limited, q.blocked = false, true
		}
	case *optimizer.Slice:
		q.limited = q.limited || n.Limit >= 0 && !q.blocked
	}
}

func (q *Query) buildNode(n optimizer.Node, e *env) (operator, error) {
	if err := q.ctx.Err(); err != nil {
		return nil, err
	}
	if g, ok := n.(*optimizer.GraphLoop); ok {
		return newGraphLoop(q, g, e), nil
	}
	if s, ok := n.(*optimizer.Shared); ok {
		return &shared{q: q, node: s}, nil
	}
	if s, ok := n.(*optimizer.Sort); ok {
		return q.buildSort(s, e)
	}
	if f, ok := n.(*optimizer.FirstRows); ok {
		return newFirstRows(q, f, e), nil
	}
	if a, ok := n.(*optimizer.Apply); ok {
		in, err := q.build(a.In, e)
		if err != nil {
			return nil, err
		}
		return newApply(q, a, in, e), nil
	}
	children := optimizer.Children(n)
	ops := make([]operator, len(children))
	limited, blocked := q.limited, q.blocked
	for i, c := range children {
		q.enter(n, i)
		var err error
		below := e.below(n, i)
		if ops[i], err = q.build(c, below); err == nil && q.gathered(n, i, c, below) {
			ops[i] = newPiecewise(q, c, ops[i])
		}
		q.limited, q.blocked = limited, blocked
		if err != nil {
			for _, op := range ops[:i] {
				op.close()
			}
			return nil, err
		}
	}
	e.charge(n, ops)
	switch n := n.(type) {
	case *optimizer.Unit:
		return &unit{}, nil
	case *optimizer.Empty:
		return empty{}, nil
	case *optimizer.Input:
		return &input{rows: e.input}, nil
	case *optimizer.Values:
		return newValues(n, e), nil
	case *optimizer.Scan:
		if n.Parts != nil {
			return newOrderedScan(q, n, e), nil
		}
		return newScan(q, n, e), nil
	case *optimizer.Lookup:
		return newLookup(q, n, ops[0], e), nil
	case *optimizer.HashJoin:
		if n.Rounds && e.tables == nil {
			return newRoundsJoin(q, n, ops[0], ops[1], e), nil
		}
		return newHashJoin(q, n, ops[0], ops[1], e), nil
	case *optimizer.Union:
		return &union{in: ops}, nil
	case *optimizer.Filter:
		return newFilter(q, n, ops[0], e), nil
	case *optimizer.Extend:
		return newExtend(q, n, ops[0], e), nil
	case *optimizer.ExtendRows:
		return newExtendRows(q, n, ops[0], e), nil
	case *optimizer.Project:
		return newProject(q, n, ops[0]), nil
	case *optimizer.Distinct:
		return newDistinct(q, n, ops[0]), nil
	case *optimizer.Group:
		return newGroup(q, n, ops[0], e), nil
	case *optimizer.CountScan:
		return newCountScan(q, n, e), nil
	case *optimizer.Slice:
		return &slice{in: ops[0], offset: n.Offset, left: n.Limit}, nil
	case *optimizer.Path:
		return newPath(q, n, ops[0], e), nil
	case *optimizer.Correlated:
		return newCorrelated(q, n, ops[0], e), nil
	case *optimizer.Service:
		s := newService(q, n, ops[0], e)
		if err := s.check(); err != nil {
			s.close()
			return nil, err
		}
		return s, nil
	}
	panic(fmt.Sprintf("exec: no operator for %T", n))
}

// PageCounter is a snapshot that counts the pages that were read for it.
type PageCounter interface{ PagesRead() uint64 }

// stat is what a profile knows about a node: its operators' rows, batches and time, the time of what is beneath included.
type stat struct {
	rows, batches, pages int64
	time                 time.Duration
	files, spilled       int64 // temporary files, and the bytes written to them
	parts                int64 // of a scan by values: how often it has read more
}

// profile has a stat for each node of the plan.
type profile struct{ stats map[optimizer.Node]*stat }

func (p *profile) of(n optimizer.Node) *stat {
	s := p.stats[n]
	if s == nil {
		s = &stat{}
		p.stats[n] = s
	}
	return s
}

// profiled measures an operator.
type profiled struct {
	q    *Query
	in   operator
	stat *stat
}

func (p *profiled) next(b *batch) error {
	begin := time.Now()
	var pages uint64
	if p.q.pages != nil {
		pages = p.q.pages.PagesRead()
	}
	err := p.in.next(b)
	p.stat.time += time.Since(begin)
	if p.q.pages != nil {
		p.stat.pages += int64(p.q.pages.PagesRead() - pages)
	}
	p.stat.rows += b.solutions()
	p.stat.batches++
	return err
}

func (p *profiled) close() { p.in.close() }

// chopped cuts batches into small ones, for tests with few rows.
type chopped struct {
	in  operator
	now batch
	at  int
}

func (c *chopped) next(b *batch) error {
	if c.at >= c.now.n {
		if c.now.cols == nil {
			c.now.cols = make([][]store.ID, len(b.cols))
		}
		c.at = 0
		if err := c.in.next(&c.now); err != nil {
			return err
		}
	}
	b.reset()
	b.n = min(3, c.now.n-c.at)
	for s, col := range c.now.cols {
		if col != nil {
			b.cols[s] = col[c.at : c.at+b.n]
		}
	}
	if c.now.weights != nil {
		b.weights = c.now.weights[c.at : c.at+b.n]
	}
	c.at += b.n
	return nil
}

func (c *chopped) close() { c.in.close() }
