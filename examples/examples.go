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

// Query is an example query.
type Query struct {
	// Name is the file's name without its extension, for instance "05-open-csv".
	Name string
	// Title is a short heading.
	Title string
	// Topic is what queries of a kind are listed under; those of one topic follow each other in [ByTopic].
	Topic string
	// Answers says what the query answers.
	Answers string
	// Text is the query with its comments.
	Text string
}

// Queries lists the example queries in order of their names.
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

// topics are the numbers of the queries by topic.
var topics = []struct {
	title   string
	numbers []string
}{
	{"Datasets", []string{"01", "02", "03", "04", "05", "06", "10", "33", "34"}},
	{"Data services", []string{"19", "20"}},
	{"Concepts", []string{"16", "17", "28"}},
	{"The action plan", []string{"13", "14", "15", "18"}},
	{"Search", []string{"11", "12", "30"}},
	{"Quality", []string{"07", "08", "25", "31"}},
	{"Time and versions", []string{"09", "23", "29", "32"}},
	{"Sources and graphs", []string{"21", "22", "24"}},
	{"Other forms of the data", []string{"26", "27"}},
}

// ByTopic lists the example queries topic by topic.
func ByTopic() []Query {
	all := Queries()
	out := make([]Query, 0, len(all))
	for _, t := range topics {
		for _, q := range all {
			if q.Topic == t.title {
				out = append(out, q)
			}
		}
	}
	return out
}

func topicOf(name string) string {
	number, _, _ := strings.Cut(name, "-")
	for _, t := range topics {
		if slices.Contains(t.numbers, number) {
			return t.title
		}
	}
	return ""
}

// parse takes the title from the first line and what the query answers from the comment lines that follow.
func parse(name, text string) (Query, error) {
	q := Query{Name: strings.TrimSuffix(path.Base(name), ".rq"), Text: text}
	var comments []string
	for line := range strings.Lines(text) {
		c, ok := strings.CutPrefix(line, "#")
		if !ok {
			break
		}
		comments = append(comments, strings.TrimSpace(c))
	}
	if len(comments) < 2 || comments[0] == "" || comments[1] == "" {
		return q, fmt.Errorf("%s: a query begins with a comment that is its title and one that says what it answers", name)
	}
	q.Topic = topicOf(q.Name)
	q.Title, q.Answers = comments[0], strings.Join(comments[1:], " ")
	return q, nil
}
