package optimizer

import (
	"testing"

	"triplestore/rdf"
	"triplestore/store"
)

// hundredfold tells of a hundred times the rows that it has.
type hundredfold struct{ store.Snapshot }

func (s hundredfold) Count(r store.Range) (uint64, error) {
	n, err := s.Snapshot.Count(r)
	return n * 100, err
}

func (s hundredfold) Distinct(r store.Range) (uint64, error) {
	n, err := s.Snapshot.Distinct(r)
	return n * 100, err
}

// TestTableIsOfTheSmallerSide: of a hash join of few rows, in which those of two steps are, with many, the few are the table.
func TestTableIsOfTheSmallerSide(t *testing.T) {
	t.Parallel()
	var quads []rdf.Quad
	for i := range 20_000 {
		quads = append(quads, rdf.Quad{S: node("d%d", i), P: node("by"), O: node("o%d", i*7919%8_000)})
	}
	for i := range 20_000 {
		quads = append(quads, rdf.Quad{S: node("c%d", i/10), P: node("has"), O: node("d%d", i*7919%20_000)})
	}
	for i := range 8_000 {
		quads = append(quads, rdf.Quad{S: node("o%d", i), P: node("in"), O: node("m%d", i%40)})
	}
	for i := range 40 {
		quads = append(quads, rdf.Quad{S: node("m%d", i), P: node("part"), O: node("f%d", i%4)})
	}
	p := plan(t, hundredfold{snapshotOf(t, quads)}, "SELECT (COUNT(*) AS ?n) { ?c :has ?d . ?d :by ?o . ?o :in ?m . ?m :part :f1 }")
	joins := 0
	var walk func(Node)
	walk = func(n Node) {
		if j, ok := n.(*HashJoin); ok {
			joins++
			if l, r := j.L.P().Rows, j.R.P().Rows; r > l {
				t.Errorf("the table has %v rows, and %v are looked up in it", r, l)
			}
		}
		for _, c := range Children(n) {
			walk(c)
		}
	}
	walk(p.Root)
	if joins == 0 {
		t.Errorf("no hash join in\n%s", p.Explain(nil))
	}
}
