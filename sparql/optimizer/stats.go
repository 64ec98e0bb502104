package optimizer

import (
	"context"
	"encoding/binary"

	"triplestore/store"
)

// stats asks the store for counts, each once.
type stats struct {
	ctx    context.Context
	snap   store.Snapshot
	counts map[string]uint64
}

func newStats(ctx context.Context, snap store.Snapshot) *stats {
	return &stats{ctx: ctx, snap: snap, counts: map[string]uint64{}}
}

func (s *stats) key(kind byte, r store.Range) string {
	b := make([]byte, 0, 64)
	b = append(b, kind, byte(r.Order))
	for _, id := range r.Prefix {
		b = binary.LittleEndian.AppendUint64(b, uint64(id))
	}
	if r.Lo != 0 || r.Hi != 0 {
		b = binary.LittleEndian.AppendUint64(append(b, 'r'), uint64(r.Lo))
		b = binary.LittleEndian.AppendUint64(b, uint64(r.Hi))
	}
	return string(b)
}

// count is the exact number of rows in a range.
func (s *stats) count(r store.Range) (uint64, error) {
	k := s.key('c', r)
	if n, ok := s.counts[k]; ok {
		return n, nil
	}
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.snap.Count(r)
	s.counts[k] = n
	return n, err
}

// distinct is about the number of different values of the column after the prefix.
func (s *stats) distinct(r store.Range) (uint64, error) {
	k := s.key('d', r)
	if n, ok := s.counts[k]; ok {
		return n, nil
	}
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.snap.Distinct(r)
	s.counts[k] = n
	return n, err
}

// orderFor is an order that begins with the given positions: first those of consts in any sequence, then next as it is.
func orderFor(consts []store.Position, next ...store.Position) (store.Order, bool) {
orders:
	for o := store.SPOG; o < store.GSPO; o++ {
		pos := o.Positions()
		for i := range consts {
			found := false
			for _, c := range consts {
				found = found || pos[i] == c
			}
			if !found {
				continue orders
			}
		}
		for i, n := range next {
			if pos[len(consts)+i] != n {
				continue orders
			}
		}
		return o, true
	}
	return 0, false
}

// patternStats are what the counts say about a pattern.
type patternStats struct {
	consts []store.Position // those of constants, whose values are known
	rows   float64          // with the graph taken into account
	total  float64          // of the range that the constants give
	// distinct are the numbers of different values by position, of the range.
	distinct [4]float64
	empty    bool
}

// pattern counts a pattern.
func (p *planner) patternStats(t *Pattern) (patternStats, error) {
	var s patternStats
	var params []store.Position
	for _, pos := range [...]store.Position{store.S, store.P, store.O} {
		switch r := t.At(pos); r.Kind {
		case RefConst:
			s.consts = append(s.consts, pos)
			if r.ID.Tag() == store.TagLocal {
				s.empty = true
			}
		case RefParam:
			params = append(params, pos)
		}
	}
	if t.Graph.Mode == GraphSet && len(t.Graph.IDs) == 0 {
		s.empty = true
	}
	if s.empty {
		s.distinct = [4]float64{1, 1, 1, 1}
		return s, nil
	}
	order, _ := orderFor(s.consts)
	n, err := p.stats.count(store.Range{Order: order, Prefix: t.prefix(order, len(s.consts))})
	if err != nil {
		return s, err
	}
	s.total = float64(n)
	s.rows = s.total
	for _, pos := range [...]store.Position{store.S, store.P, store.O} {
		if t.At(pos).Kind == RefConst {
			s.distinct[pos] = 1
			continue
		}
		s.distinct[pos] = s.total
		if len(s.consts) < 2 && n > 1 {
			o, _ := orderFor(s.consts, pos)
			d, err := p.stats.distinct(store.Range{Order: o, Prefix: t.prefix(o, len(s.consts))})
			if err != nil {
				return s, err
			}
			s.distinct[pos] = max(1, min(float64(d), s.total))
		}
	}
	for _, pos := range params {
		s.rows /= max(1, s.distinct[pos])
		s.distinct[pos] = 1
	}
	if err := p.graphShare(t, &s); err != nil {
		return s, err
	}
	return s, nil
}

// graphShare scales the rows by the part of the store that the pattern's graphs are.
func (p *planner) graphShare(t *Pattern, s *patternStats) error {
	s.distinct[store.G] = 1
	if t.Graph.Var >= 0 {
		d, err := p.stats.distinct(store.Range{Order: store.GSPO})
		if err != nil {
			return err
		}
		s.distinct[store.G] = max(1, min(float64(d), s.rows))
	}
	if t.Graph.Mode != GraphSet || s.rows == 0 {
		return nil
	}
	total, err := p.stats.count(store.Range{Order: store.SPOG})
	if err != nil {
		return err
	}
	var in float64
	for _, g := range t.Graph.IDs[:min(len(t.Graph.IDs), 64)] {
		n, err := p.stats.count(store.Range{Order: store.GSPO, Prefix: []store.ID{g}})
		if err != nil {
			return err
		}
		in += float64(n)
	}
	if total > 0 {
		s.rows = min(s.rows, in, max(1, s.rows*in/float64(total)))
	}
	return nil
}

// prefix are the constants of a pattern at the front of an order.
func (t *Pattern) prefix(o store.Order, n int) []store.ID {
	out := make([]store.ID, 0, 4)
	for _, pos := range o.Positions() {
		if len(out) == n {
			break
		}
		out = append(out, t.At(pos).ID)
	}
	return out
}
