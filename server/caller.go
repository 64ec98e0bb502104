package server

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"triplestore/rdf"
	"triplestore/server/access"
	"triplestore/store"
)

// callerOf is who makes a request. Without one it is somebody without a token: what forgets to say who asks gets what everyone may see.
func (s *Server) callerOf(ctx context.Context) *access.Caller {
	if in := requestInfo(ctx); in != nil && in.who != nil {
		return in.who
	}
	return s.policy.Get().Anonymous()
}

// data is the store as the caller of a request may see and change it. Everything that answers a request goes through it: nothing else
// in this package may use the store itself, which a test of the source checks.
func (s *Server) data(ctx context.Context) store.Store {
	return s.views.For(ctx, s.callerOf(ctx).Rights, nil)
}

// scope names what the caller of a request may see; it is empty for those from whom nothing is hidden. What is computed from a state of
// the store and kept for the next request is kept by the state and the scope.
func (s *Server) scope(ctx context.Context) string { return s.callerOf(ctx).Rights.Scope() }

// stateKey is a key for what is kept of a state.
func (s *Server) stateKey(ctx context.Context, c store.Commit) string {
	return stateTag(c) + "~" + s.scope(ctx)
}

// everHeld reports whether a term was ever in the store, in whatever graph. It saves a search through older states, and its
// answer may be seen in nothing but the time that takes.
func (s *Server) everHeld(t rdf.Term) (bool, error) {
	snap, err := s.whole.Snapshot()
	if err != nil {
		return false, err
	}
	defer snap.Close()
	_, ok, err := snap.ID(t)
	return ok, err
}

// identify finds out who makes a request and marks the answer as meant for that caller.
func (s *Server) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		policy := s.policy.Get()
		caller, err := policy.Identify(r.Context(), r.Header)
		if policy.Authenticates() {
			addVary(w.Header(), "Authorization")
		}
		in := requestInfo(r.Context())
		in.address = s.c.Addresses.Of(r)
		if err != nil {
			key := s.addressKey(r)
			if s.enter(w, r, key) {
				s.clients.Leave(key)
				p := s.tokenProblem(w, err)
				if terr := s.try(r); terr == nil { // else the log tells why nothing can be written down
					attemptOf(r.Context()).end(r.Context(), store.Result{}, 0, p)
				}
				s.fail(w, r, p)
			}
			return
		}
		in.who = caller
		scope := caller.Rights.Scope()
		scopeConditions(r.Header, scope)
		if scope == "" && !caller.Known() {
			next.ServeHTTP(w, r)
			return
		}
		scoped := &scopedWriter{ResponseWriter: w, scope: scope, private: caller.Known()}
		next.ServeHTTP(scoped, r)
		scoped.mark() // what wrote nothing is answered with its header alone
	})
}

// tokenProblem answers who shows a token that is not valid. What exactly is wrong with it is for the log.
func (s *Server) tokenProblem(w http.ResponseWriter, err error) *Problem {
	if errors.Is(err, access.ErrUnavailable) {
		p := problem(http.StatusServiceUnavailable, "The token cannot be checked", "Its issuer cannot be reached. Please try again in a moment.")
		p.retryAfter, p.cause = "10", err
		return p
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="triplestore", error="invalid_token"`)
	p := problem(http.StatusUnauthorized, "The token is not the right one", "It is not known here, not meant for this server, or has expired. "+
		"Without a token the request gets what everyone may see.")
	p.cause = err
	return p
}

// scopedWriter gives entity tags the scope of the caller and keeps shared caches from storing what is not for everyone.
type scopedWriter struct {
	http.ResponseWriter
	scope   string
	private bool
	done    bool
}

// scopeMark stands between an entity tag and the scope.
const scopeMark = "~"

func (w *scopedWriter) WriteHeader(status int) {
	if status >= 200 {
		w.mark()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *scopedWriter) mark() {
	if w.done {
		return
	}
	w.done = true
	h := w.Header()
	if tag, ok := strings.CutSuffix(h.Get("ETag"), `"`); ok && w.scope != "" {
		h.Set("ETag", tag+scopeMark+w.scope+`"`)
	}
	if w.private && !strings.Contains(h.Get("Cache-Control"), "no-store") {
		h.Set("Cache-Control", "private, no-cache")
	}
}

func (w *scopedWriter) Write(b []byte) (int, error) {
	if !w.done {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach flushing and deadlines.
func (w *scopedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush is for wrappers that look for http.Flusher.
func (w *scopedWriter) Flush() {
	if !w.done {
		w.WriteHeader(http.StatusOK)
	}
	if f, ok := w.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// scopeConditions takes the scope off the entity tags of a request, so that handlers see the tags that they make. A tag of another
// scope becomes one that fits nothing.
func scopeConditions(h http.Header, scope string) {
	const other = `"other"`
	for _, name := range []string{"If-Match", "If-None-Match"} {
		values := h.Values(name)
		if len(values) == 0 {
			continue
		}
		var tags []string
		for _, v := range values {
			for tag := range strings.SplitSeq(v, ",") {
				tag = strings.TrimSpace(tag)
				bare, marked := strings.CutSuffix(tag, scopeMark+scope+`"`)
				switch {
				case tag == "*":
				case scope == "" && !strings.Contains(tag, scopeMark):
				case scope != "" && marked:
					tag = bare + `"`
				default:
					tag = other
				}
				tags = append(tags, tag)
			}
		}
		h[name] = []string{strings.Join(slices.Compact(tags), ", ")}
	}
}

// mayWrite lets those through who may change something. The error is a *Problem.
func (s *Server) mayWrite(w http.ResponseWriter, r *http.Request) error {
	caller, policy := s.callerOf(r.Context()), s.policy.Get()
	switch {
	case caller.Writes() && (caller.Known() || s.ownOrigin(r)):
		return nil
	case caller.Writes():
		return problem(http.StatusForbidden, "Updates from pages of other sites are refused",
			"The request says that a page of another site made it. Who may write should have a token where such pages are to be let in.")
	case caller.Known():
		return problem(http.StatusForbidden, "The token gives no right to write", "")
	case policy.Authenticates():
		w.Header().Set("WWW-Authenticate", `Bearer realm="triplestore"`)
		return problem(http.StatusUnauthorized, "Updates need a token", "It is sent as the header Authorization: Bearer TOKEN.")
	}
	return problem(http.StatusForbidden, "This server takes no updates",
		"Updates are closed unless the server is started with a token (triplestore serve --update-token-file FILE, or the environment "+
			"variable TRIPLESTORE_TOKEN), which requests then send as Authorization: Bearer TOKEN, with a file of access rights (--access FILE), "+
			"or with --allow-anonymous-writes, which lets everyone write who reaches it.")
}

// mayWriteTo refuses early, before a document is taken in, what the store would refuse. The error is a *Problem.
func (s *Server) mayWriteTo(r *http.Request, t graphTarget) error {
	rights := s.callerOf(r.Context()).Rights
	switch {
	case t.all && r.Method == http.MethodPut && !rights.Write.All():
		return problem(http.StatusForbidden, "The right to write is missing", "This changes all graphs, for which the right to write every graph is needed.")
	case !t.all && !rights.MayWrite(t.graph):
		return problem(http.StatusForbidden, "The right to write is missing", "There is no right to write "+t.String()+".")
	}
	return nil
}
