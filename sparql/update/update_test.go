package update_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"triplestore/internal/sparqltest"
	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/exec"
	"triplestore/sparql/optimizer"
	"triplestore/sparql/syntax"
	"triplestore/sparql/update"
	"triplestore/store"
	"triplestore/store/badgerstore"
	"triplestore/store/memstore"
	"triplestore/store/storetest"
)

// stores are the kinds of store that every test runs on.
var stores = map[string]func(t testing.TB) store.Store{
	"memstore": func(t testing.TB) store.Store {
		s := memstore.New()
		t.Cleanup(func() { s.Close() })
		return s
	},
	"badgerstore": func(t testing.TB) store.Store {
		s, err := badgerstore.Open(t.TempDir(), badgerstore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	},
}

func onAll(t *testing.T, f func(t *testing.T, open func(t testing.TB) store.Store)) {
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, open)
		})
	}
}

// options evaluates WHERE with the engine.
func options(o optimizer.Options, memory int64) update.Options {
	return update.Options{Where: func(ctx context.Context, snap store.Snapshot, q *algebra.Query) (update.Solutions, error) {
		plan, err := optimizer.Optimize(ctx, snap, q, o)
		if err != nil {
			return nil, err
		}
		return exec.Start(ctx, snap, plan, exec.Config{Now: time.Now(), Memory: memory})
	}}
}

func translate(text, base string) (*algebra.Update, error) {
	tree, err := syntax.ParseUpdate(text, syntax.Options{Base: base, Prefixes: map[string]string{"": "http://e/"}})
	if err != nil {
		return nil, err
	}
	return algebra.TranslateUpdate(tree)
}

func run(ctx context.Context, s store.Store, text, base string, o update.Options) (update.Result, error) {
	u, err := translate(text, base)
	if err != nil {
		return update.Result{}, err
	}
	return update.Run(ctx, s, u, o)
}

// contents are all quads of a store.
func contents(ctx context.Context, s store.Store) ([]rdf.Quad, error) {
	snap, err := s.Snapshot()
	if err != nil {
		return nil, err
	}
	quads, err := storetest.Quads(ctx, snap)
	return quads, errors.Join(err, snap.Close())
}

func TestW3C(t *testing.T) {
	onAll(t, func(t *testing.T, open func(t testing.TB) store.Store) {
		sparqltest.RunUpdates(t, func(ctx context.Context, c *sparqltest.UpdateCase) ([]rdf.Quad, error) {
			s := open(t)
			if _, err := s.Update(ctx, func(x store.Txn) error { return x.Add(c.Quads) }); err != nil {
				return nil, err
			}
			if _, err := run(ctx, s, c.Request, c.Base, options(optimizer.Options{}, 0)); err != nil {
				return nil, err
			}
			return contents(ctx, s)
		})
	})
}
