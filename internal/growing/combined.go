package growing

import (
	"fmt"
	"strings"
)

// combined are patterns of several kinds of elements, and shapes of joins.
var combined = map[string]func(n int) string{
	"cycle of predicates": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?v%d %s ?v%d", i, predicate(i), (i+1)%n) })
	},
	"cycles": func(n int) string { // of four, joined
		return patterns(n, func(i int) string {
			to := i + 1
			if i%4 == 3 {
				to = i - 3
			}
			return fmt.Sprintf("?v%d %s ?v%d", i, predicate(i), to)
		})
	},
	"grid": func(n int) string {
		var b strings.Builder
		for i := range n / 2 {
			fmt.Fprintf(&b, "?v%d_%d :p0 ?v%d_%d . ?v%d_%d :p1 ?v%d_%d . ", i/12, i%12, i/12, i%12+1, i/12, i%12, i/12+1, i%12)
		}
		return b.String()
	},
	"clique of predicates": func(n int) string {
		var b strings.Builder
		for x, left := 1, n; left > 0; x++ {
			for y := 0; y < x && left > 0; y, left = y+1, left-1 {
				fmt.Fprintf(&b, "?v%d %s ?v%d . ", y, predicate(x+y), x)
			}
		}
		return b.String()
	},
	"tree": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?v%d %s ?v%d", i/2, predicate(i), i+1) })
	},
	"ladder": func(n int) string {
		return patterns(n, func(i int) string {
			if i%2 == 0 {
				return fmt.Sprintf("?a%d :p0 ?a%d . ?b%d :p1 ?b%d", i/2, i/2+1, i/2, i/2+1)
			}
			return fmt.Sprintf("?a%d :p2 ?b%d", i/2, i/2)
		})
	},
	"stars by value": func(n int) string { // of two patterns, whose values are compared
		return patterns(n, func(i int) string {
			return fmt.Sprintf("?s%d :p0 ?a%d . ?s%d :p1 ?b%d FILTER (?a%d < ?b%d)", i, i, i, i, i, max(0, i-1))
		})
	},
	"self joins": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?s%d :p0 ?o . FILTER (?s%d != ?s%d)", i, i, max(0, i-1)) })
	},
	"values of one": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(int) string { return "VALUES ?t { 1 2 }" })
	},
	"values of pairs": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("VALUES (?v%d ?v%d) { (1 2) (UNDEF 3) }", i, i+1) })
	},
	"values in optionals": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string { return fmt.Sprintf("OPTIONAL { VALUES ?v%d { 1 2 } ?s :p1 ?v%d }", i, i) })
	},
	"union of sub-selects alike": func(n int) string {
		return each(n, " UNION ", func(i int) string {
			return fmt.Sprintf("{ ?s %s ?o { SELECT ?s (COUNT(?x) AS ?c) { ?s :p1 ?x . ?x :p2 ?y } GROUP BY ?s } }", predicate(i))
		})
	},
	"unions of sub-selects": func(n int) string {
		return patterns(n/2, func(i int) string {
			return fmt.Sprintf("{ SELECT ?s { ?s :p1 ?x } LIMIT 10 } UNION { SELECT ?s (MAX(?y) AS ?m%d) { ?s :p2 ?y } GROUP BY ?s }", i)
		})
	},
	"union of chains": func(n int) string {
		return each(n, " UNION ", func(i int) string {
			return fmt.Sprintf("{ ?s %s ?a . ?a %s ?b . ?b %s ?c . ?c %s ?d }", predicate(i), predicate(i+1), predicate(i+2), predicate(i/7))
		})
	},
	"union in optionals": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string {
			return fmt.Sprintf("OPTIONAL { { ?s %s ?o%d } UNION { ?o%d :p3 ?s } }", predicate(i), i, i)
		})
	},
	"union in minus": func(n int) string {
		return "?s :p0 ?t MINUS { " + each(n, " UNION ", func(i int) string { return fmt.Sprintf("{ ?s %s ?o%d }", predicate(i), i) }) + " }"
	},
	"union in exists": func(n int) string {
		return "?s :p0 ?t FILTER EXISTS { " + each(n, " UNION ", func(i int) string { return fmt.Sprintf("{ ?s %s ?o%d . ?o%d :p1 ?t }", predicate(i), i, i) }) + " }"
	},
	"union of binds": func(n int) string {
		return "?s :p0 ?t . " + each(n, " UNION ", func(i int) string { return fmt.Sprintf("{ ?s %s ?x BIND (\"k%d\" AS ?k) }", predicate(i), i) })
	},
	"filters of a union": func(n int) string {
		return "{ ?s :p0 ?t } UNION { ?t :p1 ?s }" + patterns(n, func(i int) string { return fmt.Sprintf("FILTER (?s != :n%d)", i) })
	},
	"not in": func(n int) string {
		return "?s :p0 ?t FILTER (?t NOT IN (" + each(n, ", ", func(i int) string { return fmt.Sprintf("?s, \"x%d\"", i) }) + "))"
	},
	"exists and": func(n int) string {
		return "?s :p0 ?t FILTER (" + each(n, " && ", func(i int) string { return fmt.Sprintf("(EXISTS { ?s %s ?x%d } || ?t = %d)", predicate(i), i, i) }) + ")"
	},
	"exists in binds": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string { return fmt.Sprintf("BIND (EXISTS { ?s %s ?x%d } AS ?e%d)", predicate(i), i, i) })
	},
	"exists in ifs": func(n int) string {
		return "?s :p0 ?t BIND (" + each(n, "", func(i int) string { return fmt.Sprintf("IF(EXISTS { ?s %s ?x . ?x :p3 %d }, %d, ", predicate(i), i, i) }) + "0" + strings.Repeat(")", n) + " AS ?e)"
	},
	"exists of paths": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string { return fmt.Sprintf("FILTER EXISTS { ?s %s+ ?x%d }", predicate(i), i) })
	},
	"paths of one": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?s %s* ?o%d", predicate(i), i) })
	},
	"paths to one": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?s %s+ ?o", predicate(i)) })
	},
	"paths of constant": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf(":n%d %s+ ?o%d", i, predicate(i), i) })
	},
	"paths and patterns": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?v%d %s ?w%d . ?w%d :p2+ ?v%d", i, predicate(i), i, i, i+1) })
	},
	"path optional": func(n int) string {
		return "?s " + each(n, "/", func(i int) string { return predicate(i) + "?" }) + " ?o"
	},
	"path closure nested": func(n int) string {
		return "?s " + strings.Repeat("(", n) + ":p0" + strings.Repeat("/:p1*)*", n) + " ?o"
	},
	"path of alternatives": func(n int) string {
		return "?s " + each(n, "/", func(i int) string { return "(:p1|^:p2|!:p3)" }) + " ?o"
	},
	"graphs of patterns": func(n int) string {
		return patterns(n, func(i int) string {
			return fmt.Sprintf("GRAPH ?g { ?s%d %s ?s%d . ?s%d :p1 ?x%d }", i, predicate(i), i+1, i, i)
		})
	},
	"graph optionals": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string { return fmt.Sprintf("OPTIONAL { GRAPH ?g%d { ?s %s ?o%d } }", i, predicate(i), i) })
	},
	"graph of unions": func(n int) string {
		return "GRAPH ?g { " + each(n, " UNION ", func(i int) string { return fmt.Sprintf("{ ?s %s ?o%d FILTER (?o%d != 1) }", predicate(i), i, i) }) + " }"
	},
	"graph paths": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("GRAPH ?g%d { ?s %s+ ?o%d }", i, predicate(i), i) })
	},
	"services": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string {
			return fmt.Sprintf("SERVICE SILENT <http://e/%d> { ?s %s ?o%d }", i, predicate(i), i)
		})
	},
	"sub-selects joined": func(n int) string {
		return patterns(n, func(i int) string {
			return fmt.Sprintf("{ SELECT ?v%d ?v%d (COUNT(*) AS ?n%d) { ?v%d %s ?v%d } GROUP BY ?v%d ?v%d }", i, i+1, i, i, predicate(i), i+1, i, i+1)
		})
	},
	"sub-selects distinct": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string {
			return fmt.Sprintf("{ SELECT DISTINCT ?s { ?s %s ?x . ?x :p2 ?y } }", predicate(i))
		})
	},
	"sub-selects plain": func(n int) string {
		return patterns(n, func(i int) string {
			return fmt.Sprintf("{ SELECT ?s ?o%d { ?s %s ?o%d . ?o%d :p3 ?x } }", i, predicate(i), i, i)
		})
	},
	"sub-selects optional": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string {
			return fmt.Sprintf("OPTIONAL { SELECT ?s (COUNT(?x) AS ?n%d) { ?s %s ?x } GROUP BY ?s }", i, predicate(i))
		})
	},
	"sub-selects plain nested": func(n int) string { return nest(n, "?v%[1]d :p%[3]d ?v%[2]d { SELECT * { ", "?s ?p ?z", " } }") },
	"optional of chains": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string {
			return fmt.Sprintf("OPTIONAL { ?s %s ?a%d . ?a%d :p1 ?b%d . ?b%d :p2 ?c%d . ?c%d :p3 ?d%d }", predicate(i), i, i, i, i, i, i, i)
		})
	},
	"optional compared": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string {
			return fmt.Sprintf("OPTIONAL { ?s%d %s ?o%d FILTER (?s%d = ?s && ?o%d < ?t) }", i, predicate(i), i, i, i)
		})
	},
	"optional not bound": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string {
			return fmt.Sprintf("OPTIONAL { ?s %s ?o%d } FILTER (!BOUND(?o%d))", predicate(i), i, i)
		})
	},
	"optional labels": func(n int) string { // one variable, by several languages
		return "?s :p0 ?t ." + patterns(n, func(i int) string {
			return fmt.Sprintf("OPTIONAL { ?s :p1 ?l%d FILTER (LANG(?l%d) = \"l%d\") }", i, i, i)
		}) + "BIND (COALESCE(" + each(n, ", ", func(i int) string { return fmt.Sprintf("?l%d", i) }) + ") AS ?label)"
	},
	"optional of one": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string { return fmt.Sprintf("OPTIONAL { ?s %s ?label }", predicate(i)) })
	},
	"optional and patterns shared": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?s %s ?o%d OPTIONAL { ?o%d :p1 ?q%d }", predicate(i), i, i, i) })
	},
	"minus of one": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?s %s ?o%d MINUS { ?o%d :p1 %d }", predicate(i), i, i, i) })
	},
	"exists and patterns": func(n int) string {
		return patterns(n, func(i int) string {
			return fmt.Sprintf("?v%d %s ?v%d FILTER NOT EXISTS { ?v%d :p1 ?x%d . ?x%d :p2 ?v%d }", i, predicate(i), i+1, i, i, i, i+1)
		})
	},
	"laterals joined": func(n int) string {
		return patterns(n, func(i int) string {
			return fmt.Sprintf("?v%d %s ?v%d LATERAL { ?v%d :p1 ?x%d }", i, predicate(i), i+1, i+1, i)
		})
	},
	"triple terms nested": func(n int) string {
		return "?r :p0 " + strings.Repeat("<<( :s :p ", n) + "?o" + strings.Repeat(" )>>", n)
	},
	"triple terms annotated": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?s %s ?o%d {| :source ?c%d |}", predicate(i), i, i) })
	},
	"lists":        func(n int) string { return "?s :p0 ( " + strings.Repeat("?x ", n) + ")" },
	"nodes nested": func(n int) string { return "?s :p0 " + strings.Repeat("[ :p1 ", n) + "?o" + strings.Repeat(" ]", n) },
	"binds of patterns chain": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?v%d %s ?o%d BIND (?o%d AS ?v%d)", i, predicate(i), i, i, i+1) })
	},
	"binds of iris": func(n int) string {
		return patterns(n, func(i int) string {
			return fmt.Sprintf("?s %s ?o%d BIND (IRI(STR(?o%d)) AS ?i%d) ?i%d :p1 ?l%d", predicate(i), i, i, i, i, i)
		})
	},
	"binds random": func(n int) string {
		return "?s :p0 ?t ." + patterns(n, func(i int) string { return fmt.Sprintf("BIND (RAND() + %d AS ?r%d)", i, i) })
	},
}
