package source

import (
	"sync"
	"time"
)

// Waits is for how long a run waited for other runs: for their hosts, and for the memory that they hold. That is no fault of the source, so its
// timeout does not count it. A nil Waits counts nothing. It is safe for concurrent use.
type Waits struct {
	// Changed, where it is not nil, is told when the run begins to wait and when it goes on. It must not use the Waits.
	Changed func(waiting bool)

	mu    sync.Mutex
	now   int // that wait
	since time.Time
	total time.Duration
}

// begin notes that one waits until end is called.
func (w *Waits) begin() (end func()) {
	if w == nil {
		return func() {}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now++; w.now == 1 {
		w.since = time.Now()
		if w.Changed != nil {
			w.Changed(true)
		}
	}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.now--; w.now == 0 {
			w.total += time.Since(w.since)
			if w.Changed != nil {
				w.Changed(false)
			}
		}
	}
}

// Total is the time during which at least one waited, up to now.
func (w *Waits) Total() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now > 0 {
		return w.total + time.Since(w.since)
	}
	return w.total
}
