package exec

import (
	"cmp"
	"slices"

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
	held held

	rows    *table
	extra   [][]expr.Value // by key: values of expression keys
	bytes   int64
	perm    []int32
	sorted  bool
	at      int
	bufs    [][]store.ID
	limited bool
	worst   expr.Value // the first key of the last row wanted so far

	worstText struct { // what worst begins with, if it is a text
		class  int
		prefix uint64
		ok     bool
	}

	kept    []int32
	wanted  []bool
	firsts  decodeScratch // first keys of a batch
	comp    compactor
	scratch held // what ordering takes

	runs  []*spool
	merge *merger
}

func newSorter(q *Query, n *optimizer.Sort, in operator, e *env) operator {
	s := &sorter{q: q, node: n, in: in, env: e, held: held{m: q.memory}, scratch: held{m: q.memory},
		rows: newTable(q.width), bufs: make([][]store.ID, q.width)}
	s.eval = make([]*evaluator, len(n.Keys))
	s.extra = make([][]expr.Value, len(n.Keys))
	for i, k := range n.Keys {
		if k.Slot < 0 {
			s.eval[i] = newEvaluator(q, k.Expr, e)
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
		cut = 2*s.node.Limit + batchSize
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
		if int64(s.rows.n) > cut {
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

// take appends a batch with the values of expression keys.
func (s *sorter) take(b *batch) error {
	if s.limited {
		if err := s.drop(b); err != nil || b.n == 0 {
			return err
		}
	}
	step := b.n
	for _, e := range s.eval {
		if e != nil {
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
		if e == nil {
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
				s.bytes += bytes
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
	s.bytes += bytes
	if s.held.crowded(bytes) {
		return s.spill()
	}
	return s.held.grow(bytes)
}

// drop removes rows from a batch that come after the last row wanted, by their first key alone. Of texts it looks at the first bytes.
func (s *sorter) drop(b *batch) error {
	k := s.node.Keys[0]
	if k.Slot < 0 || b.cols[k.Slot] == nil {
		return nil
	}
	col := b.cols[k.Slot][:b.n]
	s.wanted = resize(s.wanted, b.n)
	s.firsts.begin()
	for i, id := range col {
		switch {
		case id.InDictionary():
			s.firsts.want(int32(i), id)
		case i > 0 && id == col[i-1]:
			s.wanted[i] = s.wanted[i-1]
		default:
			v, err := s.q.terms.value(id)
			if err != nil {
				return err
			}
			s.wanted[i] = s.notAfter(&v, k.Desc)
		}
	}
	if err := s.firsts.fetch(s.q.terms, col); err != nil {
		return err
	}
	at, judged, wanted := 0, -1, false
	for _, r := range s.firsts.rows {
		if s.firsts.ids[at] != col[r] {
			at++
		}
		if judged != at {
			judged, wanted = at, s.termNotAfter(s.firsts.terms[at], k.Desc)
		}
		s.wanted[r] = wanted
	}
	s.kept = s.kept[:0]
	for i, wanted := range s.wanted {
		if wanted {
			s.kept = append(s.kept, int32(i))
		}
	}
	s.comp.keep(b, s.kept)
	return nil
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
	s.bytes = int64(n) * 16
	if err := s.held.grow(s.bytes); err != nil {
		return err
	}
	if n > 0 && s.node.Keys[0].Slot >= 0 {
		v, err := s.q.terms.value(s.rows.get(s.node.Keys[0].Slot, int32(n-1)))
		if err != nil {
			return err
		}
		s.worst, s.limited = v, true
		s.worstText.class, s.worstText.prefix, s.worstText.ok = v.TextPrefix()
	}
	return nil
}

// order makes perm, some of the rows in their order; with a limit, only rows that can be within it are looked at by more than the first
// key.
func (s *sorter) order(from, to int) error {
	n := to - from
	s.scratch.release()
	if err := s.scratch.grow(int64(n) * int64(8*len(s.node.Keys)+4)); err != nil {
		return err
	}
	s.perm = resize(s.perm, n)
	for i := range s.perm {
		s.perm[i] = int32(from + i)
	}
	ranks := make([][]uint64, len(s.node.Keys))
	for i := range s.node.Keys {
		var err error
		if ranks[i], err = s.rank(i); err != nil {
			return err
		}
		if limit := s.node.Limit; i == 0 && ranks[0] != nil && limit >= 0 && limit < int64(n) {
			ranks[0] = s.cut(ranks[0], int(limit))
		}
	}
	place := make([]int32, len(s.perm))
	for i := range place {
		place[i] = int32(i)
	}
	steps := 0
	var stop error
	slices.SortFunc(place, func(a, b int32) int {
		if steps++; steps&0xffff == 0 && stop == nil {
			stop = s.q.check()
		}
		if stop != nil {
			return int(a - b)
		}
		for _, r := range ranks {
			if r == nil {
				continue
			}
			if x, y := r[a], r[b]; x != y {
				if x < y {
					return -1
				}
				return 1
			}
		}
		return int(a - b)
	})
	for i, p := range place {
		place[i] = s.perm[p]
	}
	s.perm = place
	return stop
}

// cut drops the rows of perm that come after the first n by their first key, and their ranks.
func (s *sorter) cut(ranks []uint64, n int) []uint64 {
	if n == 0 {
		s.perm = s.perm[:0]
		return nil
	}
	sorted := slices.Clone(ranks)
	slices.Sort(sorted)
	last := sorted[n-1]
	kept, keptRanks := s.perm[:0], ranks[:0]
	for i, r := range ranks {
		if r <= last {
			kept, keptRanks = append(kept, s.perm[i]), append(keptRanks, r)
		}
	}
	s.perm = kept
	return keptRanks
}

// rank gives numbers for the rows of perm that are ordered as a key wants it; nil where all are equal.
func (s *sorter) rank(key int) (ranks []uint64, err error) {
	k := s.node.Keys[key]
	if k.Slot >= 0 {
		col := s.rows.cols[k.Slot]
		if col == nil {
			return nil, nil
		}
		if len(s.perm) < len(col) {
			col = gather(nil, col, s.perm)
		}
		ranks, err = s.rankIDs(col)
	} else {
		vals := s.extra[key]
		if len(s.perm) < len(vals) {
			some := make([]expr.Value, len(s.perm))
			for i, r := range s.perm {
				some[i] = vals[r]
			}
			vals = some
		}
		ranks, err = s.rankValues(vals)
	}
	if k.Desc {
		for i := range ranks {
			ranks[i] = ^ranks[i]
		}
	}
	return ranks, err
}

// rankIDs gives numbers that are ordered as the terms of a column are.
func (s *sorter) rankIDs(col []store.ID) ([]uint64, error) {
	if col == nil {
		return nil, nil
	}
	ranks := make([]uint64, len(col))
	if ordered(col) {
		for i, id := range col {
			ranks[i] = uint64(id)
		}
		return ranks, nil
	}
	ids := slices.Clone(col)
	if err := s.sortIDs(ids); err != nil {
		return nil, err
	}
	ids = slices.Compact(ids)
	vals := make([]expr.Value, len(ids))
	kept := held{m: s.q.memory}
	defer kept.release()
	for at := 0; at < len(ids); at += 8192 {
		if err := s.q.check(); err != nil {
			return nil, err
		}
		part := ids[at:min(at+8192, len(ids))]
		if err := s.q.terms.prepare(part); err != nil {
			return nil, err
		}
		size := int64(0)
		for i, id := range part {
			var err error
			if vals[at+i], err = s.q.terms.value(id); err != nil {
				return nil, err
			}
			size += vals[at+i].Size()
		}
		if err := kept.grow(size); err != nil {
			return nil, err
		}
	}
	of, err := s.rankValues(vals)
	if err != nil {
		return nil, err
	}
	if len(ids) == len(col) || len(ids) > 1<<12 {
		at := make(map[store.ID]uint64, len(ids))
		for i, id := range ids {
			at[id] = of[i]
		}
		for i, id := range col {
			ranks[i] = at[id]
		}
		return ranks, nil
	}
	for i, id := range col {
		k, _ := slices.BinarySearch(ids, id)
		ranks[i] = of[k]
	}
	return ranks, nil
}

// sortIDs sorts, and if it is many of them, looks at the context meanwhile.
func (s *sorter) sortIDs(ids []store.ID) error {
	if len(ids) < 1<<17 {
		slices.Sort(ids)
		return nil
	}
	steps := 0
	var stop error
	slices.SortFunc(ids, func(a, b store.ID) int {
		if steps++; steps&0xffff == 0 && stop == nil {
			stop = s.q.check()
		}
		if stop != nil {
			return 0
		}
		return cmp.Compare(a, b)
	})
	return stop
}

// ordered reports whether the IDs of a column compare as their terms do.
func ordered(col []store.ID) bool {
	if len(col) == 0 {
		return true
	}
	tag := col[0].Tag()
	if tag != store.TagInteger && tag != store.TagBoolean && tag != store.TagDateTime {
		return false
	}
	var offset int
	for i, id := range col {
		if id.Tag() != tag {
			return false
		}
		if tag == store.TagDateTime {
			_, o, zoned := id.DateTime()
			if !zoned || i > 0 && o != offset {
				return false
			}
			offset = o
		}
	}
	return true
}

// rankValues numbers values by their order, equal ones alike.
func (s *sorter) rankValues(vals []expr.Value) ([]uint64, error) {
	// Texts are compared by their first bytes, which are kept beside each other, as far as these differ.
	perm := make([]rankedText, len(vals))
	texts := true
	for i := range vals {
		perm[i].at = int32(i)
		if texts {
			var class int
			class, perm[i].prefix, texts = vals[i].TextPrefix()
			texts = texts && (i == 0 || class == int(perm[0].class))
			perm[i].class = int32(class)
		}
	}
	steps := 0
	var stop error
	slices.SortFunc(perm, func(a, b rankedText) int {
		if steps++; steps&0xff == 0 && stop == nil {
			stop = s.q.check()
		}
		if stop != nil {
			return 0
		}
		if texts && a.prefix != b.prefix {
			if a.prefix < b.prefix {
				return -1
			}
			return 1
		}
		return expr.OrderOf(&vals[a.at], &vals[b.at])
	})
	if stop != nil {
		return nil, stop
	}
	ranks := make([]uint64, len(vals))
	rank := uint64(0)
	for i, p := range perm {
		if i > 0 && expr.OrderOf(&vals[perm[i-1].at], &vals[p.at]) != 0 {
			rank++
		}
		ranks[p.at] = rank
	}
	return ranks, nil
}

// rankedText is a value's place and, if all values are texts of a class, its first bytes.
type rankedText struct {
	prefix    uint64
	at, class int32
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
