package extsort

import (
	"cmp"
	"math/bits"
	"slices"

	"triplestore/store"
	"triplestore/store/relation"
)

// buffer holds rows in the order in which they were added. Many rows are sorted as packed numbers; few, and those that cannot be packed,
// by their places.
type buffer struct {
	width  int
	chunks []chunk // all but the last hold chunkRows
	free   []chunk // without rows, of which there will be some
	n      int
	op     relation.Op   // of all rows,
	ops    []relation.Op // unless they differ

	packed, other []uint64

	keys  []key
	spare []key

	// After sorting keys. Where they hold all bits that differ, rows are made from them: to fetch rows in their order from all over
	// the memory is what costs most.
	fields []field
	whole  bool
}

// chunk is rows by columns.
type chunk [relation.MaxWidth][]uint64

// key is the first 64 of the bits in which rows differ, and which row it is.
type key struct {
	bits uint64
	row  uint32
}

const (
	keySize = 16
	// chunkRows is the number of rows of a chunk, a power of two.
	chunkShift = 15
	chunkRows  = 1 << chunkShift
	// packFrom is the number of rows from which on packing pays.
	packFrom = 4096
)

func (b *buffer) len() int { return b.n }

func (b *buffer) reset() {
	for i := range b.chunks {
		for c := range b.chunks[i] {
			b.chunks[i][c] = b.chunks[i][c][:0]
		}
	}
	b.free = append(b.free, b.chunks...)
	b.chunks = nil
	b.n, b.ops, b.keys = 0, nil, b.keys[:0]
}

func (b *buffer) add(rows []relation.Row, op relation.Op) {
	switch {
	case len(rows) == 0:
		return
	case b.n == 0:
		b.op = op
	case b.ops == nil && op != b.op:
		b.ops = make([]relation.Op, b.n, b.n+len(rows))
		for i := range b.ops {
			b.ops[i] = b.op
		}
	}
	if b.ops != nil {
		for range rows {
			b.ops = append(b.ops, op)
		}
	}
	b.n += len(rows)
	for len(rows) > 0 {
		last := len(b.chunks) - 1
		if last < 0 || len(b.chunks[last][0]) == chunkRows {
			x := chunk{}
			if n := len(b.free); n > 0 {
				x, b.free = b.free[n-1], b.free[:n-1]
			}
			b.chunks = append(b.chunks, x)
			last++
		}
		x := &b.chunks[last]
		have := len(x[0])
		n := min(len(rows), chunkRows-have)
		if have+n > cap(x[0]) {
			size := chunkRows // but for the first, which is as large as it must be
			if last == 0 {
				size = min(chunkRows, max(2*have, have+n, 64))
			}
			all := make([]uint64, b.width*size)
			for c := range b.width {
				col := all[c*size : c*size+have : (c+1)*size]
				copy(col, x[c])
				x[c] = col
			}
		}
		for c := range b.width {
			col := x[c][:have+n]
			for i, dst := 0, col[have:]; i < len(dst); i++ {
				dst[i] = uint64(rows[i][c])
			}
			x[c] = col
		}
		rows = rows[n:]
	}
}

// value is one of a row by its place.
func (b *buffer) value(i, c int) uint64 { return b.chunks[i>>chunkShift][c][i&(chunkRows-1)] }

// compare compares two rows by their places.
func (b *buffer) compare(i, j uint32) int {
	for c := range b.width {
		if x, y := b.value(int(i), c), b.value(int(j), c); x != y {
			return cmp.Compare(x, y)
		}
	}
	return 0
}

// opOf is what is done with a row.
func (b *buffer) opOf(i uint32) relation.Op {
	if b.ops == nil {
		return b.op
	}
	return b.ops[i]
}

// field is a group of neighbouring bits that differ between rows: they go to the key, in order.
type field struct {
	column      int
	right, left uint // shifts, of the column and then of what is masked
	mask        uint64
}

// differing finds the bits in which rows differ, the most significant first, until 64 are found; whole tells that these are all.
func (b *buffer) differing() (fields []field, used uint, whole bool) {
	w := b.width
	var differ [relation.MaxWidth]uint64
	for _, x := range b.chunks {
		for c := range w {
			first, d := b.chunks[0][c][0], uint64(0)
			for _, v := range x[c] {
				d |= v ^ first
			}
			differ[c] |= d
		}
	}
	left := uint(64)
	for c := range w {
		for d := differ[c]; d != 0; {
			top := uint(bits.Len64(d))
			n := uint(bits.LeadingZeros64(^(d << (64 - top)))) // bits in this group
			d &^= (^uint64(0) >> (64 - n)) << (top - n)
			cut := min(n, left)
			if cut > 0 {
				left -= cut
				fields = append(fields, field{c, top - cut, left, ^uint64(0) >> (64 - cut)})
			}
			if cut < n {
				return fields, 64, false
			}
		}
	}
	return fields, 64 - left, true
}

// pieces cuts the buffer into some of at most so many rows, or of a chunk.
func (b *buffer) pieces(rows int) []*buffer {
	if b.n <= rows {
		return []*buffer{b}
	}
	var all []*buffer
	for step := max(1, rows/chunkRows); len(b.chunks) > 0; {
		k := min(step, len(b.chunks))
		piece := &buffer{width: b.width, chunks: b.chunks[:k], n: min(k*chunkRows, b.n), op: b.op}
		if b.ops != nil {
			piece.ops, b.ops = b.ops[:piece.n], b.ops[piece.n:]
		}
		b.chunks, b.n = b.chunks[k:], b.n-piece.n
		all = append(all, piece)
	}
	return all
}

// sortKeys puts keys into the order of the rows; rows that are equal stay in the order in which they were added.
func (b *buffer) sortKeys() {
	n := b.n
	b.keys = slices.Grow(b.keys[:0], n)[:n]
	fields, used, whole := b.differing()
	b.fields, b.whole = fields, whole
	for i := range b.keys {
		b.keys[i] = key{0, uint32(i)}
	}
	for k, x := range b.chunks {
		for _, f := range fields {
			for i, v := range x[f.column] {
				b.keys[k<<chunkShift+i].bits |= (v >> (f.right & 63) & f.mask) << (f.left & 63)
			}
		}
	}
	b.spare = slices.Grow(b.spare[:0], n)[:n]
	b.keys, b.spare = radixSort(b.keys, b.spare, 64-used)
	if whole {
		return
	}
	for from := 0; from < n; {
		to := from + 1
		for to < n && b.keys[to].bits == b.keys[from].bits {
			to++
		}
		if to-from > 1 {
			slices.SortFunc(b.keys[from:to], func(x, y key) int {
				if d := b.compare(x.row, y.row); d != 0 {
					return d
				}
				return cmp.Compare(x.row, y.row)
			})
		}
		from = to
	}
}

const (
	digitBits = 11
	digits    = 1 << digitBits
)

// radixSort sorts by the bits from low up, in passes of digitBits; stable. It returns the sorted slice and the other one.
func radixSort(keys, spare []key, low uint) (sorted, other []key) {
	if len(keys) < 2*digits {
		slices.SortFunc(keys, func(x, y key) int {
			if x.bits != y.bits {
				return cmp.Compare(x.bits, y.bits)
			}
			return cmp.Compare(x.row, y.row)
		})
		return keys, spare
	}
	var count [digits]uint32
	for shift := low; shift < 64; shift += digitBits {
		clear(count[:])
		for i := range keys {
			count[keys[i].bits>>(shift&63)&(digits-1)]++
		}
		sum := uint32(0)
		for d, n := range count {
			count[d] = sum
			sum += n
		}
		for _, k := range keys {
			p := &count[k.bits>>(shift&63)&(digits-1)]
			spare[*p] = k
			*p++
		}
		keys, spare = spare, keys
	}
	return keys, spare
}

// keyReader reads the rows that are sorted by keys, of equal ones the last.
type keyReader struct {
	b      *buffer
	i      int
	common relation.Row // the bits that are the same in all rows
}

func (b *buffer) reader() *keyReader {
	r := &keyReader{b: b}
	if len(b.keys) > 0 {
		for c := range b.width {
			r.common[c] = store.ID(b.value(0, c))
		}
		for _, f := range b.fields {
			r.common[f.column] &^= store.ID(f.mask << (f.right & 63))
		}
	}
	return r
}

func (r *keyReader) read(dst []relation.Change) (int, error) {
	if r.b.whole {
		return r.fromKeys(dst), nil
	}
	b := r.b
	n := 0
	for n < len(dst) && r.i < len(b.keys) {
		k := b.keys[r.i]
		r.i++
		for r.i < len(b.keys) && b.keys[r.i].bits == k.bits && b.compare(b.keys[r.i].row, k.row) == 0 {
			k = b.keys[r.i]
			r.i++
		}
		c := &dst[n]
		c.Row = relation.Row{}
		for i := range b.width {
			c.Row[i] = store.ID(b.value(int(k.row), i))
		}
		c.Op = b.opOf(k.row)
		n++
	}
	return n, nil
}

func (r *keyReader) fromKeys(dst []relation.Change) (n int) {
	b := r.b
	for n < len(dst) && r.i < len(b.keys) {
		k := b.keys[r.i]
		r.i++
		for r.i < len(b.keys) && b.keys[r.i].bits == k.bits {
			k = b.keys[r.i]
			r.i++
		}
		c := &dst[n]
		c.Row = r.common
		for i := range b.fields {
			f := &b.fields[i]
			c.Row[f.column&3] |= store.ID((k.bits >> (f.left & 63) & f.mask) << (f.right & 63))
		}
		c.Op = b.opOf(k.row)
		n++
	}
	return n
}
