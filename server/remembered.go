package server

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"triplestore/store"
)

// content is what the answer to a query depends on besides the state of the store and who asks. It is safe for concurrent use.
type content struct {
	sum string // a hash of its parts, for entity tags
	key string // the parts as one string, for answers that are kept

	solutions, graph choice // which format either of the two has

	tagged atomic.Pointer[taggedState] // the entity tag that was asked for last
}

type taggedState struct {
	commit store.Commit
	tag    []string
}

// tag is the entity tag of a state, as the value of a header without room, so that nobody can add to it.
func (c *content) tag(commit store.Commit) []string {
	t := c.tagged.Load()
	if t == nil || t.commit != commit {
		t = &taggedState{commit, []string{contentTag(commit, c.sum)}}
		c.tagged.Store(t)
	}
	return t.tag
}

func newContent(parts []string) *content {
	size := 0
	for _, p := range parts {
		size += len(p) + 6
	}
	key := make([]byte, 0, size)
	for _, p := range parts {
		key = appendPart(key, p)
	}
	return &content{sum: partsSum(parts), key: string(key)}
}

// appendPart writes a part so that no other parts give the same.
func appendPart(key []byte, part string) []byte {
	return append(append(strconv.AppendInt(append(key, ' '), int64(len(part)), 10), ':'), part...)
}

func partsSum(parts []string) string {
	var b []byte
	for _, p := range parts {
		b = append(append(strconv.AppendInt(b, int64(len(p)), 10), ':'), p...)
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:9])
}

// answerKey names an answer for the cache by its content; it is empty where it must not be kept.
func (s *Server) answerKey(r *http.Request, c *content, state store.Commit) string {
	if s.answers == nil || r.Method == http.MethodHead || c == nil {
		return ""
	}
	scope := s.scope(r.Context())
	key := append(make([]byte, 0, 48+len(c.key)+len(scope)), stateTag(state)...)
	return string(appendPart(append(key, c.key...), scope))
}

// The bounds of what requests remembers.
const (
	rememberedBytes = 16 << 20
	rememberedLimit = 8 << 10 // of one request
)

// requests remembers how requests were read that came lately, so that the same request again is not taken apart anew: what is asked follows
// from its query string and its header Accept, whoever sends it and whatever the store holds. It is safe for concurrent use.
type requests struct {
	mu sync.Mutex
	// young are those since it was last full, old those of the time before.
	young, old map[requestText]*queryRequest
	bytes      int // of the young
}

type requestText struct{ query, accept string }

// textOf is what names a request; ok is false where more counts, or it is too long.
func textOf(r *http.Request) (t requestText, ok bool) {
	accept := r.Header["Accept"]
	if r.Method != http.MethodGet && r.Method != http.MethodHead || len(accept) > 1 || len(r.URL.RawQuery) > rememberedLimit {
		return t, false
	}
	t.query = r.URL.RawQuery
	if len(accept) == 1 {
		t.accept = accept[0]
	}
	return t, len(t.query)+len(t.accept) <= rememberedLimit
}

// get finds a request that was read. What it points to must not be changed.
func (m *requests) get(t requestText) *queryRequest {
	m.mu.Lock()
	defer m.mu.Unlock()
	q := m.young[t]
	if q == nil {
		if q = m.old[t]; q != nil {
			m.add(t, q)
		}
	}
	return q
}

func (m *requests) put(t requestText, q *queryRequest) {
	// The strings of a request are parts of larger ones, which are not to be kept.
	t = requestText{strings.Clone(t.query), strings.Clone(t.accept)}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.young[t] == nil {
		m.add(t, q)
	}
}

// add is called with m.mu held.
func (m *requests) add(t requestText, q *queryRequest) {
	size := 1024 + 2*len(t.query) + len(t.accept)
	if q.content != nil {
		size += 2 * len(q.content.key)
	}
	if m.bytes += size; m.young == nil || m.bytes > rememberedBytes/2 {
		m.old, m.young, m.bytes = m.young, map[requestText]*queryRequest{}, size
	}
	m.young[t] = q
}

// query takes a request apart, or knows how that was done before. The error is a *Problem.
func (s *Server) query(w http.ResponseWriter, r *http.Request) (queryRequest, error) {
	t, ok := textOf(r)
	if ok {
		if q := s.requests.get(t); q != nil {
			return *q, nil
		}
		r.URL.RawQuery = strings.Clone(t.query) // parts of it may be kept
	}
	q, err := s.readQuery(w, r)
	if err != nil || !q.present {
		return q, err
	}
	q.content = s.queryContent(r, &q)
	if ok {
		kept := q
		s.requests.put(t, &kept)
	}
	return q, nil
}
