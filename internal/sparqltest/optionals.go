package sparqltest

import (
	"fmt"
	"strings"
)

// optionalQuery makes a query for NewOptionals.
func (g *Generator) optionalQuery() string {
	g.binds = 0
	body := g.optionalGroup(2, g.chance(8))
	switch g.r.IntN(12) {
	case 0:
		return "ASK " + body
	case 1:
		return "CONSTRUCT { ?a <" + randomNS + "c> ?b . " + g.one("", "?c ?b _:n") + " } WHERE " + body
	case 2, 3:
		return "SELECT DISTINCT " + g.one("*", "?a", "?b ?c", "?a ?d") + " WHERE " + body
	case 4:
		return fmt.Sprintf("SELECT ?a (%s AS ?n) (%s AS ?m) WHERE %s GROUP BY ?a", g.aggregate(), g.aggregate(), body)
	case 5:
		return fmt.Sprintf("SELECT (%s AS ?n) WHERE %s", g.aggregate(), body)
	case 6:
		return g.limited("", body)
	case 7, 8:
		return "SELECT " + g.one("?a", "?a ?b", "?b ?d", "?a ?c") + " WHERE " + body
	case 9:
		return "SELECT * WHERE { " + g.simple(1) + "FILTER " + g.one("", "NOT ") + "EXISTS " + body + "} "
	}
	return "SELECT * WHERE " + body
}

// simple makes triple patterns that join well: nearly all have a variable for a subject and a predicate that is given.
func (g *Generator) simple(n int) string {
	var b strings.Builder
	for range n {
		p := g.property().String()
		if g.chance(10) {
			p = g.predicate()
		}
		o := g.variable()
		if g.chance(5) {
			o = g.node(true)
		}
		fmt.Fprintf(&b, "%s %s %s . ", g.one(g.variable(), "?a"), p, o)
	}
	return b.String()
}

// demand makes a condition about whether variables are bound, or one that needs them to be.
func (g *Generator) demand(depth int) string {
	v := g.variable()
	if depth > 0 && g.chance(3) {
		return "(" + g.demand(depth-1) + g.one(" && ", " || ") + g.demand(depth-1) + ")"
	}
	literal := randomLiterals[g.r.IntN(len(randomLiterals))].String()
	switch g.r.IntN(9) {
	case 0, 1:
		return "BOUND(" + v + ")"
	case 2, 3:
		return "!BOUND(" + v + ")"
	case 4:
		return "(" + v + g.one(" = ", " != ", " < ", " >= ") + g.one(g.variable(), literal, g.resource().String()) + ")"
	case 5:
		return "COALESCE(" + v + g.one(" = ", " != ") + g.one(g.variable(), literal) + ", " + g.one("true", "false", "BOUND("+g.variable()+")") + ")"
	case 6:
		return "!(" + g.demand(0) + ")"
	case 7:
		return "IF(" + g.demand(0) + ", " + g.demand(0) + ", " + g.one("false", "true", g.demand(0)) + ")"
	}
	return g.one("isIRI(", "!isIRI(", "isLiteral(", "STRLEN(") + v + ")"
}

func (g *Generator) optionalGroup(depth int, empty bool) string {
	var b strings.Builder
	b.WriteString("{ ")
	if !empty {
		b.WriteString(g.simple(1 + g.r.IntN(4)/3))
	}
	for range g.r.IntN(2 + 2*depth) {
		b.WriteString(g.optionalElement(depth))
	}
	b.WriteString("} ")
	return b.String()
}

func (g *Generator) optionalElement(depth int) string {
	if depth == 0 {
		return g.one(g.simple(1), "FILTER("+g.demand(1)+") ", "OPTIONAL { "+g.simple(1)+"} ")
	}
	switch g.r.IntN(20) {
	case 0, 1, 2:
		return "OPTIONAL { " + g.simple(1+g.r.IntN(3)/2) + "FILTER(" + g.demand(1) + ") } "
	case 3, 4:
		return "FILTER(" + g.demand(1) + ") "
	case 5:
		return "MINUS " + g.optionalGroup(depth-1, false)
	case 6:
		g.binds++
		return fmt.Sprintf("BIND(%s AS ?bind%d) ", g.one("COALESCE("+g.variable()+", "+g.variable()+", 1)", "IF(BOUND("+g.variable()+"), "+g.variable()+", ?a)",
			"STR("+g.variable()+")", "BOUND("+g.variable()+")", g.variable()), g.binds)
	case 7:
		return "OPTIONAL { " + g.optionalGroup(depth-1, false) + "UNION " + g.optionalGroup(depth-1, false) + "} "
	case 8, 9: // branches that begin alike, or are the same
		same, f := g.simple(1+g.r.IntN(2)), g.one("", "", "FILTER("+g.demand(0)+") ")
		branch := func() string { return "{ " + same + g.optionalElement(depth-1) + g.one(f, g.optionalElement(0)) + "} " }
		if g.chance(4) {
			b := branch()
			return b + "UNION " + b
		}
		return branch() + "UNION " + branch() + g.one("", "UNION "+branch())
	case 10:
		g.binds++
		v := g.variable()
		return g.one("", "OPTIONAL ") + fmt.Sprintf("{ SELECT %s (%s AS ?bind%d) WHERE %s GROUP BY %s } ", v, g.aggregate(), g.binds, g.optionalGroup(depth-1, false), v)
	case 11:
		return g.one("", "OPTIONAL ") + "{ SELECT " + g.one("", "DISTINCT ") + g.one("?a", "?b ?c", "*") + " WHERE " + g.optionalGroup(depth-1, false) + "} "
	case 12:
		return "FILTER " + g.one("", "NOT ") + "EXISTS " + g.optionalGroup(depth-1, false)
	case 13:
		return g.simple(1)
	case 14:
		return "OPTIONAL { " + g.simple(1) + "} FILTER(!BOUND(" + g.variable() + ")) "
	case 15:
		return fmt.Sprintf("OPTIONAL { VALUES (%s ?c) { (%s UNDEF) (UNDEF %s) } } ", g.one("?a", "?b"), g.resource(), g.resource())
	case 16:
		return "GRAPH " + g.one("?g", "<"+randomNS+"g1>") + " " + g.optionalGroup(depth-1, false)
	}
	return "OPTIONAL " + g.optionalGroup(depth-1, false)
}
