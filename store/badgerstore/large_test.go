package badgerstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
)

// TestBuildLarge loads more than fits into the memory for sorting and compares all orders with each other: with one graph and with more,
// with values that pack into 64 bits and with some that do not, and with a predicate that takes more than a group.
func TestBuildLarge(t *testing.T) {
	t.Parallel()
	for _, graphs := range []int{0, 1, 3} {
		for _, wide := range []bool{false, true} {
			t.Run(fmt.Sprint(graphs, " graphs, wide ", wide), func(t *testing.T) {
				t.Parallel()
				seed := rand.Uint64()
				t.Logf("seed %d", seed)
				r := rand.New(rand.NewPCG(seed, 0))
				pages := newMemPages()
				s, err := open(t.TempDir(), Options{PageCache: 1 << 20, TermCache: 1 << 20, SortMemory: 1, TermMemory: 1 << 20}.withDefaults(), pages)
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				const n = 60_000
				want := map[rdf.Quad]bool{}
				result, err := s.Update(t.Context(), func(txn store.Txn) error {
					for len(want) < n {
						quads := make([]rdf.Quad, 1000)
						for i := range quads {
							q := &quads[i]
							q.S = rdf.IRI(fmt.Sprint("http://e/s", r.IntN(9000)))
							q.P = rdf.IRI(fmt.Sprint("http://e/p", min(r.IntN(12), 3)))
							switch x := r.IntN(10); {
							case x < 3:
								q.O = rdf.IRI(fmt.Sprint("http://e/o", r.IntN(5)))
							case x < 6:
								q.O = rdf.LangLiteral(fmt.Sprint("title ", r.IntN(9000)), "nb")
							case wide:
								q.O = rdf.Literal(fmt.Sprint(r.Int64N(1<<58)), "http://www.w3.org/2001/XMLSchema#integer")
								if x == 9 {
									q.S = rdf.BlankNode(fmt.Sprint("b", r.Uint32()))
								}
							default:
								q.O = rdf.Literal(fmt.Sprint(r.IntN(500)), "http://www.w3.org/2001/XMLSchema#integer")
							}
							if graphs > 0 {
								q.G = rdf.IRI(fmt.Sprint("http://e/g", r.IntN(graphs)))
							}
							want[*q] = true
						}
						if err := txn.Add(quads); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil || result.Inserted != uint64(len(want)) {
					t.Fatalf("%d inserted, %v, want %d", result.Inserted, err, len(want))
				}
				if err := s.Verify(t.Context()); err != nil {
					t.Fatal(err)
				}
				snap, err := s.Snapshot()
				if err != nil {
					t.Fatal(err)
				}
				defer snap.Close()
				for o := range store.NumOrders {
					c := snap.Scan(context.Background(), store.Range{Order: o}, store.AllColumns)
					rows := 0
					for {
						b, err := c.Next()
						if err != nil {
							t.Fatal(err)
						}
						if b.Len == 0 {
							break
						}
						rows += b.Len
					}
					c.Close()
					if rows != len(want) {
						t.Errorf("%v has %d rows, want %d", o, rows, len(want))
					}
				}
			})
		}
	}
}
