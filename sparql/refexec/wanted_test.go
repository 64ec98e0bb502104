package refexec_test

import (
	"testing"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/refexec"
	"triplestore/sparql/syntax"
	"triplestore/store"
	"triplestore/store/memstore"
)

// snapshotOf gives a state of a new store that has some quads. It is closed when the test ends.
func snapshotOf(t *testing.T, quads []rdf.Quad) store.Snapshot {
	t.Helper()
	s := memstore.New()
	t.Cleanup(func() { s.Close() })
	if _, err := s.Update(t.Context(), func(x store.Txn) error { return x.Add(quads) }); err != nil {
		t.Fatal(err)
	}
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { snap.Close() })
	return snap
}

// wanted is what the oracle answers to a query over some quads.
func wanted(t *testing.T, quads []rdf.Quad, text string, how syntax.Options, o refexec.Options) *refexec.Result {
	t.Helper()
	parsed, err := syntax.ParseQuery(text, how)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	q, err := algebra.Translate(parsed)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	r, err := refexec.Run(t.Context(), q, refexec.NewDataset(quads), o)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return r
}
