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
	list   *nodeList // where both ends are free; starts are some of them
	starts []store.ID
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

	far    *nodeSet    // ends where memory is scarce, of farKey
	rest   *nodeReader // of those that are not pending yet
	farKey reachKey
}

type reachKey struct {
	id      store.ID
	inverse bool
}

func newPath(q *Query, n *optimizer.Path, in operator, e *env) operator {
	p := &path{q: q, node: n, in: in, env: e, input: newBatch(q.width), left: make([][]store.ID, q.width),
		seen: map[reachKey][]store.ID{}, held: held{m: q.memory}}
	p.walker = &walker{q: q, node: n, graph: n.Graph, env: e, held: &p.held}
	return p
}

func (p *path) close() {
	p.in.close()
	p.walker.close()
	p.many = nil
	if p.list != nil {
		p.list.close()
	}
	p.closeFar()
	p.held.release()
}

func (p *path) closeFar() {
	if p.far != nil {
		p.far.close()
	}
	p.far, p.rest = nil, nil
}

// pending reports whether there are ends of the present start to come.
func (p *path) pending() bool { return len(p.pend) > 0 || p.rest != nil }

func (p *path) end(r optimizer.Ref, row int) store.ID {
	if id, ok := p.env.resolve(r); ok {
		return id
	}
	return p.input.get(r.Slot, row)
}

func (p *path) next(b *batch) error {
	p.rows, p.outS, p.outO = p.rows[:0], p.outS[:0], p.outO[:0]
	for len(p.rows) < p.q.rows {
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
			p.many, p.start = nil, len(p.starts)
			continue
		}
		if len(p.pend) > 0 {
			n := min(len(p.pend), p.q.rows)
			for _, x := range p.pend[:n] {
				s, o := p.pendS, x
				if p.inverse {
					s, o = o, s
				}
				p.rows, p.outS, p.outO = append(p.rows, int32(p.row)), append(p.outS, s), append(p.outO, o)
			}
			if p.pend = p.pend[n:]; !p.pending() && p.starts == nil {
				p.row++
			}
			continue
		}
		if p.rest != nil {
			var err error
			if p.pend, err = p.rest.next(); err != nil {
				return err
			}
			if len(p.pend) == 0 {
				if p.rest = nil; p.starts == nil {
					p.row++
				}
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
			var err error
			if p.starts, err = p.list.next(); err != nil {
				return err
			}
			if p.start = 0; len(p.starts) == 0 {
				p.list.close()
				p.list, p.starts = nil, nil
				p.row++
			}
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
		p.list, err = p.walker.nodes(p.node.Path, p.node.Min == 0)
		p.start, p.starts = 0, []store.ID{}
		return err
	}
	if !p.pending() {
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
	same := p.node.S.IsVar() && p.node.O.IsVar() && p.node.S.Slot == p.node.O.Slot
	if same {
		only = start
	}
	p.pendS, p.pend = start, nil
	if p.far != nil && p.farKey == key {
		return p.fromFar(only)
	}
	if !known {
		p.closeFar()
		var err error
		if ends, p.far, err = p.walker.reach(p.node.Path, start, p.node.Min, p.node.Many, p.inverse); err != nil {
			return err
		}
		if p.far != nil {
			if p.farKey = key; p.far.n > farLeast {
				return p.fromFar(only)
			}
			if ends, err = p.far.all(); err != nil {
				return err
			}
			p.closeFar()
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
			n := int64(len(ends))*8 + 48
			if p.bytes > cacheLimit || p.held.crowded(n) {
				clear(p.seen)
				_ = p.held.grow(-p.bytes)
				p.bytes = 0
			}
			ends = slices.Clone(ends)
			p.seen[key] = ends
			p.bytes += n
			if err := p.held.grow(n); err != nil {
				return err
			}
		}
	}
	p.pend = ends
	if only != store.NoID {
		p.pend = nil
		if i := slices.Index(ends, only); i >= 0 {
			p.pend = ends[i : i+1]
		}
	}
	return nil
}

// farLeast is how many ends there are at least that are read out of a set as they are needed.
const farLeast = 512

// fromFar is from for ends in a set.
func (p *path) fromFar(only store.ID) error {
	if only == store.NoID {
		p.rest = p.far.reader()
		return nil
	}
	is, err := p.far.has(only)
	if is {
		p.pend = []store.ID{only}
	}
	return err
}
