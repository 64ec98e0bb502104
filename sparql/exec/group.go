package exec

import (
	"errors"
	"slices"

	"triplestore/sparql/expr"
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// group makes groups by packed keys of IDs and computes their aggregates. Once memory is scarce, only rows of groups that are there
// already are taken; the others go to files, parted by their keys, and become groups when those in memory have been yielded.
type group struct {
	q    *Query
	node *optimizer.Group
	in   operator
	held held
	keys *keySet
	aggs []aggregator

	done    bool
	partial bool // of pieces
	at      int
	numbers []int32
	bufs    [][]store.ID

	env   *env
	rest  *parts // rows of groups that are not in memory
	depth int
	known []int32
	comp  compactor
	child *group // makes the groups of a part
	part  int
}

// aggregator computes one aggregate for all groups.
type aggregator interface {
	// add takes the rows of a batch; numbers are their groups, of which there are n now.
	add(b *batch, numbers []int32, n int) error
	// result is the aggregate of a group.
	result(g int) (store.ID, error)
}

func newGroup(q *Query, n *optimizer.Group, in operator, e *env) operator {
	g := &group{q: q, node: n, in: in, held: held{m: q.memory}, bufs: make([][]store.ID, q.width), env: e}
	g.begin()
	return g
}

// begin makes groups out of nothing.
func (g *group) begin() {
	g.keys, g.aggs = newKeySet(len(g.node.Keys)), nil
	for i := range g.node.Aggregates {
		g.aggs = append(g.aggs, newAggregator(g.q, g.node, &g.node.Aggregates[i], g.env, &g.held))
	}
	if len(g.node.Keys) == 0 && !slices.ContainsFunc(g.aggs, func(a aggregator) bool { return !onlyCounts(a) }) {
		weigh(g.in)
	}
}

// onlyCounts reports whether an aggregator of a single group heeds the weights of rows.
func onlyCounts(a aggregator) bool {
	switch a.(type) {
	case *countAll, *countVar:
		return true
	}
	return false
}

// grown accounts for groups and keys that came since there were so many groups and the keys took size bytes.
func (g *group) grown(groups int, size int64) error {
	return g.held.grow(int64(g.keys.n-groups)*int64(16+32*len(g.aggs)) + g.keys.bytes() - size)
}

func (g *group) close() {
	g.in.close()
	g.drop()
	if g.child != nil {
		g.child.close()
		g.child = nil
	}
	if g.rest != nil {
		closeSpools(g.rest.spools)
	}
}

// drop gives back what the groups in memory take.
func (g *group) drop() {
	g.held.release()
	for _, a := range g.aggs {
		switch a := a.(type) {
		case *countDistinct:
			a.close()
		case *generic:
			if a.cache != nil {
				a.cache.close()
				a.cache = nil
			}
		}
	}
}

func (g *group) read() error {
	if done, err := g.inPieces(); done || err != nil {
		return err
	}
	b := newBatch(g.q.width)
	key := make([]store.ID, len(g.node.Keys))
	groups := 0
	if g.node.Implicit && len(key) == 0 {
		g.keys.add(key)
		groups = 1
		for _, a := range g.aggs {
			if err := a.add(b, nil, 1); err != nil {
				return err
			}
		}
	}
	for {
		if err := g.q.check(); err != nil {
			return err
		}
		if err := g.in.next(b); err != nil {
			return err
		}
		if b.n == 0 {
			break
		}
		if g.rest != nil {
			if err := g.sift(b, key); err != nil {
				return err
			}
			if b.n == 0 {
				continue
			}
		}
		g.numbers = resize(g.numbers, b.n)
		size := g.keys.bytes()
		switch len(key) {
		case 0:
			g.keys.add(key)
			clear(g.numbers)
		case 1:
			col := b.cols[g.node.Keys[0]]
			last := int32(-1)
			for i := range b.n {
				var id store.ID
				if col != nil {
					id = col[i]
				}
				if last < 0 || id != key[0] {
					key[0] = id
					n, _ := g.keys.add(key)
					last = int32(n)
				}
				g.numbers[i] = last
			}
		default:
			for i := range b.n {
				for k, s := range g.node.Keys {
					key[k] = b.get(s, i)
				}
				n, _ := g.keys.add(key)
				g.numbers[i] = int32(n)
			}
		}
		if g.keys.n > groups {
			if err := g.grown(groups, size); err != nil {
				return err
			}
			groups = g.keys.n
		}
		for _, a := range g.aggs {
			if err := a.add(b, g.numbers, g.keys.n); err != nil {
				return err
			}
		}
		if g.rest == nil && len(key) > 0 && g.depth < maxDepth && g.held.crowded(g.keys.bytes()/2) {
			if g.partial {
				return errWhole
			}
			var err error
			if g.rest, err = g.q.newParts(g.node, g.depth); err != nil {
				return err
			}
		}
	}
	g.in.close()
	g.done = true
	return nil
}

// sift leaves in b the rows of groups that are in memory and writes the others to files.
func (g *group) sift(b *batch, key []store.ID) error {
	g.known = g.known[:0]
	for i := range b.n {
		for k, s := range g.node.Keys {
			key[k] = b.get(s, i)
		}
		if g.keys.find(key) >= 0 {
			g.known = append(g.known, int32(i))
		} else {
			g.rest.put(key, int32(i))
		}
	}
	if err := g.rest.write(b); err != nil {
		return err
	}
	g.comp.keep(b, g.known)
	return nil
}

// nextPart yields the groups that were not in memory.
func (g *group) nextPart(b *batch) error {
	b.reset()
	if g.child == nil && g.rest != nil && g.part == 0 {
		g.drop()
		g.keys, g.aggs = newKeySet(len(g.node.Keys)), nil
		g.at = 0
	}
	for g.rest != nil && g.part < len(g.rest.spools) {
		if g.child == nil {
			in, err := g.q.source(g.rest.spools[g.part], false)
			if err != nil {
				return err
			}
			g.child = newGroup(g.q, g.node, in, g.env).(*group)
			g.child.depth = g.depth + 1
		}
		if err := g.child.next(b); err != nil || b.n > 0 {
			return err
		}
		g.child.close()
		g.child = nil
		g.part++
	}
	return nil
}

func (g *group) next(b *batch) error {
	if !g.done {
		if err := g.read(); err != nil {
			return err
		}
	}
	if err := g.q.check(); err != nil {
		return err
	}
	b.reset()
	b.n = min(batchSize, g.keys.n-g.at)
	if b.n == 0 {
		return g.nextPart(b)
	}
	for k, s := range g.node.Keys {
		g.bufs[s] = resize(g.bufs[s], b.n)
		for i := range b.n {
			g.bufs[s][i] = g.keys.key(g.at + i)[k]
		}
		b.cols[s] = g.bufs[s]
	}
	for i := range g.aggs {
		s := g.node.Aggregates[i].Slot
		g.bufs[s] = resize(g.bufs[s], b.n)
		for r := range b.n {
			id, err := g.aggs[i].result(g.at + r)
			if err != nil {
				return err
			}
			if r&7 == 7 {
				if err := g.q.check(); err != nil {
					return err
				}
			}
			g.bufs[s][r] = id
		}
		b.cols[s] = g.bufs[s]
	}
	g.at += b.n
	return nil
}

func newAggregator(q *Query, n *optimizer.Group, a *optimizer.Aggregate, e *env, h *held) aggregator {
	switch {
	case a.Func == "COUNT" && len(a.Args) == 0 && !a.Distinct:
		return &countAll{q: q}
	case a.Func == "COUNT" && len(a.Args) == 0:
		return &countDistinct{q: q, node: n, slots: a.All, held: held{m: q.memory}, all: true}
	case a.Func == "COUNT" && a.Var >= 0 && !a.Distinct:
		return &countVar{q: q, slot: a.Var}
	case a.Func == "COUNT" && a.Var >= 0 && a.Sorted && (!q.spills() || !hasHashJoin(n.In)): // a join of files has another order
		return &countRuns{q: q, slot: a.Var}
	case a.Func == "COUNT" && a.Var >= 0:
		return &countDistinct{q: q, node: n, slots: []int{a.Var}, held: held{m: q.memory}}
	case a.Func == "SAMPLE" && a.Var >= 0:
		return &sample{slot: a.Var}
	}
	g := &generic{q: q, node: n, agg: a, held: h}
	for _, x := range a.Args {
		g.args = append(g.args, newEvaluator(q, x, e))
	}
	g.cache = newArgumentCache(g.args, q.memory)
	if a.Var >= 0 && !a.Distinct && (a.Func == "SUM" || a.Func == "AVG" || a.Func == "MIN" || a.Func == "MAX") {
		return &integers{generic: g, slot: a.Var, fn: a.Func}
	}
	return g
}

// hasHashJoin reports whether a plan has a hash join in it.
func hasHashJoin(n optimizer.Node) bool {
	if _, ok := n.(*optimizer.HashJoin); ok {
		return true
	}
	return slices.ContainsFunc(optimizer.Children(n), hasHashJoin)
}

func grow[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	if n <= cap(s) {
		return s[:n]
	}
	return append(s, make([]T, n-len(s))...)
}

// countAll is COUNT(*).
type countAll struct {
	q *Query
	n []int64
}

func (c *countAll) add(b *batch, numbers []int32, n int) error {
	c.n = grow(c.n, n)
	if n == 1 {
		c.n[0] += b.solutions()
		return nil
	}
	for _, g := range numbers {
		c.n[g]++
	}
	return nil
}

func (c *countAll) result(g int) (store.ID, error) { return c.q.integer(c.n[g]) }

// countVar is COUNT(?x).
type countVar struct {
	q    *Query
	slot int
	n    []int64
}

func (c *countVar) add(b *batch, numbers []int32, n int) error {
	c.n = grow(c.n, n)
	if col := b.cols[c.slot]; col != nil {
		for i, g := range numbers {
			switch {
			case col[i] == store.NoID:
			case b.weights != nil:
				c.n[g] += int64(b.weights[i])
			default:
				c.n[g]++
			}
		}
	}
	return nil
}

func (c *countVar) result(g int) (store.ID, error) { return c.q.integer(c.n[g]) }

// countRuns is COUNT(DISTINCT ?x) of one group whose rows are sorted by ?x.
type countRuns struct {
	q    *Query
	slot int
	last store.ID
	n    int64
}

func (c *countRuns) add(b *batch, _ []int32, _ int) error {
	last, n := c.last, c.n
	if col := b.cols[c.slot]; col != nil {
		for _, id := range col[:b.n] {
			if id != last {
				last = id
				n++
			}
		}
	}
	c.last, c.n = last, n
	return nil
}

func (c *countRuns) result(int) (store.ID, error) { return c.q.integer(c.n) }

// sample is SAMPLE(?x).
type sample struct {
	slot int
	ids  []store.ID
}

func (s *sample) add(b *batch, numbers []int32, n int) error {
	s.ids = grow(s.ids, n)
	if col := b.cols[s.slot]; col != nil {
		for i, g := range numbers {
			if s.ids[g] == store.NoID {
				s.ids[g] = col[i]
			}
		}
	}
	return nil
}

func (s *sample) result(g int) (store.ID, error) { return s.ids[g], nil }

// generic computes any aggregate over decoded values.
type generic struct {
	q    *Query
	node *optimizer.Group
	agg  *optimizer.Aggregate
	args []*evaluator
	held *held
	accs []expr.Accumulator
	vals []expr.Value
	// cache has what the only argument is for each term, as long as that pays; else nil.
	cache *argumentCache
}

func (a *generic) acc(g int, n int) (expr.Accumulator, error) {
	a.accs = grow(a.accs, n)
	if a.accs[g] == nil {
		x, err := expr.NewAccumulator(a.agg.Aggregate)
		if err != nil {
			return nil, err
		}
		a.accs[g] = x
		return x, a.held.grow(128)
	}
	return a.accs[g], nil
}

func (a *generic) add(b *batch, numbers []int32, n int) error {
	a.accs = grow(a.accs, n)
	if len(numbers) == 0 {
		return nil
	}
	if a.cache != nil {
		if done, err := a.addKnown(b, numbers, n); done || err != nil {
			return err
		}
	}
	for _, e := range a.args {
		if err := e.prepare(b, nil); err != nil {
			return err
		}
	}
	for i, g := range numbers {
		if err := a.addRow(b, i, int(g), n); err != nil {
			return err
		}
		if i&7 == 7 {
			if err := a.q.check(); err != nil {
				return err
			}
		}
	}
	return nil
}

// addRow takes one row.
func (a *generic) addRow(b *batch, row, g, n int) error {
	acc, err := a.acc(g, n)
	if err != nil {
		return err
	}
	a.vals = a.vals[:0]
	var bad error
	for _, e := range a.args {
		e.view.b = b
		v, ok, err := e.eval(row)
		if err != nil {
			return err
		}
		if !ok || v.IsZero() {
			bad = expr.ErrExpr
		}
		a.vals = append(a.vals, v)
	}
	size := acc.Size()
	acc.Add(a.vals, bad)
	if grown := acc.Size() - size; grown > 0 {
		return a.held.grow(grown)
	}
	return nil
}

func (a *generic) result(g int) (store.ID, error) {
	acc, err := a.acc(g, g+1)
	if err != nil {
		return 0, err
	}
	v, err := acc.Result()
	if err != nil && !errors.Is(err, expr.ErrExpr) {
		return 0, err
	}
	if err != nil || v.IsZero() {
		return store.NoID, nil // an error leaves the variable unbound
	}
	return a.q.computed(v.Term(), a.node, a.agg.Slot)
}

// integers computes SUM, AVG, MIN and MAX of a variable from IDs for as long as a group has nothing but inlined integers, for MIN and MAX
// also nothing but dates or the like, and hands the group over to the general way when something else comes.
type integers struct {
	*generic
	slot    int
	fn      string
	states  []integerState
	partial bool // of pieces, where nothing is done the general way
}

type integerState struct {
	sum      int64
	count    int64
	min, max store.ID
	general  bool
}

func (a *integers) add(b *batch, numbers []int32, n int) error {
	a.states = grow(a.states, n)
	col := b.cols[a.slot]
	prepared := false
	for i, g := range numbers {
		s := &a.states[g]
		var id store.ID
		if col != nil {
			id = col[i]
		}
		if !s.general && a.ordered(s, id) {
			var v int64
			if id.Tag() == store.TagInteger {
				v = id.Integer()
			}
			if sum := s.sum + v; (sum > s.sum) == (v > 0) {
				if s.count == 0 || id < s.min {
					s.min = id
				}
				if s.count == 0 || id > s.max {
					s.max = id
				}
				s.sum = sum
				s.count++
				continue
			}
		}
		if a.partial {
			return errWhole
		}
		if !prepared {
			prepared = true
			if err := a.args[0].prepare(b, nil); err != nil {
				return err
			}
		}
		if !s.general {
			if err := a.handOver(int(g), n); err != nil {
				return err
			}
		}
		if err := a.addRow(b, i, int(g), n); err != nil {
			return err
		}
	}
	return nil
}

// ordered reports whether an ID can be taken as it is: integers, and for MIN and MAX what is ordered as its IDs are among the values of the
// group so far, which are all of one kind, and dates and times of one time zone.
func (a *integers) ordered(s *integerState, id store.ID) bool {
	tag := id.Tag()
	extreme := a.fn == "MIN" || a.fn == "MAX"
	if s.count > 0 && s.min.Tag() != tag && extreme {
		return false
	}
	switch tag {
	case store.TagInteger:
		return true
	case store.TagDecimal, store.TagBoolean:
		return extreme
	case store.TagDate, store.TagYear:
		return extreme && (s.count == 0 || (s.min^id)&1 == 0)
	case store.TagDateTime:
		return extreme && (s.count == 0 || (s.min^id)&(1<<12-1) == 0)
	}
	return false
}

// handOver gives what a group has so far to an accumulator. An average needs only the right sum and count: one value is the sum
// and the others are zeros.
func (a *integers) handOver(g, n int) error {
	s := &a.states[g]
	s.general = true
	acc, err := a.acc(g, n)
	if err != nil || s.count == 0 {
		return err
	}
	switch a.fn {
	case "MIN":
		acc.Add([]expr.Value{inlineValue(s.min)}, nil)
	case "MAX":
		acc.Add([]expr.Value{inlineValue(s.max)}, nil)
	default:
		acc.Add([]expr.Value{expr.Integer(s.sum)}, nil)
		if a.fn == "AVG" {
			for range s.count - 1 {
				acc.Add([]expr.Value{expr.Integer(0)}, nil)
			}
		}
	}
	return nil
}

func (a *integers) result(g int) (store.ID, error) {
	a.states = grow(a.states, g+1)
	s := &a.states[g]
	if s.general || s.count == 0 {
		return a.generic.result(g)
	}
	switch a.fn {
	case "MIN":
		return s.min, nil
	case "MAX":
		return s.max, nil
	case "SUM":
		return a.q.integer(s.sum)
	}
	if err := a.handOver(g, g+1); err != nil {
		return 0, err
	}
	return a.generic.result(g)
}
