package rdfxml

import (
	"strconv"
	"strings"

	"triplestore/rdf"
)

// Names of the RDF namespace that may not stand as elements or attributes
// (https://www.w3.org/TR/rdf12-xml/#section-Infoset-Grammar-Notation, coreSyntaxTerms and oldTerms).
func isCoreSyntax(local string) bool {
	switch local {
	case "RDF", "ID", "about", "parseType", "resource", "nodeID", "datatype", "annotation", "annotationNodeID", "version":
		return true
	}
	return false
}

func isOld(local string) bool {
	return local == "aboutEach" || local == "aboutEachPrefix" || local == "bagID"
}

// node reads a node element, whose start tag was just read, and gives its subject.
func (p *parser) node(c scope) (rdf.Term, error) {
	e := p.x.top()
	c, err := p.inherit(c, e)
	if err != nil {
		return rdf.Term{}, err
	}
	if e.ns == rdfNS && (isCoreSyntax(e.local) || isOld(e.local) || e.local == "li") || e.ns == "" {
		if err := p.wrong(e.at, "%s may not be a node element", e.qname); err != nil {
			return rdf.Term{}, err
		}
		return rdf.Term{}, p.skip()
	}
	subject, known := rdf.Term{}, false
	for _, a := range e.attrs {
		if a.ns != rdfNS && a.ns != "" {
			continue
		}
		var t rdf.Term
		var err error
		switch a.local {
		case "ID":
			t, err = p.id(c, a.value, e)
		case "about":
			t, err = p.resolve(c, a.value, e)
		case "nodeID":
			t, err = p.nodeID(a.value, e)
		default:
			continue
		}
		if err == nil && known {
			err = p.wrong(e.at, "a node element may have one of rdf:about, rdf:ID and rdf:nodeID")
		}
		if err != nil {
			return rdf.Term{}, err
		}
		subject, known = t, true
	}
	if !known {
		subject = p.fresh()
	}
	if e.ns != rdfNS || e.local != "Description" {
		typ, err := p.term(e.name, e)
		if err == nil {
			err = p.triple(subject, rdfType, typ)
		}
		if err != nil {
			return subject, err
		}
	}
	for _, a := range e.attrs {
		if a.ns == rdfNS && (a.local == "ID" || a.local == "about" || a.local == "nodeID" || a.local == "version") ||
			a.ns == "" && (a.local == "ID" || a.local == "about") {
			continue
		}
		if err := p.propertyAttr(c, e, a, subject); err != nil {
			return subject, err
		}
	}
	li := 0
	for {
		kind, err := p.x.next()
		if err != nil {
			return subject, err
		}
		switch kind {
		case eventStart:
			if err := p.property(c, subject, &li); err != nil {
				return subject, err
			}
		case eventEnd:
			p.x.pop()
			return subject, nil
		case eventText:
			if strings.TrimLeft(p.x.text, " \t\r\n") != "" {
				if err := p.wrong(p.x.abs(p.x.mark), "text where only property elements may stand: %s", excerpt(p.x.text)); err != nil {
					return subject, err
				}
			}
		}
	}
}

// isProperty reports whether an attribute may be a property of the node. Those of XML, ITS and names that begin with xml are not.
func isProperty(a attr) bool {
	return a.ns != xmlNS && a.ns != itsNS && !strings.HasPrefix(strings.ToLower(a.qname), "xml")
}

func (p *parser) propertyAttr(c scope, e *element, a attr, subject rdf.Term) error {
	switch {
	case !isProperty(a):
		return nil
	case a.ns == "" && a.local == "type", a.ns == rdfNS && a.local == "type":
		o, err := p.resolve(c, a.value, e)
		if err != nil {
			return err
		}
		return p.triple(subject, rdfType, o)
	case a.ns == "":
		return p.wrong(e.at, "the attribute %s has no namespace", a.qname)
	case a.ns == rdfNS && (isCoreSyntax(a.local) || isOld(a.local) || a.local == "li" || a.local == "Description"):
		return p.wrong(e.at, "the attribute %s may not stand here", a.qname)
	}
	predicate, err := p.term(a.name, e)
	if err != nil {
		return err
	}
	return p.triple(subject, predicate, c.literal(a.value))
}

// propertyAttrs are the syntax attributes of a property element.
type propertyAttrs struct {
	parseType, datatype       string
	hasParseType, hasDatatype bool
	object                    rdf.Term // of rdf:resource or rdf:nodeID
	hasObject                 bool
	reifies, annotation       rdf.Term // of rdf:ID and of rdf:annotation or rdf:annotationNodeID
	properties, hasID         bool
}

func (p *parser) propertyAttrs(c scope, e *element) (a propertyAttrs, err error) {
	for _, at := range e.attrs {
		if at.ns != rdfNS && at.ns != "" {
			a.properties = a.properties || isProperty(at)
			continue
		}
		switch at.local {
		case "ID":
			a.hasID = true
			a.reifies, err = p.id(c, at.value, e)
		case "parseType":
			a.parseType, a.hasParseType = at.value, true
		case "datatype":
			var t rdf.Term
			t, err = p.resolve(c, at.value, e)
			if name, is := strings.CutPrefix(t.Value(), rdfNS); err == nil && is && (name == "langString" || name == "dirLangString") {
				t, err = rdf.Term{}, p.wrong(e.at, "a literal of datatype rdf:%s must have a language tag instead", name)
			}
			a.datatype, a.hasDatatype = t.Value(), true
		case "resource", "nodeID":
			if a.hasObject {
				err = p.wrong(e.at, "a property element may have one of rdf:resource and rdf:nodeID")
			} else if at.local == "resource" {
				a.object, err = p.resolve(c, at.value, e)
			} else {
				a.object, err = p.nodeID(at.value, e)
			}
			a.hasObject = true
		case "annotation":
			a.annotation, err = p.resolve(c, at.value, e)
		case "annotationNodeID":
			a.annotation, err = p.nodeID(at.value, e)
		case "version":
		case "about", "RDF", "li", "aboutEach", "aboutEachPrefix", "bagID", "Description":
			err = p.wrong(e.at, "the attribute %s may not stand on a property element", at.qname)
		default:
			a.properties = a.properties || isProperty(at)
		}
		if err != nil {
			return a, err
		}
	}
	if a.hasParseType && (a.hasDatatype || a.hasObject || a.properties) {
		err = p.wrong(e.at, "with rdf:parseType a property element may have no other attributes than rdf:ID and rdf:annotation")
	} else if a.hasDatatype && (a.hasObject || a.properties) {
		err = p.wrong(e.at, "with rdf:datatype a property element may have no other attributes than rdf:ID and rdf:annotation")
	}
	return a, err
}

// property reads a property element, whose start tag was just read.
func (p *parser) property(c scope, subject rdf.Term, li *int) error {
	e := p.x.top()
	c, err := p.inherit(c, e)
	if err != nil {
		return err
	}
	if e.ns == rdfNS && (isCoreSyntax(e.local) || isOld(e.local) || e.local == "Description") || e.ns == "" {
		if err := p.wrong(e.at, "%s may not be a property element", e.qname); err != nil {
			return err
		}
		return p.skip()
	}
	predicate, err := p.term(e.name, e)
	if err != nil {
		return err
	}
	if predicate.IsZero() {
		return p.skip()
	}
	if e.ns == rdfNS && e.local == "li" {
		*li++
		predicate = rdf.IRI(rdfNS + "_" + strconv.Itoa(*li))
	}
	a, err := p.propertyAttrs(c, e)
	if err != nil {
		return err
	}
	var object rdf.Term
	switch {
	case a.hasParseType && a.parseType == "Resource":
		object = p.fresh()
		if err := p.statement(subject, predicate, object, a); err != nil {
			return err
		}
		return p.body(c, object)
	case a.hasParseType && a.parseType == "Collection":
		return p.collection(c, subject, predicate, a)
	case a.hasParseType && a.parseType == "Triple" && c.rdf12:
		if object, err = p.tripleTerm(c, e.at); err != nil {
			return err
		}
	case a.hasParseType && a.parseType == "Triple":
		return p.skip() // not known before RDF 1.2, where the suite has it ignored
	case a.hasParseType:
		text, err := p.xmlLiteral()
		if err != nil {
			return err
		}
		object = rdf.Literal(text, rdfNS+"XMLLiteral")
	case a.hasObject || a.properties:
		object = a.object
		if !a.hasObject {
			object = p.fresh()
		}
		for _, at := range e.attrs {
			if at.ns == rdfNS && at.local != "type" && isSyntaxOfProperty(at.local) || at.ns == "" && isSyntaxOfProperty(at.local) {
				continue
			}
			if err := p.propertyAttr(c, e, at, object); err != nil {
				return err
			}
		}
		if err := p.nothing(); err != nil {
			return err
		}
	default:
		if object, err = p.content(c, a); err != nil {
			return err
		}
	}
	return p.statement(subject, predicate, object, a)
}

func isSyntaxOfProperty(local string) bool {
	return isCoreSyntax(local) && local != "RDF"
}

// statement emits a triple with what reifies it.
func (p *parser) statement(s, pred, o rdf.Term, a propertyAttrs) error {
	if err := p.triple(s, pred, o); err != nil {
		return err
	}
	if s.IsZero() || o.IsZero() {
		return nil
	}
	if !a.reifies.IsZero() {
		for _, t := range [...][2]rdf.Term{{rdfType, rdfStatement}, {rdfSubject, s}, {rdfPredicate, pred}, {rdfObject, o}} {
			if err := p.triple(a.reifies, t[0], t[1]); err != nil {
				return err
			}
		}
	}
	if !a.annotation.IsZero() {
		return p.triple(a.annotation, rdfReifies, rdf.TripleTerm(rdf.Triple{S: s, P: pred, O: o}))
	}
	return nil
}

// body reads the property elements of parseType="Resource".
func (p *parser) body(c scope, subject rdf.Term) error {
	li := 0
	for {
		kind, err := p.x.next()
		if err != nil {
			return err
		}
		switch kind {
		case eventStart:
			if err := p.property(c, subject, &li); err != nil {
				return err
			}
		case eventEnd:
			p.x.pop()
			return nil
		case eventText:
			if strings.TrimLeft(p.x.text, " \t\r\n") != "" {
				if err := p.wrong(p.x.abs(p.x.mark), "text where only property elements may stand: %s", excerpt(p.x.text)); err != nil {
					return err
				}
			}
		}
	}
}

func (p *parser) collection(c scope, subject, predicate rdf.Term, a propertyAttrs) error {
	var last rdf.Term
	err := p.nodes(c, func(item rdf.Term) error {
		if item.IsZero() {
			return nil
		}
		cell := p.fresh()
		var err error
		if last.IsZero() {
			err = p.statement(subject, predicate, cell, a)
		} else {
			err = p.triple(last, rdfRest, cell)
		}
		if err != nil {
			return err
		}
		last = cell
		return p.triple(cell, rdfFirst, item)
	})
	if err != nil {
		return err
	}
	if last.IsZero() {
		return p.statement(subject, predicate, rdfNil, a)
	}
	return p.triple(last, rdfRest, rdfNil)
}

// tripleTerm reads parseType="Triple": one node element that states one triple.
func (p *parser) tripleTerm(c scope, at int64) (rdf.Term, error) {
	saved := p.capture
	var triples []rdf.Triple
	p.capture = &triples
	err := p.nodes(c, func(rdf.Term) error { return nil })
	p.capture = saved
	if err != nil {
		return rdf.Term{}, err
	}
	if len(triples) != 1 {
		return rdf.Term{}, p.wrong(at, "parseType=\"Triple\" must hold one triple, not %d", len(triples))
	}
	return rdf.TripleTerm(triples[0]), nil
}

// nothing reads the inside of an empty property element; white space is let through.
func (p *parser) nothing() error {
	for {
		kind, err := p.x.next()
		if err != nil {
			return err
		}
		switch kind {
		case eventEnd:
			p.x.pop()
			return nil
		case eventText:
			if strings.TrimLeft(p.x.text, " \t\r\n") == "" {
				continue
			}
			if err := p.wrong(p.x.abs(p.x.mark), "a property element with an object in its attributes must be empty"); err != nil {
				return err
			}
		case eventStart:
			if err := p.wrong(p.x.top().at, "a property element with an object in its attributes must be empty"); err != nil {
				return err
			}
			if err := p.skip(); err != nil {
				return err
			}
		}
	}
}

// content reads a property element's text, or its one node element.
func (p *parser) content(c scope, a propertyAttrs) (rdf.Term, error) {
	var text string
	var joined []byte // of a text in several pieces
	var object rdf.Term
	found := false
	for {
		kind, err := p.x.next()
		if err != nil {
			return object, err
		}
		switch kind {
		case eventText:
			if text == "" {
				text = p.x.text
				continue
			}
			if joined == nil {
				joined = append(joined, text...)
			}
			if joined = append(joined, p.x.text...); len(joined) > p.o.MaxToken {
				return object, p.x.errorAt(p.x.pos, "a text is longer than %d bytes", p.o.MaxToken)
			}
		case eventStart:
			e := p.x.top()
			if found || a.hasDatatype {
				msg := "a property element may hold one node element"
				if a.hasDatatype {
					msg = "a property element with rdf:datatype may hold text only"
				}
				if err := p.wrong(e.at, "%s", msg); err != nil {
					return object, err
				}
				if err := p.skip(); err != nil {
					return object, err
				}
				continue
			}
			found = true
			if object, err = p.node(c); err != nil {
				return object, err
			}
		case eventEnd:
			at := p.x.top().at
			defer p.x.pop() //nolint:revive // the loop ends here
			if joined != nil {
				text = alias(joined)
			}
			switch {
			case found && strings.TrimLeft(text, " \t\r\n") != "":
				return object, p.wrong(at, "a property element may hold text or a node element, not both")
			case found:
				return object, nil
			case a.hasDatatype && a.datatype == "":
				return object, nil
			case a.hasDatatype:
				return rdf.Literal(text, a.datatype), nil
			}
			return c.literal(text), nil
		}
	}
}

// skip passes over the element whose start tag was just read.
func (p *parser) skip() error {
	for depth := 1; depth > 0; {
		kind, err := p.x.next()
		if err != nil {
			return err
		}
		switch kind {
		case eventStart:
			depth++
		case eventEnd:
			p.x.pop()
			depth--
		}
	}
	return nil
}
