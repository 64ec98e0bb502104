package algebra

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"triplestore/rdf"
	"triplestore/sparql/syntax"
)

// Translate gives the algebra of a query (https://www.w3.org/TR/sparql11-query/#sparqlQuery). Joins with the unit are left out
// and basic graph patterns that are joined directly are one. The error is a *syntax.Error.
func Translate(q *syntax.Query) (out *Query, err error) {
	t := &translator{text: q}
	defer t.recover(&err)
	out = &Query{Base: q.Base, Prefixes: map[string]string{}}
	for name, ns := range q.Prefixes {
		out.Prefixes[name] = ns
	}
	out.Dataset = Dataset{Set: len(q.From)+len(q.FromNamed) > 0, Default: q.From, Named: q.FromNamed}
	switch q.Form {
	case syntax.Select:
		out.Form = Select
	case syntax.Ask:
		out.Form = Ask
	case syntax.Construct:
		out.Form = Construct
	case syntax.Describe:
		out.Form = Describe
	}
	out.Pattern = t.query(q)
	switch q.Form {
	case syntax.Select:
		out.Vars = q.Projected()
	case syntax.Construct:
		out.Template = t.triples(q.Template, ".t")
	case syntax.Describe:
		for _, n := range q.Describe {
			out.Describe = append(out.Describe, t.node(&n, "."))
		}
		if q.Star {
			for _, v := range q.Projected() {
				out.Describe = append(out.Describe, Node{Var: v})
			}
		}
	}
	return out, nil
}

// maxTripleTerms limits the bytes of the triple terms of a text: annotations repeat what they annotate.
const maxTripleTerms = 16 << 20

// maxElements limits the elements of a group, which become a tree as deep as there are elements.
const maxElements = 10_000

// MaxPatterns is how many triple patterns a query may have, or an operation of an update, those of its sub-queries and property paths included; of the
// alternatives of a UNION the one with most counts. Each is planned with all that are joined with it, and columns are kept for it. Data and templates
// are no patterns.
const MaxPatterns = 2048

// maxAllPatterns is how many it may have with all alternatives.
const maxAllPatterns = 16 * MaxPatterns

type translator struct {
	text                    source
	paths, keys, aggregates int
	tripleBytes             int
	joins                   int // of property paths
	patterns, allPatterns   int
	deletes                 bool // what is translated is an operation that deletes

	// group collects the aggregates of the query that is being translated.
	group *grouping
}

// source is a query or an update request.
type source interface {
	Source(at syntax.Span) string
	ErrorAt(at syntax.Span, msg string) *syntax.Error
	Prolog() (base string, used map[string]string)
}

type bailout struct{ err error }

func (t *translator) recover(err *error) {
	switch r := recover().(type) {
	case nil:
	case bailout:
		*err = r.err
	default:
		panic(r)
	}
}

func (t *translator) fail(at syntax.Span, format string, args ...any) {
	panic(bailout{t.text.ErrorAt(at, fmt.Sprintf(format, args...))})
}

// query translates a query with its modifiers, in the order of section 18.2.4 and 18.2.5.
func (t *translator) query(q *syntax.Query) Op {
	outer := t.group
	defer func() { t.group = outer }()
	t.group = nil
	var op Op = &BGP{}
	if q.Where != nil {
		op = t.groupPattern(q.Where)
	}
	having := make([]Expr, 0, len(q.Having))
	items := make([]Expr, len(q.Items))
	sortKeys := make([]SortKey, 0, len(q.OrderBy))
	if q.Aggregated() {
		t.group = &grouping{known: map[string]bool{}, byText: map[string]string{}}
		g := &Group{Implicit: len(q.GroupBy) == 0}
		for _, k := range q.GroupBy {
			name := k.Var
			if v, ok := k.Expr.(*syntax.Var); !ok || v.Name != k.Var {
				if name == "" {
					name = ".k" + strconv.Itoa(t.keys)
					t.keys++
				}
				saved := t.group
				t.group = nil
				op = &Extend{Var: name, Expr: t.expr(k.Expr), In: op}
				t.group = saved
			}
			if !t.group.known[name] {
				g.Keys = append(g.Keys, name)
			}
			t.group.known[name] = true
		}
		if q.Values != nil {
			for _, v := range q.Values.Vars {
				t.group.known[v] = true
			}
		}
		for i, item := range q.Items {
			if item.Expr != nil {
				items[i] = t.expr(item.Expr)
				t.group.known[item.Var] = true
			}
		}
		t.havingScope(q, items)
		for _, h := range q.Having {
			having = append(having, t.expr(h))
		}
		for _, item := range q.Items {
			t.group.known[item.Var] = true
		}
		for _, k := range q.OrderBy {
			sortKeys = append(sortKeys, SortKey{t.expr(k.Expr), k.Desc})
		}
		g.Aggregates = t.group.aggregates
		g.In = op
		op = g
		t.group = nil
	} else {
		for i, item := range q.Items {
			if item.Expr != nil {
				items[i] = t.expr(item.Expr)
			}
		}
		for _, k := range q.OrderBy {
			sortKeys = append(sortKeys, SortKey{t.expr(k.Expr), k.Desc})
		}
	}
	if len(having) > 0 {
		op = &Filter{Cond: conjunction(having), In: op}
	}
	if q.Values != nil {
		op = join(op, t.values(q.Values))
	}
	for i, item := range q.Items {
		if items[i] != nil {
			op = &Extend{Var: item.Var, Expr: items[i], In: op}
		}
	}
	if len(sortKeys) > 0 {
		op = &OrderBy{Keys: sortKeys, In: op}
	}
	if q.Form == syntax.Select {
		op = &Project{Vars: q.Projected(), In: op}
	}
	switch {
	case q.Distinct:
		op = &Distinct{op}
	case q.Reduced:
		op = &Reduced{op}
	}
	if q.Limit >= 0 || q.Offset > 0 {
		op = &Slice{Offset: max(0, q.Offset), Limit: q.Limit, In: op}
	}
	return op
}

// havingScope makes the variables of SELECT expressions unknown again, as HAVING comes before them.
func (t *translator) havingScope(q *syntax.Query, items []Expr) {
	t.group.aliases = map[string]Expr{}
	var scope []string
	if q.Where != nil {
		scope = q.Where.Vars()
	}
	for i, item := range q.Items {
		if items[i] == nil {
			continue
		}
		delete(t.group.known, item.Var)
		if !slices.Contains(scope, item.Var) {
			t.group.aliases[item.Var] = items[i]
		}
	}
}

func conjunction(conds []Expr) Expr {
	if len(conds) == 1 {
		return conds[0]
	}
	mid := (len(conds) + 1) / 2
	return &Call{Func: "&&", Args: []Expr{conjunction(conds[:mid]), conjunction(conds[mid:])}}
}

// join is Join without the cases in which it changes nothing. As blank nodes are variables here, two basic graph patterns that
// are joined are the same as one.
func join(l, r Op) Op {
	a, aIsBGP := l.(*BGP)
	b, bIsBGP := r.(*BGP)
	switch {
	case aIsBGP && len(a.Patterns) == 0:
		return r
	case bIsBGP && len(b.Patterns) == 0:
		return l
	case aIsBGP && bIsBGP:
		return &BGP{append(a.Patterns, b.Patterns...)}
	}
	return &Join{l, r}
}

// groupPattern translates a group with its filters (section 18.2.2.6 and 18.2.2.7).
func (t *translator) groupPattern(g *syntax.Group) Op {
	op, filters := t.groupParts(g)
	if len(filters) > 0 {
		return &Filter{Cond: conjunction(filters), In: op}
	}
	return op
}

func (t *translator) groupParts(g *syntax.Group) (op Op, filters []Expr) {
	op = &BGP{}
	if len(g.Elements) > maxElements {
		t.fail(g.Span, "the group has more than %d elements", maxElements)
	}
	for _, e := range g.Elements {
		switch e := e.(type) {
		case *syntax.Filter:
			filters = append(filters, t.expr(e.Expr))
		case *syntax.Triples:
			op = t.joinTriples(op, e.Triples)
		case *syntax.Optional:
			// Only the filters of the OPTIONAL's own group become its condition, not those of a group inside it.
			r, conds := t.groupParts(e.Group)
			lj := &LeftJoin{L: op, R: r}
			if len(conds) > 0 {
				lj.Cond = conjunction(conds)
			}
			op = lj
		case *syntax.Minus:
			op = &Minus{op, t.groupPattern(e.Group)}
		case *syntax.Lateral:
			op = &Lateral{op, t.groupPattern(e.Group)}
		case *syntax.Bind:
			op = &Extend{Var: e.Var, Expr: t.expr(e.Expr), In: op}
		default:
			op = join(op, t.element(e))
		}
	}
	return op, filters
}

func (t *translator) element(e syntax.Pattern) Op {
	switch e := e.(type) {
	case *syntax.Group:
		return t.groupPattern(e)
	case *syntax.Union:
		ops := make([]Op, len(e.Alternatives))
		before, most := t.patterns, t.patterns
		for i, g := range e.Alternatives {
			t.patterns = before
			ops[i] = t.groupPattern(g)
			most = max(most, t.patterns)
		}
		t.patterns = most
		return union(ops)
	case *syntax.Graph:
		return &Graph{t.node(&e.Name, "."), t.groupPattern(e.Group)}
	case *syntax.Service:
		return &Service{Name: t.node(&e.Name, "."), Silent: e.Silent, In: t.groupPattern(e.Group), Text: t.serviceText(e.Group), At: Pos(e.Start)}
	case *syntax.InlineData:
		return t.values(e)
	case *syntax.SubSelect:
		return t.query(e.Query)
	}
	panic(fmt.Sprintf("algebra: unknown pattern %T", e))
}

// union makes a tree of logarithmic depth; Union is associative and keeps the order of its parts.
func union(ops []Op) Op {
	if len(ops) == 1 {
		return ops[0]
	}
	mid := (len(ops) + 1) / 2
	return &Union{union(ops[:mid]), union(ops[mid:])}
}

func (t *translator) values(d *syntax.InlineData) Op { return &Values{Vars: d.Vars, Rows: d.Rows} }

// serviceText is a query that can be sent to a service: the prologue and the pattern as it was written.
func (t *translator) serviceText(g *syntax.Group) string {
	var b strings.Builder
	base, used := t.text.Prolog()
	if base != "" {
		b.WriteString("BASE " + rdf.IRI(base).String() + "\n")
	}
	names := make([]string, 0, len(used))
	for name := range used {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		b.WriteString("PREFIX " + name + ": " + rdf.IRI(used[name]).String() + "\n")
	}
	b.WriteString("SELECT * WHERE ")
	b.WriteString(t.text.Source(g.Span))
	return b.String()
}

// joinTriples joins the patterns of triples to op, in their order.
func (t *translator) joinTriples(op Op, triples []syntax.Triple) Op {
	var patterns []TriplePattern
	add := func(p TriplePattern) {
		patterns = append(patterns, p)
		t.patterns++
		t.allPatterns++
		if t.patterns > MaxPatterns {
			hint := "VALUES takes many values for a few"
			if t.deletes {
				hint += ", and DELETE DATA has no such limit"
			}
			t.fail(triples[0].S.Span, "there are more than %d triple patterns; %s", MaxPatterns, hint)
		}
		if t.allPatterns > maxAllPatterns {
			t.fail(triples[0].S.Span, "there are more than %d triple patterns in the alternatives of UNION; VALUES takes many values for a few", maxAllPatterns)
		}
	}
	flush := func() {
		if len(patterns) > 0 {
			op = join(op, &BGP{patterns})
			patterns = nil
		}
	}
	for i := range triples {
		tr := &triples[i]
		s, o := t.node(&tr.S, "."), t.node(&tr.O, ".")
		if tr.Path == nil {
			add(TriplePattern{s, t.node(&tr.P, "."), o})
			continue
		}
		t.pathPattern(s, tr.Path, o, add, func(p *PathPattern) {
			flush()
			op = join(op, p)
			if t.joins++; t.joins > maxElements {
				t.fail(tr.S.Span, "there are more than %d property paths", maxElements)
			}
		})
	}
	flush()
	return op
}

// pathPattern translates a property path pattern (section 18.2.2.4).
func (t *translator) pathPattern(s Node, path syntax.Path, o Node, triple func(TriplePattern), other func(*PathPattern)) {
	switch p := path.(type) {
	case *syntax.Link:
		triple(TriplePattern{s, Node{Term: p.IRI}, o})
	case *syntax.Inverse:
		t.pathPattern(o, p.Path, s, triple, other)
	case *syntax.Sequence:
		for i, part := range p.Parts {
			next := o
			if i < len(p.Parts)-1 {
				next = Node{Var: ".p" + strconv.Itoa(t.paths)}
				t.paths++
			}
			t.pathPattern(s, part, next, triple, other)
			s = next
		}
	default:
		other(&PathPattern{s, t.path(path), o})
	}
}

func (t *translator) path(path syntax.Path) Path {
	switch p := path.(type) {
	case *syntax.Link:
		return &Link{p.IRI}
	case *syntax.Inverse:
		return &Inverse{t.path(p.Path)}
	case *syntax.Sequence:
		return balance(t, p.Parts, func(l, r Path) Path { return &Sequence{l, r} })
	case *syntax.Alternative:
		return balance(t, p.Parts, func(l, r Path) Path { return &Alternative{l, r} })
	case *syntax.Repeat:
		switch p.Mod {
		case '*':
			return &ZeroOrMore{t.path(p.Path)}
		case '+':
			return &OneOrMore{t.path(p.Path)}
		}
		return &ZeroOrOne{t.path(p.Path)}
	case *syntax.Negated:
		n := &Negated{Forward: p.Forward, Backward: p.Backward, HasBackward: len(p.Backward) > 0}
		n.HasForward = len(p.Forward) > 0 || !n.HasBackward
		return n
	}
	panic(fmt.Sprintf("algebra: unknown path %T", path))
}

func balance(t *translator, parts []syntax.Path, combine func(l, r Path) Path) Path {
	if len(parts) == 1 {
		return t.path(parts[0])
	}
	mid := (len(parts) + 1) / 2
	return combine(balance(t, parts[:mid], combine), balance(t, parts[mid:], combine))
}

func (t *translator) triples(triples []syntax.Triple, blank string) []TriplePattern {
	out := make([]TriplePattern, len(triples))
	for i := range triples {
		tr := &triples[i]
		out[i] = TriplePattern{t.node(&tr.S, blank), t.node(&tr.P, blank), t.node(&tr.O, blank)}
	}
	return out
}

// node translates a node. Blank nodes become variables that begin with blank: "._a" for _:a and ".1" for one without a label.
func (t *translator) node(n *syntax.Node, blank string) Node {
	switch n.Kind {
	case syntax.VarNode:
		return Node{Var: n.Name}
	case syntax.BlankNode:
		if strings.HasPrefix(n.Name, ".") {
			return Node{Var: blank + n.Name[1:]}
		}
		return Node{Var: blank + "_" + n.Name}
	case syntax.TripleNode:
		s, p, o := t.node(&n.Triple.S, blank), t.node(&n.Triple.P, blank), t.node(&n.Triple.O, blank)
		if s.Term.IsZero() || p.Term.IsZero() || o.Term.IsZero() {
			return Node{Triple: &TriplePattern{s, p, o}}
		}
		term := rdf.TripleTerm(rdf.Triple{S: s.Term, P: p.Term, O: o.Term})
		if t.tripleBytes += term.Size(); t.tripleBytes > maxTripleTerms {
			t.fail(n.Span, "the triple terms are too long altogether")
		}
		return Node{Term: term}
	}
	return Node{Term: n.Term}
}
