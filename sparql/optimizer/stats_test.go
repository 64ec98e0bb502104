package optimizer

import (
	"fmt"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/syntax"
	"triplestore/store"
)

// countingSnapshot counts what it is asked.
type countingSnapshot struct {
	store.Snapshot
	version, asked int
}

func (s *countingSnapshot) Version() (any, bool) { return s.version, s.version > 0 }

func (s *countingSnapshot) Count(r store.Range) (uint64, error) {
	s.asked++
	return s.Snapshot.Count(r)
}

func (s *countingSnapshot) Distinct(r store.Range) (uint64, error) {
	s.asked++
	return s.Snapshot.Distinct(r)
}

// TestStatisticsAreKept: what another query of the same state asked for is not asked again; another state's counts are never used.
func TestStatisticsAreKept(t *testing.T) {
	t.Parallel()
	quads := func(n int) (out []rdf.Quad) {
		for i := range n {
			out = append(out, rdf.Quad{S: rdf.IRI("http://e/s" + string(rune('a'+i/26%26)) + string(rune('a'+i%26))), P: rdf.IRI("http://e/p"), O: rdf.IRI("http://e/o")})
		}
		return out
	}
	kept := NewStatistics()
	rows := func(snap store.Snapshot) float64 {
		tree, err := syntax.ParseQuery("SELECT * { ?s <http://e/p> ?o }", syntax.Options{})
		if err != nil {
			t.Fatal(err)
		}
		q, err := algebra.Translate(tree)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Optimize(t.Context(), snap, q, Options{Statistics: kept})
		if err != nil {
			t.Fatal(err)
		}
		return p.Root.P().Rows
	}
	first := &countingSnapshot{Snapshot: snapshotOf(t, quads(300)), version: 1}
	if n := rows(first); n != 300 || first.asked == 0 {
		t.Errorf("%v rows after %d questions", n, first.asked)
	}
	first.asked = 0
	if n := rows(first); n != 300 || first.asked > 0 {
		t.Errorf("asked again: %v rows after %d questions", n, first.asked)
	}
	second := &countingSnapshot{Snapshot: snapshotOf(t, quads(200)), version: 2}
	if n := rows(second); n != 200 {
		t.Errorf("counts of another state: %v rows", n)
	}
	third := &countingSnapshot{Snapshot: snapshotOf(t, quads(100))} // no version, like the snapshot of a transaction
	if n := rows(third); n != 100 {
		t.Errorf("counts of another state: %v rows", n)
	}
	if n := rows(second); n != 200 {
		t.Errorf("a snapshot without version left counts behind: %v rows", n)
	}
}

// TestNamedGraphEstimates: of a pattern in GRAPH ?g only what is in named graphs counts, and where there is none nothing is read.
func TestNamedGraphEstimates(t *testing.T) {
	t.Parallel()
	quads := func(named int) (out []rdf.Quad) {
		for i := range 1000 {
			q := rdf.Quad{S: rdf.IRI(fmt.Sprintf("http://e/s%d", i)), P: rdf.IRI("http://e/p"), O: rdf.IRI("http://e/o")}
			if i < named {
				q.G = rdf.IRI("http://e/g")
			}
			out = append(out, q)
		}
		return out
	}
	const query = "SELECT * { GRAPH ?g { ?s :p ?o } }"
	for _, test := range []struct{ named, rows int }{{0, 0}, {10, 10}, {1000, 1000}} {
		p := plan(t, snapshotOf(t, quads(test.named)), query)
		if got := p.Root.P().Rows; got != float64(test.rows) {
			t.Errorf("%d of 1,000 quads are in a named graph, %g rows are estimated", test.named, got)
		}
		if out := p.Explain(nil); test.named == 0 && !strings.Contains(out, "empty") {
			t.Errorf("there is no named graph, and the plan is\n%s", out)
		}
	}
	// Restricted to graphs of the dataset, as before.
	if p := plan(t, snapshotOf(t, quads(10)), "SELECT * FROM NAMED :g { GRAPH ?g { ?s :p ?o } }"); p.Root.P().Rows != 10 {
		t.Errorf("FROM NAMED: %g rows are estimated of 10", p.Root.P().Rows)
	}
}
