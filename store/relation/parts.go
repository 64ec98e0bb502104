package relation

import (
	"context"

	"triplestore/store"
)

// ScanParts opens up to so many cursors that, one after the other, yield what Scan yields, about as many rows each. Each may be used by
// a goroutine of its own. A range is divided between leaves, so a small one has fewer parts; there is always at least one.
func (r *Relation) ScanParts(ctx context.Context, rg Range, columns store.ColumnSet, parts int) ([]*Cursor, error) {
	c := r.Scan(ctx, rg, columns)
	all := []*Cursor{c}
	if c.keys.empty || parts < 2 || r.root.Height < 2 {
		return all, nil
	}
	from, to := place{}, place{rows: r.root.Rows}
	var err error
	if n := c.keys.startLen; n > 0 {
		if from, err = r.rank(c.keys.start[:n], false, 0); err != nil {
			return nil, err
		}
	}
	if n := c.keys.endLen; n > 0 {
		if to, err = r.rank(c.keys.end[:n], true, 0); err != nil {
			return nil, err
		}
	}
	if to.rows <= from.rows {
		return all, nil
	}
	done, each := from.rows, (to.rows-from.rows)/uint64(parts)
	for i := range uint64(parts - 1) {
		last, first, rows, err := r.cut(from.rows + (i+1)*each)
		if err != nil {
			return nil, err
		}
		if rows <= done || rows >= to.rows {
			continue
		}
		next := &Cursor{r: r, ctx: ctx, columns: c.columns, keys: c.keys}
		next.keys.start, next.keys.startLen = first, r.width
		c.keys.end, c.keys.endLen = last, r.width
		all = append(all, next)
		c, done = next, rows
	}
	return all, nil
}

// cut finds a place between two leaves near the row with that number: the last row before it, the first behind it, and how many rows lie
// before it; 0 where there is none.
func (r *Relation) cut(row uint64) (last, first Row, before uint64, err error) {
	no := r.root.Page
	for level := r.root.Height; ; level-- {
		n, err := r.load(no, false, true)
		if err != nil {
			return last, first, 0, err
		}
		in := n.inner
		i := 0
		for i+1 < in.len() && before+in.cumRows[i+1] <= row {
			i++
		}
		if level > 2 {
			before += in.cumRows[i]
			no = uint64(in.pages[i])
			continue
		}
		if i == 0 {
			if i++; i == in.len() {
				return last, first, 0, nil
			}
		}
		for c := range r.width {
			last[c] = in.last[c][i-1]
		}
		return last, in.firstRow(i, r.width), before + in.cumRows[i], nil
	}
}
