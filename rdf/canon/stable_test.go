package canon_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/rdf/turtle"
)

func stableTriples(t *testing.T, text string) []rdf.Triple {
	t.Helper()
	quads, err := turtle.ParseString("PREFIX : <http://example.org/>\n"+text, turtle.Options{Dialect: turtle.Turtle})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]rdf.Triple, len(quads))
	for i, q := range quads {
		out[i] = q.Triple()
	}
	return out
}

func sorted(triples []rdf.Triple) string {
	lines := make([]string, len(triples))
	for i, t := range triples {
		lines[i] = t.String()
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// TestStable shuffles and relabels documents: the names must stay.
func TestStable(t *testing.T) {
	cases := map[string]string{
		"one":       `:a :p [ :q 1 ] .`,
		"same":      `:a :p [ :q 1 ], [ :q 1 ] . :b :p [ :q 1 ] .`,
		"list":      `:a :p ( 1 1 1 1 2 ) .`,
		"nested":    `:a :p [ :q [ :r "x", "y" ] ; :s [ :r "x" ] ] .`,
		"ring":      `_:a :p _:b . _:b :p _:c . _:c :p _:d . _:d :p _:a .`,
		"triangles": `_:a :p _:b . _:b :p _:c . _:c :p _:a . _:d :p _:e . _:e :p _:f . _:f :p _:d .`,
		"term":      `:a :p <<( _:x :q _:y )>> . _:x :r 1 . _:y :r 2 .`,
	}
	const seed = 7
	for name, text := range cases {
		triples := stableTriples(t, text)
		want := slices.Clone(triples)
		if _, err := canon.Stable(t.Context(), want, canon.StableOptions{}); err != nil {
			t.Fatal(name, err)
		}
		r := rand.New(rand.NewPCG(seed, 1))
		for range 20 {
			got := slices.Clone(triples)
			r.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
			relabel(got, fmt.Sprint("z", r.IntN(100)))
			ties, err := canon.Stable(t.Context(), got, canon.StableOptions{})
			if err != nil || ties != 0 || sorted(got) != sorted(want) {
				t.Fatalf("%s, seed %d: %d ties, %v\n%s\nwant\n%s", name, seed, ties, err, sorted(got), sorted(want))
			}
		}
		iso := func(ts []rdf.Triple) (out []rdf.Quad) {
			for _, x := range ts {
				out = append(out, x.In(rdf.Term{}))
			}
			return out
		}
		if name == "term" {
			continue // RDFC-1.0 is not defined for it
		}
		if same, err := canon.Isomorphic(iso(triples), iso(want)); !same || err != nil {
			t.Errorf("%s: the names changed the meaning: %v\n%s", name, err, sorted(want))
		}
	}
}

func relabel(triples []rdf.Triple, prefix string) {
	var rename func(x rdf.Term) rdf.Term
	rename = func(x rdf.Term) rdf.Term {
		if x.IsBlankNode() {
			return rdf.BlankNode(prefix + x.Value())
		}
		if x.IsTriple() {
			in := x.Triple()
			return rdf.TripleTerm(rdf.Triple{S: rename(in.S), P: in.P, O: rename(in.O)})
		}
		return x
	}
	for i := range triples {
		triples[i].S, triples[i].O = rename(triples[i].S), rename(triples[i].O)
	}
}

// TestStableIsLocal shows that a change renames the blank nodes that it touches and no others.
func TestStableIsLocal(t *testing.T) {
	before := stableTriples(t, `:a :title "A" ; :p [ :q 1 ] . :b :p [ :q 1 ; :r [ :s 2 ] ] .`)
	after := stableTriples(t, `:a :title "Another" ; :p [ :q 1 ] . :b :p [ :q 1 ; :r [ :s 3 ] ] .`)
	for _, x := range [][]rdf.Triple{before, after} {
		if _, err := canon.Stable(t.Context(), x, canon.StableOptions{Scope: "s"}); err != nil {
			t.Fatal(err)
		}
	}
	same := 0
	for _, x := range before {
		if x.O.IsBlankNode() && x.S == rdf.IRI("http://example.org/a") && slices.Contains(after, x) {
			same++
		}
	}
	if same != 1 {
		t.Errorf("the blank node that was not touched was renamed:\n%s\n\n%s", sorted(before), sorted(after))
	}
}

// TestStableComplex names a group that RDFC-1.0 gives up on, and says so.
func TestStableComplex(t *testing.T) {
	var triples []rdf.Triple
	const n = 12
	for i := range n {
		for j := range n {
			if i != j {
				triples = append(triples, rdf.Triple{S: rdf.BlankNode(fmt.Sprint("x", i)), P: rdf.IRI("http://example.org/p"), O: rdf.BlankNode(fmt.Sprint("x", j))})
			}
		}
	}
	ties, err := canon.Stable(t.Context(), triples, canon.StableOptions{Work: 500})
	if err != nil || ties != n-1 {
		t.Errorf("%d ties, %v; want %d", ties, err, n-1)
	}
	names := map[rdf.Term]bool{}
	for _, x := range triples {
		names[x.S] = true
	}
	if len(names) != n {
		t.Errorf("%d names for %d nodes", len(names), n)
	}
}
