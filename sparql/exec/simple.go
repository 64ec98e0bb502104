package exec

import (
	"slices"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// empty yields nothing.
type empty struct{}

func (empty) next(b *batch) error { b.reset(); return nil }
func (empty) close()              {}

// unit yields one row that binds nothing.
type unit struct{ done bool }

func (u *unit) next(b *batch) error {
	b.reset()
	if !u.done {
		u.done = true
		b.n = 1
	}
	return nil
}

func (u *unit) close() {}

// values yields a table.
type values struct {
	slots []int
	table [][]store.ID
	at    int
	cols  [][]store.ID
}

// newValues makes the table of an operator. In a pattern that is evaluated for one solution, it is joined with the values that
// this has for its variables.
func newValues(n *optimizer.Values, e *env) operator {
	v := &values{slots: n.Slots, table: n.Table}
	given := func(s int) bool { return e.params != nil && e.params[s] != store.NoID }
	if !slices.ContainsFunc(n.Slots, given) {
		return v
	}
	v.table = nil
rows:
	for _, r := range n.Table {
		r = slices.Clone(r)
		for i, s := range n.Slots {
			if given(s) {
				if r[i] != store.NoID && r[i] != e.params[s] {
					continue rows
				}
				r[i] = e.params[s]
			}
		}
		v.table = append(v.table, r)
	}
	return v
}

func (v *values) next(b *batch) error {
	b.reset()
	b.n = min(batchSize, len(v.table)-v.at)
	if b.n == 0 {
		return nil
	}
	if v.cols == nil {
		v.cols = make([][]store.ID, len(v.slots))
	}
	for i, s := range v.slots {
		v.cols[i] = resize(v.cols[i], b.n)
		for r := range b.n {
			v.cols[i][r] = v.table[v.at+r][i]
		}
		b.cols[s] = v.cols[i]
	}
	v.at += b.n
	return nil
}

func (v *values) close() {}

// union yields the rows of one input after the other.
type union struct {
	in []operator
	at int
}

func (u *union) next(b *batch) error {
	for u.at < len(u.in) {
		if err := u.in[u.at].next(b); err != nil || b.n > 0 {
			return err
		}
		u.in[u.at].close()
		u.at++
	}
	b.reset()
	return nil
}

func (u *union) close() {
	for _, in := range u.in {
		in.close()
	}
}

// project forgets all slots but some.
type project struct {
	in   operator
	keep []bool
}

func newProject(q *Query, n *optimizer.Project, in operator) operator {
	p := &project{in: in, keep: make([]bool, q.width)}
	for _, s := range n.Slots {
		p.keep[s] = true
	}
	return p
}

func (p *project) next(b *batch) error {
	if err := p.in.next(b); err != nil {
		return err
	}
	for s := range b.cols {
		if !p.keep[s] {
			b.cols[s] = nil
		}
	}
	return nil
}

func (p *project) close() { p.in.close() }

// slice skips rows and ends early.
type slice struct {
	in           operator
	offset, left int64 // left is below 0 for no limit
}

func (s *slice) next(b *batch) error {
	if s.left == 0 {
		b.reset()
		return nil
	}
	for {
		if err := s.in.next(b); err != nil || b.n == 0 {
			return err
		}
		if s.offset >= int64(b.n) {
			s.offset -= int64(b.n)
			continue
		}
		break
	}
	from, to := int(s.offset), b.n
	s.offset = 0
	if s.left >= 0 {
		if int64(to-from) > s.left {
			to = from + int(s.left)
		}
		s.left -= int64(to - from)
	}
	b.n = to - from
	for i, col := range b.cols {
		if col != nil {
			b.cols[i] = col[from:to]
		}
	}
	return nil
}

func (s *slice) close() { s.in.close() }
