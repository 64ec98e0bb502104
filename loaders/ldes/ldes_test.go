package ldes

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"triplestore/internal/golden"
	"triplestore/internal/sourcetest"
	"triplestore/loaders/source"
	"triplestore/rdf/format"
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

// Times are instants: "10:00+02:00" is before "09:00Z", and what stands on a later page is not newer for that.
func TestTimeZones(t *testing.T) {
	t.Parallel()
	const head = "PREFIX tree: <https://w3id.org/tree#> PREFIX as: <https://www.w3.org/ns/activitystreams#> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n"
	member := func(id, object, time, title string) string {
		return fmt.Sprintf("<s> tree:member <%s> . <%s> a as:Update ; as:object <http://e.example/%s> ; as:published \"%s\"^^xsd:dateTime .\n<http://e.example/%s> <http://purl.org/dc/terms/title> \"%s\" .\n",
			id, id, object, time, object, title)
	}
	var body string
	s := sourcetest.Serve(t, func(*http.Request, string, int) sourcetest.Answer {
		return sourcetest.Answer{Type: "text/turtle", Body: head + body}
	})
	env, _ := sourcetest.Env(t, ".", s.URL)
	src := sourcetest.Open(t, Kind(), "url: "+s.URL+"/s", env)
	body = member("m1", "a", "2026-03-01T09:00:00Z", "first") + `<s> tree:member <m2> . <m2> a as:Delete ; as:object <http://e.example/a> ; as:published "2026-03-01T10:00:00+02:00"^^xsd:dateTime .` + "\n"
	sink, out := sourcetest.Harvest(t, src, nil)
	if r, ok := sink.Records["http://e.example/a"]; !ok || r.Deleted || len(r.Triples) != 1 {
		t.Fatalf("the deletion of an hour before counts:\n%s", sink.Text())
	}
	// 08:30-01:00 is 09:30Z, which is after 09:00Z; 10:30+02:00 is 08:30Z, which is before it. As text it would be the other way round.
	for time, want := range map[string]bool{"2026-03-01T08:30:00-01:00": true, "2026-03-01T10:30:00+02:00": false} {
		body = member("m3", "a", time, "another")
		sink, _ = sourcetest.Harvest(t, src, out.State)
		if _, got := sink.Records["http://e.example/a"]; got != want {
			t.Errorf("%s: taken in: %v\n%s", time, got, sink.Text())
		}
	}
}

// TestLateMembers: whatever the order in which members come, over pages and runs, the latest one of each object counts, and where times are equal the
// one that came last.
func TestLateMembers(t *testing.T) {
	t.Parallel()
	const head = "PREFIX tree: <https://w3id.org/tree#> PREFIX as: <https://www.w3.org/ns/activitystreams#> PREFIX dct: <http://purl.org/dc/terms/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n"
	version := func(object string, day, n int, deleted bool) string {
		what := fmt.Sprintf(`dct:title "%d"`, n)
		if deleted {
			what = "a as:Delete"
		}
		return fmt.Sprintf("<s> tree:member <m%d> . <m%d> dct:isVersionOf <http://e.example/%s> ; dct:modified \"2026-03-%02dT00:00:00Z\"^^xsd:dateTime ; %s .\n", n, n, object, day, what)
	}
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 1))
		pages := make([]string, 3)
		s := sourcetest.Serve(t, func(r *http.Request, _ string, _ int) sourcetest.Answer {
			n, err := strconv.Atoi(r.URL.Path[1:])
			if err != nil || n >= len(pages) {
				return sourcetest.Answer{Status: 404}
			}
			body := head + pages[n]
			if n+1 < len(pages) {
				body += fmt.Sprintf("<> tree:relation [ tree:node <%d> ] .", n+1)
			}
			a := sourcetest.Answer{Type: "text/turtle", Body: body, Header: map[string]string{"ETag": strconv.Quote(strconv.Itoa(len(body)))}}
			if r.Header.Get("If-None-Match") == a.Header["ETag"] {
				return sourcetest.Answer{Status: 304}
			}
			return a
		})
		env, _ := sourcetest.Env(t, ".", s.URL)
		src := sourcetest.Open(t, Kind(), "url: "+s.URL+"/0", env)
		got, want := map[string]string{}, map[string]string{}
		days := map[string]int{}
		var state source.State
		n := 0
		for run := range 6 {
			from := 0
			if run > 0 {
				from = random.IntN(len(pages)) // or what comes first on a page that is read again would have come later
			}
			for p := from; p < len(pages); p++ {
				for range random.IntN(3) {
					n++
					object, day, deleted := string(rune('a'+random.IntN(3))), 1+random.IntN(6), random.IntN(4) == 0
					pages[p] += version(object, day, n, deleted)
					if day >= days[object] {
						days[object], want[object] = day, strconv.Itoa(n)
						if deleted {
							delete(want, object)
						}
					}
				}
			}
			sink, out := sourcetest.Harvest(t, src, state)
			if out.Complete {
				clear(got)
			}
			for o, r := range sink.Records {
				if o = o[len(o)-1:]; r.Deleted {
					delete(got, o)
					continue
				}
				for _, t := range r.Triples {
					if t.P.Value() == "http://purl.org/dc/terms/title" {
						got[o] = t.O.Value()
					}
				}
			}
			state = out.State
			if !maps.Equal(got, want) {
				t.Fatalf("seed %d, run %d: %v, and not %v\n%s\n%s", seed, run, got, want, strings.Join(pages, "\n"), state)
			}
		}
	}
}

func TestCompareTimes(t *testing.T) {
	t.Parallel()
	order := []string{"", "later", "nonsense", "2025-12-31T23:59:59Z", "2026-01-01", "2026-01-01T02:00:00+01:00", "2026-01-01T01:00:00.5Z", "2026-01-01T00:00:01-01:00"}
	for i, a := range order {
		for j, b := range order {
			if got := compareTimes(a, b); got != cmp.Compare(i, j) {
				t.Errorf("%q and %q: %d", a, b, got)
			}
		}
	}
	if compareTimes("2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z") != 0 {
		t.Error("the same instant in two zones")
	}
}

// TestTooManyObjects: where it cannot be remembered which members are the latest ones, all is read each time.
func TestTooManyObjects(t *testing.T) {
	t.Parallel()
	s := sourcetest.Serve(t, func(*http.Request, string, int) sourcetest.Answer {
		return sourcetest.Answer{Type: "text/turtle", Header: map[string]string{"Cache-Control": "immutable"}, Body: `<s> <https://w3id.org/tree#member> <m> . <m> <http://purl.org/dc/terms/title> "x" .`}
	})
	env, _ := sourcetest.Env(t, ".", s.URL)
	src := sourcetest.Open(t, Kind(), "url: "+s.URL+"/s", env)
	_, out := sourcetest.Harvest(t, src, nil)
	var kept state
	if err := json.Unmarshal(out.State, &kept); err != nil {
		t.Fatal(err)
	}
	for i := len(kept.Objects); i < maxRemembered; i++ {
		kept.take(strconv.Itoa(i), "", []string{"m", ""}[i%2]) // every other member has no name
	}
	for _, complete := range []bool{false, true} {
		if complete {
			kept.take("one more", "", "m")
		}
		kept.forget()
		text, err := json.Marshal(&kept)
		if err != nil {
			t.Fatal(err)
		}
		if sink, out := sourcetest.Harvest(t, src, text); out.Complete != complete || len(sink.Records) == 1 != complete {
			t.Errorf("with %d objects complete: %v, with %d records", len(kept.Objects), out.Complete, len(sink.Records))
		}
	}
}

// FuzzStream reads a page: whatever is in it, nothing breaks, what comes out is valid, and so it is again from the state that was kept.
func FuzzStream(f *testing.F) {
	for _, name := range []string{"page-1.ttl", "page-2.ttl"} {
		b, err := os.ReadFile(examples + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, page []byte) {
		sink := sourcetest.NewSink()
		r := &reading{stream: &stream{config: config{URL: "http://e.example/s"}}, to: sink, next: state{Objects: map[string]*latest{}, Pages: map[string]pageState{}}, latest: map[string]*version{}}
		for range 2 {
			g, err := r.parse(context.Background(), bytes.NewReader(page), format.Turtle, "http://e.example/s", "http://e.example/s")
			if err != nil {
				return
			}
			for _, p := range r.follow(g, "http://e.example/s") {
				if !source.IsURL(p) {
					t.Errorf("%q is followed", p)
				}
			}
			r.take(g, "http://e.example/s")
			for o, v := range r.latest {
				if err := sink.Record(&source.Record{IRI: o, Triples: v.triples, Deleted: v.deleted, Place: v.place}); err != nil {
					t.Fatal(err)
				}
			}
			r.old, r.latest = r.next, map[string]*version{}
		}
		sink.Check(t)
	})
}

// TestMemory: pages and the members that are kept are counted.
func TestMemory(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("x", 2000)
	for mediaType, page := range map[string]func(n int) string{
		"text/turtle": func(n int) string {
			var b strings.Builder
			for i := range 10 {
				fmt.Fprintf(&b, "<s> <https://w3id.org/tree#member> <m%d-%d> . <m%d-%d> <http://purl.org/dc/terms/title> %q .\n", n, i, n, i, text)
			}
			return b.String() + fmt.Sprintf("<> <https://w3id.org/tree#relation> [ <https://w3id.org/tree#node> <%d> ] .", min(n+1, 5))
		},
		"application/ld+json": func(int) string { return `{"nothing": "` + strings.Repeat(text, 5) + `"}` }, // no statement, and yet it is held
	} {
		s := sourcetest.Serve(t, func(r *http.Request, _ string, _ int) sourcetest.Answer {
			n, err := strconv.Atoi(r.URL.Path[1:])
			if err != nil {
				return sourcetest.Answer{Status: 404}
			}
			return sourcetest.Answer{Type: mediaType, Body: page(n)}
		})
		env, _ := sourcetest.Env(t, ".", s.URL)
		for some, want := range map[int64]bool{80_000: true, 1 << 20: false} {
			if got := sourcetest.Waits(t, Kind(), "url: "+s.URL+"/1", env, some); got != want {
				t.Errorf("%s: with %d bytes it waits: %v", mediaType, some, got)
			}
		}
	}
}

// TestPathsAreRemembered: what the stream says about its members on a page that is not asked for again holds in later runs.
func TestPathsAreRemembered(t *testing.T) {
	t.Parallel()
	const head = "PREFIX tree: <https://w3id.org/tree#> PREFIX ldes: <https://w3id.org/ldes#> PREFIX e: <http://e.example/>\n"
	pages := map[string]string{
		"/1": head + "<s> ldes:timestampPath e:when ; ldes:versionOfPath e:of . <> tree:relation [ tree:node <2> ] .",
		"/2": head + `<s> tree:member <m1> . <m1> e:of e:a ; e:when "2026-03-01" ; e:title "first" .`,
	}
	s := sourcetest.Serve(t, func(r *http.Request, _ string, _ int) sourcetest.Answer {
		a := sourcetest.Answer{Type: "text/turtle", Body: pages[r.URL.Path]}
		if r.URL.Path == "/1" {
			a.Header = map[string]string{"Cache-Control": "immutable"}
		}
		return a
	})
	env, _ := sourcetest.Env(t, ".", s.URL)
	src := sourcetest.Open(t, Kind(), "url: "+s.URL+"/1", env)
	_, out := sourcetest.Harvest(t, src, nil)
	for _, more := range []string{
		` <s> tree:member <m2> . <m2> e:of e:a ; e:when "2026-03-02" ; e:title "second" .`,
		` <s> tree:member <m0> . <m0> e:of e:a ; e:when "2026-02-01" ; e:title "before" .`, // older than what was taken in
	} {
		pages["/2"] += more
		var sink *sourcetest.Sink
		sink, out = sourcetest.Harvest(t, src, out.State)
		if r, ok := sink.Records["http://e.example/a"]; !ok || len(sink.Records) != 1 || !strings.Contains(r.Triples[0].String()+r.Triples[1].String(), "second") {
			t.Errorf("after %s\n%s", more, sink.Text())
		}
	}
}
