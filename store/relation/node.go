package relation

import (
	"fmt"
	"sync"
	"sync/atomic"

	"triplestore/store"
	"triplestore/store/page"
)

// hotTouches is the number of lookups after which the columns of a leaf are decoded for all: before that it may well be
// forgotten before it is needed again.
const hotTouches = 3

// node is an opened page. The columns of a leaf that is hot are decoded when they are needed and then shared.
type node struct {
	no    uint64 // of a leaf with a patch: both numbers
	page  page.Page
	rows  int
	width int
	inner *inner // nil in a leaf
	patch *patch // of a patch that is kept alone, which has none of the rest

	touches atomic.Int32 // lookups, up to hotTouches
	mu      sync.Mutex   // held while a column is decoded
	cols    [MaxWidth]atomic.Pointer[[]store.ID]

	// These belong to the cache's shard and its lock; shard itself is set before the node is shared.
	shard *cacheShard
	key   uint64
	slot  int
	cost  int64
	used  bool
}

// inner is the content of an inner page.
type inner struct {
	first, last [MaxWidth][]store.ID
	pages, rows []store.ID
	distinct    [MaxWidth - 1][]store.ID
	all         []store.ID // all of these columns, one after the other
	// cumRows[i] and cumDistinct[k-1][i] are the number of rows and of different prefixes of k columns in the first i children.
	cumRows     []uint64
	cumDistinct [MaxWidth - 1][]uint64
}

// entry is what an inner page says about a child.
type entry struct {
	first, last Row
	page, rows  uint64
	distinct    [MaxWidth - 1]uint64
	old         bool   // a page of the old tree, while Apply builds the new one
	patch       *patch // of the page, not yet written
}

func openNode(no uint64, b []byte, width int, leaf bool) (*node, error) {
	kind, columns := page.Inner, page.InnerColumns(width)
	if leaf {
		kind, columns = page.Leaf, width
	}
	p, err := page.Open(b, kind, columns)
	if err != nil {
		return nil, fmt.Errorf("relation: page %d: %w", no, err)
	}
	n := &node{no: no, page: p, rows: p.Rows(), width: width, cost: int64(len(b)) + 300}
	if !leaf {
		if n.inner, err = openInner(p, width); err != nil {
			return nil, fmt.Errorf("relation: page %d: %w", no, err)
		}
		n.cost += innerCost(p.Rows(), width)
	}
	return n, nil
}

func openInner(p page.Page, w int) (*inner, error) {
	rows, columns := p.Rows(), page.InnerColumns(w)
	all := make([]store.ID, rows*columns)
	for i := range columns {
		if err := p.Column(i, all[i*rows:(i+1)*rows]); err != nil {
			return nil, err
		}
	}
	return newInner(all, rows, w), nil
}

// newInner makes the content of an inner page of its columns, which lie one after the other.
func newInner(all []store.ID, rows, w int) *inner {
	in := &inner{all: all}
	column := func(i int) []store.ID { return all[i*rows : (i+1)*rows : (i+1)*rows] }
	for i := range w {
		in.first[i], in.last[i] = column(i), column(page.LastColumn(w)+i)
	}
	in.pages, in.rows = column(page.PageColumn(w)), column(page.RowsColumn(w))
	sums := make([]uint64, (rows+1)*w)
	sum := func(i int) []uint64 { return sums[i*(rows+1) : (i+1)*(rows+1)] }
	in.cumRows = sum(0)
	for i, n := range in.rows {
		in.cumRows[i+1] = in.cumRows[i] + uint64(n)
	}
	for k := range w - 1 {
		in.distinct[k], in.cumDistinct[k] = column(page.DistinctColumn(w)+k), sum(1+k)
		for i, n := range in.distinct[k] {
			shared := uint64(0)
			if i > 0 && in.shares(i, k+1) {
				shared = 1
			}
			in.cumDistinct[k][i+1] = in.cumDistinct[k][i] + uint64(n) - shared
		}
	}
	return in
}

func innerCost(rows, width int) int64 { return int64(rows) * int64(4*width+1) * 8 }

// shares reports whether child i begins with the prefix of k columns with which the child before it ends.
func (in *inner) shares(i, k int) bool {
	for c := range k {
		if in.first[c][i] != in.last[c][i-1] {
			return false
		}
	}
	return true
}

func (in *inner) columns() [][]store.ID {
	rows := in.len()
	cols := make([][]store.ID, len(in.all)/rows)
	for i := range cols {
		cols[i] = in.all[i*rows : (i+1)*rows]
	}
	return cols
}

func (in *inner) len() int { return len(in.pages) }

func (in *inner) entry(i, width int) entry {
	e := entry{page: uint64(in.pages[i]), rows: uint64(in.rows[i])}
	for c := range width {
		e.first[c], e.last[c] = in.first[c][i], in.last[c][i]
	}
	for k := range width - 1 {
		e.distinct[k] = uint64(in.distinct[k][i])
	}
	return e
}

func (in *inner) firstRow(i, width int) (r Row) {
	for c := range width {
		r[c] = in.first[c][i]
	}
	return r
}

// column gives a column of a leaf.
func (n *node) column(c int) ([]store.ID, error) {
	if p := n.cols[c].Load(); p != nil {
		return *p, nil
	}
	return n.decode(c)
}

func (n *node) decode(c int) ([]store.ID, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p := n.cols[c].Load(); p != nil {
		return *p, nil
	}
	col := make([]store.ID, n.rows)
	if err := n.page.Column(c, col); err != nil {
		return nil, fmt.Errorf("relation: page %d: %w", n.no, err)
	}
	n.cols[c].Store(&col)
	if n.shard != nil {
		n.shard.grow(n, int64(8*len(col)))
	}
	return col, nil
}

// touch notes lookups.
func (n *node) touch(times int) {
	if n.touches.Load() < hotTouches {
		n.touches.Add(int32(min(times, hotTouches)))
	}
}

// row reads one row of a leaf.
func (n *node) row(i int) (r Row, err error) {
	for c := range n.width {
		if p := n.cols[c].Load(); p != nil {
			r[c] = (*p)[i]
			continue
		}
		v, ok := store.NoID, false
		if n.touches.Load() < hotTouches {
			v, ok = n.page.At(c, i)
		}
		if !ok {
			col, err := n.column(c)
			if err != nil {
				return Row{}, err
			}
			v = col[i]
		}
		r[c] = v
	}
	return r, nil
}

// load opens a page, from the cache if it is there. keep puts it there.
func (r *Relation) load(no uint64, leaf, keep bool) (*node, error) {
	key := no
	if leaf && patchOf(no) != 0 {
		key = patchOf(no)
	}
	if n := r.cache.get(key); n != nil {
		if n.width != r.width || (n.inner == nil) != leaf || n.no != no {
			return nil, fmt.Errorf("relation: page %d is not of the expected kind: %w", no, store.ErrCorrupt)
		}
		if keep {
			n.touch(1)
		}
		return n, nil
	}
	var n *node
	var err error
	if key != no {
		n, err = r.openPatched(no)
	} else {
		var b []byte
		if b, err = r.pages.Page(no); err != nil {
			return nil, fmt.Errorf("relation: page %d: %w", no, err)
		}
		n, err = openNode(no, b, r.width, leaf)
	}
	if err != nil {
		return nil, err
	}
	if keep {
		n = r.cache.put(key, n)
	}
	return n, nil
}

// table is what can be searched: a leaf, or the last rows of an inner page.
type table interface {
	// find searches the rows [lo, hi) of a column for v: from is the first that is not less, to the first that is greater.
	find(c, lo, hi int, v store.ID) (from, to int, err error)
}

func (in *inner) find(c, lo, hi int, v store.ID) (from, to int, err error) {
	from, to = findIn(in.last[c], lo, hi, v)
	return from, to, nil
}

func (n *node) find(c, lo, hi int, v store.ID) (from, to int, err error) {
	p := n.cols[c].Load()
	if p == nil && n.touches.Load() < hotTouches {
		if from, to, err = n.page.Find(c, lo, hi, v); err != nil {
			err = fmt.Errorf("relation: page %d: %w", n.no, err)
		}
		return from, to, err
	}
	if p != nil {
		from, to = findIn(*p, lo, hi, v)
		return from, to, nil
	}
	col, err := n.column(c)
	if err != nil {
		return 0, 0, err
	}
	from, to = findIn(col, lo, hi, v)
	return from, to, nil
}

// findIn searches a sorted slice as table.find does, galloping from lo.
func findIn(col []store.ID, lo, hi int, v store.ID) (from, to int) {
	from = notLess(col, lo, hi, v)
	if from == hi || col[from] != v {
		return from, from
	}
	if v == ^store.ID(0) {
		return from, hi
	}
	return from, notLess(col, from, hi, v+1)
}

// bound finds, in the rows [lo, hi) of a table, the first that is not less than the (partial) row key or, with after, the
// first behind those that begin with key.
func bound(t table, lo, hi int, key []store.ID, after bool) (int, error) {
	if len(key) == 0 && after {
		return hi, nil
	}
	for i, v := range key {
		from, to, err := t.find(i, lo, hi, v)
		if err != nil {
			return 0, err
		}
		lo = from
		if from == to {
			return from, nil
		}
		hi = to
		if i == len(key)-1 && after {
			return to, nil
		}
	}
	return lo, nil
}

// notLess finds the first of col[lo:hi] that is not less than v, galloping from lo.
func notLess(col []store.ID, lo, hi int, v store.ID) int {
	if lo >= hi || col[lo] >= v {
		return lo
	}
	step := 1
	for lo+step < hi && col[lo+step] < v {
		lo += step
		step *= 2
	}
	hi = min(hi, lo+step)
	lo++
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if col[mid] < v {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// compare compares the first n columns of two rows.
func compare(a, b *Row, n int) int {
	for i := range n {
		if a[i] != b[i] {
			if a[i] < b[i] {
				return -1
			}
			return 1
		}
	}
	return 0
}
