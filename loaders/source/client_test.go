package source

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"triplestore/internal/egress"
)

// stoppedClock is a clock that stands still but for those who sleep.
type stoppedClock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func (c *stoppedClock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *stoppedClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.slept = append(c.slept, d)
	return ctx.Err()
}

func testClient(t *testing.T, h http.HandlerFunc, o ClientOptions) (*Client, string, *stoppedClock) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	rule, err := egress.Origin(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	g := egress.New(egress.Options{Allow: []egress.Rule{rule}})
	t.Cleanup(g.Close)
	clock := &stoppedClock{now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	o.Guard, o.Clock, o.Temp = g, clock, t.TempDir()
	o.Jitter = func() float64 { return 0.5 }
	return NewClient(o), s.URL, clock
}

func TestClientTriesAgain(t *testing.T) {
	n := 0
	c, url, clock := testClient(t, func(w http.ResponseWriter, r *http.Request) {
		n++
		switch n {
		case 1:
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			w.Header().Set("Retry-After", "Sun, 01 Nov 2026 12:01:00 GMT")
			w.WriteHeader(http.StatusServiceUnavailable)
		case 3:
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "only this") //nolint:errcheck // it is meant to break off
		default:
			w.Header().Set("ETag", `"a"`)
			io.WriteString(w, "all of it") //nolint:errcheck // a test's answer
		}
	}, ClientOptions{Retries: 4})
	d, err := c.Get(t.Context(), &Request{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	r, err := d.Open()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if string(b) != "all of it" || err != nil || d.Validators.ETag != `"a"` || n != 4 {
		t.Errorf("%q %v %+v after %d requests", b, err, d.Validators, n)
	}
	if want := "[7s 53s 4s]"; fmt.Sprint(clock.slept) != want {
		t.Errorf("slept %v, want %s", clock.slept, want)
	}
}

func TestClientGivesUp(t *testing.T) {
	for _, tt := range []struct {
		status   int
		after    string
		class    Class
		requests int64
	}{
		{500, "", Unavailable, 3}, {404, "", NotFound, 1}, {410, "", NotFound, 1}, {403, "", Refused, 1}, {418, "", Invalid, 1}, {429, "86400", Unavailable, 1},
	} {
		c, url, _ := testClient(t, func(w http.ResponseWriter, r *http.Request) {
			if tt.after != "" {
				w.Header().Set("Retry-After", tt.after)
			}
			w.WriteHeader(tt.status)
		}, ClientOptions{Retries: 2})
		_, err := c.Get(t.Context(), &Request{URL: url})
		if ClassOf(err) != tt.class || c.Requests() != tt.requests {
			t.Errorf("%d: class %q after %d requests: %v", tt.status, ClassOf(err), c.Requests(), err)
		}
	}
}

func TestClientConditional(t *testing.T) {
	c, url, _ := testClient(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Link", `</p?page=2>; rel="next", <https://example.org/x>; rel=prev`)
		w.Header().Set("ETag", `"v1"`)
	}, ClientOptions{})
	d, err := c.Get(t.Context(), &Request{URL: url})
	if err != nil || d.NotModified || d.Next() != url+"/p?page=2" || d.Link("prev") != "https://example.org/x" {
		t.Fatalf("%+v %v", d, err)
	}
	d, err = c.Get(t.Context(), &Request{URL: url, Validators: d.Validators})
	if err != nil || !d.NotModified || d.Validators.ETag != `"v1"` {
		t.Errorf("%+v %v", d, err)
	}
}

func TestClientLimits(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(make([]byte, 20<<20)) //nolint:errcheck // to memory
	z.Close()
	c, url, _ := testClient(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/encoded":
			w.Header().Set("Content-Encoding", "gzip")
			fallthrough
		case "/bomb":
			w.Write(bomb.Bytes()) //nolint:errcheck // a test's answer
		case "/endless":
			for range 20 {
				io.WriteString(w, strings.Repeat("x", 1<<20)) //nolint:errcheck // the client leaves
				w.(http.Flusher).Flush()
			}
		case "/torn":
			w.Write(bomb.Bytes()[:bomb.Len()/8]) //nolint:errcheck // a test's answer
		case "/large":
			io.WriteString(w, strings.Repeat("x", 3<<20)) //nolint:errcheck // a test's answer
		}
	}, ClientOptions{MaxBytes: 5 << 20, MaxRequests: 5, Retries: 0})
	for path, class := range map[string]Class{"/bomb": TooLarge, "/encoded": TooLarge, "/endless": TooLarge, "/torn": Unavailable} {
		if _, err := c.Get(t.Context(), &Request{URL: url + path}); ClassOf(err) != class {
			t.Errorf("%s: class %q, want %q: %v", path, ClassOf(err), class, err)
		}
	}
	d, err := c.Get(t.Context(), &Request{URL: url + "/large"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r, err := d.Open()
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); n != 3<<20 || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if _, err := c.Get(t.Context(), &Request{URL: url + "/large"}); ClassOf(err) != TooLarge || !strings.Contains(err.Error(), "5 requests") {
		t.Errorf("the sixth request: %v", err)
	}
	if _, err := c.Get(t.Context(), &Request{URL: "http://127.0.0.2:1/"}); err == nil {
		t.Error("an address that nobody named was asked")
	}
}

// TestRetryAfterHoldsForAll: what a server asked of one client holds for the next one, too.
func TestRetryAfterHoldsForAll(t *testing.T) {
	for _, tt := range []struct {
		after    string
		requests int
		slept    string // by the second client
		err      string
	}{{"60", 2, "[1m0s]", ""}, {"3600", 1, "[]", "until 2026-11-01T13:00:00Z"}, {"99999999", 1, "[]", "until 2026-11-02T12:00:00Z"}, {"", 2, "[]", ""}} {
		n := 0
		var hosts Hosts
		a, url, clock := testClient(t, func(w http.ResponseWriter, r *http.Request) {
			if n++; n == 1 {
				if tt.after != "" {
					w.Header().Set("Retry-After", tt.after)
				}
				w.WriteHeader(http.StatusTooManyRequests)
			}
		}, ClientOptions{Hosts: &hosts})
		if _, err := a.Get(t.Context(), &Request{URL: url + "/a"}); ClassOf(err) != Unavailable {
			t.Errorf("%s: %v", tt.after, err)
		}
		b := NewClient(a.o)
		d, err := b.Get(t.Context(), &Request{URL: url + "/b"})
		if tt.err == "" && err != nil || tt.err != "" && (ClassOf(err) != Unavailable || !strings.Contains(fmt.Sprint(err), tt.err)) {
			t.Errorf("%s: %v", tt.after, err)
		}
		if d != nil {
			d.Close()
		}
		if n != tt.requests || fmt.Sprint(clock.slept) != tt.slept {
			t.Errorf("%s: %d requests, slept %v", tt.after, n, clock.slept)
		}
	}
}

// TestDelay: a host is left alone for the delay between two requests, also when another client sent the first one or a request is tried again;
// other hosts are not.
func TestDelay(t *testing.T) {
	var clock *stoppedClock
	var url string
	var a *Client
	var asked []string
	var start time.Time
	n := 0
	a, url, clock = testClient(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, fmt.Sprint(r.URL.Path, " ", clock.Now().Sub(start)))
		clock.Sleep(r.Context(), 2*time.Second) //nolint:errcheck // it takes some time
		if n++; n == 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}, ClientOptions{Hosts: &Hosts{}, Delay: 10 * time.Second, Retries: 1})
	start = clock.Now()
	o := a.o
	b := NewClient(o)
	o.Delay = 0
	c := NewClient(o)
	for _, x := range []struct {
		client *Client
		path   string
	}{{a, "/1"}, {a, "/2"}, {b, "/3"}, {c, "/4"}, {b, "/5"}} {
		d, err := x.client.Get(t.Context(), &Request{URL: url + x.path})
		if err != nil {
			t.Fatal(err)
		}
		d.Close()
	}
	if got, want := fmt.Sprint(asked), "[/1 0s /2 12s /3 24s /3 36s /4 38s /5 50s]"; got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
	hosts, now := a.o.Hosts, clock.Now()
	if wait := hosts.turn("other", 10*time.Second, now); wait != 0 {
		t.Errorf("another host: %v", wait)
	}
	if wait := hosts.turn("other", 10*time.Second, now.Add(time.Second)); wait != 9*time.Second {
		t.Errorf("a request at the same time: %v", wait)
	}
	if wait := hosts.turn("other", 10*time.Second, now.Add(time.Second)); wait != 19*time.Second {
		t.Errorf("one more: %v", wait)
	}
	for i := range manyHosts {
		hosts.asked(fmt.Sprint(i), now)
	}
	if hosts.asked("last", now.Add(2*time.Hour)); len(hosts.last) != 1 {
		t.Errorf("%d hosts are remembered", len(hosts.last))
	}
}
