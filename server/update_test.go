package server

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/memstore"
)

const token = "a-token"

var bearer = []string{"Authorization", "Bearer " + token}

func withToken(c *Config) { c.UpdateToken = token }

// TestUpdateRequests sends what the SPARQL Protocol allows and what it does not (https://www.w3.org/TR/sparql11-protocol/#update-operation).
func TestUpdateRequests(t *testing.T) {
	t.Parallel()
	const insert = "INSERT DATA { <x:a> <x:p> 1 }"
	form := func(pairs ...string) string {
		v := url.Values{}
		for i := 0; i+1 < len(pairs); i += 2 {
			v.Add(pairs[i], pairs[i+1])
		}
		return v.Encode()
	}
	const copyUsing = "INSERT { ?s <x:q> ?o } WHERE { ?s <x:p> ?o }"
	const copyNamed = "INSERT { ?s <x:q> ?o } WHERE { GRAPH ?g { ?s <x:p> ?o } }"
	for _, c := range []struct {
		name, method, path, mediaType, body string
		status                              int
		contains                            string
	}{
		{"direct", "POST", "/update", typeUpdate, insert, 200, `"operations":1,"inserted":1,"deleted":0,"commit":2`},
		{"direct with a charset", "POST", "/update", typeUpdate + "; charset=UTF-8", insert, 200, ""},
		{"form", "POST", "/update", typeForm, form("update", insert), 200, `"inserted":1`},
		{"known prefixes", "POST", "/update", typeUpdate, "INSERT DATA { <x:a> dct:title 'a' }", 200, `"inserted":1`},
		{"nothing to do", "POST", "/update", typeUpdate, "", 200, `"operations":0,"inserted":0,"deleted":0,"commit":1`},
		{"default graph", "POST", "/update?using-graph-uri=x:g", typeUpdate, copyUsing, 200, `"inserted":1`},
		{"default graphs", "POST", "/update", typeForm, form("update", copyUsing, "using-graph-uri", "x:g", "using-graph-uri", "x:h"), 200, `"inserted":2`},
		{"default graph beside a form", "POST", "/update?using-graph-uri=x:g", typeForm, form("update", copyUsing), 200, `"inserted":1`},
		{"named graph", "POST", "/update?using-named-graph-uri=x:g", typeUpdate, copyNamed, 200, `"inserted":1`},
		{"all named graphs", "POST", "/update", typeUpdate, copyNamed, 200, `"inserted":2`},
		{"timeout", "POST", "/update?timeout=5", typeUpdate, insert, 200, ""},

		{"GET", "GET", "/update?" + form("update", insert), "", "", 405, "not allowed"},
		{"PUT", "PUT", "/update", typeUpdate, insert, 405, "not allowed"},
		{"update in the address", "POST", "/update?" + form("update", insert), typeUpdate, "", 400, "in the address"},
		{"two updates", "POST", "/update", typeForm, form("update", insert, "update", insert), 400, "more than one"},
		{"no update", "POST", "/update", typeForm, form("updates", insert), 400, "no update"},
		{"a query", "POST", "/update", typeForm, form("update", insert, "query", "ASK{}"), 400, "/sparql"},
		{"a query as update", "POST", "/update", typeUpdate, "ASK {}", 400, "not valid SPARQL"},
		{"wrong media type", "POST", "/update", "text/plain", insert, 415, "text/plain"},
		{"no media type", "POST", "/update", "", insert, 415, ""},
		{"type of queries", "POST", "/update", typeQuery, insert, 415, ""},
		{"not UTF-8", "POST", "/update", typeUpdate, "INSERT DATA { <x:a> <x:p> '\xff' }", 400, "UTF-8"},
		{"another charset", "POST", "/update", typeUpdate + "; charset=latin1", insert, 415, "UTF-8"},
		{"syntax", "POST", "/update", typeUpdate, "INSERT DATA { <x:a> }", 400, `"line":1,"column":21`},
		{"relative graph", "POST", "/update?using-graph-uri=a+b", typeUpdate, insert, 400, "using-graph-uri"},
		{"two datasets", "POST", "/update?using-graph-uri=x:g", typeUpdate, "INSERT { ?s <x:q> 1 } USING <x:h> WHERE { ?s ?p ?o }", 400, "USING"},
		{"WITH and a parameter", "POST", "/update?using-graph-uri=x:g", typeUpdate, "WITH <x:h> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", 400, "WITH"},
		{"bad timeout", "POST", "/update?timeout=soon", typeUpdate, insert, 400, "timeout"},
		{"graph exists", "POST", "/update", typeUpdate, "CLEAR DEFAULT ; CREATE GRAPH <x:g>", 409, "operation 2, CREATE: the graph "},
		{"no graph", "POST", "/update", typeUpdate, "COPY <x:nowhere> TO DEFAULT", 409, "operation 1, COPY: there is no graph "},
		{"LOAD", "POST", "/update", typeUpdate, "LOAD <http://localhost/>", 403, "LOAD is refused"},
		{"too long", "POST", "/update", typeUpdate, insert + strings.Repeat(" ", 5000), 413, "5000"},
		{"too slow", "POST", "/update?timeout=1ns", typeUpdate, insert, 503, "The update took too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := memstore.New()
			t.Cleanup(func() { st.Close() })
			if _, err := st.Update(t.Context(), func(x store.Txn) error {
				return x.Add([]rdf.Quad{
					{S: rdf.IRI("x:a"), P: rdf.IRI("x:p"), O: rdf.String("g"), G: rdf.IRI("x:g")},
					{S: rdf.IRI("x:a"), P: rdf.IRI("x:p"), O: rdf.String("h"), G: rdf.IRI("x:h")},
				})
			}); err != nil {
				t.Fatal(err)
			}
			srv := testServer(t, st, func(c *Config) { c.UpdateToken, c.MaxRequest = token, 5000 })
			headers := bearer
			if c.mediaType != "" {
				headers = append([]string{"Content-Type", c.mediaType}, bearer...)
			}
			r := do(t, srv, c.method, c.path, strings.NewReader(c.body), headers...)
			if r.StatusCode != c.status || !strings.Contains(r.body, c.contains) {
				t.Errorf("%d %s, want %d with %s", r.StatusCode, r.body, c.status, c.contains)
			}
			want := "application/problem+json"
			if c.status == 200 {
				want = "application/json"
			}
			if got := r.Header.Get("Content-Type"); got != want {
				t.Errorf("content type %s, want %s", got, want)
			}
			if !json.Valid([]byte(r.body)) {
				t.Errorf("no JSON: %s", r.body)
			}
			snap, err := st.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			defer snap.Close()
			if c.status != 200 && snap.Commit().Number != 1 {
				t.Error("it changed the store")
			}
		})
	}
}

func TestWhoMayUpdate(t *testing.T) {
	t.Parallel()
	st := testStore(t, "")
	closed := testServer(t, st, nil)
	locked := testServer(t, st, withToken)
	open := testServer(t, st, func(c *Config) { c.AnonymousWrites = true })
	address, err := url.Parse(open.URL)
	if err != nil {
		t.Fatal(err)
	}
	send := func(url string, headers ...string) response {
		srv := map[string]int{"closed": 0, "locked": 1, "open": 2}[url]
		return do(t, []*httptest.Server{closed, locked, open}[srv], http.MethodPost, "/update", strings.NewReader("CLEAR GRAPH <x:none>"),
			append([]string{"Content-Type", typeUpdate}, headers...)...)
	}
	for _, c := range []struct {
		server  string
		headers []string
		status  int
	}{
		{"closed", nil, 403},
		{"closed", bearer, 403},
		{"closed", []string{"Authorization", "Bearer "}, 403},
		{"locked", nil, 401},
		{"locked", bearer, 200},
		{"locked", []string{"Authorization", "bearer " + token}, 200},
		{"locked", []string{"Authorization", "Bearer " + token + "x"}, 401},
		{"locked", []string{"Authorization", "Bearer "}, 401},
		{"locked", []string{"Authorization", token}, 401},
		{"locked", []string{"Authorization", "Basic " + token}, 401},
		{"open", nil, 200},
		{"open", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"open", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"open", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"open", []string{"Origin", "http://evil.example"}, 403},
		{"open", []string{"Origin", "null"}, 403},
		{"open", []string{"Origin", "http://data.example"}, 200},
		{"open", []string{"Origin", "https://data.example"}, 403},
		{"open", []string{"Origin", "http://" + address.Host}, 200},
		{"open", []string{"Origin", "http://127.0.0.1:1"}, 403},
	} {
		r := send(c.server, c.headers...)
		if r.StatusCode != c.status {
			t.Errorf("%s %q: %d %s, want %d", c.server, c.headers, r.StatusCode, r.body, c.status)
		}
		if got := r.Header.Get("WWW-Authenticate") != ""; got != (c.status == 401) {
			t.Errorf("%s %q: WWW-Authenticate %q", c.server, c.headers, r.Header.Get("WWW-Authenticate"))
		}
	}
	// A name of the attacker's that leads here.
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, open.URL+"/update", strings.NewReader("CLEAR ALL"))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "evil.example"
	r.Header.Set("Origin", "http://evil.example")
	r.Header.Set("Content-Type", typeUpdate)
	resp, err := open.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 403 {
		t.Errorf("a rebound name: %d", resp.StatusCode)
	}
	if _, err := New(Config{Store: st, UpdateToken: "x", AnonymousWrites: true}); err == nil {
		t.Error("a token that is of no use is taken")
	}
}

// TestUpdateVisible sees an update in the next query, and nothing of one whose client goes away.
func TestUpdateVisible(t *testing.T) {
	t.Parallel()
	st := testStore(t, testData)
	srv := testServer(t, st, withToken)
	update := func(ctx context.Context, text string) (int, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, srv.URL+"/update", strings.NewReader(text))
		if err != nil {
			return 0, err
		}
		r.Header.Set("Content-Type", typeUpdate)
		r.Header.Set(bearer[0], bearer[1])
		resp, err := srv.Client().Do(r)
		if err != nil {
			return 0, err
		}
		return resp.StatusCode, resp.Body.Close()
	}
	ask := func(pattern string) string {
		return get(t, srv, "/sparql?format=csv&query="+url.QueryEscape("SELECT (COUNT(*) AS ?n) "+pattern)).body
	}
	if status, err := update(t.Context(), "DELETE { ?d dct:title ?t } INSERT { ?d dct:title 'new' } WHERE { ?d a dcat:Dataset ; dct:title ?t }"); err != nil || status != 200 {
		t.Fatal(status, err)
	}
	if got := ask("{ ?d a dcat:Dataset ; dct:title 'new' }"); got != "n\r\n1\r\n" {
		t.Error(got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	const endless = "CLEAR ALL ; INSERT DATA { <x:a> <x:p> 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20 } ; INSERT { <x:a> <x:q> ?x } WHERE { " +
		"?s1 ?p1 ?a . ?s2 ?p2 ?b . ?s3 ?p3 ?c . ?s4 ?p4 ?d . ?s5 ?p5 ?e . ?s6 ?p6 ?f . ?s7 ?p7 ?g BIND(?a+?b+?c+?d+?e+?f+?g AS ?x) FILTER(?x < 0) }"
	if _, err := update(ctx, endless); err == nil {
		t.Fatal("it ended")
	}
	if status, err := update(t.Context(), "INSERT DATA { <x:after> <x:p> 1 }"); err != nil || status != 200 {
		t.Fatal("the writer is not free", status, err)
	}
	if got := ask("{ <x:a> ?p ?o }"); got != "n\r\n0\r\n" {
		t.Error(got)
	}
}

// TestUpdatesWait has one update at a time; the others wait, but not for longer than their time, and not too many of them.
func TestUpdatesWait(t *testing.T) {
	t.Parallel()
	st := testStore(t, "")
	srv := testServer(t, st, func(c *Config) { c.UpdateToken, c.Queue = token, 1 })
	send := func(path string) int {
		return do(t, srv, http.MethodPost, path, strings.NewReader("INSERT DATA { <x:a> <x:p> 1 }"), append([]string{"Content-Type", typeUpdate}, bearer...)...).StatusCode
	}
	held, free, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		_, err := st.Update(context.Background(), func(store.Txn) error {
			close(held)
			<-free
			return nil
		})
		done <- err
	}()
	<-held
	if status := send("/update?timeout=50ms"); status != 503 {
		t.Errorf("while the store is busy: %d", status)
	}
	answers := make(chan int, 4)
	for range cap(answers) { // one at the store, one in the queue, and two too many
		go func() { answers <- send("/update") }()
	}
	for range 2 {
		if status := <-answers; status != 503 {
			t.Errorf("too many: %d", status)
		}
	}
	close(free)
	for range 2 {
		if status := <-answers; status != 200 {
			t.Errorf("after the wait: %d", status)
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
