package storetest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/vocab"
)

// testStatistics compares the statistics after each of a row of commits with what counting quad by quad gives.
func testStatistics(t *testing.T, s store.Store) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	iri := func(kind string, n int) rdf.Term { return rdf.IRI(fmt.Sprint("http://example.org/", kind, r.IntN(n))) }
	all := map[rdf.Quad]bool{}
	for round := range 8 {
		update(t, s, func(x store.Txn) error {
			var add, remove []rdf.Quad
			for q := range all {
				if r.IntN(3) == 0 {
					remove = append(remove, q)
					delete(all, q)
				}
			}
			if round == 5 {
				for q := range all {
					remove = append(remove, q)
				}
				clear(all)
			}
			for range r.IntN(3000) {
				q := rdf.Quad{S: iri("s", 200), P: iri("p", 7), O: iri("o", 90)}
				switch r.IntN(4) {
				case 0:
					q.P, q.O = rdf.IRI(vocab.RDFType), iri("Class", 12)
				case 1:
					q.O = rdf.Literal(fmt.Sprint(r.IntN(50)), vocab.XSD+"integer")
				}
				if r.IntN(3) > 0 {
					q.G = iri("g", 5)
				}
				add = append(add, q)
			}
			if round != 5 {
				for _, q := range add {
					all[q] = true
				}
			} else {
				add = nil
			}
			if err := x.Remove(remove); err != nil {
				return err
			}
			return x.Add(add)
		})
		n := snapshot(t, s)
		type predicate struct{ quads, subjects, objects uint64 }
		predicates := map[rdf.Term]predicate{}
		classes, graphs := map[rdf.Term]uint64{}, map[rdf.Term]uint64{}
		seen := map[[3]rdf.Term]bool{}
		once := func(kind string, a, b rdf.Term) uint64 {
			k := [3]rdf.Term{rdf.String(kind), a, b}
			if seen[k] {
				return 0
			}
			seen[k] = true
			return 1
		}
		for q := range all {
			p := predicates[q.P]
			p.quads++
			p.subjects += once("subject", q.P, q.S)
			p.objects += once("object", q.P, q.O)
			predicates[q.P] = p
			graphs[q.G]++
			if q.P == rdf.IRI(vocab.RDFType) {
				classes[q.O] += once("class", q.O, q.S)
			}
		}
		for range 2 { // the second time it may be remembered
			got, err := store.StatisticsOf(t.Context(), n)
			if err != nil {
				t.Fatal(err)
			}
			term := func(id store.ID) rdf.Term {
				var out [1]rdf.Term
				if err := n.Terms([]store.ID{id}, out[:]); err != nil {
					t.Fatal(err)
				}
				return out[0]
			}
			if got.Commit != n.Commit() || len(got.Predicates) != len(predicates) || len(got.Classes) != len(classes) || len(got.Graphs) != len(graphs) {
				t.Fatalf("%d predicates, %d classes, %d graphs; want %d, %d, %d", len(got.Predicates), len(got.Classes), len(got.Graphs),
					len(predicates), len(classes), len(graphs))
			}
			for _, p := range got.Predicates {
				if want := predicates[term(p.Predicate)]; want != (predicate{p.Quads, p.Subjects, p.Objects}) {
					t.Errorf("%v: %+v, want %+v", term(p.Predicate), p, want)
				}
			}
			for _, c := range got.Classes {
				if want := classes[term(c.Class)]; want != c.Instances {
					t.Errorf("%v: %d instances, want %d", term(c.Class), c.Instances, want)
				}
			}
			for _, g := range got.Graphs {
				if want := graphs[term(g.Graph)]; want != g.Quads {
					t.Errorf("%v: %d quads, want %d", term(g.Graph), g.Quads, want)
				}
			}
		}
		n.Close()
	}
}
