package server

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
)

func TestQueryETag(t *testing.T) {
	t.Parallel()
	st := testStore(t, testData)
	srv := testServer(t, st, nil)
	path := func(q string) string { return "/sparql?query=" + url.QueryEscape(q) }
	const all, construct = "SELECT * WHERE { ?s ?p ?o }", "CONSTRUCT WHERE { ?s a ?c }"
	first := get(t, srv, path(all), "Accept", "text/csv")
	tag := first.Header.Get("ETag")
	if !strings.HasPrefix(tag, `W/"`) || first.Header.Get("Cache-Control") != "no-cache" || !strings.Contains(first.Header.Get("Vary"), "Accept") {
		t.Fatalf("%v", first.Header)
	}
	for _, c := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
	}{
		{"same", "GET", path(all), "", []string{"Accept", "text/csv"}, 304},
		{"HEAD", "HEAD", path(all), "", []string{"Accept", "text/csv"}, 304},
		{"QUERY", methodQuery, "/sparql", all, []string{"Accept", "text/csv", "Content-Type", typeQuery}, 304},
		{"compressed", "GET", path(all), "", []string{"Accept", "text/csv", "Accept-Encoding", "gzip"}, 304},
		{"among others", "GET", path(all), "", []string{"Accept", "text/csv", "If-None-Match", `"x", "y"`}, 304},
		{"another format", "GET", path(all), "", []string{"Accept", "application/json"}, 200},
		{"another query", "GET", path(all + " "), "", []string{"Accept", "text/csv"}, 200},
		{"another dataset", "GET", path(all) + "&default-graph-uri=http://data.example/id/g1", "", []string{"Accept", "text/csv"}, 200},
		{"the dataset named", "GET", path(all) + "&named-graph-uri=http://data.example/id/g1", "", []string{"Accept", "text/csv"}, 200},
		{"another description", "GET", path(all) + "&describe=symmetric", "", []string{"Accept", "text/csv"}, 200},
		{"the description by name", "GET", path(all) + "&describe=CBD", "", []string{"Accept", "text/csv"}, 304},
		{"POST", "POST", "/sparql", all, []string{"Accept", "text/csv", "Content-Type", typeQuery}, 200},
		{"page", "GET", path(all), "", []string{"Accept", browser}, 200},
		{"plan", "GET", path(all) + "&explain=1", "", nil, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := do(t, srv, c.method, c.path, strings.NewReader(c.body), append(c.headers, "If-None-Match", tag)...)
			if r.StatusCode != c.status || c.status == 304 && (r.body != "" || r.Header.Get("ETag") != tag) {
				t.Errorf("%d, want %d: %v %s", r.StatusCode, c.status, r.Header, r.body)
			}
		})
	}
	if r := get(t, srv, path("SELECT"), "If-None-Match", "*"); r.StatusCode != 400 || r.Header.Get("ETag") != "" {
		t.Errorf("a wrong query: %d %v", r.StatusCode, r.Header)
	}
	if r := get(t, srv, path(construct)); r.Header.Get("ETag") == "" {
		t.Error("CONSTRUCT has no tag")
	}
	add := func(txn store.Txn) error {
		return txn.Add([]rdf.Quad{{S: rdf.IRI("http://e/new"), P: rdf.IRI("http://e/p"), O: rdf.String("o")}})
	}
	if _, err := st.Update(t.Context(), add); err != nil {
		t.Fatal(err)
	}
	r := get(t, srv, path(all), "Accept", "text/csv", "If-None-Match", tag)
	if r.StatusCode != 200 || r.Header.Get("ETag") == tag || !strings.Contains(r.body, "http://e/new") {
		t.Errorf("after a commit: %d %v", r.StatusCode, r.Header)
	}
}

// An answer that may differ each time has no tag, so that a client with any tag gets a new one.
func TestVolatileQueries(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), nil)
	for query, want := range map[string]bool{
		"SELECT (NOW() AS ?t) {}": true, "SELECT (rand() AS ?t) {}": true, "SELECT (UUID() AS ?t) {}": true, "SELECT (StrUUID() AS ?t) {}": true,
		"SELECT (BNODE() AS ?t) {}": true, `SELECT (R\u0041ND() AS ?t) {}`: true, "SELECT (1 AS ?know) {}": false, "SELECT (1 AS ?brand) {}": false,
		"SELECT (1+NOW()-NOW() AS ?t) {}": true, "ASK {}": false, "SELECT ?s { SERVICE <http://e/> { ?s ?p ?o } }": true, "NOW": true, "": false,
	} {
		if volatile(query) != want {
			t.Errorf("%s: %v", query, !want)
		}
		r := get(t, srv, "/sparql?query="+url.QueryEscape(query))
		if want && r.Header.Get("ETag") != "" || !want && r.StatusCode == http.StatusOK && r.Header.Get("ETag") == "" {
			t.Errorf("%s: %d %v", query, r.StatusCode, r.Header)
		}
	}
}
