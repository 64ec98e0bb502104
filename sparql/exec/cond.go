package exec

import (
	"errors"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/expr"
	"triplestore/sparql/idexpr"
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
	// judged: the condition depends on nothing but the values of a row.
	judged bool
	// cache keeps verdicts by the IDs of the only slot or the two, as long as that pays.
	cache *verdictCache
	texts *textComparison
	// direct evaluates a condition that is judged from terms; or nil.
	direct *expr.Direct
	terms  []rdf.Term // of a batch, for direct
	// also are further conditions on the text of the same variable, which come next in the list: they are evaluated when a term is there. alone
	// says that they were not for all rows that the last filter kept.
	also  []*evaluator
	alone bool
	held  held
	// shared: the caller tells when a new solution begins.
	shared  bool
	kept    [][]expr.Value // the buffers of view.vals
	scratch decodeScratch
	expr    *expr.Context // nil is the query's
	onlyIDs bool          // of pieces: nothing is evaluated

	judges   []*judge
	rest     []int32
	verdicts []verdict
	values   []argument // see together
	ids      byID
}

// verdict is what became of a condition.
type verdict uint8

const (
	verdictFalse verdict = iota
	verdictTrue
	verdictError
	verdictSame // as that on the row before
)

func newEvaluator(q *Query, c *optimizer.Cond, e *env) *evaluator {
	v := &evaluator{cond: c, view: rowView{q: q, env: e}, held: held{m: q.memory}}
	v.judged = c.Pure && c.Program != nil && e.params == nil
	if v.judged && (ofOne(c) || len(c.Slots) == 2) {
		v.cache = &verdictCache{held: &v.held}
	}
	v.texts = textComparisonOf(c, q)
	if v.judged && c.Direct != nil && c.Direct.IsTest() {
		v.direct = c.Direct
	}
	return v
}

// ofOne reports whether the value of an expression depends on nothing but one variable.
func ofOne(c *optimizer.Cond) bool { return len(c.Slots) == 1 && c.Pure && c.Program != nil }

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
	c := v.expr
	if c == nil {
		c = v.view.q.expr
	}
	if !v.shared {
		c.NextRow()
	}
	x, err = v.cond.Program.Eval(c, &v.view)
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
	x, ok, err := v.eval(row)
	if err != nil || !ok {
		return verdictError, err
	}
	switch is, err := expr.EBV(x); {
	case err != nil:
		return verdictError, nil
	case is:
		return verdictTrue, nil
	}
	return verdictFalse, nil
}

// filter keeps those of rows for which the condition is true.
func (v *evaluator) filter(b *batch, rows []int32) ([]int32, error) {
	v.alone = false
	if v.cond.Test != nil {
		out := rows[:0]
		slot := v.cond.Slots[0]
		if col := b.cols[slot]; col != nil || v.view.env.params == nil {
			if col != nil && v.view.env.params != nil {
				col = v.ids.whole(slot, b, v.view.env)
			}
			var unknown []int32
			var err error
			for _, r := range rows {
				var id store.ID
				if col != nil {
					id = col[r]
				}
				switch v.cond.Test.Verdict(id) {
				case optimizer.True:
					out, v.alone = append(out, r), true
				case optimizer.Unknown:
					out = append(out, r)
					unknown = append(unknown, r)
				}
			}
			if unknown == nil {
				return out, nil
			}
			if v.onlyIDs {
				return nil, errWhole
			}
			if unknown, err = v.evaluate(b, unknown); err != nil {
				return nil, err
			}
			kept, u := out[:0], 0
			for _, r := range out {
				for u < len(unknown) && unknown[u] < r {
					u++
				}
				var id store.ID
				if col != nil {
					id = col[r]
				}
				if u < len(unknown) && unknown[u] == r || v.cond.Test.Verdict(id) == optimizer.True {
					kept = append(kept, r)
				}
			}
			return kept, nil
		}
	}
	if v.cond.ByID != nil {
		return v.filterByID(b, rows)
	}
	return v.evaluate(b, rows)
}

// filterByID is filter with a condition that IDs decide in most rows.
func (v *evaluator) filterByID(b *batch, rows []int32) ([]int32, error) {
	results := v.ids.eval(v.cond.ByID, b, rows, v.view.env)
	yes := store.InlineBoolean(true)
	out, unknown := rows[:0], v.ids.unknown[:0]
	for i, r := range rows {
		switch id := results[i]; {
		case id == yes:
			out, v.alone = append(out, r), true
		case id == idexpr.Unknown || id != store.NoID && id.Tag() != store.TagBoolean:
			unknown = append(unknown, r)
		}
	}
	v.ids.unknown = unknown
	if len(unknown) == 0 {
		return out, nil
	}
	if v.onlyIDs {
		return nil, errWhole
	}
	unknown, err := v.evaluate(b, unknown)
	if err != nil {
		return nil, err
	}
	if len(unknown) == 0 {
		return out, nil
	}
	// Both are in order, and what they were taken from has room for both.
	n := len(out)
	out = out[:n+len(unknown)]
	for i, u := n-1, len(unknown)-1; u >= 0; {
		if i >= 0 && out[i] > unknown[u] {
			out[i+u+1] = out[i]
			i--
		} else {
			out[i+u+1] = unknown[u]
			u--
		}
	}
	return out, nil
}

// evaluate is filter by the expression alone; it reuses rows.
func (v *evaluator) evaluate(b *batch, rows []int32) ([]int32, error) {
	out := rows[:0]
	if !v.judged {
		if err := v.prepare(b, rows); err != nil {
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
	v.verdicts = resize(v.verdicts, len(rows))
	var col, second []store.ID
	if v.cache != nil {
		if col = b.cols[v.cond.Slots[0]]; len(v.cond.Slots) == 2 {
			if second = b.cols[v.cond.Slots[1]]; second == nil {
				col = nil
			}
		}
	}
	if col == nil {
		if err := v.judge(b, rows, v.verdicts); err != nil {
			return nil, err
		}
	} else if err := v.remembered(b, rows, col, second); err != nil {
		return nil, err
	}
	for i, r := range rows {
		if v.verdicts[i] == verdictTrue {
			out = append(out, r)
		}
	}
	return out, nil
}

// remembered finds the verdicts on rows in the cache, and judges those that are not there. second is nil for conditions of one variable.
func (v *evaluator) remembered(b *batch, rows []int32, col, second []store.ID) error {
	v.rest = v.rest[:0]
	last := -1 // the row before
	other := store.NoID
	for i, r := range rows {
		if second != nil {
			other = second[r]
		}
		if last >= 0 && col[r] == col[last] && (second == nil || other == second[last]) {
			v.verdicts[i] = verdictSame
			continue
		}
		last = int(r)
		var known bool
		if v.verdicts[i], known = v.cache.get(col[r], other); !known {
			v.rest = append(v.rest, r)
		}
	}
	judged := resize(v.cache.judged, len(v.rest))
	v.cache.judged = judged
	if err := v.judge(b, v.rest, judged); err != nil {
		return err
	}
	at := 0
	for i, r := range rows {
		switch {
		case v.verdicts[i] == verdictSame:
			v.verdicts[i] = v.verdicts[i-1]
		case at < len(v.rest) && v.rest[at] == r:
			v.verdicts[i] = judged[at]
			if second != nil {
				other = second[r]
			}
			v.cache.put(col[r], other, judged[at])
			at++
		}
	}
	if !v.cache.pays(len(rows), len(rows)-len(v.rest)) {
		v.cache = nil
		v.held.release()
	}
	return nil
}

// condList is a conjunction.
type condList struct{ conds []*evaluator }

func newCondList(q *Query, conds []*optimizer.Cond, e *env) *condList {
	l := &condList{}
	var first *evaluator
	for _, c := range conds {
		v := newEvaluator(q, c, e)
		l.conds = append(l.conds, v)
		switch {
		case v.direct == nil:
			first = nil
		case first != nil && c.Slots[0] == first.cond.Slots[0]:
			first.also = append(first.also, v)
		default:
			first = v
		}
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
	for i := 0; i < len(l.conds) && len(out) > 0; i++ {
		c := l.conds[i]
		if out, err = c.filter(b, out); err != nil {
			return err
		}
		if !c.alone {
			i += len(c.also)
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
