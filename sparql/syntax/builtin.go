package syntax

import (
	"fmt"
	"sort"
)

// builtIns are the functions with the least and the greatest number of arguments; -1 is any number.
var builtIns = map[string][2]int{
	"STR": {1, 1}, "LANG": {1, 1}, "LANGMATCHES": {2, 2}, "LANGDIR": {1, 1}, "DATATYPE": {1, 1}, "BOUND": {1, 1},
	"IRI": {1, 1}, "URI": {1, 1}, "BNODE": {0, 1}, "RAND": {0, 0}, "ABS": {1, 1}, "CEIL": {1, 1}, "FLOOR": {1, 1}, "ROUND": {1, 1},
	"CONCAT": {0, -1}, "STRLEN": {1, 1}, "UCASE": {1, 1}, "LCASE": {1, 1}, "ENCODE_FOR_URI": {1, 1}, "CONTAINS": {2, 2},
	"STRSTARTS": {2, 2}, "STRENDS": {2, 2}, "STRBEFORE": {2, 2}, "STRAFTER": {2, 2}, "YEAR": {1, 1}, "MONTH": {1, 1},
	"DAY": {1, 1}, "HOURS": {1, 1}, "MINUTES": {1, 1}, "SECONDS": {1, 1}, "TIMEZONE": {1, 1}, "TZ": {1, 1}, "NOW": {0, 0},
	"UUID": {0, 0}, "STRUUID": {0, 0}, "MD5": {1, 1}, "SHA1": {1, 1}, "SHA256": {1, 1}, "SHA384": {1, 1}, "SHA512": {1, 1},
	"COALESCE": {0, -1}, "IF": {3, 3}, "STRLANG": {2, 2}, "STRLANGDIR": {3, 3}, "STRDT": {2, 2}, "SAMETERM": {2, 2}, "SAMEVALUE": {2, 2},
	"ISIRI": {1, 1}, "ISURI": {1, 1}, "ISBLANK": {1, 1}, "ISLITERAL": {1, 1}, "ISNUMERIC": {1, 1}, "ISTRIPLE": {1, 1},
	"HASLANG": {1, 1}, "HASLANGDIR": {1, 1}, "TRIPLE": {3, 3}, "SUBJECT": {1, 1}, "PREDICATE": {1, 1}, "OBJECT": {1, 1},
	"REGEX": {2, 3}, "SUBSTR": {2, 3}, "REPLACE": {3, 4},
}

var aggregateNames = map[string]bool{
	"COUNT": true, "SUM": true, "MIN": true, "MAX": true, "AVG": true, "SAMPLE": true, "GROUP_CONCAT": true,
}

// builtIn reads BuiltInCall.
func (p *parser) builtIn() Expr {
	t := p.tok
	switch t.kw {
	case "EXISTS":
		p.advance()
		g := p.groupAfter("EXISTS")
		return &Exists{p.since(t.Start), false, g}
	case "NOT":
		p.advance()
		if !p.acceptWord("EXISTS") {
			p.expected("EXISTS after NOT; the negation of an expression is written '!'")
		}
		g := p.groupAfter("NOT EXISTS")
		return &Exists{p.since(t.Start), true, g}
	}
	if aggregateNames[t.kw] {
		return p.aggregate()
	}
	arity, ok := builtIns[t.kw]
	if !ok {
		p.unknownFunction(t)
	}
	p.advance()
	call := &Call{Func: t.kw}
	p.expect("(", " after "+t.kw)
	if !p.accept(")") {
		if t.kw == "BOUND" && p.tok.kind != tokVar {
			p.expected("a variable: BOUND asks about one")
		}
		for {
			call.Args = append(call.Args, p.expr())
			if !p.accept(",") {
				break
			}
		}
		p.expect(")", " or ',' in the arguments of "+t.kw)
	}
	call.Span = p.since(t.Start)
	if n := len(call.Args); n < arity[0] || arity[1] >= 0 && n > arity[1] {
		p.failAt(call.Span, "%s takes %s, not %d", t.kw, arguments(arity), n)
	}
	return call
}

func arguments(arity [2]int) string {
	switch {
	case arity == [2]int{0, 0}:
		return "no arguments"
	case arity == [2]int{1, 1}:
		return "1 argument"
	case arity[0] == arity[1]:
		return fmt.Sprintf("%d arguments", arity[0])
	}
	return fmt.Sprintf("%d or %d arguments", arity[0], arity[1])
}

func (p *parser) unknownFunction(t token) {
	var names []string
	for n := range builtIns {
		names = append(names, n)
	}
	for n := range aggregateNames {
		names = append(names, n)
	}
	sort.Strings(names)
	msg := "there is no function '" + t.value + "'"
	s := elsewhere[t.kw]
	if s == "" {
		s = closest(t.kw, names)
	}
	if s != "" {
		msg += "; did you mean " + s + "?"
	}
	p.advance()
	if !p.is("(") {
		msg = "expected an expression, found '" + t.value + "'; variables begin with '?' and strings stand in quotes"
	}
	p.failAt(t.Span, "%s", msg)
}

// aggregate reads Aggregate.
func (p *parser) aggregate() Expr {
	t := p.tok
	switch p.aggregates {
	case noAggregates:
		p.failAt(t.Span, "the aggregate %s is not allowed here, only in SELECT, HAVING and ORDER BY", t.kw)
	case insideAggregate:
		p.failAt(t.Span, "the aggregate %s stands inside another aggregate", t.kw)
	}
	p.advance()
	p.aggregated = true
	p.aggregates = insideAggregate
	a := &Aggregate{Func: t.kw, Separator: " "}
	p.expect("(", " after "+t.kw)
	a.Distinct = p.acceptWord("DISTINCT")
	if t.kw == "COUNT" && p.accept("*") {
		a.Star = true
	} else {
		a.Arg = p.expr()
	}
	if t.kw == "GROUP_CONCAT" && p.accept(";") {
		p.expectWord("SEPARATOR")
		p.expect("=", " after SEPARATOR")
		if p.tok.kind != tokString {
			p.expected("the separator in quotes")
		}
		a.Separator = p.tok.value
		p.advance()
	}
	p.expect(")", " at the end of "+t.kw)
	p.aggregates = someAggregates
	a.Span = p.since(t.Start)
	return a
}
