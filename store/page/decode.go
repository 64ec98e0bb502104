package page

import (
	"encoding/binary"
	"slices"
	"sync"

	"triplestore/store"
)

// The encodings of a column; see the package comment.
const (
	encConstant   = 0
	encPacked     = 1
	encDelta      = 2
	encRuns       = 3
	encDictionary = 4
	encSplit      = 5
)

const (
	maxDictionary = 1 << 9
	maxGroups     = 32
)

// allowed reports whether an encoding may stand inside depth others.
func allowed(encoding byte, depth int) bool {
	switch encoding {
	case encConstant, encPacked, encDelta:
		return true
	case encDictionary:
		return depth < 2
	default:
		return depth < 1
	}
}

type scratch struct {
	a, b, c []store.ID
	entries [maxDictionary]store.ID
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func grown(s []store.ID, n int) []store.ID { return slices.Grow(s[:0], n)[:n] }

// reader reads the fields of a column. Once it has failed, it gives zeros.
type reader struct {
	b        []byte
	pos, end int
	failed   bool
}

func (r *reader) take(n int) int {
	if r.failed || n < 0 || n > r.end-r.pos {
		r.failed = true
		return -1
	}
	r.pos += n
	return r.pos - n
}

func (r *reader) u8() byte {
	if p := r.take(1); p >= 0 {
		return r.b[p]
	}
	return 0
}

func (r *reader) u32() int {
	if p := r.take(4); p >= 0 {
		return int(binary.LittleEndian.Uint32(r.b[p:]))
	}
	return 0
}

func (r *reader) u64() store.ID {
	if p := r.take(8); p >= 0 {
		return store.ID(binary.LittleEndian.Uint64(r.b[p:]))
	}
	return 0
}

// bits takes the packed numbers at the end of a column.
func (r *reader) bits(n int, width uint) []byte {
	if width > 64 {
		r.failed = true
		return nil
	}
	p := r.take(packedSize(n, width))
	if p < 0 || r.pos != r.end {
		r.failed = true
		return nil
	}
	return r.b[p:]
}

var errColumn = corrupt("malformed column")

// decode fills dst from the column at b[start:end]. b has at least eight more bytes than end.
func decode(b []byte, start, end int, dst []store.ID, depth int) error {
	r := reader{b: b, pos: start, end: end}
	encoding := r.u8()
	if r.failed || !allowed(encoding, depth) {
		return errColumn
	}
	switch encoding {
	case encConstant:
		v := r.u64()
		if r.failed || r.pos != end {
			return errColumn
		}
		fill(dst, v)
	case encPacked:
		width := uint(r.u8())
		base := r.u64()
		src := r.bits(len(dst), width)
		if r.failed {
			return errColumn
		}
		unpack(src, dst, base, width)
	case encDelta:
		width := uint(r.u8())
		first, base := r.u64(), r.u64()
		src := r.bits(len(dst)-1, width)
		if r.failed {
			return errColumn
		}
		unpackDeltas(src, dst, first, base, width)
	case encRuns:
		return decodeRuns(r, dst, depth)
	case encDictionary:
		return decodeDictionary(r, dst, depth)
	case encSplit:
		return decodeSplit(r, dst, depth)
	default:
		return errColumn
	}
	return nil
}

func fill(dst []store.ID, v store.ID) {
	for len(dst) >= 8 {
		d := (*[8]store.ID)(dst)
		d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7] = v, v, v, v, v, v, v, v
		dst = dst[8:]
	}
	for i := range dst {
		dst[i] = v
	}
}

func unpackDeltas(src []byte, dst []store.ID, first, base store.ID, width uint) {
	// The deltas go to dst[:n-1] and are summed up from there, one place to the right of where they are read.
	n := len(dst)
	unpack(src, dst[:n-1], base, width)
	d := dst
	next := first
	for len(d) > 8 {
		p := (*[8]store.ID)(d)
		a0, a1, a2, a3, a4, a5, a6, a7 := p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]
		// Two levels of sums keep the chain from group to group at one addition.
		b1, b3, b5, b7 := a0+a1, a2+a3, a4+a5, a6+a7
		c3, c7 := b1+b3, b5+b7
		p[0], p[1], p[2], p[3] = next, next+a0, next+b1, next+b1+a2
		mid := next + c3
		p[4], p[5], p[6], p[7] = mid, mid+a4, mid+b5, mid+b5+a6
		next = mid + c7
		d = d[8:]
	}
	for i := range d {
		delta := d[i]
		d[i] = next
		next += delta
	}
}

func decodeRuns(r reader, dst []store.ID, depth int) error {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	if err := s.runs(r, len(dst), depth); err != nil {
		return err
	}
	lengths := s.b[:len(s.a)]
	pos := 0
	for i, v := range s.a {
		length := int(lengths[i])
		end := pos + length + 1
		// Short runs are the rule: eight writes without a branch beat a loop. What they write too much is written over by the next run.
		for ; pos < end && pos+8 <= len(dst); pos += 8 {
			d := (*[8]store.ID)(dst[pos:])
			d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7] = v, v, v, v, v, v, v, v
		}
		if pos < end {
			fill(dst[pos:end], v)
		}
		pos = end
	}
	return nil
}

// runs decodes the runs of a column of rows values to a, and their lengths minus 1, which add up, to b.
func (s *scratch) runs(r reader, rows, depth int) error {
	n, size := r.u32(), r.u32()
	at := r.take(size)
	if r.failed || n < 1 || n > rows {
		return errColumn
	}
	s.a, s.b = grown(s.a, n), grown(s.b, n)
	if err := decode(r.b, at, at+size, s.a, depth+1); err != nil {
		return err
	}
	if err := decode(r.b, r.pos, r.end, s.b, depth+1); err != nil {
		return err
	}
	left := uint64(rows)
	for _, length := range s.b {
		if uint64(length) >= left {
			return errColumn
		}
		left -= uint64(length) + 1
	}
	if left != 0 {
		return errColumn
	}
	return nil
}

func decodeDictionary(r reader, dst []store.ID, depth int) error {
	k, size := r.u32(), r.u32()
	at := r.take(size)
	width := uint(r.u8())
	if r.failed || k < 1 || k > maxDictionary || width > 9 {
		return errColumn
	}
	src := r.bits(len(dst), width)
	if r.failed {
		return errColumn
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	entries := &s.entries
	if err := decode(r.b, at, at+size, entries[:k], 2); err != nil {
		return err
	}
	whole := len(dst) &^ 7
	top := lookups[width](src, dst[:whole], entries)
	for i := whole; i < len(dst); i++ {
		x := packedAt(src, i, width)
		top = max(top, x)
		dst[i] = entries[x&(maxDictionary-1)]
	}
	if top >= uint64(k) {
		return errColumn
	}
	return nil
}

func decodeSplit(r reader, dst []store.ID, depth int) error {
	k := int(r.u8())
	if k < 1 || k > maxGroups {
		return errColumn
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	s.a = grown(s.a, len(dst))
	var next [maxGroups]int
	var counts, sizes [maxGroups]int
	for i := range k {
		counts[i], sizes[i] = r.u32(), r.u32()
	}
	done := 0
	for i := range k {
		at := r.take(sizes[i])
		if r.failed || counts[i] < 1 || counts[i] > len(dst)-done {
			return errColumn
		}
		if err := decode(r.b, at, at+sizes[i], s.a[done:done+counts[i]], depth+1); err != nil {
			return err
		}
		next[i] = done
		done += counts[i]
	}
	width := uint(r.u8())
	if r.failed || done != len(dst) || width > 5 {
		return errColumn
	}
	src := r.bits(len(dst), width)
	if r.failed {
		return errColumn
	}
	if !interleave(src, dst, s.a, &next, width) {
		return errColumn
	}
	// Every value was taken once if every group was left where the next one began.
	end := 0
	for i := range k {
		if end += counts[i]; next[i] != end {
			return errColumn
		}
	}
	return nil
}

// interleave fills dst from values, which lie group after group: value i is the next of the group whose number is packed in src. It
// reports whether all of them were there.
func interleave(src []byte, dst, values []store.ID, next *[maxGroups]int, width uint) bool {
	values = values[:len(dst)]
	mask := uint64(1)<<width - 1
	i := 0
	for ; i+8 <= len(dst); i += 8 {
		x := binary.LittleEndian.Uint64(src)
		src = src[width:]
		d := (*[8]store.ID)(dst[i:])
		for j := range d {
			p := &next[x&mask&(maxGroups-1)]
			x >>= width
			at := *p
			if uint(at) >= uint(len(values)) {
				return false
			}
			d[j] = values[at]
			*p = at + 1
		}
	}
	for j := 0; i < len(dst); i, j = i+1, j+1 {
		p := &next[packedAt(src, j, width)&(maxGroups-1)]
		if uint(*p) >= uint(len(values)) {
			return false
		}
		dst[i] = values[*p]
		*p++
	}
	return true
}

// at reads value i of n of the column at b[start:end]; ok is false when it is malformed.
func at(b []byte, start, end, n, i, depth int) (store.ID, bool) {
	r := reader{b: b, pos: start, end: end}
	encoding := r.u8()
	if !allowed(encoding, depth) {
		return 0, false
	}
	switch encoding {
	case encConstant:
		v := r.u64()
		return v, !r.failed
	case encPacked:
		width := uint(r.u8())
		base := r.u64()
		src := r.bits(n, width)
		if r.failed {
			return 0, false
		}
		return base + store.ID(packedAt(src, i, width)), true
	case encDictionary:
		k, size := r.u32(), r.u32()
		pos := r.take(size)
		width := uint(r.u8())
		src := r.bits(n, width)
		if r.failed {
			return 0, false
		}
		j := packedAt(src, i, width)
		if j >= uint64(k) {
			return 0, false
		}
		return at(b, pos, pos+size, k, int(j), 2)
	case encDelta:
		width := uint(r.u8())
		v, base := r.u64(), r.u64()
		src := r.bits(n-1, width)
		if r.failed {
			return 0, false
		}
		s := scratches.Get().(*scratch)
		defer scratches.Put(s)
		s.a = grown(s.a, i)
		unpack(src, s.a, base, width)
		for _, d := range s.a {
			v += d
		}
		return v, true
	case encRuns:
		s := scratches.Get().(*scratch)
		defer scratches.Put(s)
		if s.runs(r, n, depth) != nil {
			return 0, false
		}
		end := 0
		for j, length := range s.b {
			if end += int(length) + 1; i < end {
				return s.a[j], true
			}
		}
	case encSplit:
		return splitAt(r, n, i)
	}
	return 0, false
}

// splitAt counts the values of the same group before value i.
func splitAt(r reader, n, i int) (store.ID, bool) {
	k := int(r.u8())
	if k < 1 || k > maxGroups {
		return 0, false
	}
	var counts, sizes [maxGroups]int
	for g := range k {
		counts[g], sizes[g] = r.u32(), r.u32()
	}
	begin := r.pos
	for g := range k {
		r.take(sizes[g])
	}
	width := uint(r.u8())
	src := r.bits(n, width)
	if r.failed || width > 5 {
		return 0, false
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	s.a = grown(s.a, i+1)
	unpack(src, s.a, 0, width)
	group := s.a[i]
	if group >= store.ID(k) {
		return 0, false
	}
	place := 0
	for _, g := range s.a[:i] {
		if g == group {
			place++
		}
	}
	if place >= counts[group] {
		return 0, false
	}
	for g := range group {
		begin += sizes[g]
	}
	return at(r.b, begin, begin+sizes[group], counts[group], place, 1)
}
