package sparql

import (
	"fmt"
	"strings"
	"testing"
)

// TestCountedAgrees: joins whose rows are only counted, or that have no variable in common, or one that a side leaves unbound, are what they are
// row by row, in pieces too.
func TestCountedAgrees(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, mixedQuads(7, 600))
	for _, where := range []string{
		"{ ?s :p0 ?a } { ?t :p1 ?b }",
		"{ ?s :p0 ?a . ?s :p1 ?c } { ?t :p1 ?b } FILTER (?a < ?b)",
		"{ ?s :p0 ?a } { ?t :p1 ?b OPTIONAL { ?t :p0 ?s } }",
		"?s :p0 ?a OPTIONAL { ?s :p1 ?b } ?t :p2 ?b",
		"{ ?s :p0 ?a . ?s :p1 ?b } OPTIONAL { ?t :p2 ?b }",
		"{ ?s ?p ?a } MINUS { ?t :p1 ?b OPTIONAL { ?t :p0 ?a } OPTIONAL { ?s :p2 ?b } }",
		"{ ?s :p0 ?a . ?s :p1 ?b } { SELECT ?s ?c { { ?s :p2 ?c } UNION { ?t :p1 ?c } } }",
	} {
		for _, what := range []string{"(COUNT(*) AS ?n)", "(COUNT(?a) AS ?n) (COUNT(?b) AS ?m) (COUNT(?s) AS ?k)", "(COUNT(?t) AS ?n) (COUNT(?c) AS ?m)", "(COUNT(DISTINCT ?b) AS ?n)"} {
			q := fmt.Sprintf("PREFIX : <http://e/> SELECT %s { %s }", what, where)
			agreesUnoptimized(t, snap, Options{}, q)
			agreesUnoptimized(t, snap, Options{SmallPieces: true}, q)
		}
	}
	agreesUnoptimized(t, snap, Options{SmallPieces: true}, "PREFIX : <http://e/> SELECT ?a ?n { ?s :p0 ?a { SELECT ?s (COUNT(?t) AS ?n) { { ?s :p0 ?b } { ?t :p1 ?c } FILTER (?c > ?b) } GROUP BY ?s } }")
}

// TestComputedByTwoAgrees: what is computed for a batch by two is what it is row by row, also where it takes much memory.
func TestComputedByTwoAgrees(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, mixedQuads(3, 5000))
	long := strings.Repeat("x", 6000)
	for _, q := range []string{
		"?k (COUNT(*) AS ?n) { ?s ?p ?a } GROUP BY (UCASE(SUBSTR(STR(?a), 1, 3)) AS ?k)",
		"?p (SUM(STRLEN(STR(?s))) AS ?n) (MIN(STR(?a)) AS ?m) (COUNT(DISTINCT LCASE(STR(?a))) AS ?k) { ?s ?p ?a } GROUP BY ?p",
		"?p (SUM(STRLEN(CONCAT(STR(?s), STR(?a)))) AS ?n) (MAX(CONCAT(STR(?a), STR(?s))) AS ?m) { ?s ?p ?a } GROUP BY ?p",
		"?p (MAX(CONCAT(STR(?a), STR(?s), '" + long + "')) AS ?m) (MIN(CONCAT('" + long + "', STR(?a))) AS ?k) { ?s ?p ?a } GROUP BY ?p",
		"(SUM(?n) AS ?m) { ?s ?p ?a BIND (STRLEN(CONCAT(STR(?a), STR(?s), '" + long + "')) AS ?n) }",
		"?s ?k { ?s :p0 ?a BIND (CONCAT(STR(?s), '/', STR(?a)) AS ?k) }",
		"?s ?k { ?s ?p ?a BIND (1 / STRLEN(STR(?a)) + ?none AS ?k) }",
	} {
		q = "PREFIX : <http://e/> SELECT " + q
		agreesUnoptimized(t, snap, Options{}, q)
		agreesUnoptimized(t, snap, Options{SmallPieces: true, Memory: 64 << 20, Disk: 1 << 30, TempDir: t.TempDir()}, q)
	}
}
