package sparqlsource

import (
	"context"
	"net/http"
	"testing"

	"triplestore/internal/sourcetest"
	"triplestore/sparql/syntax"
)

// FuzzQuery: what an endpoint that knows no prefixes is asked for is the query of the source, page by page.
func FuzzQuery(f *testing.F) {
	for _, text := range []string{
		"CONSTRUCT WHERE { ?s dct:title ?o } ORDER BY ?s", "CONSTRUCT { ?s a dcat:Dataset } { ?s a dcat:Dataset } ORDER BY ?s # the end",
		"BASE <http://e/> PREFIX dct: <http://own/> CONSTRUCT { ?s dct:title <x> } WHERE { ?s dct:title ?t } ORDER BY DESC(?t)",
		"CONSTRUCT WHERE { ?s ?p ?o } ORDER BY ?s VALUES ?s { <urn:a> }", "CONSTRUCT { ?s ?p 'LIMIT 3' } { SELECT * { ?s ?p ?o } LIMIT 3 } ORDER BY ?s",
		"VERSION \"1.2\" CONSTRUCT WHERE { ?s skos:broader ?o } GROUP BY ?s ORDER BY COUNT(?o)", "CONSTRUCT { } { } ORDER BY 1",
	} {
		f.Add(text, uint16(2))
	}
	env, _ := sourcetest.Env(f, ".")
	f.Fuzz(func(t *testing.T, text string, size uint16) {
		c := config{URL: "https://a.no/sparql", Query: text, PageSize: int(size), MaxPages: 3}
		opened, err := c.Open(env)
		if err != nil {
			return
		}
		for page := range 3 {
			asked := opened.(*endpoint).pageQuery(page)
			q, err := syntax.ParseQuery(asked, syntax.Options{})
			if err != nil {
				t.Fatalf("%q becomes %q: %v", text, asked, err)
			}
			limit, offset := int64(size), int64(size)*int64(page)
			if size == 0 {
				continue
			}
			probe := *opened.(*endpoint).probe
			probe.Offset = offset
			if p, err := syntax.ParseQuery(probe.String(), syntax.Options{}); err != nil || p.Form != syntax.Construct || p.Limit != 1 || max(p.Offset, 0) != offset || len(p.Template) != 1 {
				t.Fatalf("%q becomes %q: %v", text, probe.String(), err)
			}
			if q.Form != syntax.Construct || q.Limit != limit || q.Offset != offset || len(q.OrderBy) == 0 {
				t.Fatalf("%q becomes %q: form %v, limit %d, offset %d", text, asked, q.Form, q.Limit, q.Offset)
			}
		}
	})
}

// FuzzAnswer: whatever an endpoint answers, the harvest ends, and what it takes is RDF.
func FuzzAnswer(f *testing.F) {
	types := []string{"text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json", "application/n-quads", "text/html", "application/sparql-results+json", ""}
	f.Add(uint8(0), []byte("<urn:a> <urn:b> <urn:c> ."), false)
	f.Add(uint8(1), []byte("_:a <urn:b> \"c\"@en--ltr .\n_:a <urn:b>"), true)
	f.Add(uint8(2), []byte(`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="urn:a"/></rdf:RDF>`), false)
	f.Add(uint8(3), []byte(`{"@id": "urn:a", "urn:b": [1, {"@value": "x"}], "@context": "http://127.0.0.1/no"}`), false)
	f.Add(uint8(4), []byte("<urn:a> <urn:b> <urn:c> <urn:g> ."), true)
	f.Fuzz(func(t *testing.T, kind uint8, body []byte, zip bool) {
		s := sourcetest.Serve(t, func(*http.Request, string, int) sourcetest.Answer {
			return sourcetest.Answer{Type: types[int(kind)%len(types)], Body: string(body), Gzip: zip}
		})
		env, _ := sourcetest.Env(t, ".", s.URL)
		c := config{URL: s.URL + "/sparql", Query: "CONSTRUCT WHERE { ?s ?p ?o } ORDER BY ?s", PageSize: 5, MaxPages: 4}
		opened, err := c.Open(env)
		if err != nil {
			t.Fatal(err)
		}
		sink := sourcetest.NewSink()
		if _, err := opened.Harvest(context.Background(), nil, sink); err == nil {
			sink.Check(t)
		}
	})
}
