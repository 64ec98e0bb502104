package server

import (
	"net/url"
	"strings"
	"testing"
)

// What the default graph is, is the server's, or the request's; no answer is given for the other.
func TestUnionDefaultGraph(t *testing.T) {
	t.Parallel()
	path := "/sparql?query=" + url.QueryEscape("SELECT ?o { <http://e/s> ?p ?o }")
	for _, union := range []bool{false, true} {
		srv := testServer(t, testStore(t, `<http://e/s> <http://e/p> "default" . <http://e/g> { <http://e/s> <http://e/p> "named" }`), func(c *Config) {
			c.UnionDefaultGraph, c.AnswerCache = union, 1<<20
		})
		tags := map[string]bool{}
		for range 2 { // the second time from the cache
			for arg, want := range map[string]bool{"": union, "&union-default-graph=true": true, "&union-default-graph=false": false} {
				r := get(t, srv, path+arg, "Accept", "text/csv")
				tags[r.Header.Get("ETag")] = true
				if r.StatusCode != 200 || !strings.Contains(r.body, "default") || strings.Contains(r.body, "named") != want {
					t.Errorf("union %v, %q: %d %q", union, arg, r.StatusCode, r.body)
				}
			}
		}
		if len(tags) != 3 {
			t.Errorf("%d entity tags for three requests", len(tags))
		}
		if r := get(t, srv, path+"&union-default-graph=maybe"); r.StatusCode != 400 {
			t.Errorf("an unknown default graph: %d", r.StatusCode)
		}
		if r := get(t, srv, path+"&union-default-graph=true", "Accept", browser); !strings.Contains(r.body, "union-default-graph=true") {
			t.Error("the page forgets what the default graph is")
		}
	}
}

// The diagram that is kept is not kept in the language of the first who asked.
func TestSchemaLanguages(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, `<http://e/s> a <http://www.w3.org/ns/dcat#Dataset> ; <http://e/p> "x" .`), nil)
	for range 2 {
		for lang, want := range map[string]string{"nb": ">datasett", "en": ">dataset"} {
			r := get(t, srv, "/schema", "Accept-Language", lang)
			if r.StatusCode != 200 || !strings.Contains(r.body, want) || lang == "en" && strings.Contains(r.body, ">datasett") {
				t.Errorf("%s: %d", lang, r.StatusCode)
			}
		}
	}
}
