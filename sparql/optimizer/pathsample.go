package optimizer

import (
	"encoding/binary"
	"slices"

	"triplestore/store"
)

// Closures are estimated by searching from the start that is given, or from some that are spread over all, for so many steps as are allowed.
const (
	// reachSteps is how many terms a search for an estimate goes on from where the start is known, reachStarts from how many starts searches
	// begin where it is not, and startSteps how far each goes.
	reachSteps  = 48
	reachStarts = 8
	startSteps  = 16
	// reachRows is how many neighbours of a term are looked at.
	reachRows = 64
)

// reach is what a closure leads to.
type reach struct {
	ends  []store.ID // those that were found
	all   bool       // there are no others
	size  float64    // about how many there are
	steps int        // terms that the search went on from
}

// reaches is what a closure leads to from all its starts.
type reaches struct {
	starts float64 // how many there are
	size   float64 // how many ends each has
	edges  float64
}

// stepKey appends what a step is.
func stepKey(key []byte, s Step) []byte {
	flag := func(b bool) byte {
		if b {
			return 1
		}
		return 0
	}
	switch s := s.(type) {
	case *StepLink:
		return binary.LittleEndian.AppendUint64(append(key, 'l', flag(s.Inverse)), uint64(s.P))
	case *StepNegated:
		key = append(key, 'n', flag(s.Inverse), byte(len(s.Not)))
		for _, id := range s.Not {
			key = binary.LittleEndian.AppendUint64(key, uint64(id))
		}
	case *StepSequence:
		return stepKey(stepKey(append(key, '/'), s.L), s.R)
	case *StepAlternative:
		key = append(key, '|', byte(len(s.Of)))
		for _, x := range s.Of {
			key = stepKey(key, x)
		}
	case *StepClosure:
		return stepKey(append(key, 'c', byte(s.Min), flag(s.Many)), s.Step)
	}
	return key
}

// search is a bounded search for the ends of steps.
type search struct {
	p     *planner
	graph *Graph
	left  int // terms that it may still go on from
	steps int
	// unread is about how many neighbours were not looked at.
	unread float64
	cut    bool // some steps from a term were not taken
}

// next appends what one step leads to from a term.
func (s *search) next(step Step, from store.ID, inverse bool, to []store.ID) ([]store.ID, error) {
	if from.Tag() == store.TagLocal {
		return to, nil
	}
	var err error
	switch x := step.(type) {
	case *StepLink:
		if x.P.Tag() == store.TagLocal {
			return to, nil
		}
		r := store.Range{Order: store.PSOG, Prefix: []store.ID{x.P, from}}
		if x.Inverse != inverse {
			r.Order = store.POSG
		}
		return s.read(r, 2, -1, nil, to)
	case *StepNegated:
		r := store.Range{Order: store.SPOG, Prefix: []store.ID{from}}
		if x.Inverse != inverse {
			r.Order = store.OPSG
		}
		return s.read(r, 2, 1, x.Not, to)
	case *StepAlternative:
		for _, of := range x.Of {
			if s.left <= 0 {
				s.cut = true
				break
			}
			if to, err = s.next(of, from, inverse, to); err != nil {
				return to, err
			}
		}
		return to, nil
	case *StepSequence:
		first, second := x.L, x.R
		if inverse {
			first, second = second, first
		}
		mid, err := s.next(first, from, inverse, nil)
		if err != nil {
			return to, err
		}
		slices.Sort(mid)
		for _, m := range slices.Compact(mid) {
			if s.left <= 0 {
				break
			}
			if to, err = s.next(second, m, inverse, to); err != nil {
				return to, err
			}
		}
		return to, nil
	case *StepClosure:
		r, err := s.from(x.Step, from, x.Min, x.Many, inverse, 1)
		return append(to, r.ends...), err
	}
	return to, nil
}

// read appends a column of the first rows of a range.
func (s *search) read(r store.Range, result, notCol int, not, to []store.ID) ([]store.ID, error) {
	s.left--
	s.steps++
	c := s.p.snap.Scan(s.p.ctx, r, store.AllColumns)
	defer c.Close()
	before := len(to)
	for n := 0; n < reachRows; {
		b, err := c.Next()
		if err != nil || b.Len == 0 {
			return to, err
		}
		for i := 0; i < b.Len && n < reachRows; i++ {
			n++
			if notCol >= 0 {
				if _, is := slices.BinarySearch(not, b.Cols[notCol][i]); is {
					continue
				}
			}
			if s.graph.Mode == GraphSet {
				if _, in := slices.BinarySearch(s.graph.IDs, b.Cols[3][i]); !in {
					continue
				}
			}
			to = append(to, b.Cols[result][i])
		}
	}
	all, err := s.p.stats.count(r)
	if err == nil && all > reachRows {
		s.unread += float64(all-reachRows) * float64(len(to)-before) / reachRows
	}
	return to, err
}

// from searches for the ends of a closure. Where not all can be found, their number is estimated from how fast they became more; most is how
// many there can be.
func (s *search) from(step Step, start store.ID, least int, many, inverse bool, most float64) (reach, error) {
	var r reach
	seen := map[store.ID]bool{}
	if least == 0 {
		seen[start] = true
		r.ends = append(r.ends, start)
	}
	frontier, at := []store.ID{start}, 0
	var found []store.ID
	half := 0 // ends that were known when about half of the steps were taken
	begin, unread := s.steps, s.unread
	for at < len(frontier) && s.left > 0 && (many || at == 0) {
		if at&(at-1) == 0 {
			half = len(r.ends)
		}
		var err error
		if found, err = s.next(step, frontier[at], inverse, found[:0]); err != nil {
			return r, err
		}
		at++
		for _, x := range found {
			if !seen[x] {
				seen[x] = true
				r.ends = append(r.ends, x)
				frontier = append(frontier, x)
			}
		}
	}
	r.steps = s.steps - begin
	r.all = (at == len(frontier) || !many) && !s.cut
	r.size = float64(len(r.ends))
	if !r.all {
		// New ends per term in the last steps: below 1 the search comes to an end, above it grows.
		last := 1
		for last*2 < at {
			last *= 2
		}
		growth := float64(len(r.ends)-half) / float64(max(1, at-last))
		rest := float64(len(frontier) - at)
		if growth < 0.9 {
			r.size += rest * growth / (1 - growth)
		} else {
			r.size += rest * growth * 10
		}
	}
	if s.unread > unread {
		r.all = false
		r.size += s.unread - unread
	}
	if !r.all {
		r.size = max(float64(len(r.ends)), min(r.size, most))
	}
	return r, nil
}

// reachFrom is what a closure leads to from a term.
func (p *planner) reachFrom(n *Path, start store.ID, inverse bool, most float64) (*reach, error) {
	if !p.searches(reachSteps) {
		return nil, nil
	}
	key := n.searchKey('r', n.Min, inverse, start)
	_, again := p.stats.reached[string(key)]
	r, err := p.stats.reach(string(key), func() (*reach, error) {
		s := &search{p: p, graph: &n.Graph, left: reachSteps}
		r, err := s.from(n.Path, start, n.Min, n.Many, inverse, most)
		return &r, err
	})
	if err == nil && !again {
		p.effort.left -= r.steps
	}
	return r, err
}

func (n *Path) manyByte() byte {
	if n.Many {
		return 1
	}
	return 0
}

// searches reports whether planning may search for so many steps.
func (p *planner) searches(steps int) bool {
	return !p.late && p.effort.left > 4*steps
}

// sourcesOf are ranges of the rows of which one column, the first after the prefix, is where a step begins.
func (s *search) sourcesOf(step Step, inverse bool, to []store.Range) []store.Range {
	switch x := step.(type) {
	case *StepLink:
		if x.P.Tag() == store.TagLocal {
			return to
		}
		r := store.Range{Order: store.PSOG, Prefix: []store.ID{x.P}}
		if x.Inverse != inverse {
			r.Order = store.POSG
		}
		return append(to, r)
	case *StepNegated:
		if x.Inverse != inverse {
			return append(to, store.Range{Order: store.OPSG})
		}
		return append(to, store.Range{Order: store.SPOG})
	case *StepAlternative:
		for _, of := range x.Of {
			to = s.sourcesOf(of, inverse, to)
		}
	case *StepSequence:
		if inverse {
			return s.sourcesOf(x.R, inverse, to)
		}
		return s.sourcesOf(x.L, inverse, to)
	case *StepClosure:
		return s.sourcesOf(x.Step, inverse, to)
	}
	return to
}

// reachAll is about what a closure leads to from where it can begin, the empty path left out; nil where that is not known.
func (p *planner) reachAll(n *Path, inverse bool) (*reaches, error) {
	if p.sampler.picker == nil || !p.searches(reachStarts*startSteps) {
		return nil, nil
	}
	key := n.searchKey('a', 1, inverse, store.NoID)
	_, again := p.stats.reached[string(key)]
	known, err := p.stats.reach(string(key), func() (*reach, error) { return p.searchAll(n, inverse) })
	if err != nil || known == nil {
		return nil, err
	}
	if !again { // what another query has found is charged to this one as if it had searched, so that what is kept changes no plan
		p.effort.left -= known.steps
	}
	var all reaches
	for _, r := range (&search{}).sourcesOf(n.Path, inverse, nil) {
		d, err := p.stats.distinct(r)
		if err != nil {
			return nil, err
		}
		c, err := p.stats.count(r)
		if err != nil {
			return nil, err
		}
		all.starts += float64(d)
		all.edges += float64(c)
	}
	all.size = known.size
	return &all, nil
}

// searchAll searches from some starts; the size of what it gives is the mean of theirs.
func (p *planner) searchAll(n *Path, inverse bool) (*reach, error) {
	out := &reach{}
	var sum, weights float64
	var ends float64 // how many there can be
	for _, r := range (&search{}).sourcesOf(n.Path, !inverse, nil) {
		d, err := p.stats.distinct(r)
		if err != nil {
			return nil, err
		}
		ends += float64(d)
	}
	sources := (&search{}).sourcesOf(n.Path, inverse, nil)
	if len(sources) > reachStarts { // as many of them
		for i := range reachStarts {
			sources[i] = sources[i*len(sources)/reachStarts]
		}
		sources = sources[:reachStarts]
	}
	for _, r := range sources {
		rows, err := p.stats.count(r)
		if err != nil {
			return nil, err
		}
		starts, err := p.stats.distinct(r)
		if err != nil {
			return nil, err
		}
		places, _ := placesOf(rows, max(2, reachStarts/len(sources)))
		quads, err := p.sampler.picker.Pick(r, places, nil)
		if err != nil {
			return nil, err
		}
		at := r.Order.Positions()[len(r.Prefix)]
		for _, q := range quads {
			s := &search{p: p, graph: &n.Graph, left: startSteps}
			x, err := s.from(n.Path, q[at], 1, n.Many, inverse, ends)
			if err != nil {
				return nil, err
			}
			out.steps += s.steps
			// A start of many rows is drawn more often.
			own := r
			own.Prefix = append(slices.Clone(r.Prefix), q[at])
			c, err := p.stats.count(own)
			if err != nil {
				return nil, err
			}
			w := float64(starts) / max(1, float64(c))
			sum += w * x.size
			weights += w
		}
	}
	if weights > 0 {
		out.size = sum / weights
	}
	return out, nil
}

// What walking along a path takes, in nanoseconds.
const (
	costSearch  = 6000 // beginning a search
	costVisit   = 600  // going on from a term
	costEdge    = 100  // reading an edge into memory
	costInside  = 200  // beginning a search in memory
	costVisited = 15   // going on from a term in memory
	searchesOut = 64   // after so many searches edges are read into memory
)

// pathCost is what searches take that find so many ends each.
func pathCost(n *Path, searches, size, edges float64) float64 {
	outside := costSearch + (size+1)*costVisit
	if !linksOnly(n.Path) || searches <= searchesOut {
		return searches * outside
	}
	return searchesOut*outside + edges*costEdge + (searches-searchesOut)*(costInside+size*costVisited)
}

func linksOnly(s Step) bool {
	switch s := s.(type) {
	case *StepLink:
		return true
	case *StepAlternative:
		return !slices.ContainsFunc(s.Of, func(x Step) bool { return !linksOnly(x) })
	}
	return false
}

// pathRows estimates a path on top of in by searches; ok is false where that is not possible.
func (p *planner) pathRows(n *Path, in Node) (ok bool, err error) {
	ip := in.P()
	bound := func(r Ref) bool { return !r.IsVar() || ip.Certain.Has(r.Slot) }
	from, to, inverse := n.S, n.O, false
	if !bound(from) && bound(to) {
		from, to, inverse = to, from, true
	}
	if from.Kind == RefParam || to.Kind == RefParam || bound(to) {
		return false, nil
	}
	end := func(d float64) {
		n.Distinct = n.Distinct.clone()
		n.Distinct.set(to.Slot, max(1, d))
	}
	if from.Kind == RefConst {
		size, err := p.stepSize(n.Path)
		if err != nil {
			return false, err
		}
		r, err := p.reachFrom(n, from.ID, inverse, size+1)
		if err != nil || r == nil {
			return false, err
		}
		n.Rows = ip.Rows * r.size
		n.Cost = pathCost(n, 1, r.size, size) + n.Rows*costOut
		end(r.size)
		if isUnit(in) {
			n.sample = &joinSample{size: r.size, drawn: true, draws: p.sampler.rows, slots: []int{to.Slot}, different: []float64{r.size}, key: string(append(n.searchKey('p', n.Min, inverse, from.ID), byte(p.sampler.rows)))}
			n.sample.pick = func(int) (*draw, error) {
				places, all := placesOf(uint64(len(r.ends)), n.sample.draws)
				d := &draw{all: all && r.all}
				for _, x := range places {
					d.rows = append(d.rows, []store.ID{r.ends[x]})
				}
				return d, nil
			}
		}
		return true, nil
	}
	all, err := p.reachAll(n, inverse)
	if err != nil || all == nil {
		return false, err
	}
	if !bound(from) {
		starts := all.starts
		n.Rows = ip.Rows * starts * all.size
		if n.Min == 0 {
			for _, o := range []store.Order{store.SPOG, store.OSPG} {
				d, err := p.stats.distinct(store.Range{Order: o})
				if err != nil {
					return false, err
				}
				starts += float64(d)
			}
			n.Rows += ip.Rows * starts
		}
		n.Cost = ip.Rows*pathCost(n, starts, all.size, all.edges) + n.Rows*costOut
		if from.Slot != to.Slot {
			n.Distinct = n.Distinct.clone()
			n.Distinct.set(from.Slot, max(1, starts))
		}
		end(min(n.Rows, starts))
		return true, nil
	}
	different := ip.distinctOf(from.Slot)
	n.Rows = ip.Rows * all.size * all.starts / max(1, different, all.starts)
	if n.Min == 0 {
		n.Rows += ip.Rows
	}
	searches := min(ip.Rows, different)
	n.Cost = pathCost(n, searches, n.Rows/max(1, ip.Rows), all.edges) + n.Rows*costOut
	end(min(n.Rows, all.edges+different))
	return true, nil
}

// searchKey names a search along a path, or what comes of it.
func (n *Path) searchKey(kind byte, least int, inverse bool, start store.ID) []byte {
	key := stepKey([]byte{kind, byte(least), n.manyByte(), byte(n.Graph.Mode), 0}, n.Path)
	if inverse {
		key[4] = 1
	}
	key = binary.LittleEndian.AppendUint64(key, uint64(start))
	for _, g := range n.Graph.IDs {
		key = binary.LittleEndian.AppendUint64(key, uint64(g))
	}
	return key
}
