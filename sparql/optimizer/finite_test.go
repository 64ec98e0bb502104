package optimizer

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"triplestore/rdf"
)

// TestEstimatesAreFinite: patterns that have nothing in common have more rows than a number can say, and are planned and shown all the same.
func TestEstimatesAreFinite(t *testing.T) {
	t.Parallel()
	var quads []rdf.Quad
	for i := range 2000 {
		quads = append(quads, rdf.Quad{S: node("s%d", i), P: node("p"), O: node("o%d", i%17)})
	}
	snap := snapshotOf(t, quads)
	var apart, union, paths strings.Builder
	for i := range 120 {
		fmt.Fprintf(&apart, "?s%d :p ?o%d . ", i, i)
		fmt.Fprintf(&union, "{ ?s%d :p ?o%d } UNION { ?o%d :p ?s%d } ", i, i, i, i)
		fmt.Fprintf(&paths, "?s%d :p* ?o%d . ", i, i)
	}
	for name, text := range map[string]string{
		"SELECT":     "SELECT * { " + apart.String() + "}",
		"ASK":        "ASK { " + apart.String() + "}",
		"NOT EXISTS": "SELECT * { " + apart.String() + "FILTER NOT EXISTS { ?s1 :p ?x } }",
		"OPTIONAL":   "SELECT * { " + apart.String() + "OPTIONAL { ?s1 :p ?x } } LIMIT 5",
		"MINUS":      "SELECT * { " + apart.String() + "MINUS { ?s1 :p ?x } }",
		"GROUP BY":   "SELECT ?s1 ?s2 ?s3 ?s4 ?s5 (COUNT(*) AS ?n) { " + apart.String() + "} GROUP BY ?s1 ?s2 ?s3 ?s4 ?s5 ORDER BY ?n",
		"DISTINCT":   "SELECT DISTINCT * { " + apart.String() + "}",
		"UNION":      "SELECT * { " + union.String() + "}",
		"paths":      "SELECT * { " + paths.String() + "}",
		"LATERAL":    "SELECT * { " + apart.String() + "LATERAL { SELECT * { ?s1 :p ?x } LIMIT 1 } }",
	} {
		p := planWith(t, snap, text, Options{})
		odd := 0
		var walk func(n Node)
		walk = func(n Node) {
			for _, x := range []float64{n.P().Rows, n.P().Cost} {
				if math.IsNaN(x) || math.IsInf(x, 0) || x < 0 {
					odd++
				}
			}
			for _, c := range Children(n) {
				walk(c)
			}
		}
		walk(p.Root)
		if _, err := json.Marshal(p.Tree(nil)); odd > 0 || err != nil {
			t.Errorf("%s: %d estimates are no finite numbers; as JSON: %v", name, odd, err)
		}
	}
}
