package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"triplestore/store"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), nil)
	for _, c := range []struct{ name, contentType, body, want string }{
		{"query", typeQuery, "PREFIX e: <http://e/> SELECT ?s (1 AS ?n) { ?s a dcat:Dataset }",
			`{"valid":true,"kind":"query","form":"SELECT","variables":["s","n"],"undeclared":{"dcat":"http://www.w3.org/ns/dcat#"}}`},
		{"star", typeQuery, "SELECT * { ?s ?p ?o }", `{"valid":true,"kind":"query","form":"SELECT","variables":["s","p","o"]}`},
		{"1.2", typeQuery, `VERSION "1.2" ASK { <<( <a> <b> 1 )>> ?p ?o }`, `{"valid":true,"kind":"query","form":"ASK"}`},
		{"update", typeUpdate, "CLEAR ALL", `{"valid":true,"kind":"update"}`},
		{"either", "text/plain", "CLEAR ALL", `{"valid":true,"kind":"update"}`},
		{"form", typeForm, "query=ASK%7B%7D", `{"valid":true,"kind":"query","form":"ASK"}`},
		{"mistake", typeQuery, "SELECT *\n{ ?s '𝄞æ' }",
			`{"valid":false,"kind":"query","error":{"line":2,"column":6,"start":14,"end":19,"message":"expected a predicate: an IRI, a variable or 'a', found '𝄞æ'","expected":"a predicate: an IRI, a variable or 'a'"}}`},
		{"mistake of an update", "text/plain", "INSERT DATA { <a> <b> }", `{"valid":false,"kind":"update","error":{"line":1,"column":23,"start":22,"end":23`},
		{"what is neither", "text/plain", "SELCT", `{"valid":false,"kind":"query","error":{"line":1,"column":1,"start":0,"end":5`},
		{"scopes", typeQuery, "SELECT ?x { ?s ?p ?o } GROUP BY ?s", `{"valid":false,"kind":"query","error":{"line":1,"column":8,"start":7,"end":9`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := do(t, srv, http.MethodPost, checkPath, strings.NewReader(c.body), "Content-Type", c.contentType)
			if r.StatusCode != 200 || r.Header.Get("Content-Type") != "application/json" || !strings.HasPrefix(r.body, c.want) {
				t.Errorf("%d %s, want %s", r.StatusCode, r.body, c.want)
			}
		})
	}
	for _, c := range []struct {
		contentType, body string
		status            int
	}{
		{"image/png", "x", 415}, {typeForm, "x=1", 400}, {typeForm, "query=a&update=b", 400}, {typeQuery, "\xff", 400}, {typeQuery, strings.Repeat(" ", 5<<20), 413},
	} {
		if r := do(t, srv, http.MethodPost, checkPath, strings.NewReader(c.body), "Content-Type", c.contentType); r.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", c.contentType, r.StatusCode, c.status)
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), nil)
	r := do(t, srv, http.MethodPost, formatPath, strings.NewReader("select * {?s ?p ?o} # all"), "Content-Type", typeQuery)
	if want := "SELECT * {\n  ?s ?p ?o\n} # all\n"; r.StatusCode != 200 || r.body != want || !strings.HasPrefix(r.Header.Get("Content-Type"), typeQuery) {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	r = do(t, srv, http.MethodPost, formatPath, strings.NewReader("select * {?s ?p}"), "Content-Type", typeQuery)
	if r.StatusCode != 400 || !strings.Contains(r.body, `"column":16`) {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	st := testStore(t, testData)
	srv := testServer(t, st, nil)
	var v vocabulary
	ask := func(path string, headers ...string) response {
		t.Helper()
		r := get(t, srv, path, headers...)
		v = vocabulary{}
		if r.StatusCode == 200 {
			if err := json.Unmarshal([]byte(r.body), &v); err != nil {
				t.Fatal(err)
			}
		}
		return r
	}
	first := ask(completionPath, "Accept-Language", "en")
	if len(v.Classes) != 3 || len(v.Predicates) < 10 || v.More || v.Predicates[0].Name != "dct:title" || v.Predicates[0].Label != "title" || !v.Prefixes[0].Used {
		t.Errorf("%+v", v)
	}
	var dataset vocabularyTerm
	for _, c := range v.Classes {
		if c.Name == "dcat:Dataset" {
			dataset = c
		}
	}
	if dataset.Count != 1 || dataset.IRI != "http://www.w3.org/ns/dcat#Dataset" || dataset.Label != "dataset" {
		t.Errorf("%+v", dataset)
	}
	if r := ask(completionPath, "Accept-Language", "en", "If-None-Match", first.Header.Get("ETag")); r.StatusCode != 304 {
		t.Errorf("%d", r.StatusCode)
	}
	if ask(completionPath+"?limit=1", "Accept-Language", "nb"); len(v.Predicates) != 1 || !v.More || v.Predicates[0].Label != "tittel" {
		t.Errorf("%+v", v)
	}
	if ask(completionPath + "?q=DATAS"); len(v.Classes) != 1 || v.Classes[0].Name != "dcat:Dataset" || len(v.Predicates) != 1 {
		t.Errorf("%+v", v)
	}
	if r := ask(completionPath + "?limit=0"); r.StatusCode != 400 {
		t.Errorf("%d", r.StatusCode)
	}
	quads, err := readQuads("text/turtle", `<http://e/new> a <http://e/New> .`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Update(t.Context(), func(txn store.Txn) error { return txn.Add(quads) }); err != nil {
		t.Fatal(err)
	}
	if r := ask(completionPath, "Accept-Language", "en", "If-None-Match", first.Header.Get("ETag")); r.StatusCode != 200 || len(v.Classes) != 4 {
		t.Errorf("after a commit: %d %+v", r.StatusCode, v.Classes)
	}
}

func TestExplainOnTheWire(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), func(c *Config) { c.MaxRows = 5 })
	const path = "/sparql?query=SELECT+*+%7B+%3Fs+a+%3Ft+%7D&explain="
	for _, c := range []struct{ explain, accept, contentType, want string }{
		{"1", "", "text/plain; charset=utf-8", "scan "}, {"plan", "application/json", "application/json", `{"plan":{"operator":"project`},
		{"profile", "application/json", "application/json", `"complete":true`}, {"profile", "application/json", "application/json", `"rows":3`},
		{"profile", "", "text/plain; charset=utf-8", "rows 3"}, {"profile", browser, "text/html; charset=utf-8", "rows 3"},
	} {
		r := get(t, srv, path+c.explain, "Accept", c.accept)
		if r.StatusCode != 200 || r.Header.Get("Content-Type") != c.contentType || !strings.Contains(r.body, c.want) || r.Header.Get("ETag") != "" {
			t.Errorf("%s %s: %d %v %s", c.explain, c.accept, r.StatusCode, r.Header, r.body)
		}
	}
	if r := get(t, srv, path+"much"); r.StatusCode != 400 {
		t.Errorf("%d", r.StatusCode)
	}
	r := get(t, srv, "/sparql?query=SELECT+*+%7B+%3Fs+%3Fp+%3Fo+%7D&explain=profile&format=json")
	if r.StatusCode != 200 || !strings.Contains(r.body, `"complete":false`) || !strings.Contains(r.body, "too many results") {
		t.Errorf("beyond the limit: %d %s", r.StatusCode, r.body)
	}
}
