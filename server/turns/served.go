package turns

import (
	"sync"
	"time"
)

// connections are those that are served and whose clients are not watched yet. A timer for each request would wake up the thread that waits for the
// network, to make it wait for the timer too; so there is one for all, which runs while there are requests.
type connections struct {
	mu    sync.Mutex
	first *Conn // in no order
	round uint64
	ticks bool
	empty int // rounds in a row in which there was none
	timer *time.Timer
}

var served connections

// place is a connection's place among those that are served.
type place struct {
	in             bool
	since          uint64 // round
	next, previous *Conn
}

// emptyRounds is after how many rounds without a connection the timer is stopped.
const emptyRounds = 20

func (s *connections) add(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.take(c)
	c.place = place{in: true, since: s.round, next: s.first}
	if s.first != nil {
		s.first.place.previous = c
	}
	s.first = c
	if s.ticks {
		return
	}
	if s.ticks, s.empty = true, 0; s.timer == nil {
		s.timer = time.AfterFunc(unwatched, s.tick)
	} else {
		s.timer.Reset(unwatched)
	}
}

func (s *connections) remove(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.take(c)
}

// take is remove with s.mu held.
func (s *connections) take(c *Conn) {
	at := c.place
	if !at.in {
		return
	}
	if at.previous == nil {
		s.first = at.next
	} else {
		at.previous.place.next = at.next
	}
	if at.next != nil {
		at.next.place.previous = at.previous
	}
	c.place = place{}
}

// tick lets those be watched that were there a whole round ago.
func (s *connections) tick() {
	for _, c := range s.late() {
		c.watch()
	}
}

func (s *connections) late() (late []*Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.empty++; s.first != nil {
		s.empty = 0
	}
	for c := s.first; c != nil; {
		next := c.place.next
		if c.place.since < s.round {
			s.take(c)
			late = append(late, c)
		}
		c = next
	}
	s.round++
	if s.ticks = s.empty < emptyRounds; s.ticks {
		s.timer.Reset(unwatched)
	}
	return late
}
