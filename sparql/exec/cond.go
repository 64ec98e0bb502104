package exec

import (
	"errors"

	"triplestore/sparql/algebra"
	"triplestore/sparql/expr"
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// rowView shows a row of a batch to an expression, and behind it the parameters of a correlated pattern.
type rowView struct {
	q   *Query
	b   *batch
	env *env
	row int
	err error // of the store
	// vals are decoded columns, by slot; nil where there is none.
	vals [][]expr.Value
}

// id is the ID of a slot in the row.
func (r *rowView) id(slot int) store.ID {
	if r.b != nil {
		if c := r.b.cols[slot]; c != nil && c[r.row] != store.NoID {
			return c[r.row]
		}
	}
	if r.env.params != nil {
		return r.env.params[slot]
	}
	return store.NoID
}

// Value implements expr.Row.
func (r *rowView) Value(slot int) expr.Value {
	if slot < len(r.vals) && r.vals[slot] != nil {
		return r.vals[slot][r.row]
	}
	v, err := r.q.terms.value(r.id(slot))
	if err != nil && r.err == nil {
		r.err = err
	}
	return v
}

// evaluator evaluates one expression over rows of batches.
type evaluator struct {
	cond *optimizer.Cond
	view rowView
	// cache keeps verdicts by the ID of the only slot, for expressions that cost more than a look at a map.
	cache map[store.ID]verdict
	held  held
	// shared: the caller tells when a new solution begins.
	shared  bool
	kept    [][]expr.Value // the buffers of view.vals
	scratch decodeScratch
	fresh   []int32
	// asked and hits tell whether the cache pays.
	asked, hits int
}

// verdict is what became of a condition.
type verdict uint8

const (
	verdictFalse verdict = iota
	verdictTrue
	verdictError
)

func newEvaluator(q *Query, c *optimizer.Cond, e *env) *evaluator {
	v := &evaluator{cond: c, view: rowView{q: q, env: e}, held: held{m: q.memory}}
	if len(c.Slots) == 1 && c.Pure && c.Program != nil {
		v.cache = map[store.ID]verdict{}
	}
	return v
}

// prepare decodes what the rows of b (all, where rows is nil) need for the expression, a column at a time.
func (v *evaluator) prepare(b *batch, rows []int32) error {
	v.view.b = b
	if v.cond.Program == nil {
		return nil
	}
	for _, s := range v.cond.Program.Slots() {
		col := b.cols[s]
		if col == nil || v.view.env.params != nil && v.view.env.params[s] != store.NoID {
			if s < len(v.view.vals) {
				v.view.vals[s] = nil
			}
			continue
		}
		if v.view.vals == nil {
			v.view.vals = make([][]expr.Value, len(b.cols))
			v.kept = make([][]expr.Value, len(b.cols))
		}
		v.kept[s] = resize(v.kept[s], b.n)
		v.view.vals[s] = v.kept[s]
		if err := v.view.q.terms.values(col[:b.n], rows, v.kept[s], &v.scratch); err != nil {
			return err
		}
	}
	return nil
}

// plainVar gives the slot of an expression that is a variable.
func plainVar(c *optimizer.Cond) (int, bool) {
	if _, ok := c.Expr.(*algebra.Var); ok && len(c.Slots) == 1 {
		return c.Slots[0], true
	}
	return 0, false
}

// eval evaluates the expression in a row. ok is false where it is an error of SPARQL; err is the store's or a limit's.
func (v *evaluator) eval(row int) (x expr.Value, ok bool, err error) {
	v.view.row = row
	if !v.shared {
		v.view.q.expr.NextRow()
	}
	x, err = v.cond.Program.Eval(v.view.q.expr, &v.view)
	if v.view.err != nil {
		return expr.Value{}, false, v.view.err
	}
	if err != nil {
		if errors.Is(err, expr.ErrExpr) {
			return expr.Value{}, false, nil
		}
		return expr.Value{}, false, err
	}
	return x, true, nil
}

// holds is the verdict on a row.
func (v *evaluator) holds(row int) (verdict, error) {
	var id store.ID
	if v.cache != nil {
		v.view.row = row
		id = v.view.id(v.cond.Slots[0])
		if r, ok := v.cache[id]; ok {
			return r, nil
		}
	}
	r := verdictError
	x, ok, err := v.eval(row)
	if err != nil {
		return r, err
	}
	if ok {
		switch is, err := expr.EBV(x); {
		case err != nil:
		case is:
			r = verdictTrue
		default:
			r = verdictFalse
		}
	}
	if v.cache != nil {
		v.cache[id] = r
		if err := v.held.grow(24); err != nil {
			return r, err
		}
	}
	return r, nil
}

// filter keeps those of rows for which the condition is true.
func (v *evaluator) filter(b *batch, rows []int32) ([]int32, error) {
	out := rows[:0]
	if v.cond.Test != nil {
		slot := v.cond.Slots[0]
		if col := b.cols[slot]; col != nil || v.view.env.params == nil {
			var unknown []int32
			for _, r := range rows {
				var id store.ID
				if col != nil {
					id = col[r]
				}
				switch v.cond.Test.Verdict(id) {
				case optimizer.True:
					out = append(out, r)
				case optimizer.Unknown:
					out = append(out, r)
					unknown = append(unknown, r)
				}
			}
			if unknown == nil {
				return out, nil
			}
			if err := v.prepare(b, unknown); err != nil {
				return nil, err
			}
			kept, u := out[:0], 0
			for _, r := range out {
				if u < len(unknown) && unknown[u] == r {
					if u++; u&7 == 0 {
						if err := v.view.q.check(); err != nil {
							return nil, err
						}
					}
					h, err := v.holds(int(r))
					if err != nil {
						return nil, err
					}
					if h != verdictTrue {
						continue
					}
				}
				kept = append(kept, r)
			}
			return kept, nil
		}
	}
	if err := v.prepareUncached(b, rows); err != nil {
		return nil, err
	}
	for i, r := range rows {
		if i&7 == 7 {
			if err := v.view.q.check(); err != nil {
				return nil, err
			}
		}
		h, err := v.holds(int(r))
		if err != nil {
			return nil, err
		}
		if h == verdictTrue {
			out = append(out, r)
		}
	}
	return out, nil
}

// prepareUncached prepares only the rows whose verdict the cache does not have.
func (v *evaluator) prepareUncached(b *batch, rows []int32) error {
	if len(v.cache) == 0 || b.cols[v.cond.Slots[0]] == nil {
		return v.prepare(b, rows)
	}
	if len(v.cache) >= 1<<18 {
		clear(v.cache)
		v.held.release()
	}
	col := b.cols[v.cond.Slots[0]]
	v.fresh = v.fresh[:0]
	var last store.ID
	for i, r := range rows {
		if id := col[r]; i == 0 || id != last {
			last = id
			if _, ok := v.cache[id]; !ok {
				v.fresh = append(v.fresh, r)
			}
		}
	}
	v.asked += len(rows)
	v.hits += len(rows) - len(v.fresh)
	if v.asked > 1<<12 && v.hits < v.asked/8 { // nearly every value is new: remembering them does not pay
		v.cache = nil
		v.held.release()
		return v.prepare(b, rows)
	}
	return v.prepare(b, v.fresh)
}

// condList is a conjunction.
type condList struct{ conds []*evaluator }

func newCondList(q *Query, conds []*optimizer.Cond, e *env) *condList {
	l := &condList{}
	for _, c := range conds {
		l.conds = append(l.conds, newEvaluator(q, c, e))
	}
	return l
}

// filter writes the rows of b for which all conditions are true to rows.
func (l *condList) filter(b *batch, rows *[]int32) error {
	out := resize(*rows, b.n)
	for i := range out {
		out[i] = int32(i)
	}
	var err error
	for _, c := range l.conds {
		if len(out) == 0 {
			break
		}
		if out, err = c.filter(b, out); err != nil {
			return err
		}
	}
	*rows = out
	return nil
}

func (l *condList) close() {
	for _, c := range l.conds {
		c.held.release()
	}
}

// filter keeps the rows for which its conditions hold.
type filter struct {
	in    operator
	conds *condList
	rows  []int32
	comp  compactor
}

func newFilter(q *Query, n *optimizer.Filter, in operator, e *env) operator {
	return &filter{in: in, conds: newCondList(q, n.Conds, e)}
}

func (f *filter) next(b *batch) error {
	for {
		if err := f.in.next(b); err != nil || b.n == 0 {
			return err
		}
		if err := f.conds.filter(b, &f.rows); err != nil {
			return err
		}
		if f.comp.keep(b, f.rows); b.n > 0 {
			return nil
		}
	}
}

func (f *filter) close() {
	f.in.close()
	f.conds.close()
}
