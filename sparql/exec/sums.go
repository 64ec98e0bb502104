package exec

import (
	"triplestore/sparql/expr"
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// sums is SUM or AVG of an expression of one variable. What the expression is for a term is kept as a number, as long as that pays; a group has a
// running sum for as long as it has nothing but integers, or nothing but doubles, and an accumulator from when something else comes. The
// cache of the general way keeps the values that are no such numbers.
type sums struct {
	*generic
	states []sumState
	values []number // by row
	fresh  []int32
	ids    []store.ID
	cache  *numberCache // nil once it does not pay
	others int          // values that are neither, nor errors
	asked  int
	off    bool // the general way for everything
}

type sumState struct {
	n       int64
	whole   int64
	double  float64
	kind    numberKind
	general bool
}

// number is a value that can be added up without making a Value of it.
type number struct {
	kind   numberKind
	whole  int64
	double float64
}

type numberKind uint8

const (
	numberOther numberKind = iota
	numberWhole
	numberDouble
	numberError
	numberOfRow // that of the row whole, which is being computed
)

func numberOf(v *expr.Value) number {
	if v.IsZero() {
		return number{kind: numberError}
	}
	if n, ok := v.Int64(); ok {
		return number{kind: numberWhole, whole: n}
	}
	if f, ok := v.Float64(); ok {
		return number{kind: numberDouble, double: f}
	}
	return number{}
}

// sumsOf gives nil for what is another aggregate.
func sumsOf(g *generic, a *optimizer.Aggregate) *sums {
	if a.Distinct || a.Func != "SUM" && a.Func != "AVG" || g.cache == nil {
		return nil
	}
	return &sums{generic: g, cache: &numberCache{held: held{m: g.q.memory}}}
}

func (a *sums) add(b *batch, numbers []int32, n int) error {
	col := b.cols[a.args[0].cond.Slots[0]]
	if a.off || len(numbers) == 0 {
		return a.generic.add(b, numbers, n)
	}
	a.states = grow(a.states, n)
	if col == nil { // as in a branch of UNION that does not bind it
		for _, g := range numbers {
			if err := a.handOver(int(g), n); err != nil {
				return err
			}
		}
		return a.generic.add(b, numbers, n)
	}
	if err := a.evaluate(b, col); err != nil {
		return err
	}
	prepared := false
	for i, g := range numbers {
		s := &a.states[g]
		if !s.general && s.take(&a.values[i]) {
			continue
		}
		if err := a.handOver(int(g), n); err != nil {
			return err
		}
		known, err := a.addValue(&a.values[i], col[i], int(g), n)
		if err != nil {
			return err
		}
		if !known {
			if !prepared {
				prepared = true
				if err := a.prepare(b); err != nil {
					return err
				}
			}
			if err := a.addRow(b, i, int(g), n); err != nil {
				return err
			}
		}
		if i&63 == 63 {
			if err := a.q.check(); err != nil {
				return err
			}
		}
	}
	if a.asked += len(numbers); a.asked > judgeArguments && a.others > a.asked/8 {
		a.off = true
		a.release()
		for g := range a.states {
			if err := a.handOver(g, n); err != nil {
				return err
			}
			if g&4095 == 4095 {
				if err := a.q.check(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// addValue gives what the expression is for a term to the accumulator of a group. It reports whether that is known.
func (a *sums) addValue(x *number, id store.ID, g, n int) (bool, error) {
	var v expr.Value
	var bad error
	switch x.kind {
	case numberWhole:
		v = expr.Integer(x.whole)
	case numberDouble:
		v = expr.Double(x.double)
	case numberError:
		bad = expr.ErrExpr
	default:
		if a.generic.cache == nil {
			return false, nil
		}
		other, ok := a.generic.cache.known[id]
		if !ok {
			return false, nil
		}
		v = other.value
	}
	acc, err := a.acc(g, n)
	if err != nil {
		return false, err
	}
	a.vals = append(a.vals[:0], v)
	acc.Add(a.vals, bad) // of a sum, which does not grow
	return true, nil
}

// remember keeps a value that is no number, if there is room.
func (a *sums) remember(id store.ID, v *expr.Value) {
	c := a.generic.cache
	if c == nil || len(c.known) >= mostArguments {
		return
	}
	if _, ok := c.known[id]; !ok && c.room(argumentBytes+v.Size()) {
		c.known[id] = argument{value: *v, ok: true}
	}
}

// take adds a number to a group, unless that has others or has become too great.
func (s *sumState) take(x *number) bool {
	if s.n > 0 && s.kind != x.kind {
		return false
	}
	switch x.kind {
	case numberWhole:
		sum := s.whole + x.whole
		if (sum > s.whole) != (x.whole > 0) {
			return false
		}
		s.whole = sum
	case numberDouble:
		s.double += x.double
	default:
		return false
	}
	s.kind = x.kind
	s.n++
	return true
}

// evaluate finds what the expression is in all rows of a batch.
func (a *sums) evaluate(b *batch, col []store.ID) error {
	a.values = resize(a.values, b.n)
	a.fresh = a.fresh[:0]
	for i, id := range col[:b.n] {
		if i > 0 && id == col[i-1] {
			continue
		}
		if a.cache != nil {
			var ok bool
			if a.values[i], ok = a.cache.get(id); ok {
				continue
			}
			a.cache.put(id, number{kind: numberOfRow, whole: int64(i)})
		}
		a.fresh = append(a.fresh, int32(i))
	}
	if err := a.compute(b, col); err != nil {
		return err
	}
	if a.cache != nil {
		for _, r := range a.fresh {
			a.cache.put(col[r], a.values[r])
		}
		if !a.cache.pays(b.n, b.n-len(a.fresh)) {
			a.release()
		}
	}
	for i, id := range col[:b.n] {
		if x := &a.values[i]; i > 0 && id == col[i-1] {
			*x = a.values[i-1]
		} else if x.kind == numberOfRow {
			*x = a.values[x.whole]
		}
		if a.values[i].kind == numberOther {
			a.others++
		}
	}
	return nil
}

// compute evaluates the expression in the fresh rows.
func (a *sums) compute(b *batch, col []store.ID) error {
	if len(a.fresh) == 0 {
		return nil
	}
	e := a.args[0]
	if d := e.cond.Direct; d != nil && (d.IsCount() || d.IsFloat()) {
		a.ids = gather(a.ids, col, a.fresh)
		e.terms = resize(e.terms, len(a.ids))
		if err := a.q.terms.decode(a.ids, e.terms, &e.scratch); err != nil {
			return err
		}
		for i, r := range a.fresh {
			if i&63 == 63 {
				if err := a.q.check(); err != nil {
					return err
				}
			}
			x, ok, err := number{kind: numberWhole}, false, error(nil)
			if d.IsCount() {
				x.whole, ok, err = d.Count(a.q.expr, &e.terms[i])
			} else {
				x.kind = numberDouble
				x.double, ok, err = d.Float(a.q.expr, &e.terms[i])
			}
			if err != nil {
				return err
			}
			if a.values[r] = x; !ok {
				a.values[r] = number{kind: numberError}
			}
		}
		return nil
	}
	if err := e.prepare(b, a.fresh); err != nil {
		return err
	}
	for i, r := range a.fresh {
		if i&7 == 7 {
			if err := a.q.check(); err != nil {
				return err
			}
		}
		v, ok, err := e.eval(int(r))
		if err != nil {
			return err
		}
		if a.values[r] = (number{kind: numberError}); ok {
			a.values[r] = numberOf(&v)
		}
		if a.values[r].kind == numberOther {
			a.remember(col[r], &v)
		}
	}
	return nil
}

// handOver gives what a group has so far to an accumulator.
func (a *sums) handOver(g, n int) error {
	s := &a.states[g]
	if s.general {
		return nil
	}
	s.general = true
	if s.n == 0 {
		return nil
	}
	acc, err := a.acc(g, n)
	if err != nil {
		return err
	}
	sum := expr.Integer(s.whole)
	if s.kind == numberDouble {
		sum = expr.Double(s.double)
	}
	return addSum(acc, sum, s.n, a.agg.Func)
}

func (a *sums) result(g int) (store.ID, error) {
	a.states = grow(a.states, g+1)
	if s := &a.states[g]; !s.general && s.n > 0 {
		if s.kind == numberWhole && a.agg.Func == "SUM" {
			return a.q.integer(s.whole)
		}
		if err := a.handOver(g, g+1); err != nil {
			return 0, err
		}
	}
	return a.generic.result(g)
}

// release gives the cache back.
func (a *sums) release() {
	if a.cache != nil {
		a.cache.held.release()
		a.cache = nil
	}
}

// numberCache remembers numbers by ID: of IDs that fall into the same place, the last.
type numberCache struct {
	slots       []rememberedNumber
	n           int // of slots that were filled, repeatedly too
	asked, hits int
	held        held
	full        bool
}

type rememberedNumber struct {
	id    store.ID
	value number
}

// The least and the greatest number of slots, and what one takes.
const (
	fewNumbers          = 1 << 9
	manyNumbers         = 1 << 15
	bytesRememberedEach = 32
)

func (c *numberCache) get(id store.ID) (number, bool) {
	if c.slots == nil || id == store.NoID {
		return number{}, false
	}
	s := &c.slots[hashOne(id)&uint64(len(c.slots)-1)]
	return s.value, s.id == id
}

func (c *numberCache) put(id store.ID, x number) {
	if c.n >= len(c.slots)/2 && len(c.slots) < manyNumbers && !c.full {
		old := c.slots
		size := max(fewNumbers, 4*len(old))
		if c.full = !c.held.spare(int64(size-len(old)) * bytesRememberedEach); !c.full {
			c.slots = make([]rememberedNumber, size)
			for _, s := range old {
				c.slots[hashOne(s.id)&uint64(size-1)] = s
			}
		}
	}
	if c.slots != nil {
		c.n++
		c.slots[hashOne(id)&uint64(len(c.slots)-1)] = rememberedNumber{id, x}
	}
}

// pays counts, and reports whether enough values come again.
func (c *numberCache) pays(asked, hits int) bool {
	c.asked += asked
	c.hits += hits
	return c.asked < judgeArguments || c.hits >= c.asked/8
}
