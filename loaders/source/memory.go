package source

import (
	"context"
	"io"
	"sync"

	"triplestore/rdf"
)

// Memory bounds what sources that are read at once hold in memory: each may hold some, and only one of them more. It is safe for concurrent use.
type Memory struct {
	some int64
	turn chan struct{} // whoever holds the token may hold more
}

// NewMemory makes a Memory of which each share may have so many bytes, and one at a time more.
func NewMemory(some int64) *Memory { return &Memory{some: some, turn: make(chan struct{}, 1)} }

// Share is for one run of a source; it ends with Close. Waits, which may be nil, is told when the run waits.
func (m *Memory) Share(w *Waits) *Share { return &Share{of: m, waits: w} }

// Share is what one run of a source holds in memory. A nil Share counts nothing. It is safe for concurrent use.
type Share struct {
	of    *Memory
	waits *Waits

	mu    sync.Mutex
	held  int64
	large bool // it has the token
	ended bool
}

// Grow notes that the run is about to hold so many bytes more, as roughly as that is known. Where that is more than all may hold, it
// waits until no other run does, or ctx ends; the error is the context's.
func (s *Share) Grow(ctx context.Context, bytes int64) error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock() // others of the run that want more wait too
	if s.held += bytes; s.large || s.ended || s.held <= s.of.some {
		return nil
	}
	end := s.waits.begin()
	defer end()
	select {
	case s.of.turn <- struct{}{}:
		s.large = true
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Shrink notes that the run holds so many bytes less.
func (s *Share) Shrink(bytes int64) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(max(0, s.held-bytes))
}

// Keep notes that the run now holds so many bytes and no more.
func (s *Share) Keep(bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(bytes)
}

// Close notes that the run holds nothing any more. From then on nothing is counted. It may be called again.
func (s *Share) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.keep(0)
}

// keep does it. The mutex is held.
func (s *Share) keep(bytes int64) {
	if s.held = bytes; s.large && bytes <= s.of.some {
		<-s.of.turn
		s.large = false
	}
}

// termBytes is about how many bytes a term takes beside its text.
const termBytes = 40

// TripleBytes is about how many bytes a triple takes in memory, with text of its own.
func TripleBytes(t rdf.Triple) int64 {
	return 3*termBytes + int64(len(t.S.Value())+len(t.P.Value())+len(t.O.Value()))
}

// JSONBytes is about how many bytes of memory a byte of JSON-LD takes while a document is read that cannot be read in parts: 8 of a catalogue, up to 32
// where it is nearly all numbers, with garbage beside them.
const JSONBytes = 12

// HeldReader reads a document that is held in memory as it is read.
type HeldReader struct {
	r     io.Reader
	ctx   context.Context //nolint:containedctx // that of the run, for as long as the document is read
	share *Share
	each  int64
	held  int64
}

// Held makes a reader each byte of which takes so many bytes of memory, until Release.
func (s *Share) Held(ctx context.Context, r io.Reader, each int64) *HeldReader {
	return &HeldReader{r: r, ctx: ctx, share: s, each: each}
}

// Read implements io.Reader. It waits where the run may not hold more.
func (h *HeldReader) Read(b []byte) (int, error) {
	n, err := h.r.Read(b)
	if grown := int64(n) * h.each; grown > 0 {
		h.held += grown
		if gerr := h.share.Grow(h.ctx, grown); gerr != nil {
			return 0, gerr
		}
	}
	return n, err
}

// Release notes that the document is held no more.
func (h *HeldReader) Release() {
	h.share.Shrink(h.held)
	h.held = 0
}
