package exec

import (
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// joinFiles are the rows of the right side of a join, parted by variables that both sides always bind; without one there is a
// single part.
type joinFiles struct {
	*parts
	keys []int
	key  []store.ID
}

// newJoinFiles makes the files of a side of the join.
func (j *hashJoin) newFiles() (*joinFiles, error) {
	certain := j.node.L.P().Certain.Intersect(j.node.R.P().Certain)
	f := &joinFiles{}
	for _, s := range j.common {
		if certain.Has(s) {
			f.keys = append(f.keys, s)
		}
	}
	f.key = make([]store.ID, len(f.keys))
	count := partCount
	if len(f.keys) == 0 {
		count = 1
	}
	spools, err := j.q.newSpools(j.node, count)
	f.parts = &parts{spools: spools, rows: make([][]int32, count)}
	return f, err
}

func (f *joinFiles) write(b *batch) error {
	if len(f.spools) == 1 {
		return f.spools[0].write(b, nil, nil)
	}
	for i := range b.n {
		for k, s := range f.keys {
			f.key[k] = b.get(s, i)
		}
		f.put(f.key, int32(i))
	}
	return f.parts.write(b)
}

// spillTable writes the table to files.
func (j *hashJoin) spillTable() (err error) {
	if j.files, err = j.newFiles(); err != nil {
		return err
	}
	t := j.table
	for at := 0; at < t.n; at += batchSize {
		b := &batch{n: min(batchSize, t.n-at), cols: make([][]store.ID, len(t.cols))}
		for s, col := range t.cols {
			if col != nil {
				b.cols[s] = col[at : at+b.n]
			}
		}
		if err := j.files.write(b); err != nil {
			return err
		}
	}
	j.table.release()
	j.held.release()
	return nil
}

// spilledJoin joins the files of the right side with files of the left, part by part. Of a part of the right side it takes as much as
// memory holds at a time, and reads the part of the left side for each.
type spilledJoin struct {
	j     *hashJoin
	left  *joinFiles
	part  int
	right *spoolReader // of the part
	run   *hashJoin    // the left part with a piece of the right
	wide  *batch
	// matched are bits for the rows of the left part that have a match, for all kinds of join but inner ones.
	matched []uint64
	held    held
	last    *spoolReader // the left part, for the rows without, or with, a match
	rowAt   int64
	rows    []int32
	comp    compactor
}

func (s *spilledJoin) close() {
	s.endRun()
	s.held.release()
	if s.left != nil {
		closeSpools(s.left.spools)
	}
}

func (s *spilledJoin) endRun() {
	if s.run != nil {
		s.run.held.release()
		s.run = nil
	}
}

// readLeft writes the left side to files, with the number of each row within its part.
func (s *spilledJoin) readLeft() (err error) {
	j := s.j
	if s.left, err = j.newFiles(); err != nil {
		return err
	}
	s.held.m = j.q.memory
	s.wide = newBatch(j.q.width + 1)
	b := newBatch(j.q.width)
	for {
		if err := j.q.check(); err != nil {
			return err
		}
		if err := j.left.next(b); err != nil {
			return err
		}
		if b.n == 0 {
			j.left.close()
			return nil
		}
		if err := s.left.write(b); err != nil {
			return err
		}
	}
}

func (s *spilledJoin) next(b *batch) error {
	if s.left == nil {
		if err := s.readLeft(); err != nil {
			return err
		}
	}
	inner := s.j.node.Kind == optimizer.Inner
	for s.part < len(s.left.spools) {
		if err := s.j.q.check(); err != nil {
			return err
		}
		if s.last == nil {
			done, err := s.join(b)
			if err != nil || b.n > 0 {
				return err
			}
			if !done {
				continue
			}
			if !inner {
				if s.last, err = s.left.spools[s.part].reader(0); err != nil {
					return err
				}
				s.rowAt = 0
			}
		}
		if s.last != nil {
			if err := s.rest(b); err != nil || b.n > 0 {
				return err
			}
		}
		s.left.spools[s.part].close()
		if !s.j.shared {
			s.j.files.spools[s.part].close()
		}
		s.part++
		s.last, s.right, s.matched = nil, nil, nil
		s.held.release()
	}
	b.reset()
	return nil
}

// join yields what the pieces of the right part have in common with the left part; done is true after the last.
func (s *spilledJoin) join(b *batch) (done bool, err error) {
	j := s.j
	b.reset()
	if s.run == nil {
		if s.left.spools[s.part].rows == 0 {
			return true, nil
		}
		if s.right == nil {
			if s.right, err = j.files.spools[s.part].reader(0); err != nil {
				return false, err
			}
			if j.node.Kind != optimizer.Inner {
				n := (s.left.spools[s.part].rows + 63) / 64
				if err := s.held.grow(n * 8); err != nil {
					return false, err
				}
				s.matched = make([]uint64, n)
			}
		}
		ok, err := s.piece()
		if err != nil || !ok {
			return true, err
		}
	}
	if err := s.run.next(s.wide); err != nil {
		return false, err
	}
	if s.wide.n == 0 {
		s.endRun()
		return false, nil
	}
	if s.matched != nil {
		for _, id := range s.wide.cols[j.q.width][:s.wide.n] {
			s.matched[id/64] |= 1 << (id % 64)
		}
	}
	if k := j.node.Kind; k == optimizer.Inner || k == optimizer.Left {
		b.n = s.wide.n
		copy(b.cols, s.wide.cols)
	}
	return false, nil
}

// piece reads as much of the right part as memory holds and begins to join it.
func (s *spilledJoin) piece() (bool, error) {
	j := s.j
	node := *j.node
	run := &hashJoin{q: j.q, node: &node, right: empty{}, held: held{m: j.q.memory}, common: j.common, rights: j.rights, conds: j.conds,
		minus: j.minus, input: newBatch(j.q.width + 1), bufs: make([][]store.ID, j.q.width+1),
		joinTable: &joinTable{table: newTable(j.q.width), byMask: map[uint64]*part{}, built: true}}
	switch node.Kind {
	case optimizer.Left:
		node.Kind = optimizer.Inner
	case optimizer.Anti, optimizer.Minus:
		node.Kind = optimizer.Semi
	}
	s.run = run
	index := held{m: j.q.memory}
	defer index.release()
	b := newBatch(j.q.width)
	for {
		if err := s.right.next(b); err != nil {
			return false, err
		}
		if b.n == 0 {
			break
		}
		if err := run.held.grow(run.table.add(b) + int64(b.n)*4); err != nil {
			return false, err
		}
		if err := index.grow(j.indexBytes(b.n)); err != nil {
			return false, err
		}
		if run.held.crowded(index.n / 2) {
			break
		}
	}
	if run.table.n == 0 {
		s.endRun()
		return false, nil
	}
	if err := run.arrange(); err != nil {
		return false, err
	}
	r, err := s.left.spools[s.part].reader(0)
	run.left = &numbered{r: r, slot: j.q.width}
	return true, err
}

// rest yields the rows of the left part by whether they have a match.
func (s *spilledJoin) rest(b *batch) error {
	want := s.j.node.Kind == optimizer.Semi
	for {
		if err := s.last.next(b); err != nil || b.n == 0 {
			return err
		}
		s.rows = s.rows[:0]
		for i := range b.n {
			row := s.rowAt + int64(i)
			if hit := s.matched != nil && s.matched[row/64]&(1<<(row%64)) != 0; hit == want {
				s.rows = append(s.rows, int32(i))
			}
		}
		s.rowAt += int64(b.n)
		if s.comp.keep(b, s.rows); b.n > 0 {
			return nil
		}
	}
}

// numbered yields the rows of a spool with their numbers in a slot.
type numbered struct {
	r    *spoolReader
	slot int
	at   store.ID
	col  []store.ID
}

func (n *numbered) next(b *batch) error {
	if err := n.r.next(b); err != nil || b.n == 0 {
		return err
	}
	n.col = resize(n.col, b.n)
	for i := range n.col {
		n.col[i] = n.at
		n.at++
	}
	b.cols[n.slot] = n.col
	return nil
}

func (n *numbered) close() {}
