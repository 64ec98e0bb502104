package ldes

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"triplestore/internal/golden"
	"triplestore/internal/sourcetest"
	"triplestore/loaders/source"
)

const examples = "../../examples/harvest/ldes/"

func TestStream(t *testing.T) {
	t.Parallel()
	more := ""
	s := sourcetest.Serve(t, func(r *http.Request, _ string, _ int) sourcetest.Answer {
		b, err := os.ReadFile(examples + filepath.Base(r.URL.Path))
		if err != nil {
			return sourcetest.Answer{Status: 404}
		}
		a := sourcetest.Answer{Type: "text/turtle", Body: string(b), Header: map[string]string{}}
		if strings.HasSuffix(r.URL.Path, "page-1.ttl") {
			a.Header["Cache-Control"] = "public, max-age=604800, immutable"
		} else {
			a.Body += more
		}
		return a
	})
	env, _ := sourcetest.Env(t, ".", s.URL)
	src := sourcetest.Open(t, Kind(), "url: "+s.URL+"/page-1.ttl", env)
	sink, out := sourcetest.Harvest(t, src, nil)
	if !out.Complete {
		t.Error("the first run is not complete")
	}
	golden.String(t, "testdata/ldes.golden", strings.ReplaceAll(sink.Text(), s.URL, "http://ldes.example"))

	more = `
<stream> tree:member <a/3>, <a/4> .
<a/3> a as:Update ; as:object <https://data.example.org/dataset/3> ; as:published "2026-03-01T00:00:00Z"^^xsd:dateTime .
<a/4> a as:Delete ; as:object <https://data.example.org/dataset/1> ; as:published "2026-03-02T00:00:00Z"^^xsd:dateTime .
`
	sink, out = sourcetest.Harvest(t, src, out.State)
	if out.Complete || !sink.Records["https://data.example.org/dataset/1"].Deleted || sink.Records["https://data.example.org/dataset/3"].Deleted {
		t.Errorf("%+v\n%s", out, sink.Text())
	}
	if n := s.Count("GET /page-1.ttl"); n != 1 {
		t.Errorf("the immutable page was asked for %d times", n)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	page := func(next string) string {
		return fmt.Sprintf(`<s> <https://w3id.org/tree#member> <m%s> . <m%s> <http://purl.org/dc/terms/title> "x" . <> <https://w3id.org/tree#relation> [ <https://w3id.org/tree#node> <%s> ] .`, next, next, next)
	}
	for name, c := range map[string]struct {
		answer func(path string, times int) sourcetest.Answer
		want   string
		class  source.Class
	}{
		"500 in the middle": {func(p string, _ int) sourcetest.Answer {
			if p == "/2" {
				return sourcetest.Answer{Status: 500}
			}
			return sourcetest.Answer{Body: page("2")}
		}, "500", source.Unavailable},
		"429 once": {func(p string, times int) sourcetest.Answer {
			if times == 0 {
				return sourcetest.Answer{Status: 429}
			}
			return sourcetest.Answer{Body: page("1")}
		}, "", ""},
		"circle": {func(p string, _ int) sourcetest.Answer {
			return sourcetest.Answer{Body: page(map[string]string{"/1": "2", "/2": "1"}[p])}
		}, "", ""},
		"endless": {func(p string, _ int) sourcetest.Answer { return sourcetest.Answer{Body: page(p[1:] + "1")} }, "more than 30 pages", source.TooLarge},
		"cut":     {func(string, int) sourcetest.Answer { return sourcetest.Answer{Body: page("2"), Cut: 20} }, "/1", source.Unavailable},
		"html":    {func(string, int) sourcetest.Answer { return sourcetest.Answer{Type: "text/plain", Body: "no"} }, "no RDF", source.Invalid},
	} {
		s := sourcetest.Serve(t, func(r *http.Request, _ string, times int) sourcetest.Answer {
			a := c.answer(r.URL.Path, times)
			if a.Type == "" {
				a.Type = "text/turtle"
			}
			return a
		})
		env, _ := sourcetest.Env(t, ".", s.URL)
		_, err := sourcetest.Open(t, Kind(), "{url: '"+s.URL+"/1', max-pages: 30}", env).Harvest(context.Background(), nil, sourcetest.NewSink())
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.want) || source.ClassOf(err) != c.class {
			t.Errorf("%s: %v (%s)", name, err, source.ClassOf(err))
		}
	}
}
