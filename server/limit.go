package server

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// slots limits how many queries run at a time and how many wait for their turn. What has run for longer than brief leaves its slot to one that
// waits, so that a few queries that take long keep nobody from asking small ones; there are no more of these than slots.
type slots struct {
	free    chan struct{}
	waiting atomic.Int64
	parked  atomic.Int64
	queue   int64
	wait    time.Duration // the longest; 0 for no limit but the request's own
	brief   time.Duration // 0: nothing leaves its slot

	mu           sync.Mutex
	oldest, last *turn // those that have a slot, in the order in which they got it
	long         int   // how many go on without the slot that they left
}

// briefQuery is brief for queries.
const briefQuery = 100 * time.Millisecond

func newSlots(running, queue int, wait time.Duration) *slots {
	return &slots{free: make(chan struct{}, running), queue: int64(queue), wait: wait}
}

// busy is what a request gets that cannot wait, or has waited too long.
func busy() *Problem {
	p := problem(http.StatusServiceUnavailable, "The server has too many queries to answer", "Please try again in a moment.")
	p.retryAfter = "2"
	return p
}

// turn is a slot that somebody has.
type turn struct {
	slots *slots
	ctx   context.Context

	mu     sync.Mutex
	have   bool
	parked bool
	long   bool   // it has left its slot and goes on
	writes uint64 // how many have ended
	since  time.Time

	listed         bool // among those that have a slot; with next and previous it belongs to slots.mu
	next, previous *turn
}

// list notes that a turn has a slot from now on. t.mu is held, or nobody else knows t.
func (s *slots) list(t *turn) {
	t.have, t.since = true, time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.listed, t.previous = true, s.last; s.last == nil {
		s.oldest = t
	} else {
		s.last.next = t
	}
	s.last = t
}

// unlist is called with s.mu held.
func (s *slots) unlist(t *turn) {
	if !t.listed {
		return
	}
	if t.previous == nil {
		s.oldest = t.next
	} else {
		t.previous.next = t.next
	}
	if t.next == nil {
		s.last = t.previous
	} else {
		t.next.previous = t.previous
	}
	t.listed, t.next, t.previous = false, nil, nil
}

// takeOver takes the slot of a turn that has had it for long. Otherwise it says when to try again.
func (s *slots) takeOver() (ok bool, again time.Duration) {
	for {
		s.mu.Lock()
		t := s.oldest
		if t == nil || s.long >= cap(s.free) {
			s.mu.Unlock()
			return false, s.brief
		}
		if age := time.Since(t.since); age < s.brief { // since does not change while it is listed
			s.mu.Unlock()
			return false, s.brief - age
		}
		s.unlist(t)
		s.long++
		s.mu.Unlock()
		if t.goOn() {
			return true, 0
		}
		s.ended()
	}
}

// ended notes that one of those that went on without a slot has ended.
func (s *slots) ended() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.long--
}

// goOn makes a turn go on without its slot, which is the caller's then. It reports false where the turn has given it back meanwhile.
func (t *turn) goOn() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.have {
		return false
	}
	t.have, t.long = false, true
	return true
}

// tryTake takes a slot if one is free, and returns nil otherwise.
func (s *slots) tryTake(ctx context.Context) *turn {
	select {
	case s.free <- struct{}{}:
		return s.turn(ctx)
	default:
		return nil
	}
}

// take waits for a slot. It returns a problem when the queue is full or the wait is too long, and the context's error when that ends first.
func (s *slots) take(ctx context.Context) (*turn, error) {
	if t := s.tryTake(ctx); t != nil {
		return t, nil
	}
	if s.waiting.Add(1) > s.queue {
		s.waiting.Add(-1)
		return nil, busy()
	}
	defer s.waiting.Add(-1)
	var late <-chan time.Time
	if s.wait > 0 {
		timer := time.NewTimer(s.wait)
		defer timer.Stop()
		late = timer.C
	}
	var retry <-chan time.Time
	for {
		if s.brief > 0 {
			ok, again := s.takeOver()
			if ok {
				return s.turn(ctx), nil
			}
			retry = time.After(again)
		}
		select {
		case s.free <- struct{}{}:
			return s.turn(ctx), nil
		case <-retry:
		case <-late:
			return nil, busy()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (s *slots) turn(ctx context.Context) *turn {
	t := &turn{slots: s, ctx: ctx}
	s.list(t)
	if in := requestInfo(ctx); in != nil {
		in.turn = t
	}
	return t
}

// turnOf is the slot that a request has, or nil.
func turnOf(ctx context.Context) *turn {
	if in := requestInfo(ctx); in != nil {
		return in.turn
	}
	return nil
}

// give ends a turn.
func (t *turn) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.release()
	if in := requestInfo(t.ctx); in != nil && in.turn == t {
		in.turn = nil
	}
	if t.parked {
		t.parked = false
		t.slots.parked.Add(-1)
	}
}

// release gives the slot to others and notes for how long it was had: that is the work which the client is charged.
func (t *turn) release() {
	switch {
	case t.long:
		t.long = false
		t.slots.ended()
	case t.have:
		t.have = false
		t.slots.mu.Lock()
		t.slots.unlist(t)
		t.slots.mu.Unlock()
		<-t.slots.free
	default:
		return
	}
	if in := requestInfo(t.ctx); in != nil {
		in.work += time.Since(t.since)
	}
}

// park lets others have the slot while a write is going on that the client does not take. It reports false where so many clients are slow
// already that this one has to go.
func (t *turn) park(write uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.writes != write || !t.have && !t.long { // it has ended meanwhile
		return true
	}
	if t.slots.parked.Add(1) > t.slots.queue {
		t.slots.parked.Add(-1)
		return false
	}
	t.parked = true
	t.release()
	return true
}

// leave lets others have the slot for good, before the last write of an answer. Until give it counts as one whose client is slow. It reports
// false, and the slot stays, where so many are slow that this has to be measured.
func (t *turn) leave() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.parked || !t.have && !t.long {
		return false
	}
	if t.slots.parked.Add(1) > t.slots.queue {
		t.slots.parked.Add(-1)
		return false
	}
	t.parked = true
	t.release()
	return true
}

// resume ends a write. If it was parked, it waits for a slot, for which nobody is sent away.
func (t *turn) resume() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.writes++
	if !t.parked {
		return nil
	}
	t.parked = false
	t.slots.parked.Add(-1)
	select {
	case t.slots.free <- struct{}{}:
		t.slots.list(t)
		return nil
	case <-t.ctx.Done():
		return t.ctx.Err()
	}
}

// Running and Waiting are for the metrics.
func (s *slots) Running() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.free) + s.long
}

func (s *slots) Waiting() int { return int(s.waiting.Load()) }

// full reports whether nothing more could wait.
func (s *slots) full() bool { return s.waiting.Load() >= s.queue && len(s.free) == cap(s.free) }
