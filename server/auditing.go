package server

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"triplestore/rdf"
	"triplestore/server/audit"
	"triplestore/store"
)

// attempt is a change that is being tried. A nil one, where there is no audit log, notes nothing.
type attempt struct {
	server *Server
	entry  audit.Entry

	mu    sync.Mutex
	ended bool
}

// auditedGraphs is how many graphs an entry lists.
const auditedGraphs = 1000

// attempted names the change that a request is for; it is empty for requests that change nothing.
func attempted(r *http.Request) string {
	path := r.URL.EscapedPath()
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodDelete:
		if path == graphsPath || strings.HasPrefix(path, graphsPath+"/") {
			return r.Method + " " + r.URL.RequestURI()
		}
		if path == updatePath && r.Method == http.MethodPost {
			return "update"
		}
	}
	return ""
}

// try begins an attempt, if the request is for a change. The error is a *Problem: where nothing can be written down, nothing is changed.
func (s *Server) try(r *http.Request) error {
	in, operation := requestInfo(r.Context()), attempted(r)
	if s.c.Audit == nil || in == nil || operation == "" {
		return nil
	}
	if err := s.c.Audit.Ready(); err != nil {
		p := problem(http.StatusServiceUnavailable, "Changes are not taken now", "They could not be written to the audit log.")
		p.cause = err
		return p
	}
	in.attempt = &attempt{server: s, entry: audit.Entry{Request: in.id, Caller: in.caller(), Client: in.client(), Operation: operation}}
	return nil
}

func attemptOf(ctx context.Context) *attempt {
	if in := requestInfo(ctx); in != nil {
		return in.attempt
	}
	return nil
}

// writable is the store as the caller may change it, with the attempt watching.
func (s *Server) writable(ctx context.Context) store.Store {
	a := attemptOf(ctx)
	if a == nil {
		return s.data(ctx)
	}
	return s.views.For(ctx, s.callerOf(ctx).Rights, a.touch)
}

// touch notes a graph; the zero Term is the default graph.
func (a *attempt) touch(graph rdf.Term) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case len(a.entry.Graphs) >= auditedGraphs:
		a.entry.MoreGraphs++
	case graph.IsZero():
		a.entry.Graphs = append(a.entry.Graphs, "default")
	case graph.IsIRI():
		a.entry.Graphs = append(a.entry.Graphs, graph.Value())
	default:
		a.entry.Graphs = append(a.entry.Graphs, graph.String())
	}
}

// end writes down what became of the attempt.
func (a *attempt) end(ctx context.Context, done store.Result, operations int, err error) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return
	}
	a.ended = true
	e := &a.entry
	e.Time, e.Outcome, e.Operations = time.Now().UTC(), audit.Done, operations
	e.Inserted, e.Deleted, e.Commit = done.Inserted, done.Deleted, done.Number
	if err != nil {
		p := problemOf(ctx, err)
		e.Outcome, e.Reason = audit.Failed, p.Title
		if p.Status == http.StatusForbidden || p.Status == http.StatusUnauthorized {
			e.Outcome = audit.Refused
		}
	}
	if err := a.server.c.Audit.Write(*e); err != nil {
		a.server.c.Log.LogAttrs(ctx, slog.LevelError, "audit log", requestID(ctx), slog.Any("error", err), slog.Uint64("commit", e.Commit))
	}
}
