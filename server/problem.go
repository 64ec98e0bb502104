package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"triplestore/internal/diskspace"
	"triplestore/rdf/jsonld"
	"triplestore/rdf/rdfxml"
	"triplestore/sparql"
	"triplestore/sparql/syntax"
	"triplestore/store"
	"triplestore/store/visible"
)

// Problem is an error as RFC 9457 has it (application/problem+json).
type Problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	// Line and Column are the place in the text of the query, counted from 1.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// ID is what to look for in the log of the server.
	ID string `json:"id,omitempty"`
	// Accepted lists what could have been asked for.
	Accepted []string `json:"accepted,omitempty"`

	excerpt    string // the line of the query with a caret, for people
	retryAfter string
	reason     string // for the metrics, where the status does not tell
	cause      error  // for the log
}

// statusClientClosed is what the log shows for a request whose client went away; nobody receives it.
const statusClientClosed = 499

func problem(status int, title, detail string) *Problem {
	return &Problem{Status: status, Title: title, Detail: detail}
}

// problemOf is the one table from the errors of a query to what a client sees.
func problemOf(ctx context.Context, err error) *Problem {
	var syntaxErr *syntax.Error
	var unsupported *sparql.UnsupportedError
	var operation *sparql.UpdateError
	var remote *sparql.ServiceError
	var parameter *sparql.ParameterError
	var denied *visible.DeniedError
	var own *Problem
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &syntaxErr):
		return &Problem{Status: http.StatusBadRequest, Title: "The query is not valid SPARQL", Detail: syntaxErr.Error(), Line: syntaxErr.Line,
			Column: syntaxErr.Column, excerpt: syntaxErr.Snippet()}
	case errors.As(err, &parameter):
		return problem(http.StatusBadRequest, "A parameter of the query is wrong", err.Error())
	case errors.As(err, &operation):
		return operationProblem(operation)
	case errors.As(err, &denied):
		return problem(http.StatusForbidden, "The right to write is missing", err.Error())
	case errors.As(err, &unsupported):
		return problem(http.StatusNotImplemented, "The query uses a feature that is not here yet", unsupported.Error())
	case errors.Is(err, sparql.ErrServiceRefused):
		return problem(http.StatusForbidden, "The query asks an endpoint that is not allowed", err.Error())
	case errors.As(err, &remote):
		return remoteProblem(remote)
	case errors.Is(err, sparql.ErrTimeout), errors.Is(err, sparql.ErrRegexTimeout), errors.Is(err, context.DeadlineExceeded):
		return limited(http.StatusServiceUnavailable, "The query took too long", "timeout", err)
	case errors.Is(err, sparql.ErrDisk):
		p := limited(http.StatusRequestEntityTooLarge, "The query needs too much memory", "memory", sparql.ErrDisk)
		p.cause = err // for the log: it may name paths
		return p
	case errors.Is(err, sparql.ErrMemory):
		return limited(http.StatusRequestEntityTooLarge, "The query needs too much memory", "memory", err)
	case errors.Is(err, sparql.ErrString):
		return limited(http.StatusRequestEntityTooLarge, "The query makes too long a string", "memory", err)
	case errors.Is(err, sparql.ErrPool):
		return limited(http.StatusServiceUnavailable, "The server has no memory left for the query now", "memory", err)
	case diskspace.Full(err):
		return fullDisk(err)
	case errors.Is(err, sparql.ErrTooManyRows):
		return limited(http.StatusRequestEntityTooLarge, "The query has too many results", "rows", err)
	case errors.Is(err, context.Canceled):
		if ctx.Err() != nil {
			return clientGone(err)
		}
		return problem(http.StatusServiceUnavailable, "The server is stopping", "")
	case errors.Is(err, rdfxml.ErrPredicate), errors.Is(err, rdfxml.ErrCharacter), errors.Is(err, jsonld.ErrTripleTerm), errors.Is(err, jsonld.ErrTerm):
		return problem(http.StatusNotAcceptable, "The format that was asked for cannot hold the answer", err.Error())
	case errors.Is(err, store.ErrNoCommit), errors.Is(err, store.ErrNoHistory):
		return problem(http.StatusNotFound, "The state that was asked for is not here", err.Error())
	case errors.Is(err, store.ErrClosed):
		return problem(http.StatusServiceUnavailable, "The server is stopping", "")
	}
	p := internal(err)
	if errors.Is(err, store.ErrCorrupt) {
		p.Title = "The store could not be read"
	}
	return p
}

func fullDisk(err error) *Problem {
	p := problem(http.StatusInsufficientStorage, "The disk of the store is full", "Nothing has changed. Reading goes on, and so does writing once there is room.")
	p.cause = err // for the log: it names paths
	return p
}

// limited is a problem of a query that met one of its limits.
func limited(status int, title, reason string, err error) *Problem {
	return &Problem{Status: status, Title: title, Detail: err.Error(), reason: reason}
}

// remoteProblem tells what became of a SERVICE, as a gateway does.
func remoteProblem(e *sparql.ServiceError) *Problem {
	if t := (interface{ Timeout() bool })(nil); errors.As(e, &t) && t.Timeout() {
		return problem(http.StatusGatewayTimeout, "The query asks an endpoint that took too long", e.Error())
	}
	return problem(http.StatusBadGateway, "The query asks an endpoint that did not answer", e.Error())
}

// internal hides an error from the client behind an id that the log has too.
func internal(err error) *Problem {
	id := newID()
	return &Problem{Status: http.StatusInternalServerError, Title: "Something went wrong in the server",
		Detail: "The server's log tells more under the id " + id + ".", ID: id, cause: err}
}

func newID() string {
	var b [8]byte
	rand.Read(b[:]) //nolint:errcheck // it never returns an error, see its documentation
	return hex.EncodeToString(b[:])
}

// Error makes a Problem an error, so that helpers can return it.
func (p *Problem) Error() string {
	if p.Detail == "" {
		return p.Title
	}
	return p.Title + ": " + p.Detail
}

// Unwrap gives what the client does not see.
func (p *Problem) Unwrap() error { return p.cause }

// fail answers a request with a problem: as a page for a reader, else as JSON. Nothing must have been written yet.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, p *Problem) {
	if info := requestInfo(r.Context()); info != nil {
		info.problem = p
	}
	if p.Status == statusClientClosed {
		panic(http.ErrAbortHandler) // else net/http would answer with 200, and a client may have closed its own side only
	}
	h := w.Header()
	p.header(h)
	addVary(h, "Accept")
	if prefersHTML(r) {
		s.errorPage(w, r, p)
		return
	}
	body, err := json.Marshal(p)
	if err != nil {
		body = fmt.Appendf(nil, `{"status":%d}`, p.Status)
	}
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		w.Write(append(body, '\n')) //nolint:errcheck // the client is gone
	}
}

// header takes what was meant for another answer out of a header, and adds what an answer with the problem has.
func (p *Problem) header(h http.Header) {
	for _, name := range []string{"ETag", "Link", "Content-Disposition", "Content-Length", "Content-Location", "Memento-Datetime"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	if p.retryAfter != "" {
		h.Set("Retry-After", p.retryAfter)
	}
}

// What most answers vary by. The values have no room, so that nobody can add to them.
var (
	varyEncoding = []string{"Accept-Encoding"}
	varyAccept   = []string{"Accept-Encoding", "Accept"}
)

// addVary adds names of headers to Vary, as they are written in RFC 9110.
func addVary(h http.Header, names ...string) {
	for _, n := range names {
		switch now := h["Vary"]; {
		case n == varyEncoding[0] && len(now) == 0:
			h["Vary"] = varyEncoding
			continue
		case n == varyAccept[1] && len(now) == 1 && now[0] == varyEncoding[0]:
			h["Vary"] = varyAccept
			continue
		}
		found := false
		for _, v := range h.Values("Vary") {
			found = found || v == n
		}
		if !found {
			h.Add("Vary", n)
		}
	}
}
