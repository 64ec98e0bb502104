package egress

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"triplestore/internal/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

func guard(t *testing.T, o Options, allow ...string) *Guard {
	t.Helper()
	o.Allow = append(o.Allow, rules(t, allow...)...)
	g := New(o)
	t.Cleanup(g.Close)
	return g
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// get gives the body, or the error of the request or of the body.
func get(g *Guard, address string) (string, error) {
	resp, err := g.Do(context.Background(), &Request{URL: address})
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

func hello(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }

func wantRefused(t *testing.T, what string, err error) {
	t.Helper()
	var r *RefusedError
	if !errors.As(err, &r) {
		t.Errorf("%s: got %v, want a refusal", what, err)
	}
}

// TestRefused: with everything allowed, nothing but public addresses is.
func TestRefused(t *testing.T) {
	t.Parallel()
	asked := atomic.Int64{}
	s := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	g := guard(t, Options{}, "*")
	for _, host := range []string{"127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.0.0.1.",
		"[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "localhost", "LOCALHOST", "0.0.0.0", "[::]",
		"169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "[fd00::1]", "[fe80::1]", "[fe80::1%25lo]", "224.0.0.1"} {
		_, err := get(g, "http://"+host+":"+port+"/")
		wantRefused(t, host, err)
	}
	for _, address := range []string{"ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1:70/", "http:///x", "http:127.0.0.1", "//127.0.0.1",
		"http://user:password@example.org/", "unix:/run/x", "http://localhost#@example.org/"} {
		_, err := get(g, address)
		wantRefused(t, address, err)
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("%d requests arrived", n)
	}
}

// TestNamed: the operator may name hosts that are not public, with their port.
func TestNamed(t *testing.T) {
	t.Parallel()
	s := serve(t, hello)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	for _, c := range []struct {
		allow, address string
		ok             bool
	}{
		{s.URL, s.URL, true},
		{"127.0.0.1:" + port, s.URL + "/x", true},
		{s.URL, "http://[::ffff:127.0.0.1]:" + port, true},
		{s.URL, "http://localhost:" + port, false},
		{"localhost:" + port, "http://localhost:" + port, true},
		{"localhost:" + port, s.URL, false},
		{"127.0.0.1", s.URL, false},
		{s.URL + "/sparql", s.URL + "/sparql", true},
		{s.URL + "/sparql", s.URL + "/admin", false},
	} {
		got, err := get(guard(t, Options{}, c.allow), c.address)
		if c.ok && (err != nil || got != "hello") {
			t.Errorf("%s with %s: %q, %v", c.address, c.allow, got, err)
		} else if !c.ok {
			wantRefused(t, c.address+" with "+c.allow, err)
		}
	}
	// A path of a private host is allowed, and everything public. The connection that the first made must not serve the second.
	g := guard(t, Options{}, s.URL+"/sparql", "*")
	if got, err := get(g, s.URL+"/sparql"); got != "hello" {
		t.Error(err)
	}
	_, err := get(g, s.URL+"/admin")
	wantRefused(t, "another path", err)
}

// TestResolved: names are judged by where they lead at the time of the connection.
func TestResolved(t *testing.T) {
	t.Parallel()
	s := serve(t, hello)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	var answers atomic.Pointer[[]string]
	resolve := func(_ context.Context, host string) ([]netip.Addr, error) {
		if !strings.HasSuffix(host, "example.org") {
			t.Errorf("resolves %s", host)
		}
		var out []netip.Addr
		for _, a := range *answers.Load() {
			out = append(out, netip.MustParseAddr(a))
		}
		return out, nil
	}
	for _, c := range []struct {
		ips  string
		open bool
		name bool
	}{
		{"127.0.0.1", false, true},
		{"::ffff:127.0.0.1", false, true},
		{"10.0.0.1 127.0.0.1", false, true},
		{"169.254.169.254", false, false},
		{"0.0.0.0", false, false},
		{"::ffff:169.254.169.254", false, false},
		{"fe80::1", false, false},
	} {
		list := strings.Fields(c.ips)
		answers.Store(&list)
		open := guard(t, Options{Resolve: resolve}, "*", "*.example.org")
		named := guard(t, Options{Resolve: resolve}, "http://a.example.org:"+port)
		for g, want := range map[*Guard]bool{open: c.open, named: c.name} {
			if len(list) > 1 && want {
				continue // it would wait for 10.0.0.1
			}
			got, err := get(g, "http://a.example.org:"+port+"/")
			if want && got != "hello" {
				t.Errorf("%s: %v", c.ips, err)
			} else if !want {
				wantRefused(t, c.ips, err)
				if err != nil && strings.Contains(err.Error(), list[0]) {
					t.Errorf("the error tells the address: %v", err)
				}
			}
		}
	}
	answers.Store(&[]string{})
	if _, err := get(guard(t, Options{Resolve: resolve}, "*"), "http://b.example.org:"+port+"/"); err == nil {
		t.Error("a host without an address answered")
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	type seen struct{ method, body, contentType, authorization, referer, cookie string }
	var last atomic.Pointer[seen]
	mux := http.NewServeMux()
	mux.HandleFunc("/end", func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		last.Store(&seen{r.Method, string(b), r.Header.Get("Content-Type"), r.Header.Get("Authorization"), r.Header.Get("Referer"), r.Header.Get("Cookie")})
		hello(w, r)
	})
	mux.HandleFunc("/to", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // a test
		var code int
		fmt.Sscan(r.URL.Query().Get("code"), &code) //nolint:errcheck // a test
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		w.Header().Set("Location", r.URL.Query().Get("at"))
		w.WriteHeader(code)
	})
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/hops/{n}", func(w http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscan(r.PathValue("n"), &n) //nolint:errcheck // a test
		if n == 0 {
			hello(w, r)
			return
		}
		http.Redirect(w, r, fmt.Sprintf("/hops/%d", n-1), http.StatusFound)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	other := httptest.NewServer(mux)
	t.Cleanup(other.Close)
	to := func(code int, at string) string {
		return fmt.Sprintf("%s/to?code=%d&at=%s", s.URL, code, url.QueryEscape(at))
	}

	g := guard(t, Options{}, s.URL, "*")
	for _, at := range []string{other.URL + "/end", "http://127.0.0.2:1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "file:///etc/passwd",
		"http://2130706433/", "//localhost/end", "http://user@127.0.0.1/", "gopher://example.org"} {
		for _, code := range []int{301, 302, 303, 307, 308} {
			_, err := get(g, to(code, at))
			wantRefused(t, at, err)
			if err != nil && !strings.Contains(err.Error(), "redirect") {
				t.Errorf("it does not say redirect: %v", err)
			}
		}
	}
	narrow := guard(t, Options{}, s.URL+"/to")
	_, err := get(narrow, to(302, "/end"))
	wantRefused(t, "out of the prefix", err)
	if got, err := get(g, s.URL+"/hops/5"); got != "hello" {
		t.Error(err)
	}
	for _, c := range []struct {
		path string
		most int
	}{{"/hops/6", 0}, {"/loop", 0}, {"/hops/1", -1}, {"/hops/3", 2}} {
		_, err := get(guard(t, Options{MaxRedirects: c.most}, s.URL), s.URL+c.path)
		wantRefused(t, c.path, err)
	}

	g = guard(t, Options{Credentials: true}, s.URL, other.URL)
	withUser := strings.Replace(s.URL, "://", "://user:secret@", 1)
	for code, want := range map[int]seen{
		301: {"POST", "query", "text/x", "", "", ""}, 302: {"POST", "query", "text/x", "", "", ""}, 303: {"GET", "", "", "", "", ""},
		307: {"POST", "query", "text/x", "", "", ""}, 308: {"POST", "query", "text/x", "", "", ""},
	} {
		for _, at := range []string{other.URL + "/end", "/end"} {
			address := strings.Replace(to(code, at), s.URL, withUser, 1)
			r, err := g.Do(t.Context(), &Request{Method: "POST", URL: address, Body: []byte("query"), Header: map[string]string{"Content-Type": "text/x"}})
			if err != nil {
				t.Fatal(err)
			}
			r.Body.Close()
			expect := want
			if at == "/end" {
				expect.authorization = "Basic dXNlcjpzZWNyZXQ="
			}
			if got := *last.Load(); got != expect {
				t.Errorf("%d to %s: %+v, want %+v", code, at, got, expect)
			}
			if r.URL.User != nil || r.URL.Path != "/end" {
				t.Errorf("got %v", r.URL)
			}
		}
	}
	// Without a place to go to it is an answer like others.
	r, err := g.Do(t.Context(), &Request{URL: to(302, "")})
	if err != nil || r.Status != 302 {
		t.Fatal(r, err)
	}
	r.Body.Close()
	if _, err := g.Do(t.Context(), &Request{URL: to(302, "http://[")}); err == nil || strings.Contains(err.Error(), "[") {
		t.Errorf("got %v", err)
	}
}

func TestDowngrade(t *testing.T) {
	t.Parallel()
	plain := serve(t, hello)
	s := httptest.NewUnstartedServer(http.RedirectHandler(plain.URL, http.StatusFound))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	g := guard(t, Options{}, s.URL, plain.URL)
	if _, err := get(g, s.URL); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate of nobody: %v", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	g.named.TLSClientConfig = &tls.Config{RootCAs: roots}
	_, err := get(g, s.URL)
	wantRefused(t, "downgrade", err)
	if err == nil || !strings.Contains(err.Error(), "from https to http") {
		t.Errorf("got %v", err)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(make([]byte, 10<<20)) //nolint:errcheck // to memory
	z.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/bomb", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("accepts %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", fmt.Sprint(bomb.Len()))
		w.Write(bomb.Bytes()) //nolint:errcheck // the client leaves
	})
	mux.HandleFunc("/announced", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "20000000")
		w.WriteHeader(200)
	})
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			w.Write(make([]byte, 1<<16)) //nolint:errcheck // the client leaves
		}
	})
	mux.HandleFunc("/exact", func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 1<<20)) }) //nolint:errcheck // the client leaves
	mux.HandleFunc("/header", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 1<<20)) })
	mux.HandleFunc("/short", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		hello(w, nil)
	})
	mux.HandleFunc("/br", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Encoding", "br"); hello(w, nil) })
	mux.HandleFunc("/notgzip", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		fmt.Fprint(w, "this is no gzip at all")
	})
	mux.HandleFunc("/empty", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Encoding", "gzip") })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	g := guard(t, Options{MaxBytes: 1 << 20}, s.URL)
	for path, want := range map[string]string{"/bomb": "longer", "/announced": "longer", "/endless": "longer", "/exact": "", "/header": "header",
		"/short": "EOF", "/br": "br", "/notgzip": "gzip", "/empty": ""} {
		b, err := get(g, s.URL+path)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
		if len(b) > 1<<20 {
			t.Errorf("%s gave %d bytes", path, len(b))
		}
		var l *LimitError
		if want == "longer" && !errors.As(err, &l) {
			t.Errorf("%s: got %T", path, err)
		}
	}
	if b, err := get(guard(t, Options{MaxBytes: 11 << 20}, s.URL), s.URL+"/bomb"); len(b) != 10<<20 || err != nil {
		t.Errorf("unpacked: %d bytes, %v", len(b), err)
	}
	r, err := g.Do(t.Context(), &Request{URL: s.URL + "/bomb", Raw: true, Header: map[string]string{"Accept-Encoding": "gzip"}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if b, err := io.ReadAll(r.Body); !bytes.Equal(b, bomb.Bytes()) || err != nil || r.Length != int64(len(b)) {
		t.Errorf("raw: %d bytes of %d, %v", len(b), r.Length, err)
	}
}

func TestRequest(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("http_proxy", "http://127.0.0.1:1")
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Got", r.Method+" "+r.UserAgent()+" "+r.Header.Get("Accept"))
		w.WriteHeader(418)
		hello(w, r)
	})
	g := guard(t, Options{UserAgent: "me/1"}, s.URL)
	r, err := g.Do(t.Context(), &Request{URL: s.URL + "/a#b", Header: map[string]string{"Accept": "x/y"}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.Status != 418 || r.StatusText != "418 I'm a teapot" || r.Header("x-got") != "GET me/1 x/y" || r.URL.String() != s.URL+"/a" || r.Length != 5 {
		t.Errorf("got %+v", r)
	}
	for _, r := range []*Request{{Method: "DELETE"}, {Method: "CONNECT"}, {Header: map[string]string{"host": "x"}}, {Header: map[string]string{"cookie": "x"}},
		{Header: map[string]string{"Transfer-Encoding": "chunked"}}, {Header: map[string]string{"a\r\nb": "c"}}, {Header: map[string]string{"a": "b\r\nc: d"}}} {
		r.URL = s.URL
		if _, err := g.Do(t.Context(), r); err == nil {
			t.Errorf("%+v was sent", r)
		}
	}
	for _, u := range []string{"http://[", "http://a b/", "%"} {
		if _, err := g.Do(t.Context(), &Request{URL: u}); err == nil || strings.Contains(err.Error(), u) {
			t.Errorf("%s: got %v", u, err)
		}
	}
}

// TestProxy: an operator's proxy may be anywhere; what is asked through it is judged as far as it can be.
func TestProxy(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.String()) })
	u, _ := url.Parse(s.URL)
	g := guard(t, Options{Proxy: func(r *http.Request) (*url.URL, error) {
		if r.URL.Hostname() == "direct.example.org" {
			return nil, nil
		}
		return u, nil
	}, Resolve: func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}},
		"http://a.example.org", "*.example.org", "*")
	if got, err := get(g, "http://a.example.org/x"); got != "http://a.example.org/x" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, address := range []string{"http://127.0.0.1/", s.URL, "http://direct.example.org/", "http://169.254.169.254/"} {
		_, err := get(g, address)
		wantRefused(t, address, err)
	}
}

// pipes is a network in memory, so that time-outs are tested in fake time.
func pipes(t *testing.T, o Options, server func(net.Conn)) *Guard {
	g := New(o)
	g.named.DialContext = func(context.Context, string, string) (net.Conn, error) {
		a, b := net.Pipe()
		go func() {
			defer b.Close()
			server(b)
		}()
		return a, nil
	}
	return g
}

func readRequest(c net.Conn) {
	buf := make([]byte, 4096)
	for n := 0; !bytes.Contains(buf[:n], []byte("\r\n\r\n")); {
		k, err := c.Read(buf[n:])
		if err != nil {
			return
		}
		n += k
	}
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	drip := func(every time.Duration, times int) func(net.Conn) {
		return func(c net.Conn) {
			readRequest(c)
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", times)
			for range times {
				time.Sleep(every) // in fake time
				if _, err := c.Write([]byte("x")); err != nil {
					return
				}
			}
		}
	}
	for _, c := range []struct {
		name   string
		o      Options
		server func(net.Conn)
		want   string
		after  time.Duration
	}{
		{"no header", Options{Header: 3 * time.Second}, func(c net.Conn) { readRequest(c); io.Copy(io.Discard, c) }, "in time", 3 * time.Second},                //nolint:errcheck // a test
		{"no header in total", Options{Total: 2 * time.Second}, func(c net.Conn) { readRequest(c); io.Copy(io.Discard, c) }, "longer than 2s", 2 * time.Second}, //nolint:errcheck // a test
		{"stall", Options{Stall: 5 * time.Second}, drip(time.Hour, 10), "stopped sending for 5s", 5 * time.Second},
		{"slow", Options{Stall: 5 * time.Second}, drip(4*time.Second, 10), "", 40 * time.Second},
		{"slow in total", Options{Stall: 5 * time.Second, Total: 9 * time.Second}, drip(4*time.Second, 10), "longer than 9s", 9 * time.Second},
		{"default", Options{}, drip(time.Hour, 10), "stopped sending for 1m0s", time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c.o.Allow = rules(t, "a.example.org")
				g := pipes(t, c.o, c.server)
				defer g.Close()
				begin := time.Now()
				b, err := get(g, "http://a.example.org/")
				var timeout *TimeoutError
				if c.want == "" {
					if err != nil || len(b) != 10 {
						t.Errorf("got %q, %v", b, err)
					}
				} else if !errors.As(err, &timeout) || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %s", err, c.want)
				}
				if d := time.Since(begin); d != c.after {
					t.Errorf("after %v, want %v", d, c.after)
				}
				time.Sleep(2 * time.Hour) // in fake time: the server ends as well
			})
		})
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	asked, gone := make(chan struct{}), make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			hello(w, r)
			http.NewResponseController(w).Flush() //nolint:errcheck // a test
		}
		asked <- struct{}{}
		<-r.Context().Done()
		gone <- struct{}{}
	})
	g := guard(t, Options{Total: time.Hour}, s.URL)
	mine := errors.New("mine")
	for _, path := range []string{"/header", "/body"} {
		ctx, cancel := context.WithCancelCause(t.Context())
		go func() {
			<-asked
			cancel(mine)
		}()
		r, err := g.Do(ctx, &Request{URL: s.URL + path})
		if err == nil {
			_, err = io.ReadAll(r.Body)
			r.Body.Close()
			if _, again := r.Body.Read(make([]byte, 1)); again == nil {
				t.Error("a closed body can be read")
			}
		}
		if err != mine {
			t.Errorf("%s: got %v", path, err)
		}
		<-gone // the server sees it
	}
}

// TestPrivateHeaders asks for what redirects within the origin and away from it: private headers go to what is trusted only.
func TestPrivateHeaders(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	got := map[string]string{}
	answer := func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		got[r.Host+r.URL.Path] = r.Header.Get("Authorization") + " " + r.Header.Get("X-Key")
		mu.Unlock()
		if at := r.URL.Query().Get("at"); at != "" {
			http.Redirect(w, r, at, http.StatusTemporaryRedirect)
		}
	}
	s, other := httptest.NewServer(http.HandlerFunc(answer)), httptest.NewServer(http.HandlerFunc(answer))
	t.Cleanup(s.Close)
	t.Cleanup(other.Close)
	rule, err := Origin(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	g := guard(t, Options{Private: map[string]string{"Authorization": "Bearer abc", "X-Key": "def"}, Trusted: []Rule{rule}, Credentials: true}, s.URL, other.URL)
	back := s.URL + "/back"
	away := other.URL + "/away?at=" + url.QueryEscape(back)
	if _, err := get(g, strings.Replace(s.URL, "://", "://user:pw@", 1)+"/start?at="+url.QueryEscape(away)); err != nil {
		t.Fatal(err)
	}
	host := func(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }
	want := map[string]string{host(s) + "/start": "Bearer abc def", host(other) + "/away": " ", host(s) + "/back": "Bearer abc def"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}
