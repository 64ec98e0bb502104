package source

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Hosts sees to it that a host is asked by one client at a time, though several sources are read at once. A client may send several requests
// at once to the host that it has. The zero Hosts is ready. It is safe for concurrent use.
type Hosts struct {
	mu    sync.Mutex
	used  map[string]*hostUse
	until map[string]time.Time // before when a host has asked not to be asked
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
	host, port := strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), u.Port()
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
