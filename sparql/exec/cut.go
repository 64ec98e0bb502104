package exec

import (
	"errors"
	"slices"

	"triplestore/sparql/algebra"
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// cut is a plan in pieces: the range of the scan that drives it is cut by values of its first free column, and each piece of it has
// operators of its own. Tables of hash joins are made once, for all of them. The plan and the store alone decide about the pieces, so that an
// answer does not depend on what else the machine does.
type cut struct {
	q      *Query
	node   optimizer.Node
	scan   *optimizer.Scan
	terms  bool // see driving
	env    *env
	tables []*hashJoin
	bounds []store.ID // the last values of all pieces but the last in the column that the scan is cut by
	slot   int        // of that column, or -1
}

// piecesCost is what a plan costs at least for it to be computed in pieces, and pieceRows how many rows its scan has.
const (
	piecesCost = 2e6
	pieceRows  = 4 * batchSize
	pieceCount = 8
)

// errWhole: a plan cannot be computed in pieces, which showed while doing so.
var errWhole = errors.New("not in pieces")

// newCut cuts a plan; it is nil where that is not possible or not worth it. With terms, pieces may look at terms, as parts of the query do.
func (q *Query) newCut(n optimizer.Node, terms bool) (*cut, error) {
	c := &cut{q: q, node: n, scan: driving(n, terms), terms: terms, env: &env{tables: map[*optimizer.HashJoin]*joinTable{}}}
	if c.scan == nil || !q.worthPieces(n, c.scan) {
		return nil, nil
	}
	if err := c.findBounds(); err != nil || len(c.bounds) == 0 {
		return nil, err
	}
	return c, nil
}

// worthPieces reports whether a plan does so much.
func (q *Query) worthPieces(n optimizer.Node, s *optimizer.Scan) bool {
	return q.smallPieces || n.P().Cost >= piecesCost && s.Rows >= pieceRows
}

// cuttable reports whether nothing outside of a plan gives it values.
func (e *env) cuttable() bool {
	return e.params == nil && e.input == nil && e.tables == nil && e.graph == 0 && !e.few && e.effort == nil
}

// driving is the scan that the rows of a plan come from one after the other, or nil where a part of the plan does more with it than
// operators that are safe to run side by side do: those that look at IDs only or, with terms, test conditions that depend on nothing but
// values.
func driving(n optimizer.Node, terms bool) *optimizer.Scan {
	n, s := driver(n, terms)
	for n != nil {
		n, s = driver(n, terms)
	}
	return s
}

// driving is that of a plan, with terms. It remembers what it found, since it is asked for every operator of a plan while they are made.
func (q *Query) driving(n optimizer.Node) *optimizer.Scan {
	s, known := q.drivers[n]
	if known {
		return s
	}
	var in optimizer.Node
	if in, s = driver(n, true); in != nil {
		s = q.driving(in)
	}
	if q.drivers == nil {
		q.drivers = map[optimizer.Node]*optimizer.Scan{}
	}
	q.drivers[n] = s
	return s
}

// driver is the part of a plan that has its driving scan, or that scan itself, or neither.
func driver(n optimizer.Node, terms bool) (optimizer.Node, *optimizer.Scan) {
	switch n := n.(type) {
	case *optimizer.Scan:
		if n.Prefix <= 2 && n.Parts == nil && n.Order.Positions()[n.Prefix] != store.G {
			return nil, n
		}
	case *optimizer.Lookup:
		if len(n.Conds) == 0 || terms && pure(n.Conds) {
			return n.In, nil
		}
	case *optimizer.HashJoin:
		common := n.L.P().Maybe.Intersect(n.R.P().Maybe)
		if (len(n.Conds) == 0 || terms && pure(n.Conds)) && common.In(n.L.P().Certain) {
			return n.L, nil
		}
	case *optimizer.Filter:
		if slices.ContainsFunc(n.Conds, func(c *optimizer.Cond) bool {
			return c.Test == nil || !c.Test.Total() && !isLanguage(c) || !n.In.P().Certain.Has(c.Slots[0])
		}) && !(terms && pure(n.Conds)) { // once: a filter may have tens of thousands of conditions
			return nil, nil
		}
		return n.In, nil
	case *optimizer.Extend:
		if _, plain := plainVar(n.Expr); plain || !terms && n.Expr.ByID != nil && (n.Expr.Test == nil || n.Expr.Test.Total()) {
			return n.In, nil
		}
	case *optimizer.Project:
		return n.In, nil
	case *optimizer.Distinct: // no row is in two pieces
		if s := driving(n.In, terms); s != nil && terms {
			if r := s.Pattern.At(s.Order.Positions()[s.Prefix]); r.IsVar() && slices.Contains(n.Slots, r.Slot) {
				return nil, s
			}
		}
	}
	return nil, nil
}

// pure reports whether conditions depend on nothing but values of their variables.
func pure(conds []*optimizer.Cond) bool {
	return !slices.ContainsFunc(conds, func(c *optimizer.Cond) bool { return !c.Pure || c.Program == nil })
}

// isLanguage reports whether a condition compares a language tag with a string, which few IDs do not tell.
func isLanguage(c *optimizer.Cond) bool {
	x, ok := c.Expr.(*algebra.Call)
	return ok && (x.Func == "=" || x.Func == "!=") && slices.ContainsFunc(x.Args, func(a algebra.Expr) bool {
		l, ok := a.(*algebra.Call)
		return ok && l.Func == "LANG"
	})
}

// close frees the tables, once the pieces have been closed.
func (c *cut) close() {
	for _, j := range c.tables {
		j.close()
	}
}

// scanOf is the scan of a piece.
func (c *cut) scanOf(piece int) *optimizer.Scan {
	scan := *c.scan
	if piece > 0 {
		scan.Lo = c.bounds[piece-1] + 1
	}
	if piece < len(c.bounds) {
		scan.Hi = c.bounds[piece]
	}
	return &scan
}

// makeTables makes the tables of the hash joins in a plan.
func (c *cut) makeTables(n optimizer.Node) error {
	switch n := n.(type) {
	case *optimizer.HashJoin:
		if err := c.makeTables(n.L); err != nil {
			return err
		}
		right, err := c.q.buildRight(n)
		if err != nil {
			return err
		}
		j := newHashJoin(c.q, n, empty{}, right, &env{}).(*hashJoin)
		c.tables = append(c.tables, j)
		if err := j.build(); err != nil {
			return err
		}
		if j.files != nil {
			return errWhole
		}
		for _, part := range j.parts { // left rows bind all common variables, so they ask each part by what it binds
			if _, err := j.index(part, part.mask); err != nil {
				return err
			}
		}
		c.env.tables[n] = j.joinTable
	case *optimizer.Distinct:
		return c.makeTables(n.In)
	case *optimizer.Lookup:
		return c.makeTables(n.In)
	case *optimizer.Filter:
		return c.makeTables(n.In)
	case *optimizer.Extend:
		return c.makeTables(n.In)
	case *optimizer.Project:
		return c.makeTables(n.In)
	}
	return nil
}

// buildRight makes the operators of the right side of a join.
func (q *Query) buildRight(n *optimizer.HashJoin) (operator, error) {
	e := &env{}
	limited, blocked := q.limited, q.blocked
	defer func() { q.limited, q.blocked = limited, blocked }()
	q.enter(n, 1)
	op, err := q.build(n.R, e)
	if err == nil && q.gathered(n, 1, n.R, e) {
		op = newPiecewise(q, n.R, op)
	}
	return op, err
}

// build makes the operators of a piece of the scan for a query, which may be a part of that of the cut.
func (c *cut) build(q *Query, n optimizer.Node, scan *optimizer.Scan) (op operator) {
	switch n := n.(type) {
	case *optimizer.Scan:
		op = newScan(q, scan, c.env)
	case *optimizer.Lookup:
		op = newLookup(q, n, c.build(q, n.In, scan), c.env)
	case *optimizer.HashJoin:
		op = newHashJoin(q, n, c.build(q, n.L, scan), empty{}, c.env)
	case *optimizer.Filter:
		f := newFilter(q, n, c.build(q, n.In, scan), c.env).(*filter)
		for _, e := range f.conds.conds {
			e.onlyIDs = !c.terms
		}
		op = f
	case *optimizer.Extend:
		x := newExtend(q, n, c.build(q, n.In, scan), c.env).(*extend)
		x.onlyIDs = true
		op = x
	case *optimizer.Project:
		op = newProject(q, n, c.build(q, n.In, scan))
	case *optimizer.Distinct:
		op = newDistinct(q, n, c.build(q, n.In, scan))
	}
	if q.chop {
		op = &chopped{in: op}
	}
	return op
}

// findBounds finds the bounds; there are none where the scan has too few values.
func (c *cut) findBounds() error {
	s := c.scan
	a := newAccess(&s.Pattern, s.Order, s.Prefix, c.env)
	c.slot = a.slots[s.Prefix]
	if a.none || len(a.prefix) != s.Prefix {
		return nil
	}
	snap, r := c.q.snap, store.Range{Order: s.Order, Prefix: a.prefix, Lo: s.Lo, Hi: s.Hi}
	total, err := snap.Count(r)
	if err != nil || total < 2 {
		return err
	}
	cursor := snap.Scan(c.q.ctx, r, 1<<s.Prefix)
	defer cursor.Close()
	b, err := cursor.Next()
	if err != nil || b.Len == 0 {
		return err
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
			return err
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
				return err
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
		c.bounds = append(c.bounds, hi)
		from, have = hi+1, n
	}
	return nil
}
