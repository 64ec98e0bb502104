package ckan

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"triplestore/internal/golden"
	"triplestore/internal/sourcetest"
	"triplestore/loaders/codelists"
	"triplestore/loaders/source"
)

const examples = "../../examples/harvest/ckan"

func TestGolden(t *testing.T) {
	t.Parallel()
	env, _ := sourcetest.Env(t, examples)
	sink, out := sourcetest.Harvest(t, sourcetest.Open(t, Kind(), "{path: package_search.json, site: 'https://ckan.example.org', language: nb, catalogue-title: Eksempel}", env), nil)
	if !out.Complete || out.Checksum == "" {
		t.Errorf("%+v", out)
	}
	golden.String(t, "testdata/ckan.golden", sink.Text())
}

// TestCodes: the codes of the tables are there in the code lists.
func TestCodes(t *testing.T) {
	t.Parallel()
	env, _ := sourcetest.Env(t, ".")
	sink, _ := sourcetest.Harvest(t, sourcetest.Open(t, codelists.Kind(), "{lists: [eu-file-type, eu-frequency, eu-language, eu-access-right]}", env), nil)
	for table, m := range map[string]map[string]string{"file-type": fileTypes, "frequency": frequencies, "language": languages, "access-right": accessRights} {
		for word, code := range m {
			if _, ok := sink.Records[authority+table+"/"+code]; !ok {
				t.Errorf("%s: the table %s has no %s", word, table, code)
			}
		}
	}
}

// site plays a CKAN site with n packages.
func site(n int) func(r *http.Request) (string, int) {
	return func(r *http.Request) (string, int) {
		start, _ := strconv.Atoi(r.URL.Query().Get("start"))
		rows, _ := strconv.Atoi(r.URL.Query().Get("rows"))
		var list []string
		for i := start; i < min(n, start+rows); i++ {
			list = append(list, pkg(i))
		}
		return answer(n, list...), start
	}
}

func pkg(i int) string {
	return fmt.Sprintf(`{"id":"p%03d","title":"Pakke %d","state":"active","resources":[]}`, i, i)
}

func answer(count int, list ...string) string {
	return fmt.Sprintf(`{"success":true,"result":{"count":%d,"results":[%s]}}`, count, strings.Join(list, ","))
}

func TestPaging(t *testing.T) {
	t.Parallel()
	normal := site(25)
	for name, c := range map[string]struct {
		answer func(r *http.Request, times int) sourcetest.Answer
		want   string
		class  source.Class
	}{
		"as it should be": {func(r *http.Request, _ int) sourcetest.Answer {
			b, _ := normal(r)
			return sourcetest.Answer{Body: b, Gzip: true}
		}, "", ""},
		"500 in the middle": {func(r *http.Request, _ int) sourcetest.Answer {
			b, start := normal(r)
			if start == 10 {
				return sourcetest.Answer{Status: 500}
			}
			return sourcetest.Answer{Body: b}
		}, "500", source.Unavailable},
		"429 and 503": {func(r *http.Request, times int) sourcetest.Answer {
			b, start := normal(r)
			if start == 10 && times < 2 {
				return sourcetest.Answer{Status: 429 + 74*times, Header: map[string]string{"Retry-After": "7"}}
			}
			return sourcetest.Answer{Body: b}
		}, "", ""},
		"truncated once": {func(r *http.Request, times int) sourcetest.Answer {
			b, _ := normal(r)
			return sourcetest.Answer{Body: b, Cut: map[bool]int{true: 20}[times == 0]}
		}, "", ""},
		"changed order once": {func(r *http.Request, times int) sourcetest.Answer {
			b, start := normal(r)
			if start == 10 && times == 0 {
				return sourcetest.Answer{Body: answer(25, pkg(8), pkg(9), pkg(10), pkg(11), pkg(12), pkg(13), pkg(14), pkg(15), pkg(16), pkg(17))}
			}
			return sourcetest.Answer{Body: b}
		}, "", ""},
		"always another order": {func(r *http.Request, _ int) sourcetest.Answer {
			b, start := normal(r)
			if start == 10 {
				return sourcetest.Answer{Body: answer(25, pkg(8), pkg(9))}
			}
			return sourcetest.Answer{Body: b}
		}, "changed while it was read", source.Unavailable},
		"endless": {func(*http.Request, int) sourcetest.Answer {
			return sourcetest.Answer{Body: answer(1_000_000, pkg(1), pkg(2))}
		},
			"were there before", source.Unavailable},
		"an error with 200": {func(*http.Request, int) sourcetest.Answer {
			return sourcetest.Answer{Body: `{"success":false,"error":{"message":"Solr"}}`}
		}, "answers with an error", source.Invalid},
		"a page of HTML": {func(*http.Request, int) sourcetest.Answer { return sourcetest.Answer{Body: "<html>"} }, "no valid JSON", source.Invalid},
		"another API":    {func(*http.Request, int) sourcetest.Answer { return sourcetest.Answer{Body: `{"data":[]}`} }, "no answer of the CKAN API", source.Invalid},
	} {
		s := sourcetest.Serve(t, func(r *http.Request, _ string, times int) sourcetest.Answer {
			if r.URL.Path != "/api/3/action/package_search" || r.URL.Query().Get("sort") != "id asc" {
				return sourcetest.Answer{Status: 404}
			}
			a := c.answer(r, times)
			a.Type = "application/json"
			return a
		})
		env, _ := sourcetest.Env(t, ".", s.URL)
		sink := sourcetest.NewSink()
		out, err := sourcetest.Open(t, Kind(), "{url: '"+s.URL+"/', rows: 10}", env).Harvest(context.Background(), nil, sink)
		if c.want == "" {
			if err != nil || len(sink.Records) != 26 || !out.Complete {
				t.Errorf("%s: %v, %d records", name, err, len(sink.Records))
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || source.ClassOf(err) != c.class {
			t.Errorf("%s: %v (%s)", name, err, source.ClassOf(err))
		}
	}
}

func TestSections(t *testing.T) {
	t.Parallel()
	env, _ := sourcetest.Env(t, ".")
	for section, want := range map[string]string{
		"{}": "url or a path", "{url: 'ftp://x'}": "no http", "{path: x}": "site", "{url: 'https://a.no', path: x}": "one of them", "{url: 'https://a.no', rows: 0}": "rows",
	} {
		if _, err := sourcetest.TryOpen(Kind(), section, env); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", section, err)
		}
	}
	c := Kind().New().(*config)
	c.URL = "https://a.no/"
	if !slices.Equal(c.Locations(), []string{"https://a.no/"}) {
		t.Error(c.Locations())
	}
}

func FuzzPage(f *testing.F) {
	b, err := os.ReadFile(examples + "/package_search.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(b))
	f.Add(answer(1, `{"id":"x","extras":[{"key":"language","value":"[1,null,{}]"}],"title":{"nb":1}}`))
	f.Fuzz(func(t *testing.T, text string) {
		sink := sourcetest.NewSink()
		c := &catalogue{site: "https://a.example"}
		r := c.reading(sink)
		if _, err := r.page(text, "x"); err != nil {
			return
		}
		if _, err := r.finish(); err != nil {
			t.Fatal(err)
		}
		sink.Check(t)
	})
}

// TestGoneMeanwhile: a package that goes while the catalogue is read, which is then read again, is not delivered.
func TestGoneMeanwhile(t *testing.T) {
	t.Parallel()
	answers := []string{answer(3, pkg(1), pkg(2)), answer(3), answer(2, pkg(1), pkg(4))}
	s := sourcetest.Serve(t, func(*http.Request, string, int) sourcetest.Answer {
		a := sourcetest.Answer{Type: "application/json", Body: answers[0]}
		answers = answers[1:]
		return a
	})
	env, _ := sourcetest.Env(t, ".", s.URL)
	sink, out := sourcetest.Harvest(t, sourcetest.Open(t, Kind(), "{url: '"+s.URL+"/', rows: 2}", env), nil)
	var there []string
	for iri, r := range sink.Records {
		if !r.Deleted {
			there = append(there, strings.TrimPrefix(iri, s.URL))
		}
	}
	slices.Sort(there)
	if want := []string{"", "/dataset/p001", "/dataset/p004"}; !out.Complete || !slices.Equal(there, want) {
		t.Errorf("%q, want %q\n%s", there, want, sink.Text())
	}
}

// TestMemory: an answer is counted as long as it is read.
func TestMemory(t *testing.T) {
	t.Parallel()
	s := sourcetest.Serve(t, func(*http.Request, string, int) sourcetest.Answer {
		return sourcetest.Answer{Type: "application/json", Body: answer(1, `{"id":"p1","nothing":"`+strings.Repeat("x", 50_000)+`"}`)}
	})
	env, _ := sourcetest.Env(t, ".", s.URL)
	for some, want := range map[int64]bool{40_000: true, 1 << 20: false} {
		if got := sourcetest.Waits(t, Kind(), "url: "+s.URL, env, some); got != want {
			t.Errorf("with %d bytes it waits: %v", some, got)
		}
	}
}
