package server

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestRememberedRequests asks the same again and with one thing changed; each answer is the one that a server gives that was asked nothing before.
func TestRememberedRequests(t *testing.T) {
	t.Parallel()
	ask := func(h http.Handler, method, query, accept string) string {
		r := httptest.NewRequest(method, "/sparql?"+query, nil)
		if accept != "" {
			r.Header.Set("Accept", accept)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var head strings.Builder
		_ = w.Result().Header.WriteSubset(&head, map[string]bool{"Cache-Status": true})
		return fmt.Sprint(w.Code, "\n", head.String(), "\n", w.Body.String())
	}
	st := testStore(t, testData)
	server := func() *Server {
		s, err := New(Config{Store: st, Base: testBase, Log: slog.New(slog.DiscardHandler), AnswerCache: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	query := "query=" + url.QueryEscape("SELECT ?o WHERE { <http://data.example/id/ds> ?p ?o } ORDER BY ?o")
	known, fresh := server(), server()
	for _, q := range []string{
		query, query + "&format=csv", query + "&output=xml", query + "&timeout=2", query + "&timeout=x", query + "&default-graph-uri=http%3A%2F%2Fdata.example%2Fid%2Fg1", query + "&union-default-graph=true",
		query + "&explain=1", query + "&at=1", query + "&at=zz", query + "&" + query, "query=ASK%7B%7D", "query=ASK", "query=%zz", "query=%ff", "", "query=", "update=x", "query=SELECT(NOW()AS%3Fn)%7B%7D&format=nix",
		"query=DESCRIBE+%3Chttp%3A%2F%2Fdata.example%2Fid%2Fds%3E&describe=outgoing",
	} {
		for _, accept := range []string{"", "text/csv", "application/sparql-results+xml;q=0.5, text/tab-separated-values;q=0.4", "image/png", "application/sparql-results+json"} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				fresh.requests, fresh.answers = requests{}, newAnswerCache(1<<20)
				want := ask(fresh, method, q, accept)
				for i := range 3 {
					if got := ask(known, method, q, accept); got != want {
						t.Fatalf("%s ?%s, Accept %q, time %d:\n%s\nwant\n%s", method, q, accept, i, got, want)
					}
				}
			}
		}
	}
}

// TestRememberedBounds fills what is remembered many times over.
func TestRememberedBounds(t *testing.T) {
	t.Parallel()
	var m requests
	for i := range 50_000 {
		text := requestText{query: fmt.Sprint("query=", i), accept: "text/csv"}
		m.put(text, &queryRequest{text: text.query})
		if q := m.get(text); q == nil || q.text != text.query {
			t.Fatalf("%d: %v", i, q)
		}
		if m.bytes > rememberedBytes/2 || len(m.young)+len(m.old) > rememberedBytes/1024 {
			t.Fatalf("%d: %d bytes, %d and %d requests", i, m.bytes, len(m.young), len(m.old))
		}
	}
	if m.get(requestText{query: "query=0", accept: "text/csv"}) != nil || m.get(requestText{query: "query=49999"}) != nil {
		t.Error("remembered what it should not")
	}
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodPost, "/sparql?query=a", nil), httptest.NewRequest(http.MethodGet, "/sparql?query="+strings.Repeat("a", rememberedLimit), nil),
	} {
		if _, ok := textOf(r); ok {
			t.Errorf("%s of %d bytes is remembered", r.Method, len(r.URL.RawQuery))
		}
	}
	two := httptest.NewRequest(http.MethodGet, "/sparql?query=a", nil)
	two.Header["Accept"] = []string{"text/csv", "text/html"}
	if _, ok := textOf(two); ok {
		t.Error("a request with two Accept headers is remembered")
	}
}
