// Package tracing sends traces of requests by OpenTelemetry's protocol, OTLP over HTTP. Spans are made only below one that a [Tracer]
// began, so that without a Tracer nothing is made and nothing is sent. No span holds the text of a query, unless the options say so, nor
// what a client authenticates with.
package tracing

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Options say where traces go. Sampler, name of the service and the like come from OpenTelemetry's environment variables.
type Options struct {
	// Endpoint is the URL of a collector, such as http://localhost:4318. Empty means that of OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or
	// OTEL_EXPORTER_OTLP_ENDPOINT.
	Endpoint string
	// QueryText adds the texts of queries and updates to their spans.
	QueryText bool
	// Version of the program.
	Version string
	// Log is told when traces cannot be sent.
	Log *slog.Logger
}

// Tracer makes the spans of requests. Nil makes none. It is safe for concurrent use.
type Tracer struct {
	tracer    trace.Tracer
	parents   bool // the client's traceparent counts
	queryText bool
	stop      func() error
}

// Wanted reports whether an endpoint is named, by the options or by the environment.
func Wanted(o Options) bool {
	if o.Endpoint != "" {
		return true
	}
	return (os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "") &&
		!strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") && os.Getenv("OTEL_TRACES_EXPORTER") != "none"
}

// Open makes a tracer, which Close must end. It is nil where no endpoint is named. The error is one of the settings: nothing is sent yet.
func Open(ctx context.Context, o Options) (*Tracer, error) {
	if !Wanted(o) {
		return nil, nil //nolint:nilnil // a nil Tracer is one that makes no spans
	}
	return open(ctx, o)
}

// Close sends what is left, which takes a few seconds at most.
func (t *Tracer) Close() error {
	if t == nil {
		return nil
	}
	return t.stop()
}

// Span is a piece of work in a trace. Nil is none: all methods do nothing.
type Span struct {
	span      trace.Span
	queryText bool
}

type key struct{}

var w3c propagation.TraceContext

// Request begins the span of a request that came in.
func (t *Tracer) Request(r *http.Request) (context.Context, *Span) {
	ctx := r.Context()
	if t == nil {
		return ctx, nil
	}
	if t.parents {
		ctx = w3c.Extract(ctx, propagation.HeaderCarrier(r.Header))
	}
	ctx, s := t.tracer.Start(ctx, method(r.Method), trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", method(r.Method)), attribute.String("url.path", r.URL.EscapedPath())))
	span := &Span{s, t.queryText}
	return context.WithValue(ctx, key{}, span), span
}

// method keeps names that a client made up out of the names of spans.
func method(m string) string {
	switch m {
	case "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY":
		return m
	}
	return "_OTHER"
}

// Answered ends the span of a request with its route and the status of the answer.
func (s *Span) Answered(r *http.Request, route string, status int, requestID, problem string) {
	if s == nil {
		return
	}
	s.span.SetName(method(r.Method) + " " + route)
	s.span.SetAttributes(attribute.String("http.route", route), attribute.Int("http.response.status_code", status), attribute.String("triplestore.request.id", requestID))
	if status >= 500 {
		s.span.SetStatus(codes.Error, problem)
	}
	s.span.End()
}

// Start begins a piece of the work that the context is of, or nothing where that is not traced.
func Start(ctx context.Context, name string) (context.Context, *Span) {
	parent, _ := ctx.Value(key{}).(*Span)
	if parent == nil {
		return ctx, nil
	}
	ctx, s := parent.span.TracerProvider().Tracer("triplestore/server").Start(ctx, name)
	span := &Span{s, parent.queryText}
	return context.WithValue(ctx, key{}, span), span
}

// Query adds the text of a query or update where the options want it.
func (s *Span) Query(text string) {
	if s != nil && s.queryText {
		s.span.SetAttributes(attribute.String("db.query.text", text))
	}
}

// Count adds a number, such as that of rows.
func (s *Span) Count(name string, n int64) {
	if s != nil {
		s.span.SetAttributes(attribute.Int64("triplestore."+name, n))
	}
}

// End ends the span. That err is not nil is told, its text is not: it may quote the query.
func (s *Span) End(err error) {
	if s == nil {
		return
	}
	if err != nil {
		s.span.SetStatus(codes.Error, "")
	}
	s.span.End()
}

// ID is the id of the trace that the context belongs to, or empty.
func ID(ctx context.Context) string {
	if s, _ := ctx.Value(key{}).(*Span); s != nil {
		return s.span.SpanContext().TraceID().String()
	}
	return ""
}

// Outgoing begins the span of a request that the program sends, below that of the context if there is one, and gives the headers that
// carry the trace on. It fits egress.Options. What comes after the path of the URL is not told: queries stand there.
func (t *Tracer) Outgoing(ctx context.Context, verb string, u *url.URL) (header map[string]string, done func(status int, err error)) {
	if t == nil {
		return nil, func(int, error) {}
	}
	attributes := []attribute.KeyValue{attribute.String("http.request.method", verb), attribute.String("url.scheme", u.Scheme),
		attribute.String("server.address", u.Hostname()), attribute.String("url.path", u.EscapedPath())}
	if port, err := strconv.Atoi(u.Port()); err == nil {
		attributes = append(attributes, attribute.Int("server.port", port))
	}
	ctx, span := t.tracer.Start(ctx, verb, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...))
	carrier := propagation.MapCarrier{}
	w3c.Inject(ctx, carrier)
	delete(carrier, "tracestate") // it may hold what the client of this server sent
	return carrier, func(status int, err error) {
		if err != nil || status >= 400 {
			span.SetStatus(codes.Error, "")
		}
		if status > 0 {
			span.SetAttributes(attribute.Int("http.response.status_code", status))
		}
		span.End()
	}
}
