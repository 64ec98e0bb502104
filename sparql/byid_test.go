package sparql

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"triplestore/internal/sparqltest"
	"triplestore/rdf"
)

// mixedQuads are subjects with values of all kinds, those that IDs hold and others.
func mixedQuads(seed uint64, subjects int) []rdf.Quad {
	const xsd = "http://www.w3.org/2001/XMLSchema#"
	r := rand.New(rand.NewPCG(seed, 2))
	value := func() rdf.Term {
		n := r.IntN(6)
		switch r.IntN(16) {
		case 0:
			return rdf.IRI(fmt.Sprint("http://e/", []string{"r", "s", "s1"}[r.IntN(3)], n))
		case 1:
			return rdf.BlankNode(fmt.Sprint("b", n))
		case 2:
			return rdf.String(fmt.Sprint(n))
		case 3:
			return rdf.LangLiteral(fmt.Sprint(n), []string{"en", "nb", "nb-NO"}[r.IntN(3)])
		case 4:
			return rdf.Literal(fmt.Sprintf("0%d", n), xsd+"integer")
		case 5:
			return rdf.Literal("x", xsd+"date")
		case 6:
			return rdf.Literal(fmt.Sprintf("%d.5", n), xsd+"decimal")
		case 7:
			return rdf.Literal(fmt.Sprintf("%d.0E0", n), xsd+"double")
		case 8:
			return rdf.Literal(fmt.Sprint(n%2 == 0), xsd+"boolean")
		case 9:
			return rdf.Literal(fmt.Sprintf("202%d-03-0%d", n, 1+n), xsd+"date")
		case 10:
			return rdf.Literal(fmt.Sprintf("202%d-03-0%dT0%d:00:00%s", n, 1+n, n, []string{"", "Z", "+02:00"}[r.IntN(3)]), xsd+"dateTime")
		case 11:
			return rdf.Literal(fmt.Sprint(n), xsd+"int")
		case 12:
			return rdf.Literal(fmt.Sprint(n), "http://e/type")
		}
		return rdf.Literal(fmt.Sprint(n), xsd+"integer")
	}
	var quads []rdf.Quad
	for i := range subjects {
		s := rdf.IRI(fmt.Sprint("http://e/s", i))
		for p := range 2 {
			for range r.IntN(3) {
				quads = append(quads, rdf.Quad{S: s, P: rdf.IRI(fmt.Sprint("http://e/p", p)), O: value()})
			}
		}
	}
	return quads
}

// TestMarksAgree: EXISTS within an expression, which is joined with many rows at a time where that is the same, says what it says for each row.
func TestMarksAgree(t *testing.T) {
	t.Parallel()
	queries := []string{
		"?s ?a { ?s :p0 ?a FILTER (?a = 3 || EXISTS { ?s :p1 ?b }) }",
		"?s ?a { ?s :p0 ?a FILTER (!EXISTS { ?s :p1 ?b } || NOT EXISTS { ?r :p1 ?a FILTER (?r != ?s) }) }",
		"?s ?x ?y { ?s :p0 ?a BIND (EXISTS { ?s :p1 ?b FILTER (?b > ?a) } AS ?x) BIND (IF(NOT EXISTS { ?a ?q ?z }, 'no', 'yes') AS ?y) }",
		"?x (COUNT(*) AS ?n) (SUM(?v) AS ?m) { ?s :p0 ?a BIND (EXISTS { ?r :p1 ?a } AS ?x) BIND (IF(EXISTS { ?s :p1 ?a }, 1, 0) AS ?v) } GROUP BY ?x",
		"?s ?x { ?s :p0 ?a OPTIONAL { ?s :p1 ?b } BIND (EXISTS { ?r :p0 ?b } AS ?x) }",
		"?s { ?s :p0 ?a FILTER (EXISTS { ?s :p1 ?b } && EXISTS { ?r :p1 ?a } || EXISTS { { ?s :p1 ?c } UNION { ?d :p0 ?s } }) }",
		"?s { ?s :p0 ?a FILTER NOT EXISTS { ?s :p1 ?b FILTER (EXISTS { ?r :p0 ?b } || ?b = ?a) } }",
		"?s ?x { ?s :p0 ?a BIND (EXISTS { ?q :p9 ?z } || EXISTS { ?s :p1 ?a } AS ?x) }",
		"?s ?x { { ?s :p0 ?a } UNION { ?s :p1 ?b } BIND (EXISTS { ?s :p0 ?a . ?s :p1 ?b } AS ?x) }",
		"?s (EXISTS { ?s :p1 ?b } AS ?x) { ?s :p0 ?a } ORDER BY (EXISTS { ?s :p1 ?a }) ?s",
		"?a (SUM(IF(EXISTS { ?s :p1 ?b }, 1, 0)) AS ?n) (COUNT(IF(NOT EXISTS { ?r :p1 ?a }, ?s, 1/0)) AS ?m) { ?s :p0 ?a } GROUP BY ?a",
		"(COUNT(DISTINCT EXISTS { ?s :p1 ?b }) AS ?n) (MAX(EXISTS { ?s :p1 ?a }) AS ?m) (SAMPLE(EXISTS { ?q :p9 ?z }) AS ?k) { ?s :p0 ?a }",
		"(SUM(IF(EXISTS { ?s :p1 ?b }, 1, 0)) AS ?n) { ?s :p0 ?a } HAVING (COUNT(*) > 1 || EXISTS { ?x :p1 ?y })",
	}
	for seed := range uint64(3) {
		snap := snapshotOf(t, mixedQuads(seed, 120))
		for _, q := range queries {
			q = "PREFIX : <http://e/> SELECT " + q
			want, err := answer(t.Context(), NewEngine(Options{NoOptimizer: true}), snap, q)
			if err != nil {
				t.Fatal(err)
			}
			got, err := answer(t.Context(), NewEngine(Options{}), snap, q)
			if err != nil {
				t.Fatal(err)
			}
			if err := sparqltest.Compare(want, got, false, false); err != nil {
				t.Errorf("seed %d: %s: %v", seed, q, err)
			}
		}
	}
}

// TestSemiJoinsOfScansAgree: semi- and anti-joins with all that stands in a place.
func TestSemiJoinsOfScansAgree(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, mixedQuads(9, 3000))
	for _, q := range []string{
		"?s { ?s :p0 ?a FILTER NOT EXISTS { ?x ?p ?s } }",
		"?s { ?s :p0 ?a FILTER EXISTS { ?x ?p ?s } }",
		"?a { ?s :p0 ?a FILTER NOT EXISTS { ?x :p1 ?a } }",
		"?a { ?s :p0 ?a FILTER EXISTS { ?x :p1 ?a } }",
		"?a { ?s :p0 ?a FILTER EXISTS { ?a ?p ?x } }",
		"?p (COUNT(DISTINCT ?a) AS ?n) { ?s ?p ?a FILTER (isIRI(?a)) FILTER NOT EXISTS { ?a ?q ?z } } GROUP BY ?p",
		"?s { ?s :p0 ?a FILTER NOT EXISTS { ?s ?p ?s } }",
		"?a (COUNT(*) AS ?n) { ?s :p0 ?a FILTER NOT EXISTS { ?x ?p ?s } } GROUP BY ?a",
		"?a (COUNT(*) AS ?n) { ?s ?p ?a FILTER EXISTS { ?x ?q ?s } } GROUP BY ?a",
	} {
		q = "PREFIX : <http://e/> SELECT " + q
		want, err := answer(t.Context(), NewEngine(Options{NoOptimizer: true}), snap, q)
		if err != nil {
			t.Fatal(err)
		}
		got, err := answer(t.Context(), NewEngine(Options{}), snap, q)
		if err != nil {
			t.Fatal(err)
		}
		if err := sparqltest.Compare(want, got, false, false); err != nil {
			t.Errorf("%s: %v", q, err)
		}
	}
}

// TestDistinctOfGroupsAgrees: different values of each group are counted where rows are sorted by them and where they are not, and several keys of
// groups, bound or not, are those of the definition.
func TestDistinctOfGroupsAgrees(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, mixedQuads(4, 2500))
	for _, q := range []string{
		"?a ?p (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?m) (COUNT(DISTINCT ?o) AS ?k) { ?s :p0 ?a ; ?p ?o } GROUP BY ?a ?p",
		"?p (COUNT(DISTINCT ?s) AS ?m) { ?s :p0 ?a . ?r :p1 ?a . ?s ?p ?o } GROUP BY ?p",
		"?a (COUNT(DISTINCT ?s) AS ?m) { ?s ?p ?a } GROUP BY ?a",
		"?b ?p ?c (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?m) { ?s ?p ?a OPTIONAL { ?s :p1 ?b } OPTIONAL { ?a :p0 ?c } } GROUP BY ?b ?p ?c",
		"?b ?c (COUNT(DISTINCT ?s) AS ?m) { ?s ?p ?a OPTIONAL { ?s :p1 ?b } OPTIONAL { ?s :p9 ?c } } GROUP BY ?b ?c",
		"?p ?d (COUNT(DISTINCT ?s) AS ?m) { ?s ?p ?a BIND (DATATYPE(?a) AS ?d) } GROUP BY ?p ?d",
	} {
		q = "PREFIX : <http://e/> SELECT " + q
		got, err := answer(t.Context(), NewEngine(Options{}), snap, q)
		if err != nil {
			t.Fatal(err)
		}
		// Sub-selects that are sorted by something else give the rows in another order.
		shuffled := regexp.MustCompile(`\{(.*)\}`).ReplaceAllString(q, "{ { SELECT * {$1} ORDER BY STR(?a) DESC(?p) } }")
		want, err := answer(t.Context(), NewEngine(Options{NoOptimizer: true}), snap, shuffled)
		if err != nil {
			t.Fatal(err)
		}
		if err := sparqltest.Compare(want, got, false, false); err != nil {
			t.Errorf("%s: %v", q, err)
		}
	}
}

// TestByIDAgrees: conditions, values and aggregates that are computed from IDs are those that are computed from terms.
func TestByIDAgrees(t *testing.T) {
	t.Parallel()
	const pair = "PREFIX : <http://e/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> SELECT "
	queries := []string{
		"(COUNT(?a) AS ?n) (SUM(?a * 2) AS ?sum) (MIN(?a) AS ?lo) (MAX(?a) AS ?hi) { ?s :p0 ?a }",
		"?k (MIN(?a) AS ?lo) (MAX(?a) AS ?hi) (SUM(IF(isIRI(?a), 1, 0)) AS ?iris) (SUM(IF(?a = 3, 1, 0)) AS ?threes) (COUNT(DISTINCT YEAR(?a)) AS ?years) { ?s :p0 ?a BIND (isLiteral(?a) AS ?k) } GROUP BY ?k",
		"?k (MIN(?a) AS ?lo) (MAX(?a) AS ?hi) { ?s :p0 ?a } GROUP BY (YEAR(?a) AS ?k)",
		"?dt ?l (COUNT(*) AS ?n) { ?s ?p ?a } GROUP BY (DATATYPE(?a) AS ?dt) (LANG(?a) AS ?l)",
		"?s ?a (DATATYPE(?a) AS ?x) (COALESCE(?b, ?a, 'none') AS ?y) (IF(?a = ?b, 'same', 'other') AS ?z) { ?s :p0 ?a OPTIONAL { ?s :p1 ?b } }",
		"?s ?a ?b ?y { ?s :p0 ?a ; :p1 ?b BIND (YEAR(?a) + MONTH(?b) AS ?y) }",
		"?p (SUM(xsd:double(STR(?a))) AS ?x) (MAX(STRLEN(STR(?a))) AS ?y) (COUNT(LANG(?a)) AS ?z) (COUNT(DISTINCT UCASE(STR(?a))) AS ?w) { ?s ?p ?a } GROUP BY ?p", // values of arguments are kept
		"?p (SUM(STRLEN(STR(?a)) * 2) AS ?x) (MIN(CONCAT('a', STR(?a))) AS ?y) { ?s ?p ?o OPTIONAL { ?s :p1 ?a } } GROUP BY ?p",
		"?s { ?s :p0 ?a FILTER NOT EXISTS { ?r :p0 ?b FILTER (?b > ?a) } }",
		"?s { ?s :p0 ?a FILTER EXISTS { ?r :p1 ?b FILTER (?b < ?a || YEAR(?b) = YEAR(?a)) } }",
		"(COUNT(*) AS ?n) { ?s :p0 ?a . ?r :p1 ?b FILTER (sameTerm(?a, ?b)) }",
		"(COUNT(*) AS ?n) { ?s :p0 ?a . ?r :p1 ?b FILTER (?a IN (?b, 3, 'x', xsd:int)) }",
		"(COUNT(*) AS ?n) { ?s :p0 ?a . ?r :p1 ?b FILTER (!(?a = ?b) && (?b != 2 || BOUND(?a))) }",
		"(COUNT(*) AS ?n) { ?s :p0 ?a OPTIONAL { ?s :p1 ?b FILTER (?b >= ?a) } FILTER (!BOUND(?b)) }",
		"(COUNT(*) AS ?n) { ?s :p0 ?a . ?r :p1 ?b FILTER (?a IN (?b)) FILTER (ABS(?a - 3) < 2) }",
		"(COUNT(*) AS ?n) { ?s :p0 ?a FILTER (?a >= '2021-01-01'^^xsd:date) }",
		"(COUNT(*) AS ?n) { ?s :p0 ?a FILTER (!(?a >= '2021-01-01'^^xsd:date)) }",
		"(COUNT(*) AS ?n) { ?s :p0 ?a FILTER (?a != '2021-03-02'^^xsd:date) }",
		"(COUNT(*) AS ?n) { ?s :p0 ?a FILTER (?a != true) }",
	}
	for _, op := range []string{"=", "!=", "<", "<=", ">", ">="} {
		queries = append(queries,
			fmt.Sprintf("(COUNT(*) AS ?n) { ?s :p0 ?a . ?r :p1 ?b FILTER (?a %s ?b) }", op),
			fmt.Sprintf("(COUNT(*) AS ?n) { ?s :p0 ?a . ?r :p1 ?b FILTER (STR(?a) %s STR(?b)) }", op),
			fmt.Sprintf("(COUNT(*) AS ?n) { ?s :p0 ?b OPTIONAL { ?s :p1 ?a } FILTER (STR(?a) %s STR(?b)) }", op),
			fmt.Sprintf("(COUNT(*) AS ?n) { ?s :p0 ?a . ?r :p1 ?b FILTER (STRLEN(STR(?a)) %s STRLEN(STR(?b))) }", op), // verdicts on pairs are kept
			fmt.Sprintf("(COUNT(*) AS ?n) { ?s :p0 ?a . ?r :p1 ?b FILTER (?a + 1 %s ?b) }", op),
			fmt.Sprintf("(COUNT(*) AS ?n) { ?s :p0 ?a FILTER (YEAR(?a) %s 2022) }", op),
			fmt.Sprintf("(COUNT(*) AS ?n) { ?s :p0 ?a FILTER (?a %s 3) }", op),
			fmt.Sprintf("(COUNT(*) AS ?n) { ?s :p0 ?a BIND (?a %s ?s AS ?x) FILTER (COALESCE(?x, true)) }", op),
		)
	}
	for seed := range uint64(4) {
		snap := snapshotOf(t, mixedQuads(seed, 120))
		for _, q := range queries {
			want, err := answer(t.Context(), NewEngine(Options{NoOptimizer: true}), snap, pair+q)
			if err != nil {
				t.Fatal(err)
			}
			got, err := answer(t.Context(), NewEngine(Options{}), snap, pair+q)
			if err != nil {
				t.Fatal(err)
			}
			if err := sparqltest.Compare(want, got, false, false); err != nil {
				t.Errorf("seed %d: %s: %v", seed, q, err)
			}
		}
	}
}

// TestDatatypeOfDirections: literals of one language have two datatypes, which their IDs do not tell.
func TestDatatypeOfDirections(t *testing.T) {
	t.Parallel()
	iri := func(s string) rdf.Term { return rdf.IRI("http://e/" + s) }
	snap := snapshotOf(t, []rdf.Quad{
		{S: iri("a"), P: iri("p"), O: rdf.LangLiteral("x", "en")},
		{S: iri("b"), P: iri("p"), O: rdf.DirLangLiteral("y", "en", rdf.LeftToRight)},
		{S: iri("c"), P: iri("p"), O: rdf.LangLiteral("z", "en")},
		{S: iri("d"), P: iri("p"), O: rdf.DirLangLiteral("x", "en", rdf.RightToLeft)},
	})
	const rdfNS = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	plain, directed := "<"+rdfNS+"langString>", "<"+rdfNS+"dirLangString>"
	for _, c := range []struct {
		text string
		want []string
	}{
		{"SELECT ?t { ?s :p ?o BIND(DATATYPE(?o) AS ?t) } ORDER BY ?s", []string{plain, directed, plain, directed}},
		{"SELECT ?t { { SELECT (DATATYPE(?o) AS ?t) ?s { ?s :p ?o } } } ORDER BY DESC(?s)", []string{directed, plain, directed, plain}},
		{"SELECT (COUNT(*) AS ?n) { ?s :p ?o } GROUP BY (DATATYPE(?o) AS ?t) ORDER BY ?n", []string{`"2"^^<http://www.w3.org/2001/XMLSchema#integer>`, `"2"^^<http://www.w3.org/2001/XMLSchema#integer>`}},
		{"SELECT ?s { ?s :p ?o FILTER(DATATYPE(?o) = " + directed + ") } ORDER BY ?s", []string{"<http://e/b>", "<http://e/d>"}},
		{"SELECT ?l { ?s :p ?o BIND(LANG(?o) AS ?l) } ORDER BY ?s", []string{`"en"`, `"en"`, `"en"`, `"en"`}},
		{"SELECT ?l { ?s :p ?o BIND(LANGDIR(?o) AS ?l) } ORDER BY ?s", []string{`""`, `"ltr"`, `""`, `"rtl"`}},
		{"SELECT ?s { ?s :p ?o FILTER(hasLANGDIR(?o)) } ORDER BY ?s", []string{"<http://e/b>", "<http://e/d>"}},
		{"SELECT ?s { ?s :p ?o FILTER(?o = 'x'@en) } ORDER BY ?s", []string{"<http://e/a>"}},
		{"SELECT ?s { ?s :p ?o FILTER(?o != 'x'@en && LANGMATCHES(LANG(?o), 'en')) } ORDER BY ?s", []string{"<http://e/b>", "<http://e/c>", "<http://e/d>"}},
	} {
		text := "PREFIX : <http://e/> " + c.text
		for name, o := range map[string]Options{"optimized": {}, "naive": {NoOptimizer: true}, "pieces": {SmallPieces: true}} {
			got := allRows(t, o, snap, text)
			for i := range got {
				got[i] = strings.Trim(got[i], "[]")
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s, %s: %q, want %q", c.text, name, got, c.want)
			}
		}
	}
}
