package syntax

import (
	"strconv"
	"strings"

	"triplestore/rdf"
	"triplestore/vocab"
)

var (
	rdfType    = rdf.IRI(vocab.RDF + "type")
	rdfFirst   = rdf.IRI(vocab.RDF + "first")
	rdfRest    = rdf.IRI(vocab.RDF + "rest")
	rdfNil     = rdf.IRI(vocab.RDF + "nil")
	rdfReifies = rdf.IRI(vocab.RDF + "reifies")
)

func termNode(t rdf.Term, s Span) Node { return Node{Span: s, Kind: TermNode, Term: t} }

// fresh makes a blank node without a label.
func (p *parser) fresh(s Span) Node {
	if p.rules.noBlanks != "" {
		p.failAt(s, "blank nodes are not allowed in %s", p.rules.noBlanks)
	}
	p.anonymous++
	return Node{Span: s, Kind: BlankNode, Name: "." + strconv.Itoa(p.anonymous)}
}

// labelled reads a blank node with a label and checks the label's scope
// (https://www.w3.org/TR/sparql11-query/#grammarBNodes).
func (p *parser) labelled() Node {
	t := p.tok
	if p.rules.noBlanks != "" {
		p.failAt(t.Span, "blank nodes are not allowed in %s", p.rules.noBlanks)
	}
	p.leadingG = max(p.leadingG, len(t.value)-len(strings.TrimLeft(t.value, "g")))
	if p.rules.noVars != "" { // INSERT DATA: one scope per operation
		key := "data " + t.value
		if at, ok := p.labels[key]; ok && at != p.operation {
			p.failAt(t.Span, "the blank node label _:%s is used in another INSERT DATA of this request", t.value)
		}
		p.labels[key] = p.operation
	} else if !p.rules.template {
		if at, ok := p.labels[t.value]; ok && at != p.block {
			p.failAt(t.Span, "the blank node label _:%s is used in another basic graph pattern; use a variable to join them", t.value)
		}
		p.labels[t.value] = p.block
	}
	p.advance()
	return Node{Span: t.Span, Kind: BlankNode, Name: t.value}
}

func (p *parser) emit(s, pr, o Node) { *p.triples = append(*p.triples, Triple{S: s, P: pr, O: o}) }

// startsTriples reports whether the token can start a subject.
func (p *parser) startsTriples() bool {
	switch p.tok.kind {
	case tokIRI, tokPName, tokBlank, tokVar, tokString, tokNumber:
		return true
	case tokWord:
		return p.isLiteral()
	case tokPunct:
		switch p.tok.value {
		case "(", "[", "<<", "<<(":
			return true
		}
	}
	return false
}

// sameSubject reads TriplesSameSubjectPath, or TriplesSameSubject where the rules have no paths.
func (p *parser) sameSubject() {
	subject, alone := p.node("a subject")
	if alone && !p.startsVerb() {
		return
	}
	p.propertyList(subject)
}

func (p *parser) startsVerb() bool {
	switch p.tok.kind {
	case tokIRI, tokPName, tokVar:
		return true
	case tokWord:
		return p.tok.value == "a"
	case tokPunct:
		return p.rules.paths && (p.is("^") || p.is("!") || p.is("("))
	}
	return false
}

// triplesBlock reads triples separated by dots.
func (p *parser) triplesBlock() {
	for p.startsTriples() {
		p.sameSubject()
		if !p.accept(".") {
			return
		}
	}
}

// node reads a subject or an object. alone is true for what may stand without a property list.
func (p *parser) node(what string) (n Node, alone bool) {
	start := p.tok.Start
	switch {
	case p.is("("):
		return p.collection()
	case p.is("["):
		p.advance()
		if p.accept("]") {
			return p.fresh(p.since(start)), false
		}
		p.enter()
		n := p.fresh(Span{start, start + 1})
		p.propertyList(n)
		p.expect("]", " at the end of the blank node's properties")
		p.leave()
		return n, true
	case p.is("<<"):
		return p.reifiedTriple(), true
	case p.is("<<("):
		return p.tripleTerm(), false
	}
	return p.plainNode(what), false
}

// plainNode reads a variable, IRI, literal or blank node.
func (p *parser) plainNode(what string) Node {
	start := p.tok.Start
	switch {
	case p.tok.kind == tokVar:
		if p.rules.noVars != "" {
			p.failAt(p.tok.Span, "variables are not allowed in %s", p.rules.noVars)
		}
		name := p.variable("")
		return Node{Span: p.since(start), Kind: VarNode, Name: name}
	case p.isIRI():
		t := p.iriTerm("")
		return termNode(t, p.since(start))
	case p.isLiteral():
		t := p.literal()
		return termNode(t, p.since(start))
	case p.tok.kind == tokBlank:
		return p.labelled()
	case p.is("["):
		p.advance()
		p.expect("]", ": a blank node here has no properties")
		return p.fresh(p.since(start))
	}
	p.expected(what)
	return Node{}
}

func (p *parser) collection() (Node, bool) {
	start := p.tok.Start
	p.enter()
	defer p.leave()
	p.advance()
	if p.accept(")") {
		return termNode(rdfNil, p.since(start)), false
	}
	head := p.fresh(Span{start, start + 1})
	for cell := head; ; {
		item, _ := p.node("an element of the list or ')'")
		p.emit(cell, termNode(rdfFirst, cell.Span), item)
		if p.accept(")") {
			p.emit(cell, termNode(rdfRest, cell.Span), termNode(rdfNil, cell.Span))
			return head, true
		}
		next := p.fresh(p.tok.Span)
		p.emit(cell, termNode(rdfRest, cell.Span), next)
		cell = next
	}
}

// propertyList reads PropertyListPathNotEmpty.
func (p *parser) propertyList(subject Node) {
	for {
		verb, path := p.verb()
		for {
			at := p.tok.Span
			object, _ := p.node("an object")
			*p.triples = append(*p.triples, Triple{S: subject, P: verb, O: object, Path: path})
			p.annotations(subject, verb, object, path, at)
			if !p.accept(",") {
				break
			}
		}
		if !p.is(";") {
			return
		}
		for p.accept(";") {
		}
		if !p.startsVerb() {
			return
		}
	}
}

// verb reads a variable, an IRI or, where allowed, a path that is more than an IRI.
func (p *parser) verb() (Node, Path) {
	start := p.tok.Start
	switch {
	case p.tok.kind == tokVar:
		return p.plainNode(""), nil
	case p.rules.paths && p.startsVerb():
		path := p.path()
		if link, ok := path.(*Link); ok && p.text[start] != '(' {
			return termNode(link.IRI, p.since(start)), nil
		}
		return Node{Span: p.since(start)}, path
	}
	return p.simpleVerb(), nil
}

// simpleVerb reads a variable, an IRI or a.
func (p *parser) simpleVerb() Node {
	start := p.tok.Start
	switch {
	case p.tok.kind == tokVar:
		return p.plainNode("")
	case p.tok.kind == tokWord && p.tok.value == "a":
		p.advance()
		return termNode(rdfType, p.since(start))
	case !p.rules.paths && (p.is("^") || p.is("!") || p.is("(")):
		p.failAt(p.tok.Span, "a property path is not allowed here")
	}
	t := p.iriTerm("a predicate: an IRI, a variable or 'a'")
	if !p.rules.paths && (p.is("/") || p.is("|") || p.is("*") || p.is("+")) {
		p.failAt(p.tok.Span, "a property path is not allowed here")
	}
	return termNode(t, p.since(start))
}

// annotations reads Annotation: reifiers and their property lists
// (https://www.w3.org/TR/sparql12-query/#annotation-syntax).
func (p *parser) annotations(s, verb, o Node, path Path, at Span) {
	var reifier Node
	for p.is("~") || p.is("{|") {
		if path != nil {
			p.failAt(p.tok.Span, "a triple whose predicate is a property path cannot be annotated")
		}
		if p.is("~") {
			reifier = p.reifier(at)
			p.emit(reifier, termNode(rdfReifies, reifier.Span), tripleNode(s, verb, o, at))
			continue
		}
		if reifier.Kind == NoNode {
			reifier = p.fresh(p.tok.Span)
			p.emit(reifier, termNode(rdfReifies, reifier.Span), tripleNode(s, verb, o, at))
		}
		p.enter()
		p.advance()
		p.propertyList(reifier)
		p.expect("|}", " at the end of the annotation")
		p.leave()
		reifier = Node{}
	}
}

func tripleNode(s, pr, o Node, at Span) Node {
	return Node{Span: at, Kind: TripleNode, Triple: &TripleTerm{s, pr, o}}
}

// reifier reads ~ and the name of a reifier, or makes one.
func (p *parser) reifier(at Span) Node {
	p.advance()
	switch {
	case p.tok.kind == tokVar, p.isIRI(), p.tok.kind == tokBlank, p.is("["):
		return p.plainNode("a reifier")
	}
	return p.fresh(at)
}

// reifiedTriple reads << s p o ~ reifier >> and gives the reifier.
func (p *parser) reifiedTriple() Node {
	start := p.tok.Start
	p.enter()
	defer p.leave()
	p.advance()
	s := p.inner("a subject", true)
	verb := p.simpleVerb()
	o := p.inner("an object", true)
	var id Node
	if p.is("~") {
		id = p.reifier(Span{start, start + 2})
	} else {
		id = p.fresh(Span{start, start + 2})
	}
	p.expect(">>", " at the end of the reified triple")
	p.emit(id, termNode(rdfReifies, id.Span), tripleNode(s, verb, o, p.since(start)))
	return id
}

// tripleTerm reads <<( s p o )>>.
func (p *parser) tripleTerm() Node {
	start := p.tok.Start
	p.enter()
	defer p.leave()
	p.advance()
	s := p.inner("a subject", false)
	verb := p.simpleVerb()
	o := p.inner("an object", false)
	p.expect(")>>", " at the end of the triple term")
	return tripleNode(s, verb, o, p.since(start))
}

// inner reads the subject or object of a triple term or reified triple, which have no lists and no property lists.
func (p *parser) inner(what string, reified bool) Node {
	switch {
	case p.is("<<("):
		return p.tripleTerm()
	case p.is("<<") && reified:
		return p.reifiedTriple()
	case p.is("("):
		p.failAt(p.tok.Span, "a list is not allowed inside a triple term or reified triple")
	}
	return p.plainNode(what)
}

// dataTriple reads a triple term of VALUES, which has neither variables nor blank nodes.
func (p *parser) dataTriple() rdf.Term {
	p.enter()
	defer p.leave()
	p.advance()
	if !p.isIRI() {
		p.expected("an IRI as the subject of the triple term")
	}
	s := p.iriTerm("")
	verb := rdfType
	if p.tok.kind == tokWord && p.tok.value == "a" {
		p.advance()
	} else {
		verb = p.iriTerm("an IRI as the predicate of the triple term")
	}
	o := p.dataTerm("an IRI, a literal or a triple term as the object of the triple term")
	p.expect(")>>", " at the end of the triple term")
	return rdf.TripleTerm(rdf.Triple{S: s, P: verb, O: o})
}

// dataTerm reads an IRI, a literal or a triple term without variables.
func (p *parser) dataTerm(what string) rdf.Term {
	switch {
	case p.isIRI():
		return p.iriTerm("")
	case p.isLiteral():
		return p.literal()
	case p.is("<<("):
		return p.dataTriple()
	case p.tok.kind == tokBlank:
		p.failAt(p.tok.Span, "blank nodes are not allowed in VALUES")
	case p.tok.kind == tokVar:
		p.failAt(p.tok.Span, "variables are not allowed here")
	}
	p.expected(what)
	return rdf.Term{}
}
