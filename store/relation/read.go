package relation

import (
	"context"
	"fmt"

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

// rank is the number of rows before the first that is not less than key (or, with after, behind those that begin with key), and
// how many different prefixes of k columns these have.
func (r *Relation) rank(key []store.ID, after bool, k int) (rows, distinct uint64, err error) {
	if len(key) == 0 && !after {
		return 0, 0, nil
	}
	var before Row // the row before the page that is looked at
	haveBefore := false
	no := r.root.Page
	for level := r.root.Height; level > 1; level-- {
		n, err := r.load(no, false, true)
		if err != nil {
			return 0, 0, err
		}
		in := n.inner
		i, err := bound(in, 0, in.len(), key, after)
		if err != nil {
			return 0, 0, err
		}
		rows += in.cumRows[i]
		if k > 0 && k < r.width && i > 0 {
			distinct += in.cumDistinct[k-1][i]
			if first := in.firstRow(0, k); haveBefore && compare(&first, &before, k) == 0 {
				distinct--
			}
		}
		if i == in.len() {
			return rows, distinct, nil
		}
		if i > 0 {
			haveBefore = true
			for c := range r.width {
				before[c] = in.last[c][i-1]
			}
		}
		no = uint64(in.pages[i])
	}
	n, err := r.load(no, true, true)
	if err != nil {
		return 0, 0, err
	}
	i, err := bound(n, 0, n.page.Rows(), key, after)
	if err != nil {
		return 0, 0, err
	}
	rows += uint64(i)
	if k > 0 && k < r.width && i > 0 {
		d, err := n.distinct(i, k)
		if err != nil {
			return 0, 0, err
		}
		distinct += d
		if haveBefore {
			first, err := n.row(0)
			if err != nil {
				return 0, 0, err
			}
			if compare(&first, &before, k) == 0 {
				distinct--
			}
		}
	}
	return rows, distinct, nil
}

// distinct counts the different prefixes of k columns in the first rows of a leaf.
func (n *node) distinct(rows, k int) (uint64, error) {
	var cols [MaxWidth][]store.ID
	for c := range k {
		col, err := n.column(c)
		if err != nil {
			return 0, err
		}
		cols[c] = col[:rows]
	}
	return countPrefixes(&cols, k)[k-1], nil
}

// countPrefixes counts the different prefixes of 1 to k columns of sorted rows, of which there is at least one.
func countPrefixes(cols *[MaxWidth][]store.ID, k int) (count [MaxWidth]uint64) {
	n := len(cols[0])
	for c := range k {
		count[c] = 1
	}
	switch k {
	case 1:
		count[0] += changes(cols[0])
	default:
		a, b := cols[0], cols[1][:n]
		c, d := b, b // repeated columns change nothing
		if k > 2 {
			c = cols[2][:n]
			d = c
		}
		if k > 3 {
			d = cols[3][:n]
		}
		var n1, n2, n3, n4 uint64
		for i := 1; i < n; i++ {
			x := a[i] ^ a[i-1]
			n1 += nonZero(x)
			x |= b[i] ^ b[i-1]
			n2 += nonZero(x)
			x |= c[i] ^ c[i-1]
			n3 += nonZero(x)
			x |= d[i] ^ d[i-1]
			n4 += nonZero(x)
		}
		for c, m := range [MaxWidth]uint64{n1, n2, n3, n4} {
			count[c] += m
		}
	}
	return count
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
	from, _, err := r.rank(k.start[:k.startLen], false, 0)
	if err != nil {
		return 0, err
	}
	if k.endLen == 0 {
		return r.root.Rows - from, nil
	}
	to, _, err := r.rank(k.end[:k.endLen], true, 0)
	return to - from, err
}

// Distinct is the exact number of different values of the column after the prefix in the range; 1 or 0 when the prefix is a
// whole row. It reads at most two pages per level.
func (r *Relation) Distinct(rg Range) (uint64, error) {
	column := len(rg.Prefix) + 1
	if column >= r.width {
		return r.Count(rg)
	}
	k := r.keys(rg)
	if k.empty {
		return 0, nil
	}
	_, from, err := r.rank(k.start[:k.startLen], false, column)
	if err != nil {
		return 0, err
	}
	_, to, err := r.rank(k.end[:k.endLen], true, column)
	return to - from, err
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
	i, err = bound(leaf, 0, leaf.page.Rows(), key, false)
	if err != nil || i == leaf.page.Rows() {
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

// Contains reports whether the row is there.
func (r *Relation) Contains(row Row) (bool, error) {
	_, ok, err := r.First(row[:r.width])
	return ok, err
}

// Walk calls fn with the number of every page of the tree, parents before their children. Where fn returns false, the pages below
// that page are skipped (say, because they were reached from another root). It reads inner pages only.
func (r *Relation) Walk(fn func(no uint64) (descend bool, err error)) error {
	if r.root.Height == 0 {
		return nil
	}
	return r.walk(r.root.Page, r.root.Height, fn)
}

func (r *Relation) walk(no uint64, level uint8, fn func(no uint64) (bool, error)) error {
	descend, err := fn(no)
	if err != nil || !descend || level == 1 {
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
	if _, dup := v.seen[no]; dup {
		return entry{}, v.corrupt(no, "is in the tree twice")
	}
	v.seen[no] = struct{}{}
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
