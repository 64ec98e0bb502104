package server

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// TestLongQueriesLeaveTheirSlots looks whether those that wait get the slots of what has run for long, and how many do.
func TestLongQueriesLeaveTheirSlots(t *testing.T) {
	t.Parallel()
	s := newSlots(2, 10, 0)
	s.brief = 20 * time.Millisecond
	var long []*turn
	for range 4 {
		next, err := s.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		long = append(long, next)
	}
	for i, x := range long {
		if x.long != (i < 2) {
			t.Errorf("turn %d goes on without a slot: %t", i, x.long)
		}
	}
	if n := s.Running(); n != 4 {
		t.Errorf("%d run", n)
	}
	if age := time.Since(long[0].since); age < s.brief {
		t.Errorf("the first had its slot for %v", age)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*s.brief)
	defer cancel()
	if _, err := s.take(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a fifth: %v", err)
	}
	long[1].give() // so another may leave its slot
	fifth, err := s.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !long[2].long {
		t.Error("the oldest with a slot has not left it")
	}
	// What goes on without a slot may be slow as any other.
	if !long[0].park(long[0].writes) || long[0].long || s.Running() != 3 || s.parked.Load() != 1 {
		t.Errorf("parked: %d run, %d are parked", s.Running(), s.parked.Load())
	}
	long[3].give()
	if err := long[0].resume(); err != nil || !long[0].have {
		t.Error(err)
	}
	for _, x := range []*turn{long[0], long[2], fifth, fifth} {
		x.give()
	}
	if s.Running() != 0 || s.parked.Load() != 0 || s.oldest != nil || s.last != nil || len(s.free) != 0 {
		t.Errorf("in the end %d run, %d are parked, %d have slots", s.Running(), s.parked.Load(), len(s.free))
	}
}

// TestSlotsAtRandom lets many take, park, resume and give turns, and looks whether any slot is lost.
func TestSlotsAtRandom(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s := newSlots(3, 100, 0)
	s.brief = 50 * time.Microsecond
	var clients sync.WaitGroup
	for i := range 48 {
		clients.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			for range 50 {
				x, err := s.take(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				if n := s.Running(); n > 6 {
					t.Errorf("%d run", n)
				}
				if n := s.listed(); n > 3 {
					t.Errorf("%d have slots", n)
				}
				for range random.IntN(4) {
					time.Sleep(time.Duration(random.IntN(200)) * time.Microsecond)
					number := x.writes
					if random.IntN(2) == 0 {
						x.park(number)
					}
					if err := x.resume(); err != nil {
						t.Error(err)
					}
				}
				if random.IntN(2) == 0 {
					x.leave()
				}
				x.give()
			}
		})
	}
	clients.Wait()
	if s.Running() != 0 || s.parked.Load() != 0 || s.waiting.Load() != 0 || s.oldest != nil || s.last != nil {
		t.Errorf("in the end %d run, %d are parked, %d wait", s.Running(), s.parked.Load(), s.waiting.Load())
	}
}

// listed counts the turns that have a slot, or more than there can be where the list is broken.
func (s *slots) listed() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := s.oldest; t != nil && n <= cap(s.free); t = t.next {
		if n++; !t.have || t.long || t.next == nil && t != s.last {
			return cap(s.free) + 1
		}
	}
	return n
}

// TestCancelledTakesNothing: a request that has ended makes nobody leave a slot.
func TestCancelledTakesNothing(t *testing.T) {
	t.Parallel()
	s := newSlots(1, 10, 0)
	s.brief = time.Nanosecond
	first, err := s.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.take(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if first.long || !first.have {
		t.Error("the first has left its slot")
	}
}
