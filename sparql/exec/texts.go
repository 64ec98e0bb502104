package exec

import (
	"triplestore/sparql/algebra"
	"triplestore/sparql/expr"
	"triplestore/sparql/optimizer"
)

// textComparison is the condition STR(?a) op STR(?b), by which queries tell pairs from their mirror images.
type textComparison struct {
	op   expr.Op
	a, b int // slots
}

// textComparisonOf gives nil for other conditions.
func textComparisonOf(c *optimizer.Cond, q *Query) *textComparison {
	x, ok := c.Expr.(*algebra.Call)
	if !ok || len(x.Args) != 2 || len(c.Slots) != 2 || !c.Pure {
		return nil
	}
	op, ok := expr.ParseOp(x.Func)
	if !ok {
		return nil
	}
	var names [2]string
	for i, a := range x.Args {
		str, ok := a.(*algebra.Call)
		if !ok || str.Func != "STR" || len(str.Args) != 1 {
			return nil
		}
		v, ok := str.Args[0].(*algebra.Var)
		if !ok {
			return nil
		}
		names[i] = v.Name
	}
	t := &textComparison{op: op, a: c.Slots[0], b: c.Slots[1]}
	if q.plan.Slots[t.a] != names[0] {
		t.a, t.b = t.b, t.a
	}
	if q.plan.Slots[t.a] != names[0] || q.plan.Slots[t.b] != names[1] {
		return nil
	}
	return t
}

// judge gives the verdicts on the first rows of a batch that is prepared.
func (t *textComparison) judge(v *evaluator, verdicts []verdict) error {
	for i := range verdicts {
		if i&63 == 63 {
			if err := v.view.q.check(); err != nil {
				return err
			}
		}
		verdicts[i] = verdictFalse
		var none expr.Value
		a, b := &none, &none
		if col := v.view.vals; col != nil {
			if col[t.a] != nil {
				a = &col[t.a][i]
			}
			if col[t.b] != nil {
				b = &col[t.b][i]
			}
		}
		if is, ok := expr.CompareTexts(t.op, a, b); !ok {
			verdicts[i] = verdictError
		} else if is {
			verdicts[i] = verdictTrue
		}
	}
	return nil
}
