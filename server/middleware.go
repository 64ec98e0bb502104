package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"triplestore/server/access"
	"triplestore/server/tracing"
)

// info is what the parts of a request tell the log.
type info struct {
	id      string // of the request, in every line of the log about it
	trace   string // the id of its trace, or empty
	problem *Problem
	who     *access.Caller // who asks, once that is known
	address netip.Addr     // of who asks
	work    time.Duration
	turn    *turn // the slot that it has
	attempt *attempt
	rows    int64  // and triples that were sent
	spilled int64  // bytes of temporary files
	route   string // the template of the path, for metrics
	kind    string // of a query or another operation on data, for metrics
	slow    bool
}

// caller is the name of who asks, empty for somebody without a token.
func (in *info) caller() string {
	if in.who == nil {
		return ""
	}
	return in.who.Name
}

// client is the address of who asks.
func (in *info) client() string { return in.address.String() }

type infoKey struct{}

func requestInfo(ctx context.Context) *info {
	if c, ok := ctx.(*requestContext); ok {
		return &c.info
	}
	i, _ := ctx.Value(infoKey{}).(*info)
	return i
}

// requestContext is the context of a request. It is asked for the info many times.
type requestContext struct {
	context.Context
	info info
}

func (c *requestContext) Value(key any) any {
	if key == (infoKey{}) {
		return &c.info
	}
	return c.Context.Value(key)
}

// requestID is what the log calls a request by.
func requestID(ctx context.Context) slog.Attr {
	if in := requestInfo(ctx); in != nil {
		return in.ids()
	}
	return slog.String("request", "")
}

// ids are those of the request and, if it is traced, of its trace.
func (in *info) ids() slog.Attr {
	if in.trace == "" {
		return slog.String("request", in.id)
	}
	return slog.Group("", slog.String("request", in.id), slog.String("trace", in.trace)) // without a name a group is its members
}

// slowText is how much of a slow query the log shows.
const slowText = 4000

// slow logs a query that took long, with its text.
func (s *Server) slow(ctx context.Context, text string, start time.Time) {
	took := time.Since(start)
	if s.c.SlowQuery <= 0 || took < s.c.SlowQuery {
		return
	}
	if len(text) > slowText {
		text = strings.ToValidUTF8(text[:slowText], "") + "…"
	}
	if in := requestInfo(ctx); in != nil {
		in.slow = true
	}
	s.c.Log.LogAttrs(ctx, slog.LevelWarn, "slow query", requestID(ctx), slog.Duration("took", took), slog.String("query", text))
}

// record logs every request when it ends.
func (s *Server) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		ctx, span := s.c.Tracer.Request(r)
		x := &struct { // for one allocation
			rec recorder
			ctx requestContext
		}{newRecorder(w, s.c.Stall), requestContext{ctx, info{id: newID(), trace: tracing.ID(ctx)}}}
		rec, in := &x.rec, &x.ctx.info
		rec.moveOn(start)
		defer func() { rec.moveOn(time.Now()) }() // for what net/http sends when the handler has ended
		ended := false
		s.metrics.Begin()
		defer func() {
			took := time.Since(start)
			status := rec.status
			if in.problem == nil && rec.failed != nil {
				in.problem = clientGone(rec.failed)
			}
			if in.problem != nil {
				status = in.problem.Status
			}
			s.measure(r, in, status, rec.bytes, took, ended)
			s.logRequest(r, in, status, rec.bytes, took, ended)
			trace(span, r, in, status, ended)
		}()
		next.ServeHTTP(rec, r.WithContext(&x.ctx))
		ended = true
	})
}

// logRequest writes the line of the log about a request that has ended.
func (s *Server) logRequest(r *http.Request, in *info, status int, bytes int64, took time.Duration, ended bool) {
	level := slog.LevelInfo
	if in.problem != nil && status >= 500 {
		level = slog.LevelError
	}
	if !s.c.Log.Enabled(r.Context(), level) {
		return
	}
	attrs := append(make([]slog.Attr, 0, 10), in.ids(), slog.String("method", r.Method), slog.String("path", r.URL.EscapedPath()))
	if p := in.problem; p != nil {
		attrs = append(attrs, slog.String("problem", p.Title))
		if p.ID != "" {
			attrs = append(attrs, slog.String("id", p.ID))
		}
		if p.cause != nil {
			attrs = append(attrs, slog.Any("cause", p.cause))
		}
	}
	if name := in.caller(); name != "" {
		attrs = append(attrs, slog.String("caller", name))
	}
	if !ended {
		attrs = append(attrs, slog.Bool("aborted", true))
	}
	attrs = append(attrs, slog.Int("status", status), slog.Int64("bytes", bytes), slog.Duration("took", took))
	if in.rows > 0 {
		attrs = append(attrs, slog.Int64("rows", in.rows))
	}
	if in.spilled > 0 {
		attrs = append(attrs, slog.Int64("spilled", in.spilled))
	}
	s.c.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// catch turns a panic into an answer with an id, or breaks the connection where an answer has begun.
func (s *Server) catch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { //nolint:errorlint // it is panicked with as it is
				panic(v)
			}
			p := internal(fmt.Errorf("panic: %v", v))
			s.c.Log.LogAttrs(r.Context(), slog.LevelError, "panic", requestID(r.Context()), slog.String("id", p.ID), slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
			if rec, ok := w.(*recorder); !ok || rec.status != 0 {
				panic(http.ErrAbortHandler)
			}
			s.fail(w, r, p)
		}()
		next.ServeHTTP(w, r)
	})
}

// contentSecurity allows pages nothing but their own style, icon and forms.
const contentSecurity = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// everyAnswer are the headers of every answer, with their names as net/http writes them.
var everyAnswer = []struct {
	name   string
	values []string
}{
	{"Access-Control-Allow-Origin", []string{"*"}},
	{"Access-Control-Expose-Headers", []string{"Allow, Content-Location, ETag, Link, Location, Memento-Datetime, Retry-After, Vary"}},
	{"Content-Security-Policy", []string{contentSecurity}},
	{"X-Content-Type-Options", []string{"nosniff"}},
	{"Referrer-Policy", []string{"no-referrer"}},
	{"Cross-Origin-Opener-Policy", []string{"same-origin"}},
	{"Cross-Origin-Resource-Policy", []string{"cross-origin"}}, // what scripts of all origins may read, their pages may embed
	{"Permissions-Policy", []string{"camera=(), geolocation=(), microphone=(), payment=(), usb=()"}},
}

// headers sets what every response has. Reading is open to scripts of all origins (https://fetch.spec.whatwg.org/#http-cors-protocol):
// there are no credentials that could be abused.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for i := range everyAnswer { // values without room, so that nobody can add to them
			h[everyAnswer[i].name] = everyAnswer[i].values
		}
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// methods lets only some methods through and answers OPTIONS.
func methods(next http.HandlerFunc, fail func(http.ResponseWriter, *http.Request, *Problem), allowed ...string) http.Handler {
	allow := strings.Join(append(slices.Clone(allowed), http.MethodOptions), ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case slices.Contains(allowed, r.Method):
			next(w, r)
		case r.Method == http.MethodOptions:
			h := w.Header()
			h.Set("Allow", allow)
			if slices.Contains(allowed, methodQuery) {
				h.Set("Accept-Query", typeQuery)
				h.Set("Accept-Post", typeQuery+", "+typeForm)
			}
			h.Set("Access-Control-Allow-Methods", allow)
			h.Set("Access-Control-Allow-Headers", "Accept, Accept-Language, Content-Type, If-Match, If-None-Match")
			h.Set("Access-Control-Max-Age", "86400")
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Allow", allow)
			fail(w, r, problem(http.StatusMethodNotAllowed, "The method is not allowed here", "Allowed are "+allow+"."))
		}
	})
}
