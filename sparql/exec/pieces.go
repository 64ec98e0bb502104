package exec

import (
	"errors"
	"slices"
	"sync/atomic"

	"triplestore/internal/cores"
)

// A group over many rows is computed in pieces of its input: the groups of each are made, and then joined in the order of the pieces. One core
// takes piece after piece; while there is a core to spare, it helps.

// mergeable is an aggregator of which parts can be put together. numbers gives for each group of from its own number, of which there are n.
type mergeable interface {
	aggregator
	merge(from aggregator, numbers []int32, n int) error
}

// pieces are the parts of a group.
type pieces struct {
	g      *group
	cut    *cut
	groups []*group
	next   atomic.Int32
	failed atomic.Bool
}

// inPieces computes the groups; it reports false where they must be computed as a whole.
func (g *group) inPieces() (bool, error) {
	if g.partial || g.depth > 0 || g.q.profile != nil || !g.env.cuttable() {
		return false, nil
	}
	for _, a := range g.aggs {
		if _, ok := a.(mergeable); !ok {
			return false, nil
		}
	}
	cut, err := g.q.newCut(g.node.In, false)
	if err != nil || cut == nil {
		return false, err
	}
	for _, a := range g.aggs {
		switch a := a.(type) {
		case *countRuns:
			if a.slot != cut.slot {
				return false, nil
			}
		case *countDistinct:
			if !slices.Contains(a.slots, cut.slot) { // putting sets together costs what making them did
				return false, nil
			}
		}
	}
	p := &pieces{g: g, cut: cut}
	defer p.close()
	if err := cut.makeTables(g.node.In); err != nil {
		return false, whole(err)
	}
	for i := range len(cut.bounds) + 1 {
		piece := newGroup(g.q, g.node, cut.build(g.q, g.node.In, cut.scanOf(i)), cut.env).(*group)
		piece.partial = true
		for _, a := range piece.aggs {
			switch a := a.(type) {
			case *countDistinct:
				a.partial = true
			case *integers:
				a.partial = true
			}
		}
		p.groups = append(p.groups, piece)
	}
	if err := p.run(); err != nil {
		return false, whole(err)
	}
	if err := p.merge(); err != nil {
		g.drop()
		g.begin()
		return false, whole(err)
	}
	g.in.close()
	g.done = true
	return true, nil
}

// whole is nil for errWhole.
func whole(err error) error {
	if errors.Is(err, errWhole) {
		return nil
	}
	return err
}

func (p *pieces) close() {
	for _, g := range p.groups {
		g.close()
	}
	p.cut.close()
}

// run computes the pieces, on two cores while there is one to spare.
func (p *pieces) run() error {
	work := func(own bool) error {
		for !p.failed.Load() {
			i := int(p.next.Add(1)) - 1
			if i >= len(p.groups) {
				return nil
			}
			if err := p.groups[i].read(); err != nil {
				p.failed.Store(true)
				return err
			}
			if !own && busy.Load() > int32(cores.Count()) {
				return nil // others want the core
			}
		}
		return nil
	}
	for !p.failed.Load() && int(p.next.Load()) < len(p.groups) {
		if spareCore() {
			return together(func() error { return work(false) }, func() error { return work(true) })
		}
		if err := p.groups[p.next.Add(1)-1].read(); err != nil {
			return err
		}
	}
	return nil
}

// merge puts the groups of the pieces together, in their order.
func (p *pieces) merge() error {
	g := p.g
	var numbers []int32
	for _, piece := range p.groups {
		if err := g.q.check(); err != nil {
			return err
		}
		size, groups := g.keys.bytes(), g.keys.n
		numbers = resize(numbers, piece.keys.n)
		for i := range numbers {
			n, _ := g.keys.add(piece.keys.key(i))
			numbers[i] = int32(n)
		}
		if err := g.grown(groups, size); err != nil {
			return err
		}
		for i, a := range g.aggs {
			if err := a.(mergeable).merge(piece.aggs[i], numbers, g.keys.n); err != nil {
				return err
			}
		}
		piece.close()
	}
	return nil
}

func (c *countAll) merge(from aggregator, numbers []int32, n int) error {
	c.n = addCounts(c.n, from.(*countAll).n, numbers, n)
	return nil
}

// No value is in two pieces, see inPieces.
func (c *countRuns) merge(from aggregator, numbers []int32, n int) error {
	c.n = addCounts(c.n, from.(*countRuns).n, numbers, n)
	return nil
}

func (c *countVar) merge(from aggregator, numbers []int32, n int) error {
	c.n = addCounts(c.n, from.(*countVar).n, numbers, n)
	return nil
}

func addCounts(sum, more []int64, numbers []int32, n int) []int64 {
	sum = grow(sum, n)
	for i, c := range more {
		sum[numbers[i]] += c
	}
	return sum
}

// Nor is one of these.
func (c *countDistinct) merge(from aggregator, numbers []int32, n int) error {
	f := from.(*countDistinct)
	if err := f.finish(); err != nil {
		return err
	}
	c.n = addCounts(c.n, f.n, numbers, n)
	return nil
}

func (a *integers) merge(from aggregator, numbers []int32, n int) error {
	a.states = grow(a.states, n)
	for i, f := range from.(*integers).states {
		s := &a.states[numbers[i]]
		switch {
		case f.count == 0:
		case s.count == 0:
			*s = f
		default:
			sum := s.sum + f.sum
			if (sum > s.sum) != (f.sum > 0) || !a.ordered(s, f.min) {
				return errWhole
			}
			s.sum = sum
			s.count += f.count
			s.min, s.max = min(s.min, f.min), max(s.max, f.max)
		}
	}
	return nil
}
