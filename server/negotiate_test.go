package server

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"triplestore/rdf"
)

func TestNegotiate(t *testing.T) {
	t.Parallel()
	offers := []offer{{"json", []string{"application/sparql-results+json", "application/json"}}, {"csv", []string{"text/csv"}}, {"html", []string{"text/html"}}}
	for accept, want := range map[string]string{
		"":                                 "application/sparql-results+json",
		"*/*":                              "application/sparql-results+json",
		"text/*":                           "text/csv",
		"text/html, text/csv":              "text/csv",
		"text/html, text/csv;q=0.9":        "text/html",
		"text/*;q=0.5, text/html":          "text/html",
		"text/*, text/csv;q=0":             "text/html",
		"*/*;q=0.1, application/json":      "application/json",
		"TEXT/HTML;Q=0.3":                  "text/html",
		"text/html;level=1;q=0.3":          "text/html",
		"*/*, text/html":                   "text/html",
		"application/*;q=0.2, text/csv":    "text/csv",
		"image/png":                        "",
		"*/*;q=0":                          "",
		"nonsense":                         "",
		"text/html;q=nonsense, text/csv":   "text/csv",
		"text/html;q=2, text/csv":          "text/csv",
		"text/html;q=NaN, text/csv":        "text/csv",
		",,, text/csv ,":                   "text/csv",
		browser:                            "text/html",
		"application/json, text/html;q=.5": "application/json",
	} {
		if _, got := negotiate([]string{accept}, offers); got != want {
			t.Errorf("%q: got %q, want %q", accept, got, want)
		}
	}
	if _, got := negotiate(nil, offers); got != offers[0].types[0] {
		t.Errorf("no header: %q", got)
	}
	for name, want := range map[string]string{"json-ld": "application/ld+json", "rdf+xml": "application/rdf+xml", "rdf xml": "application/rdf+xml",
		"xml": "application/rdf+xml", "ttl": "text/turtle", "N3": "text/turtle", "srx": "", "nonsense": ""} {
		if _, mt := choose(name, http.Header{}, graphOffers); mt != want {
			t.Errorf("%s: %q, want %q", name, mt, want)
		}
	}
	if i, mt := choose("text/csv", http.Header{}, offers); i != 1 || mt != "text/csv" {
		t.Errorf("format as a media type: %d %s", i, mt)
	}
	if i, _ := choose("application/sparql-results json", http.Header{}, offers); i != 0 {
		t.Errorf("format with an unescaped plus: %d", i)
	}
}

func TestParseLanguages(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"": "", "nb": "nb", "en;q=0.5, nb": "nb en", "nb-NO, nb;q=0.9, no;q=0.8": "nb-no nb no", "*, nn": "nn", "fr;q=0, en": "en",
		"x y, en": "en", "a,b,a": "a b a", strings.Repeat("q", 60): "",
	} {
		if got := strings.Join(parseLanguages([]string{header}), " "); got != want {
			t.Errorf("%q: got %q, want %q", header, got, want)
		}
	}
}

func TestRank(t *testing.T) {
	t.Parallel()
	langs := []string{"en-gb", "nb", "nn"}
	terms := []rdf.Term{rdf.LangLiteral("", "en-GB"), rdf.LangLiteral("", "en"), rdf.LangLiteral("", "nb"), rdf.LangLiteral("", "nn"), rdf.String(""), rdf.LangLiteral("", "de")}
	if !slices.IsSortedFunc(terms, func(a, b rdf.Term) int { return rank(a, langs) - rank(b, langs) }) {
		t.Error("the order is wrong")
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	l := newLinker("https://data.example/id/", nil)
	for iri, want := range map[string]string{
		"https://data.example/id/x":                    "/id/x",
		"https://data.example/id/":                     "/id/",
		"https://data.example/id/rød%C3%B8":            "/id/r%C3%B8d%C3%B8",
		"https://data.example/id/a\r\nb":               "/resource?iri=https%3A%2F%2Fdata.example%2Fid%2Fa%0D%0Ab",
		"https://data.example/id/a>b":                  "/resource?iri=https%3A%2F%2Fdata.example%2Fid%2Fa%3Eb",
		"https://data.example/idx":                     "/resource?iri=https%3A%2F%2Fdata.example%2Fidx",
		"https://data.example/id/x#y":                  "/resource?iri=https%3A%2F%2Fdata.example%2Fid%2Fx%23y",
		"https://data.example/id/x?y":                  "/resource?iri=https%3A%2F%2Fdata.example%2Fid%2Fx%3Fy",
		"https://data.example/id/../sparql":            "/resource?iri=https%3A%2F%2Fdata.example%2Fid%2F..%2Fsparql",
		"https://data.example.evil/id/x":               "/resource?iri=https%3A%2F%2Fdata.example.evil%2Fid%2Fx",
		"http://data.example/id/x":                     "/resource?iri=http%3A%2F%2Fdata.example%2Fid%2Fx",
		"javascript:alert(1)":                          "/resource?iri=javascript%3Aalert%281%29",
		"https://data.example/id/http://a.example//b/": "/id/http://a.example//b/",
	} {
		if got := l.resource(iri); got != want {
			t.Errorf("%s: got %s, want %s", iri, got, want)
		}
	}
	root := newLinker("https://data.example/", nil)
	for iri, want := range map[string]bool{"https://data.example/sparql": false, "https://data.example/harvest": false, "https://data.example/": false, "https://data.example//evil.example/": false,
		"https://data.example/x": true, "https://data.example/assets/x": false} {
		if _, own := root.own(iri); own != want {
			t.Errorf("%s: own %v", iri, own)
		}
	}
	if got := newLinker("", nil).resource("https://data.example/x"); !strings.HasPrefix(got, "/resource?") {
		t.Errorf("without a base: %s", got)
	}
	for s, want := range map[string]string{"/a%20b": "/a%20b", "/%C3%A6": "/æ", "/%c3%a6%2F": "/æ%2F", "/%FF": "/%FF", "/%C3": "/%C3", "/%": "/%", "/%C3%A6%ff": "/%C3%A6%FF"} {
		if got := unescapeUnicode(s); got != want {
			t.Errorf("%s: got %s, want %s", s, got, want)
		}
	}
	for iri, want := range map[string]bool{"http://a.example/": true, "https://a.example": true, "javascript:x": false, "data:x": false, "//a": false, "http:a": false, "JAVASCRIPT:x": false, " javascript:x": false} {
		if got := external(iri); got != want {
			t.Errorf("external(%s) = %v", iri, got)
		}
	}
}

func FuzzNegotiate(f *testing.F) {
	f.Add("text/html;q=0.5, */*", "nb;q=0.1, en")
	f.Fuzz(func(t *testing.T, accept, languages string) {
		negotiate([]string{accept}, solutionOffers)
		for _, l := range parseLanguages([]string{languages}) {
			if !isLanguageTag(l) {
				t.Errorf("%q from %q", l, languages)
			}
		}
	})
}

func FuzzUnescapeUnicode(f *testing.F) {
	f.Add("/%C3%A6%2F")
	f.Fuzz(func(t *testing.T, s string) {
		if got := unescapeUnicode(s); strings.Count(got, "/") != strings.Count(s, "/") {
			t.Errorf("%q became %q", s, got)
		}
	})
}
