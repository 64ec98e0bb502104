package enhetsregisteret

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"triplestore/internal/golden"
	"triplestore/internal/sourcetest"
	"triplestore/loaders/source"
)

const examples = "../../examples/harvest/enhetsregisteret/"

func files(t *testing.T, section string) (*sourcetest.Sink, source.Outcome) {
	env, _ := sourcetest.Env(t, examples)
	return sourcetest.Harvest(t, sourcetest.Open(t, Kind, section, env), nil)
}

func TestJSON(t *testing.T) {
	t.Parallel()
	sink, out := files(t, "{units: enheter.json, sub-units: underenheter.json}")
	if !out.Complete || out.Checksum == "" {
		t.Errorf("%+v", out)
	}
	golden.String(t, "testdata/json.golden", sink.Text())
}

func TestCSV(t *testing.T) {
	t.Parallel()
	sink, _ := files(t, "{units: enheter.csv}")
	golden.String(t, "testdata/csv.golden", sink.Text())
}

// TestPersonal holds the policy: whatever is told to keep, telephones and e-mail addresses are not there, and a sole proprietorship has
// neither name nor street unless its name is asked for.
func TestPersonal(t *testing.T) {
	t.Parallel()
	const sole = UnitBase + "100000008"
	for section, want := range map[string]struct{ name, unit, text bool }{
		"": {unit: true}, "sole-proprietors: reduced, ": {unit: true}, "sole-proprietors: named, ": {name: true, unit: true}, "sole-proprietors: omit, ": {},
		"texts: true, ": {unit: true, text: true},
	} {
		sink, _ := files(t, "{"+section+"units: enheter.json, sub-units: underenheter.json}")
		text := sink.Text()
		for _, never := range []string{"00000000", "75 00 75 00", "firmapost@", "post@", "Hjørnet 1", "gartneriet.example", "Dyrker blomster"} {
			if strings.Contains(text, never) {
				t.Errorf("%s: %q is there", section, never)
			}
		}
		if got := strings.Contains(text, "GARTNERIET"); got != want.name {
			t.Errorf("%s: the names of a sole proprietorship and its sub unit: %t", section, got)
		}
		if got := !sink.Records[sole].Deleted; got != want.unit {
			t.Errorf("%s: the unit is there: %t", section, got)
		}
		if got := strings.Contains(text, "Drift av brygger og det som"); got != want.text {
			t.Errorf("%s: texts: %t", section, got)
		}
	}
	// Without the main units nobody knows whose a sub unit is.
	sink, _ := files(t, "{sub-units: underenheter.json}")
	if strings.Contains(sink.Text(), "GARTNERIET") || !strings.Contains(sink.Text(), "every sub unit may be") {
		t.Error(sink.Text())
	}
}

func TestDumpFaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	whole, err := os.ReadFile(examples + "enheter.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"cut":        {whole[:len(whole)/2], "breaks off"},
		"without ]":  {bytes.TrimRight(whole, "]\n"), "breaks off"},
		"empty list": {[]byte("[]"), "no units"},
		"empty":      {nil, "no units"},
		"page":       {[]byte("<!DOCTYPE html><html>"), "first column"},
		"twice":      {append(slices.Clone(whole), whole...), "something follows"},
		"not gzip":   {[]byte("\x1f\x8b\x08\x00\x00"), "enheter"},
	} {
		if err := os.WriteFile(dir+"/enheter", c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		env, _ := sourcetest.Env(t, dir)
		_, err := sourcetest.Open(t, Kind, "{units: enheter}", env).Harvest(context.Background(), nil, sourcetest.NewSink())
		if err == nil || !strings.Contains(err.Error(), c.want) || source.ClassOf(err) != source.Invalid {
			t.Errorf("%s: %v (%s)", name, err, source.ClassOf(err))
		}
	}
	env, _ := sourcetest.Env(t, dir)
	if _, err := sourcetest.Open(t, Kind, "{units: nothing.json}", env).Harvest(context.Background(), nil, sourcetest.NewSink()); source.ClassOf(err) != source.NotFound {
		t.Error(err)
	}
}

func TestSections(t *testing.T) {
	t.Parallel()
	env, _ := sourcetest.Env(t, ".")
	for section, want := range map[string]string{
		"{page-size: 20000}": "page-size", "{api: ftp://x}": "api", "{parallel: 0}": "parallel", "{sole-proprietors: x}": "not one of", "{dump-date: x}": "dump-date",
		"{unit: x}": `did you mean "units"`,
	} {
		if _, err := sourcetest.TryOpen(Kind, section, env); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", section, err)
		}
	}
	c := Kind.New().(*config)
	if got := c.Locations(); !slices.Equal(got, []string{API + "enheter/lastned", API + "underenheter/lastned", API}) {
		t.Error(got)
	}
}

// registry plays the register's API.
type registry struct {
	units   map[string]string // by path below the API
	gone    map[string]int    // status by path
	updates map[string][]string
	// fault answers instead, where ok.
	fault func(r *http.Request, times int) (sourcetest.Answer, bool)
}

func (g *registry) serve(t *testing.T) *sourcetest.Server {
	return sourcetest.Serve(t, func(r *http.Request, _ string, times int) sourcetest.Answer {
		if g.fault != nil {
			if a, ok := g.fault(r, times); ok {
				return a
			}
		}
		path := strings.TrimPrefix(r.URL.Path, "/api/")
		if part, ok := strings.CutPrefix(path, "oppdateringer/"); ok {
			if page, _ := strconv.Atoi(r.URL.Query().Get("page")); page >= 20 {
				return sourcetest.Answer{Status: 400, Body: `{"feilmelding":"page"}`}
			}
			from, _ := strconv.Atoi(r.URL.Query().Get("oppdateringsid"))
			size, _ := strconv.Atoi(r.URL.Query().Get("size"))
			if r.URL.Query().Get("dato") == "" && from == 0 {
				return sourcetest.Answer{Status: 400}
			}
			list := g.updates[part]
			var left []string
			for _, u := range list {
				var c struct{ Oppdateringsid int }
				if json.Unmarshal([]byte(u), &c) == nil && c.Oppdateringsid >= from {
					left = append(left, u)
				}
			}
			total := len(left)
			left = left[:min(len(left), size)]
			name := map[string]string{"enheter": "oppdaterteEnheter", "underenheter": "oppdaterteUnderenheter"}[part]
			embedded := ""
			if len(left) > 0 { // who has all gets no list
				embedded = fmt.Sprintf(`"_embedded":{%q:[%s]},`, name, strings.Join(left, ","))
			}
			return sourcetest.Answer{Type: "application/json", Body: fmt.Sprintf(`{%s"_links":{"self":{"href":"x"},"next":{"href":"http://%s%s?page=1"}},"page":{"size":%d,"totalElements":%d}}`,
				embedded, r.Host, r.URL.Path, size, total)}
		}
		if s := g.gone[path]; s != 0 {
			return sourcetest.Answer{Status: s, Body: `{"feilmelding":"borte"}`}
		}
		if u, ok := g.units[path]; ok {
			return sourcetest.Answer{Type: "application/json", Body: u, Gzip: strings.HasSuffix(path, "lastned"),
				Header: map[string]string{"Last-Modified": "Thu, 26 Nov 2026 04:30:00 GMT"}}
		}
		return sourcetest.Answer{Status: 404, Body: "{}"}
	})
}

func update(id int, number, kind string) string {
	return fmt.Sprintf(`{"oppdateringsid":%d,"dato":"2026-11-26T05:%02d:00.000Z","organisasjonsnummer":%q,"endringstype":%q,"_links":{}}`, id, id%60, number, kind)
}

func unit(number, name string, more string) string {
	return fmt.Sprintf(`{"organisasjonsnummer":%q,"navn":%q,"organisasjonsform":{"kode":"AS","beskrivelse":"Aksjeselskap"}%s}`, number, name, more)
}

func example(t *testing.T) *registry {
	read := func(name string) string {
		b, err := os.ReadFile(examples + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return &registry{
		units: map[string]string{"enheter/lastned": read("enheter.json"), "underenheter/lastned": read("underenheter.json"),
			"enheter/974760673":      unit("974760673", "NYTT NAVN", ""),
			"enheter/100000504":      unit("100000504", "SPLITTER NY AS", ""),
			"enheter/100000105":      unit("100000105", "BRYGGESELSKAPET AS", `,"slettedato":"2026-11-25"`),
			"enheter/100000008":      `{"organisasjonsnummer":"100000008","navn":"GARTNERIET","organisasjonsform":{"kode":"ENK","beskrivelse":"Enkeltpersonforetak"}}`,
			"underenheter/100000202": `{"organisasjonsnummer":"100000202","navn":"GARTNERIET AVD","organisasjonsform":{"kode":"BEDR","beskrivelse":"x"},"overordnetEnhet":"100000008","oppstartsdato":"2020-06-01"}`,
			"underenheter/100000407": `{"organisasjonsnummer":"100000407","navn":"NYTT NAVN AVD","organisasjonsform":{"kode":"BEDR","beskrivelse":"x"},"overordnetEnhet":"974760673","oppstartsdato":"2020-06-01"}`,
		},
		gone: map[string]int{},
		updates: map[string][]string{"enheter": {
			update(101, "974760673", "Ukjent"), update(102, "100000504", "Ny"), update(103, "974760673", "Endring"), update(105, "100000105", "Sletting"),
			update(110, "100000601", "Fjernet"), update(111, "100000709", "Endring"),
		}, "underenheter": {update(501, "100000202", "Endring"), update(502, "100000407", "Endring")}},
	}
}

func TestFeed(t *testing.T) {
	t.Parallel()
	g := example(t)
	g.gone["enheter/100000709"] = 410
	s := g.serve(t)
	env, _ := sourcetest.Env(t, ".", s.URL)
	section := fmt.Sprintf("{api: %s/api, page-size: 2}", s.URL)
	open := func() source.Source { return sourcetest.Open(t, Kind, section, env) }

	first, out := sourcetest.Harvest(t, open(), nil)
	if !out.Complete {
		t.Error("the first run is not complete")
	}
	if got := s.Count("GET /api/oppdateringer/enheter?dato=2026-11-25T04%3A30%3A00.000Z&size=2"); got != 1 {
		t.Errorf("the feed does not begin a day before the dump: %q", s.Asked)
	}
	if got := s.Count("GET /api/oppdateringer/enheter?oppdateringsid=103&size=2"); got != 1 {
		t.Errorf("the second page is not that of the last number and 1: %q", s.Asked)
	}
	if slices.ContainsFunc(s.Asked, func(a string) bool { return strings.Contains(a, "page=") || strings.Contains(a, "roller") }) {
		t.Errorf("asked for what should not be: %q", s.Asked)
	}
	golden.String(t, "testdata/feed.golden", strings.ReplaceAll(first.Text(), s.URL, "http://register.example"))

	// Nobody changed anything: nothing is delivered.
	second, out2 := sourcetest.Harvest(t, open(), out.State)
	if !out2.Unchanged || out2.Complete || second.Count != 0 {
		t.Errorf("%+v %s", out2, second.Text())
	}
	if got := s.Count("GET /api/enheter/lastned"); got != 1 {
		t.Errorf("the dump was asked for %d times", got)
	}

	// Only what changed.
	g.updates["enheter"] = append(g.updates["enheter"], update(120, "974760673", "Endring"))
	g.updates["underenheter"] = append(g.updates["underenheter"], update(520, "100000202", "Endring"), update(521, "100000407", "Endring"))
	third, out3 := sourcetest.Harvest(t, open(), out2.State)
	if out3.Complete || len(third.Records) != 3 {
		t.Errorf("%+v\n%s", out3, third.Text())
	}
	if text := third.Text(); strings.Contains(text, "GARTNERIET") || !strings.Contains(text, "NYTT NAVN AVD") {
		t.Errorf("the sub unit of a person has a name, or that of an office has none:\n%s", text)
	}

	// Another section begins anew.
	section = fmt.Sprintf("{api: %s/api, page-size: 2, texts: true}", s.URL)
	if _, out := sourcetest.Harvest(t, open(), out3.State); !out.Complete {
		t.Error("the section changed, and the dump was not read")
	}
}

// TestFeedRetry: a unit that the feed names before the register has it is asked for again.
func TestFeedRetry(t *testing.T) {
	t.Parallel()
	g := example(t)
	g.updates["enheter"] = []string{update(7, "100000601", "Ny")}
	s := g.serve(t)
	env, _ := sourcetest.Env(t, ".", s.URL)
	src := sourcetest.Open(t, Kind, fmt.Sprintf("{api: %s/api}", s.URL), env)
	_, out := sourcetest.Harvest(t, src, nil)
	g.units["enheter/100000601"] = unit("100000601", "SENT UTE AS", "")
	sink, out := sourcetest.Harvest(t, src, out.State)
	if !strings.Contains(sink.Text(), "SENT UTE AS") {
		t.Error(sink.Text())
	}
	if sink, _ := sourcetest.Harvest(t, src, out.State); sink.Count != 0 {
		t.Error(sink.Text())
	}
}

func TestFeedFaults(t *testing.T) {
	t.Parallel()
	on := func(path string, a func(times int) (sourcetest.Answer, bool)) func(*http.Request, int) (sourcetest.Answer, bool) {
		return func(r *http.Request, times int) (sourcetest.Answer, bool) {
			if strings.Contains(r.URL.RequestURI(), path) {
				return a(times)
			}
			return sourcetest.Answer{}, false
		}
	}
	for name, c := range map[string]struct {
		fault func(*http.Request, int) (sourcetest.Answer, bool)
		want  string // of the error; empty: the run goes on
		class source.Class
	}{
		"500 in the middle of paging": {on("oppdateringsid=103", func(int) (sourcetest.Answer, bool) { return sourcetest.Answer{Status: 500}, true }), "500", source.Unavailable},
		"500 twice":                   {on("oppdateringsid=103", func(n int) (sourcetest.Answer, bool) { return sourcetest.Answer{Status: 500}, n < 2 }), "", ""},
		"429": {on("enheter/974760673", func(n int) (sourcetest.Answer, bool) {
			return sourcetest.Answer{Status: 429, Header: map[string]string{"Retry-After": "30"}}, n < 1
		}), "", ""},
		"cut unit": {on("enheter/974760673", func(n int) (sourcetest.Answer, bool) {
			return sourcetest.Answer{Body: unit("974760673", "NYTT NAVN", ""), Cut: 20}, n < 1
		}), "", ""},
		"cut dump": {on("enheter/lastned", func(n int) (sourcetest.Answer, bool) {
			return sourcetest.Answer{Body: "[" + strings.Repeat(unit("974760673", "X", "")+",", 100), Gzip: true, Cut: 40}, true
		}), "lastned", source.Unavailable},
		"endless": {on("oppdateringer/enheter", func(int) (sourcetest.Answer, bool) {
			return sourcetest.Answer{Body: `{"_embedded":{"oppdaterteEnheter":[` + update(5, "974760673", "Endring") + `]},"_links":{}}`}, true
		}), "does not go on", source.Invalid},
		"no feed":      {on("oppdateringer/enheter", func(int) (sourcetest.Answer, bool) { return sourcetest.Answer{Body: `<html>`}, true }), "no valid JSON", source.Invalid},
		"another page": {on("oppdateringer/enheter", func(int) (sourcetest.Answer, bool) { return sourcetest.Answer{Body: `{}`}, true }), "no page of the feed", source.Invalid},
		"changed order": {func(r *http.Request, _ int) (sourcetest.Answer, bool) {
			if !strings.Contains(r.URL.Path, "oppdateringer/enheter") {
				return sourcetest.Answer{}, false
			}
			body := `{"_embedded":{"oppdaterteEnheter":[` + update(111, "974760673", "Endring") + "," + update(110, "974760673", "Endring") + `]},"page":{"totalElements":6}}`
			if strings.Contains(r.URL.RawQuery, "oppdateringsid") {
				body = `{"_links":{},"page":{"totalElements":0}}`
			}
			return sourcetest.Answer{Body: body}, true
		}, "order", source.Invalid},
		"another unit": {on("enheter/974760673", func(int) (sourcetest.Answer, bool) { return sourcetest.Answer{Body: unit("100000504", "X", "")}, true }),
			"is about", source.Invalid},
		"broken unit": {on("enheter/974760673", func(int) (sourcetest.Answer, bool) { return sourcetest.Answer{Body: `{"organisasjonsnummer":7}`}, true }), "", ""},
	} {
		g := example(t)
		g.gone["enheter/100000709"] = 410
		g.fault = c.fault
		s := g.serve(t)
		env, _ := sourcetest.Env(t, ".", s.URL)
		_, err := sourcetest.Open(t, Kind, fmt.Sprintf("{api: %s/api, page-size: 2}", s.URL), env).Harvest(context.Background(), nil, sourcetest.NewSink())
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || source.ClassOf(err) != c.class {
			t.Errorf("%s: %v (%s)", name, err, source.ClassOf(err))
		}
	}
}

// TestDay is a day's changes: 5,000 units.
func TestDay(t *testing.T) {
	t.Parallel()
	day := 5_000
	if testing.Short() {
		day = 500
	}
	g := &registry{units: map[string]string{}, updates: map[string][]string{}}
	for i := range day {
		number := sourcetest.Number(i)
		g.units["enheter/"+number] = sourcetest.RegisterUnit(i, 10, false, 1)
	}
	g.updates["enheter"] = []string{update(1000, sourcetest.Number(0), "Endring")}
	g.units["enheter/lastned"] = "[" + unit("974760673", "X", "") + "]"
	g.units["underenheter/lastned"] = g.units["enheter/lastned"]
	s := g.serve(t)
	env, _ := sourcetest.Env(t, ".", s.URL)
	src := sourcetest.Open(t, Kind, fmt.Sprintf("{api: %s/api}", s.URL), env)
	_, out := sourcetest.Harvest(t, src, nil)
	for i := range day {
		g.updates["enheter"] = append(g.updates["enheter"], update(9000+i, sourcetest.Number(i), "Endring"))
	}
	sink, _ := sourcetest.Harvest(t, src, out.State)
	units := 0
	for iri := range sink.Records { // those of codes come along
		if strings.HasPrefix(iri, UnitBase) {
			units++
		}
	}
	if units != day {
		t.Errorf("%d units", units)
	}
}

func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := func(reverse bool) string {
		var units []string
		for i := range 3000 {
			units = append(units, sourcetest.RegisterUnit(i, 10, false, 3))
		}
		if reverse {
			slices.Reverse(units)
		}
		if err := os.WriteFile(dir+"/u.json", []byte("["+strings.Join(units, ",\n")+"]"), 0o600); err != nil {
			t.Fatal(err)
		}
		env, _ := sourcetest.Env(t, dir)
		sink, _ := sourcetest.Harvest(t, sourcetest.Open(t, Kind, "{units: u.json}", env), nil)
		return sink.Text()
	}
	if run(false) != run(true) {
		t.Error("the order of the dump changes what comes out")
	}
}

func FuzzUnit(f *testing.F) {
	b, err := os.ReadFile(examples + "enheter.json")
	if err != nil {
		f.Fatal(err)
	}
	var units []json.RawMessage
	if err := json.Unmarshal(b, &units); err != nil {
		f.Fatal(err)
	}
	for _, u := range units {
		f.Add(string(u))
	}
	f.Fuzz(func(t *testing.T, text string) {
		sink := sourcetest.NewSink()
		r := newRun(Policy{SoleProprietors: Named, Texts: true}, func(string) string { return "" }, sink, nil)
		var u Unit
		if u.parse(text) != nil {
			return
		}
		if err := r.deliver(r.writer(), &u, r.personal(&u), source.Place{}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.codes.deliver(sink); err != nil {
			t.Fatal(err)
		}
		sink.Check(t)
	})
}

func FuzzCSV(f *testing.F) {
	b, err := os.ReadFile(examples + "enheter.csv")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte("organisasjonsnummer;navn\n974760673;\"a\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		sink := sourcetest.NewSink()
		r := newRun(Policy{}, func(string) string { return "" }, sink, nil)
		if r.csv(context.Background(), bytes.NewReader(in), "x", false) == nil {
			sink.Check(t)
		}
	})
}

func BenchmarkDump(b *testing.B) {
	var dump bytes.Buffer
	if err := sourcetest.WriteRegister(&dump, 20_000, 20_000, false, 1); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(dump.Len()))
	b.ReportAllocs()
	for b.Loop() {
		sink := sourcetest.NewSink()
		sink.Discard = true
		r := newRun(Policy{}, func(string) string { return "" }, sink, nil)
		if err := r.json(context.Background(), bytes.NewReader(dump.Bytes()), "x", false); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(sink.Triples)/float64(sink.Count), "triples/unit")
	}
}
