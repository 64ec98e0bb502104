package badgerstore

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"triplestore/store"
	"triplestore/store/extsort"
	"triplestore/store/relation"
)

// buildLarge makes all orders but spog, which is made, of rows that do not fit into memory. Two of them are sorted through files. The
// others have their first column in common with one that is there, so that it is enough to sort the rows of each of its values, or some
// hundred thousand rows of several; and gspo is spog where there is one graph.
func (t *txn) buildLarge(ctx context.Context, r *root) error {
	sorted := func(ctx context.Context, o store.Order) error {
		sorter := t.store.sorter(t.store.o.SortMemory / int64(sortWorkers()))
		if err := t.fill(ctx, sorter, r.quads[store.SPOG], o); err != nil {
			return errors.Join(err, sorter.Close())
		}
		changes, err := sorter.Sort(ctx)
		if err == nil {
			err = t.put(ctx, r, o, changes)
		}
		return errors.Join(err, sorter.Close())
	}
	regrouped := func(ctx context.Context, from, o store.Order, direct bool) error {
		g := t.regroup(ctx, from, r.quads[from], o)
		g.direct = direct
		return errors.Join(t.put(ctx, r, o, g), g.close())
	}
	one, err := t.oneGraph(ctx, r.quads[store.SPOG])
	if err != nil {
		return err
	}
	work, wctx := errgroup.WithContext(ctx)
	work.SetLimit(sortWorkers())
	work.Go(func() error { return sorted(wctx, store.POSG) })
	work.Go(func() error { return sorted(wctx, store.OSPG) })
	if err := work.Wait(); err != nil {
		return err
	}
	work, wctx = errgroup.WithContext(ctx)
	work.SetLimit(sortWorkers())
	work.Go(func() error { return regrouped(wctx, store.POSG, store.PSOG, false) })
	work.Go(func() error { return regrouped(wctx, store.SPOG, store.SOPG, false) })
	work.Go(func() error { return regrouped(wctx, store.OSPG, store.OPSG, false) })
	work.Go(func() error {
		if !one {
			return sorted(wctx, store.GSPO)
		}
		return regrouped(wctx, store.SPOG, store.GSPO, true)
	})
	return work.Wait()
}

// put brings changes into an order.
func (t *txn) put(ctx context.Context, r *root, o store.Order, changes relation.Changes) error {
	result, err := relation.Apply(ctx, t.pages, t.store.rows, 4, r.quads[o], changes)
	r.quads[o] = result.Root
	if err == nil {
		store.BuildingOf(ctx).OrderDone()
	}
	return err
}

// oneGraph reports whether all rows of spog have the same graph.
func (t *txn) oneGraph(ctx context.Context, spog relation.Root) (bool, error) {
	c := relation.New(t.pages, t.store.rows, 4, spog).Scan(ctx, relation.Range{}, 1<<store.G)
	defer c.Close()
	graph := store.NoID
	for {
		b, err := c.Next()
		if err != nil || b.Len == 0 {
			return err == nil, err
		}
		for _, g := range b.Cols[store.G] {
			if g != graph {
				if graph != store.NoID {
					return false, nil
				}
				graph = g
			}
		}
	}
}

// regroup is the stream of all rows of a relation in another order of columns with the same first one.
type regroup struct {
	ctx     context.Context
	t       *txn
	c       *relation.Cursor
	columns [4]int // of the relation, in the other order
	direct  bool   // the rows are in that order already, whatever the first column
	block   store.Block
	at      int // rows of it that were read
	ended   bool
	memory  int64
	least   uint64 // rows of a group
	sorter  *extsort.Sorter
	sorted  *extsort.Iterator // nil: the next group is to be sorted
	rows    []relation.Row
	cols    [relation.MaxWidth][]store.ID
}

var _ relation.ColumnChanges = (*regroup)(nil)

// leastGroup and mostGroup bound from how many rows on a group ends where the value of the first column does: so many as are sorted in
// memory with room for those of one value more.
const (
	leastGroup = 4 << 10
	mostGroup  = 512 << 10
	groupRow   = 256 // bytes of the memory for sorting for each
)

func (t *txn) regroup(ctx context.Context, from store.Order, r relation.Root, to store.Order) *regroup {
	memory := t.store.o.SortMemory / int64(sortWorkers())
	g := &regroup{ctx: ctx, t: t, memory: memory, least: uint64(min(max(memory/groupRow, leastGroup), mostGroup)), c: relation.New(t.pages, t.store.rows, 4, r).Scan(ctx, relation.Range{}, store.AllColumns)}
	for k, p := range to.Positions() {
		for i, q := range from.Positions() {
			if p == q {
				g.columns[k] = i
			}
		}
	}
	return g
}

func (g *regroup) close() error {
	g.c.Close()
	if g.sorter == nil {
		return nil
	}
	return g.sorter.Close()
}

// read makes sure that there are rows in the block, unless it is the end.
func (g *regroup) read() (err error) {
	if g.at < g.block.Len || g.ended {
		return nil
	}
	g.block, err = g.c.Next()
	g.at, g.ended = 0, g.block.Len == 0
	return err
}

// group sorts the next rows, up to the end of a value of the first column. It reports false at the end.
func (g *regroup) group() (bool, error) {
	if g.sorted != nil {
		return true, nil
	}
	if g.sorter != nil {
		if err := g.sorter.Close(); err != nil {
			return false, err
		}
	}
	g.sorter = g.t.store.sorter(g.memory)
	var last store.ID
	for {
		if err := g.read(); err != nil {
			return false, err
		}
		lead := g.block.Cols[g.columns[0]]
		from, to := g.at, g.at
		for full := g.sorter.Len() >= g.least; to < g.block.Len && !(full && lead[to] != last); to++ {
			last = lead[to]
		}
		if from == to {
			break
		}
		g.rows = g.rows[:0]
		for i := from; i < to; i++ {
			c := &g.block.Cols
			g.rows = append(g.rows, relation.Row{c[g.columns[0]][i], c[g.columns[1]][i], c[g.columns[2]][i], c[g.columns[3]][i]})
		}
		if err := g.sorter.Add(g.ctx, g.rows, relation.Insert); err != nil {
			return false, err
		}
		g.at = to
	}
	if g.sorter.Len() == 0 {
		return false, nil
	}
	var err error
	g.sorted, err = g.sorter.Sort(g.ctx)
	return err == nil, err
}

// Next implements relation.Changes.
func (g *regroup) Next() ([]relation.Change, error) {
	for {
		if ok, err := g.group(); !ok || err != nil {
			return nil, err
		}
		changes, err := g.sorted.Next()
		if len(changes) > 0 || err != nil {
			return changes, err
		}
		g.sorted = nil
	}
}

// Columns implements relation.ColumnChanges.
func (g *regroup) Columns() (cols *[relation.MaxWidth][]store.ID, n int, ok bool, err error) {
	if g.direct {
		if err := g.read(); err != nil {
			return nil, 0, true, err
		}
		g.at = g.block.Len
		for k, c := range g.columns {
			g.cols[k] = g.block.Cols[c]
		}
		return &g.cols, g.block.Len, true, nil
	}
	for {
		if ok, err := g.group(); !ok || err != nil {
			return nil, 0, true, err
		}
		if cols, n, ok, err = g.sorted.Columns(); n > 0 || !ok || err != nil {
			return cols, n, ok, err
		}
		g.sorted = nil
	}
}
