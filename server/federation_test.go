package server

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"triplestore/internal/egress"
	"triplestore/rdf"
	"triplestore/sparql"
	"triplestore/sparql/service"
	"triplestore/store"
	"triplestore/store/memstore"
)

// federating is a server that may ask some addresses.
func federating(t *testing.T, o egress.Options, allow ...string) *httptest.Server {
	t.Helper()
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	_, err := st.Update(t.Context(), func(tx store.Txn) error {
		return tx.Add([]rdf.Quad{{S: rdf.IRI("http://e/a"), P: rdf.IRI("http://e/p"), O: rdf.String("here")}})
	})
	if err != nil {
		t.Fatal(err)
	}
	if o.Allow, err = egress.ParseRules(allow); err != nil {
		t.Fatal(err)
	}
	g := egress.New(o)
	t.Cleanup(g.Close)
	return testServer(t, st, func(c *Config) {
		c.Service = service.New(service.Options{Guard: g, MaxRows: 1000})
		c.AnonymousWrites = true
		c.Load = func(_ context.Context, d sparql.Document, _ func([]rdf.Quad) error) error { return g.Check(d.IRI) }
	})
}

// endpointOf answers with what f writes.
func endpointOf(t *testing.T, f http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // a test
		w.Header().Set("Content-Type", "application/sparql-results+json")
		f(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/sparql"
}

const binding = `{"s":{"type":"uri","value":"http://e/a"},"o":{"type":"literal","value":"there"}}`

func TestFederation(t *testing.T) {
	t.Parallel()
	rows := func(n int, end string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"head":{"vars":["s","o"]},"results":{"bindings":[`+binding) //nolint:errcheck // the client may leave
			for range n - 1 {
				io.WriteString(w, ","+binding) //nolint:errcheck // the client may leave
			}
			io.WriteString(w, end) //nolint:errcheck // the client may leave
		}
	}
	good := endpointOf(t, rows(1, "]}}"))
	dies := endpointOf(t, func(w http.ResponseWriter, r *http.Request) {
		rows(500, "")(w, r)
		panic(http.ErrAbortHandler)
	})
	slow := endpointOf(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	many := endpointOf(t, rows(1001, "]}}"))
	huge := endpointOf(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"head":{"vars":["s"]},"results":{"bindings":[{"s":{"type":"literal","value":"%s"}}]}}`, strings.Repeat("x", 1<<20))
	})
	fails := endpointOf(t, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "out of order", http.StatusInternalServerError)
	})
	moves := endpointOf(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusTemporaryRedirect)
	})
	refused := endpointOf(t, func(http.ResponseWriter, *http.Request) { t.Error("it was asked") })
	patient := federating(t, egress.Options{MaxBytes: 1 << 18}, good, dies, many, huge, fails, moves, "*")
	impatient := federating(t, egress.Options{Total: 20 * time.Millisecond}, slow)
	for _, c := range []struct {
		name, endpoint string
		status         int
		want           string
	}{
		{"good", good, 200, "there"},
		{"dies", dies, 502, "broke off"},
		{"slow", slow, 504, "took longer than 20ms"},
		{"many", many, 502, "more than 1000 rows"},
		{"huge", huge, 502, "longer than allowed"},
		{"fails", fails, 502, "500 Internal Server Error: out of order"},
		{"moves", moves, 403, "a redirect leads there"},
		{"refused", refused, 403, "not public"},
		{"metadata", "http://169.254.169.254/", 403, "not public"},
		{"decimal", "http://2130706433/", 403, "no valid host"},
		{"file", "file:///etc/passwd", 403, "only http and https"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := patient
			if c.endpoint == slow {
				srv = impatient
			}
			for _, query := range []string{
				"SELECT * { ?s <http://e/p> ?p SERVICE <" + c.endpoint + "> { ?s <http://e/q> ?o } }",
				"SELECT * { VALUES ?e { <" + c.endpoint + "> } SERVICE ?e { ?s <http://e/q> ?o } } ORDER BY ?o",
			} {
				r := get(t, srv, "/sparql?query="+url.QueryEscape(query), "Accept", "application/json")
				if r.StatusCode != c.status || !strings.Contains(r.body, c.want) {
					t.Errorf("%s: %d %.300s", query, r.StatusCode, r.body)
				}
			}
			query := "SELECT ?p ?o { ?s <http://e/p> ?p SERVICE SILENT <" + c.endpoint + "> { ?s <http://e/q> ?o } }"
			want := "p,o\r\nhere,\r\n"
			if c.status == 200 {
				want = "p,o\r\nhere,there\r\n"
			}
			r := get(t, srv, "/sparql?query="+url.QueryEscape(query), "Accept", "text/csv")
			if r.StatusCode != 200 || r.body != want {
				t.Errorf("silent: %d %.300s", r.StatusCode, r.body)
			}
		})
	}
	for _, address := range []string{refused, "http://10.0.0.1/", "file:///etc/passwd"} {
		r := do(t, patient, "POST", "/update", strings.NewReader("LOAD <"+address+">"), "Content-Type", typeUpdate, "Accept", "application/json")
		if r.StatusCode != 403 || !strings.Contains(r.body, "is refused") {
			t.Errorf("LOAD %s: %d %s", address, r.StatusCode, r.body)
		}
	}
}

// TestFederationGone: when the client goes, so does the request to the endpoint.
func TestFederationGone(t *testing.T) {
	t.Parallel()
	asked, gone := make(chan struct{}), make(chan struct{})
	endpoint := endpointOf(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"head":{"vars":["s","o"]},`) //nolint:errcheck // the client may leave
		http.NewResponseController(w).Flush()            //nolint:errcheck // a test
		close(asked)
		<-r.Context().Done()
		close(gone)
	})
	srv := federating(t, egress.Options{}, endpoint)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/sparql?query="+
		url.QueryEscape("SELECT * { ?s <http://e/p> ?p SERVICE <"+endpoint+"> { ?s <http://e/q> ?o } }"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := http.DefaultClient.Do(r); err == nil {
		io.ReadAll(resp.Body) //nolint:errcheck // it breaks off
		resp.Body.Close()
	}
	<-gone
}
