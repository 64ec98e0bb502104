package exec

import (
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// scan reads a pattern. Without anything to check, the columns of the cursor's blocks go on as they are.
type scan struct {
	q      *Query
	node   *optimizer.Scan
	access *access
	cursor store.Cursor
	last   lastTriple
	rows   []int32
	bufs   [4][]store.ID
	done   bool
}

func newScan(q *Query, n *optimizer.Scan, e *env) operator {
	a := newAccess(&n.Pattern, n.Order, n.Prefix, e)
	return &scan{q: q, node: n, access: a, done: a.none}
}

func (s *scan) next(b *batch) error {
	b.reset()
	if s.done {
		return nil
	}
	if s.cursor == nil {
		r := store.Range{Order: s.access.order, Prefix: s.access.prefix, Lo: s.node.Lo, Hi: s.node.Hi}
		s.cursor = s.q.snap.Scan(s.q.ctx, r, s.access.columns)
	}
	for {
		if err := s.q.check(); err != nil {
			return err
		}
		block, err := s.cursor.Next()
		if err != nil {
			return err
		}
		if block.Len == 0 {
			s.close()
			return nil
		}
		if !s.access.checked() {
			b.n = block.Len
			for _, col := range s.access.outs {
				b.cols[s.access.slots[col]] = block.Cols[col]
			}
			return nil
		}
		s.rows = s.rows[:0]
		for i := range block.Len {
			if s.access.row(&block, i) && !(s.access.merge && s.last.again(&block, i)) {
				s.rows = append(s.rows, int32(i))
			}
		}
		if len(s.rows) == 0 {
			continue
		}
		b.n = len(s.rows)
		for _, col := range s.access.outs {
			if b.n == block.Len {
				b.cols[s.access.slots[col]] = block.Cols[col]
				continue
			}
			s.bufs[col] = gather(s.bufs[col], block.Cols[col], s.rows)
			b.cols[s.access.slots[col]] = s.bufs[col]
		}
		return nil
	}
}

func (s *scan) close() {
	s.done = true
	if s.cursor != nil {
		s.cursor.Close()
		s.cursor = nil
	}
}

// seeker finds keys in a range, each not less than the one before.
type seeker struct {
	q      *Query
	access *access
	keys   int // number of key columns after the prefix
	cursor store.Cursor
	block  store.Block
	pos    int
	end    bool
	blocks int        // that were read
	key    []store.ID // prefix, then the key looked for
}

func (s *seeker) open() {
	s.cursor = s.q.snap.Scan(s.q.ctx, store.Range{Order: s.access.order, Prefix: s.access.prefix}, s.access.columns|s.keyColumns())
	s.block, s.pos, s.end = store.Block{}, 0, false
	s.key = append(append(s.key[:0], s.access.prefix...), make([]store.ID, s.keys)...)
}

func (s *seeker) keyColumns() (c store.ColumnSet) {
	for i := range s.keys {
		c |= 1 << (len(s.access.prefix) + i)
	}
	return c
}

// compare compares row i of the block with the key looked for.
func (s *seeker) compare(i int) int {
	p := len(s.access.prefix)
	for k := p; k < p+s.keys; k++ {
		if x, y := s.block.Cols[k][i], s.key[k]; x != y {
			if x < y {
				return -1
			}
			return 1
		}
	}
	return 0
}

// find moves to the first row that is not less than the key in s.key and reports whether it has the key.
func (s *seeker) find() (bool, error) {
	if s.end {
		return false, nil
	}
	if s.pos < s.block.Len {
		if c := s.compare(s.pos); c >= 0 {
			return c == 0, nil
		}
		if s.compare(s.block.Len-1) >= 0 { // it is in this block: gallop
			lo, step := s.pos, 1
			for lo+step < s.block.Len && s.compare(lo+step) < 0 {
				lo += step
				step *= 2
			}
			hi := min(lo+step, s.block.Len-1)
			for lo+1 < hi { // row lo is less than the key, row hi is not
				if mid := int(uint(lo+hi) >> 1); s.compare(mid) < 0 {
					lo = mid
				} else {
					hi = mid
				}
			}
			s.pos = hi
			return s.compare(hi) == 0, nil
		}
	}
	if err := s.cursor.Seek(s.key); err != nil {
		return false, err
	}
	if err := s.more(); err != nil || s.end {
		return false, err
	}
	return s.compare(0) == 0, nil
}

// more reads the next block.
func (s *seeker) more() (err error) {
	if err = s.q.check(); err != nil {
		return err
	}
	s.block, err = s.cursor.Next()
	s.pos = 0
	s.blocks++
	s.end = s.block.Len == 0
	return err
}

// advance moves to the next row and reports whether it still has the key.
func (s *seeker) advance() (bool, error) {
	s.pos++
	if s.pos >= s.block.Len {
		if err := s.more(); err != nil || s.end {
			return false, err
		}
	}
	return s.compare(s.pos) == 0, nil
}

func (s *seeker) close() {
	if s.cursor != nil {
		s.cursor.Close()
		s.cursor = nil
	}
}
