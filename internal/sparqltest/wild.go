package sparqltest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"triplestore/rdf"
	"triplestore/sparql/expr"
	"triplestore/sparql/syntax"
)

// Wild makes queries and data like [Generator], with other stress: terms whose values and forms differ in every way that joins, groups
// and orders could mix up, the same triple in many graphs, filters that become ranges of an index, equations that become joins, groups
// over joins, and EXISTS in odd places. Its data are larger, so that operators see more than one batch of three rows.
type Wild struct {
	r *rand.Rand
	g *Generator // for groups of the usual kind
	// terms are the literals, triple terms and blank nodes of the dataset: a few of all, so that joins meet.
	terms []rdf.Term
	iris  int
	binds int
	ties  bool // MIN and MAX have several terms to choose from
	many  int  // quads, where it is not some to a few hundred
	// plain: all is in the default graph, so that nothing in a row of the index needs to be looked at. sorted: each predicate has values
	// of one kind, as predicates mostly do.
	plain, sorted bool
	kinds         [4][]rdf.Term
}

// NewWild makes a generator; the same seed gives the same data and queries.
func NewWild(seed uint64) *Wild {
	r := rand.New(rand.NewPCG(seed, seed^0x77696c64))
	w := &Wild{r: r, g: &Generator{r: r}, iris: 3 + r.IntN(12)}
	all := wildTerms()
	few := 4 + r.IntN(14)
	if r.IntN(3) > 0 { // of one kind mostly: equal values in different forms are near each other in the list
		from := r.IntN(len(all))
		for i := range few {
			w.terms = append(w.terms, all[(from+i)%len(all)])
		}
		few /= 4
	}
	for range few {
		w.terms = append(w.terms, all[r.IntN(len(all))])
	}
	w.plain, w.sorted = r.IntN(2) == 0, r.IntN(3) == 0
	if w.sorted {
		w.terms = nil
		for i := range w.kinds {
			w.kinds[i] = w.kind(r.IntN(6), 2+r.IntN(9))
			w.terms = append(w.terms, w.kinds[i]...)
		}
	}
	for i, a := range w.terms {
		for _, b := range w.terms[:i] {
			w.ties = w.ties || a != b && expr.Order(expr.FromTerm(a), expr.FromTerm(b)) == 0
		}
	}
	return w
}

// kind makes n terms of a kind.
func (w *Wild) kind(kind, n int) (out []rdf.Term) {
	for i := range n {
		switch kind {
		case 0:
			out = append(out, rdf.Literal(fmt.Sprint(w.r.IntN(3*n)-n), xsd+"integer"))
			if i == 0 && w.chance(4) {
				out = append(out, rdf.Literal(w.one("576460752303423487", "9223372036854775807", "-9223372036854775808", "1.5"), xsd+w.one("integer", "integer", "decimal")))
			}
		case 1:
			out = append(out, rdf.Literal(fmt.Sprintf("%04d-%02d-%02d", 1995+w.r.IntN(40), 1+w.r.IntN(12), 1+w.r.IntN(28)), xsd+"date"))
		case 2:
			out = append(out, rdf.Literal(fmt.Sprintf("%04d-%02d-%02dT%02d:00:00Z", 1960+w.r.IntN(70), 1+w.r.IntN(12), 1+w.r.IntN(28), w.r.IntN(24)), xsd+"dateTime"))
		case 3:
			out = append(out, rdf.LangLiteral(w.one("a", "b", "c", "text ")+fmt.Sprint(w.r.IntN(n)), w.one("en", "nb", "nn", "en-GB")))
		case 4:
			out = append(out, rdf.String(w.one("a", "b", "text that is long ")+fmt.Sprint(w.r.IntN(n))))
		default:
			out = append(out, w.iri())
		}
	}
	return out
}

// NewWildLarge makes a generator whose data have about as many quads as given: more than operators take at a time, with values that are
// rare and ones that are frequent.
func NewWildLarge(seed uint64, quads int) *Wild {
	w := NewWild(seed)
	w.many, w.iris, w.ties = quads, 40+quads/(3+w.r.IntN(12)), true
	if w.sorted {
		w.terms = nil
		for i := range w.kinds {
			w.kinds[i] = w.kind(i, 20+w.r.IntN(quads/4))
			w.terms = append(w.terms, w.kinds[i]...)
		}
		w.ties = false
		return w
	}
	for i := range 20 + w.r.IntN(quads/4) {
		n := w.r.IntN(quads)
		switch w.r.IntN(3 + i%5) {
		case 0:
			w.terms = append(w.terms, rdf.Literal(fmt.Sprint(n-100), xsd+"integer"))
		case 1:
			w.terms = append(w.terms, rdf.Literal(fmt.Sprintf("20%02d-%02d-%02d", n%40, 1+n%12, 1+n%28), xsd+"date"))
		case 2:
			w.terms = append(w.terms, rdf.String(fmt.Sprintf("text %d", n)))
		case 3:
			w.terms = append(w.terms, rdf.LangLiteral(fmt.Sprintf("text %d", n), []string{"en", "nb", "en-GB"}[n%3]))
		case 4:
			w.terms = append(w.terms, rdf.Literal(fmt.Sprintf("%d.%d", n, n%10), xsd+"decimal"))
		case 5:
			w.terms = append(w.terms, rdf.Literal(fmt.Sprintf("20%02d-%02d-%02dT%02d:00:00Z", n%40, 1+n%12, 1+n%28, n%24), xsd+"dateTime"))
		default:
			w.terms = append(w.terms, rdf.BlankNode(fmt.Sprint("n", n)))
		}
	}
	return w
}

// Terms are terms whose values and forms differ in every way that joins, groups and orders could mix up.
func Terms() []rdf.Term { return wildTerms() }

func wildTerms() []rdf.Term {
	var out []rdf.Term
	typed := func(datatype string, forms ...string) {
		for _, f := range forms {
			out = append(out, rdf.Literal(f, xsd+datatype))
		}
	}
	typed("integer", "1", "01", "+1", "2", "3", "-1", "0", "-0", "007", "x", "", " 1", "1.5")
	typed("decimal", "1", "1.0", "1.00", "0.0", "-0.0", ".5", "0.5", "1e0", "2.5")
	typed("double", "1", "1.0E0", "1e0", "0", "-0", "-0.0E0", "NaN", "INF", "-INF", "+INF", "1e400", "5e-324", "2.5")
	typed("float", "1", "1.0", "NaN", "INF", "0.1", "16777217", "-0")
	typed("byte", "1", "300", "-1")
	typed("unsignedByte", "1", "-1")
	typed("long", "1", "9223372036854775807", "9223372036854775808")
	typed("boolean", "true", "false", "1", "0", "maybe", "TRUE")
	typed("integer", "1152921504606846975", "1152921504606846976", "576460752303423487", "576460752303423488", "-576460752303423488", "-576460752303423489",
		"9223372036854775807", "9223372036854775808", "-9223372036854775808", "123456789012345678901234567890")
	typed("decimal", "9223372036854775808.0", "123456789012345678901234567890.5", "0.000000000000000000000000000001", "9223372036854775807.9999999999")
	typed("date", "2024-01-01", "2024-01-01Z", "2024-01-01+00:00", "2024-01-01-00:00", "2024-01-01+14:00", "2023-12-31-14:00", "2023-12-31", "2024-02-29", "2023-02-29",
		"-0044-03-15", "12024-01-01", "0000-01-01", "2024-1-1", "9999-12-31", "0001-01-01")
	typed("dateTime", "2024-01-01T00:00:00", "2024-01-01T00:00:00Z", "2024-01-01T01:00:00+01:00", "2023-12-31T24:00:00Z", "2024-01-01T00:00:00.0Z",
		"2024-01-01T00:00:00.5Z", "2024-01-01T00:00:00.500Z", "2024-01-01T00:00:00.000000001Z", "2024-01-01T00:00:00.1234567890123Z",
		"-0001-12-31T23:59:59Z", "99999-01-01T00:00:00Z", "2024-01-01T10:00:00+14:00", "2024-01-01T10:00:00-14:00", "2024-01-01T00:00:60Z", "1970-01-01T00:00:00Z",
		"1969-12-31T23:59:59.999Z")
	typed("dateTimeStamp", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00")
	typed("gYear", "2024", "2024Z", "-0001", "02024", "12024")
	typed("time", "12:00:00", "12:00:00Z", "13:00:00+01:00", "24:00:00")
	typed("dayTimeDuration", "P1D", "PT24H", "-P1D", "PT0S", "P0D")
	typed("yearMonthDuration", "P1Y", "P12M")
	typed("duration", "P1D", "P1Y", "P0M")
	out = append(out, rdf.String(""), rdf.String("a"), rdf.String("A"), rdf.String("b"), rdf.String("1"), rdf.String("01"), rdf.String("true"), rdf.String("\u00e9"), rdf.String("e\u0301"),
		rdf.String("\U0001F600"), rdf.String("\uFFFD"), rdf.String("a\nb\t\"\\"), rdf.String(strings.Repeat("long ", 300)), rdf.String(strings.Repeat("long ", 300)+"a"), rdf.String(randomNS+"r1"),
		rdf.LangLiteral("a", "en"), rdf.LangLiteral("a", "EN"), rdf.LangLiteral("a", "en-gb"), rdf.LangLiteral("A", "en"), rdf.LangLiteral("a", "nb"), rdf.LangLiteral("", "en"), rdf.LangLiteral("1", "en"),
		rdf.DirLangLiteral("a", "en", rdf.LeftToRight), rdf.DirLangLiteral("a", "en", rdf.RightToLeft), rdf.DirLangLiteral("a", "ar", rdf.RightToLeft),
		rdf.Literal("1", randomNS+"datatype"), rdf.Literal("a", randomNS+"datatype"), rdf.Literal("a", randomNS+"datatype2"),
		rdf.BlankNode("x"), rdf.BlankNode("y"), rdf.BlankNode("z"), rdf.IRI(randomNS+"p0"), rdf.IRI(randomNS+"g1"))
	one := rdf.Literal("1", xsd+"integer")
	triple := rdf.TripleTerm(rdf.Triple{S: rdf.IRI(randomNS + "r0"), P: rdf.IRI(randomNS + "p0"), O: one})
	out = append(out, triple, rdf.TripleTerm(rdf.Triple{S: rdf.IRI(randomNS + "r0"), P: rdf.IRI(randomNS + "p0"), O: rdf.Literal("01", xsd+"integer")}),
		rdf.TripleTerm(rdf.Triple{S: rdf.IRI(randomNS + "r0"), P: rdf.IRI(randomNS + "p0"), O: rdf.Literal("NaN", xsd+"double")}),
		rdf.TripleTerm(rdf.Triple{S: rdf.IRI(randomNS + "r0"), P: rdf.IRI(randomNS + "p0"), O: triple}), rdf.TripleTerm(rdf.Triple{S: rdf.BlankNode("x"), P: rdf.IRI(randomNS + "p0"), O: one}))
	return out
}

func (w *Wild) one(of ...string) string { return of[w.r.IntN(len(of))] }
func (w *Wild) chance(n int) bool       { return w.r.IntN(n) == 0 }

func (w *Wild) iri() rdf.Term {
	n := w.r.IntN(w.iris)
	if w.many > 0 && w.chance(3) { // some are frequent
		n = w.r.IntN(1 + n/8)
	}
	return rdf.IRI(fmt.Sprintf("%sr%d", randomNS, n))
}

func (w *Wild) property() rdf.Term { return rdf.IRI(fmt.Sprintf("%sp%d", randomNS, w.r.IntN(4))) }
func (w *Wild) variable() string   { return w.one("?a", "?b", "?c", "?d") }
func (w *Wild) graph() string      { return "<" + randomNS + w.one("g1", "g2", "g3", "none", "r1") + ">" }

// constant is a term of the data, as it is written in a query; blank nodes cannot be.
func (w *Wild) constant() string {
	for range 20 {
		t := w.terms[w.r.IntN(len(w.terms))]
		if !strings.Contains(t.String(), "_:") {
			return t.String()
		}
	}
	return w.iri().String()
}

// Quads makes some to a few hundred quads, in four graphs of which one has the name of a resource.
func (w *Wild) Quads() []rdf.Quad {
	n := []int{1, 8, 30, 60, 120, 300}[w.r.IntN(6)]
	if w.many > 0 {
		n = w.many
	}
	out := make([]rdf.Quad, 0, n)
	for range n {
		out = append(out, w.Quad())
		for w.chance(4) {
			q := out[len(out)-1]
			q.G = w.graphTerm()
			out = append(out, q)
		}
	}
	return out
}

func (w *Wild) graphTerm() rdf.Term {
	if w.plain {
		return rdf.Term{}
	}
	return []rdf.Term{{}, rdf.IRI(randomNS + "g1"), rdf.IRI(randomNS + "g2"), rdf.IRI(randomNS + "g3"), rdf.IRI(randomNS + "r1")}[w.r.IntN(5)]
}

// Quad makes a quad of such data.
func (w *Wild) Quad() rdf.Quad {
	q := rdf.Quad{S: w.iri(), P: w.property(), O: w.iri()}
	if w.chance(2) {
		q.O = w.terms[w.r.IntN(len(w.terms))]
	}
	if w.chance(12) {
		q.S = rdf.BlankNode(w.one("x", "y"))
	}
	if w.sorted && w.chance(5) {
		q.P = rdf.IRI(randomNS + "p0")
	} else if w.sorted {
		k := w.r.IntN(4)
		q.P, q.O = rdf.IRI(fmt.Sprintf("%sp%d", randomNS, k)), w.kinds[k][w.r.IntN(len(w.kinds[k]))]
	}
	if w.many > 0 && w.chance(5) { // one that fills more than a batch
		q.P, q.O = rdf.IRI(randomNS+"p3"), rdf.IRI(randomNS+"r0")
	}
	if w.chance(3) {
		q.G = w.graphTerm()
	}
	return q
}

// Query makes a query. Where ordered is true its solutions come in an order without ties.
func (w *Wild) Query() (text string, ordered bool) {
	for {
		w.binds, w.g.binds = 0, 0
		text, ordered = w.query()
		if w.chance(8) {
			if i := strings.Index(text, "WHERE"); i > 0 && strings.HasPrefix(text, "SELECT") {
				text = text[:i] + w.dataset() + text[i:]
			}
		}
		if _, err := syntax.ParseQuery(text, syntax.Options{}); err == nil {
			return text, ordered
		} else if !strings.Contains(err.Error(), "LATERAL") && !strings.Contains(err.Error(), "already") {
			panic(text + ": " + err.Error())
		}
	}
}

func (w *Wild) dataset() string {
	var b strings.Builder
	for range 1 + w.r.IntN(3) {
		b.WriteString("FROM " + w.one("", "NAMED ") + w.graph() + " ")
	}
	return b.String()
}

func (w *Wild) query() (string, bool) {
	switch w.r.IntN(18) {
	case 0:
		return "SELECT (" + w.aggregate() + " AS ?n) WHERE { " + w.joins() + "}", false
	case 1, 2:
		return w.grouped(w.joins()), false
	case 3:
		return w.grouped(w.body(2)), false
	case 4:
		return "SELECT " + w.one("DISTINCT ", "DISTINCT ", "") + w.one("?a", "?b", "?a ?c", "*", "(STR(?b) AS ?k)", "(?b + 0 AS ?k) ?c") + " WHERE { " + w.one(w.joins(), w.body(2)) + "}", false
	case 5, 6:
		return w.inOrder(), true
	case 7:
		return "SELECT * WHERE { " + w.equation() + "}", false
	case 8:
		return "SELECT " + w.one("*", "(COUNT(*) AS ?n)", "DISTINCT ?a", "?a ?b") + " WHERE { " + w.ranges() + "}", false
	case 9:
		return "ASK WHERE { " + w.body(2) + "}", false
	case 10:
		return "SELECT * WHERE { " + w.paths() + "}", false
	case 11, 13, 14:
		return w.counts(), false
	case 12:
		return "CONSTRUCT { ?a ?p ?b . ?b <" + randomNS + "c> ?c , _:n } WHERE { " + w.body(2) + "}", false
	}
	return "SELECT * WHERE { " + w.body(2) + "}", false
}

// counts asks what the store's statistics could tell.
func (w *Wild) counts() string {
	pattern := w.one("?s ?p ?o", "?s "+w.property().String()+" ?o", "?s ?p "+w.one(w.constant(), w.iri().String()), w.iri().String()+" ?p ?o", w.iri().String()+" "+w.property().String()+" ?o",
		"?s "+w.property().String()+" "+w.constant(), "?s ?p ?s", "?s ?o ?o")
	switch w.r.IntN(12) {
	case 0, 1:
		pattern = "GRAPH " + w.one("?g", w.graph(), "?s", "?o") + " { " + pattern + " }"
	case 2:
		pattern += " FILTER(" + w.one("?s", "?o") + w.one(" = ", " != ", " < ", " >= ") + w.one(w.constant(), w.iri().String()) + ")"
	}
	v := w.one("?s", "?p", "?o", "?g")
	count := w.one("COUNT(*)", "COUNT("+v+")", "COUNT(DISTINCT "+v+")", "COUNT(DISTINCT *)", "SUM(1)", "COUNT(1)", "COUNT(?s) + COUNT(DISTINCT ?o)")
	switch w.r.IntN(6) {
	case 0, 1:
		return "SELECT (" + count + " AS ?n) WHERE { " + pattern + " }"
	case 2:
		return "SELECT DISTINCT " + v + " WHERE { " + pattern + " }"
	case 3:
		return "SELECT (" + count + " AS ?n) (" + w.one("COUNT(*)", "COUNT("+w.one("?s", "?o")+")", "COUNT(DISTINCT ?p)") + " AS ?m) WHERE { " + pattern + " }"
	}
	k := w.one("?s", "?p", "?o", "?g")
	return "SELECT " + k + " (" + count + " AS ?n) WHERE { " + pattern + " } GROUP BY " + k + w.one("", "", " HAVING (COUNT(*) > 1)", " HAVING ("+count+" = 1)")
}

func (w *Wild) grouped(body string) string {
	key := w.one("?a", "?b", "?c", "?a ?b", "?b ?c", "(STR(?b) AS ?k)", "(?c + 0 AS ?k)", "(YEAR(?b) AS ?k)", "(MONTH(?b) AS ?k)", "(DAY(?c) AS ?k)", "(LANG(?b) AS ?k)", "(DATATYPE(?b) AS ?k)", "(LANG(?c) AS ?k)", "?unbound", "?unbound ?b", "(BOUND(?d) AS ?k)",
		"(IF(?b = ?c, ?b, ?c) AS ?k)")
	name := key
	if i := strings.Index(key, " AS "); i >= 0 {
		name = strings.TrimSuffix(key[i+4:], ")")
	}
	having := w.one("", "", "", "HAVING (COUNT(*) > 1)", "HAVING (MAX(STR(?b)) >= "+w.constant()+")", "HAVING (EXISTS { ?a "+w.property().String()+" ?z })", "HAVING (COUNT(DISTINCT ?b) != COUNT(DISTINCT ?c))",
		"HAVING (SUM(?b) > 1 || COUNT(*) = 1)", "HAVING (EXISTS { ?z "+w.property().String()+" ?n })")
	second := w.aggregate()
	if key == "?a" && w.chance(2) {
		second = "SAMPLE(?a)"
	}
	return fmt.Sprintf("SELECT %s (%s AS ?n) (%s AS ?m) WHERE { %s} GROUP BY %s %s", name, w.aggregate(), second, body, key, having)
}

func (w *Wild) aggregate() string {
	v, d := w.one("?a", "?b", "?c", "?d"), w.one("", "", "DISTINCT ")
	least := v
	if w.ties {
		least = "STR(" + v + ")"
	}
	return w.one("COUNT(*)", "COUNT(DISTINCT *)", "COUNT("+d+v+")", "COUNT("+d+v+")", "SUM("+d+v+")", "AVG("+d+v+")", "MIN("+d+least+")", "MAX("+d+least+")", "STRLEN(GROUP_CONCAT("+d+"STR("+v+")))",
		"isLiteral(SAMPLE("+d+"STR("+v+")))", "COUNT("+d+w.expression(1)+")", "SUM(<"+xsd+"decimal>("+v+"))", "MIN(YEAR("+v+"))", "MAX(STR("+v+"))", "COUNT(*) + COUNT(DISTINCT ?a)", "SUM(IF("+w.expression(1)+", 1, 0))")
}

// joins makes what the optimizer joins in some order: a star, a chain, a cycle or a product, with or without filters.
func (w *Wild) joins() string {
	p := func() string { return w.property().String() }
	s := w.one(
		"?a "+p()+" ?b . ?a "+p()+" ?c . ",
		"?a "+p()+" ?b ; "+p()+" ?c ; "+p()+" ?d . ",
		"?a "+p()+" ?b . ?b "+p()+" ?c . ",
		"?a "+p()+" ?b . ?c "+p()+" ?b . ",
		"?a "+p()+" ?b . ?c "+p()+" ?b . ?d "+p()+" ?b . ",
		"?a "+p()+" ?b . ?b "+p()+" ?c . ?c "+p()+" ?a . ",
		"?a "+p()+" ?b . ?c "+p()+" ?d . ",
		"?a "+p()+" ?b . ?a ?d ?c . ",
		"?a "+p()+" "+w.one(w.constant(), w.iri().String())+" ; "+p()+" ?b . ?c "+p()+" ?b . ",
		"GRAPH ?g { ?a "+p()+" ?b . } ?c "+p()+" ?b . ",
		"GRAPH ?g { ?a "+p()+" ?b . ?a "+p()+" ?c . } ",
		"GRAPH "+w.one("?b", "?g", "?a")+" { ?a "+p()+" ?b . ?c "+p()+" ?b . } ",
		"?a "+p()+" ?b . ?a "+p()+" ?b . ?a "+p()+" ?c . ")
	for w.chance(2) {
		switch w.r.IntN(7) {
		case 0:
			s += "OPTIONAL { " + w.one("?a", "?b", "?c") + " " + p() + " ?d } "
		case 1:
			s += "MINUS { " + w.one("?a", "?b", "?x") + " " + p() + " " + w.one("?c", "?y", w.constant()) + " } "
		case 2:
			s += "FILTER " + w.one("", "NOT ") + "EXISTS { " + w.one("?a", "?b", "?x") + " " + p() + " " + w.one("?c", "?y", w.constant()) + " } "
		case 3:
			w.binds++
			s += fmt.Sprintf("BIND(%s AS ?bind%d) ", w.expression(1), w.binds)
		case 4:
			s += w.values()
		default:
			s += "FILTER(" + w.expression(1) + ") "
		}
	}
	return s
}

func (w *Wild) values() string {
	c := func() string { return w.one("UNDEF", w.constant(), w.iri().String(), w.iri().String()) }
	switch w.r.IntN(4) {
	case 0:
		return "VALUES " + w.variable() + " { " + c() + " " + c() + " " + c() + " } "
	case 1:
		return "VALUES (?a ?b ?c) { (" + c() + " " + c() + " " + c() + ") (" + c() + " " + c() + " " + c() + ") (" + c() + " " + c() + " " + c() + ") } "
	case 2:
		return "VALUES (?b ?c ?d ?g) { (" + c() + " " + c() + " " + c() + " UNDEF) (UNDEF " + c() + " UNDEF " + w.graph() + ") } "
	}
	return "VALUES (?a ?c) { (" + c() + " " + c() + ") (UNDEF UNDEF) } "
}

// equation makes an equation over what is a product without it.
func (w *Wild) equation() string {
	p := func() string { return w.property().String() }
	test := w.one("?b = ?d", "?d = ?b", "?b = ?d && ?a != ?c", "?b = ?d || ?a = ?c", "sameTerm(?b, ?d)", "?b IN (?d, ?c)", "!(?b != ?d)", "?b = ?d && ?a = ?c", "?b + 0 = ?d", "?b <= ?d && ?d <= ?b", "?b NOT IN (?d, "+w.constant()+")",
		"STR(?b) = STR(?d)", "sameValue(?b, ?d)", "?b = ?d && ?d = "+w.constant(), "?c = ?a", "?a = ?c && ?b != ?d", "?c = ?b", "?b = ?c && ?a = ?d")
	return w.one(
		"?a "+p()+" ?b . ?c "+p()+" ?d FILTER("+test+") ",
		"?a "+p()+" ?b OPTIONAL { ?c "+p()+" ?d FILTER("+test+") } ",
		"{ ?a "+p()+" ?b } UNION { ?a "+p()+" ?b . ?c "+p()+" ?d } FILTER("+test+") ",
		"{ SELECT ?a ?b { ?a "+p()+" ?b } } { SELECT DISTINCT ?c ?d { ?c "+p()+" ?d } } FILTER("+test+") ",
		"?a "+p()+" ?b FILTER "+w.one("", "NOT ")+"EXISTS { ?c "+p()+" ?d FILTER("+test+") } ",
		"GRAPH ?g { ?a "+p()+" ?b } GRAPH ?h { ?c "+p()+" ?d } FILTER("+test+w.one("", " && ?g = ?h", " && ?g != ?h")+") ",
		"?a "+p()+" ?b . OPTIONAL { ?b "+p()+" ?x } ?c "+p()+" ?d FILTER("+test+") ",
		w.values()+"?a "+p()+" ?b . ?c "+p()+" ?d FILTER("+test+") ",
		"?a "+p()+" ?b MINUS { ?a "+p()+" ?d . ?c "+p()+" ?e FILTER(?d = ?e) } ")
}

// ranges makes filters that are bounds of an index.
func (w *Wild) ranges() string {
	v := w.one("?b", "?b", "?a")
	bound := func() string {
		return w.one(v+w.one(" < ", " <= ", " > ", " >= ", " = ", " != ")+w.constant(), w.constant()+w.one(" < ", " <= ", " > ", " >= ", " = ")+v, w.one("isIRI", "isBlank", "isLiteral", "isNumeric", "isTriple", "!isIRI", "!isLiteral")+"("+v+")",
			"LANG("+v+")"+w.one(" = ", " != ")+w.one(`"en"`, `"EN"`, `""`, `"en-GB"`, `"xx"`), "DATATYPE("+v+")"+w.one(" = ", " != ")+"<"+xsd+w.one("integer", "date", "dateTime", "string", "decimal", "double", "byte", "gYear")+">",
			"langMatches(LANG("+v+"), "+w.one(`"*"`, `"en"`, `"EN"`)+")", v+w.one(" IN (", " NOT IN (")+w.constant()+", "+w.constant()+")", "YEAR("+v+")"+w.one(" = ", " < ", " >= ")+w.one("2024", "2023", "-44", "12024"),
			"sameTerm("+v+", "+w.constant()+")", "hasLANG("+v+")", "BOUND("+v+")", "STRSTARTS(STR("+v+"), \""+w.one("a", "2024", "1", randomNS)+"\")", "<"+xsd+w.one("date", "dateTime", "integer", "double")+">("+v+") >= "+w.constant(),
			"STR("+v+") = \""+w.one("1", "a", "2024-01-01")+"\"")
	}
	cond := bound()
	for w.chance(2) {
		cond = w.one("", "!") + "(" + cond + ")" + w.one(" && ", " && ", " || ") + bound()
	}
	return w.one("?a "+w.property().String()+" ?b ", "?a ?p ?b ", "?a "+w.property().String()+" ?b . ?a "+w.property().String()+" ?c ", "GRAPH ?g { ?a "+w.property().String()+" ?b } ", w.iri().String()+" ?a ?b ", "?a ?b ?c ",
		"?b "+w.property().String()+" ?a ", "?x "+w.property().String()+" ?y OPTIONAL { ?x "+w.property().String()+" ?b } ", "?a "+w.property().String()+" ?b . ?c "+w.property().String()+" ?b ") + "FILTER(" + cond + ") "
}

// paths makes property paths between all kinds of ends.
func (w *Wild) paths() string {
	end := func() string {
		return w.one("?a", "?b", "?c", "?a", w.iri().String(), w.constant(), "<"+randomNS+"nowhere>", `"nowhere"`)
	}
	subject := func() string { return w.one("?a", "?b", "?c", w.iri().String(), "<"+randomNS+"nowhere>") }
	s := ""
	for range 1 + w.r.IntN(2) {
		t := subject() + " " + w.g.path(1+w.r.IntN(3)) + " " + end() + " . "
		if w.chance(2) {
			t = subject() + " (" + w.g.path(w.r.IntN(2)) + ")" + w.one("*", "+", "?") + " " + end() + " . "
		}
		if w.chance(4) {
			t = "GRAPH " + w.one("?g", "?a", w.graph()) + " { " + t + "} "
		}
		s += w.one("", "", w.values()) + t
	}
	return s + w.one("", "", "FILTER("+w.expression(1)+") ", "?a "+w.property().String()+" ?b . ")
}

// inOrder makes a query whose solutions are ordered without ties. Blank nodes have no order, and triple terms no known one.
func (w *Wild) inOrder() string {
	v, o := w.one("?a", "?b"), "?c"
	body := w.one("?a ?b ?c . ", w.joins(), w.body(1), w.ranges(), "{ SELECT REDUCED ?a ?b ?c { "+w.joins()+"} } ")
	if w.many > 0 && w.chance(2) {
		body = w.one("?a ?b ?c . ", "?a "+w.property().String()+" ?c . ", "?b "+w.property().String()+" ?c . ")
	}
	known := "{ " + body + "FILTER(COALESCE(!isBlank(" + v + ") && !isTriple(" + v + "), true) && COALESCE(!isBlank(" + o + ") && !isTriple(" + o + "), true)) } "
	key := func(x string) string {
		return w.one("", "DESC", "ASC") + "(" + x + ") " + w.one("", "DESC") + "(STR(" + x + ")) isIRI(" + x + ") DATATYPE(" + x + ") LANG(" + x + ") LANGDIR(" + x + ") "
	}
	return "SELECT " + w.one("DISTINCT ", "") + v + " " + o + " WHERE " + known + "ORDER BY " + key(v) + key(o) + w.one("", "", "LIMIT 1", "LIMIT 3", "LIMIT 7 OFFSET 2", "OFFSET 3", "LIMIT 0", "LIMIT 20")
}

// body makes a group of several kinds of elements.
func (w *Wild) body(depth int) string {
	s := ""
	if !w.chance(5) {
		s = w.one(w.joins(), "?a "+w.property().String()+" ?b . ", w.paths())
	}
	for range w.r.IntN(3) {
		s += w.element(depth)
	}
	return s
}

func (w *Wild) element(depth int) string {
	if depth == 0 {
		return w.one("?a "+w.property().String()+" ?c . ", "FILTER("+w.expression(1)+") ", w.values())
	}
	switch w.r.IntN(20) {
	case 17:
		return "LATERAL { " + w.body(depth-1) + "} "
	case 18:
		return "LATERAL { " + w.inOrder() + " } "
	case 0:
		return "OPTIONAL { " + w.body(depth-1) + "FILTER(" + w.expression(1) + ") } "
	case 1:
		return "OPTIONAL { " + w.element(0) + "FILTER(" + w.one("", "!") + "EXISTS { " + w.body(depth-1) + "}) } "
	case 2:
		return "{ " + w.body(depth-1) + "} UNION { " + w.body(depth-1) + "} "
	case 3:
		return "MINUS { " + w.body(depth-1) + "} "
	case 4:
		return "MINUS { ?x " + w.property().String() + " ?y . " + w.element(depth-1) + "} "
	case 5:
		return "GRAPH " + w.one("?g", "?a", "?b", w.graph()) + " { " + w.body(depth-1) + "} "
	case 6:
		w.binds += 2
		return fmt.Sprintf("BIND(%s AS ?bind%d) BIND(%s AS ?bind%d) FILTER(%s) ", w.expression(1), w.binds-1, w.one(fmt.Sprintf("?bind%d + 1", w.binds-1), fmt.Sprintf("COALESCE(?bind%d, ?a)", w.binds-1)), w.binds,
			w.one(fmt.Sprintf("BOUND(?bind%d)", w.binds), fmt.Sprintf("?bind%d = ?b", w.binds), w.expression(1)))
	case 7:
		b := w.body(depth - 1)
		w.binds++
		return fmt.Sprintf("BIND(EXISTS { %s} AS ?bind%d) ", b, w.binds)
	case 8:
		return w.values()
	case 9:
		b := w.body(depth - 1)
		w.binds++
		return fmt.Sprintf("{ SELECT ?a (%s AS ?bind%d) WHERE { %s} GROUP BY ?a %s} ", w.aggregate(), w.binds, b, w.one("", "HAVING (COUNT(*) > 1) "))
	case 10:
		return "{ " + w.inOrder() + " } "
	case 11:
		return "{ SELECT " + w.one("DISTINCT ", "REDUCED ", "") + w.one("?a ?b", "?b", "?c ?d") + " WHERE { " + w.body(depth-1) + "} } "
	case 12:
		return "FILTER " + w.one("", "NOT ") + "EXISTS { " + w.body(depth-1) + "} "
	case 13:
		return "FILTER(" + w.one("", "!") + "EXISTS { " + w.body(depth-1) + "} " + w.one("||", "&&", "=") + " " + w.expression(1) + ") "
	case 14:
		return "{ " + w.equation() + "} "
	case 15:
		return "{ " + w.body(depth-1) + "} "
	case 16:
		b := w.body(depth - 1)
		w.binds++
		return fmt.Sprintf("{ SELECT (%s AS ?bind%d) WHERE { %s} } ", w.aggregate(), w.binds, b)
	}
	return "FILTER(" + w.expression(2) + ") "
}

func (w *Wild) expression(depth int) string {
	leaf := func() string { return w.one(w.variable(), w.variable(), w.constant(), w.iri().String()) }
	if depth == 0 {
		return leaf()
	}
	switch w.r.IntN(12) {
	case 0:
		return "(" + w.expression(depth-1) + w.one(" && ", " || ") + w.expression(depth-1) + ")"
	case 1:
		return "!(" + w.expression(depth-1) + ")"
	case 2:
		return w.one("BOUND(", "isNumeric(", "isLiteral(", "STR(", "DATATYPE(", "LANG(") + w.variable() + ")"
	case 3:
		return "COALESCE(" + w.expression(depth-1) + ", " + leaf() + ")"
	case 4:
		return "IF(" + w.expression(depth-1) + ", " + leaf() + ", " + leaf() + ")"
	case 5:
		return "(" + leaf() + w.one(" IN (", " NOT IN (") + leaf() + ", " + leaf() + ", " + leaf() + "))"
	case 6:
		return "(" + leaf() + w.one(" + ", " - ", " * ", " / ") + leaf() + ")"
	case 7:
		return w.one("sameTerm(", "sameValue(") + leaf() + ", " + leaf() + ")"
	case 8:
		return w.one("ABS", "ROUND", "YEAR", "SECONDS", "STRLEN", "UCASE", "<"+xsd+"integer>", "<"+xsd+"double>", "<"+xsd+"decimal>", "<"+xsd+"date>", "<"+xsd+"dateTime>", "<"+xsd+"boolean>", "<"+xsd+"string>", "<"+xsd+"float>") + "(" + leaf() + ")"
	}
	return "(" + leaf() + w.one(" = ", " = ", " != ", " < ", " >= ", " > ", " <= ") + leaf() + ")"
}
