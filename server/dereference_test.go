package server

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"triplestore/rdf/format"
	"triplestore/store/memstore"
)

func TestMappings(t *testing.T) {
	t.Parallel()
	const org = "https://organization-catalog.fellesdatakatalog.digdir.no/organizations/"
	srv := testServer(t, testStore(t, testData+"<"+org+"974760673> dct:title \"Brønnøysund\" ; dct:relation e:ds, <"+org+"blå> . <"+org+"blå> dct:title \"blue\" . <"+org+"x/../y> dct:title \"dots\" ."), func(c *Config) {
		c.Mappings = []Mapping{{"https://organization-catalog.fellesdatakatalog.digdir.no/", "/fdk/"}, {org, "/org/"}, {"http://elsewhere.example/", "/id/elsewhere/"}}
	})
	for path, want := range map[string]string{
		"/org/974760673": "Brønnøysund", "/fdk/organizations/974760673": "Brønnøysund", "/org/bl%C3%A5": "blue", "/org/blå": "blue", "/id/elsewhere/x": "elsewhere", "/id/ds": "Datasett",
	} {
		r := get(t, srv, path, "Accept", "application/n-triples")
		if quads, err := readQuads("application/n-triples", r.body); r.StatusCode != 200 || !strings.Contains(r.body, want) && len(quads) == 0 {
			t.Errorf("%s: %d %s (%v)", path, r.StatusCode, r.body, err)
		}
	}
	if r := get(t, srv, "/org/nothing"); r.StatusCode != 404 {
		t.Errorf("%d", r.StatusCode)
	}
	r := get(t, srv, "/org/974760673", "Accept", browser)
	if !strings.Contains(r.body, `href="/org/bl%C3%A5"`) {
		t.Errorf("the page does not link by the mapping: %s", r.body)
	}
	if got := r.Header.Get("Content-Location"); got != "/org/974760673?format=html" {
		t.Errorf("Content-Location %s", got)
	}
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	for _, m := range []Mapping{{"", "/a/"}, {"rel", "/a/"}, {"http://a/", ""}, {"http://a/", "a/"}, {"http://a/", "/a"}, {"http://a/", "//a/"}, {"http://a/", "/graphs/"}, {"http://a/", "/"},
		{"http://a/", "/assets/"}, {"http://a/#", "/a/"}, {"http://a/", "/a?b/"}, {"http://a/", "/sparql/"}, {"http://a/", "/a b/"}} {
		if _, err := New(Config{Store: st, Mappings: []Mapping{m}}); err == nil {
			t.Errorf("%v is taken", m)
		}
	}
}

func TestSeeOther(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), func(c *Config) { c.SeeOther = true })
	for _, accept := range []string{"text/turtle", browser, ""} {
		r := get(t, srv, "/id/ds?lang=nn", "Accept", accept)
		location := r.Header.Get("Location")
		if r.StatusCode != 303 || !strings.Contains(strings.Join(r.Header.Values("Vary"), ","), "Accept") {
			t.Fatalf("%d %v", r.StatusCode, r.Header)
		}
		if u, err := url.Parse(location); err != nil || u.Path != "/resource" || u.Query().Get("iri") != testBase+"id/ds" || u.Query().Get("lang") != "nn" {
			t.Errorf("%s", location)
		}
		if r := get(t, srv, location, "Accept", accept); r.StatusCode != 200 || !strings.Contains(r.body, "Datasett nn") {
			t.Errorf("%s: %d", location, r.StatusCode)
		}
	}
	if r := get(t, srv, "/id/none"); r.StatusCode != 404 {
		t.Errorf("%d", r.StatusCode)
	}
}

func TestAllFormatsDescribe(t *testing.T) {
	t.Parallel()
	srv := testServer(t, cleanStore(t), nil)
	for _, f := range format.All {
		if !f.CanWrite() {
			continue
		}
		r := get(t, srv, "/id/ds", "Accept", f.MediaType())
		quads, err := readQuads(f.MediaType(), r.body)
		if err != nil || len(quads) != 4 || r.Header.Get("Content-Location") != "/id/ds?format="+f.Name {
			t.Errorf("%s: %d %v %v\n%s", f.Name, r.StatusCode, r.Header, err, r.body)
		}
		again := get(t, srv, r.Header.Get("Content-Location"), "If-None-Match", r.Header.Get("ETag"))
		if again.StatusCode != 304 {
			t.Errorf("%s: the representation has another tag at its own address: %d", f.Name, again.StatusCode)
		}
	}
}

// A document describes what its fragments name.
func TestFragments(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, `
		@prefix : <http://data.example/people#> . @prefix x: <http://x.example/> .
		<http://data.example/people> x:about :anne . :anne x:name "Anne" ; x:knows :bo . x:someone x:knows :bo . :bo x:name "Bo" ; x:has [ x:y "inner" ] .
		:kari x:name "Kari" ; x:knows :bo . <http://data.example/people#> x:name "empty" .
		<http://data.example/people2#this> x:name "other document" .
		<http://data.example/card#me> x:name "me" . <http://data.example/card#alone> x:name "nobody links here" .
		<http://data.example/g> { <http://data.example/g#a> x:name "in the graph" }
		<http://elsewhere.example/doc#me> x:name "not ours" .`), nil)
	for path, want := range map[string][]string{
		"/people": {"Anne", "Bo", "Kari", "inner"}, "/card": {"me"}, "/g": {"in the graph"}, "/people2": {"other document"},
	} {
		r := get(t, srv, path, "Accept", "application/n-triples")
		quads, err := readQuads("application/n-triples", r.body)
		var got []string
		for _, q := range quads {
			if q.O.IsLiteral() {
				got = append(got, q.O.Value())
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if err != nil || r.StatusCode != 200 || !slices.Equal(got, want) {
			t.Errorf("%s: %d %v, want %v\n%s", path, r.StatusCode, got, want, r.body)
		}
		if r := get(t, srv, path, "Accept", browser); r.StatusCode != 200 {
			t.Errorf("%s as a page: %d", path, r.StatusCode)
		}
	}
	if r := get(t, srv, "/resource?iri=http://elsewhere.example/doc"); r.StatusCode != 404 {
		t.Errorf("%d", r.StatusCode)
	}
}

func TestSuggestions(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, `
		@prefix x: <http://x.example/> .
		<http://data.example/id/Dataset> x:p 1 . <http://data.example/dir/> x:p 1 . <https://a.example/b> x:p 1 . <https://www.c.example/d> x:p 1 .
		<https://data.brreg.no/enhetsregisteret/api/enheter/974760673> x:p 1 . <http://data.example/doc> x:p 1 .`), nil)
	for asked, want := range map[string]string{
		testBase + "id/dataset": testBase + "id/Dataset", testBase + "dir": testBase + "dir/", "http://a.example/b": "https://a.example/b", "https://a.example/b/": "https://a.example/b",
		"https://c.example/d": "https://www.c.example/d", "https://A.example/b": "https://a.example/b", testBase + "doc#part": testBase + "doc",
		"https://organization-catalog.fellesdatakatalog.digdir.no/organizations/974760673": "https://data.brreg.no/enhetsregisteret/api/enheter/974760673",
		"http://data.brreg.no/enhetsregisteret/enhet/974760674":                            "", // the check digit is wrong
		"http://nothing.example/": "",
	} {
		path := "/resource?iri=" + url.QueryEscape(asked)
		r := get(t, srv, path, "Accept", "text/turtle")
		link := strings.Join(r.Header.Values("Link"), " ")
		if r.StatusCode != 404 || strings.Contains(link, "related") != (want != "") || want != "" && !strings.Contains(r.body, "# <"+want+"> is.") {
			t.Errorf("%s: %d %s\n%s", asked, r.StatusCode, link, r.body)
		}
		page := get(t, srv, path, "Accept", browser)
		if page.StatusCode != 404 || want != "" && !strings.Contains(page.body, ">"+want+"</a>") {
			t.Errorf("%s: %d %s", asked, page.StatusCode, page.body)
		}
	}
}

func TestLanguagesFallBack(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, `
		@prefix dct: <http://purl.org/dc/terms/> . @prefix e: <http://data.example/> .
		e:all dct:title "nb"@nb, "nn"@nn, "no"@no, "se"@se, "en"@en, "de"@de . e:no dct:title "no"@no, "en"@en . e:nn dct:title "nn"@nn, "en"@en .
		e:nb dct:title "nb"@nb, "en"@en . e:de dct:title "de"@de, "none" . e:gb dct:title "gb"@en-GB, "de"@de .`), nil)
	for _, c := range []struct{ accept, path, want, page string }{
		{"nn", "all", "nn", "nn"}, {"nb", "all", "nb", "nb"}, {"no", "all", "no", "nb"}, {"se", "all", "se", "nb"}, {"en", "all", "en", "en"}, {"de", "all", "de", "en"}, {"sv", "all", "nb", "nb"}, {"sv", "no", "no", "nb"}, {"pl", "nb", "en", "en"},
		{"nn", "no", "no", "nn"}, {"nn, en", "nb", "nb", "nn"}, {"nn, en;q=0.9, nb;q=0.1", "nb", "en", "nn"}, {"nb-NO, en", "no", "no", "nb"}, {"nb, en", "nn", "nn", "nb"},
		{"se, en", "nb", "nb", "nb"}, {"sma", "nn", "nn", "nb"}, {"no", "nn", "nn", "nb"}, {"en", "nb", "en", "en"}, {"en", "de", "none", "en"}, {"en", "gb", "gb", "en"},
		{"", "all", "nb", "nb"}, {"*", "all", "nb", "nb"},
	} {
		r := get(t, srv, "/"+c.path, "Accept", browser, "Accept-Language", c.accept)
		_, heading, _ := strings.Cut(r.body, "<h1")
		heading, _, _ = strings.Cut(heading, "</h1>")
		_, heading, _ = strings.Cut(heading, ">")
		if heading != c.want || !strings.Contains(r.body, `<html lang="`+c.page+`"`) {
			t.Errorf("%s in %q: %q, want %q on a page in %s", c.path, c.accept, heading, c.want, c.page)
		}
	}
}

// TestNoIRI: what is asked for by the parameter iri and is no absolute IRI is a mistake of the request, unless the store has it all the same.
func TestNoIRI(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), nil)
	for iri, want := range map[string]int{
		"": 400, "foo": 400, "id/ds": 400, "//data.example/id/ds": 400, "http://data.example/a b": 400, "http://data.example/%zz": 400, "http://data.example/\xff": 400,
		strings.Repeat("x", 100_000): 400, "http://data.example/id/none": 404, "urn:x": 404, testBase + "id/ds": 200, `http://elsewhere.example/"><script>`: 200,
	} {
		r := get(t, srv, "/resource?iri="+url.QueryEscape(iri), "Accept", "text/turtle")
		if r.StatusCode != want || want == 400 && (r.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(r.body, "absolute IRI") || len(r.body) > 1000) {
			t.Errorf("%.40q: %d %s", iri, r.StatusCode, r.body)
		}
	}
	if r := get(t, srv, "/resource?iri=foo", "Accept", browser, "Accept-Language", "nb"); r.StatusCode != 400 || !strings.Contains(r.body, "IRI-en er ikke gyldig") {
		t.Errorf("a page: %d %s", r.StatusCode, r.body)
	}
}
