package server

import (
	"container/list"
	"net/http"
	"strconv"
	"sync"

	"triplestore/store"
)

// answerCache keeps answers to queries by the state of the store, what the caller may see, and everything else that they depend on, so
// that none is ever given for another. It holds about so many bytes and forgets what was asked for longest ago; with the first answer
// for a newer state it forgets those of older ones. It is safe for concurrent use.
type answerCache struct {
	budget int64

	mu     sync.Mutex
	newest uint64 // commit
	items  map[string]*list.Element
	recent list.List // of *cachedAnswer, most recent first
	bytes  int64
	large  map[string]struct{} // answers that are too large to be kept: nobody need try again
}

// maxLarge is how many of them are remembered.
const maxLarge = 1000

// cachedAnswer is an answer, not compressed. It is never changed.
type cachedAnswer struct {
	key         string
	contentType []string // a value without room
	body        []byte
	rows        int64
}

const answerOverhead = 300 // bytes that an entry takes besides its key and body, about

func (a *cachedAnswer) size() int64 { return int64(len(a.key)+len(a.body)) + answerOverhead }

func newAnswerCache(budget int64) *answerCache {
	if budget <= 0 {
		return nil
	}
	return &answerCache{budget: budget, items: map[string]*list.Element{}, large: map[string]struct{}{}}
}

// limit is the size of the largest body that is kept. One answer must not push out all others.
func (c *answerCache) limit() int { return int(c.budget / 4) }

func (c *answerCache) get(key string) *cachedAnswer {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.items[key]
	if e == nil {
		return nil
	}
	c.recent.MoveToFront(e)
	return e.Value.(*cachedAnswer)
}

func (c *answerCache) put(commit store.Commit, a *cachedAnswer) {
	if a.size() > c.budget {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.see(commit)
	if c.items[a.key] != nil {
		return
	}
	c.items[a.key] = c.recent.PushFront(a)
	for c.bytes += a.size(); c.bytes > c.budget; {
		e := c.recent.Back()
		old := c.recent.Remove(e).(*cachedAnswer)
		delete(c.items, old.key)
		c.bytes -= old.size()
	}
}

// see forgets what was of older states. c.mu is held.
func (c *answerCache) see(commit store.Commit) {
	if commit.Number > c.newest {
		c.newest = commit.Number
		c.recent.Init()
		clear(c.items)
		clear(c.large)
		c.bytes = 0
	}
}

// tooLarge notes that an answer is too large.
func (c *answerCache) tooLarge(commit store.Commit, key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.see(commit)
	if len(c.large) >= maxLarge {
		clear(c.large)
	}
	c.large[key] = struct{}{}
}

// worthKeeping reports whether an answer may be small enough, as far as is known.
func (c *answerCache) worthKeeping(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, large := c.large[key]
	return !large
}

// writeCached writes an answer of the cache.
func (s *Server) writeCached(w http.ResponseWriter, r *http.Request, a *cachedAnswer) {
	if in := requestInfo(r.Context()); in != nil {
		in.rows = a.rows
	}
	h := w.Header()
	h["Content-Type"], h["Cache-Control"], h["Cache-Status"] = a.contentType, noCache, cacheHit
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	out := newStreamOf(w, a.body)
	out.conn = wholeConnOf(r)
	out.end(nil)
}

// cacheName is the server's in Cache-Status (RFC 9211).
const cacheName = "triplestore"

var cacheHit = []string{cacheName + "; hit"} // without room
