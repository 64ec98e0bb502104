// Package growing writes SPARQL queries of any number of elements, so that tests find out what grows faster than that.
package growing

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Query is a query of n elements of a shape, one of [Names].
func Query(shape string, n int) string {
	if whole := wholes[shape]; whole != nil {
		return "PREFIX : <http://e/> " + whole(n)
	}
	return "PREFIX : <http://e/> SELECT * { " + shapes[shape](n) + " }"
}

// Names are the names of all shapes, sorted.
func Names() []string {
	return slices.Sorted(func(yield func(string) bool) {
		for name := range shapes {
			if !yield(name) {
				return
			}
		}
		for name := range wholes {
			if !yield(name) {
				return
			}
		}
	})
}

// Sizes are of how many elements a shape is tested: as many as a query may have of it, as far as that is known to take long.
func Sizes(shape string) []int {
	switch shape {
	case "union optional", "first of union and optional", "exists hard", "laterals", "sub-selects alike", "optional of chains": // of several variables each, of which a query may have 4,096
		return []int{30, 100, 300, 500}
	case "groups nested", "nested not exists or", "nested sub-selects", "sub-selects with order nested": // two levels each, of 500
		return []int{30, 100, 220}
	case "groups", "filter not", "filter if", "filter within filter", "path inverse", "path nested", "path closure of choice in closure", "minus in minus",
		"exists in exists", "union of unions":
		return []int{30, 100, 450}
	}
	if shape == "exists and patterns" || shape == "triple terms annotated" { // of several patterns each, of which a query may have 2,048
		return []int{30, 100, 300, 600}
	}
	if strings.Contains(shape, "nest") || strings.Contains(shape, " in ") {
		return []int{30, 100, 240}
	}
	return []int{30, 100, 300, 1000}
}

func patterns(n int, pattern func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(pattern(i) + " . ")
	}
	return b.String()
}

// each joins n things.
func each(n int, by string, thing func(i int) string) string {
	var parts []string
	for i := range n {
		parts = append(parts, thing(i))
	}
	return strings.Join(parts, by)
}

// nest puts n things into each other. Its format has the number of the thing, that of the next and that of a predicate.
func nest(n int, format, inner, end string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format+"%.[4]s", i, i+1, i%7, "")
	}
	return b.String() + inner + strings.Repeat(end, n)
}

func balanced(from, to int) string {
	if to-from <= 1 {
		return fmt.Sprintf("{ ?s %s ?v%d }", predicate(from), from)
	}
	mid := (from + to) / 2
	return "{ " + balanced(from, mid) + " UNION " + balanced(mid, to) + " }"
}

func predicate(i int) string { return fmt.Sprintf(":p%d", i%7) }

// shapes are the patterns of queries of n elements of all kinds, by name.
var shapes = func() map[string]func(n int) string {
	all := maps.Clone(plain)
	maps.Copy(all, combined)
	return all
}()

var plain = map[string]func(n int) string{
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

	// Nests.
	"optional in optional": func(n int) string { return nest(n, "?v%d :p0 ?v%d OPTIONAL { ", "?s ?p ?z", " }") },
	"optional 2 in optional": func(n int) string {
		return nest(n, "?v%[1]d :p0 ?v%[2]d . ?v%[1]d :p1 ?w%[1]d OPTIONAL { ", "?s ?p ?z", " }")
	},
	"optional and filter nested": func(n int) string {
		return nest(n, "?v%[1]d :p0 ?v%[2]d . FILTER (?v%[2]d != 7) OPTIONAL { ", "?v0 ?p ?z", " }")
	},
	"union of unions": func(n int) string { return nest(n, "{ ?s :p%[3]d ?v%[1]d } UNION { ", "?s ?p ?z", " }") },
	"unions joined nested": func(n int) string {
		return nest(n, "?v%[1]d :p%[3]d ?v%[2]d . { ?v%[2]d :p1 ?x } UNION { ", "?v0 ?p ?z", " }")
	},
	"union balanced": func(n int) string { return balanced(0, n) },
	"minus nested": func(n int) string {
		return nest(n, "?v%[1]d :p%[3]d ?v%[2]d MINUS { ?v%[1]d :p2 ?y%[1]d . ", "?v0 ?p ?z", " }")
	},
	"minus in minus": func(n int) string { return nest(n, "?s :p%[3]d ?v%[2]d MINUS { ", "?s ?p ?z", " }") },
	"exists in exists": func(n int) string {
		return nest(n, "?s :p%[3]d ?v%[2]d FILTER EXISTS { ", "?s ?p ?z", " }")
	},
	"not exists hard nested": func(n int) string {
		return nest(n, "?s :p%[3]d ?v%[2]d OPTIONAL { ?s :p1 ?w%[1]d } FILTER NOT EXISTS { ", "?s ?p ?z", " FILTER (?s != ?w0) }")
	},
	"sub-selects with order nested": func(n int) string {
		return nest(n, "?v0 :p%[3]d ?v%[2]d { SELECT DISTINCT ?v0 { ", "?v0 ?p ?z", " } ORDER BY ?v0 LIMIT 10 }")
	},
	"groups nested": func(n int) string {
		return nest(n, "{ SELECT ?v0 (COUNT(*) AS ?n%[1]d) { ", "?v0 ?p ?z", " } GROUP BY ?v0 }")
	},
	"graph nested":   func(n int) string { return nest(n, "GRAPH ?g%[1]d { ?v%[1]d :p%[3]d ?v%[2]d . ", "?v0 ?p ?z", " }") },
	"lateral nested": func(n int) string { return nest(n, "?v%[1]d :p%[3]d ?v%[2]d LATERAL { ", "?v0 ?p ?z", " }") },
	"mixed nested": func(n int) string {
		kinds := []string{" OPTIONAL { ", " MINUS { ?s :p2 ?o . ", " FILTER EXISTS { ", " FILTER NOT EXISTS { ", " { ?s :p4 ?m } UNION { ", " GRAPH ?g { ", " { SELECT ?s { "}
		closes := []string{" }", " }", " }", " }", " }", " }", " } }"}
		var b, end strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "?s %s ?v%d . %s", predicate(i), i, kinds[i%len(kinds)])
		}
		for i := n - 1; i >= 0; i-- {
			end.WriteString(closes[i%len(kinds)])
		}
		return b.String() + "?s ?p ?z" + end.String()
	},
	// Rows of things.
	"laterals": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string {
			return fmt.Sprintf("LATERAL { SELECT ?s ?l%d { ?s %s ?l%d } ORDER BY ?l%d LIMIT 1 }", i, predicate(i), i, i)
		})
	},
	"graph names": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("GRAPH :g%d { ?s %s ?o%d }", i, predicate(i), i) })
	},
	"filters over patterns": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?v%d %s ?v%d", i, predicate(i), i+1) }) +
			patterns(n, func(i int) string { return fmt.Sprintf("FILTER (?v%d != ?v%d && STR(?v%d) != \"x\")", i, i*7%n, i) })
	},
	"filters of the last": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("OPTIONAL { ?s %s ?v%d }", predicate(i), i) }) +
			patterns(n, func(i int) string { return fmt.Sprintf("FILTER (!BOUND(?v%d) || ?v%d > 3)", i, i) })
	},
	"filters that bind": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("OPTIONAL { ?s %s ?v%d }", predicate(i), i) }) +
			patterns(n, func(i int) string { return fmt.Sprintf("FILTER (?v%d > 3)", i) })
	},
	"filter within filter": func(n int) string {
		return "?s :p0 ?t " + nest(n, "{ ?s :p1 ?u ", "", "FILTER (?u != ?t) }")
	},
	"filter and": func(n int) string {
		return "?s :p0 ?t FILTER (" + each(n, " && ", func(i int) string { return fmt.Sprintf("?t != \"x%d\"", i) }) + ")"
	},
	"filter not": func(n int) string { return "?s :p0 ?t FILTER (" + strings.Repeat("!", n) + "BOUND(?t))" },
	"filter if": func(n int) string {
		return "?s :p0 ?t FILTER (" + strings.Repeat("IF(?t = 1, 2, ", n) + "?t" + strings.Repeat(")", n) + ")"
	},
	"filter coalesce": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("OPTIONAL { ?s %s ?v%d }", predicate(i), i) }) +
			" FILTER (COALESCE(" + each(n, ", ", func(i int) string { return fmt.Sprintf("?v%d", i) }) + ") != 0)"
	},
	"equations": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?a%d %s ?b%d", i, predicate(i), i) }) +
			patterns(n-1, func(i int) string { return fmt.Sprintf("FILTER (?b%d = ?a%d)", i, i+1) })
	},
	"same terms": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?a%d %s ?b%d", i, predicate(i), i) }) +
			patterns(n-1, func(i int) string { return fmt.Sprintf("FILTER (SAMETERM(?b%d, ?a%d))", i, i+1) })
	},
	"binds apart": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string { return fmt.Sprintf("BIND (%d AS ?b%d)", i, i) })
	},
	"binds and patterns": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?s %s ?o%d BIND (STR(?o%d) AS ?b%d)", predicate(i), i, i, i) })
	},
	"values of rows": func(n int) string {
		return "?s :p0 ?t . VALUES (?t ?u) { " + each(n, " ", func(i int) string { return fmt.Sprintf("(%d :n%d)", i, i) }) + "}"
	},
	"values of columns": func(n int) string {
		return "?s :p0 ?v0 . VALUES (" + each(n, " ", func(i int) string { return fmt.Sprintf("?v%d", i) }) + ") { (" +
			strings.Repeat("1 ", n) + ") (" + strings.Repeat("UNDEF ", n) + ") }"
	},
	"values and patterns": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?s %s ?o%d VALUES ?o%d { 1 2 }", predicate(i), i, i) })
	},
	"union of values": func(n int) string {
		return "?s :p0 ?t . " + each(n, " UNION ", func(i int) string { return fmt.Sprintf("{ VALUES ?t { %d } }", i) })
	},
	"union with common": func(n int) string {
		return each(n, " UNION ", func(i int) string { return fmt.Sprintf("{ ?s :p0 ?t . ?s %s ?o%d }", predicate(i), i) })
	},
	"union of optionals": func(n int) string {
		return each(n, " UNION ", func(i int) string { return fmt.Sprintf("{ ?s :p0 ?t OPTIONAL { ?s %s ?o%d } }", predicate(i), i) })
	},
	"unions apart": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("{ ?a%d :p0 ?b%d } UNION { ?b%d :p1 ?a%d }", i, i, i, i) })
	},
	"sub-selects with limits": func(n int) string {
		return patterns(n, func(i int) string {
			return fmt.Sprintf("{ SELECT ?s ?o%d { ?s %s ?o%d } ORDER BY ?o%d LIMIT 10 }", i, predicate(i), i, i)
		})
	},
	"sub-selects alike": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("{ SELECT (COUNT(?x) AS ?n%d) { ?s :p1 ?x . ?x :p2 ?y } }", i) })
	},
	"optional of filters": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string {
			return fmt.Sprintf("OPTIONAL { ?s %s ?o%d FILTER (?o%d > ?t && ?o%d != %d) }", predicate(i), i, i, i, i)
		})
	},
	"optional and patterns": func(n int) string {
		return patterns(n, func(i int) string {
			return fmt.Sprintf("?s%d %s ?o%d OPTIONAL { ?o%d :p1 ?q%d }", i, predicate(i), i, i, i)
		})
	},
	"optional shared and patterns": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?s %s ?o%d OPTIONAL { ?s :p1 ?q }", predicate(i), i) })
	},
	"minus 2": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string { return fmt.Sprintf("MINUS { ?s %s ?o%d . ?o%d :p1 ?q%d }", predicate(i), i, i, i) })
	},
	"exists 2": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string {
			return fmt.Sprintf("FILTER EXISTS { ?s %s ?x%d . ?x%d :p1 ?y%d }", predicate(i), i, i, i)
		})
	},
	"exists or": func(n int) string {
		return "?s :p0 ?t FILTER (" + each(n, " || ", func(i int) string { return fmt.Sprintf("EXISTS { ?s %s ?x%d }", predicate(i), i) }) + ")"
	},
	"path nested":  func(n int) string { return "?s " + strings.Repeat("(", n) + ":p0" + strings.Repeat("/:p1)", n) + " ?o" },
	"path inverse": func(n int) string { return "?s " + strings.Repeat("^(", n) + ":p0" + strings.Repeat(")", n) + " ?o" },
	"path closures": func(n int) string {
		return "?s " + each(n, "/", func(i int) string { return predicate(i) + "*" }) + " ?o"
	},
	"path of choice": func(n int) string { return "?s " + each(n, "/", func(int) string { return "(:p1|:p2)" }) + " ?o" },
	"path negated": func(n int) string {
		return "?s !(" + each(n, "|", func(i int) string { return fmt.Sprintf(":p%d", i) }) + ") ?o"
	},
	"path closure of choice in closure": func(n int) string {
		return "?s " + strings.Repeat("(", n) + ":p0" + strings.Repeat("|:p1)+", n) + " ?o"
	},
	"triple terms": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?r%d :p0 <<( ?s %s ?o%d )>>", i, predicate(i), i) })
	},
	"patterns alike": func(n int) string { return patterns(n, func(int) string { return "?s :p0 ?o" }) },
	"constants": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf(":n%d %s ?o%d", i, predicate(i), i) })
	},
	"star of one object": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?s%d %s ?o", i, predicate(i)) })
	},
	"stars joined": func(n int) string {
		return patterns(n, func(i int) string {
			return fmt.Sprintf("?s%d %s ?o%d . ?s%d :link ?s%d", i/5, predicate(i), i, i/5, i/5+1)
		})
	},
}
