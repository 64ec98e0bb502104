package optimizer

import (
	"math"
	"slices"

	"triplestore/store"
)

// Joins are estimated by rows that are drawn from them, as far as that is worth it. A draw of a pattern's rows, or of those of a join that is
// known already, is looked up in the index of the next pattern: the counts tell how large the join with it is, and from the matches the
// next draw is taken. So what is correlated shows, which counts of different values alone never tell. (Leis, Radke, Gubichev, Kemper, Neumann:
// Cardinality Estimation Done Right: Index-Based Join Sampling, CIDR 2017; Li, Wu, Yi, Zhao: Wander Join, SIGMOD 2016.)

const (
	// drawLeast and drawMost are how many rows are drawn: as many as there is effort for.
	drawLeast, drawMost = 32, 128
	// sampledFrom is from what estimated cost of a group on, in nanoseconds, its joins are sampled.
	sampledFrom = 5e6
	// rowsPerJoin is how many rows are drawn or counted in the time in which a join is considered.
	rowsPerJoin = 2
	// nsPerRow is what drawing or counting a row takes.
	nsPerRow = 600
	// fewRows is how many rows a join may have for the next to be counted whatever it is estimated to cost, since a single term can have much
	// more of something than others, and fewSampled how many are counted in a group.
	fewRows    = 4
	fewSampled = 16
	// maxSampled is how many rows a query's planning draws and counts at most: some 3 ms.
	maxSampled = 5000
)

// joinSample is what is known of a join of items of a group, filters left out.
type joinSample struct {
	// items are those that are joined, by their place in the group; what comes before the group is not among them.
	items uint64
	draws int // how many rows are drawn
	// size is about how many rows the join has.
	size float64
	// drawn means that size comes from a draw; else it is an estimate by other joins or by counts of different values.
	drawn   bool
	unknown bool // nothing is known: size is none
	slots   []int
	// different are the numbers of different values of the slots in the patterns that have them: not those of what was joined, which is taken for a
	// part of them that has nothing to do with the next join.
	different []float64
	key       string
	// pick draws the rows, sorted by a slot first where that is possible; nil where it cannot be told how they are found.
	pick func(slot int) (*draw, error)
}

// draw are rows of a join, by the slots of its joinSample. It is shared and never changed.
type draw struct {
	rows [][]store.ID
	all  bool // these are all there are
}

// matches are the numbers of rows of a pattern that match each row of a draw.
type matches struct {
	counts   []uint64
	total    uint64
	squares  float64 // the sum of the squares of counts
	matching int
}

// fewMatching is how many of the rows of a draw must have a match for how much these differ to be known from them alone.
const fewMatching = 16

// perRow is how many of total rows match each of n rows that were drawn from more, which have ofL different values of the variables in common where
// the total have ofR. What part of the rows has a match and how many those have are two things: few rows of a draw may have any, but then as many as
// values have on average. Of each, what the counts of different values say stays where it is within twice the deviation of the draw.
func (m *matches) perRow(n, total float64, ofL, ofR []float64) float64 {
	mean := float64(m.total) / n
	if len(ofR) > 1 {
		indep, each := total, total // by the counts of different values, as if variables were independent
		for i, d := range ofR {
			each /= max(1, d)
			d = max(1, d, ofL[i])
			if i > 0 {
				d = math.Pow(d, 0.7)
			}
			indep /= d
		}
		if m.total == 0 { // fewer than one in n match
			return 0.5 / n * max(1, each)
		}
		if dev := deviation(mean, m.squares, n); indep > 0 && math.Abs(mean-indep) < 2*dev {
			return indep
		}
		return mean
	}
	each := total / max(1, ofR[0])
	k := float64(m.matching)
	part, contained := k/n, min(1, ofR[0]/max(1, ofL[0]))
	if math.Abs(part-contained) < 2*deviation(part, k, n) {
		part = contained
	} else if k == 0 {
		part = 0.5 / n
	}
	if k == 0 {
		return part * max(1, each)
	}
	mean = float64(m.total) / k
	dev := deviation(mean, m.squares, k)
	if k < fewMatching { // few rarely have among them those of the most matches, and then say too much
		dev = max(dev, each/math.Sqrt(k))
	}
	if math.Abs(mean-each) < 2*dev {
		mean = each
	}
	return part * mean
}

// deviation is that of the mean of n numbers of which the sum of squares is known, taken for a bit more than it is: equal ones may be so by chance.
func deviation(mean, squares, n float64) float64 {
	return math.Sqrt((max(0, squares/n-mean*mean) + 1/n) / n)
}

// sampler is what a query's planning samples with.
type sampler struct {
	picker        store.Picker // nil: it does not
	granted, left int          // rows that may be drawn and counted
	rows          int          // how many are drawn at once
	least         int          // of how many a draw that is not all of a join must be
}

// testDraw is how many rows Options.DrawAll draws at first, testSampled how many it grants a group each time.
const testDraw, testSampled = 4, 400

func newSampler(snap store.Snapshot, test bool) sampler {
	picker, _ := snap.(store.Picker)
	if test {
		return sampler{picker: picker, rows: testDraw, least: 1}
	}
	return sampler{picker: picker, rows: drawLeast, least: drawLeast / 2}
}

// sampling decides whether the joins of a group that costs so much, in nanoseconds, are to be sampled, or sampled with more.
func (p *planner) sampling(g *joinGroup, cost float64) bool {
	s, k := &p.sampler, len(g.items)
	cost = p.worthOf(cost)
	if s.picker == nil || p.late || k > orderedItems || cost < sampledFrom && !p.options.DrawAll {
		return false
	}
	may := min(int(min(cost*runShare/nsPerRow, maxSampled)), rowsPerJoin*p.effort.left/4, g.samples+(maxSampled-s.granted)/2)
	rows := min(drawMost, may/(4*k))
	if p.options.DrawAll { // first small draws, then greater ones
		if g.samples >= 2*testSampled {
			return false
		}
		may, rows = g.samples+testSampled, testDraw
		if g.sampled {
			rows = 2 * testDraw
		}
	} else if may < 2*g.samples || may < drawLeast {
		return false
	}
	g.sampled = true
	if rows >= 2*s.rows {
		s.rows = rows
		g.sets = nil
		for _, it := range g.items {
			it.sample = nil
		}
	}
	s.granted += may - g.samples
	s.left += may - g.samples
	g.samples = may
	return true
}

// samplingFew lets joins of few rows be counted.
func (p *planner) samplingFew(g *joinGroup) {
	if p.sampler.picker != nil && !p.late && len(g.items) <= orderedItems {
		g.samples = max(0, min(fewSampled, p.effort.left/4))
		p.sampler.left += g.samples
	}
}

// takeSamples reserves an effort of so many rows.
func (p *planner) takeSamples(n int) bool {
	if p.sampler.left < n {
		return false
	}
	p.sampler.left -= n
	p.effort.left -= (n + rowsPerJoin - 1) / rowsPerJoin
	return true
}

// sampleFor is the sample of the rows of a node, filters left out, as far as it can be told from what is beneath it by draws of joins
// of at most so many rows.
func (p *planner) sampleFor(n Node, most float64) (*joinSample, error) {
	props := n.P()
	if props.sample != nil || p.sampler.picker == nil || p.sampler.left == 0 || most <= props.unsampled {
		return props.sample, nil
	}
	var s *joinSample
	var err error
	with := func(below Node, t *Pattern) error {
		if s, err = p.sampleFor(below, most); err != nil || s == nil || s.size > most {
			return err
		}
		st, err := p.patternStats(t)
		if err != nil {
			return err
		}
		s, err = p.match(s, t, &st, Set{})
		return err
	}
	switch n := n.(type) {
	case *Scan:
		var st patternStats
		if st, err = p.patternStats(&n.Pattern); err == nil {
			s = p.patternSample(&n.Pattern, &st)
		}
	case *Filter:
		s, err = p.sampleFor(n.In, most)
	case *Extend:
		s, err = p.sampleFor(n.In, most)
	case *Input:
		if s, err = p.sampleFor(n.from, most); s != nil {
			c := *s
			c.items = 0
			s = &c
		}
	case *Lookup:
		if n.Kind == Inner {
			err = with(n.In, &n.Pattern)
		} else {
			s, err = p.sampleFor(n.In, most)
		}
	case *HashJoin:
		if r, ok := n.R.(*Scan); ok && n.Kind == Inner {
			err = with(n.L, &r.Pattern)
		} else if l, ok := n.L.(*Scan); ok && n.Kind == Inner {
			err = with(n.R, &l.Pattern)
		} else if n.Kind != Inner {
			s, err = p.sampleFor(n.L, most)
		}
	case *Apply:
		if n.Kind != Inner {
			s, err = p.sampleFor(n.In, most)
		}
	}
	if s != nil && s.size > most {
		s = nil
	}
	if props.sample = s; s == nil {
		props.unsampled = most
	}
	return s, err
}

// baseSample is that of an item on its own.
func (p *planner) baseSample(it *item) *joinSample {
	if it.sample == nil {
		it.sample = &joinSample{size: it.stats.rows}
		if it.pattern != nil {
			if s := p.patternSample(it.pattern, &it.stats); s != nil {
				it.sample = s
			}
		}
		it.sample.items = 1 << it.at
	}
	return it.sample
}

// sampleJoin corrects what the options to join an item to n are estimated to give, by a sample. Those from own on have the item's
// conditions already.
func (p *planner) sampleJoin(g *joinGroup, n Node, it *item, options []Node, own int) error {
	if isUnit(n) {
		if !g.sampled && it.path == nil && (it.pattern == nil || it.stats.total > fewRows) {
			return nil
		}
		for _, o := range options {
			if s := o.P().sample; it.path != nil && s != nil {
				s.items = 1 << it.at
				continue
			}
			s := p.baseSample(it)
			if it.pattern == nil {
				s.size = o.P().Rows
			}
			o.P().sample = s
		}
		return nil
	}
	in := n.P()
	most := float64(fewRows)
	if g.sampled {
		most = math.Inf(1)
	}
	s, err := p.sampleFor(n, most)
	if err != nil {
		return err
	}
	if !g.sampled && (s == nil || s.pick == nil || s.size > fewRows || it.pattern == nil) {
		return nil
	}
	if s == nil {
		s = &joinSample{size: max(in.Rows, 1)}
	}
	items := s.items | 1<<it.at
	x := g.sets[items]
	if x == nil && it.pattern != nil {
		if x, err = p.match(s, it.pattern, &it.stats, g.filtered); err != nil {
			return err
		}
		if x == nil && g.sampled {
			x = g.byMore(items)
		}
		if x == nil && g.sampled {
			if x, err = p.byPair(g, s, in, it); err != nil {
				return err
			}
		}
		if x == nil && g.sampled && p.sampler.left < p.sampler.least {
			x = &joinSample{unknown: true} // nothing more can be drawn
		}
		if x != nil {
			x.items = items
			if g.sets == nil {
				g.sets = map[uint64]*joinSample{}
			}
			g.sets[items] = x
		}
	}
	if x != nil && x.unknown {
		x = nil
	}
	if x == nil && !g.sampled {
		return nil
	}
	for i, o := range options {
		op := o.P()
		if o == n {
			continue
		}
		if x == nil {
			op.sample = &joinSample{items: items, size: upTo(s.size*op.Rows/max(in.Rows, 1e-9), mostRows)}
			continue
		}
		rows := 0.0
		if s.size > 0 {
			rows = in.Rows * x.size / s.size
		}
		if i >= own && it.stats.rows > 0 {
			rows *= min(1, it.cheap.P().Rows/it.stats.rows)
		}
		rows = upTo(rows, mostRows)
		op.Cost += (rows - op.Rows) * costOut
		op.Rows, op.sample = rows, x
		op.bound()
	}
	return nil
}

// byMore estimates a join of items by a join of one item more of which draws were counted, where it is known how many rows that item has for
// each of another.
func (g *joinGroup) byMore(items uint64) *joinSample {
	for _, more := range g.items {
		x := g.sets[items|1<<more.at]
		if items&(1<<more.at) != 0 || x == nil || x.unknown || !x.drawn || x.size == 0 {
			continue
		}
		var common Set
		for _, other := range g.items {
			if items&(1<<other.at) != 0 {
				common = common.Union(other.scope.maybe)
			}
		}
		common = common.Intersect(more.scope.maybe)
		for _, other := range g.items {
			pair := g.sets[1<<other.at|1<<more.at]
			if !common.In(other.scope.maybe) {
				continue
			}
			if items&(1<<other.at) == 0 || pair == nil || pair.unknown || !pair.drawn || pair.size == 0 || other.sample == nil || other.sample.size == 0 {
				continue
			}
			return &joinSample{size: upTo(x.size*other.sample.size/pair.size, mostRows)}
		}
	}
	return nil
}

// byPair estimates the join of a join, of which no rows are known, with an item by that of the smallest of its items with which it has all
// variables in common that the join has.
func (p *planner) byPair(g *joinGroup, s *joinSample, in *Props, it *item) (*joinSample, error) {
	common := it.pattern.Vars().Intersect(in.Maybe)
	if common.Overlaps(g.bound) {
		return nil, nil
	}
	for _, other := range g.items {
		if other.pattern == nil && s.items&(1<<other.at) != 0 && other.scope.maybe.Overlaps(common) {
			return nil, nil // its values are its own
		}
	}
	var best, base *joinSample
	for _, other := range g.items {
		if s.items&(1<<other.at) == 0 || other.pattern == nil || common.Empty() || !common.In(other.pattern.Vars()) {
			continue
		}
		b := p.baseSample(other)
		if b.pick == nil || b.size == 0 || base != nil && base.size <= b.size {
			continue
		}
		pair := 1<<other.at | uint64(1)<<it.at
		x := g.sets[pair]
		if x == nil {
			var err error
			if x, err = p.match(b, it.pattern, &it.stats, g.filtered); err != nil {
				return nil, err
			}
			if x == nil && p.sampler.left < p.sampler.least {
				x = &joinSample{unknown: true}
			} else if x == nil {
				continue
			}
			x.items = pair
			if g.sets == nil {
				g.sets = map[uint64]*joinSample{}
			}
			g.sets[pair] = x
		}
		if x.unknown {
			continue
		}
		base, best = b, x
	}
	if best == nil {
		return nil, nil
	}
	return &joinSample{size: upTo(s.size*best.size/base.size, mostRows)}, nil
}

// match samples the join of a join with a pattern. Those by a variable that is filtered are left alone: its values are not those of a draw.
func (p *planner) match(s *joinSample, t *Pattern, st *patternStats, filtered Set) (*joinSample, error) {
	if s.pick == nil || len(st.consts) != len(t.fixed()) || t.Graph.Mode == GraphParam || t.Graph.Var >= 0 && slices.Contains(s.slots, t.Graph.Var) {
		return nil, nil
	}
	if p.sampler.left == 0 {
		return nil, nil
	}
	var places [3]store.Position
	var columns [3]int
	bound, from := places[:0], columns[:0] // and their places in the rows of s
	for _, pos := range [...]store.Position{store.S, store.P, store.O} {
		if r := t.At(pos); r.IsVar() {
			if i := slices.Index(s.slots, r.Slot); i >= 0 {
				bound, from = append(bound, pos), append(from, i)
			}
		}
	}
	if len(bound) == 0 || slices.ContainsFunc(bound, func(pos store.Position) bool { return filtered.Has(t.At(pos).Slot) }) {
		return nil, nil
	}
	free, ok := freeSlots(t, s.slots)
	if !ok {
		return nil, nil
	}
	rows, err := s.pick(s.slots[from[0]])
	if err != nil || rows == nil || len(rows.rows) == 0 || !rows.all && len(rows.rows) < p.sampler.least {
		return nil, err
	}
	if !p.takeSamples(len(rows.rows)) {
		return nil, nil
	}
	order, ok := orderFor(append(slices.Clone(st.consts), bound...))
	if !ok {
		return nil, nil
	}
	width, positions := len(st.consts)+len(bound), order.Positions()
	var prefix [4]store.ID // of one range at a time
	rangeFor := func(row []store.ID) store.Range {
		prefix := prefix[:0]
		for _, pos := range positions[:width] {
			if i := slices.Index(bound, pos); i >= 0 {
				prefix = append(prefix, row[from[i]])
			} else {
				prefix = append(prefix, t.At(pos).ID)
			}
		}
		return store.Range{Order: order, Prefix: prefix}
	}
	key := string(patternKey([]byte(s.key), t, s.slots))
	m, err := p.stats.matches(key, func() (*matches, error) {
		m := &matches{counts: make([]uint64, len(rows.rows))}
		var last [4]store.ID
		var n uint64
		for i, row := range rows.rows {
			r := rangeFor(row)
			if i == 0 || prefix != last {
				var err error
				if n, err = p.snap.Count(r); err != nil {
					return nil, err
				}
				last = prefix
			}
			m.counts[i] = n
			m.total += n
			m.squares += float64(n) * float64(n)
			if n > 0 {
				m.matching++
			}
		}
		return m, nil
	})
	if err != nil {
		return nil, err
	}
	x := &joinSample{slots: append(slices.Clone(s.slots), free...), different: slices.Clone(s.different), key: key, drawn: true, draws: s.draws}
	for i, pos := range bound {
		x.different[from[i]] = min(s.different[from[i]], st.distinct[pos])
	}
	for _, slot := range free {
		x.different = append(x.different, st.differentOf(t, slot))
	}
	mean := float64(m.total) / float64(len(rows.rows))
	if !rows.all {
		ofL, ofR := make([]float64, len(bound)), make([]float64, len(bound))
		for i, pos := range bound {
			ofL[i], ofR[i] = s.different[from[i]], st.distinct[pos]
		}
		mean = m.perRow(float64(len(rows.rows)), st.total, ofL, ofR)
	}
	if st.total > 0 {
		mean *= st.rows / st.total
	}
	x.size = upTo(s.size*mean, mostRows)
	if m.total == 0 {
		return x, nil
	}
	x.pick = p.drawMatches(t, x, rows, m, free, rangeFor)
	return x, nil
}
