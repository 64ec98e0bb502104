package server

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gorilla/mux"

	"triplestore/rdf"
	"triplestore/sparql/stored"
	"triplestore/store"
)

const queriesPath = "/queries"

// isQueriesPath reports whether a path is for the stored queries, where the server has some.
func isQueriesPath(path string) bool {
	return path == queriesPath || strings.HasPrefix(path, queriesPath+"/")
}

// storedQuery is what a request to run a stored query was for.
type storedQuery struct {
	*stored.Query
	given  map[string][]string
	params map[string]rdf.Term
}

// parts are what the answer depends on besides the text.
func (q *storedQuery) parts() []string {
	var out []string
	for _, p := range q.Parameters {
		out = append(out, "param", p.Name, q.params[p.Name].String())
	}
	return out
}

// args are the parameters as they were given, as pairs for an address.
func (q *storedQuery) args() []string {
	var out []string
	for _, p := range q.Parameters {
		if v := q.given[p.Name]; len(v) == 1 {
			out = append(out, p.Name, v[0])
		}
	}
	return out
}

// listedQuery is a stored query in the list of them.
type listedQuery struct {
	*stored.Query
	Href string `json:"href"`
}

// queriesWords are the words of the page of the stored queries.
type queriesWords struct{ Title, Intro, None, Run, ForPrograms string }

var allQueriesWords = map[string]*queriesWords{
	"nb": {"Lagrede spørringer", "Spørringer som er gjort klare her. Fyll ut feltene og kjør dem.", "Her er det ingen.", "Kjør", "For programmer"},
	"nn": {"Lagra spørjingar", "Spørjingar som er gjorde klare her. Fyll ut felta og køyr dei.", "Her er det ingen.", "Køyr", "For program"},
	"en": {"Stored queries", "Queries that are ready here. Fill in the fields and run them.", "There are none.", "Run", "For programs"},
}

type queriesPage struct {
	*page
	W       *queriesWords
	Queries []queryForm
	JSON    string
}

// queryForm is a stored query with the fields that it takes.
type queryForm struct {
	*stored.Query
	Action, OpenHref, Lang string
	Fields                 []queryField
}

type queryField struct {
	stored.Parameter
	ID, Input, Step, Given string
	Required               bool
}

// inputs are the fields of a form for types of parameters; all others take text, which the server checks.
var inputs = map[string][2]string{"iri": {"url", ""}, "anyURI": {"url", ""}, "date": {"date", ""}, "integer": {"number", "1"}, "decimal": {"number", "any"}, "double": {"number", "any"}}

// queriesForm is the page of the stored queries.
func (s *Server) queriesForm(w http.ResponseWriter, r *http.Request, queries []*stored.Query) error {
	p := &queriesPage{page: s.newPage(r, "")}
	p.W = allQueriesWords[p.M.Lang]
	p.Title, p.JSON = p.W.Title, p.link.page(queriesPath, "format", "json")
	for _, q := range queries {
		f := queryForm{Query: q, Action: queriesPath + "/" + q.Name, Lang: q.Language}
		for i, x := range q.Parameters {
			input, ok := inputs[x.Type]
			if !ok {
				input = [2]string{"text", ""}
			}
			field := queryField{Parameter: x, ID: fmt.Sprintf("%s-%d", q.Name, i), Input: input[0], Step: input[1], Required: x.Default == nil}
			if x.Default != nil {
				if field.Given = *x.Default; input[0] == "date" && len(field.Given) != len("2006-01-02") {
					field.Input = "text" // a date with its zone, which the field of a browser cannot hold
				}
			}
			f.Fields = append(f.Fields, field)
		}
		if len(q.Parameters) == 0 {
			f.OpenHref = p.openIn(q.Text)
		}
		p.Queries = append(p.Queries, f)
	}
	return s.render(w, r, http.StatusOK, "queries", p)
}

var queryListOffers = []offer{{"json", []string{"application/json"}}, {"html", []string{"text/html"}}}

// listQueries lists the stored queries, in the reader's language.
func (s *Server) listQueries(w http.ResponseWriter, r *http.Request) {
	addVary(w.Header(), "Accept", "Accept-Language")
	i, _ := choose(formatParam(r), r.Header, queryListOffers)
	if i < 0 {
		s.fail(w, r, problemOf(r.Context(), notAcceptable(queryListOffers)))
		return
	}
	langs := s.readerLanguages(r)
	var queries []*stored.Query
	for _, q := range s.c.Stored.Get().All() {
		queries = append(queries, q.In(langs))
	}
	if queryListOffers[i].name == "html" {
		if err := s.queriesForm(w, r, queries); err != nil {
			s.fail(w, r, problemOf(r.Context(), err))
		}
		return
	}
	list := struct {
		Queries []listedQuery `json:"queries"`
	}{[]listedQuery{}}
	content := []string{"queries", s.settings, strings.Join(langs, " ")}
	for _, q := range queries {
		list.Queries = append(list.Queries, listedQuery{q, s.link.origin + queriesPath + "/" + q.Name})
		content = append(content, q.Name, q.Text)
	}
	if unchanged(w, r, entityTag(store.Commit{}, content...)) {
		return
	}
	if err := writeJSON(w, r, list); err != nil {
		s.fail(w, r, internal(err))
	}
}

// storedQuery runs the stored query that the path names, with the values of the request for its parameters.
func (s *Server) storedQuery(w http.ResponseWriter, r *http.Request) {
	addVary(w.Header(), "Accept")
	q, err := s.readStored(r)
	if err != nil {
		s.fail(w, r, problemOf(r.Context(), err))
		return
	}
	if err := s.answer(w, r, &q); err != nil {
		s.failQuery(w, r, &q, problemOf(r.Context(), err))
	}
}

func (s *Server) readStored(r *http.Request) (q queryRequest, err error) {
	name := mux.Vars(r)["name"]
	found, ok := s.c.Stored.Get().Get(name)
	if !ok {
		return q, problem(http.StatusNotFound, "There is no such stored query", "GET "+queriesPath+" lists those that are here.")
	}
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, problem(http.StatusBadRequest, "The parameters cannot be read", err.Error())
	}
	for _, no := range []string{"query", "update"} {
		if params.Has(no) {
			return q, problem(http.StatusBadRequest, "The query is stored", fmt.Sprintf("The parameter %s is for /sparql and /update.", no))
		}
	}
	q.text, q.present = found.Text, true
	if err := s.readSettings(params, &q); err != nil {
		return q, err
	}
	given := map[string][]string{}
	for name, values := range params {
		if !slices.Contains(stored.Reserved, name) && name != "default-graph-uri" && name != "named-graph-uri" {
			if !utf8.ValidString(name) {
				return q, problem(http.StatusBadRequest, "The name of a parameter is not valid UTF-8", "")
			}
			given[name] = values
		}
	}
	q.stored = &storedQuery{Query: found, given: given}
	q.stored.params, err = found.Bind(given)
	return q, err
}

// requestAddress is where the answer to a request can be had, with further parameters. Some parameter is always there.
func requestAddress(l linker, q *queryRequest, more ...string) string {
	if q.stored == nil {
		return l.page("/sparql", append([]string{"query", q.text}, more...)...)
	}
	if len(more) == 0 {
		more = []string{"format", q.format}
	}
	return l.page(queriesPath+"/"+q.stored.Name, append(q.stored.args(), more...)...)
}
