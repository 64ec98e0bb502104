package update_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"triplestore/internal/sparqltest"
	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/sparql/optimizer"
	"triplestore/store"
	"triplestore/store/memstore"
)

// FuzzUpdate carries out any text that is an update, with and without the optimizer: nothing may panic, what fails changes nothing, and
// what succeeds both times gives the same quads.
func FuzzUpdate(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(sparqltest.NewGenerator(seed).Update())
	}
	f.Add("INSERT DATA { _:x :p <<( _:x :q [] )>> } ; WITH :g DELETE { ?s ?p ?o } INSERT { [] ?p ?x } USING NAMED :g WHERE { ?s ?p ?o BIND(BNODE() AS ?x) }")
	f.Add("COPY :g TO DEFAULT ; MOVE DEFAULT TO :h ; ADD SILENT :nowhere TO :g ; CREATE GRAPH :g ; LOAD SILENT <x:y> ; DROP ALL")
	start := sparqltest.NewGenerator(1).Quads()
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := translate(text, ""); err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		apply := func(o optimizer.Options) (after []rdf.Quad, err error) {
			s := memstore.New()
			defer s.Close()
			if _, err := s.Update(t.Context(), func(x store.Txn) error { return x.Add(start) }); err != nil {
				t.Fatal(err)
			}
			if _, err = run(ctx, s, text, "", options(o, 64<<20)); err != nil {
				snap, serr := s.Snapshot()
				if serr != nil {
					t.Fatal(serr)
				}
				if n := snap.Commit().Number; n != 1 {
					t.Errorf("commit %d after %v", n, err)
				}
				return nil, err
			}
			after, rerr := contents(t.Context(), s)
			if rerr != nil {
				t.Fatal(rerr)
			}
			return after, nil
		}
		a, err1 := apply(optimizer.Options{})
		b, err2 := apply(optimizer.Options{NoOptimizer: true})
		if err1 != nil || err2 != nil || !repeatable(text) {
			return
		}
		if same, err := canon.Isomorphic(a, b); err == nil && !same {
			t.Errorf("optimized\n%s\nnaive\n%s", list(a), list(b))
		}
	})
}

// repeatable reports whether an update does the same each time: its text has nothing that depends on chance, the clock or the order of
// solutions.
func repeatable(text string) bool {
	upper := strings.ToUpper(text)
	for _, word := range []string{"RAND", "NOW", "UUID", "LIMIT", "OFFSET", "SAMPLE", "GROUP_CONCAT", "BNODE", `\U`} {
		if strings.Contains(upper, word) {
			return false
		}
	}
	return true
}
