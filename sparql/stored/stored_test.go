package stored

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"triplestore/rdf"
	"triplestore/sparql"
	"triplestore/vocab"
)

var options = sparql.Options{Prefixes: vocab.Prefixes()}

const sample = `# title: Datasets of a theme
# Written for the test.
# description: First line
# Description: and second.
# param: theme iri The theme
# param: ?since xsd:date [2020-01-01] The first day

# param: word langString [Å [sic]@nb] A word
# param: n integer [007]
# param: s string []
PREFIX e: <http://e/>
# param: late string is no part of the head
SELECT * { ?d dcat:theme ?theme ; dct:modified ?m ; e:w ?word ; e:n ?n ; e:s ?s FILTER (?m > ?since) }
`

func TestParse(t *testing.T) {
	t.Parallel()
	q, err := Parse("sample", sample, options)
	if err != nil {
		t.Fatal(err)
	}
	if q.Name != "sample" || q.Title != "Datasets of a theme" || q.Description != "First line and second." || q.Form != "SELECT" || q.Text != sample {
		t.Errorf("%+v", q)
	}
	var got []string
	for _, p := range q.Parameters {
		def := "-"
		if p.Default != nil {
			def = *p.Default
		}
		got = append(got, strings.Join([]string{p.Name, p.Type, def, p.Text}, "|"))
	}
	want := []string{"theme|iri|-|The theme", "since|date|2020-01-01|The first day", "word|langString|Å [sic]@nb|A word", "n|integer|007|", "s|string||"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	terms, err := q.Bind(map[string][]string{"theme": {"http://e/t"}, "n": {"5"}})
	const xsd = "http://www.w3.org/2001/XMLSchema#"
	for name, want := range map[string]rdf.Term{"theme": rdf.IRI("http://e/t"), "since": rdf.Literal("2020-01-01", xsd+"date"),
		"word": rdf.LangLiteral("Å [sic]", "nb"), "n": rdf.Literal("5", xsd+"integer"), "s": rdf.String("")} {
		if terms[name] != want {
			t.Errorf("%s is %v, want %v (%v)", name, terms[name], want, err)
		}
	}
}

func TestBindErrors(t *testing.T) {
	t.Parallel()
	q, err := Parse("sample", sample, options)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		given map[string][]string
		want  string
	}{
		{nil, "parameter theme: it is missing; it takes an absolute IRI"},
		{map[string][]string{"theme": {"http://e/1", "http://e/2"}}, "parameter theme: it is given more than once"},
		{map[string][]string{"theme": {"not an IRI"}}, `parameter theme: "not an IRI" is not an absolute IRI`},
		{map[string][]string{"theme": {"theme"}}, `parameter theme: "theme" is not an absolute IRI`},
		{map[string][]string{"theme": {"http://e/> } INSERT <x:y"}}, "parameter theme: "},
		{map[string][]string{"theme": {"http://e/t"}, "since": {"yesterday"}}, `parameter since: "yesterday" is not a value of xsd:date`},
		{map[string][]string{"theme": {"http://e/t"}, "word": {"ord"}}, `parameter word: "ord" is not a text with its language`},
		{map[string][]string{"theme": {"http://e/t"}, "word": {"ord@1"}}, "parameter word"},
		{map[string][]string{"theme": {"http://e/t"}, "n": {"1.5"}}, "parameter n: "},
		{map[string][]string{"theme": {"http://e/t"}, "s": {"\xff"}}, "parameter s: "},
		{map[string][]string{"theme": {"http://e/t"}, "teme": {"x"}}, "parameter teme: the stored query sample has none of that name; it has theme, since, word, n, s"},
	} {
		_, err := q.Bind(c.given)
		var wrong *sparql.ParameterError
		if !errors.As(err, &wrong) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v: %v, want %s", c.given, err, c.want)
		}
	}
}

func TestWrongFiles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"# title: A\n# title: B\nASK {}":                                        "q.rq:2: there is more than one title",
		"# param: x\nASK { ?x ?p ?o }":                                          "q.rq:1: the parameter \"x\" is not written as: name type [default] text",
		"# param: 1x iri\nASK {}":                                               "q.rq:1: ",
		"# param: x uri\nASK { ?x ?p ?o }":                                      "q.rq:1: parameter x: there is no type \"uri\"; there is iri",
		"# param: x iri\n# param: x iri\nASK { ?x ?p ?o }":                      "q.rq:2: there is more than one parameter x",
		"# param: x integer [one]\nASK { ?s ?p ?x }":                            "q.rq:1: the default: parameter x: \"one\" is not",
		"# param: format string\nASK { ?s ?p ?format }":                         "q.rq:1: parameter format: the name is taken",
		"# param: y iri\nASK { ?x ?p ?o }":                                      "q.rq: parameter y: the query has no variable ?y",
		"# title: A\nSELECT * { ?s ?p }":                                        "q.rq: ",
		"INSERT DATA { <x:a> <x:b> <x:c> }":                                     "q.rq: ",
		"# param: x iri\nSELECT (1 AS ?x) { ?s ?p ?o }":                         "q.rq: ",
		"# param: x iri\nSELECT * { ?s ?p ?o BIND (1 AS ?x) }":                  "q.rq: ",
		"# param: x iri\nSELECT ?s (COUNT(*) AS ?n) { ?s ?p ?x } GROUP BY ?zz ": "q.rq: ",
	} {
		if _, err := Parse("q", text, options); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	bad := fstest.MapFS{"a b.rq": {Data: []byte("ASK {}")}, "wrong.rq": {Data: []byte("ASK")}, "well.rq": {Data: []byte("ASK {}")}}
	if _, err := Read(bad, options); err == nil || !strings.Contains(err.Error(), "a b.rq") || !strings.Contains(err.Error(), "wrong.rq") {
		t.Errorf("Read: %v", err)
	}
	if _, err := Read(fstest.MapFS{"big.rq": {Data: make([]byte, maxFile+1)}}, options); err == nil {
		t.Error("a file of any size is read")
	}
	good := fstest.MapFS{"b.rq": {Data: []byte("ASK {}")}, "a.rq": {Data: []byte("DESCRIBE <x:y>")}, "README.md": {Data: []byte("x")}, "sub/c.rq": {Data: []byte("x")}}
	s, err := Read(good, options)
	if err != nil || len(s.All()) != 2 || s.All()[0].Name != "a" || s.All()[0].Form != "DESCRIBE" {
		t.Fatalf("%v, %v", s, err)
	}
	if q, ok := s.Get("b"); !ok || q.Title != "b" {
		t.Errorf("b: %v, %v", q, ok)
	}
	if _, ok := s.Get("c"); ok {
		t.Error("c is found")
	}
}

func TestExamples(t *testing.T) {
	t.Parallel()
	s, err := Read(os.DirFS("../../examples/stored"), options)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.All()) == 0 {
		t.Fatal("there are none")
	}
	for _, q := range s.All() {
		if q.Title == q.Name || q.Description == "" {
			t.Errorf("%s: it has no title or no description", q.Name)
		}
		for _, p := range q.Parameters {
			if p.Text == "" {
				t.Errorf("%s: nothing says what %s is for", q.Name, p.Name)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Add("# param: x iri [\nASK {}")
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Parse("q", text, options)
		if err == nil && (q.Form == "" || q.Text != strings.TrimPrefix(text, "\ufeff")) {
			t.Errorf("%+v", q)
		}
	})
}

func TestIn(t *testing.T) {
	t.Parallel()
	read := func(head string) *Query {
		t.Helper()
		q, err := Parse("q", head+"SELECT * { ?s ?p ?o }", options)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	for _, c := range []struct{ head, langs, want string }{
		{"# title: Own\n# title@nb: Bokmål\n# title@nn: Nynorsk\n", "nn nb en", "nn Nynorsk"},
		{"# title: Own\n# title@nb: Bokmål\n", "nn nb en", "nb Bokmål"},
		{"# title: Own\n# title@nb: Bokmål\n", "en nb", "en Own"},
		{"# title: Own\n# title@nb: Bokmål\n", "en-GB nb", "en Own"},
		{"# title: Own\n# title@nb: Bokmål\n", "fr", "en Own"},
		{"# language: NB\n# title: Own\n# title@en: English\n", "nb en", "nb Own"},
		{"# language: nb\n# title: Own\n# title@en: English\n", "en nb", "en English"},
		{"# title: Own\n# title@nb-NO: Bokmål\n", "nb", "nb-no Bokmål"},
		{"# title: Own\n", "nb", "en Own"},
		{"# Title@NB : Bokmål\n", "nb", "nb Bokmål"},
	} {
		q := read(c.head)
		before := q.Title
		got := q.In(strings.Fields(c.langs))
		if s := got.Language + " " + got.Title; s != c.want {
			t.Errorf("%q in %s: %s, want %s", c.head, c.langs, s, c.want)
		}
		if q.Title != before {
			t.Error("In changed the query")
		}
	}
	for head, want := range map[string]string{
		"# title@nb: a\n# title@nb: b\n":   "q.rq:2: there is more than one title@nb",
		"# title@n_b: a\n":                 `q.rq:1: title@n_b: "n_b" is not a tag`,
		"# language: en\n# language: nb\n": "q.rq:2: there is more than one language",
		"# language: norsk språk\n":        "q.rq:1: the language",
		"# param@nb: s Emnet\n":            "q.rq:1: param@nb: no line before it says",
	} {
		if _, err := Parse("q", head+"SELECT * { ?s ?p ?o }", options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", head, err, want)
		}
	}
	if q := read("# see@home: what is meant for people stays\n"); q.Titles != nil {
		t.Error(q.Titles)
	}
}
