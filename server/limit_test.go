package server

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
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
	if !long[0].park(long[0].writes) || long[0].long || s.Running() != 3 || s.parkedNow() != 1 {
		t.Errorf("parked: %d run, %d are parked", s.Running(), s.parkedNow())
	}
	long[3].give()
	if err := long[0].resume(); err != nil || !long[0].have {
		t.Error(err)
	}
	for _, x := range []*turn{long[0], long[2], fifth, fifth} {
		x.give()
	}
	if s.Running() != 0 || s.parkedNow() != 0 || s.oldest != nil || s.last != nil || s.having != 0 {
		t.Errorf("in the end %d run, %d are parked, %d have slots", s.Running(), s.parkedNow(), s.having)
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
	if s.Running() != 0 || s.parkedNow() != 0 || s.Waiting() != 0 || s.oldest != nil || s.last != nil {
		t.Errorf("in the end %d run, %d are parked, %d wait", s.Running(), s.parkedNow(), s.Waiting())
	}
}

// listed counts the turns that have a slot, or more than there can be where the list is broken.
func (s *slots) listed() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := s.oldest; t != nil && n <= s.limit; t = t.next {
		if n++; !t.have || t.long || t.next == nil && t != s.last {
			return s.limit + 1
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

// parkedNow is how many turns are slow.
func (s *slots) parkedNow() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.parked
}

// TestNobodyOvertakes: who waits gets a slot in the order of coming, and nobody who comes later is before them.
func TestNobodyOvertakes(t *testing.T) {
	t.Parallel()
	const n = 30
	s := newSlots(1, n, 0)
	first := s.tryTake(t.Context())
	var order []int // who has the only slot appends
	var clients sync.WaitGroup
	for i := range n {
		clients.Go(func() {
			x, err := s.take(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			order = append(order, i)
			if s.tryTake(t.Context()) != nil {
				t.Error("a newcomer has a second slot")
			}
			x.give()
		})
		for s.Waiting() <= i {
			runtime.Gosched()
		}
	}
	if _, err := s.take(t.Context()); err == nil {
		t.Error("more wait than may")
	}
	first.give()
	clients.Wait()
	if !slices.IsSorted(order) || len(order) != n {
		t.Errorf("the order is %v", order)
	}
}

// TestSlotsAreGrantedInOrder: those that wait are told in the order in which they came, also where others leave their slots to them.
func TestSlotsAreGrantedInOrder(t *testing.T) {
	t.Parallel()
	const n = 40
	s := newSlots(n, n, 0)
	s.brief = time.Hour
	running := make([]*turn, n)
	for i := range running {
		running[i] = s.tryTake(t.Context())
	}
	waiting := make([]*turn, n)
	var clients sync.WaitGroup
	for i := range n {
		clients.Go(func() {
			var err error
			if waiting[i], err = s.take(t.Context()); err != nil {
				t.Error(err)
			}
		})
		for s.Waiting() <= i {
			runtime.Gosched()
		}
	}
	for i, x := range running { // every second leaves its slot, the others give it
		if i%2 == 0 {
			x.give()
			continue
		}
		s.mu.Lock()
		for y := s.oldest; y != nil; y = y.next {
			if y == x {
				y.since = time.Now().Add(-2 * s.brief)
			}
		}
		s.grant()
		s.mu.Unlock()
	}
	clients.Wait()
	for i := 1; i < n; i++ {
		if waiting[i].since.Before(waiting[i-1].since) {
			t.Errorf("%d got its slot before %d, which came earlier", i, i-1)
		}
	}
	for _, x := range slices.Concat(running, waiting) {
		x.give()
	}
	if s.Running() != 0 || s.Waiting() != 0 || s.long != 0 {
		t.Errorf("in the end %d run and %d wait", s.Running(), s.Waiting())
	}
}

// TestSlowOnesAreBounded: who waits to go on after a slow write counts as slow until it has a slot, so that there are no more of them than may be.
func TestSlowOnesAreBounded(t *testing.T) {
	t.Parallel()
	s := newSlots(1, 1, 0)
	slow := s.tryTake(t.Context())
	if !slow.park(slow.writes) {
		t.Fatal("the first may not be slow")
	}
	other := s.tryTake(t.Context())
	resumed := make(chan error)
	go func() { resumed <- slow.resume() }()
	for s.resuming() == 0 {
		runtime.Gosched()
	}
	if other.park(other.writes) || other.leave() {
		t.Error("a second one is slow while the first waits to go on")
	}
	other.give()
	if err := <-resumed; err != nil || !slow.have || s.parkedNow() != 0 {
		t.Errorf("it has not gone on: %v", err)
	}
	if !slow.park(slow.writes) {
		t.Error("it may not be slow again")
	}
	// One whose client goes away while it waits leaves nothing behind.
	other = s.tryTake(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	slow.ctx = ctx
	cancel()
	if err := slow.resume(); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	slow.give()
	other.give()
	if s.Running() != 0 || s.parkedNow() != 0 || s.waiters.Len() != 0 {
		t.Errorf("in the end %d run, %d are parked", s.Running(), s.parkedNow())
	}
}

func (s *slots) resuming() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiters.Len() - s.waiting
}
