package relation

import (
	"context"
	"errors"
	"fmt"

	"triplestore/store"
)

// Result is what Apply did.
type Result struct {
	Root Root
	// Inserted and Deleted count the rows that were really added and removed.
	Inserted, Deleted uint64
}

// Apply makes the changes and returns the new root. It writes only the leaves that change, or patches of those that change little, and
// the pages above them; when
// nothing changes, it writes nothing and returns the root as it was. With an empty tree it is a sequential build of full
// pages. Memory is bounded by a few pages per level, whatever the number of changes. After an error, which may be the context's,
// the pages put so far belong to no tree and the pages freed are still in use: the caller must discard both.
// The cache (may be nil) keeps of the new pages the inner ones and the patches: whoever gives out a page's number again drops it there.
func Apply(ctx context.Context, w PageWriter, cache *Cache, width int, root Root, changes Changes) (Result, error) {
	return apply(ctx, w, cache, width, root, changes, capacities(width))
}

// capacity is the number of rows of a full leaf and of children of a full inner page. Changes may add up to a quarter to that.
type capacity struct {
	leaf, inner int
	patch       int // rows of a patch, at most; 0: none
}

func capacities(width int) capacity {
	if width == 2 { // often hashes, which do not pack
		return capacity{leaf: 2048, inner: 128, patch: 128}
	}
	return capacity{leaf: 4096, inner: 128, patch: 128}
}

// ApplyWhole is Apply without patches: every leaf is one page, which LeafColumn can read.
func ApplyWhole(ctx context.Context, w PageWriter, cache *Cache, width int, root Root, changes Changes) (Result, error) {
	size := capacities(width)
	size.patch = 0
	return apply(ctx, w, cache, width, root, changes, size)
}

func apply(ctx context.Context, w PageWriter, cache *Cache, width int, root Root, changes Changes, size capacity) (Result, error) {
	checkWidth(width)
	var told *store.Building // relations of quads only: the dictionary has others
	if width == 4 {
		told = store.BuildingOf(ctx)
	}
	a := &applier{
		rel: &Relation{pages: w, cache: cache, width: width, root: root},
		in:  changeReader{src: changes, width: width, told: told},
		out: builder{ctx: ctx, w: w, width: width, size: size},
	}
	a.out.rel = a.rel
	defer a.out.close()
	var err error
	switch root.Height {
	case 0:
		err = a.build()
	case 1:
		_, err = a.leaf(entry{page: root.Page}, nil)
	default:
		_, err = a.inner(root.Page, int(root.Height)-1, nil)
	}
	if err != nil {
		return Result{}, err
	}
	if a.inserted == 0 && a.deleted == 0 {
		return Result{Root: root}, nil
	}
	next, err := a.out.finish()
	if err != nil {
		return Result{}, err
	}
	if want := root.Rows + a.inserted - a.deleted; next.Rows != want {
		return Result{}, fmt.Errorf("relation: %d rows where %d are expected: %w", next.Rows, want, store.ErrCorrupt)
	}
	return Result{next, a.inserted, a.deleted}, nil
}

// changeReader looks one change ahead.
type changeReader struct {
	src   Changes
	buf   []Change
	width int
	prev  Row
	any   bool
	ended bool
	told  *store.Building
}

var errOrder = errors.New("relation: changes are not in strictly ascending order")

// peek returns the next change, nil at the end.
func (r *changeReader) peek() (*Change, error) {
	for len(r.buf) == 0 {
		if r.ended {
			return nil, nil
		}
		buf, err := r.src.Next()
		if err != nil {
			return nil, err
		}
		r.buf, r.ended = buf, len(buf) == 0
		r.told.Wrote(len(buf))
	}
	return &r.buf[0], nil
}

// take consumes the change that peek returned.
func (r *changeReader) take() error {
	c := &r.buf[0]
	if r.any && compare(&r.prev, &c.Row, r.width) >= 0 {
		return errOrder
	}
	r.prev, r.any = c.Row, true
	r.buf = r.buf[1:]
	return nil
}

// takeInserts consumes the inserts that come next, without reading on, and the deletes after them.
func (r *changeReader) takeInserts() ([]Change, error) {
	buf := r.buf
	n := 0
	for len(r.buf) > 0 && r.buf[0].Op == Insert {
		if err := r.take(); err != nil {
			return nil, err
		}
		n++
	}
	for len(r.buf) > 0 && r.buf[0].Op == Delete {
		if err := r.take(); err != nil {
			return nil, err
		}
	}
	return buf[:n], nil
}

// applier walks the old tree along the changes and hands what remains of it, in order, to a builder. A subtree without changes is
// handed over as one page. An inner page is given up only when the first real change below it is met: what was passed by until
// then, its first children, is handed over at that moment.
type applier struct {
	rel               *Relation
	in                changeReader
	out               builder
	path              []*step
	ahead             []Change // taken from in and not yet made
	buf               []Change
	inserted, deleted uint64
}

// step is an inner page on the way to where the applier is.
type step struct {
	n     *node
	level int // of the page; its children have one less
	at    int // the child that the applier is in; those before it are done
	given bool
}

// build makes a tree from nothing.
func (a *applier) build() error {
	if src, ok := a.in.src.(ColumnChanges); ok {
		if ok, err := a.buildColumns(src); ok {
			return err
		}
	}
	for {
		c, err := a.in.peek()
		if err != nil || c == nil {
			return err
		}
		inserts, err := a.in.takeInserts()
		if err != nil {
			return err
		}
		a.inserted += uint64(len(inserts))
		for len(inserts) > 0 {
			n, err := a.out.pushInserts(inserts)
			if err != nil {
				return err
			}
			inserts = inserts[n:]
		}
	}
}

// buildColumns is build from columns. It reports false where these cannot be had.
func (a *applier) buildColumns(src ColumnChanges) (bool, error) {
	w := a.rel.width
	var prev Row
	for {
		cols, n, ok, err := src.Columns()
		if !ok || err != nil || n == 0 {
			return ok, err
		}
		if a.inserted > 0 {
			first := Row{}
			for c := range w {
				first[c] = cols[c][0]
			}
			if compare(&prev, &first, w) >= 0 {
				return true, errOrder
			}
		}
		if !ascending(cols, n, w) {
			return true, errOrder
		}
		for c := range w {
			prev[c] = cols[c][n-1]
		}
		a.inserted += uint64(n)
		a.in.told.Wrote(n)
		if err := a.out.pushColumns(cols, 0, n); err != nil {
			return true, err
		}
	}
}

// ascending reports whether every row is greater than the one before it.
func ascending(cols *[MaxWidth][]store.ID, n, width int) bool {
rows:
	for i := 1; i < n; i++ {
		for c := range width {
			if x, y := cols[c][i-1], cols[c][i]; x < y {
				continue rows
			} else if x > y {
				return false
			}
		}
		return false
	}
	return true
}

// reaches reports whether the next change comes before limit (nil: none).
func (a *applier) reaches(limit *Row) (*Change, error) {
	c, err := a.in.peek()
	if c == nil || err != nil || limit != nil && compare(&c.Row, limit, a.rel.width) >= 0 {
		return nil, err
	}
	return c, nil
}

// inner applies the changes before limit to the subtree of an inner page, and reports whether there were any.
func (a *applier) inner(no uint64, level int, limit *Row) (changed bool, err error) {
	n, err := a.rel.load(no, false, false)
	if err != nil {
		return false, err
	}
	s := &step{n: n, level: level}
	a.path = append(a.path, s)
	children := n.inner.len()
	for ; s.at < children; s.at++ {
		childLimit := limit
		if s.at+1 < children {
			first := n.inner.firstRow(s.at+1, a.rel.width)
			childLimit = &first
		}
		c, err := a.reaches(childLimit)
		if err != nil {
			return false, err
		}
		touched := false
		child := uint64(n.inner.pages[s.at])
		if c != nil {
			if level == 1 {
				touched, err = a.patchOrLeaf(n.inner.entry(s.at, a.rel.width), childLimit)
			} else {
				touched, err = a.inner(child, level-1, childLimit)
			}
			if err != nil {
				return false, err
			}
		}
		if !touched && s.given {
			if err := a.out.pass(level-1, n.inner.entry(s.at, a.rel.width)); err != nil {
				return false, err
			}
		}
	}
	a.path = a.path[:len(a.path)-1]
	return s.given, nil
}

// giveUp hands over what was passed by in the inner pages above the present leaf.
func (a *applier) giveUp() error {
	for _, s := range a.path {
		if s.given {
			continue
		}
		s.given = true
		a.out.w.Free(s.n.no)
		a.out.old(s.level, s.n)
		for i := range s.at {
			if err := a.out.pass(s.level-1, s.n.inner.entry(i, a.rel.width)); err != nil {
				return err
			}
		}
	}
	return nil
}

// patchOrLeaf applies the changes before limit to a leaf that has a parent, and reports whether there were any.
func (a *applier) patchOrLeaf(e entry, limit *Row) (changed bool, err error) {
	if a.out.size.patch == 0 {
		return a.leaf(e, limit)
	}
	if err := a.out.ctx.Err(); err != nil {
		return false, err
	}
	a.buf = a.buf[:0]
	for len(a.buf) <= a.out.size.patch {
		c, err := a.reaches(limit)
		if err != nil {
			return false, err
		}
		if c == nil {
			break
		}
		a.buf = append(a.buf, *c)
		if err := a.in.take(); err != nil {
			return false, err
		}
	}
	a.ahead = a.buf
	if len(a.buf) > a.out.size.patch {
		return a.leaf(e, limit)
	}
	p, err := a.patched(e, a.buf)
	if err != nil {
		return false, err
	}
	if p == nil {
		return a.leaf(e, limit)
	}
	a.ahead = nil
	if p.inserted+p.deleted == 0 {
		return false, nil
	}
	if err := a.giveUp(); err != nil {
		return false, err
	}
	if no := patchOf(e.page); no != 0 {
		a.out.w.Free(no)
	}
	a.inserted += p.inserted
	a.deleted += p.deleted
	return true, a.out.pass(0, p.entry)
}

// next is the next change to a leaf, if it comes before limit (nil: none).
func (a *applier) next(limit *Row) (*Change, error) {
	if len(a.ahead) > 0 {
		return &a.ahead[0], nil
	}
	return a.reaches(limit)
}

// took consumes the change that next returned.
func (a *applier) took() error {
	if len(a.ahead) > 0 {
		a.ahead = a.ahead[1:]
		return nil
	}
	return a.in.take()
}

// leaf applies the changes before limit to a leaf, which is written anew, and reports whether there were any.
func (a *applier) leaf(e entry, limit *Row) (changed bool, err error) {
	if err := a.out.ctx.Err(); err != nil {
		return false, err
	}
	n, err := a.rel.load(e.page, true, false)
	if err != nil {
		return false, err
	}
	w := a.rel.width
	var cols [MaxWidth][]store.ID
	for c := range w {
		if cols[c], err = n.column(c); err != nil {
			return false, err
		}
	}
	rows := n.rows
	before := a.inserted + a.deleted
	few := patchOf(e.page) == 0 && (a.out.size.patch == 0 || a.rel.root.Height == 1)
	done, at := 0, 0 // rows handed over or deleted; rows passed
	for {
		c, err := a.next(limit)
		if err != nil {
			return false, err
		}
		if c == nil {
			break
		}
		var exists bool
		if at, exists, err = locate(n, &cols, at, rows, &c.Row, w); err != nil {
			return false, err
		}
		if exists == (c.Op == Delete) {
			if !changed {
				changed = true
				if err := a.giveUp(); err != nil {
					return false, err
				}
				a.out.free(0, e)
				if few {
					a.out.old(0, n)
				}
			}
			if err := a.out.pushColumns(&cols, done, at); err != nil {
				return false, err
			}
			if a.inserted+a.deleted-before == fewChanges {
				a.out.old(0, nil)
			}
			done = at
			if exists {
				a.deleted++
				done++
			} else {
				a.inserted++
				if err := a.out.pushRow(&c.Row); err != nil {
					return false, err
				}
			}
		}
		if err := a.took(); err != nil {
			return false, err
		}
	}
	if changed {
		err = a.out.pushColumns(&cols, done, rows)
	}
	return changed, err
}

// fewChanges are so many that encodings which were good for a leaf need not be any more.
const fewChanges = 64

// locate finds the first row from at on that is not less than row.
func locate(n *node, cols *[MaxWidth][]store.ID, at, rows int, row *Row, w int) (int, bool, error) {
	// Dense changes rarely leave the neighbourhood.
	for range 4 {
		if at == rows {
			return at, false, nil
		}
		order := 0
		for c := range w {
			if v := cols[c][at]; v != row[c] {
				if order = 1; v < row[c] {
					order = -1
				}
				break
			}
		}
		if order >= 0 {
			return at, order == 0, nil
		}
		at++
	}
	at, err := bound(n, at, rows, row[:w], false)
	if err != nil || at == rows {
		return at, false, err
	}
	for c := range w {
		if cols[c][at] != row[c] {
			return at, false, nil
		}
	}
	return at, true, nil
}
