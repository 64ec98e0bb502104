package dictionary

import (
	"fmt"
	"slices"

	"triplestore/rdf"
	"triplestore/store"
)

// nearStep is how many numbers of terms share an entry of Dictionary.near: fewer than a block has mostly.
const nearStep = 256

// appendNear goes on with near for blocks that were added: near[k] is the place in full of the block with the term k*nearStep. The last
// block, whose end is not known, only has what begins with it.
func appendNear(near []uint32, full []blockRef) []uint32 {
	i := 0
	if len(near) > 0 {
		i = int(near[len(near)-1]) + 1
	}
	for ; i < len(full); i++ {
		for uint64(len(near))*nearStep < full[i].first {
			near = append(near, uint32(i-1))
		}
	}
	return near
}

// seek is the place in full of the block with a number below TailFirst.
func (d *Dictionary) seek(n uint64) int {
	i := 0
	if last := len(d.near) - 1; last >= 0 {
		i = int(d.near[min(n/nearStep, uint64(last))])
	}
	for i+1 < len(d.full) && d.full[i+1].first <= n {
		i++
	}
	return i
}

// ref is where the block with a number below Next is.
func (d *Dictionary) ref(n uint64) blockRef {
	if n >= d.root.TailFirst || len(d.full) == 0 {
		return blockRef{d.root.TailFirst, d.root.TailPage}
	}
	return d.full[d.seek(n)]
}

// span is ref, and the number behind the last that the block has.
func (d *Dictionary) span(n uint64) (ref blockRef, end uint64) {
	if n >= d.root.TailFirst || len(d.full) == 0 {
		return blockRef{d.root.TailFirst, d.root.TailPage}, d.root.Next
	}
	i := d.seek(n)
	if i+1 < len(d.full) {
		return d.full[i], d.full[i+1].first
	}
	return d.full[i], d.root.TailFirst
}

// locate finds the block of a term and the term's place in it; no block means that there is no such number.
func (d *Dictionary) locate(n uint64) (*block, int, error) {
	l := locator{d: d}
	defer l.count()
	return l.find(n)
}

// locator finds blocks of terms.
type locator struct {
	d            *Dictionary
	hits, misses uint64

	last *block // that blocks has found last, and where it is
	ref  blockRef
}

func (l *locator) count() { l.d.o.Blocks.count(l.hits, l.misses) }

func (l *locator) find(n uint64) (*block, int, error) {
	d := l.d
	if n >= d.root.Next {
		return nil, 0, nil
	}
	ref := d.ref(n)
	b := d.o.Blocks.get(ref.page)
	if b != nil {
		l.hits++
	} else {
		l.misses++
		var err error
		if b, err = d.load(ref); err != nil {
			return nil, 0, err
		}
	}
	if n-ref.first >= uint64(b.count()) {
		return nil, 0, missingTerm(n, ref)
	}
	return b, int(n - ref.first), nil
}

func missingTerm(n uint64, ref blockRef) error {
	return fmt.Errorf("dictionary: term %d is missing from page %d: %w", n, ref.page, store.ErrCorrupt)
}

// together is how many terms are fetched side by side.
const together = 64

// found are terms that are fetched side by side: their numbers and the rows they are for, each one's block, and its bytes from and to.
type found struct {
	numbers  [together]uint64
	refs     [together]blockRef
	blocks   [together]*block
	from, to [together]uint32
	rows     [together]int32
	n        int
}

// Terms fetches the terms of ids into dst, which is as long; see store.Snapshot.Terms.
//
// In a large store each term is in a block of its own, which is in no cache of the processor: a place in the cache of blocks, the block, the
// term's place in it and its bytes are four misses, each of which waits for the one before. So each of them is made for many terms at once.
func (d *Dictionary) Terms(ids []store.ID, dst []rdf.Term) error {
	var order []int32 // where ids jump about, they are visited by number, so that each block is decoded once
	if len(ids) > 8 && !sortedByNumber(ids) {
		order = make([]int32, len(ids))
		for i := range order {
			order[i] = int32(i)
		}
		slices.SortFunc(order, func(a, b int32) int { return byNumber(ids[a], ids[b]) })
	}
	l := locator{d: d}
	defer l.count()
	var f found
	for from := 0; from < len(ids); from += together {
		f.n = 0
		for k := from; k < min(from+together, len(ids)); k++ {
			i := k
			if order != nil {
				i = int(order[k])
			}
			id := ids[i]
			switch n := id.Number(); {
			case !id.InDictionary():
				dst[i], _ = id.InlineTerm()
			case n >= d.root.Next:
				dst[i] = rdf.Term{}
			default:
				f.numbers[f.n], f.rows[f.n] = n, int32(i)
				f.n++
			}
		}
		if err := l.blocks(&f); err != nil {
			return err
		}
		if err := d.terms(&f, ids, dst); err != nil {
			return err
		}
	}
	return nil
}

// blocks finds the blocks of terms.
func (l *locator) blocks(f *found) error {
	d := l.d
	var last blockRef
	end := uint64(0) // of what last has
	for k, n := range f.numbers[:f.n] {
		if n < last.first || n >= end {
			last, end = d.span(n)
		}
		f.refs[k] = last
	}
	for k := range f.n {
		f.blocks[k] = d.o.Blocks.peek(f.refs[k].page)
	}
	for k := range f.n {
		ref, n := f.refs[k], f.numbers[k]
		b := f.blocks[k]
		switch {
		case l.last != nil && l.ref == ref: // it need not be one that the cache keeps
			b = l.last
		case b != nil:
			b.use()
			l.hits++
		default:
			if b = d.o.Blocks.get(ref.page); b != nil { // loaded for a term before
				l.hits++
				break
			}
			l.misses++
			var err error
			if b, err = d.load(ref); err != nil {
				return err
			}
		}
		f.blocks[k], l.last, l.ref = b, b, ref
		if n-ref.first >= uint64(b.count()) {
			return missingTerm(n, ref)
		}
	}
	return nil
}

// terms decodes what was found.
func (d *Dictionary) terms(f *found, ids []store.ID, dst []rdf.Term) error {
	for k := range f.n {
		o := f.blocks[k].offsets[f.numbers[k]-f.refs[k].first:]
		f.from[k], f.to[k] = o[0], o[1]
	}
	sum := byte(0) // brings the terms into the cache of the processor, all at once
	for k := range f.n {
		if from, to := f.from[k], f.to[k]; from < to {
			s := f.blocks[k].data
			sum += s[from] + s[min(from+cacheLine, to-1)] + s[to-1]
		}
	}
	touched(sum)
	for k := range f.n {
		b, i := f.blocks[k], f.rows[k]
		t := &dst[i]
		if err := rdf.DecodeBinaryTo(t, b.data[f.from[k]:f.to[k]]); err != nil {
			return b.malformed(int(f.numbers[k]-b.first), err)
		}
		if id := ids[i]; tagOf(t) != id.Tag() || !d.auxFits(id, t) {
			*t = rdf.Term{}
		}
	}
	return nil
}

// cacheLine is how many bytes the processor fetches from memory at once.
const cacheLine = 64

//go:noinline
func touched(byte) {}

func byNumber(a, b store.ID) int { return int(int64(a.Number()) - int64(b.Number())) }

func sortedByNumber(ids []store.ID) bool {
	last := uint64(0)
	for _, id := range ids {
		n := id.Number()
		if n < last {
			return false
		}
		last = n
	}
	return true
}
