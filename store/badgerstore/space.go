package badgerstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"triplestore/internal/diskspace"
)

// ErrDiskFull: a commit failed since there was too little room on the disk. Nothing has changed, reading goes on, and so does
// writing once there is room again.
var ErrDiskFull = diskspace.ErrFull

// leastRoom is what must be free beside everything else.
const leastRoom = 4 << 20

// merging is the most that Badger writes to merge tables of so many bytes: all of them anew, each with an index, before the first of the
// old ones is gone.
func merging(tables uint64) uint64 { return tables + tables/8 }

// reserve is what is kept free for Badger, which writes whenever it wants to, through memory maps of files with holes: where the disk is
// full, that is no error but a signal that ends the process. It writes the tables of keys in memory to disk, which are at most four of
// memTable and a little more, and then merges tables, at worst all that there are with these four.
func (p *badgerPages) reserve() uint64 { return merging(p.tables()) + 3*leastRoom }

// Reserve is how many bytes have to stay free on the disk of the store, since it merges tables by itself; who writes files beside it must leave
// them. It is safe for concurrent use.
func (s *Store) Reserve() uint64 { return 2 * s.reserve() }

// reserve is that of the pages of a store, wherever they are.
func (s *Store) reserve() uint64 {
	if p, ok := s.pages.(interface{ reserve() uint64 }); ok {
		return p.reserve()
	}
	return 3 * leastRoom
}

// tables is the bytes of all tables of keys on disk. While one is merged it may be counted twice, but it is never left out, since
// levels are asked from the top and tables move down. To ask takes as long as to write a page, and a new table takes longer; so an
// answer is good for some time.
func (p *badgerPages) tables() uint64 {
	now := time.Since(p.opened)
	if now < time.Duration(p.tablesUntil.Load()) {
		return p.tablesSize.Load()
	}
	n := uint64(0)
	for _, l := range p.db.Levels() {
		n += uint64(l.Size)
	}
	p.tablesSize.Store(n)
	p.tablesUntil.Store(int64(now + tablesAge))
	return n
}

// tablesAge is how old a count of the tables may be.
const tablesAge = 2 * time.Millisecond

// roomToOpen is what must be free to open the store in a directory: the tables in memory are written to disk, and tables may be merged.
func roomToOpen(dir string) uint64 {
	var n uint64
	for _, pattern := range []string{"*.sst", "*.mem"} {
		names, _ := filepath.Glob(filepath.Join(dir, pattern)) // the patterns are well-formed
		for _, name := range names {
			if info, err := os.Stat(name); err == nil {
				n += allocated(info)
			}
		}
	}
	return merging(n) + 2*leastRoom
}

// roomToClose tells whether there is room to close the store, which is less than what commits leave free. Badger may be merging tables,
// and has taken room that it gives back; that is waited for.
func (p *badgerPages) roomToClose() error {
	for deadline := time.Now().Add(2 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		err := diskspace.Check(p.dir, merging(p.tables())+2*leastRoom)
		if err == nil || !time.Now().Before(deadline) {
			return err
		}
	}
}

// room tells whether there is room for n bytes more beside what is on its way and what collecting may still write, and whether the folder
// is there and can be written.
func (p *badgerPages) room(n int) error {
	if err := errors.Join(p.folder.there(), p.flushes.failing()); err != nil {
		return err
	}
	return diskspace.Check(p.dir, p.reserve()+p.collecting.Load()+uint64(n+p.flying()))
}

// roomFor is the bytes that a page takes: a small one lies beside its key, so that it is in the log, in the table that is written from
// there, and in the one that this is merged into.
func roomFor(page []byte) int {
	n := len(page) + 100 // of its key
	if n < smallPage {
		n *= 3
	}
	return n
}

// flying is the bytes of pages that are on their way.
func (p *badgerPages) flying() int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.now.bytes + p.before.bytes
}

// claim sets so many bytes apart for collecting, beside what commits write at the same time, if there is room for them. They are set
// apart before that is looked at, so that a commit which does not see them has been seen.
func (p *badgerPages) claim(n uint64) (release func(), ok bool) {
	p.collecting.Add(n)
	release = func() { p.collecting.Add(-n) }
	if p.room(0) != nil {
		release()
		return nil, false
	}
	return release, true
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
