package optimizer

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/syntax"
	"triplestore/store"
)

func predicate(i int) string { return fmt.Sprintf(":p%d", i%7) }

// growing are queries of n elements of all kinds.
var growing = map[string]func(n int) string{
	"star": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?s %s ?o%d", predicate(i), i) })
	},
	"chain": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?v%d %s ?v%d", i, predicate(i), i+1) })
	},
	"chain any": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?v%d ?p%d ?v%d", i, i, i+1) })
	},
	"cycle": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?v%d ?p%d ?v%d", i, i, (i+1)%n) })
	},
	"snowflake": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?v%d %s ?v%d", i/3, predicate(i), i+1) })
	},
	"snowflake any": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?v%d ?p%d ?v%d", i/3, i, i+1) })
	},
	"clique": func(n int) string {
		var b strings.Builder
		for x, left := 1, n; left > 0; x++ {
			for y := 0; y < x && left > 0; y, left = y+1, left-1 {
				fmt.Fprintf(&b, "?v%d ?p ?v%d . ", y, x)
			}
		}
		return b.String()
	},
	"apart": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?s%d %s ?o%d", i, predicate(i), i) })
	},
	"optional": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string { return fmt.Sprintf("OPTIONAL { ?s %s ?o%d }", predicate(i), i) })
	},
	"optional 2": func(n int) string {
		return patterns(n, func(i int) string {
			return fmt.Sprintf("OPTIONAL { ?s %s ?o%d . ?o%d ?q%d ?r%d }", predicate(i), i, i, i, i)
		})
	},
	"optional own": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string { return fmt.Sprintf("OPTIONAL { ?s%d %s ?o%d }", i, predicate(i), i) })
	},
	"optional chain": func(n int) string {
		return "?v0 :p0 ?t ." + patterns(n, func(i int) string { return fmt.Sprintf("OPTIONAL { ?v%d %s ?v%d }", i, predicate(i), i+1) })
	},
	"nested optional": func(n int) string {
		return strings.Repeat("?s :p0 ?o . ?o :p1 ?q OPTIONAL { ", n) + "?s ?p ?z" + strings.Repeat(" }", n)
	},
	"nested optional own": func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "?v%d %s ?v%d OPTIONAL { ", i, predicate(i), i+1)
		}
		return b.String() + "?s ?p ?z" + strings.Repeat(" }", n)
	},
	"union": func(n int) string {
		return patterns(n, func(i int) string {
			return fmt.Sprintf("{ ?s %s ?o } UNION { ?s ?p%d ?o . ?o %s ?x }", predicate(i), i, predicate(i+1))
		})
	},
	"union branches": func(n int) string {
		var parts []string
		for i := range n {
			parts = append(parts, fmt.Sprintf("{ ?s %s ?o%d }", predicate(i), i))
		}
		return strings.Join(parts, " UNION ")
	},
	"union optional": func(n int) string {
		return patterns(n, func(i int) string {
			return fmt.Sprintf("?s %s ?o%d . { ?o%d %s ?a%d } UNION { ?o%d %s ?b%d } OPTIONAL { ?s ?p%d ?c%d OPTIONAL { ?c%d ?q%d ?d%d } }", predicate(i), i, i, predicate(i+1), i, i, predicate(i+2), i, i, i, i, i, i)
		})
	},
	"minus": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string { return fmt.Sprintf("MINUS { ?s %s ?o%d }", predicate(i), i) })
	},
	"values": func(n int) string {
		return "?s :p0 ?t . VALUES ?t { " + strings.Repeat("\"a\" ", n) + "}"
	},
	"values many": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string { return fmt.Sprintf("VALUES ?v%d { 1 2 }", i) })
	},
	"filters": func(n int) string {
		return "?s :p0 ?t . ?s :p3 ?d ." + patterns(n, func(i int) string { return fmt.Sprintf("FILTER (?t != \"x%d\")", i) })
	},
	"filters own": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?s %s ?o%d FILTER (?o%d != %d)", predicate(i), i, i, i) })
	},
	"filter or": func(n int) string {
		var parts []string
		for i := range n {
			parts = append(parts, fmt.Sprintf("?t = \"x%d\"", i))
		}
		return "?s :p0 ?t FILTER (" + strings.Join(parts, " || ") + ")"
	},
	"filter and vars": func(n int) string {
		var parts []string
		for i := range n {
			parts = append(parts, fmt.Sprintf("?o%d != ?o%d", i, (i+1)%n))
		}
		return patterns(n, func(i int) string { return fmt.Sprintf("?s %s ?o%d", predicate(i), i) }) + " FILTER (" + strings.Join(parts, " && ") + ")"
	},
	"in": func(n int) string {
		var parts []string
		for i := range n {
			parts = append(parts, fmt.Sprintf("\"x%d\"", i))
		}
		return "?s :p0 ?t FILTER (?t IN (" + strings.Join(parts, ", ") + "))"
	},
	"binds": func(n int) string {
		return "?s :p0 ?b0 ." + patterns(n, func(i int) string { return fmt.Sprintf("BIND (CONCAT(?b%d, \"x\") AS ?b%d)", i, i+1) })
	},
	"sub-selects": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string {
			return fmt.Sprintf("{ SELECT ?s (COUNT(?x) AS ?n%d) { ?s %s ?x } GROUP BY ?s }", i, predicate(i))
		})
	},
	"nested sub-selects": func(n int) string {
		return strings.Repeat("?s :p0 ?t { SELECT * { ", n) + "?s ?p ?o" + strings.Repeat(" } }", n)
	},
	"exists": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string { return fmt.Sprintf("FILTER EXISTS { ?s %s ?x%d }", predicate(i), i) })
	},
	"exists hard": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string {
			return fmt.Sprintf("FILTER EXISTS { ?s %s ?x%d OPTIONAL { ?x%d :p0 ?y%d } FILTER (!BOUND(?y%d) || ?y%d != ?t) }", predicate(i), i, i, i, i, i)
		})
	},
	"nested exists": func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "?v%d %s ?v%d FILTER EXISTS { ", i, predicate(i), i+1)
		}
		return b.String() + "?s ?p ?z" + strings.Repeat(" }", n)
	},
	"nested not exists or": func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "?v%d %s ?v%d FILTER (?v%d = 1 || NOT EXISTS { ", i, predicate(i), i+1, i)
		}
		return b.String() + "?v0 ?p ?z" + strings.Repeat(" })", n)
	},
	"paths": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?v%d :p2* ?v%d", i, i+1) })
	},
	"path sequence": func(n int) string {
		return "?s " + strings.TrimSuffix(strings.Repeat(":p2/", n), "/") + " ?o"
	},
	"path alternatives": func(n int) string {
		return "?s (" + strings.TrimSuffix(strings.Repeat(":p2|", n), "|") + ")* ?o"
	},
	"path alternatives union": func(n int) string {
		return "?s (" + strings.TrimSuffix(strings.Repeat(":p2|", n), "|") + ") ?o"
	},
	"graphs": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("GRAPH ?g%d { ?s %s ?o%d }", i, predicate(i), i) })
	},
	"groups": func(n int) string {
		return strings.Repeat("{ ?s :p0 ?t ", n) + strings.Repeat(" }", n)
	},
}

// growthSnapshot holds few quads: planning asks it for counts, of which there are as many as there are different patterns.
func growthSnapshot(t testing.TB) store.Snapshot {
	var quads []rdf.Quad
	iri := func(f string, a ...any) rdf.Term { return rdf.IRI("http://e/" + fmt.Sprintf(f, a...)) }
	for i := range 6000 {
		quads = append(quads, rdf.Quad{S: iri("n%d", i%701), P: iri("p%d", i%7), O: iri("n%d", i*i%503)})
	}
	return snapshotOf(t, quads)
}

func growthQuery(shape string, n int) string {
	return "PREFIX : <http://e/> SELECT * { " + growing[shape](n) + " }"
}

func translated(t testing.TB, text string) *algebra.Query {
	t.Helper()
	tree, err := syntax.ParseQuery(text, syntax.Options{})
	if err != nil {
		t.Fatal(err)
	}
	q, err := algebra.Translate(tree)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// TestPlanningGrows: what planning takes, counted in joins that are considered and in what is allocated, has a bound for orders of joins and beyond that
// grows with the size of the query, whatever the query is made of. (Not parallel: what others allocate would count.)
func TestPlanningGrows(t *testing.T) {
	snap := growthSnapshot(t)
	// What comes for each element: a join takes more where there are more variables (effort.take), and so do sets of them.
	type work struct{ joins, kilobytes, allocs float64 }
	bounded := work{maxJoins + maxJoins/4, 10000, 110000}
	each := map[string]work{
		"union optional":      {45, 160, 1000}, // six patterns
		"nested exists":       {12, 30, 700},
		"nested optional own": {12, 30, 700},
	}
	for _, shape := range slices.Sorted(maps.Keys(growing)) {
		sizes := []int{100, 300}
		if strings.HasPrefix(shape, "nested") {
			sizes = []int{45, 150}
		}
		limit, ok := each[shape]
		if !ok {
			limit = work{25, 30, 500}
		}
		kept := NewStatistics()
		for _, n := range sizes {
			q := translated(t, growthQuery(shape, n))
			var got work
			var slots int
			for range 2 { // the second time, counts are known
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				p, err := Optimize(t.Context(), snap, q, Options{Statistics: kept})
				runtime.ReadMemStats(&after)
				if err != nil {
					t.Fatalf("%s of %d: %v", shape, n, err)
				}
				got = work{float64(p.Joins), float64(after.TotalAlloc-before.TotalAlloc) / 1000, float64(after.Mallocs - before.Mallocs)}
				slots = len(p.Slots)
			}
			most := func(bounded, each float64) float64 { return bounded + each*float64(n) }
			if m := most(bounded.joins, limit.joins*float64(1+slots/64)); got.joins > m {
				t.Errorf("%s of %d: %.0f joins are considered, more than %.0f", shape, n, got.joins, m)
			}
			if m := most(bounded.kilobytes, limit.kilobytes); got.kilobytes > m {
				t.Errorf("%s of %d: planning allocates %.0f kB, more than %.0f", shape, n, got.kilobytes, m)
			}
			if m := most(bounded.allocs, limit.allocs); got.allocs > m {
				t.Errorf("%s of %d: planning allocates %.0f times, more than %.0f", shape, n, got.allocs, m)
			}
		}
	}
}

// BenchmarkPlanning plans queries of a hundred elements, counts known.
func BenchmarkPlanning(b *testing.B) {
	snap := growthSnapshot(b)
	for _, shape := range slices.Sorted(maps.Keys(growing)) {
		b.Run(shape, func(b *testing.B) {
			text, kept := growthQuery(shape, 100), NewStatistics()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Optimize(b.Context(), snap, translated(b, text), Options{Statistics: kept}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
