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

// turn is a slot that somebody has, or had.
type turn struct {
	slots *slots
	ctx   context.Context

	// The rest belongs to slots.mu.
	have           bool
	parked         bool
	long           bool   // it has left its slot and goes on
	writes         uint64 // how many have ended
	since          time.Time
	next, previous *turn // of those that have a slot
}

// list notes that a turn has a slot from now on.
func (s *slots) list(t *turn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.have, t.since = true, time.Now()
	if t.previous = s.last; s.last == nil {
		s.oldest = t
	} else {
		s.last.next = t
	}
	s.last = t
}

// unlist notes that a turn has its slot no longer. s.mu is held.
func (s *slots) unlist(t *turn) {
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
	t.have, t.next, t.previous = false, nil, nil
}

// takeOver takes the slot of the turn that has had one for longest, which goes on without. Where it has not had it for long it says when to try again.
func (s *slots) takeOver() (ok bool, again time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.oldest
	if t == nil || s.long >= cap(s.free) {
		return false, s.brief
	}
	if age := time.Since(t.since); age < s.brief {
		return false, s.brief - age
	}
	s.unlist(t)
	t.long = true
	s.long++
	return true, 0
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
		if err := ctx.Err(); err != nil {
			return nil, err
		}
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
	t.slots.mu.Lock()
	defer t.slots.mu.Unlock()
	t.release()
	if in := requestInfo(t.ctx); in != nil && in.turn == t {
		in.turn = nil
	}
	if t.parked {
		t.parked = false
		t.slots.parked.Add(-1)
	}
}

// release gives the slot to others and notes for how long it was had: that is the work which the client is charged. slots.mu is held.
func (t *turn) release() {
	switch {
	case t.long:
		t.long = false
		t.slots.long--
	case t.have:
		t.slots.unlist(t)
		<-t.slots.free // which holds one for each that has a slot
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
	t.slots.mu.Lock()
	defer t.slots.mu.Unlock()
	if t.writes != write || !t.have && !t.long { // it has ended meanwhile
		return true
	}
	return t.slow()
}

// leave lets others have the slot for good, before the last write of an answer. Until give it counts as one whose client is slow. It reports
// false, and the slot stays, where so many are slow that this has to be measured.
func (t *turn) leave() bool {
	t.slots.mu.Lock()
	defer t.slots.mu.Unlock()
	return !t.parked && (t.have || t.long) && t.slow()
}

// slow counts a turn among those whose clients are slow, and gives its slot to others, unless these are too many. slots.mu is held.
func (t *turn) slow() bool {
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
	if !t.unpark() {
		return nil
	}
	select {
	case t.slots.free <- struct{}{}:
		t.slots.list(t)
		return nil
	case <-t.ctx.Done():
		return t.ctx.Err()
	}
}

// unpark notes that a write has ended, and reports whether it was parked.
func (t *turn) unpark() bool {
	t.slots.mu.Lock()
	defer t.slots.mu.Unlock()
	t.writes++
	if !t.parked {
		return false
	}
	t.parked = false
	t.slots.parked.Add(-1)
	return true
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
