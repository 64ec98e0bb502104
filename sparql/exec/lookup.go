package exec

import (
	"cmp"
	"slices"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// lookup joins its input with a pattern by seeking in an order of the store. The rows of a batch are taken in the order of
// their keys, so that one cursor serves them all; while the input itself is sorted, it serves all batches.
type lookup struct {
	q      *Query
	node   *optimizer.Lookup
	in     operator
	access *access
	seeker seeker
	conds  *condList
	simple bool // one key, and nothing to check in the rows: see merge

	input    *batch
	sweep    sweep
	inEnd    bool
	keySlots []int
	perm     []int32    // rows of input in the order of their keys
	inOrder  bool       // perm leaves the rows where they are
	sorted   []store.ID // the only key of the rows of perm
	buf      []store.ID // of sorted
	sorter   rowSorter
	lastKey  []store.ID

	// residual are columns whose variable the input binds too, besides the key; outs are those that bind something new.
	residual []int
	outs     []int

	at       int  // place in perm
	groupEnd int  // end of the rows of perm that have the key of perm[at]
	inRun    bool // the seeker is at a row that has the key
	dup      lastTriple
	dupHit   bool   // the run gave rows in an earlier batch
	matched  []bool // by row of input
	flush    bool   // input is done, its unmatched rows are to be yielded
	flushAt  int    // row of input from which on they are

	outRows []int32
	outCols [4][]store.ID
	left    [][]store.ID
	comp    compactor
	kept    []int32
}

func newLookup(q *Query, n *optimizer.Lookup, in operator, e *env) operator {
	a := newAccess(&n.Pattern, n.Order, n.Consts, e)
	l := &lookup{q: q, node: n, in: in, access: a, input: newBatch(q.width), left: make([][]store.ID, q.width)}
	l.seeker = seeker{q: q, access: a, keys: n.Keys}
	for i := range n.Keys {
		l.keySlots = append(l.keySlots, a.slots[len(a.prefix)+i])
	}
	maybe := n.In.P().Maybe
	for _, col := range a.outs {
		if i := col - len(a.prefix); i >= 0 && i < n.Keys {
			continue
		}
		if maybe.Has(a.slots[col]) {
			l.residual = append(l.residual, col)
		} else {
			l.outs = append(l.outs, col)
		}
	}
	l.conds = newCondList(q, n.Conds, e)
	l.sweep.init(q, n, l.keySlots)
	l.simple = len(l.keySlots) == 1 && len(l.residual) == 0 && !a.none && !a.checked()
	return l
}

func (l *lookup) close() {
	l.in.close()
	l.seeker.close()
	l.conds.close()
	l.sweep.close()
}

func (l *lookup) next(b *batch) error {
	for {
		if l.flush {
			if l.yieldByMatch(b) {
				return nil
			}
			continue
		}
		if l.at >= len(l.perm) && !l.inRun {
			if l.inEnd {
				b.reset()
				return nil
			}
			if err := l.fill(); err != nil {
				return err
			}
			continue
		}
		if err := l.produce(); err != nil {
			return err
		}
		if l.at >= len(l.perm) && !l.inRun && l.byMatch() {
			l.flush, l.flushAt = true, 0
		}
		if len(l.outRows) == 0 {
			continue
		}
		l.assemble(b)
		if len(l.node.Conds) > 0 {
			if err := l.conds.filter(b, &l.kept); err != nil {
				return err
			}
			if l.byMatch() {
				for _, r := range l.kept {
					l.matched[l.outRows[r]] = true
				}
			}
			if l.node.Kind == optimizer.Semi || l.node.Kind == optimizer.Anti {
				continue
			}
			l.comp.keep(b, l.kept)
			if b.n == 0 {
				continue
			}
		}
		return nil
	}
}

// byMatch reports whether rows of the input are yielded after all their candidates were seen.
func (l *lookup) byMatch() bool {
	switch l.node.Kind {
	case optimizer.Semi, optimizer.Anti:
		return true
	case optimizer.Left:
		return len(l.node.Conds) > 0 || len(l.residual) > 0
	}
	return false
}

// fill gets the next rows of the input and puts them in the order of their keys.
func (l *lookup) fill() error {
	l.sweep.found(len(l.perm), l.seeker.blocks)
	l.seeker.blocks = 0
	if err := l.sweep.next(l.in, l.input); err != nil {
		return err
	}
	l.at, l.groupEnd, l.perm = 0, 0, l.perm[:0]
	n := l.input.n
	if n == 0 {
		l.inEnd = true
		l.seeker.close()
		l.sweep.close()
		return nil
	}
	if l.byMatch() {
		l.matched = resize(l.matched, n)
		clear(l.matched)
	}
	if l.access.none {
		l.seeker.end = true
	}
	l.perm = resize(l.perm, n)
	for i := range l.perm {
		l.perm[i] = int32(i)
	}
	keys := make([][]store.ID, len(l.keySlots))
	for i, s := range l.keySlots {
		keys[i] = l.input.cols[s]
	}
	l.inOrder = sortedRows(keys, n)
	switch {
	case len(keys) == 1 && l.inOrder:
		l.sorted = keys[0][:n]
	case len(keys) == 1:
		l.buf = resize(l.buf, n)
		l.sorter.sortKeys(l.perm, keys[0], l.buf)
		l.sorted = l.buf
	case !l.inOrder:
		l.sorter.sort(l.perm, keys)
	}
	first := int(l.perm[0])
	rewind := l.seeker.cursor == nil
	if !rewind {
		for i, k := range keys {
			if c := cmp.Compare(k[first], l.lastKey[i]); c != 0 {
				rewind = c < 0
				break
			} else if i == len(keys)-1 {
				rewind = true // rows of the same key were passed
			}
		}
		rewind = rewind || len(keys) == 0
	}
	if rewind && !l.access.none {
		l.seeker.close()
		l.seeker.open()
	}
	l.lastKey = l.lastKey[:0]
	for _, k := range keys {
		l.lastKey = append(l.lastKey, k[l.perm[n-1]])
	}
	return nil
}

func sortedRows(keys [][]store.ID, n int) bool {
	if len(keys) == 0 {
		return true
	}
	if len(keys) == 1 {
		return slices.IsSorted(keys[0][:n])
	}
	for i := 1; i < n; i++ {
		for _, k := range keys {
			if k[i-1] != k[i] {
				if k[i-1] > k[i] {
					return false
				}
				break
			}
		}
	}
	return true
}

// produce collects candidates, up to about a batch of them.
func (l *lookup) produce() error {
	l.outRows = l.outRows[:0]
	for i := range l.outCols {
		l.outCols[i] = l.outCols[i][:0]
	}
	if l.simple && !l.inRun {
		return l.merge()
	}
	for len(l.outRows) < l.q.rows {
		if !l.inRun {
			if l.at >= len(l.perm) {
				return nil
			}
			found, err := l.seek()
			if err != nil {
				return err
			}
			if !found {
				if l.node.Kind == optimizer.Left && !l.byMatch() {
					l.emitUnmatched()
				}
				l.at = l.groupEnd
				continue
			}
			l.inRun = true
			l.dup.set = false
		}
		if err := l.run(); err != nil {
			return err
		}
	}
	return nil
}

// seek finds the end of the group of rows with the next key, and the key.
func (l *lookup) seek() (bool, error) {
	if l.access.none {
		l.groupEnd = len(l.perm)
		return false, nil
	}
	p := len(l.access.prefix)
	row := l.perm[l.at]
	for i, s := range l.keySlots {
		l.seeker.key[p+i] = l.input.cols[s][row]
	}
	l.groupEnd = l.at + 1
group:
	for ; l.groupEnd < len(l.perm); l.groupEnd++ {
		for i, s := range l.keySlots {
			if l.input.cols[s][l.perm[l.groupEnd]] != l.seeker.key[p+i] {
				break group
			}
		}
	}
	if len(l.keySlots) > 0 && l.seeker.key[p].Tag() == store.TagLocal {
		return false, nil
	}
	return l.seeker.find()
}

// run goes through rows that have the key until they end or the batch is full.
func (l *lookup) run() error {
	s := &l.seeker
	rows := l.perm[l.at:l.groupEnd]
	semi := l.node.Kind == optimizer.Semi || l.node.Kind == optimizer.Anti
	checked := l.access.checked()
	hit := false
	for {
		if !checked || l.access.row(&s.block, s.pos) && !(l.access.merge && l.dup.again(&s.block, s.pos)) {
			switch {
			case semi && len(l.residual) == 0 && len(l.node.Conds) == 0:
				for _, r := range rows {
					l.matched[r] = true
				}
				l.inRun = false
				l.at = l.groupEnd
				return nil
			case len(l.residual) > 0:
				l.emitResidual(rows, semi)
			default:
				hit = true
				l.outRows = append(l.outRows, rows...)
				for _, col := range l.outs {
					v := s.block.Cols[col][s.pos]
					out := l.outCols[col]
					for range rows {
						out = append(out, v)
					}
					l.outCols[col] = out
				}
			}
		}
		more, err := s.advance()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if len(l.outRows) >= l.q.rows {
			l.dupHit = l.dupHit || hit
			return nil
		}
	}
	l.inRun = false
	if l.node.Kind == optimizer.Left && !l.byMatch() && !hit && !l.dupHit {
		l.emitUnmatched()
	}
	l.dupHit = false
	l.at = l.groupEnd
	return nil
}

// emitResidual emits the rows whose other variables agree with the pattern's row, or are unbound and get its values.
func (l *lookup) emitResidual(rows []int32, semi bool) {
	s := &l.seeker
next:
	for _, r := range rows {
		for _, col := range l.residual {
			if x := l.input.get(l.access.slots[col], int(r)); x != store.NoID && x != s.block.Cols[col][s.pos] {
				continue next
			}
		}
		if l.byMatch() && len(l.node.Conds) == 0 {
			l.matched[r] = true
			if semi {
				continue
			}
		}
		l.outRows = append(l.outRows, r)
		for _, col := range l.outs {
			l.outCols[col] = append(l.outCols[col], s.block.Cols[col][s.pos])
		}
		for _, col := range l.residual {
			l.outCols[col] = append(l.outCols[col], s.block.Cols[col][s.pos])
		}
	}
}

// emitUnmatched emits the rows of the present key with nothing from the pattern.
func (l *lookup) emitUnmatched() {
	rows := l.perm[l.at:l.groupEnd]
	l.outRows = append(l.outRows, rows...)
	for _, col := range l.outs {
		l.outCols[col] = append(l.outCols[col], make([]store.ID, len(rows))...)
	}
}

// assemble makes the output of outRows and outCols.
func (l *lookup) assemble(b *batch) {
	b.reset()
	b.n = len(l.outRows)
	whole := b.n == l.input.n && isIota(l.outRows)
	for slot, col := range l.input.cols {
		if col == nil {
			continue
		}
		if whole {
			b.cols[slot] = col
			continue
		}
		l.left[slot] = gather(l.left[slot], col, l.outRows)
		b.cols[slot] = l.left[slot]
	}
	for _, col := range l.outs {
		b.cols[l.access.slots[col]] = l.outCols[col]
	}
	for _, col := range l.residual {
		b.cols[l.access.slots[col]] = l.outCols[col]
	}
}

// yieldByMatch yields rows of the input that matched, or did not, according to the kind, out of the next batch of them, and reports whether
// there are any.
func (l *lookup) yieldByMatch(b *batch) bool {
	want := l.node.Kind == optimizer.Semi
	from, to := l.flushAt, min(l.flushAt+batchSize, l.input.n)
	l.flush, l.flushAt = to < l.input.n, to
	l.kept = l.kept[:0]
	for i, m := range l.matched[from:to] {
		if m == want {
			l.kept = append(l.kept, int32(i))
		}
	}
	b.reset()
	b.n = to - from
	for slot, col := range l.input.cols {
		if col != nil {
			b.cols[slot] = col[from:to]
		}
	}
	l.comp.keep(b, l.kept)
	return b.n > 0
}
