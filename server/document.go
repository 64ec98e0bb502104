package server

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/store"
)

// document is a description that the server makes of itself. It depends on nothing but the settings and the state of the store, so it is
// made once per commit.
type document struct {
	name  string
	build func(*Server, *statements) error
	turn  chan struct{} // one makes it, the others wait for it

	mu   sync.Mutex
	kept map[string][]rdf.Quad // by state and scope, see Server.stateKey
}

// keptDocuments is how many versions of a document are kept: callers may see different parts of the store.
const keptDocuments = 8

func newDocument(name string, build func(*Server, *statements) error) *document {
	return &document{name: name, build: build, turn: make(chan struct{}, 1)}
}

func (d *document) made(state string) ([]rdf.Quad, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	quads, ok := d.kept[state]
	return quads, ok
}

// statements collects what a document says.
type statements struct {
	ctx   context.Context
	snap  store.Snapshot
	quads []rdf.Quad
}

func (b *statements) add(s rdf.Term, predicate string, objects ...rdf.Term) {
	for _, o := range objects {
		b.quads = append(b.quads, rdf.Quad{S: s, P: rdf.IRI(predicate), O: o})
	}
}

func (b *statements) a(s rdf.Term, classes ...string) {
	for _, c := range classes {
		b.add(s, rdfType, rdf.IRI(c))
	}
}

// here names something of the server's by its path: with an IRI under the base's host, without a base with a blank node.
func (s *Server) here(path string) rdf.Term {
	if s.link.origin != "" {
		return rdf.IRI(s.link.origin + path)
	}
	return rdf.BlankNode("here" + strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, path))
}

// address adds where something of the server's can be had; without a base nobody can say.
func (s *Server) address(b *statements, subject rdf.Term, predicate, path string) {
	if s.link.origin != "" {
		b.add(subject, predicate, rdf.IRI(s.link.origin+path))
	}
}

// serveDocument answers with a description.
func (s *Server) serveDocument(d *document) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		addVary(w.Header(), "Accept")
		if err := s.writeDocument(w, r, d); err != nil {
			s.fail(w, r, problemOf(r.Context(), err))
		}
	}
}

func (s *Server) writeDocument(w http.ResponseWriter, r *http.Request, d *document) error {
	i, mediaType := choose(formatParam(r), r.Header, oneGraphOffers)
	if i < 0 {
		return notAcceptable(oneGraphOffers)
	}
	snap, err := s.data(r.Context()).Snapshot()
	if err != nil {
		return err
	}
	defer snap.Close()
	if unchanged(w, r, entityTag(snap.Commit(), d.name, mediaType, s.settings, s.openness())) {
		return nil
	}
	quads, err := s.make(r.Context(), snap, d)
	if err != nil {
		return err
	}
	f, ok := format.ByName(oneGraphOffers[i].name)
	if !ok {
		return errors.New("server: no writer for " + oneGraphOffers[i].name)
	}
	var body bytes.Buffer
	if err := f.WritePretty(&body, quads, format.WriteOptions{Prefixes: usedPrefixes(quads, s.prefixes)}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", contentType(mediaType))
	if bodiless(r) {
		return nil
	}
	out := newStream(w)
	out.turn = turnOf(r.Context())
	out.Write(body.Bytes()) //nolint:errcheck // end tells
	out.end(nil)
	return nil
}

// openness tells whether anybody may write, which a description says and a new file of access rights may change.
func (s *Server) openness() string { return strconv.FormatBool(s.policy.Get().AnyoneWrites()) }

func (s *Server) make(ctx context.Context, snap store.Snapshot, d *document) ([]rdf.Quad, error) {
	state := s.stateKey(ctx, snap.Commit()) + " " + s.openness()
	if quads, ok := d.made(state); ok {
		return quads, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.c.Timeout)
	defer cancel()
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if quads, ok := d.made(state); ok {
		return quads, nil
	}
	turn, err := s.slots.take(ctx)
	if err != nil {
		return nil, err
	}
	defer turn.give()
	b := &statements{ctx: ctx, snap: snap}
	if err := d.build(s, b); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.kept) >= keptDocuments {
		d.kept = nil
	}
	if d.kept == nil {
		d.kept = map[string][]rdf.Quad{}
	}
	d.kept[state] = b.quads
	return b.quads, nil
}

// listedGraphs is how many named graphs a description lists at most; it counts all of them.
const listedGraphs = 10_000

// graphs gives the number of statements of the default graph and the named graphs by name, as far as they are listed.
func (b *statements) graphs() (inDefault uint64, named []rdf.Term, counts []uint64, err error) {
	all, err := b.snap.Graphs()
	if err != nil {
		return 0, nil, nil, err
	}
	var ids []store.ID
	for _, g := range all {
		if g.Graph == store.DefaultGraph {
			inDefault = g.Quads
		} else if len(ids) < listedGraphs {
			ids = append(ids, g.Graph)
			counts = append(counts, g.Quads)
		}
	}
	named = make([]rdf.Term, len(ids))
	return inDefault, named, counts, b.snap.Terms(ids, named)
}

// distinct lists the different values of the column after a prefix, up to a limit.
func (b *statements) distinct(order store.Order, prefix []store.ID, limit int) (ids []store.ID, err error) {
	c := b.snap.Scan(b.ctx, store.Range{Order: order, Prefix: prefix}, 1<<len(prefix))
	defer c.Close()
	for len(ids) < limit {
		block, err := c.Next()
		if err != nil || block.Len == 0 {
			return ids, err
		}
		for _, id := range block.Cols[len(prefix)][:block.Len] {
			if len(ids) == 0 || ids[len(ids)-1] != id {
				ids = append(ids, id)
			}
		}
		if err := c.Seek(append(append([]store.ID(nil), prefix...), ids[len(ids)-1]+1)); err != nil {
			return nil, err
		}
	}
	return ids[:limit], nil
}

func count(n uint64) rdf.Term { return rdf.Literal(strconv.FormatUint(n, 10), xsdSpace+"integer") }

// usedPrefixes are the preferred and well-known prefixes that quads need.
func usedPrefixes(quads []rdf.Quad, prefixes map[string]string) map[string]string {
	g := &graphWriter{prefixes: prefixes}
	used := map[string]string{}
	for _, q := range quads {
		for _, t := range [...]rdf.Term{q.S, q.P, q.O, q.G} {
			if t.IsIRI() {
				g.use(t.Value(), used)
			} else if dt := t.Datatype(); t.IsLiteral() && t.Lang() == "" && dt != xsdSpace+"string" {
				g.use(dt, used)
			}
		}
	}
	return used
}
