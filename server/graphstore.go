package server

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/rdf/iri"
	"triplestore/store"
)

// graphsPath is where the SPARQL 1.1 Graph Store HTTP Protocol (https://www.w3.org/TR/sparql11-http-rdf-update/) is spoken: with the
// parameter graph or default about that graph, below it about the graph of the request's own IRI, and without either about all.
const graphsPath = "/graphs"

var graphMethods = []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPost, http.MethodDelete}

// graphTarget is what a request of the Graph Store Protocol is about.
type graphTarget struct {
	all   bool
	graph rdf.Term // the zero Term is the default graph
}

func (t graphTarget) String() string {
	switch {
	case t.all:
		return "all graphs"
	case t.graph.IsZero():
		return "the default graph"
	}
	return t.graph.String()
}

// in finds the quads of the target; known is false where its name is nowhere in the store.
func (t graphTarget) in(snap store.Snapshot) (r store.Range, known bool, err error) {
	r = store.Range{Order: store.GSPO}
	switch {
	case t.all:
		return r, true, nil
	case t.graph.IsZero():
		r.Prefix = []store.ID{store.DefaultGraph}
		return r, true, nil
	}
	id, ok, err := snap.ID(t.graph)
	r.Prefix = []store.ID{id}
	return r, ok, err
}

// count is how many quads the target has.
func (t graphTarget) count(snap store.Snapshot) (uint64, error) {
	r, known, err := t.in(snap)
	if err != nil || !known {
		return 0, err
	}
	return snap.Count(r)
}

// graphStore answers the operations of the Graph Store Protocol.
func (s *Server) graphStore(w http.ResponseWriter, r *http.Request) {
	if err := s.graphOperation(w, r); err != nil {
		attemptOf(r.Context()).end(r.Context(), store.Result{}, 0, err)
		s.fail(w, r, problemOf(r.Context(), err))
	}
}

func (s *Server) graphOperation(w http.ResponseWriter, r *http.Request) error {
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	kind(r, "graph write")
	if reading {
		kind(r, "graph read")
	}
	if reading {
		addVary(w.Header(), "Accept")
	} else if err := s.try(r); err != nil {
		return err
	} else if err := s.mayWrite(w, r); err != nil {
		return err
	} else if r.URL.Query().Has("at") {
		return problem(http.StatusBadRequest, "Older states cannot be changed", "The parameter at is for reading.")
	}
	t, err := s.graphTarget(r)
	if err == nil && !reading {
		err = s.mayWriteTo(r, t)
	}
	switch {
	case err != nil:
		return err
	case reading:
		return s.readGraphs(w, r, t)
	case r.Method == http.MethodDelete:
		return s.deleteGraph(w, r, t)
	}
	return s.writeGraphs(w, r, t)
}

// graphTarget reads which graph a request names. The error is a *Problem.
func (s *Server) graphTarget(r *http.Request) (graphTarget, error) {
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return graphTarget{}, problem(http.StatusBadRequest, "The parameters cannot be read", err.Error())
	}
	named, direct := params["graph"], r.URL.EscapedPath() != graphsPath && r.URL.EscapedPath() != graphsPath+"/"
	n := len(named)
	if params.Has("default") {
		n++
	}
	switch {
	case n > 1, n > 0 && direct:
		return graphTarget{}, problem(http.StatusBadRequest, "More than one graph is named",
			"One graph is named: by the parameter graph, by the parameter default, or by the path.")
	case direct:
		g, ok := s.link.graph(r.URL)
		if !ok {
			return graphTarget{}, problem(http.StatusNotFound, "There is no such graph", "The path stands for no IRI under the base of this server.")
		}
		return graphTarget{graph: rdf.IRI(g)}, nil
	case len(named) == 1:
		// "the value of the graph parameter … must be an absolute IRI", section 4.2
		if err := iri.Check(named[0]); err != nil {
			return graphTarget{}, problem(http.StatusBadRequest, "The graph is not named by an absolute IRI", err.Error())
		}
		return graphTarget{graph: rdf.IRI(named[0])}, nil
	}
	return graphTarget{all: n == 0}, nil
}

// graph gives the IRI of the graph that a path below graphsPath names.
func (l linker) graph(u *url.URL) (string, bool) {
	if l.origin == "" {
		return "", false
	}
	g := l.origin + unescapeUnicode(u.EscapedPath())
	return g, iri.Check(g) == nil
}

// What a graph and a whole dataset are written in. Turtle and TriG are for who asks for nothing.
var (
	oneGraphOffers = formatOffers()
	datasetOffers  = graphFormats(formatOffers())
)

func graphFormats(offers []offer) []offer {
	out := []offer{{format.TriG.Name, format.TriG.MediaTypes}}
	for _, o := range offers {
		if f, ok := format.ByName(o.name); ok && f.Graphs && f != format.TriG {
			out = append(out, o)
		}
	}
	return out
}

// readGraphs answers GET and HEAD.
func (s *Server) readGraphs(w http.ResponseWriter, r *http.Request, t graphTarget) error {
	offers := oneGraphOffers
	if t.all {
		offers = datasetOffers
	}
	i, mediaType := choose(formatParam(r), r.Header, offers)
	if i < 0 {
		return notAcceptable(offers)
	}
	turn, err := s.exports.take(r.Context())
	if err != nil {
		return err
	}
	defer turn.give()
	ctx, cancel := context.WithTimeout(r.Context(), s.c.ExportTimeout)
	defer cancel()
	at, err := readMoment(r.URL.Query())
	if err != nil {
		return err
	}
	snap, err := s.snapshotAt(ctx, at)
	if err != nil {
		return err
	}
	defer snap.Close()
	mementoHeaders(w.Header(), at, snap.Commit(), "")
	if n, err := t.count(snap); err != nil {
		return err
	} else if n == 0 && !t.all && !t.graph.IsZero() {
		return noGraph(t)
	}
	if unchanged(w, r, entityTag(snap.Commit(), "graph", t.String(), mediaType, s.settings)) {
		return nil
	}
	w.Header().Set("Content-Type", contentType(mediaType))
	if bodiless(r) {
		return nil
	}
	f, ok := format.ByName(offers[i].name)
	if !ok {
		return fmt.Errorf("server: no writer for %s", offers[i].name)
	}
	unhurried(w)
	out := newStream(w)
	out.turn = turnOf(r.Context())
	gw := newGraphWriter(out, f, s.prefixes)
	err = s.eachQuad(ctx, snap, t, func(q rdf.Quad) error {
		if !t.all {
			q.G = rdf.Term{}
		}
		if err := gw.Write(q); err != nil {
			return err
		}
		return out.tick(nil)
	})
	if err == nil {
		err = gw.Close()
	}
	if out.end(err) {
		return err
	}
	return nil
}

func noGraph(t graphTarget) *Problem {
	return problem(http.StatusNotFound, "There is no such graph", "Nothing is stored in "+t.String()+".")
}

// eachQuad calls f for the quads of the target.
func (s *Server) eachQuad(ctx context.Context, snap store.Snapshot, t graphTarget, f func(rdf.Quad) error) error {
	d := &describer{ctx: ctx, snap: snap, terms: map[store.ID]rdf.Term{}}
	return eachBlock(ctx, snap, t, func(quads []store.Quad) error { return d.decode(quads, f) })
}

// eachBlock calls f for the quads of the target in batches; the slice is reused.
func eachBlock(ctx context.Context, snap store.Snapshot, t graphTarget, f func([]store.Quad) error) (err error) {
	r, known, err := t.in(snap)
	if err != nil || !known {
		return err
	}
	c := snap.Scan(ctx, r, store.AllColumns)
	defer c.Close()
	var quads []store.Quad
	pos := r.Order.Positions()
	for {
		b, err := c.Next()
		if err != nil || b.Len == 0 {
			return err
		}
		const batch = 4096
		for from := 0; from < b.Len; from += batch {
			quads = quads[:0]
			for i := from; i < min(from+batch, b.Len); i++ {
				var q store.Quad
				for k, p := range pos {
					q[p] = b.Cols[k][i]
				}
				quads = append(quads, q)
			}
			if err := f(quads); err != nil {
				return err
			}
		}
	}
}

// deleteGraph answers DELETE of one graph.
func (s *Server) deleteGraph(w http.ResponseWriter, r *http.Request, t graphTarget) error {
	if t.all {
		return problem(http.StatusBadRequest, "No graph is named", "Which graph to delete is said by the parameter graph, or default. All are "+
			"replaced by nothing with PUT of an empty dataset.")
	}
	return s.change(w, r, t, func(ctx context.Context, txn store.Txn, snap store.Snapshot) error {
		n, err := t.count(snap)
		if err == nil && n == 0 && !t.graph.IsZero() {
			err = noGraph(t)
		}
		if err != nil {
			return err
		}
		return eachBlock(ctx, snap, t, txn.RemoveIDs)
	})
}

// unhurried lifts the deadline by which the request had to be read, which would otherwise end a long response.
func unhurried(w http.ResponseWriter) {
	http.NewResponseController(w).SetReadDeadline(time.Time{}) //nolint:errcheck // writers of tests have none
}
