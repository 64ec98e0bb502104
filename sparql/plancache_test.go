package sparql

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"triplestore/rdf"
	"triplestore/sparql/optimizer"
	"triplestore/store"
	"triplestore/store/badgerstore"
)

// TestPlansAreKept asks the same again and again, from several goroutines and after commits: answers must be those of an engine that
// knows no plan yet, and plans must be made anew for another state and under other options.
func TestPlansAreKept(t *testing.T) {
	t.Parallel()
	st, err := badgerstore.Open(t.TempDir(), badgerstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	moment := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var clock sync.Mutex
	o := Options{Prefixes: map[string]string{"": "http://e/"}, Now: func() time.Time {
		clock.Lock()
		defer clock.Unlock()
		moment = moment.Add(time.Second)
		return moment
	}}
	answer := func(e *Engine, snap store.Snapshot, text string, o Options) string {
		r, err := e.QueryWith(context.Background(), snap, text, o)
		if err != nil {
			return err.Error()
		}
		defer r.Close()
		var out string
		for row, err := range r.Rows() {
			out += fmt.Sprintln(row, err)
		}
		return out
	}
	queries := []string{
		"SELECT ?s ?o { ?s :p ?o . ?o :p ?x } ORDER BY ?s ?o",
		"SELECT (COUNT(*) AS ?n) { ?s :p/:p* ?o FILTER (?s != :n1) }",
		"SELECT ?s { ?s :p :new } ORDER BY ?s", // a term that comes later
		"SELECT ?o (SUM(?v) AS ?sum) { ?s :p ?o ; :v ?v FILTER (?v >= 3 && ?v < 7) } GROUP BY ?o ORDER BY ?o",
		"SELECT ?s { ?s :v ?v FILTER EXISTS { ?s :p ?o FILTER (?v > 4) } OPTIONAL { ?s :q ?z } } ORDER BY ?s",
		"SELECT ?s { VALUES ?s { :n1 :n2 :none } ?s :p ?o } ORDER BY ?s ?o",
		"SELECT ?g ?s { GRAPH ?g { ?s :v 5 } } ORDER BY ?g ?s",
	}
	e := NewEngine(o)
	for round := range 3 {
		_, err := st.Update(t.Context(), func(x store.Txn) error {
			iri := func(n int) rdf.Term { return rdf.IRI(fmt.Sprint("http://e/n", n)) }
			var quads []rdf.Quad
			for n := range 40 {
				quads = append(quads, rdf.Quad{S: iri(n), P: rdf.IRI("http://e/p"), O: iri((n*7 + round) % 40)},
					rdf.Quad{S: iri(n), P: rdf.IRI("http://e/v"), O: rdf.Literal(fmt.Sprint(n%9+round), "http://www.w3.org/2001/XMLSchema#integer"), G: iri(n % 3)})
			}
			if round == 2 {
				quads = append(quads, rdf.Quad{S: iri(1), P: rdf.IRI("http://e/p"), O: rdf.IRI("http://e/new")})
			}
			return x.Add(quads)
		})
		if err != nil {
			t.Fatal(err)
		}
		snap, err := st.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		for _, union := range []bool{false, true} {
			o := o
			o.UnionDefaultGraph = union
			var all sync.WaitGroup
			for _, text := range queries {
				want := answer(NewEngine(o), snap, text, o)
				for range 4 {
					all.Go(func() {
						for range 3 {
							if got := answer(e, snap, text, o); got != want {
								t.Errorf("round %d, union %v: %s\ngot  %swant %s", round, union, text, got, want)
							}
						}
					})
				}
			}
			all.Wait()
			now := func() string { return answer(e, snap, "SELECT ?now { BIND (NOW() AS ?now) }", o) }
			if first, second, third := now(), now(), now(); first == second || second == third {
				t.Error("the moment of a query was kept")
			}
		}
		snap.Close()
	}
	if len(e.plans.plans) == 0 {
		t.Error("no plan was kept")
	}
	bytes := 0
	for x := e.plans.recent.Front(); x != nil; x = x.Next() {
		bytes += x.Value.(*keptPlan).size
	}
	if bytes != e.plans.bytes || len(e.plans.plans) != e.plans.recent.Len() {
		t.Errorf("%d bytes are counted, there are %d of %d plans", e.plans.bytes, bytes, len(e.plans.plans))
	}
}

// TestPlanCacheIsBounded: old plans go.
func TestPlanCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := newPlanCache()
	plan, err := NewEngine(Options{}).prepare(t.Context(), snapshotOf(t, denseQuads(3, 2)), "SELECT * { ?s ?p ?o }", Options{})
	if err != nil {
		t.Fatal(err)
	}
	key := func(n int) planKey { return planKey{text: fmt.Sprintf("%8000d", n)} }
	for n := range 1000 {
		if _, again := c.get(key(n)); again {
			t.Fatalf("query %d was asked before", n)
		}
		c.put(key(n), plan)
		if got, _ := c.get(key(n)); got != plan {
			t.Fatalf("plan %d is not there", n)
		}
	}
	if got, _ := c.get(key(0)); got != nil || c.bytes > planCacheBytes || len(c.plans) < 100 {
		t.Errorf("%d plans of %d bytes", len(c.plans), c.bytes)
	}
}

// TestPlansCountExpressions: constants and regular expressions of a plan count with it, in whatever operator they are, and long results of
// constants are not kept.
func TestPlansCountExpressions(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, denseQuads(3, 2))
	e := NewEngine(Options{})
	size := func(text string) int {
		plan, err := e.prepare(t.Context(), snap, "PREFIX : <http://e/> "+text, e.options)
		if err != nil {
			t.Fatal(err)
		}
		c := newPlanCache()
		c.put(planKey{text: text}, plan)
		return c.bytes
	}
	const regex = "REGEX(?b, '[qr]{900}[qr]{900}c')"
	for _, text := range []string{
		"SELECT * { ?a :label ?b FILTER " + regex + " }",
		"SELECT * { ?a :label ?b BIND (" + regex + " AS ?c) }",
		"SELECT * { ?a :p ?c OPTIONAL { ?a :label ?b FILTER (?c != ?a && " + regex + ") } }",
		"SELECT (COUNT(" + regex + ") AS ?n) { ?a :label ?b }",
		"SELECT * { ?a :label ?b } ORDER BY " + regex,
		"SELECT * { ?a :p ?c MINUS { ?a :label ?b FILTER " + regex + " } }",
	} {
		if n := size(text); n < 250_000 || n > 2_000_000 {
			t.Errorf("%s: %d bytes", text, n)
		}
	}
	long := strings.Repeat("q", 3500)
	if n := size("SELECT * { ?a :label ?b FILTER CONTAINS(?b, REPLACE('" + long + "', 'q', '" + long + "')) }"); n > 100_000 {
		t.Errorf("%d bytes for the result of constants", n)
	}
	many := strings.Repeat(regex+" || ", 20) + "false"
	if n := size("SELECT * { ?a :label ?b FILTER (" + many + ") }"); n != 0 {
		t.Errorf("a plan of %d bytes is kept", n)
	}
}

// TestManyPlansAreKept asks thousands of small queries by turns: from the third round on none is planned, whatever their hashes are.
func TestManyPlansAreKept(t *testing.T) {
	t.Parallel()
	st, err := badgerstore.Open(t.TempDir(), badgerstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	snap, err := st.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	e := NewEngine(Options{})
	const queries = 3000
	plans := map[string]*optimizer.Plan{}
	for round := range 3 {
		for n := range queries {
			text := fmt.Sprintf("SELECT ?p ?o { <http://e/n%d> ?p ?o }", n)
			plan, err := e.plan(t.Context(), snap, text, e.options)
			if err != nil {
				t.Fatal(err)
			}
			if round == 2 && plan != plans[text] {
				t.Fatalf("%s is planned again the third time", text)
			}
			plans[text] = plan
		}
	}
}
