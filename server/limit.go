package server

import (
	"context"
	"sync/atomic"
)

// slots limits how many queries run at a time and how many wait for their turn.
type slots struct {
	free    chan struct{}
	waiting atomic.Int64
	queue   int64
}

func newSlots(running, queue int) *slots {
	return &slots{free: make(chan struct{}, running), queue: int64(queue)}
}

// take waits for a slot. It returns a problem at once when the queue is full, and the context's error when that ends first.
func (s *slots) take(ctx context.Context) error {
	select {
	case s.free <- struct{}{}:
		return nil
	default:
	}
	if s.waiting.Add(1) > s.queue {
		s.waiting.Add(-1)
		p := problem(503, "The server has too many queries to answer", "Please try again in a moment.")
		p.retryAfter = "2"
		return p
	}
	defer s.waiting.Add(-1)
	select {
	case s.free <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *slots) give() { <-s.free }

// Running and Waiting are for the metrics.
func (s *slots) Running() int { return len(s.free) }
func (s *slots) Waiting() int { return int(s.waiting.Load()) }

// full reports whether nothing more could wait.
func (s *slots) full() bool { return s.waiting.Load() >= s.queue && len(s.free) == cap(s.free) }
