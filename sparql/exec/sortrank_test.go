package exec

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/sparql/expr"
	"triplestore/vocab"
)

// TestRankValues: ranks are in the order of the values, whatever their kinds, and the same for those that are equal.
func TestRankValues(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 5))
	text := func() string {
		return strings.Repeat("http://e/", r.IntN(3)) + strings.Repeat("a", r.IntN(12)) + []string{"", "b", "\x00", "é"}[r.IntN(4)]
	}
	kinds := []func() rdf.Term{
		func() rdf.Term { return rdf.Term{} },
		func() rdf.Term { return rdf.BlankNode(fmt.Sprint("b", text())) },
		func() rdf.Term { return rdf.IRI(text()) },
		func() rdf.Term { return rdf.String(text()) },
		func() rdf.Term { return rdf.LangLiteral(text(), []string{"nb", "en"}[r.IntN(2)]) },
		func() rdf.Term { return rdf.Literal(fmt.Sprint(r.IntN(9)), vocab.XSD+"integer") },
		func() rdf.Term { return rdf.Literal(fmt.Sprint(r.IntN(9), ".50"), vocab.XSD+"decimal") },
		func() rdf.Term { return rdf.Literal(fmt.Sprintf("202%d-01-01", r.IntN(9)), vocab.XSD+"date") },
		func() rdf.Term { return rdf.Literal("true", vocab.XSD+"boolean") },
		func() rdf.Term { return rdf.Literal(text(), "http://e/other") },
	}
	for range 200 {
		some := kinds[r.IntN(len(kinds)):]
		some = some[:1+r.IntN(len(some))]
		vals := make([]expr.Value, r.IntN(60))
		for i := range vals {
			vals[i] = expr.FromTerm(some[r.IntN(len(some))]())
		}
		s := &sorter{q: &Query{ctx: t.Context()}}
		ranks, err := s.rankValues(vals)
		if err != nil {
			t.Fatal(err)
		}
		for i := range vals {
			for k := range vals {
				want := expr.OrderOf(&vals[i], &vals[k])
				if got := ranks[i] < ranks[k]; got != (want < 0) || (ranks[i] == ranks[k]) != (want == 0) {
					t.Fatalf("seed %d: %v has rank %d, %v has %d", seed, vals[i].Term(), ranks[i], vals[k].Term(), ranks[k])
				}
			}
		}
	}
}
