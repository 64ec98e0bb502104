package server

import (
	"net/url"
	"strings"
	"testing"

	"triplestore/sparql"
)

// The form of DESCRIBE is the server's, or the request's; no answer is given for another form's.
func TestDescribeForms(t *testing.T) {
	t.Parallel()
	const data = `<http://e/a> <http://e/p> <http://e/b> . <http://e/b> <http://e/p> _:x . _:x <http://e/p> "inner" .`
	srv := testServer(t, testStore(t, data), func(c *Config) { c.Describe, c.AnswerCache = sparql.Outgoing, 1<<20 })
	path := "/sparql?query=" + url.QueryEscape("DESCRIBE <http://e/b>")
	for range 2 { // the second time from the cache
		for form, want := range map[string]int{"": 1, "&describe=outgoing": 1, "&describe=concise": 2, "&describe=symmetric": 3} {
			r := get(t, srv, path+form, "Accept", "application/n-triples")
			if n := strings.Count(r.body, " .\n"); r.StatusCode != 200 || n != want {
				t.Errorf("%q: %d, %d triples, want %d: %s", form, r.StatusCode, n, want, r.body)
			}
		}
	}
	if r := get(t, srv, path+"&describe=everything"); r.StatusCode != 400 || !strings.Contains(r.body, "concise, symmetric and outgoing") {
		t.Errorf("an unknown form: %d %s", r.StatusCode, r.body)
	}
	// The page's links to other formats keep the form.
	if r := get(t, srv, path+"&describe=symmetric", "Accept", browser); !strings.Contains(r.body, "describe=symmetric") {
		t.Error("the page forgets the form")
	}
}
