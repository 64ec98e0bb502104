package optimizer

import (
	"encoding/binary"
	"math"
	"slices"

	"triplestore/sparql/algebra"
	"triplestore/store"
)

// What OPTIONAL, EXISTS and MINUS leave of the rows before them is estimated by rows that are drawn from these, as joins are (joinsample.go):
// for each, matches of the patterns are searched in the index, a few of those of each pattern going on to the next. Conditions that IDs decide
// are asked of the matches, others are guessed.

const (
	// probeFrom is from what estimated cost on, in nanoseconds, of the rows and the step, it is sampled, and probeMost how many rows are drawn.
	probeFrom = 5e5
	probeMost = 64
	// probeFirst and probeNext are how many matches of the first pattern, and of each further one, are looked at.
	probeFirst, probeNext = 8, 2
	// probePatterns is of how many patterns a search is done at most.
	probePatterns = 4
)

// probed is what is known of the matches of a join's rows.
type probed struct {
	matching float64 // the part of the rows that have any
	perRow   float64 // how many a row has, at least 1 each
	reads    int     // what it took to know that
}

// probing is a search for matches.
type probing struct {
	p     *planner
	slots []int // of the rows: those of the draw, then what each step binds
	steps []probeStep
	left  int // counts and rows that may still be read
}

// probeStep is a pattern of a search.
type probeStep struct {
	item    *item
	order   store.Order
	width   int    // columns of order that are known
	columns [4]int // where a row has what stands in a position, -1 for constants
	free    []int  // slots that it binds
	need    bool   // whether what it binds matters
	tests   []*Cond
	guess   float64 // the part of its matches that other conditions keep
}

// probe samples the matches of an operator, under conditions, for the rows of n. It gives nil where it is not worth it or not possible.
func (p *planner) probe(n Node, op algebra.Op, conds []*Cond, cost float64) (*probed, error) {
	s := &p.sampler
	if s.picker == nil || p.late || !p.options.DrawAll && p.worthOf(cost) < probeFrom {
		return nil, nil
	}
	may := min(int(min(p.worthOf(cost)*runShare/nsPerRow, maxSampled)), rowsPerJoin*p.effort.left/4, maxSampled-s.granted)
	if p.options.DrawAll {
		may = testSampled
	} else if may < drawLeast {
		return nil, nil
	}
	g, err := p.collect(op)
	if err != nil || len(g.steps) > 0 || len(g.items) == 0 || len(g.items) > probePatterns {
		return nil, err
	}
	s.granted += may
	before := s.left
	s.left += may
	defer func() { // what is not used is taken back
		s.granted -= max(0, s.left-before)
		s.left = min(s.left, before)
	}()
	n, from, err := p.drawnPart(n, g.all.maybe.Intersect(n.P().Maybe))
	if err != nil || from == nil {
		return nil, err
	}
	for _, f := range g.filters {
		if hasExists(f.expr) {
			return nil, nil
		}
		if err := p.compile(f); err != nil {
			return nil, err
		}
		conds = append(slices.Clone(conds), f.cond)
	}
	x := &probing{p: p}
	key, common, err := x.plan(g, from, n, conds)
	if err != nil || key == nil {
		return nil, err
	}
	rows, err := from.pick(common)
	if err != nil || rows == nil {
		return nil, err
	}
	each := 1 // reads for a row, about
	for _, s := range x.steps {
		if s.need {
			each += 3
		}
	}
	kept := rows.rows
	if most := min(probeMost, s.left/each); len(kept) > most {
		kept = nil
		for i := range most {
			kept = append(kept, rows.rows[i*len(rows.rows)/most])
		}
	}
	if kept = keptRows(n, from.slots, kept); len(kept) == 0 || (!rows.all || len(kept) < len(rows.rows)) && len(kept) < s.least {
		return nil, nil
	}
	var hash uint64 // of the rows: filters may have dropped some of the draw's
	for _, row := range kept {
		for _, id := range row {
			hash = mix(hash ^ uint64(id))
		}
	}
	key = binary.LittleEndian.AppendUint64(key, hash)
	return p.stats.probed(string(key), s.left, func() (*probed, error) {
		x.left = s.left
		all := rows.all && len(kept) == len(rows.rows)
		var out probed
		for _, row := range kept {
			count, any, err := x.search(row, 0)
			if err != nil || x.left < 0 {
				return nil, err // not enough effort
			}
			out.matching += any
			out.perRow += max(count, any) + 1 - any
		}
		out.reads = s.left - x.left
		n := float64(len(kept))
		out.matching, out.perRow = out.matching/n, out.perRow/n
		if !all { // one more that may be either
			out.matching = (out.matching*n + 0.5) / (n + 1)
		}
		return &out, nil
	}, func(reads int) { p.takeSamples(reads) })
}

// leaves corrects what a join is estimated to give.
func (x *probed) leaves(in, of Node, kind JoinKind) {
	if x == nil || in == of {
		return
	}
	rows, props := in.P().Rows, of.P()
	switch kind {
	case Left:
		rows *= x.perRow
	case Semi:
		rows *= x.matching
	case Anti:
		rows *= 1 - x.matching
	default:
		return
	}
	rows = upTo(rows, mostRows)
	props.Cost += (rows - props.Rows) * costOut
	props.Rows = rows
	props.bound()
}

// drawnPart is the part of the plan n that binds some variables and of whose rows there is a sample.
func (p *planner) drawnPart(n Node, common Set) (Node, *joinSample, error) {
	for {
		s, err := p.sampleFor(n, math.Inf(1))
		if err != nil || s != nil && s.pick != nil && s.size > 0 {
			return n, s, err
		}
		switch x := n.(type) {
		case *Filter:
			n = x.In
		case *Extend:
			n = x.In
		case *HashJoin:
			switch {
			case common.In(x.L.P().Maybe):
				n = x.L
			case x.Kind == Inner && common.In(x.R.P().Maybe):
				n = x.R
			default:
				return n, nil, nil
			}
		default:
			return n, nil, nil
		}
	}
}

// keptRows are the drawn rows that pass the conditions that were put on the rows of n, as far as IDs tell it.
func keptRows(n Node, slots []int, rows [][]store.ID) [][]store.ID {
	for {
		switch x := n.(type) {
		case *Filter:
			for _, c := range x.Conds {
				if c.Test == nil {
					continue
				}
				if at := slices.Index(slots, c.Slots[0]); at >= 0 {
					rows = slices.DeleteFunc(slices.Clone(rows), func(row []store.ID) bool {
						v := c.Test.Verdict(row[at])
						return v == False || v == Error
					})
				}
			}
			n = x.In
		case *Extend:
			n = x.In
		case *Lookup:
			n = x.In
		case *HashJoin:
			n = x.L
		case *Apply:
			n = x.In
		case *Input:
			if x.from == nil {
				return rows
			}
			n = x.from
		default:
			return rows
		}
	}
}

// plan puts the patterns of a group in order, each with something that is bound before it. It gives a key for what comes of the search, nil where
// it cannot be done, and a slot that the first pattern is looked up by.
func (x *probing) plan(g *joinGroup, from *joinSample, n Node, conds []*Cond) (key []byte, common int, err error) {
	x.slots = slices.Clone(from.slots)
	key = append([]byte(from.key), '?')
	left := slices.Clone(g.items)
	for len(left) > 0 {
		best, most := -1, 0
		for i, it := range left {
			if it.pattern == nil || it.pattern.Graph.Mode == GraphParam || it.pattern.Graph.Var >= 0 {
				return nil, 0, nil
			}
			fixed, vars := it.known()
			bound := vars.Intersect(SetOf(x.slots...))
			if !vars.commonIn(n.P().Maybe, SetOf(x.slots...)) {
				return nil, 0, nil // it has something in common that the draw does not tell
			}
			if score := bound.Len()*4 + len(fixed); !bound.Empty() && score > most {
				best, most = i, score
			}
		}
		if best < 0 {
			return nil, 0, nil
		}
		it := left[best]
		left = slices.Delete(left, best, best+1)
		if it.stats, err = x.p.patternStats(it.pattern); err != nil {
			return nil, 0, err
		}
		fixed, vars := it.known()
		free, ok := freeSlots(it.pattern, x.slots)
		if !ok || len(it.stats.consts) != len(fixed) {
			return nil, 0, nil
		}
		if len(x.steps) == 0 {
			common = vars.Intersect(SetOf(x.slots...)).Slots()[0]
		}
		key = patternKey(key, it.pattern, x.slots)
		step := probeStep{item: it, free: free, guess: 1, columns: [4]int{-1, -1, -1, -1}}
		known := slices.Clone(it.stats.consts)
		for _, pos := range [...]store.Position{store.S, store.P, store.O} {
			if r := it.pattern.At(pos); r.IsVar() {
				if step.columns[pos] = slices.Index(x.slots, r.Slot); step.columns[pos] >= 0 {
					known = append(known, pos)
				}
			}
		}
		step.width = len(known)
		if step.order, ok = orderFor(known); !ok {
			return nil, 0, nil
		}
		x.slots = append(x.slots, free...)
		conds = slices.DeleteFunc(slices.Clone(conds), func(c *Cond) bool {
			here := SetOf(c.Slots...).In(SetOf(x.slots...)) && (SetOf(c.Slots...).Overlaps(SetOf(free...)) || len(x.steps) == 0)
			switch {
			case !here:
			case c.Test != nil:
				step.tests, step.need = append(step.tests, c), true
				key = append(key, 't', byte(slices.Index(x.slots, c.Slots[0])))
				key = binary.LittleEndian.AppendUint64(key, math.Float64bits(selectivity(c))) // see passes
				for i, lo := range c.Test.start {
					key = append(binary.LittleEndian.AppendUint64(key, uint64(lo)), byte(c.Test.outcome[i]))
				}
			default:
				step.guess *= selectivity(c)
				key = binary.LittleEndian.AppendUint64(append(key, 'g'), math.Float64bits(step.guess))
			}
			return here
		})
		x.steps = append(x.steps, step)
	}
	var later Set
	for i := len(x.steps) - 1; i >= 0; i-- {
		s := &x.steps[i]
		s.need = s.need || later.Overlaps(SetOf(s.free...))
		_, vars := s.item.known()
		later = later.Union(vars)
	}
	for _, c := range conds { // those that need more than the patterns bind
		x.steps[0].guess *= selectivity(c)
		key = binary.LittleEndian.AppendUint64(append(key, 'g'), math.Float64bits(x.steps[0].guess))
	}
	return key, common, nil
}

// search gives about how many matches of the steps from one on a row has, and how likely it has any.
func (x *probing) search(row []store.ID, at int) (count, any float64, err error) {
	if at == len(x.steps) {
		return 1, 1, nil
	}
	s := &x.steps[at]
	t := s.item.pattern
	r := s.rangeOf(row)
	x.left--
	n, err := x.p.snap.Count(r)
	if err != nil || n == 0 || x.left < 0 {
		return 0, 0, err
	}
	if !s.need || len(s.free) == 0 {
		full := append(slices.Clip(row), make([]store.ID, len(s.free))...) // nobody asks for these
		part := x.passes(s, full)
		if s.item.stats.total > 0 {
			part *= s.item.stats.rows / s.item.stats.total // in the graphs that it is about
		}
		if part == 0 {
			return 0, 0, nil
		}
		count, any, err = x.search(full, at+1)
		return count * float64(n) * part, atLeastOne(any*part, float64(n)), err
	}
	most := probeNext
	if at == 0 {
		most = probeFirst
	}
	places, _ := placesOf(n, most)
	x.left -= len(places)
	quads, err := x.p.sampler.picker.Pick(r, places, nil)
	if err != nil || len(quads) == 0 {
		return 0, 0, err
	}
	none := 1.0 // that none of those that are looked at matches
	for _, q := range quads {
		full, ok := rowOf(t, q, row, s.free)
		if !ok {
			continue
		}
		part := x.passes(s, full)
		if part == 0 {
			continue
		}
		c, a, err := x.search(full, at+1)
		if err != nil {
			return 0, 0, err
		}
		count += c * part
		none *= 1 - min(1, a*part)
	}
	parts := float64(n) / float64(len(quads))
	return count * parts, 1 - math.Pow(none, parts), nil
}

// atLeastOne is how likely one of n is that each is with a chance.
func atLeastOne(chance, n float64) float64 { return 1 - math.Pow(1-min(1, chance), n) }

// passes is how likely a row, with a match of a step, passes the step's conditions.
func (x *probing) passes(s *probeStep, row []store.ID) float64 {
	part := s.guess
	for _, c := range s.tests {
		switch c.Test.Verdict(row[slices.Index(x.slots, c.Slots[0])]) {
		case False, Error:
			return 0
		case Unknown:
			part *= selectivity(c)
		}
	}
	return part
}

// rangeOf are the matches of a step for a row.
func (s *probeStep) rangeOf(row []store.ID) store.Range {
	prefix := make([]store.ID, s.width)
	positions := s.order.Positions()
	for i, pos := range positions[:s.width] {
		if at := s.columns[pos]; at >= 0 {
			prefix[i] = row[at]
		} else {
			prefix[i] = s.item.pattern.At(pos).ID
		}
	}
	return store.Range{Order: s.order, Prefix: prefix}
}
