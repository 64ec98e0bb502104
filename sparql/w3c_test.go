package sparql

import (
	"context"
	"testing"

	"triplestore/internal/sparqltest"
	"triplestore/internal/w3c"
	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/memstore"
)

// answer runs a query to its end.
func answer(ctx context.Context, e *Engine, snap store.Snapshot, text string) (*sparqltest.Answer, error) {
	r, err := e.Query(ctx, snap, text)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return sparqltest.Read(r)
}

// snapshotOf puts quads into a store.
func snapshotOf(t testing.TB, quads []rdf.Quad) store.Snapshot {
	t.Helper()
	s := memstore.New()
	_, err := s.Update(context.Background(), func(x store.Txn) error { return x.Add(quads) })
	if err != nil {
		t.Fatal(err)
	}
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { snap.Close(); s.Close() })
	return snap
}

var excuses = w3c.Excuses{}

func TestW3C(t *testing.T) {
	for name, options := range map[string]Options{"optimized": {}, "naive": {NoOptimizer: true}} {
		t.Run(name, func(t *testing.T) {
			sparqltest.Run(t, excuses, func(ctx context.Context, c *sparqltest.Case) (*sparqltest.Answer, error) {
				o := options
				o.Base = c.Base
				return answer(ctx, NewEngine(o), snapshotOf(t, c.Quads), c.Query)
			})
		})
	}
}
