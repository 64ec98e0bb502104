package server

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"triplestore/store/memstore"
)

// lines is a log that tests wait for.
type lines struct {
	mu    sync.Mutex
	text  bytes.Buffer
	wrote chan struct{}
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(b)
	select {
	case l.wrote <- struct{}{}:
	default:
	}
	return len(b), nil
}

// wait gives the line that has all of the words.
func (l *lines) wait(t *testing.T, words ...string) string {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		l.mu.Lock()
		text := l.text.String()
		l.mu.Unlock()
	next:
		for line := range strings.Lines(text) {
			for _, w := range words {
				if !strings.Contains(line, w) {
					continue next
				}
			}
			return line
		}
		select {
		case <-l.wrote:
		case <-late:
			t.Fatalf("no line has %q:\n%s", words, text)
		}
	}
}

// TestUploadGone: a client that goes away while its document, query or update is on its way is noted as such in the log and in the metrics and changes
// nothing, while one that sends a document that breaks off by itself is told so.
func TestUploadGone(t *testing.T) {
	t.Parallel()
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	log := &lines{wrote: make(chan struct{}, 1)}
	temp := t.TempDir()
	srv := testServer(t, st, func(c *Config) {
		withToken(c)
		c.Log, c.TempDir, c.PublicMetrics = slog.New(slog.NewTextHandler(log, nil)), temp, true
	})
	part := strings.Repeat("<http://e/a> <http://e/p> <http://e/o> .\n", 50_000)
	form := "--x\r\nContent-Type: application/n-triples\r\n\r\n" + part
	for i, c := range []struct{ method, path, header, body string }{
		{"PUT", "/graphs?graph=x:g", "Content-Type: application/n-triples\r\nContent-Length: 9999999", part},
		{"POST", "/graphs?graph=x:g", "Content-Type: application/n-triples\r\nTransfer-Encoding: chunked", fmt.Sprintf("%x\r\n%s\r\n", len(part), part)},
		{"PUT", "/graphs?graph=x:g", "Content-Type: application/n-triples\r\nContent-Encoding: gzip\r\nContent-Length: 100000", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00"},
		{"POST", "/graphs?graph=x:g", "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 9999999", form},
		{"POST", "/update", "Content-Type: application/sparql-update\r\nContent-Length: 1000", "INSERT DATA { <x:a> "},
		{"POST", "/sparql", "Content-Type: application/sparql-query\r\nContent-Length: 1000", "SELECT * {"},
	} {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		path := fmt.Sprintf("%s&n=%d", c.path, i)
		if !strings.Contains(c.path, "?") {
			path = fmt.Sprintf("%s?n=%d", c.path, i)
		}
		if _, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s\r\n\r\n%s", c.method, path, token, c.header, c.body); err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		line := log.wait(t, "method="+c.method, "client went away", "path="+strings.Split(c.path, "?")[0])
		if !strings.Contains(line, "status=499") || !strings.Contains(line, "level=INFO") {
			t.Errorf("%s %s: %s", c.method, c.path, line)
		}
		log.mu.Lock()
		log.text.Reset()
		log.mu.Unlock()
	}
	if files, err := os.ReadDir(temp); err != nil || len(files) > 0 || commitOf(t, st) != 0 {
		t.Errorf("commit %d, files %v, %v", commitOf(t, st), files, err)
	}
	metrics := get(t, srv, "/metrics").body
	for _, want := range []string{`triplestore_query_failures_total{kind="graph write",reason="client gone"} 4`, `triplestore_query_failures_total{kind="update",reason="client gone"} 1`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s in\n%s", want, grep(metrics, "failures_total"))
		}
	}
	if r := send(t, srv, "PUT", "/graphs?graph=x:g", "application/n-triples", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00", "Content-Encoding", "gzip"); r.StatusCode != 400 {
		t.Errorf("a document that breaks off: %d %s", r.StatusCode, r.body)
	}
}

func grep(text, word string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.Contains(line, word) {
			b.WriteString(line)
		}
	}
	return b.String()
}

// TestUploadStalls: a client that sends nothing more is told that it took too long.
func TestUploadStalls(t *testing.T) {
	t.Parallel()
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	srv := testServer(t, st, func(c *Config) { withToken(c); c.Stall = 50 * time.Millisecond })
	in, out := io.Pipe()
	defer out.Close()
	go out.Write([]byte("<x:a> ")) //nolint:errcheck // the rest never comes
	if r := do(t, srv, http.MethodPut, "/graphs?graph=x:g", in, "Content-Type", "text/turtle", "Authorization", "Bearer "+token); r.StatusCode != http.StatusRequestTimeout {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
}

// TestPageGone: a client that goes away while it is sent a page, or a document that is not an answer to a query, is noted.
func TestPageGone(t *testing.T) {
	t.Parallel()
	path := "/sparql?query=SELECT%20*%20%7B%20VALUES%20%3Fx%20%7B%20" + strings.Repeat("%22"+strings.Repeat("a", 1000)+"%22%20", 100) + "%7D%7D"
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	log := &lines{wrote: make(chan struct{}, 1)}
	srv := testServer(t, st, func(c *Config) {
		c.Log, c.Stall = slog.New(slog.NewTextHandler(log, nil)), 100*time.Millisecond
	})
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.(*net.TCPConn).SetReadBuffer(4 << 10) //nolint:errcheck // more is only slower
	// Many requests, of which it takes no answer.
	request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n", path)
	go func() {
		for range 200 {
			if _, err := io.WriteString(conn, request); err != nil {
				return
			}
		}
	}()
	if line := log.wait(t, "client went away"); !strings.Contains(line, "status=499") || !strings.Contains(line, "level=INFO") {
		t.Error(line)
	}
}

// TestUploadLeavesReserve: an upload that would take what the store wants to stay free on the disk is refused, at its beginning or in its middle, and
// leaves nothing; with room again it is taken.
func TestUploadLeavesReserve(t *testing.T) {
	t.Parallel()
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	temp := t.TempDir()
	var mu sync.Mutex
	asked, fullAt := 0, 0 // the disk is full from this time on that it is asked for
	srv := testServer(t, st, func(c *Config) {
		withToken(c)
		c.TempDir, c.MaxUpload = temp, 1<<30
		c.Reserve = func() uint64 {
			mu.Lock()
			defer mu.Unlock()
			if asked++; asked >= fullAt {
				return 1 << 60
			}
			return 0
		}
	})
	large := strings.Repeat("<http://e/a> <http://e/p> <http://e/o> .\n", 12<<20/41) // asked for at its beginning and twice more
	put := func(at int, method, contentType, body string) response {
		mu.Lock()
		asked, fullAt = 0, at
		mu.Unlock()
		return send(t, srv, method, "/graphs?graph=x:g", contentType, body)
	}
	const nt = "application/n-triples"
	form := "--x\r\nContent-Type: application/n-triples\r\n\r\n<x:a> <x:p> <x:o> .\n\r\n--x\r\nContent-Type: application/n-triples\r\n\r\n" + large + "\r\n--x--\r\n"
	for at := 1; at <= 3; at++ {
		for _, c := range []struct{ method, contentType, body string }{{"PUT", nt, large}, {"POST", nt, large}, {"POST", "multipart/form-data; boundary=x", form}} {
			r := put(at, c.method, c.contentType, c.body)
			if r.StatusCode != http.StatusInsufficientStorage || !strings.Contains(r.body, "disk of the store is full") || strings.Contains(r.body, temp) || commitOf(t, st) != 0 {
				t.Errorf("full at %d: %s %s: %d %s, commit %d", at, c.method, c.contentType, r.StatusCode, r.body, commitOf(t, st))
			}
			if files, err := os.ReadDir(temp); err != nil || len(files) > 0 {
				t.Errorf("full at %d: temporary files stay: %v %v", at, files, err)
			}
		}
	}
	if r := put(1, "PUT", nt, "<x:a> <x:p> <x:o> .\n"); r.StatusCode != 201 || asked != 0 {
		t.Errorf("a small document, which needs no file: %d %s, asked %d times", r.StatusCode, r.body, asked)
	}
	if r := put(100, "PUT", nt, large); r.StatusCode != 204 || asked != 3 {
		t.Errorf("with room: %d %s, asked %d times", r.StatusCode, r.body, asked)
	}
}
