package visible

import (
	"context"
	"fmt"
	"slices"

	"triplestore/rdf"
	"triplestore/store"
)

// snapshot shows what is visible of another one. Only the methods of the contract are there: what else an implementation offers could
// tell more than that.
type snapshot struct {
	ctx   context.Context // of who asks: counts may have to look at many quads
	inner store.Snapshot
	view  *view
}

var _ store.Statistician = (*snapshot)(nil)

func (n *snapshot) Commit() store.Commit { return n.inner.Commit() }
func (n *snapshot) Close() error         { return n.inner.Close() }

func (n *snapshot) Terms(ids []store.ID, dst []rdf.Term) error { return n.inner.Terms(ids, dst) }

func (n *snapshot) Graphs() ([]store.GraphCount, error) {
	if _, err := n.inner.Count(store.Range{Order: store.GSPO, Prefix: []store.ID{store.NoID}}); err != nil {
		return nil, err // closed
	}
	return slices.Clone(n.view.visible), nil
}

// Stats leaves out what would tell of the whole: the size of the dictionary and of the files.
func (n *snapshot) Stats() (store.Stats, error) {
	graphs, err := n.Graphs()
	if err != nil {
		return store.Stats{}, err
	}
	st := store.Stats{Quads: n.view.quads, Graphs: uint64(len(graphs)), Commits: n.inner.Commit().Number}
	if len(graphs) > 0 && graphs[0].Graph == store.DefaultGraph {
		st.Graphs--
	}
	return st, nil
}

func (n *snapshot) Statistics(ctx context.Context) (*store.Statistics, error) {
	return n.view.statisticsOf(ctx, n)
}

func check(r store.Range) error {
	if r.Order >= store.NumOrders || len(r.Prefix) > 4 {
		return fmt.Errorf("store: bad range: order %d, prefix of %d", uint8(r.Order), len(r.Prefix))
	}
	return nil
}

// graphColumn is the place of the graph in an order.
func graphColumn(o store.Order) int {
	if o == store.GSPO {
		return 0
	}
	return 3
}

func (n *snapshot) Scan(ctx context.Context, r store.Range, columns store.ColumnSet) store.Cursor {
	if check(r) != nil {
		return n.inner.Scan(ctx, r, columns) // it fails
	}
	g := graphColumn(r.Order)
	if len(r.Prefix) > g { // the graph is bound
		if n.view.sees(r.Prefix[g]) {
			return n.inner.Scan(ctx, r, columns)
		}
		// Nothing is there, but what is wrong with the snapshot or the context must show: a range that holds nothing does that.
		r = store.Range{Order: store.GSPO, Prefix: []store.ID{store.NoID}}
		return n.inner.Scan(ctx, r, columns)
	}
	return &cursor{inner: n.inner.Scan(ctx, r, columns|1<<g), columns: columns, g: g, test: n.view.test}
}

// cursor leaves out the rows of graphs that are not visible.
type cursor struct {
	inner   store.Cursor
	columns store.ColumnSet
	g       int
	test    members
	keep    []int32
	buf     [4][]store.ID
}

func (c *cursor) Next() (store.Block, error) {
	for {
		b, err := c.inner.Next()
		if err != nil || b.Len == 0 {
			return b, err
		}
		graphs := b.Cols[c.g][:b.Len]
		first := slices.IndexFunc(graphs, func(g store.ID) bool { return !c.test.sees(g) })
		if first < 0 {
			if c.columns&(1<<c.g) == 0 {
				b.Cols[c.g] = nil
			}
			return b, nil
		}
		c.keep = c.keep[:0]
		for i := first + 1; i < len(graphs); i++ {
			if c.test.sees(graphs[i]) {
				c.keep = append(c.keep, int32(i))
			}
		}
		var seek error
		kept := first + len(c.keep)
		last := graphs[len(graphs)-1]
		out := store.Block{Len: kept}
		if kept > 0 {
			for i := range 4 {
				if c.columns&(1<<i) == 0 {
					continue
				}
				c.buf[i] = append(c.buf[i][:0], b.Cols[i][:first]...)
				for _, k := range c.keep {
					c.buf[i] = append(c.buf[i], b.Cols[i][k])
				}
				out.Cols[i] = c.buf[i]
			}
		}
		if c.g == 0 && !c.test.sees(last) { // a hidden graph may go on for millions of rows
			seek = c.inner.Seek([]store.ID{last + 1})
		}
		if seek != nil || kept > 0 {
			return out, seek
		}
	}
}

func (c *cursor) Seek(key []store.ID) error { return c.inner.Seek(key) }
func (c *cursor) Close()                    { c.inner.Close() }

// Count is exact. It costs as much as the contract says where the graph or the subject is bound; else it looks at the rows of the
// range, once for each state.
func (n *snapshot) Count(r store.Range) (uint64, error) {
	total, err := n.inner.Count(r)
	if err != nil || total == 0 {
		return 0, err
	}
	g := graphColumn(r.Order)
	switch {
	case len(r.Prefix) > g:
		if !n.view.sees(r.Prefix[g]) {
			return 0, nil
		}
		return total, nil
	case g == 0: // all graphs, or those between two
		var sum uint64
		for _, x := range n.view.visible {
			if x.Graph >= r.Lo && (r.Hi == store.NoID || x.Graph <= r.Hi) {
				sum += x.Quads
			}
		}
		return sum, nil
	case len(r.Prefix) == 0 && r.Lo == store.NoID && r.Hi == store.NoID:
		return n.view.quads, nil
	case total <= dearRows:
		return n.countRows(r)
	}
	return n.view.remember('c', r, func() (uint64, error) {
		if sum, ok, err := n.countByGraph(r, total); ok || err != nil {
			return sum, err
		}
		return n.countRows(r)
	})
}

// perGraph is about how many rows cost as much as finding a place in an order.
const perGraph = 512

// countByGraph counts the rows of a bound subject in each graph, if that is possible and cheaper than to look at them.
func (n *snapshot) countByGraph(r store.Range, total uint64) (sum uint64, ok bool, err error) {
	if r.Lo != store.NoID || r.Hi != store.NoID {
		return 0, false, nil
	}
	var bound [3]store.ID // s, p, o
	pos := r.Order.Positions()
	for i, id := range r.Prefix {
		bound[pos[i]] = id
	}
	prefix := make([]store.ID, 1, 4)
	for _, id := range bound {
		if id == store.NoID {
			break
		}
		prefix = append(prefix, id)
	}
	list, hidden := n.view.visible, false
	if len(n.view.hidden) < len(list) {
		list, hidden = n.view.hidden, true
	}
	if len(prefix)-1 < len(r.Prefix) || uint64(len(list))*perGraph > total {
		return 0, false, nil
	}
	for _, g := range list {
		if err := n.ctx.Err(); err != nil {
			return 0, false, err
		}
		prefix[0] = g.Graph
		c, err := n.inner.Count(store.Range{Order: store.GSPO, Prefix: prefix})
		if err != nil {
			return 0, false, err
		}
		sum += c
	}
	if hidden {
		sum = total - sum
	}
	return sum, true, nil
}

func (n *snapshot) countRows(r store.Range) (uint64, error) {
	c := n.Scan(n.ctx, r, 0)
	defer c.Close()
	var sum uint64
	for {
		b, err := c.Next()
		if err != nil || b.Len == 0 {
			return sum, err
		}
		sum += uint64(b.Len)
	}
}

// Distinct is exact.
func (n *snapshot) Distinct(r store.Range) (uint64, error) {
	total, err := n.Count(r)
	if err != nil || total <= 1 || len(r.Prefix) == 4 {
		return min(total, 1), err
	}
	g := graphColumn(r.Order)
	switch {
	case len(r.Prefix) > g:
		return n.inner.Distinct(r)
	case len(r.Prefix) == g && g == 0 && r.Lo == store.NoID && r.Hi == store.NoID:
		return uint64(len(n.view.visible)), nil
	case total <= dearRows:
		return n.distinctRows(r)
	}
	return n.view.remember('d', r, func() (uint64, error) { return n.distinctRows(r) })
}

func (n *snapshot) distinctRows(r store.Range) (uint64, error) {
	column := len(r.Prefix)
	c := n.Scan(n.ctx, r, 1<<column)
	defer c.Close()
	var sum uint64
	last := store.NoID
	key := append(slices.Clone(r.Prefix), store.NoID)
	for {
		b, err := c.Next()
		if err != nil || b.Len == 0 {
			return sum, err
		}
		values := b.Cols[column][:b.Len]
		for _, v := range values {
			if v != last {
				last = v
				sum++
			}
		}
		if values[0] == last { // there may be many more of the same
			key[column] = last + 1
			if err := c.Seek(key); err != nil {
				return 0, err
			}
		}
	}
}

// exists reports whether a range has a visible row.
func (n *snapshot) exists(r store.Range) (bool, error) {
	total, err := n.inner.Count(r)
	if err != nil || total == 0 || total > n.view.unseen {
		return total > 0, err
	}
	look := func() (uint64, error) {
		c := n.Scan(n.ctx, r, 0)
		defer c.Close()
		b, err := c.Next()
		return uint64(min(b.Len, 1)), err
	}
	if total > dearRows {
		found, err := n.view.remember('e', r, look)
		return found > 0, err
	}
	found, err := look()
	return found > 0, err
}

// ID knows the terms that are somewhere in a visible quad, and those that are inlined. (A term that is part of triple terms only is
// nowhere: the engine has an ID of its own for it.)
func (n *snapshot) ID(t rdf.Term) (store.ID, bool, error) {
	id, ok, err := n.inner.ID(t)
	if err != nil || !ok || !id.InDictionary() {
		return id, ok, err
	}
	if n.view.sees(id) {
		return id, true, nil
	}
	orders := []store.Order{store.OPSG}
	switch id.Tag() {
	case store.TagIRI:
		orders = []store.Order{store.SPOG, store.OPSG, store.PSOG}
	case store.TagBlankNode:
		orders = []store.Order{store.SPOG, store.OPSG}
	}
	for _, o := range orders {
		if found, err := n.exists(store.Range{Order: o, Prefix: []store.ID{id}}); found || err != nil {
			return id, found, err
		}
	}
	return store.NoID, false, nil
}

// Languages and Datatypes leave the names out that only hidden literals have: the plan of a query could tell.
func (n *snapshot) Languages() []string {
	return n.names(&n.view.languages, n.inner.Languages(), store.TagLang)
}

func (n *snapshot) Datatypes() []string {
	return n.names(&n.view.datatypes, n.inner.Datatypes(), store.TagTyped)
}

func (n *snapshot) names(known *[]string, all []string, tag store.Tag) []string {
	n.view.mu.Lock()
	list := *known
	n.view.mu.Unlock()
	if list != nil || len(all) == 0 {
		return list
	}
	length := 0
	list = make([]string, len(all))
	for i, name := range all {
		lo, hi := store.MakeID(tag, uint16(i), 0), store.MakeID(tag, uint16(i), 1<<48-1)
		found, err := n.exists(store.Range{Order: store.OSPG, Lo: lo, Hi: hi})
		if err != nil {
			return all // a right answer is worth more than a secret name of a language; the error shows in the query, too
		}
		if found {
			list[i] = name
			length = i + 1
		}
	}
	list = list[:length]
	n.view.mu.Lock()
	defer n.view.mu.Unlock()
	*known = list
	return list
}
