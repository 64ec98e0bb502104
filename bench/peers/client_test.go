package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestClient asks a server that answers in several ways and closes connections now and then.
func TestClient(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("0123456789", 100_000)
	long := strings.Repeat("long ", 2000)
	leave := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch text := r.FormValue("query"); text {
		case "close":
			w.Header().Set("Connection", "close")
			io.WriteString(w, text)
		case "large": // in chunks
			io.WriteString(w, large)
		case "wrong":
			http.Error(w, "no such thing", http.StatusBadRequest)
		case "slow":
			<-leave
		case "cut":
			io.WriteString(w, "part")
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		default:
			io.WriteString(w, text+" "+r.Header.Get("Accept"))
		}
	}))
	defer s.Close()
	defer close(leave)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(port, "/sparql?")
	defer c.close()
	for round := range 2 {
		for text, want := range map[string]string{"a b": "a b application/sparql-results+json", "close": "close", "large": large, long: long + " application/sparql-results+json"} {
			var body bytes.Buffer
			if _, n, err := c.ask(&query{text: text}, time.Minute, &body); err != nil || body.String() != want || n != int64(len(want)) {
				t.Errorf("%s: %d bytes, %.100q, %v", text, n, body.String(), err)
			}
		}
		if _, _, err := c.ask(&query{text: "wrong"}, time.Minute, io.Discard); err == nil || !strings.Contains(err.Error(), "400: no such thing") {
			t.Error(err)
		}
		if _, _, err := c.ask(&query{text: "slow"}, 20*time.Millisecond, io.Discard); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if _, _, err := c.ask(&query{text: "cut"}, time.Minute, io.Discard); err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if round == 0 { // the server has closed what the client believes to be open
			if _, _, err := c.ask(&query{text: "x"}, time.Minute, io.Discard); err != nil {
				t.Error(err)
			}
			s.CloseClientConnections()
		}
	}
}
