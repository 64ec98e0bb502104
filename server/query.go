package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/server/tracing"
	"triplestore/sparql"
	"triplestore/sparql/algebra"
	"triplestore/sparql/results"
)

// What a SELECT or an ASK, and what a CONSTRUCT or a DESCRIBE can be answered with. JSON and Turtle are for who asks for nothing.
var (
	solutionOffers = []offer{
		{"json", []string{"application/sparql-results+json", "application/json"}},
		{"xml", []string{"application/sparql-results+xml", "application/xml", "text/xml"}},
		{"csv", []string{"text/csv"}},
		{"tsv", []string{"text/tab-separated-values"}},
		{"html", []string{"text/html", "application/xhtml+xml"}},
	}
	graphOffers = append(formatOffers(), offer{"html", []string{"text/html", "application/xhtml+xml"}})
)

// formatOffers are the formats of RDF that have a writer, Turtle first. Those of quads hold the graph of a query as their
// default graph; descriptions of resources keep the graphs that they are stated in.
func formatOffers() []offer {
	var offers []offer
	for _, f := range format.All {
		if f.CanWrite() {
			o := offer{f.Name, f.MediaTypes}
			if f.Name == "turtle" {
				offers = append([]offer{o}, offers...)
			} else {
				offers = append(offers, o)
			}
		}
	}
	return offers
}

func notAcceptable(offers []offer) *Problem {
	p := problem(http.StatusNotAcceptable, "The answer is not there in a format that was asked for", "")
	for _, o := range offers {
		p.Accepted = append(p.Accepted, o.types[0])
	}
	return p
}

// sparql answers the query operation of the SPARQL Protocol.
func (s *Server) sparql(w http.ResponseWriter, r *http.Request) {
	addVary(w.Header(), "Accept")
	q, err := s.query(w, r)
	if err != nil {
		s.fail(w, r, problemOf(r.Context(), err))
		return
	}
	if !q.present {
		if prefersHTML(r) {
			s.workbench(w, r)
			return
		}
		if q.bare && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			if err := s.writeDocument(w, r, s.service); err != nil {
				s.fail(w, r, problemOf(r.Context(), err))
			}
			return
		}
		s.fail(w, r, problem(http.StatusBadRequest, "There is no query", "A query is sent as the parameter query, or as a body of type "+typeQuery+"."))
		return
	}
	if err := s.answer(w, r, &q); err != nil {
		s.failQuery(w, r, &q, problemOf(r.Context(), err))
	}
}

// answer runs a query. Its error is one that came before the response began.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, q *queryRequest) error {
	kind(r, "query") // until its form is known
	if q.explain != "" {
		kind(r, q.explain)
	}
	snap, err := s.snapshotAt(r.Context(), q.at)
	if err != nil {
		return err
	}
	defer func() { snap.Close() }() //nolint:errcheck // it was only read
	if q.content == nil {
		q.content = s.queryContent(r, q)
	}
	commit, content := snap.Commit(), q.content
	tag, key := queryTag(r, content, commit), s.answerKey(r, content, commit)
	if unchangedAs(w, r, tag) {
		return nil
	}
	if key != "" {
		if a := s.answers.get(key); a != nil {
			mementoHeaders(w.Header(), q.at, commit, "")
			s.writeCached(w, r, a)
			return nil
		}
	}
	turn := s.slots.tryTake(r.Context())
	waits := turn == nil
	if waits {
		// A query that waits for its turn holds no state; the one that it gets may be newer.
		if err := snap.Close(); err != nil {
			return err
		}
		if turn, err = s.slots.take(r.Context()); err != nil {
			return err
		}
	}
	defer turn.give()
	if waits {
		again, err := s.snapshotAt(r.Context(), q.at)
		if err != nil {
			return err
		}
		if snap = again; snap.Commit() != commit {
			commit = snap.Commit()
			tag, key = queryTag(r, content, commit), s.answerKey(r, content, commit)
		}
	}
	ctx, h := r.Context(), w.Header()
	mementoHeaders(h, q.at, commit, "")
	if delete(h, "Etag"); len(tag) > 0 {
		h["Etag"] = tag
	}
	o := s.engine.Options()
	if q.timeout > 0 {
		o.Timeout = min(q.timeout, o.Timeout)
	}
	if len(q.defaults)+len(q.named) > 0 {
		o.Dataset, o.Default, o.Named = true, q.defaults, q.named
	}
	o.Describe = q.describe
	if q.stored != nil {
		o.Params = q.stored.params
	}
	if q.union != nil {
		o.UnionDefaultGraph = *q.union
	}
	start := time.Now()
	defer s.slow(r.Context(), q.text, start)
	if r.Body != http.NoBody || r.ProtoMajor != 1 { // else net/http has done so
		unhurried(w)
	}
	if q.explain != "" {
		return s.answerPlan(ctx, w, r, snap, q, o)
	}
	// Execution is a stream: it goes on while results are written, so the span of the writing lies within its own.
	ctx, running := tracing.Start(ctx, "execute")
	running.Query(q.text)
	var rerr error
	defer func() { running.End(rerr) }()
	_, planning := tracing.Start(ctx, "parse and plan")
	res, err := s.engine.QueryWith(ctx, snap, q.text, o)
	planning.End(err)
	if err != nil {
		rerr = err
		return err
	}
	defer res.Close()
	defer func() {
		if in := requestInfo(ctx); in != nil {
			in.spilled += res.Spilled()
		}
	}()
	kind(r, queryKinds[res.Form()])
	solutions := res.Form() == algebra.Select || res.Form() == algebra.Ask
	as := q.as(r, solutions)
	switch as.name {
	case "":
		if solutions {
			return notAcceptable(solutionOffers)
		}
		return notAcceptable(graphOffers)
	case "html":
		return s.answerPage(ctx, w, r, snap, res, q, start)
	}
	out := newStream(w)
	out.turn, out.conn = turn, wholeConnOf(r)
	h["Content-Type"], h["Cache-Control"] = as.header, noCache
	if bodiless(r) {
		return nil
	}
	if key != "" && s.answers.worthKeeping(key) {
		out.keep(s.answers.limit())
	}
	_, writing := tracing.Start(ctx, "write results")
	if solutions {
		err = s.writeSolutions(r.Context(), out, res, as.name)
	} else {
		err = s.writeGraph(r.Context(), out, res, as.name)
	}
	if rerr = err; err == nil {
		rerr = out.failed
	}
	if in := requestInfo(ctx); in != nil {
		writing.Count("rows", in.rows)
	}
	writing.End(rerr)
	if err == nil || out.begun || out.failed != nil {
		s.note(r, q, err, out)
	}
	if body, whole := out.kept(); err == nil && whole {
		a := &cachedAnswer{key: key, contentType: as.header, body: body}
		if in := requestInfo(r.Context()); in != nil {
			a.rows = in.rows
		}
		s.answers.put(commit, a)
	} else if out.tooLong() {
		s.answers.tooLarge(commit, key)
	}
	if out.end(err) {
		return err
	}
	return nil
}

// as is the format that a query is answered in.
func (q *queryRequest) as(r *http.Request, solutions bool) choice {
	switch {
	case q.content != nil && solutions:
		return q.content.solutions
	case q.content != nil:
		return q.content.graph
	case solutions:
		return choiceOf(q.format, r.Header, solutionOffers)
	}
	return choiceOf(q.format, r.Header, graphOffers)
}

// noCache is a value of Cache-Control. It has no room, so that nobody can add to it.
var noCache = []string{"no-cache"}

// queryKinds are the kinds of queries in the metrics.
var queryKinds = map[algebra.Form]string{algebra.Select: "select", algebra.Ask: "ask", algebra.Construct: "construct", algebra.Describe: "describe"}

// note tells the log why a response that had begun was broken.
func (s *Server) note(r *http.Request, q *queryRequest, err error, out *stream) {
	if err == nil {
		err = out.failed
	}
	in := requestInfo(r.Context())
	switch ended := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded); {
	case err == nil || in == nil:
	case out.failed != nil && !ended: // the connection broke, or the client took nothing: no mistake of the server
		in.problem = clientGone(out.failed)
	default:
		in.problem = problemOf(r.Context(), err)
	}
}

func contentType(mediaType string) string {
	if len(mediaType) > 5 && mediaType[:5] == "text/" {
		return mediaType + "; charset=utf-8"
	}
	return mediaType
}

func (s *Server) writeSolutions(ctx context.Context, out *stream, res *sparql.Result, name string) error {
	f, ok := results.ByName(name)
	if !ok {
		return errors.New("server: no writer for results in " + name)
	}
	w := results.NewWriter(out, f)
	if res.Form() == algebra.Ask {
		b, err := res.Bool()
		if err != nil {
			return err
		}
		if err := w.Boolean(b); err != nil {
			return err
		}
		return w.Close()
	}
	if err := w.Head(res.Vars()); err != nil {
		return err
	}
	rows := int64(0)
	defer func() {
		if in := requestInfo(ctx); in != nil {
			in.rows = rows
		}
	}()
	for row, err := range res.Rows() {
		if err != nil {
			return err
		}
		if err := w.Row(row); err != nil {
			return err
		}
		rows++
		if rows&63 == 0 {
			if err := out.tick(w.Flush); err != nil {
				return err
			}
		}
	}
	return w.Close()
}

func (s *Server) writeGraph(ctx context.Context, out *stream, res *sparql.Result, name string) error {
	f, ok := format.ByName(name)
	if !ok {
		return errors.New("server: no writer for " + name)
	}
	w := newGraphWriter(out, f, s.withPrefixes(res.Prefixes()))
	n := int64(0)
	defer func() {
		if in := requestInfo(ctx); in != nil {
			in.rows = n
		}
	}()
	for t, err := range res.Triples() {
		if err != nil {
			return err
		}
		if err := w.Write(t.In(rdf.Term{})); err != nil {
			return err
		}
		if n++; n&63 == 0 {
			if err := out.tick(nil); err != nil {
				return err
			}
		}
	}
	return w.Close()
}

// withPrefixes puts the prefixes of a query over the server's.
func (s *Server) withPrefixes(own map[string]string) map[string]string {
	if len(own) == 0 {
		return s.prefixes
	}
	all := make(map[string]string, len(own)+len(s.prefixes))
	for p, iri := range s.prefixes {
		all[p] = iri
	}
	for p, iri := range own {
		all[p] = iri
	}
	return all
}

func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	snap, err := s.data(r.Context()).Snapshot()
	if err != nil {
		s.fail(w, r, problemOf(r.Context(), err))
		return
	}
	snap.Close()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte("ok\n")) //nolint:errcheck // the client is gone
}

// writable is implemented by stores that can lose the place that they write to.
type writable interface{ Writable() error }

// ready tells a load balancer whether to send requests: not while the server stops, nor when its queue is full, nor when the store's folder is gone
// or cannot be written, so that what is read is what was there.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if s.stopping.Load() {
		s.fail(w, r, problem(http.StatusServiceUnavailable, "The server is stopping", ""))
		return
	}
	if s.slots.full() {
		s.fail(w, r, problem(http.StatusServiceUnavailable, "The server has too many queries to answer", ""))
		return
	}
	if st, ok := s.whole.(writable); ok {
		if err := st.Writable(); err != nil {
			p := problem(http.StatusServiceUnavailable, "The store cannot be written", "")
			p.cause = err // for the log: it names paths
			s.fail(w, r, p)
			return
		}
	}
	s.health(w, r)
}

func (s *Server) robots(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write([]byte("User-agent: *\nDisallow: /sparql\n")) //nolint:errcheck // the client is gone
}
