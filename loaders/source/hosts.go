package source

import (
	"context"
	"maps"
	"net/url"
	"strings"
	"sync"
	"time"

	"triplestore/internal/egress"
)

// Hosts sees to it that a host is asked by one client at a time, though several sources are read at once, and remembers when it may be asked
// again. A client may send several requests at once to the host that it has. The zero Hosts is ready. It is safe for concurrent use.
type Hosts struct {
	mu    sync.Mutex
	used  map[string]*hostUse
	until map[string]time.Time // before when a host has asked not to be asked
	last  map[string]time.Time // when it was asked last
}

type hostUse struct {
	by       *Client
	requests int
	free     chan struct{} // closed when the client has the host no more
}

// Host is the host of a URL, with the port where it is not that of the scheme, as it is counted; empty where there is none.
func Host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	host, port := egress.Host(u.Hostname()), u.Port()
	if host == "" || port == "" || u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		return host
	}
	if strings.Contains(host, ":") { // IPv6
		host = "[" + host + "]"
	}
	return host + ":" + port
}

// take waits until no other client uses the host.
func (h *Hosts) take(ctx context.Context, host string, c *Client) error {
	for {
		h.mu.Lock()
		u := h.used[host]
		if u == nil || u.by == c {
			if u == nil {
				if h.used == nil {
					h.used = map[string]*hostUse{}
				}
				u = &hostUse{by: c, free: make(chan struct{})}
				h.used[host] = u
			}
			u.requests++
			h.mu.Unlock()
			return nil
		}
		h.mu.Unlock()
		end := c.o.Waits.begin()
		select {
		case <-u.free:
			end()
		case <-ctx.Done():
			end()
			return context.Cause(ctx)
		}
	}
}

// give ends what take began.
func (h *Hosts) give(host string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.used[host]
	if u.requests--; u.requests == 0 {
		delete(h.used, host)
		close(u.free)
	}
}

// quiet notes that a host is not to be asked before a time; quietUntil gives the latest that was noted.
func (h *Hosts) quiet(host string, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.until == nil {
		h.until = map[string]time.Time{}
	}
	if until.After(h.until[host]) {
		h.until[host] = until
	}
}

func (h *Hosts) quietUntil(host string) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.until[host]
}

// turn tells how long to wait so that a host is left alone for the delay, whoever asked it before; the next one then waits for its turn after that.
func (h *Hosts) turn(host string, delay time.Duration, now time.Time) (wait time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if last, ok := h.last[host]; ok {
		wait = max(0, last.Add(delay).Sub(now))
	}
	h.note(host, now.Add(wait))
	return wait
}

// asked notes when a request ended.
func (h *Hosts) asked(host string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.note(host, now)
}

// manyHosts is of how many hosts it is remembered when they were asked though that is over an hour ago.
const manyHosts = 1000

// note notes when a host is or was asked. The mutex is held.
func (h *Hosts) note(host string, at time.Time) {
	if h.last == nil {
		h.last = map[string]time.Time{}
	}
	if len(h.last) >= manyHosts {
		maps.DeleteFunc(h.last, func(_ string, t time.Time) bool { return at.Sub(t) > time.Hour })
	}
	if at.After(h.last[host]) {
		h.last[host] = at
	}
}
