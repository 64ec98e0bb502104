// Package ldes is the kind of source "ldes": Linked Data Event Streams, and other collections that are paged with the TREE hypermedia
// specification (https://w3id.org/ldes/specification, https://w3id.org/tree/specification). All pages are followed; members are versions of objects
// or activities (Create, Update, Delete) about them, and the latest of each object counts, in whatever order they come. Runs after the first skip pages
// that are immutable or have not changed, and members from before the one of their object that was taken in.
package ldes

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"

	"triplestore/loaders/input"
	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/rdf/iri"
	"triplestore/rdf/xsd"
	"triplestore/vocab"
)

// Kind is the kind "ldes".
func Kind() source.Kind {
	return source.Kind{
		Name: "ldes", Doc: "Linked Data Event Streams and TREE collections: followed, resumed, with creates, updates and deletes", Claims: true,
		New: func() source.Config { return &config{MaxPages: 10_000} },
	}
}

type config struct {
	URL       string `yaml:"url" doc:"address of the stream, or of a page or view of it" format:"uri" required:"true"`
	Timestamp string `yaml:"timestamp-path" doc:"property with the time of a member; default: what the stream says, else dct:modified, dct:created, as:published or prov:generatedAtTime" format:"iri"`
	Version   string `yaml:"version-of-path" doc:"property with the object that a member is a version of; default: what the stream says, else dct:isVersionOf" format:"iri"`
	MaxPages  int    `yaml:"max-pages" doc:"most pages of a run; default 10000"`
}

// Locations implements source.Locator.
func (c *config) Locations() []string { return []string{c.URL} }

// Open implements source.Config.
func (c *config) Open(env source.Env) (source.Source, error) {
	if !source.IsURL(c.URL) {
		return nil, source.Keyf("url", "%q is no http or https URL", c.URL)
	}
	if c.MaxPages < 1 {
		return nil, source.Keyf("max-pages", "is %d, and must be 1 or more", c.MaxPages)
	}
	for key, p := range map[string]string{"timestamp-path": c.Timestamp, "version-of-path": c.Version} {
		if p != "" {
			if err := iri.Check(p); err != nil {
				return nil, source.Keyf(key, "%v", err)
			}
		}
	}
	return &stream{*c, env}, nil
}

type stream struct {
	config
	env source.Env
}

// The terms of TREE, LDES and Activity Streams.
const (
	tree        = "https://w3id.org/tree#"
	ldesNS      = "https://w3id.org/ldes#"
	activity    = "https://www.w3.org/ns/activitystreams#"
	isVersionOf = vocab.DCT + "isVersionOf"
)

type state struct {
	// Objects are the latest members that were taken in, by their objects, those that are deleted included; nil where there are too many.
	Objects map[string]*latest `json:"objects"`
	// Pages are those that were read, by their addresses without users.
	Pages map[string]pageState `json:"read"`
	URL   string               `json:"url"`
	// Timestamp and VersionOf are the properties that the stream named on pages that may not be asked for again.
	Timestamp string `json:"timestamp_path,omitempty"`
	VersionOf string `json:"version_of_path,omitempty"`
}

// maxRemembered is of how many members it is remembered that they are the latest ones of their objects; for more, all is read each time.
const maxRemembered = 200_000

// latest are the latest members of an object: those of its latest time, in the order in which they came; the last one counts.
type latest struct {
	Time    string   `json:"time,omitempty"`
	Members []string `json:"members,omitempty"`
}

// take notes a member and reports whether it is the one of its object that counts.
func (s *state) take(object, time, member string) bool {
	l := s.Objects[object]
	if l == nil {
		l = &latest{Time: time}
		s.Objects[object] = l
	}
	switch c := compareTimes(time, l.Time); {
	case c < 0:
		return false
	case c > 0:
		*l = latest{Time: time}
	}
	if member == "" {
		return true
	}
	if i := slices.Index(l.Members, member); i >= 0 {
		return i == len(l.Members)-1
	}
	l.Members = append(l.Members, member)
	return true
}

// forget drops what is remembered if it is too much.
func (s *state) forget() {
	n := 0
	for _, l := range s.Objects {
		n += max(1, len(l.Members)) // members without a name are not noted, but their objects are
	}
	if n > maxRemembered {
		s.Objects, s.Pages = nil, nil
	}
}

type pageState struct {
	Validators source.Validators `json:"validators,omitzero"`
	// Immutable pages are never asked for again; Next are the pages that they lead to.
	Immutable bool     `json:"immutable,omitempty"`
	Next      []string `json:"next,omitempty"`
}

// version is a member: a version of an object, or that it is no more.
type version struct {
	object  string
	time    string
	deleted bool
	triples []rdf.Triple
	place   source.Place
	bytes   int64 // of memory
}

// Harvest implements source.Source.
func (s *stream) Harvest(ctx context.Context, since source.State, to source.Sink) (source.Outcome, error) {
	var old state
	if since != nil {
		if err := json.Unmarshal(since, &old); err != nil || old.URL != source.WithoutUser(s.URL) || old.Objects == nil {
			old = state{}
		}
	}
	first := old.Objects == nil
	if first {
		old.Objects = map[string]*latest{}
	} else if err := s.env.Memory.Grow(ctx, 2*int64(len(since))); err != nil {
		return source.Outcome{}, err
	}
	r := &reading{stream: s, to: to, old: old, next: state{URL: source.WithoutUser(s.URL), Objects: old.Objects, Pages: map[string]pageState{}}, latest: map[string]*version{},
		timestamp: s.Timestamp, versionOf: s.Version}
	queue := []string{s.URL}
	queued := map[string]bool{s.URL: true}
	for n := 0; len(queue) > 0; n++ {
		address := queue[0]
		queue = queue[1:]
		if n >= s.MaxPages {
			return source.Outcome{}, source.Errorf(source.TooLarge, "%s: the stream has more than %d pages (max-pages)", s.URL, s.MaxPages)
		}
		nextPages, err := r.page(ctx, address)
		if err != nil {
			return source.Outcome{}, err
		}
		to.Progress(source.Progress{Doing: "reading pages", Done: int64(n + 1), Total: int64(n + 1 + len(queue)), Unit: "pages", Requests: s.env.Client.Requests()})
		for _, p := range nextPages {
			if !queued[p] {
				queued[p] = true
				queue = append(queue, p)
			}
		}
	}
	delivered := 0
	objects := make([]string, 0, len(r.latest))
	for o := range r.latest {
		objects = append(objects, o)
	}
	slices.Sort(objects)
	for _, o := range objects {
		v := r.latest[o]
		if v.deleted && first {
			continue
		}
		delivered++
		if err := to.Record(&source.Record{IRI: o, Triples: v.triples, Deleted: v.deleted, Place: v.place}); err != nil {
			return source.Outcome{}, err
		}
	}
	r.next.Timestamp, r.next.VersionOf = r.paths()
	r.next.forget()
	kept, err := json.Marshal(&r.next)
	return source.Outcome{State: kept, Complete: first, Unchanged: !first && delivered == 0}, err
}

type reading struct {
	*stream
	to                   source.Sink
	old, next            state
	latest               map[string]*version
	timestamp, versionOf string
	bytes                int64 // of memory that latest takes
}

// paths are the properties with the time of a member and with its object, by the section, by what the stream says now, or by what it said before.
func (r *reading) paths() (timestamp, versionOf string) {
	return cmp.Or(r.timestamp, r.old.Timestamp), cmp.Or(r.versionOf, r.old.VersionOf)
}

// page reads a page and tells which others it leads to.
func (r *reading) page(ctx context.Context, address string) ([]string, error) {
	page := source.WithoutUser(address)
	known := r.old.Pages[page]
	if known.Immutable {
		r.next.Pages[page] = known
		return known.Next, nil
	}
	in, err := input.Open(ctx, r.env, address, source.Request{Accept: source.AcceptRDF(), Validators: known.Validators})
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if in.NotModified {
		r.next.Pages[page] = known
		return known.Next, nil
	}
	f, ok := format.ByMediaType(in.MediaType)
	if !ok || !f.CanRead() {
		return nil, source.Errorf(source.Invalid, "%s: the page comes as %q, which is no RDF that can be read", address, in.MediaType)
	}
	body, err := in.Open()
	if err != nil {
		return nil, err
	}
	defer body.Close()
	g, err := r.parse(ctx, body, f, address, in.IRI)
	if err != nil {
		return nil, err
	}
	p := pageState{Validators: in.Validators}
	if in.Document != nil && strings.Contains(in.Document.Header("Cache-Control"), "immutable") {
		p.Immutable = true
	}
	p.Next = r.follow(g, in.IRI)
	r.next.Pages[page] = p
	r.env.Memory.Shrink(g.bytes)
	before := r.bytes
	r.take(g, address)
	return p.Next, r.env.Memory.Grow(ctx, r.bytes-before)
}

// parse reads the statements of a page.
func (r *reading) parse(ctx context.Context, body io.Reader, f *format.Format, address, base string) (*graph, error) {
	g := &graph{bySubject: map[rdf.Term][]rdf.Quad{}}
	if f == format.JSONLD {
		held := r.env.Memory.Held(ctx, body, source.JSONBytes)
		defer held.Release()
		body = held
	}
	err := f.Parse(ctx, body, format.ReadOptions{File: address, Base: base, Contexts: r.env.Contexts, BlankNodePrefix: "p" + strconv.Itoa(len(r.next.Pages)) + "-",
		Lenient: func(e *rdf.ParseError) {
			r.to.Note(source.Note{Sort: source.Rejected, Message: e.Msg, Place: source.Place{Source: address, Line: e.Line, Column: e.Column}})
		}}, func(quads []rdf.Quad) error {
		before := g.bytes
		for _, q := range quads {
			if err := checkIRIs(q); err != nil {
				r.to.Note(source.Note{Sort: source.Rejected, Message: err.Error(), Place: source.Place{Source: address, Path: q.S.Value()}})
				continue
			}
			g.bySubject[q.S] = append(g.bySubject[q.S], q)
			g.order = append(g.order, q)
			g.bytes += 2 * source.TripleBytes(q.Triple()) // it is in both
		}
		return r.env.Memory.Grow(ctx, g.bytes-before)
	})
	if err != nil && source.ClassOf(err) == source.Internal {
		err = source.WithClass(source.Invalid, fmt.Errorf("%s: %w", address, err))
	}
	return g, err
}

// checkIRIs finds IRIs that the grammar of the format lets through and that are none (RFC 3987), such as those with a lone '%'.
func checkIRIs(q rdf.Quad) error {
	for _, t := range [...]rdf.Term{q.S, q.P, q.O} {
		if t.IsIRI() {
			if err := iri.Check(t.Value()); err != nil {
				return fmt.Errorf("<%s> is no IRI: %w", t.Value(), err)
			}
		}
	}
	return nil
}

// follow finds what a page leads to, and what the stream says about its members.
func (r *reading) follow(g *graph, self string) []string {
	var out []string
	for _, q := range g.order {
		switch q.P.Value() {
		case tree + "node":
			if q.O.IsIRI() {
				out = append(out, q.O.Value())
			}
		case tree + "view": // the stream itself was asked for
			if q.O.IsIRI() && withoutFragment(q.O.Value()) != withoutFragment(self) {
				out = append(out, q.O.Value())
			}
		case ldesNS + "timestampPath":
			if r.timestamp == "" && q.O.IsIRI() {
				r.timestamp = q.O.Value()
			}
		case ldesNS + "versionOfPath":
			if r.versionOf == "" && q.O.IsIRI() {
				r.versionOf = q.O.Value()
			}
		}
	}
	var pages []string
	for _, a := range out {
		if a = withoutFragment(a); source.IsURL(a) && !slices.Contains(pages, a) {
			pages = append(pages, a)
		}
	}
	return pages
}

func withoutFragment(s string) string {
	s, _, _ = strings.Cut(s, "#")
	return s
}

// graph is a page.
type graph struct {
	bySubject map[rdf.Term][]rdf.Quad
	order     []rdf.Quad
	bytes     int64 // of memory
}

func (g *graph) value(s rdf.Term, properties ...string) rdf.Term {
	for _, p := range properties {
		for _, q := range g.bySubject[s] {
			if p != "" && q.P.Value() == p {
				return q.O
			}
		}
	}
	return rdf.Term{}
}

// memberBytes is about how many bytes a member takes beside its statements.
const memberBytes = 256

// take takes the members of a page in.
func (r *reading) take(g *graph, address string) {
	timestamp, versionOf := r.paths()
	members := map[rdf.Term]bool{}
	var order []rdf.Term
	for _, q := range g.order {
		if q.P.Value() == tree+"member" && !members[q.O] {
			members[q.O] = true
			order = append(order, q.O)
		}
	}
	for _, m := range order {
		v := &version{place: source.Place{Source: address, Path: m.Value()}, bytes: memberBytes}
		v.time = g.value(m, timestamp, vocab.DCT+"modified", vocab.DCT+"created", activity+"published", vocab.PROV+"generatedAtTime").Value()
		types := map[string]bool{}
		for _, q := range g.bySubject[m] {
			if q.P.Value() == vocab.RDF+"type" {
				types[q.O.Value()] = true
			}
		}
		v.deleted = types[activity+"Delete"]
		subject := m
		if o := g.value(m, activity+"object"); !o.IsZero() && (types[activity+"Create"] || types[activity+"Update"] || types[activity+"Delete"]) {
			subject = o
		}
		object := subject
		if o := g.value(subject, versionOf, isVersionOf); o.IsIRI() {
			object = o
		}
		if !object.IsIRI() {
			r.to.Note(source.Note{Sort: source.Rejected, Message: "the member is about nothing that has an IRI", Place: v.place})
			continue
		}
		v.object = object.Value()
		if !r.next.take(strings.Clone(v.object), strings.Clone(v.time), memberKey(m)) {
			continue
		}
		if !v.deleted {
			v.triples = r.closure(g, subject, object, members)
			for _, t := range v.triples {
				v.bytes += source.TripleBytes(t)
			}
		}
		if before := r.latest[v.object]; before != nil {
			r.bytes -= before.bytes
		}
		r.bytes += v.bytes
		r.latest[v.object] = v
	}
}

// memberKey names a member, briefly. A blank node has no name that lasts: such a member counts anew whenever its page is read.
func memberKey(m rdf.Term) string {
	if !m.IsIRI() {
		return ""
	}
	return strconv.FormatUint(xxh3.HashString(m.Value()), 36)
}

// compareTimes compares times as instants, whatever zones they are written in; a time without a zone is in UTC, and a date is its first
// moment. What is no time comes before all times, in the order of its text.
func compareTimes(a, b string) int {
	if a == b {
		return 0
	}
	x, okA := instant(a)
	y, okB := instant(b)
	switch {
	case okA && okB:
		return x.Order(y)
	case okA:
		return 1
	case okB:
		return -1
	}
	return strings.Compare(a, b)
}

func instant(s string) (xsd.DateTimeValue, bool) {
	s = strings.TrimSpace(s)
	for _, t := range []xsd.Type{xsd.DateTime, xsd.Date} {
		if v, ok := xsd.ParseDateTime(s, t); ok {
			return v, true
		}
	}
	return xsd.DateTimeValue{}, false
}

// closure gives what a page says about a member, and about what that leads to, up to other members. The version is named as the object.
func (r *reading) closure(g *graph, subject, object rdf.Term, members map[rdf.Term]bool) []rdf.Triple {
	seen := map[rdf.Term]bool{subject: true, object: true}
	_, versionOf := r.paths()
	queue := []rdf.Term{subject}
	if object != subject && !members[object] {
		queue = append(queue, object)
	}
	var out []rdf.Triple
	name := func(t rdf.Term) rdf.Term {
		if t == subject {
			return object
		}
		return t
	}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		for _, q := range g.bySubject[s] {
			p := q.P.Value()
			if strings.HasPrefix(p, tree) || strings.HasPrefix(p, ldesNS) || s == subject && object != subject && (p == isVersionOf || p == versionOf) {
				continue
			}
			out = append(out, rdf.Triple{S: name(q.S).Clone(), P: q.P.Clone(), O: name(q.O).Clone()})
			if !q.O.IsLiteral() && !seen[q.O] && !members[q.O] {
				seen[q.O] = true
				queue = append(queue, q.O)
			}
		}
	}
	return out
}
