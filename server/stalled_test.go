package server

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// narrowListener gives its connections small buffers in the kernel, so that a client that takes nothing is noticed soon, and tells when one is closed.
type narrowListener struct {
	net.Listener
	closed chan<- struct{}
}

func (l narrowListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetWriteBuffer(4096) //nolint:errcheck // it makes the test quicker, no more
	}
	return &narrowConn{Conn: c, closed: l.closed}, nil
}

type narrowConn struct {
	net.Conn
	once   sync.Once
	closed chan<- struct{}
}

func (c *narrowConn) Close() error {
	c.once.Do(func() { c.closed <- struct{}{} })
	return c.Conn.Close()
}

// serveNarrow serves until the test ends, over TLS if there is a configuration for that.
func serveNarrow(t *testing.T, c Config, encrypted *tls.Config) (address string, closed <-chan struct{}) {
	t.Helper()
	c.Log = slog.New(slog.DiscardHandler)
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	inner, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ends := make(chan struct{}, 100)
	var l net.Listener = narrowListener{inner, ends}
	if encrypted != nil {
		l = tls.NewListener(l, encrypted)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l, time.Second) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return inner.Addr().String(), ends
}

// stalledRequests are those whose answers come without a stream of rows.
var stalledRequests = map[string]string{
	"asset":         "GET " + stylePath + " HTTP/1.1\r\nHost: x\r\n\r\n",
	"compressed":    "GET " + stylePath + " HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n",
	"page":          "GET / HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n",
	"description":   "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n",
	"health":        "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
	"without body":  "HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
	"options":       "OPTIONS /sparql HTTP/1.1\r\nHost: x\r\n\r\n",
	"problem":       "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n",
	"query":         "GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: x\r\n\r\n",
	"check":         "POST /sparql/check HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 5\r\n\r\nASK{}",
	"see other":     "GET /id/ds HTTP/1.1\r\nHost: x\r\nAccept: text/turtle\r\n\r\n",
	"100 Continue":  "POST /sparql HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/sparql-query\r\nContent-Length: 5\r\n\r\nASK{}",
	"not a request": "FOO /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
}

// TestStalledClients: a client that asks and asks and takes nothing loses its connection, whatever it asks for.
func TestStalledClients(t *testing.T) {
	t.Parallel()
	certified := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
	certified.Close()
	for _, encrypted := range []bool{false, true} {
		for name, request := range stalledRequests {
			if encrypted && name != "asset" && name != "health" { // below TLS all is the same
				continue
			}
			t.Run(fmt.Sprintf("%s, TLS %t", name, encrypted), func(t *testing.T) {
				t.Parallel()
				var config *tls.Config
				if encrypted {
					config = &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: Protocols, Certificates: certified.TLS.Certificates}
				}
				address, closed := serveNarrow(t, Config{Store: testStore(t, testData), Base: testBase, SeeOther: true, Stall: 200 * time.Millisecond}, config)
				var c net.Conn
				c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				c.(*net.TCPConn).SetReadBuffer(4096) //nolint:errcheck // it makes the test quicker, no more
				if encrypted {
					c = tls.Client(c, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // the certificate is not what is tested
				}
				go func() { // ends when the connection does
					many := []byte(strings.Repeat(request, 100))
					for {
						if _, err := c.Write(many); err != nil {
							return
						}
					}
				}()
				select {
				case <-closed:
				case <-time.After(30 * time.Second):
					t.Error("the server still waits for a client that takes nothing")
				}
			})
		}
	}
}

// TestSlowClientsGetAll: the deadline moves on with what a client takes, so that one that takes its answer slowly gets all of it.
func TestSlowClientsGetAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const stall = 2 * time.Second
		s, err := New(Config{Store: manyQuads(t, 3000), Base: testBase, Stall: stall, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, allQuery, nil))
		want := w.Body.Bytes()
		l := &pipeListener{conns: make(chan net.Conn, 1), done: make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Serve(ctx, l, time.Second) }()
		c, conn := net.Pipe()
		l.conns <- conn
		if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", allQuery); err != nil {
			t.Fatal(err)
		}
		r, err := http.ReadResponse(bufio.NewReaderSize(c, 16), nil)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		var got bytes.Buffer
		for err == nil {
			time.Sleep(stall / 16) // a piece takes half of the stall
			_, err = io.CopyN(&got, r.Body, recorderPiece/8)
		}
		if took := time.Since(begin); err != io.EOF || !bytes.Equal(got.Bytes(), want) || took < 2*stall {
			t.Errorf("%d bytes of %d in %v: %v", got.Len(), len(want), took, err)
		}
		c.Close()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
