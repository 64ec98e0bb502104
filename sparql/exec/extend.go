package exec

import (
	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/expr"
	"triplestore/sparql/idexpr"
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// extend binds a slot to the value of an expression.
type extend struct {
	q    *Query
	node *optimizer.Extend
	in   operator
	eval *evaluator
	env  *env
	col  []store.ID
	// cache keeps results by the ID of the only slot.
	cache map[store.ID]store.ID
	keys  []store.ID // of the rows of a batch
	fresh []int32    // rows whose result the cache does not have
	// direct computes it from the term of the only slot; or nil.
	direct *expr.Direct
	ids    []store.ID
	terms  []rdf.Term
	// asked and hits tell whether the cache pays.
	asked, hits int
	held        held
	memo        *remembered // or nil
	fixed       store.ID    // of a constant
	// langs are the IDs of language tags as strings, by Aux.
	langs  []store.ID
	noLang store.ID

	rows []int32
	comp compactor

	onlyIDs bool                  // of pieces: nothing is computed from terms
	unclear bool                  // IDs do not tell the value
	classes map[store.ID]store.ID // datatypes, see datatypeClass
}

func newExtend(q *Query, n *optimizer.Extend, in operator, e *env) operator {
	x := &extend{q: q, node: n, in: in, eval: newEvaluator(q, n.Expr, e), env: e, held: held{m: q.memory}}
	switch c := n.Expr; {
	case ofOne(c):
		x.cache = map[store.ID]store.ID{}
		if d := c.Direct; d != nil && x.eval.judged && (d.IsText() || d.IsCount()) {
			x.direct = d
		}
	case c.Pure && c.Program != nil && len(c.Slots) > 1 && len(c.Slots) <= 4 && e.params == nil:
		x.memo = &remembered{keys: newKeySet(len(c.Slots))}
	}
	return x
}

func (x *extend) next(b *batch) error {
	for {
		if err := x.in.next(b); err != nil || b.n == 0 {
			return err
		}
		if err := x.compute(b); err != nil {
			return err
		}
		b.cols[x.node.Slot] = x.col
		if x.env.params == nil || x.env.params[x.node.Slot] == store.NoID {
			return nil
		}
		// The solution that this is evaluated for has a value for the variable: others do not count.
		x.rows = x.rows[:0]
		for i, id := range x.col {
			if id == store.NoID || id == x.env.params[x.node.Slot] {
				x.rows = append(x.rows, int32(i))
			}
		}
		if x.comp.keep(b, x.rows); b.n > 0 {
			return nil
		}
	}
}

func (x *extend) compute(b *batch) error {
	x.col = resize(x.col, b.n)
	if v, ok := plainVar(x.node.Expr); ok {
		x.eval.view.b = b
		for i := range x.col {
			x.eval.view.row = i
			x.col[i] = x.eval.view.id(v)
		}
		return nil
	}
	if done, err := x.languages(b); done || err != nil {
		return err
	}
	if isDatatype(x.node.Expr) && x.env.params == nil && !x.onlyIDs {
		return x.datatypes(b)
	}
	if x.node.Expr.ByID != nil && !x.unclear {
		return x.fromIDs(b)
	}
	if x.onlyIDs {
		return errWhole
	}
	if done, err := x.constant(); done || err != nil {
		return err
	}
	if done, err := x.remembered(b); done || err != nil {
		return err
	}
	if x.cache == nil || !x.renew(b) {
		return x.each(b, nil, func(r int, id store.ID) { x.col[r] = id })
	}
	if err := x.fill(b, x.fresh); err != nil {
		return err
	}
	for _, r := range x.fresh {
		x.cache[x.keys[r]] = x.col[r]
	}
	for i, key := range x.keys {
		if i > 0 && key == x.keys[i-1] {
			x.col[i] = x.col[i-1]
		} else {
			x.col[i] = x.cache[key]
		}
	}
	return nil
}

// fill computes the values in some rows by the expression.
func (x *extend) fill(b *batch, rows []int32) error {
	if len(rows) == 0 {
		return nil
	}
	return x.each(b, rows, func(r int, id store.ID) { x.col[r] = id })
}

// each computes the values in some rows, all where rows is nil, by the expression. They get their IDs in the order of the rows.
func (x *extend) each(b *batch, rows []int32, set func(r int, id store.ID)) error {
	n := len(rows)
	if rows == nil {
		n = b.n
	}
	if n == 0 {
		return nil
	}
	var values []argument
	var err error
	if x.direct == nil {
		values, err = x.eval.together(b, rows)
	}
	if err == nil && values == nil {
		err = x.decode(b, rows)
	}
	if err != nil {
		return err
	}
	for i := range n {
		if i&7 == 7 {
			if err := x.q.check(); err != nil {
				return err
			}
		}
		r := i
		if rows != nil {
			r = int(rows[i])
		}
		var id store.ID
		if values != nil {
			id, err = x.idOf(&values[i])
		} else {
			id, err = x.value(r)
		}
		if err != nil {
			return err
		}
		set(r, id)
	}
	return nil
}

// value computes the value in a row that is decoded, which may be one that is only shown.
func (x *extend) value(r int) (store.ID, error) {
	if x.direct != nil {
		return x.fromTerm(&x.eval.terms[r])
	}
	v, ok, err := x.eval.eval(r)
	if err != nil {
		return store.NoID, err
	}
	return x.idOf(&argument{v, ok})
}

// idOf is the ID of a value.
func (x *extend) idOf(v *argument) (store.ID, error) {
	if !v.ok || v.value.IsZero() {
		return store.NoID, nil
	}
	return x.q.computed(v.value.Term(), x.node, x.node.Slot)
}

// constant fills the column with a term that the query says.
func (x *extend) constant() (done bool, err error) {
	c, ok := x.node.Expr.Expr.(*algebra.Const)
	if !ok {
		return false, nil
	}
	if x.fixed == store.NoID {
		if x.fixed, err = x.q.computed(c.Term, x.node, x.node.Slot); err != nil {
			return false, err
		}
	}
	for i := range x.col {
		x.col[i] = x.fixed
	}
	return true, nil
}

// remembered computes an expression of two variables or more once for each combination of their values, as long as these come again.
func (x *extend) remembered(b *batch) (done bool, err error) {
	m := x.memo
	if m == nil {
		return false, nil
	}
	m.cols = m.cols[:0]
	for _, s := range x.node.Expr.Slots {
		m.cols = append(m.cols, b.cols[s])
	}
	m.numbers = resize(m.numbers, b.n)
	size := m.keys.bytes()
	m.hashes = m.keys.addColumns(m.cols, b.n, m.numbers, m.hashes)
	x.fresh = x.fresh[:0]
	for i, n := range m.numbers {
		if int(n) == len(m.values)+len(x.fresh) {
			x.fresh = append(x.fresh, int32(i))
		}
	}
	m.asked += b.n
	if m.asked > judgeArguments && len(m.values)+len(x.fresh) > m.asked/8*7 || m.keys.n > mostRemembered || !x.held.spare(m.keys.bytes()-size+8*int64(len(x.fresh))) {
		x.memo = nil
		x.held.release()
		return false, nil
	}
	if len(x.fresh) > 0 {
		if err := x.each(b, x.fresh, func(_ int, id store.ID) { m.values = append(m.values, id) }); err != nil {
			return false, err
		}
	}
	for i, n := range m.numbers {
		x.col[i] = m.values[n]
	}
	return true, nil
}

// remembered are values of an expression by combinations of those of its variables.
type remembered struct {
	keys    *keySet
	values  []store.ID // by number of the key
	cols    [][]store.ID
	numbers []int32
	hashes  []uint64
	asked   int
}

// mostRemembered is how many combinations are kept.
const mostRemembered = 1 << 16

// fromIDs computes what IDs tell, and the rest by the expression. Once they tell nothing of a whole batch, they are not asked any more.
func (x *extend) fromIDs(b *batch) error {
	e := x.eval
	unknown := e.ids.unknown[:0]
	for i, id := range e.ids.eval(x.node.Expr.ByID, b, nil, x.env) {
		x.col[i] = id
		if id == idexpr.Unknown {
			unknown = append(unknown, int32(i))
		}
	}
	e.ids.unknown = unknown
	switch {
	case len(unknown) == 0:
		return nil
	case x.onlyIDs:
		return errWhole
	case len(unknown) == b.n && b.n > 1:
		x.unclear = true
		return x.compute(b)
	}
	return x.fill(b, unknown)
}

// isDatatype reports whether an expression is DATATYPE(?x).
func isDatatype(e *optimizer.Cond) bool {
	c, ok := e.Expr.(*algebra.Call)
	if !ok || c.Func != "DATATYPE" || len(c.Args) != 1 {
		return false
	}
	_, ok = c.Args[0].(*algebra.Var)
	return ok
}

// datatypes computes DATATYPE(?x), once for each class of IDs that have the same.
func (x *extend) datatypes(b *batch) error {
	col := b.cols[x.node.Expr.Slots[0]]
	if col == nil {
		clear(x.col)
		return nil
	}
	if x.classes == nil {
		x.classes = map[store.ID]store.ID{}
	}
	x.fresh = x.fresh[:0]
	var last, value store.ID
	for i, id := range col[:b.n] {
		class, ok := datatypeClass(id)
		if !ok {
			x.fresh = append(x.fresh, int32(i))
			continue
		}
		if class != last {
			var known bool
			if value, known = x.classes[class]; !known {
				if err := x.fill(b, []int32{int32(i)}); err != nil {
					return err
				}
				value = x.col[i]
				x.classes[class] = value
			}
			last = class
		}
		x.col[i] = value
	}
	return x.fill(b, x.fresh)
}

// datatypeClass is what of an ID decides about the datatype of the term; ok is false where the ID does not tell: that of a literal with a
// language depends on whether it has a base direction too.
func datatypeClass(id store.ID) (class store.ID, ok bool) {
	switch t := id.Tag(); t {
	case store.TagTyped:
		return store.MakeID(t, id.Aux(), 0), id.Aux() != store.AuxOther
	case store.TagDerived:
		d, _ := id.Derived()
		return store.MakeID(t, uint16(d), 0), true
	case store.TagLang, store.TagLocal:
		return 0, false
	default:
		return store.MakeID(t, 0, 0), true
	}
}

// languages computes LANG(?x) from IDs; done is false where the expression or an ID is something else.
func (x *extend) languages(b *batch) (done bool, err error) {
	c, ok := x.node.Expr.Expr.(*algebra.Call)
	if !ok || c.Func != "LANG" || len(x.node.Expr.Slots) != 1 || x.env.params != nil {
		return false, nil
	}
	if _, ok := c.Args[0].(*algebra.Var); !ok {
		return false, nil
	}
	col := b.cols[x.node.Expr.Slots[0]]
	if col == nil {
		return false, nil
	}
	if x.langs == nil {
		tags := x.q.snap.Languages()
		x.langs = make([]store.ID, len(tags))
		for i, tag := range tags {
			if x.langs[i], err = x.q.terms.intern(rdf.String(tag)); err != nil {
				return false, err
			}
		}
		if x.noLang, err = x.q.terms.intern(rdf.String("")); err != nil {
			return false, err
		}
	}
	for i, id := range col[:b.n] {
		switch {
		case id.Tag() == store.TagLang && int(id.Aux()) < len(x.langs) && id.Aux() != store.AuxOther:
			x.col[i] = x.langs[id.Aux()]
		case id.Tag() == store.TagLocal || id.Tag() == store.TagLang:
			return false, nil
		case id.IsLiteral():
			x.col[i] = x.noLang
		default:
			x.col[i] = store.NoID // an error
		}
	}
	return true, nil
}

// renew finds the rows whose results the cache does not have, one for each value. It reports whether the cache is of use.
func (x *extend) renew(b *batch) bool {
	if len(x.cache) >= 1<<18 {
		clear(x.cache)
		x.held.release()
	}
	x.keys, x.fresh = resize(x.keys, b.n), x.fresh[:0]
	x.eval.view.b = b
	for i := range x.keys {
		x.eval.view.row = i
		key := x.eval.view.id(x.node.Expr.Slots[0])
		x.keys[i] = key
		if i > 0 && key == x.keys[i-1] {
			continue
		}
		if _, ok := x.cache[key]; !ok {
			x.cache[key] = store.NoID
			x.fresh = append(x.fresh, int32(i))
		}
	}
	x.asked += b.n
	x.hits += b.n - len(x.fresh)
	if x.asked > 1<<12 && x.hits < x.asked/8 || !x.held.spare(int64(len(x.fresh))*32) {
		x.forget()
		return false
	}
	return true
}

// decode gets what value needs in some rows, or in all where rows is nil.
func (x *extend) decode(b *batch, rows []int32) error {
	e := x.eval
	if x.direct == nil {
		return e.prepare(b, rows)
	}
	e.view.b = b
	e.terms = resize(e.terms, b.n)
	col := b.cols[x.node.Expr.Slots[0]]
	switch {
	case col == nil:
		clear(e.terms)
		return nil
	case rows == nil:
		return x.q.terms.decode(col[:b.n], e.terms, &e.scratch)
	}
	x.ids = gather(x.ids, col, rows)
	x.terms = resize(x.terms, len(rows))
	if err := x.q.terms.decode(x.ids, x.terms, &e.scratch); err != nil {
		return err
	}
	for i, r := range rows {
		e.terms[r] = x.terms[i]
	}
	return nil
}

// fromTerm computes the value for the term of the only variable.
func (x *extend) fromTerm(t *rdf.Term) (store.ID, error) {
	c := x.q.expr
	if x.direct.IsCount() {
		n, ok, err := x.direct.Count(c, t)
		if err != nil || !ok {
			return store.NoID, err
		}
		return x.q.integer(n)
	}
	v, err := x.direct.Text(c, t)
	if err != nil || v.IsZero() {
		return store.NoID, err
	}
	return x.q.computed(v, x.node, x.node.Slot)
}

// forget does without the cache from now on.
func (x *extend) forget() {
	x.cache = nil
	x.held.release()
}

func (x *extend) close() {
	x.in.close()
	x.held.release()
	x.eval.held.release()
}

// extendRows binds slots row by row.
type extendRows struct {
	q     *Query
	node  *optimizer.ExtendRows
	in    operator
	evals []*evaluator
	cols  [][]store.ID
}

func newExtendRows(q *Query, n *optimizer.ExtendRows, in operator, e *env) operator {
	x := &extendRows{q: q, node: n, in: in, cols: make([][]store.ID, len(n.Slots))}
	for _, c := range n.Exprs {
		v := newEvaluator(q, c, e)
		v.shared = true
		x.evals = append(x.evals, v)
	}
	return x
}

func (x *extendRows) next(b *batch) error {
	if err := x.in.next(b); err != nil || b.n == 0 {
		return err
	}
	for _, v := range x.evals {
		if err := v.prepare(b, nil); err != nil {
			return err
		}
	}
	for i, s := range x.node.Slots {
		x.cols[i] = resize(x.cols[i], b.n)
		clear(x.cols[i])
		b.cols[s] = x.cols[i]
	}
	for r := range b.n {
		x.q.expr.NextRow()
		for i, v := range x.evals {
			val, ok, err := v.eval(r)
			if err != nil {
				return err
			}
			if ok && !val.IsZero() {
				if x.cols[i][r], err = x.q.computed(val.Term(), x.node, x.node.Slots[i]); err != nil {
					return err
				}
			}
		}
		if r&7 == 7 {
			if err := x.q.check(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *extendRows) close() { x.in.close() }
