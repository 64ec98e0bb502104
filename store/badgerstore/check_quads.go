package badgerstore

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/zeebo/xxh3"

	"triplestore/store"
	"triplestore/store/relation"
)

// order checks one order of the quads. The sum is that of a hash of every quad, which is the same in whatever order they come.
func (c *checker) order(ctx context.Context, o store.Order, r relation.Root, rc *relation.Checker) (sum uint64, whole bool, err error) {
	positions := o.Positions()
	wrong := 0
	rc.Bad = func(page uint64, err error) { c.bad(0, o.String(), page, err) }
	rc.Page = func(page uint64) { c.use(o.String(), page) }
	rc.Leaf = func(page uint64, cols [][]store.ID) {
		var q store.Quad
		var key [32]byte
		for i := range cols[0] {
			for k, p := range positions {
				id := cols[k][i]
				q[p] = id
				binary.LittleEndian.PutUint64(key[8*p:], uint64(id))
			}
			sum += xxh3.Hash(key[:])
			if err := c.quad(q); err != nil {
				if wrong++; wrong <= maxExamples {
					c.bad(0, o.String(), page, fmt.Errorf("row %d: %w", i, err))
				}
			}
		}
		c.step(len(cols[0]))
	}
	whole, err = rc.Check(ctx, relation.New(reader{c.pages}, nil, 4, r))
	rc.Leaf = nil
	if wrong > maxExamples {
		c.bad(0, o.String(), 0, fmt.Errorf("%d more rows hold IDs that are no terms: %w", wrong-maxExamples, store.ErrCorrupt))
	}
	return sum, whole, err
}

// maxExamples is how many rows of a kind of error are named.
const maxExamples = 10

// quad checks that every ID is one that its column may have and that a term has.
func (c *checker) quad(q store.Quad) error {
	if err := q.Check(); err != nil {
		return fmt.Errorf("%v: %w", err, store.ErrCorrupt)
	}
	for p, id := range q {
		if !id.InDictionary() {
			continue
		}
		if n := id.Number(); n >= uint64(len(c.dictionary.Kinds)) {
			return fmt.Errorf("ID %#x in column %s, of which there is no term: %w", uint64(id), "spog"[p:p+1], store.ErrCorrupt)
		} else if kind := c.dictionary.Kinds[n]; kind != 0 && kind != uint16(id>>48) {
			return fmt.Errorf("ID %#x in column %s, where the term has ID %#x: %w", uint64(id), "spog"[p:p+1], uint64(kind)<<48|n, store.ErrCorrupt)
		}
	}
	return nil
}

// agree checks that all orders hold the same quads. Where they do not, most of them are believed, and examples are named.
func (c *checker) agree(ctx context.Context, r root, sums [store.NumOrders]uint64, whole [store.NumOrders]bool) error {
	votes := map[uint64]int{}
	best, model := 0, store.Order(0)
	for o := range store.NumOrders {
		if !whole[o] {
			continue
		}
		if votes[sums[o]]++; votes[sums[o]] > best {
			best, model = votes[sums[o]], o
		}
	}
	for o := range store.NumOrders {
		if !whole[o] || sums[o] == sums[model] {
			continue
		}
		for _, side := range []struct {
			word    string
			in, out store.Order
		}{{"lacks", model, o}, {"has, and the others lack,", o, model}} {
			n, err := c.missing(ctx, r, side.in, side.out, func(q store.Quad) {
				c.bad(0, o.String(), 0, fmt.Errorf("%s the quad %x: %w", side.word, q, store.ErrCorrupt))
			})
			if err != nil {
				return err
			}
			if n > maxExamples {
				c.bad(0, o.String(), 0, fmt.Errorf("%s %d more quads: %w", side.word, n-maxExamples, store.ErrCorrupt))
			}
		}
	}
	return nil
}

// missing finds rows of one order that are not in another, which are both readable.
func (c *checker) missing(ctx context.Context, r root, in, out store.Order, tell func(store.Quad)) (n int, err error) {
	cache := relation.NewCache(64 << 20)
	from, to := relation.New(reader{c.pages}, nil, 4, r.quads[in]), relation.New(reader{c.pages}, cache, 4, r.quads[out])
	cursor := from.Scan(ctx, relation.Range{}, store.AllColumns)
	defer cursor.Close()
	for {
		b, err := cursor.Next()
		if err != nil || b.Len == 0 {
			return n, err
		}
		for i := range b.Len {
			var q store.Quad
			for k, p := range in.Positions() {
				q[p] = b.Cols[k][i]
			}
			var row relation.Row
			for k, p := range out.Positions() {
				row[k] = q[p]
			}
			ok, err := to.Contains(row)
			if err != nil {
				return n, err
			}
			if !ok {
				if n++; n <= maxExamples {
					tell(q)
				}
			}
		}
	}
}

// graphs compares the counts of the graphs, which the inner pages tell, with the rows.
func (c *checker) graphs(ctx context.Context, r root) error {
	st := &state{root: r}
	st.quads[store.GSPO] = relation.New(reader{c.pages}, nil, 4, r.quads[store.GSPO])
	told, err := (&snapshot{state: st}).Graphs()
	if err != nil {
		c.bad(0, "graphs", 0, err)
		return nil
	}
	for _, g := range told {
		if g.Graph != store.DefaultGraph {
			c.report.Graphs++
		}
	}
	cursor := st.quads[store.GSPO].Scan(ctx, relation.Range{}, 1)
	defer cursor.Close()
	var found []store.GraphCount
	for {
		b, err := cursor.Next()
		if err != nil {
			return err
		}
		if b.Len == 0 {
			break
		}
		for _, g := range b.Cols[0] {
			if n := len(found); n > 0 && found[n-1].Graph == g {
				found[n-1].Quads++
			} else {
				found = append(found, store.GraphCount{Graph: g, Quads: 1})
			}
		}
	}
	if len(found) != len(told) {
		c.bad(0, "graphs", 0, fmt.Errorf("%d graphs are told and %d have quads: %w", len(told), len(found), store.ErrCorrupt))
		return nil
	}
	for i, g := range found {
		if told[i] != g {
			c.bad(0, "graphs", 0, fmt.Errorf("graph %#x has %d quads, told are %#x and %d: %w", uint64(g.Graph), g.Quads,
				uint64(told[i].Graph), told[i].Quads, store.ErrCorrupt))
		}
	}
	return nil
}
