package exec

import (
	"slices"

	"triplestore/store"
)

// startSearch searches from many starts through edges in memory and yields the pairs in the order of the starts. It takes some starts at a
// time; if there is a core to spare, two searches share them.
type startSearch struct {
	p      *path
	edges  *adjacency
	same   bool // only pairs of a term with itself
	starts []store.ID
	at     int
	step   int // how many starts are taken at a time
	most   int // pairs that one of the two searches has before it ends

	parts [2]foundPairs
	part  int // of which pairs are yielded
	bytes int64
}

// foundPairs are the pairs from some starts that follow each other.
type foundPairs struct {
	search
	from []store.ID // as long as out
	end  int        // the start before which it ended
	at   int        // of the pairs, the first that was not yielded
}

// A round is about foundAtOnce pairs for each of the two searches, and none of them goes on with another start beyond foundMost.
const (
	foundAtOnce = 8 * batchSize
	foundMost   = 8 * foundAtOnce
	stepLeast   = 8
)

// searchAll begins to search from all starts that are left, if the edges can be in memory.
func (p *path) searchAll() error {
	n := p.node
	a, err := p.walker.adjacency(n.Path, false)
	if err != nil || a == nil {
		return err
	}
	same := n.S.IsVar() && n.O.IsVar() && n.S.Slot == n.O.Slot
	most := foundMost
	if m := p.q.memory; m.spillAt > 0 {
		most = min(most, max(int(m.spillLeast/64), stepLeast))
		// One start may lead everywhere, in both searches, and slices have some room in reserve.
		if p.held.crowded(int64(len(a.ids)+most) * (8 + 16*2) * 2) {
			return nil
		}
	}
	p.many = &startSearch{p: p, edges: a, same: same, starts: p.starts[p.start:], step: 16 * stepLeast, most: most}
	return nil
}

// next yields pairs, or none at the end. They are valid until the next call.
func (m *startSearch) next() (from, to []store.ID, err error) {
	for {
		for ; m.part < len(m.parts); m.part++ {
			f := &m.parts[m.part]
			if n := min(len(f.out)-f.at, batchSize); n > 0 {
				at := f.at
				f.at += n
				return f.from[at:f.at], f.out[at:f.at], nil
			}
		}
		if m.at >= len(m.starts) {
			return nil, nil, nil
		}
		if err := m.round(); err != nil {
			return nil, nil, err
		}
	}
}

// round searches from the next starts.
func (m *startSearch) round() error {
	q := m.p.q
	if err := q.check(); err != nil {
		return err
	}
	to := min(m.at+m.step, len(m.starts))
	middle := m.at + (to-m.at+1)/2
	first, second := &m.parts[0], &m.parts[1]
	m.part = 0
	begun := m.at
	if to-m.at > 1 && q.profile == nil && (m.step >= 64 || q.chop) && spareCore() {
		err := together(
			func() error { return m.search(second, middle, to) },
			func() error { return m.search(first, m.at, middle) })
		if err != nil {
			return err
		}
		if m.at = second.end; first.end < middle { // what comes behind is searched again
			second.out, m.at = second.out[:0], first.end
		}
	} else {
		if err := m.search(first, m.at, to); err != nil {
			return err
		}
		second.out = second.out[:0]
		m.at = first.end
	}
	found := len(first.out) + len(second.out)
	m.step = min(max((m.at-begun)*2*min(foundAtOnce, m.most)/max(found, 1), stepLeast), 4*m.step, foundAtOnce)
	bytes := first.size() + second.size()
	grown := bytes - m.bytes
	m.bytes = bytes
	return m.p.held.grow(grown)
}

func (f *foundPairs) size() int64 {
	return int64(cap(f.out)+cap(f.from))*8 + int64(cap(f.mark)+cap(f.queue))*4
}

func (m *startSearch) close() { _ = m.p.held.grow(-m.bytes) }

// search finds the pairs from some starts.
func (m *startSearch) search(f *foundPairs, begin, end int) error {
	n := m.p.node
	f.out, f.from, f.at = f.out[:0], f.from[:0], 0
	for i := begin; i < end; i++ {
		if i&63 == 63 {
			if err := m.p.q.check(); err != nil {
				return err
			}
		}
		if len(f.out) > m.most {
			f.end = i
			return nil
		}
		start, had := m.starts[i], len(f.out)
		if err := f.reach(m.p.q, m.edges, start, n.Min, n.Many); err != nil {
			return err
		}
		if m.same {
			is := slices.Contains(f.out[had:], start)
			if f.out = f.out[:had]; is {
				f.out = append(f.out, start)
			}
		}
		for range len(f.out) - had {
			f.from = append(f.from, start)
		}
	}
	f.end = end
	return nil
}
