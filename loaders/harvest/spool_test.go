package harvest

import (
	"errors"
	"math/rand/v2"
	"os"
	"testing"

	"triplestore/internal/diskspace"
	"triplestore/rdf"
)

// TestSpoolLeavesReserve: records that wait on disk leave free there what the store wants.
func TestSpoolLeavesReserve(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newSpool(dir, func() uint64 { return 1 << 60 })
	r := rand.New(rand.NewPCG(1, 1))
	text := make([]byte, 100_000)
	var err error
	for i := 0; err == nil && i < 200; i++ {
		for k := range text {
			text[k] = byte('a' + r.IntN(26))
		}
		err = s.add(&frame{Triples: []rdf.Triple{{S: rdf.IRI("urn:s"), P: rdf.IRI("urn:p"), O: rdf.String(string(text))}}})
	}
	if err == nil {
		err = s.finish()
	}
	if !errors.Is(err, diskspace.ErrFull) {
		t.Errorf("got %v", err)
	}
	s.close()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("there stays %v: %v", left, err)
	}
}
