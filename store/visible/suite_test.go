package visible

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/memstore"
	"triplestore/store/storetest"
)

// hiddenGraph names the graphs that tests hide.
const hiddenGraph = "http://hidden.example.org/"

func mustGraphs(t testing.TB, patterns ...string) Graphs {
	t.Helper()
	g, err := ParseGraphs(patterns...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// noise is what the hidden graphs hold: the terms that the suite uses, and more.
func noise(languages bool) []rdf.Quad {
	iri := func(i int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://example.org/%d", i)) }
	var out []rdf.Quad
	for i := range 3000 {
		s, p, o := i%80, i%7, i%61
		if s == 4 || p == 4 || o == 4 { // the suite looks at when the store learns this one
			continue
		}
		q := rdf.Quad{S: iri(s), P: iri(p), O: iri(o), G: rdf.IRI(hiddenGraph + fmt.Sprint(i%11))}
		switch i % 5 {
		case 0:
			q.S = rdf.BlankNode(fmt.Sprint(i % 20))
		case 1:
			if !languages {
				continue
			}
			q.O = rdf.LangLiteral("b", []string{"nb", "nn", "en", "xx"}[i%4])
		case 2:
			q.O = rdf.Literal(fmt.Sprint(i), "http://www.w3.org/2001/XMLSchema#integer")
		}
		out = append(out, q)
	}
	return out
}

// behind is a store of which a part is hidden, for the suite: commits count from the state that holds nothing else.
type behind struct {
	store.Store
	rights Rights
	first  uint64
}

type shifted struct {
	store.Snapshot
	by uint64
}

func (s shifted) Pick(r store.Range, places []uint64, to []store.Quad) ([]store.Quad, error) {
	return s.Snapshot.(store.Picker).Pick(r, places, to)
}

func (s shifted) Commit() store.Commit { return shift(s.Snapshot.Commit(), s.by) }
func (s shifted) Stats() (store.Stats, error) {
	st, err := s.Snapshot.Stats()
	st.Commits -= s.by
	return st, err
}

func shift(c store.Commit, by uint64) store.Commit {
	if c.Number -= by; c.Number == 0 {
		return store.Commit{}
	}
	return c
}

func (b *behind) Snapshot() (store.Snapshot, error) {
	n, err := New(b.Store).For(context.Background(), b.rights, nil).Snapshot()
	if err != nil {
		return nil, err
	}
	if _, ok := n.(*snapshot); !ok {
		return nil, fmt.Errorf("nothing is hidden of %T", n)
	}
	return shifted{n, b.first}, nil
}

func (b *behind) Update(ctx context.Context, fn func(store.Txn) error) (store.Result, error) {
	r, err := b.Store.Update(ctx, func(x store.Txn) error { return fn(&behindTxn{x, b}) })
	if r.Number > 0 {
		r.Commit = shift(r.Commit, b.first)
	}
	return r, err
}

type behindTxn struct {
	store.Txn
	of *behind
}

func (x *behindTxn) Snapshot() (store.Snapshot, error) {
	n, err := x.Txn.Snapshot()
	if err != nil {
		return nil, err
	}
	v, err := newView(n, x.of.rights, nil)
	if n, err = restrict(context.Background(), n, v, err); err != nil {
		return nil, err
	}
	return shifted{n, x.of.first}, nil
}

// TestSuite: what is left of a store with hidden graphs behaves in every respect like a store without them.
func TestSuite(t *testing.T) {
	t.Parallel()
	rights := Rights{Closed: mustGraphs(t, hiddenGraph+"*")}
	storetest.Run(t, func(t *testing.T) store.Store {
		s := memstore.New()
		t.Cleanup(func() { s.Close() })
		r, err := s.Update(t.Context(), func(x store.Txn) error { return x.Add(noise(!strings.HasSuffix(t.Name(), "/Tables"))) }) // that test counts how many fit into a table
		if err != nil {
			t.Fatal(err)
		}
		return &behind{s, rights, r.Number}
	})
}
