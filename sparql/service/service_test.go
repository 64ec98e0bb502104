package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"triplestore/internal/egress"
	"triplestore/internal/leaks"
	"triplestore/rdf"
	"triplestore/sparql/exec"
	"triplestore/sparql/results"
)

func TestMain(m *testing.M) { leaks.Main(m) }

func endpoint(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL + "/sparql"
}

func client(t *testing.T, o egress.Options, maxRows int64, allow ...string) *Client {
	t.Helper()
	list, err := egress.ParseRules(allow)
	if err != nil {
		t.Fatal(err)
	}
	o.Allow = list
	g := egress.New(o)
	t.Cleanup(g.Close)
	return New(Options{Guard: g, MaxRows: maxRows})
}

// ask gives the answer as text.
func ask(ctx context.Context, c *Client, address, query string) (string, error) {
	var out []string
	err := c.Select(ctx, address, query, results.Handler{
		Head: func(vars []string) error { out = append(out, strings.Join(vars, ",")); return nil },
		Row:  func(row []rdf.Term) error { out = append(out, fmt.Sprint(row)); return nil },
	})
	return strings.Join(out, " "), err
}

const (
	oneJSON = `{"head":{"vars":["a","b"]},"results":{"bindings":[{"a":{"type":"uri","value":"http://e/"}}]}}`
	oneXML  = `<?xml version="1.0"?><sparql xmlns="http://www.w3.org/2005/sparql-results#"><head><variable name="a"/><variable name="b"/></head>` +
		`<results><result><binding name="a"><uri>http://e/</uri></binding></result></results></sparql>`
	oneTSV = "?a\t?b\n<http://e/>\t\n"
	one    = "a,b [<http://e/> ]"
)

func TestFormats(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ mediaType, body string }{
		{"application/sparql-results+json", oneJSON},
		{"application/sparql-results+json; charset=utf-8", oneJSON},
		{"application/json", oneJSON},
		{"application/sparql-results+xml", oneXML},
		{"text/xml", oneXML},
		{"text/tab-separated-values", oneTSV},
		{"text/plain", oneJSON},
		{"text/plain; charset=utf-8", " \n" + oneXML},
		{"application/octet-stream", oneJSON},
	} {
		address := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != "POST" || r.URL.Path != "/sparql" || r.PostFormValue("query") != "SELECT * { ?a ?b 'å+&=%' }" || r.URL.RawQuery != "x=y" ||
				r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || !strings.HasPrefix(r.Header.Get("Accept"), "application/sparql-results+json,") {
				t.Errorf("got %s %s %v %v", r.Method, r.URL, r.Header, r.PostForm)
			}
			w.Header().Set("Content-Type", c.mediaType)
			io.WriteString(w, c.body) //nolint:errcheck // a test
		})
		got, err := ask(t.Context(), client(t, egress.Options{}, 0, address), address+"?x=y", "SELECT * { ?a ?b 'å+&=%' }")
		if got != one || err != nil {
			t.Errorf("%s: got %q, %v", c.mediaType, got, err)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	hundred := `{"head":{"vars":["a"]},"results":{"bindings":[` + strings.Repeat(`{"a":{"type":"literal","value":"x"}},`, 99) +
		`{"a":{"type":"literal","value":"x"}}]}}`
	for _, c := range []struct {
		name, mediaType, body string
		status                int
		want                  []string
	}{
		{"status", "text/html", "<html>\n\n  <b>Virtual\x00 memory</b>\t\x1b[31mexceeded</html>", 500,
			[]string{"answered 500 Internal Server Error: <html> <b>Virtual memory</b> [31mexceeded</html>"}},
		{"long", "text/plain", strings.Repeat("å", 1000), 400, []string{"400 Bad Request: " + strings.Repeat("å", 300) + "…"}},
		{"nothing", "", "", 204, []string{"204 No Content"}},
		{"page", "text/html; charset=utf-8", "<html>Welcome", 200, []string{"text/html", "no format of results", "<html>Welcome"}},
		{"graph", "text/turtle", "<a> <b> <c> .", 200, []string{"text/turtle", "<a> <b> <c> ."}},
		{"csv", "text/csv", "a\nb\n", 200, []string{"text/csv"}},
		{"plain", "text/plain", "no results", 200, []string{"text/plain", "no results"}},
		{"short", "application/sparql-results+json", oneJSON[:len(oneJSON)-3], 200, []string{"JSON results", "ends early"}},
		{"broken", "application/sparql-results+xml", "<sparql", 200, []string{"XML results"}},
		{"boolean", "application/sparql-results+json", `{"head":{},"boolean":true}`, 200, []string{"boolean"}},
		{"rows", "application/sparql-results+json", hundred, 200, []string{"more than 50 rows"}},
		{"bytes", "application/sparql-results+json", `{"head":{"vars":["` + strings.Repeat("a", 20000), 200, []string{"longer than allowed, which is 10000 bytes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address := endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.mediaType)
				w.WriteHeader(c.status)
				io.WriteString(w, c.body) //nolint:errcheck // a test
			})
			_, err := ask(t.Context(), client(t, egress.Options{MaxBytes: 10000}, 50, address), address, "SELECT")
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q", err, want)
				}
			}
			if errors.Is(err, exec.ErrServiceRefused) {
				t.Error("it counts as refused")
			}
			if strings.ContainsAny(err.Error(), "\x00\n\x1b") {
				t.Errorf("got %q", err)
			}
		})
	}
}

// TestDies: an endpoint that breaks off gives an error, whatever the format.
func TestDies(t *testing.T) {
	t.Parallel()
	for mediaType, body := range map[string]string{"application/sparql-results+json": oneJSON, "application/sparql-results+xml": oneXML,
		"text/tab-separated-values": oneTSV, "text/plain": oneJSON} {
		address := endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", mediaType)
			io.WriteString(w, body[:len(body)-3]) //nolint:errcheck // a test
			http.NewResponseController(w).Flush() //nolint:errcheck // a test
			panic(http.ErrAbortHandler)
		})
		_, err := ask(t.Context(), client(t, egress.Options{}, 0, address), address, "SELECT")
		if err == nil || !strings.Contains(err.Error(), "broke off") {
			t.Errorf("%s: got %v", mediaType, err)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	address := endpoint(t, func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") })
	elsewhere := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, address, http.StatusTemporaryRedirect)
	})
	for _, c := range []struct {
		allow []string
		ask   string
	}{{nil, address}, {[]string{"*"}, address}, {[]string{"*", elsewhere}, elsewhere}, {[]string{"*"}, "urn:x"}, {[]string{"*"}, "http://169.254.169.254/"}} {
		_, err := ask(t.Context(), client(t, egress.Options{}, 0, c.allow...), c.ask, "SELECT")
		if !errors.Is(err, exec.ErrServiceRefused) || !strings.Contains(err.Error(), "--allow-service") {
			t.Errorf("%s: got %v", c.ask, err)
		}
	}
	if err := client(t, egress.Options{}, 0, "*").Check(address); !errors.Is(err, exec.ErrServiceRefused) {
		t.Errorf("got %v", err)
	}
	if err := client(t, egress.Options{}, 0, address).Check(address); err != nil {
		t.Error(err)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	asked, gone := make(chan struct{}), make(chan struct{})
	address := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		io.ReadAll(r.Body) //nolint:errcheck // a test
		w.Header().Set("Content-Type", "application/sparql-results+json")
		io.WriteString(w, oneJSON[:40])       //nolint:errcheck // a test
		http.NewResponseController(w).Flush() //nolint:errcheck // a test
		close(asked)
		<-r.Context().Done()
		close(gone)
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	_, err := ask(ctx, client(t, egress.Options{}, 0, address), address, "SELECT")
	if err != context.Canceled {
		t.Errorf("got %v", err)
	}
	<-gone
}

// TestStop: an error of the handler ends the request.
func TestStop(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	address := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		io.ReadAll(r.Body) //nolint:errcheck // a test
		w.Header().Set("Content-Type", "application/sparql-results+json")
		io.WriteString(w, strings.TrimSuffix(oneJSON, "]}}")+",") //nolint:errcheck // a test
		http.NewResponseController(w).Flush()                     //nolint:errcheck // a test
		<-r.Context().Done()
		close(gone)
	})
	mine := errors.New("mine")
	err := client(t, egress.Options{}, 0, address).Select(t.Context(), address, "SELECT", results.Handler{Row: func([]rdf.Term) error { return mine }})
	if err != mine {
		t.Errorf("got %v", err)
	}
	<-gone
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	address := endpoint(t, func(_ http.ResponseWriter, r *http.Request) {
		io.ReadAll(r.Body) //nolint:errcheck // a test
		<-r.Context().Done()
	})
	_, err := ask(t.Context(), client(t, egress.Options{Total: 30 * time.Millisecond}, 0, address), address, "SELECT")
	if e := (*egress.TimeoutError)(nil); !errors.As(err, &e) {
		t.Errorf("got %v", err)
	}
}
