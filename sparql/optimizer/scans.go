package optimizer

import (
	"cmp"
	"math"
	"slices"

	"triplestore/store"
)

// readings finds the cheapest way to read an item's pattern, or all.
func (p *planner) readings(it *item, all bool) error {
	if it.scans != nil || it.cheap != nil && !all {
		return nil
	}
	if g := &it.pattern.Graph; !all && len(it.conds) == 0 && (g.Mode != GraphSet || len(g.IDs) != 1 || g.Merge) {
		// What is read is the same in every order.
		fixed, _ := it.known()
		order, _ := orderFor(fixed)
		it.cheap = p.scanOf(it.pattern, &it.stats, it.different(), order, len(fixed), 0, 0)
		return nil
	}
	var err error
	if it.scans, err = p.scans(it); err != nil {
		return err
	}
	it.cheap = p.filtered(slices.MinFunc(it.scans, func(a, b Node) int { return cmp.Compare(a.P().Cost, b.P().Cost) }), it.conds)
	return nil
}

// scans lists ways to read a pattern: every order that has its constants in front, with a range of the next column where filters
// allow only that.
func (p *planner) scans(it *item) ([]Node, error) {
	t := it.pattern
	fixed, _ := it.known()
	out := make([]Node, 0, 6)
	for o := store.SPOG; o < store.GSPO; o++ {
		pos := o.Positions()
		front := true
		for _, x := range pos[:len(fixed)] {
			front = front && slices.Contains(fixed, x)
		}
		if !front {
			continue
		}
		s := p.scanOf(t, &it.stats, it.different(), o, len(fixed), 0, 0)
		if len(fixed) < 3 && len(it.stats.consts) == len(fixed) {
			if err := p.narrow(s, it, pos[len(fixed)]); err != nil {
				return nil, err
			}
		}
		out = append(out, s)
	}
	if t.Graph.Mode == GraphSet && len(t.Graph.IDs) == 1 && !t.Graph.Merge {
		// The graph by itself, with constants behind it as far as they are in the order of gspo.
		n := 1
		for _, x := range []store.Position{store.S, store.P, store.O} {
			if t.At(x).Kind != RefConst {
				break
			}
			n++
		}
		prefix := []store.ID{t.Graph.IDs[0]}
		for _, x := range []store.Position{store.S, store.P, store.O}[:n-1] {
			prefix = append(prefix, t.At(x).ID)
		}
		rows, err := p.stats.count(store.Range{Order: store.GSPO, Prefix: prefix})
		if err != nil {
			return nil, err
		}
		s := p.scanOf(t, &it.stats, it.different(), store.GSPO, n, 0, 0)
		s.Rows = min(s.Rows, float64(rows))
		s.Cost = costStart + float64(rows)*costRow
		out = append(out, s)
	}
	return out, nil
}

// narrow limits a scan to the range of its first free column that the filters of that variable allow.
func (p *planner) narrow(s *Scan, it *item, pos store.Position) error {
	r := it.pattern.At(pos)
	if !r.IsVar() {
		return nil
	}
	var tests []*Test
	for _, c := range it.conds {
		if c.Slots[0] == r.Slot {
			tests = append(tests, c.Test)
		}
	}
	if len(tests) == 0 {
		return nil
	}
	lo, hi, err := p.bounds(tests, store.Range{Order: s.Order, Prefix: it.pattern.prefix(s.Order, s.Prefix)})
	if err != nil {
		return err
	}
	if lo == store.NoID && hi == math.MaxUint64 {
		return nil
	}
	rg := store.Range{Order: s.Order, Prefix: it.pattern.prefix(s.Order, s.Prefix), Lo: lo, Hi: hi}
	n, err := p.stats.count(rg)
	if err != nil {
		return err
	}
	if float64(n) > it.stats.total*0.95 {
		return nil
	}
	s.Lo, s.Hi = lo, hi
	s.Cost = costStart + float64(n)*costRow
	s.whole, s.Rows = s.Rows, min(s.Rows, float64(n))
	d, err := p.stats.distinct(rg)
	if err != nil {
		return err
	}
	s.Distinct = s.Distinct.clone()
	s.Distinct.set(r.Slot, max(1, float64(d)))
	return nil
}

// boundsParts is how many ranges of IDs are counted to find the bounds of a scan.
const boundsParts = 24

// bounds is the smallest range of IDs in which a row of a store's range can pass all tests. What only the term would tell counts only
// where the store has such rows: literals of another type than the one that is compared with are mostly none. Where nothing can pass, it
// is a range of one ID that is no term.
func (p *planner) bounds(tests []*Test, rg store.Range) (lo, hi store.ID, err error) {
	all := combine(func(os ...Outcome) Outcome {
		for _, o := range os {
			if o != True && o != Unknown {
				return False
			}
		}
		return True
	}, tests...)
	type part struct{ lo, hi store.ID }
	var parts []part
	for i, o := range all.outcome {
		if o != True {
			continue
		}
		x := part{all.start[i], math.MaxUint64}
		if i+1 < len(all.start) {
			x.hi = all.start[i+1] - 1
		}
		// Ranges end where a tag ends, so that those without rows can be told from the others.
		for tag := x.lo.Tag(); tag < x.hi.Tag(); tag++ {
			parts = append(parts, part{x.lo, tagStart(tag+1) - 1})
			x.lo = tagStart(tag + 1)
		}
		parts = append(parts, x)
	}
	counted := 0
	empty := func(x part) (bool, error) {
		if counted++; counted > boundsParts {
			return false, nil
		}
		if x.lo >= tagStart(store.TagLocal) { // never stored
			return true, nil
		}
		rg.Lo, rg.Hi = x.lo, x.hi
		n, err := p.stats.count(rg)
		return n == 0, err
	}
	for _, end := range []int{0, 1} {
		for len(parts) > 0 {
			at := end * (len(parts) - 1)
			none, err := empty(parts[at])
			if err != nil {
				return 0, 0, err
			}
			if !none {
				break
			}
			parts = slices.Delete(parts, at, at+1)
		}
	}
	if len(parts) == 0 {
		return 1, 1, nil
	}
	return parts[0].lo, parts[len(parts)-1].hi, nil
}
