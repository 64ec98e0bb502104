package exec

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// pagesOf is a snapshot of one relation, two columns behind a predicate, in pages.
type pagesOf struct {
	store.Snapshot
	keys, values []store.ID // sorted by both
	page         int        // rows of one
	reads        int
}

func (p *pagesOf) Scan(_ context.Context, r store.Range, _ store.ColumnSet) store.Cursor {
	return &pagesCursor{pagesOf: p, predicate: r.Prefix[0]}
}

type pagesCursor struct {
	*pagesOf
	predicate store.ID
	at        int
}

func (c *pagesCursor) Next() (store.Block, error) {
	c.reads++
	end := min(len(c.keys), c.at/c.page*c.page+c.page)
	b := store.Block{Len: end - c.at}
	b.Cols[1], b.Cols[2] = c.keys[c.at:end], c.values[c.at:end]
	c.at = end
	return b, nil
}

func (c *pagesCursor) Seek(key []store.ID) error {
	at, _ := slices.BinarySearch(c.keys, key[1])
	c.at = max(c.at, at)
	return nil
}

func (c *pagesCursor) Close() {}

// rowsOp yields rows of two slots in batches.
type rowsOp struct {
	cols  [2][]store.ID
	slots [2]int
	rows  int
	ended bool
	t     *testing.T
}

func (r *rowsOp) next(b *batch) error {
	if r.ended {
		r.t.Error("asked for rows after the end")
	}
	b.reset()
	b.n = min(r.rows, len(r.cols[0]))
	if r.ended = b.n == 0; r.ended {
		return nil
	}
	for i, s := range r.slots {
		b.cols[s] = slices.Clone(r.cols[i][:b.n])
		r.cols[i] = r.cols[i][b.n:]
	}
	return nil
}

func (r *rowsOp) close() {}

// TestSweep: a lookup of keys that come in no order yields what one expects for each of its rows, however many of them it takes together, and looks
// less often into pages for that.
func TestSweep(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	id := func(n int) store.ID { return store.MakeID(store.TagIRI, 0, uint64(n)) }
	snap := &pagesOf{page: 64}
	values := map[store.ID][]store.ID{}
	for n := range 5000 {
		for range r.IntN(3) {
			v := id(100_000 + len(snap.keys))
			snap.keys, snap.values = append(snap.keys, id(1+n)), append(snap.values, v)
			values[id(1+n)] = append(values[id(1+n)], v)
		}
	}
	var rows [2][]store.ID // keys, and a number for each row
	for i := range 20_000 {
		rows[0], rows[1] = append(rows[0], id(1+r.IntN(5100))), append(rows[1], id(1_000_000+i))
	}
	for kind, limit := range map[optimizer.JoinKind]int64{optimizer.Inner: 0, optimizer.Left: 0, optimizer.Semi: 100_000, optimizer.Anti: 0} {
		var want [][3]store.ID
		for i, k := range rows[0] {
			found := values[k]
			switch {
			case kind == optimizer.Semi || kind == optimizer.Anti:
				if len(found) > 0 == (kind == optimizer.Semi) {
					want = append(want, [3]store.ID{k, 0, rows[1][i]})
				}
				continue
			case kind == optimizer.Left && len(found) == 0:
				found = []store.ID{store.NoID}
			}
			for _, v := range found {
				want = append(want, [3]store.ID{k, v, rows[1][i]})
			}
		}
		blocks := [2]int{}
		for at, limited := range []bool{false, true} {
			q := &Query{ctx: t.Context(), snap: snap, width: 3, rows: batchSize, memory: &memory{}, limited: limited}
			q.memory.init(t.Context(), limit, nil, false)
			node := &optimizer.Lookup{In: &optimizer.Values{Props: optimizer.Props{Certain: optimizer.SetOf(0, 2), Maybe: optimizer.SetOf(0, 2)}}, Kind: kind,
				Order: store.PSOG, Consts: 1, Keys: 1, Pattern: optimizer.Pattern{S: optimizer.Ref{Slot: 0}, P: optimizer.Ref{Kind: optimizer.RefConst, ID: id(9)},
					O: optimizer.Ref{Slot: 1}, Graph: optimizer.Graph{Var: -1}}}
			l := newLookup(q, node, &rowsOp{cols: rows, slots: [2]int{0, 2}, rows: 300, t: t}, &env{}).(*lookup)
			var got [][3]store.ID
			for b := newBatch(3); ; {
				if err := l.next(b); err != nil {
					t.Fatal(err)
				}
				if b.n == 0 {
					break
				}
				for i := range b.n {
					row := [3]store.ID{b.get(0, i), b.get(1, i), b.get(2, i)}
					if kind == optimizer.Semi || kind == optimizer.Anti {
						row[1] = 0
					}
					got = append(got, row)
				}
			}
			l.close()
			blocks[at], snap.reads = snap.reads, 0
			if kind == optimizer.Inner || kind == optimizer.Left { // what only drops rows leaves them in their order
				slices.SortStableFunc(got, func(a, b [3]store.ID) int { return slices.Compare(a[2:], b[2:]) })
			}
			if !slices.Equal(got, want) {
				t.Errorf("seed %d, kind %v, limited %v: %d rows, want %d, or others", seed, kind, limited, len(got), len(want))
			}
			if q.memory.used != 0 {
				t.Errorf("%d bytes are still held", q.memory.used)
			}
		}
		if limit == 0 && blocks[0]*3 > blocks[1] {
			t.Errorf("seed %d, kind %v: %d pages are read, and %d batch by batch", seed, kind, blocks[0], blocks[1])
		}
	}
}
