package server

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"triplestore/store"
)

// stuckWriter lets writes wait until it is closed.
type stuckWriter struct {
	h       http.Header
	writing chan int
	closed  chan struct{}
	expired chan struct{}
}

func newStuckWriter() *stuckWriter {
	return &stuckWriter{http.Header{}, make(chan int, 1), make(chan struct{}), make(chan struct{})}
}

func (w *stuckWriter) Header() http.Header { return w.h }
func (w *stuckWriter) WriteHeader(int)     {}
func (w *stuckWriter) Write(p []byte) (int, error) {
	w.writing <- len(p)
	select {
	case <-w.closed:
		return len(p), nil
	case <-w.expired:
		return 0, context.DeadlineExceeded
	}
}

func (w *stuckWriter) SetWriteDeadline(at time.Time) error {
	if time.Until(at) <= 0 {
		close(w.expired)
	}
	return nil
}

// A small answer whose client takes nothing has no slot, but counts among the slow ones until it has ended.
func TestSmallAnswersLeaveTheirSlot(t *testing.T) {
	t.Parallel()
	slots := newSlots(1, 1, 0)
	w := newStuckWriter()
	out := newStream(w)
	out.turn = slots.tryTake(t.Context())
	out.Write([]byte("answer"))
	ended := make(chan bool)
	go func() {
		unsent := out.end(nil)
		out.turn.give()
		ended <- unsent
	}()
	if n := <-w.writing; n != len("answer") {
		t.Errorf("%d bytes were written", n)
	}
	if slots.Running() != 0 || slots.parkedNow() != 1 {
		t.Errorf("while the client takes nothing, %d have a slot and %d are parked", slots.Running(), slots.parkedNow())
	}

	// As many as may be are slow: the next one keeps its slot, and is given up when it turns out to be slow too.
	other := newStuckWriter()
	late := newStream(other)
	late.turn = slots.tryTake(t.Context())
	late.Write([]byte("another"))
	func() {
		defer func() {
			if p := recover(); p != http.ErrAbortHandler { //nolint:errorlint // it is panicked with as it is
				t.Errorf("panic %v", p)
			}
		}()
		defer late.turn.give()
		late.end(nil)
		t.Error("the client was not given up")
	}()
	if slots.Running() != 0 || slots.parkedNow() != 1 {
		t.Errorf("after that, %d have a slot and %d are parked", slots.Running(), slots.parkedNow())
	}

	close(w.closed)
	if <-ended {
		t.Error("the answer was not sent")
	}
	if slots.Running() != 0 || slots.parkedNow() != 0 {
		t.Errorf("in the end %d have a slot and %d are parked", slots.Running(), slots.parkedNow())
	}
}

// Values of headers that all answers have in common stay as they are, whatever is added to those of one answer.
func TestCommonHeadersStay(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	addVary(h, "Accept-Encoding", "Accept", "Accept", "Authorization")
	if got := h.Values("Vary"); !slices.Equal(got, []string{"Accept-Encoding", "Accept", "Authorization"}) {
		t.Errorf("Vary: %q", got)
	}
	addVary(h, "Cookie")
	next := http.Header{}
	addVary(next, "Accept-Encoding", "Accept")
	if got := next.Values("Vary"); !slices.Equal(got, []string{"Accept-Encoding", "Accept"}) {
		t.Errorf("Vary of the next answer: %q", got)
	}
	for name, value := range map[string][]string{"noCache": noCache, "cacheHit": cacheHit, "varyEncoding": varyEncoding, "varyAccept": varyAccept,
		"Content-Type": choiceOf("json", nil, solutionOffers).header, "ETag": newContent([]string{"x"}).tag(store.Commit{})} {
		if cap(value) != len(value) {
			t.Errorf("%s has room, so that appending to one answer's header changes another's", name)
		}
	}
}
