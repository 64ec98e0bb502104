package visible_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/badgerstore"
	"triplestore/store/memstore"
	"triplestore/store/storetest"
	"triplestore/store/visible"
)

func openBadger(t testing.TB) *badgerstore.Store {
	t.Helper()
	s, err := badgerstore.Open(t.TempDir(), badgerstore.Options{Retention: &badgerstore.Retention{Commits: 10}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestLarge compares counts of ranges of many rows, which are made in several ways, with those of a store that holds the visible quads.
func TestLarge(t *testing.T) {
	t.Parallel()
	seed := firstSeed()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	var shown, hidden []rdf.Quad
	iri := func(kind string, n int) rdf.Term { return rdf.IRI(fmt.Sprint("http://e/", kind, n)) }
	for range 120_000 {
		q := rdf.Quad{S: iri("s", r.IntN(3)*r.IntN(9000)), P: iri("p", r.IntN(2)*r.IntN(9)), O: iri("o", r.IntN(2)*r.IntN(20000)), G: iri("g", r.IntN(40))}
		switch r.IntN(12) {
		case 0:
			q.G = rdf.Term{}
		case 1:
			q.G = iri("hidden", r.IntN(3))
		}
		if q.G.IsIRI() && q.G.Value()[9] == 'h' {
			hidden = append(hidden, q)
		} else {
			shown = append(shown, q)
		}
	}
	closed, err := visible.ParseGraphs("http://e/hidden*")
	if err != nil {
		t.Fatal(err)
	}
	rights := visible.Rights{Closed: closed}
	whole, seen := openBadger(t), memstore.New()
	for _, part := range []struct {
		s     store.Store
		quads []rdf.Quad
	}{{whole, shown}, {whole, hidden}, {seen, shown}} {
		if _, err := part.s.Update(t.Context(), func(x store.Txn) error { return x.Add(part.quads) }); err != nil {
			t.Fatal(err)
		}
	}
	got, want := snapshotOf(t, visible.New(whole).For(t.Context(), rights, nil)), snapshotOf(t, seen)
	all, err := storetest.Rows(t.Context(), want, store.Range{})
	if err != nil {
		t.Fatal(err)
	}
	// The stores number terms in their own ways.
	translate := func(ids []store.ID) []store.ID {
		terms, out := make([]rdf.Term, len(ids)), make([]store.ID, len(ids))
		if err := want.Terms(ids, terms); err != nil {
			t.Fatal(err)
		}
		for i, term := range terms {
			out[i] = ids[i]
			if !term.IsZero() {
				id, ok, err := got.ID(term)
				if err != nil || !ok {
					t.Fatalf("%v: %v, %v", term, ok, err)
				}
				out[i] = id
			}
		}
		return out
	}
	rounds := 400
	if testing.Short() {
		rounds = 80
	}
	for range rounds {
		o := store.Order(r.IntN(int(store.NumOrders)))
		q := all[r.IntN(len(all))]
		if r.IntN(2) == 0 { // terms that are in very many quads
			q = all[0]
		}
		pos := o.Positions()
		var prefix []store.ID
		for _, p := range pos[:r.IntN(4)] {
			prefix = append(prefix, q[p])
		}
		here, there := store.Range{Order: o, Prefix: prefix}, store.Range{Order: o, Prefix: translate(prefix)}
		for range 2 { // the second time it may be remembered
			n, err1 := want.Count(here)
			m, err2 := got.Count(there)
			d, err3 := want.Distinct(here)
			e, err4 := got.Distinct(there)
			if n != m || d != e || err1 != nil || err2 != nil || err3 != nil || err4 != nil {
				t.Fatalf("%v %v: %d rows, want %d; %d values, want %d; %v %v %v %v", o, len(prefix), m, n, e, d, err1, err2, err3, err4)
			}
			pickLarge(t, r, got, here, n)
		}
	}
	st, err := store.StatisticsOf(t.Context(), got)
	if err != nil {
		t.Fatal(err)
	}
	expected, err := store.StatisticsOf(t.Context(), want)
	if err != nil || len(st.Graphs) != len(expected.Graphs) || len(st.Predicates) != len(expected.Predicates) {
		t.Errorf("%d graphs, want %d; %d predicates, want %d; %v", len(st.Graphs), len(expected.Graphs), len(st.Predicates), len(expected.Predicates), err)
	}
	if _, ok, err := got.ID(iri("hidden", 1)); ok || err != nil {
		t.Errorf("the name of a hidden graph is known: %v", err)
	}
}

// pickLarge picks some of the n rows of a range and compares them with what a scan gives.
func pickLarge(t *testing.T, r *rand.Rand, snap store.Snapshot, rg store.Range, n uint64) {
	t.Helper()
	places := []uint64{n, n + 5}
	for range r.IntN(12) {
		places = append(places, r.Uint64N(n))
	}
	slices.Sort(places)
	places = slices.Compact(places)
	got, err := snap.(store.Picker).Pick(rg, places, nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := storetest.Rows(t.Context(), snap, rg)
	if err != nil {
		t.Fatal(err)
	}
	var want []store.Quad
	for _, x := range places {
		if x < uint64(len(all)) {
			var q store.Quad
			for col, p := range rg.Order.Positions() {
				q[p] = all[x][col]
			}
			want = append(want, q)
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%v %x: picked %d of %d rows at %v: %v, want %v", rg.Order, rg.Prefix, len(got), n, places, got, want)
	}
}

// TestHistory: older states and differences show what may be seen by the rights of today.
func TestHistory(t *testing.T) {
	t.Parallel()
	s := openBadger(t)
	quad := func(n int, g string) rdf.Quad {
		q := rdf.Quad{S: rdf.IRI("http://e/s"), P: rdf.IRI("http://e/p"), O: rdf.String(fmt.Sprint(n))}
		if g != "" {
			q.G = rdf.IRI("http://e/" + g)
		}
		return q
	}
	for i := range 4 {
		if _, err := s.Update(t.Context(), func(x store.Txn) error {
			return x.Add([]rdf.Quad{quad(i, "open"), quad(i, "closed"), quad(i, "")})
		}); err != nil {
			t.Fatal(err)
		}
	}
	closed, err := visible.ParseGraphs("http://e/closed", visible.DefaultGraph)
	if err != nil {
		t.Fatal(err)
	}
	part, ok := visible.New(s).For(t.Context(), visible.Rights{Closed: closed}, nil).(store.History)
	if !ok {
		t.Fatal("it has no history")
	}
	commits, err := part.Commits()
	if err != nil || len(commits) != 4 {
		t.Fatal(commits, err)
	}
	from, err := part.SnapshotAt(1)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := part.SnapshotAtTime(commits[2].Time)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	got, err := storetest.Quads(t.Context(), to)
	if want := []rdf.Quad{quad(0, "open"), quad(1, "open"), quad(2, "open")}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	n := 0
	for c, err := range part.Diff(t.Context(), from, to) {
		if err != nil {
			t.Fatal(err)
		}
		var name [1]rdf.Term
		if err := to.Terms([]store.ID{c.Quad[store.G]}, name[:]); err != nil || name[0].Value() != "http://e/open" {
			t.Errorf("a change in %v, %v", name[0], err)
		}
		n++
	}
	if n != 2 {
		t.Errorf("%d changes", n)
	}
}
