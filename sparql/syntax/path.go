package syntax

import "triplestore/rdf"

// path reads Path (https://www.w3.org/TR/sparql11-query/#rPath).
func (p *parser) path() Path {
	p.enter()
	defer p.leave()
	parts := []Path{p.pathSequence()}
	for p.accept("|") {
		parts = append(parts, p.pathSequence())
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return &Alternative{parts}
}

func (p *parser) pathSequence() Path {
	parts := []Path{p.pathElement()}
	for p.accept("/") {
		parts = append(parts, p.pathElement())
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return &Sequence{parts}
}

func (p *parser) pathElement() Path {
	inverse := p.accept("^")
	path := p.pathPrimary()
	switch {
	case p.is("*"), p.is("+"), p.is("?"):
		path = &Repeat{path, p.tok.value[0]}
		p.advance()
	case p.is("{"):
		p.failAt(p.tok.Span, "counted paths such as {1,3} are not part of SPARQL; write the path out")
	}
	if inverse {
		return &Inverse{path}
	}
	return path
}

func (p *parser) pathPrimary() Path {
	switch {
	case p.accept("!"):
		n := &Negated{}
		if p.accept("(") {
			if p.accept(")") {
				return n
			}
			for {
				p.negatedStep(n)
				if !p.accept("|") {
					break
				}
			}
			p.expect(")", " or '|' in the negated property set")
		} else {
			p.negatedStep(n)
		}
		return n
	case p.accept("("):
		path := p.path()
		p.expect(")", " at the end of the path in parentheses")
		return path
	case p.tok.kind == tokVar:
		p.failAt(p.tok.Span, "a variable cannot be part of a property path")
	}
	return &Link{p.pathIRI()}
}

func (p *parser) negatedStep(n *Negated) {
	if p.accept("^") {
		n.Backward = append(n.Backward, p.pathIRI())
	} else {
		n.Forward = append(n.Forward, p.pathIRI())
	}
}

func (p *parser) pathIRI() rdf.Term {
	if p.tok.kind == tokWord && p.tok.value == "a" {
		p.advance()
		return rdfType
	}
	return p.iriTerm("a predicate: an IRI, 'a' or a property path")
}
