package badgerstore

import (
	"context"
	"fmt"
	"sort"
	"sync/atomic"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/relation"
)

type snapshot struct {
	store   *Store
	state   *state
	release func()
	closed  atomic.Bool
}

var (
	_ store.Snapshot        = (*snapshot)(nil)
	_ store.Statistician    = (*snapshot)(nil)
	_ store.DistinctCounter = (*snapshot)(nil)
	_ store.Versioned       = (*snapshot)(nil)
	_ store.PartScanner     = (*snapshot)(nil)
	_ store.Picker          = (*snapshot)(nil)
)

func (n *snapshot) check() error {
	if n.closed.Load() {
		return fmt.Errorf("snapshot: %w", store.ErrClosed)
	}
	return nil
}

// relation resolves a range.
func (n *snapshot) relation(r store.Range) (*relation.Relation, relation.Range, error) {
	if err := n.check(); err != nil {
		return nil, relation.Range{}, err
	}
	if r.Order >= store.NumOrders || len(r.Prefix) > 4 {
		return nil, relation.Range{}, fmt.Errorf("store: bad range: order %d, prefix of %d", uint8(r.Order), len(r.Prefix))
	}
	return n.state.quads[r.Order], relation.Range{Prefix: r.Prefix, Lo: r.Lo, Hi: r.Hi}, nil
}

func (n *snapshot) Commit() store.Commit { return n.state.root.commit }

// version tells states of the stores of a process apart.
type version struct {
	opened uint64 // the number of the store among those that were opened
	commit store.Commit
}

// Version implements store.Versioned. What a transaction sees has none.
func (n *snapshot) Version() (any, bool) {
	if n.release == nil {
		return nil, false
	}
	return version{n.store.opened, n.state.root.commit}, true
}

func (n *snapshot) Scan(ctx context.Context, r store.Range, columns store.ColumnSet) store.Cursor {
	rel, rg, err := n.relation(r)
	if err != nil {
		return failed{err}
	}
	return rel.Scan(ctx, rg, columns)
}

// ScanParts implements store.PartScanner.
func (n *snapshot) ScanParts(ctx context.Context, r store.Range, columns store.ColumnSet, parts int) ([]store.Cursor, error) {
	rel, rg, err := n.relation(r)
	if err != nil {
		return nil, err
	}
	cursors, err := rel.ScanParts(ctx, rg, columns, parts)
	out := make([]store.Cursor, len(cursors))
	for i, c := range cursors {
		out[i] = c
	}
	return out, err
}

// failed is the cursor of a scan that could not begin.
type failed struct{ err error }

func (f failed) Next() (store.Block, error) { return store.Block{}, f.err }
func (f failed) Seek([]store.ID) error      { return f.err }
func (f failed) Close()                     {}

func (n *snapshot) Count(r store.Range) (uint64, error) {
	rel, rg, err := n.relation(r)
	if err != nil {
		return 0, err
	}
	return rel.Count(rg)
}

func (n *snapshot) Distinct(r store.Range) (uint64, error) {
	rel, rg, err := n.relation(r)
	if err != nil {
		return 0, err
	}
	return rel.Distinct(rg)
}

// CountDistinct implements store.DistinctCounter: inner pages hold the exact numbers.
func (n *snapshot) CountDistinct(r store.Range) (uint64, error) { return n.Distinct(r) }

// Pick implements store.Picker.
func (n *snapshot) Pick(r store.Range, places []uint64, to []store.Quad) ([]store.Quad, error) {
	rel, rg, err := n.relation(r)
	if err != nil {
		return to, err
	}
	pos := r.Order.Positions()
	err = rel.Pick(rg, places, func(row relation.Row) {
		var q store.Quad
		for col, x := range pos {
			q[x] = row[col]
		}
		to = append(to, q)
	})
	return to, err
}

func (n *snapshot) ID(t rdf.Term) (store.ID, bool, error) {
	if err := n.check(); err != nil {
		return store.NoID, false, err
	}
	if id, ok := store.Inline(t); ok {
		return id, true, nil
	}
	if t.IsZero() {
		return store.NoID, false, nil
	}
	return n.state.terms.ID(t)
}

func (n *snapshot) Terms(ids []store.ID, dst []rdf.Term) error {
	if err := n.check(); err != nil {
		return err
	}
	return n.state.terms.Terms(ids, dst)
}

// Graphs jumps from graph to graph in the order gspo. A graph that ends within a block of rows is counted there; only where a block
// ends inside a graph, the tree is asked for its number of rows and its end.
func (n *snapshot) Graphs() ([]store.GraphCount, error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	var out []store.GraphCount
	rel := n.state.quads[store.GSPO]
	c := rel.Scan(context.Background(), relation.Range{}, 1)
	defer c.Close()
	for {
		b, err := c.Next()
		if err != nil || b.Len == 0 {
			return out, err
		}
		for g := b.Cols[0][:b.Len]; len(g) > 0; {
			graph := g[0]
			end := runLength(g)
			count := uint64(end)
			if end == len(g) {
				if count, err = rel.Count(relation.Range{Prefix: g[:1]}); err != nil {
					return nil, err
				}
				if count > uint64(end) {
					if err := c.Seek([]store.ID{graph + 1}); err != nil {
						return nil, err
					}
				}
			}
			out = append(out, store.GraphCount{Graph: graph, Quads: count})
			g = g[end:]
		}
	}
}

// runLength is how many of the sorted ids are the first one.
func runLength(ids []store.ID) int {
	step := 1
	for step < len(ids) && ids[step] == ids[0] {
		step *= 2
	}
	lo, hi := step/2, min(step, len(ids))
	return lo + sort.Search(hi-lo, func(i int) bool { return ids[lo+i] != ids[0] })
}

func (n *snapshot) Languages() []string { return n.state.terms.Languages() }
func (n *snapshot) Datatypes() []string { return n.state.terms.Datatypes() }

func (n *snapshot) Stats() (store.Stats, error) {
	if err := n.check(); err != nil {
		return store.Stats{}, err
	}
	gspo := n.state.quads[store.GSPO]
	graphs, err := gspo.Distinct(relation.Range{})
	if err != nil {
		return store.Stats{}, err
	}
	unnamed, err := gspo.Count(relation.Range{Prefix: []store.ID{store.DefaultGraph}})
	if err != nil {
		return store.Stats{}, err
	}
	if unnamed > 0 {
		graphs--
	}
	bytes, err := n.store.BytesOnDisk()
	return store.Stats{Quads: gspo.Rows(), Graphs: graphs, Terms: n.state.terms.Len(),
		Commits: n.state.root.commit.Number, BytesOnDisk: bytes}, err
}

// Statistics counts the state once, for all its snapshots: it never changes. What a transaction sees is counted each time.
func (n *snapshot) Statistics(ctx context.Context) (*store.Statistics, error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	if n.release == nil {
		return store.CountStatistics(ctx, n)
	}
	st := n.state
	st.counting.Lock()
	defer st.counting.Unlock()
	if st.statistics == nil {
		counted, err := store.CountStatistics(ctx, n)
		if err != nil {
			return nil, err
		}
		st.statistics = counted
	}
	return st.statistics, nil
}

func (n *snapshot) Close() error {
	if !n.closed.Swap(true) && n.release != nil {
		n.release()
	}
	return nil
}
