package server

import (
	"strings"
	"testing"
)

// TestSemicolons: a semicolon in parameters stands for itself, escaped or not (https://url.spec.whatwg.org/#application/x-www-form-urlencoded).
func TestSemicolons(t *testing.T) {
	t.Parallel()
	st := testStore(t, testData+`<http://data.example/id/m;v=1> dct:title "with semicolon" . <http://data.example/id/q?a=1;b=2> dct:title "in the query" . <x:a;b> dct:title "elsewhere" . <x:g;1> { <x:s> <x:p> <x:o> }`)
	srv := testServer(t, st, withToken)
	const query = "SELECT+?s+{?s+<http://purl.org/dc/terms/title>+?t;a+?c}"
	for _, r := range []response{
		get(t, srv, "/sparql?query="+query, "Accept", "text/csv"), do(t, srv, "POST", "/sparql", strings.NewReader("query="+query), "Content-Type", typeForm, "Accept", "text/csv"),
	} {
		if r.StatusCode != 200 || !strings.Contains(r.body, testBase+"id/ds") {
			t.Errorf("%d %s", r.StatusCode, r.body)
		}
	}
	for path, want := range map[string]string{
		"/resource?iri=x:a;b": "elsewhere", "/resource?iri=x:a%3Bb": "elsewhere", "/id/m;v=1": "with semicolon", "/id/q?a=1;b=2": "in the query", "/graphs?graph=x:g;1": "x:s",
	} {
		if r := get(t, srv, path, "Accept", "application/n-triples"); r.StatusCode != 200 || !strings.Contains(r.body, want) {
			t.Errorf("%s: %d %s", path, r.StatusCode, r.body)
		}
	}
	if r := send(t, srv, "POST", "/update", typeForm, "update=INSERT+DATA{<x:u>+<x:p>+1;<x:q>+2}"); r.StatusCode != 200 || !strings.Contains(r.body, `"inserted":2`) {
		t.Errorf("update: %d %s", r.StatusCode, r.body)
	}
}
