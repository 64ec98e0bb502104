package refexec_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/rdf/turtle"
	"triplestore/sparql/algebra"
	"triplestore/sparql/refexec"
	"triplestore/sparql/syntax"
)

const prefix = "PREFIX : <x:>\n"

func translate(t testing.TB, text string) *algebra.Query {
	t.Helper()
	parsed, err := syntax.ParseQuery(prefix+text, syntax.Options{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	q, err := algebra.Translate(parsed)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return q
}

func trig(t testing.TB, text string) []rdf.Quad {
	t.Helper()
	var out []rdf.Quad
	err := turtle.Parse(context.Background(), strings.NewReader(prefix+text), turtle.Options{Dialect: turtle.TriG}, func(quads []rdf.Quad) error {
		out = append(out, quads...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// show writes solutions as "x=1 y=:a; …", sorted unless the query orders them.
func show(r *refexec.Result, ordered bool) string {
	var rows []string
	for _, row := range r.Rows {
		var cells []string
		for i, term := range row {
			if !term.IsZero() {
				value := strings.TrimPrefix(term.Value(), "x:")
				if term.IsTriple() {
					value = "triple"
				}
				cells = append(cells, r.Vars[i]+"="+value)
			}
		}
		rows = append(rows, strings.Join(cells, " "))
	}
	if !ordered {
		slices.Sort(rows)
	}
	return strings.Join(rows, "; ")
}

const data = `
	:a :p :b , :c . :b :p :d . :c :p :d . :d :p :a . :a :q 1 . :b :q 2 . :c :q 2 . :a :n "x"@en .
	:e :self :e .
	:g { :a :p :z . :z :r _:k . _:k :r _:k }
	:h { :y :p :y }`

// TestEval pins what the specification defines, above all multiplicities and scopes, which engines get wrong.
func TestEval(t *testing.T) {
	t.Parallel()
	d := refexec.NewDataset(trig(t, data), rdf.IRI("x:empty"))
	for _, c := range []struct{ query, want string }{
		{"SELECT * { }", ""},
		{"SELECT * { :a :p ?x }", "x=b; x=c"},
		{"SELECT ?x { ?s :p ?x } ORDER BY ?x", "x=a; x=b; x=c; x=d; x=d"},
		{"SELECT DISTINCT ?x { ?s :p ?x } ORDER BY DESC(?x) LIMIT 2 OFFSET 1", "x=c; x=b"},
		// Paths: a sequence and an alternative keep duplicates, the closures do not.
		{"SELECT ?x { :a :p/:p ?x }", "x=d; x=d"},
		{"SELECT ?x { :a (:p/:p)? ?x }", "x=a; x=d"},
		{"SELECT ?x { :a (:p|:p) ?x }", "x=b; x=b; x=c; x=c"},
		{"SELECT ?x { :a :p+ ?x }", "x=a; x=b; x=c; x=d"},
		{"SELECT ?x { ?x :p+ :d }", "x=a; x=b; x=c; x=d"},
		{"SELECT ?x { :a :nope* ?x }", "x=a"},
		{"SELECT ?x { :nowhere :p* ?x }", "x=nowhere"},
		{"SELECT ?x { ?x :p* 77 }", "x=77"},
		{"SELECT ?x { ?x :self+ ?x }", "x=e"},
		{"SELECT ?x { :a !(:p|:q) ?x }", "x=x"},
		{"SELECT ?x { :d !^:nope ?x }", "x=b; x=c"},
		{"SELECT ?x { :d !(:q|^:nope) ?x }", "x=a; x=b; x=c"},
		{"SELECT ?x { GRAPH :g { :a :p* ?x } }", "x=a; x=z"},
		{"SELECT ?x { GRAPH :empty { ?x :p* ?x } }", ""},
		// OPTIONAL and its condition.
		{"SELECT ?x ?n { :a :p ?x OPTIONAL { ?x :q ?n FILTER(?x = :b) } }", "x=b n=2; x=c"},
		{"SELECT ?x ?n { OPTIONAL { :nowhere :q ?n } :a :p ?x }", "x=b; x=c"},
		{"SELECT ?n { :a :q ?v { :b :q ?n FILTER(?v = 1) } }", ""},
		// MINUS needs a shared variable.
		{"SELECT ?x { :a :p ?x MINUS { ?y :q 2 } }", "x=b; x=c"},
		{"SELECT ?x { :a :p ?x MINUS { ?x :p :d . ?x :q 2 } }", ""},
		{"SELECT ?x { :a :p ?x FILTER NOT EXISTS { ?y :q 2 } }", ""},
		{"SELECT ?x { ?x :q ?n FILTER EXISTS { ?y :q ?m FILTER(?m = ?n && ?x != ?y) } }", "x=b; x=c"},
		{"SELECT ?x { ?x :q ?n FILTER NOT EXISTS { SELECT ?x { ?x :p :d } } }", "x=a"},
		{"SELECT ?x { ?x :q ?n FILTER EXISTS { SELECT ?m { ?m :q ?n } LIMIT 1 } }", "x=a; x=b; x=c"},
		{"SELECT ?x { ?x :q ?n FILTER EXISTS { VALUES ?n { 1 } } }", "x=a"},
		{"SELECT ?x { ?x :q ?n FILTER(!EXISTS { BIND(2 AS ?m) FILTER(?m = ?n) }) }", "x=a"},
		// Aggregates.
		{"SELECT (COUNT(*) AS ?n) (SUM(?x) AS ?s) (AVG(?x) AS ?a) (MAX(?x) AS ?m) { :nowhere :p ?x }", "n=0 s=0 a=0"},
		{"SELECT (COUNT(*) AS ?n) { :nowhere :p ?x } GROUP BY ?x", ""},
		{"SELECT ?o (COUNT(?s) AS ?n) { ?s :q ?o } GROUP BY ?o HAVING (COUNT(*) > 1)", "o=2 n=2"},
		{"SELECT (COUNT(DISTINCT *) AS ?n) { ?s :q ?v { ?s :p ?o } UNION { ?s :p ?o } }", "n=4"},
		{"SELECT (SUM(?v) AS ?n) { ?s :q|:n ?v }", ""},
		{"SELECT (SUM(?v) AS ?n) (?n * 2 AS ?m) { ?s :q ?v }", "n=5 m=10"},
		{"SELECT ?k (MIN(?s) AS ?m) { ?s :q ?v } GROUP BY (?v * 10 AS ?k) ORDER BY ?k", "k=10 m=a; k=20 m=b"},
		{"SELECT ?x { SELECT (MAX(?v) AS ?x) { ?s :q ?v } HAVING(?x > 5) }", ""},
		// Scopes, VALUES, GRAPH.
		{"SELECT * { VALUES (?x ?y) { (:b 1) (UNDEF 2) } :a :p ?x }", "x=b y=1; x=b y=2; x=c y=2"},
		{"SELECT ?g ?x { GRAPH ?g { ?x :p ?y } }", "g=g x=a; g=h x=y"},
		{"SELECT ?g { GRAPH ?g { } }", "g=empty; g=g; g=h"},
		{"SELECT ?g { GRAPH ?g { ?g :p ?y } }", ""},
		{"SELECT ?x FROM :g FROM :h { ?x :p ?y }", "x=a; x=y"},
		{"SELECT ?x FROM NAMED :g { { ?x :p ?y } UNION { GRAPH ?g { ?x :p ?y } } }", "x=a"},
		{"SELECT ?x { BIND(1/0 AS ?z) BIND(COALESCE(?z, 7) AS ?x) }", "x=7"},
		{"SELECT ?s ?x { ?s :q ?v LATERAL { SELECT ?s ?x { ?s :p ?x } ORDER BY ?x LIMIT 1 } }", "s=a x=b; s=b x=d; s=c x=d"},
		{"SELECT ?t { ?s :self ?o BIND(<<( ?s :self ?o )>> AS ?t) FILTER(SUBJECT(?t) = :e) }", "t=triple"},
	} {
		q := translate(t, c.query)
		r, err := refexec.Run(context.Background(), q, d, refexec.Options{Work: 1_000_000})
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		if got := show(r, strings.Contains(c.query, "ORDER BY")); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.query, got, c.want)
		}
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	d := refexec.NewDataset(trig(t, data))
	run := func(query string, o refexec.Options) *refexec.Result {
		r, err := refexec.Run(context.Background(), translate(t, query), d, o)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if !run("ASK { :a :p :b }", refexec.Options{}).Bool || run("ASK { :a :p :a }", refexec.Options{}).Bool {
		t.Error("ASK is wrong")
	}
	// Triples that are not RDF are left out, blank nodes are fresh for each solution.
	r := run("CONSTRUCT { ?x :s _:b . _:b :t ?n . ?n :u ?x . ?x :v ?unbound } WHERE { ?x :q ?n }", refexec.Options{})
	blanks := map[rdf.Term]bool{}
	for _, tr := range r.Triples {
		if tr.S.IsBlankNode() {
			blanks[tr.S] = true
		}
	}
	if len(r.Triples) != 6 || len(blanks) != 3 {
		t.Errorf("CONSTRUCT gave %v", r.Triples)
	}
	if n := len(run("SELECT * { ?x :p ?y }", refexec.Options{UnionDefaultGraph: true}).Rows); n != 7 {
		t.Errorf("%d rows in the union of all graphs", n)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	d := refexec.NewDataset(trig(t, data))
	var unsupported *refexec.UnsupportedError
	for _, query := range []string{"SELECT * { SERVICE :s { ?a ?b ?c } }", "DESCRIBE :a"} {
		if _, err := refexec.Run(context.Background(), translate(t, query), d, refexec.Options{}); !errors.As(err, &unsupported) {
			t.Errorf("%s: %v", query, err)
		}
	}
	big := translate(t, "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }")
	if _, err := refexec.Run(context.Background(), big, d, refexec.Options{Work: 1000}); !errors.Is(err, refexec.ErrWork) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := refexec.Run(ctx, big, d, refexec.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestFromSnapshot(t *testing.T) {
	t.Parallel()
	quads := trig(t, data)
	snap := snapshotOf(t, quads)
	d, err := refexec.FromSnapshot(context.Background(), snap)
	if err != nil {
		t.Fatal(err)
	}
	const query = "SELECT ?g ?s ?p ?o { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
	got, err := refexec.Run(context.Background(), translate(t, query), d, refexec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want, err := refexec.Run(context.Background(), translate(t, query), refexec.NewDataset(quads), refexec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Rows) != len(quads) || len(want.Rows) != len(quads) {
		t.Errorf("%d and %d rows of %d quads", len(got.Rows), len(want.Rows), len(quads))
	}
}
