package sparql

import (
	"fmt"
	"testing"

	"triplestore/rdf"
)

// TestVolatile: RAND, UUID, STRUUID and BNODE are evaluated once for each solution that the algebra extends, whatever the plan shares, moves,
// keeps or computes once for many rows.
func TestVolatile(t *testing.T) {
	t.Parallel()
	var quads []rdf.Quad
	const n = 600
	for i := range n {
		s := rdf.IRI(fmt.Sprint("http://e/s", i))
		quads = append(quads, rdf.Quad{S: s, P: rdf.IRI("http://e/p"), O: rdf.IRI(fmt.Sprint("http://e/o", i%10))},
			rdf.Quad{S: s, P: rdf.IRI("http://e/v"), O: rdf.Literal(fmt.Sprint(i%5), "http://www.w3.org/2001/XMLSchema#integer")})
	}
	snap := snapshotOf(t, quads)
	tests := []struct {
		text string
		want any // the number that it gives, or a test of it
	}{
		{"SELECT (COUNT(DISTINCT ?u) AS ?n) { ?a :p ?b BIND(UUID() AS ?u) }", n},
		{"SELECT (COUNT(DISTINCT ?u) AS ?n) { ?a :p ?b BIND(STRUUID() AS ?u) }", n},
		{"SELECT (COUNT(DISTINCT ?u) AS ?n) { ?a :p ?b BIND(BNODE() AS ?u) }", n},
		{"SELECT (COUNT(DISTINCT ?u) AS ?n) { ?a :p ?b BIND(BNODE(\"x\") AS ?u) }", n},
		{"SELECT (COUNT(DISTINCT ?u) AS ?n) { ?a :p ?b BIND(RAND() AS ?u) }", n},
		{"SELECT (COUNT(DISTINCT ?u) AS ?n) { BIND(UUID() AS ?u) ?a :p ?b }", 1},
		{"SELECT (COUNT(DISTINCT ?u) AS ?n) { ?a :p ?b { SELECT (UUID() AS ?u) {} } }", 1},
		{"SELECT (COUNT(DISTINCT ?u) AS ?n) { ?a :p ?b { SELECT ?b (UUID() AS ?u) { ?x :p ?b } GROUP BY ?b } }", 10},
		{"SELECT (COUNT(DISTINCT ?u) AS ?n) { ?a :p ?b . ?a :v ?v . { SELECT DISTINCT ?v (UUID() AS ?u) { { SELECT DISTINCT ?v { ?x :v ?v } } } } }", 5},
		{"SELECT (COUNT(DISTINCT ?u) AS ?n) { { SELECT (UUID() AS ?u) {} } UNION { SELECT (UUID() AS ?u) {} } }", 2},
		{"SELECT (COUNT(DISTINCT ?u) AS ?n) { { ?a :p ?b BIND(UUID() AS ?u) } UNION { ?a :p ?b BIND(UUID() AS ?u) } }", 2 * n},
		{"SELECT (COUNT(*) AS ?n) { { SELECT ?a ?u { ?a :p ?b BIND(UUID() AS ?u) } } { SELECT ?a ?u { ?a :p ?b BIND(UUID() AS ?u) } } }", 0},
		{"SELECT (COUNT(*) AS ?n) { ?a :p ?b BIND(UUID() AS ?u) BIND(UUID() AS ?w) FILTER(?u = ?w) }", 0},
		{"SELECT (COUNT(*) AS ?n) { ?a :p ?b BIND(UUID() AS ?u) BIND(?u AS ?w) FILTER(?u = ?w) }", n},
		{"SELECT (COUNT(*) AS ?n) { ?a :p ?b BIND(RAND() AS ?u) BIND(?u + 0 AS ?w) FILTER(?u = ?w && ?w = ?u + 0) }", n},
		{"SELECT (COUNT(*) AS ?n) { ?a :p ?b BIND(BNODE(\"x\") AS ?u) BIND(BNODE(\"x\") AS ?w) FILTER(sameTerm(?u, ?w)) }", n},
		{"SELECT (COUNT(*) AS ?n) { ?a :p ?b BIND(RAND() AS ?u) FILTER(?u < 0.5) FILTER(?u >= 0.5) }", 0},
		{"SELECT (COUNT(*) AS ?n) { { SELECT ?a ?u { ?a :p ?b BIND(RAND() AS ?u) FILTER(?u < 0.5) } } FILTER(?u >= 0.5) }", 0},
		{"SELECT (COUNT(*) AS ?n) { ?a :p ?b BIND(RAND() AS ?u) OPTIONAL { ?a :v ?v FILTER(?u < 0.5) } FILTER(BOUND(?v) != (?u < 0.5)) }", 0},
		{"SELECT (COUNT(*) AS ?n) { ?a :p ?b FILTER(RAND() < 0.5) }", n / 2.0},
		{"SELECT (COUNT(*) AS ?n) { ?a :v ?v FILTER(IF(?v < 9, RAND() < 0.5, true)) }", n / 2.0},
		{"SELECT (COUNT(*) AS ?n) { ?a :v ?v FILTER EXISTS { ?a :p ?b FILTER(RAND() < 0.5) } }", n / 2.0},
		{"SELECT (COUNT(*) AS ?n) { ?a :v ?v FILTER NOT EXISTS { ?a :p ?b BIND(RAND() AS ?r) FILTER(?r < 0.5) } }", n / 2.0},
		{"SELECT (COUNT(?b) AS ?n) { ?a :v ?v OPTIONAL { ?a :p ?b FILTER(RAND() < 0.5) } }", n / 2.0},
		{"SELECT (COUNT(*) AS ?n) { ?a :v ?v MINUS { ?a :p ?b FILTER(RAND() < 0.5) } }", n / 2.0},
		{"SELECT (COUNT(DISTINCT STRUUID()) AS ?n) { ?a :v ?v }", n},
		{"SELECT (COUNT(DISTINCT RAND()) AS ?n) { ?a :v ?v }", n},
		{"SELECT (COUNT(DISTINCT IF(?v < 9, UUID(), ?v)) AS ?n) { ?a :v ?v }", n},
		{"SELECT (COUNT(DISTINCT CONCAT(STR(?v), STRUUID())) AS ?n) { ?a :v ?v }", n},
		{"SELECT (SUM(IF(RAND() < 0.5, 1, 0)) AS ?n) { ?a :v ?v }", n / 2.0},
		{"SELECT (SUM(?m) AS ?n) { SELECT ?v (SUM(IF(RAND() < 0.5, 1, 0)) AS ?m) { ?a :v ?v ; :p ?b } GROUP BY ?v }", n / 2.0},
		{"SELECT (COUNT(*) AS ?n) { SELECT ?k { ?a :v ?v } GROUP BY (STRUUID() AS ?k) }", n},
		{"SELECT (COUNT(*) AS ?n) { SELECT DISTINCT (UUID() AS ?k) { ?a :v ?v } }", n},
		{"SELECT (COUNT(*) AS ?n) { SELECT DISTINCT ?v (UUID() AS ?k) { ?a :v ?v } LIMIT 400 }", 400},
		{"SELECT (COUNT(DISTINCT ?k) AS ?n) { ?a :v ?v LATERAL { SELECT (UUID() AS ?k) {} } }", n},
		{"SELECT (COUNT(DISTINCT ?k) AS ?n) { ?a :v ?v LATERAL { BIND(UUID() AS ?k) } }", n},
		{"SELECT (COUNT(DISTINCT ?k) AS ?n) { ?a :v ?v OPTIONAL { BIND(UUID() AS ?k) } }", 1},
		{"SELECT (COUNT(DISTINCT ?k) AS ?n) { VALUES ?x { 1 2 3 } ?a :v ?v BIND(UUID() AS ?k) }", 3 * n},
		{"SELECT (COUNT(DISTINCT ?k) AS ?n) { ?a :v ?v . ?a :p ?b BIND(IF(?v = 1, UUID(), ?b) AS ?k) }", n/5 + 8},
		{"SELECT (COUNT(DISTINCT ?k) AS ?n) { ?a :v ?v . ?a :p ?b BIND(COALESCE(?none, UUID()) AS ?k) }", n},
		{"SELECT (COUNT(*) AS ?n) { ?a :v ?v FILTER(RAND() = RAND()) }", 0},
		{"SELECT (COUNT(*) AS ?n) { ?a :v ?v FILTER(UUID() IN (UUID(), UUID())) }", 0},
		{"SELECT (COUNT(*) AS ?n) { ?a :v ?v FILTER(NOW() = NOW()) }", n},
		{"SELECT (COUNT(DISTINCT ?k) AS ?n) { ?a :v ?v BIND(NOW() AS ?k) }", 1},
		{"SELECT (COUNT(*) AS ?n) { { SELECT ?a (UUID() AS ?k) { ?a :v ?v } ORDER BY ?k LIMIT 50 } { SELECT ?a { ?a :p ?b } } }", 50},
		{"SELECT (COUNT(*) AS ?n) { ?a :p ?b { SELECT ?a ?r { ?a :v ?v BIND(RAND() AS ?r) } ORDER BY ?r LIMIT 70 } FILTER(?r <= 1) }", 70},
	}
	engines := map[string]*Engine{"usual": NewEngine(Options{})}
	for name, o := range map[string]Options{"naive": {NoOptimizer: true}, "pieces": {SmallPieces: true}, "profile": {Profile: true},
		"shared": {ShareAll: true, DrawAll: true, SmallPieces: true}} {
		engines[name] = NewEngine(o)
	}
	for name, e := range engines {
		for _, test := range tests {
			for range 2 { // with a plan that is kept
				a, err := answer(t.Context(), e, snap, "PREFIX : <http://e/> "+test.text)
				if err != nil || len(a.Rows) != 1 {
					t.Errorf("%s: %s: %v, %v", name, test.text, a, err)
					break
				}
				var got int
				if _, err := fmt.Sscan(a.Rows[0][0].Value(), &got); err != nil {
					t.Errorf("%s: %s: %v", name, test.text, err)
				}
				ok := false
				switch want := test.want.(type) {
				case int:
					ok = got == want
				case float64: // about so many: a third of it is eight standard deviations
					ok = float64(got) > 0.67*want && float64(got) < 1.33*want
				}
				if !ok {
					t.Errorf("%s: %s: got %d, want %v", name, test.text, got, test.want)
				}
			}
		}
	}
}
