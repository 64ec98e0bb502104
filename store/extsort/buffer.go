package extsort

import (
	"cmp"
	"math/bits"
	"slices"

	"triplestore/store"
	"triplestore/store/relation"
)

// buffer holds rows in the order in which they were added and sorts places, not rows.
type buffer struct {
	width int
	rows  []uint64 // width numbers each
	ops   []relation.Op
	keys  []key
	spare []key

	// After sort. Where the keys hold all bits that differ, rows are made from them: to fetch rows in their order from all over
	// the memory is what costs most.
	fields []field
	whole  bool
	mixed  bool // ops differ
}

// key is the first 64 of the bits in which rows differ, and which row it is.
type key struct {
	bits uint64
	row  uint32
}

const keySize = 16

func (b *buffer) len() int { return len(b.ops) }

func (b *buffer) reset() { b.rows, b.ops, b.keys = b.rows[:0], b.ops[:0], b.keys[:0] }

// grow makes room for n more rows, doubling up to limit.
func (b *buffer) grow(n, limit int) {
	if have := cap(b.ops); b.len()+n > have {
		rows := min(limit, max(2*have, b.len()+n, 64))
		b.ops = append(make([]relation.Op, 0, rows), b.ops...)
		b.rows = append(make([]uint64, 0, rows*b.width), b.rows...)
	}
}

func (b *buffer) add(rows []relation.Row, op relation.Op) {
	for i := range rows {
		r := &rows[i]
		switch b.width {
		case 2:
			b.rows = append(b.rows, uint64(r[0]), uint64(r[1]))
		case 3:
			b.rows = append(b.rows, uint64(r[0]), uint64(r[1]), uint64(r[2]))
		default:
			b.rows = append(b.rows, uint64(r[0]), uint64(r[1]), uint64(r[2]), uint64(r[3]))
		}
		b.ops = append(b.ops, op)
	}
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
	for i := w; i < len(b.rows); i += w {
		for c := range w {
			differ[c] |= b.rows[i+c] ^ b.rows[c]
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

// sort puts keys into the order of the rows; rows that are equal stay in the order in which they were added.
func (b *buffer) sort() {
	n, w := b.len(), b.width
	b.keys = slices.Grow(b.keys[:0], n)[:n]
	fields, used, whole := b.differing()
	b.fields, b.whole = fields, whole
	b.mixed = slices.Contains(b.ops, relation.Insert) && slices.Contains(b.ops, relation.Delete)
	for i := range b.keys {
		row := b.rows[i*w : i*w+w]
		x := uint64(0)
		for _, f := range fields {
			x |= (row[f.column] >> (f.right & 63) & f.mask) << (f.left & 63)
		}
		b.keys[i] = key{x, uint32(i)}
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
				if d := slices.Compare(b.row(x), b.row(y)); d != 0 {
					return d
				}
				return cmp.Compare(x.row, y.row)
			})
		}
		from = to
	}
}

func (b *buffer) row(k key) []uint64 {
	i := int(k.row) * b.width
	return b.rows[i : i+b.width]
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

// bufferReader reads the sorted rows of a buffer, of equal ones the last.
type bufferReader struct {
	b      *buffer
	i      int
	common relation.Row // the bits that are the same in all rows
}

func (b *buffer) reader() *bufferReader {
	r := &bufferReader{b: b}
	if len(b.keys) > 0 {
		for c, v := range b.rows[:b.width] {
			r.common[c] = store.ID(v)
		}
		for _, f := range b.fields {
			r.common[f.column] &^= store.ID(f.mask << (f.right & 63))
		}
	}
	return r
}

func (r *bufferReader) read(dst []relation.Change) (int, error) {
	if r.b.whole {
		return r.fromKeys(dst), nil
	}
	b := r.b
	n := 0
	for n < len(dst) && r.i < len(b.keys) {
		k := b.keys[r.i]
		row := b.row(k)
		r.i++
		for r.i < len(b.keys) && b.keys[r.i].bits == k.bits && slices.Equal(b.row(b.keys[r.i]), row) {
			k = b.keys[r.i]
			r.i++
		}
		c := &dst[n]
		c.Row = relation.Row{}
		for i, v := range row {
			c.Row[i] = store.ID(v)
		}
		c.Op = b.ops[k.row]
		n++
	}
	return n, nil
}

func (r *bufferReader) fromKeys(dst []relation.Change) (n int) {
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
		c.Op = b.ops[0]
		if b.mixed {
			c.Op = b.ops[k.row]
		}
		n++
	}
	return n
}
