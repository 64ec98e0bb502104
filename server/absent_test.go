package server

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestIfNoneMatchAny: "If-None-Match: *" is false where there is something to read, whatever it is and however it is read, and says nothing where there is not.
func TestIfNoneMatchAny(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), func(c *Config) { c.AnswerCache = 1 << 20 })
	q := func(text string) string { return "/sparql?query=" + url.QueryEscape(text) }
	many := "SELECT * { VALUES ?x {" + strings.Repeat(" '"+strings.Repeat("a", 1000)+"'", 200) + " } }" // several pieces
	for _, c := range []struct {
		path, accept string
		status       int
	}{
		{"/", browser, 304}, {"/workbench", browser, 304}, {"/overview", browser, 304}, {stylePath, "", 304}, {"/healthz", "", 304},
		{"/openapi.json", "", 304}, {"/sparql", "text/turtle", 304}, {"/.well-known/void", "", 304}, {"/sparql/vocabulary", "", 304},
		{"/id/ds", "text/turtle", 304}, {"/id/ds", browser, 304}, {"/resource?iri=" + url.QueryEscape(testBase+"id/ds"), "", 304}, {"/id/nothing", "text/turtle", 404},
		{"/graphs?default", "", 304}, {"/graphs", "", 304}, {"/graphs?graph=x:none", "", 404},
		{q("SELECT * { ?s ?p ?o }"), "text/csv", 304}, {q("SELECT (NOW() AS ?t) {}"), "", 304}, {q("ASK {}"), browser, 304}, {q("ASK {}") + "&explain=1", "", 304},
		{q(many), "", 304}, {q("SELECT"), "", 400}, {q("ASK {}"), "image/png", 406}, {"/sparql?query=ASK%7B%7D&at=7", "", 404},
	} {
		for _, encoding := range []string{"identity", "gzip"} {
			for _, method := range []string{http.MethodGet, http.MethodGet, http.MethodHead} { // the second time it may be kept
				r := do(t, srv, method, c.path, nil, "Accept", c.accept, "Accept-Encoding", encoding, "If-None-Match", "*")
				if r.StatusCode != c.status || c.status == 304 && (r.body != "" || r.Header.Get("Content-Type") != "" || r.Header.Get("Content-Length") != "") {
					t.Errorf("%s %s, %s: %d, want %d: %v %s", method, c.path, encoding, r.StatusCode, c.status, r.Header, r.body)
				}
			}
		}
	}
	if r := do(t, srv, "POST", "/sparql", strings.NewReader("ASK {}"), "Content-Type", typeQuery, "If-None-Match", "*"); r.StatusCode != 200 {
		t.Errorf("POST: %d", r.StatusCode)
	}
}
