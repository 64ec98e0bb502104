package refexec_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"triplestore/rdf"
)

// TestOptionals: what the optimizer makes of OPTIONALs, and of UNIONs with parts in common, means what was written. Each pattern stands
// for a rule, at its limits; the last are those that once were wrong.
func TestOptionals(t *testing.T) {
	t.Parallel()
	const seed = 2
	rng := rand.New(rand.NewPCG(seed, 7))
	values := []rdf.Term{rdf.Literal("1", "http://www.w3.org/2001/XMLSchema#integer"), rdf.Literal("2", "http://www.w3.org/2001/XMLSchema#integer"), rdf.String("x"),
		rdf.LangLiteral("y", "en")}
	for i := range 6 {
		values = append(values, rdf.IRI(fmt.Sprintf("http://e/s%d", i)))
	}
	var quads []rdf.Quad
	for i := range 80 {
		quads = append(quads, rdf.Quad{S: rdf.IRI(fmt.Sprintf("http://e/s%d", rng.IntN(10))), P: rdf.IRI("http://e/" + []string{"p", "q", "r", "v"}[i%4]), O: values[rng.IntN(len(values))]})
	}
	sameAnswers(t, quads, []string{
		// Needed by a filter: a join.
		"?a :p ?b OPTIONAL { ?a :q ?c } FILTER(BOUND(?c))",
		"?a :p ?b OPTIONAL { ?a :q ?c } FILTER(?c > 1)",
		"?a :p ?b OPTIONAL { ?b :q ?c OPTIONAL { ?c :r ?d } } FILTER(isIRI(?d))",
		"?a :p ?b OPTIONAL { ?a :q ?c FILTER(?c != ?b) } FILTER(BOUND(?c) && ?c != ?a)",
		"?a :p ?b OPTIONAL { ?a :q ?c } OPTIONAL { ?a :r ?c } FILTER(BOUND(?c))",
		"{ ?a :p ?b OPTIONAL { ?a :q ?c } } UNION { ?a :r ?c } FILTER(!isIRI(?c) || ?c = :s1)",
		"?a :p ?b OPTIONAL { ?a :q ?c } BIND(STR(?c) AS ?d) FILTER(BOUND(?d))",
		"{ SELECT ?a ?c (COUNT(*) AS ?n) { ?a :p ?b OPTIONAL { ?a :q ?c } } GROUP BY ?a ?c } FILTER(?c != ?a)",
		"?a :p ?b OPTIONAL { ?b :q ?c OPTIONAL { ?c :r ?d } FILTER(BOUND(?d)) }",
		// Not needed.
		"?a :p ?b OPTIONAL { ?a :q ?c } FILTER(!BOUND(?c) || ?c > 1)",
		"?a :p ?b OPTIONAL { ?a :q ?c } FILTER(COALESCE(?c = 1, true))",
		"?a :p ?b OPTIONAL { ?a :q ?c } FILTER(!(BOUND(?c) && ?c > 1))",
		"?a :p ?b OPTIONAL { ?a :q ?c } FILTER(IF(BOUND(?c), ?c = 1, true))",
		"?a :p ?b OPTIONAL { ?a :q ?c } FILTER(?b IN (?c, ?a))",
		"?a :p ?b OPTIONAL { ?a :q ?c } FILTER EXISTS { ?c :r ?d }",
		"?a :p ?b OPTIONAL { ?a :q ?c } ?a :r ?c",
		"?a :p ?b OPTIONAL { ?a :q ?c } { SELECT ?c { ?d :r ?c OPTIONAL { ?d :v ?c } } } FILTER(BOUND(?c))",
		// Forbidden by a filter: an anti-join.
		"?a :p ?b OPTIONAL { ?a :q ?c } FILTER(!BOUND(?c))",
		"?a :p ?b OPTIONAL { ?a :q ?c FILTER(?c != ?b) } FILTER(!BOUND(?c))",
		"?a :p ?b OPTIONAL { ?a :q ?c . ?c :r ?d } FILTER(!BOUND(?c) && ?a != ?b)",
		"?a :p ?b OPTIONAL { ?c :q ?d FILTER(?d = ?b) } FILTER(!BOUND(?c))",
		"?a :p ?b OPTIONAL { ?a :q ?c } OPTIONAL { ?b :q ?c } FILTER(!BOUND(?c))",
		"?a :p ?b OPTIONAL { { ?a :q ?c } UNION { ?a :r ?d } } FILTER(!BOUND(?c))",
		"?a :p ?b OPTIONAL { ?b :q ?c OPTIONAL { ?c :r ?d } FILTER(!BOUND(?d)) } FILTER(!BOUND(?c))",
		"?a :p ?b OPTIONAL { ?a :q ?c } FILTER(!BOUND(?c)) OPTIONAL { ?b :r ?c }",
		"{ ?a :p ?b OPTIONAL { ?a :q ?c } FILTER(!BOUND(?c)) } ?b :r ?c",
		"?a :p ?b OPTIONAL { { SELECT ?a (COUNT(*) AS ?n) { ?a :q ?c } GROUP BY ?a } } FILTER(!BOUND(?n))",
		"?a :v ?c FILTER NOT EXISTS { ?a :p ?b OPTIONAL { ?b :q ?c } FILTER(!BOUND(?c)) }",
		"?a :v ?c FILTER EXISTS { ?a :p ?b OPTIONAL { ?b :q ?c } FILTER(BOUND(?c)) }",
		"?a :v ?c LATERAL { ?a :p ?b OPTIONAL { ?b :q ?c } FILTER(!BOUND(?c)) }",
		// Not read.
		"?a :p ?b OPTIONAL { ?b :q ?c OPTIONAL { ?c :r ?d } }",
		"?a :p ?b OPTIONAL { ?a :q ?b }",
		"?a :p ?b OPTIONAL { SELECT ?a (COUNT(*) AS ?n) { ?a :q ?c } GROUP BY ?a }",
		"?a :p ?b OPTIONAL { SELECT ?a ?c { ?a :q ?c } GROUP BY ?a ?c }",
		"{ SELECT ?b (COUNT(DISTINCT ?a) AS ?n) { ?a :p ?b OPTIONAL { ?b :q ?c } } GROUP BY ?b }",
		"{ SELECT ?b (COUNT(*) AS ?n) { ?a :p ?b OPTIONAL { ?b :q ?c } } GROUP BY ?b }",
		"{ SELECT (COUNT(DISTINCT *) AS ?n) { ?a :p ?b OPTIONAL { ?b :q ?c } } }",
		"?a :v ?d FILTER EXISTS { ?a :p ?b OPTIONAL { VALUES ?d { 1 } } }",
		"?a :p ?b MINUS { ?a :q ?c OPTIONAL { ?c :r ?d } }",
		"?a :p ?b MINUS { ?c :q ?d }",
		// In another order.
		"?a :p ?b OPTIONAL { ?a :q ?c } OPTIONAL { ?a :r ?d } MINUS { ?a :v ?c }",
		"?a :p ?b OPTIONAL { ?a :q ?c } OPTIONAL { ?a :r ?d } MINUS { ?a :v ?b }",
		"?a :p ?b OPTIONAL { ?a :q ?c } OPTIONAL { ?b :r ?d FILTER(?d != ?c) } OPTIONAL { ?b :v ?e }",
		"?a :p ?b OPTIONAL { ?a :q ?c } FILTER(!BOUND(?c) || ?c != 1) OPTIONAL { ?b :r ?c } OPTIONAL { ?a :v ?d } FILTER(!BOUND(?d) || ?d != ?c)",
		"?a :p ?b OPTIONAL { ?a :q ?c } BIND(COALESCE(?c, 1) AS ?d) OPTIONAL { ?e :r ?d }",
		// Branches with a part in common.
		"{ ?a :p ?b . ?a :q ?c } UNION { ?a :p ?b . ?a :r ?c }",
		"{ ?a :p ?b . ?b :q ?c } UNION { ?a :p ?b FILTER(?b != :s1) } UNION { ?a :p ?b . ?b :r ?c FILTER(?c = ?b) }",
		"{ ?a :p ?b . ?b :q ?c FILTER(?a != :s1) } UNION { ?a :p ?b . ?b :r ?c }",
		"{ ?a :p ?b OPTIONAL { ?a :q ?c } } UNION { ?a :p ?b OPTIONAL { ?b :r ?d } }",
		"{ ?a :p ?b . ?d :v ?e OPTIONAL { ?d :q ?c } } UNION { ?a :p ?b MINUS { ?a :r ?d } }",
		"{ ?a :p ?b BIND(STR(?b) AS ?c) } UNION { ?a :p ?b . ?b :q ?d BIND(1 AS ?c) }",
		"{ ?a :p ?b } UNION { ?a :p ?b }",
		"{ ?a :p ?b . ?b :q ?c } UNION { ?a :p ?b } ?a :v ?d",
		// The same more than once.
		"{ SELECT ?a (COUNT(?b) AS ?n) { ?a :p ?b } GROUP BY ?a } { SELECT ?b (COUNT(?c) AS ?m) { ?b :p ?c } GROUP BY ?b } FILTER(?n = ?m)",
		"?a :p ?b . ?b :q ?c MINUS { ?a :p ?d . ?d :q ?c . ?d :r ?e }",
		"?a :p ?b . ?b :q ?c FILTER EXISTS { ?d :p ?b . ?b :q ?e }",
		"{ SELECT ?a ?b { ?a :p ?b } ORDER BY ?b ?a LIMIT 3 } UNION { SELECT ?c ?d { ?c :p ?d } ORDER BY ?d ?c LIMIT 3 }",
		"{ SELECT (RAND() > 2 AS ?a) { ?x :p ?y } } UNION { SELECT (RAND() > 2 AS ?a) { ?x :p ?y } }",
		// Once wrong.
		"?a :p ?b FILTER NOT EXISTS { ?a :q ?b FILTER(IF(BOUND(?c), BOUND(?b), false)) { ?c :r ?d FILTER(!BOUND(?a)) } UNION { ?c :r ?d . ?a :v ?c } }",
		"?a :p ?b FILTER NOT EXISTS { ?c :q ?b . { ?c :r ?d FILTER(!BOUND(?a)) } UNION { ?c :r ?d . ?a :v ?c } }",
		"?a :p ?b { SELECT ?a (COUNT(*) AS ?n) { ?a :q ?c OPTIONAL { VALUES (?a ?c) { (:s1 UNDEF) (UNDEF :s2) } } } GROUP BY ?a }",
	}, "SELECT *", "SELECT ?a", "SELECT ?a ?b", "SELECT DISTINCT ?b ?d", "SELECT (COUNT(*) AS ?all) (COUNT(?c) AS ?some)", "SELECT (COUNT(DISTINCT ?b) AS ?some)", "ASK",
		"CONSTRUCT { ?a :is ?c }", "CONSTRUCT { ?a :is ?b ; :of _:x }")
}
