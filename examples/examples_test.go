package examples_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"triplestore/examples"
	"triplestore/rdf"
	"triplestore/rdf/turtle"
)

const (
	dct   = "http://purl.org/dc/terms/"
	skos  = "http://www.w3.org/2004/02/skos/core#"
	rdfNS = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
)

// quads reads all example data.
func quads(t testing.TB) []rdf.Quad {
	t.Helper()
	var out []rdf.Quad
	for _, name := range examples.DataFiles() {
		text, err := fs.ReadFile(examples.FS(), name)
		if err != nil {
			t.Fatal(err)
		}
		o := turtle.Options{Dialect: turtle.Turtle, File: name, BlankNodePrefix: path.Base(name)}
		if path.Ext(name) == ".trig" {
			o.Dialect = turtle.TriG
		}
		q, err := turtle.ParseString(string(text), o)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, q...)
	}
	return out
}

func TestData(t *testing.T) {
	t.Parallel()
	data := quads(t)
	if want := 2039; len(data) != want { // counted by another program
		t.Errorf("%d quads, want %d", len(data), want)
	}
	subjects := map[rdf.Term]bool{}
	graphs := map[rdf.Term]int{}
	for _, q := range data {
		subjects[q.S] = true
		graphs[q.G]++
	}
	if len(graphs) != 3 {
		t.Errorf("%d graphs, want the default graph and two named ones", len(graphs))
	}
	for g := range graphs {
		if !g.IsZero() && !subjects[g] {
			t.Errorf("%s: a graph without provenance", g)
		}
	}
	for _, q := range data {
		for _, term := range []rdf.Term{q.S, q.O} {
			if strings.HasPrefix(term.Value(), examples.Base) && term.IsIRI() && !subjects[term] {
				t.Errorf("%s\n%s is described nowhere", q, term)
			}
			if term.IsIRI() && strings.HasPrefix(term.Value(), "http://publications.europa.eu/resource/authority/") && !subjects[term] {
				t.Errorf("%s has no label in code-lists.ttl", term)
			}
		}
	}
}

// The texts come in Bokmål, Nynorsk and English; what lacks one, on purpose, is listed here.
func TestLanguages(t *testing.T) {
	t.Parallel()
	excused := map[string]string{
		"dataset/naeringsgruppering":  "example of a title that is missing in Nynorsk",
		"dataset/enhetsregisteret":    "described by a source in two languages",
		"dataset/kommunale-tjenester": "a source that does not write English",
		"dataset/markedsdata":         "a source that writes Bokmål only",
		"catalog/digital-norway":      "a source in two languages",
		"standard/sparql-protocol":    "has an English name only",
	}
	type key struct{ subject, property, graph rdf.Term }
	langs := map[key]map[string]bool{}
	for _, q := range quads(t) {
		switch q.P.Value() {
		case dct + "title", dct + "description", skos + "prefLabel", skos + "definition":
			k := key{q.S, q.P, q.G}
			if langs[k] == nil {
				langs[k] = map[string]bool{}
			}
			if langs[k][q.O.Lang()] {
				t.Errorf("%s: two of %s in %q", q.S, q.P, q.O.Lang())
			}
			langs[k][q.O.Lang()] = true
		}
	}
	for k, have := range langs {
		name := strings.TrimPrefix(k.subject.Value(), examples.Base)
		if excused[name] != "" || strings.HasPrefix(name, "distribution/") { // distributions are told apart by format
			continue
		}
		for _, lang := range []string{"nb", "nn", "en"} {
			if !have[lang] {
				t.Errorf("%s has no %s in %s", k.subject, k.property, lang)
			}
		}
	}
}

// What DCAT-AP-NO and SKOS-AP-NO-Begrep demand of what they describe.
func TestMandatory(t *testing.T) {
	t.Parallel()
	const dcat = "http://www.w3.org/ns/dcat#"
	mandatory := map[string][]string{
		dcat + "Dataset":      {dct + "title", dct + "description", dct + "publisher", dcat + "contactPoint", dcat + "theme"},
		dcat + "DataService":  {dct + "title", dct + "publisher", dcat + "contactPoint", dcat + "endpointURL"},
		dcat + "Distribution": {dcat + "accessURL"},
		skos + "Collection":   {dct + "title", dct + "publisher", dct + "identifier", dcat + "contactPoint", skos + "member"},
	}
	has := map[rdf.Term]map[string]bool{}
	class := map[string][]rdf.Term{}
	for _, q := range quads(t) {
		if !q.G.IsZero() {
			continue // what sources say is theirs
		}
		if has[q.S] == nil {
			has[q.S] = map[string]bool{}
		}
		has[q.S][q.P.Value()] = true
		if q.P.Value() == rdfNS+"type" {
			class[q.O.Value()] = append(class[q.O.Value()], q.S)
		}
	}
	for c, properties := range mandatory {
		if len(class[c]) == 0 {
			t.Errorf("no %s in the data", c)
		}
		for _, s := range class[c] {
			for _, p := range properties {
				if !has[s][p] {
					t.Errorf("%s, a %s, has no %s", s, c, p)
				}
			}
		}
	}
}

func TestQueriesHaveExpectedResults(t *testing.T) {
	t.Parallel()
	queries := examples.Queries()
	if len(queries) < 24 {
		t.Fatalf("only %d queries", len(queries))
	}
	var want []string
	titles := map[string]bool{}
	for _, q := range queries {
		if titles[q.Title] {
			t.Errorf("two queries are called %q", q.Title)
		}
		titles[q.Title] = true
		if !strings.HasSuffix(q.Answers, "?") {
			t.Errorf("%s: %q is no question", q.Name, q.Answers)
		}
		want = append(want, q.Name)
	}
	entries, err := fs.ReadDir(examples.FS(), "queries/expected")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, strings.TrimSuffix(e.Name(), path.Ext(e.Name())))
	}
	sort.Strings(got)
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("queries and expected results differ:\n%v\n%v", want, got)
	}
}

// TestQueriesInEveryLanguage reads title, topic and question of every query in every language; the texts of two languages differ by their header alone.
func TestQueriesInEveryLanguage(t *testing.T) {
	t.Parallel()
	titles := map[string]string{}
	for _, q := range examples.Queries() {
		for _, language := range examples.Languages() {
			in := q.In(language)
			if in.Language != language || in.Title == "" || in.Topic == "" || !strings.HasSuffix(in.Answers, "?") {
				t.Errorf("%s in %s: %+v", q.Name, language, in)
			}
			if other := titles[language+in.Title]; other != "" {
				t.Errorf("%s and %s are both called %q in %s", other, q.Name, in.Title, language)
			}
			titles[language+in.Title] = q.Name
			if in.Answers == q.Answers && language != q.Language {
				t.Errorf("%s: the question in %s is the English one", q.Name, language)
			}
			body, ok := strings.CutPrefix(in.Text, "# "+in.Title+"\n# "+in.Answers+"\n")
			english, _ := strings.CutPrefix(q.Text, "# "+q.Title+"\n# "+q.Answers+"\n")
			if !ok || body != english || strings.HasPrefix(body, "#") {
				t.Errorf("%s in %s:\n%s", q.Name, language, in.Text)
			}
		}
		if in := q.In("de"); in.Language != "en" || in.Title != q.Title || in.Text != q.Text {
			t.Errorf("%s in German: %+v", q.Name, in)
		}
	}
}

// TestTitlesOfHarvestedQueries looks for the titles in the files that are not embedded.
func TestTitlesOfHarvestedQueries(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("queries/harvest/*.rq")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d queries, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitN(string(text), "\n", 4)
		for i, begin := range []string{"# ", "# title@nb: ", "# title@nn: "} {
			if title, ok := strings.CutPrefix(lines[i], begin); !ok || strings.TrimSpace(title) == "" || strings.Contains(title, "@") {
				t.Errorf("%s: line %d is %q, and not %q with a title", file, i+1, lines[i], begin)
			}
		}
	}
}

func TestTopics(t *testing.T) {
	t.Parallel()
	if a, b := len(examples.ByTopic()), len(examples.Queries()); a != b {
		t.Errorf("%d of %d queries have a topic", a, b)
	}
}
