package optimizer

import (
	"context"
	"fmt"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
)

func (s *readSnapshot) Scan(ctx context.Context, r store.Range, c store.ColumnSet) store.Cursor {
	s.scanned++
	return s.Snapshot.Scan(ctx, r, c)
}

// shapesOfLinks are chains, cycles, binary trees and hubs, each with a predicate of its own.
func shapesOfLinks() (quads []rdf.Quad) {
	link := func(p, s, o string, i, j int) {
		quads = append(quads, rdf.Quad{S: node(s, i), P: node("%s", p), O: node(o, j)})
	}
	for _, n := range []int{40, 2000} {
		for i := range n - 1 {
			link(fmt.Sprint("chain", n), fmt.Sprint("c", n, "-%d"), fmt.Sprint("c", n, "-%d"), i, i+1)
		}
		for i := range n {
			link(fmt.Sprint("cycle", n), fmt.Sprint("o", n, "-%d"), fmt.Sprint("o", n, "-%d"), i, (i+1)%n)
		}
	}
	for i := 2; i < 1024; i++ {
		link("tree", "t%d", "t%d", i/2, i)
	}
	for i := range 60 {
		link("hub60", "h%d", "x%d", 0, i)
	}
	for i := range 3000 {
		link("hub3000", "h%d", "y%d", 0, i)
	}
	return quads
}

// TestClosuresAreEstimated: what a closure leads to is known where the search comes to an end, and within a factor where not, the same each
// time; and the search is bounded.
func TestClosuresAreEstimated(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, shapesOfLinks())
	const exact = 1.0
	for _, test := range []struct {
		text   string
		size   float64
		factor float64
	}{
		{":c40-0 :chain40+ ?x", 39, exact},
		{":c40-0 :chain40* ?x", 40, exact},
		{":c40-0 :chain40? ?x", 2, exact},
		{":c40-30 :chain40+ ?x", 9, exact},
		{"?x :chain40+ :c40-39", 39, exact},
		{"?x :chain40+ :c40-0", 0, exact},
		{":nothing :chain40* ?x", 1, exact},
		{":nothing :chain40+ ?x", 0, exact},
		{":c40-0 :nothing+ ?x", 0, exact},
		{":c40-0 (:chain40/:chain40)+ ?x", 19, exact},
		{":c40-20 (:chain40|^:chain40)* ?x", 40, 1.2},
		{":o40-0 :cycle40+ ?x", 40, exact},
		{":o40-0 :cycle40* ?x", 40, exact},
		{"?x :cycle40+ :o40-7", 40, exact},
		{":t1 :tree? ?x", 3, exact},
		{":t300 :tree+ ?x", 2, exact},
		{":t1000 :tree+ ?x", 0, exact},
		{"?x :tree+ :t1000", 9, exact},
		{":t32 :tree+ ?x", 30, exact},
		{":h0 :hub60+ ?x", 60, exact},
		{"?x :hub3000+ :y17", 1, exact},
		// Not searched to the end.
		{":h0 :hub3000+ ?x", 3000, 1.1},
		{":t1 :tree+ ?x", 1022, 2},
		{":c2000-0 :chain2000+ ?x", 1999, 50},
		{":o2000-0 :cycle2000+ ?x", 2000, 50},
		// From all starts.
		{"?a :chain40+ ?x", 780, 2},
		{"?a :cycle40+ ?x", 1600, 2},
		{"?a :tree+ ?x", 8194, 4},
		{"?a :hub60+ ?x", 60, exact},
		{"?a :hub3000+ ?x", 3000, 1.1},
		{"?a :chain2000+ ?x", 1999 * 1000, 50},
	} {
		read := &readSnapshot{Snapshot: snap}
		got := plan(t, read, "SELECT * { "+test.text+" }").Root.P().Rows
		if got < test.size/test.factor-1e-9 || got > test.size*test.factor+1e-9 {
			t.Errorf("%s: %.4g rows are estimated, there are %.4g", test.text, got, test.size)
		}
		if again := plan(t, snap, "SELECT * { "+test.text+" }").Root.P().Rows; again != got {
			t.Errorf("%s: %v rows, and then %v", test.text, got, again)
		}
		if read.scanned > reachStarts*startSteps || read.picked > reachStarts || read.counted > reachStarts*startSteps {
			t.Errorf("%s: %d scans, %d rows picked, %d ranges counted", test.text, read.scanned, read.picked, read.counted)
		}
	}
}

// TestSearchKeys: searches for what is not the same have different keys.
func TestSearchKeys(t *testing.T) {
	t.Parallel()
	quads := shapesOfLinks()[:3000]
	for i := range 100 {
		q := quads[i]
		q.G = node("g%d", i%2)
		quads = append(quads, q)
	}
	p := samplingPlanner(t, snapshotOf(t, quads), drawLeast)
	keys := map[string]string{}
	unnamed := p.graph
	named := func(i int) Graph {
		g, err := p.graphNamed(node("g%d", i))
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	both := named(0)
	both.IDs = append(both.IDs[:1:1], named(1).IDs...)
	for at, graph := range []Graph{unnamed, named(0), named(1), both} {
		for _, text := range []string{
			":chain40+", ":chain40*", ":chain40?", ":cycle40+", "(^:chain40)+", "(:chain40/:cycle40)+", "(:cycle40/:chain40)+", "(:chain40|:cycle40)+",
			"(:chain40/:cycle40/:chain40)+", "(:chain40|:cycle40|:chain40)+", "(!:chain40)+", "(!:cycle40)+", "(!(:chain40|:cycle40))+", "(!^:chain40)+",
			"(:chain40/:cycle40?)+", "(:chain40/:cycle40*)+", "(:chain40/:cycle40+)+", "(:chain40?/:cycle40)+", "(:chain40/^:cycle40)+",
			"((:chain40|:cycle40)/:chain40)+", "(:chain40|(:cycle40/:chain40))+",
		} {
			g, err := p.collect(opOf(t, "?a "+text+" ?b"))
			if err != nil {
				t.Fatal(err)
			}
			p.graph, p.effort = graph, newEffort()
			n, err := p.path(g.items[0].path, p.unit())
			if err != nil {
				t.Fatal(err)
			}
			x := n.(*Path)
			for start, term := range []string{"c40-0", "c40-1"} {
				id, err := p.id(node("%s", term))
				if err != nil {
					t.Fatal(err)
				}
				for _, inverse := range []bool{false, true} {
					for _, kind := range []byte{'r', 'a', 'p'} {
						what := fmt.Sprintf("%c of %s in graph %d from %d, inverse %v", kind, text, at, start, inverse)
						key := string(x.searchKey(kind, x.Min, inverse, id))
						if other, ok := keys[key]; ok {
							t.Errorf("%s has the key of %s", what, other)
						}
						keys[key] = what
					}
				}
			}
		}
	}
}
