package relation

import (
	"context"
	"fmt"
	"sort"

	"triplestore/store"
)

// keys are the bounds of a range: the first row is the first that is not less than start, and the range ends behind the rows
// that begin with end (all rows when end is empty).
type keys struct {
	start, end       Row
	startLen, endLen int
	empty            bool
}

func (r *Relation) keys(rg Range) keys {
	if len(rg.Prefix) > r.width {
		panic(fmt.Sprintf("relation: prefix of %d columns in a relation of %d", len(rg.Prefix), r.width))
	}
	var k keys
	n := copy(k.start[:], rg.Prefix)
	copy(k.end[:], rg.Prefix)
	k.startLen, k.endLen = n, n
	if n < r.width {
		if rg.Lo > 0 {
			k.start[n] = rg.Lo
			k.startLen++
		}
		if rg.Hi > 0 {
			k.end[n] = rg.Hi
			k.endLen++
			k.empty = rg.Lo > rg.Hi
		}
	}
	k.empty = k.empty || r.root.Height == 0
	return k
}

// place is a place between rows.
type place struct {
	rows uint64 // before it
	// distinct is the number of different prefixes, of the length that was asked for, before the leaf.
	distinct uint64
	leaf     *node  // nil at the end
	i        int    // row of the leaf that comes next
	inLeaf   uint64 // different prefixes in the leaf
	shared   bool   // the leaf begins with the prefix with which the leaf before it ends
}

// rank finds the place before the first row that is not less than key or, with after, behind those that begin with key. It
// counts prefixes of k columns where 0 < k < width.
func (r *Relation) rank(key []store.ID, after bool, k int) (p place, err error) {
	if r.root.Height == 0 {
		return p, nil
	}
	var before Row // the row before the page that is looked at
	haveBefore := false
	no := r.root.Page
	counted := 0 < k && k < r.width
	for level := r.root.Height; level > 1; level-- {
		n, err := r.load(no, false, true)
		if err != nil {
			return p, err
		}
		in := n.inner
		i, err := bound(in, 0, in.len(), key, after)
		if err != nil {
			return p, err
		}
		p.rows += in.cumRows[i]
		if counted && i > 0 {
			p.distinct += in.cumDistinct[k-1][i]
			if first := in.firstRow(0, k); haveBefore && compare(&first, &before, k) == 0 {
				p.distinct--
			}
		}
		if i == in.len() {
			return p, nil
		}
		if i > 0 {
			haveBefore = true
			for c := range r.width {
				before[c] = in.last[c][i-1]
			}
		}
		if counted && level == 2 {
			p.inLeaf = uint64(in.distinct[k-1][i])
			first := in.firstRow(i, k)
			p.shared = haveBefore && compare(&first, &before, k) == 0
		}
		no = uint64(in.pages[i])
	}
	if p.leaf, err = r.load(no, true, true); err != nil {
		return p, err
	}
	if p.i, err = bound(p.leaf, 0, p.leaf.rows, key, after); err != nil {
		return p, err
	}
	p.rows += uint64(p.i)
	return p, nil
}

// countPrefixes counts the different prefixes of 1 to k columns (k at most 3) of sorted rows, of which there is at least one.
func countPrefixes(cols *[MaxWidth][]store.ID, k int) (count [MaxWidth - 1]uint64) {
	a := cols[0]
	n1, n2, n3 := uint64(1), uint64(1), uint64(1)
	switch k {
	case 1:
		n1 += changes(a)
	case 2:
		b := cols[1][:len(a)]
		for i := 1; i < len(a); i++ {
			x := a[i] ^ a[i-1]
			n1 += nonZero(x)
			n2 += nonZero(x | (b[i] ^ b[i-1]))
		}
	default:
		b, c := cols[1][:len(a)], cols[2][:len(a)]
		for i := 1; i < len(a); i++ {
			x := a[i] ^ a[i-1]
			n1 += nonZero(x)
			x |= b[i] ^ b[i-1]
			n2 += nonZero(x)
			n3 += nonZero(x | (c[i] ^ c[i-1]))
		}
	}
	return [MaxWidth - 1]uint64{n1, n2, n3}
}

// changes counts the values that differ from the one before them.
func changes(col []store.ID) (n uint64) {
	for i := 1; i < len(col); i++ {
		n += nonZero(col[i] ^ col[i-1])
	}
	return n
}

func nonZero(x store.ID) uint64 { return uint64(x|-x) >> 63 }

// Count is the exact number of rows in a range. It reads at most two pages per level.
func (r *Relation) Count(rg Range) (uint64, error) {
	k := r.keys(rg)
	if k.empty {
		return 0, nil
	}
	from, to := place{}, place{rows: r.root.Rows}
	var err error
	if k.startLen > 0 {
		if from, err = r.rank(k.start[:k.startLen], false, 0); err != nil {
			return 0, err
		}
	}
	if k.endLen > 0 {
		if to, err = r.rank(k.end[:k.endLen], true, 0); err != nil {
			return 0, err
		}
	}
	return to.rows - from.rows, nil
}

// Distinct is the exact number of different values of the column after the prefix in the range; 1 or 0 when the prefix is a
// whole row. It reads at most two pages per level.
func (r *Relation) Distinct(rg Range) (uint64, error) {
	column := len(rg.Prefix)
	if column+1 >= r.width {
		return r.Count(rg)
	}
	k := r.keys(rg)
	if k.empty {
		return 0, nil
	}
	from, err := r.rank(k.start[:k.startLen], false, column+1)
	if err != nil {
		return 0, err
	}
	to, err := r.rank(k.end[:k.endLen], true, column+1)
	if err != nil || from.leaf == nil || to.rows <= from.rows {
		return 0, err
	}
	// Both places are where the prefix changes, and between them only this column does.
	col, err := from.leaf.column(column)
	if err != nil {
		return 0, err
	}
	if to.leaf != nil && to.leaf.no == from.leaf.no {
		if to.i <= from.i {
			return 0, fmt.Errorf("relation: page %d is in the tree twice: %w", to.leaf.no, store.ErrCorrupt)
		}
		return 1 + changes(col[from.i:to.i]), nil
	}
	before := from.distinct
	if from.i > 0 {
		before += from.inLeaf - 1 - changes(col[from.i:])
		if from.shared {
			before--
		}
	}
	until := to.distinct
	if to.i > 0 {
		if col, err = to.leaf.column(column); err != nil {
			return 0, err
		}
		until += 1 + changes(col[:to.i])
		if to.shared {
			until--
		}
	}
	return until - before, nil
}

// Pick calls fn with the rows of a range at places, which are counted from 0 and ascend; those beyond its end are left out. It reads a page
// per level for each, those that follow each other on one leaf once.
func (r *Relation) Pick(rg Range, places []uint64, fn func(Row)) error {
	k := r.keys(rg)
	if k.empty || len(places) == 0 {
		return nil
	}
	from, to := place{}, place{rows: r.root.Rows}
	var err error
	if k.startLen > 0 {
		if from, err = r.rank(k.start[:k.startLen], false, 0); err != nil {
			return err
		}
	}
	if k.endLen > 0 {
		if to, err = r.rank(k.end[:k.endLen], true, 0); err != nil {
			return err
		}
	}
	var leaf *node
	var begin uint64 // of the leaf
	for _, x := range places {
		if to.rows < from.rows || x >= to.rows-from.rows {
			return nil
		}
		x += from.rows
		if leaf == nil || x-begin >= uint64(leaf.rows) {
			if leaf, begin, err = r.leafAt(x); err != nil {
				return err
			}
		}
		row, err := leaf.row(int(x - begin))
		if err != nil {
			return err
		}
		fn(row)
	}
	return nil
}

// leafAt is the leaf with the row of a number, and the number of its first row.
func (r *Relation) leafAt(row uint64) (leaf *node, begin uint64, err error) {
	no := r.root.Page
	for level := r.root.Height; level > 1; level-- {
		n, err := r.load(no, false, true)
		if err != nil {
			return nil, 0, err
		}
		cum := n.inner.cumRows
		i := sort.Search(len(cum), func(i int) bool { return cum[i] > row-begin }) - 1
		if i < 0 || i >= n.inner.len() {
			return nil, 0, fmt.Errorf("relation: page %d has no row %d: %w", no, row-begin, store.ErrCorrupt)
		}
		begin += cum[i]
		no = uint64(n.inner.pages[i])
	}
	if leaf, err = r.load(no, true, true); err != nil {
		return nil, 0, err
	}
	if row-begin >= uint64(leaf.rows) {
		return nil, 0, fmt.Errorf("relation: page %d has no row %d: %w", no, row-begin, store.ErrCorrupt)
	}
	return leaf, begin, nil
}

// find goes to the first row that is not less than key. leaf is nil when there is none.
func (r *Relation) find(key []store.ID) (leaf *node, i int, err error) {
	no := r.root.Page
	for level := r.root.Height; level > 1; level-- {
		n, err := r.load(no, false, true)
		if err != nil {
			return nil, 0, err
		}
		i, err := bound(n.inner, 0, n.inner.len(), key, false)
		if err != nil || i == n.inner.len() {
			return nil, 0, err
		}
		no = uint64(n.inner.pages[i])
	}
	if r.root.Height == 0 {
		return nil, 0, nil
	}
	if leaf, err = r.load(no, true, true); err != nil {
		return nil, 0, err
	}
	i, err = bound(leaf, 0, leaf.rows, key, false)
	if err != nil || i == leaf.rows {
		return nil, 0, err
	}
	return leaf, i, nil
}

// First finds the first row that begins with prefix.
func (r *Relation) First(prefix []store.ID) (row Row, ok bool, err error) {
	leaf, i, err := r.find(prefix)
	if leaf == nil || err != nil {
		return Row{}, false, err
	}
	if row, err = leaf.row(i); err != nil {
		return Row{}, false, err
	}
	for c, v := range prefix {
		if row[c] != v {
			return Row{}, false, nil
		}
	}
	return row, true, nil
}

// Walk calls fn with the number of every page of the tree, parents before their children, and with its level: 1 is a leaf, 0 the
// patch of the leaf before it. Where fn returns false, the pages below that page are skipped (say, because they were reached from
// another root). It reads inner pages only.
func (r *Relation) Walk(fn func(no uint64, level uint8) (descend bool, err error)) error {
	if r.root.Height == 0 {
		return nil
	}
	return r.walk(r.root.Page, r.root.Height, fn)
}

func (r *Relation) walk(no uint64, level uint8, fn func(no uint64, level uint8) (bool, error)) error {
	if level == 1 {
		_, err := fn(baseOf(no), 1)
		if err == nil && patchOf(no) != 0 {
			_, err = fn(patchOf(no), 0)
		}
		return err
	}
	descend, err := fn(no, level)
	if err != nil || !descend {
		return err
	}
	n, err := r.load(no, false, false)
	if err != nil {
		return err
	}
	for _, child := range n.inner.pages {
		if err := r.walk(uint64(child), level-1, fn); err != nil {
			return err
		}
	}
	return nil
}

// LeafColumn reads a column of a leaf that Walk has named, of a relation without patches. The slice is read-only.
func (r *Relation) LeafColumn(no uint64, column int) ([]store.ID, error) {
	n, err := r.load(no, true, false)
	if err != nil {
		return nil, err
	}
	return n.column(column)
}

// Verify reads every page and checks that checksums, order, counts and bounds agree. The error tells the page and wraps
// store.ErrCorrupt.
func (r *Relation) Verify(ctx context.Context) error {
	if r.root.Height == 0 {
		return nil
	}
	v := verifier{ctx: ctx, r: &Relation{pages: r.pages, width: r.width, root: r.root}, seen: map[uint64]struct{}{}}
	e, err := v.verify(r.root.Page, r.root.Height)
	if err != nil {
		return err
	}
	if e.rows != r.root.Rows {
		return v.corrupt(r.root.Page, "%d rows where the root tells %d", e.rows, r.root.Rows)
	}
	return nil
}

type verifier struct {
	ctx  context.Context
	r    *Relation
	seen map[uint64]struct{}
	last Row
	any  bool
}

func (v *verifier) corrupt(no uint64, format string, args ...any) error {
	return fmt.Errorf("relation: page %d: "+format+": %w", append(append([]any{no}, args...), store.ErrCorrupt)...)
}

func (v *verifier) verify(no uint64, level uint8) (entry, error) {
	if err := v.ctx.Err(); err != nil {
		return entry{}, err
	}
	for _, no := range pagesOf(no, level) {
		if _, dup := v.seen[no]; dup {
			return entry{}, v.corrupt(no, "is in the tree twice")
		}
		v.seen[no] = struct{}{}
	}
	n, err := v.r.load(no, level == 1, false)
	if err != nil {
		return entry{}, err
	}
	w := v.r.width
	if level == 1 {
		var cols [MaxWidth][]store.ID
		for c := range w {
			if cols[c], err = n.column(c); err != nil {
				return entry{}, err
			}
		}
		for i := range cols[0] {
			var row Row
			for c := range w {
				row[c] = cols[c][i]
			}
			if v.any && compare(&v.last, &row, w) >= 0 {
				return entry{}, v.corrupt(no, "row %d is not greater than the row before it", i)
			}
			v.last, v.any = row, true
		}
		return leafEntry(&cols, w), nil
	}
	entries := make([]entry, n.inner.len())
	for i := range entries {
		e, err := v.verify(uint64(n.inner.pages[i]), level-1)
		if err != nil {
			return entry{}, err
		}
		e.page = uint64(n.inner.pages[i])
		if want := n.inner.entry(i, w); e != want {
			return entry{}, v.corrupt(no, "child %d is %+v where the page tells %+v", i, e, want)
		}
		entries[i] = e
	}
	return innerEntry(entries, w), nil
}
