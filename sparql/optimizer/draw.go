package optimizer

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"sort"

	"triplestore/store"
)

// patternSample is that of a pattern on its own; nil where it cannot be sampled.
func (p *planner) patternSample(t *Pattern, st *patternStats) *joinSample {
	if len(st.consts) != len(t.fixed()) || t.Graph.Mode == GraphParam || st.empty {
		return nil
	}
	s := &joinSample{size: st.rows, drawn: true, draws: p.sampler.rows}
	slots, ok := freeSlots(t, nil)
	if !ok {
		return nil
	}
	s.slots = slots
	for _, slot := range slots {
		s.different = append(s.different, st.differentOf(t, slot))
	}
	s.key = string(patternKey([]byte{'b', byte(s.draws)}, t, nil))
	drawn := map[store.Order]*draw{}
	s.pick = func(slot int) (*draw, error) {
		order, ok := orderFor(st.consts)
		for _, pos := range [...]store.Position{store.S, store.P, store.O} {
			if r := t.At(pos); r.IsVar() && r.Slot == slot {
				order, ok = orderFor(st.consts, pos)
				break
			}
		}
		if !ok {
			return nil, nil
		}
		if d, ok := drawn[order]; ok {
			return d, nil
		}
		if !p.takeSamples(int(min(st.total, float64(s.draws)))) {
			return nil, nil
		}
		d, err := p.stats.draw(s.key+string(rune(order)), func() (*draw, error) {
			r := store.Range{Order: order, Prefix: t.prefix(order, len(st.consts))}
			n := uint64(st.total)
			places, all := placesOf(n, s.draws)
			quads, err := p.sampler.picker.Pick(r, places, nil)
			if err != nil {
				return nil, err
			}
			d := &draw{all: all, rows: make([][]store.ID, 0, len(quads))}
			for _, q := range quads {
				if row, ok := rowOf(t, q, nil, slots); ok {
					d.rows = append(d.rows, row)
				}
			}
			return d, nil
		})
		drawn[order] = d
		return d, err
	}
	return s
}

// placesOf are up to so many places among n, one in each of as many parts; all of them where there are no more.
func placesOf(n uint64, most int) (places []uint64, all bool) {
	if n <= uint64(most) {
		places = make([]uint64, n)
		for i := range places {
			places[i] = uint64(i)
		}
		return places, true
	}
	places = make([]uint64, most)
	for i := range places {
		lo, hi := mulDiv(n, uint64(i), uint64(most)), mulDiv(n, uint64(i)+1, uint64(most))
		places[i] = lo + mix(uint64(i)^n<<8)%max(1, hi-lo) // the same for the same data
	}
	return places, false
}

func mulDiv(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	q, _ := bits.Div64(hi%c, lo, c)
	return q
}

// mix spreads numbers (the finaliser of SplitMix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// freeSlots are the variables of a pattern that are not among bound; ok is false for one that occurs twice.
func freeSlots(t *Pattern, bound []int) (free []int, ok bool) {
	var seen Set
	for pos := store.S; pos <= store.G; pos++ {
		r := t.At(pos)
		if !r.IsVar() || r.Slot < 0 {
			continue
		}
		if seen.Has(r.Slot) {
			return nil, false
		}
		seen.insert(r.Slot)
		if !slices.Contains(bound, r.Slot) {
			free = append(free, r.Slot)
		}
	}
	return free, true
}

// rowOf puts a row of a join and a quad that matches a pattern together. ok is false where the quad is in another graph.
func rowOf(t *Pattern, q store.Quad, row []store.ID, free []int) ([]store.ID, bool) {
	switch t.Graph.Mode {
	case GraphNamed:
		if q[store.G] == store.DefaultGraph {
			return nil, false
		}
	case GraphSet:
		if _, in := slices.BinarySearch(t.Graph.IDs, q[store.G]); !in {
			return nil, false
		}
	}
	out := make([]store.ID, len(row), len(row)+len(free))
	copy(out, row)
	for _, f := range free {
		for pos := store.S; pos <= store.G; pos++ {
			if r := t.At(pos); r.IsVar() && r.Slot == f {
				out = append(out, q[pos])
				break
			}
		}
	}
	return out, true
}

// patternKey appends what a pattern is, with slots by their place in a join.
func patternKey(key []byte, t *Pattern, slots []int) []byte {
	for _, r := range [...]Ref{t.S, t.P, t.O} {
		if r.IsVar() {
			key = append(key, byte(slices.Index(slots, r.Slot)+1))
			continue
		}
		key = append(key, 0xff)
		key = binary.LittleEndian.AppendUint64(key, uint64(r.ID))
	}
	key = append(key, byte(t.Graph.Mode))
	if t.Graph.Var >= 0 {
		key = append(key, 1)
	}
	for _, id := range t.Graph.IDs {
		key = binary.LittleEndian.AppendUint64(key, uint64(id))
	}
	return append(key, '/')
}

// drawMatches draws rows of a join from the matches of the rows that were drawn before.
func (p *planner) drawMatches(t *Pattern, x *joinSample, rows *draw, m *matches, free []int, rangeFor func([]store.ID) store.Range) func(int) (*draw, error) {
	var d *draw
	asked := false
	return func(int) (*draw, error) {
		if asked {
			return d, nil
		}
		asked = true
		cost := int(min(m.total, uint64(x.draws)))
		if len(free) == 0 {
			cost = 0
		}
		if !p.takeSamples(cost) {
			return nil, nil
		}
		var err error
		d, err = p.stats.draw(x.key, func() (*draw, error) {
			places, all := placesOf(m.total, x.draws)
			d := &draw{all: all && rows.all, rows: make([][]store.ID, 0, len(places))}
			ends := make([]uint64, len(m.counts))
			var sum uint64
			for i, n := range m.counts {
				sum += n
				ends[i] = sum
			}
			for len(places) > 0 {
				i := sort.Search(len(ends), func(i int) bool { return ends[i] > places[0] })
				n := 0
				for n < len(places) && places[n] < ends[i] {
					n++
				}
				if len(free) == 0 { // nothing new: the row itself
					for range n {
						d.rows = append(d.rows, rows.rows[i])
					}
					places = places[n:]
					continue
				}
				within := slices.Clone(places[:n])
				for k := range within {
					within[k] -= ends[i] - m.counts[i]
				}
				places = places[n:]
				quads, err := p.sampler.picker.Pick(rangeFor(rows.rows[i]), within, nil)
				if err != nil {
					return nil, err
				}
				for _, q := range quads {
					if row, ok := rowOf(t, q, rows.rows[i], free); ok {
						d.rows = append(d.rows, row)
					}
				}
			}
			return d, nil
		})
		return d, err
	}
}
