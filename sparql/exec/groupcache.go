package exec

import (
	"triplestore/sparql/expr"
	"triplestore/store"
)

// argumentCache keeps what an aggregate's argument of one variable is for each term, so that it is computed once for a term that many rows have.
type argumentCache struct {
	known       map[store.ID]argument
	fresh       []int32
	asked, hits int
	held        held
}

type argument struct {
	value expr.Value
	ok    bool
}

// An argument takes about argumentBytes and what its value does; no more than mostArguments are kept, nor more than so many bytes. After
// judgeArguments rows the cache stays only where an eighth of them were known.
const (
	argumentBytes     = 160
	mostArguments     = 1 << 16
	mostArgumentBytes = 16 << 20
	judgeArguments    = 1 << 12
)

// newArgumentCache gives nil where an aggregate has another number of arguments, or its argument depends on more than one variable.
func newArgumentCache(args []*evaluator, m *memory) *argumentCache {
	if len(args) != 1 || !args[0].judged || !ofOne(args[0].cond) {
		return nil
	}
	if _, plain := plainVar(args[0].cond); plain {
		return nil
	}
	return &argumentCache{known: map[store.ID]argument{}, held: held{m: m}}
}

// room takes memory for n more bytes, unless the cache has its share.
func (c *argumentCache) room(n int64) bool {
	return c.held.n+n <= mostArgumentBytes && c.held.spare(n)
}

// learn computes the arguments of those terms in a column that are new. It reports whether the cache is of use, and whether there is memory for it.
func (c *argumentCache) learn(e *evaluator, b *batch, col []store.ID) (bool, error) {
	if len(c.known)+b.n > mostArguments || c.held.n > mostArgumentBytes/2 {
		clear(c.known)
		c.held.release()
	}
	c.fresh = c.fresh[:0]
	for i, id := range col[:b.n] {
		if i > 0 && id == col[i-1] {
			continue
		}
		if _, ok := c.known[id]; !ok {
			c.known[id] = argument{}
			c.fresh = append(c.fresh, int32(i))
		}
	}
	c.asked += b.n
	c.hits += b.n - len(c.fresh)
	if c.asked > judgeArguments && c.hits < c.asked/8 {
		return false, nil
	}
	if !c.room(int64(len(c.fresh)) * argumentBytes) {
		return false, nil
	}
	values, err := e.together(b, c.fresh)
	if err == nil && values == nil {
		err = e.prepare(b, c.fresh)
	}
	if err != nil {
		return false, err
	}
	var size int64
	for i, r := range c.fresh {
		if i&7 == 7 {
			if err := e.view.q.check(); err != nil {
				return false, err
			}
			if !c.room(size) {
				return false, nil
			}
			size = 0
		}
		var x argument
		if values != nil {
			x = values[i]
		} else {
			if x.value, x.ok, err = e.eval(int(r)); err != nil {
				return false, err
			}
			x.ok = x.ok && !x.value.IsZero()
		}
		c.known[col[r]] = x
		size += x.value.Size()
	}
	return c.room(size), nil
}

// forget does without the cache from now on.
func (a *generic) forget() {
	if a.cache != nil {
		a.cache.held.release()
		a.cache = nil
	}
}

// addKnown is add by the cache; done is false where that is of no use.
func (a *generic) addKnown(b *batch, numbers []int32, n int) (done bool, err error) {
	e := a.args[0]
	col := b.cols[e.cond.Slots[0]]
	if col == nil {
		return false, nil
	}
	if done, err = a.cache.learn(e, b, col); !done {
		a.forget()
		return false, err
	}
	a.vals = resize(a.vals, 1)
	var x argument
	for i, g := range numbers {
		if i == 0 || col[i] != col[i-1] {
			x = a.cache.known[col[i]]
		}
		acc, err := a.acc(int(g), n)
		if err != nil {
			return false, err
		}
		var bad error
		if a.vals[0] = x.value; !x.ok {
			bad = expr.ErrExpr
		}
		size := acc.Size()
		acc.Add(a.vals, bad)
		if grown := acc.Size() - size; grown > 0 {
			if err := a.held.grow(grown); err != nil {
				return false, err
			}
		}
		if i&1023 == 1023 {
			if err := a.q.check(); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}
