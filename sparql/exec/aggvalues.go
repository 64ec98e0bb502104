package exec

import (
	"errors"
	"fmt"

	"triplestore/sparql/expr"
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// generic computes any aggregate over decoded values.
type generic struct {
	q     *Query
	node  *optimizer.Group
	agg   *optimizer.Aggregate
	args  []*evaluator
	held  *held
	accs  []expr.Accumulator
	vals  []expr.Value
	plain bool // the argument is a variable: there is nothing to compute
	// known are the arguments in the rows of a batch, where they are known beforehand.
	known [][]argument
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
	if err := a.prepare(b); err != nil {
		return err
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

// prepare computes the arguments in all rows of a batch, or decodes what they need.
func (a *generic) prepare(b *batch) error {
	a.known = resize(a.known, len(a.args))
	for i, e := range a.args {
		var err error
		if a.known[i] = nil; !a.plain {
			a.known[i], err = e.together(b, nil)
		}
		if err == nil && a.known[i] == nil {
			err = e.prepare(b, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addRow takes one row of a batch that is prepared.
func (a *generic) addRow(b *batch, row, g, n int) error {
	acc, err := a.acc(g, n)
	if err != nil {
		return err
	}
	a.vals = a.vals[:0]
	var bad error
	for i, e := range a.args {
		var x argument
		if values := a.known[i]; values != nil {
			x = values[row]
		} else {
			e.view.b = b
			if x.value, x.ok, err = e.eval(row); err != nil {
				return err
			}
		}
		if !x.ok || x.value.IsZero() {
			bad = expr.ErrExpr
		}
		a.vals = append(a.vals, x.value)
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
			if err := a.prepare(b); err != nil {
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

// handOver gives what a group has so far to an accumulator. An average needs only the right sum and count.
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
		return addSum(acc, expr.Integer(s.sum), s.count, a.fn)
	}
	return nil
}

// addSum gives an accumulator of SUM or AVG n values at once.
func addSum(acc expr.Accumulator, sum expr.Value, n int64, fn string) error {
	if !expr.AddSum(acc, sum, n) {
		return fmt.Errorf("%s has no sum", fn)
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
