package badgerstore

import (
	"fmt"

	"triplestore/internal/diskspace"
)

// ErrDiskFull: a commit failed since there was too little room on the disk. Nothing has changed, reading goes on, and so does
// writing once there is room again.
var ErrDiskFull = diskspace.ErrFull

// leastRoom is what must be free to open a store and to write the root.
const leastRoom = 4 << 20

// reserve is what is kept free: Badger merges its tables of keys and collects the value log when it wants to, for which it needs up to
// half a file.
func reserve(fileSize uint64) uint64 { return fileSize/2 + 3*leastRoom }

// room tells whether there is room for a page beside those that are on their way.
func (p *badgerPages) room(n int) error {
	return diskspace.Check(p.dir, reserve(p.fileSize)+p.collecting.Load()+uint64(n+p.flying()))
}

// flying is the bytes of pages that are on their way.
func (p *badgerPages) flying() int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.now.bytes + p.before.bytes
}

// claim sets so many bytes apart for collecting, beside what commits write at the same time, and tells whether there is room for them.
// They are set apart before that is looked at, so that a commit which does not see them has been seen.
func (p *badgerPages) claim(n uint64) bool {
	p.collecting.Store(n)
	return diskspace.Check(p.dir, reserve(p.fileSize)+n+uint64(p.flying())) == nil
}

// mend makes sure of the newest state after a swap of the root of which it is not known whether it became durable: the root before it
// is written once more. Then the commit that failed did not happen, and the store is as good as new. The caller holds the writer's
// token.
func (s *Store) mend() error {
	s.syncer.Lock()
	defer s.syncer.Unlock()
	s.mu.Lock()
	broken, r := s.broken, s.state.root
	s.mu.Unlock()
	if broken == nil {
		return nil
	}
	if err := s.pages.SwapRoot(r.encode()); err != nil {
		return fmt.Errorf("store: an earlier commit failed half-way (%w) and cannot be taken back yet: %w", broken, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = nil
	s.lost = append(s.lost, s.doubtful...)
	s.doubtful = nil
	return nil
}
