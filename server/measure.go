package server

import (
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"triplestore/server/metrics"
)

const (
	metricsPath = "/metrics"
	sparqlPath  = "/sparql"
	updatePath  = "/update"
)

// otherRoute is the route of requests that no route takes.
const otherRoute = "other"

// noteRoute tells the log and the metrics which route a request takes.
func noteRoute(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if in := requestInfo(r.Context()); in != nil {
			in.route = routeName(r)
		}
		next.ServeHTTP(w, r)
	})
}

// direct takes the requests for one path before the router looks at all of its routes.
func direct(path string, to, others http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path || r.URL.RawPath != "" {
			others.ServeHTTP(w, r)
			return
		}
		if in := requestInfo(r.Context()); in != nil {
			in.route = path
		}
		to.ServeHTTP(w, r)
	})
}

func routeName(r *http.Request) string {
	route := mux.CurrentRoute(r)
	if route == nil {
		return otherRoute
	}
	if name := route.GetName(); name != "" {
		return name
	}
	path, err := route.GetPathTemplate()
	if err != nil {
		return otherRoute
	}
	return path
}

// kind says what kind of work a request is, for the metrics.
func kind(r *http.Request, name string) {
	if in := requestInfo(r.Context()); in != nil {
		in.kind = name
	}
}

// measure hands a request that has ended to the metrics.
func (s *Server) measure(r *http.Request, in *info, status int, bytes int64, took time.Duration, ended bool) {
	m := metrics.Request{Route: in.route, Method: r.Method, Status: status, Took: took, Bytes: bytes, Kind: in.kind, Rows: in.rows, Spilled: in.spilled, Slow: in.slow}
	if m.Route == "" {
		m.Route = otherRoute
	}
	if in.problem != nil {
		m.Reason = reason(in.problem)
	} else if !ended {
		m.Reason = "aborted"
	}
	s.metrics.End(m)
}

// reason sorts problems into a few kinds.
func reason(p *Problem) string {
	switch {
	case p.reason != "":
		return p.reason
	case p.Status == statusClientClosed:
		return "client gone"
	case p.Status == http.StatusBadRequest:
		return "invalid"
	case p.retryAfter != "":
		return "busy"
	case p.Status >= 500:
		return "server"
	}
	return "refused"
}

// Metrics answers with the server's metrics, for a listener that only those reach who may see them: they count what all graphs hold.
func (s *Server) Metrics() http.Handler { return s.metrics.Handler() }

// Health answers as /healthz does, without access control and limits: 200 while the store can be read.
func (s *Server) Health() http.Handler { return http.HandlerFunc(s.health) }

// Readiness answers as /readyz does, without access control and limits: 503 while the server stops or has too much to do.
func (s *Server) Readiness() http.Handler { return http.HandlerFunc(s.ready) }

// serveMetrics answers at the public address, if the configuration opens it, or an administrator.
func (s *Server) serveMetrics(w http.ResponseWriter, r *http.Request) {
	if caller := s.callerOf(r.Context()); !s.c.PublicMetrics && !caller.Admin {
		p := problem(http.StatusForbidden, "The metrics are closed", "They count what all graphs hold. They are shown to administrators, on the address of "+
			"--metrics-listen, and to everyone with --public-metrics.")
		if !caller.Known() && s.policy.Get().Authenticates() {
			w.Header().Set("WWW-Authenticate", `Bearer realm="triplestore"`)
			p.Status = http.StatusUnauthorized
		}
		s.fail(w, r, p)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	s.metrics.Handler().ServeHTTP(w, r)
}
