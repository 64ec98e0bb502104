package canon

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"triplestore/rdf"
)

var p = rdf.IRI("http://e/p")

func node(i int) rdf.Term { return rdf.BlankNode(fmt.Sprint("b", i)) }

func edges(pairs ...int) (out []rdf.Quad) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, rdf.Quad{S: node(pairs[i]), P: p, O: node(pairs[i+1])})
	}
	return out
}

// shuffle renames the blank nodes, also inside triple terms, and mixes the quads.
func shuffle(r *rand.Rand, quads []rdf.Quad) []rdf.Quad {
	names := map[rdf.Term]rdf.Term{}
	salt := r.IntN(1000)
	var rename func(rdf.Term) rdf.Term
	rename = func(t rdf.Term) rdf.Term {
		if t.IsTriple() {
			tr := t.Triple()
			return rdf.TripleTerm(rdf.Triple{S: rename(tr.S), P: rename(tr.P), O: rename(tr.O)})
		}
		if !t.IsBlankNode() {
			return t
		}
		if _, ok := names[t]; !ok {
			names[t] = rdf.BlankNode(fmt.Sprintf("x%d-%d", salt, r.Uint64()))
		}
		return names[t]
	}
	out := make([]rdf.Quad, len(quads))
	for i, q := range quads {
		out[i] = rdf.Quad{S: rename(q.S), P: q.P, O: rename(q.O), G: rename(q.G)}
	}
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func ring(n, from int) (out []int) {
	for i := range n {
		out = append(out, from+i, from+(i+1)%n)
	}
	return out
}

func TestIsomorphic(t *testing.T) {
	t.Parallel()
	iri := rdf.IRI("http://e/x")
	tt := func(s, o rdf.Term) rdf.Term { return rdf.TripleTerm(rdf.Triple{S: s, P: p, O: o}) }
	hexagon, triangles := edges(ring(6, 0)...), edges(append(ring(3, 0), ring(3, 10)...)...)
	for _, c := range []struct {
		name string
		a, b []rdf.Quad
		want bool
	}{
		{"empty", nil, nil, true},
		{"duplicate quads", edges(0, 1, 0, 1), edges(5, 6), true},
		{"loop and edge", edges(0, 0), edges(0, 1), false},
		{"direction", edges(0, 1, 1, 2), edges(0, 1, 2, 1), false},
		{"ring and two rings", hexagon, triangles, false},
		{"two rings", triangles, edges(append(ring(3, 20), ring(3, 7)...)...), true},
		{"ground", []rdf.Quad{{S: iri, P: p, O: iri}}, []rdf.Quad{{S: iri, P: p, O: rdf.String("x")}}, false},
		{"graph name", []rdf.Quad{{S: iri, P: p, O: iri, G: node(1)}}, []rdf.Quad{{S: iri, P: p, O: iri, G: node(2)}}, true},
		{"graph and default", []rdf.Quad{{S: node(1), P: p, O: iri, G: iri}}, []rdf.Quad{{S: node(1), P: p, O: iri}}, false},
		{"triple term", []rdf.Quad{{S: node(1), P: p, O: tt(node(1), node(2))}}, []rdf.Quad{{S: node(3), P: p, O: tt(node(3), node(1))}}, true},
		{"triple term, other node", []rdf.Quad{{S: node(1), P: p, O: tt(node(1), node(2))}}, []rdf.Quad{{S: node(3), P: p, O: tt(node(1), node(3))}}, false},
		{"same node twice", []rdf.Quad{{S: iri, P: p, O: tt(node(1), node(1))}}, []rdf.Quad{{S: iri, P: p, O: tt(node(1), node(2))}}, false},
		{"ground triple term", []rdf.Quad{{S: node(1), P: p, O: tt(iri, iri)}}, []rdf.Quad{{S: node(2), P: p, O: tt(iri, iri)}}, true},
	} {
		if got, err := Isomorphic(c.a, c.b); got != c.want || err != nil {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
		if got, err := Isomorphic(c.b, c.a); got != c.want || err != nil {
			t.Errorf("%s, the other way: %v, %v", c.name, got, err)
		}
	}
}

func TestRandom(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for range 300 {
		n := 2 + r.IntN(12)
		var quads []rdf.Quad
		for range r.IntN(3 * n) {
			q := rdf.Quad{S: node(r.IntN(n)), P: p, O: node(r.IntN(n))}
			switch r.IntN(6) {
			case 0:
				q.O = rdf.TripleTerm(rdf.Triple{S: node(r.IntN(n)), P: p, O: node(r.IntN(n))})
			case 1:
				q.G = node(r.IntN(n))
			}
			quads = append(quads, q)
		}
		other := shuffle(r, quads)
		if ok, err := Isomorphic(quads, other); !ok || err != nil {
			t.Fatalf("%v, %v for\n%v\n%v", ok, err, quads, other)
		}
		if len(other) > 0 {
			i := r.IntN(len(other))
			other[i].P = rdf.IRI("http://e/q")
			if ok, _ := Isomorphic(quads, other); ok {
				t.Fatalf("one predicate differs, yet equal:\n%v\n%v", quads, other)
			}
		}
	}
}

func TestHard(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	// Nodes that are all alike need no search beyond the first choices.
	var same []rdf.Quad
	for i := range 3000 {
		same = append(same, rdf.Quad{S: node(i), P: p, O: rdf.String("x")})
	}
	if ok, err := Isomorphic(same, shuffle(r, same)); !ok || err != nil {
		t.Errorf("alike: %v, %v", ok, err)
	}
	// Here every pair needs a choice.
	var pairs []rdf.Quad
	for i := range 40 {
		pairs = append(pairs, rdf.Quad{S: node(2 * i), P: p, O: node(2*i + 1)})
	}
	if ok, err := Isomorphic(pairs, shuffle(r, pairs)); !ok || err != nil {
		t.Errorf("pairs: %v, %v", ok, err)
	}
	if _, err := IsomorphicWork(edges(ring(50, 0)...), edges(append(ring(25, 0), ring(25, 50)...)...), 1000); !errors.Is(err, ErrLimit) {
		t.Errorf("no limit: %v", err)
	}
}

func BenchmarkIsomorphic(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var quads []rdf.Quad
	for i := range 5000 {
		quads = append(quads, rdf.Quad{S: node(i), P: p, O: rdf.String(fmt.Sprint(i / 2))}, rdf.Quad{S: node(i), P: p, O: node(i / 3)})
	}
	other := shuffle(r, quads)
	for b.Loop() {
		if ok, err := Isomorphic(quads, other); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}
