package exec

import (
	"triplestore/rdf"
	"triplestore/sparql/expr"
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// sorter sorts. Every key becomes a column of ranks, so that a term is decoded once however often it occurs and rows are
// compared by numbers. With a limit it keeps only so many rows, and drops rows whose first key is too large unseen. What memory does
// not hold goes to files as sorted runs, which are merged, see sortspill.go.
type sorter struct {
	q    *Query
	node *optimizer.Sort
	in   operator
	env  *env
	eval []*evaluator
	// derived are the slots of keys whose value depends on one variable alone, or -1: they are evaluated when the order is made, once for
	// each of its different values, and not kept.
	derived []int
	held    held

	rows    *table
	extra   [][]expr.Value // by key: values of expression keys
	perm    []int32
	sorted  bool
	at      int
	bufs    [][]store.ID
	limited bool
	worst   expr.Value // the first key of the last row wanted so far
	top     *topBound  // tells it those beneath, or nil

	worstText struct { // what worst begins with, if it is a text
		class  int
		prefix uint64
		ok     bool
	}

	keep    []int32
	wanted  []bool
	makers  []*keyMaker
	comp    compactor
	scratch held // what ordering takes
	sorter  rowSorter

	runs  []*spool
	merge *merger
}

func newSorter(q *Query, n *optimizer.Sort, in operator, e *env) operator {
	s := &sorter{q: q, node: n, in: in, env: e, held: held{m: q.memory}, scratch: held{m: q.memory},
		rows: newTable(q.width), bufs: make([][]store.ID, q.width)}
	s.eval = make([]*evaluator, len(n.Keys))
	s.extra = make([][]expr.Value, len(n.Keys))
	s.derived = make([]int, len(n.Keys))
	for i, k := range n.Keys {
		s.derived[i] = -1
		if k.Slot < 0 {
			s.eval[i] = newEvaluator(q, k.Expr, e)
			if c := k.Expr; c.Pure && c.Program != nil && len(c.Slots) == 1 && e.params == nil {
				s.derived[i] = c.Slots[0]
			}
		}
	}
	return s
}

func (s *sorter) close() {
	s.in.close()
	s.held.release()
	s.scratch.release()
	if s.merge != nil {
		s.merge.close()
	}
	closeSpools(s.runs)
}

// read takes in all rows.
func (s *sorter) read() error {
	b := newBatch(s.q.width)
	cut := int64(1 << 40)
	if s.node.Limit >= 0 {
		if cut = 2*s.node.Limit + batchSize; s.node.Until != nil {
			cut = 2*s.node.Limit + 64 // the sooner the bound is known, the less is read
		}
	}
	for {
		if err := s.q.check(); err != nil {
			return err
		}
		if err := s.in.next(b); err != nil {
			return err
		}
		if b.n == 0 {
			break
		}
		if err := s.take(b); err != nil {
			return err
		}
		if int64(s.rows.n) > cut || s.node.Until != nil && !s.limited && int64(s.rows.n) >= s.node.Limit {
			if err := s.truncate(); err != nil {
				return err
			}
		}
	}
	s.in.close()
	s.sorted = true
	if s.runs == nil {
		err := s.order(0, s.rows.n)
		if err == nil || !noMemory(err) || !s.q.spills() {
			return err
		}
	}
	return s.startMerge()
}

// kept reports whether the values of a key are kept beside the rows.
func (s *sorter) kept(key int) bool { return s.eval[key] != nil && s.derived[key] < 0 }

// slot is the slot that a key's value comes from, or -1.
func (s *sorter) slot(key int) int { return max(s.node.Keys[key].Slot, s.derived[key]) }

// take appends a batch with the values of expression keys.
func (s *sorter) take(b *batch) error {
	if s.limited {
		if err := s.drop(b); err != nil || b.n == 0 {
			return err
		}
	}
	step := b.n
	for i := range s.eval {
		if s.kept(i) {
			step = spoolRows // the values may be long
		}
	}
	part := batch{cols: make([][]store.ID, len(b.cols))}
	for at := 0; at < b.n; at += step {
		part.n = min(step, b.n-at)
		for i, col := range b.cols {
			if col != nil {
				part.cols[i] = col[at : at+part.n]
			}
		}
		if err := s.takePart(&part); err != nil {
			return err
		}
	}
	return nil
}

func (s *sorter) takePart(b *batch) error {
	bytes := s.rows.add(b)
	for i, e := range s.eval {
		if !s.kept(i) {
			continue
		}
		if err := e.prepare(b, nil); err != nil {
			return err
		}
		for r := range b.n {
			v, _, err := e.eval(r)
			if err != nil {
				return err
			}
			s.extra[i] = append(s.extra[i], v)
			bytes += v.Size()
			if bytes > 1<<20 { // long strings: not all of them unasked
				if err := s.held.grow(bytes); err != nil {
					return err
				}
				bytes = 0
			}
			if err := s.q.check(); err != nil {
				return err
			}
		}
	}
	if s.held.crowded(bytes) {
		return s.spill()
	}
	return s.held.grow(bytes)
}

// drop removes rows from a batch that come after the last row wanted, by their first key alone. If there is a core to spare, two share the
// rows.
func (s *sorter) drop(b *batch) error {
	slot := s.slot(0)
	if b.cols[slot] == nil {
		return nil
	}
	col := b.cols[slot][:b.n]
	s.wanted = resize(s.wanted, b.n)
	if err := s.keyMakers(len(col), func(m *keyMaker, from, to int) error {
		return m.judge(0, col[from:to], s.wanted[from:to])
	}); err != nil {
		return err
	}
	s.keep = s.keep[:0]
	for i, wanted := range s.wanted {
		if wanted {
			s.keep = append(s.keep, int32(i))
		}
	}
	s.comp.keep(b, s.keep)
	return nil
}

// valueNotAfter is notAfter that looks at the first bytes of texts first.
func (s *sorter) valueNotAfter(v *expr.Value, desc bool) bool {
	if s.worstText.ok {
		if class, prefix, ok := v.TextPrefix(); ok && class == s.worstText.class && prefix != s.worstText.prefix {
			return (prefix < s.worstText.prefix) != desc
		}
	}
	return s.notAfter(v, desc)
}

func (s *sorter) notAfter(v *expr.Value, desc bool) bool {
	c := expr.OrderOf(v, &s.worst)
	return c == 0 || (c < 0) != desc
}

func (s *sorter) termNotAfter(x rdf.Term, desc bool) bool {
	if s.worstText.ok {
		if class, prefix, ok := expr.TextPrefix(x); ok {
			if class != s.worstText.class {
				return (class < s.worstText.class) != desc
			}
			if prefix != s.worstText.prefix {
				return (prefix < s.worstText.prefix) != desc
			}
		}
	}
	v := expr.FromTerm(x)
	return s.notAfter(&v, desc)
}

// truncate keeps the rows that are wanted so far.
func (s *sorter) truncate() error {
	if err := s.order(0, s.rows.n); err != nil {
		if noMemory(err) && s.q.spills() {
			return s.spill()
		}
		return err
	}
	n := int(min(s.node.Limit, int64(len(s.perm))))
	perm := s.perm[:n]
	old := s.rows
	s.rows = newTable(s.q.width)
	s.rows.n = n
	for i, col := range old.cols {
		if col != nil {
			s.rows.cols[i] = gather(nil, col, perm)
		}
	}
	for i, x := range s.extra {
		if x != nil {
			y := make([]expr.Value, n, 2*n+batchSize)
			for j, r := range perm {
				y[j] = x[r]
			}
			s.extra[i] = y
		}
	}
	s.held.release()
	s.scratch.release()
	if err := s.held.grow(s.size()); err != nil {
		return err
	}
	if s.top != nil && int64(n) == s.node.Limit && n > 0 {
		s.top.set(s.rows.get(s.top.slot, int32(n-1)))
	}
	if slot := s.slot(0); n > 0 && slot >= 0 {
		var vals [1]expr.Value
		if err := s.maker(0).values(0, []store.ID{s.rows.get(slot, int32(n-1))}, vals[:]); err != nil {
			return err
		}
		v := vals[0]
		s.worst, s.limited = v, true
		s.worstText.class, s.worstText.prefix, s.worstText.ok = v.TextPrefix()
	}
	return nil
}

// size is about what the rows take that are kept, with the values of expressions.
func (s *sorter) size() int64 {
	bytes := int64(0)
	for _, col := range s.rows.cols {
		bytes += int64(cap(col)) * 8
	}
	for _, vals := range s.extra {
		for i := range vals {
			bytes += vals[i].Size()
		}
	}
	return bytes
}

func (s *sorter) next(b *batch) error {
	if !s.sorted {
		if err := s.read(); err != nil {
			return err
		}
	}
	if err := s.q.check(); err != nil {
		return err
	}
	if s.merge != nil {
		return s.merge.next(b)
	}
	b.reset()
	n := len(s.perm)
	if s.node.Limit >= 0 {
		n = int(min(s.node.Limit, int64(n)))
	}
	b.n = min(batchSize, n-s.at)
	if b.n == 0 {
		return nil
	}
	rows := s.perm[s.at : s.at+b.n]
	for i, col := range s.rows.cols {
		if col != nil {
			s.bufs[i] = gather(s.bufs[i], col, rows)
			b.cols[i] = s.bufs[i]
		}
	}
	s.at += b.n
	return nil
}
