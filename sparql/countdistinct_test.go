package sparql

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"triplestore/rdf"
)

// TestCountDistinctOfMany: many different pairs of a group and a value are counted the same in memory and with files, though they have been
// parted in memory before there were files.
func TestCountDistinctOfMany(t *testing.T) {
	t.Parallel()
	const groups, values = 13, 10_000
	iri := func(kind string, i int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/%s%d", kind, i)) }
	var quads []rdf.Quad
	for g := range groups {
		quads = append(quads, rdf.Quad{S: iri("g", g), P: iri("p", 0), O: iri("o", 0)})
	}
	for v := range values {
		for o := range 2 { // each twice
			quads = append(quads, rdf.Quad{S: iri("v", v*7919%values), P: iri("q", 0), O: iri("o", o)})
		}
	}
	snap := snapshotOf(t, quads)
	var want []string
	for _, o := range []Options{{}, {Memory: 3 << 20, Disk: 1 << 30, TempDir: t.TempDir()}} {
		r, err := NewEngine(o).Query(context.Background(), snap, `SELECT ?g (COUNT(DISTINCT ?v) AS ?n) {
			?g <http://e/p0> ?a . ?v <http://e/q0> ?b } GROUP BY ?g`)
		if err != nil {
			t.Fatal(err)
		}
		got, err := rowsOf(r)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		if o.Memory == 0 {
			if want = got; len(got) != groups || r.Spilled() != 0 {
				t.Fatalf("%d groups, %d bytes in files", len(got), r.Spilled())
			}
			for _, row := range got {
				if !strings.Contains(row, fmt.Sprintf("\"%d\"", values)) {
					t.Errorf("%s, want %d of each", row, values)
				}
			}
		} else if !slices.Equal(got, want) || r.Spilled() == 0 || r.MemoryPeak() > o.Memory {
			t.Errorf("%d bytes in files, %d in memory: %.300v, want %.300v", r.Spilled(), r.MemoryPeak(), got, want)
		}
		r.Close()
	}
}
