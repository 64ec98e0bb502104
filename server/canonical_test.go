package server

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"triplestore/loaders/harvest"
	"triplestore/loaders/identity"
	"triplestore/loaders/rdfsource"
	"triplestore/loaders/source"
	"triplestore/store/memstore"
)

// TestCanonical asks a harvested store for an IRI that a source used and for the canonical one that the rules of identity put in its place.
func TestCanonical(t *testing.T) {
	t.Parallel()
	const (
		canonical = "https://data.brreg.no/enhetsregisteret/api/enheter/974760673"
		catalog   = "https://organization-catalog.fellesdatakatalog.digdir.no/organizations/974760673"
		old       = "http://data.brreg.no/enhetsregisteret/enhet/974760673.json"
	)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.ttl": `<https://e.example/d/1> a <http://www.w3.org/ns/dcat#Dataset> ; <http://purl.org/dc/terms/publisher> <` + catalog + `> .
<` + catalog + `> a <http://xmlns.com/foaf/0.1/Agent> ; <http://xmlns.com/foaf/0.1/name> "Brønnøysundregistrene"@nb .`,
		"b.ttl": `<https://e.example/d/2> a <http://www.w3.org/ns/dcat#Dataset> ; <http://purl.org/dc/terms/publisher> <` + old + `> .`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := harvest.ParseConfig([]byte("sources:\n- {name: a, kind: rdf, path: a.ttl}\n- {name: b, kind: rdf, path: b.ttl}"), dir, []source.Kind{rdfsource.Kind()},
		[]source.RewriterKind{identity.Kind})
	if err != nil {
		t.Fatal(err)
	}
	st := memstore.New()
	h, err := harvest.New(harvest.Options{Config: c, Store: st, Temp: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Run(t.Context(), harvest.RunOptions{}); err != nil {
		t.Fatal(err)
	}
	srv := testServer(t, st, func(c *Config) { c.UnionDefaultGraph = true })
	at := func(iri string) string { return "/resource?iri=" + url.QueryEscape(iri) }
	links := func(r response) (out []string) {
		for _, l := range r.Header.Values("Link") {
			if strings.Contains(l, `rel="canonical"`) {
				out = append(out, l)
			}
		}
		return out
	}
	for _, original := range []string{catalog, old} {
		r := get(t, srv, at(original), "Accept", "application/n-triples")
		if want := "<" + original + "> <http://www.w3.org/2002/07/owl#sameAs> <" + canonical + "> .\n"; r.StatusCode != 200 || r.body != want {
			t.Errorf("%s: %d\n%s", original, r.StatusCode, r.body)
		}
		want := []string{"<" + at(canonical) + `>; rel="canonical"`}
		if got := links(r); !slices.Equal(got, want) {
			t.Errorf("%s: %q", original, got)
		}
		if again := get(t, srv, at(original), "Accept", "application/n-triples", "If-None-Match", r.Header.Get("ETag")); again.StatusCode != 304 || !slices.Equal(links(again), want) {
			t.Errorf("%s: %d %q", original, again.StatusCode, links(again))
		}
		for lang, words := range map[string]string{"nb": "Dette er en annen IRI for", "nn": "Dette er ein annan IRI for", "en": "This is another IRI for"} {
			r := get(t, srv, at(original), "Accept", browser, "Accept-Language", lang)
			i := strings.Index(r.body, words+` <a href="`+at(canonical)+`"`)
			if i < 0 || !strings.Contains(r.body[i:], ">Brønnøysundregistrene</a>") {
				t.Errorf("%s in %s does not lead on:\n%s", original, lang, r.body)
			}
		}
	}
	r := get(t, srv, at(canonical), "Accept", "application/n-triples")
	for _, want := range []string{"Brønnøysundregistrene", "#sameAs> <" + catalog + ">", "#sameAs> <" + old + ">", `identifier> "974760673"`} {
		if !strings.Contains(r.body, want) {
			t.Errorf("the canonical one lacks %s:\n%s", want, r.body)
		}
	}
	if got := links(r); got != nil {
		t.Errorf("the canonical one leads on to %q", got)
	}
	r = get(t, srv, at(canonical), "Accept", browser, "Accept-Language", "en")
	if !strings.Contains(r.body, `href="`+at(catalog)+`"`) || !strings.Contains(r.body, `href="`+at(old)+`"`) || strings.Contains(r.body, "another IRI") {
		t.Errorf("the page does not list the originals:\n%s", r.body)
	}
	// Both can be asked.
	for _, iri := range []string{catalog, old, canonical} {
		q := "SELECT (COUNT(DISTINCT ?d) AS ?n) { <" + iri + "> owl:sameAs? ?o . ?d dct:publisher ?o }"
		if r := get(t, srv, "/sparql?query="+url.QueryEscape(q), "Accept", "text/csv"); r.StatusCode != 200 || !strings.HasPrefix(r.body, "n\r\n2") {
			t.Errorf("%s: %d %q", iri, r.StatusCode, r.body)
		}
	}
}

// TestNotCanonical: what has statements of its own is described here, whatever it is the same as; and two candidates are none.
func TestNotCanonical(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, `@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix x: <http://x.example/> .
		x:a owl:sameAs x:b ; x:p 1 . x:b owl:sameAs x:a ; x:p 2 .
		x:c owl:sameAs x:a, x:b . x:d owl:sameAs x:e . x:e owl:sameAs x:d . x:f owl:sameAs x:f . x:g owl:sameAs x:a . x:h x:p x:g . x:i owl:sameAs x:a .`), nil)
	for name, want := range map[string]bool{"a": false, "b": false, "c": false, "d": false, "f": false, "g": false, "i": true} {
		r := get(t, srv, "/resource?iri=http://x.example/"+name, "Accept", "text/turtle")
		if got := strings.Contains(strings.Join(r.Header.Values("Link"), ","), "canonical"); r.StatusCode != 200 || got != want {
			t.Errorf("%s: %d %v", name, r.StatusCode, r.Header["Link"])
		}
	}
}
