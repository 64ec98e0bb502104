package optimizer

import (
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
