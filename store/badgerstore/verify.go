package badgerstore

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/zeebo/xxh3"

	"triplestore/store"
)

// Verify reads everything and checks that it is whole: checksums, order, counts, the dictionary in both directions, that all orders
// hold the same quads, and that every ID is a term's. The error wraps store.ErrCorrupt.
func (s *Store) Verify(ctx context.Context) error {
	n, err := s.Snapshot()
	if err != nil {
		return err
	}
	defer n.Close()
	st := n.(*snapshot).state
	if err := st.terms.Verify(ctx); err != nil {
		return err
	}
	var first uint64
	for o, q := range st.quads {
		if err := q.Verify(ctx); err != nil {
			return fmt.Errorf("order %v: %w", store.Order(o), err)
		}
		sum, err := st.sum(ctx, store.Order(o))
		if err != nil {
			return fmt.Errorf("order %v: %w", store.Order(o), err)
		}
		if o == 0 {
			first = sum
		} else if sum != first {
			return fmt.Errorf("order %v holds other quads than %v: %w", store.Order(o), store.Order(0), store.ErrCorrupt)
		}
	}
	return nil
}

// sum adds up a hash of every quad, which is the same in whatever order they come.
func (st *state) sum(ctx context.Context, o store.Order) (uint64, error) {
	c := (&snapshot{state: st}).Scan(ctx, store.Range{Order: o}, store.AllColumns)
	defer c.Close()
	var sum uint64
	positions, limit := o.Positions(), st.terms.Len()
	for {
		b, err := c.Next()
		if err != nil || b.Len == 0 {
			return sum, err
		}
		for i := range b.Len {
			var q store.Quad
			var key [32]byte
			for k, p := range positions {
				q[p] = b.Cols[k][i]
				binary.LittleEndian.PutUint64(key[8*p:], uint64(q[p]))
				if q[p].InDictionary() && q[p].Number() >= limit {
					return 0, fmt.Errorf("ID %#x is beyond the %d terms: %w", uint64(q[p]), limit, store.ErrCorrupt)
				}
			}
			if err := q.Check(); err != nil {
				return 0, fmt.Errorf("%v: %w", err, store.ErrCorrupt)
			}
			sum += xxh3.Hash(key[:])
		}
	}
}
