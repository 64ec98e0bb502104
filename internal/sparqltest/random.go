package sparqltest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"triplestore/rdf"
	"triplestore/sparql/syntax"
)

// Generator makes random queries and data that fit each other: few terms, so that patterns match and joins meet. The answer
// to a query does not depend on the order of solutions nor on chance.
type Generator struct {
	r         *rand.Rand
	binds     int
	optionals bool
}

// NewGenerator makes a generator; the same seed gives the same queries.
func NewGenerator(seed uint64) *Generator { return &Generator{r: rand.New(rand.NewPCG(seed, seed))} }

// NewOptionals makes a generator of queries that are mostly OPTIONALs, nested and side by side, with what may stand between them and be
// demanded of them, and of UNIONs whose branches begin alike.
func NewOptionals(seed uint64) *Generator {
	return &Generator{r: rand.New(rand.NewPCG(seed, ^seed)), optionals: true}
}

const randomNS = "http://example.org/"

var randomLiterals = []rdf.Term{
	rdf.Literal("1", xsd+"integer"), rdf.Literal("2", xsd+"integer"), rdf.Literal("01", xsd+"integer"), rdf.Literal("2.0", xsd+"decimal"),
	rdf.Literal("1.0E0", xsd+"double"), rdf.String("a"), rdf.String("b"), rdf.LangLiteral("a", "en"), rdf.LangLiteral("a", "nb"),
	rdf.Literal("true", xsd+"boolean"), rdf.Literal("x", xsd+"integer"), rdf.Literal("2024-01-01", xsd+"date"),
	rdf.Literal("a", randomNS+"datatype"), rdf.Literal("2024-01-01Z", xsd+"date"), rdf.Literal("2024-01-01T12:00:00", xsd+"dateTime"),
	rdf.Literal("2024-01-01T12:00:00Z", xsd+"dateTime"), rdf.Literal("2024-01-01T13:00:00+01:00", xsd+"dateTime"),
	rdf.Literal("2023-12-31T23:30:00.5-14:00", xsd+"dateTime"), rdf.Literal("P1D", xsd+"dayTimeDuration"),
	rdf.Literal("PT24H", xsd+"dayTimeDuration"), rdf.Literal("-0.5", xsd+"decimal"), rdf.Literal("1.50", xsd+"decimal"),
	rdf.Literal("9223372036854775808", xsd+"integer"), rdf.Literal("NaN", xsd+"double"), rdf.Literal("-0.0E0", xsd+"double"),
	rdf.Literal("1", xsd+"byte"), rdf.Literal("false", xsd+"boolean"), rdf.Literal("0", xsd+"boolean"), rdf.String(""),
	rdf.LangLiteral("a", "en-GB"),
}

func (g *Generator) one(of ...string) string { return of[g.r.IntN(len(of))] }
func (g *Generator) chance(n int) bool       { return g.r.IntN(n) == 0 }

func (g *Generator) resource() rdf.Term { return rdf.IRI(fmt.Sprintf("%sr%d", randomNS, g.r.IntN(4))) }
func (g *Generator) property() rdf.Term { return rdf.IRI(fmt.Sprintf("%sp%d", randomNS, g.r.IntN(2))) }

// Quads makes a small dataset with the default graph and two named graphs.
func (g *Generator) Quads() []rdf.Quad {
	var out []rdf.Quad
	for range 12 + g.r.IntN(24) {
		q := rdf.Quad{S: g.resource(), P: g.property(), O: g.resource()}
		switch g.r.IntN(8) {
		case 0, 1, 2:
			q.O = randomLiterals[g.r.IntN(len(randomLiterals))]
		case 3:
			q.O = rdf.BlankNode(g.one("x", "y"))
		case 4:
			q.S = rdf.BlankNode(g.one("x", "y"))
		case 5:
			if g.chance(2) {
				q.O = rdf.TripleTerm(rdf.Triple{S: g.resource(), P: g.property(), O: g.resource()})
				if g.chance(2) {
					q.P = rdf.IRI("http://www.w3.org/1999/02/22-rdf-syntax-ns#reifies")
				}
			}
		}
		if g.chance(3) {
			q.G = rdf.IRI(randomNS + g.one("g1", "g2"))
		}
		out = append(out, q)
	}
	return out
}

// Query makes a query.
func (g *Generator) Query() string {
	for {
		text := g.query()
		if g.optionals {
			text = g.optionalQuery()
		}
		if g.chance(12) && strings.HasPrefix(text, "SELECT") {
			text += fmt.Sprintf(" VALUES (%s %s) { (UNDEF %s) (%s UNDEF) }", "?a", "?d", g.resource(), g.resource())
		}
		if allowed(syntax.ParseQuery(text, syntax.Options{})) {
			return text
		}
	}
}

// allowed reports whether a text assigns no variable in LATERAL that has a value before it. That depends on all that is in scope, so
// it is easier to make another text than to make none.
func allowed(_ any, err error) bool {
	return err == nil || !strings.Contains(err.Error(), "before LATERAL")
}

func (g *Generator) query() string {
	g.binds = 0
	body := g.group(2)
	from := g.dataset()
	switch g.r.IntN(12) {
	case 7:
		return "SELECT DISTINCT ?a ?c " + from + "WHERE { { SELECT REDUCED ?a ?b ?c WHERE " + body + "} FILTER(" + g.expression(1) + ") }"
	case 0:
		return "ASK " + from + body
	case 1:
		return "CONSTRUCT { ?a <" + randomNS + "c> ?b . ?b ?c _:n } " + from + "WHERE " + body
	case 2:
		return g.grouped(from, body)
	case 3:
		return fmt.Sprintf("SELECT (%s AS ?n) %sWHERE %s", g.aggregate(), from, body)
	case 4:
		return "SELECT DISTINCT " + g.one("*", "?a", "?b ?c") + " " + from + "WHERE " + body
	case 5:
		return fmt.Sprintf("SELECT ?a (%s AS ?n) %sWHERE %s", g.expression(2), from, body)
	case 6:
		return g.limited(from, body)
	}
	return "SELECT * " + from + "WHERE " + body
}

// dataset makes the clauses that choose graphs, mostly none.
func (g *Generator) dataset() string {
	if !g.chance(5) {
		return ""
	}
	var b strings.Builder
	for range 1 + g.r.IntN(3) {
		fmt.Fprintf(&b, "FROM %s<%s%s> ", g.one("", "NAMED "), randomNS, g.one("g1", "g2", "none"))
	}
	return b.String()
}

// grouped makes a query with GROUP BY.
func (g *Generator) grouped(from, body string) string {
	key := g.one("?a", "?b", "?a ?b", "(STR(?a) AS ?k)", "(?c + 1 AS ?k)")
	name := key
	if i := strings.Index(key, " AS "); i >= 0 {
		name = strings.TrimSuffix(key[i+4:], ")")
	}
	having := g.one("", "HAVING (COUNT(*) > 1)", "HAVING (?n != ?m)", "HAVING (SUM(?c) > 1)",
		"HAVING (COUNT(DISTINCT ?b) = 1) (COUNT(*) < 3)", "HAVING (EXISTS { ?a "+g.property().String()+" ?z })",
		"HAVING (COALESCE(MIN(STR(?c)), 'a') <= 'a' || BOUND(?n))")
	return fmt.Sprintf("SELECT %s (%s AS ?n) (%s AS ?m) %sWHERE %s GROUP BY %s %s", name, g.aggregate(), g.aggregate(), from, body, key, having)
}

// limited makes a query that has some of its solutions in an order that has no ties, so that it is known which.
func (g *Generator) limited(from, body string) string {
	v, w := g.variable(), g.variable()
	for w == v {
		w = g.variable()
	}
	known := "{ " + body + "FILTER(!isBlank(" + v + ") && !isBlank(" + w + ") && !isTriple(" + v + ") && !isTriple(" + w + ")) } "
	if g.chance(3) {
		known = "{ " + body + "FILTER(COALESCE(!isBlank(" + v + ") && !isTriple(" + v + "), true) && COALESCE(!isBlank(" + w + ") && !isTriple(" + w +
			"), true)) } "
	}
	key := func(x string) string {
		return g.one("", "DESC") + "(STR(" + x + ")) isIRI(" + x + ") STR(DATATYPE(" + x + ")) " + g.one("ASC", "DESC") + "(LANG(" + x + ")) "
	}
	return "SELECT " + g.one("", "DISTINCT ") + v + " " + w + " " + from + "WHERE " + known + "ORDER BY " + key(v) + key(w) +
		g.one("LIMIT 1", "LIMIT 3", "LIMIT 2 OFFSET 1", "OFFSET 2", "LIMIT 0")
}

func (g *Generator) aggregate() string {
	return g.one("COUNT(*)", "COUNT(DISTINCT *)", "COUNT(?b)", "COUNT(DISTINCT ?c)", "MIN(STR(?b))", "MAX(STR(?c))", "SUM(DISTINCT ?c)", "SUM(?b)",
		"AVG(?c)", "COUNT(?b + 1)", "AVG(DISTINCT ?b)", "COUNT(DISTINCT ?b * 2)", "STRLEN(GROUP_CONCAT(?c))", "MAX(DISTINCT STR(?a))",
		"STRLEN(GROUP_CONCAT(DISTINCT STR(?b); SEPARATOR='; '))", "COUNT(DISTINCT STR(?b)) + COUNT(?d)", "SUM(IF(BOUND(?c), 1, 0.5))",
		"COUNT(DISTINCT "+g.expression(1)+")", "COUNT("+g.expression(2)+")", "MIN(YEAR(?b))")
}

func (g *Generator) variable() string { return g.one("?a", "?b", "?c", "?d") }

func (g *Generator) node(object bool) string {
	switch g.r.IntN(14) {
	case 0:
		return g.resource().String()
	case 1:
		if object && g.chance(2) {
			return randomLiterals[g.r.IntN(len(randomLiterals))].String()
		}
	case 2:
		if object && g.chance(3) {
			return "<<( " + g.variable() + " " + g.property().String() + " " + g.variable() + " )>>"
		}
		if g.chance(2) {
			return "[]"
		}
	}
	return g.variable()
}

func (g *Generator) predicate() string {
	if g.chance(8) {
		return g.variable()
	}
	if g.chance(3) {
		return g.path(2 + g.r.IntN(2))
	}
	return g.property().String()
}

func (g *Generator) path(depth int) string {
	if depth == 0 {
		return g.property().String()
	}
	switch g.r.IntN(7) {
	case 0:
		return "^(" + g.path(depth-1) + ")"
	case 1:
		return "(" + g.path(depth-1) + "/" + g.path(depth-1) + ")"
	case 2:
		return "(" + g.path(depth-1) + "|" + g.path(depth-1) + ")"
	case 3:
		return "(" + g.path(depth-1) + ")" + g.one("*", "+", "?")
	case 4:
		return g.one("!", "!^") + g.property().String()
	case 5:
		return "!(" + g.property().String() + "|^" + g.property().String() + ")"
	}
	return g.property().String()
}

func (g *Generator) triples() string {
	var b strings.Builder
	for range 1 + g.r.IntN(4)/2 {
		b.WriteString(g.node(false) + " " + g.predicate() + " " + g.node(true) + " . ")
	}
	return b.String()
}

// group makes a group with braces. BINDs get variables of their own, which later parts of the query may use.
func (g *Generator) group(depth int) string {
	var b strings.Builder
	b.WriteString("{ ")
	if !g.chance(6) {
		b.WriteString(g.triples())
	}
	for range g.r.IntN(3) {
		b.WriteString(g.element(depth))
	}
	b.WriteString("} ")
	return b.String()
}

func (g *Generator) element(depth int) string {
	if depth == 0 {
		return g.one(g.triples(), "FILTER("+g.expression(1)+") ")
	}
	switch g.r.IntN(20) {
	case 16:
		return g.variable() + " " + g.property().String() + " " + g.variable() + " ~ " + g.one("?r", "?d", "[]") +
			g.one("", " {| "+g.property().String()+" "+g.variable()+" |}") + " . "
	case 17:
		return "FILTER(" + g.one("", "!") + "EXISTS " + g.group(depth-1) + g.one(" || ", " && ", " = ") + g.expression(1) + ") "
	case 18:
		in := g.group(depth - 1)
		g.binds++
		return fmt.Sprintf("BIND(EXISTS %s AS ?bind%d) ", in, g.binds)
	case 19:
		in := g.group(depth - 1)
		g.binds++
		return fmt.Sprintf("{ SELECT %s (%s AS ?bind%d) (COALESCE(?bind%[3]d, ?c) AS ?y%[3]d) WHERE %s} ", g.variable(), g.expression(2), g.binds, in)
	case 0, 1:
		return "OPTIONAL " + g.group(depth-1)
	case 2:
		return g.group(depth-1) + "UNION " + g.group(depth-1)
	case 3:
		return "MINUS " + g.group(depth-1)
	case 4:
		return "GRAPH " + g.one("?g", "?a", "?free", "<"+randomNS+"g1>", "<"+randomNS+"none>") + " " + g.group(depth-1)
	case 5:
		g.binds++
		return fmt.Sprintf("BIND(%s AS ?bind%d) ", g.expression(2), g.binds)
	case 6:
		return fmt.Sprintf("VALUES (%s ?c) { (%s UNDEF) (UNDEF %s) (%s %s) } ", g.one("?a", "?b"), g.resource(), g.resource(),
			g.resource(), randomLiterals[g.r.IntN(len(randomLiterals))])
	case 7:
		return "{ SELECT " + g.one("?a", "DISTINCT ?a ?b", "?c (COUNT(*) AS ?d)", "?b (SUM(DISTINCT ?c) AS ?d)") + " WHERE " + g.group(depth-1) +
			"GROUP BY ?a ?b ?c " + g.one("", "", "HAVING (COUNT(*) > 1)") + "} "
	case 8:
		return g.group(depth - 1)
	case 9:
		return "FILTER " + g.one("", "NOT ") + "EXISTS { " + g.triples() + "FILTER(" + g.expression(1) + ") } "
	case 10:
		return "FILTER " + g.one("", "NOT ") + "EXISTS " + g.group(depth-1)
	case 11:
		return "{ " + g.limited("", g.group(depth-1)) + " } "
	case 12:
		return "MINUS { " + g.triples() + "OPTIONAL { " + g.triples() + "} } "
	case 13:
		return "LATERAL " + g.one(g.group(depth-1), "{ "+g.limited("", g.group(depth-1))+" } ", "{ "+g.triples()+"} ")
	case 14:
		return fmt.Sprintf("VALUES %s { UNDEF %s } ", g.variable(), g.one(g.resource().String(), randomLiterals[g.r.IntN(len(randomLiterals))].String()))
	}
	return "FILTER(" + g.expression(2) + ") "
}

// text makes a function of strings, terms or triple terms.
func (g *Generator) text() string {
	v, w := g.variable(), g.variable()
	return g.one("SUBSTR(STR("+v+"), 2, 3)", "CONCAT(STR("+v+"), STR("+w+"))", "REPLACE(STR("+v+"), 'r([0-9])', '$1-')", "LCASE("+v+")",
		"STRBEFORE(STR("+v+"), 'r')", "STRAFTER("+v+", 'a')", "STRDT(STR("+v+"), <"+xsd+"integer>)", "STRLANG(STR("+v+"), 'en')", "IRI(STR("+v+"))",
		"ENCODE_FOR_URI(STR("+v+"))", "MD5(STR("+v+"))", "SUBJECT("+v+")", "OBJECT("+v+")", "TRIPLE("+v+", "+g.property().String()+", "+w+")",
		"MONTH("+v+")", "MINUTES("+v+")", "isNumeric("+v+")", "FLOOR("+v+")", "("+v+" / "+w+")", "(-"+v+")", "STRENDS(STR("+v+"), STR("+w+"))",
		"isBlank("+v+")", "isIRI("+v+")")
}

func (g *Generator) expression(depth int) string {
	if depth == 0 {
		if g.chance(2) {
			return g.variable()
		}
		return g.one(g.resource().String(), randomLiterals[g.r.IntN(len(randomLiterals))].String(), "?bind1")
	}
	switch g.r.IntN(13) {
	case 12:
		return "(" + g.text() + g.one("", " = "+randomLiterals[g.r.IntN(len(randomLiterals))].String(), " < "+g.variable()) + ")"
	case 9:
		return g.one("YEAR", "DAY", "HOURS", "SECONDS", "TZ", "TIMEZONE", "ABS", "CEIL", "ROUND", "STRLEN", "UCASE", "<"+xsd+"decimal>",
			"<"+xsd+"dateTime>", "<"+xsd+"date>", "<"+xsd+"integer>", "<"+xsd+"boolean>", "LANGDIR", "hasLANG") + "(" + g.expression(0) + ")"
	case 10:
		return "(" + g.variable() + g.one(" = ", " != ", " < ", " > ", " <= ", " >= ") + randomLiterals[g.r.IntN(len(randomLiterals))].String() + ")"
	case 11:
		return g.one("REGEX(STR("+g.variable()+"), \"[a1]$\")", "CONTAINS(STR("+g.variable()+"), \"r1\")",
			"langMatches(LANG("+g.variable()+"), "+g.one(`"*"`, `"en"`, `"EN-gb"`)+")", "sameValue("+g.expression(0)+", "+g.expression(0)+")",
			"(DATATYPE("+g.variable()+") = <"+xsd+g.one("integer", "date", "string", "decimal")+">)", "STRSTARTS(STR("+g.variable()+"), \"a\")")
	case 0:
		return "(" + g.expression(depth-1) + g.one(" && ", " || ") + g.expression(depth-1) + ")"
	case 1:
		return "!" + "(" + g.expression(depth-1) + ")"
	case 2:
		return g.one("BOUND", "BOUND", "STR", "isIRI", "isLiteral", "DATATYPE", "LANG", "isTriple") + "(" + g.variable() + ")"
	case 3:
		return "COALESCE(" + g.expression(depth-1) + ", " + g.expression(0) + ")"
	case 4:
		return "IF(" + g.expression(depth-1) + ", " + g.expression(0) + ", " + g.expression(0) + ")"
	case 5:
		return "(" + g.expression(0) + g.one(" IN (", " NOT IN (") + g.expression(0) + ", " + g.expression(0) + "))"
	case 6:
		return "(" + g.expression(0) + g.one(" + ", " - ", " * ") + g.expression(0) + ")"
	case 7:
		return "sameTerm(" + g.expression(0) + ", " + g.expression(0) + ")"
	}
	return "(" + g.expression(0) + g.one(" = ", " != ", " < ", " >= ") + g.expression(0) + ")"
}
