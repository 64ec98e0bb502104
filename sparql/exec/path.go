package exec

import (
	"slices"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// path joins its input with the pairs of terms that a path connects. The ends that a row binds are searched from; with both
// ends free every node of the graph is a start.
type path struct {
	q      *Query
	node   *optimizer.Path
	in     operator
	env    *env
	walker *walker
	held   held

	input  *batch
	row    int
	starts []store.ID // where both ends are free
	start  int
	many   *startSearch // of all starts, where the edges are in memory
	seen   map[reachKey][]store.ID
	bytes  int64

	rows       []int32
	outS, outO []store.ID
	pend       []store.ID // ends found but not yet emitted
	pendS      store.ID
	inverse    bool
	left       [][]store.ID
}

type reachKey struct {
	id      store.ID
	inverse bool
}

func newPath(q *Query, n *optimizer.Path, in operator, e *env) operator {
	p := &path{q: q, node: n, in: in, env: e, input: newBatch(q.width), left: make([][]store.ID, q.width),
		seen: map[reachKey][]store.ID{}, held: held{m: q.memory}}
	p.walker = &walker{q: q, graph: n.Graph, env: e, held: &p.held}
	return p
}

func (p *path) close() {
	p.in.close()
	p.walker.close()
	p.many = nil
	p.held.release()
}

func (p *path) end(r optimizer.Ref, row int) store.ID {
	if id, ok := p.env.resolve(r); ok {
		return id
	}
	return p.input.get(r.Slot, row)
}

func (p *path) next(b *batch) error {
	p.rows, p.outS, p.outO = p.rows[:0], p.outS[:0], p.outO[:0]
	for len(p.rows) < batchSize {
		if p.many != nil {
			if len(p.rows) > 0 {
				break // what comes are slices of their own
			}
			s, o, err := p.many.next()
			if err != nil {
				return err
			}
			if len(s) > 0 {
				p.rows = resize(p.rows, len(s))
				for i := range p.rows {
					p.rows[i] = int32(p.row)
				}
				p.yield(b, s, o)
				return nil
			}
			p.many.close()
			p.many, p.starts = nil, nil
			p.row++
			continue
		}
		if len(p.pend) > 0 {
			n := min(len(p.pend), batchSize)
			for _, x := range p.pend[:n] {
				s, o := p.pendS, x
				if p.inverse {
					s, o = o, s
				}
				p.rows, p.outS, p.outO = append(p.rows, int32(p.row)), append(p.outS, s), append(p.outO, o)
			}
			if p.pend = p.pend[n:]; len(p.pend) == 0 && p.starts == nil {
				p.row++
			}
			continue
		}
		if p.starts != nil {
			if p.start < len(p.starts) {
				if p.start == adjacencyAfter || p.q.chop && p.start == 1 {
					if err := p.searchAll(); err != nil {
						return err
					}
					if p.many != nil {
						continue
					}
				}
				if err := p.from(p.starts[p.start], store.NoID); err != nil {
					return err
				}
				p.start++
				continue
			}
			p.starts = nil
			p.row++
			continue
		}
		if p.row >= p.input.n {
			if len(p.rows) > 0 {
				break // the rows refer to this input
			}
			if err := p.in.next(p.input); err != nil {
				return err
			}
			p.row = 0
			if p.input.n == 0 {
				b.reset()
				return nil
			}
			continue
		}
		if err := p.begin(); err != nil {
			return err
		}
	}
	p.yield(b, p.outS, p.outO)
	return nil
}

// yield makes a batch of p.rows and the ends of the path in them.
func (p *path) yield(b *batch, from, to []store.ID) {
	b.reset()
	b.n = len(p.rows)
	for s, col := range p.input.cols {
		if col != nil {
			p.left[s] = gather(p.left[s], col, p.rows)
			b.cols[s] = p.left[s]
		}
	}
	if p.node.S.IsVar() {
		b.cols[p.node.S.Slot] = from
	}
	if p.node.O.IsVar() {
		b.cols[p.node.O.Slot] = to
	}
}

// begin finds the ends for the present row.
func (p *path) begin() error {
	s, o := p.end(p.node.S, p.row), p.end(p.node.O, p.row)
	var err error
	switch {
	case s != store.NoID:
		p.inverse = false
		err = p.from(s, o)
	case o != store.NoID:
		p.inverse = true
		err = p.from(o, store.NoID)
	default:
		p.inverse = false
		if p.starts, err = p.walker.nodes(p.node.Path, p.node.Min == 0); err == nil && p.starts == nil {
			p.starts = []store.ID{}
		}
		p.start = 0
		return err
	}
	if len(p.pend) == 0 && p.starts == nil {
		p.row++
	}
	return err
}

// from sets the ends that are pending to those reached from a start, or to one of them where only that is asked for.
func (p *path) from(start, only store.ID) error {
	key := reachKey{start, p.inverse}
	var ends []store.ID
	known := false
	if p.starts == nil { // a start of all nodes comes once only
		ends, known = p.seen[key]
	}
	if !known {
		var err error
		if ends, err = p.walker.reach(p.node.Path, start, p.node.Min, p.node.Many, p.inverse); err != nil {
			return err
		}
		// A variable end is a term of the graph: the empty path from a term that is nowhere in it is no solution.
		if p.node.Min == 0 && p.node.S.IsVar() && p.node.O.IsVar() && len(ends) == 1 && p.starts == nil {
			is, err := p.walker.isNode(start)
			if err != nil {
				return err
			}
			if !is {
				ends = nil
			}
		}
		if p.starts == nil {
			if p.bytes > cacheLimit {
				clear(p.seen)
				_ = p.q.memory.grow(-p.bytes)
				p.held.n -= p.bytes
				p.bytes = 0
			}
			ends = slices.Clone(ends)
			p.seen[key] = ends
			n := int64(len(ends))*8 + 48
			p.bytes += n
			if err := p.held.grow(n); err != nil {
				return err
			}
		}
	}
	same := p.node.S.IsVar() && p.node.O.IsVar() && p.node.S.Slot == p.node.O.Slot
	if same {
		only = start
	}
	p.pendS, p.pend = start, ends
	if only != store.NoID {
		p.pend = nil
		if i := slices.Index(ends, only); i >= 0 {
			p.pend = ends[i : i+1]
		}
	}
	return nil
}
