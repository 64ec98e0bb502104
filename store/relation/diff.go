package relation

import (
	"context"
	"slices"

	"triplestore/store"
)

// Diff is the stream of changes that lead from one state of a relation to another. It implements Changes.
//
// It walks both trees side by side and passes by what they share, a page that is in both: its cost is that of the pages that
// differ, not of the rows that there are.
type Diff struct {
	ctx      context.Context
	from, to side
	width    int
	out      []Change
	err      error
}

var _ Changes = (*Diff)(nil)

const diffRows = 1024

// NewDiff compares two states, whose pages come from the same PageReader and are all still there. It is used by one goroutine.
func NewDiff(ctx context.Context, from, to *Relation) *Diff {
	d := &Diff{ctx: ctx, width: from.width, out: make([]Change, 0, diffRows)}
	if from.root.Height > 0 && to.root.Height > 0 && from.root.Page == to.root.Page {
		return d
	}
	tall, low := &d.from, &d.to
	if from.root.Height < to.root.Height {
		tall, low, from, to = low, tall, to, from
	}
	if d.err = tall.begin(from); d.err == nil {
		d.err = low.beginBelow(to, tall)
	}
	return d
}

// side is where a Diff is in one of the trees: the rows of a leaf, and then the subtrees on the stack, the last one first.
type side struct {
	rel   *Relation
	stack []subtree
	cols  [MaxWidth][]store.ID
	at, n int // rows of the leaf
}

type subtree struct {
	entry
	level uint8 // 1 is a leaf
}

func (s *side) begin(r *Relation) error {
	s.rel = r
	if r.root.Height == 0 {
		return nil
	}
	return s.open(subtree{entry{page: r.root.Page}, r.root.Height})
}

// beginBelow begins with a tree that is not taller than another one, whose root may be a page below that one's root.
func (s *side) beginBelow(r *Relation, tall *side) error {
	if r.root.Height == 0 || r.root.Height == tall.rel.root.Height {
		return s.begin(r)
	}
	if err := tall.descend(r.root.Height); err != nil {
		return err
	}
	for _, t := range tall.stack {
		if t.page == r.root.Page {
			s.rel, s.stack = r, append(s.stack, t)
			return nil
		}
	}
	return s.begin(r)
}

// descend goes into all subtrees above a level.
func (s *side) descend(level uint8) error {
	var below []subtree
	for len(s.stack) > 0 {
		if t := s.stack[len(s.stack)-1]; t.level <= level {
			below = append(below, t)
			s.stack = s.stack[:len(s.stack)-1]
		} else if err := s.expand(); err != nil {
			return err
		}
	}
	slices.Reverse(below)
	s.stack = below
	return nil
}

// open goes into a subtree.
func (s *side) open(t subtree) error {
	n, err := s.rel.load(t.page, t.level == 1, false)
	if err != nil {
		return err
	}
	w := s.rel.width
	if t.level > 1 {
		for i := n.inner.len() - 1; i >= 0; i-- {
			s.stack = append(s.stack, subtree{n.inner.entry(i, w), t.level - 1})
		}
		return nil
	}
	for c := range w {
		if s.cols[c], err = n.column(c); err != nil {
			return err
		}
	}
	s.at, s.n = 0, n.rows
	return nil
}

// expand goes into the next subtree.
func (s *side) expand() error {
	t := s.stack[len(s.stack)-1]
	s.stack = s.stack[:len(s.stack)-1]
	return s.open(t)
}

// next is the next row, if it is known, or else the next subtree; both are nil at the end.
func (s *side) next(row *Row) (*Row, *subtree) {
	if s.at < s.n {
		*row = Row{}
		for c := range s.rel.width {
			row[c] = s.cols[c][s.at]
		}
		return row, nil
	}
	if len(s.stack) > 0 {
		return nil, &s.stack[len(s.stack)-1]
	}
	return nil, nil
}

// Next returns the next changes in ascending order of rows, none at the end. The slice is valid until the next call.
func (d *Diff) Next() ([]Change, error) {
	d.out = d.out[:0]
	var a, b Row
	for i := 0; d.err == nil && len(d.out) < diffRows; i++ {
		if i&1023 == 0 {
			if d.err = d.ctx.Err(); d.err != nil {
				break
			}
		}
		rowA, treeA := d.from.next(&a)
		rowB, treeB := d.to.next(&b)
		switch {
		case rowA == nil && treeA == nil && rowB == nil && treeB == nil:
			return d.out, nil
		case treeA != nil && treeB != nil:
			d.err = d.subtrees(treeA, treeB)
		case treeA != nil:
			if rowB != nil && compare(rowB, &treeA.first, d.width) < 0 {
				d.emit(&d.to, rowB, Insert)
			} else {
				d.err = d.from.expand()
			}
		case treeB != nil:
			if rowA != nil && compare(rowA, &treeB.first, d.width) < 0 {
				d.emit(&d.from, rowA, Delete)
			} else {
				d.err = d.to.expand()
			}
		case rowA == nil:
			d.emit(&d.to, rowB, Insert)
		case rowB == nil:
			d.emit(&d.from, rowA, Delete)
		default:
			switch order := compare(rowA, rowB, d.width); {
			case order < 0:
				d.emit(&d.from, rowA, Delete)
			case order > 0:
				d.emit(&d.to, rowB, Insert)
			default:
				d.from.at++
				d.to.at++
			}
		}
	}
	if d.err != nil {
		return nil, d.err
	}
	return d.out, nil
}

func (d *Diff) emit(s *side, row *Row, op Op) {
	d.out = append(d.out, Change{*row, op})
	s.at++
}

// subtrees passes by a page that is in both trees, or goes into one of the two. A page that is shared has the same first row and
// the same level in both trees; so the one to go into is that which cannot come up on the other side any more.
func (d *Diff) subtrees(a, b *subtree) error {
	if a.page == b.page {
		d.from.stack = d.from.stack[:len(d.from.stack)-1]
		d.to.stack = d.to.stack[:len(d.to.stack)-1]
		return nil
	}
	if compare(&a.last, &b.first, d.width) < 0 {
		return d.from.expand()
	}
	if compare(&b.last, &a.first, d.width) < 0 {
		return d.to.expand()
	}
	if a.level > b.level || a.level == b.level && compare(&a.first, &b.first, d.width) <= 0 {
		return d.from.expand()
	}
	return d.to.expand()
}
