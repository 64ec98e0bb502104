package exec

import (
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// countDistinct is COUNT(DISTINCT ?x) and COUNT(DISTINCT *). Values that memory does not hold go to files, parted by hash, and are
// counted part by part in the end.
type countDistinct struct {
	q     *Query
	node  *optimizer.Group
	slots []int
	all   bool // rows count even where everything is unbound
	// partial: it is of pieces, and must not need files.
	partial bool

	held held
	n    []int64
	set  *rowSet
	many *pairSet // of addPairs, once they are more than one table is good for
	key  []store.ID
	rest *parts
	part batch // rows for rest: the columns are those of the key

	pairs  []store.ID // of a group and a value, as numbers
	groups []int32    // of these
	fresh  []int32
}

func (c *countDistinct) close() {
	c.held.release()
	c.forget()
	if c.rest != nil {
		closeSpools(c.rest.spools)
	}
}

// forget gives back the memory of the sets.
func (c *countDistinct) forget() {
	if c.set != nil {
		c.set.packed.release()
	}
	if c.many != nil {
		c.many.release()
	}
	c.set, c.many = nil, nil
}

// bytes is what the sets take.
func (c *countDistinct) bytes() int64 {
	n := c.set.bytes()
	if c.many != nil {
		n += c.many.bytes()
	}
	return n
}

// has reports whether the key is in memory.
func (c *countDistinct) has() bool {
	if c.many != nil {
		if pair, ok := c.set.pack(c.key); ok {
			return c.many.has(pair)
		}
	}
	return c.set.has(c.key)
}

// finish makes n right. Nothing is added in memory after it.
func (c *countDistinct) finish() error {
	if c.many == nil || c.many.flushed {
		return nil
	}
	size := c.bytes()
	c.many.flush(c.n)
	return c.held.grow(c.bytes() - size)
}

func (c *countDistinct) add(b *batch, numbers []int32, n int) error {
	c.n = grow(c.n, n)
	if c.set == nil {
		c.set = newRowSet(len(c.slots)+1, true)
		c.key = make([]store.ID, len(c.slots)+1)
	}
	size := c.bytes()
	if c.rest == nil && !c.all && len(c.slots) == 1 && b.cols[c.slots[0]] != nil {
		c.addPairs(b.cols[c.slots[0]], numbers)
		return c.grown(size, 0)
	}
	var last store.ID
	lastGroup := int32(-1)
	for i, g := range numbers {
		c.key[0] = store.ID(g)
		for k, s := range c.slots {
			c.key[k+1] = b.get(s, i)
		}
		if !c.all {
			if c.key[1] == store.NoID || c.key[1] == last && g == lastGroup {
				continue
			}
			last, lastGroup = c.key[1], g
		}
		if c.rest != nil {
			if !c.has() {
				c.put()
			}
			continue
		}
		if c.set.add(c.key) {
			c.n[g]++
		}
	}
	if c.rest != nil {
		return c.flush()
	}
	return c.grown(size, 0)
}

// addPairs is add for one variable while there are no files.
func (c *countDistinct) addPairs(col []store.ID, numbers []int32) {
	c.pairs, c.groups = c.pairs[:0], c.groups[:0]
	var last store.ID
	lastGroup := int32(-1)
	for i, g := range numbers {
		id := col[i]
		if id == store.NoID || id == last && g == lastGroup {
			continue
		}
		last, lastGroup = id, g
		c.key[0], c.key[1] = store.ID(g), id
		if pair, ok := c.set.pack(c.key); ok {
			c.pairs, c.groups = append(c.pairs, pair), append(c.groups, g)
		} else if c.set.add(c.key) {
			c.n[g]++
		}
	}
	if c.many == nil && len(c.set.packed.slots) >= pairsFrom {
		c.many = newPairSet(&c.set.packed)
	}
	if c.many != nil {
		c.many.add(c.pairs, c.n)
		return
	}
	c.fresh = c.set.packed.addAll(c.pairs, c.fresh[:0])
	for _, k := range c.fresh {
		c.n[c.groups[k]]++
	}
}

// grown accounts for what the set has grown to, and begins with files where that is too much.
func (c *countDistinct) grown(size int64, depth int) error {
	if err := c.held.grow(c.bytes() - size); err != nil {
		return err
	}
	if !c.held.crowded(c.bytes()/2) || depth >= maxDepth {
		return nil
	}
	if c.partial {
		return errWhole
	}
	err := c.finish()
	if err != nil {
		return err
	}
	c.rest, err = c.q.newParts(c.node, depth)
	return err
}

// put notes the key for the files.
func (c *countDistinct) put() {
	if c.part.cols == nil {
		c.part.cols = make([][]store.ID, len(c.key))
	}
	for k, id := range c.key {
		c.part.cols[k] = append(c.part.cols[k], id)
	}
	c.rest.put(c.key, int32(c.part.n))
	c.part.n++
}

func (c *countDistinct) flush() error {
	if c.part.n == 0 {
		return nil
	}
	err := c.rest.write(&c.part)
	c.part.n = 0
	for k := range c.part.cols {
		c.part.cols[k] = c.part.cols[k][:0]
	}
	return err
}

func (c *countDistinct) result(g int) (store.ID, error) {
	if err := c.finish(); err != nil {
		return 0, err
	}
	if c.rest != nil {
		rest := c.rest
		c.rest = nil
		if err := c.countParts(rest, 1); err != nil {
			closeSpools(rest.spools)
			return 0, err
		}
	}
	return c.q.integer(c.n[g])
}

// countParts counts what is in files.
func (c *countDistinct) countParts(p *parts, depth int) error {
	for _, s := range p.spools {
		c.held.release()
		c.forget()
		c.set = newRowSet(len(c.key), true)
		r, err := s.reader(0)
		if err != nil {
			return err
		}
		b := newBatch(len(c.key))
		for {
			if err := r.next(b); err != nil {
				return err
			}
			if b.n == 0 {
				break
			}
			size := c.set.bytes()
			for i := range b.n {
				for k := range c.key {
					c.key[k] = b.cols[k][i]
				}
				if c.rest != nil {
					if !c.set.has(c.key) {
						c.put()
					}
				} else if c.set.add(c.key) {
					c.n[c.key[0]]++
				}
			}
			if c.rest != nil {
				err = c.flush()
			} else {
				err = c.grown(size, depth)
			}
			if err != nil {
				return err
			}
		}
		s.close()
		if rest := c.rest; rest != nil {
			c.rest = nil
			if err := c.countParts(rest, depth+1); err != nil {
				closeSpools(rest.spools)
				return err
			}
		}
	}
	return nil
}
