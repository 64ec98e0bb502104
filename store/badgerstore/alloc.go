package badgerstore

import (
	"fmt"
	"slices"
	"sync"

	"triplestore/store"
	"triplestore/store/relation"
)

// allocator gives out page numbers. A page that a commit freed is given out again when that commit is durable and no pinned state
// holds the page: an open snapshot, or a commit that the history keeps. It belongs to the states from the commit that wrote it up to
// the one before that which freed it, so a snapshot that is held for long keeps its own pages and not those that came and went after
// it. The list of free pages is not on disk: it is what neither the root nor the history reaches, found when the store is opened.
type allocator struct {
	mu      sync.Mutex
	next    uint64
	free    []uint64 // their space may still be taken
	empty   []uint64 // free, and their space was given back
	births  []uint64 // by page: the commit that wrote it; 0, or beyond the end: one before the store was opened
	pins    map[uint64]int
	order   []uint64            // the pinned commits, ascending
	waiting map[uint64][]uint64 // pages that are free but for pinned commits, by the newest of these
}

// newAllocator finds the free pages below next by walking what is in use.
func newAllocator(next uint64, walk func(func(no uint64) error) error) (*allocator, error) {
	used := make([]uint64, next/64+1)
	used[0] = 1 // page 0 is the root
	err := walk(func(no uint64) error {
		switch {
		case no == 0 || no >= next:
			return fmt.Errorf("store: page %d is beyond the end %d: %w", no, next, store.ErrCorrupt)
		case used[no/64]>>(no%64)&1 != 0:
			return fmt.Errorf("store: page %d is used twice: %w", no, store.ErrCorrupt)
		}
		used[no/64] |= 1 << (no % 64)
		return nil
	})
	if err != nil {
		return nil, err
	}
	a := &allocator{next: next, pins: map[uint64]int{}, waiting: map[uint64][]uint64{}}
	for no := next - 1; no > 0; no-- { // the lowest number is given out first
		if used[no/64]>>(no%64)&1 == 0 {
			a.free = append(a.free, no)
		}
	}
	return a, nil
}

// take gives out a page for a commit, and tells whether another page had its number.
func (a *allocator) take(commit uint64) (no uint64, reused bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	end := a.next
	if no = a.pick(); no > relation.MaxPage {
		return 0, false, fmt.Errorf("store: more than %d pages", relation.MaxPage)
	}
	if n := uint64(len(a.births)); no >= n {
		a.births = append(a.births, make([]uint64, no+1-n)...)
	}
	a.births[no] = commit
	return no, no < end, nil
}

func (a *allocator) pick() uint64 {
	if n := len(a.free); n > 0 {
		no := a.free[n-1]
		a.free = a.free[:n-1]
		return no
	}
	if n := len(a.empty); n > 0 {
		no := a.empty[n-1]
		a.empty = a.empty[:n-1]
		return no
	}
	a.next++
	return a.next - 1
}

// older gives those of the pages that were written before a commit.
func (a *allocator) older(pages []uint64, commit uint64) []uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []uint64
	for _, no := range pages {
		if no >= uint64(len(a.births)) || a.births[no] < commit {
			out = append(out, no)
		}
	}
	return out
}

func (a *allocator) end() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.next
}

// giveBack returns pages that no state holds, say those of a transaction that failed.
func (a *allocator) giveBack(pages []uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.free = append(a.free, pages...)
}

// pin keeps the pages of a commit, which must be the newest durable one or pinned already. Pins are counted.
func (a *allocator) pin(commit uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.pins[commit]++; a.pins[commit] == 1 {
		i, _ := slices.BinarySearch(a.order, commit)
		a.order = slices.Insert(a.order, i, commit)
	}
}

func (a *allocator) unpin(commit uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.pins[commit]--; a.pins[commit] > 0 {
		return
	}
	delete(a.pins, commit)
	i, _ := slices.BinarySearch(a.order, commit)
	a.order = slices.Delete(a.order, i, i+1)
	pages := a.waiting[commit]
	delete(a.waiting, commit)
	a.settle(i, pages)
}

// release takes the pages that a durable commit freed.
func (a *allocator) release(commit uint64, pages []uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i, _ := slices.BinarySearch(a.order, commit)
	a.settle(i, pages)
}

// settle frees those of the pages that none of the i oldest pinned commits holds.
func (a *allocator) settle(i int, pages []uint64) {
	if i == 0 {
		a.free = append(a.free, pages...)
		return
	}
	pinned := a.order[i-1]
	for _, no := range pages {
		if no < uint64(len(a.births)) && a.births[no] > pinned {
			a.free = append(a.free, no)
		} else {
			a.waiting[pinned] = append(a.waiting[pinned], no)
		}
	}
}

// surplus takes free pages out of those to be used next, if there are many more than the next transactions will use soon. The
// caller gives back their space and then hands them to emptied.
func (a *allocator) surplus() []uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	keep := max(leastSurplus, int(a.next/16))
	if len(a.free) <= 2*keep {
		return nil
	}
	n := len(a.free) - keep
	out := slices.Clone(a.free[:n])
	a.free = append([]uint64(nil), a.free[n:]...)
	return out
}

const leastSurplus = 16

// usualPage is about the size of a page.
const usualPage = 8 << 10

// freeBytes is about how much space free pages take.
func (a *allocator) freeBytes() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return uint64(len(a.free)) * usualPage
}

func (a *allocator) emptied(pages []uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.empty = append(a.empty, pages...)
}
