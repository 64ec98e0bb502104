package table

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"triplestore/internal/golden"
	"triplestore/internal/sourcetest"
	"triplestore/loaders/source"
)

const examples = "../../examples/harvest/table"

const csvSection = `
path: schools.csv
delimiter: ';'
prefixes: {ex: "https://example.org/"}
subject: ex:school/{id}
type: [schema:School, dct:Agent]
where:
  - {column: type, not-in: [N]}
properties:
  - {property: dct:title, column: name, language: nb}
  - {property: dct:publisher, column: owner, iri: "https://data.brreg.no/enhetsregisteret/api/enheter/{}"}
  - {property: dct:spatial, column: municipality, iri: "https://www.ssb.no/klass/klassifikasjoner/131#{}"}
  - {property: schema:foundingDate, column: opened, datatype: xsd:date, format: DD.MM.YYYY}
  - {property: ex:pupils, column: pupils, datatype: xsd:decimal, decimal: ","}
  - {property: dct:type, column: type, map: {G: ex:type/primary, V: ex:type/secondary}, required: true}
  - {property: dcat:keyword, column: tags, separator: ",", language: nb}
  - {property: foaf:homepage, column: web, iri: "{+}"}
  - {property: rdfs:label, value: "School {id}: {name}"}
  - {property: ex:has, inverse: true, iri: "ex:all"}
  - property: locn:address
    node: "#address"
    type: [locn:Address]
    properties:
      - {property: locn:thoroughfare, column: street}
      - {property: locn:postCode, column: postcode}
      - {property: locn:postName, column: place}
`

func TestCSV(t *testing.T) {
	t.Parallel()
	env, _ := sourcetest.Env(t, examples)
	src := sourcetest.Open(t, Kind(), csvSection, env)
	sink, out := sourcetest.Harvest(t, src, nil)
	if !out.Complete {
		t.Error("not complete")
	}
	golden.String(t, "testdata/csv.golden", sink.Text())
	if again, out := sourcetest.Harvest(t, src, out.State); !out.Unchanged || again.Count > 0 {
		t.Errorf("%+v", out)
	}
}

const jsonSection = `
rows: _embedded.schools
next: _links.next.href
subject: "https://example.org/school/{id}"
type: schema:School
properties:
  - {property: dct:title, column: name.nb, language: nb}
  - {property: dct:title, column: name.en, language: en}
  - {property: schema:isAccessibleForFree, column: open, datatype: xsd:boolean}
  - {property: dcat:keyword, column: tags}
  - {property: "https://example.org/pupils", column: pupils, datatype: xsd:decimal}
  - property: org:hasSite
    each: sites
    node: "#site-{index}"
    type: [org:Site]
    properties:
      - {property: dct:title, column: name}
      - property: org:siteAddress
        node: "-address"
        properties: []
`

func TestJSON(t *testing.T) {
	t.Parallel()
	section := strings.Replace(jsonSection, `      - property: org:siteAddress
        node: "-address"
        properties: []
`, `      - {property: locn:thoroughfare, column: address.street}
`, 1)
	s := sourcetest.Serve(t, func(r *http.Request, _ string, _ int) sourcetest.Answer {
		b, err := os.ReadFile(filepath.Join(examples, filepath.Base(r.URL.Path)))
		if err != nil {
			return sourcetest.Answer{Status: 404}
		}
		return sourcetest.Answer{Type: "application/json", Body: string(b), Gzip: true}
	})
	env, _ := sourcetest.Env(t, examples, s.URL)
	sink, _ := sourcetest.Harvest(t, sourcetest.Open(t, Kind(), "url: "+s.URL+"/schools.json\n"+section, env), nil)
	golden.String(t, "testdata/json.golden", strings.ReplaceAll(sink.Text(), s.URL, "http://schools.example"))
	// A node's name begins with # or /.
	if _, err := sourcetest.TryOpen(Kind(), "path: x\n"+jsonSection, env); err == nil || !strings.Contains(err.Error(), "does not begin with # or /") {
		t.Error(err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	item := func(id int) string { return fmt.Sprintf(`{"id":%d,"name":{"nb":"x"}}`, id) }
	page := func(next string, items ...string) string {
		return fmt.Sprintf(`{"_embedded":{"schools":[%s]},"_links":{"next":{"href":%q}}}`, strings.Join(items, ","), next)
	}
	section := `
rows: _embedded.schools
next: _links.next.href
subject: "https://example.org/school/{id}"
properties: [{property: dct:title, column: name.nb}]
max-pages: 50
`
	for name, c := range map[string]struct {
		answer func(path string, times int) sourcetest.Answer
		want   string
		class  source.Class
		n      int
	}{
		"500 in the middle": {func(p string, _ int) sourcetest.Answer {
			if p == "/2" {
				return sourcetest.Answer{Status: 500}
			}
			return sourcetest.Answer{Body: page("2", item(1))}
		}, "500", source.Unavailable, 0},
		"429 once": {func(p string, times int) sourcetest.Answer {
			if p == "/2" && times == 0 {
				return sourcetest.Answer{Status: 429, Header: map[string]string{"Retry-After": "5"}}
			}
			if p == "/2" {
				return sourcetest.Answer{Body: page("", item(2))}
			}
			return sourcetest.Answer{Body: page("2", item(1))}
		}, "", "", 2},
		"circle": {func(p string, _ int) sourcetest.Answer {
			return sourcetest.Answer{Body: page(map[string]string{"/1": "2", "/2": "1"}[p], item(1))}
		}, "circle", source.Invalid, 0},
		"endless": {func(p string, _ int) sourcetest.Answer {
			var n int
			fmt.Sscan(p[1:], &n) //nolint:errcheck // the path is a number
			return sourcetest.Answer{Body: page(fmt.Sprint(n+1), item(n))}
		}, "more than 50 pages", source.TooLarge, 0},
		"truncated body": {func(string, int) sourcetest.Answer {
			return sourcetest.Answer{Body: page("", item(1), item(2)), Cut: 30}
		}, "/1", source.Unavailable, 0},
		"truncated json": {func(string, int) sourcetest.Answer { return sourcetest.Answer{Body: page("", item(1), item(2))[:60]} }, "EOF", source.Invalid, 0},
		"other document": {func(string, int) sourcetest.Answer { return sourcetest.Answer{Body: "<html>"} }, "invalid character", source.Invalid, 0},
		"changed order": {func(string, int) sourcetest.Answer {
			return sourcetest.Answer{Body: page("", item(2), item(1), item(2))}
		}, "", "", 2},
	} {
		s := sourcetest.Serve(t, func(r *http.Request, _ string, times int) sourcetest.Answer {
			a := c.answer(r.URL.Path, times)
			a.Type = "application/json"
			return a
		})
		env, _ := sourcetest.Env(t, ".", s.URL)
		sink := sourcetest.NewSink()
		_, err := sourcetest.Open(t, Kind(), "url: "+s.URL+"/1"+section, env).Harvest(context.Background(), nil, sink)
		if c.want == "" {
			if err != nil || len(sink.Records) != c.n {
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
	env, _ := sourcetest.Env(t, examples)
	for section, want := range map[string]string{
		"{subject: x}": "url or a path",
		"{path: x, subject: 'https://a.no/{id}'}":                                                                     "neither classes nor properties",
		"{path: x, subject: 'https://a.no/{id', type: skos:Concept}":                                                  "not closed",
		"{path: x, subject: 'https://a.no/{id}', type: nix:Concept}":                                                  "neither an IRI",
		"{path: x, subject: 'https://a.no/{id}', properties: [{property: dct:title}]}":                                "column, a value or an iri",
		"{path: x, subject: 'https://a.no/{id}', properties: [{property: dct:title, column: a, value: b}]}":           "one of them is enough",
		"{path: x, subject: 'https://a.no/{id}', properties: [{property: dct:title, node: '#a', column: b}]}":         "neither column",
		"{path: x, subject: 'https://a.no/{id}', properties: [{property: dct:title, node: '#a', each: b}]}":           "{index}",
		"{path: x, subject: 'https://a.no/{id}', properties: [{property: dct:title, colum: b}]}":                      `did you mean "column"`,
		"{path: x, subject: 'https://a.no/{id}', where: [{column: a, match: '['}], type: skos:Concept}":               "where[0].match",
		"{path: x, subject: 'https://a.no/{id}', properties: [{property: dct:title, column: a, type: skos:Concept}]}": "only a node",
		"{path: x, subject: 'https://a.no/{id}', properties: [{property: dct:title, column: a, inverse: true}]}":      "say iri",
		"{path: x, subject: 'https://a.no/{id}', delimiter: ';;', type: skos:Concept}":                                "one character",
	} {
		if _, err := sourcetest.TryOpen(Kind(), section, env); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", section, err, want)
		}
	}
	src := sourcetest.Open(t, Kind(), "{path: schools.csv, delimiter: ';', subject: 'https://a.no/{nummer}', type: skos:Concept}", env)
	if _, err := src.Harvest(context.Background(), nil, sourcetest.NewSink()); err == nil || !strings.Contains(err.Error(), `no column "nummer"`) {
		t.Error(err)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	for in, want := range map[[2]string]string{
		{"1.2.2020", "DD.MM.YYYY"}: "2020-02-01", {"2020-02", "YYYY-MM"}: "2020-02", {"20200201", "YYYYMMDD"}: "2020-02-01",
		{"01.02.2020 3:04", "DD.MM.YYYY hh:mm"}: "2020-02-01T03:04:00", {"01/02/20", "DD/MM/YYYY"}: "", {"1.2.2020x", "DD.MM.YYYY"}: "", {"", "YYYY"}: "",
	} {
		if got, ok := isoDate(in[0], in[1]); got != want || ok != (want != "") {
			t.Errorf("%v: %q", in, got)
		}
	}
}

// archive makes a zip archive of names and texts.
func archive(t testing.TB, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err == nil {
			_, err = io.WriteString(w, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestArchive(t *testing.T) {
	t.Parallel()
	const section = `{subject: "http://e.example/{id}", properties: [{property: dct:title, column: name}]`
	body := archive(t, "README.txt", "no table", "a/one.csv", "id,name\n1,A\n", "two.json", `[{"id":2,"name":"B"}]`, ".hidden.csv", "x")
	s := sourcetest.Serve(t, func(r *http.Request, _ string, _ int) sourcetest.Answer {
		return sourcetest.Answer{Type: "application/zip", Body: body}
	})
	env, _ := sourcetest.Env(t, t.TempDir(), s.URL)
	if err := os.WriteFile(env.Path("a.zip"), []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		more string
		want int
		err  string
	}{{"}", 2, ""}, {", members: '*.csv'}", 1, ""}, {", members: a/one.csv}", 1, ""}, {", members: '*.xml'}", 0, "no file in the archive"}} {
		for _, where := range []string{", path: a.zip", ", url: '" + s.URL + "/a.zip'"} {
			sink := sourcetest.NewSink()
			_, err := sourcetest.Open(t, Kind(), section+where+c.more, env).Harvest(context.Background(), nil, sink)
			if len(sink.Records) != c.want || (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s%s: %v, %d records", where, c.more, err, len(sink.Records))
			}
		}
	}
	if _, err := sourcetest.TryOpen(Kind(), section+", path: a.zip, members: '['}", env); err == nil || !strings.Contains(err.Error(), "members") {
		t.Error(err)
	}
}

// A small archive may not unpack to more than is allowed, nor be cut.
func TestArchiveBomb(t *testing.T) {
	t.Parallel()
	const section = `{subject: "http://e.example/{id}", properties: [{property: dct:title, column: name}], path: a.zip}`
	env, _ := sourcetest.Env(t, t.TempDir())
	env.Client = source.NewClient(source.ClientOptions{MaxBytes: 1 << 20})
	half := "id,name\n1," + strings.Repeat("a", int(env.Client.MaxBytes()/2)+100) + "\n"
	whole := archive(t, "a.csv", half, "b.csv", half)
	for name, c := range map[string]struct {
		body  string
		class source.Class
	}{"bomb": {whole, source.TooLarge}, "cut": {whole[:len(whole)/2], source.Invalid}} {
		if err := os.WriteFile(env.Path("a.zip"), []byte(c.body), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := sourcetest.Open(t, Kind(), section, env).Harvest(context.Background(), nil, sourcetest.NewSink())
		if source.ClassOf(err) != c.class {
			t.Errorf("%s: %v (%s)", name, err, source.ClassOf(err))
		}
	}
}

func TestXML(t *testing.T) {
	t.Parallel()
	const doc = `<?xml version="1.0" encoding="utf-8"?><c:List xmlns:c="http://c.example/" version="3"><Group><Item id="1" open="true">
  <Title xml:lang="nb"> Én </Title><Title xml:lang="en">One</Title><Tag>a</Tag><Tag>b</Tag><Site no="7"><Name>x &amp; y</Name></Site></Item></Group>
  <Group><Item id="2"><Title xml:lang="nb">To</Title></Item><Other id="3"/></Group></c:List>`
	const section = `
path: a.xml
rows: Group.Item
subject: "http://e.example/{@id}"
properties:
  - {property: dct:title, column: Title@nb, language: nb}
  - {property: dct:title, column: Title@en, language: en}
  - {property: dct:alternative, column: Title}
  - {property: dcat:keyword, column: Tag}
  - {property: dct:valid, column: "@open", datatype: xsd:boolean}
  - {property: dct:relation, each: Site, node: "#site-{@no}", properties: [{property: rdfs:label, column: Name}]}
`
	dir := t.TempDir()
	env, _ := sourcetest.Env(t, dir)
	run := func(section, text string) (*sourcetest.Sink, error) {
		if err := os.WriteFile(filepath.Join(dir, "a.xml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		sink := sourcetest.NewSink()
		_, err := sourcetest.Open(t, Kind(), section, env).Harvest(context.Background(), nil, sink)
		return sink, err
	}
	sink, err := run(section, doc)
	if err != nil {
		t.Fatal(err)
	}
	golden.String(t, "testdata/xml.golden", sink.Text())
	sink, err = run("path: a.xml\nsubject: 'urn:v:{@version}'\nproperties: [{property: dct:title, column: Group.Item.Title@nb}]", doc)
	if err != nil || len(sink.Records["urn:v:3"].Triples) != 2 {
		t.Errorf("the root as a row: %v\n%s", err, sink.Text())
	}
	for name, text := range map[string]string{
		"cut": doc[:300], "nothing": "", "not well-formed": "<a><b></a>", "deep": strings.Repeat("<a>", 300), "an encoding": `<?xml version="1.0" encoding="ebcdic"?><a/>`,
		"deep below a row": "<c><Group><Item>" + strings.Repeat("<a>", 300), "an entity": `<!DOCTYPE a [<!ENTITY x "y">]><c><Group><Item id="1">&x;</Item></Group></c>`,
	} {
		if _, err := run(section, text); source.ClassOf(err) != source.Invalid || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzXML(f *testing.F) {
	f.Add([]byte(`<l><i id="1"><t xml:lang="nb">a</t><t>b</t><s no="1"><n>x</n></s></i></l>`))
	const section = `
path: a.xml
rows: i
subject: "http://e.example/{@id}"
properties:
  - {property: dct:title, column: t}
  - {property: dct:title, column: t@nb, language: nb}
  - {property: dct:relation, each: s, node: "#s-{@no}", properties: [{property: rdfs:label, column: n}]}
`
	f.Fuzz(func(t *testing.T, in []byte) { fuzz(t, section, "a.xml", in) })
}

func FuzzCSV(f *testing.F) {
	b, err := os.ReadFile(examples + "/schools.csv")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, in []byte) { fuzz(t, csvSection, "schools.csv", in) })
}

func FuzzJSON(f *testing.F) {
	b, err := os.ReadFile(examples + "/schools-2.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	section := strings.Split(jsonSection, "  - property: org:hasSite")[0] + `  - {property: org:hasSite, each: sites, node: "#site-{name}", properties: [{property: dct:title, column: name}]}
path: schools.json
`
	f.Fuzz(func(t *testing.T, in []byte) { fuzz(t, section, "schools.json", in) })
}

// fuzz reads a file: whatever is in it, what comes out is valid.
func fuzz(t *testing.T, section, name string, in []byte) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), in, 0o600); err != nil {
		t.Fatal(err)
	}
	env, _ := sourcetest.Env(t, dir)
	sink := sourcetest.NewSink()
	if _, err := sourcetest.Open(t, Kind(), section, env).Harvest(context.Background(), nil, sink); err == nil {
		sink.Check(t)
	}
}

// TestLaterPageChanges: a table whose first page is as it was is read again all the same, as those after it may differ.
func TestLaterPageChanges(t *testing.T) {
	t.Parallel()
	title := "first"
	s := sourcetest.Serve(t, func(r *http.Request, _ string, _ int) sourcetest.Answer {
		a := sourcetest.Answer{Type: "application/json", Header: map[string]string{"ETag": `"1"`}}
		switch {
		case r.URL.Path == "/2":
			a.Body = `{"rows":[{"id":2,"t":"` + title + `"}]}`
			a.Header["ETag"] = `"` + title + `"`
		case r.Header.Get("If-None-Match") == `"1"`:
			return sourcetest.Answer{Status: 304}
		case r.URL.Path == "/1":
			a.Body = `{"rows":[{"id":1,"t":"x"}],"next":"/2"}`
		default:
			a.Body = `{"rows":[{"id":3,"t":"x"}]}`
		}
		return a
	})
	env, _ := sourcetest.Env(t, ".", s.URL)
	section := "rows: rows\nnext: next\nsubject: 'urn:{id}'\nproperties: [{property: dct:title, column: t}]\n"
	src := sourcetest.Open(t, Kind(), "url: "+s.URL+"/1\n"+section, env)
	_, out := sourcetest.Harvest(t, src, nil)
	title = "second"
	if sink, out := sourcetest.Harvest(t, src, out.State); !out.Complete || !strings.Contains(sink.Text(), "second") {
		t.Errorf("%+v\n%s", out, sink.Text())
	}
	src = sourcetest.Open(t, Kind(), "url: "+s.URL+"/3\n"+section, env)
	_, out = sourcetest.Harvest(t, src, nil)
	if _, out := sourcetest.Harvest(t, src, out.State); !out.Unchanged {
		t.Errorf("a single document that has not changed: %+v", out)
	}
}

// TestOpenQuote: a quote that is never closed ends the run, since the rows behind it would be taken for gone; other mistakes cost a row.
func TestOpenQuote(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env, _ := sourcetest.Env(t, dir)
	src := sourcetest.Open(t, Kind(), "path: a.csv\nsubject: 'urn:{id}'\nproperties: [{property: dct:title, column: t}]", env)
	for text, want := range map[string]int{
		"1,a\n2,\"b\n3,c\n4,d\n": -1, "1,a\n2,\"b\n3,c": -1, "1,a\n2,\"b": 1, "1,a\n2,\"b\"x\n3,c\n": 2, "1,a\n2,\"b\nc\"x\n3,d\n": 2, "1,a\n2,b\"\n3,c\n": 2, "1,\"a\nb\"\n2,c\n": 2,
	} {
		if err := os.WriteFile(filepath.Join(dir, "a.csv"), []byte("id,t\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		sink := sourcetest.NewSink()
		_, err := src.Harvest(context.Background(), nil, sink)
		if want < 0 && (source.ClassOf(err) != source.Invalid || !strings.Contains(err.Error(), "line 3 ")) || want >= 0 && (err != nil || len(sink.Records) != want) {
			t.Errorf("%q: %v\n%s", text, err, sink.Text())
		}
	}
}
