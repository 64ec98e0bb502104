package server

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/server/access"
	"triplestore/store"
)

func TestAnswerCache(t *testing.T) {
	t.Parallel()
	st := testStore(t, testData)
	srv := testServer(t, st, func(c *Config) { c.AnswerCache = 1 << 20 })
	const all, construct = "SELECT * WHERE { ?s ?p ?o } ORDER BY ?s ?p ?o", "CONSTRUCT WHERE { ?s a ?c }"
	path := func(q string) string { return "/sparql?query=" + url.QueryEscape(q) }
	ask := func(name string, hit bool, method, path, body string, headers ...string) response {
		t.Helper()
		r := do(t, srv, method, path, strings.NewReader(body), headers...)
		if got := r.Header.Get("Cache-Status") != ""; got != hit || r.StatusCode != 200 {
			t.Errorf("%s: %d, hit %v, want %v", name, r.StatusCode, got, hit)
		}
		return r
	}
	first := ask("first", false, "GET", path(all), "", "Accept", "text/csv")
	second := ask("second", true, "GET", path(all), "", "Accept", "text/csv")
	if first.body != second.body || first.Header.Get("Content-Type") != second.Header.Get("Content-Type") || first.Header.Get("ETag") != second.Header.Get("ETag") ||
		second.Header.Get("Cache-Control") != "no-cache" || first.Header.Get("Vary") != second.Header.Get("Vary") {
		t.Errorf("%v %q\n%v %q", first.Header, first.body, second.Header, second.body)
	}
	ask("posted", true, "POST", "/sparql", all, "Accept", "text/csv", "Content-Type", typeQuery)
	ask("compressed", true, "GET", path(all), "", "Accept", "text/csv", "Accept-Encoding", "gzip")
	ask("HEAD", false, "HEAD", path(all), "", "Accept", "text/csv")
	ask("another format", false, "GET", path(all), "")
	ask("another dataset", false, "GET", path(all)+"&default-graph-uri=http://data.example/id/g1", "", "Accept", "text/csv")
	ask("the dataset named", false, "GET", path(all)+"&named-graph-uri=http://data.example/id/g1", "", "Accept", "text/csv")
	for range 2 {
		ask("a page", false, "GET", path(all), "", "Accept", browser)
		ask("a plan", false, "GET", path(all)+"&explain=1", "")
		ask("volatile", false, "GET", path("SELECT (NOW() AS ?t) {}"), "")
	}
	ask("a graph", false, "GET", path(construct), "", "Accept", "application/n-triples")
	ask("a graph again", true, "GET", path(construct), "", "Accept", "application/n-triples")
	ask("a graph in Turtle", false, "GET", path(construct), "")
	if r := get(t, srv, path(all), "Accept", "text/csv", "If-None-Match", first.Header.Get("ETag")); r.StatusCode != http.StatusNotModified {
		t.Errorf("a conditional request: %d", r.StatusCode)
	}
	for range 2 {
		if r := get(t, srv, path("SELECT")); r.StatusCode != 400 {
			t.Errorf("a wrong query: %d", r.StatusCode)
		}
	}
	add := func(txn store.Txn) error {
		return txn.Add([]rdf.Quad{{S: rdf.IRI("http://e/new"), P: rdf.IRI("http://e/p"), O: rdf.String("o")}})
	}
	if _, err := st.Update(t.Context(), add); err != nil {
		t.Fatal(err)
	}
	if r := ask("after a commit", false, "GET", path(all), "", "Accept", "text/csv"); !strings.Contains(r.body, "http://e/new") {
		t.Error("the answer is the old one")
	}
}

func TestAnswerCacheLimits(t *testing.T) {
	t.Parallel()
	if newAnswerCache(0) != nil {
		t.Error("a cache of nothing")
	}
	c := newAnswerCache(10 * (answerOverhead + 101))
	answer := func(i int) *cachedAnswer {
		return &cachedAnswer{key: fmt.Sprintf("k%03d", i), body: make([]byte, 97)}
	}
	for i := range 100 {
		c.put(store.Commit{Number: 1}, answer(i))
		c.put(store.Commit{Number: 1}, answer(i))
		if c.get("k000") == nil {
			t.Fatalf("what was just asked for is gone after %d", i)
		}
	}
	if len(c.items) != 10 || c.recent.Len() != 10 || c.bytes != c.budget {
		t.Errorf("%d answers, %d in order, %d bytes of %d", len(c.items), c.recent.Len(), c.bytes, c.budget)
	}
	if c.get("k001") != nil || c.get("k099") == nil {
		t.Error("the wrong answers are kept")
	}
	c.put(store.Commit{Number: 1}, &cachedAnswer{key: "large", body: make([]byte, c.budget)})
	if c.get("large") != nil || c.get("k099") == nil {
		t.Error("an answer that is larger than the cache was kept")
	}
	c.put(store.Commit{Number: 2}, answer(200))
	if len(c.items) != 1 || c.bytes != answer(200).size() {
		t.Errorf("after a commit: %d answers, %d bytes", len(c.items), c.bytes)
	}
}

// TestStreamKeeps: what is kept is what was sent, or nothing where that is too long.
func TestStreamKeeps(t *testing.T) {
	t.Parallel()
	for size, whole := range map[int]bool{0: true, 1000: true, streamBuffer: true, 3*streamBuffer + 7: true, 4 * streamBuffer: true, 4*streamBuffer + 1: false, 9 * streamBuffer: false} {
		s := newStream(&discardWriter{h: http.Header{}})
		s.keep(4 * streamBuffer)
		var want strings.Builder
		for i := range size {
			b := byte('a' + i*7%26)
			want.WriteByte(b)
			if _, err := s.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		if body, ok := s.kept(); ok != whole || ok && string(body) != want.String() {
			t.Errorf("%d bytes: %v, %d", size, ok, len(body))
		}
	}
}

type discardWriter struct{ h http.Header }

func (d *discardWriter) Header() http.Header         { return d.h }
func (d *discardWriter) WriteHeader(int)             {}
func (d *discardWriter) Write(b []byte) (int, error) { return len(b), nil }

// TestAnswerCacheKeepsCallersApart: an answer that was computed for one who may see more is never given to one who may see less.
func TestAnswerCacheKeepsCallersApart(t *testing.T) {
	t.Parallel()
	const secret = "a-secret-that-is-long-enough-for-a-token"
	policy, err := access.Parse(strings.NewReader("closed: [\"http://data.example/id/g1\"]\ntokens:\n  - name: reads\n    hash: " + access.Hash(secret) + "\n    roles: [reader]\n"))
	if err != nil {
		t.Fatal(err)
	}
	st := testStore(t, "")
	hidden := rdf.Quad{S: rdf.IRI("http://e/s"), P: rdf.IRI("http://e/p"), O: rdf.String("hidden"), G: rdf.IRI("http://data.example/id/g1")}
	if _, err := st.Update(t.Context(), func(x store.Txn) error { return x.Add([]rdf.Quad{hidden}) }); err != nil {
		t.Fatal(err)
	}
	srv := testServer(t, st, func(c *Config) { c.AnswerCache, c.Access = 1<<20, access.NewCurrent(policy) })
	path := "/sparql?query=" + url.QueryEscape("SELECT ?o { GRAPH ?g { ?s ?p ?o } }")
	for round := range 3 {
		for _, headers := range [][]string{{"Accept", "text/csv"}, {"Accept", "text/csv", "Authorization", "Bearer " + secret}} {
			r := get(t, srv, path, headers...)
			if r.StatusCode != 200 || strings.Contains(r.body, "hidden") != (len(headers) > 2) || (r.Header.Get("Cache-Status") != "") != (round > 0) {
				t.Errorf("round %d, %v: %d %v %q", round, headers[2:], r.StatusCode, r.Header, r.body)
			}
		}
	}
}

// TestAnswerTooLargeToKeep: an answer that is too large is not kept, what is known of it is, and it has the same bytes each time.
func TestAnswerTooLargeToKeep(t *testing.T) {
	t.Parallel()
	st := testStore(t, "")
	var s *Server
	srv := testServer(t, st, func(c *Config) { c.AnswerCache = 4 * streamBuffer }, func(made *Server) { s = made })
	values := strings.Repeat("\"0123456789\" ", 20_000) // each is a row of more than 50 bytes, so more than the cache in all
	form := url.Values{"query": {"SELECT ?v { VALUES ?v { " + values + "} }"}}.Encode()
	var first string
	for round := range 3 {
		r := send(t, srv, http.MethodPost, "/sparql", typeForm, form, "Accept", "application/sparql-results+json")
		if r.StatusCode != 200 || r.Header.Get("Cache-Status") != "" || round > 0 && r.body != first {
			t.Fatalf("round %d: %d %v, %d bytes", round, r.StatusCode, r.Header, len(r.body))
		}
		first = r.body
		s.answers.mu.Lock()
		if len(s.answers.items) != 0 || len(s.answers.large) != 1 {
			t.Errorf("round %d: %d answers are kept, %d are known to be too large", round, len(s.answers.items), len(s.answers.large))
		}
		s.answers.mu.Unlock()
	}
	if _, err := st.Update(t.Context(), func(x store.Txn) error {
		return x.Add([]rdf.Quad{{S: rdf.IRI("http://e/s"), P: rdf.IRI("http://e/p"), O: rdf.String("new")}})
	}); err != nil {
		t.Fatal(err)
	}
	small := url.Values{"query": {"SELECT ?o { <http://e/s> ?p ?o }"}}.Encode()
	for round := range 2 {
		r := send(t, srv, http.MethodPost, "/sparql", typeForm, small, "Accept", "text/csv")
		if r.StatusCode != 200 || (r.Header.Get("Cache-Status") != "") != (round > 0) || r.ContentLength < 0 {
			t.Errorf("a small answer, round %d: %d %v, length %d", round, r.StatusCode, r.Header, r.ContentLength)
		}
	}
	if len(s.answers.large) != 0 {
		t.Error("what was too large of an older state is still remembered")
	}
}

// TestKeptAnswersStay: what is kept is not written over by answers that come after it, whatever memory these use again.
func TestKeptAnswersStay(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), func(c *Config) { c.AnswerCache = 1 << 20 })
	query := func(i int) string {
		return "/sparql?query=" + url.QueryEscape(fmt.Sprintf(`SELECT ?x { VALUES ?x { "%d %s" } }`, i, strings.Repeat(strconv.Itoa(i%10), 300)))
	}
	const queries, rounds = 8, 6
	first := make([]string, queries)
	for i := range first {
		first[i] = get(t, srv, query(i)).body
	}
	for round := range rounds {
		for i := range first {
			r := get(t, srv, query(i))
			if r.Header.Get("Cache-Status") == "" {
				t.Fatalf("answer %d was not kept", i)
			}
			if r.body != first[i] {
				t.Fatalf("round %d, answer %d: %q, and at first %q", round, i, r.body, first[i])
			}
			get(t, srv, query(queries+round*queries+i)) // one that is new
		}
	}
}
