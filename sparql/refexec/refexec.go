// Package refexec evaluates the SPARQL algebra by the letter of the specification
// (https://www.w3.org/TR/sparql12-query/#sparqlAlgebraEval): multisets of solutions as maps, nested loops, no indexes and no
// reordering. It is the oracle that the engine is tested against, and is of no use for much data.
package refexec

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/expr"
)

// ErrWork is the error of a query that exceeds Options.Work.
var ErrWork = errors.New("refexec: the query takes too much work")

// UnsupportedError is the error of a query with an operator that is not evaluated here.
type UnsupportedError struct{ Feature string }

// Error names the feature.
func (e *UnsupportedError) Error() string {
	return e.Feature + " is not supported by the reference evaluation"
}

// Options are the settings of an evaluation. The zero value is fine.
type Options struct {
	// Work limits the steps, about one for each comparison with a triple or another solution; 0 is no limit.
	Work int64
	// UnionDefaultGraph makes the default graph of a query without FROM the union of all graphs.
	UnionDefaultGraph bool
	// Now is the instant of NOW(); the zero Time is the present.
	Now time.Time
}

// Result is the answer to a query. Which fields count depends on the form.
type Result struct {
	Form    algebra.Form
	Vars    []string
	Rows    [][]rdf.Term // the zero Term is unbound
	Bool    bool
	Triples []rdf.Triple // with duplicates, as the template gives them
}

// Solution is a solution mapping. Unbound variables have no entry.
type Solution map[string]rdf.Term

type evaluation struct {
	ctx      context.Context
	work     int64
	limited  bool
	data     *Dataset
	programs map[algebra.Expr]*program
	exists   []*algebra.Exists
	context  expr.Context
	blanks   int
}

// Run evaluates a query over a dataset. The error is ErrWork, an *UnsupportedError, an *expr.CompileError or the context's.
func Run(ctx context.Context, q *algebra.Query, d *Dataset, o Options) (*Result, error) {
	e := &evaluation{ctx: ctx, work: o.Work, limited: o.Work > 0, programs: map[algebra.Expr]*program{}}
	e.data = d.restrict(q.Dataset, o.UnionDefaultGraph)
	e.context = expr.Context{Ctx: ctx, Base: q.Base, Now: o.Now, BlankNode: e.blankNode, Exists: e.existing}
	if e.context.Now.IsZero() {
		e.context.Now = time.Now()
	}
	if q.Form == algebra.Describe {
		return nil, &UnsupportedError{"DESCRIBE"}
	}
	solutions, err := e.eval(q.Pattern, e.data.deflt, nil)
	if err != nil {
		return nil, err
	}
	r := &Result{Form: q.Form, Vars: q.Vars, Bool: len(solutions) > 0}
	switch q.Form {
	case algebra.Select:
		for _, s := range solutions {
			row := make([]rdf.Term, len(q.Vars))
			for i, v := range q.Vars {
				row[i] = s[v]
			}
			r.Rows = append(r.Rows, row)
		}
	case algebra.Construct:
		for _, s := range solutions {
			r.Triples = e.instantiate(r.Triples, q.Template, s)
		}
	}
	return r, nil
}

func (e *evaluation) blankNode() rdf.Term {
	e.blanks++
	return rdf.BlankNode("refexec" + strconv.Itoa(e.blanks))
}

// step counts work.
func (e *evaluation) step(n int) error {
	if e.work -= int64(n); e.limited && e.work < 0 {
		return ErrWork
	}
	return e.ctx.Err()
}

// instantiate appends the triples of a template for one solution (section 16.2.1). Those that are not RDF are left out.
func (e *evaluation) instantiate(out []rdf.Triple, template []algebra.TriplePattern, s Solution) []rdf.Triple {
	blanks := map[string]rdf.Term{}
	var term func(n algebra.Node) rdf.Term
	term = func(n algebra.Node) rdf.Term {
		switch {
		case n.Triple != nil:
			t := rdf.Triple{S: term(n.Triple.S), P: term(n.Triple.P), O: term(n.Triple.O)}
			if !valid(t) {
				return rdf.Term{}
			}
			return rdf.TripleTerm(t)
		case n.Var == "":
			return n.Term
		case n.Var[0] == '.':
			if blanks[n.Var].IsZero() {
				blanks[n.Var] = e.blankNode()
			}
			return blanks[n.Var]
		}
		return s[n.Var]
	}
	for _, p := range template {
		if t := (rdf.Triple{S: term(p.S), P: term(p.P), O: term(p.O)}); valid(t) {
			out = append(out, t)
		}
	}
	return out
}

func valid(t rdf.Triple) bool {
	return (t.S.IsIRI() || t.S.IsBlankNode()) && t.P.IsIRI() && !t.O.IsZero()
}

// eval evaluates an operator over an active graph. given holds the values that are put in place of variables, in EXISTS and
// LATERAL: a pattern is joined with those of its own variables, and an expression sees all of them. So, other than with the
// substitution of SPARQL 1.1 to the letter, MINUS and BIND inside EXISTS see the same variables as outside of it, and variables
// that a sub-select does not project are left alone.
func (e *evaluation) eval(op algebra.Op, g *graph, given Solution) ([]Solution, error) {
	if err := e.step(1); err != nil {
		return nil, err
	}
	switch o := op.(type) {
	case *algebra.BGP:
		return e.bgp(o, g, given)
	case *algebra.PathPattern:
		return e.pathPattern(o, g, given)
	case *algebra.Join:
		l, r, err := e.both(o.L, o.R, g, given)
		if err != nil {
			return nil, err
		}
		return e.join(l, r)
	case *algebra.LeftJoin:
		return e.leftJoin(o, g, given)
	case *algebra.Union:
		l, r, err := e.both(o.L, o.R, g, given)
		return append(l, r...), err
	case *algebra.Minus:
		l, r, err := e.both(o.L, o.R, g, given)
		if err != nil {
			return nil, err
		}
		return e.minus(l, r)
	case *algebra.Filter:
		in, err := e.eval(o.In, g, given)
		if err != nil {
			return nil, err
		}
		var out []Solution
		for _, s := range in {
			ok, err := e.test(o.Cond, s, g, given)
			if err != nil {
				return nil, err
			}
			if ok {
				out = append(out, s)
			}
		}
		return out, nil
	case *algebra.Extend:
		return e.extend(o, g, given)
	case *algebra.Graph:
		return e.graph(o, given)
	case *algebra.Values:
		return e.values(o, given)
	case *algebra.Service:
		return nil, &UnsupportedError{"SERVICE"}
	case *algebra.Lateral:
		return e.lateral(o, g, given)
	}
	return e.modifier(op, g, given)
}

func (e *evaluation) both(a, b algebra.Op, g *graph, given Solution) (l, r []Solution, err error) {
	if l, err = e.eval(a, g, given); err == nil {
		r, err = e.eval(b, g, given)
	}
	return l, r, err
}

func compatible(a, b Solution) bool {
	if len(b) < len(a) {
		a, b = b, a
	}
	for v, t := range a {
		if u, ok := b[v]; ok && u != t {
			return false
		}
	}
	return true
}

func disjoint(a, b Solution) bool {
	for v := range a {
		if _, ok := b[v]; ok {
			return false
		}
	}
	return true
}

func merge(a, b Solution) Solution {
	m := make(Solution, len(a)+len(b))
	for v, t := range a {
		m[v] = t
	}
	for v, t := range b {
		m[v] = t
	}
	return m
}

// with is a solution with one more binding.
func (s Solution) with(v string, t rdf.Term) Solution { return merge(s, Solution{v: t}) }

func (e *evaluation) join(l, r []Solution) ([]Solution, error) {
	var out []Solution
	for _, a := range l {
		if err := e.step(len(r)); err != nil {
			return nil, err
		}
		for _, b := range r {
			if compatible(a, b) {
				out = append(out, merge(a, b))
			}
		}
	}
	return out, e.step(len(out))
}

func (e *evaluation) minus(l, r []Solution) ([]Solution, error) {
	var out []Solution
	for _, a := range l {
		if err := e.step(len(r)); err != nil {
			return nil, err
		}
		keep := true
		for _, b := range r {
			if compatible(a, b) && !disjoint(a, b) {
				keep = false
				break
			}
		}
		if keep {
			out = append(out, a)
		}
	}
	return out, nil
}

func (e *evaluation) leftJoin(o *algebra.LeftJoin, g *graph, given Solution) ([]Solution, error) {
	l, r, err := e.both(o.L, o.R, g, given)
	if err != nil {
		return nil, err
	}
	var out []Solution
	for _, a := range l {
		if err := e.step(len(r)); err != nil {
			return nil, err
		}
		matched := false
		for _, b := range r {
			if !compatible(a, b) {
				continue
			}
			m := merge(a, b)
			if o.Cond != nil {
				ok, err := e.test(o.Cond, m, g, given)
				if err != nil {
					return nil, err
				}
				if !ok {
					continue
				}
			}
			matched = true
			out = append(out, m)
		}
		if !matched {
			out = append(out, a)
		}
	}
	return out, e.step(len(out))
}

// extend evaluates a chain of Extends. Within one solution BNODE with the same label gives the same blank node, in all of them.
func (e *evaluation) extend(o *algebra.Extend, g *graph, given Solution) ([]Solution, error) {
	chain := []*algebra.Extend{o}
	op := o.In
	for x, ok := op.(*algebra.Extend); ok; x, ok = op.(*algebra.Extend) {
		chain = append(chain, x)
		op = x.In
	}
	in, err := e.eval(op, g, given)
	if err != nil {
		return nil, err
	}
	var out []Solution
solutions:
	for _, s := range in {
		e.context.NextRow()
		for i := len(chain) - 1; i >= 0; i-- {
			v := chain[i].Var
			t, err := e.value(chain[i].Expr, s, g, given)
			if err != nil {
				return nil, err
			}
			if fixed, ok := given[v]; ok && !t.IsZero() && t != fixed {
				continue solutions
			}
			if !t.IsZero() {
				s = s.with(v, t)
			}
		}
		out = append(out, s)
	}
	return out, e.step(len(out))
}

func (e *evaluation) graph(o *algebra.Graph, given Solution) ([]Solution, error) {
	name := o.Name.Term
	if o.Name.IsVar() {
		name = given[o.Name.Var]
	}
	var out []Solution
	for _, n := range e.data.names {
		if !name.IsZero() && n != name {
			continue
		}
		in, err := e.eval(o.In, e.data.named[n], given)
		if err != nil {
			return nil, err
		}
		if o.Name.IsVar() {
			if in, err = e.join(in, []Solution{{o.Name.Var: n}}); err != nil {
				return nil, err
			}
		}
		out = append(out, in...)
	}
	return out, nil
}

func (e *evaluation) values(o *algebra.Values, given Solution) ([]Solution, error) {
	var out []Solution
	own := given.only(o.Vars)
	for _, row := range o.Rows {
		s := Solution{}
		for i, t := range row {
			if !t.IsZero() {
				s[o.Vars[i]] = t
			}
		}
		if compatible(s, own) {
			out = append(out, merge(s, own))
		}
	}
	return out, e.step(len(out))
}

// only keeps the named variables.
func (s Solution) only(vars []string) Solution {
	out := Solution{}
	for _, v := range vars {
		if t, ok := s[v]; ok {
			out[v] = t
		}
	}
	return out
}

func (e *evaluation) lateral(o *algebra.Lateral, g *graph, given Solution) ([]Solution, error) {
	l, err := e.eval(o.L, g, given)
	if err != nil {
		return nil, err
	}
	var out []Solution
	for _, a := range l {
		r, err := e.eval(o.R, g, merge(given, a))
		if err != nil {
			return nil, err
		}
		joined, err := e.join([]Solution{a}, r)
		if err != nil {
			return nil, err
		}
		out = append(out, joined...)
	}
	return out, nil
}

// unknown is the error for an operator that nobody wrote an evaluation for.
func unknown(op algebra.Op) error { return &UnsupportedError{fmt.Sprintf("%T", op)} }
