// Package throttle limits what one client may ask of a server: how many requests in a time, how many at once, and how much work. It also
// says who a client is, by its address, also behind proxies.
package throttle

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits are those of one client. A field that is 0 limits nothing.
type Limits struct {
	// Rate is how many requests a second are let through in the long run, Burst how many at once after a pause; 0 is four times Rate.
	Rate  float64
	Burst int
	// AtOnce is how many requests may be unfinished.
	AtOnce int
	// Work is how much work a second is let through in the long run: 1 is one query that runs all the time. WorkBurst is how much may come at
	// once after a pause; 0 is two minutes. Work is known only when it is done, so a client may owe some.
	Work      float64
	WorkBurst time.Duration
}

// Clients keeps account of clients. It is safe for concurrent use.
type Clients struct {
	limits Limits
	idle   time.Duration // after which a client owes nothing, so that it can be forgotten

	mu    sync.Mutex
	known map[string]*client
	swept time.Time
}

type client struct {
	requests, work *rate.Limiter
	atOnce         int
	seen           time.Time
}

const (
	// maxClients is how many clients are known at a time; there is about half a kilobyte for each.
	maxClients = 100_000
	sweepEvery = time.Minute
)

// New makes an account without clients.
func New(l Limits) *Clients {
	if l.Burst <= 0 {
		l.Burst = max(1, int(4*l.Rate))
	}
	if l.WorkBurst <= 0 {
		l.WorkBurst = 2 * time.Minute
	}
	c := &Clients{limits: l, known: map[string]*client{}}
	if l.Rate > 0 {
		c.idle = max(c.idle, time.Duration(float64(l.Burst)/l.Rate*float64(time.Second)))
	}
	if l.Work > 0 {
		c.idle = max(c.idle, 2*time.Duration(float64(l.WorkBurst)/l.Work))
	}
	return c
}

// of finds a client. The caller holds the lock.
func (c *Clients) of(key string, now time.Time) *client {
	k := c.known[key]
	if k == nil {
		if now.Sub(c.swept) > sweepEvery || len(c.known) >= maxClients {
			c.sweep(now)
		}
		k = &client{}
		if c.limits.Rate > 0 {
			k.requests = rate.NewLimiter(rate.Limit(c.limits.Rate), c.limits.Burst)
		}
		if c.limits.Work > 0 {
			k.work = rate.NewLimiter(rate.Limit(c.limits.Work*1000), int(c.limits.WorkBurst.Milliseconds()))
		}
		c.known[key] = k
	}
	k.seen = now
	return k
}

// sweep forgets those who owe nothing, and where there are too many, others as they come.
func (c *Clients) sweep(now time.Time) {
	c.swept = now
	for key, k := range c.known {
		if k.atOnce == 0 && now.Sub(k.seen) > c.idle {
			delete(c.known, key)
		}
	}
	for key, k := range c.known {
		if len(c.known) < maxClients*3/4 {
			return
		}
		if k.atOnce == 0 {
			delete(c.known, key)
		}
	}
}

// Enter lets a request through, which Leave must end; or it says after what time it may come again.
func (c *Clients) Enter(key string, now time.Time) (wait time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.of(key, now)
	if c.limits.AtOnce > 0 && k.atOnce >= c.limits.AtOnce {
		return time.Second, false
	}
	if k.work != nil {
		if left := k.work.TokensAt(now); left <= 0 {
			return time.Duration((1 - left) / (c.limits.Work * 1000) * float64(time.Second)), false
		}
	}
	if k.requests != nil {
		r := k.requests.ReserveN(now, 1)
		if d := r.DelayFrom(now); d > 0 {
			r.CancelAt(now)
			return d, false
		}
	}
	k.atOnce++
	return 0, true
}

// Leave ends a request that Enter let through.
func (c *Clients) Leave(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := c.known[key]; k != nil && k.atOnce > 0 {
		k.atOnce--
	}
}

// Charge writes work to the account of a client.
func (c *Clients) Charge(key string, work time.Duration, now time.Time) {
	if c.limits.Work <= 0 || work <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.of(key, now)
	for rest := int(work.Milliseconds()); rest > 0; {
		n := min(rest, k.work.Burst())
		k.work.ReserveN(now, n)
		rest -= n
	}
}
