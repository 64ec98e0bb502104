package source

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestMemory: of runs that hold little all go on, of those that hold much one; the others wait until it holds little again, which they are not
// charged for.
func TestMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(100)
		ctx, cancel := context.WithCancelCause(t.Context())
		var waits Waits
		a, b, c, d := m.Share(nil), m.Share(&waits), m.Share(nil), m.Share(nil)
		grow := func(s *Share, bytes int64) {
			t.Helper()
			if err := s.Grow(ctx, bytes); err != nil {
				t.Fatal(err)
			}
		}
		grow(a, 100)
		grow(b, 60)
		grow(c, 100)
		grow(a, 1) // much
		grow(a, 1000)
		start := time.Now()
		done := make(chan time.Duration)
		go func() {
			if err := b.Grow(ctx, 60); err != nil {
				t.Error(err)
			}
			done <- time.Since(start)
		}()
		time.Sleep(time.Minute)
		synctest.Wait()
		if w := waits.Total(); w != time.Minute {
			t.Errorf("waited %v while waiting", w)
		}
		grow(d, 100)
		a.Keep(100)
		if waited := <-done; waited != time.Minute || waits.Total() != time.Minute {
			t.Errorf("waited %v, counted %v", waited, waits.Total())
		}
		enough := errors.New("enough")
		go cancel(enough)
		if err := c.Grow(ctx, 1); !errors.Is(err, enough) {
			t.Errorf("after the end: %v", err)
		}
		b.Close()
		b.Close()
		grow(b, 1000) // by one that comes late: it must not take the token for ever
		ctx = t.Context()
		grow(d, 1)
		d.Keep(0)
		if err := (*Share)(nil).Grow(ctx, 1<<40); err != nil {
			t.Error(err)
		}
	})
}

// TestHosts: a host belongs to one client until all its requests have ended; other hosts are free.
func TestHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h Hosts
		var waits Waits
		a, b := NewClient(ClientOptions{Hosts: &h}), NewClient(ClientOptions{Hosts: &h, Waits: &waits})
		take := func(host string, c *Client) {
			t.Helper()
			if err := h.take(t.Context(), host, c); err != nil {
				t.Fatal(err)
			}
		}
		take("x", a)
		take("x", a)
		take("y", b)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := h.take(ctx, "x", b); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("two clients at one host: %v", err)
		}
		go func() {
			time.Sleep(time.Second)
			h.give("x")
			time.Sleep(time.Second)
			h.give("x")
		}()
		take("x", b)
		if waits.Total() != 3*time.Second {
			t.Errorf("waited %v", waits.Total())
		}
		h.give("x")
		h.give("y")
		if len(h.used) != 0 {
			t.Errorf("%d hosts are in use at the end", len(h.used))
		}
	})
	for address, want := range map[string]string{
		"http://Example.ORG/a": "example.org", "http://example.org:80": "example.org", "https://u:p@example.org:443/x?y": "example.org",
		"http://example.org:8080/": "example.org:8080", "https://[::1]:8443/": "[::1]:8443", "https://[::1]/": "::1", "http://[::1]:80/": "::1",
		"http://example.org./x": "example.org", "http://example.org:/x": "example.org", "https://example.org.:443/x": "example.org", "https://example.org:80/": "example.org:80",
		"https://BÜCHER.example/x": "xn--bcher-kva.example", "https://xn--Bcher-kva.example:443": "xn--bcher-kva.example", "http://b%C3%BCcher.example:8080/": "xn--bcher-kva.example:8080", "http://[::ffff:192.0.2.1]/": "192.0.2.1",
		"file.ttl": "", "http://%zz/": "", "": "",
	} {
		if got := Host(address); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}
