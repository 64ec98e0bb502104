package harvest

import (
	"context"
	"iter"
	"slices"

	"triplestore/store"
)

// changes streams what differs between two snapshots of a store: by its history if it has one, else by reading both.
func changes(ctx context.Context, st store.Store, from, to store.Snapshot) iter.Seq2[store.Change, error] {
	if h, ok := st.(store.History); ok {
		return h.Diff(ctx, from, to)
	}
	return func(yield func(store.Change, error) bool) {
		a, b := newRows(ctx, from, store.Range{Order: store.SPOG}), newRows(ctx, to, store.Range{Order: store.SPOG})
		defer a.close()
		defer b.close()
		x, okA := a.next()
		y, okB := b.next()
		for okA || okB {
			c := 0
			switch {
			case !okA:
				c = 1
			case !okB:
				c = -1
			default:
				c = slices.Compare(x[:], y[:])
			}
			switch {
			case c < 0:
				if !yield(store.Change{Quad: x, Deleted: true}, nil) {
					return
				}
				x, okA = a.next()
			case c > 0:
				if !yield(store.Change{Quad: y}, nil) {
					return
				}
				y, okB = b.next()
			default:
				x, okA = a.next()
				y, okB = b.next()
			}
		}
		for _, r := range []*rows{a, b} {
			if r.err != nil {
				yield(store.Change{}, r.err)
				return
			}
		}
	}
}

// rows walks the quads of a range one by one.
type rows struct {
	cursor    store.Cursor
	positions [4]store.Position
	block     store.Block
	i         int
	err       error
}

func newRows(ctx context.Context, n store.Snapshot, r store.Range) *rows {
	return &rows{cursor: n.Scan(ctx, r, store.AllColumns), positions: r.Order.Positions()}
}

func (r *rows) next() (q store.Quad, ok bool) {
	for r.i >= r.block.Len {
		if r.block, r.err = r.cursor.Next(); r.err != nil || r.block.Len == 0 {
			r.block = store.Block{}
			r.i = 0
			return q, false
		}
		r.i = 0
	}
	for c, p := range r.positions {
		q[p] = r.block.Cols[c][r.i]
	}
	r.i++
	return q, true
}

func (r *rows) close() { r.cursor.Close() }

// scan calls f for every quad of a range.
func scan(ctx context.Context, n store.Snapshot, r store.Range, f func(store.Quad) error) error {
	rs := newRows(ctx, n, r)
	defer rs.close()
	for {
		q, ok := rs.next()
		if !ok {
			return rs.err
		}
		if err := f(q); err != nil {
			return err
		}
	}
}
