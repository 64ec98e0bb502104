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
		n += len(ids)
		for _, id := range ids {
			least, most = min(least, id), max(most, id)
		}
	}
	if n == 0 || least == store.NoID {
		return nil
	}
	span := uint64(most - least)
	if span/denseSpan > uint64(n)+64 {
		return nil
	}
	words := spareWords.get(int(span/64) + 2)
	clear(words)
	d := &denseKeys{min: least, words: words, before: spareRows.get(len(words))}
	for _, ids := range cols {
		for _, id := range ids {
			x := uint64(id - least)
			d.words[x/64] |= 1 << (x % 64)
		}
	}
	for i, w := range d.words {
		d.before[i] = int32(d.n)
		d.n += bits.OnesCount64(w)
	}
	return d
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
}
