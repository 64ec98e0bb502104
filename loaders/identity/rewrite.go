package identity

import (
	"fmt"
	"strings"

	"triplestore/loaders/recur"
	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/vocab"
)

// Kind is the section "identity" of the configuration of the harvest.
var Kind = source.RewriterKind{
	Name:    "identity",
	Doc:     "gives organisations, places and codes one canonical IRI each",
	New:     func() source.RewriterConfig { return &config{} },
	Default: true,
}

type config struct {
	Rules string `yaml:"rules" doc:"file of rules; default: those that come with the program"`
	Off   bool   `yaml:"off" doc:"leave all IRIs as they are"`

	loaded *Rules
}

var _ source.Preparer = (*config)(nil)

// Prepare implements source.Preparer.
func (c *config) Prepare(dir string) (err error) {
	if c.Off {
		return nil
	}
	c.loaded, err = Default()
	if c.Rules != "" {
		c.loaded, err = Load(source.Env{Dir: dir}.Path(c.Rules))
	}
	if err != nil {
		return source.Keyf("rules", "%v", err)
	}
	return nil
}

// OpenRewriter implements source.RewriterConfig.
func (c *config) OpenRewriter(env source.Env) (source.Rewriter, error) {
	if c.Off {
		return nil, nil
	}
	if c.loaded == nil {
		if err := c.Prepare(env.Dir); err != nil {
			return nil, err
		}
	}
	return c.loaded, nil
}

// Version implements source.RewriterConfig.
func (c *config) Version() string {
	if c.loaded == nil {
		return "off"
	}
	return "1-" + c.loaded.Version()
}

var (
	sameAs     = rdf.IRI(vocab.OWL + "sameAs")
	identifier = rdf.IRI(vocab.DCT + "identifier")
	notation   = rdf.IRI(vocab.SKOS + "notation")
	orgNumber  = rdf.IRI(vocab.ORGIdentifier)
)

// Rewrite implements source.Rewriter.
func (r *Rules) Rewrite(rec *source.Record, note func(source.Note)) error {
	k, _ := r.known.Get().(*recur.Table[found])
	if k == nil {
		k = &recur.Table[found]{}
	}
	defer r.known.Put(k)
	w := rewriting{r: r, rec: rec, note: note, known: k}
	w.nodes()
	if rec.IRI != "" {
		m, ok := r.Lookup(rec.IRI)
		if ok && m.Canonical != rec.IRI {
			w.link(rec.IRI, m)
			rec.IRI = m.Canonical
		}
		if host, _, _ := split(rec.IRI); ok && !r.fragments[host] {
			w.own = rec.IRI
		}
	}
	triples := rec.Triples
	for i := range triples {
		t := &triples[i]
		t.S = w.term(t.S)
		if t.O.IsIRI() {
			if t.P == sameAs { // says on purpose what the other IRI is
				continue
			}
			t.O = w.object(t.P, t.O)
		} else if t.O.IsBlankNode() {
			t.O = w.object(t.P, t.O)
		}
	}
	if rec.Deleted {
		return nil
	}
	rec.Triples = append(triples, w.links...)
	return nil
}

// rewriting is the work on one record.
type rewriting struct {
	r     *Rules
	rec   *source.Record
	note  func(source.Note)
	links []rdf.Triple
	done  map[string]bool
	told  map[string]bool
	// byNumber has nodes that are told by an identifier, not by their IRI.
	byNumber map[rdf.Term]Match

	lastIn, lastOut rdf.Term // most statements of a record have the same subject
	known           *recur.Table[found]
	own             string // the IRI of the record, if a rule has it and none has IRIs with a fragment on its host
}

// found is what the rules say about an IRI.
type found struct {
	match   Match
	ok      bool
	suspect *rule // that should have known it
}

// lookup is Rules.Lookup, and Rules.suspect where that finds nothing, for IRIs that come again and again.
func (w *rewriting) lookup(iri string) found {
	if n := len(w.own); n > 0 && len(iri) > n && iri[n] == '#' && iri[:n] == w.own {
		return found{} // a part of the record: most IRIs that come only once are such
	}
	if f, ok := w.known.Get(iri); ok {
		return f
	}
	var f found
	if f.match, f.ok = w.r.Lookup(iri); !f.ok {
		f.suspect = w.r.suspect(iri)
	}
	if kept := w.known.Keep(iri); kept != nil {
		*kept = f
		kept.match.Canonical, kept.match.Identifier = strings.Clone(f.match.Canonical), strings.Clone(f.match.Identifier)
	}
	return f
}

// nodes finds publishers that are told by their number: blank nodes, and IRIs that no rule knows.
func (w *rewriting) nodes() {
	var wanted map[rdf.Term]*rule
	for i := range w.rec.Triples {
		t := &w.rec.Triples[i]
		if len(w.r.objects) == 0 || t.O.IsLiteral() {
			continue
		}
		one := w.r.objects[t.P.Value()]
		if one == nil {
			continue
		}
		if t.O.IsIRI() {
			if w.lookup(t.O.Value()).ok {
				continue
			}
		}
		if wanted == nil {
			wanted = map[rdf.Term]*rule{}
		}
		wanted[t.O] = one
	}
	if wanted == nil {
		return
	}
	for i := range w.rec.Triples {
		t := &w.rec.Triples[i]
		if !t.O.IsLiteral() || t.P != identifier && t.P != notation && t.P != orgNumber {
			continue
		}
		one := wanted[t.S]
		if one == nil {
			continue
		}
		number := t.O.Value()
		if c := one.classes["number"]; c == nil || !c.match(number) {
			continue
		}
		if m, ok := one.resolve(values{{"number", number}}, ""); ok {
			if w.byNumber == nil {
				w.byNumber = map[rdf.Term]Match{}
			}
			w.byNumber[t.S] = m
		}
	}
}

func (w *rewriting) term(t rdf.Term) rdf.Term {
	if t == w.lastIn {
		return w.lastOut
	}
	w.lastIn, w.lastOut = t, w.canonical(t)
	return w.lastOut
}

func (w *rewriting) canonical(t rdf.Term) rdf.Term {
	if w.byNumber != nil {
		if m, ok := w.byNumber[t]; ok {
			if t.IsIRI() {
				w.link(t.Value(), m)
			} else {
				w.identify(m)
			}
			return rdf.IRI(m.Canonical)
		}
	}
	if !t.IsIRI() {
		return t
	}
	f := w.lookup(t.Value())
	if !f.ok {
		if f.suspect != nil {
			w.unmatched(t, f.suspect)
		}
		return t
	}
	if f.match.Canonical == t.Value() {
		return t
	}
	w.link(t.Value(), f.match)
	return rdf.IRI(f.match.Canonical)
}

func (w *rewriting) object(p, o rdf.Term) rdf.Term {
	out := w.canonical(o)
	if out == o {
		if one := w.r.objects[p.Value()]; one != nil {
			if o.IsBlankNode() {
				w.unmatched(o, one)
			} else if !w.lookup(o.Value()).ok {
				w.unmatched(o, one)
			}
		}
	}
	return out
}

// link says that two IRIs mean the same, and gives the canonical one its identifier.
func (w *rewriting) link(original string, m Match) {
	if w.done[original] {
		return
	}
	if w.done == nil {
		w.done = map[string]bool{}
	}
	w.done[original] = true
	a, b := rdf.IRI(m.Canonical), rdf.IRI(original)
	w.links = append(w.links, rdf.Triple{S: a, P: sameAs, O: b}, rdf.Triple{S: b, P: sameAs, O: a})
	w.identify(m)
}

func (w *rewriting) identify(m Match) {
	if m.Identifier != "" {
		w.links = append(w.links, rdf.Triple{S: rdf.IRI(m.Canonical), P: identifier, O: rdf.String(m.Identifier)})
	}
}

func (w *rewriting) unmatched(t rdf.Term, one *rule) {
	key := t.Value()
	if w.told[key] {
		return
	}
	if w.told == nil {
		w.told = map[string]bool{}
	}
	w.told[key] = true
	what := "a blank node without a number"
	if t.IsIRI() {
		what = t.Value()
	}
	w.note(source.Note{Sort: source.Unmatched, Message: fmt.Sprintf("%s: no canonical IRI is known for %s", one.Name, what), Place: w.rec.Place,
		Record: w.rec.IRI})
}
