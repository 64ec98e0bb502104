package exec

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// TestPairJoin: joins on two variables find the rows that agree in both, whether the values that they are found by have one row each or some, in
// the order of these or not, and though bytes that tell most others apart are the same.
func TestPairJoin(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	id := func(n int) store.ID { return store.MakeID(store.TagIRI, 0, uint64(n)) }
	two := func(rows [2][]store.ID) optimizer.Node {
		return &optimizer.Values{Props: optimizer.Props{Rows: float64(len(rows[0])), Certain: optimizer.SetOf(0, 1), Maybe: optimizer.SetOf(0, 1)}}
	}
	const n = 3000
	for _, each := range []int{1, 3} {
		for _, ordered := range []bool{false, true} {
			var right, left [2][]store.ID
			for i := range n {
				for range each {
					right[0], right[1] = append(right[0], id(1+i)), append(right[1], id(1+r.IntN(600)))
				}
			}
			if !ordered {
				r.Shuffle(len(right[0]), func(i, k int) {
					for _, col := range right {
						col[i], col[k] = col[k], col[i]
					}
				})
			}
			count := map[[2]store.ID]int{}
			for i, k := range right[0] {
				count[[2]store.ID{k, right[1][i]}]++
			}
			for range 2 * n {
				k, v := id(r.IntN(n+100)), id(1+r.IntN(600))
				if i := r.IntN(2 * len(right[0])); i < len(right[0]) {
					k, v = right[0][i], right[1][i]
				}
				left[0], left[1] = append(left[0], k), append(left[1], v)
			}
			for _, kind := range []optimizer.JoinKind{optimizer.Inner, optimizer.Left, optimizer.Semi, optimizer.Anti} {
				var want, got [][2]store.ID
				for i, k := range left[0] {
					row := [2]store.ID{k, left[1][i]}
					times := count[row]
					switch kind {
					case optimizer.Left:
						times = max(times, 1)
					case optimizer.Semi:
						times = min(times, 1)
					case optimizer.Anti:
						times = 1 - min(times, 1)
					}
					for range times {
						want = append(want, row)
					}
				}
				q := &Query{ctx: t.Context(), width: 2, rows: batchSize, memory: &memory{}}
				q.memory.init(t.Context(), 0, nil, false)
				op := func(rows [2][]store.ID) operator { return &rowsOp{cols: rows, slots: [2]int{0, 1}, rows: 500, t: t} }
				j := newHashJoin(q, &optimizer.HashJoin{L: two(left), R: two(right), Kind: kind}, op(left), op(right), &env{}).(*hashJoin)
				for b := newBatch(2); ; {
					if err := j.next(b); err != nil {
						t.Fatal(err)
					}
					if b.n == 0 {
						break
					}
					for i := range b.n {
						got = append(got, [2]store.ID{b.get(0, i), b.get(1, i)})
					}
				}
				for _, p := range j.parts {
					for _, x := range p.indexes {
						if len(x.marks)+len(x.pairs) != len(right[0]) || (x.start == nil) != (len(x.pairs) == 0) || (x.start == nil) != (each == 1) || x.straight != (each == 1 && ordered) {
							t.Errorf("seed %d: marks of %d rows, starts %v, straight %v", seed, len(x.marks), x.start != nil, x.straight)
						}
					}
				}
				j.close()
				if !slices.Equal(got, want) {
					t.Errorf("seed %d, %d rows each, ordered %v, kind %v: %d rows, want %d, or others", seed, each, ordered, kind, len(got), len(want))
				}
				if q.memory.used != 0 {
					t.Errorf("%d bytes are still held", q.memory.used)
				}
			}
		}
	}
}
