package relation

import (
	"context"
	"fmt"

	"triplestore/store"
)

// Checker reads relations to the end, whatever it finds on the way, and tells of everything that is wrong. Unlike Verify it
// does not stop. States of one relation that share pages should be checked by one Checker, which reads each page once. It is used by
// one goroutine.
type Checker struct {
	// Bad is told what is wrong with a page. The error wraps store.ErrCorrupt unless the page could not be read at all.
	Bad func(page uint64, err error)
	// Page, if any, is told of every page the first time that it is reached, before it is read.
	Page func(page uint64)
	// Leaf, if any, gets the columns of every readable leaf of a state in order, those that were read for another state too if Again.
	Leaf func(page uint64, cols [][]store.ID)
	// Again makes Check read leaves that it knows from other states once more, for the sake of Leaf.
	Again bool

	known map[uint64]checked
	bases map[uint64]int // by page of a leaf: the state in which it was seen last; unreadable if that was told
	state int
}

// checked is what is known of a page.
type checked struct {
	entry entry
	level uint8
	state int // in which it was seen last
	ok    bool
}

// Check reads a state. It returns whether nothing was wrong; the error is that of the context.
func (c *Checker) Check(ctx context.Context, r *Relation) (ok bool, err error) {
	if c.known == nil {
		c.known, c.bases = map[uint64]checked{}, map[uint64]int{}
	}
	c.state++
	if r.root.Height == 0 {
		return true, nil
	}
	w := walker{c: c, ctx: ctx, r: &Relation{pages: r.pages, width: r.width, root: r.root}, ok: true}
	e, readable, err := w.page(r.root.Page, r.root.Height)
	if err != nil {
		return false, err
	}
	if readable && w.ok && e.rows != r.root.Rows {
		w.bad(r.root.Page, "%d rows where the root tells %d", e.rows, r.root.Rows)
	}
	return w.ok, nil
}

type walker struct {
	c    *Checker
	ctx  context.Context
	r    *Relation
	last Row
	any  bool
	ok   bool
}

func (w *walker) bad(no uint64, format string, args ...any) {
	w.report(no, fmt.Errorf(format+": %w", append(args, store.ErrCorrupt)...))
}

func (w *walker) report(no uint64, err error) {
	w.ok = false
	w.c.Bad(no, err)
}

// page checks a page and what is below it. It returns what its parent should tell about it, unless it is not readable.
func (w *walker) page(no uint64, level uint8) (entry, bool, error) {
	if err := w.ctx.Err(); err != nil {
		return entry{}, false, err
	}
	k, seen := w.c.known[no]
	switch {
	case seen && k.state == w.c.state:
		w.bad(baseOf(no), "is in the tree twice")
		return entry{}, false, nil
	case seen && k.level != level:
		w.bad(no, "is at level %d of one state and %d of another", k.level, level)
		return entry{}, false, nil
	case seen && !k.ok:
		w.ok = false // told before
		return entry{}, false, nil
	case level == 1:
		if !w.leafPages(no, seen) {
			return entry{}, false, nil
		}
	case !seen && w.c.Page != nil:
		w.c.Page(no)
	}
	k.level, k.state = level, w.c.state
	w.c.known[no] = k
	if seen && !w.c.Again {
		w.order(no, &k.entry.first, &k.entry.last)
		return k.entry, true, nil
	}
	n := w.load(no, level)
	if n == nil {
		return entry{}, false, nil
	}
	var e entry
	var err error
	if level == 1 {
		e, err = w.leaf(baseOf(no), n)
		if err != nil {
			w.report(baseOf(no), err)
			return entry{}, false, nil
		}
	} else {
		entries := make([]entry, n.inner.len())
		for i := range entries {
			told := n.inner.entry(i, w.r.width)
			got, readable, err := w.page(told.page, level-1)
			if err != nil {
				return entry{}, false, err
			}
			if got.page = told.page; readable && got != told {
				w.bad(no, "tells of its child %d, page %d, what is not so: rows %d and %d, first %x and %x, last %x and %x", i, baseOf(told.page),
					told.rows, got.rows, told.first[:w.r.width], got.first[:w.r.width], told.last[:w.r.width], got.last[:w.r.width])
			}
			if !readable { // go on with what the page tells, so that one damaged page is one finding
				got = told
				w.last, w.any = told.last, true
			}
			entries[i] = got
		}
		if len(entries) == 0 {
			w.bad(no, "has no children")
			return entry{}, false, nil
		}
		e = innerEntry(entries, w.r.width)
	}
	k.entry, k.ok = e, true
	w.c.known[no] = k
	return e, true, nil
}

// unreadable is the state of a page that cannot be read.
const unreadable = -1

// load reads a page, which is nil if it cannot be read.
func (w *walker) load(no uint64, level uint8) *node {
	if level > 1 {
		n, err := w.r.load(no, false, false)
		if err != nil {
			w.report(no, err)
		}
		return n
	}
	base, patch := baseOf(no), patchOf(no)
	n, err := w.r.openBase(base)
	if err != nil {
		w.c.bases[base] = unreadable
		w.report(base, err)
		return nil
	}
	if patch != 0 {
		p, err := w.r.openPatch(patch)
		if err == nil {
			n, err = w.r.merge(n, p, no)
		}
		if err != nil {
			w.report(patch, err)
			return nil
		}
	}
	return n
}

// leafPages tells of the pages of a leaf, each the first time that it is reached.
func (w *walker) leafPages(no uint64, seen bool) bool {
	base, patch := baseOf(no), patchOf(no)
	last, again := w.c.bases[base]
	switch {
	case again && last == unreadable:
		w.ok = false // told before
		return false
	case again && last == w.c.state:
		w.bad(base, "is in the tree twice")
		return false
	}
	w.c.bases[base] = w.c.state
	if w.c.Page == nil {
		return true
	}
	if !again {
		w.c.Page(base)
	}
	if patch != 0 && !seen {
		w.c.Page(patch)
	}
	return true
}

// order checks that a leaf comes after the one before it.
func (w *walker) order(no uint64, first, last *Row) {
	if w.any && compare(&w.last, first, w.r.width) >= 0 {
		w.bad(no, "its first row is not greater than the row before it")
	}
	w.last, w.any = *last, true
}

func (w *walker) leaf(no uint64, n *node) (entry, error) {
	width := w.r.width
	var cols [MaxWidth][]store.ID
	var err error
	for c := range width {
		if cols[c], err = n.column(c); err != nil {
			return entry{}, err
		}
	}
	rows := len(cols[0])
	if rows == 0 {
		return entry{}, fmt.Errorf("has no rows: %w", store.ErrCorrupt)
	}
	var row, before Row
	wrong := 0
	for i := range rows {
		for c := range width {
			row[c] = cols[c][i]
		}
		if i > 0 && compare(&before, &row, width) >= 0 {
			if wrong++; wrong == 1 {
				w.bad(no, "row %d is not greater than the row before it", i)
			}
		}
		before = row
	}
	e := leafEntry(&cols, width)
	w.order(no, &e.first, &e.last)
	if w.c.Leaf != nil {
		w.c.Leaf(no, cols[:width])
	}
	return e, nil
}
