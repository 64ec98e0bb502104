package exec

import (
	"slices"

	"triplestore/store"
)

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
	marks []uint8    // with one slot in also, where each key has one row: the mark of what each of rows has there
	pairs []store.ID // with one slot in also, where keys have more: what each of rows has there
	start []int32    // by key: where its rows begin in rows; nil where each key has one row, which rows has by key
	rows  []int32
	// straight: rows are 0, 1, 2, …, so that one need not look.
	straight bool
}

// markOf is a byte of a hash. Most keys that are looked up do not match: a byte for each row tells that of nearly all of them, and fits into the
// processor's cache where the rows do not.
func markOf(id store.ID) uint8 { return uint8(uint64(id) * 0x9E3779B97F4A7C15 >> 56) }

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
		return x, j.held.grow(x.dense.bytes() + int64(len(x.start)+len(x.rows))*4 + int64(len(x.marks)) + int64(len(x.pairs))*8)
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
	if len(x.also) != 1 {
		return true
	}
	also := j.table.cols[x.also[0]]
	if x.start != nil {
		x.pairs = spareIDs.get(len(x.rows))
		j.q.halves(len(x.rows), func(_, from, to int) {
			for i, r := range x.rows[from:to] {
				x.pairs[from+i] = also[r]
			}
		})
		return true
	}
	x.marks = spareBytes.get(len(x.rows))
	j.q.halves(len(x.rows), func(_, from, to int) {
		for i, r := range x.rows[from:to] {
			x.marks[from+i] = markOf(also[r])
		}
	})
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
	spareBytes.put(x.marks)
	spareIDs.put(x.pairs)
	if x.keys != nil {
		x.keys.release()
	}
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
		x.straight = slices.IsSorted(keys)
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
