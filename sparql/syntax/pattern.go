package syntax

// varSet is an ordered set of variables.
type varSet struct {
	names []string // in order, but for those of inner
	inner []innerVars
	has   map[string]bool
}

// innerVars is a set within another, behind some of the names.
type innerVars struct {
	set    *varSet
	behind int
}

func newVarSet() *varSet { return &varSet{} }

func (v *varSet) add(name string) {
	if name != "" && !v.has[name] {
		if v.has == nil {
			v.has = map[string]bool{}
		}
		v.has[name] = true
		v.names = append(v.names, name)
	}
}

func (v *varSet) addAll(names []string) {
	for _, n := range names {
		v.add(n)
	}
}

// merge adds a set to which nothing is added any more, and of which only the list is of use afterwards: groups may be nested deep, so
// that neither names are copied nor the larger table.
func (v *varSet) merge(of *varSet) {
	if len(of.has) == 0 {
		return
	}
	small, large := of.has, v.has
	if len(small) > len(large) {
		small, large = large, small
	}
	for name := range small {
		large[name] = true
	}
	v.has, of.has = large, nil
	v.inner = append(v.inner, innerVars{of, len(v.names)})
}

// overlaps reports whether two sets, neither of which is merged yet, have a variable in common.
func (v *varSet) overlaps(other *varSet) bool {
	small, large := v.has, other.has
	if len(small) > len(large) {
		small, large = large, small
	}
	for name := range small {
		if large[name] {
			return true
		}
	}
	return false
}

// list gives the variables in order. The slice is read-only.
func (v *varSet) list() []string {
	if len(v.inner) == 0 {
		return v.names
	}
	return v.appendTo(nil, map[string]bool{})
}

func (v *varSet) appendTo(list []string, seen map[string]bool) []string {
	from := 0
	own := func(to int) {
		for _, name := range v.names[from:to] {
			if !seen[name] {
				seen[name] = true
				list = append(list, name)
			}
		}
		from = to
	}
	for _, x := range v.inner {
		own(x.behind)
		list = x.set.appendTo(list, seen)
	}
	own(len(v.names))
	return list
}

func (v *varSet) addNode(n *Node) {
	switch n.Kind {
	case VarNode:
		v.add(n.Name)
	case TripleNode:
		v.addNode(&n.Triple.S)
		v.addNode(&n.Triple.P)
		v.addNode(&n.Triple.O)
	}
}

func (v *varSet) addTriples(triples []Triple) {
	for i := range triples {
		t := &triples[i]
		v.addNode(&t.S)
		v.addNode(&t.P)
		v.addNode(&t.O)
	}
}

// newBlock starts a basic graph pattern, for the scope of blank nodes.
func (p *parser) newBlock() {
	p.blocks++
	p.block = p.blocks
}

// group reads GroupGraphPattern.
func (p *parser) group() *Group {
	p.enter()
	defer p.leave()
	outerBlock, outerTriples, outerRules, outerAggregates := p.block, p.triples, p.rules, p.aggregates
	start := p.tok.Start
	p.expect("{", "")
	p.rules = tripleRules{paths: true}
	p.aggregates = noAggregates
	g := &Group{}
	vars := newVarSet()
	if p.isWord("SELECT") {
		q := p.subSelect()
		g.Elements = append(g.Elements, &SubSelect{q.Span, q})
		if q.Star && q.Where != nil { // it has no groups
			vars.merge(&q.Where.vars)
			g.assigned.merge(&q.Where.assigned)
			if q.Values != nil {
				vars.addAll(q.Values.Vars)
				g.assigned.addAll(q.Values.Vars)
			}
		} else {
			vars.addAll(q.projected())
			g.assigned.addAll(q.assigned())
		}
		if !p.is("}") {
			p.expected("'}': a sub-select stands alone in its braces")
		}
	} else {
		p.newBlock()
		for !p.is("}") {
			p.element(g, vars)
		}
	}
	p.advance()
	g.Span = p.since(start)
	g.vars = *vars
	p.block, p.triples, p.rules, p.aggregates = outerBlock, outerTriples, outerRules, outerAggregates
	return g
}

func (p *parser) subSelect() *Query {
	q := &Query{Limit: -1, Offset: -1, text: p.text}
	p.selectQuery(q, false)
	return q
}

// element reads an element of a group and the dot after it.
func (p *parser) element(g *Group, vars *varSet) {
	start := p.tok.Start
	if p.startsTriples() {
		p.patternTriples(g, vars)
		return
	}
	if p.is("{") {
		p.unions(g, vars)
		p.endElement()
		return
	}
	if p.tok.kind != tokWord {
		p.expectedElement()
	}
	switch p.tok.kw {
	case "FILTER":
		p.advance()
		f := &Filter{Expr: p.constraint()}
		f.Span = p.since(start)
		g.Elements = append(g.Elements, f)
		p.accept(".")
		return
	case "OPTIONAL":
		p.advance()
		inner := p.groupAfter("OPTIONAL")
		g.Elements = append(g.Elements, &Optional{p.since(start), inner})
		vars.merge(&inner.vars)
		g.assigned.merge(&inner.assigned)
	case "MINUS":
		p.advance()
		inner := p.groupAfter("MINUS")
		g.Elements = append(g.Elements, &Minus{p.since(start), inner})
	case "LATERAL":
		p.advance()
		inner := p.groupAfter("LATERAL")
		p.checkLateral(inner, vars)
		g.Elements = append(g.Elements, &Lateral{p.since(start), inner})
		vars.merge(&inner.vars)
		g.assigned.merge(&inner.assigned)
	case "GRAPH":
		p.advance()
		name := p.varOrIRI("the IRI of a graph or a variable")
		inner := p.groupAfter("the name of the graph")
		g.Elements = append(g.Elements, &Graph{p.since(start), name, inner})
		vars.addNode(&name)
		vars.merge(&inner.vars)
		g.assigned.merge(&inner.assigned)
	case "SERVICE":
		p.advance()
		silent := p.acceptWord("SILENT")
		name := p.varOrIRI("the IRI of a service or a variable")
		inner := p.groupAfter("the name of the service")
		g.Elements = append(g.Elements, &Service{p.since(start), name, silent, inner})
		vars.addNode(&name)
		vars.merge(&inner.vars)
		g.assigned.merge(&inner.assigned)
	case "BIND":
		p.bind(g, vars)
	case "VALUES":
		d := p.values()
		g.Elements = append(g.Elements, d)
		vars.addAll(d.Vars)
		g.assigned.addAll(d.Vars)
	case "SELECT":
		p.failAt(p.tok.Span, "a sub-select stands alone in braces of its own: { SELECT … }")
	default:
		p.expectedElement()
	}
	p.endElement()
}

func (p *parser) endElement() {
	p.accept(".")
	p.newBlock()
}

func (p *parser) groupAfter(what string) *Group {
	if !p.is("{") {
		p.expected("'{' after " + what)
	}
	return p.group()
}

func (p *parser) varOrIRI(what string) Node {
	if p.tok.kind != tokVar && !p.isIRI() {
		p.expected(what)
	}
	return p.plainNode(what)
}

func (p *parser) expectedElement() {
	if p.tok.kind == tokWord {
		switch p.tok.kw {
		case "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET":
			p.expected("'}' first: " + p.tok.kw + " comes after the pattern's braces")
		case "A":
			p.expected("a subject before the predicate 'a'")
		case "EXISTS", "NOT":
			p.expected("a pattern: " + p.tok.kw + " stands in a FILTER")
		}
		if s := closest(p.tok.kw, []string{"FILTER", "OPTIONAL", "UNION", "MINUS", "GRAPH", "SERVICE", "BIND", "VALUES"}); s != "" && s != p.tok.kw {
			p.expected("a pattern or '}' (did you mean " + s + "?)")
		}
	}
	p.expected("a pattern or '}'")
}

// patternTriples reads a run of triples. The variables of a run come into scope with it.
func (p *parser) patternTriples(g *Group, vars *varSet) {
	block := &Triples{}
	start := p.tok.Start
	p.triples = &block.Triples
	p.triplesBlock()
	if p.end < len(p.text) && p.text[p.end-1] != '.' && !p.afterTriples() {
		p.expected("'.' and another triple, ';', ',' or '}'")
	}
	block.Span = p.since(start)
	vars.addTriples(block.Triples)
	// A FILTER between triples does not end the basic graph pattern, but the element stays where it is.
	g.Elements = append(g.Elements, block)
}

// afterTriples reports whether the token may follow a triple that has no dot after it.
func (p *parser) afterTriples() bool {
	switch p.tok.kind {
	case tokEOF:
		return true
	case tokWord:
		return !p.isLiteral()
	case tokPunct:
		return p.is("}") || p.is("{") || p.is(".")
	}
	return false
}

func (p *parser) unions(g *Group, vars *varSet) {
	start := p.tok.Start
	first := p.group()
	vars.merge(&first.vars)
	g.assigned.merge(&first.assigned)
	if !p.isWord("UNION") {
		g.Elements = append(g.Elements, first)
		return
	}
	u := &Union{Alternatives: []*Group{first}}
	for p.acceptWord("UNION") {
		next := p.groupAfter("UNION")
		vars.merge(&next.vars)
		g.assigned.merge(&next.assigned)
		u.Alternatives = append(u.Alternatives, next)
	}
	u.Span = p.since(start)
	g.Elements = append(g.Elements, u)
}

func (p *parser) bind(g *Group, vars *varSet) {
	start := p.tok.Start
	p.advance()
	p.expect("(", " after BIND")
	e := p.expr()
	if !p.acceptWord("AS") {
		p.expected("AS and a variable")
	}
	at := p.tok.Span
	name := p.variable("a variable after AS")
	if vars.has[name] {
		p.failAt(at, "the variable ?%s is already in use in this group, so BIND cannot bind it", name)
	}
	p.expect(")", " at the end of BIND")
	vars.add(name)
	g.assigned.add(name)
	g.Elements = append(g.Elements, &Bind{p.since(start), e, name})
}
