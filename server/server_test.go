package server

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"triplestore/rdf"
	"triplestore/rdf/turtle"
	"triplestore/store"
	"triplestore/store/memstore"
)

const testBase = "http://data.example/"

const testData = `
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix e: <http://data.example/id/> .
e:g1 { e:org foaf:name "Etaten"@nb, "Etaten nn"@nn, "The agency"@en . }
e:cat a dcat:Catalog ; dct:title "Katalog"@nb, "Catalogue"@en ; dcat:dataset e:ds .
e:ds a dcat:Dataset ; dct:title "Datasett"@nb, "Datasett nn"@nn, "Dataset"@en, "Datensatz"@de, "Jeu de données"@fr ;
  dct:publisher e:org ; dct:issued "2024-05-01"^^xsd:date ; dcat:byteSize 12.5 ;
  dcat:contactPoint [ a vcard:Organization ; vcard:fn "Kontakt" ; vcard:hasEmail <mailto:post@data.example> ; vcard:hasURL <https://example.org/> ] ;
  dcat:landingPage <https://example.org/landing> ; foaf:page <javascript:alert(1)> ;
  dct:description "<script>alert('x')</script> & \"quotes\""@nb .
e:dist dcat:isDistributionOf e:ds .
[] dct:relation e:ds .
e:other dct:part [ dct:relation e:ds ] .
<http://data.example/id/bl%C3%A5b%C3%A6r> dct:title "escaped" .
<http://data.example/id/rød> dct:title "as it is" .
<http://data.example/id/q?x=1> dct:title "with query" .
<http://data.example/id/http://nested//x> dct:title "nested" .
<http://elsewhere.example/x> dct:title "elsewhere" .
<http://elsewhere.example/"><script>> dct:title "odd" .
<http://elsewhere.example/evil> dct:title "</title><script>alert(2)</script>" ; <http://elsewhere.example/p"onclick="x> "v" .
`

// testStore holds what a TriG text says. A statement that the grammar does not allow is left out.
func testStore(t testing.TB, text string) store.Store {
	t.Helper()
	var quads []rdf.Quad
	if err := turtle.Parse(t.Context(), strings.NewReader(text), turtle.Options{Dialect: turtle.TriG, Lenient: func(*turtle.Error) {}}, func(q []rdf.Quad) error {
		quads = append(quads, q...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	// IRIs that no parser lets through must not hurt either.
	quads = append(quads,
		rdf.Quad{S: rdf.IRI(`http://elsewhere.example/"><script>`), P: rdf.IRI("http://purl.org/dc/terms/relation"), O: rdf.IRI(testBase + "id/ds")},
		rdf.Quad{S: rdf.IRI(testBase + "id/ds"), P: rdf.IRI(`http://x.example/p" onclick="x`), O: rdf.IRI("data:text/html,<script>alert(3)</script>")})
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	if _, err := st.Update(t.Context(), func(txn store.Txn) error { return txn.Add(quads) }); err != nil {
		t.Fatal(err)
	}
	return st
}

func testServer(t testing.TB, st store.Store, change func(*Config), made ...func(*Server)) *httptest.Server {
	t.Helper()
	c := Config{Store: st, Base: testBase, Title: "Test", Log: slog.New(slog.DiscardHandler),
		Examples: []Example{{Name: "one", ExampleText: ExampleText{Title: "What is <b>there</b>?", Text: "SELECT * WHERE { ?s ?p ?o }"}}}}
	if change != nil {
		change(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range made {
		f(s)
	}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return srv
}

type response struct {
	*http.Response
	body string
}

func do(t testing.TB, srv *httptest.Server, method, path string, body io.Reader, headers ...string) response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	client := *srv.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response{resp, string(b)}
}

func get(t testing.TB, srv *httptest.Server, path string, headers ...string) response {
	t.Helper()
	return do(t, srv, http.MethodGet, path, nil, headers...)
}

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// nonceOf finds what lets the workbench make its styles.
var nonceOf = regexp.MustCompile(`'nonce-([0-9a-f]{32})'`)

func TestRoutes(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), nil)
	sel := "/sparql?query=" + url.QueryEscape("SELECT ?s WHERE { ?s a <http://www.w3.org/ns/dcat#Dataset> }")
	ask := "/sparql?query=" + url.QueryEscape("ASK { ?s a <http://www.w3.org/ns/dcat#Dataset> }")
	con := "/sparql?query=" + url.QueryEscape("CONSTRUCT WHERE { ?s a <http://www.w3.org/ns/dcat#Dataset> }")
	res := "/resource?iri=" + url.QueryEscape(testBase+"id/ds")
	const json, turtle, html, problem = "application/sparql-results+json", "text/turtle; charset=utf-8", "text/html; charset=utf-8", "application/problem+json"
	for _, c := range []struct {
		method, path, accept string
		status               int
		contentType          string
		contains             string
	}{
		{"GET", "/", "", 200, html, `class="numbers"`},
		{"GET", "/workbench", "", 200, html, "<textarea"},
		{"POST", "/workbench", "", 405, problem, "not allowed"},
		{"GET", "/", browser, 200, html, "What is &lt;b&gt;there&lt;/b&gt;?"},
		{"GET", "/?example=one", browser, 200, html, "\nSELECT * WHERE { ?s ?p ?o }"},
		{"HEAD", "/", "", 200, html, ""},
		{"POST", "/", "", 405, problem, "not allowed"},
		{"DELETE", "/sparql", "", 405, problem, "QUERY"},
		{"GET", "/readyz", "", 200, "text/plain; charset=utf-8", "ok"},
		{"GET", "/healthz", "", 200, "text/plain; charset=utf-8", "ok"},
		{"GET", "/favicon.ico", "", 200, "image/svg+xml", "<svg"},
		{"GET", stylePath, "", 200, "text/css; charset=utf-8", "font"},
		{"GET", "/assets/../server.go", "", 404, problem, ""},
		{"GET", "/assets/style.css", "", 404, problem, ""},
		{"GET", "/robots.txt", "", 200, "text/plain; charset=utf-8", "Disallow: /sparql"},
		{"POST", "/update", "", 403, problem, "--update-token-file"},
		{"GET", "/update", "", 405, problem, ""},

		{"GET", "/sparql", "", 200, turtle, "sd:Service"},
		{"GET", "/sparql", "application/sparql-results+json", 406, problem, "text/turtle"},
		{"GET", "/sparql?default-graph-uri=x:g", "", 400, problem, "no query"},
		{"GET", "/sparql", browser, 200, html, "<textarea"},
		{"GET", "/sparql?query=", "", 400, problem, "not valid SPARQL"},
		{"GET", "/sparql?query=SELECT", "", 400, problem, `"line":1`},
		{"GET", "/sparql?query=SELECT", browser, 400, html, "^"},
		{"GET", "/sparql?query=ASK%7B%7D&query=ASK%7B%7D", "", 400, problem, "more than one"},
		{"GET", "/sparql?query=%FF", "", 400, problem, "UTF-8"},
		{"GET", "/sparql?query=%zz", "", 400, problem, "parameters"},
		{"GET", "/sparql?update=CLEAR+ALL", "", 400, problem, "/update"},
		{"GET", sel + "&timeout=x", "", 400, problem, "timeout"},
		{"GET", sel + "&timeout=60.5", "", 200, json, "id/ds"},
		{"GET", sel + "&default-graph-uri=x+y", "", 400, problem, "default-graph-uri"},
		{"GET", sel, "", 200, json, `"http://data.example/id/ds"`},
		{"GET", sel, "*/*", 200, json, ""},
		{"GET", sel, "application/json", 200, "application/json", "bindings"},
		{"GET", sel, "application/sparql-results+xml", 200, "application/sparql-results+xml", "<sparql"},
		{"GET", sel, "application/xml;q=0.5, text/csv;q=0.9", 200, "text/csv; charset=utf-8", "s\r\nhttp://data.example/id/ds\r\n"},
		{"GET", sel, "text/tab-separated-values", 200, "text/tab-separated-values; charset=utf-8", "<http://data.example/id/ds>"},
		{"GET", sel, browser, 200, html, "<table"},
		{"GET", sel, "text/turtle", 406, problem, "application/sparql-results+json"},
		{"GET", sel, "image/png", 406, problem, ""},
		{"GET", sel + "&format=csv", browser, 200, "text/csv; charset=utf-8", "s\r\n"},
		{"GET", sel + "&output=xml", "", 200, "application/sparql-results+xml", ""},
		{"GET", sel + "&format=application/sparql-results+xml", "", 200, "application/sparql-results+xml", ""},
		{"GET", sel + "&format=nonsense", "", 406, problem, ""},
		{"GET", sel + "&format=turtle", browser, 406, html, "<code>application/sparql-results"},
		{"HEAD", sel, "", 200, json, ""},
		{"GET", ask, "", 200, json, `"boolean"`},
		{"GET", ask, "application/sparql-results+xml", 200, "application/sparql-results+xml", "<boolean>true</boolean>"},
		{"GET", ask, browser, 200, html, "Ja"},
		{"GET", con, "", 200, turtle, "dcat:Dataset"},
		{"GET", con, "application/n-triples", 200, "application/n-triples", "<http://www.w3.org/ns/dcat#Dataset> ."},
		{"GET", con, "text/n3", 406, problem, "text/turtle"},
		{"GET", con, browser, 200, html, "dcat:Dataset"},
		{"GET", sel + "&explain=1", "", 200, "text/plain; charset=utf-8", ""},

		{"GET", "/resource", "", 400, problem, "IRI"},
		{"GET", res, "", 200, turtle, "dcat:Dataset"},
		{"HEAD", res, "", 200, turtle, ""},
		{"GET", res, "application/n-triples", 200, "application/n-triples", `"Kontakt"`},
		{"GET", res, "application/n-quads", 200, "application/n-quads", ""},
		{"GET", res, "application/trig", 200, "application/trig", ""},
		{"GET", res, browser, 200, html, "<h1>Datasett</h1>"},
		{"GET", res + "&format=ntriples", browser, 200, "application/n-triples", ""},
		{"GET", res, "text/n3", 406, problem, "text/turtle"},
		{"GET", "/resource?iri=http://nowhere.example/", "", 404, turtle, "# <http://nowhere.example/> is not described here."},
		{"GET", "/resource?iri=http://nowhere.example/", "application/n-triples", 404, "application/n-triples", "# "},
		{"GET", "/resource?iri=http://nowhere.example/", browser, 404, html, "http://nowhere.example/"},

		{"GET", "/id/ds", "", 200, turtle, "dcat:Dataset"},
		{"GET", "/id/ds", browser, 200, html, "<h1>Datasett</h1>"},
		{"GET", "/id/nothing", browser, 404, html, "http://data.example/id/nothing"},
		{"GET", "/id/bl%C3%A5b%C3%A6r", "", 200, turtle, "escaped"},
		{"GET", "/id/r%C3%B8d", "", 200, turtle, "as it is"},
		{"GET", "/id/q?x=1", "", 200, turtle, "with query"},
		{"GET", "/id/http://nested//x", "", 200, turtle, "nested"},
		{"GET", "/id/../../etc/passwd", "", 404, turtle, ""},
		{"GET", "/id/%2e%2e/%2e%2e/etc/passwd", "", 404, turtle, ""},
		{"GET", "//evil.example/x", "", 404, turtle, ""},
	} {
		t.Run(c.method+" "+c.path+" "+c.accept, func(t *testing.T) {
			t.Parallel()
			var h []string
			if c.accept != "" {
				h = []string{"Accept", c.accept}
			}
			r := do(t, srv, c.method, c.path, nil, h...)
			if r.StatusCode != c.status || r.Header.Get("Content-Type") != c.contentType || !strings.Contains(r.body, c.contains) {
				t.Errorf("%d %s\n%.2000s\nwant %d %s with %q", r.StatusCode, r.Header.Get("Content-Type"), r.body, c.status, c.contentType, c.contains)
			}
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*", "Content-Security-Policy": contentSecurity} {
				got := r.Header.Get(name)
				if nonce := nonceOf.FindStringSubmatch(got); nonce != nil && name == "Content-Security-Policy" && strings.Contains(r.body, `nonce="`+nonce[1]+`"`) {
					want = workbenchSecurity(nonce[1])
				}
				if got != want {
					t.Errorf("%s: %q", name, got)
				}
			}
			if r.StatusCode == http.StatusMethodNotAllowed && r.Header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
		})
	}
}

func TestPostedQueries(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), func(c *Config) { c.MaxRequest = 2000 })
	const q = "ASK { ?s a <http://www.w3.org/ns/dcat#Dataset> }"
	form := "query=" + url.QueryEscape(q)
	for _, c := range []struct {
		method, path, mediaType, body string
		status                        int
		contains                      string
	}{
		{"POST", "/sparql", typeQuery, q, 200, "true"},
		{"POST", "/sparql", typeQuery + "; charset=UTF-8", q, 200, "true"},
		{"POST", "/sparql", typeQuery + "; charset=iso-8859-1", q, 415, ""},
		{"POST", "/sparql", typeForm, form, 200, "true"},
		{"POST", "/sparql", typeForm, form + "&format=xml", 200, "<boolean>"},
		{"POST", "/sparql", typeForm, "update=CLEAR+ALL", 400, ""},
		{"POST", "/sparql", typeForm, "%zz", 400, ""},
		{"POST", "/sparql", typeForm, "", 400, "no query"},
		{"POST", "/sparql", typeUpdate, "CLEAR ALL", 400, ""},
		{"POST", "/sparql", "text/plain", q, 415, typeQuery},
		{"POST", "/sparql", "", q, 415, ""},
		{"POST", "/sparql?query=ASK%7B%7D", typeQuery, q, 400, "two queries"},
		{"POST", "/sparql?default-graph-uri=http://data.example/id/nothing", typeQuery, q, 200, "false"},
		{"POST", "/sparql?default-graph-uri=http://data.example/id/g1", typeQuery, "ASK { <http://data.example/id/org> ?p ?o }", 200, "true"},
		{"POST", "/sparql?named-graph-uri=http://data.example/id/g1", typeQuery, "ASK { GRAPH ?g { <http://data.example/id/org> ?p ?o } }", 200, "true"},
		{"POST", "/sparql", typeQuery, q + strings.Repeat(" ", 3000), 413, "2000"},
		{methodQuery, "/sparql", typeQuery, q, 200, "true"},
		{methodQuery, "/sparql", typeForm, form, 415, ""},
	} {
		t.Run(c.method+c.path+c.mediaType+c.body[:min(20, len(c.body))], func(t *testing.T) {
			t.Parallel()
			r := do(t, srv, c.method, c.path, strings.NewReader(c.body), "Content-Type", c.mediaType)
			if r.StatusCode != c.status || !strings.Contains(r.body, c.contains) {
				t.Errorf("%d %s\nwant %d with %q", r.StatusCode, r.body, c.status, c.contains)
			}
		})
	}
	if r := do(t, srv, "POST", "/sparql", strings.NewReader("x"), "Content-Type", typeQuery, "Content-Encoding", "br"); r.StatusCode != 415 {
		t.Errorf("compressed body: %d", r.StatusCode)
	}
}

func TestProblem(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), nil)
	r := get(t, srv, "/sparql?query="+url.QueryEscape("SELECT *\nWHERE { ?s ?p }"))
	var p Problem
	if err := json.Unmarshal([]byte(r.body), &p); err != nil {
		t.Fatal(err, r.body)
	}
	if p.Status != 400 || p.Line != 2 || p.Column < 10 || p.Title == "" || p.Detail == "" {
		t.Errorf("%+v", p)
	}
	if r.Header.Get("Cache-Control") != "no-store" {
		t.Error("an error may be cached")
	}
}

func TestOptionsAndCORS(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), nil)
	r := do(t, srv, "OPTIONS", "/sparql", nil, "Origin", "https://app.example", "Access-Control-Request-Method", "POST")
	if r.StatusCode != 204 || !strings.Contains(r.Header.Get("Access-Control-Allow-Methods"), "POST") || r.Header.Get("Access-Control-Allow-Origin") != "*" ||
		!strings.Contains(r.Header.Get("Access-Control-Allow-Headers"), "Content-Type") || r.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%d %v", r.StatusCode, r.Header)
	}
	if r := do(t, srv, "OPTIONS", "/id/ds", nil); r.StatusCode != 204 || r.Header.Get("Allow") != "GET, HEAD, OPTIONS" {
		t.Errorf("%d %v", r.StatusCode, r.Header)
	}
}

func TestConditionalAndLinks(t *testing.T) {
	t.Parallel()
	st := testStore(t, testData)
	srv := testServer(t, st, nil)
	r := get(t, srv, "/id/ds", "Accept", "text/turtle")
	tag := r.Header.Get("ETag")
	if tag == "" || !strings.Contains(strings.Join(r.Header.Values("Vary"), ","), "Accept") {
		t.Fatalf("%v", r.Header)
	}
	if links := strings.Join(r.Header.Values("Link"), "\n"); !strings.Contains(links, `</id/ds?format=html>; rel="alternate"; type="text/html"`) {
		t.Errorf("links %s", links)
	}
	if r := get(t, srv, "/id/ds", "Accept", "text/turtle", "If-None-Match", `"x", `+tag); r.StatusCode != 304 || r.body != "" {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	if r := get(t, srv, "/id/ds", "Accept", browser, "If-None-Match", tag); r.StatusCode != 200 {
		t.Errorf("another representation: %d", r.StatusCode)
	}
	if _, err := st.Update(t.Context(), func(txn store.Txn) error {
		return txn.Add([]rdf.Quad{{S: rdf.IRI("http://e/new"), P: rdf.IRI("http://e/p"), O: rdf.String("o")}})
	}); err != nil {
		t.Fatal(err)
	}
	if r := get(t, srv, "/id/ds", "Accept", "text/turtle", "If-None-Match", tag); r.StatusCode != 200 {
		t.Errorf("after a commit: %d", r.StatusCode)
	}
}

// TestDescription checks that a description is the concise bounded one: own statements and those of blank nodes, no others.
func TestDescription(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), nil)
	r := get(t, srv, "/id/ds", "Accept", "application/n-triples")
	rejected := 0 // the IRI that no parser lets through comes out escaped and is no valid N-Triples
	quads, err := turtle.ParseString(r.body, turtle.Options{Dialect: turtle.NTriples, Lenient: func(*turtle.Error) { rejected++ }})
	if err != nil {
		t.Fatal(err, r.body)
	}
	subjects := map[string]int{}
	for _, q := range quads {
		if q.S.IsBlankNode() {
			subjects["blank"]++
		} else {
			subjects[q.S.Value()]++
		}
	}
	if len(subjects) != 2 || rejected == 0 || subjects["blank"] != 4 || subjects[testBase+"id/ds"] != 13 {
		t.Errorf("%v\n%s", subjects, r.body)
	}
	r = get(t, srv, "/id/org", "Accept", "application/n-quads")
	if !strings.Contains(r.body, "<http://data.example/id/g1> .") {
		t.Errorf("the graph is lost: %s", r.body)
	}
	r = get(t, srv, "/resource?iri="+url.QueryEscape("https://example.org/landing"), "Accept", "application/n-triples")
	if r.StatusCode != 200 || strings.Count(r.body, "\n") != 1 {
		t.Errorf("a resource that is only referred to: %d %s", r.StatusCode, r.body)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	st := memstore.New()
	defer st.Close()
	for base, ok := range map[string]bool{"": true, "http://a.example": true, "https://a.example/x/": true, "ftp://a/": false, "a": false,
		"http://a/?q": false, "http://a/#f": false, "http://u:p@a/": false, "http://a b/": false} {
		if _, err := New(Config{Store: st, Base: base}); (err == nil) != ok {
			t.Errorf("%q: %v", base, err)
		}
	}
	if _, err := New(Config{}); err == nil {
		t.Error("no store is no error")
	}
}

func TestServeStops(t *testing.T) {
	t.Parallel()
	b := &blockingStore{Store: testStore(t, testData), started: make(chan struct{}, 1), cancelled: make(chan struct{}, 1)}
	s, err := New(Config{Store: b, Base: testBase, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	l := httptest.NewUnstartedServer(nil).Listener
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l, 1) }()
	go func() {
		resp, err := http.Get("http://" + l.Addr().String() + "/sparql?query=" + url.QueryEscape("SELECT * WHERE { ?s ?p ?o }"))
		if err == nil {
			resp.Body.Close()
		}
	}()
	<-b.started
	cancel()
	<-b.cancelled
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// The lines of the log about a request have the same id, and a slow query is logged with its text.
func TestRequestLog(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	srv := testServer(t, testStore(t, testData), func(c *Config) {
		c.Log, c.SlowQuery = slog.New(slog.NewJSONHandler(&log, nil)), 1
		withToken(c)
	})
	const query = "SELECT * WHERE { ?s a ?slow }"
	get(t, srv, "/sparql?query="+url.QueryEscape(query))
	do(t, srv, "POST", "/update", strings.NewReader("CLEAR GRAPH <x:none>"), append([]string{"Content-Type", typeUpdate}, bearer...)...)
	do(t, srv, "PUT", "/graphs?graph=x:g", strings.NewReader(""), append([]string{"Content-Type", "text/turtle"}, bearer...)...)
	srv.Close() // the last line comes after the response
	messages := map[string][]string{}
	for line := range strings.Lines(log.String()) {
		var v struct{ Msg, Request, Query string }
		if err := json.Unmarshal([]byte(line), &v); err != nil || v.Request == "" {
			t.Fatal(err, line)
		}
		messages[v.Request] = append(messages[v.Request], v.Msg)
		if v.Msg == "slow query" && v.Query != query && v.Query != "CLEAR GRAPH <x:none>" {
			t.Errorf("the query is %q", v.Query)
		}
	}
	var got []string
	for _, m := range messages {
		got = append(got, strings.Join(m, ","))
	}
	slices.Sort(got)
	if want := []string{"slow query,request", "update,slow query,request", "write,request"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q\n%s", got, want, log.String())
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
