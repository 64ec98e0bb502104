package syntax

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"triplestore/internal/cputime"
	"triplestore/internal/w3c"
)

const example = "PREFIX : <http://e/>\n"

// TestErrors pins messages, places and carets. In the text, the mistake that must be marked stands between ⟦ and ⟧.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, msg string }{
		{"⟦SELCT⟧ * {}", "expected SELECT, ASK, CONSTRUCT or DESCRIBE (did you mean SELECT?), found 'SELCT'"},
		{"⟦⟧", "expected SELECT, ASK, CONSTRUCT or DESCRIBE, found the end of the text"},
		{"⟦INSERT⟧ DATA {}", "expected a query (SELECT, ASK, CONSTRUCT or DESCRIBE); this is an update, found 'INSERT'"},
		{"SELECT ⟦WHERE⟧ {}", "expected '*', a variable or '(' expression AS variable ')', found 'WHERE'"},
		{"SELECT ?x⟦,⟧ ?y {}", "the variables of SELECT are separated by blanks, not commas"},
		{"SELECT * { ?s ?p \"x\"⟦@abcdefghi⟧ }", "a part of the language tag has more than 8 characters"},
		{"SELECT * { ?s ?p \"x\"⟦@en-abcdefghi⟧--ltr }", "a part of the language tag has more than 8 characters"},
		{"SELECT * { FILTER(\"x\"⟦@" + strings.Repeat("x", 5000) + "⟧ = 1) }", "a part of the language tag has more than 8 characters"},
		{"SELECT * { ?s ?p \"x\"^^⟦<http://www.w3.org/1999/02/22-rdf-syntax-ns#langString>⟧ }", "a literal of datatype rdf:langString must have a language tag instead"},
		{"PREFIX r: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> SELECT * { FILTER(?o = \"x\"^^⟦r:dirLangString⟧) }", "a literal of datatype rdf:dirLangString must have a language tag instead"},
		{"SELECT * { ?s ?p ⟦}⟧", "expected an object, found '}'"},
		{"SELECT * { ?s ⟦}⟧", "expected a predicate: an IRI, a variable or 'a', found '}'"},
		{"SELECT * { ?s ?p ?o ⟦⟧", "expected a pattern or '}', found the end of the text"},
		{"SELECT * { ?s ?p ?o ⟦?s2⟧ ?p2 ?o2 }", "expected '.' and another triple, ';', ',' or '}', found '?s2'"},
		{"SELECT * { } ⟦}⟧", "expected the end of the query; there is one '}' too many, found '}'"},
		{"SELECT * { } ⟦LIMTI⟧ 3", "expected the end of the query (did you mean LIMIT?), found 'LIMTI'"},
		{"SELECT * { } LIMIT ⟦ten⟧", "expected a whole number after LIMIT, found 'ten'"},
		{"SELECT * { ⟦FLITER⟧(?x) }", "expected a pattern or '}' (did you mean FILTER?), found 'FLITER'"},
		{"SELECT * { ?s ?p ?o ⟦ORDER⟧ BY ?s }", "expected '}' first: ORDER comes after the pattern's braces, found 'ORDER'"},
		{"SELECT * {\n  # æøå 𝄞\n  ?s ⟦dcat:⟧theme ?o\n}",
			"the prefix 'dcat:' is not declared; did you mean PREFIX dcat: <http://www.w3.org/ns/dcat#>?"},
		{"PREFIX dct: <http://purl.org/dc/terms/> SELECT * { ?s ⟦dtc:⟧title ?o }", "the prefix 'dtc:' is not declared; did you mean 'dct:'?"},
		{"SELECT * { ?s ⟦zzzz:⟧p ?o }", "the prefix 'zzzz:' is not declared; write PREFIX zzzz: <…> at the start"},
		{"SELECT * { ⟦<a>⟧ ?p ?o }", "the relative IRI <a> needs a BASE"},
		{"SELECT * { ?s ?p \"𝄞 a⟦\\q⟧\" }", `unknown escape \q; \ itself is written \\`},
		{"SELECT * { ?s ?p \"⟦\\uD83C⟧\" }",
			`the escape stands for a surrogate, which is no character; write the character itself or \U and 8 digits`},
		{"SELECT * { ?s ?p ⟦\"abc⟧\n }", `the string has no closing " on its line; strings of several lines are written in three quotes`},
		{"SELECT * { ?s ?p ⟦\"⟧\"\"abc }", "the string that starts here has no end"},
		{"SELECT * { ?s ?p ⟦“⟧abc” }", "unexpected quotation mark “; strings are written with \" or '"},
		{"SELECT * { ?s ?p \"a\"@en⟦--up⟧ }", "expected the base direction --ltr or --rtl"},
		{"SELECT * { FILTER(?x =⟦=⟧ ?y) }", "equality is written with one '='"},
		{"SELECT * { FILTER(⟦STRLENGTH⟧(?x) > 1) }", "there is no function 'STRLENGTH'"},
		{"SELECT * { FILTER(⟦STRLENT⟧(?x) > 1) }", "there is no function 'STRLENT'; did you mean STRLEN?"},
		{"SELECT * { FILTER(⟦STRLEN(?x, ?y)⟧ > 1) }", "STRLEN takes 1 argument, not 2"},
		{"SELECT * { FILTER(?x = ⟦abc⟧) }", "expected an expression, found 'abc'; variables begin with '?' and strings stand in quotes"},
		{"SELECT * { FILTER(⟦COUNT⟧(?x) > 1) }", "the aggregate COUNT is not allowed here, only in SELECT, HAVING and ORDER BY"},
		{"SELECT (SUM(⟦COUNT⟧(?x)) AS ?n) {}", "the aggregate COUNT stands inside another aggregate"},
		{"SELECT ⟦?x⟧ (COUNT(*) AS ?n) { ?x ?p ?o } GROUP BY ?p",
			"the variable ?x is not grouped: put it in GROUP BY or in an aggregate such as SAMPLE(?x)"},
		{"⟦SELECT⟧ * { ?s ?p ?o } GROUP BY ?s", "SELECT * is not allowed in a query with groups or aggregates: list the variables"},
		{"SELECT ⟦(1 AS ?s)⟧ { ?s ?p ?o }", "the variable ?s is already in use in the pattern: choose another name after AS"},
		{"SELECT * { ?s ?p ?o BIND(1 AS ⟦?s⟧) }", "the variable ?s is already in use in this group, so BIND cannot bind it"},
		{"SELECT * { ?s ?p ?o LATERAL ⟦{⟧ BIND(123 AS ?o) } }",
			"?o has a value from before LATERAL, so BIND, VALUES or AS in it cannot give it another: choose another name"},
		{"SELECT * { ?s ?p ?o LATERAL ⟦{⟧ SELECT (COUNT(*) AS ?o) { ?s ?q ?r } } }",
			"?o has a value from before LATERAL, so BIND, VALUES or AS in it cannot give it another: choose another name"},
		{"SELECT * { ?s ?p ?o LATERAL ⟦{⟧ { ?s ?q ?x } UNION { OPTIONAL { GRAPH ?g { VALUES (?x ?p) { (1 2) } } } } } }",
			"?p has a value from before LATERAL, so BIND, VALUES or AS in it cannot give it another: choose another name"},
		{"SELECT * { ?s ?p ?o LATERAL ⟦{⟧ { SELECT ?o { BIND(123 AS ?o) } } } }",
			"?o has a value from before LATERAL, so BIND, VALUES or AS in it cannot give it another: choose another name"},
		{"SELECT * { _:a ?p ?o . OPTIONAL { ⟦_:a⟧ ?q ?r } }",
			"the blank node label _:a is used in another basic graph pattern; use a variable to join them"},
		{"SELECT * { VALUES (?a ?b) { ⟦(1)⟧ } }", "this row has 1 values for 2 variables"},
		{"SELECT * { VALUES ?a { ⟦_:b⟧ } }", "blank nodes are not allowed in VALUES"},
		{"SELECT * { { ?s ?p ?o } ⟦SELECT⟧ ?x {} }", "a sub-select stands alone in braces of its own: { SELECT … }"},
		{"SELECT * { ?s <x:p>⟦{⟧1,3} ?o }", "counted paths such as {1,3} are not part of SPARQL; write the path out"},
		{"SELECT * { ?s <x:p>/⟦?v⟧ ?o }", "a variable cannot be part of a property path"},
		{"CONSTRUCT { ?s <x:p>⟦/⟧<x:q> ?o } WHERE {}", "a property path is not allowed here"},
		{"SELECT * { ?s <x:p>+ ?o ⟦{|⟧ <x:q> 1 |} }", "a triple whose predicate is a property path cannot be annotated"},
		{"SELECT * { BIND(⟦<<⟧ ?s ?p ?o >> AS ?t) }", "a reified triple is not allowed in an expression; a triple term is written <<( … )>>"},
		{"SELECT * { ?s ?p ?o FILTER(?a ⟦⟧", "expected ')' at the end of the expression, found the end of the text"},
		{"SELECT * { ?s ?p ⟦\u00a0⟧ }", "unexpected character U+00A0"},
		{"SELECT * { ?s ?p ⟦\xff⟧ }", "the text is not valid UTF-8 here"},
	} {
		start := strings.Index(c.text, "⟦")
		text := strings.NewReplacer("⟦", "", "⟧", "").Replace(c.text)
		_, err := ParseQuery(text, Options{})
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q: got %v, want an *Error", text, err)
			continue
		}
		end := strings.Index(c.text, "⟧") - len("⟦")
		if e.Msg != c.msg || e.Start != start || e.End != end {
			t.Errorf("%q:\n got %d-%d %s\nwant %d-%d %s", text, e.Start, e.End, e.Msg, start, end, c.msg)
		}
	}
}

func TestErrorPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text         string
		line, column int
		snippet      string
	}{
		{"SELECT * {\r\n  # æøå\r\n\t\"ø𝄞\" nope: ?o }", 3, 7, "\t\"ø𝄞\" nope: ?o }\n\t     ^^^^^"},
		{"SELECT *\r{\r?s ?p }", 3, 7, "?s ?p }\n      ^"},
		{"SELECT * {", 1, 11, "SELECT * {\n          ^"},
		{"SELECT * { " + strings.Repeat("x:a ", 40) + "<< " + strings.Repeat("y ", 40), 1, 12, ""},
	} {
		_, err := ParseQuery(c.text, Options{})
		var e *Error
		if !errors.As(err, &e) {
			t.Fatalf("%q: %v", c.text, err)
		}
		if e.Line != c.line || e.Column != c.column {
			t.Errorf("%q: got line %d, column %d: %s", c.text, e.Line, e.Column, e.Msg)
		}
		if got := e.Snippet(); c.snippet != "" && got != c.snippet {
			t.Errorf("%q: got\n%s\nwant\n%s", c.text, got, c.snippet)
		}
		for _, line := range strings.Split(e.Snippet(), "\n") {
			if len(line) > 200 {
				t.Errorf("%q: a line of %d bytes", c.text, len(line))
			}
		}
	}
}

func TestUpdateErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, msg string }{
		{"SELECT * {}", "expected an update; this is a query, found 'SELECT'"},
		{"INSERT DATA { ?s :p :o }", "variables are not allowed in INSERT DATA"},
		{"DELETE DATA { _:b :p :o }", "blank nodes are not allowed in DELETE DATA"},
		{"DELETE { [] :p :o } WHERE {}", "blank nodes are not allowed in DELETE"},
		{"DELETE WHERE { _:b :p :o }", "blank nodes are not allowed in DELETE WHERE"},
		{"INSERT DATA { _:b :p :o } ; INSERT DATA { _:b :p :o }", "the blank node label _:b is used in another INSERT DATA of this request"},
		{"INSERT { :s :p :o }", "expected WHERE, found the end of the text"},
		{"INSERT DATA { :s :p \"x\"@en-abcdefghi }", "a part of the language tag has more than 8 characters"},
		{"INSERT DATA { :s :p \"x\"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#langString> }", "a literal of datatype rdf:langString must have a language tag instead"},
		{"CREATE DEFAULT", "expected GRAPH, found 'DEFAULT'"},
		{"CLEAR", "expected GRAPH, DEFAULT, NAMED or ALL, found the end of the text"},
		{"INSERT DATA { :s :p :o . FILTER(true) }", "expected a triple, GRAPH or '}': other patterns are not allowed here, found 'FILTER'"},
		{"CLEAR ALL CLEAR ALL", "expected ';' and another operation, or the end of the update, found 'CLEAR'"},
	} {
		_, err := ParseUpdate(example+c.text, Options{})
		var e *Error
		if !errors.As(err, &e) || e.Msg != c.msg {
			t.Errorf("%q:\n got %v\nwant %s", c.text, err, c.msg)
		}
	}
}

// TestLimits checks that hostile texts are refused in short time and without deep recursion.
func TestLimits(t *testing.T) {
	t.Parallel()
	const n = 200_000
	for name, text := range map[string]string{
		"groups":        "SELECT * " + strings.Repeat("{", n),
		"parentheses":   "SELECT * { FILTER " + strings.Repeat("(", n),
		"not":           "SELECT * { FILTER (" + strings.Repeat("!", n) + "true) }",
		"sums":          "SELECT * { FILTER (1" + strings.Repeat("+1", n) + ") }",
		"signed sums":   "SELECT * { FILTER (1" + strings.Repeat(" -1", n) + ") }",
		"products":      "SELECT * { FILTER (1" + strings.Repeat("*1", n) + ") }",
		"paths":         "SELECT * { ?s " + strings.Repeat("(", n),
		"lists":         "SELECT * { " + strings.Repeat("(", n),
		"blank nodes":   "SELECT * { " + strings.Repeat("[<x:p>", n),
		"triple terms":  "SELECT * { ?s ?p " + strings.Repeat("<<( ?s ?p ", n),
		"reified":       "SELECT * { " + strings.Repeat("<< ", n),
		"annotations":   "SELECT * { ?s ?p ?o " + strings.Repeat("{| ?p ?o ", n),
		"functions":     "SELECT * { FILTER " + strings.Repeat("STR(", n),
		"sub-selects":   strings.Repeat("SELECT * { ", n),
		"names":         "SELECT * { " + strings.Repeat("a.", n),
		"exists":        "SELECT * { " + strings.Repeat("FILTER EXISTS { ", n),
		"long prefixes": "PREFIX a: <x:" + strings.Repeat("y", n) + "> SELECT * { " + strings.Repeat("a:a a:a a:a.", n/10),
	} {
		var err error
		d := cputime.Thread(func() { _, err = ParseQuery(text, Options{}) })
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
		if d > 5*time.Second {
			t.Errorf("%s took %v", name, d)
		}
	}
	for name, text := range map[string]string{
		"or":       "SELECT * { FILTER (?x = 1" + strings.Repeat(" || ?x = 1", n/10) + ") }",
		"and":      "SELECT * { FILTER (?x = 1" + strings.Repeat(" && ?x = 1", n/10) + ") }",
		"sequence": "SELECT * { ?s <x:p>" + strings.Repeat("/<x:p>", n/10) + " ?o }",
		"unions":   "SELECT * { {}" + strings.Repeat(" UNION {}", n/10) + " }",
		"triples":  "SELECT * { " + strings.Repeat("?s ?p ?o . ", n/10) + " }",
		"list":     "SELECT * { ?s ?p (" + strings.Repeat("1 ", n/10) + ") }",
		"in":       "SELECT * { FILTER (?x IN (1" + strings.Repeat(",1", n/10) + ")) }",
		"depth":    "SELECT * " + strings.Repeat("{", MaxDepth) + strings.Repeat("}", MaxDepth),
	} {
		if _, err := ParseQuery(text, Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRoundTrip parses what the printer prints of every text of the suites, twice.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	n := 0
	for _, text := range suiteTexts(t) {
		if roundTrip(t, text) {
			n++
		}
	}
	t.Logf("%d texts", n)
	if n < 1000 {
		t.Errorf("only %d texts were read", n)
	}
}

func suiteTexts(t testing.TB) []string {
	var out []string
	root := filepath.Join(w3c.Root(t), "rdf-tests", "sparql")
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if ext := filepath.Ext(path); err != nil || ext != ".rq" && ext != ".ru" {
			return err
		}
		text, err := os.ReadFile(path)
		out = append(out, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// roundTrip checks that printing a text and parsing it again changes nothing. It reports whether the text was valid.
func roundTrip(t *testing.T, text string) bool {
	o := Options{Base: "http://example.org/"}
	if q, err := ParseQuery(text, o); err == nil {
		first := q.String()
		again, err := ParseQuery(first, Options{})
		switch {
		case err != nil && !strings.Contains(err.Error(), "nested more"):
			t.Errorf("%q was printed as %s: %v", text, first, err)
		case err == nil && again.String() != first:
			t.Errorf("%q was printed as\n%s\nand then\n%s", text, first, again)
		}
		return true
	}
	if u, err := ParseUpdate(text, o); err == nil {
		first := u.String()
		again, err := ParseUpdate(first, Options{})
		switch {
		case err != nil && !strings.Contains(err.Error(), "nested more"):
			t.Errorf("%q was printed as %s: %v", text, first, err)
		case err == nil && again.String() != first:
			t.Errorf("%q was printed as\n%s\nand then\n%s", text, first, again)
		}
		return true
	}
	return false
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"SELECT * { ?s ?p ?o }", "ASK { << ?s ?p ?o ~ _:r >> <x:p> (1 2.0 3e0 true) }", "CONSTRUCT WHERE { ?s <x:p> [ <x:q> 'a'@en--ltr ] }",
		"DESCRIBE * { ?s (^<x:p>|!(<x:q>|^a))+/<x:r>? ?o FILTER(?o IN (1, -1) && !EXISTS { ?o ?p ?q }) }",
		"SELECT (COUNT(DISTINCT ?x) + 1 AS ?n) { { SELECT ?x { VALUES (?x ?y) { (UNDEF <<( <x:a> a 1 )>>) } } } } GROUP BY (STR(?x) AS ?z) HAVING (?n > 1) ORDER BY DESC(?n) LIMIT 1 OFFSET 2",
		"PREFIX a: <x:> INSERT DATA { GRAPH a:g { a:s a:p 'o' {| a:q _:b |} } } ; DELETE WHERE { ?s ?p ?o } ; COPY DEFAULT TO a:g",
		"SELECT * { ?s ?p \"\\u00e6\\\\\" MINUS { ?s ?p ?o } LATERAL { BIND(1 AS ?z) } SERVICE SILENT ?s { } }",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			return
		}
		for _, parse := range []func() error{
			func() error { _, err := ParseQuery(text, Options{}); return err },
			func() error { _, err := ParseUpdate(text, Options{}); return err },
		} {
			var e *Error
			if err := parse(); err != nil {
				if !errors.As(err, &e) {
					t.Fatalf("%T: %v", err, err)
				}
				_ = e.Snippet()
			}
		}
		roundTrip(t, text)
	})
}
