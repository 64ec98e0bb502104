package extsort

import (
	"math/bits"
	"slices"

	"triplestore/store"
	"triplestore/store/relation"
)

// A packing turns rows into numbers of 64 bits that sort as the rows do, and back. The values of a column fall into few classes, by
// kind of term, language or datatype; in each they lie close together, or there are few of them. So a value becomes its distance from
// the least of its class, or its rank among the values of its class, and the classes lie one after the other.
type packing struct {
	width int
	low   uint // bits below those of the columns: one where rows are inserted and deleted, which tells which of the two
	cols  [relation.MaxWidth]packedColumn
}

type packedColumn struct {
	classes []class // in order
	bits    uint
	shift   uint // of the code in the key
}

type class struct {
	head   uint64 // see headOf
	lo, hi uint64
	n      int
	base   uint64 // code of lo
	ranks  *ranks // nil: a code is a distance
}

// maxClasses is the most classes of a column with which rows are packed.
const maxClasses = 4096

// headOf is what the values of a class have in common: the tag and, in the dictionary, the language or datatype.
func headOf(v uint64) uint64 {
	h := v >> 48
	if h >= uint64(store.TagInteger)<<12 {
		h &= 0xF000
	}
	return h
}

// size is the number of codes of a class.
func (c *class) size() uint64 {
	if c.ranks != nil {
		return uint64(len(c.ranks.values))
	}
	return c.hi - c.lo + 1 // 0: all there are; such a class is ranked
}

// newPacking finds a packing for the rows of a buffer, nil if there is none in 64 bits.
func newPacking(b *buffer) *packing {
	p := &packing{width: b.width}
	if b.ops != nil {
		p.low = 1
	}
	index := make([]uint16, 1<<16)
	for c := range b.width {
		classes := b.classes(c, index)
		if classes == nil {
			return nil
		}
		p.cols[c].classes = classes
		for i := range classes {
			x := &classes[i]
			if few := b.estimate(c, x); few < rankFew && x.hi-x.lo > 8*rankFew {
				x.ranks = b.rank(c, x.head)
			}
		}
	}
	for !p.layout() {
		// What takes more bits than there are values is ranked, the worst first.
		var worst *class
		column, most := 0, 3
		for c := range p.width {
			for i := range p.cols[c].classes {
				x := &p.cols[c].classes[i]
				if x.ranks != nil {
					continue
				}
				few := b.estimate(c, x)
				if spare := bits.Len64(x.hi-x.lo) - bits.Len(uint(few)); spare > most && few <= b.n/2 { // else it takes longer than it saves
					worst, column, most = x, c, spare
				}
			}
		}
		if worst == nil {
			return nil
		}
		worst.ranks = b.rank(column, worst.head)
	}
	return p
}

// rankFew is how many values are always ranked: that takes less time than sorting by more bits does.
const rankFew = 1 << 10

// layout gives the columns their bits, and reports whether these fit.
func (p *packing) layout() bool {
	shift := p.low
	for c := p.width - 1; c >= 0; c-- {
		col := &p.cols[c]
		codes := uint64(0)
		for i := range col.classes {
			x := &col.classes[i]
			n := x.size()
			if n-1 >= 1<<48 {
				return false
			}
			x.base = codes
			codes += n
		}
		col.bits, col.shift = uint(bits.Len64(codes-1)), shift
		if shift += col.bits; shift > 64 {
			return false
		}
	}
	return true
}

// classes finds the classes of a column; nil if there are too many. index is zero, also after that.
func (b *buffer) classes(c int, index []uint16) []class {
	found := []class{{}} // the first is none
	var x class
	at := uint16(0)
	for k := range b.chunks {
		for _, v := range b.chunks[k][c] {
			if h := headOf(v); at == 0 || h != x.head {
				found[at] = x
				if at = index[h]; at == 0 {
					if len(found) > maxClasses {
						for _, x := range found[1:] {
							index[x.head] = 0
						}
						return nil
					}
					at = uint16(len(found))
					index[h] = at
					found = append(found, class{head: h, lo: v, hi: v})
				}
				x = found[at]
			}
			x.lo, x.hi = min(x.lo, v), max(x.hi, v)
			x.n++
		}
	}
	found[at] = x
	found = found[1:]
	for _, x := range found {
		index[x.head] = 0
	}
	slices.SortFunc(found, func(a, b class) int { return int(a.head) - int(b.head) })
	return found
}

// estimate guesses the number of different values of a class.
func (b *buffer) estimate(c int, x *class) int {
	const samples = 1 << 10
	seen := make(map[uint64]struct{}, samples)
	n := 0
	step := max(1, b.n/(4*samples))
	for i := 0; i < b.n && n < samples; i += step {
		if v := b.value(i, c); headOf(v) == x.head {
			seen[v] = struct{}{}
			n++
		}
	}
	if n < 32 || len(seen) > n/2 {
		return x.n
	}
	return len(seen)
}

// ranks are the values of a class in order, and a table that tells which is which.
type ranks struct {
	values []uint64
	table  []rankSlot // by open addressing; its length is a power of two
}

type rankSlot struct {
	value uint64
	rank  uint32 // plus one; 0: empty
}

func (r *ranks) slot(v uint64) *rankSlot {
	mask := uint64(len(r.table) - 1)
	for i := v * 0x9E3779B97F4A7C15 >> 20 & mask; ; i = (i + 1) & mask {
		if x := &r.table[i]; x.rank == 0 || x.value == v {
			return x
		}
	}
}

// rank ranks the values of a class.
func (b *buffer) rank(c int, head uint64) *ranks {
	r := &ranks{table: make([]rankSlot, 256)}
	last, any := uint64(0), false
	for k := range b.chunks {
		for _, v := range b.chunks[k][c] {
			if headOf(v) != head || any && v == last {
				continue
			}
			last, any = v, true
			x := r.slot(v)
			if x.rank != 0 {
				continue
			}
			*x = rankSlot{v, 1}
			r.values = append(r.values, v)
			if 2*len(r.values) > len(r.table) {
				old := r.table
				r.table = make([]rankSlot, 2*len(old))
				for _, x := range old {
					if x.rank != 0 {
						*r.slot(x.value) = x
					}
				}
			}
		}
	}
	slices.Sort(r.values)
	for i, v := range r.values {
		r.slot(v).rank = uint32(i + 1)
	}
	return r
}

// encode gives the keys of the rows of a buffer.
func (p *packing) encode(b *buffer, keys []uint64) {
	keys = keys[:b.n]
	for i := range keys {
		keys[i] = 0
	}
	if p.low > 0 {
		for i, op := range b.ops {
			keys[i] = uint64(op)
		}
	}
	index := make([]uint16, 1<<16)
	for c := range p.width {
		col := &p.cols[c]
		if col.bits == 0 {
			continue
		}
		for i := range col.classes {
			index[col.classes[i].head] = uint16(i)
		}
		head, delta, at := ^uint64(0), uint64(0), 0
		var ranked *ranks
		for k := range b.chunks {
			values := b.chunks[k][c]
			dst := keys[at : at+len(values)]
			at += len(dst)
			for i, v := range values {
				if h := headOf(v); h != head {
					x := &col.classes[index[h]]
					head, ranked = h, x.ranks
					if delta = x.base - x.lo; ranked != nil {
						delta = x.base - 1
					}
				}
				if ranked != nil {
					v = uint64(ranked.slot(v).rank)
				}
				dst[i] |= (v + delta) << (col.shift & 63)
			}
		}
	}
}

// decode gives the values of a column.
func (p *packing) decode(c int, keys []uint64, dst []store.ID) {
	col := &p.cols[c]
	dst = dst[:len(keys)]
	shift, mask := col.shift&63, uint64(1)<<col.bits-1 // bits are less than 64
	if col.bits == 0 {
		shift, mask = 0, 0
	}
	if len(col.classes) == 1 && col.classes[0].ranks == nil {
		delta := col.classes[0].lo - col.classes[0].base
		for i, k := range keys {
			dst[i] = store.ID(k>>shift&mask + delta)
		}
		return
	}
	var from, n, delta uint64 // of the class of the last value
	var values []uint64
	for i, k := range keys {
		code := k >> shift & mask
		if code-from >= n {
			x := col.find(code)
			from, n, delta, values = x.base, x.size(), x.lo-x.base, nil
			if x.ranks != nil {
				values = x.ranks.values
			}
		}
		if values != nil {
			dst[i] = store.ID(values[code-from])
		} else {
			dst[i] = store.ID(code + delta)
		}
	}
}

// find is the class of a code.
func (col *packedColumn) find(code uint64) *class {
	lo, hi := 0, len(col.classes)
	for hi-lo > 1 {
		mid := int(uint(lo+hi) / 2)
		if col.classes[mid].base <= code {
			lo = mid
		} else {
			hi = mid
		}
	}
	return &col.classes[lo]
}
