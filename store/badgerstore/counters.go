package badgerstore

import "triplestore/store"

var _ store.Counted = (*Store)(nil)

// Counters tells about the store's work since it was opened.
func (s *Store) Counters() store.Counters {
	rows := s.rows.Stats()
	c := store.Counters{
		Pages: store.CacheCounters{Hits: rows.Hits, Misses: rows.Misses, Evictions: rows.Evictions, Bytes: rows.Bytes},
		Terms: s.blocks.Counters(),
	}
	s.alloc.mu.Lock()
	defer s.alloc.mu.Unlock()
	c.PagesOnDisk = s.alloc.next - 1
	c.FreePages = uint64(len(s.alloc.free) + len(s.alloc.empty))
	for _, n := range s.alloc.pins {
		c.OpenSnapshots += n
	}
	return c
}
