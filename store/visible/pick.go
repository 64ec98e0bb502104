package visible

import (
	"triplestore/store"
)

var _ store.Picker = (*snapshot)(nil)

// Pick takes places among what is visible, so that rows are those that a store without the hidden graphs gives. Where the graph or little more
// than that is bound it costs as much as the contract says; else the graphs of the range are looked at once for each state.
func (n *snapshot) Pick(r store.Range, places []uint64, to []store.Quad) ([]store.Quad, error) {
	total, err := n.inner.Count(r)
	if err != nil || total == 0 || len(places) == 0 {
		return to, err
	}
	g := graphColumn(r.Order)
	picker, ok := n.inner.(store.Picker)
	switch {
	case len(r.Prefix) > g:
		if !n.view.sees(r.Prefix[g]) {
			return to, nil
		}
		if ok {
			return picker.Pick(r, places, to)
		}
	case g == 0: // all graphs, or those between two
		return n.pickByGraph(r, places, to)
	case ok && total > dearRows:
		m, err := n.view.marksOf(r, func() (*marks, error) { return n.mark(r, total) })
		if err != nil {
			return to, err
		}
		if m.all {
			return picker.Pick(r, places, to)
		}
		return n.pickRows(r, places, to, m, picker)
	}
	return n.pickRows(r, places, to, &marks{}, nil)
}

// pickByGraph picks among graphs, whose numbers of quads are known.
func (n *snapshot) pickByGraph(r store.Range, places []uint64, to []store.Quad) ([]store.Quad, error) {
	first := uint64(0)
	var within []uint64
	for _, x := range n.view.visible {
		if len(places) == 0 {
			break
		}
		if x.Graph < r.Lo || r.Hi != store.NoID && x.Graph > r.Hi {
			continue
		}
		within = within[:0]
		for len(places) > 0 && places[0]-first < x.Quads {
			within = append(within, places[0]-first)
			places = places[1:]
		}
		first += x.Quads
		var err error
		if to, err = n.Pick(store.Range{Order: r.Order, Prefix: []store.ID{x.Graph}}, within, to); err != nil {
			return to, err
		}
	}
	return to, nil
}

// marks are places of some visible rows of a range, counted with the hidden ones.
type marks struct {
	every  uint64   // visible rows between two of them
	places []uint64 // of the visible rows 0, every, 2 * every, …
	all    bool     // nothing of the range is hidden: there are no places
}

const (
	// markLeast is how many rows lie between two marks at least, and markMost how many marks a range has at most.
	markLeast, markMost = 1024, 2048
	// maxMarks is how many are remembered for a state.
	maxMarks = 1 << 17
)

// mark looks at the graphs of a range, which has total rows with the hidden ones.
func (n *snapshot) mark(r store.Range, total uint64) (*marks, error) {
	m := &marks{every: max(markLeast, total/markMost)}
	g := graphColumn(r.Order)
	test := n.view.test
	c := n.inner.Scan(n.ctx, r, 1<<g)
	defer c.Close()
	seen, at := uint64(0), uint64(0)
	for {
		b, err := c.Next()
		if err != nil {
			return nil, err
		}
		if b.Len == 0 {
			break
		}
		for i, graph := range b.Cols[g][:b.Len] {
			if !test.sees(graph) {
				continue
			}
			if seen%m.every == 0 {
				m.places = append(m.places, at+uint64(i))
			}
			seen++
		}
		at += uint64(b.Len)
	}
	if seen == total {
		return &marks{all: true}, nil
	}
	return m, nil
}

// pickRows walks over the visible rows of a range, from mark to mark.
func (n *snapshot) pickRows(r store.Range, places []uint64, to []store.Quad, m *marks, picker store.Picker) ([]store.Quad, error) {
	c := n.Scan(n.ctx, r, store.AllColumns)
	defer c.Close()
	pos := r.Order.Positions()
	var b store.Block
	first := uint64(0) // the number of the first row of b
	for _, x := range places {
		if len(m.places) > 0 && x >= first+uint64(b.Len) {
			k := min(x/m.every, uint64(len(m.places)-1))
			if begin := k * m.every; begin > first+uint64(b.Len) {
				marked, err := picker.Pick(r, m.places[k:k+1], nil)
				if err != nil || len(marked) == 0 {
					return to, err
				}
				key := make([]store.ID, 4)
				for i, p := range pos {
					key[i] = marked[0][p]
				}
				if err := c.Seek(key); err != nil {
					return to, err
				}
				first, b = begin, store.Block{}
			}
		}
		for x >= first+uint64(b.Len) {
			first += uint64(b.Len)
			var err error
			if b, err = c.Next(); err != nil || b.Len == 0 {
				return to, err
			}
		}
		var q store.Quad
		for i, p := range pos {
			q[p] = b.Cols[i][x-first]
		}
		to = append(to, q)
	}
	return to, nil
}

// marksOf gives the marks of a range, made if need be.
func (v *view) marksOf(r store.Range, make func() (*marks, error)) (*marks, error) {
	key := string(rangeKey('m', r))
	v.mu.Lock()
	m := v.marks[key]
	v.mu.Unlock()
	if m != nil {
		return m, nil
	}
	m, err := make()
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if size := len(m.places) + 1; v.marks == nil || v.marked+size > maxMarks {
		v.marks, v.marked = map[string]*marks{}, 0
	}
	v.marks[key] = m
	v.marked += len(m.places) + 1
	return m, nil
}
