package refexec_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"triplestore/internal/sparqltest"
	"triplestore/rdf"
	"triplestore/sparql"
	"triplestore/sparql/refexec"
	"triplestore/sparql/syntax"
)

// TestEquations: an equation between variables of patterns that share none means the same whether it is tested for every pair or
// joined by. Values are equal in several forms, as numbers are, or are none.
func TestEquations(t *testing.T) {
	t.Parallel()
	const seed = 1
	rng := rand.New(rand.NewPCG(seed, 7))
	values := []rdf.Term{rdf.IRI("http://e/a"), rdf.IRI("http://e/b"), rdf.BlankNode("x"), rdf.String("a"), rdf.String("b"), rdf.LangLiteral("a", "en"), rdf.LangLiteral("a", "EN")}
	for _, v := range [][2]string{{"1", "integer"}, {"01", "integer"}, {"1.0", "decimal"}, {"1e0", "double"}, {"NaN", "double"}, {"1", "float"}, {"16777216", "float"}, {"16777217", "integer"}, {"16777217", "double"}, {"16777216.0", "decimal"}, {"-0", "double"}, {"0", "unsignedInt"}, {"NaN", "float"}, {"2", "byte"}, {"2", "integer"}, {"true", "boolean"}, {"1", "boolean"},
		{"2020-01-01T00:00:00Z", "dateTime"}, {"2020-01-01T01:00:00+01:00", "dateTime"}, {"2020-01-01T00:00:00", "dateTime"}, {"x", "integer"}, {"P1Y", "duration"}, {"P12M", "yearMonthDuration"}} {
		values = append(values, rdf.Literal(v[0], "http://www.w3.org/2001/XMLSchema#"+v[1]))
	}
	values = append(values, rdf.Literal("a", "http://e/type"), rdf.Literal("b", "http://e/type"))
	var quads []rdf.Quad
	for i := range 72 {
		s := rdf.IRI(fmt.Sprintf("http://e/s%d", rng.IntN(16)))
		if rng.IntN(4) == 0 {
			s = values[rng.IntN(3)]
		}
		quads = append(quads, rdf.Quad{S: s, P: rdf.IRI("http://e/" + []string{"p", "q", "r"}[i%3]), O: values[rng.IntN(len(values))]})
	}
	sameAnswers(t, quads, []string{
		"?a :p ?x . ?b :q ?y FILTER(?x = ?y)",
		"?a :p ?x . ?b :q ?y FILTER(?y = ?x && ?a != ?b)",
		"?a :p ?x . ?b :q ?y . ?c :r ?z FILTER(?x = ?y && ?y = ?z)",
		"?a :p ?x . ?b :q ?y . ?c :r ?z FILTER(?x = ?y) FILTER(?a = ?c)",
		"?a :p ?x . ?a :q ?w . ?b :q ?y . ?b :r ?v FILTER(?x = ?v && ?w = ?y)",
		"?a :p ?x . ?b :q ?y FILTER(?x = ?y || ?a = ?b)",
		"?a :p ?x OPTIONAL { ?b :q ?y FILTER(?x = ?y) }",
		"?a :p ?x OPTIONAL { ?b :q ?y FILTER(?y = ?x && ?a != ?b) } FILTER(!BOUND(?b))",
		"?a :p ?x OPTIONAL { ?a :q ?w } OPTIONAL { ?b :r ?y FILTER(?w = ?y) }",
		"?a :p ?x OPTIONAL { { ?b :q ?y } UNION { ?b :r ?z } FILTER(?x = ?y) }",
		"?a :p ?x OPTIONAL { ?b :q ?y . ?y :r ?z FILTER(?x = ?y && ?z != ?x) }",
		"?a :p ?x OPTIONAL { ?b :q ?y FILTER(?a = ?b) } FILTER(!BOUND(?y))",
		"?a :p ?x OPTIONAL { ?b :q ?y FILTER(?a = ?y && ?b < ?a) } FILTER(!BOUND(?b))",
		"?a :p ?x OPTIONAL { { ?b :q ?y } UNION { ?y :r ?z } FILTER(?a = ?b) }",
		"?a :p ?x FILTER EXISTS { ?b :q ?y . ?c :r ?z FILTER(?y = ?z && ?y = ?x) }",
		"?a :p ?x FILTER NOT EXISTS { ?b :q ?y FILTER(?y = ?x) }",
		"?a :p ?x MINUS { ?a :p ?w . ?b :q ?y FILTER(?w = ?y) }",
		"{ SELECT ?x (COUNT(*) AS ?n) { ?a :p ?x . ?b :q ?y FILTER(?x = ?y) } GROUP BY ?x }",
		"?a :p ?x . ?b :q/:r* ?y FILTER(?x = ?y)",
		"?a :p ?x LATERAL { ?b :q ?y . ?c :r ?z FILTER(?y = ?z) FILTER(?x = ?y) }",
	}, "SELECT *", "SELECT DISTINCT ?a ?b", "ASK", "CONSTRUCT { ?a <http://e/is> ?b }")
}

// sameAnswers compares the engine with this package, for patterns in several forms of query.
func sameAnswers(t *testing.T, quads []rdf.Quad, patterns []string, forms ...string) {
	t.Helper()
	snap := snapshotOf(t, quads)
	now := time.Unix(1_700_000_000, 0).UTC()
	for _, pattern := range patterns {
		for _, form := range forms {
			text := "PREFIX : <http://e/> " + form + " WHERE { " + pattern + " }"
			want := wanted(t, quads, text, syntax.Options{}, refexec.Options{Work: 30_000_000, Now: now})
			for _, pieces := range []bool{false, true} {
				got, err := askEngine(t.Context(), sparql.Options{SmallPieces: pieces, ShareAll: pieces, DrawAll: pieces, Now: func() time.Time { return now }}, snap, text)
				if err != nil {
					t.Fatal(text, err)
				}
				if err := sparqltest.Same(&sparqltest.Answer{Form: want.Form, Vars: want.Vars, Rows: want.Rows, Bool: want.Bool, Triples: want.Triples}, got); err != nil {
					t.Errorf("%s\n%v", text, err)
				}
			}
		}
	}
}
