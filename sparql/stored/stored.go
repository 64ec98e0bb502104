// Package stored reads queries that are kept in files under a name, with parameters that have types. A file begins with comments:
//
//	# title: Datasets of a theme
//	# description: The datasets of a theme that were changed since a day.
//	# param: theme iri The theme
//	# param: since date [2020-01-01] The first day
//
// Lines such as "# title@nb: …", "# description@nb: …" and "# param@nb: theme Temaet" say the same in other languages; texts without one are in
// English, or in the language that "# language: nn" names. [Query.In] chooses.
//
// A parameter is a variable of the query. Its value is bound as a term and never becomes text of the query.
package stored

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"triplestore/rdf"
	"triplestore/sparql"
)

// Extension ends the names of the files.
const Extension = ".rq"

// maxFile is how many bytes a file may have.
const maxFile = 1 << 20

// Reserved are names that no parameter may have, because requests use them for other things.
var Reserved = []string{"at", "describe", "explain", "format", "lang", "output", "query", "timeout", "update"}

// Query is a stored query. It is not changed after it is read.
type Query struct {
	// Name is that of its file without the extension.
	Name string `json:"name"`
	// Title is a short heading; without one it is the name.
	Title string `json:"title"`
	// Description says what the query answers. It may be empty.
	Description string `json:"description,omitempty"`
	// Language is a tag of BCP 47: that of Title, in small letters.
	Language string `json:"language"`
	// Titles and Descriptions are those in other languages, by their tags.
	Titles       map[string]string `json:"titles,omitempty"`
	Descriptions map[string]string `json:"descriptions,omitempty"`
	// Form is SELECT, ASK, CONSTRUCT or DESCRIBE.
	Form string `json:"form"`
	// Parameters are in the order of the file.
	Parameters []Parameter `json:"parameters"`
	// Text is the content of the file.
	Text string `json:"text"`
}

// Set is the stored queries of a folder. It is not changed after it is read.
type Set struct{ queries []*Query }

// nameForm is what a stored query may be called: it is a part of an address that needs no escaping.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// Read reads the files of a folder whose names end in [Extension]; folders in it are not looked into. With the prefixes and the base of
// o each must be a valid query whose parameters are variables of it. The error names every file that is wrong, with its line.
func Read(folder fs.FS, o sparql.Options) (*Set, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, err
	}
	s := &Set{}
	var wrong []error
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), Extension)
		if !ok || e.IsDir() {
			continue
		}
		q, err := readFile(folder, e.Name(), name, o)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		s.queries = append(s.queries, q)
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	slices.SortFunc(s.queries, func(a, b *Query) int { return strings.Compare(a.Name, b.Name) })
	return s, nil
}

func readFile(folder fs.FS, file, name string, o sparql.Options) (*Query, error) {
	if !nameForm.MatchString(name) {
		return nil, fmt.Errorf("%s: a stored query is named with letters, digits, '.', '_' and '-'", file)
	}
	info, err := fs.Stat(folder, file)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s: it has %d bytes; a stored query has %d at most", file, info.Size(), maxFile)
	}
	text, err := fs.ReadFile(folder, path.Clean(file))
	if err != nil {
		return nil, err
	}
	return Parse(name, string(text), o)
}

// All lists the queries in order of their names.
func (s *Set) All() []*Query { return slices.Clone(s.queries) }

// Get finds a query by its name.
func (s *Set) Get(name string) (*Query, bool) {
	i, ok := slices.BinarySearchFunc(s.queries, name, func(q *Query, name string) int { return strings.Compare(q.Name, name) })
	if !ok {
		return nil, false
	}
	return s.queries[i], true
}

// Current holds the set that counts now, so that it can be read anew while others use it. It is safe for concurrent use.
type Current struct{ set atomic.Pointer[Set] }

// NewCurrent makes one that begins with a set.
func NewCurrent(s *Set) *Current {
	c := &Current{}
	c.Set(s)
	return c
}

// Get gives the set.
func (c *Current) Get() *Set { return c.set.Load() }

// Set replaces it.
func (c *Current) Set(s *Set) { c.set.Store(s) }

// Bind makes terms of the values that parameters were given as text, and of the defaults of those that were not given. The error is a
// *sparql.ParameterError that names the first parameter, in the order of the file, that is missing, wrong, given twice or not there.
func (q *Query) Bind(given map[string][]string) (map[string]rdf.Term, error) {
	out := make(map[string]rdf.Term, len(q.Parameters))
	for i := range q.Parameters {
		p := &q.Parameters[i]
		values := given[p.Name]
		text := ""
		switch {
		case len(values) > 1:
			return nil, &sparql.ParameterError{Name: p.Name, Msg: "it is given more than once"}
		case len(values) == 1:
			text = values[0]
		case p.Default != nil:
			text = *p.Default
		default:
			return nil, &sparql.ParameterError{Name: p.Name, Msg: "it is missing; it takes " + p.wants()}
		}
		x, err := p.term(text)
		if err != nil {
			return nil, err
		}
		out[p.Name] = x
	}
	for name := range given {
		if _, ok := out[name]; !ok {
			return nil, &sparql.ParameterError{Name: name, Msg: fmt.Sprintf("the stored query %s has none of that name; it has %s", q.Name, q.parameterNames())}
		}
	}
	return out, nil
}

func (q *Query) parameterNames() string {
	if len(q.Parameters) == 0 {
		return "no parameters"
	}
	names := make([]string, len(q.Parameters))
	for i, p := range q.Parameters {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}
