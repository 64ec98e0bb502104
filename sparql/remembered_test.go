package sparql

import (
	"fmt"
	"strings"
	"testing"

	"triplestore/internal/sparqltest"
	"triplestore/rdf"
	"triplestore/store"
)

// leftOut tells of the i-th of many cases of one kind whether it is left out: with -short, as under the race detector, two of three are.
func leftOut(i int) bool { return testing.Short() && i%3 != 0 }

func agreesUnoptimized(t *testing.T, snap store.Snapshot, o Options, q string) {
	t.Helper()
	want, err := answer(t.Context(), NewEngine(Options{NoOptimizer: true, UnionDefaultGraph: o.UnionDefaultGraph}), snap, q)
	if err != nil {
		t.Fatal(err)
	}
	got, err := answer(t.Context(), NewEngine(o), snap, q)
	if err != nil {
		t.Fatal(err)
	}
	if err := sparqltest.Compare(want, got, false, false); err != nil {
		t.Errorf("%s: %v", q, err)
	}
}

// TestComputedOnceAgrees: expressions that are computed once for all rows with the same values, or the same parts of dates, and those that
// are a term of the query, are what they are for each row.
func TestComputedOnceAgrees(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, mixedQuads(5, 3000))
	for _, q := range []string{
		"?m (COUNT(*) AS ?n) { ?s ?p ?a BIND (CONCAT(STR(YEAR(?a)), '-', STR(MONTH(?a))) AS ?m) } GROUP BY ?m",
		"?m (COUNT(*) AS ?n) { ?s ?p ?a } GROUP BY (FLOOR((MONTH(?a) - 1) / 3) + 1 AS ?m)",
		"?s ?m { ?s :p0 ?a BIND (COALESCE(STR(DAY(?a)), 'none') AS ?m) }",
		"?s ?m { ?s :p0 ?a OPTIONAL { ?s :p1 ?b } BIND (CONCAT(STR(YEAR(?a)), STR(HOURS(?b))) AS ?m) }",
		"DISTINCT ?m ?k { ?s :p0 ?a . ?s :p1 ?b BIND (CONCAT(STR(?a), STR(?b)) AS ?m) BIND (IF(YEAR(?a) > 2021, STR(MONTH(?a)), STR(YEAR(?b) / DAY(?b))) AS ?k) }",
		"?s ?m { ?s :p0 ?a OPTIONAL { ?s :p1 ?b } OPTIONAL { ?a :p1 ?c } BIND (CONCAT(STR(?a), COALESCE(STR(?b), '-'), COALESCE(STR(?c), '-')) AS ?m) }",
		"?s ?m { ?s :p0 ?a OPTIONAL { ?s :p1 ?b } BIND (CONCAT(STR(?s), STR(?a), STR(?b)) AS ?m) }",
		"* { ?s :p0 ?a BIND (CONCAT(STR(YEAR(?a)), '') AS ?m) BIND (CONCAT(STR(YEAR(?a)), ?m) AS ?k) }",
		"?k (COUNT(DISTINCT *) AS ?n) { { ?s :p0 ?a BIND ('one' AS ?k) } UNION { ?s :p1 ?a BIND ('01'^^<http://www.w3.org/2001/XMLSchema#integer> AS ?k) } UNION { ?s ?p ?a BIND (:p0 AS ?k) } } GROUP BY ?k",
		"?s ?k { ?s :p0 ?a FILTER EXISTS { ?s :p1 ?b BIND (CONCAT(STR(YEAR(?b)), '') AS ?x) FILTER (?x = '2021' || ?x = STR(YEAR(?a))) } BIND ('k' AS ?k) }",
		"?s ?n { ?s :p0 ?a BIND (IF(YEAR(?a) = 2021, RAND() < 2, false) AS ?n) }",
	} {
		q = "PREFIX : <http://e/> SELECT " + q
		agreesUnoptimized(t, snap, Options{}, q)
		agreesUnoptimized(t, snap, Options{Memory: 8 << 20, Disk: 1 << 30, TempDir: t.TempDir()}, q)
		agreesUnoptimized(t, snap, Options{SmallPieces: true}, q)
	}
}

// TestGraphCountsAgree: what is in each graph is counted by the index, without the default graph, and only where that is what is asked.
func TestGraphCountsAgree(t *testing.T) {
	t.Parallel()
	named := func(n int) (out []rdf.Quad) {
		for i := range n {
			out = append(out, rdf.Quad{S: rdf.IRI(fmt.Sprint("http://e/s", i)), P: rdf.IRI("http://e/p"), O: rdf.IRI(fmt.Sprint("http://e/s", i/2)), G: rdf.IRI(fmt.Sprint("http://e/g", i%7%3))})
		}
		return out
	}
	plain := func(n int) (out []rdf.Quad) {
		for i := range n {
			out = append(out, rdf.Quad{S: rdf.IRI(fmt.Sprint("http://e/s", i)), P: rdf.IRI("http://e/p"), O: rdf.IRI("http://e/x")})
		}
		return out
	}
	for i, c := range []struct {
		quads []rdf.Quad
		q     string
		stats bool
	}{
		{append(named(2000), plain(500)...), "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g", true},
		{append(named(2000), plain(500)...), "SELECT ?g (COUNT(?s) AS ?n) (COUNT(?g) AS ?m) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g", true},
		{named(2000), "SELECT ?g (COUNT(?o) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY DESC(?n)", true},
		{plain(500), "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g", true},
		{append(named(2000), plain(500)...), "SELECT ?g (COUNT(*) AS ?n) FROM NAMED <http://e/g1> { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g", false},
		{append(named(2000), plain(500)...), "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?s } } GROUP BY ?g", false},
		{append(named(2000), plain(500)...), "SELECT ?g (COUNT(DISTINCT ?s) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g", false},
		{append(named(2000), plain(500)...), "SELECT ?p (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?p", false},
		{append(named(2000), plain(500)...), "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", false},
		{append(named(2000), plain(500)...), "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?g } } GROUP BY ?g", false},
		{append(named(2000), plain(500)...), "SELECT ?g ?n { VALUES ?g { <http://e/g1> <http://e/none> } { SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g } }", true},
		{append(named(2000), plain(500)...), "SELECT ?g { ?g ?p ?o FILTER EXISTS { SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g } }", false},
	} {
		if leftOut(i) {
			continue
		}
		snap := snapshotOf(t, c.quads)
		agreesUnoptimized(t, snap, Options{}, c.q)
		agreesUnoptimized(t, snap, Options{UnionDefaultGraph: true}, c.q)
		plan, err := NewEngine(Options{}).Explain(t.Context(), snap, c.q)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(plan, "count") != c.stats {
			t.Errorf("%s:\n%s", c.q, plan)
		}
	}
}

// TestSumsAgree: sums and averages of expressions of one variable are those of its values row by row, whatever the values are.
func TestSumsAgree(t *testing.T) {
	t.Parallel()
	mixed := snapshotOf(t, mixedQuads(6, 3000))
	var quads []rdf.Quad
	for i := range 9000 {
		s := rdf.IRI(fmt.Sprint("http://e/s", i))
		quads = append(quads,
			rdf.Quad{S: s, P: rdf.IRI("http://e/price"), O: rdf.Literal(fmt.Sprint(i%700, [...]string{".5", ".25", ".125"}[i%3]), "http://e/USD")},
			rdf.Quad{S: s, P: rdf.IRI("http://e/name"), O: rdf.LangLiteral(strings.Repeat("æ", i%41), "nb")},
			rdf.Quad{S: s, P: rdf.IRI("http://e/of"), O: rdf.IRI(fmt.Sprint("http://e/g", i%11))})
		if i%1000 == 7 {
			quads = append(quads, rdf.Quad{S: s, P: rdf.IRI("http://e/price"), O: rdf.Literal("-", "http://e/USD")})
		}
	}
	large := snapshotOf(t, quads)
	for _, snap := range []store.Snapshot{mixed, large} {
		for i, c := range []struct{ group, of, body string }{
			{"?g", "STRLEN(?a)", "?s ?p ?a ; :of ?g"},
			{"?p", "STRLEN(STR(?a))", "?s ?p ?a"},
			{"?g", "xsd:double(STR(?a))", "?s :price ?a ; :of ?g"},
			{"", "xsd:double(STR(?a))", "?s :price ?a FILTER (STR(?a) != '-')"},
			{"?g", "xsd:float(STR(?a))", "?s :price ?a ; :of ?g"},
			{"?g", "xsd:decimal(STR(?a))", "?s :price ?a ; :of ?g FILTER (STR(?a) != '-')"},
			{"?g", "xsd:integer(STRAFTER(STR(?a), '.'))", "?s :price ?a ; :of ?g"},
			{"?g", "IF(STRSTARTS(STR(?a), '69'), xsd:decimal(STR(?a)), STRLEN(STR(?a)))", "?s :price ?a ; :of ?g"},
			{"?g", "IF(STRSTARTS(STR(?a), '69'), xsd:float('0.5'), xsd:double(STR(?a)))", "?s :price ?a ; :of ?g FILTER (STR(?a) != '-')"},
			{"", "IF(STRSTARTS(STR(?a), '69'), xsd:decimal(STR(?a)), IF(STRSTARTS(STR(?a), '5'), 2.5e-1, STRLEN(STR(?a))))", "?s :price ?a"},
			{"?s", "IF(STRSTARTS(STR(?a), '1'), xsd:decimal(STR(?a)), STRLEN(STR(?a)))", "?s :price ?a"},
			{"?p", "?a + 1", "?s ?p ?a"},
			{"?p", "?a * 2", "?s ?p ?a"},
			{"?p", "COALESCE(?a + 1, 1e0)", "?s ?p ?a"},
			{"?p", "COALESCE(STRLEN(?a), 0.5)", "?s ?p ?a"},
			{"", "STRLEN(?b)", "?s :p0 ?a OPTIONAL { ?s :p1 ?b }"},
			{"?g", "COALESCE(STRLEN(?b), 0.5)", "{ ?s :price ?b ; :of ?g } UNION { ?s :of ?g } UNION { ?s :name ?b ; :of ?g }"},
			{"", "IF(STRLEN(STR(?a)) > 3, 9223372036854775807, 1)", "?s ?p ?a"},
			{"", "STRLEN(?nothing)", "?s :none ?nothing"},
		} {
			if leftOut(i) {
				continue
			}
			const prefixes = "PREFIX : <http://e/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> SELECT "
			by := ""
			if c.group != "" {
				by = " GROUP BY " + c.group
			}
			// Of a variable, sums are computed from its values.
			text := prefixes + c.group + " (SUM(?v) AS ?n) (AVG(?v) AS ?m) { { SELECT " + c.group + " ?v { " + c.body + " BIND (" + c.of + " AS ?v) } } }" + by
			want, err := answer(t.Context(), NewEngine(Options{NoOptimizer: true}), snap, text)
			if err != nil {
				t.Fatal(err)
			}
			text = prefixes + c.group + " (SUM(" + c.of + ") AS ?n) (AVG(" + c.of + ") AS ?m) { " + c.body + " }" + by
			for _, o := range []Options{{}, {NoOptimizer: true}, {Memory: 8 << 20, Disk: 1 << 30, TempDir: t.TempDir()}, {SmallPieces: true}} {
				got, err := answer(t.Context(), NewEngine(o), snap, text)
				if err != nil {
					t.Fatal(err)
				}
				if err := sparqltest.Compare(want, got, false, false); err != nil {
					t.Errorf("%s: %v", text, err)
				}
			}
		}
	}
}

// TestTextConditionsAgree: conditions on the text of one variable, which are evaluated together from its terms, keep the rows that each of them keeps.
func TestTextConditionsAgree(t *testing.T) {
	t.Parallel()
	var quads []rdf.Quad
	add := func(i int, p string, o rdf.Term) {
		quads = append(quads, rdf.Quad{S: rdf.IRI(fmt.Sprint("http://e/s", i)), P: rdf.IRI("http://e/" + p), O: o})
	}
	for i := range 5000 {
		text := fmt.Sprint(string(rune('A'+i%26)), string(rune('a'+i%23)), " Ærlig vei ", i%977)
		switch i % 5 {
		case 0, 1:
			add(i, "n", rdf.String(text))
		case 2:
			add(i, "n", rdf.LangLiteral(text, "nb"))
		case 3:
			add(i, "n", rdf.Literal(fmt.Sprint(i%200), "http://www.w3.org/2001/XMLSchema#integer"))
		default:
			add(i, "n", rdf.IRI("http://e/x"+fmt.Sprint(i%300)))
		}
	}
	snap := snapshotOf(t, append(quads, mixedQuads(7, 1000)...))
	for i, f := range []string{
		"?a >= 'K' && ?a < 'T'",
		"CONTAINS(?a, 'k') && CONTAINS(?a, '9')",
		"(?a > 100 || STRSTARTS(?a, 'B')) && (isLITERAL(?a) && STRLEN(STR(?a)) > 2)",
		"(isIRI(?a) || CONTAINS(LCASE(?a), 'æ')) && STRENDS(STR(?a), '7') && REGEX(STR(?a), '[0-9]7$')",
		"REGEX(?a, 'vei', 'i') && (?a < 'M' || LANG(?a) = 'nb') && SUBSTR(?a, 2, 1) != 'c'",
		"STR(?a) > '1' && !(STR(?a) < '5') && ?a = ?a",
		"STRBEFORE(STR(?a), ' ') = 'Dd' && STRAFTER(?a, 'vei ') > '3'",
	} {
		for j, body := range []string{"?s :n ?a FILTER (%s)", "?s ?p ?a FILTER (%s)", "?s :p0 ?x OPTIONAL { ?s :n ?a } FILTER (%s)", "?s ?p ?o OPTIONAL { ?s :n ?a FILTER (%s) }"} {
			if leftOut(i + j) {
				continue
			}
			q := "PREFIX : <http://e/> SELECT * { " + fmt.Sprintf(body, f) + " }"
			agreesUnoptimized(t, snap, Options{}, q)
			agreesUnoptimized(t, snap, Options{SmallPieces: true}, q)
		}
	}
}

// TestTextsAgree: texts and lengths that are computed from the terms of one variable are what they are for each row.
func TestTextsAgree(t *testing.T) {
	t.Parallel()
	var quads []rdf.Quad
	for i := range 4000 {
		text := fmt.Sprint(string(rune('A'+i%26)), " Ærlig vei ", i%977)
		o := []rdf.Term{rdf.String(text), rdf.LangLiteral(text, "nb"), rdf.Literal(fmt.Sprint(i%200), "http://www.w3.org/2001/XMLSchema#integer"), rdf.IRI("http://e/x" + fmt.Sprint(i%300))}[i%4]
		quads = append(quads, rdf.Quad{S: rdf.IRI(fmt.Sprint("http://e/s", i)), P: rdf.IRI("http://e/n"), O: o})
	}
	snap := snapshotOf(t, append(quads, mixedQuads(8, 1000)...))
	for i, e := range []string{"SUBSTR(STR(?a), 1, 3)", "UCASE(?a)", "STRLEN(?a)", "STRLEN(STRBEFORE(STR(?a), '1'))", "STRAFTER(?a, ' ')", "LCASE(SUBSTR(?a, 2))"} {
		for j, body := range []string{
			"?v (COUNT(*) AS ?n) { ?s :n ?a BIND (%s AS ?v) } GROUP BY ?v",
			"?s ?v { ?s ?p ?o OPTIONAL { ?s :n ?a } BIND (%s AS ?v) }",
			"?s ?v ?p { ?s :p0 ?x BIND (%s AS ?v) ?s ?p ?v }",
			"(MIN(?v) AS ?m) (COUNT(DISTINCT ?v) AS ?n) { ?s ?p ?a BIND (%s AS ?v) }",
			"?s { ?s :n ?a FILTER EXISTS { ?s :n ?b BIND (%s AS ?v) FILTER (?v != '') } }",
		} {
			if leftOut(i + j) {
				continue
			}
			q := "PREFIX : <http://e/> SELECT " + fmt.Sprintf(body, e)
			agreesUnoptimized(t, snap, Options{}, q)
			agreesUnoptimized(t, snap, Options{Memory: 8 << 20, Disk: 1 << 30, TempDir: t.TempDir()}, q)
		}
	}
}
