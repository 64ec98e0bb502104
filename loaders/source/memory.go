package source

import (
	"context"
	"sync"
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
