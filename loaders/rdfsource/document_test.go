package rdfsource

import (
	"fmt"
	"testing"

	"triplestore/rdf"
)

func TestDocumentTerms(t *testing.T) {
	t.Parallel()
	d := newDocument(nil)
	term := func(i int) rdf.Term {
		switch i % 3 {
		case 0:
			return rdf.IRI(fmt.Sprintf("http://example.org/%d", i))
		case 1:
			return rdf.String(fmt.Sprint(i / 6)) // some twice
		}
		return rdf.BlankNode(fmt.Sprint(i))
	}
	want := map[rdf.Term]uint32{}
	for round := range 2 {
		for i := range 20_000 { // the table grows some times
			x := term(i)
			if _, known := want[x]; !known {
				if _, ok := d.find(x); ok {
					t.Fatalf("%v is there before it is added", x)
				}
				want[x] = uint32(len(want))
			}
			if got := d.id(x); got != want[x] || d.terms[got] != x {
				t.Fatalf("round %d: the number of %v is %d, want %d", round, x, got, want[x])
			}
		}
	}
	if len(d.terms) != len(want) {
		t.Errorf("%d terms, want %d", len(d.terms), len(want))
	}
}
