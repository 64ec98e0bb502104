package sparql

import (
	"math/rand/v2"
	"testing"
	"time"

	"triplestore/store"
)

// oneState is a snapshot whose samples are kept.
type oneState struct {
	store.Snapshot
	store.Picker
}

func (oneState) Version() (any, bool) { return 1, true }

// TestDrawsAreKeptApart: a query has the plan that it would have, were there nothing kept from other queries of the same data, so that no
// sample is taken for one of something else.
func TestDrawsAreKeptApart(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	n := uint64(100)
	if testing.Short() {
		n = 30
	}
	plans := 0
	for i := range n {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, i))}
		of := snapshotOf(t, randomQuads(g.Rand))
		snap := oneState{of, of.(store.Picker)}
		kept := NewEngine(Options{})
		for range 12 {
			text := g.query()
			o := Options{DrawAll: true, UnionDefaultGraph: g.IntN(4) == 0}
			plan, err := kept.prepare(t.Context(), snap, text, o)
			if err != nil {
				continue
			}
			alone, err := NewEngine(o).prepare(t.Context(), snap, text, o)
			if err != nil {
				t.Fatalf("seed %d/%d: %s: %v", seed, i, text, err)
			}
			if got, want := plan.Explain(nil), alone.Explain(nil); got != want {
				t.Fatalf("seed %d/%d: %s (%v)\n%s\nwith nothing kept:\n%s", seed, i, text, o.UnionDefaultGraph, got, want)
			}
			plans++
		}
	}
	if plans < int(n)*8 {
		t.Errorf("only %d plans are compared", plans)
	}
	t.Logf("seed %d: %d plans are the same", seed, plans)
}
