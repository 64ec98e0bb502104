package exec

import (
	"errors"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// Where only the first rows are wanted, scans, lookups and the like yield few rows at first: what one row of a plan leads to is then not computed
// for thousands. Operators that read all rows before they yield one are not concerned, nor is what is beneath them.

// fewRows is up to which LIMIT batches begin small, firstBatch how many rows the first has, batchGrowth how many times as many the next.
const (
	fewRows     = 1024
	firstBatch  = 16
	batchGrowth = 4
)

// wantsFew reports whether few of the rows of a node's input may be wanted. OFFSET makes no difference: the order of a lookup's rows depends on
// the size of batches, and pages are parts of one order.
func wantsFew(n *optimizer.Slice) bool { return n.Limit >= 0 && n.Limit <= fewRows }

// below is the environment of the i-th input of a node.
func (e *env) below(n optimizer.Node, i int) *env {
	few := e.few
	switch n := n.(type) {
	case *optimizer.Slice:
		few = few || wantsFew(n)
	case *optimizer.Sort, *optimizer.Group:
		few = false
	case *optimizer.HashJoin:
		few = few && (i == 0 || n.Rounds)
	}
	if few == e.few {
		return e
	}
	x := *e
	x.few = few
	return &x
}

// growing cuts the batches of an operator into some that are small at first.
type growing struct {
	in   operator
	now  batch
	at   int
	most int
}

// grows reports whether the batches of a node are worth cutting: those that may have many rows for little work.
func grows(n optimizer.Node) bool {
	switch n.(type) {
	case *optimizer.Scan, *optimizer.Lookup, *optimizer.Values, *optimizer.Input, *optimizer.Path, *optimizer.HashJoin, *optimizer.Shared:
		return true
	}
	return false
}

func (g *growing) next(b *batch) error {
	if g.at >= g.now.n {
		if g.most >= batchSize {
			return g.in.next(b)
		}
		if g.now.cols == nil {
			g.now.cols = make([][]store.ID, len(b.cols))
		}
		g.at = 0
		if err := g.in.next(&g.now); err != nil {
			return err
		}
	}
	b.reset()
	b.n = min(g.most, g.now.n-g.at)
	for s, col := range g.now.cols {
		if col != nil {
			b.cols[s] = col[g.at : g.at+b.n]
		}
	}
	if g.now.weights != nil {
		b.weights = g.now.weights[g.at : g.at+b.n]
	}
	g.at += b.n
	g.most *= batchGrowth
	return nil
}

func (g *growing) close() { g.in.close() }

// errEffort: a plan for the first rows has taken as much work as it may.
var errEffort = errors.New("more work than the first rows are worth")

// effort counts the work of a plan, in the optimizer's units of cost. It depends on nothing but the plan and the data, so that an answer is
// the same each time.
type effort struct{ done, limit float64 } // a limit of 0 is none

// metered counts the rows of an operator.
type metered struct {
	in     operator
	effort *effort
	perRow float64
}

// meter makes a node's operator count what its rows cost to make, where that is not told by the rows of its inputs.
func (e *env) meter(n optimizer.Node, op operator) operator {
	if e.effort == nil {
		return op
	}
	perRow := 5.0
	if len(optimizer.Children(n)) == 0 {
		perRow = perRowOf(n.P().Cost, n.P().Rows)
	}
	return &metered{in: op, effort: e.effort, perRow: perRow}
}

// charge adds what a node does with each row of its inputs.
func (e *env) charge(n optimizer.Node, inputs []operator) {
	if e.effort == nil {
		return
	}
	own, rows := n.P().Cost, 0.0
	for _, c := range optimizer.Children(n) {
		own -= c.P().Cost
		rows += c.P().Rows
	}
	for _, in := range inputs {
		if m, ok := in.(*metered); ok {
			m.perRow += perRowOf(own, rows)
		}
	}
}

// mostPerRow bounds what a row is taken to cost: estimates of few rows say little about one.
const mostPerRow = 20e3

func perRowOf(cost, rows float64) float64 { return max(0, min(cost/max(1, rows), mostPerRow)) }

func (m *metered) next(b *batch) error {
	if err := m.in.next(b); err != nil {
		return err
	}
	m.effort.done += float64(b.n) * m.perRow
	if m.effort.limit > 0 && m.effort.done > m.effort.limit {
		return errEffort
	}
	return nil
}

func (m *metered) close() { m.in.close() }

// firstRows runs the plan that is thought to give the first rows soon, and the other where these have not come when it has done more than the
// other is estimated to need for them. As long as that is not decided no row is yielded.
type firstRows struct {
	q       *Query
	node    *optimizer.FirstRows
	env     env
	held    held
	now     operator
	kept    operator // the first rows
	started bool
}

func newFirstRows(q *Query, n *optimizer.FirstRows, e *env) operator {
	return &firstRows{q: q, node: n, env: *e, held: held{m: q.memory}}
}

func (f *firstRows) next(b *batch) error {
	if !f.started {
		f.started = true
		if err := f.start(); err != nil {
			return err
		}
	}
	if f.kept != nil {
		if err := f.kept.next(b); err != nil || b.n > 0 {
			return err
		}
		f.kept = nil
	}
	if f.now == nil {
		b.reset()
		return nil
	}
	return f.now.next(b)
}

func (f *firstRows) start() error {
	defer func(limited, blocked bool) { f.q.limited, f.q.blocked = limited, blocked }(f.q.limited, f.q.blocked)
	f.q.limited, f.q.blocked = true, false // nothing on a second core that may not be wanted
	e := f.env
	e.few, e.effort = true, &effort{limit: f.node.Effort}
	e.tables = nil // an enclosing apply would take a table that was given up half made for a whole one
	var err error
	if f.now, err = f.q.build(f.node.First, &e); err != nil {
		return err
	}
	t, b := newTable(f.q.width), newBatch(f.q.width)
	for int64(t.n) < f.node.Rows {
		err := f.now.next(b)
		if errors.Is(err, errEffort) {
			f.now.close()
			f.held.release()
			e := f.env
			e.few = false
			f.now, err = f.q.build(f.node.Full, &e)
			return err
		}
		if err != nil {
			return err
		}
		if b.n == 0 {
			f.now.close()
			f.now = nil
			break
		}
		if err := f.held.grow(t.add(b)); err != nil {
			return err
		}
	}
	e.effort.limit = 0
	f.kept = rowsOf(t, 0, t.n)
	return nil
}

func (f *firstRows) close() {
	if f.now != nil {
		f.now.close()
	}
	f.held.release()
}

// tableRows yields rows of a table.
type tableRows struct {
	t       *table
	at, end int
}

func rowsOf(t *table, from, to int) operator { return &tableRows{t, from, to} }

func (r *tableRows) next(b *batch) error {
	b.reset()
	b.n = min(batchSize, r.end-r.at)
	for s, col := range r.t.cols {
		if col != nil && b.n > 0 {
			b.cols[s] = col[r.at : r.at+b.n]
		}
	}
	r.at += b.n
	return nil
}

func (r *tableRows) close() {}
