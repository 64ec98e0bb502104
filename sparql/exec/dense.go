package exec

import (
	"math/bits"

	"triplestore/store"
)

// denseKeys gives numbers 0, 1, 2, … to distinct IDs in their order, by a bit for each ID between the least and the greatest. IDs of the
// dictionary are numbers in order of first occurrence, and those of integers and dates hold the value, so keys of a join mostly lie close
// together: the bits then take a part of what a hash table takes, and that stays in the processor's cache.
type denseKeys struct {
	min    store.ID
	words  []uint64 // the last one is 0, so that a key beyond the greatest can be looked up there
	before []int32  // how many keys there are before each word
	n      int
}

// denseSpan is how many IDs there may be between the least and the greatest for each key.
const denseSpan = 256

// newDenseKeys makes the numbers of the IDs in some columns; it is nil where they lie too far apart or one of them is NoID.
func newDenseKeys(cols ...[]store.ID) *denseKeys {
	least, most, n := ^store.ID(0), store.NoID, 0
	for _, ids := range cols {
		lo, hi := bounds(ids)
		least, most, n = min(least, lo), max(most, hi), n+len(ids)
	}
	d := emptyDenseKeys(least, most, n)
	if d == nil {
		return nil
	}
	for _, ids := range cols {
		d.mark(d.words, ids)
	}
	d.count(nil)
	return d
}

// newDenseKeys makes the numbers of the IDs in one column, on two cores if that is worth it.
func (q *Query) newDenseKeys(ids []store.ID) *denseKeys {
	var least, most [2]store.ID
	n := q.halves(len(ids), func(half, from, to int) { least[half], most[half] = bounds(ids[from:to]) })
	if n == 2 {
		least[0], most[0] = min(least[0], least[1]), max(most[0], most[1])
	}
	d := emptyDenseKeys(least[0], most[0], len(ids))
	if d == nil {
		return nil
	}
	words := [2][]uint64{d.words} // each half has its own: IDs of both may fall into one word
	q.halves(len(ids), func(half, from, to int) {
		if half == 1 {
			words[1] = spareWords.get(len(d.words))
			clear(words[1])
		}
		d.mark(words[half], ids[from:to])
	})
	d.count(words[1])
	spareWords.put(words[1])
	return d
}

// bounds are the least and the greatest of some IDs.
func bounds(ids []store.ID) (least, most store.ID) {
	least = ^store.ID(0)
	for _, id := range ids {
		least, most = min(least, id), max(most, id)
	}
	return least, most
}

// emptyDenseKeys makes room for the bits of n IDs, or is nil.
func emptyDenseKeys(least, most store.ID, n int) *denseKeys {
	if n == 0 || least == store.NoID {
		return nil
	}
	span := uint64(most - least)
	if span/denseSpan > uint64(n)+64 {
		return nil
	}
	words := spareWords.get(int(span/64) + 2)
	clear(words)
	return &denseKeys{min: least, words: words, before: spareRows.get(len(words))}
}

// mark sets the bits of IDs.
func (d *denseKeys) mark(words []uint64, ids []store.ID) {
	for _, id := range ids {
		x := uint64(id - d.min)
		words[x/64] |= 1 << (x % 64)
	}
}

// count counts the keys, those of more bits too.
func (d *denseKeys) count(more []uint64) {
	for i, w := range more {
		d.words[i] |= w
	}
	for i, w := range d.words {
		d.before[i] = int32(d.n)
		d.n += bits.OnesCount64(w)
	}
}

// keys are the IDs in the order of their numbers.
func (d *denseKeys) keys() []store.ID {
	ids := make([]store.ID, 0, d.n)
	for i, w := range d.words {
		for ; w != 0; w &= w - 1 {
			ids = append(ids, d.min+store.ID(i*64+bits.TrailingZeros64(w)))
		}
	}
	return ids
}

// find gives the number of an ID, or -1.
func (d *denseKeys) find(id store.ID) int {
	x := uint64(id - d.min) // what is less than min is beyond the end
	i := min(x/64, uint64(len(d.words)-1))
	w := d.words[i] >> (x % 64)
	if w&1 == 0 {
		return -1
	}
	return d.number(id)
}

// number is find for an ID that is among the keys.
func (d *denseKeys) number(id store.ID) int {
	x := uint64(id - d.min)
	return int(d.before[x/64]) + bits.OnesCount64(d.words[x/64]&(1<<(x%64)-1))
}

// rows writes to dst, which has room for all of them, the numbers of the rows whose ID is among the keys, and returns how many there are.
func (d *denseKeys) rows(ids []store.ID, dst []int32) int {
	words := d.words
	last := uint64(len(words) - 1)
	dst = dst[:len(ids)]
	n := 0
	for i, id := range ids { // without branches: whether a key is there cannot be foretold
		x := uint64(id - d.min)
		dst[n] = int32(i)
		n += int(words[min(x/64, last)] >> (x % 64) & 1)
	}
	return n
}

// bytes is what the numbers take.
func (d *denseKeys) bytes() int64 { return int64(len(d.words)) * 12 }

// release gives the memory to other queries.
func (d *denseKeys) release() {
	spareWords.put(d.words)
	spareRows.put(d.before)
	d.words, d.before = nil, nil
}
