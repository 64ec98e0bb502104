package exec

import (
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// distinct keeps the first of equal rows. Rows that are new when memory is scarce go to files, parted by hash and with their numbers, and
// are yielded in the end: part by part, or where a sort is beneath, in the order of their numbers.
type distinct struct {
	q     *Query
	node  *optimizer.Distinct
	in    operator
	slots []int
	set   *rowSet
	key   []store.ID
	held  held
	rows  []int32
	comp  compactor
	pairs []store.ID // rows of two IDs as numbers

	rest    *parts
	seen    store.ID // rows of the input
	numbers []store.ID
	more    operator // yields what was in files
}

func newDistinct(q *Query, n *optimizer.Distinct, in operator) operator {
	return &distinct{q: q, node: n, in: in, slots: n.Slots, set: newRowSet(len(n.Slots), false), key: make([]store.ID, len(n.Slots)), held: held{m: q.memory}}
}

func (d *distinct) next(b *batch) error {
	for d.more == nil {
		if err := d.q.check(); err != nil {
			return err
		}
		if err := d.in.next(b); err != nil {
			return err
		}
		if b.n == 0 {
			if d.rest == nil {
				return nil
			}
			if err := d.startRest(); err != nil {
				return err
			}
			break
		}
		if err := d.take(b, 0); err != nil || b.n > 0 {
			return err
		}
	}
	return d.more.next(b)
}

// take leaves in b the rows that are new, unless they go to files.
func (d *distinct) take(b *batch, depth int) error {
	d.rows = d.rows[:0]
	before := d.set.bytes()
	n := b.n
	if d.rest == nil {
		ids, ok := d.set.packAll(b, d.slots, d.pairs)
		if len(d.slots) == 2 {
			d.pairs = ids
		}
		if ok {
			d.rows, n = d.set.packed.addAll(ids, d.rows), 0
		}
	}
	for i := range n {
		for k, s := range d.slots {
			d.key[k] = b.get(s, i)
		}
		if d.rest != nil {
			if !d.set.has(d.key) {
				d.rest.put(d.key, int32(i))
			}
		} else if d.set.add(d.key) {
			d.rows = append(d.rows, int32(i))
		}
	}
	if d.rest != nil {
		err := d.rest.write(d.numbered(b))
		b.n = 0
		return err
	}
	d.seen += store.ID(b.n)
	if err := d.held.grow(d.set.bytes() - before); err != nil {
		return err
	}
	d.comp.keep(b, d.rows)
	if d.held.crowded(d.set.bytes()/2) && depth < maxDepth && len(d.slots) > 0 {
		var err error
		d.rest, err = d.q.newParts(d.node, depth)
		return err
	}
	return nil
}

// numbered is a batch with a column more, the numbers of its rows, unless it has them already.
func (d *distinct) numbered(b *batch) *batch {
	if len(b.cols) > d.q.width {
		return b
	}
	d.numbers = resize(d.numbers, b.n)
	for i := range d.numbers {
		d.numbers[i] = d.seen
		d.seen++
	}
	return &batch{n: b.n, cols: append(b.cols[:len(b.cols):len(b.cols)], d.numbers)}
}

// startRest makes the operator that yields what is in files.
func (d *distinct) startRest() error {
	d.in.close()
	rest := d.rest
	d.rest, d.comp = nil, compactor{}
	x := &distinctRest{d: d}
	d.more = x
	for _, s := range rest.spools {
		x.todo = append(x.todo, distinctPart{s, rest.depth + 1})
	}
	if !sortBeneath(d.node.In) {
		return nil
	}
	// The rows of each part are in order: they are made distinct and merged.
	var runs []*spool
	b := newBatch(d.q.width + 1)
	for {
		part := x.part
		if err := x.fill(b); err != nil {
			closeSpools(runs)
			return err
		}
		if b.n == 0 {
			break
		}
		if len(runs) == 0 || part != x.part {
			out, err := d.q.newSpool(d.node)
			if err != nil {
				closeSpools(runs)
				return err
			}
			runs = append(runs, out)
		}
		if err := runs[len(runs)-1].write(b, nil, nil); err != nil {
			closeSpools(runs)
			return err
		}
	}
	how := &merging{q: d.q, node: d.node, width: d.q.width + 1, load: func(*mergeSource) (int64, error) { return 0, nil },
		before: func(x, y *mergeSource) bool { return x.b.cols[d.q.width][x.at] < y.b.cols[d.q.width][y.at] }}
	m, runs, err := how.all(runs, -1)
	if err != nil {
		closeSpools(runs)
		return err
	}
	d.more = &mergedRuns{m, runs}
	return nil
}

// mergedRuns yields the rows of runs.
type mergedRuns struct {
	*merger
	runs []*spool
}

func (m *mergedRuns) close() {
	m.merger.close()
	closeSpools(m.runs)
}

// sortBeneath reports whether the rows of a plan are in an order that was asked for.
func sortBeneath(n optimizer.Node) bool {
	switch n := n.(type) {
	case *optimizer.Sort:
		return true
	case *optimizer.FirstRows:
		return sortBeneath(n.Full)
	case *optimizer.Project:
		return sortBeneath(n.In)
	case *optimizer.Extend:
		return sortBeneath(n.In)
	case *optimizer.ExtendRows:
		return sortBeneath(n.In)
	case *optimizer.Filter:
		return sortBeneath(n.In)
	case *optimizer.Slice:
		return sortBeneath(n.In)
	case *optimizer.Distinct:
		return sortBeneath(n.In)
	}
	return false
}

func (d *distinct) close() {
	d.in.close()
	d.held.release()
	d.set.packed.release()
	if d.rest != nil {
		closeSpools(d.rest.spools)
	}
	if d.more != nil {
		d.more.close()
	}
}

// distinctPart is a file of rows that are nowhere else.
type distinctPart struct {
	s     *spool
	depth int
}

// distinctRest yields the distinct rows of files.
type distinctRest struct {
	d    *distinct
	todo []distinctPart
	r    *spoolReader
	part int // number of the part that the last rows are of
	wide *batch
}

func (x *distinctRest) next(b *batch) error {
	if x.wide == nil {
		x.wide = newBatch(x.d.q.width + 1)
	}
	if err := x.fill(x.wide); err != nil {
		return err
	}
	b.n = x.wide.n
	copy(b.cols, x.wide.cols)
	return nil
}

// fill yields rows with their numbers.
func (x *distinctRest) fill(b *batch) error {
	d := x.d
	for {
		if x.r == nil {
			b.reset()
			if len(x.todo) == 0 {
				return nil
			}
			var err error
			if x.r, err = x.todo[0].s.reader(0); err != nil {
				return err
			}
			x.part++
			d.held.release()
			d.set = newRowSet(len(d.slots), false)
		}
		if err := x.r.next(b); err != nil {
			return err
		}
		if b.n == 0 {
			x.todo[0].s.close()
			x.todo, x.r = x.todo[1:], nil
			if d.rest != nil {
				var more []distinctPart
				for _, s := range d.rest.spools {
					more = append(more, distinctPart{s, d.rest.depth + 1})
				}
				x.todo, d.rest = append(more, x.todo...), nil
			}
			continue
		}
		if err := d.take(b, x.todo[0].depth); err != nil || b.n > 0 {
			return err
		}
	}
}

func (x *distinctRest) close() {
	for _, p := range x.todo {
		p.s.close()
	}
}
