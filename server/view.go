package server

import (
	"slices"
	"strconv"
	"strings"

	"triplestore/rdf"
	"triplestore/store"
)

// termView is a term as a page shows it.
type termView struct {
	Text     string // the label, the name or the literal
	IRI      string // the whole IRI, where Text is not it
	Href     string // of the page about it
	Outside  string // the address itself, where it can be opened
	Lang     string // of a literal
	Dir      string
	Datatype string
	Note     string // beside the text
	Nested   []propertyView
	Literal  bool
	Marks    []mark // where it is stated
}

// propertyView is a property with its values as a page shows it.
type propertyView struct {
	Name   string
	Lang   string // of the name, if it is not the page's
	IRI    string
	Href   string
	Values []termView
	// Others are values in languages that the reader did not ask for.
	Others []termView
	Total  string // how many there are
	More   string // address of a page with all of them, where some are not shown
}

const (
	shownValues  = 25 // per property
	pagedValues  = 200
	nestedDepth  = 4
	nestedNodes  = 200 // blank nodes written out on a page
	shownSources = 10  // per property of what refers to a resource
)

// viewer turns what a describer finds into views. Its links and words are those of one request.
type viewer struct {
	*describer
	link     linker
	m        *messages
	prefixes map[string]string
	written  map[store.ID]bool // blank nodes that are on the page already
	origins  *origins          // of the resource of the page
	err      error             // the first one
}

func (v *viewer) check(err error) {
	if v.err == nil {
		v.err = err
	}
}

// name is how an IRI is written where it has no label.
func (v *viewer) name(iri string) string {
	if n, ok := shorten(iri, v.prefixes); ok {
		return n
	}
	return iri
}

// term views a term. Labels are looked up for IRIs that are known by their ID.
func (v *viewer) term(id store.ID, t rdf.Term) termView {
	switch {
	case t.IsIRI():
		tv := termView{Text: v.name(t.Value()), IRI: t.Value(), Href: v.link.resource(t.Value())}
		path, own := v.link.own(t.Value())
		if own {
			tv.Text = path
		}
		if id != store.NoID {
			label, err := v.label(id)
			v.check(err)
			if !label.IsZero() {
				tv.Text, tv.Lang, tv.Dir = label.Value(), v.foreign(label.Lang()), direction(label)
			} else if name := builtinName(t.Value(), v.m.Lang); name != "" {
				tv.Text = name
			}
		}
		if !own && (external(t.Value()) || mailOrPhone(t.Value())) {
			tv.Outside = t.Value()
		}
		return tv
	case t.IsBlankNode():
		return termView{Text: "_:" + t.Value(), Note: v.m.Blank}
	case t.IsTriple():
		tr := t.Triple()
		return termView{Text: "<<( " + v.plain(tr.S) + " " + v.plain(tr.P) + " " + v.plain(tr.O) + " )>>"}
	}
	tv := termView{Text: t.Value(), Lang: t.Lang(), Dir: direction(t), Literal: true}
	if dt := t.Datatype(); t.Lang() == "" && dt != xsdSpace+"string" {
		tv.Datatype = v.name(dt)
		if dt == xsdSpace+"anyURI" && external(t.Value()) {
			tv.Outside = t.Value()
		}
	}
	return tv
}

func (v *viewer) plain(t rdf.Term) string {
	if t.IsIRI() {
		return v.name(t.Value())
	}
	return t.String()
}

// foreign is a language tag if it is not the page's.
func (v *viewer) foreign(lang string) string {
	if strings.EqualFold(lang, v.m.Lang) {
		return ""
	}
	return lang
}

// property names a property: built in for the reader's language, then by its label in the store, then by its short name.
func (v *viewer) property(id store.ID, iri string) propertyView {
	p := propertyView{IRI: iri, Href: v.link.resource(iri)}
	if p.Name = builtinName(iri, v.m.Lang); p.Name != "" {
		return p
	}
	label, err := v.label(id)
	v.check(err)
	if !label.IsZero() {
		p.Name, p.Lang = label.Value(), v.foreign(label.Lang())
		return p
	}
	if n, ok := shorten(iri, v.prefixes); ok {
		p.Name = n
	} else {
		p.Name = localName(iri)
	}
	return p
}

func (g group) count() string {
	if g.exact {
		return formatCount(g.total)
	}
	return "≈ " + formatCount(g.total)
}

// outgoing views what a resource says. self is its IRI, for links to all values of a property; empty for a blank node.
func (v *viewer) outgoing(id store.ID, self string, only store.ID, offset, limit, depth int) []propertyView {
	groups, err := v.groups(store.SPOG, id, only, offset, limit)
	v.check(err)
	v.prefetch(groups)
	var out []propertyView
	for _, g := range groups {
		if v.err != nil {
			return nil
		}
		p := v.property(g.predicate, v.terms[g.predicate].Value())
		p.Total = g.count()
		for _, o := range g.values {
			t := v.terms[o]
			tv := v.term(o, t)
			if self != "" {
				tv.Marks = v.origins.marks(g.predicate, o)
			}
			if t.IsBlankNode() {
				v.nest(&tv, o, depth)
			}
			if t.Lang() != "" && rank(t, v.langs) > 2*len(v.langs) {
				p.Others = append(p.Others, tv)
				continue
			}
			p.Values = append(p.Values, tv)
		}
		if len(p.Values) == 0 {
			p.Values, p.Others = p.Others, nil
		}
		v.sort(p.Values)
		v.sort(p.Others)
		if g.total > uint64(len(g.values)) && self != "" && only == store.NoID {
			p.More = v.link.resource(self, "out", p.IRI)
		}
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b propertyView) int {
		i, j := slices.Index(leading, a.IRI), slices.Index(leading, b.IRI)
		switch {
		case i >= 0 && j >= 0:
			return i - j
		case i >= 0:
			return -1
		case j >= 0:
			return 1
		}
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return out
}

// nest writes a blank node's own properties below it.
func (v *viewer) nest(tv *termView, id store.ID, depth int) {
	switch {
	case v.written[id]:
		tv.Note = v.m.Loop
	case depth > 0 && len(v.written) < nestedNodes:
		v.written[id] = true
		if tv.Nested = v.outgoing(id, "", store.NoID, 0, shownValues, depth-1); len(tv.Nested) > 0 {
			tv.Text, tv.Note = "", ""
		}
	}
}

// sort puts values in the reader's languages first, then by text; numbers by their value.
func (v *viewer) sort(values []termView) {
	key := func(t termView) int {
		if !t.Literal {
			return 0
		}
		return rank(rdf.LangLiteral("", t.Lang), v.langs)
	}
	slices.SortStableFunc(values, func(a, b termView) int {
		if i, j := key(a), key(b); i != j {
			return i - j
		}
		return strings.Compare(strings.ToLower(a.Text), strings.ToLower(b.Text))
	})
}

// incoming views what refers to a resource, by property.
func (v *viewer) incoming(id store.ID, self string, only store.ID, offset, limit int) []propertyView {
	groups, err := v.groups(store.OPSG, id, only, offset, limit)
	v.check(err)
	v.prefetch(groups)
	var out []propertyView
	for _, g := range groups {
		if v.err != nil {
			return nil
		}
		p := v.property(g.predicate, v.terms[g.predicate].Value())
		p.Total = g.count()
		for _, s := range g.values {
			t := v.terms[s]
			tv := v.term(s, t)
			if t.IsBlankNode() {
				v.explain(&tv, s)
			}
			p.Values = append(p.Values, tv)
		}
		if g.total > uint64(len(g.values)) && only == store.NoID {
			p.More = v.link.resource(self, "in", p.IRI)
		}
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b propertyView) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return out
}

// explain says which named resource a blank node belongs to.
func (v *viewer) explain(tv *termView, id store.ID) {
	owner, _, err := v.owner(id)
	v.check(err)
	if err != nil || owner == store.NoID {
		return
	}
	v.check(v.fetch([]store.ID{owner}))
	o := v.term(owner, v.terms[owner])
	o.Note = v.m.Blank + ", " + v.m.PartOf
	*tv = o
}

func (v *viewer) prefetch(groups []group) {
	var ids []store.ID
	for _, g := range groups {
		ids = append(ids, g.predicate)
		ids = append(ids, g.values...)
	}
	v.check(v.fetch(ids))
}

// formatCount groups digits in threes with a narrow space.
func formatCount(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

// decimal writes a number as a language does: in Norwegian with a comma.
func (m *messages) decimal(number string) string {
	if m.Lang == "en" {
		return number
	}
	return strings.Replace(number, ".", ",", 1)
}

func (m *messages) seconds(s float64) string {
	return m.decimal(strconv.FormatFloat(s, 'f', 3, 64)) + " " + m.Seconds
}
