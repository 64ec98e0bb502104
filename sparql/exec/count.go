package exec

import (
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// countScan counts the rows of a range, as a whole or for each value of the column after its prefix, without reading rows: it
// asks the store for the count of the value's range and seeks the next value.
type countScan struct {
	q      *Query
	node   *optimizer.CountScan
	access *access
	seeker seeker
	open   bool
	done   bool
	keys   []store.ID
	counts []store.ID
}

func newCountScan(q *Query, n *optimizer.CountScan, e *env) operator {
	return &countScan{q: q, node: n, access: newAccess(&n.Pattern, n.Order, n.Prefix, e)}
}

// count asks the store.
func (c *countScan) count(prefix []store.ID) (uint64, error) {
	r := store.Range{Order: c.access.order, Prefix: prefix}
	if c.node.Distinct {
		return c.q.snap.(store.DistinctCounter).CountDistinct(r)
	}
	return c.q.snap.Count(r)
}

func (c *countScan) close() { c.seeker.close() }

func (c *countScan) next(b *batch) error {
	b.reset()
	if c.done {
		return nil
	}
	if c.node.Key < 0 {
		c.done = true
		var n uint64
		if !c.access.none {
			var err error
			if n, err = c.count(c.access.prefix); err != nil {
				return err
			}
		}
		id, err := c.q.integer(int64(n))
		if err != nil {
			return err
		}
		c.counts = append(c.counts[:0], id)
		b.n = 1
		for _, s := range c.node.Out {
			b.cols[s] = c.counts
		}
		return nil
	}
	if c.access.none {
		c.done = true
		return nil
	}
	if !c.open {
		c.open = true
		c.seeker = seeker{q: c.q, access: c.access, keys: 1}
		c.seeker.open()
		if c.access.notDefault && c.node.Order == store.GSPO {
			c.seeker.key[0] = store.DefaultGraph + 1
		}
	}
	c.keys, c.counts = c.keys[:0], c.counts[:0]
	p := len(c.access.prefix)
	for len(c.keys) < batchSize {
		if _, err := c.seeker.find(); err != nil {
			return err
		}
		if c.seeker.end {
			c.done = true
			break
		}
		v := c.seeker.block.Cols[p][c.seeker.pos]
		n, err := c.count(append(c.access.prefix[:p:p], v))
		if err != nil {
			return err
		}
		id, err := c.q.integer(int64(n))
		if err != nil {
			return err
		}
		c.keys, c.counts = append(c.keys, v), append(c.counts, id)
		c.seeker.key[p] = v + 1
	}
	b.n = len(c.keys)
	if b.n > 0 {
		b.cols[c.node.Key] = c.keys
		for _, s := range c.node.Out {
			b.cols[s] = c.counts
		}
	}
	return nil
}
