package exec

import (
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// applyRows is about how many rows of its input an apply takes at a time.
const applyRows = 4 * batchSize

// apply runs its right side for a run of rows of its input at a time: the right side begins with these rows (its Input nodes)
// and extends them.
type apply struct {
	q     *Query
	node  *optimizer.Apply
	in    operator
	env   env
	right operator

	rows    *batch
	rowIDs  []store.ID
	end     bool
	matched []bool
	marks   []store.ID
	flush   bool
	want    int // how many rows it takes next
	held    held
	kept    []int32
	comp    compactor
}

func newApply(q *Query, n *optimizer.Apply, in operator, e *env) operator {
	a := &apply{q: q, node: n, in: in, env: *e, held: held{m: q.memory}, want: 1}
	if a.env.tables == nil {
		a.env.tables = map[*optimizer.HashJoin]*joinTable{}
	}
	return a
}

func (a *apply) close() {
	a.in.close()
	a.held.release()
	if a.right != nil {
		a.right.close()
		a.right = nil
	}
}

// fill collects rows of the input, few at first for those who want only the first results.
func (a *apply) fill() error {
	want := a.want
	if a.want = applyRows; a.env.few {
		a.want = min(applyRows, max(firstBatch, want*batchGrowth))
	}
	a.held.release()
	t := newTable(a.q.width)
	b := newBatch(a.q.width)
	for t.n < want {
		if err := a.q.check(); err != nil {
			return err
		}
		if err := a.in.next(b); err != nil {
			return err
		}
		if b.n == 0 {
			a.end = true
			break
		}
		if err := a.held.grow(t.add(b)); err != nil {
			return err
		}
	}
	if t.n == 0 {
		return nil
	}
	a.rows = &batch{n: t.n, cols: t.cols}
	a.rowIDs = resize(a.rowIDs, t.n)
	for i := range a.rowIDs {
		a.rowIDs[i] = store.ID(i)
	}
	if a.node.Row >= 0 {
		a.rows.cols[a.node.Row] = a.rowIDs
	}
	if a.node.Kind != optimizer.Inner {
		a.matched = resize(a.matched, t.n)
		clear(a.matched)
	}
	a.env.input = a.rows
	var err error
	a.right, err = a.q.build(a.node.Right, &a.env)
	return err
}

func (a *apply) next(b *batch) error {
	for {
		if a.flush {
			a.flush = false
			a.yieldByMatch(b)
			if b.n > 0 {
				return nil
			}
			continue
		}
		if a.right == nil {
			if a.end {
				b.reset()
				return nil
			}
			if err := a.fill(); err != nil {
				return err
			}
			continue
		}
		if err := a.right.next(b); err != nil {
			return err
		}
		if b.n == 0 {
			a.right.close()
			a.right = nil
			a.flush = a.node.Kind != optimizer.Inner
			continue
		}
		if a.node.Kind == optimizer.Inner {
			return nil
		}
		for _, r := range b.cols[a.node.Row][:b.n] {
			a.matched[r] = true
		}
		b.cols[a.node.Row] = nil
		if a.node.Kind == optimizer.Left {
			return nil
		}
	}
}

func (a *apply) yieldByMatch(b *batch) {
	if a.node.Kind == optimizer.Mark {
		a.yieldMarked(b)
		return
	}
	want := a.node.Kind == optimizer.Semi
	a.kept = a.kept[:0]
	for i, m := range a.matched {
		if m == want {
			a.kept = append(a.kept, int32(i))
		}
	}
	b.n = a.rows.n
	copy(b.cols, a.rows.cols)
	b.cols[a.node.Row] = nil
	a.comp.keep(b, a.kept)
}

// yieldMarked yields all rows with whether they have a match.
func (a *apply) yieldMarked(b *batch) {
	b.reset()
	b.n = a.rows.n
	copy(b.cols, a.rows.cols)
	b.cols[a.node.Row] = nil
	a.marks = resize(a.marks, b.n)
	for i, m := range a.matched {
		a.marks[i] = store.InlineBoolean(m)
	}
	b.cols[a.node.Mark] = a.marks
}

// input yields the rows of the enclosing apply, in batches.
type input struct {
	rows *batch
	at   int
}

func (i *input) next(b *batch) error {
	b.reset()
	b.n = min(batchSize, i.rows.n-i.at)
	if b.n == 0 {
		return nil
	}
	for s, col := range i.rows.cols {
		if col != nil {
			b.cols[s] = col[i.at : i.at+b.n]
		}
	}
	i.at += b.n
	return nil
}

func (i *input) close() {}

// dependsOnInput reports whether a plan has an Input node in it that is not of an apply in the plan itself.
func dependsOnInput(n optimizer.Node) bool {
	switch n := n.(type) {
	case *optimizer.Input:
		return true
	case *optimizer.Apply:
		return dependsOnInput(n.In)
	}
	for _, c := range optimizer.Children(n) {
		if dependsOnInput(c) {
			return true
		}
	}
	return false
}
