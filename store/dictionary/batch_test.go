package dictionary

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
)

// ask puts terms into a batch and gives their IDs.
func ask(w *Writer, b *Batch, terms []rdf.Term, intern bool) ([]store.ID, error) {
	b.Reset()
	for i := range terms {
		b.Add(&terms[i])
	}
	err := w.IDs(b, intern)
	ids := make([]store.ID, len(terms))
	for i := range ids {
		ids[i] = b.ID(i)
	}
	return ids, err
}

// TestBatch numbers batches of terms, with hashes of 48 bits and of 4, over flushes and spills, and compares with a map.
func TestBatch(t *testing.T) {
	t.Parallel()
	for _, narrow := range []uint{0, 44} {
		t.Run(fmt.Sprint(48-narrow, " bits"), func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			r := rand.New(rand.NewPCG(seed, 0))
			m := newMemory()
			w := NewWriter(empty(t, options(m).with(narrow)), m)
			model := map[rdf.Term]store.ID{}
			next := uint64(0)
			var b Batch
			for round, size := range []int{1, 3, fewTerms - 1, fewTerms, 500, 2000, 0, 700, 1500} {
				terms := make([]rdf.Term, size)
				for i := range terms {
					if terms[i] = term(r); i%9 == 0 {
						terms[i] = rdf.Literal(fmt.Sprint(i), "http://www.w3.org/2001/XMLSchema#integer") // has its value in the ID
					}
				}
				found, err := ask(w, &b, terms, false)
				if err != nil {
					t.Fatal(err)
				}
				for i, x := range terms {
					if id, inline := store.Inline(x); inline && found[i] != id || !inline && found[i] != model[x] {
						t.Fatalf("%v is found as %x, want %x", x, uint64(found[i]), uint64(model[x]))
					}
				}
				ids, err := ask(w, &b, terms, true)
				if err != nil {
					t.Fatal(err)
				}
				for i, x := range terms {
					if _, inline := store.Inline(x); inline {
						continue
					}
					if _, ok := model[x]; !ok {
						if ids[i].Number() != next {
							t.Fatalf("%v: number %d, want %d", x, ids[i].Number(), next)
						}
						model[x] = ids[i]
						next++
					}
					if model[x] != ids[i] {
						t.Fatalf("%v: %x, was %x", x, uint64(ids[i]), uint64(model[x]))
					}
				}
				switch round % 3 {
				case 1:
					_, err = w.Flush(t.Context())
				case 2:
					err = w.Spill(t.Context())
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			d, err := w.Flush(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Verify(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestBatchesAtOnce has goroutines ask for the same terms at the same time: each term has one number.
func TestBatchesAtOnce(t *testing.T) {
	t.Parallel()
	m := newMemory()
	w := NewWriter(empty(t, options(m)), m)
	const workers, batches, size = 4, 20, 400
	var all [workers][][]store.ID
	var wg sync.WaitGroup
	for g := range workers {
		wg.Go(func() {
			var b Batch
			for n := range batches {
				terms := make([]rdf.Term, size)
				for i := range terms {
					terms[i] = rdf.IRI(fmt.Sprintf("http://example.org/%d", n*size/2+i))
				}
				ids, err := ask(w, &b, terms, true)
				if err != nil {
					t.Error(err)
				}
				all[g] = append(all[g], ids)
			}
		})
	}
	wg.Wait()
	for g := range workers {
		for n := range batches {
			for i, id := range all[g][n] {
				if id != all[0][n][i] {
					t.Fatalf("term %d of batch %d is %x and %x", i, n, uint64(id), uint64(all[0][n][i]))
				}
			}
		}
	}
	if want := uint64((batches + 1) * size / 2); w.Len() != want {
		t.Errorf("%d terms, want %d", w.Len(), want)
	}
	d, err := w.Flush(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestBatchWithError has a term too long after a block became full: what others were told must be written.
func TestBatchWithError(t *testing.T) {
	t.Parallel()
	m := newMemory()
	w := NewWriter(empty(t, options(m)), m)
	var terms []rdf.Term
	for i := range 2000 {
		terms = append(terms, rdf.IRI(fmt.Sprintf("http://example.org/%d", i)))
	}
	terms = append(terms, rdf.String(strings.Repeat("x", MaxTerm+1)))
	var b Batch
	if _, err := ask(w, &b, terms, true); !errors.Is(err, ErrTermTooLong) {
		t.Fatal(err)
	}
	d, err := w.Flush(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Verify(t.Context()); err != nil || d.Len() != 2000 {
		t.Fatal(d.Len(), err)
	}
}
