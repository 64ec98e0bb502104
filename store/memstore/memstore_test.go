package memstore_test

import (
	"testing"

	"triplestore/store"
	"triplestore/store/memstore"
	"triplestore/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		s := memstore.New()
		t.Cleanup(func() { s.Close() })
		return s
	})
}
