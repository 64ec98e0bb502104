package turtle

import (
	"triplestore/rdf"
)

const xsdNS = "http://www.w3.org/2001/XMLSchema#"

var (
	rdfFirst   = rdf.IRI(rdfNS + "first")
	rdfRest    = rdf.IRI(rdfNS + "rest")
	rdfNil     = rdf.IRI(rdfNS + "nil")
	rdfReifies = rdf.IRI(rdfNS + "reifies")

	literalTrue  = rdf.Literal("true", xsdNS+"boolean")
	literalFalse = rdf.Literal("false", xsdNS+"boolean")
)

const anObject = "an object: an IRI, a blank node, a literal, '[', '(' or \"<<\""

func (p *parser) object() (rdf.Term, bool) {
	switch c := p.next(); c {
	case '<':
		if p.peek(1) != '<' {
			return p.iriRef(p.base, false)
		}
		if p.peek(2) == '(' {
			return p.tripleTerm()
		}
		return p.reifiedTriple()
	case '[':
		p.pos++
		if p.next() == ']' {
			p.pos++
			return p.newBlankNode(), true
		}
		return p.propertyListRest()
	case '(':
		return p.collection()
	}
	return p.simpleObject(anObject)
}

// simpleObject reads a literal, a blank node label or a prefixed name.
func (p *parser) simpleObject(what string) (rdf.Term, bool) {
	c := p.next()
	switch {
	case c == '"' || c == '\'':
		return p.literal()
	case c == '_':
		return p.blankNodeLabel()
	case isDigit(c) || c == '+' || c == '-':
		return p.number()
	case c == '.' && isDigit(p.peek(1)):
		return p.number()
	case class[c]&className == 0:
		return rdf.Term{}, p.expected(what)
	}
	t, ok := p.scanName()
	if !ok {
		return rdf.Term{}, false
	}
	if t.colon >= 0 {
		return p.prefixedName(t)
	}
	switch string(p.buf[p.pos : p.pos+t.n]) {
	case "true":
		p.pos += 4
		return literalTrue, true
	case "false":
		p.pos += 5
		return literalFalse, true
	}
	return rdf.Term{}, p.expected(what)
}

func (p *parser) literal() (rdf.Term, bool) {
	s, good, ok := p.quoted(true)
	if !ok {
		return rdf.Term{}, false
	}
	switch p.next() {
	case '@':
		return p.langTag(s, good)
	case '^':
		if p.peek(1) != '^' {
			return rdf.Term{}, p.expected("\"^^\" and a datatype")
		}
		p.pos += 2
		p.next()
		start := p.offset()
		dt, ok := p.iri("a datatype: an IRI")
		if !ok {
			return rdf.Term{}, false
		}
		return p.typed(s, good, dt, start)
	}
	if !good {
		return rdf.Term{}, p.err == nil
	}
	return rdf.String(s), p.err == nil
}

// number reads an INTEGER, DECIMAL or DOUBLE. A '.' belongs to it only where digits or an exponent follow.
func (p *parser) number() (rdf.Term, bool) {
	i := 0
	if c := p.peek(0); c == '+' || c == '-' {
		i++
	}
	digits := 0
	for isDigit(p.peek(i)) {
		i++
		digits++
	}
	datatype := xsdNS + "integer"
	if p.peek(i) == '.' {
		j := i + 1
		for isDigit(p.peek(j)) {
			j++
		}
		if c := p.peek(j) | 0x20; j > i+1 || digits > 0 && c == 'e' && p.exponent(j) > 0 {
			digits += j - i - 1
			i = j
			datatype = xsdNS + "decimal"
		}
	}
	if digits == 0 {
		return rdf.Term{}, p.expected("a number")
	}
	if n := p.exponent(i); n > 0 {
		i += n
		datatype = xsdNS + "double"
	}
	if c := p.peek(i); class[c]&className != 0 && c != '.' {
		return rdf.Term{}, p.failAt(i, "expected the end of the number")
	}
	if p.err != nil {
		return rdf.Term{}, false
	}
	t := rdf.Literal(alias(p.buf[p.pos:p.pos+i]), datatype)
	p.pos += i
	return t, true
}

// exponent gives the length of the EXPONENT at offset i, or 0.
func (p *parser) exponent(i int) int {
	if p.peek(i)|0x20 != 'e' {
		return 0
	}
	j := i + 1
	if c := p.peek(j); c == '+' || c == '-' {
		j++
	}
	k := j
	for isDigit(p.peek(k)) {
		k++
	}
	if k == j {
		return 0
	}
	return k - i
}

func (p *parser) collection() (rdf.Term, bool) {
	p.pos++
	if p.next() == ')' {
		p.pos++
		return rdfNil, true
	}
	if !p.enter() {
		return rdf.Term{}, false
	}
	head := p.newBlankNode()
	for node := head; ; {
		o, ok := p.object()
		if !ok || !p.triple(node, rdfFirst, o) {
			return head, false
		}
		if p.next() == ')' {
			p.pos++
			p.depth--
			return head, p.triple(node, rdfRest, rdfNil)
		}
		if p.err != nil {
			return head, false
		}
		next := p.newBlankNode()
		if !p.triple(node, rdfRest, next) {
			return head, false
		}
		node = next
	}
}

// tripleTerm reads "<<( s p o )>>".
func (p *parser) tripleTerm() (rdf.Term, bool) {
	p.pos += 3
	if !p.enter() {
		return rdf.Term{}, false
	}
	var t rdf.Triple
	var ok bool
	if t.S, ok = p.labelOrSubject("the subject of a triple term: an IRI or a blank node"); !ok {
		return rdf.Term{}, false
	}
	if t.P, ok = p.verb(); !ok {
		return rdf.Term{}, false
	}
	if t.O, ok = p.tripleObject(false); !ok {
		return rdf.Term{}, false
	}
	if p.next() != ')' || p.peek(1) != '>' || p.peek(2) != '>' {
		return rdf.Term{}, p.expected("\")>>\"")
	}
	p.pos += 3
	p.depth--
	return tripleTerm(t), true
}

func tripleTerm(t rdf.Triple) rdf.Term {
	if t.S.IsZero() || t.P.IsZero() || t.O.IsZero() {
		return rdf.Term{}
	}
	return rdf.TripleTerm(t)
}

// tripleObject reads what may be the object of a triple term or, with reified, of a reified triple.
func (p *parser) tripleObject(reified bool) (rdf.Term, bool) {
	what := "the object of a triple term: an IRI, a blank node, a literal or a triple term"
	if reified {
		what = "the object of a reified triple: an IRI, a blank node, a literal, a triple term or a reified triple"
	}
	switch c := p.next(); {
	case c == '<' && p.peek(1) == '<' && p.peek(2) == '(':
		return p.tripleTerm()
	case c == '<' && p.peek(1) == '<' && reified:
		return p.reifiedTriple()
	case c == '<' || c == '[':
		return p.labelOrSubject(what)
	}
	return p.simpleObject(what)
}

// reifiedTriple reads "<< s p o ~ r >>" and gives the reifier.
func (p *parser) reifiedTriple() (rdf.Term, bool) {
	p.pos += 2
	if !p.enter() {
		return rdf.Term{}, false
	}
	var t rdf.Triple
	var ok bool
	if p.next() == '<' && p.peek(1) == '<' && p.peek(2) != '(' {
		t.S, ok = p.reifiedTriple()
	} else {
		t.S, ok = p.labelOrSubject("the subject of a reified triple: an IRI, a blank node or a reified triple")
	}
	if !ok {
		return rdf.Term{}, false
	}
	if t.P, ok = p.verb(); !ok {
		return rdf.Term{}, false
	}
	if t.O, ok = p.tripleObject(true); !ok {
		return rdf.Term{}, false
	}
	var reifier rdf.Term
	if p.next() == '~' {
		p.pos++
		if reifier, ok = p.reifier(); !ok {
			return rdf.Term{}, false
		}
	} else {
		reifier = p.newBlankNode()
	}
	if p.next() != '>' || p.peek(1) != '>' {
		return rdf.Term{}, p.expected("\">>\" or '~'")
	}
	p.pos += 2
	p.depth--
	return reifier, p.triple(reifier, rdfReifies, tripleTerm(t))
}

// reifier reads what may follow '~', nothing included.
func (p *parser) reifier() (rdf.Term, bool) {
	switch c := p.next(); {
	case c == '_' || c == '[':
		return p.labelOrSubject("a reifier")
	case c == '<' || c == ':' || isLetter(c) || c >= 0x80:
		return p.iri("a reifier: an IRI or a blank node")
	}
	return p.newBlankNode(), p.err == nil
}

// annotation reads the reifiers and annotation blocks after the object of s, pred, o. A block describes the reifier right
// before it, or one of its own (https://www.w3.org/TR/rdf12-turtle/#annotation).
func (p *parser) annotation(s, pred, o rdf.Term) bool {
	term := tripleTerm(rdf.Triple{S: s, P: pred, O: o})
	var reifier rdf.Term
	has := false
	for {
		switch c := p.next(); {
		case c == '~':
			p.pos++
			var ok bool
			if reifier, ok = p.reifier(); !ok || !p.triple(reifier, rdfReifies, term) {
				return false
			}
			has = true
		case c == '{' && p.peek(1) == '|':
			p.pos += 2
			if !has {
				reifier = p.newBlankNode()
				if !p.triple(reifier, rdfReifies, term) {
					return false
				}
			}
			has = false
			if !p.enter() || !p.predicateObjectList(reifier) {
				return false
			}
			if p.next() != '|' || p.peek(1) != '}' {
				return p.expected("\"|}\", ';' or ','")
			}
			p.pos += 2
			p.depth--
		default:
			return p.err == nil
		}
	}
}
