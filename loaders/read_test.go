package loaders

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"triplestore/internal/egress"
	"triplestore/rdf"
)

func TestRead(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	answer := func(path, mediaType, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", mediaType)
			fmt.Fprint(w, body)
		})
	}
	answer("/data", "text/turtle", "_:a <http://e/p> <o> .")
	answer("/trig", "application/trig", "<s> <p> <o> . <g> { <s> <p> 1 }")
	answer("/bad", "text/turtle", "<s> <p> <o> .\n<s> <p> oh .\n<s> <p> <o2> .")
	answer("/page", "text/html", "<html></html>")
	answer("/zip", "application/n-triples", gz(t, strings.Repeat("<http://e/s> <http://e/p> <http://e/o> .\n", 1000)))
	answer("/many", "application/n-triples", strings.Repeat("<http://e/s> <http://e/p> <http://e/o> .\n", 100_000))
	mux.Handle("/moved", http.RedirectHandler("/data", http.StatusFound))
	mux.Handle("/inside", http.RedirectHandler("http://127.0.0.2:1/", http.StatusFound))
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	g := egress.New(egress.Options{Allow: allow(t, srv.URL), MaxBytes: 8 << 20})
	t.Cleanup(g.Close)
	for _, c := range []struct {
		address, want, fails string
		expanded             int64
	}{
		{address: "/data", want: "_:x1-0-a <http://e/p> <BASE/o>"},
		{address: "/moved", want: "_:x1-0-a <http://e/p> <BASE/o>"},
		{address: "/trig", want: "<BASE/s> <BASE/p> <BASE/o>\n<BASE/s> <BASE/p> 1 <BASE/g>"},
		{address: "/bad", fails: "it cannot be read: line 2, column"},
		{address: "/page", fails: "it is no RDF"},
		{address: "/missing", fails: "404 Not Found"},
		{address: "/inside", fails: "refused"},
		{address: "/zip", fails: "larger than allowed once decompressed", expanded: 10000},
		{address: "/zip", want: strings.TrimSuffix(strings.Repeat("<http://e/s> <http://e/p> <http://e/o>\n", 1000), "\n")},
		{address: "file:///etc/passwd", fails: "only http and https"},
		{address: "http://127.0.0.1:1/", fails: "refused"},
		{address: "-", fails: "only http and https"},
	} {
		t.Run(c.address, func(t *testing.T) {
			t.Parallel()
			address := c.address
			if strings.HasPrefix(address, "/") {
				address = srv.URL + address
			}
			var mu sync.Mutex
			var got []string
			err := Read(t.Context(), address, Options{Fetcher: NewGuardedFetcher(g), BlankNodePrefix: "x1", MaxExpanded: c.expanded}, func(quads []rdf.Quad) error {
				mu.Lock()
				defer mu.Unlock()
				for _, q := range quads {
					s := strings.TrimSuffix(q.String(), " .")
					got = append(got, strings.ReplaceAll(strings.ReplaceAll(s, `"1"^^<http://www.w3.org/2001/XMLSchema#integer>`, "1"), srv.URL, "BASE"))
				}
				return nil
			})
			if (c.fails == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Fatalf("error %v, want %q", err, c.fails)
			}
			if s := strings.Join(got, "\n"); err == nil && s != c.want {
				t.Errorf("got %s, want %s", s, c.want)
			}
		})
	}
	mine := errors.New("mine")
	o := Options{Fetcher: NewGuardedFetcher(g)}
	if err := Read(t.Context(), srv.URL+"/many", o, func([]rdf.Quad) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := Read(ctx, srv.URL+"/many", o, func([]rdf.Quad) error { cancel(); return nil }); err != context.Canceled {
		t.Errorf("got %v", err)
	}
}

func TestGrowth(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, size := range map[string]int{"a.nt": 4000, "b.ttl.gz": 1000} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, size), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for source, want := range map[string]int64{dir: 3000, filepath.Join(dir, "*.nt"): 1000, "-": unknownGrowth, "https://example.org/x.nt": unknownGrowth, filepath.Join(dir, "none"): 0} {
		if got := Growth([]string{source}); got != want {
			t.Errorf("%s: %d, want %d", source, got, want)
		}
	}
}
