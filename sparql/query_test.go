package sparql

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/rdf/turtle"
	"triplestore/sparql/syntax"
	"triplestore/store"
)

const testData = `
@prefix : <http://e/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:a :p :b ; :n 3 ; :l "hei"@nb , "hello"@en .
:b :p :c ; :n 5 .
:c :p :d ; :n 2.5 ; :l "plain" .
:d :q _:x . _:x :q "inner" .
:g1 { :a :p :b . :x :p :y . :y :n 1 . }
:g2 { :x :p :y . :x :p :z . }
`

func parseTrig(t testing.TB, text string) []rdf.Quad {
	t.Helper()
	var out []rdf.Quad
	err := turtle.Parse(context.Background(), strings.NewReader(text), turtle.Options{Dialect: turtle.TriG, Base: "http://e/"},
		func(q []rdf.Quad) error {
			out = append(out, q...)
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// short writes terms as briefly as the tables below do.
func short(x rdf.Term) string {
	switch {
	case x.IsZero():
		return "-"
	case x.IsIRI():
		return strings.TrimPrefix(x.Value(), "http://e/")
	case x.IsBlankNode():
		return "_"
	case x.Lang() != "":
		return x.Value() + "@" + x.Lang()
	}
	return x.Value()
}

func TestQueries(t *testing.T) {
	snap := snapshotOf(t, parseTrig(t, testData))
	union := Options{UnionDefaultGraph: true}
	tests := []struct {
		query   string
		options Options
		want    string // solutions, sorted, separated by |
	}{
		// Which graphs a pattern sees (https://www.w3.org/TR/sparql12-query/#rdfDataset).
		{query: "SELECT ?s ?o { ?s :p ?o }", want: "a b|b c|c d"},
		{query: "SELECT ?s ?o { ?s :p ?o }", options: union, want: "a b|b c|c d|x y|x z"},
		{query: "SELECT (COUNT(*) AS ?n) { ?s :p ?o }", options: union, want: "5"},
		{query: "SELECT (COUNT(*) AS ?n) { ?s :p ?o }", want: "3"},
		{query: "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p", options: union, want: "l 3|n 4|p 5|q 2"},
		{query: "SELECT ?g ?o { GRAPH ?g { :x :p ?o } }", want: "g1 y|g2 y|g2 z"},
		{query: "SELECT ?o { GRAPH :g2 { :x :p ?o } }", want: "y|z"},
		{query: "SELECT ?o { GRAPH :none { :x :p ?o } }", want: ""},
		{query: "SELECT ?s ?o FROM :g1 FROM :g2 { ?s :p ?o }", want: "a b|x y|x z"},
		{query: "SELECT ?g FROM NAMED :g1 { GRAPH ?g { } }", want: "g1"},
		{query: "SELECT ?s FROM NAMED :g1 { ?s ?p ?o }", want: ""},
		// A key that its sub-select never binds is unbound for the filter beside it, whatever is joined later.
		{query: "SELECT ?c ?b ?n { ?c :p ?b { { SELECT ?b (COUNT(*) AS ?n) { ?e :n 3 } GROUP BY ?b } FILTER (NOT EXISTS { ?x :q ?b }) } }", want: ""},
		{query: "SELECT ?c ?b ?n { ?c :p ?b { { SELECT ?b (COUNT(*) AS ?n) { ?e :n 3 } GROUP BY ?b } FILTER (NOT EXISTS { ?x :none ?b }) } }", want: "a b 1|b c 1|c d 1"},
		{query: "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g", want: "g1 3|g2 2"},
		{query: "SELECT ?g ?n { GRAPH ?g { SELECT (COUNT(*) AS ?n) { ?s :p ?o } } }", want: "g1 2|g2 2"},
		{query: "SELECT ?g ?o { GRAPH ?g { :x :p+ ?o } }", want: "g1 y|g2 y|g2 z"},
		{query: "SELECT ?g { GRAPH ?g { ?s :p :y FILTER (?g = :g1) } }", want: ""}, // ?g is bound outside of the group only
		{query: "SELECT ?g { GRAPH ?g { ?s :p :y } FILTER (?g = :g1) }", want: "g1"},
		{query: "SELECT ?g ?s { GRAPH ?g { ?s :p :z MINUS { ?s :n 1 } } }", want: "g2 x"},
		// OPTIONAL, MINUS and EXISTS.
		{query: "SELECT ?s ?n { ?s :p ?o OPTIONAL { ?o :n ?n FILTER (?n > 4) } }", want: "a 5|b -|c -"},
		{query: "SELECT ?s ?x { ?s :p ?o OPTIONAL { ?o :p ?z . ?z :n ?x } }", want: "a 2.5|b -|c -"},
		{query: "SELECT ?s { ?s :p ?o MINUS { ?o :n ?n } }", want: "c"},
		{query: "SELECT ?s { ?s :p ?o MINUS { ?x :n ?n } }", want: "a|b|c"}, // nothing in common
		{query: "SELECT ?s { ?s :p ?o MINUS { ?x :n ?n FILTER (?n = 3 || ?s = :a) } }", want: "a|b|c"},
		{query: "SELECT ?s { ?s :p ?o FILTER NOT EXISTS { ?x :n ?n FILTER (?x = ?s && ?n > 4) } }", want: "a|c"},
		{query: "SELECT ?s { ?s :p ?o FILTER (EXISTS { ?o :l ?l } || ?s = :a) }", want: "a|b"},
		{query: "SELECT ?s { ?s :p ?o FILTER EXISTS { ?o :p ?z OPTIONAL { ?z :n ?n } FILTER (!BOUND(?n)) } }", want: "b"},
		// A filter inside EXISTS sees the value from outside also where its own pattern may leave the variable unbound.
		{query: "SELECT ?s { ?s :n ?v FILTER NOT EXISTS { VALUES ?v { UNDEF 5 } FILTER NOT EXISTS { :a :n ?v } } }", want: "a"},
		// A value from outside is in every solution of a sub-select that shows its variable, and counts for DISTINCT.
		{query: "SELECT ?s ?x { ?s :n 3 LATERAL { SELECT DISTINCT ?s ?x { { ?y :n 5 BIND (:k AS ?x) } UNION { ?s :p ?z BIND (:k AS ?x) } } } }", want: "a k"},
		{query: "SELECT ?s ?x { ?s :q ?v FILTER NOT EXISTS { { SELECT ?s { } GROUP BY ?s } MINUS { ?s :q ?v } } }", want: "_ -|d -"},
		{query: "SELECT ?s { ?s :n ?n LATERAL { SELECT DISTINCT ?s ?n ?x { { ?x :p :d } UNION { ?s :n ?n . ?x :p :d } UNION { ?x :p :b } } ORDER BY ?x LIMIT 1 OFFSET 1 } }", want: "a|b|c"},
		// A pattern within EXISTS that is planned in different ways for different solutions.
		{query: "SELECT ?s { { ?s :n ?n OPTIONAL { ?s :q ?x } } UNION { ?s :q ?x } FILTER EXISTS { ?y :p ?z MINUS { ?s :q ?x } FILTER NOT EXISTS { ?x :none ?z } } }", want: "_|a|b|c|d"},
		// What is grouped away is another variable than the result of the same name.
		{query: "SELECT ?s ?n { ?s :n ?n FILTER EXISTS { { SELECT (MAX(?n) AS ?n) { ?x :n ?n } } } }", want: "b 5"},
		{query: "SELECT ?s { ?s :q ?n FILTER EXISTS { SELECT ?z (SUM(?z) AS ?s) { ?s :p ?n } GROUP BY ?z } }", want: "_|d"},
		{query: "SELECT ?s ?v { VALUES (?s ?v) { (:a UNDEF) (UNDEF 3) } ?s :n ?v }", want: "a 3|a 3"},
		{query: "SELECT ?a ?b { { VALUES (?a ?b) { (1 UNDEF) (UNDEF 2) } } { VALUES (?a ?b) { (1 2) (3 UNDEF) } } }", want: "1 2|1 2|3 2"},
		// A variable of a sub-select that is not projected is another one.
		{query: "SELECT ?s ?n { ?s :n ?n { SELECT ?s { ?s :p ?n } } }", want: "a 3|b 5|c 2.5"},
		{query: "SELECT ?s { ?s :p ?o { SELECT (MAX(?o) AS ?m) { ?x :n ?o } } FILTER (?m = 5) }", want: "a|b|c"},
		// Languages, numbers of several types, terms that only the query has.
		{query: `SELECT ?s { ?s :l ?l FILTER (lang(?l) = "nb") }`, want: "a"},
		{query: `SELECT ?l { ?s :l ?l FILTER (lang(?l) = "") }`, want: "plain"},
		{query: `SELECT ?l { ?s :l ?l FILTER langMatches(lang(?l), "*") }`, want: "hei@nb|hello@en"},
		{query: "SELECT ?s { ?s :n ?n FILTER (?n >= 2.5 && ?n < 5) }", want: "a|c"},
		{query: "SELECT ?s { ?s :n ?n FILTER (?n = 3.0) }", want: "a"},
		{query: "SELECT ?s { ?s :n 3.0 }", want: ""},
		{query: "SELECT ?s { ?s :n ?n BIND (?n + 1 AS ?m) FILTER (?m IN (4, 6)) }", want: "a|b"},
		{query: "SELECT ?s { ?s :n ?n BIND (?n - 0.5 AS ?m) ?x :n ?m }", want: "a"},
		{query: "SELECT ?x { :c :n ?n BIND (?n * 2 AS ?m) ?x :n ?v FILTER (?v = ?m) }", want: "b"},
		{query: `SELECT ?x { BIND (CONCAT("pl", "ain") AS ?l) ?x :l ?l }`, want: "c"},
		{query: "SELECT ?s (COUNT(DISTINCT ?o) AS ?n) { ?s ?p ?o } GROUP BY ?s HAVING (?n > 2)", want: "a 4|c 3"},
		{query: "SELECT (SUM(?n) AS ?t) (MIN(?n) AS ?lo) (MAX(?n) AS ?hi) (COUNT(?n) AS ?c) { ?s :n ?n }", want: "10.5 2.5 5 3"},
		{query: "SELECT (AVG(?n) AS ?t) { ?s :nothing ?n }", want: "0"},
		{query: "SELECT (GROUP_CONCAT(?l; SEPARATOR = \"+\") AS ?t) { :c :l ?l }", want: "plain"},
		// Paths.
		{query: "SELECT ?x { :a :p* ?x }", want: "a|b|c|d"},
		{query: "SELECT ?x { ?x :p+ :d }", want: "a|b|c"},
		{query: "SELECT ?x { :nowhere :p* ?x }", want: "nowhere"},
		{query: "SELECT ?x { :nowhere (:p?|:q)+ ?x }", want: "nowhere"},
		{query: "SELECT ?x { :nowhere (:p*/:p?)+ ?x }", want: ""}, // the middle of a sequence is a variable, which stands for nodes of the graph only
		{query: "SELECT ?x { ?x (:p*/:p?)+ :nowhere }", want: ""},
		{query: "SELECT ?x { ?x (:p*/:p?)+ :b }", want: "a|b"},
		{query: "SELECT (COUNT(*) AS ?n) { ?x :p* ?y }", want: "18"},
		{query: "SELECT ?x { :a (:p/:p)* ?x }", want: "a|c"},
		{query: "SELECT ?x { :a !(:p|:l) ?x }", want: "3"},
		{query: "SELECT ?x { :c (^:p)+ ?x }", want: "a|b"},
		{query: "SELECT ?x ?y { ?x :p{0} ?y }", want: "error"},
		// Solution modifiers.
		{query: "SELECT ?s { ?s :n ?n } ORDER BY DESC(?n) LIMIT 1 OFFSET 1", want: "a"},
		{query: "SELECT DISTINCT ?s { ?s :l|:n ?o }", want: "a|b|c"},
		{query: "SELECT ?s { ?s :n ?n } LIMIT 0", want: ""},
	}
	for _, test := range tests {
		for _, naive := range []bool{false, true} {
			o := test.options
			o.NoOptimizer = naive
			r, err := NewEngine(o).Query(context.Background(), snap, "PREFIX : <http://e/> "+test.query)
			if err != nil {
				var se *syntax.Error
				if test.want != "error" || !errors.As(err, &se) {
					t.Errorf("%s: %v", test.query, err)
				}
				continue
			}
			var rows []string
			for row, err := range r.Rows() {
				if err != nil {
					t.Fatal(err)
				}
				var cells []string
				for _, x := range row {
					cells = append(cells, short(x))
				}
				rows = append(rows, strings.Join(cells, " "))
			}
			r.Close()
			slices.Sort(rows)
			if got := strings.Join(rows, "|"); got != test.want {
				t.Errorf("%s (naive %v): got %s, want %s", test.query, naive, got, test.want)
			}
		}
	}
}

func TestGraphResults(t *testing.T) {
	snap := snapshotOf(t, parseTrig(t, testData))
	for query, want := range map[string]string{
		"CONSTRUCT { ?o :back ?s } { ?s :p ?o }":                               "b back a|c back b|d back c",
		"CONSTRUCT { ?n :of ?s . ?s :q _:b . _:b :r ?n } { ?s :n ?n } LIMIT 1": "_ r 3|a q _", // a literal is no subject
		"CONSTRUCT { :s :p :o } { ?s ?p ?o }":                                  "s p o",
		"CONSTRUCT { ?s :x ?unbound } { ?s :p ?o }":                            "",
		"CONSTRUCT WHERE { :a :n ?n }":                                         "a n 3",
		"DESCRIBE :d":                                                          "_ q inner|d q _",
		"DESCRIBE ?s { ?s :n 5 }":                                              "b n 5|b p c",
		"DESCRIBE :nowhere":                                                    "",
	} {
		r, err := NewEngine(Options{}).Query(context.Background(), snap, "PREFIX : <http://e/> "+query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		var got []string
		for x, err := range r.Triples() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, short(x.S)+" "+short(x.P)+" "+short(x.O))
		}
		r.Close()
		slices.Sort(got)
		if g := strings.Join(got, "|"); g != want {
			t.Errorf("%s: got %s, want %s", query, g, want)
		}
	}
}

func TestAsk(t *testing.T) {
	snap := snapshotOf(t, parseTrig(t, testData))
	for query, want := range map[string]bool{"ASK { ?s :p ?o }": true, "ASK { ?s :p 1 }": false, "ASK {}": true, "ASK { FILTER (false) }": false} {
		r, err := NewEngine(Options{}).Query(context.Background(), snap, "PREFIX : <http://e/> "+query)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Bool(); err != nil || got != want {
			t.Errorf("%s: got %v, %v", query, got, err)
		}
		r.Close()
	}
}

func TestUnsupported(t *testing.T) {
	snap := snapshotOf(t, nil)
	for query, feature := range map[string]string{
		"SELECT * { ?s ?p ?o FILTER <http://e/f>(?o) }":  "http://e/f",
		"SELECT (<http://e/agg>(?o) AS ?x) { ?s ?p ?o }": "http://e/agg",
	} {
		_, err := NewEngine(Options{}).Query(context.Background(), snap, query)
		var u *UnsupportedError
		if !errors.As(err, &u) || !strings.Contains(u.Feature, feature) {
			t.Errorf("%s: got %v", query, err)
		}
	}
}

// TestProtocolDataset: the dataset of the protocol replaces the query's.
func TestProtocolDataset(t *testing.T) {
	snap := snapshotOf(t, parseTrig(t, testData))
	o := Options{Dataset: true, Default: []rdf.Term{rdf.IRI("http://e/g2")}, Named: []rdf.Term{rdf.IRI("http://e/g1")}}
	got, err := bag(NewEngine(o), snap, "SELECT ?o ?g FROM <http://e/g1> { { <http://e/x> ?p ?o } UNION { GRAPH ?g { } } }")
	if want := "[ <http://e/g1>] [<http://e/y> ] [<http://e/z> ]"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("got %v, %v", got, err)
	}
}

// TestWork: plans read about as many rows as they must.
func TestWork(t *testing.T) {
	snap := snapshotOf(t, denseQuads(5000, 4))
	counting := &countingSnapshot{Snapshot: snap}
	for query, limit := range map[string]int{
		"SELECT * { ?a :p ?b . ?b :label ?l . ?a :label \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa7\" }": 5000,
		"SELECT (COUNT(*) AS ?n) { ?a ?p ?b }":                                                 0,
		"SELECT ?p (COUNT(*) AS ?n) { ?a ?p ?b } GROUP BY ?p":                                  20000,
		"SELECT * { :n3 :p ?b . ?b :p ?c . ?c :label ?l }":                                     200000,
		"ASK { ?a :p ?b }": 5000,
	} {
		counting.rows = 0
		if err := run(context.Background(), counting, query, Options{}); err != nil {
			t.Fatal(err)
		}
		if counting.rows > limit {
			t.Errorf("%s read %d rows, more than %d", query, counting.rows, limit)
		}
	}
}

// countingSnapshot counts the rows that scans yield.
type countingSnapshot struct {
	store.Snapshot
	rows int
}

func (s *countingSnapshot) Scan(ctx context.Context, r store.Range, c store.ColumnSet) store.Cursor {
	return &countingCursor{s.Snapshot.Scan(ctx, r, c), s}
}

type countingCursor struct {
	store.Cursor
	s *countingSnapshot
}

func (c *countingCursor) Next() (store.Block, error) {
	b, err := c.Cursor.Next()
	c.s.rows += b.Len
	return b, err
}
