package exec

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"triplestore/sparql/expr"
	"triplestore/store"
)

// judgedAtOnce is how many rows a judge decodes at a time, and judgedTogether from how many on a second one helps.
const (
	judgedAtOnce   = 512
	judgedTogether = 2 * judgedAtOnce
)

// judge evaluates a condition that depends on nothing but the values of a row, with a context of its own.
type judge struct {
	evaluator
	small batch
	cols  [][]store.ID
}

// judge gives the verdicts on rows. If there is a core to spare, two share the work.
func (v *evaluator) judge(b *batch, rows []int32, verdicts []verdict) error {
	var next atomic.Int64
	work := func(j *judge) error {
		for {
			to := int(next.Add(judgedAtOnce))
			from := to - judgedAtOnce
			if from >= len(rows) {
				return nil
			}
			to = min(to, len(rows))
			if err := j.rows(b, rows[from:to], verdicts[from:to]); err != nil {
				return err
			}
		}
	}
	if q := v.view.q; (len(rows) > judgedTogether || q.chop && len(rows) > 1) && q.profile == nil && spareCore() {
		own, helper := v.judgeOf(0), v.judgeOf(1)
		return together(func() error { return work(helper) }, func() error { return work(own) })
	}
	return work(v.judgeOf(0))
}

// together runs helper in a goroutine beside own and returns when both have ended. A panic of the helper goes on in the caller.
// The core that the helper has is given back.
func together(helper, own func() error) error {
	defer freeCore()
	var panicked any
	var helped error
	var done sync.WaitGroup
	done.Add(1)
	go func() {
		defer done.Done()
		defer func() {
			if p := recover(); p != nil {
				panicked = fmt.Sprintf("%v, in a helper: %s", p, debug.Stack())
			}
		}()
		helped = helper()
	}()
	err := func() error {
		defer done.Wait()
		return own()
	}()
	if panicked != nil {
		panic(panicked)
	}
	if err == nil {
		err = helped
	}
	return err
}

// judgeOf is the n-th judge of the condition.
func (v *evaluator) judgeOf(n int) *judge {
	for len(v.judges) <= n {
		q := v.view.q
		c := *q.expr
		c.Reset()
		j := &judge{evaluator: evaluator{cond: v.cond, view: rowView{q: q, env: v.view.env}, held: held{m: q.memory}, expr: &c, texts: v.texts, direct: v.direct, also: v.also},
			small: batch{cols: make([][]store.ID, q.width)}, cols: make([][]store.ID, q.width)}
		v.judges = append(v.judges, j)
	}
	return v.judges[n]
}

// gather takes some rows of a batch.
func (j *judge) gather(b *batch, rows []int32) {
	j.small.n = len(rows)
	for _, s := range j.cond.Program.Slots() {
		j.small.cols[s] = nil
		if col := b.cols[s]; col != nil {
			j.cols[s] = gather(j.cols[s], col, rows)
			j.small.cols[s] = j.cols[s]
		}
	}
}

// rows gives the verdicts on some rows of a batch.
func (j *judge) rows(b *batch, rows []int32, verdicts []verdict) error {
	j.gather(b, rows)
	if j.direct != nil {
		return j.directly(j.small.cols[j.cond.Slots[0]], verdicts[:len(rows)])
	}
	if err := j.prepare(&j.small, nil); err != nil {
		return err
	}
	if j.texts != nil {
		return j.texts.judge(&j.evaluator, verdicts[:len(rows)])
	}
	for i := range rows {
		if i&7 == 7 {
			if err := j.view.q.check(); err != nil {
				return err
			}
		}
		h, err := j.holds(i)
		if err != nil {
			return err
		}
		verdicts[i] = h
	}
	return nil
}

// directly gives the verdicts on the terms of a column.
func (j *judge) directly(col []store.ID, verdicts []verdict) error {
	j.terms = resize(j.terms, len(verdicts))
	if col == nil {
		clear(j.terms)
	} else if err := j.view.q.terms.decode(col[:len(verdicts)], j.terms, &j.scratch); err != nil {
		return err
	}
	for i := range j.terms {
		if i&7 == 7 {
			if err := j.view.q.check(); err != nil {
				return err
			}
		}
		o, err := j.direct.Test(j.expr, &j.terms[i])
		if err != nil {
			return err
		}
		for k := 0; k < len(j.also) && o == expr.True; k++ {
			if o, err = j.also[k].direct.Test(j.expr, &j.terms[i]); err != nil {
				return err
			}
		}
		verdicts[i] = verdictOf[o]
	}
	return nil
}

var verdictOf = [...]verdict{expr.False: verdictFalse, expr.True: verdictTrue, expr.Failed: verdictError}

// verdictCache remembers verdicts by ID: of IDs that fall into the same place, the last.
type verdictCache struct {
	slots       []rememberedVerdict
	n           int // of slots that were filled, repeatedly too
	asked, hits int
	held        *held
	full        bool // there is no memory for more slots
	judged      []verdict
}

type rememberedVerdict struct {
	id, other store.ID
	verdict   verdict
}

// The least and the greatest number of slots.
const (
	fewVerdicts  = 1 << 9
	manyVerdicts = 1 << 16
)

// place is that of the verdict on an ID, or on two.
func (c *verdictCache) place(id, other store.ID) *rememberedVerdict {
	h := hashOne(id)
	if other != store.NoID {
		h = hashOne(store.ID(h) ^ other)
	}
	return &c.slots[h&uint64(len(c.slots)-1)]
}

func (c *verdictCache) get(id, other store.ID) (verdict, bool) {
	if c.slots == nil {
		return verdictFalse, false
	}
	s := c.place(id, other)
	return s.verdict, s.id == id && s.other == other && id != store.NoID
}

func (c *verdictCache) put(id, other store.ID, v verdict) {
	if c.n >= len(c.slots)/2 && len(c.slots) < manyVerdicts && !c.full {
		old := c.slots
		size := max(fewVerdicts, 4*len(old))
		if c.full = !c.held.spare(int64(size-len(old)) * 24); !c.full {
			c.slots = make([]rememberedVerdict, size)
			for _, s := range old {
				*c.place(s.id, s.other) = s
			}
		}
	}
	if c.slots == nil {
		return
	}
	c.n++
	*c.place(id, other) = rememberedVerdict{id, other, v}
}

// pays counts, and reports whether enough values come again.
func (c *verdictCache) pays(asked, hits int) bool {
	c.asked += asked
	c.hits += hits
	return c.asked < 4*fewVerdicts || c.hits >= c.asked/8
}
