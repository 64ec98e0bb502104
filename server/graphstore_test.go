package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"triplestore/rdf/canon"
	"triplestore/store"
	"triplestore/store/memstore"
)

func commitOf(t testing.TB, st store.Store) uint64 {
	t.Helper()
	snap, err := st.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	return snap.Commit().Number
}

// send sends a document with the token.
func send(t testing.TB, srv *httptest.Server, method, path, mediaType, body string, headers ...string) response {
	t.Helper()
	headers = append(headers, bearer...)
	if mediaType != "" {
		headers = append(headers, "Content-Type", mediaType)
	}
	r := do(t, srv, method, path, strings.NewReader(body), headers...)
	if err := checkHeaders(method, r); err != nil {
		t.Errorf("%s %s: %v", method, path, err)
	}
	return r
}

func TestGraphStoreRequests(t *testing.T) {
	t.Parallel()
	const g, none, trig = "/graphs?graph=x:g", "/graphs?graph=x:none", "application/trig"
	const ttl, nq = "text/turtle", "application/n-quads"
	multi := "--b\r\nContent-Type: text/turtle\r\n\r\n<x:m> <x:p> 1 .\r\n--b\r\nContent-Type: application/ld+json\r\n\r\n" +
		`{"@id":"x:m","x:p":2}` + "\r\n--b--\r\n"
	for i, c := range []struct {
		method, path, mediaType, body string
		status                        int
		contains                      string
		content                       string // of the whole store afterwards; empty: as before
	}{
		{"PUT", g, ttl, "<x:a> <x:p> 2 .", 204, "", "<x:g> { <x:a> <x:p> 2 } <x:a> <x:p> 0 ."},
		{"PUT", g, "application/n-triples", "<x:a> <x:p> <x:o> .", 204, "", "<x:g> { <x:a> <x:p> <x:o> } <x:a> <x:p> 0 ."},
		{"PUT", g, "application/rdf+xml", `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="x:"><rdf:Description rdf:about="x:a"><x:p>v</x:p></rdf:Description></rdf:RDF>`,
			204, "", "<x:g> { <x:a> <x:p> 'v' } <x:a> <x:p> 0 ."},
		{"PUT", g, "application/ld+json", `{"@id":"x:a","x:p":"v"}`, 204, "", "<x:g> { <x:a> <x:p> 'v' } <x:a> <x:p> 0 ."},
		{"PUT", g, "", "@prefix : <x:> . :a :p 2 .", 204, "", "<x:g> { <x:a> <x:p> 2 } <x:a> <x:p> 0 ."},
		{"PUT", "/graphs/new", ttl, "<> <x:p> <rel> .", 201, `"inserted":1`, testBase},
		{"PUT", none, ttl, "<x:a> <x:p> 2 .", 201, "", "<x:g> { <x:a> <x:p> 1 } <x:none> { <x:a> <x:p> 2 } <x:a> <x:p> 0 ."},
		{"PUT", none, ttl, "", 204, "", ""},
		{"PUT", g, ttl, "", 204, "", "<x:a> <x:p> 0 ."},
		{"PUT", "/graphs?default", ttl, "<x:b> <x:p> 2 .", 204, "", "<x:g> { <x:a> <x:p> 1 } <x:b> <x:p> 2 ."},
		{"PUT", "/graphs", trig, "<x:h> { <x:b> <x:p> 2 }", 204, "", "<x:h> { <x:b> <x:p> 2 }"},
		{"PUT", "/graphs", nq, "<x:b> <x:p> <x:o> <x:h> .\n<x:b> <x:p> <x:o> .", 204, "", "<x:h> { <x:b> <x:p> <x:o> } <x:b> <x:p> <x:o> ."},
		{"PUT", "/graphs/", nq, "", 204, "", "# empty"},
		{"PUT", "/graphs", ttl, "<x:b> <x:p> 2 .", 415, "TriG", ""},
		{"POST", g, ttl, "<x:a> <x:p> 2 .", 200, `"inserted":1,"deleted":0,"commit":2`, "<x:g> { <x:a> <x:p> 1, 2 } <x:a> <x:p> 0 ."},
		{"POST", g, ttl, "<x:a> <x:p> 1 .", 200, `"commit":1`, ""},
		{"POST", none, ttl, "<x:a> <x:p> 1 .", 201, "", "<x:g> { <x:a> <x:p> 1 } <x:none> { <x:a> <x:p> 1 } <x:a> <x:p> 0 ."},
		{"POST", "/graphs?default", ttl, "<x:a> <x:p> 1 .", 200, "", "<x:g> { <x:a> <x:p> 1 } <x:a> <x:p> 0, 1 ."},
		{"POST", "/graphs", trig, "<x:h> { <x:b> <x:p> 2 }", 200, "", "<x:g> { <x:a> <x:p> 1 } <x:h> { <x:b> <x:p> 2 } <x:a> <x:p> 0 ."},
		{"POST", g, `multipart/form-data; boundary=b`, multi, 200, `"inserted":2`, "<x:g> { <x:a> <x:p> 1 . <x:m> <x:p> 1, 2 } <x:a> <x:p> 0 ."},
		{"POST", g, `multipart/form-data`, multi, 400, "", ""},
		{"POST", g, trig, "<x:h> { <x:b> <x:p> 2 }", 400, "names graphs of its own", ""},
		{"POST", g, trig, "<x:b> <x:p> 2 .", 200, "", "<x:g> { <x:a> <x:p> 1 . <x:b> <x:p> 2 } <x:a> <x:p> 0 ."},
		{"POST", g, ttl, "<x:a> <x:p> .\n<x:b>", 400, `"line":1`, ""},
		{"PUT", g, ttl, "<x:z> <x:p> 3 . <x:a", 400, `not valid Turtle`, ""},
		{"POST", g, "text/plain", "x", 415, "text/turtle", ""},
		{"POST", g, "text/html", "x", 415, "", ""},
		{"POST", g, "", "what is this", 415, "", ""},
		{"POST", g, ttl + "; charset=utf-16", "x", 415, "utf-16", ""},
		{"POST", g, ttl, strings.Repeat("# padding\n", 2000), 413, "10000", ""},
		{"DELETE", g, "", "", 200, `"deleted":1`, "<x:a> <x:p> 0 ."},
		{"DELETE", "/graphs?default", "", "", 200, `"deleted":1`, "<x:g> { <x:a> <x:p> 1 }"},
		{"DELETE", none, "", "", 404, "", ""},
		{"DELETE", "/graphs", "", "", 400, "", ""},
		{"DELETE", "/graphs/none", "", "", 404, "", ""},
		{"PATCH", g, "", "", 405, "", ""},
		{"GET", g + "&default", "", "", 400, "", ""},
		{"GET", g + "&graph=x:h", "", "", 400, "", ""},
		{"GET", "/graphs/x?default", "", "", 400, "", ""},
		{"GET", "/graphs?graph=rel", "", "", 400, "absolute", ""},
		{"GET", "/graphs?graph=", "", "", 400, "", ""},
		{"GET", none, "", "", 404, "", ""},
		{"GET", g, "", "", 200, "<x:p> 1", ""},
		{"GET", g + "&format=nquads", "", "", 200, "<x:a> <x:p> \"1\"^^<http://www.w3.org/2001/XMLSchema#integer> .\n", ""},
		{"GET", g + "&format=rdfxml", "", "", 200, "rdf:RDF", ""},
		{"GET", g + "&format=nonsense", "", "", 406, "", ""},
		{"GET", "/graphs?default", "", "", 200, "0", ""},
		{"GET", "/graphs", "", "", 200, "<x:g> {", ""},
		{"GET", "/graphs?format=jsonld", "", "", 200, `"@graph"`, ""},
		{"GET", "/graphs?format=turtle", "", "", 406, "application/trig", ""},
		{"HEAD", "/graphs", "", "", 200, "", ""},
	} {
		t.Run(fmt.Sprint(i, " ", c.method, c.path), func(t *testing.T) {
			t.Parallel()
			st := memstore.New()
			t.Cleanup(func() { st.Close() })
			srv := testServer(t, st, func(conf *Config) { withToken(conf); conf.MaxUpload = 10000 })
			const before = "<x:g> { <x:a> <x:p> 1 } <x:a> <x:p> 0 ."
			if r := send(t, srv, "PUT", "/graphs", trig, before); r.StatusCode != 204 {
				t.Fatal(r.StatusCode, r.body)
			}
			r := send(t, srv, c.method, c.path, c.mediaType, c.body)
			if r.StatusCode != c.status || !strings.Contains(r.body, c.contains) {
				t.Errorf("%d %v %s\nwant %d with %q", r.StatusCode, r.Header, r.body, c.status, c.contains)
			}
			if c.content == testBase {
				c.content = before + "<" + testBase + "graphs/new> { <" + testBase + "graphs/new> <x:p> <" + testBase + "graphs/rel> }"
			}
			unchanged := c.content == ""
			if unchanged {
				c.content = before
			}
			want, err := readQuads(trig, c.content)
			if err != nil {
				t.Fatal(err)
			}
			all := get(t, srv, "/graphs")
			got, err := readQuads(trig, all.body)
			if err != nil {
				t.Fatal(err, all.body)
			}
			if same, err := canon.Isomorphic(got, want); err != nil || !same {
				t.Errorf("the store holds\n%s\nwant\n%s", all.body, c.content)
			}
			if n := commitOf(t, st); unchanged != (n == 1) {
				t.Errorf("commit %d", n)
			}
		})
	}
}

func TestGraphStoreIsClosed(t *testing.T) {
	t.Parallel()
	st := testStore(t, testData)
	closed, locked := testServer(t, st, nil), testServer(t, st, withToken)
	for _, method := range []string{"PUT", "POST", "DELETE"} {
		for _, path := range []string{"/graphs", "/graphs?default", "/graphs?graph=x:g", "/graphs/x"} {
			if r := do(t, closed, method, path, nil, bearer...); r.StatusCode != 403 {
				t.Errorf("%s %s: %d", method, path, r.StatusCode)
			}
			if r := do(t, locked, method, path, nil); r.StatusCode != 401 || r.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s %s: %d", method, path, r.StatusCode)
			}
		}
	}
	if commitOf(t, st) != 1 {
		t.Error("it changed the store")
	}
}

// Exports have a queue of their own, so that slow readers of whole graphs do not keep queries waiting.
func TestExportsLeaveQueriesAlone(t *testing.T) {
	t.Parallel()
	s, err := New(Config{Store: testStore(t, testData), Base: testBase, Concurrency: 1, Queue: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.exports.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	if r := get(t, srv, "/sparql?query=ASK%7B%7D"); r.StatusCode != 200 {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	s.exports.waiting = 1
	if r := get(t, srv, "/graphs"); r.StatusCode != 503 || r.Header.Get("Retry-After") == "" {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	if r := get(t, srv, "/id/ds"); r.StatusCode != 200 {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
}

// PUT of what is there makes no commit, blank nodes or not.
func TestPutAgain(t *testing.T) {
	t.Parallel()
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	srv := testServer(t, st, withToken)
	for _, c := range []struct{ path, mediaType, body string }{
		{"/graphs?graph=x:g", "text/turtle", "<x:a> <x:p> 1, 2 ; <x:q> <x:b> ."},
		{"/graphs?graph=x:h", "text/turtle", "<x:a> <x:p> [ <x:p> [ <x:q> 2 ] ], [ <x:q> 3 ] ."},
		{"/graphs", "application/trig", "<x:h> { <x:a> <x:p> [ <x:q> 2 ] } _:g { <x:a> <x:p> _:g }"},
	} {
		send(t, srv, "PUT", c.path, c.mediaType, c.body)
		n := commitOf(t, st)
		if r := send(t, srv, "PUT", c.path, c.mediaType, "# the same\n"+c.body); r.StatusCode != 204 || commitOf(t, st) != n {
			t.Errorf("%s: %d, commit %d after %d", c.path, r.StatusCode, commitOf(t, st), n)
		}
		if r := send(t, srv, "PUT", c.path, c.mediaType, c.body+" <x:more> <x:p> 1 ."); r.StatusCode != 204 || commitOf(t, st) != n+1 {
			t.Errorf("%s: %d, commit %d after %d", c.path, r.StatusCode, commitOf(t, st), n)
		}
	}
}

func TestGraphPreconditions(t *testing.T) {
	t.Parallel()
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	srv := testServer(t, st, withToken)
	const path, ttl = "/graphs?graph=x:g", "text/turtle"
	expect := func(what string, r response, status int) {
		t.Helper()
		if r.StatusCode != status {
			t.Errorf("%s: %d %s, want %d", what, r.StatusCode, r.body, status)
		}
	}
	expect("nothing there", send(t, srv, "PUT", path, ttl, "<x:a> <x:p> 1 .", "If-Match", "*"), 412)
	expect("create", send(t, srv, "PUT", path, ttl, "<x:a> <x:p> 1 .", "If-None-Match", "*"), 201)
	expect("create again", send(t, srv, "PUT", path, ttl, "<x:a> <x:p> 2 .", "If-None-Match", "*"), 412)
	r := get(t, srv, path, "Accept", ttl)
	tag := r.Header.Get("ETag")
	expect("unchanged", get(t, srv, path, "Accept", ttl, "If-None-Match", tag), 304)
	expect("another format", get(t, srv, path, "Accept", "application/n-triples", "If-None-Match", tag), 200)
	expect("another graph", get(t, srv, "/graphs", "Accept", ttl+", application/trig", "If-None-Match", tag), 200)
	expect("a wrong tag", send(t, srv, "PUT", path, ttl, "<x:a> <x:p> 2 .", "If-Match", `"x"`), 412)
	expect("the tag", send(t, srv, "PUT", path, ttl, "<x:a> <x:p> 2 .", "If-Match", `"x", `+tag), 204)
	expect("the old tag", send(t, srv, "DELETE", path, "", "", "If-Match", tag), 412)
	expect("changed", get(t, srv, path, "Accept", ttl, "If-None-Match", tag), 200)
	expect("delete", send(t, srv, "DELETE", path, "", "", "If-Match", "*"), 200)
}

func TestCompressedAndLargeUploads(t *testing.T) {
	t.Parallel()
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	temp := t.TempDir()
	srv := testServer(t, st, func(c *Config) { withToken(c); c.TempDir, c.MaxUpload = temp, 4<<20 })
	pack := func(s string) string {
		var b bytes.Buffer
		g := gzip.NewWriter(&b)
		g.Write([]byte(s)) //nolint:errcheck // a buffer
		g.Close()
		return b.String()
	}
	const path, nt = "/graphs?graph=x:g", "application/n-triples"
	var large strings.Builder
	for i := range 40_000 { // more than fits into memory
		fmt.Fprintf(&large, "<x:subject%d> <x:predicate> \"value %d\" .\n", i, i)
	}
	for _, c := range []struct {
		name, body, encoding string
		status               int
	}{
		{"gzip", pack("<x:a> <x:p> <x:o> .\n"), "gzip", 201},
		{"large", large.String(), "", 204},
		{"large and compressed", pack(large.String()), "gzip", 204},
		{"a bomb", pack(strings.Repeat("# padding\n", 1<<20)), "gzip", 413},
		{"too large", strings.Repeat("# padding\n", 1<<19), "", 413},
		{"br", "x", "br", 415},
		{"broken", pack(large.String())[:1000], "gzip", 400},
	} {
		n := commitOf(t, st)
		var h []string
		if c.encoding != "" {
			h = []string{"Content-Encoding", c.encoding}
		}
		if r := send(t, srv, "PUT", path, nt, c.body, h...); r.StatusCode != c.status || c.status >= 400 && commitOf(t, st) != n {
			t.Errorf("%s: %d %s, want %d", c.name, r.StatusCode, r.body, c.status)
		}
		if files, err := os.ReadDir(temp); err != nil || len(files) > 0 {
			t.Errorf("%s: temporary files stay: %v %v", c.name, files, err)
		}
	}
	var v struct{ Inserted, Deleted uint64 }
	r := send(t, srv, "DELETE", path, "", "")
	if err := json.Unmarshal([]byte(r.body), &v); err != nil || v.Deleted != 40_000 {
		t.Errorf("%v %s", err, r.body)
	}
}

// What a format cannot hold is not the server's failure.
func TestUnwritable(t *testing.T) {
	t.Parallel()
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	srv := testServer(t, st, withToken)
	send(t, srv, "PUT", "/graphs?default", "application/n-triples", "<http://e/a> <http://e/1> <http://e/c> .")
	for _, path := range []string{"/graphs?default", "/sparql?query=CONSTRUCT+WHERE+%7B+%3Fs+%3Fp+%3Fo+%7D", "/resource?iri=http://e/a"} {
		r := get(t, srv, path, "Accept", "application/rdf+xml")
		if r.StatusCode != 406 || !strings.Contains(r.body, "http://e/1") || r.Header.Get("ETag") != "" {
			t.Errorf("%s: %d %v %s", path, r.StatusCode, r.Header, r.body)
		}
	}
}

// POST of a graph that is not named makes one with a name of the server's.
func TestPostNewGraph(t *testing.T) {
	t.Parallel()
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	r := send(t, testServer(t, st, withToken), "POST", "/graphs", "text/turtle", "<x:a> <x:p> 1 .")
	location := r.Header.Get("Location")
	if r.StatusCode != 201 || !strings.HasPrefix(location, testBase+"graphs/") {
		t.Fatalf("%d %v", r.StatusCode, r.Header)
	}
	srv := testServer(t, st, nil)
	for _, path := range []string{strings.TrimPrefix(location, strings.TrimSuffix(testBase, "/")), "/graphs?graph=" + url.QueryEscape(location)} {
		if r := get(t, srv, path); r.StatusCode != 200 || !strings.Contains(r.body, "<x:a> <x:p> 1") {
			t.Errorf("%s: %d %s", path, r.StatusCode, r.body)
		}
	}
	baseless := testServer(t, st, func(c *Config) { withToken(c); c.Base = "" })
	if r := send(t, baseless, "POST", "/graphs", "text/turtle", "<x:a> <x:p> 1 ."); r.StatusCode != 400 {
		t.Errorf("without a base: %d", r.StatusCode)
	}
	if r := get(t, baseless, "/graphs/x"); r.StatusCode != 404 {
		t.Errorf("without a base: %d", r.StatusCode)
	}
}
