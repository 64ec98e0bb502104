package exec

import (
	"triplestore/sparql/expr"
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// maxFanIn is how many runs are merged at a time at most, and runBytes what one of them takes in memory meanwhile, about.
const (
	maxFanIn = 32
	runBytes = 512 << 10
)

// spill writes the rows in memory to files as sorted runs.
func (s *sorter) spill() error {
	if err := s.spillRows(0, s.rows.n); err != nil {
		return err
	}
	s.rows = newTable(s.q.width)
	for i := range s.extra {
		s.extra[i] = nil
	}
	s.perm = nil
	s.held.release()
	s.scratch.release()
	return nil
}

// spillRows writes some of the rows as a run, or as two where ordering them takes more memory than there is.
func (s *sorter) spillRows(from, to int) error {
	if from == to {
		return nil
	}
	err := s.order(from, to)
	if noMemory(err) && to-from > spoolRows {
		half := from + (to-from)/2
		if err := s.spillRows(from, half); err != nil {
			return err
		}
		return s.spillRows(half, to)
	}
	if err != nil {
		return err
	}
	run, err := s.q.newSpool(s.node)
	if err != nil {
		return err
	}
	s.runs = append(s.runs, run)
	perm := s.perm
	if s.node.Limit >= 0 {
		perm = perm[:min(s.node.Limit, int64(len(perm)))]
	}
	if len(perm) == 0 {
		return nil
	}
	if err := run.write(&batch{n: s.rows.n, cols: s.rows.cols}, perm, s.exprKeys()); err != nil {
		return err
	}
	_, err = run.reader(0) // its buffer is not needed any more
	return err
}

// exprKeys are the values of the keys that are expressions.
func (s *sorter) exprKeys() (out [][]expr.Value) {
	for i := range s.eval {
		if s.kept(i) {
			out = append(out, s.extra[i])
		}
	}
	return out
}

// startMerge makes one sequence of the runs.
func (s *sorter) startMerge() (err error) {
	if err := s.spill(); err != nil {
		return err
	}
	how := &merging{q: s.q, node: s.node, width: s.q.width, load: s.loadKeys, before: s.before}
	for i := range s.eval {
		if s.kept(i) {
			how.extra++
		}
	}
	s.merge, s.runs, err = how.all(s.runs, s.node.Limit)
	return err
}

// loadKeys decodes the keys of a block and tells their size.
func (s *sorter) loadKeys(x *mergeSource) (size int64, err error) {
	if x.keys == nil {
		x.keys = make([][]expr.Value, len(s.eval))
	}
	k := 0
	for i := range s.eval {
		if s.kept(i) {
			x.keys[i] = x.r.vals[k]
			k++
		} else {
			col := x.b.cols[s.slot(i)]
			if col == nil { // unbound, of which an expression may make something all the same
				col = make([]store.ID, x.b.n)
			}
			x.keys[i] = resize(x.keys[i], x.b.n)
			if err := s.maker(0).values(i, col[:x.b.n], x.keys[i]); err != nil {
				return 0, err
			}
		}
		for _, v := range x.keys[i] {
			size += v.Size()
		}
	}
	return size, nil
}

func (s *sorter) before(x, y *mergeSource) bool {
	for i, k := range s.node.Keys {
		var a, b expr.Value
		if x.keys[i] != nil {
			a = x.keys[i][x.at]
		}
		if y.keys[i] != nil {
			b = y.keys[i][y.at]
		}
		if c := expr.Order(a, b); c != 0 {
			return (c < 0) != k.Desc
		}
	}
	for _, slot := range s.node.Ties {
		if a, b := tieOf(x.b.get(slot, x.at)), tieOf(y.b.get(slot, y.at)); a != b {
			return a < b
		}
	}
	return x.age < y.age
}

// merging says how runs are merged.
type merging struct {
	q            *Query
	node         optimizer.Node
	width, extra int
	load         func(*mergeSource) (size int64, err error) // sees a new block
	before       func(x, y *mergeSource) bool
}

// all gives a merger of all runs, or of as many rows as limit says, and the runs that it reads: where they are many they are merged in
// several rounds. The old runs are removed; after an error, those that are returned are what is left.
func (h *merging) all(runs []*spool, limit int64) (*merger, []*spool, error) {
	fan := maxFanIn
	if m := h.q.memory; m.spillLeast > 0 {
		fan = int(min(max(m.spillLeast*4/runBytes, 4), maxFanIn))
	}
	for len(runs) > fan {
		// Neighbours are merged, so that equal rows keep the order in which they came.
		for at := 0; at < len(runs); at++ {
			some := runs[at:min(at+fan, len(runs))]
			run, err := h.one(some)
			if err != nil {
				return nil, runs, err
			}
			closeSpools(some)
			runs = append(append(runs[:at:at], run), runs[at+len(some):]...)
		}
	}
	m, err := h.merger(runs)
	if m != nil {
		m.left = limit
	}
	return m, runs, err
}

// one writes the rows of some runs as one run.
func (h *merging) one(runs []*spool) (*spool, error) {
	m, err := h.merger(runs)
	if err != nil {
		return nil, err
	}
	defer m.close()
	run, err := h.q.newSpool(h.node)
	if err != nil {
		return nil, err
	}
	b := newBatch(h.width)
	for {
		if err := m.next(b); err != nil {
			run.close()
			return nil, err
		}
		if b.n == 0 {
			break
		}
		if err := run.write(b, nil, m.vals); err != nil {
			run.close()
			return nil, err
		}
	}
	if _, err := run.reader(0); err != nil {
		run.close()
		return nil, err
	}
	return run, nil
}

// merger yields the rows of sorted runs in their order.
type merger struct {
	*merging
	heap []*mergeSource
	held held
	left int64
	bufs [][]store.ID
	vals [][]expr.Value // values of expressions of the rows yielded last
}

// mergeSource is a run with the block that is at hand.
type mergeSource struct {
	r    *spoolReader
	age  int
	b    *batch
	at   int
	keys [][]expr.Value // by key
	size int64
}

func (h *merging) merger(runs []*spool) (*merger, error) {
	m := &merger{merging: h, held: held{m: h.q.memory}, left: -1, bufs: make([][]store.ID, h.width), vals: make([][]expr.Value, h.extra)}
	for age, run := range runs {
		r, err := run.reader(h.extra)
		if err != nil {
			m.close()
			return nil, err
		}
		x := &mergeSource{r: r, age: age, b: newBatch(h.width)}
		ok, err := m.fill(x)
		if err != nil {
			m.close()
			return nil, err
		}
		if ok {
			m.heap = append(m.heap, x)
		}
	}
	for i := len(m.heap)/2 - 1; i >= 0; i-- {
		m.sink(i)
	}
	return m, nil
}

func (m *merger) close() { m.held.release() }

// fill sees to it that there is a row to look at.
func (m *merger) fill(x *mergeSource) (bool, error) {
	if x.at < x.b.n {
		return true, nil
	}
	_ = m.held.grow(-x.size)
	x.size, x.at = 0, 0
	if err := x.r.next(x.b); err != nil || x.b.n == 0 {
		return false, err
	}
	size, err := m.load(x)
	if err != nil {
		return false, err
	}
	x.size = size
	return true, m.held.grow(size)
}

func (m *merger) sink(i int) {
	h := m.heap
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && m.before(h[child+1], h[child]) {
			child++
		}
		if !m.before(h[child], h[i]) {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}

// next fills b with the next rows.
func (m *merger) next(b *batch) error {
	b.reset()
	for k := range m.vals {
		m.vals[k] = m.vals[k][:0]
	}
	for s := range m.bufs {
		m.bufs[s] = m.bufs[s][:0]
	}
	for b.n < batchSize && len(m.heap) > 0 && m.left != 0 {
		x := m.heap[0]
		for s, col := range x.b.cols {
			if col != nil {
				m.bufs[s] = append(pad(m.bufs[s], b.n), col[x.at])
			}
		}
		for k := range m.vals {
			m.vals[k] = append(m.vals[k], x.r.vals[k][x.at])
		}
		b.n++
		m.left--
		x.at++
		ok, err := m.fill(x)
		if err != nil {
			return err
		}
		if !ok {
			last := len(m.heap) - 1
			m.heap[0] = m.heap[last]
			m.heap = m.heap[:last]
		}
		m.sink(0)
	}
	for s := range m.bufs {
		if len(m.bufs[s]) > 0 && s < len(b.cols) {
			b.cols[s] = pad(m.bufs[s], b.n)
			m.bufs[s] = b.cols[s]
		}
	}
	return m.q.check()
}

// pad appends unbound rows up to n.
func pad(col []store.ID, n int) []store.ID {
	for len(col) < n {
		col = append(col, store.NoID)
	}
	return col
}
