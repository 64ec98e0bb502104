package sparql

import (
	"context"
	"errors"
	"testing"

	"triplestore/rdf"
	"triplestore/sparql/expr"
)

func TestParams(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, denseQuads(20, 2))
	e := NewEngine(Options{Prefixes: map[string]string{"": "http://e/"}})
	count := func(text string, params map[string]rdf.Term) (n int, err error) {
		r, err := e.QueryParams(context.Background(), snap, text, params)
		if err != nil {
			return 0, err
		}
		defer r.Close()
		for _, err := range r.Rows() {
			if err != nil {
				return 0, err
			}
			n++
		}
		return n, nil
	}
	n3 := map[string]rdf.Term{"s": rdf.IRI("http://e/n3")}
	for _, test := range []struct {
		text   string
		params map[string]rdf.Term
		want   int
	}{
		{"SELECT * { ?s :p ?o }", nil, 40},
		{"SELECT * { ?s :p ?o }", n3, 2},
		{"SELECT * { ?x :p ?o FILTER (?x = ?s) }", n3, 2},
		{"SELECT ?x { { SELECT ?x { ?x :p ?o FILTER (?x = $s) } } }", n3, 2},
		// Wherever a filter stands, it sees the value.
		{"SELECT * { { ?x :p ?o FILTER (?x = ?s) } }", n3, 2},
		{"SELECT * { { { ?x :p ?o FILTER (STR(?s) = STR(?x)) } } UNION { ?x :label ?o FILTER (?x IN (:n4, ?s)) } }", n3, 4},
		{"SELECT ?o { ?x :label ?l OPTIONAL { ?x :p ?o FILTER (?x = ?s) } FILTER BOUND (?o) }", n3, 2},
		{"SELECT ?x { ?x :label ?l OPTIONAL { { ?x :p ?o FILTER (?x = ?s) } } FILTER (!BOUND (?o)) }", n3, 19},
		{"SELECT * { ?x :label ?l MINUS { ?x :p ?o FILTER (?x = ?s) } }", n3, 19},
		{"SELECT * { ?x :label ?l MINUS { ?y :p ?z FILTER (?y = ?s) } }", n3, 20}, // no variable in common: nothing is taken away
		{"SELECT * { { ?x :label ?l FILTER EXISTS { ?s :p ?x } } }", n3, 2},
		{"SELECT * { { ?x :label ?l FILTER NOT EXISTS { { ?y :p ?x FILTER (?y = ?s) } } } }", n3, 18},
		{"SELECT * { ?x :label ?l LATERAL { SELECT * { ?x :p ?o FILTER (?x = ?s) } } }", n3, 2},
		{"SELECT * { { ?x :label ?l BIND (?s AS ?t) FILTER (?x = ?t) } }", n3, 1},
		{"SELECT * { { SELECT * { { ?x :p ?o FILTER (?x = ?s) } } } }", n3, 2},
		{"SELECT * { { ?x :p ?o FILTER (BOUND (?s) && ?x = ?s) } }", n3, 2},
		{"SELECT ?x { ?x :p ?o } GROUP BY ?x HAVING (COUNT(?o) >= ?min)", map[string]rdf.Term{"min": rdf.Literal("2", "http://www.w3.org/2001/XMLSchema#integer")}, 20},
		{"SELECT ?x { ?x :p ?o } GROUP BY ?x HAVING (COUNT(?o) > ?min)", map[string]rdf.Term{"min": rdf.Literal("2", "http://www.w3.org/2001/XMLSchema#integer")}, 0},
		{"SELECT ?s (COUNT(*) AS ?n) { ?s :p ?o } GROUP BY ?s", n3, 1},
		{"SELECT * { ?x :p ?o } ORDER BY (?x = ?s) LIMIT 3", n3, 3},
		{"SELECT * { ?x :label ?s }", map[string]rdf.Term{"s": rdf.String(`" } INSERT DATA { <a:b> <a:c> "`)}, 0},
	} {
		if n, err := count(test.text, test.params); err != nil || n != test.want {
			t.Errorf("%s: got %d rows, %v, want %d", test.text, n, err, test.want)
		}
	}
	r, err := e.QueryParams(context.Background(), snap, "DESCRIBE ?s", n3)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := 0
	for _, err := range r.Triples() {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 3 {
		t.Errorf("DESCRIBE without a pattern: %d triples", n)
	}
	var bad *ParameterError
	for _, params := range []map[string]rdf.Term{{"none": rdf.String("")}, {"s": rdf.BlankNode("b")}, {"s": {}}, {"": rdf.String("")}} {
		if _, err := count("SELECT * { ?s :p ?o . ?sx :p ?nonesuch }", params); !errors.As(err, &bad) {
			t.Errorf("%v: got %v", params, err)
		}
	}
}

// What a query gives a value itself cannot be a parameter.
func TestAssignedParams(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"SELECT * { ?s ?p ?o BIND (1 AS ?x) }", "SELECT (1 AS ?x) { ?s ?p ?o }", "SELECT ?x { ?s ?p ?o } GROUP BY (STR(?s) AS ?x)",
		"ASK { { ?s ?p ?o } UNION { OPTIONAL { ?s ?p ?o BIND (1 AS ?x) } } }", "ASK { { SELECT (1 AS ?x) { } } }"} {
		if _, err := Check(text, Options{}); err != nil {
			t.Fatal(err)
		}
		var bad *ParameterError
		if _, err := Check(text, Options{Params: map[string]rdf.Term{"x": rdf.String("")}}); !errors.As(err, &bad) || bad.Name != "x" {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"SELECT ?x { ?x ?p ?o } GROUP BY ?x", "SELECT * { ?x ?p ?o VALUES ?x { 1 } }", "SELECT (COUNT(?x) AS ?n) { ?x ?p ?o }"} {
		if _, err := Check(text, Options{Params: map[string]rdf.Term{"x": rdf.String("")}}); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, denseQuads(5, 1))
	o := Options{Functions: map[string]expr.Function{"http://e/twice": func(_ *expr.Context, args []expr.Value) (expr.Value, error) {
		if len(args) != 1 {
			return expr.Value{}, expr.ErrExpr
		}
		return expr.String(args[0].Term().Value() + args[0].Term().Value()), nil
	}}}
	ask := func(o Options, text string) (bool, error) {
		r, err := NewEngine(o).Query(context.Background(), snap, text)
		if err != nil {
			return false, err
		}
		defer r.Close()
		return r.Bool()
	}
	for _, naive := range []bool{false, true} {
		o.NoOptimizer = naive
		if ok, err := ask(o, `ASK { ?s ?p ?o FILTER (<http://e/twice>("a") = "aa") }`); err != nil || !ok {
			t.Errorf("naive %v: got %v, %v", naive, ok, err)
		}
	}
	var no *UnsupportedError
	if _, err := ask(Options{}, `ASK { ?s ?p ?o FILTER (<http://e/twice>("a") = "aa") }`); !errors.As(err, &no) {
		t.Errorf("without the function: got %v", err)
	}
}
