package canon_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"triplestore/rdf"
	"triplestore/rdf/canon"
)

// The names are in stores: they must stay what they are, also when groups are interleaved and alike.
func TestStableEach(t *testing.T) {
	t.Parallel()
	p, q := rdf.IRI("http://example.org/p"), rdf.IRI("http://example.org/q")
	var triples []rdf.Triple
	for _, object := range []string{"x", "y"} {
		for i := range 3 {
			b, c := rdf.BlankNode(fmt.Sprintf("b%d", i)), rdf.BlankNode(fmt.Sprintf("c%d", i))
			triples = append(triples, rdf.Triple{S: b, P: p, O: rdf.String(object)}, rdf.Triple{S: b, P: q, O: c},
				rdf.Triple{S: rdf.IRI("http://example.org/s"), P: p, O: rdf.String(object)})
		}
	}
	triples = append(triples, rdf.Triple{S: rdf.BlankNode("alone"), P: p, O: rdf.String("x")})
	whole := slices.Clone(triples)
	o := canon.StableOptions{Scope: "s"}
	if _, err := canon.Stable(context.Background(), whole, o); err != nil {
		t.Fatal(err)
	}
	each := slices.Clone(triples)
	calls := map[int]int{}
	_, err := canon.StableEach(context.Background(), len(triples), func(i int) rdf.Triple { return triples[i] }, func(i int, x rdf.Triple) {
		calls[i]++
		each[i] = x
	}, o)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(whole, each) {
		t.Errorf("StableEach gives\n%v\nStable\n%v", each, whole)
	}
	for i, x := range triples {
		want := 0
		if x.S.IsBlankNode() {
			want = 1
		}
		if calls[i] != want {
			t.Errorf("triple %d was set %d times, want %d", i, calls[i], want)
		}
	}
	for i, want := range map[int]string{0: "hi2bns4s7qxeoevdc.0", 3: "hi2bns4s7qxeoevdc-1.0", 6: "hi2bns4s7qxeoevdc-2.0", 9: "hi2bns4s7qxeoevdc.0", 18: "hjjvawf24uvehfvut"} {
		if got := each[i].S.Value(); got != want {
			t.Errorf("the subject of triple %d is named %q, want %q", i, got, want)
		}
	}
}
