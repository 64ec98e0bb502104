package syntax

import "triplestore/rdf"

// update reads UpdateUnit.
func (p *parser) update() *Update {
	u := &Update{text: p.text}
	start := p.tok.Start
	for {
		p.prologueDecls()
		if p.tok.kind == tokEOF {
			break
		}
		p.operation++
		u.Operations = append(u.Operations, p.updateOperation())
		if !p.accept(";") {
			break
		}
	}
	if p.tok.kind != tokEOF {
		p.expected("';' and another operation, or the end of the update")
	}
	u.Span = p.since(start)
	u.Prologue = p.finishPrologue()
	u.Used = p.used
	u.leadingG = p.leadingG
	return u
}

func (p *parser) updateOperation() Operation {
	start := p.tok.Start
	if p.tok.kind == tokWord {
		switch verb := p.tok.kw; verb {
		case "LOAD":
			return p.load()
		case "CLEAR", "DROP", "CREATE":
			return p.manage(verb)
		case "COPY", "MOVE", "ADD":
			return p.transfer(verb)
		case "INSERT":
			p.advance()
			if p.acceptWord("DATA") {
				quads := p.quads(tripleRules{noVars: "INSERT DATA"})
				return &InsertData{p.since(start), quads}
			}
			m := &Modify{}
			m.Insert = p.quads(tripleRules{template: true})
			return p.modifyRest(m, start)
		case "DELETE":
			p.advance()
			switch {
			case p.acceptWord("DATA"):
				quads := p.quads(tripleRules{noVars: "DELETE DATA", noBlanks: "DELETE DATA"})
				return &DeleteData{p.since(start), quads}
			case p.isWord("WHERE"):
				return p.deleteWhere(start)
			}
			m := &Modify{}
			p.deleteTemplate(m)
			return p.modifyRest(m, start)
		case "WITH":
			p.advance()
			m := &Modify{With: p.iriTerm("the IRI of a graph after WITH")}
			switch {
			case p.acceptWord("DELETE"):
				p.deleteTemplate(m)
			case p.acceptWord("INSERT"):
				m.Insert = p.quads(tripleRules{template: true})
			default:
				p.expected("DELETE or INSERT")
			}
			return p.modifyRest(m, start)
		case "SELECT", "ASK", "CONSTRUCT", "DESCRIBE":
			p.expected("an update; this is a query")
		}
	}
	p.expected("an update operation (INSERT, DELETE, WITH, LOAD, CLEAR, DROP, CREATE, COPY, MOVE or ADD)")
	return nil
}

func (p *parser) deleteTemplate(m *Modify) {
	m.Delete = p.quads(tripleRules{template: true, noBlanks: "DELETE"})
	if p.acceptWord("INSERT") {
		m.Insert = p.quads(tripleRules{template: true})
	}
}

func (p *parser) modifyRest(m *Modify, start int) Operation {
	for p.acceptWord("USING") {
		if p.acceptWord("NAMED") {
			m.UsingNamed = append(m.UsingNamed, p.iriTerm("the IRI of a graph"))
		} else {
			m.Using = append(m.Using, p.iriTerm("the IRI of a graph or NAMED"))
		}
	}
	if !p.acceptWord("WHERE") {
		p.expected("WHERE")
	}
	m.Where = p.groupAfter("WHERE")
	m.Span = p.since(start)
	return m
}

func (p *parser) deleteWhere(start int) Operation {
	p.advance()
	at := p.tok.Start
	m := &Modify{Short: true}
	m.Delete = p.quads(tripleRules{noBlanks: "DELETE WHERE"})
	m.Where = &Group{Span: p.since(at)}
	vars := newVarSet()
	for i := 0; i < len(m.Delete); {
		j := i
		var triples []Triple
		for ; j < len(m.Delete) && sameGraph(m.Delete[i].Graph, m.Delete[j].Graph); j++ {
			triples = append(triples, m.Delete[j].Triple)
		}
		block := &Triples{m.Where.Span, triples}
		if g := m.Delete[i].Graph; g.Kind == NoNode {
			m.Where.Elements = append(m.Where.Elements, block)
		} else {
			m.Where.Elements = append(m.Where.Elements, &Graph{g.Span, g, &Group{Span: block.Span, Elements: []Pattern{block}}})
			vars.addNode(&g)
		}
		vars.addTriples(triples)
		i = j
	}
	m.Where.vars = *vars
	m.Span = p.since(start)
	return m
}

func sameGraph(a, b Node) bool { return a.Kind == b.Kind && a.Name == b.Name && a.Term == b.Term }

// quads reads QuadPattern or QuadData.
func (p *parser) quads(rules tripleRules) []Quad {
	outer := p.rules
	p.rules = rules
	p.expect("{", "")
	p.newBlock()
	quads := []Quad{}
	add := func(graph Node) {
		var triples []Triple
		p.triples = &triples
		p.triplesBlock()
		for _, t := range triples {
			quads = append(quads, Quad{t, graph})
		}
	}
	add(Node{})
	for p.acceptWord("GRAPH") {
		graph := p.varOrIRI("the IRI of a graph or a variable")
		p.expect("{", " after the name of the graph")
		add(graph)
		p.expect("}", " or a triple")
		p.accept(".")
		add(Node{})
	}
	if !p.is("}") && p.tok.kind == tokWord {
		p.expected("a triple, GRAPH or '}': other patterns are not allowed here")
	}
	p.expect("}", ", a triple or GRAPH")
	p.rules = outer
	return quads
}

func (p *parser) load() Operation {
	start := p.tok.Start
	p.advance()
	l := &Load{Silent: p.acceptWord("SILENT")}
	l.Source = p.iriTerm("the IRI of a document")
	if p.acceptWord("INTO") {
		p.expectWord("GRAPH")
		l.Into = p.iriTerm("the IRI of a graph")
	}
	l.Span = p.since(start)
	return l
}

func (p *parser) manage(verb string) Operation {
	start := p.tok.Start
	p.advance()
	m := &Manage{Verb: verb, Silent: p.acceptWord("SILENT")}
	switch {
	case p.acceptWord("GRAPH"):
		m.Target.Graph = p.iriTerm("the IRI of a graph")
	case verb == "CREATE":
		p.expected("GRAPH")
	case p.acceptWord("DEFAULT"):
		m.Target.Kind = DefaultGraph
	case p.acceptWord("NAMED"):
		m.Target.Kind = NamedGraphs
	case p.acceptWord("ALL"):
		m.Target.Kind = AllGraphs
	default:
		p.expected("GRAPH, DEFAULT, NAMED or ALL")
	}
	m.Span = p.since(start)
	return m
}

func (p *parser) transfer(verb string) Operation {
	start := p.tok.Start
	p.advance()
	t := &Transfer{Verb: verb, Silent: p.acceptWord("SILENT")}
	t.From = p.graphOrDefault()
	p.expectWord("TO")
	t.To = p.graphOrDefault()
	t.Span = p.since(start)
	return t
}

func (p *parser) graphOrDefault() rdf.Term {
	if p.acceptWord("DEFAULT") {
		return rdf.Term{}
	}
	p.acceptWord("GRAPH")
	return p.iriTerm("DEFAULT or the IRI of a graph")
}
