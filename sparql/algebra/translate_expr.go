package algebra

import (
	"fmt"
	"strconv"

	"triplestore/rdf"
	"triplestore/sparql/syntax"
	"triplestore/vocab"
)

// grouping is what the translation of a grouped query collects.
type grouping struct {
	aggregates []Aggregate
	// known are variables that are there after grouping; others are sampled.
	known map[string]bool
	// byText finds the variable of an aggregate that is there already.
	byText map[string]string
	// aliases are what SELECT (expr AS ?v) names where the pattern has no ?v. By the letter of the specification HAVING (?v > 1)
	// is always an error then; people mean the expression.
	aliases map[string]Expr
}

// expr translates an expression. In a grouped query aggregates become variables, and variables that are not keys become
// Sample aggregates (section 18.2.4.1).
func (t *translator) expr(e syntax.Expr) Expr {
	switch e := e.(type) {
	case *syntax.Var:
		if t.group != nil && !t.group.known[e.Name] {
			if alias := t.group.aliases[e.Name]; alias != nil {
				return alias
			}
			return t.aggregate(Aggregate{Func: "SAMPLE", Args: []Expr{&Var{e.Name, Pos(e.Start)}}, At: Pos(e.Start)})
		}
		return &Var{e.Name, Pos(e.Start)}
	case *syntax.Const:
		return &Const{e.Term}
	case *syntax.Call:
		c := &Call{Func: e.Func, Args: make([]Expr, len(e.Args)), Distinct: e.Distinct, At: Pos(e.Start)}
		for i, a := range e.Args {
			c.Args[i] = t.expr(a)
		}
		if c.Func == "BOUND" && len(c.Args) == 1 {
			return bound(c)
		}
		return c
	case *syntax.Aggregate:
		saved := t.group
		t.group = nil
		a := Aggregate{Func: e.Func, Distinct: e.Distinct, Separator: e.Separator, At: Pos(e.Start)}
		if !e.Star {
			a.Args = []Expr{t.expr(e.Arg)}
		}
		t.group = saved
		return t.aggregate(a)
	case *syntax.Exists:
		saved := t.group
		t.group = nil
		x := &Exists{Not: e.Not, In: t.groupPattern(e.Group), At: Pos(e.Start)}
		t.group = saved
		return x
	case *syntax.TripleExpr:
		return t.tripleExpr(e)
	}
	panic(fmt.Sprintf("algebra: unknown expression %T", e))
}

// bound is BOUND(?v) where HAVING's ?v may stand for an expression: whether that has a value.
func bound(c *Call) Expr {
	if _, ok := c.Args[0].(*Var); ok {
		return c
	}
	yes, no := &Const{rdf.Literal("true", vocab.XSDBoolean)}, &Const{rdf.Literal("false", vocab.XSDBoolean)}
	is := &Call{Func: "IF", Args: []Expr{&Call{Func: "ISLITERAL", Args: c.Args, At: c.At}, yes, yes}, At: c.At}
	return &Call{Func: "COALESCE", Args: []Expr{is, no}, At: c.At}
}

func (t *translator) tripleExpr(e *syntax.TripleExpr) Expr {
	x := &TripleExpr{t.expr(e.S), t.expr(e.P), t.expr(e.O)}
	s, ok1 := x.S.(*Const)
	p, ok2 := x.P.(*Const)
	o, ok3 := x.O.(*Const)
	if ok1 && ok2 && ok3 {
		return &Const{rdf.TripleTerm(rdf.Triple{S: s.Term, P: p.Term, O: o.Term})}
	}
	return x
}

// aggregate gives the variable of an aggregate. One that is written twice is computed once, unless it may differ each time.
func (t *translator) aggregate(a Aggregate) Expr {
	volatile := false
	for _, arg := range a.Args {
		WalkExpr(arg, func(e Expr) bool {
			if c, ok := e.(*Call); ok {
				switch c.Func {
				case "RAND", "UUID", "STRUUID", "BNODE":
					volatile = true
				}
			}
			return !volatile
		})
	}
	key := aggregateString(a)
	if name, ok := t.group.byText[key]; ok && !volatile {
		return &Var{name, a.At}
	}
	a.Var = ".a" + strconv.Itoa(t.aggregates)
	t.aggregates++
	t.group.byText[key] = a.Var
	t.group.aggregates = append(t.group.aggregates, a)
	return &Var{a.Var, a.At}
}
