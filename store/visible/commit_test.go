package visible_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"triplestore/internal/cputime"
	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/memstore"
	"triplestore/store/visible"
)

// manyGraphs makes a store of n graphs, one in ten of which is closed.
func manyGraphs(t testing.TB, st store.Store, n int) visible.Rights {
	t.Helper()
	if _, err := st.Update(t.Context(), func(x store.Txn) error {
		var quads []rdf.Quad
		for g := range n {
			name := rdf.IRI(fmt.Sprintf("http://e/g%d", g))
			if g%10 == 3 {
				name = rdf.IRI(fmt.Sprintf("http://e/closed%d", g))
			}
			for i := range 5 {
				quads = append(quads, rdf.Quad{S: rdf.IRI(fmt.Sprintf("http://e/s%d-%d", g, i)), P: rdf.IRI("http://e/p"), O: rdf.String(fmt.Sprint(g)), G: name})
			}
		}
		return x.Add(quads)
	}); err != nil {
		t.Fatal(err)
	}
	closed, err := visible.ParseGraphs("http://e/closed*")
	if err != nil {
		t.Fatal(err)
	}
	return visible.Rights{Closed: closed}
}

// BenchmarkFirstAfterCommit is what a restricted caller pays first after a commit that changes one of 10,000 graphs.
func BenchmarkFirstAfterCommit(b *testing.B) {
	st := openBadger(b)
	rights := manyGraphs(b, st, 10_000)
	views := visible.New(st)
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		if _, err := st.Update(b.Context(), func(x store.Txn) error {
			return x.Add([]rdf.Quad{{S: rdf.IRI("http://e/s"), P: rdf.IRI("http://e/p"), O: rdf.String(fmt.Sprint("new", i)), G: rdf.IRI("http://e/g7")}})
		}); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		n, err := views.For(b.Context(), rights, nil).Snapshot()
		if err != nil {
			b.Fatal(err)
		}
		n.Close()
	}
}

// TestManyGraphs: with 10,000 graphs, small ones and ones that fill many blocks, a restricted caller sees the right ones after each commit,
// and soon.
func TestManyGraphs(t *testing.T) {
	t.Parallel()
	const graphs = 10_000
	stores := []store.Store{openBadger(t), memstore.New()}
	defer stores[1].Close()
	quadOf := func(g, i int) rdf.Quad {
		name := fmt.Sprintf("http://e/g%d", g)
		if g%10 == 3 {
			name = fmt.Sprintf("http://e/closed%d", g)
		}
		return rdf.Quad{S: rdf.IRI(fmt.Sprintf("http://e/s%d", i)), P: rdf.IRI("http://e/p"), O: rdf.String("x"), G: rdf.IRI(name)}
	}
	size := func(g int) int {
		switch g {
		case 0, 17, 23, 4_999: // two are closed
			return 9_000
		}
		return 1 + g%3
	}
	var rights visible.Rights
	var views []*visible.Store
	for _, st := range stores {
		if _, err := st.Update(t.Context(), func(x store.Txn) error {
			for g := range graphs {
				var quads []rdf.Quad
				for i := range size(g) {
					quads = append(quads, quadOf(g, i))
				}
				if err := x.Add(quads); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		views = append(views, visible.New(st))
	}
	closed, err := visible.ParseGraphs("http://e/closed*")
	if err != nil {
		t.Fatal(err)
	}
	rights.Closed = closed
	counts := func(i int) (map[rdf.Term]uint64, time.Duration) {
		var n store.Snapshot
		var err error
		took := cputime.Thread(func() { n, err = views[i].For(t.Context(), rights, nil).Snapshot() })
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		list, err := n.Graphs()
		if err != nil {
			t.Fatal(err)
		}
		ids, names := make([]store.ID, len(list)), make([]rdf.Term, len(list))
		for k, g := range list {
			ids[k] = g.Graph
		}
		if err := n.Terms(ids, names); err != nil {
			t.Fatal(err)
		}
		out := map[rdf.Term]uint64{}
		for k, g := range list {
			out[names[k].Clone()] = g.Quads
		}
		return out, took
	}
	least := time.Hour
	for round := range 8 {
		for _, st := range stores {
			if _, err := st.Update(t.Context(), func(x store.Txn) error {
				// A graph that grows, one that goes and comes, an open and a closed one that are new.
				change := x.Add
				if round%2 == 0 {
					change = x.Remove
				}
				if err := change([]rdf.Quad{quadOf(3, 0), quadOf(9, 0), quadOf(17, 5)}); err != nil {
					return err
				}
				return x.Add([]rdf.Quad{quadOf(7, 100+round), quadOf(graphs+10*round, 0), quadOf(graphs+10*round+3, 0)})
			}); err != nil {
				t.Fatal(err)
			}
		}
		got, took := counts(0)
		want, _ := counts(1)
		if !maps.Equal(got, want) || len(got) < graphs*9/10 {
			t.Fatalf("round %d: %d graphs, want %d", round, len(got), len(want))
		}
		least = min(least, took)
	}
	t.Logf("the first snapshot of a restricted caller after a commit took %v of processor time at least", least)
	if least > 100*time.Millisecond {
		t.Errorf("the first snapshot after a commit took %v of processor time at least", least)
	}
}
