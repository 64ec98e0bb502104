package growing

import (
	"fmt"
	"strings"
)

// wholes are whole queries of n elements, by name: those whose elements are not in the pattern, and forms of query that are planned in another way.
var wholes = map[string]func(n int) string{
	"ask": func(n int) string { return "ASK { " + shapes["chain"](n) + " }" },
	"ask of unions": func(n int) string {
		return "ASK { " + shapes["union"](n) + " }"
	},
	"first of a star":      func(n int) string { return "SELECT * { " + shapes["star"](n) + " } LIMIT 10" },
	"first of a snowflake": func(n int) string { return "SELECT * { " + shapes["snowflake any"](n) + " } LIMIT 10" },
	"first of optionals":   func(n int) string { return "SELECT * { " + shapes["optional 2"](n) + " } LIMIT 10" },
	"first of nests":       func(n int) string { return "SELECT * { " + shapes["nested optional own"](n/2) + " } LIMIT 10" },
	"first of union and optional": func(n int) string {
		return "SELECT * { " + shapes["union optional"](n/2) + " } LIMIT 10"
	},
	"sorted first":         func(n int) string { return "SELECT * { " + shapes["star"](n) + " } ORDER BY ?o0 LIMIT 10" },
	"distinct":             func(n int) string { return "SELECT DISTINCT ?s { " + shapes["optional and patterns shared"](n) + " }" },
	"distinct of optional": func(n int) string { return "SELECT DISTINCT ?s { " + shapes["optional 2"](n) + " }" },
	"count":                func(n int) string { return "SELECT (COUNT(*) AS ?n) { " + shapes["optional chain"](n) + " }" },
	"count of different": func(n int) string {
		return "SELECT (COUNT(DISTINCT ?s) AS ?n) { " + shapes["optional shared and patterns"](n) + " }"
	},
	"aggregates": func(n int) string {
		return "SELECT " + each(n, " ", func(i int) string { return fmt.Sprintf("(SUM(?o + %d) AS ?n%d)", i, i) }) + " { ?s :p0 ?o } GROUP BY ?s"
	},
	"aggregates of patterns": func(n int) string {
		return "SELECT " + each(n, " ", func(i int) string { return fmt.Sprintf("(MIN(?o%d) AS ?n%d)", i, i) }) + " { " + shapes["star"](n) + " } GROUP BY ?s"
	},
	"group keys": func(n int) string {
		return "SELECT (COUNT(*) AS ?n) { " + shapes["star"](n) + " } GROUP BY " + each(n, " ", func(i int) string { return fmt.Sprintf("?o%d", i) })
	},
	"group keys computed": func(n int) string {
		return "SELECT (COUNT(*) AS ?n) { ?s :p0 ?o } GROUP BY " + each(n, " ", func(i int) string { return fmt.Sprintf("(STR(?o) + %d AS ?k%d)", i, i) })
	},
	"having": func(n int) string {
		return "SELECT ?s { ?s :p0 ?o } GROUP BY ?s HAVING " + each(n, " ", func(i int) string { return fmt.Sprintf("(SUM(?o + %d) > %d)", i, i) })
	},
	"order keys": func(n int) string {
		return "SELECT * { " + shapes["star"](n) + " } ORDER BY " + each(n, " ", func(i int) string { return fmt.Sprintf("DESC(?o%d)", i) })
	},
	"projections": func(n int) string {
		return "SELECT " + each(n, " ", func(i int) string { return fmt.Sprintf("(STR(?o) AS ?x%d)", i) }) + " { ?s :p0 ?o }"
	},
	"construct": func(n int) string { return "CONSTRUCT WHERE { " + shapes["star"](n) + " }" },
	"construct of optionals": func(n int) string {
		return "CONSTRUCT { " + patterns(n, func(i int) string { return fmt.Sprintf("?s %s ?o%d", predicate(i), i) }) + "} WHERE { " + shapes["optional"](n) + " }"
	},
	"construct nodes": func(n int) string {
		return "CONSTRUCT { " + patterns(n, func(i int) string { return fmt.Sprintf("_:b%d %s ?o", i, predicate(i)) }) + "} WHERE { ?s :p0 ?o }"
	},
	"describe": func(n int) string {
		return "DESCRIBE " + each(n, " ", func(i int) string { return fmt.Sprintf(":n%d", i) })
	},
	"describe variables": func(n int) string {
		return "DESCRIBE " + each(n, " ", func(i int) string { return fmt.Sprintf("?o%d", i) }) + " { " + shapes["star"](n) + " }"
	},
	"from": func(n int) string {
		return "SELECT * " + each(n, " ", func(i int) string { return fmt.Sprintf("FROM :g%d", i) }) + " { " + shapes["star"](n) + " }"
	},
	"from named": func(n int) string {
		return "SELECT * " + each(n, " ", func(i int) string { return fmt.Sprintf("FROM NAMED :g%d", i) }) + " { " + shapes["graphs"](n) + " }"
	},
	"from named, names": func(n int) string {
		return "SELECT * " + each(n, " ", func(i int) string { return fmt.Sprintf("FROM NAMED :g%d", i) }) + " { " + shapes["graph names"](n) + " }"
	},
	"values behind": func(n int) string {
		return "SELECT * { ?s :p0 ?t } VALUES ?t { " + strings.Repeat("1 ", n) + "}"
	},
}
