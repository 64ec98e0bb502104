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

// listQueries lists the stored queries.
func (s *Server) listQueries(w http.ResponseWriter, r *http.Request) {
	list := struct {
		Queries []listedQuery `json:"queries"`
	}{[]listedQuery{}}
	content := []string{"queries", s.settings}
	for _, q := range s.c.Stored.Get().All() {
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
