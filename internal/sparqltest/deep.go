package sparqltest

import (
	"fmt"
	"strings"

	"triplestore/sparql/syntax"
)

// Deep makes queries that nest further than those of [Wild], over its data: EXISTS in every place that takes an expression, sub-selects with
// what SELECT may have within each kind of pattern, expressions of many functions, and LIMIT where any of the solutions will do.
type Deep struct {
	*Wild
	names int
	// fresh: ?u may have a value that no other solution has; what is asked then must not depend on which.
	fresh bool
}

// NewDeep makes a generator; the same seed gives the same data and queries.
func NewDeep(seed uint64) *Deep { return &Deep{Wild: NewWild(seed)} }

// NewDeepLarge is NewDeep over the data of [NewWildLarge].
func NewDeepLarge(seed uint64, quads int) *Deep { return &Deep{Wild: NewWildLarge(seed, quads)} }

// DeepQuery is a query and what is known of its answer.
type DeepQuery struct {
	// Text is the query; where Base is not empty, the answer is a part of that to Base, as long as Limit and Offset make it.
	Text, Base    string
	Limit, Offset int
	// Keys are the variables that the solutions are in the order of, which may have ties; a leading - is descending.
	Keys []string
}

// Next makes a query.
func (d *Deep) Next() DeepQuery {
	for {
		d.binds, d.g.binds, d.names, d.fresh = 0, 0, 0, d.chance(12)
		q := d.form()
		_, err := syntax.ParseQuery(q.Text, syntax.Options{})
		if err == nil {
			return q
		}
		if m := err.Error(); !strings.Contains(m, "LATERAL") && !strings.Contains(m, "already") && !strings.Contains(m, "in scope") && !strings.Contains(m, "GROUP BY") && !strings.Contains(m, "assigned") {
			panic(q.Text + ": " + m)
		}
	}
}

func (d *Deep) name() string { d.names++; return fmt.Sprintf("?n%d", d.names) }

func (d *Deep) from() string {
	if d.chance(8) {
		return d.dataset()
	}
	return ""
}

func (d *Deep) form() DeepQuery {
	from := d.from()
	body := d.pattern(1 + d.r.IntN(3))
	if d.fresh {
		return DeepQuery{Text: d.countFresh(from, body)}
	}
	if d.chance(10) {
		body = "{ " + d.wide() + body[2:]
	}
	switch d.r.IntN(16) {
	case 0:
		return DeepQuery{Text: "ASK " + from + body}
	case 1:
		return DeepQuery{Text: "CONSTRUCT { ?a ?b ?c . <<( ?a <" + randomNS + "p0> ?b )>> ?p ?c . ?a <" + randomNS + "t> <<( ?b <" + randomNS + "p0> ?c )>> , _:n . _:n ?b ?d } " + from + "WHERE " + body}
	case 2, 3:
		return DeepQuery{Text: d.groups(from, body, true)}
	case 4:
		return DeepQuery{Text: fmt.Sprintf("SELECT (%s AS ?n) (%s AS ?m) %sWHERE %s%s", d.total(), d.total(), from, body, d.one("", "", "HAVING("+d.total()+" > 1)"))}
	case 5:
		return DeepQuery{Text: "SELECT " + d.one("DISTINCT ", "") + "?a (" + d.expr(3) + " AS ?n) (" + d.expr(2) + " AS ?m) " + from + "WHERE " + body}
	case 6, 7, 8, 9:
		base := "SELECT " + d.one("*", "DISTINCT *", "DISTINCT ?a", "?a ?b", "DISTINCT ?b ?c", "?c (STR(?b) AS ?n)") + " " + from + "WHERE " + body
		return d.limited(DeepQuery{Base: base})
	case 10, 11, 12:
		desc := d.one("", "", "-")
		key, second := d.one("?a", "?b", "?b", "?c", d.expr(2), "STR("+d.v()+")"), d.one("?b", "?c", d.expr(1))
		in := d.one("{ "+body+" BIND("+key+" AS ?k1) BIND("+second+" AS ?k2) }", "{ SELECT * { "+body+" BIND("+key+" AS ?k1) BIND("+second+" AS ?k2) } }")
		head := "SELECT " + d.one("*", "?k1 ?k2", "DISTINCT *", "DISTINCT ?k1 ?k2", "?a ?k1 ?k2") + " " + from + "WHERE "
		first, then := "?k1", "?k2"
		if strings.Contains(head, "*") && !strings.Contains(key+second, "EXISTS") && d.chance(2) {
			first, then = "("+key+")", "("+second+")"
		}
		q := DeepQuery{Base: head + in + " ORDER BY " + map[string]string{"": "(", "-": "DESC("}[desc] + first + ") " + then, Keys: []string{desc + "k1", "k2"}}
		return d.limited(q)
	case 13:
		return DeepQuery{Text: "SELECT * " + from + "WHERE { " + d.ordered(body) + "}"}
	}
	return DeepQuery{Text: "SELECT " + d.one("*", "*", "?a ?b", "DISTINCT *") + " " + from + "WHERE " + body}
}

func (d *Deep) limited(q DeepQuery) DeepQuery {
	q.Limit, q.Offset = []int{0, 1, 2, 5, 10, 100, 2000, -1}[d.r.IntN(8)], []int{0, 0, 0, 1, 3, 50}[d.r.IntN(6)]
	q.Text = q.Base
	if q.Limit >= 0 {
		q.Text += fmt.Sprint(" LIMIT ", q.Limit)
	}
	if q.Offset > 0 {
		q.Text += fmt.Sprint(" OFFSET ", q.Offset)
	}
	return q
}

// countFresh counts the values of ?u, in all or of groups.
func (d *Deep) countFresh(from, body string) string {
	if d.chance(2) {
		body = "{ " + body + "BIND(" + d.one("UUID()", "BNODE()", "BNODE('a')", "STRUUID()") + " AS ?v) } "
	}
	counts := "(COUNT(*) AS ?k) (COUNT(?u) AS ?l) (COUNT(DISTINCT ?u) AS ?m) (COUNT(DISTINCT ?v) AS ?n) (COUNT(DISTINCT " + d.one("UUID()", "?u", "BNODE()") + ") AS ?o) "
	if d.chance(2) {
		return "SELECT " + counts + from + "WHERE " + body
	}
	key := d.one("?a", "?b", "?c", "?a ?b")
	return "SELECT " + key + " " + counts + from + "WHERE " + body + "GROUP BY " + key
}

// wide makes a part that has more variables than a word has bits, of which most are not used elsewhere.
func (d *Deep) wide() string {
	n := 20 + d.r.IntN(120)
	var names, row []string
	triples := ""
	for i := range n {
		names, row = append(names, fmt.Sprintf("?w%d", i)), append(row, d.one("UNDEF", "UNDEF", d.constant(), d.Wild.iri().String()))
	}
	if d.chance(2) {
		names, row = append(names, "?a"), append(row, d.one("UNDEF", d.Wild.iri().String()))
	}
	if d.chance(2) {
		triples = fmt.Sprintf("OPTIONAL { ?a %s ?w%d . ?w%d %s ?y } ", d.prop(), d.r.IntN(n), d.r.IntN(n), d.prop())
	}
	values := "VALUES (" + strings.Join(names, " ") + ") { (" + strings.Join(row, " ") + ") } "
	return d.one(values, "OPTIONAL { "+values+"} ", "{ SELECT * { "+values+"} } ", values+"FILTER(!BOUND("+names[n/2]+") || BOUND(?a)) ") + triples
}

// ordered makes a sub-select with a limit and without ties.
func (d *Deep) ordered(body string) string {
	v, o := d.one("?a", "?b"), d.one("?c", "?d")
	ok := func(x string) string { return "COALESCE(!isBlank(" + x + ") && !isTriple(" + x + "), true)" }
	key := func(x string) string {
		return d.one("", "DESC") + "(STR(" + x + ")) isIRI(" + x + ") DATATYPE(" + x + ") LANG(" + x + ") LANGDIR(" + x + ") "
	}
	return "{ SELECT " + d.one("DISTINCT ", "") + v + " " + o + " WHERE { " + body + "FILTER(" + ok(v) + " && " + ok(o) + ") } ORDER BY " + d.one("", v+" ", "DESC("+v+") ") + key(v) + key(o) +
		d.one("LIMIT 1", "LIMIT 4", "LIMIT 3 OFFSET 1", "OFFSET 2", "LIMIT 20") + " } "
}

func (d *Deep) groups(from, body string, order bool) string {
	key := d.one("?a", "?b", "?c", "?a ?b", "?b ?d", "("+d.expr(2)+" AS ?k)", "?a ("+d.expr(1)+" AS ?k)")
	shown := key
	if i := strings.Index(key, "("); i >= 0 {
		shown = key[:i] + "?k"
	}
	having := ""
	if d.chance(3) {
		n := strings.Fields(shown)[0]
		having = "HAVING (" + d.one(d.total()+" > 1", "COUNT(*) < 3", "EXISTS { "+n+" "+d.prop()+" ?z }", "NOT EXISTS { ?z "+d.prop()+" "+n+" FILTER(?z != "+n+") }", "MIN("+d.v()+") = MAX("+d.v()+")",
			"COALESCE("+d.total()+" = "+d.total()+", true)", "EXISTS { SELECT ?z { ?z ?y "+n+" } }", "COUNT(*) IN (1, 2, 5)") + ") "
	}
	end := ""
	if order && d.chance(4) {
		end = "ORDER BY " + d.one("DESC(COUNT(*))", "MAX("+d.v()+")", "?n", "DESC(?m)", "EXISTS { "+strings.Fields(shown)[0]+" ?y ?z }")
	}
	return fmt.Sprintf("SELECT %s (%s AS ?n) (%s AS ?m) %sWHERE %s GROUP BY %s %s%s", shown, d.total(), d.total(), from, body, key, having, end)
}

// total makes an aggregate.
func (d *Deep) total() string {
	v, u := d.v(), d.one("", "", "DISTINCT ")
	x := d.one(v, v, d.expr(2))
	return d.one("COUNT(*)", "COUNT("+u+x+")", "COUNT("+u+v+")", "SUM("+u+v+")", "AVG("+u+v+")", "MIN("+u+x+")", "MAX("+u+x+")", "MAX("+v+")", "MIN("+v+")", "COUNT(DISTINCT *)", "STRLEN(GROUP_CONCAT("+u+"STR("+x+"); SEPARATOR=', '))",
		"SUM(IF("+d.expr(1)+", 1, 0))", "COALESCE(SUM("+u+v+"), 'none')", "COUNT("+u+"IF("+d.expr(1)+", ?a, ?b))", "IF(COUNT("+v+") > 1, MIN("+v+"), MAX("+v+"))", "BOUND(?a)", "COUNT(*) + SUM("+u+"STRLEN(STR("+v+")))",
		"isNumeric(SAMPLE("+v+" + 0))", "SUM(IF(EXISTS { ?a "+d.prop()+" ?x }, 1, 0))")
}

func (d *Deep) v() string    { return d.one("?a", "?b", "?c", "?d", "?a", "?b", "?g") }
func (d *Deep) prop() string { return d.property().String() }

// node is an end of a triple pattern.
func (d *Deep) node(object bool) string {
	switch d.r.IntN(14) {
	case 0:
		return d.Wild.iri().String()
	case 1:
		if object {
			return d.constant()
		}
	case 2:
		if object {
			return "<<( " + d.v() + " " + d.one(d.prop(), "?p") + " " + d.one(d.v(), d.constant()) + " )>>"
		}
	case 3:
		return "[]"
	}
	return d.one("?a", "?b", "?c", "?d")
}

func (d *Deep) triple() string {
	p := d.prop()
	switch d.r.IntN(12) {
	case 0:
		p = d.one("?p", "?b", "?d")
	case 1, 2:
		p = d.g.path(1 + d.r.IntN(3))
	}
	return d.node(false) + " " + p + " " + d.node(true) + " . "
}

// triples are patterns that mostly have a variable in common.
func (d *Deep) triples() string {
	p := d.prop
	return d.one(d.triple(), d.triple()+d.triple(), "?a "+p()+" ?b . ", "?a "+p()+" ?b ; "+p()+" ?c . ", "?a "+p()+" ?b . ?b "+p()+" ?c . ", "?a "+p()+" ?b . ?c "+p()+" ?b . ", "?a ?p ?b . ", "?c "+p()+" ?a . ?a "+p()+" ?d . ",
		"?a "+p()+" ?b . ?c "+p()+" ?d . ", "?a "+p()+" "+d.constant()+" . ")
}

// pattern is a group in braces.
func (d *Deep) pattern(depth int) string {
	var b strings.Builder
	b.WriteString("{ ")
	if !d.chance(6) {
		b.WriteString(d.triples())
	}
	for range 1 + d.r.IntN(3) {
		b.WriteString(d.element(depth))
	}
	b.WriteString("} ")
	return b.String()
}

func (d *Deep) element(depth int) string {
	if depth <= 0 {
		return d.one(d.triples(), "FILTER("+d.expr(2)+") ", d.values(), "FILTER("+d.expr(1)+") ")
	}
	in := func() string { return d.pattern(depth - 1) }
	if d.fresh && d.chance(3) {
		return "BIND(" + d.one("UUID()", "STRUUID()", "BNODE()", "BNODE('a')", "BNODE(STR(?a))", "IRI(CONCAT('urn:', STRUUID()))") + " AS ?u) "
	}
	switch d.r.IntN(26) {
	case 0, 1:
		return "OPTIONAL " + in()
	case 2:
		return "OPTIONAL { " + in() + "FILTER(" + d.expr(2) + ") } "
	case 3:
		return "OPTIONAL { " + d.triples() + "OPTIONAL { " + d.triples() + "FILTER(" + d.expr(1) + ") } FILTER(" + d.expr(1) + ") } "
	case 4:
		t := d.triples()
		return "{ " + t + d.element(depth-1) + "} UNION { " + t + d.element(depth-1) + "} " + d.one("", "UNION { "+t+"} ")
	case 5:
		return in() + "UNION " + in()
	case 6, 7:
		return "MINUS " + in()
	case 8, 9:
		return "GRAPH " + d.one("?g", "?g", "?a", "?b", d.graph()) + " " + in()
	case 10, 11:
		return "BIND(" + d.expr(3) + " AS " + d.name() + ") "
	case 12, 13:
		return "FILTER(" + d.expr(3) + ") "
	case 14, 15:
		return "FILTER " + d.one("", "NOT ") + "EXISTS " + in()
	case 16:
		return d.values()
	case 17:
		return "{ SELECT " + d.one("DISTINCT ", "", "") + d.one("?a", "?a ?b", "?b ?c", "?d", "?a ?g", "*") + " WHERE " + in() + "} "
	case 18:
		p := in()
		return "{ SELECT " + d.one("?a ", "?b ", "DISTINCT ?a ", "") + "(" + d.expr(2) + " AS " + d.name() + ") WHERE " + p + "} "
	case 19:
		p := in()
		g := d.groups("", p, false)
		g = strings.ReplaceAll(strings.ReplaceAll(g, " AS ?n)", " AS "+d.name()+")"), " AS ?m)", " AS "+d.name()+")")
		return "{ " + g + "} "
	case 20, 21:
		return d.ordered(in())
	case 22: // any of the solutions, of which only the number is told
		p := in()
		return "{ SELECT (COUNT(*) AS " + d.name() + ") { SELECT " + d.one("*", "DISTINCT ?a", "?b", "DISTINCT ?b ?c") + " WHERE " + p + d.one("LIMIT 1", "LIMIT 3", "LIMIT 2 OFFSET 1", "ORDER BY ?a LIMIT 5", "LIMIT 0", "LIMIT 1000") + " } } "
	case 23:
		return "LATERAL { " + d.one(in(), d.ordered(in()), "SELECT ?b "+d.name()+" WHERE "+in()) + "} "
	case 24:
		return in()
	}
	return d.one("{ "+d.equation()+"} ", d.triples(), d.paths())
}

// expr makes an expression.
func (d *Deep) expr(depth int) string {
	leaf := func() string {
		s := d.one(d.v(), d.v(), d.v(), d.constant(), d.Wild.iri().String())
		if d.names > 0 && d.chance(4) {
			s = fmt.Sprintf("?n%d", 1+d.r.IntN(d.names))
		}
		return s
	}
	if depth <= 0 {
		return leaf()
	}
	x := func() string { return d.expr(depth - 1) }
	switch d.r.IntN(24) {
	case 0, 1:
		return "(" + x() + d.one(" && ", " || ") + x() + ")"
	case 2:
		return "!(" + x() + ")"
	case 3:
		return d.one("BOUND", "BOUND", "!BOUND") + "(" + d.v() + ")"
	case 4:
		return "COALESCE(" + x() + ", " + x() + d.one("", ", "+leaf()) + ")"
	case 5, 6:
		return "IF(" + x() + ", " + x() + ", " + x() + ")"
	case 7, 8:
		return "(" + x() + d.one(" IN (", " NOT IN (") + d.one(leaf()+", "+leaf(), leaf()+", "+x()+", "+leaf(), x()) + "))"
	case 9, 10:
		return "(" + x() + d.one(" + ", " - ", " * ", " / ") + x() + ")"
	case 11:
		return d.one("sameTerm", "sameValue") + "(" + leaf() + ", " + leaf() + ")"
	case 12:
		return d.one("YEAR", "MONTH", "DAY", "HOURS", "MINUTES", "SECONDS", "TZ", "TIMEZONE", "ABS", "CEIL", "FLOOR", "ROUND") + "(" + x() + ")"
	case 13:
		return "<" + xsd + d.one("integer", "decimal", "double", "float", "boolean", "string", "date", "dateTime", "long", "byte", "time", "gYear", "dayTimeDuration") + ">(" + x() + ")"
	case 14:
		return d.one("STR", "LANG", "DATATYPE", "LANGDIR", "hasLANG", "isIRI", "isBlank", "isLiteral", "isNumeric", "isTriple", "STRLEN", "UCASE", "LCASE", "ENCODE_FOR_URI", "SUBJECT", "OBJECT", "IRI", "MD5") + "(" + x() + ")"
	case 15:
		s := d.one(leaf(), "STR("+leaf()+")", "LCASE(STR("+leaf()+"))")
		return d.one("STRSTARTS", "STRENDS", "CONTAINS", "STRBEFORE", "STRAFTER", "CONCAT") + "(" + s + ", " + d.one(`"a"`, `"1"`, `"r1"`, leaf(), `"a"@en`, `""`, "STR("+leaf()+")") + ")"
	case 16:
		return d.one(`REGEX(STR(`+leaf()+`), "`+d.one("r[0-9]$", "^http", "1|a", "(a|b)", "2024-0[1-3]", "^a?$", "te?xt", "A", "a{1,2}", "(?:r1)+", "\\\\.", "^$")+`"`+d.one("", `, "i"`, `, "q"`, `, "x"`, `, "s"`)+")",
			`REPLACE(STR(`+leaf()+`), "[0-9]+", "#")`, `SUBSTR(STR(`+leaf()+`), `+d.one("1", "2, 3", "0, 2", "-1", "1.5")+")", `STRDT(STR(`+leaf()+`), <`+xsd+d.one("integer", "string", "date")+">)", `STRLANG(STR(`+leaf()+`), "en")`)
	case 17:
		return "langMatches(LANG(" + leaf() + "), " + d.one(`"*"`, `"en"`, `"EN-gb"`, `""`, "LANG("+leaf()+")") + ")"
	case 18:
		return "(DATATYPE(" + leaf() + ")" + d.one(" = ", " != ") + d.one("<"+xsd+d.one("integer", "date", "string", "double", "decimal")+">", "DATATYPE("+leaf()+")") + ")"
	case 19:
		return d.one("", "NOT ") + "EXISTS " + d.pattern(min(depth-1, d.r.IntN(2)))
	case 20:
		return "(-(" + x() + "))"
	}
	return "(" + x() + d.one(" = ", " = ", " != ", " < ", " >= ", " > ", " <= ") + x() + ")"
}
