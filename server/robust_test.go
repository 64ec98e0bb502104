package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"triplestore/rdf"
	"triplestore/sparql"
	"triplestore/store"
	"triplestore/store/memstore"
)

// blockingStore has scans that tell when they begin and then wait for their context.
type blockingStore struct {
	store.Store
	started, cancelled chan struct{}
}

func (b *blockingStore) Snapshot() (store.Snapshot, error) {
	s, err := b.Store.Snapshot()
	return &blockingSnapshot{s, b}, err
}

type blockingSnapshot struct {
	store.Snapshot
	b *blockingStore
}

func (s *blockingSnapshot) Scan(ctx context.Context, _ store.Range, _ store.ColumnSet) store.Cursor {
	return &blockingCursor{ctx, s.b}
}

type blockingCursor struct {
	ctx context.Context
	b   *blockingStore
}

func (c *blockingCursor) Next() (store.Block, error) {
	select {
	case c.b.started <- struct{}{}:
	default:
	}
	<-c.ctx.Done()
	select {
	case c.b.cancelled <- struct{}{}:
	default:
	}
	return store.Block{}, c.ctx.Err()
}
func (c *blockingCursor) Seek([]store.ID) error { return c.ctx.Err() }
func (c *blockingCursor) Close()                {}

func newBlocking(t testing.TB) *blockingStore {
	return &blockingStore{Store: testStore(t, testData), started: make(chan struct{}, 1), cancelled: make(chan struct{}, 1)}
}

const allQuery = "/sparql?query=SELECT+*+WHERE+%7B+?s+?p+?o+%7D"

func TestClientGone(t *testing.T) {
	t.Parallel()
	for _, path := range []string{allQuery, "/id/ds"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			b := newBlocking(t)
			srv := testServer(t, b, nil)
			ctx, cancel := context.WithCancel(t.Context())
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() {
				resp, err := srv.Client().Do(r)
				if err == nil {
					resp.Body.Close()
				}
				done <- err
			}()
			<-b.started
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("client: %v", err)
			}
			<-b.cancelled
		})
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	srv := testServer(t, newBlocking(t), func(c *Config) { c.Timeout = time.Hour })
	if r := get(t, srv, allQuery+"&timeout=0.02"); r.StatusCode != 503 || !strings.Contains(r.body, "too long") {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	srv = testServer(t, newBlocking(t), func(c *Config) { c.Timeout = 20 * time.Millisecond })
	if r := get(t, srv, allQuery+"&timeout=3600"); r.StatusCode != 503 {
		t.Errorf("the parameter lengthens the server's timeout: %d %s", r.StatusCode, r.body)
	}
	if r := get(t, srv, "/id/ds"); r.StatusCode != 503 {
		t.Errorf("resource: %d %s", r.StatusCode, r.body)
	}
}

func TestTooManyQueries(t *testing.T) {
	t.Parallel()
	b := newBlocking(t)
	srv := testServer(t, b, func(c *Config) { c.Concurrency, c.Queue = 1, -1 })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+allQuery, nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if resp, err := srv.Client().Do(r); err == nil {
			resp.Body.Close()
		}
	}()
	<-b.started
	if r := get(t, srv, allQuery); r.StatusCode != 503 || r.Header.Get("Retry-After") == "" {
		t.Errorf("%d %v", r.StatusCode, r.Header)
	}
	if r := get(t, srv, "/healthz"); r.StatusCode != 200 {
		t.Errorf("healthz waits for queries: %d", r.StatusCode)
	}
	cancel()
	<-done
}

func TestQueue(t *testing.T) {
	t.Parallel()
	s := newSlots(1, 1, 0)
	first, err := s.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() {
		_, err := s.take(context.Background())
		got <- err
	}()
	for s.Waiting() == 0 {
		runtime.Gosched() // there is nothing to wait on: the goroutine is about to block
	}
	var p *Problem
	if _, err := s.take(t.Context()); !errors.As(err, &p) || p.Status != 503 {
		t.Errorf("third: %v", err)
	}
	first.give()
	first.give() // twice is fine
	if err := <-got; err != nil {
		t.Errorf("second: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.take(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	s.wait = time.Millisecond
	if _, err := s.take(t.Context()); !errors.As(err, &p) || p.Status != 503 || p.retryAfter == "" {
		t.Errorf("waited too long: %v", err)
	}
}

// failingStore has scans that fail after some blocks.
type failingStore struct {
	store.Store
	blocks int
	err    error
}

func (f *failingStore) Snapshot() (store.Snapshot, error) {
	s, err := f.Store.Snapshot()
	return &failingSnapshot{s, f}, err
}

type failingSnapshot struct {
	store.Snapshot
	f *failingStore
}

func (s *failingSnapshot) Scan(ctx context.Context, r store.Range, c store.ColumnSet) store.Cursor {
	return &failingCursor{Cursor: s.Snapshot.Scan(ctx, r, c), f: s.f}
}

type failingCursor struct {
	store.Cursor
	f *failingStore
	n int
}

func (c *failingCursor) Next() (store.Block, error) {
	b, err := c.Cursor.Next()
	if c.n++; c.n > c.f.blocks || b.Len == 0 {
		return store.Block{}, c.f.err
	}
	return b, err
}

func manyQuads(t testing.TB, n int) store.Store {
	t.Helper()
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	quads := make([]rdf.Quad, n)
	for i := range quads {
		quads[i] = rdf.Quad{S: rdf.IRI(fmt.Sprintf("http://e/s%07d", i)), P: rdf.IRI("http://e/p"), O: rdf.String(strings.Repeat("x", 50))}
	}
	if _, err := st.Update(t.Context(), func(txn store.Txn) error { return txn.Add(quads) }); err != nil {
		t.Fatal(err)
	}
	return st
}

// TestFailsAfterHeader: a result that breaks in the middle must not look whole, compressed or not.
func TestFailsAfterHeader(t *testing.T) {
	t.Parallel()
	srv := testServer(t, &failingStore{Store: manyQuads(t, 50_000), blocks: 1 << 30, err: fmt.Errorf("disk: %w", store.ErrCorrupt)}, nil)
	for _, encoding := range []string{"identity", "gzip", "zstd"} {
		for _, format := range []string{"json", "csv"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+allQuery+"&format="+format, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept-Encoding", encoding)
			resp, err := srv.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			n, err := io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode != 200 || n == 0 {
				t.Fatalf("%s %s: %d with %d bytes: the failure is meant to come later", encoding, format, resp.StatusCode, n)
			}
			if err == nil {
				t.Errorf("%s %s: a broken result of %d bytes ends like a whole one", encoding, format, n)
			}
		}
	}
}

func TestFailsBeforeHeader(t *testing.T) {
	t.Parallel()
	srv := testServer(t, &failingStore{Store: manyQuads(t, 10), err: fmt.Errorf("secret path: %w", store.ErrCorrupt)}, nil)
	r := get(t, srv, allQuery)
	if r.StatusCode != 500 || strings.Contains(r.body, "secret") || !strings.Contains(r.body, `"id"`) || r.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
}

// pipeListener hands out connections without any buffer, so that a client that does not read stops the server at once.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *pipeListener) Close() error   { close(l.done); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// closingStore tells when a snapshot is closed.
type closingStore struct {
	store.Store
	closed chan struct{}
}

func (c *closingStore) Snapshot() (store.Snapshot, error) {
	s, err := c.Store.Snapshot()
	return &closingSnapshot{s, c}, err
}

type closingSnapshot struct {
	store.Snapshot
	c *closingStore
}

func (s *closingSnapshot) Close() error {
	s.c.closed <- struct{}{}
	return s.Snapshot.Close()
}

// TestSlowClient: a client that takes nothing loses its connection and lets go of its snapshot.
func TestSlowClient(t *testing.T) {
	t.Parallel()
	for _, path := range []string{allQuery, "/resource?iri=http://e/p", allQuery + "&format=html"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			c := &closingStore{Store: manyQuads(t, 20_000), closed: make(chan struct{}, 1)}
			s, err := New(Config{Store: c, Stall: 10 * time.Millisecond, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			l := &pipeListener{conns: make(chan net.Conn, 1), done: make(chan struct{})}
			srv := &http.Server{Handler: s, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
			go srv.Serve(l) //nolint:errcheck // it ends with the test
			t.Cleanup(func() { srv.Close() })
			client, conn := net.Pipe()
			l.conns <- conn
			if _, err := io.WriteString(client, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			<-c.closed
		})
	}
}

// panicStore is broken.
type panicStore struct{ store.Store }

func (panicStore) Snapshot() (store.Snapshot, error) { panic("a bug with a secret") }

func TestPanic(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	srv := testServer(t, panicStore{}, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	r := get(t, srv, "/id/ds")
	if r.StatusCode != 500 || strings.Contains(r.body, "secret") || !strings.Contains(r.body, `"id":"`) {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	_, id, _ := strings.Cut(r.body, `"id":"`)
	id, _, _ = strings.Cut(id, `"`)
	srv.Close() // the log is written when the request is over
	if !strings.Contains(log.String(), id) || !strings.Contains(log.String(), "secret") || !strings.Contains(log.String(), "goroutine") {
		t.Errorf("log: %s", log.String())
	}
}

func TestHugeInputs(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), nil)
	for name, path := range map[string]string{
		"deep query":    "/sparql?query=" + strings.Repeat("%7B", 20_000),
		"long iri":      "/resource?iri=http://e/" + strings.Repeat("x", 50_000),
		"many params":   "/sparql?" + strings.Repeat("a=b&", 10_000) + "query=ASK%7B%7D",
		"page":          "/id/ds?page=99999999999999999999&in=http://purl.org/dc/terms/relation",
		"negative page": "/id/ds?page=-1&in=http://purl.org/dc/terms/relation",
		"unknown in":    "/id/ds?in=x",
	} {
		if r := get(t, srv, path); r.StatusCode >= 500 {
			t.Errorf("%s: %d %.300s", name, r.StatusCode, r.body)
		}
	}
	for _, h := range []string{"Accept", "Accept-Language", "If-None-Match"} {
		if r := get(t, srv, "/id/ds", h, strings.Repeat("x/y;q=0.1,", 5_000)); r.StatusCode >= 500 {
			t.Errorf("%s: %d", h, r.StatusCode)
		}
	}
}

func TestBrowserURLIsNotFromHost(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), nil)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/id/ds", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "evil.example"
	r.Header.Set("X-Forwarded-Host", "evil.example")
	r.Header.Set("Accept", browser)
	resp, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(body), "evil.example") || strings.Contains(fmt.Sprint(resp.Header), "evil.example") {
		t.Error("the Host header got into the answer")
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header, tag string
		want        bool
	}{{`"a"`, `W/"a"`, true}, {`W/"a"`, `W/"a"`, true}, {`"b", W/"a"`, `W/"a"`, true}, {"*", `W/"a"`, false}, {`"ab"`, `W/"a"`, false}, {"", `W/"a"`, false}} {
		if got := matches([]string{c.header}, c.tag); got != c.want {
			t.Errorf("%s, %s: %v", c.header, c.tag, got)
		}
	}
}

// TestRegexTimeout: a regular expression that takes too long is a limit of the query, not a mistake of the server.
func TestRegexTimeout(t *testing.T) {
	t.Parallel()
	for _, err := range []error{sparql.ErrRegexTimeout, fmt.Errorf("in a FILTER: %w", sparql.ErrRegexTimeout)} {
		if p := problemOf(t.Context(), err); p.Status != 503 || p.reason != "timeout" || p.ID != "" {
			t.Errorf("%v: %+v", err, p)
		}
	}
}
