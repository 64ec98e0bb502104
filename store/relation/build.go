package relation

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"triplestore/store"
	"triplestore/store/page"
)

// builder makes a tree from rows and whole pages that come in order. For each level it holds what is not yet in a page, always
// less than two pages of it, so that the last two can share evenly.
type builder struct {
	ctx    context.Context
	w      PageWriter
	rel    *Relation // reads old pages
	width  int
	size   capacity
	rows   [MaxWidth][]store.ID // level 0
	levels [maxHeight + 2][]entry
	hints  page.Hints           // of leaves
	like   [maxHeight + 2]*node // the old page that the next one of a level takes the place of, if any
}

// old tells that the next page of a level takes the place of a page.
func (b *builder) old(level int, n *node) { b.like[level] = n }

// model is the old page whose encodings are good enough for a new one of n rows. From time to time, as a page grows or shrinks, all
// encodings are tried again.
func (b *builder) model(level, n int) (p page.Page, decoded [][]store.ID) {
	old := b.like[level]
	b.like[level] = nil
	step := max(b.capacity(level)/16, 1)
	if old == nil || old.page.Rows()/step != n/step {
		return p, nil
	}
	if old.inner != nil {
		decoded = old.inner.columns()
	}
	return old.page, decoded
}

func (b *builder) capacity(level int) int {
	if level == 0 {
		return b.size.leaf
	}
	return b.size.inner
}

// least is the size below which a page is joined with its neighbour.
func (b *builder) least(level int) int { return b.capacity(level) / 4 }

// most is the size above which a page is split. It is more than a page is built with, so that the first small change after a
// bulk load does not split every page that it touches.
func (b *builder) most(level int) int { return b.capacity(level) * 5 / 4 }

// entryLists are the lists of builders that are done: a small commit needs a dozen of them for as many pages.
var entryLists = sync.Pool{New: func() any { return new([]entry) }}

// close gives back what the builder holds.
func (b *builder) close() {
	for l, list := range b.levels {
		if b.levels[l] = nil; cap(list) > 0 {
			list = list[:cap(list)]
			clear(list)
			list = list[:0]
			entryLists.Put(&list)
		}
	}
}

func (b *builder) pending(level int) int {
	if level == 0 {
		return len(b.rows[0])
	}
	return len(b.levels[level])
}

func (b *builder) pushRow(r *Row) error {
	for c := range b.width {
		b.rows[c] = append(b.rows[c], r[c])
	}
	return b.spill(0)
}

// pushInserts takes over rows as long as they fit, and tells how many.
func (b *builder) pushInserts(changes []Change) (int, error) {
	from := len(b.rows[0])
	n := min(len(changes), 2*b.size.leaf-from)
	for c := range b.width {
		col := slices.Grow(b.rows[c], n)[:from+n]
		for i, dst := 0, col[from:]; i < len(dst); i++ {
			dst[i] = changes[i].Row[c]
		}
		b.rows[c] = col
	}
	return n, b.spill(0)
}

func (b *builder) pushColumns(cols *[MaxWidth][]store.ID, from, to int) error {
	for from < to {
		end := min(to, from+2*b.size.leaf-len(b.rows[0]))
		for c := range b.width {
			b.rows[c] = append(b.rows[c], cols[c][from:end]...)
		}
		from = end
		if err := b.spill(0); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) pushEntry(level int, e entry) error {
	if level >= len(b.levels) {
		return fmt.Errorf("relation: tree of more than %d levels: %w", maxHeight, store.ErrCorrupt)
	}
	if b.levels[level] == nil {
		b.levels[level] = *entryLists.Get().(*[]entry)
	}
	b.levels[level] = append(b.levels[level], e)
	return b.spill(level)
}

// spill writes a full page when there is enough for two.
func (b *builder) spill(level int) error {
	if b.pending(level) < 2*b.capacity(level) {
		return nil
	}
	return b.emit(level, b.capacity(level))
}

// pass takes over a page of the old tree, which comes next, as it is, unless what is pending on its left is too little for a page
// of its own.
func (b *builder) pass(level int, e entry) error {
	for l := 0; l <= level; l++ {
		n := b.pending(l)
		if n == 0 {
			continue
		}
		if n < b.least(l) {
			return b.open(level, e)
		}
		if n > b.most(l) {
			if err := b.emit(l, n/2); err != nil {
				return err
			}
		}
		if err := b.emit(l, b.pending(l)); err != nil {
			return err
		}
	}
	e.old = true
	return b.pushEntry(level+1, e)
}

// open takes over what is in a page of the old tree instead of the page.
func (b *builder) open(level int, e entry) error {
	n, err := b.load(level, e)
	if err != nil {
		return err
	}
	b.free(level, e)
	if level > 0 {
		for i := range n.inner.len() {
			if err := b.pass(level-1, n.inner.entry(i, b.width)); err != nil {
				return err
			}
		}
		return nil
	}
	var cols [MaxWidth][]store.ID
	for c := range b.width {
		if cols[c], err = n.column(c); err != nil {
			return err
		}
	}
	return b.pushColumns(&cols, 0, n.rows)
}

// load reads a page of the old tree, with its patch.
func (b *builder) load(level int, e entry) (*node, error) {
	if e.patch == nil {
		return b.rel.load(e.page, level == 0, false)
	}
	base, err := b.rel.openBase(e.page)
	if err != nil {
		return nil, err
	}
	return b.rel.merge(base, e.patch, e.page)
}

// free gives up a page of the old tree, and the patch that it has there.
func (b *builder) free(level int, e entry) {
	for _, no := range pagesOf(e.page, uint8(level+1)) {
		b.w.Free(no)
	}
}

// emit writes the first n of what is pending at a level as a page.
func (b *builder) emit(level, n int) error {
	if err := b.ctx.Err(); err != nil {
		return err
	}
	var bytes []byte
	var e entry
	var in *inner
	if level == 0 {
		var cols [MaxWidth][]store.ID
		for c := range b.width {
			cols[c] = b.rows[c][:n]
		}
		e = leafEntry(&cols, b.width)
		like, decoded := b.model(0, n)
		if like.Rows() == 0 && b.rel.root.Height == 0 {
			bytes = page.EncodeHinted(page.Leaf, cols[:b.width], &b.hints)
		} else {
			bytes = page.EncodeLike(page.Leaf, cols[:b.width], like, decoded)
		}
		for c := range b.width {
			b.rows[c] = append(b.rows[c][:0], b.rows[c][n:]...)
		}
	} else {
		if level == 1 {
			if err := b.writePatches(b.levels[1][:n]); err != nil {
				return err
			}
		}
		e = innerEntry(b.levels[level][:n], b.width)
		like, decoded := b.model(level, n)
		bytes, in = encodeInner(b.levels[level][:n], b.width, like, decoded)
		b.levels[level] = append(b.levels[level][:0], b.levels[level][n:]...)
	}
	no, err := b.w.Put(bytes)
	if err != nil {
		return err
	}
	e.page = no
	if in != nil {
		if err := b.keep(no, bytes, in); err != nil {
			return err
		}
	}
	return b.pushEntry(level+1, e)
}

// keep puts a new inner page into the cache: the next commit goes through most of them.
func (b *builder) keep(no uint64, bytes []byte, in *inner) error {
	if b.rel.cache == nil {
		return nil
	}
	p, err := page.Open(bytes, page.Inner, page.InnerColumns(b.width))
	if err != nil {
		return fmt.Errorf("relation: page %d: %w", no, err)
	}
	b.rel.cache.put(no, &node{no: no, page: p, rows: in.len(), width: b.width, inner: in,
		cost: int64(len(bytes)) + 300 + innerCost(in.len(), b.width)})
	return nil
}

func (b *builder) writePatches(leaves []entry) error {
	for i := range leaves {
		e := &leaves[i]
		if e.patch == nil {
			continue
		}
		no, err := b.w.Put(e.patch.encode(b.width))
		if err != nil {
			return err
		}
		b.rel.keepPatch(no, e.patch)
		e.page, e.patch = e.page|no<<patchShift, nil
	}
	return nil
}

// finish writes what is pending and returns the root.
func (b *builder) finish() (Root, error) {
	for l := 0; ; l++ {
		above := slices.ContainsFunc(b.levels[l+1:], func(e []entry) bool { return len(e) > 0 })
		n := b.pending(l)
		if !above && n == 0 {
			return Root{}, nil
		}
		if !above && l > 0 && n == 1 {
			return b.top(l, b.levels[l][0])
		}
		if n > 0 && n < b.least(l) {
			if err := b.joinLast(l); err != nil {
				return Root{}, err
			}
		}
		for n = b.pending(l); n > 0; n = b.pending(l) {
			if n > b.most(l) {
				n = b.capacity(l) // not a half, because what comes later often comes at the end
			}
			if err := b.emit(l, n); err != nil {
				return Root{}, err
			}
		}
	}
}

// joinLast puts the page on the left of the little that is pending before it, if both fit into one page. A new page there is
// full: else it would not have left so little.
func (b *builder) joinLast(level int) error {
	above := b.levels[level+1]
	if len(above) == 0 || !above[len(above)-1].old {
		return nil
	}
	last := above[len(above)-1]
	n, err := b.load(level, last)
	if err != nil {
		return err
	}
	if n.rows+b.pending(level) > b.capacity(level) {
		return nil
	}
	b.levels[level+1] = above[:len(above)-1]
	b.free(level, last)
	if level == 0 {
		for c := range b.width {
			col, err := n.column(c)
			if err != nil {
				return err
			}
			b.rows[c] = slices.Insert(b.rows[c], 0, col...)
		}
		return nil
	}
	entries := make([]entry, n.inner.len(), n.inner.len()+b.pending(level))
	for i := range entries {
		entries[i] = n.inner.entry(i, b.width)
	}
	b.levels[level] = append(entries, b.levels[level]...)
	return nil
}

// top makes the root of the only page of the level below l, or of what is below it where it has a single child, which no new
// page has at this place.
func (b *builder) top(l int, e entry) (Root, error) {
	for ; l > 1 && e.old; l-- {
		n, err := b.rel.load(e.page, false, false)
		if err != nil {
			return Root{}, err
		}
		if n.inner.len() > 1 {
			break
		}
		b.w.Free(e.page)
		e = n.inner.entry(0, b.width)
		e.old = true
	}
	if l == 1 && (e.patch != nil || patchOf(e.page) != 0) {
		return b.whole(e)
	}
	return Root{Page: e.page, Height: uint8(l), Rows: e.rows}, nil
}

// whole writes a leaf that is to be the root together with its patch: a root names one page.
func (b *builder) whole(e entry) (Root, error) {
	n, err := b.load(0, e)
	if err != nil {
		return Root{}, err
	}
	b.free(0, e)
	cols := make([][]store.ID, b.width)
	for c := range cols {
		if cols[c], err = n.column(c); err != nil {
			return Root{}, err
		}
	}
	no, err := b.w.Put(page.Encode(page.Leaf, cols))
	return Root{Page: no, Height: 1, Rows: e.rows}, err
}

func leafEntry(cols *[MaxWidth][]store.ID, width int) entry {
	n := len(cols[0])
	e := entry{rows: uint64(n)}
	for c := range width {
		e.first[c], e.last[c] = cols[c][0], cols[c][n-1]
	}
	counts := countPrefixes(cols, width-1)
	copy(e.distinct[:], counts[:width-1])
	return e
}

func innerEntry(entries []entry, width int) entry {
	e := entry{first: entries[0].first, last: entries[len(entries)-1].last}
	for i := range entries {
		x := &entries[i]
		e.rows += x.rows
		for k := range width - 1 {
			e.distinct[k] += x.distinct[k]
			if i > 0 && compare(&x.first, &entries[i-1].last, k+1) == 0 {
				e.distinct[k]--
			}
		}
	}
	return e
}

func encodeInner(entries []entry, width int, old page.Page, decoded [][]store.ID) ([]byte, *inner) {
	columns := page.InnerColumns(width)
	all := make([]store.ID, columns*len(entries))
	cols := make([][]store.ID, columns)
	for c := range cols {
		cols[c] = all[c*len(entries) : (c+1)*len(entries)]
	}
	for i := range entries {
		e := &entries[i]
		for c := range width {
			cols[c][i], cols[page.LastColumn(width)+c][i] = e.first[c], e.last[c]
		}
		cols[page.PageColumn(width)][i] = store.ID(e.page)
		cols[page.RowsColumn(width)][i] = store.ID(e.rows)
		for k := range width - 1 {
			cols[page.DistinctColumn(width)+k][i] = store.ID(e.distinct[k])
		}
	}
	return page.EncodeLike(page.Inner, cols, old, decoded), newInner(all, len(entries), width)
}
