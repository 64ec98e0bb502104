package exec

import (
	"slices"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// hashJoin joins with a table of all rows of the right side. Rows that leave a common variable unbound are compatible with any
// value of it (https://www.w3.org/TR/sparql12-query/#defn_algCompatibleMapping), so the rows of the right side are parted by
// which of the common variables they bind, and each part gets an index for each set of variables that left rows ask it by. Where
// memory does not hold the right side, both sides go to files, see joinspill.go.
type hashJoin struct {
	q           *Query
	node        *optimizer.HashJoin
	left, right operator
	conds       *condList
	held        held
	once        []int32 // see onceEach
	onceComp    compactor

	common []int // slots that both sides may bind
	rights []int // slots that only the right side may bind
	*joinTable
	shared  bool // the table outlives this operator
	minus   bool // rows must have a variable in common
	spilled *spilledJoin

	input   *batch
	end     bool
	flush   bool
	row     int // of input
	cands   []int32
	candAt  int
	part    int // next part to ask for row
	matched []bool

	outL, outR []int32
	weighs     bool // instead of equal rows, one is yielded with their number
	wanted     optimizer.Set
	weights    []int32 // of outL, or empty
	hits       []int32
	same       []int32 // see alike
	numbers    []int32 // of the keys of the input's rows, where they are found all at once
	hitRow     bool
	bufs       [][]store.ID
	comp       compactor
	kept       []int32
}

func newHashJoin(q *Query, n *optimizer.HashJoin, l, r operator, e *env) operator {
	j := &hashJoin{q: q, node: n, left: l, right: r, held: held{m: q.memory}, minus: n.Kind == optimizer.Minus,
		input: newBatch(q.width), bufs: make([][]store.ID, q.width)}
	given := e.tables[n]
	if j.joinTable = given; given == nil {
		j.joinTable = &joinTable{table: newTable(q.width), byMask: map[uint64]*part{}}
	}
	if e.tables != nil && !dependsOnInput(n.R) {
		e.tables[n], j.shared = j.joinTable, true
	}
	j.table.spare = j.table.spare || given == nil && !j.shared
	lm, rm := n.L.P().Maybe, n.R.P().Maybe
	for _, s := range rm.Slots() {
		if lm.Has(s) {
			j.common = append(j.common, s)
		} else {
			j.rights = append(j.rights, s)
		}
	}
	j.conds = newCondList(q, n.Conds, e)
	return j
}

func (j *hashJoin) close() {
	j.left.close()
	j.right.close()
	j.conds.close()
	if j.spilled != nil {
		j.spilled.close()
	}
	if !j.shared { // a shared table stays until the query ends
		j.held.release()
		j.release()
		if j.files != nil {
			closeSpools(j.files.spools)
		}
	}
}

// build reads the right side.
func (j *hashJoin) build() error {
	j.built = true
	b := newBatch(j.q.width)
	index := held{m: j.q.memory} // what the index is going to take
	defer index.release()
	for {
		if err := j.q.check(); err != nil {
			return err
		}
		if err := j.right.next(b); err != nil {
			return err
		}
		if b.n == 0 {
			break
		}
		if err := j.add(b, &index); err != nil {
			return err
		}
	}
	j.right.close()
	return j.arrange()
}

// add takes rows of the right side. index is what the index is going to take.
func (j *hashJoin) add(b *batch, index *held) error {
	if k := j.node.Kind; (k == optimizer.Semi || k == optimizer.Anti) && len(j.node.Conds) == 0 {
		j.onceEach(b)
	}
	if j.files != nil {
		return j.files.write(b)
	}
	if err := j.held.grow(j.table.add(b) + int64(b.n)*4); err != nil {
		return err
	}
	if err := index.grow(j.indexBytes(b.n)); err != nil {
		return err
	}
	if j.held.crowded(index.n / 2) {
		index.release()
		return j.spillTable()
	}
	return nil
}

// onceEach leaves out rows of the right side with the key of the row before: where matches only have to be there, one is enough, and what is
// read in the order of its key has each once then.
func (j *hashJoin) onceEach(b *batch) {
	if len(j.common) != 1 || b.cols[j.common[0]] == nil {
		return
	}
	col := b.cols[j.common[0]][:b.n]
	j.once = j.once[:0]
	for i, id := range col {
		if i == 0 || id != col[i-1] || id == store.NoID {
			j.once = append(j.once, int32(i))
		}
	}
	j.onceComp.keep(b, j.once)
}

// candidates finds the right rows that are compatible with a left row, part by part; done is true after the last part.
func (j *hashJoin) candidates() (done bool, err error) {
	var mask uint64
	for i, s := range j.common {
		if j.input.get(s, j.row) != store.NoID {
			mask |= 1 << (i & 63)
		}
	}
	j.cands, j.candAt = nil, 0
	for ; j.part < len(j.parts); j.part++ {
		p := j.parts[j.part]
		both := mask & p.mask
		if both == 0 && j.minus {
			continue // nothing in common: not compatible in the sense of MINUS
		}
		x, err := j.index(p, both)
		if err != nil {
			return false, err
		}
		var buf [8]store.ID
		key := buf[:0]
		for _, s := range x.slots {
			key = append(key, j.input.get(s, j.row))
		}
		if n := x.find(key); n >= 0 {
			j.cands = x.of(n)
			if len(x.also) > 0 {
				j.cands = j.alike(x, j.cands)
			}
			j.part++
			return false, nil
		}
	}
	return true, nil
}

// alike are those of rows that agree with the present left row in the variables that the index does not look at.
func (j *hashJoin) alike(x *index, rows []int32) []int32 {
	j.same = j.same[:0]
next:
	for _, r := range rows {
		for _, s := range x.also {
			if j.table.cols[s][r] != j.input.get(s, j.row) {
				continue next
			}
		}
		j.same = append(j.same, r)
	}
	return j.same
}

func (j *hashJoin) byMatch() bool {
	k := j.node.Kind
	return k == optimizer.Semi || k == optimizer.Anti || k == optimizer.Minus || k == optimizer.Left && len(j.node.Conds) > 0
}

func (j *hashJoin) next(b *batch) error {
	if !j.built {
		if err := j.build(); err != nil {
			return err
		}
	}
	if j.files != nil {
		if j.spilled == nil {
			j.spilled = &spilledJoin{j: j}
		}
		return j.spilled.next(b)
	}
	for {
		if err := j.q.check(); err != nil {
			return err
		}
		if j.flush {
			j.flush = false
			j.yieldByMatch(b)
			if b.n > 0 {
				return nil
			}
			continue
		}
		if j.row >= j.input.n {
			if j.end {
				b.reset()
				return nil
			}
			if err := j.left.next(j.input); err != nil {
				return err
			}
			j.row, j.part, j.cands, j.hitRow = 0, 0, nil, false
			if j.input.n == 0 {
				j.end = true
				continue
			}
			if j.table.n == 0 && (j.node.Kind == optimizer.Inner || j.node.Kind == optimizer.Semi) {
				b.reset()
				return nil
			}
			if j.byMatch() {
				j.matched = resize(j.matched, j.input.n)
				clear(j.matched)
			}
		}
		if err := j.probe(); err != nil {
			return err
		}
		if j.row >= j.input.n && j.byMatch() {
			j.flush = true
		}
		if len(j.outL) == 0 {
			continue
		}
		j.assemble(b)
		if len(j.node.Conds) > 0 {
			if err := j.conds.filter(b, &j.kept); err != nil {
				return err
			}
			if j.byMatch() {
				for _, r := range j.kept {
					j.matched[j.outL[r]] = true
				}
			}
			if j.node.Kind != optimizer.Inner && j.node.Kind != optimizer.Left {
				continue
			}
			if j.comp.keep(b, j.kept); b.n == 0 {
				continue
			}
		}
		return nil
	}
}

// probe collects pairs of rows, about a batch of them.
func (j *hashJoin) probe() error {
	j.outL, j.outR, j.weights = j.outL[:0], j.outR[:0], j.weights[:0]
	if done, err := j.probeOne(); done {
		return err
	}
	exists := j.byMatch() && j.node.Kind != optimizer.Left && len(j.node.Conds) == 0
	weighs := j.weighing() && !slices.ContainsFunc(j.common, func(s int) bool { return !j.node.L.P().Certain.Has(s) })
	for j.row < j.input.n && len(j.outL) < j.q.rows {
		if j.candAt < len(j.cands) {
			if exists {
				j.matched[j.row] = true
				j.nextRow()
				continue
			}
			if weighs {
				j.outL, j.weights = append(j.outL, int32(j.row)), append(j.weights, int32(len(j.cands)))
				j.candAt = len(j.cands)
				continue
			}
			n := min(len(j.cands)-j.candAt, j.q.rows)
			for _, r := range j.cands[j.candAt : j.candAt+n] {
				j.outL = append(j.outL, int32(j.row))
				j.outR = append(j.outR, r)
			}
			j.candAt += n
			j.hitRow = true
			continue
		}
		done, err := j.candidates()
		if err != nil {
			return err
		}
		if done {
			if !j.hitRow && j.node.Kind == optimizer.Left && !j.byMatch() {
				j.outL = append(j.outL, int32(j.row))
				j.outR = append(j.outR, -1)
			}
			j.nextRow()
		}
	}
	return nil
}

func (j *hashJoin) nextRow() {
	j.row++
	j.part, j.cands, j.candAt, j.hitRow = 0, nil, 0, false
}

func (j *hashJoin) assemble(b *batch) {
	b.reset()
	b.n = len(j.outL)
	if len(j.weights) > 0 {
		b.weights = j.weights
	}
	whole := b.n == j.input.n && isIota(j.outL)
	for s, col := range j.input.cols {
		if col == nil || j.unwanted(s) {
			continue
		}
		if whole {
			b.cols[s] = col
		} else {
			j.bufs[s] = gather(j.bufs[s], col, j.outL)
			b.cols[s] = j.bufs[s]
		}
	}
	fill := func(s int, onlyUnbound bool) {
		col := j.table.cols[s]
		if col == nil || j.unwanted(s) {
			return
		}
		buf := resize(j.bufs[s], b.n)
		if onlyUnbound {
			copy(buf, b.cols[s]) // which may be the input's
		}
		j.bufs[s] = buf
		for i, r := range j.outR {
			if onlyUnbound && buf[i] != store.NoID {
				continue
			}
			if r < 0 {
				buf[i] = store.NoID
			} else {
				buf[i] = col[r]
			}
		}
		b.cols[s] = buf
	}
	for _, s := range j.rights {
		fill(s, false)
	}
	certain := j.node.L.P().Certain
	for _, s := range j.common {
		if !certain.Has(s) {
			fill(s, b.cols[s] != nil)
		}
	}
}

func (j *hashJoin) yieldByMatch(b *batch) {
	want := j.node.Kind == optimizer.Semi
	j.kept = j.kept[:0]
	for i, m := range j.matched {
		if m == want {
			j.kept = append(j.kept, int32(i))
		}
	}
	b.n = j.input.n
	copy(b.cols, j.input.cols)
	j.comp.keep(b, j.kept)
}
