package exec

import (
	"testing"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// TestFirstRowsTables: a table that is half made when a plan for the first rows is given up is not taken for a whole one when an enclosing apply
// comes with its next rows.
func TestFirstRowsTables(t *testing.T) {
	t.Parallel()
	const rows = 3 * batchSize
	valuesOf := func(slots []int, table [][]store.ID) *optimizer.Values {
		bound := optimizer.SetOf(slots...)
		return &optimizer.Values{Slots: slots, Table: table, Props: optimizer.Props{Rows: float64(len(table)), Cost: 10 * float64(len(table)), Certain: bound, Maybe: bound}}
	}
	var right [][]store.ID
	for i := range rows {
		right = append(right, []store.ID{store.MakeID(store.TagIRI, 0, 1), store.MakeID(store.TagIRI, 0, uint64(2+i))})
	}
	bound := optimizer.SetOf(0, 1)
	join := &optimizer.HashJoin{L: valuesOf([]int{0}, [][]store.ID{{right[0][0]}}), R: valuesOf([]int{0, 1}, right),
		Props: optimizer.Props{Rows: rows, Cost: 30 * rows, Certain: bound, Maybe: bound}}
	q := &Query{ctx: t.Context(), width: 2, rows: batchSize, memory: &memory{}}
	q.memory.init(t.Context(), 0, nil, false)
	e := &env{tables: map[*optimizer.HashJoin]*joinTable{}} // as within an apply
	for _, c := range []struct {
		effort float64
		want   int
	}{{11 * batchSize, 0}, {1e9, rows}} {
		f := newFirstRows(q, &optimizer.FirstRows{First: join, Full: &optimizer.Empty{}, Rows: 2 * rows, Effort: c.effort}, e)
		got, b := 0, newBatch(q.width)
		for {
			if err := f.next(b); err != nil {
				t.Fatal(err)
			}
			if b.n == 0 {
				break
			}
			got += b.n
		}
		f.close()
		if got != c.want {
			t.Errorf("effort %v: %d rows, want %d", c.effort, got, c.want)
		}
	}
	if q.memory.used != 0 {
		t.Errorf("%d bytes are still held", q.memory.used)
	}
}
