package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// TestInterrupt ends a load while it waits for standard input.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "db")
	ctx, cancel := context.WithCancel(t.Context())
	stdin, w := io.Pipe()
	go func() {
		io.WriteString(w, strings.Repeat("<http://e/s> <http://e/p> <http://e/o> .\n", 10_000)) //nolint:errcheck // the load is gone
		cancel()
	}()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"load", "--store", dir, "--format", "ntriples", "-"}, stdin, &stdout, &stderr); code != exitInterrupted {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
	stdin.Close()
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of the store stays: %v", err)
	}
}

// brokenPipe is a reader of our output that has had enough.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errBrokenPipe }

func TestBrokenPipe(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "db")
	file := filepath.Join(t.TempDir(), "a.nt")
	if err := os.WriteFile(file, []byte("<http://e/s> <http://e/p> 1 .\n<http://e/s> <http://e/p> \"o\" .\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"load", "--store", dir, file}, nil, &stdout, &stderr); code != exitOK {
		t.Fatal(stderr.String())
	}
	if code := run(t.Context(), []string{"dump", "--store", dir}, nil, brokenPipe{}, &stderr); code != exitOK || stderr.Len() > 0 {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
}

// TestInterruptHarvest ends a harvest while a source sends: what the source before it brought is whole, and of this one there is nothing, also
// of what it would replace.
func TestInterruptHarvest(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var hang atomic.Bool
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/n-triples")
		if !hang.Load() {
			io.WriteString(w, "<http://e.example/old> <http://e.example/p> \"old\" .\n") //nolint:errcheck // a test
			return
		}
		io.WriteString(w, strings.Repeat("<http://e.example/new> <http://e.example/p> \"new\" .\n", 10_000)) //nolint:errcheck // the harvest is gone
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	}))
	defer srv.Close()
	dir := t.TempDir()
	db, config := filepath.Join(dir, "db"), filepath.Join(dir, "sources.yaml")
	for name, text := range map[string]string{
		"sources.yaml": "sources:\n- {name: a, kind: rdf, path: a.ttl}\n- {name: b, kind: rdf, url: '" + srv.URL + "/b.nt'}\n",
		"a.ttl":        "<http://e.example/a> <http://e.example/p> \"first\" .\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"harvest", "-c", config, "--store", db}, nil, &stdout, &stderr); code != exitOK {
		t.Fatalf("exit code %d: %s%s", code, &stdout, &stderr)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.ttl"), []byte("<http://e.example/a> <http://e.example/p> \"second\" .\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	hang.Store(true)
	stdout.Reset()
	if code := run(ctx, []string{"harvest", "-c", config, "--store", db, "--parallel", "1"}, nil, &stdout, &stderr); code != exitInterrupted {
		t.Errorf("exit code %d: %s%s", code, &stdout, &stderr)
	}
	if want := "interrupted; what was committed stays: a\n"; !strings.HasSuffix(stderr.String(), want) {
		t.Errorf("stderr is %q, not %q at its end", &stderr, want)
	}
	values := func() string {
		var out bytes.Buffer
		if code := run(t.Context(), []string{"query", "--store", db, "--format", "csv", "SELECT ?o { GRAPH ?g { ?s <http://e.example/p> ?o } } ORDER BY ?o"}, nil, &out, &stderr); code != exitOK {
			t.Fatalf("exit code %d: %s", code, &stderr)
		}
		return strings.ReplaceAll(out.String(), "\r", "")
	}
	if got := values(); got != "o\nold\nsecond\n" {
		t.Errorf("after the interruption there is %q", got)
	}
	left, err := os.ReadDir(filepath.Join(db, "tmp", "harvest"))
	if err != nil && !errors.Is(err, os.ErrNotExist) || len(left) > 0 {
		t.Errorf("%d temporary files stay: %v", len(left), err)
	}
}
