package server

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"triplestore/rdf"
	"triplestore/server/audit"
	"triplestore/server/throttle"
	"triplestore/store"
	"triplestore/store/memstore"
)

// behindProxy lets tests say which address a client has.
var behindProxy = throttle.Addresses{Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}}

func TestShares(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), func(c *Config) {
		c.Limits, c.Addresses, c.UpdateToken = throttle.Limits{Rate: 0.001, Burst: 2}, behindProxy, token
	})
	ask := func(path string, headers ...string) response {
		return do(t, srv, http.MethodGet, path, nil, headers...)
	}
	for i, want := range []int{200, 200, 429, 429} {
		r := ask("/sparql?query=ASK%7B%7D", "X-Forwarded-For", "192.0.2.1")
		if r.StatusCode != want {
			t.Errorf("request %d: %d", i, r.StatusCode)
		}
		if s, err := strconv.Atoi(r.Header.Get("Retry-After")); want == 429 && (err != nil || s < 1 || s > 1000) {
			t.Errorf("Retry-After: %q", r.Header.Get("Retry-After"))
		}
	}
	for name, h := range map[string][]string{
		"another address": {"X-Forwarded-For", "192.0.2.2"}, "this machine": {}, "an administrator": {"X-Forwarded-For", "192.0.2.1", "Authorization", "Bearer " + token},
	} {
		if r := ask("/sparql?query=ASK%7B%7D", h...); r.StatusCode != 200 {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
	}
	if r := ask("/healthz", "X-Forwarded-For", "192.0.2.1"); r.StatusCode != 200 {
		t.Errorf("the health of the server: %d", r.StatusCode)
	}
	// Guessing tokens counts as well.
	for i, want := range []int{401, 401, 429} {
		if r := ask("/", "X-Forwarded-For", "2001:db8::"+strconv.Itoa(i+1), "Authorization", "Bearer guess"); r.StatusCode != want {
			t.Errorf("guess %d: %d", i, r.StatusCode)
		}
	}
}

func TestWorkIsCharged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // work is time: here it passes only while a query waits
		s, err := New(Config{Store: newBlocking(t), Base: testBase, Log: slog.New(slog.DiscardHandler), Limits: throttle.Limits{Work: 0.001, WorkBurst: 20 * time.Millisecond}})
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range []struct {
			path string
			want int
		}{{"/sparql?query=ASK%7B%7D", 200}, {allQuery + "&timeout=0.2", 503}, {"/sparql?query=ASK%7B%7D", 429}} {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, c.path, nil)) // from 192.0.2.1
			if w.Code != c.want {
				t.Errorf("request %d: %d %s", i, w.Code, w.Body)
			}
		}
	})
}

// many fills a store with n quads.
func many(t testing.TB, st store.Store, n int) {
	t.Helper()
	quads := make([]rdf.Quad, n)
	for i := range quads {
		quads[i] = rdf.Quad{S: rdf.IRI(fmt.Sprint(testBase, "s", i)), P: rdf.IRI(testBase + "p"), O: rdf.Literal(fmt.Sprint(i), xsdSpace+"integer")}
	}
	if _, err := st.Update(t.Context(), func(x store.Txn) error { return x.Add(quads) }); err != nil {
		t.Fatal(err)
	}
}

func TestAudit(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "audit.log")
	log, err := audit.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	srv := testServer(t, st, func(c *Config) { c.Access, c.Audit, c.Addresses = routePolicy(t, false), log, behindProxy })
	const secret = "SECRET-DATA"
	for i, c := range []struct {
		method, path, contentType, body, token string
		want                                   audit.Entry
	}{
		{"POST", "/update", updateType, "INSERT DATA { <x:a> <x:b> '" + secret + "' GRAPH <" + openGraph + "> { <x:a> <x:b> 1, 2 } } ; DELETE DATA { <x:a> <x:b> '" + secret + "' }", "t-admin",
			audit.Entry{Caller: "admin", Operation: "update", Operations: 2, Outcome: audit.Done, Graphs: []string{"default", openGraph}, Inserted: 2, Commit: 1}},
		{"PUT", "/graphs?graph=" + esc(openGraph), "text/turtle", "<x:a> <x:b> 3 .", "t-openWriter",
			audit.Entry{Caller: "openWriter", Operation: "PUT /graphs?graph=" + esc(openGraph), Outcome: audit.Done, Graphs: []string{openGraph}, Inserted: 1, Deleted: 2, Commit: 2}},
		{"POST", "/update", updateType, "CLEAR GRAPH <" + closedGraph + ">", "t-openWriter", audit.Entry{Caller: "openWriter", Operation: "update", Outcome: audit.Refused, Reason: "The right to write is missing"}},
		{"DELETE", "/graphs?default", "", "", "t-known", audit.Entry{Caller: "known", Operation: "DELETE /graphs?default", Outcome: audit.Refused, Reason: "The token gives no right to write"}},
		{"POST", "/update", updateType, "nonsense", "t-admin", audit.Entry{Caller: "admin", Operation: "update", Outcome: audit.Failed, Reason: "The update is not valid SPARQL"}},
		{"POST", "/update", updateType, "CLEAR ALL", "", audit.Entry{Operation: "update", Outcome: audit.Refused, Reason: "Updates need a token"}},
		{"POST", "/update", updateType, "CLEAR ALL", "guessed", audit.Entry{Operation: "update", Outcome: audit.Refused, Reason: "The token is not the right one"}},
		{"PUT", "/graphs?default", "text/turtle", "<x:a> <x:b> 1 .", "guessed", audit.Entry{Operation: "PUT /graphs?default", Outcome: audit.Refused, Reason: "The token is not the right one"}},
	} {
		headers := []string{"X-Forwarded-For", "192.0.2.7"}
		if c.token != "" {
			headers = append(headers, "Authorization", "Bearer "+c.token)
		}
		if c.contentType != "" {
			headers = append(headers, "Content-Type", c.contentType)
		}
		do(t, srv, c.method, c.path, strings.NewReader(c.body), headers...)
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		if len(lines) != i+1 {
			t.Fatalf("%d lines after %d attempts:\n%s", len(lines), i+1, text)
		}
		var got audit.Entry
		if err := json.Unmarshal([]byte(lines[i]), &got); err != nil {
			t.Fatal(err)
		}
		if got.Time.IsZero() || got.Request == "" || got.Client != "192.0.2.7" {
			t.Errorf("%+v", got)
		}
		got.Time, got.Request, got.Client = time.Time{}, "", ""
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", c.want) {
			t.Errorf("%s %s\ngot  %+v\nwant %+v", c.method, c.path, got, c.want)
		}
		if strings.Contains(string(text), secret) || strings.Contains(string(text), "t-admin") {
			t.Errorf("the log has data or tokens: %s", text)
		}
	}
	for _, r := range []response{get(t, srv, "/graphs?default", "Authorization", "Bearer guessed"), do(t, srv, "POST", "/sparql", strings.NewReader("ASK {}"), "Content-Type", typeQuery, "Authorization", "Bearer guessed")} {
		if text, err := os.ReadFile(name); r.StatusCode != 401 || err != nil || strings.Count(string(text), "\n") != 8 {
			t.Errorf("reading with a wrong token: %d, %v\n%s", r.StatusCode, err, text)
		}
	}
	log.Close()
	if r := do(t, srv, "POST", "/update", strings.NewReader("CLEAR ALL"), "Authorization", "Bearer t-admin", "Content-Type", updateType); r.StatusCode == 200 {
		first := do(t, srv, "POST", "/update", strings.NewReader("CLEAR ALL"), "Authorization", "Bearer t-admin", "Content-Type", updateType)
		if first.StatusCode != 503 {
			t.Errorf("without an audit log: %d", first.StatusCode)
		}
	}
}

// TestSlowClients: clients that send their requests drop by drop, take no answers, or break off, do not stop the others.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	n := 1000
	if testing.Short() {
		n = 100
	}
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	many(t, st, 2000)
	s, err := New(Config{Store: st, Base: testBase, Log: slog.New(slog.DiscardHandler), Concurrency: 2, Queue: 64, Stall: 5 * time.Second, Addresses: behindProxy,
		Limits: throttle.Limits{AtOnce: 4}, UpdateToken: token})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serving, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(serving, l, time.Second) }()
	url := "http://" + l.Addr().String()

	ctx, cancel := context.WithCancel(t.Context())
	var bad sync.WaitGroup
	const endless = "/sparql?query=SELECT+*+%7B+%3Fa+%3Fb+%3Fc+.+%3Fd+%3Fe+%3Ff+.+%3Fg+%3Fh+%3Fi+%7D"
	connected := make(chan struct{}, n)
	for i := range n {
		bad.Go(func() {
			c, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
			connected <- struct{}{}
			if err != nil {
				return
			}
			defer c.Close()
			stopped := context.AfterFunc(ctx, func() { c.Close() })
			defer stopped()
			from := fmt.Sprintf("X-Forwarded-For: 10.%d.%d.%d\r\n", rand.IntN(250), rand.IntN(250), rand.IntN(250))
			switch i % 5 {
			case 0: // a header drop by drop
				for _, b := range []byte("GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: y\r\n", 1000)) {
					if _, err := c.Write([]byte{b}); err != nil {
						return
					}
					select {
					case <-ctx.Done():
						return
					case <-time.After(50 * time.Millisecond):
					}
				}
			case 1: // a body that does not come
				fmt.Fprintf(c, "POST /sparql HTTP/1.1\r\nHost: x\r\n%sContent-Type: application/sparql-query\r\nContent-Length: 1000\r\n\r\nSELECT", from)
				<-ctx.Done()
			case 2, 3: // a large answer that is not read
				if tcp, ok := c.(*net.TCPConn); ok {
					tcp.SetReadBuffer(4096) //nolint:errcheck // it makes the test quicker, no more
				}
				fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", endless, from)
				<-ctx.Done()
			case 4: // one that breaks off in the middle of the answer
				fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", endless, from)
				io.CopyN(io.Discard, bufio.NewReader(c), 5000) //nolint:errcheck // it breaks off anyhow
			}
		})
	}
	for range n {
		<-connected
	}
	begin := time.Now()
	client := &http.Client{Timeout: 3 * time.Minute}
	answered, busy := 0, 0
	var slowest time.Duration
	for i := 0; answered < 100; i++ {
		start := time.Now()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/sparql?query="+esc(fmt.Sprintf("SELECT ?o { <%ss%d> ?p ?o }", testBase, i)), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Forwarded-For", "192.0.2.1")
		resp, err := client.Do(r)
		if err != nil {
			t.Fatalf("after %d answers: %v", answered, err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		switch {
		case err != nil:
			t.Fatal(err)
		case resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") != "":
			busy++ // the queue is full for a moment: what a client does then is to ask again
			if time.Since(begin) > 4*time.Minute {
				t.Fatalf("%d answers and %d times busy in four minutes", answered, busy)
			}
		case resp.StatusCode != 200 || !strings.Contains(string(body), `"value":"`+strconv.Itoa(i)+`"`):
			t.Fatalf("%d %s", resp.StatusCode, body)
		default:
			answered++
			slowest = max(slowest, time.Since(start))
		}
	}
	t.Logf("%d bad clients: 100 answers in %v, the slowest after %v, %d times busy; %d queries parked", n, time.Since(begin), slowest, busy, s.slots.parkedNow())
	cancel()
	bad.Wait()
	stop()
	if err := <-served; err != nil {
		t.Errorf("the end: %v", err)
	}
	if running, parked := s.slots.Running(), s.slots.parkedNow(); running != 0 || parked != 0 {
		t.Errorf("%d slots are still taken, %d parked", running, parked)
	}
}
