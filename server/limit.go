package server

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"
)

// slots limits how many queries run at a time and how many wait for their turn.
type slots struct {
	free    chan struct{}
	waiting atomic.Int64
	queue   int64
	wait    time.Duration // the longest; 0 for no limit but the request's own
}

func newSlots(running, queue int, wait time.Duration) *slots {
	return &slots{free: make(chan struct{}, running), queue: int64(queue), wait: wait}
}

// busy is what a request gets that cannot wait, or has waited too long.
func busy() *Problem {
	p := problem(http.StatusServiceUnavailable, "The server has too many queries to answer", "Please try again in a moment.")
	p.retryAfter = "2"
	return p
}

// take waits for a slot. It returns a problem when the queue is full or the wait is too long, and the context's error when that ends first.
func (s *slots) take(ctx context.Context) error {
	select {
	case s.free <- struct{}{}:
		return nil
	default:
	}
	if s.waiting.Add(1) > s.queue {
		s.waiting.Add(-1)
		return busy()
	}
	defer s.waiting.Add(-1)
	var late <-chan time.Time
	if s.wait > 0 {
		timer := time.NewTimer(s.wait)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case s.free <- struct{}{}:
		return nil
	case <-late:
		return busy()
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
