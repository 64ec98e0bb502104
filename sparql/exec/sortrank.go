package exec

import (
	"cmp"
	"slices"
	"sync"

	"triplestore/sparql/expr"
	"triplestore/store"
)

// order makes perm, some of the rows in their order: by the first key, then those that agree in it by the second, and so on. With a
// limit, only rows that can be within it are looked at by more than the first key.
func (s *sorter) order(from, to int) error {
	n := to - from
	s.scratch.release()
	if err := s.scratch.grow(int64(n) * 60); err != nil {
		return err
	}
	s.perm = resize(s.perm, n)
	for i := range s.perm {
		s.perm[i] = int32(from + i)
	}
	tied := []span{{0, n}}
	for key := range s.node.Keys {
		if len(tied) == 0 {
			break
		}
		rows := s.perm
		if key > 0 {
			rows = rows[:0:0]
			for _, t := range tied {
				rows = append(rows, s.perm[t.from:t.to]...)
			}
		}
		ranks, err := s.rank(key, rows)
		if err != nil {
			return err
		}
		if ranks == nil {
			continue
		}
		if limit := s.node.Limit; key == 0 && limit >= 0 && limit < int64(n) {
			ranks = s.cut(ranks, int(limit))
			tied[0].to = len(s.perm)
		}
		if tied, err = s.split(tied, ranks); err != nil {
			return err
		}
	}
	return s.breakTies(tied)
}

// breakTies orders rows that agree in all keys by their IDs, see optimizer.Sort. Terms that the query computed have no numbers that are the same
// in each plan.
func (s *sorter) breakTies(tied []span) error {
	for _, slot := range s.node.Ties {
		col := s.rows.cols[slot]
		if len(tied) == 0 || col == nil {
			continue
		}
		ranks := make([]uint64, 0, len(s.perm))
		for _, t := range tied {
			for _, r := range s.perm[t.from:t.to] {
				ranks = append(ranks, uint64(tieOf(col[r])))
			}
		}
		var err error
		if tied, err = s.split(tied, ranks); err != nil {
			return err
		}
	}
	return nil
}

// tieOf is what rows that agree in all keys are ordered by: local IDs are numbered as they come, so they say nothing.
func tieOf(id store.ID) store.ID {
	if id.Tag() == store.TagLocal {
		return store.MakeID(store.TagLocal, 0, 0)
	}
	return id
}

// span is a run of places in perm whose rows agree in all keys so far.
type span struct{ from, to int }

// split sorts the rows of spans by their ranks, which come in the same sequence, and gives the spans of those that still agree. Rows that
// agree keep their sequence.
func (s *sorter) split(spans []span, ranks []uint64) ([]span, error) {
	var out []span
	at := 0
	for i, t := range spans {
		if i&1023 == 1023 {
			if err := s.q.check(); err != nil {
				return nil, err
			}
		}
		n := t.to - t.from
		s.sorter.a = resize(s.sorter.a, n)
		pairs := s.sorter.a
		for k := range pairs {
			pairs[k] = keyedRow{store.ID(ranks[at+k]), s.perm[t.from+k]}
		}
		at += n
		if n > 64 {
			pairs = s.sorter.radix(n)
		} else {
			slices.SortStableFunc(pairs, func(a, b keyedRow) int { return cmp.Compare(a.key, b.key) })
		}
		begin := 0
		for k, p := range pairs {
			s.perm[t.from+k] = p.row
			if pairs[begin].key != p.key {
				if k-begin > 1 {
					out = append(out, span{t.from + begin, t.from + k})
				}
				begin = k
			}
		}
		if n-begin > 1 {
			out = append(out, span{t.from + begin, t.to})
		}
	}
	return out, nil
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

// rank gives numbers for rows that are ordered as a key wants it; nil where all are equal.
func (s *sorter) rank(key int, rows []int32) (ranks []uint64, err error) {
	if slot := s.slot(key); slot >= 0 {
		col := s.rows.cols[slot]
		if col == nil {
			return nil, nil
		}
		if len(rows) < len(col) || key > 0 {
			col = gather(nil, col, rows)
		}
		ranks, err = s.rankIDs(key, col)
	} else {
		vals := s.extra[key]
		if len(rows) < len(vals) || key > 0 {
			some := make([]expr.Value, len(rows))
			for i, r := range rows {
				some[i] = vals[r]
			}
			vals = some
		}
		ranks, err = s.rankValues(vals)
	}
	if s.node.Keys[key].Desc {
		for i := range ranks {
			ranks[i] = ^ranks[i]
		}
	}
	return ranks, err
}

// rankIDs gives numbers that are ordered as the values of a key are that come from the IDs of a column.
func (s *sorter) rankIDs(key int, col []store.ID) ([]uint64, error) {
	ranks := make([]uint64, len(col))
	if s.eval[key] == nil && ordered(col) {
		for i, id := range col {
			ranks[i] = uint64(id)
		}
		return ranks, nil
	}
	// The different IDs in the order in which the dictionary has its terms, and which of them each row has.
	perm := make([]int32, len(col))
	for i := range perm {
		perm[i] = int32(i)
	}
	s.sorter.byOne(perm, col, ^store.ID(0))
	which := make([]int32, len(col))
	var ids []store.ID
	for _, r := range perm {
		if len(ids) == 0 || ids[len(ids)-1] != col[r] {
			ids = append(ids, col[r])
		}
		which[r] = int32(len(ids) - 1)
	}
	vals := make([]expr.Value, len(ids))
	kept := held{m: s.q.memory}
	defer kept.release()
	var mu sync.Mutex
	if err := s.keyMakers(len(ids), func(m *keyMaker, from, to int) error {
		if err := m.values(key, ids[from:to], vals[from:to]); err != nil {
			return err
		}
		size := int64(0)
		for i := range vals[from:to] {
			size += vals[from+i].Size()
		}
		mu.Lock()
		defer mu.Unlock()
		return kept.grow(size)
	}); err != nil {
		return nil, err
	}
	of, err := s.rankValues(vals)
	if err != nil {
		return nil, err
	}
	for i, k := range which {
		ranks[i] = of[k]
	}
	return ranks, nil
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
	by := textOrder{q: s.q, vals: vals}
	ranks := make([]uint64, len(vals))
	rank := uint64(0)
	for _, run := range byClass(vals) {
		_, _, texts := vals[run[0].at].TextPrefix()
		if texts {
			by.texts(run, 8)
		} else {
			slices.SortFunc(run, by.values)
		}
		if by.stop != nil {
			return nil, by.stop
		}
		for i, p := range run {
			if i > 0 && (texts && run[i-1].prefix != p.prefix || expr.OrderOf(&vals[run[i-1].at], &vals[p.at]) != 0) {
				rank++
			}
			ranks[p.at] = rank
		}
		rank++
	}
	return ranks, nil
}

// byClass are the places of values class after class, in the order of these.
func byClass(vals []expr.Value) (runs [][]rankedText) {
	perm := make([]rankedText, len(vals))
	var count []int
	for i := range vals {
		class := vals[i].Class()
		perm[i].at, perm[i].class = int32(i), int32(class)
		_, perm[i].prefix, _ = vals[i].TextPrefix()
		count = grow(count, class+1)
		count[class]++
	}
	sorted := perm
	if len(perm) > 0 && slices.Max(count) < len(perm) {
		sorted = make([]rankedText, len(perm))
	}
	from := 0
	start := make([]int, len(count))
	for class, n := range count {
		if start[class] = from; n > 0 {
			runs = append(runs, sorted[from:from+n:from+n])
		}
		from += n
	}
	if len(runs) > 1 {
		for _, p := range perm {
			sorted[start[p.class]] = p
			start[p.class]++
		}
	}
	return runs
}

// rankedText is a value's place and, if it is a text, eight of its bytes.
type rankedText struct {
	prefix    uint64
	at, class int32
}

// maxTextDepth is up to where texts are compared by eight bytes at a time.
const maxTextDepth = 256

// textOrder sorts values, and looks at the query's context meanwhile.
type textOrder struct {
	q     *Query
	vals  []expr.Value
	steps int
	stop  error
}

func (o *textOrder) values(a, b rankedText) int {
	if o.steps++; o.steps&0xff == 0 && o.stop == nil {
		o.stop = o.q.check()
	}
	if o.stop != nil {
		return 0
	}
	return expr.OrderOf(&o.vals[a.at], &o.vals[b.at])
}

// sortedTogether is from how many texts on two cores sort them.
const sortedTogether = 1 << 15

// texts sorts texts that agree up to eight bytes before depth by those eight, which are in prefix, then those that agree in them by the
// next eight: bytes that many texts begin with are looked at once for each of them. If there is a core to spare, it sorts those with the lesser prefixes.
func (o *textOrder) texts(perm []rankedText, depth int) {
	if len(perm) >= sortedTogether && o.q.profile == nil {
		if n := halve(perm); n > len(perm)/8 && n < len(perm)/8*7 && spareCore() {
			helper := &textOrder{q: o.q, vals: o.vals}
			err := together(
				func() error { helper.texts(perm[:n], depth); return helper.stop },
				func() error { o.texts(perm[n:], depth); return o.stop })
			o.stop = err
			return
		}
	}
	slices.SortFunc(perm, func(a, b rankedText) int {
		if o.steps++; o.steps&0xffff == 0 && o.stop == nil {
			o.stop = o.q.check()
		}
		return cmp.Compare(a.prefix, b.prefix)
	})
	for begin := 0; begin < len(perm) && o.stop == nil; {
		end := begin + 1
		for end < len(perm) && perm[end].prefix == perm[begin].prefix {
			end++
		}
		if run := perm[begin:end]; len(run) > 1 {
			o.tied(run, depth)
		}
		begin = end
	}
}

// halve puts texts with lesser prefixes first and tells how many these are, half of them if prefixes differ enough.
func halve(perm []rankedText) int {
	var sample [63]uint64
	for i := range sample {
		sample[i] = perm[i*(len(perm)/len(sample))].prefix
	}
	slices.Sort(sample[:])
	n, middle := 0, sample[len(sample)/2]
	for i := range perm {
		if perm[i].prefix < middle {
			perm[i], perm[n] = perm[n], perm[i]
			n++
		}
	}
	return n
}

// tied sorts texts that agree up to depth, zero bytes behind their ends included.
func (o *textOrder) tied(run []rankedText, depth int) {
	longer := false
	for i := range run {
		longer = longer || len(o.vals[run[i].at].Text()) > depth
	}
	if !longer || len(run) < 8 || depth >= maxTextDepth {
		slices.SortFunc(run, o.values)
		return
	}
	first := run[0].prefix
	for i := range run {
		run[i].prefix = 0
		if text := o.vals[run[i].at].Text(); len(text) > depth {
			run[i].prefix = expr.FirstBytes(text[depth:])
		}
	}
	o.texts(run, depth+8)
	for i := range run {
		run[i].prefix = first
	}
}
