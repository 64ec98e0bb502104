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
	weighs     bool    // instead of equal rows, one is yielded with their number
	weights    []int32 // of outL, or empty
	hits       []int32
	same       []int32 // see alike
	hitRow     bool
	bufs       [][]store.ID
	comp       compactor
	kept       []int32
}

// joinTable is the right side.
type joinTable struct {
	table  *table
	parts  []*part
	byMask map[uint64]*part
	built  bool
	files  *joinFiles // the right side, where it is not in the table
}

// release gives the memory of the table to other queries, if it is of one join only.
func (t *joinTable) release() {
	if !t.table.spare {
		return
	}
	t.table.release()
	for _, p := range t.parts {
		for _, x := range p.indexes {
			x.release()
		}
	}
	t.parts, t.byMask = nil, map[uint64]*part{}
}

// part are the right rows that bind the same common variables.
type part struct {
	mask    uint64
	whole   bool    // it is all rows of the table, and rows is nil
	rows    []int32 // ascending
	indexes map[uint64]*index
}

// index finds rows of a part by the values of some common variables.
type index struct {
	slots []int
	keys  *keySet
	dense *denseKeys // instead of keys
	also  []int      // with dense: the slots after the first, in which the rows of a key have to be compared
	start []int32    // by key: where its rows begin in rows; nil where each key has one row, which rows has by key
	rows  []int32
}

// of are the rows of a key, by its number.
func (x *index) of(k int) []int32 {
	if x.start == nil {
		return x.rows[k : k+1]
	}
	return x.rows[x.start[k]:x.start[k+1]]
}

// find gives the number of a key, or -1.
func (x *index) find(key []store.ID) int {
	if x.dense != nil {
		return x.dense.find(key[0])
	}
	return x.keys.find(key)
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

// indexBytes is about what an index for n rows takes.
func (j *hashJoin) indexBytes(n int) int64 { return int64(n) * int64(24+8*len(j.common)) }

// arrange parts the rows of the table.
func (j *hashJoin) arrange() error {
	if j.allBound() {
		mask := ^uint64(0)
		if len(j.common) < 64 {
			mask = 1<<len(j.common) - 1
		}
		p := &part{mask: mask, whole: true, indexes: map[uint64]*index{}}
		j.byMask[mask], j.parts = p, append(j.parts, p)
		return nil
	}
	for r := range int32(j.table.n) {
		var mask uint64
		for i, s := range j.common {
			if j.table.get(s, r) != store.NoID {
				mask |= 1 << (i & 63)
			}
		}
		p := j.byMask[mask]
		if p == nil {
			p = &part{mask: mask, indexes: map[uint64]*index{}}
			j.byMask[mask] = p
			j.parts = append(j.parts, p)
		}
		p.rows = append(p.rows, r)
	}
	return nil
}

// allBound reports whether every row of the table binds all common variables.
func (j *hashJoin) allBound() bool {
	for _, s := range j.common {
		if j.table.cols[s] == nil || slices.Contains(j.table.cols[s][:j.table.n], store.NoID) {
			return false
		}
	}
	return j.table.n > 0
}

// index gives the part's index by the variables in mask.
func (j *hashJoin) index(p *part, mask uint64) (*index, error) {
	if x := p.indexes[mask]; x != nil {
		return x, nil
	}
	x := &index{}
	for i, s := range j.common {
		if mask&(1<<(i&63)) != 0 {
			x.slots = append(x.slots, s)
		}
	}
	if p.whole && j.denseIndex(x) {
		p.indexes[mask] = x
		return x, j.held.grow(x.dense.bytes() + int64(len(x.start)+len(x.rows))*4)
	}
	n := len(p.rows)
	if p.whole {
		n = j.table.n
	}
	x.keys = newKeySet(len(x.slots))
	x.keys.reserve(n)
	number := make([]int32, n)
	key := make([]store.ID, len(x.slots))
	var count []int32
	for i := range n {
		if i&4095 == 4095 {
			if err := j.q.check(); err != nil {
				return nil, err
			}
		}
		r := p.row(i)
		for k, s := range x.slots {
			key[k] = j.table.get(s, r)
		}
		n, fresh := x.keys.add(key)
		if fresh {
			count = append(count, 0)
		}
		count[n]++
		number[i] = int32(n)
	}
	x.place(number, count)
	if !p.whole {
		for i, at := range x.rows {
			x.rows[i] = p.rows[at]
		}
	}
	p.indexes[mask] = x
	return x, j.held.grow(x.keys.bytes() + int64(len(x.start)+len(x.rows))*4)
}

// maxAlike is how many rows may have a key's value in the variable that they are found by, if there is more than one to compare.
const maxAlike = 32

// denseIndex makes an index by bits for all rows of the table, by the variable with the most values, and reports whether that is possible.
func (j *hashJoin) denseIndex(x *index) bool {
	best := 0
	for i, s := range x.slots {
		d := j.q.newDenseKeys(j.table.cols[s][:j.table.n])
		switch {
		case d == nil:
		case x.dense == nil || d.n > x.dense.n:
			if x.dense != nil {
				x.dense.release()
			}
			x.dense, best = d, i
		default:
			d.release()
		}
	}
	if x.dense == nil {
		return false
	}
	if len(x.slots) > 1 && x.dense.n < j.table.n/maxAlike {
		x.dense.release()
		x.dense = nil
		return false
	}
	x.slots[0], x.slots[best] = x.slots[best], x.slots[0]
	j.q.fillDense(x, j.table.cols[x.slots[0]][:j.table.n])
	if len(x.slots) == 1 {
		return true
	}
	for i := 1; i < len(x.start); i++ {
		if x.start[i]-x.start[i-1] > maxAlike {
			slots := x.slots
			x.release()
			x.slots = slots
			return false
		}
	}
	x.also = x.slots[1:]
	return true
}

// row is the n-th row of the part.
func (p *part) row(n int) int32 {
	if p.whole {
		return int32(n)
	}
	return p.rows[n]
}

// release gives the memory of the index to other queries.
func (x *index) release() {
	spareRows.put(x.start)
	spareRows.put(x.rows)
	if x.dense != nil {
		x.dense.release()
	}
	*x = index{}
}

// place puts the rows 0, 1, 2, … in the order of the numbers of their keys, of which count tells how many rows they have.
func (x *index) place(number, count []int32) {
	x.start = spareRows.get(len(count) + 1)
	x.start[0] = 0
	for i, c := range count {
		x.start[i+1] = x.start[i] + c
	}
	x.rows = spareRows.get(len(number))
	at := count
	copy(at, x.start)
	for i, k := range number {
		x.rows[at[k]] = int32(i)
		at[k]++
	}
}

// fillDense finds the rows of the keys of x.dense, which are those of a whole table, on two cores if that is worth it.
func (q *Query) fillDense(x *index, keys []store.ID) {
	d := x.dense
	x.rows = spareRows.get(len(keys))
	if d.n == len(keys) { // each has one row
		q.halves(len(keys), func(_, from, to int) {
			for i, id := range keys[from:to] {
				x.rows[d.number(id)] = int32(from + i)
			}
		})
		return
	}
	number := spareRows.get(len(keys))
	var at [2][]int32 // how many rows of the half each key has, and then where the next goes
	halves := q.halves(len(keys), func(half, from, to int) {
		count := spareRows.get(d.n)
		clear(count)
		for i, id := range keys[from:to] {
			k := d.number(id)
			number[from+i] = int32(k)
			count[k]++
		}
		at[half] = count
	})
	x.start = spareRows.get(d.n + 1)
	sum := int32(0)
	for k := range d.n {
		x.start[k] = sum
		for half := range halves {
			n := at[half][k]
			at[half][k] = sum
			sum += n
		}
	}
	x.start[d.n] = sum
	place := func(half, from, to int) {
		at := at[half]
		for i, k := range number[from:to] {
			x.rows[at[k]] = int32(from + i)
			at[k]++
		}
	}
	if halves == 1 {
		place(0, 0, len(keys))
	} else {
		q.bothHalves(len(keys), place)
	}
	spareRows.put(number)
	spareRows.put(at[0])
	spareRows.put(at[1])
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
	for j.row < j.input.n && len(j.outL) < batchSize {
		if j.candAt < len(j.cands) {
			if exists {
				j.matched[j.row] = true
				j.nextRow()
				continue
			}
			n := min(len(j.cands)-j.candAt, batchSize)
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
		if col != nil && whole {
			b.cols[s] = col
		} else if col != nil {
			j.bufs[s] = gather(j.bufs[s], col, j.outL)
			b.cols[s] = j.bufs[s]
		}
	}
	fill := func(s int, onlyUnbound bool) {
		col := j.table.cols[s]
		if col == nil {
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
