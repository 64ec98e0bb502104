package server

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"triplestore/internal/egress"
	"triplestore/server/tracing"
	"triplestore/sparql/service"
	"triplestore/store"
)

// receiver is a collector of traces.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	raw   bytes.Buffer // all that came
	spans []*otlp.Span
}

func newReceiver(t *testing.T) *receiver {
	c := &receiver{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
		c.mu.Lock()
		defer c.mu.Unlock()
		c.raw.Write(body)
		for _, rs := range m.GetResourceSpans() {
			for _, ss := range rs.GetScopeSpans() {
				c.spans = append(c.spans, ss.GetSpans()...)
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(c.Close)
	return c
}

// named is the only span of that name whose parent is the given one, if one is given.
func (c *receiver) named(t *testing.T, name string, parent *otlp.Span) *otlp.Span {
	t.Helper()
	var found []*otlp.Span
	for _, s := range c.spans {
		if s.GetName() == name && (parent == nil || bytes.Equal(s.GetParentSpanId(), parent.GetSpanId())) {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d spans are called %s, of %v", len(found), name, c.spans)
	}
	return found[0]
}

func attributes(s *otlp.Span) map[string]string {
	m := map[string]string{}
	for _, a := range s.GetAttributes() {
		m[a.GetKey()] = strings.Trim(a.GetValue().String(), `"`)
	}
	return m
}

func TestTraces(t *testing.T) {
	for _, text := range []bool{false, true} {
		t.Setenv("OTEL_TRACES_SAMPLER", "") // what the one who runs the test has set does not count
		sink := newReceiver(t)
		tracer, err := tracing.Open(t.Context(), tracing.Options{Endpoint: sink.URL, QueryText: text})
		if err != nil {
			t.Fatal(err)
		}
		var passed string
		other := endpointOf(t, func(w http.ResponseWriter, r *http.Request) {
			passed = r.Header.Get("Traceparent")
			io.WriteString(w, `{"head":{"vars":["s","o"]},"results":{"bindings":[`+binding+`]}}`) //nolint:errcheck // a test
		})
		rules, err := egress.ParseRules([]string{other})
		if err != nil {
			t.Fatal(err)
		}
		guard := egress.New(egress.Options{Allow: rules, Observe: tracer.Outgoing})
		t.Cleanup(guard.Close)
		var log lockedBuffer
		srv := testServer(t, testStore(t, testData), func(c *Config) {
			c.Tracer, c.Service, c.Log = tracer, service.New(service.Options{Guard: guard}), slog.New(slog.NewTextHandler(&log, nil))
			withToken(c)
		})
		const trace = "0af7651916cd43dd8448eb211c80319c"
		q := "/sparql?query=" + url.QueryEscape(`SELECT ?o ("secretword" AS ?w) WHERE { SERVICE <`+other+`> { ?s <http://e/p> ?o } }`)
		if r := do(t, srv, "GET", q, nil, "Traceparent", "00-"+trace+"-b7ad6b7169203331-01"); r.StatusCode != 200 || !strings.Contains(r.body, "there") {
			t.Fatal(r.StatusCode, r.body)
		}
		if r := do(t, srv, "POST", "/update", strings.NewReader("INSERT DATA { <http://e/s> <http://e/p> 'x' }"), append([]string{"Content-Type", typeUpdate}, bearer...)...); r.StatusCode != 200 {
			t.Fatal(r.StatusCode, r.body)
		}
		do(t, srv, "GET", "/sparql?query=nonsense", nil)
		srv.Close()                            // waits for the handlers, and so for their spans
		if err := tracer.Close(); err != nil { // nothing more comes to the receiver
			t.Fatal(err)
		}

		var root *otlp.Span
		for _, s := range sink.spans {
			if hex.EncodeToString(s.GetParentSpanId()) == "b7ad6b7169203331" {
				root = s
			}
		}
		if root == nil || root.GetName() != "GET /sparql" || hex.EncodeToString(root.GetTraceId()) != trace || root.GetKind() != otlp.Span_SPAN_KIND_SERVER {
			t.Fatalf("the span of the request is %v", root)
		}
		if a := attributes(root); !strings.HasSuffix(a["http.route"], `"/sparql`) || !strings.HasSuffix(a["http.response.status_code"], ":200") || a["triplestore.request.id"] == "" {
			t.Errorf("the span of the request says %v", a)
		}
		run := sink.named(t, "execute", root)
		sink.named(t, "parse and plan", run)
		sink.named(t, "write results", run)
		asked := sink.named(t, "POST", run)
		if want := "00-" + trace + "-" + hex.EncodeToString(asked.GetSpanId()) + "-01"; passed != want {
			t.Errorf("the endpoint got the traceparent %q, want %q", passed, want)
		}
		update := sink.named(t, "POST /update", nil)
		commit := sink.named(t, "commit", sink.named(t, "execute", update))
		if a := attributes(commit); !strings.HasSuffix(a["triplestore.inserted"], ":1") {
			t.Errorf("the span of the commit says %v", a)
		}
		if log := log.String(); !strings.Contains(log, "trace="+trace) || !strings.Contains(log, "request=") {
			t.Errorf("the log does not name the trace: %s", log)
		}
		sent := sink.raw.String()
		if got := strings.Contains(sent, "secretword"); got != text {
			t.Errorf("the text of the query was sent: %v, want %v", got, text)
		}
		if strings.Contains(sent, token) {
			t.Error("the token was sent")
		}
	}
}

// heldStore makes readers wait until they are let go.
type heldStore struct {
	store.Store
	started chan struct{}
	release chan struct{}
}

func (h *heldStore) Snapshot() (store.Snapshot, error) {
	select {
	case h.started <- struct{}{}:
	default:
	}
	<-h.release
	return h.Store.Snapshot()
}

// What runs when the server is told to stop is finished within the grace period; TestServeStops is about what is not.
func TestServeFinishes(t *testing.T) {
	t.Parallel()
	h := &heldStore{testStore(t, testData), make(chan struct{}, 1), make(chan struct{})}
	s, err := New(Config{Store: h, Base: testBase, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done, answer := make(chan error, 1), make(chan string, 1)
	go func() { done <- s.Serve(ctx, l, time.Minute) }()
	go func() {
		resp, err := http.Get("http://" + l.Addr().String() + "/sparql?query=" + url.QueryEscape("ASK { ?s ?p ?o }"))
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			b = []byte(err.Error())
		}
		answer <- string(b)
	}()
	<-h.started
	cancel()
	for { // the listener closes first, while the request is still held
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			break
		}
		c.Close()
	}
	select {
	case err := <-done:
		t.Fatalf("the server did not wait: %v", err)
	default:
	}
	close(h.release)
	if a := <-answer; !strings.Contains(a, "true") {
		t.Errorf("the request that was running got %s", a)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
