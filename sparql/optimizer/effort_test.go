package optimizer

import (
	"fmt"
	"strings"
	"testing"

	"triplestore/rdf"
)

// shapes are queries of n patterns whose orders of joins are too many to be compared.
var shapes = map[string]func(n int) string{
	"star": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?s :p%d ?o%d", i%7, i) })
	},
	"chain": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?v%d :p%d ?v%d", i, i%7, i+1) })
	},
	"chain of any predicate": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?v%d ?p%d ?v%d", i, i, i+1) })
	},
	"cycle": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?v%d :p%d ?v%d", i, i%7, (i+1)%n) })
	},
	"snowflake": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?v%d :p%d ?v%d", i/3, i%7, i+1) })
	},
	"clique": func(n int) string {
		var b strings.Builder
		for x, left := 1, n; left > 0; x++ {
			for y := 0; y < x && left > 0; y, left = y+1, left-1 {
				fmt.Fprintf(&b, "?v%d :p%d ?v%d . ", y, (x+y)%7, x)
			}
		}
		return b.String()
	},
	"apart": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("?s%d :p%d ?o%d", i, i%7, i) })
	},
	"optional": func(n int) string {
		return patterns(n, func(i int) string { return fmt.Sprintf("OPTIONAL { ?s :p%d ?o%d . ?o%d ?q%d ?r%d }", i%7, i, i, i, i) })
	},
	"nested optional": func(n int) string {
		return strings.Repeat("?s :p1 ?o . ?o :p2 ?q OPTIONAL { ", n) + "?s ?p ?z" + strings.Repeat(" }", n)
	},
	"union": func(n int) string {
		return patterns(n, func(i int) string {
			return fmt.Sprintf("{ ?s :p%d ?o } UNION { ?s ?p%d ?o . ?o :p%d ?x }", i%7, i, (i+1)%7)
		})
	},
	"nested union": func(n int) string {
		n = min(n, 40)
		return strings.Repeat("?s :p1 ?o . ?o :p2 ?q { ?s :p3 ?a } UNION { ?s :p4 ?b . ", n) + "?s ?p ?z" + strings.Repeat(" }", n)
	},
}

func patterns(n int, one func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(one(i) + " . ")
	}
	return b.String()
}

// TestPlanningIsBounded: however many orders of joins there are, about as many are considered as allowed, always the same ones, and what
// is found is no worse than what greedy finds.
func TestPlanningIsBounded(t *testing.T) {
	t.Parallel()
	var quads []rdf.Quad
	iri := func(f string, a ...any) rdf.Term { return rdf.IRI("http://e/" + fmt.Sprintf(f, a...)) }
	for i := range 6000 {
		quads = append(quads, rdf.Quad{S: iri("n%d", i%701), P: iri("p%d", i%7), O: iri("n%d", i*i%503)})
	}
	snap := snapshotOf(t, quads)
	bounded := map[string]bool{}
	for name, shape := range shapes {
		for _, n := range []int{2, 3, 8, 12, 20, 40, 100} {
			text := "SELECT * { " + shape(n) + "}"
			p := plan(t, snap, text)
			// Each place of a first order takes one join at least, each OPTIONAL its own plan and, where it is
			// not cheap, one on top of what is before it for each that it is nested in.
			if most := maxJoins + 4*n*n; p.Joins > most {
				t.Errorf("%s of %d: %d joins were considered, more than %d", name, n, p.Joins, most)
			}
			bounded[name] = bounded[name] || p.Bounded
			shown := p.Explain(nil)
			if p.Bounded != strings.Contains(shown, "not all orders of joins were compared") || p.Bounded != p.Tree(nil).Bounded {
				t.Errorf("%s of %d: bounded is %v in\n%s", name, n, p.Bounded, shown)
			}
			if n <= 3 && p.Bounded && !strings.Contains(name, "union") {
				t.Errorf("%s of %d: planning reached its bound after %d joins", name, n, p.Joins)
			}
			if again := plan(t, snap, text).Explain(nil); again != shown {
				t.Errorf("%s of %d: two plans differ:\n%s\n%s", name, n, shown, again)
			}
		}
	}
	for _, name := range []string{"star", "chain", "cycle", "snowflake", "clique"} {
		if !bounded[name] {
			t.Errorf("no %s reached the bound", name)
		}
	}
}

func TestEffort(t *testing.T) {
	t.Parallel()
	e := newEffort()
	if n := e.forOrder(0); n != leastJoins {
		t.Errorf("%d joins for a group that costs nothing", n)
	}
	if n := e.forOrder(1e30); n != maxJoins/2 {
		t.Errorf("%d joins for a group that costs a lot", n)
	}
	if n := e.forOrder(1e6); n != leastJoins+71 {
		t.Errorf("%d joins for a group that takes a millisecond", n)
	}
	if w := e.width(10); w < 10 || e.bounded {
		t.Errorf("width %d, bounded %v", w, e.bounded)
	}
	e.left = 0
	if w := e.width(10); w != 1 || !e.bounded || !e.empty() || e.forOrder(1e30) != 0 {
		t.Errorf("width %d, bounded %v, %d for an order with nothing left", w, e.bounded, e.forOrder(1e30))
	}
}
