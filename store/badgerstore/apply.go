package badgerstore

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"triplestore/internal/cores"
	"triplestore/store"
	"triplestore/store/extsort"
	"triplestore/store/relation"
)

// apply brings the transaction's changes into its relations. The changes are first sorted as spog and compared with what is
// there, so that the other orders see only those that have an effect: a graph that is replaced by the same quads costs one scan.
func (t *txn) apply() error {
	work, ctx := errgroup.WithContext(t.ctx)
	terms := t.now.terms
	var r root
	work.Go(func() (err error) {
		if t.terms.Bytes() > t.store.o.TermMemory/4 { // most of a load is over: its memory is better used for sorting
			err = t.terms.Spill(ctx)
		}
		if err == nil {
			terms, err = t.terms.Flush(ctx)
		}
		return err
	})
	work.Go(func() (err error) {
		r, err = t.applyQuads(ctx)
		return err
	})
	if err := work.Wait(); err != nil {
		if t.ctx.Err() != nil {
			return t.ctx.Err()
		}
		return err
	}
	r.terms = terms.Root()
	if r.changed(&t.now.root) {
		t.now = t.store.newState(r, terms)
	}
	return nil
}

func (t *txn) applyQuads(ctx context.Context) (root, error) {
	r := t.now.root
	if t.changes == nil {
		return r, nil
	}
	changes := t.changes
	t.changes = nil
	defer changes.Close()
	told := store.BuildingOf(ctx)
	told.Begin(store.Sorting)
	sorted, err := changes.Sort(ctx)
	if err != nil {
		return r, err
	}
	told.Begin(store.Writing)
	first := r.quads[store.SPOG].Rows == 0
	packed := changes.Packed()
	if first && packed != nil && packed.Inserts() { // all of them are effective
		t.inserted += uint64(packed.Len())
		told.Changes(int64(packed.Len()))
		err := t.build(ctx, &r, packed)
		return r, err
	}
	e := &effective{in: sorted, now: probe{ctx: ctx, rel: t.now.quads[store.SPOG]}}
	defer e.close()
	if t.now.root.quads != t.base.root.quads {
		e.base = &probe{ctx: ctx, rel: t.base.quads[store.SPOG]}
	}
	if packed != nil {
		e.kept = make([]uint64, (packed.Len()+63)/64)
	}
	for o := range store.NumOrders {
		if o != store.SPOG && !first && packed == nil {
			e.others[o] = t.store.sorter(t.store.o.SortMemory / 12)
		}
	}
	result, err := relation.Apply(ctx, t.pages, t.store.rows, 4, r.quads[store.SPOG], e)
	if err != nil {
		return r, err
	}
	t.inserted += e.inserted
	t.deleted += e.deleted
	r.quads[store.SPOG] = result.Root
	told.OrderDone()
	told.Changes(int64(e.inserted + e.deleted))
	if !e.any {
		return r, nil
	}
	if err := changes.Close(); err != nil { // its memory is better used by the others
		return r, err
	}
	if packed != nil {
		packed.Keep(e.kept)
		err := t.applyOthers(ctx, func(ctx context.Context, o store.Order) error { return t.reorder(ctx, &r, packed, o) })
		return r, err
	}
	if first {
		err := t.buildLarge(ctx, &r)
		return r, err
	}
	err = t.applyOthers(ctx, func(ctx context.Context, o store.Order) error {
		sorter := e.others[o]
		sorted, err := sorter.Sort(ctx)
		if err != nil {
			return err
		}
		return errors.Join(t.put(ctx, &r, o, sorted), sorter.Close())
	})
	return r, err
}

// sortWorkers is how many orders are sorted at once.
func sortWorkers() int { return max(2, cores.Count()) }

// build makes all orders of rows that are in memory.
func (t *txn) build(ctx context.Context, r *root, packed *extsort.Packed) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(sortWorkers())
	for o := range store.NumOrders {
		work.Go(func() error { return t.reorder(ctx, r, packed, o) })
	}
	return work.Wait()
}

// applyOthers calls apply for all orders but spog.
func (t *txn) applyOthers(ctx context.Context, apply func(context.Context, store.Order) error) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(sortWorkers())
	for o := range store.NumOrders {
		if o != store.SPOG {
			work.Go(func() error { return apply(ctx, o) })
		}
	}
	return work.Wait()
}

// reorder applies changes that are in memory, sorted as spog, to another order.
func (t *txn) reorder(ctx context.Context, r *root, packed *extsort.Packed, o store.Order) error {
	columns := make([]int, 4)
	for i, p := range o.Positions() {
		columns[i] = int(p)
	}
	sorted, err := packed.Reorder(ctx, columns)
	if err != nil {
		return err
	}
	defer sorted.Release()
	return t.put(ctx, r, o, sorted)
}

// fill gives a sorter all rows of the order spog as those of another one: to read them once more takes less time and memory than to
// keep them for six sorters at once.
func (t *txn) fill(ctx context.Context, sorter *extsort.Sorter, spog relation.Root, o store.Order) error {
	c := relation.New(t.pages, t.store.rows, 4, spog).Scan(ctx, relation.Range{}, store.AllColumns)
	defer c.Close()
	p := o.Positions()
	var rows []relation.Row
	for {
		b, err := c.Next()
		if err != nil || b.Len == 0 {
			return err
		}
		rows = slices.Grow(rows[:0], b.Len)[:b.Len]
		for k := range p {
			for i, id := range b.Cols[p[k]] {
				rows[i][k] = id
			}
		}
		if err := sorter.Add(ctx, rows, relation.Insert); err != nil {
			return err
		}
	}
}

// effective is the stream of the changes that change something. On the way it hands them to the sorters of the other orders and
// counts what the transaction does to its base.
type effective struct {
	in     relation.Changes
	now    probe
	base   *probe // nil: it is the same as now
	others [store.NumOrders]*extsort.Sorter
	out    []relation.Change
	rows   [2][]relation.Row // by relation.Op
	buf    []relation.Row
	any    bool
	kept   []uint64 // by place in the stream: whether the change is effective; nil: that is not wanted
	at     int      // place of the next

	inserted, deleted uint64
}

func (e *effective) Next() ([]relation.Change, error) {
	for {
		in, err := e.in.Next()
		if err != nil || len(in) == 0 {
			return nil, err
		}
		e.out = e.out[:0]
		e.rows[0], e.rows[1] = e.rows[0][:0], e.rows[1][:0]
		for _, c := range in {
			at := e.at
			e.at++
			there, err := e.now.contains(c.Row)
			if err != nil {
				return nil, err
			}
			if there == (c.Op == relation.Insert) {
				continue
			}
			before := there
			if e.base != nil {
				if before, err = e.base.contains(c.Row); err != nil {
					return nil, err
				}
			}
			switch { // the counters may wrap around below zero for a while
			case c.Op == relation.Insert && before:
				e.deleted--
			case c.Op == relation.Insert:
				e.inserted++
			case before:
				e.deleted++
			default:
				e.inserted--
			}
			e.out = append(e.out, c)
			if e.kept != nil {
				e.kept[at/64] |= 1 << (at % 64)
				continue
			}
			e.rows[c.Op] = append(e.rows[c.Op], c.Row)
		}
		if len(e.out) == 0 {
			continue
		}
		e.any = true
		return e.out, e.share()
	}
}

// share hands the rows to the sorters of the other orders.
func (e *effective) share() error {
	for op, rows := range e.rows {
		if len(rows) == 0 {
			continue
		}
		e.buf = slices.Grow(e.buf[:0], len(rows))[:len(rows)]
		for o, sorter := range e.others {
			if sorter == nil {
				continue
			}
			p := store.Order(o).Positions()
			for i := range rows {
				row := &rows[i]
				e.buf[i] = relation.Row{row[p[0]], row[p[1]], row[p[2]], row[p[3]]}
			}
			if err := sorter.Add(e.now.ctx, e.buf, relation.Op(op)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *effective) close() {
	e.now.close()
	if e.base != nil {
		e.base.close()
	}
	for _, s := range e.others {
		if s != nil {
			s.Close()
		}
	}
}

// probe tells which of the ascending rows that it is asked for are in a relation.
type probe struct {
	ctx   context.Context
	rel   *relation.Relation
	c     *relation.Cursor
	block store.Block
	at    int
	end   bool
	few   int // rows that were looked up one by one
}

// maxFew is the number of rows from which on a probe goes through the relation instead of looking them up one by one.
const maxFew = 64

func (p *probe) contains(row relation.Row) (bool, error) {
	if p.rel.Rows() == 0 || p.end {
		return false, nil
	}
	if p.few < maxFew {
		p.few++
		return p.rel.Contains(row)
	}
	if p.c == nil {
		p.c = p.rel.Scan(p.ctx, relation.Range{}, store.AllColumns)
	}
	for {
		if p.at < p.block.Len {
			if last := p.row(p.block.Len - 1); slices.Compare(last[:], row[:]) >= 0 {
				break
			}
		}
		if err := p.c.Seek(row[:]); err != nil {
			return false, err
		}
		b, err := p.c.Next()
		if err != nil {
			return false, err
		}
		if p.block, p.at = b, 0; b.Len == 0 {
			p.end = true
			return false, nil
		}
	}
	lo, hi := p.at, p.block.Len-1 // the row at hi is not less
	for step := 1; lo+step < hi; step *= 2 {
		if x := p.row(lo + step); slices.Compare(x[:], row[:]) >= 0 {
			hi = lo + step
			break
		}
		lo += step
	}
	for lo < hi {
		mid := (lo + hi) / 2
		if x := p.row(mid); slices.Compare(x[:], row[:]) < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	p.at = lo
	return p.row(lo) == row, nil
}

func (p *probe) row(i int) relation.Row {
	c := &p.block.Cols
	return relation.Row{c[0][i], c[1][i], c[2][i], c[3][i]}
}

func (p *probe) close() {
	if p.c != nil {
		p.c.Close()
	}
}
