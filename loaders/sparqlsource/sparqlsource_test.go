package sparqlsource

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"triplestore/internal/sourcetest"
	"triplestore/loaders/source"
	"triplestore/sparql/syntax"
)

const paged = "{url: '%s/sparql', page-size: 2, max-pages: 10, query: 'CONSTRUCT { ?s dct:title ?t } WHERE { ?s dct:title ?t } ORDER BY ?s ?t'}"

func TestPages(t *testing.T) {
	t.Parallel()
	line := func(i int) string { return fmt.Sprintf("<urn:s%d> <http://purl.org/dc/terms/title> \"%d\" .\n", i, i) }
	for name, c := range map[string]struct {
		answer func(offset, times int) sourcetest.Answer
		want   string
		class  source.Class
		n      int
	}{
		"three pages": {func(o, _ int) sourcetest.Answer {
			return sourcetest.Answer{Body: map[int]string{0: line(1) + line(2), 2: line(3)}[o], Gzip: true}
		}, "", "", 3},
		// A page need not have triples, nor any that the pages before did not have.
		"page without triples": {func(o, _ int) sourcetest.Answer {
			return sourcetest.Answer{Body: map[int]string{0: line(1), 4: line(2)}[o]}
		}, "", "", 2},
		"first page without triples": {func(o, _ int) sourcetest.Answer {
			return sourcetest.Answer{Body: map[int]string{2: line(1), 4: line(2)}[o]}
		}, "", "", 2},
		"page of nothing new": {func(o, _ int) sourcetest.Answer {
			return sourcetest.Answer{Body: map[int]string{0: line(1), 2: line(1), 4: line(2)}[o]}
		}, "", "", 3},
		"500 in the middle": {func(o, _ int) sourcetest.Answer {
			if o == 2 {
				return sourcetest.Answer{Status: 500}
			}
			return sourcetest.Answer{Body: line(1)}
		}, "500", source.Unavailable, 0},
		"429 once": {func(o, times int) sourcetest.Answer {
			if times == 0 {
				return sourcetest.Answer{Status: 429}
			}
			return sourcetest.Answer{Body: map[int]string{0: line(1)}[o]}
		}, "", "", 1},
		"no OFFSET": {func(int, int) sourcetest.Answer { return sourcetest.Answer{Body: line(1) + line(2)} }, "does not heed OFFSET", source.Invalid, 0},
		"endless":   {func(o, _ int) sourcetest.Answer { return sourcetest.Answer{Body: line(o) + line(o+1)} }, "more than 10 pages", source.TooLarge, 0},
		"cut":       {func(int, int) sourcetest.Answer { return sourcetest.Answer{Body: line(1) + line(2), Cut: 10} }, "/sparql", source.Unavailable, 0},
		"html":      {func(int, int) sourcetest.Answer { return sourcetest.Answer{Type: "text/html", Body: "<p>"} }, "no RDF", source.Invalid, 0},
	} {
		s := sourcetest.Serve(t, func(r *http.Request, body string, times int) sourcetest.Answer {
			form, err := url.ParseQuery(body)
			query := form.Get("query")
			if q, bad := syntax.ParseQuery(query, syntax.Options{}); err == nil && bad == nil && q.Limit == 1 && q.Form == syntax.Construct { // is there a solution?
				a := sourcetest.Answer{Type: "text/turtle"}
				if max(q.Offset, 0) < 6 || name == "no OFFSET" || name == "endless" {
					a.Body = "() a <http://www.w3.org/1999/02/22-rdf-syntax-ns#List> ."
				}
				return a
			}
			if err != nil || r.Method != "POST" || !strings.HasPrefix(query, "PREFIX dct: <http://purl.org/dc/terms/>\nCONSTRUCT") {
				return sourcetest.Answer{Status: 400}
			}
			var limit, offset int
			if _, err := fmt.Sscanf(query[strings.LastIndex(query, "LIMIT"):], "LIMIT %d OFFSET %d", &limit, &offset); err != nil || limit != 2 {
				return sourcetest.Answer{Status: 400}
			}
			a := c.answer(offset, times)
			if a.Type == "" {
				a.Type = "text/turtle"
			}
			return a
		})
		env, _ := sourcetest.Env(t, ".", s.URL)
		sink := sourcetest.NewSink()
		out, err := sourcetest.Open(t, Kind(), fmt.Sprintf(paged, s.URL), env).Harvest(context.Background(), nil, sink)
		if c.want == "" {
			if err != nil || !out.Complete || len(sink.Records[""].Triples) != c.n {
				t.Errorf("%s: %v\n%s", name, err, sink.Text())
			}
		} else if err == nil || !strings.Contains(err.Error(), c.want) || source.ClassOf(err) != c.class {
			t.Errorf("%s: %v (%s)", name, err, source.ClassOf(err))
		}
	}
}

func TestSections(t *testing.T) {
	t.Parallel()
	env, _ := sourcetest.Env(t, ".")
	for section, want := range map[string]string{
		"{url: 'https://a.no'}":                                                                                      "query or a query-file",
		"{url: 'https://a.no', query: 'SELECT * {?s ?p ?o}'}":                                                        "no CONSTRUCT",
		"{url: 'https://a.no', query: 'CONSTRUCT {'}":                                                                "query",
		"{url: 'https://a.no', page-size: 5, query: 'CONSTRUCT WHERE {?s ?p ?o}'}":                                   "ORDER BY",
		"{url: 'https://a.no', page-size: 5, query: 'CONSTRUCT WHERE {?s ?p ?o} ORDER BY ?s LIMIT 1'}":               "which page-size adds",
		"{url: 'https://a.no', page-size: 5, query: 'CONSTRUCT WHERE {?s ?p ?o} ORDER BY ?s VALUES ?s { <urn:a> }'}": "ends with VALUES",
		"{url: 'https://a.no', query-file: nothing.rq}":                                                              "query-file",
	} {
		if _, err := sourcetest.TryOpen(Kind(), section, env); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", section, err)
		}
	}
}

// TestMemory: an answer is counted while it is read.
func TestMemory(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("x", 50_000)
	for mediaType, body := range map[string]string{
		"text/turtle": "<urn:a> <urn:b> \"" + text + "\" .", "application/ld+json": `{"nothing": "` + text + `"}`,
	} {
		s := sourcetest.Serve(t, func(*http.Request, string, int) sourcetest.Answer {
			return sourcetest.Answer{Type: mediaType, Body: body}
		})
		env, _ := sourcetest.Env(t, ".", s.URL)
		for some, want := range map[int64]bool{40_000: true, 1 << 20: false} {
			if got := sourcetest.Waits(t, Kind(), "{url: '"+s.URL+"', query: 'CONSTRUCT WHERE { ?s ?p ?o }'}", env, some); got != want {
				t.Errorf("%s: with %d bytes it waits: %v", mediaType, some, got)
			}
		}
	}
}
