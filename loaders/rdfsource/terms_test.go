package rdfsource

import (
	"fmt"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/vocab"
)

func TestTerms(t *testing.T) {
	t.Parallel()
	d := newTerms()
	term := func(i int) rdf.Term {
		switch i % 6 {
		case 0:
			return rdf.IRI(fmt.Sprintf("http://example.org/%d", i))
		case 1:
			return rdf.String(fmt.Sprint(i / 12)) // some twice
		case 2:
			return rdf.LangLiteral(fmt.Sprint(i/12), "nb")
		case 3:
			return rdf.Literal(fmt.Sprint(i), vocab.XSDInteger)
		case 4:
			if i%1000 == 4 { // longer than a chunk
				return rdf.String(strings.Repeat("x", termChunk-i/1000))
			}
			return rdf.TripleTerm(rdf.Triple{S: rdf.BlankNode(fmt.Sprint(i)), P: rdf.IRI("http://example.org/p"), O: rdf.String("")})
		}
		return rdf.BlankNode(fmt.Sprint(i))
	}
	want := map[rdf.Term]uint32{}
	for round := range 2 {
		for i := range 6_000 { // the table grows some times
			x := term(i)
			if _, known := want[x]; !known {
				if _, ok := d.find(x); ok {
					t.Fatalf("%v is there before it is added", x)
				}
				want[x] = uint32(len(want))
			}
			if got := d.id(x); got != want[x] || d.get(got) != x {
				t.Fatalf("round %d: the number of %v is %d, want %d", round, x, got, want[x])
			}
		}
	}
	if d.len() != len(want) {
		t.Errorf("%d terms, want %d", d.len(), len(want))
	}
}
