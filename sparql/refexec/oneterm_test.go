package refexec_test

import (
	"testing"
	"time"

	"triplestore/internal/sparqltest"
	"triplestore/rdf/turtle"
	"triplestore/sparql"
	"triplestore/sparql/refexec"
	"triplestore/sparql/syntax"
)

// oneTermData has terms of each kind as values of :r, and of :p and :q what only some of a UNION's branches bind.
const oneTermData = `PREFIX : <http://e/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
:a :p "abc", "x" ; :r "abc"@en, "x"@en--ltr, <http://e/x>, 1.5, 2.0, _:b, <<( :a :p "abc" )>>, "7"^^xsd:byte, "x", "ABC", "", "2024-01-01"^^xsd:date, "q"^^:dt, true,
  "1.5"^^xsd:float, 1.5e0, "abc"@EN-gb, "7", 7, "\u00C9t\u00E9", "e\u0301", "seven"^^xsd:integer .
:b :q 5, 6 .`

// oneTermQueries have conditions and aggregates of one variable, which are evaluated from its term alone.
var oneTermQueries = []string{
	"SELECT (SUM(STRLEN(?x)) AS ?s) { { ?a :p ?x } UNION { ?a :q ?y } }",
	"SELECT (AVG(STRLEN(?x)) AS ?s) { { ?a :q ?y } UNION { ?a :p ?x } }",
	"SELECT (SUM(IF(BOUND(?x), 1, 5)) AS ?s) { { ?a :q ?y } UNION { ?a :p ?x } }",
	"SELECT ?k (SUM(IF(BOUND(?x), 1, 5)) AS ?s) { { ?a :p ?x } UNION { ?a :q ?y } BIND(1 AS ?k) } GROUP BY ?k",
	"SELECT (SUM(COALESCE(STRLEN(?x), 7)) AS ?s) (AVG(COALESCE(STRLEN(?x), 7)) AS ?t) { { ?a :p ?x } UNION { ?a :q ?y } }",
	"SELECT ?a (SUM(COALESCE(STRLEN(?x), 7)) AS ?s) (AVG(COALESCE(STRLEN(?x), 7)) AS ?t) { { ?a :p ?x } UNION { ?a :q ?y } UNION { ?a :p ?z } UNION { ?a :p ?x } } GROUP BY ?a",
	"SELECT (SUM(STRLEN(?x)) AS ?s) { ?a :p|:q ?y OPTIONAL { ?a :p ?x } }",
	"SELECT (SUM(?x + 1) AS ?s) (SUM(?x + 1.0) AS ?t) (AVG(?x * 2) AS ?u) (AVG(?x * 2e0) AS ?v) { ?a :q ?x }",
	"SELECT (SUM(COALESCE(?x + 1, 0)) AS ?s) (AVG(COALESCE(-?x, 1e0)) AS ?t) { ?a :r ?x }",
	"SELECT ?d (SUM(ABS(?x)) AS ?s) (AVG(ABS(?x)) AS ?t) { ?a :r ?x } GROUP BY (DATATYPE(?x) AS ?d)",
	"SELECT ?x { ?a :r ?x FILTER(UCASE(?x) = 'ABC') }", "SELECT ?x { ?a :r ?x FILTER(UCASE(?x) != 'ABC') }", "SELECT ?x { ?a :r ?x FILTER(!(LCASE(STR(?x)) = 'abc')) }",
	"SELECT ?x { ?a :r ?x FILTER(LCASE(?x) < 'b') }", "SELECT ?x { ?a :r ?x FILTER(?x < 'b') }", "SELECT ?x { ?a :r ?x FILTER('b' <= STR(?x)) }",
	"SELECT ?x { ?a :r ?x FILTER(?x >= LANG(?x)) }", "SELECT ?x { ?a :r ?x FILTER(?x <= STR(?x)) }", "SELECT ?x { ?a :r ?x FILTER(?x >= ?x) }",
	"SELECT ?x { ?a :r ?x FILTER(SUBSTR(?x, 1, 1) = 'A' || STRLEN(?x) = 0) }", "SELECT ?x { ?a :r ?x FILTER(SUBSTR(STR(?x), 1.5, 1e0) != 'x' && !isBlank(?x)) }",
	"SELECT ?x { ?a :r ?x FILTER(!(STRBEFORE(?x, 'b') = 'a')) }", "SELECT ?x { ?a :r ?x FILTER(STRAFTER(?x, 'z') = '') }", "SELECT ?x { ?a :r ?x FILTER(STRAFTER(STR(?x), '') != '') }",
	"SELECT ?x { ?a :r ?x FILTER(LANG(?x) = 'en' && isLiteral(?x)) }", "SELECT ?x { ?a :r ?x FILTER(LANG(?x) != '') }", "SELECT ?x { ?a :r ?x FILTER(!hasLANG(?x)) }",
	"SELECT ?x { ?a :r ?x FILTER(STRLEN(STR(?x)) > 1) }", "SELECT ?x { ?a :r ?x FILTER(!(STRLEN(?x) > 1)) }", "SELECT ?x { ?a :r ?x FILTER(STRLEN(?x) = STRLEN(STR(?x))) }",
	"SELECT ?x { ?a :r ?x FILTER(REGEX(?x, '^[a-c]+$', 'i')) }", "SELECT ?x { ?a :r ?x FILTER(!REGEX(STR(?x), 'a|x')) }", "SELECT ?x { ?a :r ?x FILTER(REGEX(LANG(?x), '^(en|nb)')) }",
	"SELECT ?x { ?a :r ?x FILTER(langMatches(LANG(?x), '*')) }", "SELECT ?x { ?a :r ?x FILTER(!langMatches(LANG(?x), 'en-GB')) }", "SELECT ?x { ?a :r ?x FILTER(langMatches(?x, 'x')) }",
	"SELECT ?x { ?a :r ?x FILTER(CONTAINS(LCASE(?x), 'b') || isIRI(?x)) }", "SELECT ?x { ?a :r ?x FILTER(!STRSTARTS(LCASE(STR(?x)), 'http')) }", "SELECT ?x { ?a :r ?x FILTER(STRENDS(UCASE(?x), '\u00C9')) }",
	"SELECT ?x { ?a :p|:q|:r ?y OPTIONAL { ?a :p ?x } FILTER(!(STRLEN(?x) > 1) || !BOUND(?x)) }",
	"SELECT ?x (UCASE(?x) AS ?y) (SUBSTR(?x, 2) AS ?z) (STRBEFORE(?x, 'b') AS ?w) (STRAFTER(?x, 'q') AS ?v) (STR(UCASE(?x)) AS ?u) (LCASE(LANG(?x)) AS ?t) { ?a :r ?x }",
	"SELECT ?k (COUNT(*) AS ?n) { ?a :r ?x } GROUP BY (UCASE(?x) AS ?k)", "SELECT ?k (COUNT(*) AS ?n) { ?a :r ?x } GROUP BY (SUBSTR(STR(?x), 1, 1) AS ?k)",
	"SELECT (COUNT(DISTINCT LCASE(?x)) AS ?n) (COUNT(STRLEN(?x)) AS ?m) (MAX(UCASE(?x)) AS ?o) { ?a :r ?x FILTER(isLiteral(?x)) }",
}

// TestOneTerm compares conditions and aggregates of one variable with the oracle, for terms of each kind.
func TestOneTerm(t *testing.T) {
	t.Parallel()
	quads, err := turtle.ParseString(oneTermData, turtle.Options{Dialect: turtle.Turtle})
	if err != nil {
		t.Fatal(err)
	}
	snap := snapshotOf(t, quads)
	prefixes := map[string]string{"": "http://e/"}
	usual := sparql.Options{Prefixes: prefixes, Timeout: 10 * time.Second}
	naive, pieces, files := usual, usual, usual
	naive.NoOptimizer, pieces.SmallPieces, files.SpillAll, files.Disk, files.TempDir = true, true, true, 1<<30, t.TempDir()
	for _, text := range oneTermQueries {
		r := wanted(t, quads, text, syntax.Options{Prefixes: prefixes}, refexec.Options{})
		want := &sparqltest.Answer{Form: r.Form, Vars: r.Vars, Rows: r.Rows}
		for name, o := range map[string]sparql.Options{"usual": usual, "naive": naive, "pieces": pieces, "files": files} {
			got, err := askEngine(t.Context(), o, snap, text)
			if err == nil {
				err = sparqltest.Same(want, got)
			}
			if err != nil {
				t.Errorf("%s, %s: %v", text, name, err)
			}
		}
	}
}
