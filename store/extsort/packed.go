package extsort

import (
	"context"
	"slices"
	"sync"

	"triplestore/store"
	"triplestore/store/relation"
)

// Packed is the sorted changes of a Sorter, each row once, where they fit into memory as one number each. It does not change but by
// Keep, and can be sorted in other orders of its columns.
type Packed struct {
	packing
	op   relation.Op // of all, unless low
	keys []uint64

	from  *Packed  // what it is another order of, else nil
	spare []uint64 // memory beside that of keys

	mu   sync.Mutex
	free [][]uint64 // memory for other orders
}

// pack sorts the rows of a buffer as numbers, if they can be packed. The rows are gone then; last tells that no others follow, so that
// their memory is given up.
func (b *buffer) pack(last bool) *Packed {
	if b.n < packFrom {
		return nil
	}
	p := newPacking(b)
	if p == nil {
		return nil
	}
	b.packed = grown(b.packed, b.n)
	p.encode(b, b.packed)
	if last {
		b.chunks, b.ops = nil, nil
	}
	b.other = grown(b.other, b.n)
	b.packed, b.other = sortNumbers(b.packed, b.other, p.low, p.end())
	b.packed = unique(b.packed, p.low)
	return &Packed{packing: *p, op: b.op, keys: b.packed}
}

func grown(s []uint64, n int) []uint64 {
	if cap(s) < n {
		return make([]uint64, n)
	}
	return s[:n]
}

// end is the bit above those of the columns.
func (p *packing) end() uint { return p.cols[0].shift + p.cols[0].bits }

// unique drops keys that are the same but for the bits below low, up to the last of them.
func unique(keys []uint64, low uint) []uint64 {
	n := 0
	for i, k := range keys {
		if n > 0 && keys[n-1]>>low == k>>low {
			n--
		}
		keys[n] = keys[i]
		n++
	}
	return keys[:n]
}

// Len is the number of changes.
func (p *Packed) Len() int { return len(p.keys) }

// Inserts reports whether all changes are to insert.
func (p *Packed) Inserts() bool { return p.low == 0 && p.op == relation.Insert }

// Keep drops the changes whose bits are not set, in the order of sorting.
func (p *Packed) Keep(bits []uint64) {
	n := 0
	for i, k := range p.keys {
		p.keys[n] = k
		n += int(bits[i/64] >> (i % 64) & 1)
	}
	p.keys = p.keys[:n]
}

// Changes gives the changes in order.
func (p *Packed) Changes(ctx context.Context) *Iterator {
	return newIterator(ctx, p.width, &packedReader{p: p})
}

// take gives memory for the keys of another order.
func (p *Packed) take() []uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		var s []uint64
		s, p.free = p.free[n-1], p.free[:n-1]
		return s[:len(p.keys)]
	}
	return make([]uint64, len(p.keys))
}

// release gives memory back for the next order.
func (p *Packed) release() {
	f := p.from
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range [][]uint64{p.keys, p.spare} {
		if cap(s) >= len(f.keys) {
			f.free = append(f.free, s[:0])
		}
	}
	p.from, p.keys, p.spare = nil, nil, nil
}

// Reorder gives the changes with their columns in another order, sorted by that. It takes sixteen bytes of memory for each, which are
// used again for another order after Release of the iterator. It may be called by several goroutines at once.
func (p *Packed) Reorder(ctx context.Context, columns []int) (*Iterator, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if slices.IsSorted(columns) {
		return p.Changes(ctx), nil
	}
	q := &Packed{packing: packing{width: p.width, low: p.low}, op: p.op, from: p}
	shift := p.low
	for c := p.width - 1; c >= 0; c-- {
		q.cols[c] = p.cols[columns[c]]
		q.cols[c].shift = shift
		shift += q.cols[c].bits
	}
	type move struct {
		right, left uint
		mask        uint64
	}
	var list [relation.MaxWidth]move
	moves := list[:0]
	for c := range p.width {
		if from := &p.cols[columns[c]]; from.bits > 0 {
			moves = append(moves, move{from.shift & 63, q.cols[c].shift & 63, uint64(1)<<from.bits - 1})
		}
	}
	q.keys = p.take()
	low := uint64(1)<<p.low - 1
	for i, k := range p.keys {
		x := k & low
		for _, m := range moves {
			x |= k >> (m.right & 63) & m.mask << (m.left & 63)
		}
		q.keys[i] = x
	}
	// The columns at the end that come in the order in which the changes are sorted already need not be sorted by.
	lead := p.width - 1
	for lead > 0 && columns[lead-1] < columns[lead] {
		lead--
	}
	if lead > 0 {
		q.keys, q.spare = sortNumbers(q.keys, p.take(), q.cols[lead-1].shift, q.end())
	}
	return newIterator(ctx, p.width, &packedReader{p: q}), ctx.Err()
}

// sortNumbers sorts by the bits from low up to high; stable. It returns the sorted slice and the other one.
func sortNumbers(keys, spare []uint64, low, high uint) (sorted, other []uint64) {
	if high <= low {
		return keys, spare
	}
	passes := (high - low + digitBits - 1) / digitBits
	width := (high - low + passes - 1) / passes
	mask := uint64(1)<<width - 1
	var counts [(64 + digitBits - 1) / digitBits][digits]uint32
	for _, k := range keys { // once for all passes
		k >>= low & 63
		for pass := range counts[:passes] {
			counts[pass][k&mask&(digits-1)]++
			k >>= width & 63
		}
	}
	shift := low
	for pass := range counts[:passes] {
		count := &counts[pass]
		sum := uint32(0)
		for d, n := range count {
			count[d] = sum
			sum += n
		}
		for _, k := range keys {
			p := &count[k>>(shift&63)&mask&(digits-1)]
			spare[*p] = k
			*p++
		}
		keys, spare = spare, keys
		shift += width
	}
	return keys, spare
}

// packedReader reads packed changes.
type packedReader struct {
	p    *Packed
	i    int
	cols [relation.MaxWidth][]store.ID
}

func (r *packedReader) next(n int) (int, *[relation.MaxWidth][]store.ID) {
	n = min(n, len(r.p.keys)-r.i)
	for c := range r.p.width {
		if cap(r.cols[c]) < n {
			r.cols[c] = make([]store.ID, n)
		}
		r.cols[c] = r.cols[c][:n]
		r.p.decode(c, r.p.keys[r.i:r.i+n], r.cols[c])
	}
	r.i += n
	return n, &r.cols
}

func (r *packedReader) read(dst []relation.Change) (int, error) {
	from := r.i
	n, cols := r.next(len(dst))
	for j := range n {
		d := &dst[j]
		d.Row = relation.Row{}
		for c := range r.p.width {
			d.Row[c] = cols[c][j]
		}
		d.Op = r.p.op
		if r.p.low > 0 {
			d.Op = relation.Op(r.p.keys[from+j] & 1)
		}
	}
	return n, nil
}
