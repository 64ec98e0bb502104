package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// TestTracesOfTheProgram starts the program as a process that sends its traces to a collector: the spans of a query and of an update arrive,
// the last ones at its end.
func TestTracesOfTheProgram(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	spans := map[string][]string{} // names by trace
	services := map[string]bool{}
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var m collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(body, &m)
		}
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("the collector got %s: %v", r.URL, err)
			http.Error(w, "bad", http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		for _, rs := range m.GetResourceSpans() {
			for _, a := range rs.GetResource().GetAttributes() {
				if a.GetKey() == "service.name" {
					services[a.GetValue().GetStringValue()] = true
				}
			}
			for _, ss := range rs.GetScopeSpans() {
				for _, s := range ss.GetSpans() {
					id := hex.EncodeToString(s.GetTraceId())
					spans[id] = append(spans[id], s.GetName())
				}
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	defer sink.Close()

	program, err := exec.LookPath("triplestore") // TestMain puts it there
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "serve", "--listen", "127.0.0.1:0", "--json", "--store", filepath.Join(t.TempDir(), "db"),
		"--otlp-endpoint", sink.URL, "--allow-anonymous-writes")
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return len(v) > 5 && v[:5] == "OTEL_" })
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var a announcement
	if err := json.NewDecoder(out).Decode(&a); err != nil {
		cmd.Wait() //nolint:errcheck // the decoding failed for the same reason
		t.Fatalf("serve: %v\n%s", err, &stderr)
	}
	go io.Copy(io.Discard, out) //nolint:errcheck // a test
	const trace = "0af7651916cd43dd8448eb211c80319c"
	for _, r := range []struct{ method, path, mediaType, body string }{
		{"POST", "update", "application/sparql-update", "INSERT DATA { <http://e/s> <http://e/p> 1 }"},
		{"GET", "sparql?query=" + url.QueryEscape("SELECT * { ?s ?p ?o }"), "", ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), r.method, a.URL+r.path, bytes.NewReader([]byte(r.body)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", r.mediaType)
		if r.method == "GET" {
			req.Header.Set("Traceparent", "00-"+trace+"-b7ad6b7169203331-01")
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if resp.Body.Close(); resp.StatusCode != http.StatusOK {
			t.Errorf("%s %s: %s", r.method, r.path, resp.Status)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	mu.Lock()
	defer mu.Unlock()
	if !services["triplestore"] || len(services) != 1 {
		t.Errorf("the spans are of the services %v", services)
	}
	for _, name := range []string{"GET /sparql", "execute", "parse and plan", "write results"} {
		if !slices.Contains(spans[trace], name) {
			t.Errorf("the trace of the query lacks %q: %v", name, spans)
		}
	}
	delete(spans, trace)
	for _, names := range spans {
		for _, name := range []string{"POST /update", "execute", "commit"} {
			if !slices.Contains(names, name) {
				t.Errorf("the trace of the update lacks %q: %v", name, spans)
			}
		}
	}
	if len(spans) != 1 {
		t.Errorf("besides the query's there are %d traces, want 1: %v", len(spans), spans)
	}
}
