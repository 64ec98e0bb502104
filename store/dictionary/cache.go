package dictionary

import (
	"container/list"
	"sync"

	"triplestore/store"
)

const cacheShards = 16

// Cache keeps decoded blocks by page number within a budget of bytes. It is safe for concurrent use.
type Cache struct {
	shards [cacheShards]cacheShard
	budget int64 // per shard
}

type cacheShard struct {
	mu     sync.Mutex
	blocks map[uint64]*list.Element // of *cached
	recent list.List                // most recent first
	bytes  int64

	hits, misses, evictions uint64
}

type cached struct {
	page  uint64
	block *block
}

// NewCache makes a cache that keeps about so many bytes; with 0 it keeps nothing.
func NewCache(bytes int64) *Cache {
	c := &Cache{budget: bytes / cacheShards}
	for i := range c.shards {
		c.shards[i].blocks = map[uint64]*list.Element{}
	}
	return c
}

func (c *Cache) get(page uint64) *block {
	s := &c.shards[page%cacheShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.blocks[page]
	if e == nil {
		s.misses++
		return nil
	}
	s.hits++
	s.recent.MoveToFront(e)
	return e.Value.(*cached).block
}

func (c *Cache) put(page uint64, b *block) {
	s := &c.shards[page%cacheShards]
	if b.size() > c.budget {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blocks[page] != nil {
		return
	}
	s.blocks[page] = s.recent.PushFront(&cached{page, b})
	for s.bytes += b.size(); s.bytes > c.budget; {
		s.remove(s.recent.Back())
		s.evictions++
	}
}

// Drop forgets a page. It must be called before the number of a freed page is given to another page.
func (c *Cache) Drop(page uint64) {
	s := &c.shards[page%cacheShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.blocks[page]; e != nil {
		s.remove(e)
	}
}

func (s *cacheShard) remove(e *list.Element) {
	x := s.recent.Remove(e).(*cached)
	delete(s.blocks, x.page)
	s.bytes -= x.block.size()
}

// Counters tells how the cache is doing.
func (c *Cache) Counters() store.CacheCounters {
	var t store.CacheCounters
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		t.Hits += s.hits
		t.Misses += s.misses
		t.Evictions += s.evictions
		t.Bytes += s.bytes
		s.mu.Unlock()
	}
	return t
}

// Bytes is what the cache holds now.
func (c *Cache) Bytes() int64 {
	var n int64
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		n += s.bytes
		s.mu.Unlock()
	}
	return n
}
