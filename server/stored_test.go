package server

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"triplestore/sparql"
	"triplestore/sparql/stored"
	"triplestore/vocab"
)

func storedForTest(t testing.TB) *stored.Current {
	t.Helper()
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"all":   "# title: All\nSELECT * { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?s ?p ?o",
		"graph": "# title: A graph\n# param: graph iri The graph\nSELECT * { GRAPH ?graph { ?s ?p ?o } } ORDER BY ?s ?p ?o",
		"about": "# title: About\n# param: resource iri The resource\nDESCRIBE ?resource { }",
		"equal": "# title: Equal\n# description: Compares.\n# param: a string\n# param: n integer [5] A number\nSELECT ?a ?n { FILTER (?n >= 5) }",
		"now":   "# title: Now\n# param: a string\nSELECT ?a (NOW() AS ?t) { }",
	} {
		files[name+".rq"] = &fstest.MapFile{Data: []byte(text)}
	}
	set, err := stored.Read(files, sparql.Options{Prefixes: vocab.Prefixes()})
	if err != nil {
		t.Fatal(err)
	}
	return stored.NewCurrent(set)
}

func TestStoredQueries(t *testing.T) {
	t.Parallel()
	current := storedForTest(t)
	srv := testServer(t, testStore(t, testData), func(c *Config) { c.Stored, c.AnswerCache = current, 1<<20 })
	r := get(t, srv, "/queries")
	var list struct {
		Queries []struct {
			Name, Title, Form, Href string
			Parameters              []stored.Parameter
		}
	}
	if err := json.Unmarshal([]byte(r.body), &list); err != nil || len(list.Queries) != 5 {
		t.Fatalf("%v %s", err, r.body)
	}
	if q := list.Queries[2]; q.Name != "equal" || q.Form != "SELECT" || !strings.HasSuffix(q.Href, "/queries/equal") || len(q.Parameters) != 2 || *q.Parameters[1].Default != "5" {
		t.Errorf("%+v", q)
	}
	if again := get(t, srv, "/queries", "If-None-Match", r.Header.Get("ETag")); again.StatusCode != 304 {
		t.Errorf("the list again: %d", again.StatusCode)
	}
	const csv = "text/csv"
	injection := `" } INSERT DATA { <a:b> <a:c> "`
	for _, c := range []struct {
		path, accept string
		status       int
		want         string
	}{
		{"/queries/equal?a=x", csv, 200, "a,n\r\nx,5\r\n"},
		{"/queries/equal?a=y", csv, 200, "a,n\r\ny,5\r\n"}, // not the answer for x
		{"/queries/equal?a=x&n=07", csv, 200, "x,07\r\n"},
		{"/queries/equal?a=x&n=4", csv, 200, "a,n\r\n"},
		{"/queries/equal?a=" + url.QueryEscape(injection), "application/json", 200, `"value":"\" } INSERT DATA`},
		{"/queries/equal?a=x&format=xml", csv, 200, "<literal>x</literal>"},
		{"/queries/equal?a=x&explain=1", "text/plain", 200, "values"},
		{"/queries/equal?a=x", "image/png", 406, "406"},
		{"/queries/equal", csv, 400, "parameter a: it is missing"},
		{"/queries/equal?a=x&a=y", csv, 400, "parameter a: it is given more than once"},
		{"/queries/equal?a=x&n=five", csv, 400, `parameter n: \"five\" is not a value of xsd:integer`},
		{"/queries/equal?a=x&b=y", csv, 400, "parameter b: "},
		{"/queries/equal?a=x&query=ASK", csv, 400, "The query is stored"},
		{"/queries/equal?a=x&timeout=never", csv, 400, "timeout"},
		{"/queries/none", csv, 404, "no such stored query"},
		{"/queries/a/b", csv, 404, ""},
		{"/queries/about?resource=http://data.example/id/none", "text/turtle", 200, ""},
		{"/queries/equal?a=x%26y", browser, 200, "/queries/equal?a=x%26y&amp;format=csv"},
	} {
		for range 2 { // the second time from the cache, where it may
			r := get(t, srv, c.path, "Accept", c.accept)
			if r.StatusCode != c.status || !strings.Contains(r.body, c.want) {
				t.Errorf("%s as %s: %d %s, want %d %s", c.path, c.accept, r.StatusCode, r.body, c.status, c.want)
			}
		}
	}
	tag := get(t, srv, "/queries/equal?a=x", "Accept", csv).Header.Get("ETag")
	for path, want := range map[string]int{"/queries/equal?a=x": 304, "/queries/equal?n=5&a=x": 304, "/queries/equal?a=z": 200, "/queries/equal?a=x&n=6": 200} {
		if r := get(t, srv, path, "Accept", csv, "If-None-Match", tag); r.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, r.StatusCode, want)
		}
	}
	if r := get(t, srv, "/queries/now?a=x"); r.Header.Get("ETag") != "" {
		t.Error("what changes each time has a tag")
	}
	if r := do(t, srv, "POST", "/queries/equal", strings.NewReader("a=x"), "Content-Type", typeForm); r.StatusCode != 405 {
		t.Errorf("POST: %d", r.StatusCode)
	}
	set, err := stored.Read(fstest.MapFS{"equal.rq": {Data: []byte("ASK {}")}}, sparql.Options{})
	if err != nil {
		t.Fatal(err)
	}
	current.Set(set)
	if r := get(t, srv, "/queries/equal?a=x", "Accept", csv); r.StatusCode != 400 {
		t.Errorf("after it was read anew: %d %s", r.StatusCode, r.body)
	}
}

// Without stored queries the paths are those of resources, and the description of the server does not list them.
func TestNoStoredQueries(t *testing.T) {
	t.Parallel()
	data := "<" + testBase + "queries/x> <http://e/p> 1 ."
	without := testServer(t, testStore(t, data), nil)
	if r := get(t, without, "/queries/x", "Accept", "text/turtle"); r.StatusCode != 200 || !strings.Contains(r.body, "http://e/p") {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	with := testServer(t, testStore(t, data), func(c *Config) { c.Stored = storedForTest(t) })
	for body, want := range map[string]bool{get(t, without, openAPIPath).body: false, get(t, with, openAPIPath).body: true} {
		if strings.Contains(body, `"/queries/{name}"`) != want {
			t.Errorf("want listed: %v", want)
		}
	}
}

// TestStoredLanguages: texts of stored queries come in the reader's language, in the list and on the page.
func TestStoredLanguages(t *testing.T) {
	t.Parallel()
	q, err := stored.Parse("titles", "# title: Titles\n# title@nb: Titler\n# description@nn: Titlane.\n# param: lang2 string [nb] The language\n# param@nb: lang2 Språket <b>\n# param: day date\n"+
		"SELECT ?t { ?s <http://purl.org/dc/terms/title> ?t FILTER (LANG(?t) = ?lang2 && ?day > \"2000-01-01\"^^xsd:date) }", sparql.Options{Prefixes: vocab.Prefixes()})
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{"titles.rq": &fstest.MapFile{Data: []byte(q.Text)}}
	set, err := stored.Read(files, sparql.Options{Prefixes: vocab.Prefixes()})
	if err != nil {
		t.Fatal(err)
	}
	srv := testServer(t, testStore(t, testData), func(c *Config) { c.Stored = stored.NewCurrent(set) })
	for lang, want := range map[string]string{"nb": "nb Titler Språket <b>", "en": "en Titles The language", "nn": "nb Titler Språket <b>", "fr": "en Titles The language"} {
		r := get(t, srv, "/queries", "Accept-Language", lang)
		var list struct{ Queries []stored.Query }
		if err := json.Unmarshal([]byte(r.body), &list); err != nil || len(list.Queries) != 1 {
			t.Fatalf("%v %s", err, r.body)
		}
		got := list.Queries[0]
		if s := got.Language + " " + got.Title + " " + got.Parameters[0].Text; s != want || !strings.Contains(strings.Join(r.Header.Values("Vary"), ","), "Accept-Language") || got.Titles["nb"] != "Titler" {
			t.Errorf("%s: %s, want %s; Vary: %s", lang, s, want, r.Header.Values("Vary"))
		}
	}
	a, b := get(t, srv, "/queries", "Accept-Language", "nb").Header.Get("ETag"), get(t, srv, "/queries", "Accept-Language", "en").Header.Get("ETag")
	if a == b {
		t.Error("the list has one entity tag in all languages")
	}
	body := get(t, srv, "/queries?lang=nb", "Accept", "text/html").body
	parse(t, body)
	for _, want := range []string{">Titler</h2>", "Språket &lt;b&gt;", `action="/queries/titles"`, `name="lang2" type="text" value="nb"`, `name="day" type="date" value="" required`, "Titlane.", `aria-current="page">Lagrede spørringer</a>`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page has no %s:\n%s", want, body)
		}
	}
	if r := get(t, srv, "/queries/titles?lang2=nb&day=2020-01-01&format=html&lang=nb", "Accept", "text/html"); r.StatusCode != 200 || !strings.Contains(r.body, "<table>") {
		t.Errorf("the form's answer: %d %s", r.StatusCode, r.body)
	}
	if r := get(t, srv, "/queries", "Accept", "text/csv"); r.StatusCode != 406 {
		t.Errorf("a list as CSV: %d", r.StatusCode)
	}
}
