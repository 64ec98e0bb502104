package optimizer

import (
	"fmt"
	"slices"
	"testing"

	"triplestore/internal/golden"
	"triplestore/rdf"
)

// TestFirstRowsPlans shows plans for the first rows beside those for all, as text.
func TestFirstRowsPlans(t *testing.T) {
	t.Parallel()
	iri := func(kind string, n int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/%s%d", kind, n)) }
	var quads []rdf.Quad
	add := func(s rdf.Term, p string, o rdf.Term) {
		quads = append(quads, rdf.Quad{S: s, P: rdf.IRI("http://e/" + p), O: o})
	}
	for i := range 12000 {
		add(iri("work", i), "type", iri("T", i%2))
		add(iri("work", i), "by", iri("who", i*7919%8000))
	}
	for i := range 8000 {
		add(iri("who", i), "name", rdf.String(fmt.Sprint("name", i)))
		add(iri("who", i), "knows", iri("who", i*i%8000))
	}
	snap := snapshotOf(t, quads)
	var out string
	for _, text := range []string{
		"ASK { ?a :type :T0 ; :by ?x . ?b :type :T1 ; :by ?y . ?x :name ?n . ?y :name ?m FILTER(?n = ?m) }",
		"ASK { ?a :by ?x . ?b :by ?x . ?b :type :T1 }",
		"SELECT * { ?a :type :T0 ; :by ?x . ?x :name ?n } LIMIT 10",
		"SELECT * { ?a :type :T0 ; :by ?x . ?x :name ?n } LIMIT 10 OFFSET 500",
		"SELECT * { ?a :type :T0 ; :by ?x . ?x :name ?n } LIMIT 1900",
		"SELECT * { ?a :type :T0 ; :by ?x . ?x :name ?n } ORDER BY ?n LIMIT 10",
		"SELECT DISTINCT ?x { ?a :type :T0 ; :by ?x . ?x :name ?n . ?x :knows ?y . ?y :name ?m } LIMIT 10",
		"SELECT * { ?a :by ?x OPTIONAL { ?x :knows ?y . ?y :name ?n } } LIMIT 5",
		"SELECT * { ?x :knows ?y { SELECT * { ?a :type :T0 ; :by ?x . ?x :name ?n } LIMIT 10 } }",
		"SELECT * { ?a :by ?x . ?x :knows+ ?y } LIMIT 10",
		"ASK { :who1 :knows ?x . ?a :by ?x }",
		"ASK { ?a :by ?x . ?x :name ?n . ?x :knows ?y . ?y :name ?m . ?b :by ?y ; :type :T0 FILTER(?n != ?m) }",
	} {
		out += text + "\n" + plan(t, snap, text).Explain(nil) + "\n"
	}
	golden.String(t, "testdata/firstrows.golden", out)
}

// TestFirstCost: what is wanted of a plan's rows costs no more than all of them, and more rows cost more.
func TestFirstCost(t *testing.T) {
	t.Parallel()
	var quads []rdf.Quad
	for i := range 500 {
		s := rdf.IRI(fmt.Sprintf("http://e/s%d", i))
		quads = append(quads, rdf.Quad{S: s, P: rdf.IRI("http://e/p"), O: rdf.IRI(fmt.Sprintf("http://e/s%d", i/2))},
			rdf.Quad{S: s, P: rdf.IRI("http://e/q"), O: rdf.String(fmt.Sprint(i % 50))})
	}
	snap := snapshotOf(t, quads)
	for _, text := range []string{
		"SELECT * { ?a :p ?b . ?b :p ?c . ?c :q ?d }", "SELECT * { ?a :p ?b OPTIONAL { ?b :q ?c . ?d :q ?c } }", "SELECT * { { ?a :p ?b } UNION { ?b :q ?a } ?b :p ?c }",
		"SELECT DISTINCT ?a { ?a :p/:p ?b FILTER NOT EXISTS { ?b :q '3' } }", "SELECT ?d (COUNT(*) AS ?n) { ?a :q ?d } GROUP BY ?d", "SELECT * { ?a :p ?b } ORDER BY ?b",
		"SELECT * { ?a :p+ ?b . ?b :q ?c }", "SELECT * { ?a :q ?d FILTER(STRLEN(?d) > 1) MINUS { ?a :p ?b . ?b :q '7' } }",
	} {
		var walk func(n Node)
		walk = func(n Node) {
			costs := []float64{firstCost(n, 0), firstCost(n, 0.01), firstCost(n, 0.3), firstCost(n, 1)}
			if !slices.IsSorted(costs) || costs[3] > n.P().Cost*1.5+3*costStart {
				t.Errorf("%s: %T costs %v, in all %v", text, n, costs, n.P().Cost)
			}
			for _, c := range Children(n) {
				walk(c)
			}
		}
		walk(plan(t, snap, text).Root)
	}
}

// works are quads about works and who they are by.
func works(n int) (quads []rdf.Quad) {
	const authors = 8000
	add := func(s rdf.Term, p string, o rdf.Term) { quads = append(quads, rdf.Quad{S: s, P: node("%s", p), O: o}) }
	for i := range n {
		add(node("work%d", i), "type", node("T%d", i%2))
		add(node("work%d", i), "by", node("who%d", i*7919%authors))
	}
	for i := range authors {
		add(node("who%d", i), "name", rdf.String(fmt.Sprint("name", i%3000)))
		add(node("who%d", i), "knows", node("who%d", i*i%authors))
	}
	return quads
}

// TestPlannedOnce: what all rows are read of before the first is given is not planned once more for a LIMIT, nor is what asks an endpoint.
func TestPlannedOnce(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, works(12000))
	const body = "{ ?a :type :T0 ; :by ?x . ?x :name ?n . ?b :by ?x }"
	for _, test := range []struct{ all, limited string }{
		{"SELECT * " + body + " ORDER BY ?n LIMIT 10", "OFFSET 20"},
		{"SELECT ?n (COUNT(*) AS ?c) " + body + " GROUP BY ?n", "LIMIT 10"},
		{"SELECT ?n (COUNT(*) AS ?c) " + body + " GROUP BY ?n HAVING (COUNT(*) > 1)", "LIMIT 10"},
		{"SELECT DISTINCT ?c { { SELECT ?n (COUNT(*) AS ?c) " + body + " GROUP BY ?n } }", "LIMIT 10"},
		{"SELECT ?n (COUNT(*) AS ?c) " + body + " GROUP BY ?n ORDER BY DESC(?c) LIMIT 10", "OFFSET 10"},
		{"SELECT * { ?a :type :T0 ; :by ?x . ?x :name ?n LATERAL { SERVICE <http://e/sparql> { ?x :p ?y } } }", "LIMIT 10"},
		{"SELECT * { ?a :type :T0 ; :by ?x . ?x :name ?n FILTER(?n = 'a' || EXISTS { SERVICE <http://e/sparql> { ?x :p ?y } }) }", "LIMIT 10"},
	} {
		all, limited := plan(t, snap, test.all), plan(t, snap, test.all+" "+test.limited)
		if limited.Joins > all.Joins+perPlan { // for the LIMIT itself
			t.Errorf("%s: %d joins are considered, %d with %s", test.all, all.Joins, limited.Joins, test.limited)
		}
	}
}

// TestFirstRowsGiveWay: a plan for the first rows may do about the work that the usual plan is estimated to do for them, not for all rows.
func TestFirstRowsGiveWay(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, works(20000))
	found := 0
	for _, text := range []string{
		"SELECT * { ?a :type :T0 ; :by ?x . ?x :name ?n } LIMIT 10",
		"SELECT * { ?a :type :T0 ; :by ?x . ?x :knows ?y . ?y :name ?n } LIMIT 10",
		"SELECT DISTINCT ?x { ?a :type :T0 ; :by ?x . ?x :name ?n . ?x :knows ?y . ?y :name ?m } LIMIT 10",
		"SELECT * { ?a :by ?x OPTIONAL { ?x :knows ?y . ?y :name ?n } } LIMIT 5",
		"ASK { ?a :by ?x . ?b :by ?x . ?b :type :T1 }",
		"ASK { ?x :name ?n . ?y :name ?n . ?x :knows ?z . ?y :knows ?z . ?a :by ?x . ?b :by ?y }",
	} {
		var walk func(n Node)
		walk = func(n Node) {
			if f, ok := n.(*FirstRows); ok {
				found++
				usual := firstCost(f.Full, float64(f.Rows)/f.Full.P().Rows)
				if f.Effort > 2*usual || f.Effort < firstCost(f.First, float64(f.Rows)/f.First.P().Rows) {
					t.Errorf("%s: the plan may take %.3g, the usual plan takes %.3g for these rows, of %.3g in all", text, f.Effort, usual, f.Full.P().Cost)
				}
			}
			for _, c := range Children(n) {
				walk(c)
			}
		}
		walk(plan(t, snap, text).Root)
	}
	if found == 0 {
		t.Error("no plan has another to fall back on")
	}
}

// TestNoRoundsWithinApply: a join that reads the rows of an apply runs for each batch of these, with a table that is kept, and so not in rounds.
func TestNoRoundsWithinApply(t *testing.T) {
	t.Parallel()
	p := samplingPlanner(t, snapshotOf(t, nil), 0)
	p.options.DrawAll, p.first = true, 0.01
	side := func(slot int) Node {
		return &Scan{Props: Props{Rows: 1000, Cost: 5000, Certain: SetOf(slot, 9), Maybe: SetOf(slot, 9)}}
	}
	input := p.input(side(0), -1)
	above := &Filter{In: input, Props: *input.P()}
	for _, test := range []struct {
		name   string
		l, r   Node
		rounds bool
	}{
		{"two scans", side(0), side(1), true},
		{"rows of the apply", input, side(1), false},
		{"what is made of them, on the left", above, side(1), false},
		{"what is made of them, on the right", side(1), above, false},
	} {
		n, err := p.hashJoin(test.l, test.r, Inner, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := n.(*HashJoin).Rounds; got != test.rounds {
			t.Errorf("%s: in rounds is %v", test.name, got)
		}
	}
}
