package optimizer

import "slices"

// counts are estimates of how many different values slots have. They are never changed once they are shared: nodes of many plans that are
// compared have them in common.
type counts struct {
	low []slotCount // of slots below lowSlots, in ascending order
	// more are those of other slots, by pages that are never changed: a join of few variables with hundreds copies few of them.
	more []*countPage
	// Those of a join of two are put together when somebody asks: most joins that are compared are dropped before.
	l, r *counts
	ofL  bool // of two estimates for a slot it is l's; else the lesser
}

const (
	lowSlots  = 64
	pageSlots = 16
)

type slotCount struct {
	slot int
	n    float64
}

// countPage are the estimates of pageSlots slots.
type countPage struct {
	has uint16
	n   [pageSlots]float64
}

// joinedCounts are those of a join, from the estimates of its sides, which must stay as they are.
func joinedCounts(l, r *counts, ofL bool) counts { return counts{l: l, r: r, ofL: ofL} }

// resolve puts together what was put off.
func (c *counts) resolve() {
	if c.l == nil {
		return
	}
	choose := lesser
	if c.ofL {
		choose = first
	}
	*c = c.l.merge(c.r, choose)
}

// get is the estimate for a slot.
func (c *counts) get(slot int) (float64, bool) {
	c.resolve()
	if slot >= lowSlots {
		page, at := (slot-lowSlots)/pageSlots, slot%pageSlots
		if page >= len(c.more) || c.more[page] == nil || c.more[page].has&(1<<at) == 0 {
			return 0, false
		}
		return c.more[page].n[at], true
	}
	for _, x := range c.low {
		if x.slot == slot {
			return x.n, true
		}
	}
	return 0, false
}

// clone is a copy that may be changed by set.
func (c *counts) clone() counts {
	c.resolve()
	return counts{low: slices.Clone(c.low), more: slices.Clone(c.more)}
}

// set adds or replaces an estimate in counts that are nobody else's yet.
func (c *counts) set(slot int, n float64) {
	if slot >= lowSlots {
		page, at := (slot-lowSlots)/pageSlots, slot%pageSlots
		for len(c.more) <= page {
			c.more = append(c.more, nil)
		}
		var own countPage
		if c.more[page] != nil {
			own = *c.more[page]
		}
		own.has |= 1 << at
		own.n[at] = n
		c.more[page] = &own
		return
	}
	at := len(c.low)
	for at > 0 && c.low[at-1].slot >= slot {
		at--
	}
	if at < len(c.low) && c.low[at].slot == slot {
		c.low[at].n = n
		return
	}
	c.low = append(c.low, slotCount{})
	copy(c.low[at+1:], c.low[at:])
	c.low[at] = slotCount{slot, n}
}

// merge is both together; of two estimates for a slot it takes what choose gives.
func (c *counts) merge(d *counts, choose func(c, d float64) float64) counts {
	c.resolve()
	d.resolve()
	return counts{low: mergeLow(c.low, d.low, choose), more: mergePages(c.more, d.more, choose)}
}

func mergeLow(c, d []slotCount, choose func(c, d float64) float64) []slotCount {
	if len(d) == 0 {
		return c
	}
	if len(c) == 0 {
		return d
	}
	out := make([]slotCount, 0, len(c)+len(d))
	for len(c) > 0 && len(d) > 0 {
		switch {
		case c[0].slot < d[0].slot:
			out, c = append(out, c[0]), c[1:]
		case d[0].slot < c[0].slot:
			out, d = append(out, d[0]), d[1:]
		default:
			out = append(out, slotCount{c[0].slot, choose(c[0].n, d[0].n)})
			c, d = c[1:], d[1:]
		}
	}
	return append(append(out, c...), d...)
}

func mergePages(c, d []*countPage, choose func(c, d float64) float64) []*countPage {
	if len(d) == 0 {
		return c
	}
	if len(c) == 0 {
		return d
	}
	out := make([]*countPage, max(len(c), len(d)))
	copy(out, c)
	for i, x := range d {
		switch {
		case x == nil:
		case out[i] == nil:
			out[i] = x
		case out[i] != x || choose(1, 1) != 1:
			page := *out[i]
			for at := range pageSlots {
				switch {
				case x.has&(1<<at) == 0:
				case page.has&(1<<at) == 0:
					page.n[at] = x.n[at]
				default:
					page.n[at] = choose(page.n[at], x.n[at])
				}
			}
			page.has |= x.has
			out[i] = &page
		}
	}
	return out
}

// upTo are the same estimates, each between 1 and a number of rows.
func (c *counts) upTo(rows float64) counts {
	c.resolve()
	within := func(n float64) float64 { return max(1, min(n, rows)) }
	out := counts{low: make([]slotCount, len(c.low)), more: make([]*countPage, len(c.more))}
	for i, x := range c.low {
		out.low[i] = slotCount{x.slot, within(x.n)}
	}
	for i, x := range c.more {
		if x == nil {
			continue
		}
		page := *x
		for at, n := range page.n {
			page.n[at] = within(n)
		}
		out.more[i] = &page
	}
	return out
}
