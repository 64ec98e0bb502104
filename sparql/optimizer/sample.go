package optimizer

import (
	"slices"

	"triplestore/store"
)

// A sample is a few runs of neighbouring rows from places that are evenly spread over the subjects of a range. It touches a few pages
// whatever the size of the range, and is always the same for the same data.
const (
	samplePlaces = 8
	sampleRun    = 8
	// sampleFrom is from how many rows on a pattern is sampled: to filter fewer takes less time than to find out how many remain.
	sampleFrom = 2000
	// sampleLeast is how many rows of a sample must tell something.
	sampleLeast = 16
	// sampleTakes is what a sample takes as an effort of planning.
	sampleTakes = 30
)

// sample reads rows of a range in which the column after the prefix is the subject. The slice is shared: it must not be changed.
func (s *stats) sample(r store.Range) ([]store.Quad, error) {
	k := newStatKey(statSample, r)
	if rows, ok := s.samples[k]; ok {
		return rows, nil
	}
	rows, ok := s.kept.getSample(s.of, k)
	if !ok {
		var err error
		if rows, err = s.readSample(r); err != nil {
			return nil, err
		}
		s.kept.putSample(s.of, k, rows)
	}
	if s.samples == nil {
		s.samples = map[statKey][]store.Quad{}
	}
	s.samples[k] = rows
	return rows, nil
}

func (s *stats) readSample(r store.Range) ([]store.Quad, error) {
	var rows []store.Quad
	n, err := s.count(r)
	if err != nil || n <= samplePlaces*sampleRun {
		if err == nil {
			err = s.read(r, samplePlaces*sampleRun, &rows)
		}
		return rows, err
	}
	// Blank nodes and IRIs are far apart in the order: those of which there are more stand for both.
	from := func(lo store.ID) (uint64, error) {
		x := r
		x.Lo, x.Hi = lo, tagStart(lo.Tag()+1)-1
		return s.snap.Count(x)
	}
	var most uint64
	var tag store.Tag
	for _, t := range []store.Tag{store.TagIRI, store.TagBlankNode} {
		n, err := from(tagStart(t))
		if err != nil {
			return nil, err
		}
		if n > most {
			most, tag = n, t
		}
	}
	if most == 0 {
		return nil, nil
	}
	r.Lo, r.Hi = tagStart(tag), tagStart(tag+1)-1
	var one []store.Quad
	if err := s.read(r, 1, &one); err != nil || len(one) == 0 {
		return nil, err
	}
	// The last subject is found by steps that double, then by halves.
	first := one[0][store.S]
	step := store.ID(1 << 8)
	for first+step < r.Hi {
		n, err := from(first + step)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			break
		}
		step *= 2
	}
	lo, hi := step/2, step
	for range 4 {
		mid := lo + (hi-lo)/2
		n, err := from(first + mid)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			hi = mid
		} else {
			lo = mid
		}
	}
	for i := range store.ID(samplePlaces) {
		r.Lo = first + hi/samplePlaces*i + hi/(2*samplePlaces)
		if err := s.read(r, sampleRun, &rows); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// read appends the first rows of a range.
func (s *stats) read(r store.Range, most int, rows *[]store.Quad) error {
	c := s.snap.Scan(s.ctx, r, store.AllColumns)
	defer c.Close()
	pos := r.Order.Positions()
	n := 0
	for n < most {
		b, err := c.Next()
		if err != nil || b.Len == 0 {
			return err
		}
		for i := range min(b.Len, most-n) {
			var q store.Quad
			for col, x := range pos {
				q[x] = b.Cols[col][i]
			}
			*rows = append(*rows, q)
			n++
		}
	}
	return nil
}

// sampleOf samples a pattern that is large and whose subject is free; nil is no sample.
func (p *planner) sampleOf(it *item) ([]store.Quad, error) {
	t := it.pattern
	if it.stats.rows < sampleFrom || !t.S.IsVar() || len(it.stats.consts) != len(t.fixed()) || p.effort.left < sampleTakes {
		return nil, nil
	}
	order, ok := orderFor(it.stats.consts, store.S)
	if !ok {
		return nil, nil
	}
	p.effort.left -= sampleTakes
	return p.stats.sample(store.Range{Order: order, Prefix: t.prefix(order, len(it.stats.consts))})
}

// judge finds out which part of a pattern's rows its conditions of one variable keep, by a sample of the rows. What only the terms would
// tell counts as a guess says.
func (p *planner) judge(it *item) error {
	for _, c := range it.conds {
		if c.Part > 0 {
			continue
		}
		at := slices.IndexFunc([]store.Position{store.S, store.P, store.O}, func(x store.Position) bool {
			r := it.pattern.At(x)
			return r.IsVar() && r.Slot == c.Slots[0]
		})
		if at < 0 { // the graph
			continue
		}
		rows, err := p.sampleOf(it)
		if err != nil {
			return err
		}
		var known, kept float64
		for _, q := range rows {
			switch c.Test.Verdict(q[at]) {
			case True:
				known++
				kept++
			case False, Error:
				known++
			}
		}
		if known < sampleLeast {
			continue
		}
		guess := selectivity(c)
		all := float64(len(rows))
		c.Part = min(1, (kept+(all-known)*guess+0.5)/(all+0.5))
	}
	return nil
}
