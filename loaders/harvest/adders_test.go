package harvest

import (
	"errors"
	"strconv"
	"sync/atomic"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
)

// addsOnly is a transaction that counts quads and fails once it has had some.
type addsOnly struct {
	store.Txn
	n     atomic.Int64
	limit int64
}

var errFull = errors.New("full")

func (t *addsOnly) Add(quads []rdf.Quad) error {
	if t.n.Add(int64(len(quads))) > t.limit {
		return errFull
	}
	return nil
}

// TestAdders adds many batches, and ends when the transaction does not want any more.
func TestAdders(t *testing.T) {
	t.Parallel()
	for _, limit := range []int64{1 << 40, 3 * applyBatch} {
		txn := &addsOnly{limit: limit}
		a := &application{ctx: t.Context(), txn: txn, adders: newAdders(t.Context(), txn)}
		var err error
		const n = 20*applyBatch + 7
		for i := 0; i < n && err == nil; i++ {
			err = a.put([]rdf.Triple{{S: rdf.IRI("urn:s:" + strconv.Itoa(i)), P: rdf.IRI("urn:p"), O: rdf.String("o")}}, rdf.IRI("urn:g"))
		}
		if e := a.adders.wait(); err == nil {
			err = e
		}
		a.adders = nil
		if limit < n {
			if !errors.Is(err, errFull) {
				t.Errorf("limit %d: %v", limit, err)
			}
			continue
		}
		if err == nil {
			err = a.flush()
		}
		if got := txn.n.Load(); err != nil || got != n {
			t.Errorf("%d quads came, want %d (%v)", got, n, err)
		}
	}
	if err := newAdders(t.Context(), nil).wait(); err != nil {
		t.Error(err)
	}
}
