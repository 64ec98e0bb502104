package server

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// countedListener counts the writes to its connections.
type countedListener struct {
	net.Listener
	writes *atomic.Int64
}

func (l countedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return countedConn{c, l.writes}, err
}

type countedConn struct {
	net.Conn
	writes *atomic.Int64
}

func (c countedConn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

// serveCounted serves until the test ends.
func serveCounted(t *testing.T, c Config) (base string, writes *atomic.Int64) {
	t.Helper()
	c.Log = slog.New(slog.DiscardHandler)
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	writes = &atomic.Int64{}
	done := make(chan error, 1)
	counted := countedListener{l, writes}
	go func() { done <- s.Serve(ctx, counted, time.Second) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String(), writes
}

func sized(n int) (target, value string) {
	value = fmt.Sprintf("%d %s", n, strings.Repeat(string(rune('a'+n%26)), n))
	return "/sparql?query=" + url.QueryEscape(fmt.Sprintf(`SELECT ?x { VALUES ?x { "%s" } }`, value)), value
}

// An answer of some kilobytes is one write, whether it is computed or was kept, and so is a short one.
func TestWholeAnswers(t *testing.T) {
	t.Parallel()
	for _, cache := range []int64{0, 1 << 20} {
		base, writes := serveCounted(t, Config{Store: testStore(t, testData), Base: testBase, AnswerCache: cache})
		client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
		t.Cleanup(client.CloseIdleConnections)
		for _, n := range []int{10, wholeLeast - 100, wholeLeast, 3000, 4096, 5000, 7000, wholeMost - 200} {
			target, value := sized(n)
			for range 3 {
				before := writes.Load()
				r, err := client.Get(base + target)
				if err != nil {
					t.Fatal(err)
				}
				b, err := io.ReadAll(r.Body)
				r.Body.Close()
				if err != nil || !strings.Contains(string(b), value) || r.ContentLength != int64(len(b)) {
					t.Fatalf("%d bytes: status %d, %d bytes of %d: %v", n, r.StatusCode, len(b), r.ContentLength, err)
				}
				if got := writes.Load() - before; got != 1 {
					t.Errorf("an answer of %d bytes took %d writes", len(b), got)
				}
			}
		}
	}
}

// Each client gets its own answer, whatever memory others' answers use again.
func TestWholeAnswersAreTheirOwn(t *testing.T) {
	t.Parallel()
	base, _ := serveCounted(t, Config{Store: testStore(t, testData), Base: testBase, Concurrency: 8})
	var wg sync.WaitGroup
	for k := range 8 {
		wg.Go(func() {
			client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
			defer client.CloseIdleConnections()
			for i := range 100 {
				target, value := sized(2000 + 1000*((k+i)%14) + 8*k)
				r, err := client.Get(base + target)
				if err != nil {
					t.Error(err)
					return
				}
				b, err := io.ReadAll(r.Body)
				r.Body.Close()
				if want := fmt.Sprintf("{\"head\":{\"vars\":[\"x\"]},\"results\":{\"bindings\":[\n{\"x\":{\"type\":\"literal\",\"value\":\"%s\"}}\n]}}\n", value); err != nil || string(b) != want {
					t.Errorf("client %d, request %d: %.200q, want %.200q: %v", k, i, b, want, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// lateConn shows what is written to it before its Write ends.
type lateConn struct {
	net.Conn
	first, then chan []byte
}

func (c lateConn) Write(p []byte) (int, error) {
	c.first <- p
	<-c.then
	return len(p), nil
}

// The memory of what is held back is not given to another before it was written.
func TestHeldUntilWritten(t *testing.T) {
	t.Parallel()
	conn := lateConn{first: make(chan []byte), then: make(chan []byte)}
	c := &wholeConn{Conn: conn}
	c.hold()
	c.Write([]byte("one "))
	c.Write([]byte("answer"))
	done := make(chan error)
	go func() { done <- c.release() }()
	p := <-conn.first
	for range 100 { // while it is being written
		other := &wholeConn{}
		other.hold()
		other.Write([]byte("somebody else's"))
	}
	if string(p) != "one answer" {
		t.Errorf("%q is written", p)
	}
	conn.then <- nil
	if err := <-done; err != nil {
		t.Error(err)
	}
}
