package server

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"triplestore/rdf"
	"triplestore/rdf/iri"
	"triplestore/sparql"
	"triplestore/store"
)

// queryRequest is a query operation of the SPARQL Protocol (https://www.w3.org/TR/sparql11-protocol/#query-operation).
type queryRequest struct {
	text     string
	present  bool // there is a query, even if it is empty
	bare     bool // there is nothing that would go with one either
	defaults []rdf.Term
	named    []rdf.Term
	format   string
	timeout  time.Duration // 0: the server's
	at       store.Moment
	explain  string // empty, plan or profile
	describe sparql.Description
	stored   *storedQuery // nil: the text is the request's own
	content  *content     // nil: see queryContent
	union    *bool        // whether the default graph is the union of all graphs; nil: as the server has it
}

// What the parameter explain asks for in place of the answer.
const (
	explainPlan    = "plan"
	explainProfile = "profile"
)

const (
	typeForm   = "application/x-www-form-urlencoded"
	typeQuery  = "application/sparql-query"
	typeUpdate = "application/sparql-update"
)

// readQuery takes a request apart. The error is a *Problem.
func (s *Server) readQuery(w http.ResponseWriter, r *http.Request) (queryRequest, error) {
	var q queryRequest
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, problem(http.StatusBadRequest, "The parameters cannot be read", err.Error())
	}
	if r.Method == http.MethodPost || r.Method == methodQuery {
		mt, err := bodyType(r)
		if err != nil {
			return q, err
		}
		if mt == typeUpdate {
			return q, updateProblem()
		}
		if mt != typeQuery && (mt != typeForm || r.Method == methodQuery) {
			w.Header().Set("Accept-Post", typeQuery+", "+typeForm)
			w.Header().Set("Accept-Query", typeQuery)
			return q, problem(http.StatusUnsupportedMediaType, "The body has a media type that is not taken here",
				fmt.Sprintf("It is %q; a query is sent as %s or %s.", mt, typeQuery, typeForm))
		}
		body, err := s.readBody(w, r)
		if err != nil {
			return q, err
		}
		if mt == typeQuery {
			if params.Has("query") {
				return q, problem(http.StatusBadRequest, "There are two queries", "One is in the body, one in the parameter query.")
			}
			q.text, q.present = string(body), true
		} else {
			form, err := parseForm(string(body))
			if err != nil {
				return q, problem(http.StatusBadRequest, "The form cannot be read", err.Error())
			}
			for k, v := range form {
				params[k] = append(params[k], v...)
			}
		}
		r.Form, r.PostForm = params, params
	}
	if params.Has("update") {
		return q, updateProblem()
	}
	if n := len(params["query"]); n > 1 {
		return q, problem(http.StatusBadRequest, "There is more than one query", "The parameter query may be given once.")
	} else if n == 1 {
		q.text, q.present = params.Get("query"), true
	}
	q.bare = !q.present && !params.Has("default-graph-uri") && !params.Has("named-graph-uri")
	if !utf8.ValidString(q.text) {
		return q, problem(http.StatusBadRequest, "The query is not valid UTF-8", "")
	}
	return q, s.readSettings(params, &q)
}

// readSettings reads the parameters that say how to answer a query. The error is a *Problem.
func (s *Server) readSettings(params url.Values, q *queryRequest) (err error) {
	if q.defaults, err = graphParams(params, "default-graph-uri"); err != nil {
		return err
	}
	if q.named, err = graphParams(params, "named-graph-uri"); err != nil {
		return err
	}
	if q.at, err = readMoment(params); err != nil {
		return err
	}
	q.format = params.Get("format")
	if q.format == "" {
		q.format = params.Get("output")
	}
	if t := params.Get("timeout"); t != "" {
		if q.timeout, err = parseTimeout(t); err != nil {
			return err
		}
	}
	if params.Has("union-default-graph") {
		union, err := strconv.ParseBool(params.Get("union-default-graph"))
		if q.union = &union; err != nil {
			return problem(http.StatusBadRequest, "The default graph is not known", fmt.Sprintf("The parameter union-default-graph is %q; there is true for the union of all graphs, and false.", params.Get("union-default-graph")))
		}
	}
	if q.describe = s.c.Describe; params.Has("describe") {
		if q.describe, err = sparql.ParseDescription(params.Get("describe")); err != nil {
			return problem(http.StatusBadRequest, "The description is not known", fmt.Sprintf("The parameter describe: %v.", err))
		}
	}
	switch e := params.Get("explain"); strings.ToLower(e) {
	case "", "0", "false":
	case "1", "true", explainPlan:
		q.explain = explainPlan
	case explainProfile:
		q.explain = explainProfile
	default:
		return problem(http.StatusBadRequest, "What to explain is not known", fmt.Sprintf("The parameter explain is %q; there is 1 for the plan and profile for a run that is measured.", e))
	}
	return nil
}

// bodyType is the media type of the request's body; its text must be UTF-8 and not compressed.
func bodyType(r *http.Request) (string, error) {
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return "", problem(http.StatusUnsupportedMediaType, "The body is compressed", "Content-Encoding "+strconv.Quote(e)+" is not taken here.")
	}
	mt, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return "", nil //nolint:nilerr // the caller refuses the empty media type with a better message
	}
	if c, ok := params["charset"]; ok && !strings.EqualFold(c, "utf-8") {
		return "", problem(http.StatusUnsupportedMediaType, "The body is not UTF-8", "The charset is "+strconv.Quote(c)+".")
	}
	return mt, nil
}

func (s *Server) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	defer unhurried(w)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.c.MaxRequest))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, problem(http.StatusRequestEntityTooLarge, "The request is too large", fmt.Sprintf("At most %d bytes are taken.", tooLarge.Limit))
	case err != nil:
		return nil, unreadable(r, err)
	}
	return body, nil
}

// unreadable is what became of a request whose body could not be read to its end from the connection.
func unreadable(r *http.Request, err error) *Problem {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &Problem{Status: http.StatusRequestTimeout, Title: "The request took too long to arrive", cause: err}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, net.ErrClosed), r.Context().Err() != nil:
		return clientGone(err)
	}
	return &Problem{Status: http.StatusBadRequest, Title: "The request could not be read", cause: err}
}

// clientGone is the problem of a client that broke its connection, or takes nothing.
func clientGone(cause error) *Problem {
	return &Problem{Status: statusClientClosed, Title: "The client went away", cause: cause}
}

func graphParams(params url.Values, name string) ([]rdf.Term, error) {
	var graphs []rdf.Term
	for _, v := range params[name] {
		if err := iri.Check(v); err != nil {
			return nil, problem(http.StatusBadRequest, "A graph is not named by an IRI", fmt.Sprintf("%s: %v", name, err))
		}
		graphs = append(graphs, rdf.IRI(v))
	}
	return graphs, nil
}

// parseTimeout reads seconds ("2", "0.5") or a duration with a unit ("500ms").
func parseTimeout(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil {
		d, err = time.ParseDuration(s + "s")
	}
	if err != nil || d <= 0 {
		return 0, problem(http.StatusBadRequest, "The timeout cannot be read", fmt.Sprintf("It is %q; it should be a number of seconds.", s))
	}
	return d, nil
}

// graphArgs writes the dataset and the state of a request as parameters to append to an address that has some.
func (s *Server) graphArgs(q *queryRequest) string {
	v := url.Values{}
	for _, g := range q.defaults {
		v.Add("default-graph-uri", g.Value())
	}
	for _, g := range q.named {
		v.Add("named-graph-uri", g.Value())
	}
	if at := atParam(q.at); at != "" {
		v.Set("at", at)
	}
	if q.describe != s.c.Describe {
		v.Set("describe", q.describe.String())
	}
	if q.union != nil {
		v.Set("union-default-graph", strconv.FormatBool(*q.union))
	}
	if len(v) == 0 {
		return ""
	}
	return "&" + v.Encode()
}
