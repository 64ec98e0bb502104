package storetest

import (
	"errors"
	"math/rand/v2"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
)

// testReplace replaces graphs over and over and compares with a model.
func testReplace(t *testing.T, s store.Store) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	model := map[rdf.Term]map[rdf.Quad]bool{}
	graphs := []rdf.Term{{}, iri(5001), iri(5002)}
	replace := func(graph rdf.Term, quads []rdf.Quad, fail error) (store.Result, error) {
		return s.Update(t.Context(), func(x store.Txn) error {
			return store.Replace(t.Context(), x, graph, func(add func([]rdf.Quad) error) error {
				for len(quads) > 0 {
					n := min(len(quads), 1+r.IntN(300))
					if err := add(quads[:n]); err != nil {
						return err
					}
					quads = quads[n:]
				}
				return fail
			})
		})
	}
	for range 25 {
		graph := graphs[r.IntN(len(graphs))]
		before := model[graph]
		next := map[rdf.Quad]bool{}
		var quads []rdf.Quad
		var inserted, deleted uint64
		for q := range before { // most of it comes again
			if r.IntN(10) > 0 {
				quads = append(quads, q)
				next[q] = true
			} else {
				deleted++
			}
		}
		for range r.IntN(400) {
			q := quad(r.IntN(100), 1000+r.IntN(5), r.IntN(100), 0)
			quads = append(quads, q)
			if q.G = graph; !next[q] {
				next[q] = true
				if inserted++; before[q] {
					inserted--
					deleted--
				}
			}
		}
		r.Shuffle(len(quads), func(i, j int) { quads[i], quads[j] = quads[j], quads[i] })
		failure := errors.New("no")
		if _, err := replace(graph, quads, failure); !errors.Is(err, failure) {
			t.Fatal(err)
		}
		result, err := replace(graph, quads, nil)
		if err != nil || result.Inserted != inserted || result.Deleted != deleted {
			t.Fatalf("%+v, %v; want %d inserted, %d deleted", result, err, inserted, deleted)
		}
		model[graph] = next
		again, err := replace(graph, quads, nil)
		if err != nil || again.Commit != result.Commit || again.Inserted+again.Deleted > 0 {
			t.Fatalf("the same once more: %+v after %+v, %v", again, result, err)
		}
		var all []rdf.Quad
		for _, m := range model {
			for q := range m {
				all = append(all, q)
			}
		}
		n := snapshot(t, s)
		expect(t, n, all...)
		n.Close()
	}
}
