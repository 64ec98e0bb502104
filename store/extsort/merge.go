package extsort

import (
	"context"

	"triplestore/store"
	"triplestore/store/relation"
)

// reader gives sorted changes without duplicates; 0 is the end.
type reader interface {
	read(dst []relation.Change) (int, error)
}

// Iterator yields sorted changes. It implements relation.Changes.
type Iterator struct {
	ctx   context.Context
	width int
	out   []relation.Change
	one   reader // the only source, or
	heap  []*source
}

var _ relation.Changes = (*Iterator)(nil)

// source is a reader in a merge.
type source struct {
	r     reader
	age   int // a larger one is newer
	buf   []relation.Change
	i, n  int
	width int
}

const (
	outRows    = 1024
	columnRows = 4096
)

func newIterator(ctx context.Context, width int, r reader) *Iterator {
	n := outRows
	switch r := r.(type) {
	case *keyReader:
		n = min(n, max(len(r.b.keys), 1))
	case *packedReader:
		if r.p.Inserts() {
			return &Iterator{ctx: ctx, width: width, one: r} // mostly read by columns
		}
	}
	return &Iterator{ctx: ctx, width: width, one: r, out: make([]relation.Change, n)}
}

// mergeRuns reads runs, the oldest first, and then what is newer than all of them.
func mergeRuns(ctx context.Context, width int, runs []*run, newest reader) (*Iterator, error) {
	it := &Iterator{ctx: ctx, width: width, out: make([]relation.Change, outRows)}
	readers := make([]reader, 0, len(runs)+1)
	for _, r := range runs {
		readers = append(readers, r.reader(width))
	}
	if newest != nil {
		readers = append(readers, newest)
	}
	for age, r := range readers {
		s := &source{r: r, age: age, buf: make([]relation.Change, 256), width: width}
		if ok, err := s.fill(); err != nil {
			return nil, err
		} else if ok {
			it.heap = append(it.heap, s)
		}
	}
	for i := len(it.heap)/2 - 1; i >= 0; i-- {
		it.sink(i)
	}
	return it, nil
}

// fill makes sure that there is a change to look at.
func (s *source) fill() (bool, error) {
	if s.i < s.n {
		return true, nil
	}
	n, err := s.r.read(s.buf)
	s.i, s.n = 0, n
	return n > 0, err
}

// before orders by row, and equal rows from new to old.
func (s *source) before(o *source) bool {
	a, b := &s.buf[s.i].Row, &o.buf[o.i].Row
	for c := range s.width {
		if a[c] != b[c] {
			return a[c] < b[c]
		}
	}
	return s.age > o.age
}

func (it *Iterator) sink(i int) {
	h := it.heap
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && h[child+1].before(h[child]) {
			child++
		}
		if !h[child].before(h[i]) {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}

// Next returns the next changes, none at the end. The slice is read-only and valid until the next call.
func (it *Iterator) Next() ([]relation.Change, error) {
	if err := it.ctx.Err(); err != nil {
		return nil, err
	}
	if it.one != nil {
		if it.out == nil {
			it.out = make([]relation.Change, outRows)
		}
		n, err := it.one.read(it.out)
		return it.out[:n], err
	}
	n := 0
	for n < len(it.out) && len(it.heap) > 0 {
		it.out[n] = it.heap[0].buf[it.heap[0].i]
		if err := it.skip(); err != nil {
			return nil, err
		}
		for len(it.heap) > 0 && it.heap[0].buf[it.heap[0].i].Row == it.out[n].Row { // older changes of the same row
			if err := it.skip(); err != nil {
				return nil, err
			}
		}
		n++
	}
	return it.out[:n], nil
}

// Columns returns the next changes as columns, none at the end; ok is false, for the whole iterator, where they are not all inserts or
// cannot be had like that.
func (it *Iterator) Columns() (cols *[relation.MaxWidth][]store.ID, n int, ok bool, err error) {
	r, ok := it.one.(*packedReader)
	if !ok || !r.p.Inserts() {
		return nil, 0, false, nil
	}
	if err := it.ctx.Err(); err != nil {
		return nil, 0, true, err
	}
	n, cols = r.next(columnRows)
	return cols, n, true, nil
}

// Release gives up the memory of an iterator that Packed.Reorder made, for the next order. The iterator must not be used after.
func (it *Iterator) Release() {
	if r, ok := it.one.(*packedReader); ok {
		r.p.release()
	}
	it.one = nil
}

// skip goes on in the first source.
func (it *Iterator) skip() error {
	s := it.heap[0]
	s.i++
	ok, err := s.fill()
	if err != nil {
		return err
	}
	if !ok {
		last := len(it.heap) - 1
		it.heap[0] = it.heap[last]
		it.heap[last] = nil
		it.heap = it.heap[:last]
	}
	it.sink(0)
	return nil
}
