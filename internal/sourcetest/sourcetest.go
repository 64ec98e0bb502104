// Package sourcetest has what tests of kinds of source need: a sink that keeps what it gets, a server that answers as it is told, with
// faults, and a clock that does not wait.
package sourcetest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"triplestore/internal/egress"
	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/rdf/iri"
)

// Clock stands still but for the waits it is asked for. It is safe for concurrent use.
type Clock struct {
	mu    sync.Mutex
	At    time.Time
	Slept time.Duration
}

// NewClock gives a clock at a fixed time.
func NewClock() *Clock { return &Clock{At: time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)} }

// Now implements source.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.At
}

// Sleep implements source.Clock.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.At = c.At.Add(d)
	c.Slept += d
	return ctx.Err()
}

// Sink keeps records and notes. It is safe for concurrent use.
type Sink struct {
	mu      sync.Mutex
	Records map[string]source.Record
	Notes   []source.Note
	// Count is how often Record was called.
	Count int
	// Discard keeps nothing of the records but their number.
	Discard bool
	Triples int64
}

// NewSink makes a sink.
func NewSink() *Sink { return &Sink{Records: map[string]source.Record{}} }

// Record implements source.Sink.
func (s *Sink) Record(r *source.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Count++
	s.Triples += int64(len(r.Triples))
	if s.Discard {
		return nil
	}
	c := *r
	c.Triples = slices.Clone(r.Triples)
	if r.IRI == "" {
		c.Triples = append(s.Records[""].Triples, c.Triples...)
	}
	s.Records[r.IRI] = c
	return nil
}

// Note implements source.Sink.
func (s *Sink) Note(n source.Note) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Notes = append(s.Notes, n)
}

// Progress implements source.Sink.
func (s *Sink) Progress(source.Progress) {}

// Text writes all records and notes in a fixed order, for golden files. Blank nodes are written as they are.
func (s *Sink) Text() string {
	var b strings.Builder
	var iris []string
	for k := range s.Records {
		iris = append(iris, k)
	}
	slices.Sort(iris)
	for _, k := range iris {
		r := s.Records[k]
		fmt.Fprintf(&b, "# <%s>", k)
		if r.Deleted {
			b.WriteString(" deleted")
		}
		b.WriteByte('\n')
		var lines []string
		for _, t := range r.Triples {
			lines = append(lines, t.String())
		}
		slices.Sort(lines)
		for _, l := range slices.Compact(lines) {
			b.WriteString(l + "\n")
		}
	}
	var notes []string
	for _, n := range s.Notes {
		notes = append(notes, fmt.Sprintf("! %s: %s (%s) <%s>", n.Sort, n.Message, n.Place, n.Record))
	}
	slices.Sort(notes)
	for _, n := range notes {
		b.WriteString(n + "\n")
	}
	return b.String()
}

// Has reports whether a record has a triple, given in N-Triples without the point.
func (s *Sink) Has(record, triple string) bool {
	for _, t := range s.Records[record].Triples {
		if strings.TrimSuffix(strings.TrimSpace(t.String()), " .") == triple {
			return true
		}
	}
	return false
}

// Check fails the test if a term of a record is not valid.
func (s *Sink) Check(t testing.TB) {
	t.Helper()
	for k, r := range s.Records {
		if k != "" {
			if err := iri.Check(k); err != nil {
				t.Errorf("record <%s>: %v", k, err)
			}
		}
		for _, tr := range r.Triples {
			for _, x := range []rdf.Term{tr.S, tr.P, tr.O} {
				if x.IsZero() {
					t.Errorf("record <%s>: %v lacks a term", k, tr)
				}
				if x.IsIRI() {
					if err := iri.Check(x.Value()); err != nil {
						t.Errorf("record <%s>: <%s>: %v", k, x.Value(), err)
					}
				}
			}
			if tr.S.IsLiteral() || !tr.P.IsIRI() {
				t.Errorf("record <%s>: %v is no triple", k, tr)
			}
		}
	}
}

// Answer is what a server says.
type Answer struct {
	Status int // 0 is 200
	Type   string
	Header map[string]string
	Body   string
	// Gzip compresses the body. Cut breaks the connection off after so many bytes of it, where it is not 0.
	Gzip bool
	Cut  int
}

// Server answers requests as it is told and remembers them.
type Server struct {
	*httptest.Server
	mu sync.Mutex
	// Asked are the requests, as "GET /path?query".
	Asked []string
}

// Serve starts a server. answer gets the request, its body, and how often the same was asked before. It is closed when the test ends.
func Serve(t testing.TB, answer func(r *http.Request, body string, times int) Answer) *Server {
	s := &Server{}
	seen := map[string]int{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		key := r.Method + " " + r.URL.RequestURI()
		s.mu.Lock()
		times := seen[key+string(body)]
		seen[key+string(body)]++
		s.Asked = append(s.Asked, key)
		s.mu.Unlock()
		a := answer(r, string(body), times)
		out := []byte(a.Body)
		if a.Gzip {
			var z bytes.Buffer
			zw := gzip.NewWriter(&z)
			zw.Write(out) //nolint:errcheck // into memory
			zw.Close()    //nolint:errcheck // into memory
			out = z.Bytes()
			w.Header().Set("Content-Encoding", "gzip")
		}
		if a.Type != "" {
			w.Header().Set("Content-Type", a.Type)
		}
		for k, v := range a.Header {
			w.Header().Set(k, v)
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(out)))
		if a.Status != 0 {
			w.WriteHeader(a.Status)
		}
		if a.Cut > 0 && a.Cut < len(out) {
			w.Write(out[:a.Cut]) //nolint:errcheck // the connection breaks off anyhow
			panic(http.ErrAbortHandler)
		}
		w.Write(out) //nolint:errcheck // the client may be gone
	}))
	t.Cleanup(s.Close)
	return s
}

// Count tells how many requests begin so.
func (s *Server) Count(prefix string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, a := range s.Asked {
		if strings.HasPrefix(a, prefix) {
			n++
		}
	}
	return n
}

// Env is what a source needs, with a client that may ask addresses (and those that a section tells), does not wait, and tries again
// four times.
func Env(t testing.TB, dir string, addresses ...string) (source.Env, *Clock) {
	t.Helper()
	var allow []egress.Rule
	for _, a := range addresses {
		r, err := egress.Origin(a)
		if err != nil {
			t.Fatal(err)
		}
		allow = append(allow, r)
	}
	guard := egress.New(egress.Options{Allow: allow})
	t.Cleanup(guard.Close)
	clock := NewClock()
	client := source.NewClient(source.ClientOptions{Guard: guard, Clock: clock, Retries: 4, Temp: t.TempDir(), MaxRequests: 20_000,
		Jitter: func() float64 { return 0 }})
	return source.Env{Name: "test", Dir: dir, Client: client, Clock: clock, Temp: t.TempDir(), Log: slog.New(slog.DiscardHandler)}, clock
}

// Open decodes a section of YAML and opens the source.
func Open(t testing.TB, kind source.Kind, section string, env source.Env) source.Source {
	t.Helper()
	s, err := TryOpen(kind, section, env)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TryOpen is Open for sections that are wrong.
func TryOpen(kind source.Kind, section string, env source.Env) (source.Source, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(section), &doc); err != nil {
		return nil, err
	}
	c := kind.New()
	if len(doc.Content) > 0 {
		if err := source.DecodeSection(doc.Content[0], c, nil); err != nil {
			return nil, err
		}
	}
	return c.Open(env)
}

// Harvest runs a source and fails the test on an error. It checks that the state is JSON and the terms are valid.
func Harvest(t testing.TB, s source.Source, since source.State) (*Sink, source.Outcome) {
	t.Helper()
	sink := NewSink()
	out, err := s.Harvest(context.Background(), since, sink)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.State) > 0 && !json.Valid(out.State) {
		t.Fatalf("the state is no JSON: %s", out.State)
	}
	if out.Unchanged && sink.Count > 0 {
		t.Fatalf("unchanged, but %d records were delivered", sink.Count)
	}
	sink.Check(t)
	return sink, out
}

// Waits reports whether a run of a source waits for another one if it may hold so many bytes in memory.
func Waits(t testing.TB, kind source.Kind, section string, env source.Env, some int64) bool {
	t.Helper()
	m := source.NewMemory(some)
	if err := m.Share(nil).Grow(t.Context(), some+1); err != nil {
		t.Fatal(err)
	}
	waits := errors.New("it waits")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	env.Memory = m.Share(&source.Waits{Changed: func(waiting bool) {
		if waiting {
			cancel(waits)
		}
	}})
	defer env.Memory.Close()
	if _, err := Open(t, kind, section, env).Harvest(ctx, nil, NewSink()); (err != nil) != (ctx.Err() != nil) {
		t.Errorf("%v (%v)", err, context.Cause(ctx))
	}
	return ctx.Err() != nil
}
