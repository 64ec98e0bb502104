package syntax

import (
	"strconv"

	"triplestore/rdf"
)

// query reads QueryUnit.
func (p *parser) query() *Query {
	p.prologueDecls()
	start := p.tok.Start
	q := &Query{Limit: -1, Offset: -1, text: p.text}
	switch {
	case p.isWord("SELECT"):
		p.selectQuery(q, true)
	case p.acceptWord("ASK"):
		q.Form = Ask
		p.datasets(q)
		p.where(q, false)
		p.modifiers(q)
	case p.acceptWord("CONSTRUCT"):
		q.Form = Construct
		p.constructQuery(q)
	case p.acceptWord("DESCRIBE"):
		q.Form = Describe
		p.describeQuery(q)
	default:
		p.expectedForm()
	}
	if q.Form != Select {
		q.aggregated = p.aggregated || len(q.GroupBy) > 0 || len(q.Having) > 0
	}
	if p.tok.kind != tokEOF {
		p.afterQuery(q)
	}
	if q.Form != Select {
		p.checkGrouping(q)
	}
	q.Span = p.since(start)
	q.Prologue = p.finishPrologue()
	q.Used = p.used
	q.leadingG = p.leadingG
	return q
}

func (p *parser) expectedForm() {
	if p.tok.kind == tokWord {
		switch p.tok.kw {
		case "INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "COPY", "MOVE", "ADD", "WITH":
			p.expected("a query (SELECT, ASK, CONSTRUCT or DESCRIBE); this is an update")
		}
		if s := closest(p.tok.kw, []string{"SELECT", "ASK", "CONSTRUCT", "DESCRIBE", "PREFIX", "BASE", "VERSION"}); s != "" {
			p.expected("SELECT, ASK, CONSTRUCT or DESCRIBE (did you mean " + s + "?)")
		}
	}
	p.expected("SELECT, ASK, CONSTRUCT or DESCRIBE")
}

func (p *parser) afterQuery(q *Query) {
	switch {
	case p.is("}"):
		p.expected("the end of the query; there is one '}' too many")
	case p.tok.kind == tokWord:
		if s := closest(p.tok.kw, []string{"GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"}); s != "" && s != p.tok.kw {
			p.expected("the end of the query (did you mean " + s + "?)")
		}
	}
	p.expected("the end of the query")
}

// selectQuery reads SelectQuery, or SubSelect where top is false.
func (p *parser) selectQuery(q *Query, top bool) {
	start := p.tok.Start
	outer, outerRule := p.aggregated, p.aggregates
	p.aggregated, p.aggregates = false, noAggregates
	p.advance()
	switch {
	case p.acceptWord("DISTINCT"):
		q.Distinct = true
	case p.acceptWord("REDUCED"):
		q.Reduced = true
	}
	if p.accept("*") {
		q.Star = true
	} else {
		p.aggregates = someAggregates
		for {
			at := p.tok.Start
			item := SelectItem{}
			switch {
			case p.tok.kind == tokVar:
				item.Var = p.variable("")
			case p.accept("("):
				item.Expr = p.expr()
				if !p.acceptWord("AS") {
					p.expected("AS and a variable")
				}
				item.Var = p.variable("a variable after AS")
				p.expect(")", " after the variable")
			default:
				if len(q.Items) == 0 {
					p.expected("'*', a variable or '(' expression AS variable ')'")
				}
				item.Var = ""
			}
			if item.Var == "" {
				break
			}
			item.Span = p.since(at)
			q.Items = append(q.Items, item)
			p.refuseComma()
		}
		p.aggregates = noAggregates
	}
	if top {
		p.datasets(q)
	}
	p.where(q, false)
	p.modifiers(q)
	q.Span = p.since(start)
	q.aggregated = p.aggregated || len(q.GroupBy) > 0 || len(q.Having) > 0
	p.aggregated, p.aggregates = outer, outerRule
	p.checkSelect(q)
}

// refuseComma explains the habit of SQL to separate columns by commas.
func (p *parser) refuseComma() {
	if p.is(",") {
		p.failAt(p.tok.Span, "the variables of SELECT are separated by blanks, not commas")
	}
}

func (p *parser) constructQuery(q *Query) {
	if p.is("{") {
		q.Template = p.template(tripleRules{template: true})
		p.datasets(q)
		p.where(q, false)
		p.modifiers(q)
		return
	}
	q.Short = true
	p.datasets(q)
	p.expectWord("WHERE")
	start := p.tok.Start
	p.expect("{", "")
	p.newBlock()
	p.rules = tripleRules{}
	var triples []Triple
	p.triples = &triples
	p.triplesBlock()
	if !p.is("}") {
		if p.tok.kind == tokWord || p.is("{") {
			p.expected("a triple or '}': CONSTRUCT WHERE takes only triples, other patterns need CONSTRUCT { … } WHERE { … }")
		}
		p.expected("a triple or '}'")
	}
	p.advance()
	q.Template = triples
	q.Where = &Group{Span: p.since(start)}
	if len(triples) > 0 {
		q.Where.Elements = []Pattern{&Triples{q.Where.Span, triples}}
	}
	vars := newVarSet()
	vars.addTriples(triples)
	q.Where.vars = *vars
	p.modifiers(q)
}

// template reads { triples }.
func (p *parser) template(rules tripleRules) []Triple {
	outer := p.rules
	p.expect("{", "")
	p.rules = rules
	triples := []Triple{}
	p.triples = &triples
	p.triplesBlock()
	p.expect("}", " or a triple in the template")
	p.rules = outer
	return triples
}

func (p *parser) describeQuery(q *Query) {
	if p.accept("*") {
		q.Star = true
	} else {
		for p.tok.kind == tokVar || p.isIRI() {
			q.Describe = append(q.Describe, p.plainNode(""))
		}
		if len(q.Describe) == 0 {
			p.expected("'*', an IRI or a variable")
		}
	}
	p.datasets(q)
	p.where(q, true)
	p.modifiers(q)
}

func (p *parser) datasets(q *Query) {
	for p.acceptWord("FROM") {
		if p.acceptWord("NAMED") {
			q.FromNamed = append(q.FromNamed, p.iriTerm("the IRI of a graph"))
		} else {
			q.From = append(q.From, p.iriTerm("the IRI of a graph or NAMED"))
		}
	}
}

// where reads WhereClause.
func (p *parser) where(q *Query, optional bool) {
	word := p.acceptWord("WHERE")
	if !p.is("{") {
		if optional && !word {
			return
		}
		if !word && q.Form == Select && !q.Star {
			p.expected("WHERE, '{' or another variable")
		}
		p.expected("WHERE or '{'")
	}
	q.Where = p.group()
}

// modifiers reads SolutionModifier and ValuesClause.
func (p *parser) modifiers(q *Query) {
	outer := p.aggregates
	if p.acceptWord("GROUP") {
		p.expectWord("BY")
		for p.startsCriterion(false) {
			q.GroupBy = append(q.GroupBy, p.groupKey())
		}
		if len(q.GroupBy) == 0 {
			p.expected("a variable, a function or an expression in parentheses after GROUP BY")
		}
	}
	p.aggregates = someAggregates
	if p.acceptWord("HAVING") {
		for p.startsCriterion(false) && p.tok.kind != tokVar {
			q.Having = append(q.Having, p.constraint())
		}
		if len(q.Having) == 0 {
			p.expected("a condition in parentheses after HAVING")
		}
	}
	if p.acceptWord("ORDER") {
		p.expectWord("BY")
		for p.startsCriterion(true) {
			start := p.tok.Start
			key := OrderKey{}
			switch {
			case p.isWord("ASC") || p.isWord("DESC"):
				key.Desc = p.tok.kw == "DESC"
				p.advance()
				if !p.is("(") {
					p.expected("'(': the expression after ASC or DESC stands in parentheses")
				}
				key.Expr = p.brackets()
			case p.tok.kind == tokVar:
				key.Expr = p.varExpr()
			default:
				key.Expr = p.constraint()
			}
			key.Span = p.since(start)
			q.OrderBy = append(q.OrderBy, key)
		}
		if len(q.OrderBy) == 0 {
			p.expected("a variable, ASC(…), DESC(…), a function or an expression in parentheses after ORDER BY")
		}
	}
	p.aggregates = outer
	for {
		switch {
		case p.isWord("LIMIT") && q.Limit < 0:
			p.advance()
			q.Limit = p.count("LIMIT")
		case p.isWord("OFFSET") && q.Offset < 0:
			p.advance()
			q.Offset = p.count("OFFSET")
		case p.isWord("VALUES"):
			q.Values = p.values()
			return
		default:
			return
		}
	}
}

func (p *parser) count(what string) int64 {
	t := p.tok
	if t.kind != tokNumber {
		p.expected("a whole number after " + what)
	}
	n, err := strconv.ParseInt(t.value, 10, 64)
	if err != nil || !isDigit(t.value[0]) {
		p.expected("a whole number after " + what)
	}
	p.advance()
	return n
}

// startsCriterion reports whether a criterion of GROUP BY, HAVING or ORDER BY starts here.
func (p *parser) startsCriterion(order bool) bool {
	switch p.tok.kind {
	case tokVar, tokIRI, tokPName:
		return true
	case tokPunct:
		return p.is("(")
	case tokWord:
		switch p.tok.kw {
		case "ASC", "DESC":
			return order
		case "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES", "GROUP", "WHERE":
			return false
		}
		return true
	}
	return false
}

func (p *parser) groupKey() GroupKey {
	start := p.tok.Start
	k := GroupKey{}
	switch {
	case p.tok.kind == tokVar:
		k.Expr = p.varExpr()
		k.Var = k.Expr.(*Var).Name
	case p.accept("("):
		k.Expr = p.expr()
		if p.acceptWord("AS") {
			k.Var = p.variable("a variable after AS")
		} else if v, ok := k.Expr.(*Var); ok {
			k.Var = v.Name
		}
		p.expect(")", " at the end of the criterion")
	default:
		k.Expr = p.functionCall()
	}
	k.Span = p.since(start)
	return k
}

// values reads VALUES and its data block.
func (p *parser) values() *InlineData {
	start := p.tok.Start
	p.advance()
	d := &InlineData{}
	if p.tok.kind == tokVar {
		d.Vars = []string{p.variable("")}
		p.expect("{", " after the variable of VALUES")
		for !p.accept("}") {
			d.Rows = append(d.Rows, []rdf.Term{p.dataValue()})
		}
		d.Span = p.since(start)
		return d
	}
	p.expect("(", " or a variable after VALUES")
	seen := map[string]bool{}
	for p.tok.kind == tokVar {
		if seen[p.tok.value] {
			p.failAt(p.tok.Span, "the variable ?%s is twice in this VALUES", p.tok.value)
		}
		seen[p.tok.value] = true
		d.Vars = append(d.Vars, p.variable(""))
	}
	p.expect(")", " or a variable")
	p.expect("{", " after the variables of VALUES")
	for !p.accept("}") {
		at := p.tok.Start
		p.expect("(", " at the start of a row, or '}'")
		row := make([]rdf.Term, 0, len(d.Vars))
		for !p.accept(")") {
			row = append(row, p.dataValue())
		}
		if len(row) != len(d.Vars) {
			p.failAt(p.since(at), "this row has %d values for %d variables", len(row), len(d.Vars))
		}
		d.Rows = append(d.Rows, row)
	}
	d.Span = p.since(start)
	return d
}

func (p *parser) dataValue() rdf.Term {
	if p.acceptWord("UNDEF") {
		return rdf.Term{}
	}
	return p.dataTerm("an IRI, a literal, UNDEF or a triple term")
}
