package rdfxml

import (
	"strconv"
	"strings"

	"triplestore/rdf"
	"triplestore/rdf/iri"
)

// scope is what elements inherit.
type scope struct {
	base  iri.Base
	lang  string
	dir   rdf.Direction
	rdf12 bool // rdf:version="1.2" is in force
	// badLang tells that lang is no language tag, so that literals are left out.
	badLang bool
}

type parser struct {
	x       lexer
	o       Options
	emit    func([]rdf.Quad) error
	quads   []rdf.Quad
	capture *[]rdf.Triple // of the parseType="Triple" at hand
	anon    int
	ids     map[string]struct{}
}

var (
	rdfType      = rdf.IRI(rdfNS + "type")
	rdfFirst     = rdf.IRI(rdfNS + "first")
	rdfRest      = rdf.IRI(rdfNS + "rest")
	rdfNil       = rdf.IRI(rdfNS + "nil")
	rdfStatement = rdf.IRI(rdfNS + "Statement")
	rdfSubject   = rdf.IRI(rdfNS + "subject")
	rdfPredicate = rdf.IRI(rdfNS + "predicate")
	rdfObject    = rdf.IRI(rdfNS + "object")
	rdfReifies   = rdf.IRI(rdfNS + "reifies")
)

func (p *parser) flush() error {
	if len(p.quads) == 0 {
		return nil
	}
	err := p.emit(p.quads)
	p.quads = p.quads[:0]
	return err
}

func (p *parser) triple(s, pred, o rdf.Term) error {
	if s.IsZero() || pred.IsZero() || o.IsZero() {
		return nil // what lenient reading could not make out
	}
	if p.capture != nil {
		*p.capture = append(*p.capture, rdf.Triple{S: s, P: pred, O: o})
		return nil
	}
	if p.quads == nil {
		p.quads = make([]rdf.Quad, 0, batch)
	}
	p.quads = append(p.quads, rdf.Quad{S: s, P: pred, O: o})
	if len(p.quads) == batch {
		return p.flush()
	}
	return nil
}

// wrong is a mistake below the level of XML: the error of Parse, or told and passed over.
func (p *parser) wrong(at int64, format string, args ...any) error {
	e := &rdf.ParseError{File: p.o.File, Offset: at, Msg: sprintf(format, args...)}
	e.Line, e.Column = p.x.place(int(at - p.x.offset))
	for i := len(p.x.stack) - 1; i >= 0; i-- {
		if open := &p.x.stack[i]; open.at == at && open.line > 0 {
			e.Line, e.Column = open.line, open.column
		}
	}
	if p.o.Lenient == nil {
		return e
	}
	p.o.Lenient(e)
	return nil
}

func (p *parser) document(c scope) error {
	for {
		kind, err := p.x.next()
		switch {
		case err != nil:
			return err
		case kind == eventEOF:
			return nil
		case kind != eventStart:
			continue
		}
		e := p.x.top()
		if e.ns != rdfNS || e.local != "RDF" {
			if _, err := p.node(c); err != nil {
				return err
			}
			continue
		}
		if c, err = p.inherit(c, e); err != nil {
			return err
		}
		for _, a := range e.attrs {
			if a.ns == rdfNS && a.local != "version" || a.ns == "" {
				if err := p.wrong(e.at, "rdf:RDF may not have the attribute %s", a.qname); err != nil {
					return err
				}
			}
		}
		if err := p.nodes(c, func(rdf.Term) error { return nil }); err != nil {
			return err
		}
	}
}

// nodes reads node elements up to the end of the element at hand.
func (p *parser) nodes(c scope, each func(rdf.Term) error) error {
	for {
		kind, err := p.x.next()
		if err != nil {
			return err
		}
		switch kind {
		case eventStart:
			t, err := p.node(c)
			if err != nil {
				return err
			}
			if err := each(t); err != nil {
				return err
			}
		case eventEnd:
			p.x.pop()
			return nil
		case eventText:
			if strings.TrimLeft(p.x.text, " \t\r\n") != "" {
				if err := p.wrong(p.x.abs(p.x.mark), "text where only elements may stand: %s", excerpt(p.x.text)); err != nil {
					return err
				}
			}
		}
	}
}

func excerpt(s string) string {
	s = strings.TrimSpace(s)
	if r := []rune(s[:min(len(s), 200)]); len(r) > 40 {
		s = string(r[:40]) + "…"
	}
	return strconv.Quote(s)
}

// inherit applies xml:base, xml:lang, its:dir and rdf:version.
func (p *parser) inherit(c scope, e *element) (scope, error) {
	dir, dirSet := rdf.NoDirection, false
	for _, a := range e.attrs {
		switch {
		case a.ns == xmlNS && a.local == "lang":
			c.lang = a.value
			if c.badLang = a.value != "" && !rdf.ValidLang(a.value); c.badLang {
				if err := p.wrong(e.at, "%q is no language tag", a.value); err != nil {
					return c, err
				}
			}
		case a.ns == xmlNS && a.local == "base":
			// The fragment of a base does not count (https://www.w3.org/TR/rdf12-xml/#section-baseURIs).
			ref, _, _ := strings.Cut(a.value, "#")
			base, err := iri.NewBase(c.base.Resolve(ref))
			if err != nil {
				if err := p.wrong(e.at, "xml:base %q is no absolute IRI", a.value); err != nil {
					return c, err
				}
				continue
			}
			c.base = base
		case a.ns == rdfNS && a.local == "version":
			c.rdf12 = strings.HasPrefix(a.value, "1.2")
		case a.ns == itsNS && a.local == "dir":
			dirSet = true
			switch a.value {
			case "ltr":
				dir = rdf.LeftToRight
			case "rtl":
				dir = rdf.RightToLeft
			}
		}
	}
	if dirSet {
		c.dir = dir
	}
	return c, nil
}

// resolve makes the IRI term of a reference; the zero Term after a mistake that was passed over.
func (p *parser) resolve(c scope, ref string, e *element) (rdf.Term, error) {
	if !iri.IsAbsolute(ref) || strings.Contains(ref, "/.") {
		if c.base.IsZero() && !iri.IsAbsolute(ref) {
			return rdf.Term{}, p.wrong(e.at, "the IRI %q is relative, and there is no base", ref)
		}
		ref = c.base.Resolve(ref)
	}
	if bad, what := badIRI(ref); bad {
		return rdf.Term{}, p.wrong(e.at, "the IRI %q holds %s", ref, what)
	}
	return rdf.IRI(ref), nil
}

// term makes the IRI term of a name; the zero Term after a mistake that was passed over.
func (p *parser) term(n *name, e *element) (rdf.Term, error) {
	if n.bad {
		return rdf.Term{}, p.wrong(e.at, "the namespace and the name of %s make %q, which is no absolute IRI", n.qname, n.iri)
	}
	return rdf.IRI(n.iri), nil
}

func badIRI(s string) (bool, string) {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c == '<' || c == '>' || c == '"' || c == '{' || c == '}' || c == '|' || c == '\\' || c == '^' || c == '`' {
			return true, strconv.QuoteRune(rune(c))
		}
	}
	return false, ""
}

// fresh makes a blank node that no label of the document names; named keeps labels apart from those.
func (p *parser) fresh() rdf.Term {
	p.anon++
	return rdf.BlankNode(p.o.BlankNodePrefix + "anon" + strconv.Itoa(p.anon))
}

func (p *parser) named(label string) rdf.Term {
	if rest, ok := strings.CutPrefix(label, "anon"); ok {
		if rest = strings.TrimRight(rest, "_"); rest != "" && strings.Trim(rest, "0123456789") == "" {
			label += "_"
		}
	}
	return rdf.BlankNode(p.o.BlankNodePrefix + label)
}

// id makes the IRI of rdf:ID, which may stand once in a document for a base.
func (p *parser) id(c scope, value string, e *element) (rdf.Term, error) {
	if !isNCName(value) {
		return rdf.Term{}, p.wrong(e.at, "rdf:ID %q is no XML name", value)
	}
	t, err := p.resolve(c, "#"+value, e)
	if err != nil || t.IsZero() {
		return t, err
	}
	if _, twice := p.ids[t.Value()]; twice {
		return rdf.Term{}, p.wrong(e.at, "rdf:ID %q stands twice", value)
	}
	if len(p.ids) < maxIDs {
		p.ids[t.Value()] = struct{}{}
	}
	return t, nil
}

func (p *parser) nodeID(value string, e *element) (rdf.Term, error) {
	if !isNCName(value) {
		return rdf.Term{}, p.wrong(e.at, "rdf:nodeID %q is no XML name", value)
	}
	return p.named(value), nil
}

// literal makes a plain literal in the scope's language.
func (c scope) literal(text string) rdf.Term {
	switch {
	case c.badLang:
		return rdf.Term{}
	case c.lang == "":
		return rdf.String(text)
	case c.rdf12 && c.dir != rdf.NoDirection:
		return rdf.DirLangLiteral(text, c.lang, c.dir)
	}
	return rdf.LangLiteral(text, c.lang)
}
