package relation

import (
	"fmt"
	"sync"
	"sync/atomic"

	"triplestore/store"
	"triplestore/store/page"
)

// node is an opened page. The columns of a leaf are decoded when they are first needed and then shared.
type node struct {
	no    uint64
	page  page.Page
	width int
	inner *inner // nil in a leaf

	mu   sync.Mutex // held while a column is decoded
	cols [MaxWidth]atomic.Pointer[[]store.ID]

	// These belong to the cache's shard and its lock; shard itself is set before the node is shared.
	shard *cacheShard
	slot  int
	cost  int64
	used  bool
}

// inner is the content of an inner page.
type inner struct {
	first, last [MaxWidth][]store.ID
	pages, rows []store.ID
	distinct    [MaxWidth - 1][]store.ID
	// cumRows[i] and cumDistinct[k-1][i] are the number of rows and of different prefixes of k columns in the first i children.
	cumRows     []uint64
	cumDistinct [MaxWidth - 1][]uint64
}

// entry is what an inner page says about a child.
type entry struct {
	first, last Row
	page, rows  uint64
	distinct    [MaxWidth - 1]uint64
	old         bool // a page of the old tree, while Apply builds the new one
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
	n := &node{no: no, page: p, width: width, cost: int64(len(b)) + 300}
	if !leaf {
		if n.inner, err = openInner(p, width); err != nil {
			return nil, fmt.Errorf("relation: page %d: %w", no, err)
		}
		n.cost += int64(p.Rows()) * int64(4*width+1) * 8
	}
	return n, nil
}

func openInner(p page.Page, w int) (*inner, error) {
	rows, columns := p.Rows(), page.InnerColumns(w)
	in := &inner{}
	all := make([]store.ID, rows*columns)
	column := func(i int) []store.ID { return all[i*rows : (i+1)*rows : (i+1)*rows] }
	for i := range columns {
		if err := p.Column(i, column(i)); err != nil {
			return nil, err
		}
	}
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
	return in, nil
}

// shares reports whether child i begins with the prefix of k columns with which the child before it ends.
func (in *inner) shares(i, k int) bool {
	for c := range k {
		if in.first[c][i] != in.last[c][i-1] {
			return false
		}
	}
	return true
}

func (in *inner) len() int { return len(in.pages) }

// column gives the last rows of the children, which are what is searched.
func (in *inner) column(c int) ([]store.ID, error) { return in.last[c], nil }

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
	col := make([]store.ID, n.page.Rows())
	if err := n.page.Column(c, col); err != nil {
		return nil, fmt.Errorf("relation: page %d: %w", n.no, err)
	}
	n.cols[c].Store(&col)
	if n.shard != nil {
		n.shard.grow(n, int64(8*len(col)))
	}
	return col, nil
}

// row reads one row of a leaf.
func (n *node) row(i int) (r Row, err error) {
	for c := range n.width {
		if p := n.cols[c].Load(); p != nil {
			r[c] = (*p)[i]
			continue
		}
		v, ok := n.page.At(c, i)
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
	if n := r.cache.get(no); n != nil {
		if n.width != r.width || (n.inner == nil) != leaf {
			return nil, fmt.Errorf("relation: page %d is not of the expected kind: %w", no, store.ErrCorrupt)
		}
		return n, nil
	}
	b, err := r.pages.Page(no)
	if err != nil {
		return nil, fmt.Errorf("relation: page %d: %w", no, err)
	}
	n, err := openNode(no, b, r.width, leaf)
	if err != nil {
		return nil, err
	}
	if keep {
		n = r.cache.put(n)
	}
	return n, nil
}

// table is what can be searched: a leaf, or the last rows of an inner page.
type table interface {
	column(c int) ([]store.ID, error)
}

// bound finds, in the rows [lo, hi) of a table, the first that is not less than the (partial) row key or, with after, the
// first behind those that begin with key.
func bound(t table, lo, hi int, key []store.ID, after bool) (int, error) {
	if len(key) == 0 && after {
		return hi, nil
	}
	for i, v := range key {
		col, err := t.column(i)
		if err != nil {
			return 0, err
		}
		lo = notLess(col, lo, hi, v)
		if lo == hi || col[lo] != v {
			return lo, nil
		}
		if i < len(key)-1 || after {
			if v < ^store.ID(0) { // else all that is left begins with it
				hi = notLess(col, lo, hi, v+1)
			}
		}
	}
	if after {
		return hi, nil
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
