package exec

import "triplestore/store"

// rowSorter sorts numbers of rows by keys, stably, and keeps its buffers.
type rowSorter struct{ a, b []keyedRow }

type keyedRow struct {
	key store.ID
	row int32
}

// sort sorts perm, whose numbers are ascending at first, by the values that its rows have in keys: from the last key to the first, as each sort
// is stable.
func (s *rowSorter) sort(perm []int32, keys [][]store.ID) {
	for i := len(keys) - 1; i >= 0; i-- {
		s.byOne(perm, keys[i], ^store.ID(0))
	}
}

// sortKeys is sort by one key, whose values go to sorted, in their order.
func (s *rowSorter) sortKeys(perm []int32, key, sorted []store.ID) {
	for i, k := range s.pairs(perm, key, ^store.ID(0)) {
		perm[i], sorted[i] = k.row, k.key
	}
}

// byOne sorts by those bits of the keys that are in mask, from the lowest byte up. Bytes in which all keys agree are skipped, and of an
// ID's eight bytes few differ.
func (s *rowSorter) byOne(perm []int32, key []store.ID, mask store.ID) {
	for i, k := range s.pairs(perm, key, mask) {
		perm[i] = k.row
	}
}

// pairs are the rows of perm with those bits of their keys, sorted by them. The result is valid until the next call.
func (s *rowSorter) pairs(perm []int32, key []store.ID, mask store.ID) []keyedRow {
	n := len(perm)
	s.a = resize(s.a, n)
	for i, r := range perm {
		s.a[i] = keyedRow{key[r] & mask, r}
	}
	if n <= insertionRows {
		insertionSort(s.a)
		return s.a
	}
	return s.radix(n)
}

// insertionRows is up to how many rows counting bytes costs more than to compare the rows.
const insertionRows = 48

// insertionSort sorts pairs by their keys, stably.
func insertionSort(a []keyedRow) {
	for i := 1; i < len(a); i++ {
		x, k := a[i], i
		for k > 0 && a[k-1].key > x.key {
			a[k] = a[k-1]
			k--
		}
		a[k] = x
	}
}

// radix sorts the n pairs in s.a by their keys, stably. The result is valid until the next call.
func (s *rowSorter) radix(n int) []keyedRow {
	s.b = resize(s.b, n)
	from, to := s.a[:n], s.b
	var all, none store.ID = ^store.ID(0), 0
	for i := range from {
		all &= from[i].key
		none |= from[i].key
	}
	for shift := 0; shift < 64; shift += 8 {
		if byte(all>>shift) == byte(none>>shift) {
			continue
		}
		var count [256]int32
		for i := range from {
			count[byte(from[i].key>>shift)]++
		}
		at := int32(0)
		for i, c := range count {
			count[i] = at
			at += c
		}
		for i := range from {
			p := &count[byte(from[i].key>>shift)]
			to[*p] = from[i]
			*p++
		}
		from, to = to, from
	}
	return from
}
