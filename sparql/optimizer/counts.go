package optimizer

// counts are estimates of how many different values slots have, in ascending order of slots. They are never changed once they are shared:
// nodes of many plans that are compared have them in common.
type counts []slotCount

type slotCount struct {
	slot int
	n    float64
}

// get is the estimate for a slot.
func (c counts) get(slot int) (float64, bool) {
	for _, x := range c {
		if x.slot == slot {
			return x.n, true
		}
	}
	return 0, false
}

// set adds or replaces an estimate in counts that are nobody else's yet.
func (c *counts) set(slot int, n float64) {
	at := len(*c)
	for at > 0 && (*c)[at-1].slot >= slot {
		at--
	}
	if at < len(*c) && (*c)[at].slot == slot {
		(*c)[at].n = n
		return
	}
	*c = append(*c, slotCount{})
	copy((*c)[at+1:], (*c)[at:])
	(*c)[at] = slotCount{slot, n}
}

// merge is both together; of two estimates for a slot it takes what choose gives.
func (c counts) merge(d counts, choose func(c, d float64) float64) counts {
	if len(d) == 0 {
		return c
	}
	out := make(counts, 0, len(c)+len(d))
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
