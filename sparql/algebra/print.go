package algebra

import (
	"strconv"
	"strings"

	"triplestore/rdf"
)

// String writes op as an S-expression, one operator a line, in the manner of Apache Jena's SPARQL Syntax Expressions. It is
// meant for tests and for people.
func String(op Op) string {
	p := &printer{}
	p.op(op)
	return p.b.String()
}

type printer struct {
	b      strings.Builder
	indent int
}

func (p *printer) write(parts ...string) {
	for _, s := range parts {
		p.b.WriteString(s)
	}
}

func (p *printer) line() {
	p.b.WriteByte('\n')
	for range p.indent {
		p.b.WriteString("  ")
	}
}

// children writes operators on lines of their own and closes the parenthesis.
func (p *printer) children(ops ...Op) {
	p.indent++
	for _, o := range ops {
		p.line()
		p.op(o)
	}
	p.indent--
	p.write(")")
}

func (p *printer) op(op Op) {
	switch o := op.(type) {
	case *BGP:
		if len(o.Patterns) == 0 {
			p.write("(table unit)")
			return
		}
		p.write("(bgp")
		p.indent++
		for _, t := range o.Patterns {
			if len(o.Patterns) > 1 {
				p.line()
			} else {
				p.write(" ")
			}
			p.write("(triple ", t.S.String(), " ", t.P.String(), " ", t.O.String(), ")")
		}
		p.indent--
		p.write(")")
	case *PathPattern:
		p.write("(path ", o.S.String(), " ")
		p.path(o.Path)
		p.write(" ", o.O.String(), ")")
	case *Join:
		p.write("(join")
		p.children(o.L, o.R)
	case *LeftJoin:
		if o.Anti {
			p.write("(antijoin")
		} else {
			p.write("(leftjoin")
		}
		if o.Cond != nil {
			p.write(" ")
			p.expr(o.Cond)
		}
		p.children(o.L, o.R)
	case *Union:
		p.write("(union")
		p.children(o.L, o.R)
	case *Minus:
		p.write("(minus")
		p.children(o.L, o.R)
	case *Lateral:
		p.write("(lateral")
		p.children(o.L, o.R)
	case *Filter:
		p.write("(filter ")
		p.expr(o.Cond)
		p.children(o.In)
	case *Extend:
		p.write("(extend ((?", o.Var, " ")
		p.expr(o.Expr)
		p.write("))")
		p.children(o.In)
	case *Graph:
		p.write("(graph ", o.Name.String())
		p.children(o.In)
	case *Service:
		p.write("(service ")
		if o.Silent {
			p.write("silent ")
		}
		p.write(o.Name.String())
		p.children(o.In)
	default:
		p.modifier(op)
	}
}

func (p *printer) modifier(op Op) {
	switch o := op.(type) {
	case *Values:
		p.write("(table ")
		p.vars(o.Vars)
		p.indent++
		for _, row := range o.Rows {
			p.line()
			p.write("(row")
			for i, t := range row {
				if !t.IsZero() {
					p.write(" (?", o.Vars[i], " ", t.String(), ")")
				}
			}
			p.write(")")
		}
		p.indent--
		p.write(")")
	case *Group:
		p.write("(group ")
		p.vars(o.Keys)
		if len(o.Aggregates) > 0 {
			p.write(" (")
			for i, a := range o.Aggregates {
				if i > 0 {
					p.write(" ")
				}
				p.write("(?", a.Var, " ", aggregateString(a), ")")
			}
			p.write(")")
		}
		p.children(o.In)
	case *OrderBy:
		p.write("(order (")
		for i, k := range o.Keys {
			if i > 0 {
				p.write(" ")
			}
			if k.Desc {
				p.write("(desc ")
			}
			p.expr(k.Expr)
			if k.Desc {
				p.write(")")
			}
		}
		p.write(")")
		p.children(o.In)
	case *Project:
		p.write("(project ")
		p.vars(o.Vars)
		p.children(o.In)
	case *Distinct:
		p.write("(distinct")
		p.children(o.In)
	case *Reduced:
		p.write("(reduced")
		p.children(o.In)
	case *Slice:
		limit := "_"
		if o.Limit >= 0 {
			limit = strconv.FormatInt(o.Limit, 10)
		}
		p.write("(slice ", strconv.FormatInt(o.Offset, 10), " ", limit)
		p.children(o.In)
	default:
		p.write("(unknown)")
	}
}

func (p *printer) vars(vars []string) {
	p.write("(")
	for i, v := range vars {
		if i > 0 {
			p.write(" ")
		}
		p.write("?", v)
	}
	p.write(")")
}

// String writes the node as in SPARQL.
func (n Node) String() string {
	switch {
	case n.Var != "":
		return "?" + n.Var
	case n.Triple != nil:
		return "<<( " + n.Triple.S.String() + " " + n.Triple.P.String() + " " + n.Triple.O.String() + " )>>"
	}
	return n.Term.String()
}

func (p *printer) expr(e Expr) {
	switch e := e.(type) {
	case *Var:
		p.write("?", e.Name)
	case *Const:
		p.write(e.Term.String())
	case *Call:
		p.write("(", callName(e.Func))
		if e.Distinct {
			p.write(" distinct")
		}
		for _, a := range e.Args {
			p.write(" ")
			p.expr(a)
		}
		p.write(")")
	case *Exists:
		if e.Not {
			p.write("(notexists")
		} else {
			p.write("(exists")
		}
		p.children(e.In)
	case *TripleExpr:
		p.write("<<( ")
		p.expr(e.S)
		p.write(" ")
		p.expr(e.P)
		p.write(" ")
		p.expr(e.O)
		p.write(" )>>")
	default:
		p.write("(unknown)")
	}
}

// callName is the name in lower case, but for IRIs.
func callName(name string) string {
	if strings.HasPrefix(name, "<") && len(name) > 2 {
		return name
	}
	return strings.ToLower(name)
}

func aggregateString(a Aggregate) string {
	p := &printer{}
	p.write("(", strings.ToLower(a.Func))
	if a.Distinct {
		p.write(" distinct")
	}
	if a.Func == "GROUP_CONCAT" && a.Separator != " " {
		p.write(" (separator ", rdf.String(a.Separator).String(), ")")
	}
	for _, arg := range a.Args {
		p.write(" ")
		p.expr(arg)
	}
	p.write(")")
	return p.b.String()
}

func (p *printer) path(path Path) {
	switch x := path.(type) {
	case *Link:
		p.write(x.IRI.String())
	case *Inverse:
		p.write("^")
		p.path(x.Path)
	case *Sequence:
		p.two(x.L, "/", x.R)
	case *Alternative:
		p.two(x.L, "|", x.R)
	case *ZeroOrMore:
		p.repeat(x.Path, "*")
	case *OneOrMore:
		p.repeat(x.Path, "+")
	case *ZeroOrOne:
		p.repeat(x.Path, "?")
	case *Negated:
		p.write("!(")
		for i, t := range x.Forward {
			if i > 0 {
				p.write("|")
			}
			p.write(t.String())
		}
		for i, t := range x.Backward {
			if i > 0 || len(x.Forward) > 0 {
				p.write("|")
			}
			p.write("^", t.String())
		}
		p.write(")")
	}
}

func (p *printer) two(l Path, op string, r Path) {
	p.write("(")
	p.path(l)
	p.write(op)
	p.path(r)
	p.write(")")
}

func (p *printer) repeat(path Path, mod string) {
	if _, ok := path.(*Inverse); ok {
		p.write("(")
		p.path(path)
		p.write(")", mod)
		return
	}
	p.path(path)
	p.write(mod)
}
