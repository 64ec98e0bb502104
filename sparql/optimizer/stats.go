package optimizer

import (
	"context"
	"sync"

	"triplestore/store"
)

// stats asks the store for counts, each once.
type stats struct {
	ctx     context.Context
	snap    store.Snapshot
	counts  map[statKey]uint64
	samples map[statKey][]store.Quad
	draws   map[string]*draw
	matched map[string]*matches
	reached map[string]*reach
	probes  map[string]*probed
	kept    *Statistics
	of      any // the version of kept's counts
}

// statKey names a count: of rows, or of the different values after the prefix.
type statKey struct {
	kind   statKind
	order  store.Order
	prefix uint8
	ids    [4]store.ID
	lo, hi store.ID
}

type statKind uint8

const (
	statCount statKind = iota
	statDistinct
	statSample
)

func newStatKey(kind statKind, r store.Range) statKey {
	k := statKey{kind: kind, order: r.Order, prefix: uint8(len(r.Prefix)), lo: r.Lo, hi: r.Hi}
	copy(k.ids[:], r.Prefix)
	return k
}

func newStats(ctx context.Context, snap store.Snapshot, kept *Statistics) *stats {
	s := &stats{ctx: ctx, snap: snap, counts: make(map[statKey]uint64, 16)}
	if v, ok := snap.(store.Versioned); ok && kept != nil {
		if s.of, ok = v.Version(); ok {
			s.kept = kept
		}
	}
	return s
}

func (s *stats) get(kind statKind, r store.Range) (uint64, error) {
	k := newStatKey(kind, r)
	if n, ok := s.counts[k]; ok {
		return n, nil
	}
	if n, ok := s.kept.get(s.of, k); ok {
		s.counts[k] = n
		return n, nil
	}
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	ask := s.snap.Count
	if kind == statDistinct {
		ask = s.snap.Distinct
	}
	n, err := ask(r)
	if err != nil {
		return 0, err
	}
	s.counts[k] = n
	if kind == statDistinct || n >= keptFrom {
		s.kept.put(s.of, k, n)
	}
	return n, nil
}

// count is the exact number of rows in a range.
func (s *stats) count(r store.Range) (uint64, error) { return s.get(statCount, r) }

// distinct is about the number of different values of the column after the prefix.
func (s *stats) distinct(r store.Range) (uint64, error) { return s.get(statDistinct, r) }

// The bounds of Statistics: how many counts are kept, and from how many rows on, since small ranges are counted fast and are many.
const (
	keptCounts  = 1 << 14
	keptFrom    = 64
	keptSamples = 1 << 9
	keptDraws   = 1 << 9
	keptMatches = 1 << 11
	keptReaches = 1 << 10
	keptProbes  = 1 << 10
)

// Statistics keeps counts and samples of a store's present state, which queries of one application have in common, from one query to the next. It takes
// at most some 6 MiB, and it is safe for concurrent use. Snapshots that are no [store.Versioned] do not use it.
type Statistics struct {
	mu      sync.RWMutex
	of      any
	counts  map[statKey]uint64
	samples map[statKey][]store.Quad
	draws   map[string]*draw
	matched map[string]*matches
	reached map[string]*reach
	probes  map[string]*probed
}

// NewStatistics makes Statistics that know nothing yet.
func NewStatistics() *Statistics { return &Statistics{} }

func (s *Statistics) get(of any, k statKey) (uint64, bool) {
	if s == nil {
		return 0, false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.of != of {
		return 0, false
	}
	n, ok := s.counts[k]
	return n, ok
}

func (s *Statistics) put(of any, k statKey, n uint64) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin(of)
	if s.counts == nil || len(s.counts) >= keptCounts {
		s.counts = map[statKey]uint64{}
	}
	s.counts[k] = n
}

// begin forgets what is known of another state.
func (s *Statistics) begin(of any) {
	if s.of != of {
		s.of, s.counts, s.samples, s.draws, s.matched, s.reached, s.probes = of, nil, nil, nil, nil, nil, nil
	}
}

func (s *Statistics) getSample(of any, k statKey) ([]store.Quad, bool) {
	if s == nil {
		return nil, false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.of != of {
		return nil, false
	}
	rows, ok := s.samples[k]
	return rows, ok
}

func (s *Statistics) putSample(of any, k statKey, rows []store.Quad) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin(of)
	if s.samples == nil || len(s.samples) >= keptSamples {
		s.samples = map[statKey][]store.Quad{}
	}
	s.samples[k] = rows
}

// draw gives the rows that are known by a key, or finds them.
func (s *stats) draw(key string, find func() (*draw, error)) (*draw, error) {
	return known(s, func(x *Statistics) *map[string]*draw { return &x.draws }, &s.draws, keptDraws, key, find)
}

// matches gives the counts that are known by a key, or finds them.
func (s *stats) matches(key string, find func() (*matches, error)) (*matches, error) {
	return known(s, func(x *Statistics) *map[string]*matches { return &x.matched }, &s.matched, keptMatches, key, find)
}

// reach gives the searches that are known by a key, or does them.
func (s *stats) reach(key string, find func() (*reach, error)) (*reach, error) {
	return known(s, func(x *Statistics) *map[string]*reach { return &x.reached }, &s.reached, keptReaches, key, find)
}

// probed gives what is known of matches by a key, or searches for them; nil where that takes more than left reads. What another query has found
// is charged to this one as if it had searched, so that what is kept changes no plan.
func (s *stats) probed(key string, left int, find func() (*probed, error), charge func(reads int)) (*probed, error) {
	if x, ok := s.probes[key]; ok {
		return x, nil
	}
	of := func(x *Statistics) *map[string]*probed { return &x.probes }
	x := knownOf(s.kept, s.of, of, key)
	if x == nil {
		if err := s.ctx.Err(); err != nil {
			return nil, err
		}
		var err error
		if x, err = find(); err != nil {
			return nil, err
		}
		if x != nil {
			keep(s, of, keptProbes, key, x)
		}
	}
	if x == nil || x.reads > left {
		charge(left)
		return nil, nil
	}
	charge(x.reads)
	if s.probes == nil {
		s.probes = map[string]*probed{}
	}
	s.probes[key] = x
	return x, nil
}

func known[T any](s *stats, of func(*Statistics) *map[string]*T, own *map[string]*T, most int, key string, find func() (*T, error)) (*T, error) {
	if x, ok := (*own)[key]; ok {
		return x, nil
	}
	x := knownOf(s.kept, s.of, of, key)
	if x == nil {
		if err := s.ctx.Err(); err != nil {
			return nil, err
		}
		var err error
		if x, err = find(); err != nil {
			return nil, err
		}
		keep(s, of, most, key, x)
	}
	if *own == nil {
		*own = map[string]*T{}
	}
	(*own)[key] = x
	return x, nil
}

// keep lets other queries know something.
func keep[T any](s *stats, of func(*Statistics) *map[string]*T, most int, key string, x *T) {
	k := s.kept
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.begin(s.of)
	m := of(k)
	if *m == nil || len(*m) >= most {
		*m = map[string]*T{}
	}
	(*m)[key] = x
}

func knownOf[T any](k *Statistics, version any, of func(*Statistics) *map[string]*T, key string) *T {
	if k == nil {
		return nil
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.of != version {
		return nil
	}
	return (*of(k))[key]
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

// differentOf is the number of different values of a variable of the pattern.
func (s *patternStats) differentOf(t *Pattern, slot int) float64 {
	for pos := store.S; pos <= store.G; pos++ {
		if r := t.At(pos); r.IsVar() && r.Slot == slot {
			return s.distinct[pos]
		}
	}
	return 1
}

// pattern counts a pattern.
func (p *planner) patternStats(t *Pattern) (patternStats, error) {
	p.effort.left--
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

// rangeRows is how many rows the constants of a pattern leave.
func (p *planner) rangeRows(t *Pattern) (float64, error) {
	var consts []store.Position
	for _, pos := range [...]store.Position{store.S, store.P, store.O} {
		if r := t.At(pos); r.Kind == RefConst {
			if r.ID.Tag() == store.TagLocal {
				return 0, nil
			}
			consts = append(consts, pos)
		}
	}
	order, _ := orderFor(consts)
	n, err := p.stats.count(store.Range{Order: order, Prefix: t.prefix(order, len(consts))})
	return float64(n), err
}

// graphShare scales the rows by the part of the store that the pattern's graphs are.
func (p *planner) graphShare(t *Pattern, s *patternStats) error {
	s.distinct[store.G] = 1
	if t.Graph.Mode == GraphNamed && s.rows > 0 {
		total, err := p.stats.count(store.Range{Order: store.SPOG})
		if err != nil {
			return err
		}
		in, err := p.stats.count(store.Range{Order: store.GSPO, Prefix: []store.ID{store.DefaultGraph}})
		if err != nil {
			return err
		}
		named := float64(total) - float64(in)
		s.empty = named <= 0
		s.rows = min(s.rows, named, max(1, s.rows*named/float64(total)))
	}
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
