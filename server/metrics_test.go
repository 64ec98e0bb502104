package server

import (
	"bufio"
	"maps"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// scrape gives the values of the metrics by name and labels.
func scrape(t *testing.T, s *Server) map[string]string {
	t.Helper()
	w := httptest.NewRecorder()
	s.Metrics().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	values := map[string]string{}
	for lines := bufio.NewScanner(w.Body); lines.Scan(); {
		if name, value, ok := cutLast(lines.Text(), " "); ok && !strings.HasPrefix(name, "#") {
			values[name] = value
		}
	}
	return values
}

func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	st, _ := historyStore(t)
	var s *Server
	srv := testServer(t, st, func(c *Config) {
		c.UnionDefaultGraph, c.UpdateToken, c.Version, c.SlowQuery = true, "secret", "1.2.3", time.Nanosecond
	}, func(made *Server) { s = made })
	q := func(text string) string { return "/sparql?query=" + url.QueryEscape(text) }
	for _, c := range []struct {
		method, path, body string
		status             int
		headers            []string
	}{
		{"GET", q("SELECT * { ?s ?p ?o }"), "", 200, nil},
		{"GET", q("SELECT * { VALUES ?x { 1 2 3 } }"), "", 200, nil},
		{"GET", q("ASK { }"), "", 200, nil},
		{"GET", q("CONSTRUCT WHERE { ?s ?p ?o }"), "", 200, nil},
		{"GET", q("SELECT"), "", 400, nil},
		{"GET", q("ASK { }") + "&explain=1", "", 200, nil},
		{"POST", "/update", "INSERT DATA { <http://e/s> <http://e/p> 1 }", 200, []string{"Content-Type", typeUpdate, "Authorization", "Bearer secret"}},
		{"POST", "/update", "INSERT DATA { <http://e/s> <http://e/p> 1 }", 401, []string{"Content-Type", typeUpdate}},
		{"GET", "/graphs?default", "", 200, nil},
		{"PUT", "/graphs/new", "<http://e/a> <http://e/b> 1 .", 201, []string{"Content-Type", "text/turtle", "Authorization", "Bearer secret"}},
		{"GET", "/id/a", "", 200, nil},
		{"GET", "/id/never", "", 404, nil},
		{"BREW", "/id/never", "", 405, nil},
		{"GET", "/", "", 200, nil},
	} {
		if r := do(t, srv, c.method, c.path, strings.NewReader(c.body), c.headers...); r.StatusCode != c.status {
			t.Fatalf("%s %s: %d %s", c.method, c.path, r.StatusCode, r.body)
		}
	}
	// A request is measured after its client has the answer.
	var got map[string]string
	await(t, func() bool {
		got = scrape(t, s)
		return got["triplestore_http_requests_unfinished"] == "0" && got[`triplestore_http_requests_total{method="GET",route="/",status="200"}`] == "1"
	})
	for name, want := range map[string]string{
		`triplestore_build_info{version="1.2.3"}`:                                      "1",
		`triplestore_query_seconds_count{kind="select"}`:                               "2",
		`triplestore_query_rows_total{kind="select"}`:                                  "4",
		`triplestore_query_seconds_count{kind="ask"}`:                                  "1",
		`triplestore_query_rows_total{kind="construct"}`:                               "1",
		`triplestore_query_seconds_count{kind="plan"}`:                                 "1",
		`triplestore_query_failures_total{kind="query",reason="invalid"}`:              "1",
		`triplestore_query_seconds_count{kind="update"}`:                               "2",
		`triplestore_query_failures_total{kind="update",reason="refused"}`:             "1",
		`triplestore_query_seconds_count{kind="graph read"}`:                           "1",
		`triplestore_query_seconds_count{kind="graph write"}`:                          "1",
		`triplestore_http_requests_total{method="GET",route="/sparql",status="400"}`:   "1",
		`triplestore_http_requests_total{method="GET",route="/{path}",status="200"}`:   "1",
		`triplestore_http_requests_total{method="GET",route="/{path}",status="404"}`:   "1",
		`triplestore_http_requests_total{method="other",route="/{path}",status="405"}`: "1",
		`triplestore_running{queue="queries"}`:                                         "0",
		`triplestore_waiting{queue="updates"}`:                                         "0",
		`triplestore_store_quads`:                                                      "3",
		`triplestore_store_graphs`:                                                     "2",
		`triplestore_store_commits_total`:                                              "5",
		`triplestore_store_kept_states`:                                                "5",
		`triplestore_http_request_seconds_bucket{route="/sparql",le="+Inf"}`:           "6",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %s", name, got[name], want)
		}
	}
	for _, name := range []string{"triplestore_store_bytes", `triplestore_store_pages{state="used"}`, `triplestore_cache_hits_total{cache="pages"}`, "triplestore_slow_queries_total",
		"triplestore_store_last_commit_timestamp_seconds", "go_gc_duration_seconds_count", "process_resident_memory_bytes"} {
		if v := got[name]; v == "" || v == "0" && name != "go_gc_duration_seconds_count" {
			t.Errorf("%s: %q", name, v)
		}
	}
	if t.Failed() {
		for _, name := range slices.Sorted(maps.Keys(got)) {
			if strings.HasPrefix(name, "triplestore") && !strings.Contains(name, "_bucket") {
				t.Log(name, got[name])
			}
		}
	}
}

// What metrics say about closed graphs is for those who may see them.
func TestMetricsAreClosed(t *testing.T) {
	t.Parallel()
	st := testStore(t, testData)
	for _, c := range []struct {
		name   string
		change func(*Config)
		header string
		status int
	}{
		{"closed", nil, "", 403},
		{"token missing", func(c *Config) { c.UpdateToken = "secret" }, "", 401},
		{"token", func(c *Config) { c.UpdateToken = "secret" }, "Bearer secret", 200},
		{"wrong token", func(c *Config) { c.UpdateToken = "secret" }, "Bearer x", 401},
		{"public", func(c *Config) { c.PublicMetrics = true }, "", 200},
	} {
		r := get(t, testServer(t, st, c.change), "/metrics", "Authorization", c.header, "Accept", "text/plain")
		if r.StatusCode != c.status || strings.Contains(r.body, "triplestore_store_quads") != (c.status == 200) {
			t.Errorf("%s: %d %s", c.name, r.StatusCode, r.body)
		}
	}
}

// The names in the documentation are those that there are.
func TestMetricsDocumented(t *testing.T) {
	t.Parallel()
	st, _ := historyStore(t)
	var s *Server
	srv := testServer(t, st, func(c *Config) { c.MemoryTotal = 1 << 20 }, func(made *Server) { s = made })
	get(t, srv, "/sparql?query=SELECT")
	page, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := regexp.MustCompile(`triplestore_[a-z_]+`).FindAllString(string(page), -1)
	for name := range scrape(t, s) {
		name, _, _ = strings.Cut(name, "{")
		for _, suffix := range []string{"_bucket", "_count", "_sum"} {
			name = strings.TrimSuffix(name, suffix)
		}
		if strings.HasPrefix(name, "triplestore_") && !slices.Contains(documented, name) {
			t.Errorf("docs/operations.md lacks %s", name)
		}
	}
}

// TestMetricsOfMemory: what queries take of the memory that they share, and of files, is told.
func TestMetricsOfMemory(t *testing.T) {
	t.Parallel()
	var s *Server
	srv := testServer(t, testStore(t, ""), func(c *Config) {
		c.Memory, c.MemoryTotal, c.Disk, c.TempDir = 1<<20, 64<<20, 1<<30, t.TempDir()
	}, func(made *Server) { s = made })
	values := strings.Repeat("1 2 3 4 5 6 7 8 9 0 ", 30)
	text := "SELECT * { VALUES ?a { " + values + " } VALUES ?b { " + values + " } BIND (?a * 3 + ?b AS ?c) } ORDER BY DESC(?c) ?b"
	r := send(t, srv, "POST", "/sparql", typeForm, url.Values{"query": {text}}.Encode(), "Accept", "text/csv")
	if r.StatusCode != 200 || strings.Count(r.body, "\n") != 90_001 {
		t.Fatalf("%d, %d lines", r.StatusCode, strings.Count(r.body, "\n"))
	}
	var got map[string]string
	await(t, func() bool {
		got = scrape(t, s)
		return got["triplestore_http_requests_unfinished"] == "0"
	})
	if got[`triplestore_query_memory_bytes{state="limit"}`] != "6.7108864e+07" || got[`triplestore_query_memory_bytes{state="used"}`] != "0" {
		t.Errorf("the memory that is shared: %v", got)
	}
	if got[`triplestore_spilled_queries_total{kind="select"}`] != "1" || got[`triplestore_query_spilled_bytes_total{kind="select"}`] == "" {
		t.Errorf("what was spilled: %v", got)
	}
}
