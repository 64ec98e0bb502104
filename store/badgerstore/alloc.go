package badgerstore

import (
	"fmt"
	"slices"
	"sync"

	"triplestore/store"
)

// allocator gives out page numbers. A page that a commit freed is given out again when that commit is durable and no snapshot of
// an older one is open. The list of free pages is not on disk: it is what the root does not reach, found when the store is
// opened by reading the inner pages only.
type allocator struct {
	mu      sync.Mutex
	next    uint64
	free    []uint64 // their space may still be taken
	empty   []uint64 // free, and their space was given back
	waiting []freed  // in order of commits
	open    map[uint64]int
}

type freed struct {
	commit uint64 // the one that freed the pages
	pages  []uint64
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
	a := &allocator{next: next, open: map[uint64]int{}}
	for no := next - 1; no > 0; no-- { // the lowest number is given out first
		if used[no/64]>>(no%64)&1 == 0 {
			a.free = append(a.free, no)
		}
	}
	return a, nil
}

func (a *allocator) take() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
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

func (a *allocator) end() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.next
}

// giveBack returns the pages of a transaction that failed.
func (a *allocator) giveBack(pages []uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.free = append(a.free, pages...)
}

// pin and unpin count the open snapshots of a commit.
func (a *allocator) pin(commit uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open[commit]++
}

func (a *allocator) unpin(commit uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open[commit]--; a.open[commit] == 0 {
		delete(a.open, commit)
		a.settle()
	}
}

// release takes the pages that a durable commit freed.
func (a *allocator) release(commit uint64, pages []uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting = append(a.waiting, freed{commit, pages})
	a.settle()
}

func (a *allocator) settle() {
	oldest := ^uint64(0)
	for commit := range a.open {
		oldest = min(oldest, commit)
	}
	for len(a.waiting) > 0 && a.waiting[0].commit <= oldest {
		a.free = append(a.free, a.waiting[0].pages...)
		a.waiting = a.waiting[1:]
	}
}

// surplus takes free pages out of those to be used next, if there are many more than the next transactions will use soon. The
// caller gives back their space and then hands them to emptied.
func (a *allocator) surplus() []uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	keep := max(leastSurplus, int(a.next/4))
	if len(a.free) <= 2*keep {
		return nil
	}
	n := len(a.free) - keep
	out := slices.Clone(a.free[:n])
	a.free = append([]uint64(nil), a.free[n:]...)
	return out
}

const leastSurplus = 64

func (a *allocator) emptied(pages []uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.empty = append(a.empty, pages...)
}
