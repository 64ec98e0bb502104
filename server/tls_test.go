package server

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"triplestore/store/memstore"
)

// TestTLS asks over TLS as clients do that would speak HTTP/2, and as others.
func TestTLS(t *testing.T) {
	t.Parallel()
	certified := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate, and a client that trusts it
	defer certified.Close()
	s, err := New(Config{Store: memstore.New(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	config := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: Protocols, Certificates: certified.TLS.Certificates}
	go func() { done <- s.Serve(ctx, tls.NewListener(l, config), time.Second) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	for _, force := range []bool{false, true} {
		transport := certified.Client().Transport.(*http.Transport).Clone()
		transport.ForceAttemptHTTP2 = force
		if !force {
			transport.TLSClientConfig.NextProtos = []string{"http/1.1"}
			transport.Protocols = new(http.Protocols)
			transport.Protocols.SetHTTP1(true)
		}
		client := &http.Client{Transport: transport, Timeout: time.Minute}
		for range 3 {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+l.Addr().String()+"/sparql?query=ASK%7B%7D", nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := client.Do(req)
			if err != nil {
				t.Errorf("offering HTTP/2: %t: %v", force, err)
				break
			}
			b, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.StatusCode != http.StatusOK || resp.ProtoMajor != 1 || resp.Header.Get("Strict-Transport-Security") == "" || len(b) == 0 {
				t.Errorf("offering HTTP/2: %t: %s, %s, %v, %v", force, resp.Status, resp.Proto, resp.Header, err)
			}
		}
		client.CloseIdleConnections()
	}
}
