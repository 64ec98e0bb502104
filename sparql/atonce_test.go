package sparql

import (
	"fmt"
	"sync"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/memstore"
)

// TestSmallAnswersAtOnce asks small queries while others are read, one within the rows of another, some of them given up half-way, and
// looks at the terms when all that is over: the memory that queries hand on to each other must never show.
func TestSmallAnswersAtOnce(t *testing.T) {
	t.Parallel()
	st := memstore.New()
	const subjects, values = 20, 7
	_, err := st.Update(t.Context(), func(x store.Txn) error {
		var quads []rdf.Quad
		for s := range subjects {
			for v := range values {
				quads = append(quads, rdf.Quad{S: rdf.IRI(fmt.Sprint("http://e/s", s)), P: rdf.IRI(fmt.Sprint("http://e/p", v)), O: rdf.String(fmt.Sprintf("value %d of %d", v, s))})
			}
		}
		return x.Add(quads)
	})
	if err != nil {
		t.Fatal(err)
	}
	snap, err := st.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	e := NewEngine(Options{})
	var read func(s, depth int) error
	read = func(s, depth int) error {
		res, err := e.Query(t.Context(), snap, fmt.Sprintf("SELECT ?p ?o { <http://e/s%d> ?p ?o } ORDER BY ?p", s))
		if err != nil {
			return err
		}
		var rows [][2]rdf.Term
		for row, err := range res.Rows() {
			if err != nil {
				return err
			}
			rows = append(rows, [2]rdf.Term{row[0], row[1]})
			if depth > 0 {
				if err := read((s+1)%subjects, depth-1); err != nil {
					return err
				}
				if row[1] != rows[len(rows)-1][1] {
					return fmt.Errorf("a row of %d changed while another query ran: %v", s, row)
				}
			}
			if s%5 == 4 && len(rows) == 3 {
				break
			}
		}
		if err := res.Close(); err != nil {
			return err
		}
		if want := values; s%5 != 4 && len(rows) != want {
			return fmt.Errorf("%d rows of %d", len(rows), s)
		}
		for v, row := range rows {
			if row[0].Value() != fmt.Sprint("http://e/p", v) || row[1].Value() != fmt.Sprintf("value %d of %d", v, s) {
				return fmt.Errorf("row %d of %d is %v", v, s, row)
			}
		}
		return nil
	}
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for s := range subjects {
				if err := read((s+g*3)%subjects, 2); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}
