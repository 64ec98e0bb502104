package dictionary

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
)

// TestSpill empties the table of terms again and again, so that terms are looked up in the state, by way of the filter or not.
func TestSpill(t *testing.T) {
	t.Parallel()
	for _, narrow := range []uint{0, 40} {
		t.Run(fmt.Sprint(48-narrow, " bits"), func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			r := rand.New(rand.NewPCG(seed, 0))
			m := newMemory()
			o := options(m).with(narrow)
			w := NewWriter(empty(t, o), m)
			model := map[rdf.Term]store.ID{}
			for range 30 {
				for range 1 + r.IntN(400) {
					x := term(r)
					id, err := w.ID(x)
					if err != nil {
						t.Fatal(err)
					}
					if old, known := model[x]; known && old != id || !known && id.Number() != uint64(len(model)) {
						t.Fatalf("%v: %x, was %x; %d terms", x, uint64(id), uint64(old), len(model))
					}
					model[x] = id
				}
				step := w.Spill
				if r.IntN(3) == 0 { // what is flushed and not in the filter is in the table
					step = func(ctx context.Context) error { _, err := w.Flush(ctx); return err }
				}
				if err := step(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if _, ok, err := w.Lookup(rdf.IRI("http://example.org/unknown")); ok || err != nil {
				t.Errorf("an unknown term is known: %v", err)
			}
			if w.old.passes.Load() == nil {
				t.Error("there is no filter")
			}
		})
	}
}

// TestFilter counts what passes a filter and should not.
func TestFilter(t *testing.T) {
	t.Parallel()
	m := newMemory()
	w := NewWriter(empty(t, options(m)), m)
	const n = 20_000
	for i := range n {
		if _, err := w.ID(rdf.IRI(fmt.Sprint("http://example.org/", i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Spill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := w.Lookup(rdf.IRI("http://example.org/unknown")); ok || err != nil || w.old.passes.Load() == nil {
		t.Fatalf("an unknown term is known (%v, %v), or there is no filter", ok, err)
	}
	passed := 0
	for i := range n {
		if !w.old.passes.Load().has(uint64(w.base.key(rdf.IRI(fmt.Sprint("http://example.org/", i))))) {
			t.Fatalf("%d is not in the filter", i)
		}
		if w.old.passes.Load().has(uint64(w.base.key(rdf.IRI(fmt.Sprint("http://example.org/unknown/", i))))) {
			passed++
		}
	}
	if passed > n/50 {
		t.Errorf("%d of %d unknown terms pass", passed, n)
	}
}
