package refexec

import (
	"errors"
	"slices"
	"strings"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/expr"
)

// program is a compiled expression and the variables of its slots.
type program struct {
	*expr.Program
	vars []string
}

// row gives an expression the values of a solution; values that were put in place of variables come second.
type row struct {
	vars     []string
	solution Solution
	given    Solution
	graph    *graph
}

// Value gives the value of a slot.
func (r *row) Value(slot int) expr.Value {
	v := r.vars[slot]
	if t, ok := r.solution[v]; ok {
		return expr.FromTerm(t)
	}
	if t, ok := r.given[v]; ok {
		return expr.FromTerm(t)
	}
	return expr.Value{}
}

func (e *evaluation) compile(x algebra.Expr) (*program, error) {
	if p := e.programs[x]; p != nil {
		return p, nil
	}
	p := &program{}
	compiled, err := expr.Compile(x, expr.CompileOptions{
		Ctx: e.ctx,
		Slot: func(name string) (int, bool) {
			if i := slices.Index(p.vars, name); i >= 0 {
				return i, true
			}
			p.vars = append(p.vars, name)
			return len(p.vars) - 1, true
		},
		Exists: func(x *algebra.Exists) int {
			e.exists = append(e.exists, x)
			return len(e.exists) - 1
		},
	})
	if err != nil {
		return nil, err
	}
	p.Program = compiled
	e.programs[x] = p
	return p, nil
}

func (e *evaluation) prepare(x algebra.Expr, s Solution, g *graph, given Solution) (*program, *row, error) {
	p, err := e.compile(x)
	if err != nil {
		return nil, nil, err
	}
	return p, &row{p.vars, s, given, g}, nil
}

// existing evaluates the pattern of an EXISTS for a row.
func (e *evaluation) existing(index int, r expr.Row) (bool, error) {
	outer := r.(*row)
	out, err := e.eval(e.exists[index].In, outer.graph, merge(outer.given, outer.solution))
	return len(out) > 0, err
}

// value is the value of an expression, the zero Term for an error.
func (e *evaluation) value(x algebra.Expr, s Solution, g *graph, given Solution) (rdf.Term, error) {
	p, r, err := e.prepare(x, s, g, given)
	if err != nil {
		return rdf.Term{}, err
	}
	v, err := p.Eval(&e.context, r)
	switch {
	case errors.Is(err, expr.ErrExpr):
		return rdf.Term{}, nil
	case err != nil:
		return rdf.Term{}, err
	}
	return v.Term(), nil
}

// test is the effective boolean value of an expression, false for an error.
func (e *evaluation) test(x algebra.Expr, s Solution, g *graph, given Solution) (bool, error) {
	p, r, err := e.prepare(x, s, g, given)
	if err != nil {
		return false, err
	}
	e.context.NextRow()
	ok, err := p.EvalBool(&e.context, r)
	if errors.Is(err, expr.ErrExpr) {
		return false, nil
	}
	return ok, err
}

// modifier evaluates the operators of solution sequences (section 18.5).
func (e *evaluation) modifier(op algebra.Op, g *graph, given Solution) ([]Solution, error) {
	switch o := op.(type) {
	case *algebra.Project:
		own := given.only(o.Vars)
		in, err := e.eval(o.In, g, own)
		if err != nil {
			return nil, err
		}
		// Values from outside are in every solution (https://www.w3.org/TR/sparql12-query/#defn_evalContextSolution), and so count for
		// DISTINCT and LIMIT.
		var out []Solution
		for _, s := range in {
			if s = s.only(o.Vars); compatible(s, own) {
				out = append(out, merge(s, own))
			}
		}
		return out, nil
	case *algebra.Distinct:
		in, err := e.eval(o.In, g, given)
		return unique(in), err
	case *algebra.Reduced: // may drop duplicates, and need not
		return e.eval(o.In, g, given)
	case *algebra.Slice:
		in, err := e.eval(o.In, g, given)
		if err != nil {
			return nil, err
		}
		in = in[min(o.Offset, int64(len(in))):]
		if o.Limit >= 0 {
			in = in[:min(o.Limit, int64(len(in)))]
		}
		return in, nil
	case *algebra.OrderBy:
		return e.order(o, g, given)
	case *algebra.Group:
		return e.group(o, g, given)
	}
	return nil, unknown(op)
}

// key is a string that only the same solutions have.
func (s Solution) key() string {
	vars := make([]string, 0, len(s))
	for v := range s {
		vars = append(vars, v)
	}
	slices.Sort(vars)
	var b []byte
	for _, v := range vars {
		t := s[v].AppendBinary(nil)
		b = append(b, v...)
		b = append(b, 0, byte(len(t)>>24), byte(len(t)>>16), byte(len(t)>>8), byte(len(t)))
		b = append(b, t...)
	}
	return string(b)
}

func unique(in []Solution) []Solution {
	seen := map[string]bool{}
	var out []Solution
	for _, s := range in {
		if k := s.key(); !seen[k] {
			seen[k] = true
			out = append(out, s)
		}
	}
	return out
}

func (e *evaluation) order(o *algebra.OrderBy, g *graph, given Solution) ([]Solution, error) {
	in, err := e.eval(o.In, g, given)
	if err != nil {
		return nil, err
	}
	type sortable struct {
		s    Solution
		keys []expr.Value
	}
	rows := make([]sortable, len(in))
	for i, s := range in {
		rows[i].s = s
		for _, k := range o.Keys {
			e.context.NextRow()
			t, err := e.value(k.Expr, s, g, given)
			if err != nil {
				return nil, err
			}
			v := expr.Value{}
			if !t.IsZero() {
				v = expr.FromTerm(t)
			}
			rows[i].keys = append(rows[i].keys, v)
		}
	}
	slices.SortStableFunc(rows, func(a, b sortable) int {
		for i, k := range o.Keys {
			if c := expr.Order(a.keys[i], b.keys[i]); c != 0 {
				if k.Desc {
					return -c
				}
				return c
			}
		}
		return 0
	})
	out := make([]Solution, len(rows))
	for i, r := range rows {
		out[i] = r.s
	}
	return out, nil
}

// group evaluates Group and its aggregates (section 18.5.1).
func (e *evaluation) group(o *algebra.Group, g *graph, given Solution) ([]Solution, error) {
	in, err := e.eval(o.In, g, given.only(o.Keys))
	if err != nil {
		return nil, err
	}
	var keys []Solution
	members := map[string][]Solution{}
	for _, s := range in {
		k := s.only(o.Keys)
		if members[k.key()] == nil {
			keys = append(keys, k)
		}
		members[k.key()] = append(members[k.key()], s)
	}
	if len(keys) == 0 && o.Implicit {
		keys = []Solution{{}}
	}
	star := slices.DeleteFunc(algebra.Vars(o.In), func(v string) bool { return strings.HasPrefix(v, ".") })
	var out []Solution
	for _, k := range keys {
		s := k
		for _, a := range o.Aggregates {
			t, err := e.aggregate(a, members[k.key()], star, g, given.only(o.Keys))
			if err != nil {
				return nil, err
			}
			if !t.IsZero() {
				s = s.with(a.Var, t)
			}
		}
		out = append(out, s)
	}
	return out, nil
}

func (e *evaluation) aggregate(a algebra.Aggregate, members []Solution, star []string, g *graph, given Solution) (rdf.Term, error) {
	acc, err := expr.NewAccumulator(a)
	if err != nil {
		return rdf.Term{}, err
	}
	for _, s := range members {
		if err := e.step(1); err != nil {
			return rdf.Term{}, err
		}
		var args []expr.Value
		var failed error
		if len(a.Args) == 0 {
			for _, v := range star {
				args = append(args, (&row{vars: []string{v}, solution: s}).Value(0))
			}
		}
		for _, x := range a.Args {
			p, r, err := e.prepare(x, s, g, given)
			if err != nil {
				return rdf.Term{}, err
			}
			e.context.NextRow()
			v, err := p.Eval(&e.context, r)
			if err != nil && !errors.Is(err, expr.ErrExpr) {
				return rdf.Term{}, err
			}
			if err != nil {
				failed = err
			}
			args = append(args, v)
		}
		acc.Add(args, failed)
	}
	v, err := acc.Result()
	if errors.Is(err, expr.ErrExpr) {
		return rdf.Term{}, nil
	}
	if err != nil {
		return rdf.Term{}, err
	}
	return v.Term(), nil
}
