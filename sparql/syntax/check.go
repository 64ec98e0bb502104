package syntax

import "slices"

// projected lists the variables that a SELECT yields, in order.
func (q *Query) projected() []string {
	if q.Star {
		if q.Where != nil && q.Values == nil {
			return q.Where.vars.list()
		}
		vars := newVarSet()
		if q.Where != nil {
			vars.addAll(q.Where.vars.list())
		}
		if q.Values != nil {
			vars.addAll(q.Values.Vars)
		}
		return vars.list()
	}
	vars := newVarSet()
	for _, item := range q.Items {
		vars.add(item.Var)
	}
	return vars.list()
}

// Projected lists the variables that a SELECT yields, each once, in order.
func (q *Query) Projected() []string { return slices.Clone(q.projected()) }

// assigned lists the variables that a SELECT yields and that BIND, VALUES or AS give a value.
func (q *Query) assigned() []string {
	var out []string
	expr := func(item SelectItem) bool { return item.Expr != nil }
	if (q.Where == nil || len(q.Where.assigned.has) == 0) && q.Values == nil && len(q.GroupBy) == 0 && !slices.ContainsFunc(q.Items, expr) {
		return nil
	}
	given := map[string]bool{}
	if q.Where != nil {
		for _, v := range q.Where.assigned.list() {
			given[v] = true
		}
	}
	for _, k := range q.GroupBy {
		if v, ok := k.Expr.(*Var); k.Var != "" && (!ok || v.Name != k.Var) {
			given[k.Var] = true
		}
	}
	if q.Values != nil {
		for _, v := range q.Values.Vars {
			given[v] = true
		}
	}
	for _, item := range q.Items {
		if item.Expr != nil {
			given[item.Var] = true
		}
	}
	for _, v := range q.projected() {
		if given[v] {
			out = append(out, v)
		}
	}
	return out
}

// checkLateral refuses a LATERAL whose pattern gives a value to a variable that has one before it
// (https://github.com/w3c/sparql-dev/blob/main/SEP/SEP-0006/sep-0006.md#scope).
func (p *parser) checkLateral(g *Group, before *varSet) {
	if !g.assigned.overlaps(before) {
		return
	}
	for _, v := range g.assigned.list() {
		if before.has[v] {
			p.failAt(Span{g.Start, g.Start + 1}, "?%s has a value from before LATERAL, so BIND, VALUES or AS in it cannot give it another: choose another name", v)
		}
	}
}

// checkSelect checks what SELECT lists against the scope of variables and the grouping
// (https://www.w3.org/TR/sparql11-query/#sparqlGrammar, notes 12 to 14).
func (p *parser) checkSelect(q *Query) {
	if q.Star && q.aggregated {
		p.failAt(Span{q.Start, q.Start + len("SELECT")}, "SELECT * is not allowed in a query with groups or aggregates: list the variables")
	}
	scope := map[string]bool{} // beside the variables of the pattern
	for _, k := range q.GroupBy {
		if k.Var != "" {
			scope[k.Var] = true
		}
	}
	if q.Values != nil {
		for _, v := range q.Values.Vars {
			scope[v] = true
		}
	}
	seen := map[string]bool{}
	for _, item := range q.Items {
		if item.Expr == nil {
			seen[item.Var] = true
			continue
		}
		switch {
		case scope[item.Var], !q.aggregated && q.Where.vars.has[item.Var]:
			p.failAt(item.Span, "the variable ?%s is already in use in the pattern: choose another name after AS", item.Var)
		case seen[item.Var]:
			p.failAt(item.Span, "the variable ?%s is already in SELECT: choose another name after AS", item.Var)
		}
		seen[item.Var] = true
	}
	p.checkGrouping(q)
}

// checkGrouping refuses variables of SELECT that a grouped query has no value for
// (https://www.w3.org/TR/sparql11-query/#aggregateRestrictions).
func (p *parser) checkGrouping(q *Query) {
	p.checkGroupKeys(q)
	if !q.aggregated {
		return
	}
	known := map[string]bool{}
	for _, k := range q.GroupBy {
		known[k.Var] = true
	}
	if q.Values != nil {
		for _, v := range q.Values.Vars {
			known[v] = true
		}
	}
	for _, item := range q.Items {
		if item.Expr == nil {
			p.checkKnown(&Var{item.Span, item.Var}, known)
			continue
		}
		p.checkKnown(item.Expr, known)
		known[item.Var] = true
	}
}

// checkGroupKeys refuses GROUP BY (expr AS ?v) where ?v is in use.
func (p *parser) checkGroupKeys(q *Query) {
	if len(q.GroupBy) == 0 || q.Where == nil {
		return
	}
	scope := map[string]bool{}
	for _, v := range q.Where.vars.list() {
		scope[v] = true
	}
	for _, k := range q.GroupBy {
		if v, ok := k.Expr.(*Var); ok && v.Name == k.Var || k.Var == "" {
			continue
		}
		if scope[k.Var] {
			p.failAt(k.Span, "the variable ?%s is already in use in the pattern: choose another name after AS", k.Var)
		}
		scope[k.Var] = true
	}
}

func (p *parser) checkKnown(e Expr, known map[string]bool) {
	switch e := e.(type) {
	case *Var:
		if !known[e.Name] {
			p.failAt(e.Span, "the variable ?%s is not grouped: put it in GROUP BY or in an aggregate such as SAMPLE(?%s)", e.Name, e.Name)
		}
	case *Call:
		for _, a := range e.Args {
			p.checkKnown(a, known)
		}
	case *TripleExpr:
		p.checkKnown(e.S, known)
		p.checkKnown(e.P, known)
		p.checkKnown(e.O, known)
	}
}
