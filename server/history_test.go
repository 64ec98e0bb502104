package server

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/badgerstore"
)

// historyStore has three commits: of them the first adds a and b, the second replaces the title of a, the third deletes b.
func historyStore(t testing.TB) (st store.Store, commits []store.Commit) {
	t.Helper()
	st, err := badgerstore.Open(t.TempDir(), badgerstore.Options{Memory: 64 << 20, Retention: &badgerstore.Retention{Commits: 100}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	title := func(s, text string) rdf.Quad {
		return rdf.Quad{S: rdf.IRI(testBase + "id/" + s), P: rdf.IRI("http://purl.org/dc/terms/title"), O: rdf.String(text), G: rdf.IRI(testBase + "graphs/g")}
	}
	for _, change := range []struct{ add, remove []rdf.Quad }{
		{[]rdf.Quad{title("a", "first"), title("b", "b")}, nil},
		{[]rdf.Quad{title("a", "second")}, []rdf.Quad{title("a", "first")}},
		{nil, []rdf.Quad{title("b", "b")}},
	} {
		done, err := st.Update(t.Context(), func(txn store.Txn) error {
			if err := txn.Add(change.add); err != nil {
				return err
			}
			return txn.Remove(change.remove)
		})
		if err != nil {
			t.Fatal(err)
		}
		commits = append(commits, done.Commit)
	}
	return st, commits
}

func TestOlderStates(t *testing.T) {
	t.Parallel()
	st, commits := historyStore(t)
	srv := testServer(t, st, func(c *Config) { c.UnionDefaultGraph, c.UpdateToken = true, "secret" })
	first := url.QueryEscape(commits[0].Time.Format(time.RFC3339Nano))
	query := "/sparql?query=" + url.QueryEscape("SELECT ?t { <"+testBase+"id/a> dct:title ?t }") + "&format=csv"
	resource := "/resource?iri=" + url.QueryEscape(testBase+"id/a")
	for _, c := range []struct {
		path, accept string
		status       int
		want         string
	}{
		{query, "", 200, "t\r\nsecond\r\n"},
		{query + "&at=1", "", 200, "t\r\nfirst\r\n"},
		{query + "&at=" + first, "", 200, "t\r\nfirst\r\n"},
		{query + "&at=newest", "", 200, "second"},
		{query + "&at=0", "", 200, "t\r\n"},
		{query + "&at=4", "", 404, "no such commit"},
		{query + "&at=2001-01-01", "", 404, "no such commit"},
		{query + "&at=x", "", 400, "names no state"},
		{query + "&at=1&at=2", "", 400, "once"},
		{"/graphs?graph=" + testBase + "graphs/g&at=1", "text/turtle", 200, "first"},
		{"/graphs/g?at=2", "text/turtle", 200, "second"},
		{"/graphs?at=0", "application/n-quads", 200, ""},
		{"/graphs/g?at=0", "text/turtle", 404, ""},
		{"/graphs?at=x", "application/n-quads", 400, "names no state"},
		{resource + "&at=1", "text/turtle", 200, "first"},
		{"/id/a?at=1", "text/turtle", 200, "first"},
		{"/id/a", "text/turtle", 200, "second"},
		{"/id/a?at=1", browser, 200, "Du ser versjon 1 fra"},
		{"/id/b?at=3", "text/turtle", 404, "not described"},
		{"/id/b?at=9", "text/turtle", 404, "no such commit"},
		{query[:strings.Index(query, "&format")] + "&at=1", browser, 200, "&amp;at=1"},
	} {
		r := get(t, srv, c.path, "Accept", c.accept)
		if r.StatusCode != c.status || !strings.Contains(r.body, c.want) {
			t.Errorf("%s: %d, want %d with %q:\n%s", c.path, r.StatusCode, c.status, c.want, r.body)
		}
		old := (strings.Contains(c.path, "?at=") || strings.Contains(c.path, "&at=")) && !strings.Contains(c.path, "at=0") && !strings.Contains(c.path, "newest")
		if got := r.Header.Get("Memento-Datetime"); (got != "") != (old && c.status == 200) {
			t.Errorf("%s: Memento-Datetime %q", c.path, got)
		}
	}
	// A tag names the state, however that was asked for.
	tag := get(t, srv, query+"&at=3").Header.Get("ETag")
	if r := get(t, srv, query, "If-None-Match", tag); tag == "" || r.StatusCode != http.StatusNotModified {
		t.Errorf("%d with %s", r.StatusCode, tag)
	}
	for _, path := range []string{query + "&at=1", "/graphs/g?at=1", "/id/a?at=1", "/id/a?at=1&format=html"} {
		tag := get(t, srv, path, "Accept", "*/*").Header.Get("ETag")
		if r := get(t, srv, path, "Accept", "*/*", "If-None-Match", tag); tag == "" || r.StatusCode != http.StatusNotModified {
			t.Errorf("%s: %d with %s", path, r.StatusCode, tag)
		}
	}
	// The links of an old description stay at that state.
	r := get(t, srv, "/id/a?at=1", "Accept", "text/turtle")
	if l := r.Header.Get("Content-Location"); !strings.Contains(l, "at=1") {
		t.Errorf("Content-Location: %s", l)
	}
	if !slices.Contains(r.Header.Values("Link"), `</id/a>; rel="original"`) {
		t.Errorf("Link: %q", r.Header.Values("Link"))
	}
	if r := do(t, srv, http.MethodPost, "/sparql", strings.NewReader(url.Values{"query": {"ASK { ?s ?p 'first' }"}, "at": {"1"}}.Encode()), "Content-Type", typeForm); !strings.Contains(r.body, "true") {
		t.Errorf("POST: %d %s", r.StatusCode, r.body)
	}
	// What was can only be read.
	for _, c := range [][3]string{{"PUT", "/graphs/g?at=1", ""}, {"DELETE", "/graphs/g?at=1", ""}, {"POST", "/update?at=1", "INSERT DATA { <http://e/s> <http://e/p> 1 }"}} {
		r := do(t, srv, c[0], c[1], strings.NewReader(c[2]), "Authorization", "Bearer secret", "Content-Type", "application/sparql-update")
		if r.StatusCode != http.StatusBadRequest || !strings.Contains(r.body, "Older states") {
			t.Errorf("%v: %d %s", c, r.StatusCode, r.body)
		}
	}
}

func TestTombstone(t *testing.T) {
	t.Parallel()
	st, commits := historyStore(t)
	srv := testServer(t, st, nil)
	for _, path := range []string{"/id/b", "/resource?iri=" + url.QueryEscape(testBase+"id/b")} {
		r := get(t, srv, path, "Accept", "text/turtle")
		deleted := commits[2].Time.UTC().Format(time.RFC3339)
		if r.StatusCode != http.StatusGone || !strings.Contains(r.body, "as:Tombstone") || !strings.Contains(r.body, deleted) || !strings.Contains(r.body, testBase+"id/b?at=2") {
			t.Errorf("%s: %d %s", path, r.StatusCode, r.body)
		}
		want := `</id/b?at=2>; rel="last memento"; datetime="` + commits[1].Time.UTC().Format(http.TimeFormat) + `"`
		if got := r.Header.Values("Link"); !slices.Contains(got, want) {
			t.Errorf("%s: Link %q, want %s", path, got, want)
		}
	}
	for _, accept := range []string{"application/ld+json", "application/rdf+xml", "application/n-quads"} {
		if r := get(t, srv, "/id/b", "Accept", accept); r.StatusCode != http.StatusGone || !strings.Contains(r.body, "Tombstone") {
			t.Errorf("%s: %d %s", accept, r.StatusCode, r.body)
		}
	}
	page := get(t, srv, "/id/b", "Accept", browser, "Accept-Language", "en")
	if page.StatusCode != http.StatusGone || !strings.Contains(page.body, "removed in version 3") || !strings.Contains(page.body, `href="/id/b?at=2"`) {
		t.Errorf("%d %s", page.StatusCode, page.body)
	}
	if r := get(t, srv, "/id/b?at=2", "Accept", "text/turtle"); r.StatusCode != http.StatusOK || !strings.Contains(r.body, `"b"`) {
		t.Errorf("the last version: %d %s", r.StatusCode, r.body)
	}
	if r := get(t, srv, "/id/never", "Accept", "text/turtle"); r.StatusCode != http.StatusNotFound {
		t.Errorf("never there: %d", r.StatusCode)
	}
	// A store without history has no tombstones.
	if r := get(t, testServer(t, testStore(t, testData), nil), "/id/b", "Accept", "text/turtle"); r.StatusCode != http.StatusNotFound {
		t.Errorf("without history: %d", r.StatusCode)
	}
}
