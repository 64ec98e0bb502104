package dictionary

import (
	"sync"
	"sync/atomic"

	"triplestore/internal/clockhand"
	"triplestore/store"
)

// A block larger than this part of the budget is not kept.
const cacheShare = 16

// Cache keeps decoded blocks by page number within a budget of bytes. It is safe for concurrent use. A block is found without a lock, in a
// table by page number; which of them go is decided as by a clock, whose hand passes over blocks that were used since it last came by, and
// begins anywhere; see [clockhand.Hand].
type Cache struct {
	budget int64
	table  atomic.Pointer[[]*cacheChunk] // by page number / chunkPages; nil where no page is kept

	mu    sync.Mutex // held by those who change what is kept
	ring  []*block
	hand  clockhand.Hand
	bytes int64

	hits, misses, evictions atomic.Uint64
}

// chunkPages is how many pages a chunk of the table is for.
const chunkPages = 1024

type cacheChunk [chunkPages]atomic.Pointer[block]

// NewCache makes a cache that keeps about so many bytes; with 0 it keeps nothing.
func NewCache(bytes int64) *Cache {
	c := &Cache{budget: bytes}
	c.table.Store(new([]*cacheChunk))
	return c
}

// slot is the place of a page in the table, nil where the table does not reach it.
func (c *Cache) slot(page uint64) *atomic.Pointer[block] {
	if t := *c.table.Load(); page/chunkPages < uint64(len(t)) {
		if chunk := t[page/chunkPages]; chunk != nil {
			return &chunk[page%chunkPages]
		}
	}
	return nil
}

// get finds a block. Whoever calls it counts hits and misses, see count.
func (c *Cache) get(page uint64) *block {
	b := c.peek(page)
	if b != nil {
		b.use()
	}
	return b
}

// peek is get without a look at the block itself: whoever uses it says so by block.use.
func (c *Cache) peek(page uint64) *block {
	if slot := c.slot(page); slot != nil {
		return slot.Load()
	}
	return nil
}

// count adds to what Counters tells.
func (c *Cache) count(hits, misses uint64) {
	if hits > 0 {
		c.hits.Add(hits)
	}
	if misses > 0 {
		c.misses.Add(misses)
	}
}

func (c *Cache) put(page uint64, b *block) {
	if b.size() > c.budget/cacheShare {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	slot := c.slot(page)
	if slot == nil {
		slot = c.reach(page)
	}
	if slot.Load() != nil {
		return
	}
	b.page, b.place = page, uint32(len(c.ring))
	c.ring = append(c.ring, b)
	c.bytes += b.size()
	slot.Store(b)
	if c.bytes > c.budget {
		c.evict(b)
	}
}

// evict makes room, but not by dropping keep.
func (c *Cache) evict(keep *block) {
	at := c.hand.Next(len(c.ring))
	for passed := 0; c.bytes > c.budget; {
		if at >= len(c.ring) {
			at = 0
		}
		if old := c.ring[at]; old == keep || old.used.Load() && passed < 2*len(c.ring) { // readers may be faster than the hand
			old.used.Store(false)
			at++
			passed++
			continue
		}
		c.remove(c.ring[at])
		c.evictions.Add(1)
	}
}

// reach extends the table to a page. Readers keep the table that they have.
func (c *Cache) reach(page uint64) *atomic.Pointer[block] {
	old := *c.table.Load()
	n := int(page / chunkPages) //nolint:gosec // numbers of pages are small
	t := make([]*cacheChunk, max(len(old), n+1))
	copy(t, old)
	t[n] = new(cacheChunk)
	c.table.Store(&t)
	return &t[n][page%chunkPages]
}

// Drop forgets a page. It must be called before the number of a freed page is given to another page.
func (c *Cache) Drop(page uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slot := c.slot(page); slot != nil {
		if b := slot.Load(); b != nil {
			c.remove(b)
		}
	}
}

func (c *Cache) remove(b *block) {
	last := c.ring[len(c.ring)-1]
	c.ring[b.place], last.place = last, b.place
	c.ring[len(c.ring)-1] = nil
	c.ring = c.ring[:len(c.ring)-1]
	c.slot(b.page).Store(nil)
	c.bytes -= b.size()
}

// Counters tells how the cache is doing.
func (c *Cache) Counters() store.CacheCounters {
	return store.CacheCounters{Hits: c.hits.Load(), Misses: c.misses.Load(), Evictions: c.evictions.Load(), Bytes: c.Bytes()}
}

// Bytes is what the cache holds now.
func (c *Cache) Bytes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}
