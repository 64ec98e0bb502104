package optimizer

import (
	"fmt"
	"runtime"
	"testing"

	"triplestore/internal/growing"
	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/syntax"
	"triplestore/store"
)

// growthSnapshot holds few quads: planning asks it for counts, of which there are as many as there are different patterns.
func growthSnapshot(t testing.TB) store.Snapshot {
	var quads []rdf.Quad
	iri := func(f string, a ...any) rdf.Term { return rdf.IRI("http://e/" + fmt.Sprintf(f, a...)) }
	for i := range 6000 {
		quads = append(quads, rdf.Quad{S: iri("n%d", i%701), P: iri("p%d", i%7), O: iri("n%d", i*i%503)})
	}
	for i := range 1500 { // to sort by
		quads = append(quads, rdf.Quad{S: iri("n%d", i%701), P: iri("p0"), O: rdf.Literal(fmt.Sprint(i), "http://www.w3.org/2001/XMLSchema#integer")})
	}
	return snapshotOf(t, quads)
}

func translated(t testing.TB, text string) *algebra.Query {
	t.Helper()
	tree, err := syntax.ParseQuery(text, syntax.Options{})
	if err != nil {
		t.Fatal(err)
	}
	q, err := algebra.Translate(tree)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// TestPlanningGrows: what planning takes, counted in joins that are considered and in what is allocated, has a bound for orders of joins and beyond that
// grows with the size of the query, whatever the query is made of. (Not parallel: what others allocate would count.)
func TestPlanningGrows(t *testing.T) {
	snap := growthSnapshot(t)
	// What comes for each element, and beside joins for each variable too: a join counts more where there are more of them (effort.take).
	type work struct{ joins, kilobytes, allocs float64 }
	bounded, each := work{maxJoins + maxJoins/4, 10000, 110000}, work{25, 18, 250}
	for _, shape := range growing.Names() {
		kept := NewStatistics()
		at := []int{100}
		if sizes := growing.Sizes(shape); !testing.Short() {
			at = append(at, sizes[len(sizes)-1])
		}
		for _, n := range at {
			q := translated(t, growing.Query(shape, n))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			p, err := Optimize(t.Context(), snap, q, Options{Statistics: kept})
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Errorf("%s of %d: %v", shape, n, err)
				continue
			}
			got, slots := work{float64(p.Joins), float64(after.TotalAlloc-before.TotalAlloc) / 1000, float64(after.Mallocs - before.Mallocs)}, len(p.Slots)
			most := func(bounded, each, of float64) float64 { return bounded + each*of }
			size := float64(n)
			if m := most(bounded.joins, each.joins, size*float64(1+slots/64)); got.joins > m {
				t.Errorf("%s of %d: %.0f joins are considered, more than %.0f", shape, n, got.joins, m)
			}
			size += float64(slots)
			if m := most(bounded.kilobytes, each.kilobytes, size); got.kilobytes > m {
				t.Errorf("%s of %d: planning allocates %.0f kB, more than %.0f", shape, n, got.kilobytes, m)
			}
			if m := most(bounded.allocs, each.allocs, size); got.allocs > m {
				t.Errorf("%s of %d: planning allocates %.0f times, more than %.0f", shape, n, got.allocs, m)
			}
		}
	}
}

// BenchmarkPlanning plans queries of a hundred elements, counts known.
func BenchmarkPlanning(b *testing.B) {
	snap := growthSnapshot(b)
	for _, shape := range growing.Names() {
		b.Run(shape, func(b *testing.B) {
			text, kept := growing.Query(shape, 100), NewStatistics()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Optimize(b.Context(), snap, translated(b, text), Options{Statistics: kept}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
