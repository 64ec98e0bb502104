package dictionary

import (
	"cmp"
	"context"
	"math/bits"
	"slices"

	"triplestore/store"
	"triplestore/store/relation"
)

// hashes is the stream of the (hash, ID) of new terms, in order. They are taken from the table of terms by ranges of hashes, as many at
// a time as are sorted in little memory: to go through the table once more costs less than to write them to a file.
type hashes struct {
	ctx    context.Context
	shards *[shards]shard
	from   uint64 // number of the first new term
	shift  uint   // of a hash: what is above is the number of its range
	ranges uint64
	at     uint64 // the next range

	rows, spare []hashed
	out         []relation.Change
}

type hashed struct{ key, id store.ID }

const (
	hashBits = 48
	// rangeTerms is about how many terms are sorted at once.
	rangeTerms = 1 << 19
)

func newHashes(ctx context.Context, s *[shards]shard, from, next uint64) *hashes {
	n := uint(bits.Len64((next - from) / rangeTerms))
	return &hashes{ctx: ctx, shards: s, from: from, shift: hashBits - n, ranges: 1 << n}
}

// Next implements relation.Changes.
func (h *hashes) Next() ([]relation.Change, error) {
	for len(h.rows) == 0 {
		if err := h.ctx.Err(); err != nil {
			return nil, err
		}
		if h.at == h.ranges {
			return nil, nil
		}
		h.fill()
		h.at++
	}
	n := min(len(h.rows), 1024)
	h.out = slices.Grow(h.out[:0], n)[:n]
	for i, x := range h.rows[:n] {
		h.out[i] = relation.Change{Row: relation.Row{x.key, x.id}, Op: relation.Insert}
	}
	h.rows = h.rows[n:]
	return h.out, nil
}

// fill collects and sorts the hashes of a range.
func (h *hashes) fill() {
	h.rows = h.rows[:0]
	for i := range h.shards {
		for _, x := range h.shards[i].slots {
			if x.id != store.NoID && uint64(x.key)>>h.shift == h.at && x.id.Number() >= h.from {
				h.rows = append(h.rows, hashed{x.key, x.id})
			}
		}
	}
	h.spare = slices.Grow(h.spare[:0], len(h.rows))[:len(h.rows)]
	h.rows, h.spare = sortHashes(h.rows, h.spare, h.shift)
}

// sortHashes sorts by the bits of hashes below high, which are all that differ, and by ID where these are equal. It returns the sorted
// slice and the other one.
func sortHashes(rows, spare []hashed, high uint) (sorted, other []hashed) {
	const digit = 11
	compare := func(a, b hashed) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.id, b.id)) }
	if len(rows) < 1<<digit {
		slices.SortFunc(rows, compare)
		return rows, spare
	}
	for shift := uint(0); shift < high; shift += digit {
		var count [1 << digit]uint32
		for i := range rows {
			count[rows[i].key>>(shift&63)&(1<<digit-1)]++
		}
		sum := uint32(0)
		for d, n := range count {
			count[d] = sum
			sum += n
		}
		for _, x := range rows {
			p := &count[x.key>>(shift&63)&(1<<digit-1)]
			spare[*p] = x
			*p++
		}
		rows, spare = spare, rows
	}
	for from := 0; from < len(rows); {
		to := from + 1
		for to < len(rows) && rows[to].key == rows[from].key {
			to++
		}
		if to-from > 1 {
			slices.SortFunc(rows[from:to], compare)
		}
		from = to
	}
	return rows, spare
}
