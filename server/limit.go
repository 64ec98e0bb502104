package server

import (
	"container/list"
	"context"
	"net/http"
	"sync"
	"time"
)

// slots limits how many queries run at a time and how many wait for their turn, which comes in the order in which they began to wait. What has
// run for longer than brief leaves its slot to one that waits, so that a few queries that take long keep nobody from asking small ones; there are
// no more of these than slots.
type slots struct {
	limit int           // how many have a slot
	queue int           // how many may wait, and how many may be slow
	wait  time.Duration // the longest; 0 for no limit but the request's own
	brief time.Duration // 0: nothing leaves its slot

	mu           sync.Mutex
	oldest, last *turn     // those that have a slot, in the order in which they got it
	having       int       // how many these are
	long         int       // how many go on without the slot that they left
	parked       int       // how many are slow, those that wait to go on among them
	waiters      list.List // of *waiter, in the order in which they came
	waiting      int       // how many of these are new
	again        *time.Timer
}

// waiter is a turn that waits for a slot.
type waiter struct {
	turn *turn
	got  chan struct{} // closed when it has one
}

// briefQuery is brief for queries.
const briefQuery = 100 * time.Millisecond

func newSlots(running, queue int, wait time.Duration) *slots {
	return &slots{limit: running, queue: queue, wait: wait}
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

// list notes that a turn has a slot from now on. s.mu is held.
func (s *slots) list(t *turn) {
	t.have, t.since = true, time.Now()
	s.having++
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
	s.having--
}

// grant gives those that have waited for longest the slots that are free, or that may be left. It is called after whatever may free one. s.mu is held.
func (s *slots) grant() {
	for first := s.waiters.Front(); first != nil; first = s.waiters.Front() {
		if s.having >= s.limit {
			if s.brief == 0 || s.long >= s.limit { // else release calls again
				return
			}
			t := s.oldest
			if age := time.Since(t.since); age < s.brief {
				s.grantIn(s.brief - age)
				return
			}
			s.unlist(t)
			t.long = true
			s.long++
		}
		w := s.waiters.Remove(first).(*waiter)
		s.waited(w)
		s.arrive(w.turn)
		close(w.got)
	}
}

// grantIn calls grant after some time. s.mu is held.
func (s *slots) grantIn(d time.Duration) {
	if s.again != nil {
		s.again.Reset(d)
		return
	}
	s.again = time.AfterFunc(d, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.grant()
	})
}

// waited counts a waiter no longer. s.mu is held.
func (s *slots) waited(w *waiter) {
	if !w.turn.parked {
		s.waiting--
	}
}

// arrive gives a turn a slot. s.mu is held.
func (s *slots) arrive(t *turn) {
	if t.parked {
		t.parked = false
		s.parked--
	}
	s.list(t)
}

// join lets a turn wait. s.mu is held.
func (s *slots) join(t *turn) (*waiter, *list.Element) {
	w := &waiter{t, make(chan struct{})}
	e := s.waiters.PushBack(w)
	s.grant()
	return w, e
}

// depart ends the wait of a turn that will not wait any longer, and reports whether it has got a slot meanwhile.
func (s *slots) depart(w *waiter, e *list.Element) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-w.got:
		return true
	default:
		s.waiters.Remove(e)
		s.waited(w)
		return false
	}
}

// tryTake takes a slot if one is free for which nobody waits, and returns nil otherwise.
func (s *slots) tryTake(ctx context.Context) *turn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.having >= s.limit || s.waiters.Len() > 0 {
		return nil
	}
	t := &turn{slots: s, ctx: ctx}
	s.arrive(t)
	return t.noted()
}

// take waits for a slot. It returns a problem when the queue is full or the wait is too long, and the context's error when that ends first.
func (s *slots) take(ctx context.Context) (*turn, error) {
	if t := s.tryTake(ctx); t != nil {
		return t, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t := &turn{slots: s, ctx: ctx}
	s.mu.Lock()
	if s.waiting >= s.queue {
		s.mu.Unlock()
		return nil, busy()
	}
	s.waiting++
	w, e := s.join(t)
	s.mu.Unlock()
	var late <-chan time.Time
	if s.wait > 0 {
		timer := time.NewTimer(s.wait)
		defer timer.Stop()
		late = timer.C
	}
	var err error
	select {
	case <-w.got:
		return t.noted(), nil
	case <-late:
		err = busy()
	case <-ctx.Done():
		err = ctx.Err()
	}
	if s.depart(w, e) {
		return t.noted(), nil
	}
	return nil, err
}

// noted lets the request know its turn.
func (t *turn) noted() *turn {
	if in := requestInfo(t.ctx); in != nil {
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
		t.slots.parked--
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
	default:
		return
	}
	t.slots.grant()
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
	if t.slots.parked >= t.slots.queue {
		return false
	}
	t.slots.parked++
	t.parked = true
	t.release()
	return true
}

// resume ends a write. If it was parked, it waits for a slot, for which nobody is sent away: until it has one it counts as slow.
func (t *turn) resume() error {
	s := t.slots
	s.mu.Lock()
	t.writes++
	if !t.parked {
		s.mu.Unlock()
		return nil
	}
	w, e := s.join(t)
	s.mu.Unlock()
	select {
	case <-w.got:
		return nil
	case <-t.ctx.Done():
	}
	if s.depart(w, e) {
		return nil
	}
	return t.ctx.Err()
}

// Running and Waiting are for the metrics.
func (s *slots) Running() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.having + s.long
}

func (s *slots) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting
}

// full reports whether nothing more could wait.
func (s *slots) full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting >= s.queue && s.having >= s.limit
}
