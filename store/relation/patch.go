package relation

import (
	"fmt"
	"slices"
	"unsafe"

	"triplestore/store"
	"triplestore/store/page"
)

// A leaf that changes little is not written anew: it gets a patch, a small page that holds rows to insert into the leaf and rows to
// delete from it. Both together are the leaf, whose count and bounds its parent tells as ever. The parent names both in one number.

// patchShift is where the number of the patch begins in the number by which a parent names a leaf; below it is the leaf's page.
const patchShift = 32

// MaxPage is the largest number of a page.
const MaxPage = 1<<patchShift - 1

func patchOf(no uint64) uint64 { return no >> patchShift }
func baseOf(no uint64) uint64  { return no & MaxPage }

// pagesOf lists the pages behind a number in the tree.
func pagesOf(no uint64, level uint8) []uint64 {
	if level == 1 && patchOf(no) != 0 {
		return []uint64{baseOf(no), patchOf(no)}
	}
	return []uint64{no}
}

// patch is the rows by which a leaf differs from its page, in order. A row to insert is not in the page, one to delete is.
type patch struct{ changes []Change }

// encode makes a page: the columns of the rows and one of the operations.
func (p *patch) encode(width int) []byte {
	n := len(p.changes)
	all := make([]store.ID, (width+1)*n)
	cols := make([][]store.ID, width+1)
	for c := range cols {
		cols[c] = all[c*n : (c+1)*n]
	}
	for i := range p.changes {
		for c := range width {
			cols[c][i] = p.changes[i].Row[c]
		}
		cols[width][i] = store.ID(p.changes[i].Op)
	}
	return page.Encode(page.Patch, cols)
}

// openPatch reads a patch.
func (r *Relation) openPatch(no uint64) (*patch, error) {
	if n := r.cache.get(no | patchKey); n != nil && n.width == r.width {
		return n.patch, nil
	}
	fail := func(err error) (*patch, error) { return nil, fmt.Errorf("relation: page %d: %w", no, err) }
	b, err := r.pages.Page(no)
	if err != nil {
		return fail(err)
	}
	p, err := page.Open(b, page.Patch, r.width+1)
	if err != nil {
		return fail(err)
	}
	n := p.Rows()
	all := make([]store.ID, (r.width+1)*n)
	cols := make([][]store.ID, r.width+1)
	for c := range cols {
		cols[c] = all[c*n : (c+1)*n]
		if err := p.Column(c, cols[c]); err != nil {
			return fail(err)
		}
	}
	out := &patch{make([]Change, n)}
	for i := range out.changes {
		x := &out.changes[i]
		for c := range r.width {
			x.Row[c] = cols[c][i]
		}
		if cols[r.width][i] > store.ID(Delete) || i > 0 && compare(&out.changes[i-1].Row, &x.Row, r.width) >= 0 {
			return fail(fmt.Errorf("malformed patch: %w", store.ErrCorrupt))
		}
		x.Op = Op(cols[r.width][i])
	}
	r.keepPatch(no, out)
	return out, nil
}

// patchKey marks the key by which the cache keeps a patch alone; the number alone is the key of leaf and patch together.
const patchKey = 1 << 63

func (r *Relation) keepPatch(no uint64, p *patch) {
	r.cache.put(no|patchKey, &node{no: no, width: r.width, patch: p, cost: int64(cap(p.changes))*int64(unsafe.Sizeof(Change{})) + 300})
}

// openBase opens the page of a leaf without its patch. It stays in the cache: the leaves that commits patch are patched again and again.
func (r *Relation) openBase(no uint64) (*node, error) {
	if n := r.cache.get(no); n != nil && n.width == r.width && n.inner == nil && n.no == no {
		return n, nil
	}
	b, err := r.pages.Page(no)
	if err != nil {
		return nil, fmt.Errorf("relation: page %d: %w", no, err)
	}
	n, err := openNode(no, b, r.width, true)
	if err != nil {
		return nil, err
	}
	return r.cache.put(no, n), nil
}

// openPatched opens a leaf with its patch.
func (r *Relation) openPatched(no uint64) (*node, error) {
	p, err := r.openPatch(patchOf(no))
	if err != nil {
		return nil, err
	}
	base, err := r.openBase(baseOf(no))
	if err != nil {
		return nil, err
	}
	return r.merge(base, p, no)
}

// Contains reports whether a row is there. Other than a scan it does not bring a leaf and its patch together.
func (r *Relation) Contains(row Row) (bool, error) {
	no := r.root.Page
	for level := r.root.Height; level > 0; level-- {
		if level == 1 {
			return r.leafContains(no, &row)
		}
		n, err := r.load(no, false, true)
		if err != nil {
			return false, err
		}
		i, err := bound(n.inner, 0, n.inner.len(), row[:r.width], false)
		if err != nil || i == n.inner.len() {
			return false, err
		}
		if first := n.inner.firstRow(i, r.width); compare(&row, &first, r.width) < 0 {
			return false, nil
		}
		no = uint64(n.inner.pages[i])
	}
	return false, nil
}

func (r *Relation) leafContains(no uint64, row *Row) (bool, error) {
	if n := patchOf(no); n != 0 {
		p, err := r.openPatch(n)
		if err != nil {
			return false, err
		}
		if i, ok := p.find(row, r.width); ok {
			return p.changes[i].Op == Insert, nil
		}
	}
	n, err := r.openBase(baseOf(no))
	if err != nil {
		return false, err
	}
	n.touch(1)
	at, err := bound(n, 0, n.rows, row[:r.width], false)
	if err != nil || at == n.rows {
		return false, err
	}
	found, err := n.row(at)
	return err == nil && compare(&found, row, r.width) == 0, err
}

func (p *patch) find(row *Row, width int) (int, bool) {
	return slices.BinarySearchFunc(p.changes, row, func(x Change, row *Row) int { return compare(&x.Row, row, width) })
}

// merge makes the leaf of a page and a patch.
func (r *Relation) merge(base *node, p *patch, no uint64) (*node, error) {
	w := r.width
	var cols [MaxWidth][]store.ID
	for c := range w {
		var err error
		if cols[c], err = base.column(c); err != nil {
			return nil, err
		}
	}
	type splice struct {
		at     int // rows of the page before it
		remove bool
	}
	splices := make([]splice, len(p.changes))
	rows, at := base.rows, 0
	for i := range p.changes {
		x := &p.changes[i]
		var exists bool
		var err error
		if at, exists, err = locate(base, &cols, at, base.rows, &x.Row, w); err != nil {
			return nil, err
		}
		if exists != (x.Op == Delete) {
			return nil, fmt.Errorf("relation: page %d does not fit page %d, whose patch it is: %w", patchOf(no), base.no, store.ErrCorrupt)
		}
		splices[i] = splice{at, exists}
		if exists {
			rows--
		} else {
			rows++
		}
	}
	n := &node{no: no, page: base.page, rows: rows, width: w, cost: int64(len(base.page.Bytes())) + int64(8*w*rows) + 300}
	all := make([]store.ID, w*rows)
	for c := range w {
		col, from := all[c*rows:c*rows:(c+1)*rows], 0
		for i, s := range splices {
			col = append(col, cols[c][from:s.at]...)
			if from = s.at; s.remove {
				from++
			} else {
				col = append(col, p.changes[i].Row[c])
			}
		}
		col = append(col, cols[c][from:]...)
		n.cols[c].Store(&col)
	}
	return n, nil
}

// patching is a leaf to which changes are made without writing it anew.
type patching struct {
	base    *node
	width   int
	changes []Change // of the patch
	entry   entry

	inserted, deleted uint64
}

// patched works the changes, which are in order, into the patch of a leaf. It returns nil if the leaf must be written anew.
func (a *applier) patched(e entry, changes []Change) (*patching, error) {
	p := &patching{width: a.rel.width, entry: e}
	if no := patchOf(e.page); no != 0 {
		old, err := a.rel.openPatch(no)
		if err != nil {
			return nil, err
		}
		p.changes = append(make([]Change, 0, len(old.changes)+len(changes)), old.changes...)
	}
	if len(p.changes)+len(changes) > 2*a.out.size.patch {
		return nil, nil
	}
	var err error
	if p.base, err = a.rel.openBase(baseOf(e.page)); err != nil {
		return nil, err
	}
	p.base.touch(len(changes))
	at := 0
	for i := range changes {
		if at, err = p.change(&changes[i], at); err != nil {
			return nil, err
		}
	}
	n := int(p.entry.rows)
	if len(p.changes) > a.out.size.patch || n < max(1, a.out.least(0)) || n > a.out.most(0) {
		return nil, nil
	}
	if p.inserted+p.deleted == 0 {
		return p, nil
	}
	if first, ok, err := p.after(0, 0); err != nil || !ok {
		return nil, err
	} else {
		p.entry.first = first
	}
	if last, ok, err := p.before(p.base.rows, len(p.changes)); err != nil || !ok {
		return nil, err
	} else {
		p.entry.last = last
	}
	p.entry.page, p.entry.patch = baseOf(e.page), nil
	if len(p.changes) > 0 {
		p.entry.patch = &patch{p.changes}
	}
	return p, nil
}

// change makes one change. from is a row of the page that is not behind the change's; so is what it returns.
func (p *patching) change(c *Change, from int) (at int, err error) {
	if at, err = bound(p.base, from, p.base.rows, c.Row[:p.width], false); err != nil {
		return 0, err
	}
	there := false
	if at < p.base.rows {
		row, err := p.base.row(at)
		if err != nil {
			return 0, err
		}
		there = compare(&row, &c.Row, p.width) == 0
	}
	i, known := slices.BinarySearchFunc(p.changes, c.Row, func(x Change, row Row) int { return compare(&x.Row, &row, p.width) })
	exists := there
	if known {
		exists = p.changes[i].Op == Insert
		if exists == there {
			return 0, fmt.Errorf("relation: page %d does not fit its patch: %w", p.base.no, store.ErrCorrupt)
		}
	}
	if exists == (c.Op == Insert) {
		return at, nil
	}
	next, nextChange := at, i
	if there {
		next++
	}
	if known {
		nextChange++
	}
	left, hasLeft, err := p.before(at, i)
	if err != nil {
		return 0, err
	}
	right, hasRight, err := p.after(next, nextChange)
	if err != nil {
		return 0, err
	}
	for k := range p.width - 1 {
		if hasLeft && compare(&left, &c.Row, k+1) == 0 || hasRight && compare(&right, &c.Row, k+1) == 0 {
			continue // another row has this prefix
		}
		if c.Op == Insert {
			p.entry.distinct[k]++
		} else {
			p.entry.distinct[k]--
		}
	}
	if c.Op == Insert {
		p.entry.rows++
		p.inserted++
	} else {
		p.entry.rows--
		p.deleted++
	}
	if known {
		p.changes = slices.Delete(p.changes, i, i+1)
	} else {
		p.changes = slices.Insert(p.changes, i, Change{rowOf(&c.Row, p.width), c.Op})
	}
	return at, nil
}

func rowOf(r *Row, width int) (out Row) {
	copy(out[:width], r[:])
	return out
}

// before finds the last row of the leaf among those before row at of the page and before change i of the patch.
func (p *patching) before(at, i int) (row Row, ok bool, err error) {
	for at--; at >= 0; at-- {
		if row, err = p.base.row(at); err != nil {
			return Row{}, false, err
		}
		if i == 0 || compare(&row, &p.changes[i-1].Row, p.width) > 0 {
			return row, true, nil
		}
		if i--; p.changes[i].Op == Insert {
			return p.changes[i].Row, true, nil
		}
		// That row of the page is deleted.
	}
	if i > 0 {
		return p.changes[i-1].Row, true, nil
	}
	return Row{}, false, nil
}

// after finds the first row of the leaf among those from row at of the page and from change i of the patch on.
func (p *patching) after(at, i int) (row Row, ok bool, err error) {
	for ; at < p.base.rows; at++ {
		if row, err = p.base.row(at); err != nil {
			return Row{}, false, err
		}
		if i == len(p.changes) || compare(&row, &p.changes[i].Row, p.width) < 0 {
			return row, true, nil
		}
		if p.changes[i].Op == Insert {
			return p.changes[i].Row, true, nil
		}
		i++
	}
	if i < len(p.changes) {
		return p.changes[i].Row, true, nil
	}
	return Row{}, false, nil
}
