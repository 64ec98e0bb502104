package relation

import (
	"sync"

	"triplestore/internal/clockhand"
)

const cacheShards = 16

// Cache keeps decoded pages by page number, within a budget of bytes, for all relations of a store. It is safe for concurrent
// use. A nil *Cache keeps nothing.
type Cache struct {
	shards [cacheShards]cacheShard
}

// cacheShard is a CLOCK: the hand passes over pages that were used since it last came by, and begins anywhere; see [clockhand.Hand].
type cacheShard struct {
	mu     sync.Mutex
	nodes  map[uint64]*node
	ring   []*node
	hand   clockhand.Hand
	bytes  int64
	budget int64

	hits, misses, evictions uint64

	_ [64]byte // keeps the locks of two shards out of one cache line
}

// NewCache makes a cache that keeps about so many bytes.
func NewCache(bytes int64) *Cache {
	c := &Cache{}
	for i := range c.shards {
		c.shards[i].nodes = map[uint64]*node{}
		c.shards[i].budget = max(bytes/cacheShards, 0)
	}
	return c
}

func (c *Cache) shard(no uint64) *cacheShard {
	return &c.shards[no*0x9e3779b97f4a7c15>>(64-4)]
}

// get finds a page.
func (c *Cache) get(no uint64) *node {
	if c == nil {
		return nil
	}
	s := c.shard(no)
	s.mu.Lock()
	n := s.nodes[no]
	if n == nil {
		s.misses++
	} else {
		s.hits++
		n.used = true
	}
	s.mu.Unlock()
	return n
}

// put keeps a page, or returns the one that another goroutine has put meanwhile.
func (c *Cache) put(key uint64, n *node) *node {
	if c == nil {
		return n
	}
	s := c.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.nodes[key]; old != nil {
		return old
	}
	n.shard, n.key = s, key
	n.slot = len(s.ring)
	s.nodes[key] = n
	s.ring = append(s.ring, n)
	s.bytes += n.cost
	s.evict(n)
	return n
}

// grow adds to the cost of a page, if it is still kept.
func (s *cacheShard) grow(n *node, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n.cost += bytes
	if s.nodes[n.key] == n {
		s.bytes += bytes
		s.evict(n)
	}
}

// evict makes room, but not by dropping keep, unless that alone is too large.
func (s *cacheShard) evict(keep *node) {
	if s.bytes <= s.budget {
		return
	}
	at := s.hand.Next(len(s.ring))
	for s.bytes > s.budget && len(s.ring) > 1 {
		if at >= len(s.ring) {
			at = 0
		}
		if n := s.ring[at]; n == keep || n.used {
			n.used = false
			at++
			continue
		}
		s.remove(s.ring[at])
		s.evictions++
	}
	if s.bytes > s.budget {
		s.remove(keep)
		s.evictions++
	}
}

func (s *cacheShard) remove(n *node) {
	last := s.ring[len(s.ring)-1]
	s.ring[n.slot], last.slot = last, n.slot
	s.ring[len(s.ring)-1] = nil
	s.ring = s.ring[:len(s.ring)-1]
	delete(s.nodes, n.key)
	s.bytes -= n.cost
}

// Drop forgets a page. It must be called before the number of a freed page is given to another page, when nobody reads the
// freed page any more.
func (c *Cache) Drop(no uint64) {
	if c == nil {
		return
	}
	for _, key := range [...]uint64{no, no | patchKey} {
		s := c.shard(key)
		s.mu.Lock()
		if n := s.nodes[key]; n != nil {
			s.remove(n)
		}
		s.mu.Unlock()
	}
}

// CacheStats counts what a cache did since it was made.
type CacheStats struct {
	Hits, Misses, Evictions uint64
	Bytes, Pages            int64 // held now
}

// Stats tells how the cache is doing.
func (c *Cache) Stats() CacheStats {
	var t CacheStats
	if c == nil {
		return t
	}
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		t.Hits += s.hits
		t.Misses += s.misses
		t.Evictions += s.evictions
		t.Bytes += s.bytes
		t.Pages += int64(len(s.ring))
		s.mu.Unlock()
	}
	return t
}
