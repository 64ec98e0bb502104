package loaders

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestFetch(t *testing.T) {
	t.Parallel()
	stall := make(chan struct{})
	t.Cleanup(func() { close(stall) })
	mux := http.NewServeMux()
	mux.HandleFunc("/data", func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept"), "text/turtle") {
			http.Error(w, "no", http.StatusNotAcceptable)
			return
		}
		w.Header().Set("Content-Type", "text/turtle; charset=utf-8")
		fmt.Fprint(w, "<s> <http://e/p> <http://e/o> .")
	})
	mux.HandleFunc("/gzipped", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "application/n-triples")
		fmt.Fprint(w, gz(t, one))
	})
	mux.Handle("/moved", http.RedirectHandler("/data", http.StatusFound))
	mux.Handle("/loop", http.RedirectHandler("/loop", http.StatusFound))
	mux.Handle("/inside", http.RedirectHandler("http://127.0.0.2:1/secret", http.StatusFound))
	mux.Handle("/file", http.RedirectHandler("file:///etc/passwd", http.StatusFound))
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<html></html>")
	})
	mux.HandleFunc("/short", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/n-triples")
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, one)
	})
	mux.HandleFunc("/long", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/n-triples")
		for range 1000 {
			fmt.Fprint(w, one)
		}
	})
	mux.HandleFunc("/stalls", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/n-triples")
		fmt.Fprint(w, one)
		http.NewResponseController(w).Flush() //nolint:errcheck // a test
		select {
		case <-stall:
		case <-r.Context().Done():
		}
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	for _, c := range []struct {
		path, fails string
		want        int
		change      func(*Fetcher)
	}{
		{path: "/data", want: 1},
		{path: "/gzipped", want: 1},
		{path: "/moved", want: 1},
		{path: "/loop", fails: "redirects"},
		{path: "/inside", fails: "not public"},
		{path: "/file", fails: "only http"},
		{path: "/missing", fails: "404"},
		{path: "/page", fails: "none of the sources"},
		{path: "/short", fails: "unexpected EOF"},
		{path: "/long", fails: "longer than allowed", change: func(f *Fetcher) { f.MaxBytes = 1000 }},
		{path: "/stalls", fails: "stopped sending", change: func(f *Fetcher) { f.StallTimeout = 20 * time.Millisecond }},
		{path: "/data", fails: "not public", change: func(f *Fetcher) { f.Hosts = nil }},
		{path: "/data", fails: "not allowed", change: func(f *Fetcher) { f.Allow = nil }},
		{path: "/data", fails: "never", change: func(f *Fetcher) { f.Allow = func(*url.URL) error { return errors.New("never") } }},
		{path: "/moved", fails: "not there", change: func(f *Fetcher) {
			f.Allow = func(u *url.URL) error {
				if u.Path == "/data" {
					return errors.New("not there")
				}
				return nil
			}
		}},
	} {
		t.Run(c.path+" "+c.fails, func(t *testing.T) {
			t.Parallel()
			source := srv.URL + c.path
			f := NewFetcher([]string{source})
			f.Proxy = nil
			if c.change != nil {
				c.change(f)
			}
			st := newStore(t)
			_, err := Load(t.Context(), st, []string{source}, Options{Fetcher: f})
			if (c.fails == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Fatalf("error %v, want %q", err, c.fails)
			}
			if n, _ := size(t, st); n != c.want {
				t.Errorf("%d quads, want %d", n, c.want)
			}
			if c.path == "/moved" && c.want == 1 {
				if got, want := quads(t, st)[0].S.Value(), srv.URL+"/s"; got != want {
					t.Errorf("base: got %s, want %s", got, want)
				}
			}
		})
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string]bool{
		"8.8.8.8": true, "2a00:1450::1": true, "127.0.0.1": false, "::1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "fe80::1": false, "fd00::1": false, "0.0.0.0": false, "::ffff:127.0.0.1": false, "100.64.1.1": false,
		"224.0.0.1": false, "255.255.255.255": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "::": false,
	} {
		if got := public(netip.MustParseAddr(ip)); got != want {
			t.Errorf("%s: %v", ip, got)
		}
	}
}
