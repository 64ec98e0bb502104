package optimizer

import (
	"fmt"

	"triplestore/sparql/algebra"
)

// mostDateParts is how many parts of dates an expression may have to be computed from them.
const mostDateParts = 3

// dateParts binds the parts of dates in an expression – YEAR(?x), MONTH(?x) and the like – to variables, where it depends on nothing else and IDs do
// not tell its value: there are few of them, so that it is computed once for each and not once for each date. A part that is an error is a
// variable without a value, which is an error to what uses it. c is the condition of the expression, and the result the one in its place.
func (p *planner) dateParts(n Node, c *Cond) (Node, *Cond, error) {
	call, ok := c.Expr.(*algebra.Call)
	if !ok || c.ByID != nil || !c.Pure || len(c.Slots) == 0 || p.options.NoOptimizer || p.each || p.late || p.inExists || !p.params.Empty() {
		return n, c, nil
	}
	d := dateParts{p: p, known: map[string]*algebra.Var{}}
	e, ok := d.replace(call)
	if !ok || len(d.parts) == 0 || len(d.parts) > mostDateParts || e == algebra.Expr(d.known[partName(call)]) {
		return n, c, nil
	}
	for _, x := range d.parts {
		part, err := p.cond(x)
		if err != nil {
			return nil, nil, err
		}
		if part.ByID == nil {
			return n, c, nil
		}
		n = p.extend(n, p.slot(d.known[partName(x)].Name), part)
	}
	c, err := p.cond(e)
	return n, c, err
}

// dateParts are those of an expression.
type dateParts struct {
	p     *planner
	parts []*algebra.Call
	known map[string]*algebra.Var
}

// partName tells the parts of dates apart; it is empty for other calls.
func partName(x *algebra.Call) string {
	switch x.Func {
	case "YEAR", "MONTH", "DAY", "HOURS":
		if len(x.Args) == 1 {
			if v, ok := x.Args[0].(*algebra.Var); ok {
				return x.Func + " " + v.Name
			}
		}
	}
	return ""
}

// replace gives the expression with variables in place of parts of dates; ok is false where it has other variables, or something else than calls
// and terms.
func (d *dateParts) replace(e algebra.Expr) (_ algebra.Expr, ok bool) {
	switch x := e.(type) {
	case *algebra.Const:
		return x, true
	case *algebra.Call:
		if name := partName(x); name != "" {
			v := d.known[name]
			if v == nil {
				slot, ok := d.p.dates[x]
				if !ok {
					slot = d.p.slot(fmt.Sprint(".d", len(d.p.slots)))
					d.p.dates[x] = slot
				}
				v = &algebra.Var{Name: d.p.slots[slot]}
				d.known[name] = v
				d.parts = append(d.parts, x)
			}
			return v, true
		}
		c := *x
		c.Args = make([]algebra.Expr, len(x.Args))
		for i, a := range x.Args {
			if c.Args[i], ok = d.replace(a); !ok {
				return nil, false
			}
		}
		return &c, true
	}
	return nil, false
}
