package page

import (
	"fmt"

	"triplestore/store"
)

// Find searches the rows [lo, hi) of a column, in which the values must be sorted, for v: from is the first row that is not
// less than v, to the first that is greater. It costs less than decoding the column and allocates nothing.
func (p Page) Find(column, lo, hi int, v store.ID) (from, to int, err error) {
	if lo < 0 || lo > hi || hi > p.rows {
		panic(fmt.Sprintf("page: rows %d to %d of %d", lo, hi, p.rows))
	}
	start, end := p.bounds(column)
	r := reader{b: p.b, pos: start, end: end}
	switch r.u8() {
	case encConstant, encPacked:
		from, to, err = findPacked(p.b, start, end, p.rows, lo, hi, v)
	case encDictionary:
		from, to, err = findEntry(r, p.rows, lo, hi, v)
	case encRuns:
		from, to, err = findRun(r, p.rows, lo, hi, v)
	default:
		s := scratches.Get().(*scratch)
		defer scratches.Put(s)
		if hi-lo == 1 { // often what is left to look at in a lower column
			x, ok := at(p.b, start, end, p.rows, lo, 0)
			if ok {
				from, to = around(lo, hi, x, v)
				break
			}
		}
		s.c = grown(s.c, p.rows)
		if err = decode(p.b, start, end, s.c, 0); err == nil {
			from = search(lo, hi, func(i int) bool { return s.c[i] >= v })
			to = search(from, hi, func(i int) bool { return s.c[i] > v })
		}
	}
	if err != nil {
		return 0, 0, fmt.Errorf("column %d: %w", column, err)
	}
	return from, to, nil
}

// around is the answer where all of [lo, hi) hold x.
func around(lo, hi int, x, v store.ID) (from, to int) {
	switch {
	case x < v:
		return hi, hi
	case x > v:
		return lo, lo
	}
	return lo, hi
}

func search(lo, hi int, reached func(i int) bool) int {
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if reached(mid) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

func findPacked(b []byte, start, end, n, lo, hi int, v store.ID) (from, to int, err error) {
	r := reader{b: b, pos: start, end: end}
	if r.u8() == encConstant {
		x := r.u64()
		if r.failed {
			return 0, 0, errColumn
		}
		from, to = around(lo, hi, x, v)
		return from, to, nil
	}
	width := uint(r.u8())
	base := r.u64()
	src := r.bits(n, width)
	if r.failed {
		return 0, 0, errColumn
	}
	from = search(lo, hi, func(i int) bool { return base+store.ID(packedAt(src, i, width)) >= v })
	to = search(from, hi, func(i int) bool { return base+store.ID(packedAt(src, i, width)) > v })
	return from, to, nil
}

// findEntry searches a dictionary for v and then the column for its place there: entries are sorted, so places are too.
func findEntry(r reader, n, lo, hi int, v store.ID) (from, to int, err error) {
	k, size := r.u32(), r.u32()
	at := r.take(size)
	width := uint(r.u8())
	if r.failed || k < 1 || k > maxDictionary || width > 9 {
		return 0, 0, errColumn
	}
	src := r.bits(n, width)
	if r.failed {
		return 0, 0, errColumn
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	entries := s.entries[:k]
	if err := decode(r.b, at, at+size, entries, 2); err != nil {
		return 0, 0, err
	}
	first := uint64(search(0, k, func(i int) bool { return entries[i] >= v }))
	next := uint64(search(int(first), k, func(i int) bool { return entries[i] > v }))
	from = search(lo, hi, func(i int) bool { return packedAt(src, i, width) >= first })
	to = search(from, hi, func(i int) bool { return packedAt(src, i, width) >= next })
	return from, to, nil
}

func findRun(r reader, n, lo, hi int, v store.ID) (from, to int, err error) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	if err := s.runs(r, n, 0); err != nil {
		return 0, 0, err
	}
	from, to = hi, hi
	// Values are sorted only between lo and hi: other runs are passed over.
	pos := 0
	for i, x := range s.a {
		end := pos + int(s.b[i]) + 1
		if end > lo && x >= v && from == hi {
			from = min(max(pos, lo), hi)
		}
		if end > lo && x > v {
			to = min(max(pos, lo), hi)
			break
		}
		if pos = end; pos >= hi {
			break
		}
	}
	return from, max(from, to), nil
}
