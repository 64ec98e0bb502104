package exec

import (
	"math/bits"
	"sync"

	"triplestore/store"
)

// spare keeps long slices that queries have done with for those that come: memory that is new costs its first use as much as what a join
// does with it. Lengths are powers of two. It is safe for concurrent use, and the garbage collector empties it.
type spare[T any] struct {
	sizes [spareMost + 1]sync.Pool
}

// Slices of 1<<spareLeast to 1<<spareMost elements are kept.
const (
	spareLeast = 12
	spareMost  = 24
)

var (
	spareIDs   spare[store.ID]
	spareRows  spare[int32]
	spareWords spare[uint64]
	spareBytes spare[uint8]
)

// get gives n elements of any value.
func (p *spare[T]) get(n int) []T {
	size := bits.Len(uint(max(n, 1) - 1))
	if size < spareLeast || size > spareMost {
		return make([]T, n)
	}
	if s, ok := p.sizes[size].Get().(*[]T); ok {
		return (*s)[:n]
	}
	return make([]T, n, 1<<size)
}

// put keeps a slice that nobody uses any more.
func (p *spare[T]) put(s []T) {
	if size := bits.Len(uint(cap(s))) - 1; spareLeast <= size && size <= spareMost && cap(s) == 1<<size {
		p.sizes[size].Put(&s)
	}
}

// add appends to a slice that it may exchange for a longer one and keep.
func (p *spare[T]) add(s, more []T) []T {
	if n := len(s) + len(more); n > cap(s) {
		longer := p.get(max(n, 2*cap(s)))[:len(s)]
		copy(longer, s)
		p.put(s)
		s = longer
	}
	return append(s, more...)
}
