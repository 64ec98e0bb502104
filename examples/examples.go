// Package examples holds the example data and the example queries, embedded in the program: the part about data sharing of the
// action plan of Norway's public digitalisation strategy, a DCAT-AP-NO catalogue, a SKOS-AP-NO concept collection and the
// organisations behind them, tied together and labelled in Bokmål, Nynorsk and English. All of it was written for this project.
//
// The IRIs of the data begin with http://localhost:7878/id/, so that a server on the default address dereferences them.
package examples

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"
)

// Base begins the IRIs of the example data.
const Base = "http://localhost:7878/id/"

//go:embed data/*.ttl data/*.trig queries/*.rq queries/expected
var files embed.FS

// FS gives the files: data/*.ttl, data/*.trig, queries/*.rq and queries/expected/*.
func FS() fs.FS { return files }

// DataFiles lists the paths in [FS] of the data, sorted.
func DataFiles() []string {
	names, err := fs.Glob(files, "data/*.t*")
	if err != nil {
		panic(err) // only a malformed pattern gives one
	}
	sort.Strings(names)
	return names
}

// Query is an example query in one language.
type Query struct {
	// Name is the file's name without its extension, for instance "05-open-csv".
	Name string
	// Language is the language tag of Title, Topic and Answers: one of [Languages].
	Language string
	// Title is a short heading.
	Title string
	// Topic is what queries of a kind are listed under; those of one topic follow each other in [ByTopic].
	Topic string
	// Answers says what the query answers.
	Answers string
	// Text is the query with its comments, of which those at its beginning are title and question in Language.
	Text string

	headers map[string]header
	body    string
}

// Languages are the language tags of titles, topics and questions.
func Languages() []string { return []string{"en", "nb", "nn"} }

// header is what the comments at the beginning of a query say in one language.
type header struct{ title, answers string }

// In gives the query in another language; in English if it is not there in that one.
func (q Query) In(language string) Query {
	h, ok := q.headers[language]
	if !ok {
		language, h = english, q.headers[english]
	}
	q.Language, q.Title, q.Answers, q.Topic = language, h.title, h.answers, topicOf(q.Name).titles[language]
	q.Text = "# " + h.title + "\n# " + h.answers + "\n" + q.body
	return q
}

const english = "en"

// Queries lists the example queries in order of their names, in English; [Query.In] gives them in other languages.
func Queries() []Query {
	names, err := fs.Glob(files, "queries/*.rq")
	if err != nil {
		panic(err) // only a malformed pattern gives one
	}
	sort.Strings(names)
	out := make([]Query, 0, len(names))
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			panic(err) // embedded files can be read
		}
		q, err := parse(name, string(text))
		if err != nil {
			panic(err) // the tests read every query
		}
		out = append(out, q)
	}
	return out
}

// queryTopic groups queries by their numbers.
type queryTopic struct {
	titles  map[string]string // by language tag
	numbers []string
}

var topics = []queryTopic{
	{map[string]string{english: "Datasets", "nb": "Datasett", "nn": "Datasett"}, []string{"01", "02", "03", "04", "05", "06", "10", "33", "34"}},
	{map[string]string{english: "Data services", "nb": "Datatjenester", "nn": "Datatenester"}, []string{"19", "20"}},
	{map[string]string{english: "Concepts", "nb": "Begreper", "nn": "Omgrep"}, []string{"16", "17", "28"}},
	{map[string]string{english: "The action plan", "nb": "Handlingsplanen", "nn": "Handlingsplanen"}, []string{"13", "14", "15", "18"}},
	{map[string]string{english: "Search", "nb": "Søk", "nn": "Søk"}, []string{"11", "12", "30"}},
	{map[string]string{english: "Quality", "nb": "Kvalitet", "nn": "Kvalitet"}, []string{"07", "08", "25", "31"}},
	{map[string]string{english: "Time and versions", "nb": "Tid og versjoner", "nn": "Tid og versjonar"}, []string{"09", "23", "29", "32"}},
	{map[string]string{english: "Sources and graphs", "nb": "Kilder og grafer", "nn": "Kjelder og grafar"}, []string{"21", "22", "24"}},
	{map[string]string{english: "Other forms of the data", "nb": "Data i andre former", "nn": "Data i andre former"}, []string{"26", "27"}},
}

// ByTopic lists the example queries topic by topic, in English.
func ByTopic() []Query {
	all := Queries()
	out := make([]Query, 0, len(all))
	for _, t := range topics {
		for _, q := range all {
			if q.Topic == t.titles[english] {
				out = append(out, q)
			}
		}
	}
	return out
}

func topicOf(name string) queryTopic {
	number, _, _ := strings.Cut(name, "-")
	for _, t := range topics {
		if slices.Contains(t.numbers, number) {
			return t
		}
	}
	return queryTopic{}
}

// parse takes the title from the first line and what the query answers from the comment lines that follow.
func parse(name, text string) (Query, error) {
	q := Query{Name: strings.TrimSuffix(path.Base(name), ".rq")}
	q.headers, q.body = readHeaders(text)
	for _, language := range Languages() {
		if h := q.headers[language]; h.title == "" || h.answers == "" {
			return q, fmt.Errorf("%s: a query begins with comments that are its title and say what it answers, in %s too", name, language)
		}
	}
	return q.In(english), nil
}

// readHeaders reads the comments at the beginning of a query: the English title on the first line and what it answers on the following
// ones, and both in other languages on lines such as "# title@nn: …" and "# answers@nn: …". What follows is the body.
func readHeaders(text string) (headers map[string]header, body string) {
	headers = map[string]header{}
	body = text
	for line := range strings.Lines(text) {
		c, ok := strings.CutPrefix(line, "#")
		if !ok {
			break
		}
		body = body[len(line):]
		c = strings.TrimSpace(c)
		language, field := english, ""
		if key, value, ok := strings.Cut(c, ": "); ok {
			if name, tag, ok := strings.Cut(key, "@"); ok && (name == "title" || name == "answers") {
				language, field, c = tag, name, value
			}
		}
		h := headers[language]
		switch {
		case field == "title" || field == "" && h.title == "":
			h.title = c
		default:
			h.answers = strings.TrimSpace(h.answers + " " + c)
		}
		headers[language] = h
	}
	return headers, body
}
