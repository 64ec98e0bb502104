package loaders

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"triplestore/internal/egress"
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
		guard       func(source string) egress.Options
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
		{path: "/long", fails: "longer than allowed", guard: func(s string) egress.Options { return egress.Options{Allow: allow(t, s), MaxBytes: 1000} }},
		{path: "/stalls", fails: "stopped sending", guard: func(s string) egress.Options {
			return egress.Options{Allow: allow(t, s), Stall: 20 * time.Millisecond}
		}},
		{path: "/data", fails: "not public", guard: func(string) egress.Options { return egress.Options{Allow: allow(t, "*")} }},
		{path: "/data", fails: "allow-list", guard: func(string) egress.Options { return egress.Options{} }},
		{path: "/moved", fails: "allow-list", guard: func(s string) egress.Options { return egress.Options{Allow: allow(t, s)} }},
	} {
		t.Run(c.path+" "+c.fails, func(t *testing.T) {
			t.Parallel()
			source := srv.URL + c.path
			f := newFetcher([]string{source}, nil)
			if c.guard != nil {
				f = NewGuardedFetcher(egress.New(c.guard(source)))
			}
			defer f.Close()
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

func allow(t *testing.T, list ...string) []egress.Rule {
	t.Helper()
	rules, err := egress.ParseRules(list)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}
