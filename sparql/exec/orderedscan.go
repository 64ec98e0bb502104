package exec

import (
	"fmt"

	"triplestore/rdf"
	"triplestore/sparql/expr"
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// orderedScan reads a pattern by the values of the column after the prefix, from the lowest or from the highest on, until the sort above has no
// use for what is left. Cursors go forwards only, so from the highest on it reads some rows before those that it has read, then more before
// these, and yields each lot backwards. It yields few rows at first.
type orderedScan struct {
	q      *Query
	node   *optimizer.Scan
	access *access
	top    *topBound
	held   held
	stat   *stat // nil where nothing is measured

	part   int // of node.Parts; those before it have been read
	begun  bool
	cursor store.Cursor
	left   uint64 // rows of the part that are before those read so far, when it is read backwards
	lot    uint64 // how many of these are read next
	picked []store.Quad
	raw    [4][]store.ID
	last   lastTriple

	window store.Block // rows that are to be yielded
	bufs   [4][]store.ID
	rows   []int32
	at     int
	most   int
	done   bool
}

// How many rows are read backwards at a time, at first and at most.
const (
	firstLot = 512
	mostLot  = 16384
)

func newOrderedScan(q *Query, n *optimizer.Scan, e *env) operator {
	a := newAccess(&n.Pattern, n.Order, n.Prefix, e)
	s := &orderedScan{q: q, node: n, access: a, held: held{m: q.memory}, lot: firstLot, most: firstBatch, done: a.none}
	a.columns |= 1 << n.Prefix
	if e.top != nil && e.top.at == n {
		s.top = e.top
	}
	if q.smallPieces {
		s.lot, s.most = 2, 2
	}
	if q.profile != nil {
		s.stat = q.profile.of(n)
	}
	return s
}

func (s *orderedScan) next(b *batch) error {
	b.reset()
	for !s.done {
		if err := s.q.check(); err != nil {
			return err
		}
		if s.at < s.window.Len {
			id := s.window.Cols[s.node.Prefix][s.at]
			if late, err := s.late(id); err != nil {
				return err
			} else if late {
				break
			}
			b.n = min(s.most, s.window.Len-s.at)
			for _, col := range s.access.outs {
				b.cols[s.access.slots[col]] = s.window.Cols[col][s.at : s.at+b.n]
			}
			s.at += b.n
			if !s.q.smallPieces {
				s.most = min(2*s.most, batchSize)
			}
			return nil
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
	s.close()
	return nil
}

// late reports whether nothing that is left is wanted, where what is left begins with an ID.
func (s *orderedScan) late(id store.ID) (bool, error) {
	if s.top == nil || s.top.by == nil || !s.top.by.limited || s.node.Parts[s.part].Mixed {
		return false, nil
	}
	var v expr.Value
	if t, ok := id.InlineTerm(); ok {
		v = expr.FromTerm(t)
	} else {
		var t [1]rdf.Term
		if err := s.q.snap.Terms([]store.ID{id}, t[:]); err != nil {
			return false, err
		}
		v = expr.FromTerm(t[0])
	}
	return s.top.late(&v, s.node.Parts[s.part].Sorted), nil
}

// fill reads more rows.
func (s *orderedScan) fill() error {
	s.window, s.at = store.Block{}, 0
	if s.part == len(s.node.Parts) {
		s.done = true
		return nil
	}
	if s.stat != nil {
		s.stat.parts++
	}
	p := s.node.Parts[s.part]
	var more bool
	var err error
	if picker, ok := s.q.snap.(store.Picker); ok && s.node.Desc && p.Sorted {
		more, err = s.backwards(picker, p)
	} else {
		more, err = s.forwards(p)
	}
	if err == nil && !more {
		s.part++
		s.begun = false
	}
	return err
}

func (s *orderedScan) rangeOf(p optimizer.Part) store.Range {
	return store.Range{Order: s.access.order, Prefix: s.access.prefix, Lo: p.Lo, Hi: p.Hi}
}

// forwards reads a block; it reports false at the end of the part.
func (s *orderedScan) forwards(p optimizer.Part) (bool, error) {
	if !s.begun {
		s.begun = true
		s.cursor = s.q.snap.Scan(s.q.ctx, s.rangeOf(p), s.access.columns)
	}
	block, err := s.cursor.Next()
	if err != nil {
		return false, err
	}
	if block.Len == 0 {
		s.endCursor()
		return false, nil
	}
	if !s.access.checked() {
		s.window = block
		return true, nil
	}
	s.rows = s.rows[:0]
	for i := range block.Len {
		if s.access.row(&block, i) && !(s.access.merge && s.last.again(&block, i)) {
			s.rows = append(s.rows, int32(i))
		}
	}
	s.take(&block)
	return true, nil
}

// backwards reads rows before those that were read so far; it reports false at the beginning of the part.
func (s *orderedScan) backwards(picker store.Picker, p optimizer.Part) (bool, error) {
	r := s.rangeOf(p)
	if !s.begun {
		s.begun = true
		n, err := s.q.snap.Count(r)
		if err != nil {
			return false, err
		}
		s.left = n
	}
	if s.left == 0 {
		return false, nil
	}
	want := int(min(s.lot, s.left))
	if !s.q.smallPieces {
		s.lot = min(2*s.lot, mostLot)
	}
	s.left -= uint64(want)
	var from []store.ID
	if s.left > 0 {
		var err error
		if s.picked, err = picker.Pick(r, []uint64{s.left}, s.picked[:0]); err != nil {
			return false, err
		}
		if len(s.picked) != 1 {
			return false, fmt.Errorf("row %d of a range is not there: %w", s.left, store.ErrCorrupt)
		}
		for _, pos := range r.Order.Positions() {
			from = append(from, s.picked[0][pos])
		}
		r.Lo = from[len(r.Prefix)]
	}
	if want > cap(s.raw[s.node.Prefix]) {
		s.held.release()
		if err := s.held.grow(int64(want) * 4 * 8 * 2); err != nil {
			return false, err
		}
	}
	s.cursor = s.q.snap.Scan(s.q.ctx, r, s.access.columns)
	defer s.endCursor()
	if from != nil {
		if err := s.cursor.Seek(from); err != nil {
			return false, err
		}
	}
	for i := range s.raw {
		s.raw[i] = s.raw[i][:0]
	}
	block := store.Block{}
	for block.Len < want {
		b, err := s.cursor.Next()
		if err != nil {
			return false, err
		}
		if b.Len == 0 {
			return false, fmt.Errorf("a range has fewer rows than were counted: %w", store.ErrCorrupt)
		}
		n := min(b.Len, want-block.Len)
		for i, col := range b.Cols {
			if col != nil {
				s.raw[i] = append(s.raw[i], col[:n]...)
				block.Cols[i] = s.raw[i]
			}
		}
		block.Len += n
	}
	s.rows = s.rows[:0]
	for i := block.Len - 1; i >= 0; i-- {
		if s.access.row(&block, i) && !(s.access.merge && s.last.again(&block, i)) {
			s.rows = append(s.rows, int32(i))
		}
	}
	s.take(&block)
	return true, nil
}

// take makes the chosen rows of a block those that are yielded next.
func (s *orderedScan) take(block *store.Block) {
	s.window.Len = len(s.rows)
	for i, col := range block.Cols {
		if col != nil {
			s.bufs[i] = gather(s.bufs[i], col, s.rows)
			s.window.Cols[i] = s.bufs[i]
		}
	}
}

func (s *orderedScan) endCursor() {
	if s.cursor != nil {
		s.cursor.Close()
		s.cursor = nil
	}
}

func (s *orderedScan) close() {
	s.done = true
	s.endCursor()
	s.held.release()
}
