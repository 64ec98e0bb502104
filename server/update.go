package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"triplestore/internal/egress"
	"triplestore/rdf"
	"triplestore/server/tracing"
	"triplestore/sparql"
	"triplestore/store"
)

// updateRequest is an update operation of the SPARQL Protocol (https://www.w3.org/TR/sparql11-protocol/#update-operation).
type updateRequest struct {
	text     string
	defaults []rdf.Term
	named    []rdf.Term
	timeout  time.Duration // 0: the server's
}

// updateAnswer is the body of the response to an update that was carried out.
type updateAnswer struct {
	Operations int       `json:"operations"`
	Inserted   uint64    `json:"inserted"`
	Deleted    uint64    `json:"deleted"`
	Commit     uint64    `json:"commit"`
	Time       time.Time `json:"time"`
}

// update answers the update operation of the SPARQL Protocol.
func (s *Server) update(w http.ResponseWriter, r *http.Request) {
	if err := s.carryOut(w, r); err != nil {
		p := problemOf(r.Context(), err)
		p.Title = strings.Replace(p.Title, "The query", "The update", 1)
		attemptOf(r.Context()).end(r.Context(), store.Result{}, 0, p)
		s.fail(w, r, p)
	}
}

func (s *Server) carryOut(w http.ResponseWriter, r *http.Request) error {
	kind(r, "update")
	if err := s.try(r); err != nil {
		return err
	}
	if err := s.mayWrite(w, r); err != nil {
		return err
	}
	u, err := s.readUpdate(w, r)
	if err != nil {
		return err
	}
	timeout := s.c.UpdateTimeout
	if u.timeout > 0 {
		timeout = min(u.timeout, timeout)
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), timeout, sparql.ErrTimeout)
	defer cancel()
	turn, err := s.writes.take(ctx)
	if err != nil {
		return err
	}
	defer turn.give()
	defer s.slow(ctx, u.text, time.Now())
	o := s.engine.Options()
	o.Timeout, o.TempDir = 0, s.c.TempDir // ctx has the time, with the wait
	if len(u.defaults)+len(u.named) > 0 {
		o.Dataset, o.Default, o.Named = true, u.defaults, u.named
	}
	working, running := tracing.Start(ctx, "execute")
	running.Query(u.text)
	done, err := s.engine.UpdateWith(working, traced(working, s.writable(ctx)), u.text, o)
	running.End(err)
	if err != nil {
		return err
	}
	attemptOf(ctx).end(ctx, done.Result, done.Operations, nil)
	s.c.Log.LogAttrs(ctx, slog.LevelInfo, "update", requestID(ctx), slog.Int("operations", done.Operations), slog.Uint64("inserted", done.Inserted),
		slog.Uint64("deleted", done.Deleted), slog.Uint64("commit", done.Number))
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	body, err := json.Marshal(updateAnswer{done.Operations, done.Inserted, done.Deleted, done.Number, done.Time})
	if err != nil {
		return err
	}
	w.Write(append(body, '\n')) //nolint:errcheck // the client is gone
	return nil
}

// ownOrigin reports whether a request does not come from a page of another site. Browsers say where a request comes from; the Host
// header is believed only where no site can have that name, so that a name that leads to this machine is of no use.
func (s *Server) ownOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		site := r.Header.Get("Sec-Fetch-Site")
		return site == "" || site == "none" || site == "same-origin"
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	if base, err := url.Parse(s.c.Base); err == nil && base.Scheme == u.Scheme && strings.EqualFold(base.Host, u.Host) {
		return true
	}
	host := u.Hostname()
	_, notIP := netip.ParseAddr(host)
	return u.Host == r.Host && (notIP == nil || host == "localhost")
}

// readUpdate takes a request apart. The error is a *Problem.
func (s *Server) readUpdate(w http.ResponseWriter, r *http.Request) (updateRequest, error) {
	var u updateRequest
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return u, problem(http.StatusBadRequest, "The parameters cannot be read", err.Error())
	}
	mt, err := bodyType(r)
	if err != nil {
		return u, err
	}
	if mt != typeUpdate && mt != typeForm {
		w.Header().Set("Accept-Post", typeUpdate+", "+typeForm)
		return u, problem(http.StatusUnsupportedMediaType, "The body has a media type that is not taken here",
			fmt.Sprintf("It is %q; an update is sent as %s or %s.", mt, typeUpdate, typeForm))
	}
	body, err := s.readBody(w, r)
	if err != nil {
		return u, err
	}
	if params.Has("update") {
		return u, problem(http.StatusBadRequest, "There is an update in the address", "It is sent in the body.")
	}
	if mt == typeUpdate {
		u.text = string(body)
	} else {
		form, err := parseForm(string(body))
		if err != nil {
			return u, problem(http.StatusBadRequest, "The form cannot be read", err.Error())
		}
		for k, v := range form {
			params[k] = append(params[k], v...)
		}
		switch n := len(params["update"]); {
		case n == 0:
			return u, problem(http.StatusBadRequest, "There is no update", "An update is sent as the parameter update, or as a body of type "+typeUpdate+".")
		case n > 1:
			return u, problem(http.StatusBadRequest, "There is more than one update",
				"The parameter update may be given once; its operations are separated by semicolons.")
		}
		u.text = params.Get("update")
	}
	if params.Has("at") {
		return u, problem(http.StatusBadRequest, "Older states cannot be changed", "The parameter at is for queries.")
	}
	if params.Has("query") {
		return u, problem(http.StatusBadRequest, "There is a query", "Queries are sent to /sparql.")
	}
	if !utf8.ValidString(u.text) {
		return u, problem(http.StatusBadRequest, "The update is not valid UTF-8", "")
	}
	if u.defaults, err = graphParams(params, "using-graph-uri"); err != nil {
		return u, err
	}
	if u.named, err = graphParams(params, "using-named-graph-uri"); err != nil {
		return u, err
	}
	if t := params.Get("timeout"); t != "" {
		if u.timeout, err = parseTimeout(t); err != nil {
			return u, err
		}
	}
	return u, nil
}

// updateProblem is what an update gets that is sent to the address of queries.
func updateProblem() *Problem {
	return problem(http.StatusBadRequest, "Updates are not taken here", "They are sent to /update.")
}

// operationProblem is what the client sees of an operation that could not be carried out.
func operationProblem(e *sparql.UpdateError) *Problem {
	switch e.Reason {
	case sparql.Denied:
		return problem(http.StatusForbidden, "The right to write is missing", e.Error())
	case sparql.GraphExists, sparql.NoGraph:
		return problem(http.StatusConflict, "The update does not fit the graphs that are there", e.Error())
	case sparql.LoadRefused:
		return problem(http.StatusForbidden, "The update may not load documents", e.Error())
	case sparql.LoadFailed:
		if errors.As(e, new(*egress.RefusedError)) {
			return problem(http.StatusForbidden, "The update may not load this document", e.Error())
		}
		return problem(http.StatusBadGateway, "A document could not be loaded", e.Error())
	}
	return problem(http.StatusBadRequest, "The update contradicts its parameters", e.Error())
}
