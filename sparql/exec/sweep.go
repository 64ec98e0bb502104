package exec

import (
	"slices"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// sweep reads the input of a lookup. Where the keys of a batch are few in each page of the relation that they are in, which costs misses of the
// processor's cache for each of them, rows of more batches are sorted together.
type sweep struct {
	on      bool
	most    int // rows that are taken together, about; up to a batch, batches go on as they are
	rows    table
	ended   bool // the input has
	held    held
	counted int // rows that held has room for
}

// sweepGrowth is how many times as many rows are taken together where keys were few.
const sweepGrowth = 4

// init decides whether rows are taken together at all: they are not where they come in the order of their keys.
func (s *sweep) init(q *Query, n *optimizer.Lookup, keys []int) {
	sorted := n.In.P().Sorted
	ordered := len(sorted) >= len(keys) && slices.Equal(sorted[:len(keys)], keys)
	s.on = !ordered && !q.limited
	s.held.m, s.rows.spare = q.memory, true
}

// found tells that the keys of rows were in so many pages.
func (s *sweep) found(rows, pages int) {
	if s.on && pages > 1 && rows < pages*optimizer.KeysPerPage {
		s.most = min(max(s.most, batchSize)*sweepGrowth, optimizer.SweepRows)
	}
}

// next fills b with the next rows of the input.
func (s *sweep) next(in operator, b *batch) error {
	if s.most == 0 || !s.on && !s.ended {
		s.close() // rows that were taken together have been joined
		return in.next(b)
	}
	s.rows.n = 0
	for !s.ended && s.rows.n < s.most {
		if err := in.next(b); err != nil {
			return err
		}
		if b.n == 0 {
			s.ended = true
			break
		}
		if s.on = s.room(b); !s.on && s.rows.n == 0 {
			return nil
		}
		s.rows.add(b)
		if !s.on {
			break
		}
	}
	b.reset()
	b.n = s.rows.n
	for slot, col := range s.rows.cols {
		if col != nil {
			b.cols[slot] = col[:b.n]
		}
	}
	return nil
}

// room asks for the memory of the rows of b, beside those that are there.
func (s *sweep) room(b *batch) bool {
	if s.rows.cols == nil {
		s.rows.cols = make([][]store.ID, len(b.cols))
	}
	n := s.rows.n + b.n
	if n <= s.counted {
		return true
	}
	row := int64(48) // to sort it
	for i, col := range b.cols {
		if col != nil || s.rows.cols[i] != nil {
			row += 16
		}
	}
	if !s.held.spare(row*int64(n) - s.held.n) {
		return false
	}
	s.counted = n
	return true
}

// close frees the rows.
func (s *sweep) close() {
	s.rows.release()
	s.held.release()
	s.counted = 0
}
