package exec

import (
	"slices"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// group makes groups by packed keys of IDs and computes their aggregates. Once memory is scarce, only rows of groups that are there
// already are taken; the others go to files, parted by their keys, and become groups when those in memory have been yielded.
type group struct {
	q    *Query
	node *optimizer.Group
	in   operator
	held held
	keys *keySet
	aggs []aggregator

	done    bool
	partial bool // of pieces
	at      int
	numbers []int32
	cols    [][]store.ID // of the keys in a batch
	hashes  []uint64     // of these
	bufs    [][]store.ID

	env   *env
	rest  *parts // rows of groups that are not in memory
	depth int
	known []int32
	comp  compactor
	child *group // makes the groups of a part
	part  int
}

func newGroup(q *Query, n *optimizer.Group, in operator, e *env) operator {
	g := &group{q: q, node: n, in: in, held: held{m: q.memory}, bufs: make([][]store.ID, q.width), env: e}
	g.begin()
	return g
}

// begin makes groups out of nothing.
func (g *group) begin() {
	g.keys, g.aggs = newKeySet(len(g.node.Keys)), nil
	for i := range g.node.Aggregates {
		g.aggs = append(g.aggs, newAggregator(g.q, g.node, &g.node.Aggregates[i], g.env, &g.held))
	}
	if len(g.node.Keys) == 0 && !slices.ContainsFunc(g.aggs, func(a aggregator) bool { return !onlyCounts(a) }) {
		var wanted []int
		for _, a := range g.aggs {
			if a, ok := a.(*countVar); ok {
				wanted = append(wanted, a.slot)
			}
		}
		weigh(g.in, optimizer.SetOf(wanted...))
	}
}

// grown accounts for groups and keys that came since there were so many groups and the keys took size bytes.
func (g *group) grown(groups int, size int64) error {
	return g.held.grow(int64(g.keys.n-groups)*int64(16+32*len(g.aggs)) + g.keys.bytes() - size)
}

func (g *group) close() {
	g.in.close()
	g.drop()
	if g.child != nil {
		g.child.close()
		g.child = nil
	}
	if g.rest != nil {
		closeSpools(g.rest.spools)
	}
}

// drop gives back what the groups in memory take.
func (g *group) drop() {
	g.held.release()
	g.keys.release()
	for _, a := range g.aggs {
		switch a := a.(type) {
		case *countDistinct:
			a.close()
		case *generic:
			a.forget()
		case *sums:
			a.forget()
			a.release()
		}
	}
}

func (g *group) read() error {
	if done, err := g.inPieces(); done || err != nil {
		return err
	}
	b := newBatch(g.q.width)
	key := make([]store.ID, len(g.node.Keys))
	groups := 0
	if g.node.Implicit && len(key) == 0 {
		g.keys.add(key)
		groups = 1
		for _, a := range g.aggs {
			if err := a.add(b, nil, 1); err != nil {
				return err
			}
		}
	}
	for {
		if err := g.q.check(); err != nil {
			return err
		}
		if err := g.in.next(b); err != nil {
			return err
		}
		if b.n == 0 {
			break
		}
		if g.rest != nil {
			if err := g.sift(b, key); err != nil {
				return err
			}
			if b.n == 0 {
				continue
			}
		}
		g.numbers = resize(g.numbers, b.n)
		size := g.keys.bytes()
		switch len(key) {
		case 0:
			g.keys.add(key)
			clear(g.numbers)
		case 1:
			col := b.cols[g.node.Keys[0]]
			last := int32(-1)
			for i := range b.n {
				var id store.ID
				if col != nil {
					id = col[i]
				}
				if last < 0 || id != key[0] {
					key[0] = id
					n, _ := g.keys.add(key)
					last = int32(n)
				}
				g.numbers[i] = last
			}
		default:
			g.cols = g.cols[:0]
			for _, s := range g.node.Keys {
				g.cols = append(g.cols, b.cols[s])
			}
			g.hashes = g.keys.addColumns(g.cols, b.n, g.numbers, g.hashes)
		}
		if g.keys.n > groups {
			if err := g.grown(groups, size); err != nil {
				return err
			}
			groups = g.keys.n
		}
		for _, a := range g.aggs {
			if err := a.add(b, g.numbers, g.keys.n); err != nil {
				return err
			}
		}
		if g.rest == nil && len(key) > 0 && g.depth < maxDepth && g.held.crowded(g.keys.bytes()/2) {
			if g.partial {
				return errWhole
			}
			var err error
			if g.rest, err = g.q.newParts(g.node, g.depth); err != nil {
				return err
			}
		}
	}
	for _, a := range g.aggs {
		switch a := a.(type) {
		case *generic:
			a.forget()
		case *sums:
			a.forget()
			a.release()
		}
	}
	g.in.close()
	g.done = true
	return nil
}

// sift leaves in b the rows of groups that are in memory and writes the others to files.
func (g *group) sift(b *batch, key []store.ID) error {
	g.known = g.known[:0]
	for i := range b.n {
		for k, s := range g.node.Keys {
			key[k] = b.get(s, i)
		}
		if g.keys.find(key) >= 0 {
			g.known = append(g.known, int32(i))
		} else {
			g.rest.put(key, int32(i))
		}
	}
	if err := g.rest.write(b); err != nil {
		return err
	}
	g.comp.keep(b, g.known)
	return nil
}

// nextPart yields the groups that were not in memory.
func (g *group) nextPart(b *batch) error {
	b.reset()
	if g.child == nil && g.rest != nil && g.part == 0 {
		g.drop()
		g.keys, g.aggs = newKeySet(len(g.node.Keys)), nil
		g.at = 0
	}
	for g.rest != nil && g.part < len(g.rest.spools) {
		if g.child == nil {
			in, err := g.q.source(g.rest.spools[g.part], false)
			if err != nil {
				return err
			}
			g.child = newGroup(g.q, g.node, in, g.env).(*group)
			g.child.depth = g.depth + 1
		}
		if err := g.child.next(b); err != nil || b.n > 0 {
			return err
		}
		g.child.close()
		g.child = nil
		g.part++
	}
	return nil
}

func (g *group) next(b *batch) error {
	if !g.done {
		if err := g.read(); err != nil {
			return err
		}
	}
	if err := g.q.check(); err != nil {
		return err
	}
	b.reset()
	b.n = min(batchSize, g.keys.n-g.at)
	if b.n == 0 {
		return g.nextPart(b)
	}
	for k, s := range g.node.Keys {
		g.bufs[s] = resize(g.bufs[s], b.n)
		for i := range b.n {
			g.bufs[s][i] = g.keys.key(g.at + i)[k]
		}
		b.cols[s] = g.bufs[s]
	}
	for i := range g.aggs {
		s := g.node.Aggregates[i].Slot
		g.bufs[s] = resize(g.bufs[s], b.n)
		for r := range b.n {
			id, err := g.aggs[i].result(g.at + r)
			if err != nil {
				return err
			}
			if r&7 == 7 {
				if err := g.q.check(); err != nil {
					return err
				}
			}
			g.bufs[s][r] = id
		}
		b.cols[s] = g.bufs[s]
	}
	g.at += b.n
	return nil
}
