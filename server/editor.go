package server

import (
	"errors"
	"fmt"
	"net/http"
	"unicode/utf16"
	"unicode/utf8"

	"triplestore/sparql/algebra"
	"triplestore/sparql/syntax"
)

// What editors ask while somebody writes: is the text right, and how would it look well.

const (
	checkPath  = "/sparql/check"
	formatPath = "/sparql/format"
)

// checkResult tells whether a text is valid, and what it is.
type checkResult struct {
	Valid bool `json:"valid"`
	// Kind is query or update.
	Kind string `json:"kind"`
	// Form is SELECT, ASK, CONSTRUCT or DESCRIBE.
	Form      string   `json:"form,omitempty"`
	Variables []string `json:"variables,omitempty"`
	// Undeclared maps the prefixes that the text uses and the server knows, but that the text does not declare, to their IRIs.
	Undeclared map[string]string `json:"undeclared,omitempty"`
	Error      *textMistake      `json:"error,omitempty"`
}

// textMistake is a mistake in a text with its place.
type textMistake struct {
	// Line and Column count from 1, in characters.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Start and End are offsets from 0 in UTF-16 code units, as strings of JavaScript count.
	Start    int    `json:"start"`
	End      int    `json:"end"`
	Message  string `json:"message"`
	Expected string `json:"expected,omitempty"`
}

var formNames = map[syntax.Form]string{syntax.Select: "SELECT", syntax.Ask: "ASK", syntax.Construct: "CONSTRUCT", syntax.Describe: "DESCRIBE"}

// readText takes the text of a query or update from a body or a form. kind is empty where the request does not say which it is.
func (s *Server) readText(w http.ResponseWriter, r *http.Request) (text, kind string, err error) {
	mt, err := bodyType(r)
	if err != nil {
		return "", "", err
	}
	switch mt {
	case typeQuery:
		kind = "query"
	case typeUpdate:
		kind = "update"
	case typeForm, "text/plain":
	default:
		w.Header().Set("Accept-Post", typeQuery+", "+typeUpdate+", "+typeForm)
		return "", "", problem(http.StatusUnsupportedMediaType, "The body has a media type that is not taken here",
			fmt.Sprintf("It is %q; a text is sent as %s, %s or %s.", mt, typeQuery, typeUpdate, typeForm))
	}
	body, err := s.readBody(w, r)
	if err != nil {
		return "", "", err
	}
	text = string(body)
	if mt == typeForm {
		form, err := parseForm(text)
		if err != nil {
			return "", "", problem(http.StatusBadRequest, "The form cannot be read", err.Error())
		}
		for _, k := range []string{"query", "update"} {
			if form.Has(k) {
				if kind != "" || len(form[k]) > 1 {
					return "", "", problem(http.StatusBadRequest, "There is more than one text", "The parameter query or update is given once.")
				}
				text, kind = form.Get(k), k
			}
		}
		if kind == "" {
			return "", "", problem(http.StatusBadRequest, "There is no text", "It is sent as the parameter query or update.")
		}
	}
	if !utf8.ValidString(text) {
		return "", "", problem(http.StatusBadRequest, "The text is not valid UTF-8", "")
	}
	return text, kind, nil
}

func (s *Server) textOptions() syntax.Options {
	o := s.engine.Options()
	return syntax.Options{Base: o.Base, Prefixes: o.Prefixes}
}

// check reads a query or update with the parser of the endpoint and tells what is wrong with it.
func (s *Server) check(w http.ResponseWriter, r *http.Request) {
	text, kind, err := s.readText(w, r)
	if err != nil {
		s.fail(w, r, problemOf(r.Context(), err))
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	if err := writeJSON(w, r, s.checkText(text, kind)); err != nil {
		s.fail(w, r, internal(err))
	}
}

func (s *Server) checkText(text, kind string) checkResult {
	o := s.textOptions()
	var err error
	if kind != "update" {
		var q *syntax.Query
		if q, err = syntax.ParseQuery(text, o); err == nil {
			_, err = algebra.Translate(q)
		}
		if err == nil {
			return checkResult{Valid: true, Kind: "query", Form: formNames[q.Form], Variables: resultVariables(q), Undeclared: undeclared(q.Used, q.Prefixes)}
		}
		if kind == "query" {
			return checkResult{Kind: kind, Error: mistakeOf(text, err)}
		}
	}
	u, uerr := syntax.ParseUpdate(text, o)
	if uerr == nil {
		return checkResult{Valid: true, Kind: "update", Undeclared: undeclared(u.Used, u.Prefixes)}
	}
	var q, m *syntax.Error
	if kind == "" && errors.As(err, &q) && errors.As(uerr, &m) && m.Start <= q.Start { // what is neither is what it comes nearer to
		return checkResult{Kind: "query", Error: mistakeOf(text, err)}
	}
	return checkResult{Kind: "update", Error: mistakeOf(text, uerr)}
}

func resultVariables(q *syntax.Query) []string {
	if q.Form != syntax.Select {
		return nil
	}
	return q.Projected()
}

func undeclared(used, declared map[string]string) map[string]string {
	out := map[string]string{}
	for p, iri := range used {
		if _, ok := declared[p]; !ok {
			out[p] = iri
		}
	}
	return out
}

func mistakeOf(text string, err error) *textMistake {
	var e *syntax.Error
	if !errors.As(err, &e) {
		return &textMistake{Line: 1, Column: 1, Message: err.Error()}
	}
	start := utf16Length(text[:min(e.Start, len(text))])
	return &textMistake{Line: e.Line, Column: e.Column, Start: start, End: start + utf16Length(text[min(e.Start, len(text)):min(e.End, len(text))]),
		Message: e.Msg, Expected: e.Expected}
}

func utf16Length(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// format lays out a query or update.
func (s *Server) format(w http.ResponseWriter, r *http.Request) {
	text, kind, err := s.readText(w, r)
	if err == nil {
		text, err = syntax.Format(text, s.textOptions())
	}
	if err != nil {
		p := problemOf(r.Context(), err)
		if errors.Is(err, syntax.ErrFormat) {
			p = problem(http.StatusUnprocessableEntity, "The text cannot be laid out without changing it", "")
		}
		s.fail(w, r, p)
		return
	}
	mt := typeQuery
	if kind == "update" {
		mt = typeUpdate
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", mt+"; charset=utf-8")
	w.Write([]byte(text)) //nolint:errcheck // the client is gone
}
