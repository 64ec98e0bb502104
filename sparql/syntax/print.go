package syntax

import (
	"strconv"
	"strings"

	"triplestore/rdf"
)

// String writes the query as SPARQL, with full IRIs and without the short forms of triples. It means the same as the text that
// was parsed.
func (q *Query) String() string {
	p := newPrinter(q.leadingG, q.Base)
	p.query(q)
	return strings.TrimSpace(p.b.String())
}

// String writes the update as SPARQL, in the manner of Query.String.
func (u *Update) String() string {
	p := newPrinter(u.leadingG, u.Base)
	for i, op := range u.Operations {
		if i > 0 {
			p.write(" ;\n")
		}
		p.operation(op)
	}
	return strings.TrimSpace(p.b.String())
}

// printer writes SPARQL. Blank nodes without a label get one that begins with more g's than any label of the text.
type printer struct {
	b     strings.Builder
	blank string
}

func newPrinter(leadingG int, base string) *printer {
	p := &printer{blank: "_:" + strings.Repeat("g", leadingG+1)}
	if base != "" {
		p.write("BASE ", rdf.IRI(base).String(), "\n")
	}
	return p
}

func (p *printer) write(parts ...string) {
	for _, s := range parts {
		p.b.WriteString(s)
	}
}

func (p *printer) term(t rdf.Term) { p.write(t.String()) }

func (p *printer) query(q *Query) {
	switch q.Form {
	case Select:
		p.write("SELECT ")
		if q.Distinct {
			p.write("DISTINCT ")
		}
		if q.Reduced {
			p.write("REDUCED ")
		}
		if q.Star {
			p.write("* ")
		}
		for _, item := range q.Items {
			if item.Expr == nil {
				p.write("?", item.Var, " ")
			} else {
				p.write("(")
				p.expr(item.Expr)
				p.write(" AS ?", item.Var, ") ")
			}
		}
	case Ask:
		p.write("ASK ")
	case Construct:
		p.write("CONSTRUCT ")
		if !q.Short {
			p.write("{ ")
			p.triples(q.Template)
			p.write("} ")
		}
	case Describe:
		p.write("DESCRIBE ")
		if q.Star {
			p.write("* ")
		}
		for _, n := range q.Describe {
			p.node(&n)
			p.write(" ")
		}
	}
	p.dataset("FROM", q.From, q.FromNamed)
	if q.Where != nil {
		p.write("WHERE ")
		p.group(q.Where)
	}
	p.modifiers(q)
}

func (p *printer) dataset(word string, plain, named []rdf.Term) {
	for _, t := range plain {
		p.write(word, " ")
		p.term(t)
		p.write(" ")
	}
	for _, t := range named {
		p.write(word, " NAMED ")
		p.term(t)
		p.write(" ")
	}
}

func (p *printer) modifiers(q *Query) {
	if len(q.GroupBy) > 0 {
		p.write("GROUP BY ")
		for _, k := range q.GroupBy {
			if v, ok := k.Expr.(*Var); ok && v.Name == k.Var {
				p.write("?", k.Var, " ")
				continue
			}
			p.write("(")
			p.expr(k.Expr)
			if k.Var != "" {
				p.write(" AS ?", k.Var)
			}
			p.write(") ")
		}
	}
	if len(q.Having) > 0 {
		p.write("HAVING ")
		for _, h := range q.Having {
			p.write("(")
			p.expr(h)
			p.write(") ")
		}
	}
	if len(q.OrderBy) > 0 {
		p.write("ORDER BY ")
		for _, k := range q.OrderBy {
			if k.Desc {
				p.write("DESC(")
			} else {
				p.write("ASC(")
			}
			p.expr(k.Expr)
			p.write(") ")
		}
	}
	if q.Limit >= 0 {
		p.write("LIMIT ", strconv.FormatInt(q.Limit, 10), " ")
	}
	if q.Offset >= 0 {
		p.write("OFFSET ", strconv.FormatInt(q.Offset, 10), " ")
	}
	if q.Values != nil {
		p.values(q.Values)
	}
}

func (p *printer) node(n *Node) {
	switch n.Kind {
	case VarNode:
		p.write("?", n.Name)
	case BlankNode:
		if label, ok := strings.CutPrefix(n.Name, "."); ok {
			p.write(p.blank, label)
		} else {
			p.write("_:", n.Name)
		}
	case TripleNode:
		p.write("<<( ")
		p.node(&n.Triple.S)
		p.write(" ")
		p.node(&n.Triple.P)
		p.write(" ")
		p.node(&n.Triple.O)
		p.write(" )>>")
	default:
		p.term(n.Term)
	}
}

func (p *printer) triples(triples []Triple) {
	for i := range triples {
		t := &triples[i]
		p.node(&t.S)
		p.write(" ")
		if t.Path != nil {
			p.path(t.Path)
		} else {
			p.node(&t.P)
		}
		p.write(" ")
		p.node(&t.O)
		p.write(" . ")
	}
}

func (p *printer) group(g *Group) {
	p.write("{ ")
	for _, e := range g.Elements {
		switch e := e.(type) {
		case *Group:
			p.group(e)
		case *Triples:
			p.triples(e.Triples)
		case *Optional:
			p.write("OPTIONAL ")
			p.group(e.Group)
		case *Union:
			for i, a := range e.Alternatives {
				if i > 0 {
					p.write("UNION ")
				}
				p.group(a)
			}
		case *Minus:
			p.write("MINUS ")
			p.group(e.Group)
		case *Lateral:
			p.write("LATERAL ")
			p.group(e.Group)
		case *Graph:
			p.write("GRAPH ")
			p.node(&e.Name)
			p.write(" ")
			p.group(e.Group)
		case *Service:
			p.write("SERVICE ")
			if e.Silent {
				p.write("SILENT ")
			}
			p.node(&e.Name)
			p.write(" ")
			p.group(e.Group)
		case *Filter:
			p.write("FILTER (")
			p.expr(e.Expr)
			p.write(") ")
		case *Bind:
			p.write("BIND (")
			p.expr(e.Expr)
			p.write(" AS ?", e.Var, ") ")
		case *InlineData:
			p.values(e)
		case *SubSelect:
			p.query(e.Query)
		}
	}
	p.write("} ")
}

func (p *printer) values(d *InlineData) {
	p.write("VALUES (")
	for i, v := range d.Vars {
		if i > 0 {
			p.write(" ")
		}
		p.write("?", v)
	}
	p.write(") { ")
	for _, row := range d.Rows {
		p.write("(")
		for i, t := range row {
			if i > 0 {
				p.write(" ")
			}
			if t.IsZero() {
				p.write("UNDEF")
			} else {
				p.term(t)
			}
		}
		p.write(") ")
	}
	p.write("} ")
}

func (p *printer) path(path Path) {
	switch x := path.(type) {
	case *Link:
		p.term(x.IRI)
	case *Inverse:
		p.write("(^")
		p.path(x.Path)
		p.write(")")
	case *Sequence:
		p.pathList(x.Parts, "/")
	case *Alternative:
		p.pathList(x.Parts, "|")
	case *Repeat:
		p.write("(")
		p.path(x.Path)
		p.write(string(x.Mod), ")")
	case *Negated:
		p.write("!(")
		for i, t := range x.Forward {
			if i > 0 {
				p.write("|")
			}
			p.term(t)
		}
		for i, t := range x.Backward {
			if i > 0 || len(x.Forward) > 0 {
				p.write("|")
			}
			p.write("^")
			p.term(t)
		}
		p.write(")")
	}
}

func (p *printer) pathList(parts []Path, op string) {
	p.write("(")
	for i, part := range parts {
		if i > 0 {
			p.write(op)
		}
		p.path(part)
	}
	p.write(")")
}

func (p *printer) exprs(args []Expr) {
	for i, a := range args {
		if i > 0 {
			p.write(", ")
		}
		p.expr(a)
	}
}

func (p *printer) expr(e Expr) {
	switch e := e.(type) {
	case *Var:
		p.write("?", e.Name)
	case *Const:
		p.term(e.Term)
	case *Call:
		p.call(e)
	case *Aggregate:
		p.write(e.Func, "(")
		if e.Distinct {
			p.write("DISTINCT ")
		}
		if e.Star {
			p.write("*")
		} else {
			p.expr(e.Arg)
		}
		if e.Func == "GROUP_CONCAT" {
			p.write("; SEPARATOR=")
			p.term(rdf.String(e.Separator))
		}
		p.write(")")
	case *Exists:
		if e.Not {
			p.write("NOT ")
		}
		p.write("EXISTS ")
		p.group(e.Group)
	case *TripleExpr:
		p.write("<<( ")
		p.expr(e.S)
		p.write(" ")
		p.expr(e.P)
		p.write(" ")
		p.expr(e.O)
		p.write(" )>>")
	}
}

func (p *printer) call(c *Call) {
	switch first := c.Func[0]; {
	case c.Func == "IN" || c.Func == "NOT IN":
		p.write("(")
		p.expr(c.Args[0])
		p.write(" ", c.Func, " (")
		p.exprs(c.Args[1:])
		p.write("))")
	case c.Func == "!" || strings.HasPrefix(c.Func, "unary"):
		p.write("(", strings.TrimPrefix(c.Func, "unary"), " ")
		p.expr(c.Args[0])
		p.write(")")
	case isLetter(first) || first == '<' && len(c.Func) > 2:
		if first == '<' {
			p.term(rdf.IRI(strings.TrimSuffix(c.Func[1:], ">")))
		} else {
			p.write(c.Func)
		}
		p.write("(")
		if c.Distinct {
			p.write("DISTINCT ")
		}
		p.exprs(c.Args)
		p.write(")")
	default:
		p.write("(")
		p.expr(c.Args[0])
		p.write(" ", c.Func, " ")
		p.expr(c.Args[1])
		p.write(")")
	}
}
