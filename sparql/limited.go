package sparql

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// limited is a context that ends after a while, with ErrTimeout as its cause. Until somebody waits for its end it has neither a timer nor a
// place among what its parent ends: a small query asks Err a few times and is over. It is safe for concurrent use.
type limited struct {
	parent   context.Context
	deadline time.Time // zero for no limit
	asked    atomic.Int32

	mu   sync.Mutex
	real atomic.Pointer[realContext] // what it stands for, once that is needed
}

type realContext struct {
	context.Context
	cancel context.CancelFunc
}

// askedOften is how often Err looks at the clock: who asks more often gets a context that knows.
const askedOften = 64

// canceled is what stands for a context that ended before it was needed.
var canceled = func() *realContext {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return &realContext{ctx, cancel}
}()

// limit makes a context that ends after a while, unless that is 0, and when it is canceled, which must be done.
func limit(parent context.Context, after time.Duration) (ctx context.Context, cancel context.CancelFunc) {
	c := &limited{parent: parent}
	if after > 0 {
		c.deadline = time.Now().Add(after)
	}
	return c, c.cancel
}

func (c *limited) cancel() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.real.Load(); r != nil {
		r.cancel()
		return
	}
	c.real.Store(canceled)
}

// needed makes the context that this one stands for.
func (c *limited) needed() *realContext {
	if r := c.real.Load(); r != nil {
		return r
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.real.Load()
	if r == nil {
		r = &realContext{}
		if c.deadline.IsZero() {
			r.Context, r.cancel = context.WithCancel(c.parent)
		} else {
			r.Context, r.cancel = context.WithDeadlineCause(c.parent, c.deadline, ErrTimeout)
		}
		c.real.Store(r)
	}
	return r
}

func (c *limited) Deadline() (time.Time, bool) {
	d, ok := c.parent.Deadline()
	if c.deadline.IsZero() || ok && d.Before(c.deadline) {
		return d, ok
	}
	return c.deadline, true
}

func (c *limited) Done() <-chan struct{} { return c.needed().Done() }

func (c *limited) Err() error {
	if r := c.real.Load(); r != nil {
		return r.Err()
	}
	if c.parent.Err() != nil || !c.deadline.IsZero() && !time.Now().Before(c.deadline) || c.asked.Add(1) > askedOften {
		return c.needed().Err()
	}
	return nil
}

// Value finds also what package context itself looks for, so that contexts made of this one end with it and with its cause.
func (c *limited) Value(key any) any {
	if r := c.real.Load(); r != nil && r != canceled {
		return r.Value(key)
	}
	return c.parent.Value(key)
}
