package server

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"triplestore/store/memstore"
)

// element is a start tag of a page with its text.
type element struct {
	name string
	attr map[string]string
	text string
}

// parse reads a page and checks that its tags are balanced.
func parse(t testing.TB, page string) []*element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict = false
	d.AutoClose = []string{"meta", "link", "input", "br"}
	d.Entity = xml.HTMLEntity
	var all, open []*element
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, page)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			e := &element{name: tok.Name.Local, attr: map[string]string{}}
			for _, a := range tok.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			all, open = append(all, e), append(open, e)
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1].name != tok.Name.Local {
				t.Fatalf("</%s> closes nothing", tok.Name.Local)
			}
			open = open[:len(open)-1]
		case xml.CharData:
			for _, e := range open {
				e.text += string(tok)
			}
		}
	}
}

func find(all []*element, name string) (out []*element) {
	for _, e := range all {
		if e.name == name {
			out = append(out, e)
		}
	}
	return out
}

// TestPages holds every page to what makes it usable and safe.
func TestPages(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), nil)
	q := func(text string) string { return "/sparql?query=" + url.QueryEscape(text) }
	for _, path := range []string{
		"/", "/?example=one&lang=en", "/workbench?lang=nn", "/workbench?query=" + url.QueryEscape("</script><script>alert(5)</script>"), "/id/ds", "/id/ds?lang=fr", "/id/ds?in=" + url.QueryEscape("http://purl.org/dc/terms/relation"),
		"/id/ds?out=" + url.QueryEscape("http://purl.org/dc/terms/title"), "/id/org", "/id/g1", "/id/nothing", "/nowhere", "/resource",
		"/resource?iri=" + url.QueryEscape("http://elsewhere.example/evil"), "/resource?iri=" + url.QueryEscape(`http://elsewhere.example/"><script>`),
		"/resource?iri=" + url.QueryEscape("javascript:alert(1)"), "/resource?iri=" + url.QueryEscape("http://purl.org/dc/terms/title"),
		q("SELECT * WHERE { ?s ?p ?o }"), q("SELECT * WHERE { ?s ?p"), q("</textarea><script>alert(4)</script>"), q("ASK {}"),
		q("CONSTRUCT WHERE { ?s ?p ?o }"), q("SELECT ?x WHERE {}"), "/sparql?format=html&query=ASK%7B%7D&explain=1",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			r := get(t, srv, path, "Accept", browser)
			if ct := r.Header.Get("Content-Type"); !strings.HasPrefix(ct, "text/html") {
				t.Fatalf("%s", ct)
			}
			if r.StatusCode >= 500 && r.StatusCode != 501 {
				t.Errorf("%d", r.StatusCode)
			}
			all := parse(t, r.body)
			if n := len(find(all, "h1")); n != 1 {
				t.Errorf("%d h1", n)
			}
			if len(find(all, "main")) != 1 || len(find(all, "title")) != 1 || find(all, "title")[0].text == "" {
				t.Error("no main or title")
			}
			ids := map[string]bool{}
			for _, e := range all {
				if id := e.attr["id"]; id != "" {
					if ids[id] {
						t.Errorf("the id %q occurs twice", id)
					}
					ids[id] = true
				}
			}
			level := 1
			for _, e := range all {
				switch {
				case e.name == "script" && strings.HasPrefix(e.attr["src"], "/assets/") && e.text == "":
				case e.name == "script" && (e.attr["type"] == "application/json" || e.attr["type"] == "application/ld+json"): // data, which is not run
					if !json.Valid([]byte(e.text)) {
						t.Errorf("no JSON: %s", e.text)
					}
				case e.name == "script" || e.name == "style" || e.name == "iframe" || e.name == "object":
					t.Errorf("there is a <%s>", e.name)
				case e.name == "html" && e.attr["lang"] == "":
					t.Error("no language")
				case len(e.name) == 2 && e.name[0] == 'h' && e.name != "hr":
					n := int(e.name[1] - '0')
					if n > level+1 {
						t.Errorf("%s after h%d", e.name, level)
					}
					level = n
				case e.name == "a" && strings.TrimSpace(e.text) == "" && e.attr["aria-label"] == "":
					t.Errorf("a link without text: %v", e.attr)
				}
				for name, v := range e.attr {
					if strings.HasPrefix(name, "on") || name == "style" {
						t.Errorf("attribute %s of <%s>", name, e.name)
					}
					if name == "href" || name == "src" || name == "action" {
						u, err := url.Parse(v)
						if err != nil || !slices.Contains([]string{"", "http", "https", "mailto", "tel"}, u.Scheme) || u.Scheme == "" && u.Host != "" {
							t.Errorf("%s=%q of <%s>", name, v, e.name)
						}
					}
					if (name == "for" || name == "aria-labelledby") && !ids[v] {
						t.Errorf("%s=%q of <%s> leads nowhere", name, v, e.name)
					}
				}
			}
		})
	}
}

func TestResourcePage(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), nil)
	for _, c := range []struct{ path, acceptLanguage, heading, lang string }{
		{"/id/ds", "", "Datasett", "nb"}, {"/id/ds", "nn", "Datasett nn", "nn"}, {"/id/ds", "en-GB,en;q=0.8", "Dataset", "en"},
		{"/id/ds", "no", "Datasett", "nb"}, {"/id/ds", "de, en;q=0.5", "Datensatz", "en"}, {"/id/ds?lang=en", "nn", "Dataset", "en"},
		{"/id/cat", "nn", "Katalog", "nn"}, {"/id/other", "", "http://data.example/id/other", "nb"},
	} {
		all := parse(t, get(t, srv, c.path, "Accept", "text/html", "Accept-Language", c.acceptLanguage).body)
		if h, l := find(all, "h1")[0].text, find(all, "html")[0].attr["lang"]; h != c.heading || l != c.lang {
			t.Errorf("%s in %q: %q in %s, want %q in %s", c.path, c.acceptLanguage, h, l, c.heading, c.lang)
		}
	}
	page := get(t, srv, "/id/ds", "Accept", "text/html").body
	all := parse(t, page)
	links := map[string]string{}
	for _, a := range find(all, "a") {
		links[a.attr["href"]] = a.text
	}
	for href, text := range map[string]string{
		"/id/org": "Etaten", "/id/cat": "Katalog", "mailto:post@data.example": "↗", "https://example.org/landing": "↗",
		"/resource?iri=https%3A%2F%2Fexample.org%2Flanding": "https://example.org/landing", "/id/other": "/id/other",
		"/resource?iri=javascript%3Aalert%281%29": "javascript:alert(1)", "/id/ds?format=turtle": "Turtle",
	} {
		if links[href] != text {
			t.Errorf("link to %s: %q, want %q", href, links[href], text)
		}
	}
	for _, want := range []string{"<script>alert", "Kontakt", "12.5", "xsd:decimal", "2024-05-01", "Datensatz"} {
		shown := false
		for _, e := range find(all, "main") {
			shown = shown || strings.Contains(e.text, want)
		}
		if !shown {
			t.Errorf("%q is not on the page", want)
		}
	}
	if i, j := strings.Index(page, ">utgiver<"), strings.Index(page, ">utgivelsesdato<"); i < 0 || j < i {
		t.Error("the publisher does not come before the date")
	}
}

// TestPaging checks that all who refer to a resource can be reached.
func TestPaging(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("@prefix e: <http://data.example/id/> .\n")
	const n = 450
	for i := range n {
		b.WriteString("<http://data.example/id/s" + strings.Repeat("x", i+1) + "> e:p e:target .\n")
		b.WriteString("e:target e:q " + strings.Repeat("1", i+1) + " .\n")
	}
	srv := testServer(t, testStore(t, b.String()), nil)
	front := get(t, srv, "/id/target", "Accept", "text/html")
	for _, direction := range []struct{ param, predicate string }{{"in", "p"}, {"out", "q"}} {
		path := "/id/target?" + direction.param + "=" + url.QueryEscape("http://data.example/id/"+direction.predicate)
		if !strings.Contains(front.body, strings.ReplaceAll(path, "&", "&amp;")) {
			t.Errorf("no link to %s", path)
		}
		seen, pages := map[string]bool{}, 0
		for path != "" && pages < 10 {
			all := parse(t, get(t, srv, path, "Accept", "text/html").body)
			for _, li := range find(all, "li") {
				if s := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(li.text), "xsd:integer")); strings.HasPrefix(s, "/id/sx") || strings.HasPrefix(s, "1") {
					seen[s] = true
				}
			}
			path = ""
			for _, a := range find(all, "a") {
				if a.attr["rel"] == "next" {
					path = a.attr["href"]
				}
			}
			pages++
		}
		if len(seen) != n || pages != 3 {
			t.Errorf("%s: %d of %d on %d pages", direction.param, len(seen), n, pages)
		}
	}
	if !strings.Contains(front.body, "450") {
		t.Error("the count is missing")
	}
}

const describedPlace = `
@prefix dct: <http://purl.org/dc/terms/> . @prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix prov: <http://www.w3.org/ns/prov#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix geo: <http://www.opengis.net/ont/geosparql#> . @prefix e: <http://data.example/id/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
e:p a dct:Location, dcat:Dataset ; dct:title "Sted"@nb, "Place"@en ; dct:description "Om </script><b>"@nb, "About"@en ; dct:publisher e:org ;
  dct:modified "2026-01-02"^^xsd:date ; dcat:keyword "a"@nb, "b"@nb, "c"@en ; geo:hasGeometry [ geo:asWKT "POINT(10.75 59.91)"^^geo:wktLiteral ] ;
  foaf:depiction <http://data.example/own.png>, <https://images.example/far.png>, <https://tracker.example/x.png> .
e:g { e:p dct:title "Fra grafen"@nb . }
e:g dct:source <https://source.example/data.ttl> ; prov:wasGeneratedBy [ prov:endedAtTime "2026-11-22T03:30:00Z"^^xsd:dateTime ] .
e:org a foaf:Agent ; foaf:name "Etaten"@nb .
`

func TestResourcePageParts(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, describedPlace), func(c *Config) { c.ImageOrigins = []string{"https://images.example"} })
	r := get(t, srv, "/id/p", "Accept", "text/html")
	all := parse(t, r.body)
	var images, marks []string
	for _, e := range all {
		switch {
		case e.name == "img" && e.attr["class"] == "" && e.attr["loading"] == "lazy":
			images = append(images, e.attr["src"])
		case e.name == "sup":
			marks = append(marks, e.text)
		}
	}
	slices.Sort(images)
	if !slices.Equal(images, []string{"http://data.example/own.png", "https://images.example/far.png"}) || !strings.Contains(r.body, "tracker.example) ↗</a>") {
		t.Errorf("pictures %v", images)
	}
	if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "img-src 'self' https://images.example;") {
		t.Error(csp)
	}
	if len(find(all, "circle")) != 1 || !strings.Contains(r.body, "59,91° N, 10,75° Ø") {
		t.Error("no map")
	}
	if !slices.Equal(marks, []string{"1"}) || !strings.Contains(r.body, "https://source.example/data.ttl") || !strings.Contains(r.body, "2026-11-22 03:30 UTC") {
		t.Errorf("marks %v\n%s", marks, r.body)
	}
	var about map[string]any
	for _, e := range find(all, "script") {
		if err := json.Unmarshal([]byte(e.text), &about); err != nil {
			t.Fatal(err)
		}
	}
	publisher, _ := about["publisher"].(map[string]any)
	keywords, _ := about["keywords"].([]any)
	if about["@type"] != "Dataset" || about["name"] != "Sted" && about["name"] != "Fra grafen" || about["description"] != "Om </script><b>" || publisher["name"] != "Etaten" ||
		publisher["@type"] != "Organization" || len(keywords) != 2 || about["dateModified"] != "2026-01-02" || about["@id"] != testBase+"id/p" {
		t.Errorf("%v", about)
	}
	if en := get(t, srv, "/id/p?lang=en", "Accept", "text/html").body; !strings.Contains(en, `"description":"About"`) {
		t.Error("the description is not in the reader's language")
	}
	for _, bad := range []string{"https://x.example/", "x", "https://*.example", "https://a.example; script-src"} {
		if _, err := New(Config{Store: testStore(t, ""), ImageOrigins: []string{bad}}); err == nil {
			t.Errorf("%q was taken for an origin", bad)
		}
	}
}

func TestOverviewAndSchema(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), nil)
	for _, c := range []struct{ path, want string }{
		{"/overview?lang=en", ">dataset</a></td><td>dcat:Dataset</td><td class=\"numeric\">1</td>"}, {"/overview?lang=en", "dct:title"}, {"/overview?lang=nn", "Oversyn"},
		{"/schema?lang=en", "catalogue (1)"}, {"/schema?lang=en", "marker-end"}, {"/schema", "Datamodell"},
	} {
		r := get(t, srv, c.path, "Accept", "text/html")
		if r.StatusCode != 200 || !strings.Contains(r.body, c.want) {
			t.Errorf("%s: %d without %s\n%s", c.path, r.StatusCode, c.want, r.body)
		}
		if again := get(t, srv, c.path, "Accept", "text/html", "If-None-Match", r.Header.Get("ETag")); again.StatusCode != 304 {
			t.Errorf("%s: %d", c.path, again.StatusCode)
		}
	}
	empty := testServer(t, memstore.New(), nil)
	for _, path := range []string{"/", "/overview", "/schema", "/workbench"} {
		if r := get(t, empty, path, "Accept", "text/html"); r.StatusCode != 200 {
			t.Errorf("%s of nothing: %d", path, r.StatusCode)
		}
	}
}

// TestExamplesInTheReadersLanguage asks for the pages that offer examples in each language, one example being there in English alone.
func TestExamplesInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	srv := testServer(t, memstore.New(), func(c *Config) {
		c.Examples = []Example{
			{Name: "a", ExampleText: ExampleText{"Data services", "Services", "# Data services\nASK {}"}, Translations: map[string]ExampleText{
				"nb": {"Datatjenester", "Tjenester", "# Datatjenester\nASK {}"}, "nn": {"Datatenester", "Tenester", "# Datatenester\nASK {}"}}},
			{Name: "b", ExampleText: ExampleText{"Concepts", "Services", "# Concepts\nASK {}"}},
		}
	})
	for header, want := range map[string]struct{ lang, topic, title string }{
		"nb": {"nb", "Tjenester", "Datatjenester"}, "no": {"nb", "Tjenester", "Datatjenester"}, "nn, nb;q=0.5": {"nn", "Tenester", "Datatenester"},
		"en-GB": {"en", "Services", "Data services"}, "de": {"en", "Services", "Data services"}, "sv": {"nb", "Tjenester", "Datatjenester"},
	} {
		for _, path := range []string{"/", "/workbench"} {
			r := do(t, srv, http.MethodGet, path, nil, "Accept", "text/html", "Accept-Language", header)
			for _, s := range []string{`<h3 lang="` + want.lang + `">` + want.topic + `</h3>`, ` lang="` + want.lang + `">` + want.title + `</a>`, ` lang="en">Concepts</a>`} {
				if strings.Count(r.body, s) != 1 {
					t.Errorf("%s for %s: not once %s", path, header, s)
				}
			}
		}
		r := do(t, srv, http.MethodGet, "/workbench?example=a", nil, "Accept", "text/html", "Accept-Language", header)
		if !strings.Contains(r.body, "# "+want.title+"\nASK {}</textarea>") {
			t.Errorf("for %s the form does not have the text in %s:\n%s", header, want.lang, r.body)
		}
	}
	s, err := New(Config{Store: memstore.New(), Examples: []Example{{Name: "a", ExampleText: ExampleText{"t", "T", "x"}, Translations: map[string]ExampleText{"nn": {"u", "U", "y"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	for language, want := range map[string]configTopic{"nn": {"U", "nn", []configExample{{"u", "nn", "y"}}}, "nb": {"T", "en", []configExample{{"t", "en", "x"}}}} {
		if got := s.workbenchConfig(t.Context(), language, "", false).Examples; len(got) != 1 || !reflect.DeepEqual(got[0], want) {
			t.Errorf("%s: %+v", language, got)
		}
	}
}
