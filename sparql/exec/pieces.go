package exec

import (
	"errors"
	"slices"
	"sync/atomic"

	"triplestore/internal/cores"
	"triplestore/sparql/algebra"
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// A group over many rows is computed in pieces: the range of the scan that drives its input is cut by values of its first free column, the
// groups of each piece are made by operators of their own, and then joined in the order of the pieces. Tables of hash joins are made once,
// for all of them. One core takes piece after piece; while there is a core to spare, it helps. The plan alone decides about the pieces, so
// that an answer does not depend on what else the machine does.

// piecesCost is what the input of a group costs at least for it to be computed in pieces, and pieceRows how many rows its scan has.
const (
	piecesCost = 2e6
	pieceRows  = 4 * batchSize
	pieceCount = 8
)

// errWhole: a group cannot be computed in pieces, which showed while doing so.
var errWhole = errors.New("not in pieces")

// mergeable is an aggregator of which parts can be put together. numbers gives for each group of from its own number, of which there are n.
type mergeable interface {
	aggregator
	merge(from aggregator, numbers []int32, n int) error
}

// driving is the scan that the rows of a plan come from one after the other, or nil where a part of the plan does more with it than
// operators that are safe to run side by side do: those that look at IDs only.
func driving(n optimizer.Node) *optimizer.Scan {
	switch n := n.(type) {
	case *optimizer.Scan:
		if n.Prefix <= 2 && n.Order.Positions()[n.Prefix] != store.G {
			return n
		}
	case *optimizer.Lookup:
		if len(n.Conds) == 0 {
			return driving(n.In)
		}
	case *optimizer.HashJoin:
		common := n.L.P().Maybe.Intersect(n.R.P().Maybe)
		if len(n.Conds) == 0 && common.Len() >= 1 && common.Len() <= 2 && common.In(n.L.P().Certain) && common.In(n.R.P().Certain) {
			return driving(n.L)
		}
	case *optimizer.Filter:
		for _, c := range n.Conds {
			if c.Test == nil || !c.Test.Total() && !isLanguage(c) || !n.In.P().Certain.Has(c.Slots[0]) {
				return nil
			}
		}
		return driving(n.In)
	case *optimizer.Extend:
		if _, plain := plainVar(n.Expr); plain || n.Expr.ByID != nil && (n.Expr.Test == nil || n.Expr.Test.Total()) {
			return driving(n.In)
		}
	case *optimizer.Project:
		return driving(n.In)
	}
	return nil
}

// isLanguage reports whether a condition compares a language tag with a string, which few IDs do not tell.
func isLanguage(c *optimizer.Cond) bool {
	x, ok := c.Expr.(*algebra.Call)
	return ok && (x.Func == "=" || x.Func == "!=") && slices.ContainsFunc(x.Args, func(a algebra.Expr) bool {
		l, ok := a.(*algebra.Call)
		return ok && l.Func == "LANG"
	})
}

// pieces are the parts of a group.
type pieces struct {
	g      *group
	scan   *optimizer.Scan
	tables []*hashJoin
	env    *env
	groups []*group
	next   atomic.Int32
	failed atomic.Bool
}

// inPieces computes the groups; it reports false where they must be computed as a whole.
func (g *group) inPieces() (bool, error) {
	q, e := g.q, g.env
	if g.partial || g.depth > 0 || q.profile != nil || e.params != nil || e.input != nil || e.tables != nil || e.graph != 0 {
		return false, nil
	}
	for _, a := range g.aggs {
		if _, ok := a.(mergeable); !ok {
			return false, nil
		}
	}
	p := &pieces{g: g, scan: driving(g.node.In), env: &env{tables: map[*optimizer.HashJoin]*joinTable{}}}
	if p.scan == nil || !q.smallPieces && (g.node.In.P().Cost < piecesCost || p.scan.Rows < pieceRows) {
		return false, nil
	}
	bounds, cut, err := p.bounds()
	if err != nil || len(bounds) == 0 {
		return false, err
	}
	for _, a := range g.aggs {
		switch a := a.(type) {
		case *countRuns:
			if a.slot != cut {
				return false, nil
			}
		case *countDistinct:
			if !slices.Contains(a.slots, cut) { // putting sets together costs what making them did
				return false, nil
			}
		}
	}
	defer p.close()
	if err := p.makeTables(g.node.In); err != nil {
		return false, whole(err)
	}
	for i := range len(bounds) + 1 {
		scan := *p.scan
		if i > 0 {
			scan.Lo = bounds[i-1] + 1
		}
		if i < len(bounds) {
			scan.Hi = bounds[i]
		}
		piece := newGroup(q, g.node, p.build(g.node.In, &scan), p.env).(*group)
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
	for _, j := range p.tables {
		j.close()
	}
}

// makeTables makes the tables of the hash joins in a plan.
func (p *pieces) makeTables(n optimizer.Node) error {
	switch n := n.(type) {
	case *optimizer.HashJoin:
		if err := p.makeTables(n.L); err != nil {
			return err
		}
		right, err := p.g.q.build(n.R, p.g.env)
		if err != nil {
			return err
		}
		j := newHashJoin(p.g.q, n, empty{}, right, p.g.env).(*hashJoin)
		p.tables = append(p.tables, j)
		if err := j.build(); err != nil {
			return err
		}
		if j.files != nil || len(j.parts) > 1 {
			return errWhole
		}
		for _, part := range j.parts {
			if _, err := j.index(part, part.mask); err != nil {
				return err
			}
		}
		p.env.tables[n] = j.joinTable
	case *optimizer.Lookup:
		return p.makeTables(n.In)
	case *optimizer.Filter:
		return p.makeTables(n.In)
	case *optimizer.Extend:
		return p.makeTables(n.In)
	case *optimizer.Project:
		return p.makeTables(n.In)
	}
	return nil
}

// build makes the operators of a piece.
func (p *pieces) build(n optimizer.Node, scan *optimizer.Scan) (op operator) {
	q := p.g.q
	switch n := n.(type) {
	case *optimizer.Scan:
		op = newScan(q, scan, p.env)
	case *optimizer.Lookup:
		op = newLookup(q, n, p.build(n.In, scan), p.env)
	case *optimizer.HashJoin:
		op = newHashJoin(q, n, p.build(n.L, scan), empty{}, p.env)
	case *optimizer.Filter:
		f := newFilter(q, n, p.build(n.In, scan), p.env).(*filter)
		for _, c := range f.conds.conds {
			c.onlyIDs = true
		}
		op = f
	case *optimizer.Extend:
		x := newExtend(q, n, p.build(n.In, scan), p.env).(*extend)
		x.onlyIDs = true
		op = x
	case *optimizer.Project:
		op = newProject(q, n, p.build(n.In, scan))
	}
	if q.chop {
		op = &chopped{in: op}
	}
	return op
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

// bounds are the last values of all pieces but the last in the column that the scan is cut by, and cut is the slot of that, or -1.
func (p *pieces) bounds() (bounds []store.ID, cut int, err error) {
	s := p.scan
	a := newAccess(&s.Pattern, s.Order, s.Prefix, p.g.env)
	cut = a.slots[s.Prefix]
	if a.none || len(a.prefix) != s.Prefix {
		return nil, cut, nil
	}
	snap, r := p.g.q.snap, store.Range{Order: s.Order, Prefix: a.prefix, Lo: s.Lo, Hi: s.Hi}
	total, err := snap.Count(r)
	if err != nil || total < 2 {
		return nil, cut, err
	}
	c := snap.Scan(p.g.q.ctx, r, 1<<s.Prefix)
	defer c.Close()
	b, err := c.Next()
	if err != nil || b.Len == 0 {
		return nil, cut, err
	}
	first, most := b.Cols[s.Prefix][0], ^store.ID(0)
	if s.Hi > 0 {
		most = s.Hi
	}
	upTo := func(hi store.ID) (uint64, error) {
		r.Hi = hi
		return snap.Count(r)
	}
	last := most // about the last value
	for span := store.ID(1); span < most-first; span *= 2 {
		n, err := upTo(first + span)
		if err != nil {
			return nil, cut, err
		}
		if n == total {
			last = first + span
			break
		}
		if span >= 1<<62 {
			break
		}
	}
	from, have := first, uint64(0)
	for i := range uint64(pieceCount - 1) {
		want, slack := total*(i+1)/pieceCount, total/pieceCount/8
		if have >= want {
			continue // of a value with many rows
		}
		lo, hi, n := from, last, total
		for lo < hi {
			mid := lo + (hi-lo)/2
			at, err := upTo(mid)
			if err != nil {
				return nil, cut, err
			}
			if at+slack < want {
				lo = mid + 1
				continue
			}
			if hi, n = mid, at; at <= want+slack {
				break
			}
		}
		if n == total {
			break
		}
		bounds = append(bounds, hi)
		from, have = hi+1, n
	}
	return bounds, cut, nil
}

func (c *countAll) merge(from aggregator, numbers []int32, n int) error {
	c.n = addCounts(c.n, from.(*countAll).n, numbers, n)
	return nil
}

func (c *countRuns) merge(from aggregator, _ []int32, _ int) error {
	c.n += from.(*countRuns).n
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

// No value is in two pieces, see inPieces.
func (c *countDistinct) merge(from aggregator, numbers []int32, n int) error {
	c.n = addCounts(c.n, from.(*countDistinct).n, numbers, n)
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
