package exec

import "sync/atomic"

// valuesBytes is how much the values of a batch may take for two to compute them before they are wanted.
const valuesBytes = 8 << 20

// together evaluates the expression in some rows of a batch (all, where rows is nil) by two, if it depends on nothing but values and there is a core to
// spare. It gives nil where it does not: then the caller prepares the batch and evaluates row by row. The values are good until the next call.
func (v *evaluator) together(b *batch, rows []int32) ([]argument, error) {
	n := len(rows)
	if rows == nil {
		n = b.n
	}
	q := v.view.q
	if !v.judged || n <= judgedTogether && !(q.chop && n > 1) || q.profile != nil || !spareCore() {
		return nil, nil
	}
	if rows == nil {
		v.rest = resize(v.rest, n)
		for i := range v.rest {
			v.rest[i] = int32(i)
		}
		rows = v.rest
	}
	v.values = resize(v.values, n)
	var next, bytes atomic.Int64
	work := func(j *judge) error {
		for bytes.Load() <= valuesBytes {
			to := int(next.Add(judgedAtOnce))
			from := to - judgedAtOnce
			if from >= n {
				return nil
			}
			to = min(to, n)
			if err := j.evaluate(b, rows[from:to], v.values[from:to], &bytes); err != nil {
				return err
			}
		}
		return nil
	}
	own, helper := v.judgeOf(0), v.judgeOf(1)
	if err := together(func() error { return work(helper) }, func() error { return work(own) }); err != nil {
		return nil, err
	}
	if bytes.Load() > valuesBytes {
		clear(v.values)
		return nil, nil
	}
	return v.values, nil
}

// evaluate computes values in some rows of a batch, unless they take too much. It adds what they take to bytes.
func (j *judge) evaluate(b *batch, rows []int32, values []argument, bytes *atomic.Int64) error {
	j.gather(b, rows)
	if err := j.prepare(&j.small, nil); err != nil {
		return err
	}
	var size int64
	for i := range rows {
		v, ok, err := j.eval(i)
		if err != nil {
			return err
		}
		values[i] = argument{v, ok && !v.IsZero()}
		if size += v.Size(); i&7 == 7 || i == len(rows)-1 {
			sum := bytes.Add(size)
			if size = 0; sum > valuesBytes {
				return nil
			}
			if err := j.view.q.memory.room(sum); noMemory(err) {
				bytes.Add(valuesBytes)
				return nil
			} else if err != nil {
				return err
			}
			if err := j.view.q.check(); err != nil {
				return err
			}
		}
	}
	return nil
}
