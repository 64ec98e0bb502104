package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"triplestore/examples"
	"triplestore/loaders"
	"triplestore/server"
	"triplestore/store/memstore"
)

// The load finds no error on a server that works, and all of them on one that does not.
func TestLoad(t *testing.T) {
	t.Parallel()
	st := memstore.New()
	if _, err := loaders.LoadFS(t.Context(), st, examples.FS(), examples.DataFiles(), loaders.Options{Strict: true, Base: examples.Base}); err != nil {
		t.Fatal(err)
	}
	s, err := server.New(server.Config{Store: st, Log: slog.New(slog.DiscardHandler), UnionDefaultGraph: true})
	if err != nil {
		t.Fatal(err)
	}
	broken := false
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if broken && strings.HasPrefix(r.URL.Path, "/resource") {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		s.ServeHTTP(w, r)
	}))
	defer web.Close()
	c := config{url: web.URL, clients: []int{1, 4}, duration: 300 * time.Millisecond, mix: "all", sample: 50, seed: 1, pid: os.Getpid(), class: "http://www.w3.org/ns/dcat#Dataset"}
	var out bytes.Buffer
	if err := run(t.Context(), &out, c, true); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	var reports []report
	if err := json.Unmarshal(out.Bytes(), &reports); err != nil || len(reports) != 2 {
		t.Fatalf("%v\n%s", err, &out)
	}
	for _, r := range reports {
		if r.All.Requests == 0 || r.All.Errors > 0 || r.All.PerS <= 0 || r.All.P50 > r.All.P99 || len(r.Kinds) != 8 {
			t.Errorf("%+v", r)
		}
	}
	c.url, c.mix = web.URL+"/sparql", "queries"
	if err := run(t.Context(), &out, c, false); err != nil || !strings.Contains(out.String(), "4 clients") {
		t.Errorf("%v\n%s", err, &out)
	}
	broken, c.url, c.mix = true, web.URL, "all"
	if err := run(t.Context(), &out, c, false); err == nil || !strings.Contains(out.String(), "status 500") {
		t.Errorf("a broken server: %v\n%s", err, &out)
	}
	c.class = "http://example.org/Nothing"
	if err := run(t.Context(), &out, c, false); err == nil || !strings.Contains(err.Error(), "-class") {
		t.Errorf("no resources: %v", err)
	}
}

func TestMemoryOf(t *testing.T) {
	t.Parallel()
	samples := []float64{900, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}
	if m := memoryOf(samples, 2); m.First != 4 || m.Last != 18 || m.Max != 900 || m.Samples != 20 {
		t.Errorf("%+v", m)
	}
	if memoryOf(nil, 0) != nil {
		t.Error("no samples")
	}
}
