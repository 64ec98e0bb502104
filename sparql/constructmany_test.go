package sparql

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"triplestore/rdf"
)

// TestConstructOfManyTemplates: a template of thousands of triples is not made for many solutions at once, whose triples would take memory that nobody
// counts, and each triple comes once. (Not parallel: what others allocate would count.)
func TestConstructOfManyTemplates(t *testing.T) {
	const solutions, templates = 150, 3000
	iri := func(i int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/s%d", i)) }
	var quads []rdf.Quad
	for i := range solutions {
		quads = append(quads, rdf.Quad{S: iri(i), P: rdf.IRI("http://e/p"), O: rdf.IRI(fmt.Sprintf("http://e/o%d", i%2))})
	}
	snap := snapshotOf(t, quads)
	var query strings.Builder
	query.WriteString("CONSTRUCT {")
	for i := range templates {
		fmt.Fprintf(&query, " ?s <http://e/q> %d .", i)
	}
	query.WriteString(" ?o <http://e/q> 1 } WHERE { ?s <http://e/p> ?o }") // two that many solutions make
	engine := NewEngine(Options{Memory: 64 << 20})
	allocated := func(limit string) (triples int, bytes uint64) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := engine.Query(context.Background(), snap, query.String()+limit)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		seen := map[string]bool{}
		for x, err := range r.Triples() {
			if err != nil {
				t.Fatal(err)
			}
			if triples++; triples%50 == 0 || x.S.Value() < "http://e/p" {
				k := x.S.Value() + " " + x.O.Value()
				if seen[k] {
					t.Fatalf("%s comes twice", k)
				}
				seen[k] = true
			}
		}
		runtime.ReadMemStats(&after)
		return triples, after.TotalAlloc - before.TotalAlloc
	}
	if got, _ := allocated(""); got != solutions*templates+2 {
		t.Errorf("%d triples, want %d", got, solutions*templates+2)
	}
	_, few := allocated(" LIMIT 1")
	_, more := allocated(" LIMIT 20")
	const perSolution = 1_000_000 // of 3,000 triples; their keys take about 110,000 for good, twice that while they grow
	if most := few + 19*perSolution/2; more > most {
		t.Errorf("%d bytes are allocated for 20 solutions, %d for one", more, few)
	}
	t.Log(few, more)
}
