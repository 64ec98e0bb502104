package optimizer

import (
	"fmt"
	"strings"

	"triplestore/sparql/algebra"
)

// Children lists the nodes that a node reads from.
func Children(n Node) []Node {
	switch n := n.(type) {
	case *Lookup:
		return []Node{n.In}
	case *HashJoin:
		return []Node{n.L, n.R}
	case *Apply:
		return []Node{n.In, n.Right}
	case *Union:
		return n.In
	case *Filter:
		return []Node{n.In}
	case *Extend:
		return []Node{n.In}
	case *ExtendRows:
		return []Node{n.In}
	case *Project:
		return []Node{n.In}
	case *Distinct:
		return []Node{n.In}
	case *Group:
		return []Node{n.In}
	case *Sort:
		return []Node{n.In}
	case *Slice:
		return []Node{n.In}
	case *FirstRows:
		return []Node{n.First, n.Full}
	case *Path:
		return []Node{n.In}
	case *GraphLoop:
		return []Node{n.In}
	case *Correlated:
		return []Node{n.In}
	case *Service:
		return []Node{n.In}
	case *Shared:
		if n.First {
			return []Node{n.Of.Plan}
		}
	}
	return nil
}

// Explain shows the plan as indented text, one node a line. more, if not nil, adds to a node's line.
func (p *Plan) Explain(more func(Node, *strings.Builder)) string {
	var b strings.Builder
	var show func(n Node, depth int)
	show = func(n Node, depth int) {
		b.WriteString(strings.Repeat("  ", depth))
		b.WriteString(p.describe(n))
		fmt.Fprintf(&b, " · estimate %.4g", n.P().Rows)
		if more != nil {
			more(n, &b)
		}
		b.WriteByte('\n')
		for _, c := range Children(n) {
			show(c, depth+1)
		}
	}
	show(p.Root, 0)
	for i, s := range p.Exists {
		if s.Example != nil {
			fmt.Fprintf(&b, "pattern %d, for one solution at a time:\n", i)
			show(s.Example, 1)
		}
	}
	if p.Bounded {
		fmt.Fprintf(&b, "not all orders of joins were compared: the bound of planning was reached after %d joins\n", p.Joins)
	}
	return b.String()
}

func (p *Plan) slot(s int) string {
	if s < 0 {
		return "_"
	}
	if s >= len(p.Slots) || p.Slots[s] == "" {
		return fmt.Sprintf("?.%d", s)
	}
	return "?" + p.Slots[s]
}

func (p *Plan) slotList(slots []int) string {
	out := make([]string, len(slots))
	for i, s := range slots {
		out[i] = p.slot(s)
	}
	return strings.Join(out, " ")
}

func (p *Plan) ref(r Ref) string {
	switch r.Kind {
	case RefParam:
		return "$" + strings.TrimPrefix(p.slot(r.Slot), "?")
	case RefConst:
		if t, ok := r.ID.InlineTerm(); ok {
			return t.String()
		}
		if t, ok := p.Terms[r.ID]; ok {
			return t.String()
		}
		return fmt.Sprintf("#%x", uint64(r.ID))
	}
	return p.slot(r.Slot)
}

func graphs(n int) string {
	if n == 1 {
		return "1 graph"
	}
	return fmt.Sprintf("%d graphs", n)
}

func (p *Plan) pattern(t *Pattern) string {
	s := p.ref(t.S) + " " + p.ref(t.P) + " " + p.ref(t.O)
	switch {
	case t.Graph.Var >= 0:
		s += " in graph " + p.slot(t.Graph.Var)
	case t.Graph.Mode == GraphSet:
		s += " in " + graphs(len(t.Graph.IDs))
	case t.Graph.Mode == GraphParam:
		s += " in the loop's graph"
	}
	return s
}

func (p *Plan) describe(n Node) string {
	switch n := n.(type) {
	case *Unit:
		return "unit"
	case *Empty:
		return "empty"
	case *Input:
		return "input"
	case *Values:
		rows := "1 row"
		if len(n.Table) != 1 {
			rows = fmt.Sprintf("%d rows", len(n.Table))
		}
		return fmt.Sprintf("values (%s), %s", p.slotList(n.Slots), rows)
	case *Scan:
		s := fmt.Sprintf("scan %s, prefix %d: %s", n.Order, n.Prefix, p.pattern(&n.Pattern))
		if n.Lo != 0 || n.Hi != 0 {
			s += fmt.Sprintf(", range [%x, %x]", uint64(n.Lo), uint64(n.Hi))
		}
		if n.Parts != nil {
			from := "lowest"
			if n.Desc {
				from = "highest"
			}
			s += ", from the " + from + " value until the sort has its rows"
		}
		return s
	case *Lookup:
		return fmt.Sprintf("lookup (%s) %s, prefix %d, keys %d: %s%s", n.Kind, n.Order, n.Consts, n.Keys, p.pattern(&n.Pattern), showConds(n.Conds))
	case *HashJoin:
		rounds := ""
		if n.Rounds {
			rounds = "in rounds "
		}
		return fmt.Sprintf("hash join %s(%s) on (%s)%s", rounds, n.Kind, p.slotList(n.L.P().Maybe.Intersect(n.R.P().Maybe).Slots()), showConds(n.Conds))
	case *Apply:
		if n.Kind == Mark {
			return fmt.Sprintf("apply (%s) %s", n.Kind, p.slot(n.Mark))
		}
		return fmt.Sprintf("apply (%s)", n.Kind)
	case *Union:
		return "union"
	case *Filter:
		return "filter" + showConds(n.Conds)
	case *Extend:
		return "extend " + p.slot(n.Slot) + " := " + ShowExpr(n.Expr.Expr)
	case *ExtendRows:
		return "extend by row " + p.slotList(n.Slots)
	case *Project:
		return "project " + p.slotList(n.Slots)
	case *Distinct:
		return "distinct " + p.slotList(n.Slots)
	case *Group:
		var aggs []string
		for _, a := range n.Aggregates {
			var args []string
			for _, e := range a.Args {
				args = append(args, ShowExpr(e.Expr))
			}
			d := ""
			if a.Distinct {
				d = "distinct "
			}
			aggs = append(aggs, fmt.Sprintf("%s := %s(%s%s)", p.slot(a.Slot), a.Func, d, strings.Join(args, ", ")))
		}
		return fmt.Sprintf("group by (%s) %s", p.slotList(n.Keys), strings.Join(aggs, ", "))
	case *CountScan:
		count := "count"
		if n.Distinct {
			count = "count distinct"
		}
		if n.Key < 0 {
			return fmt.Sprintf("%s %s, prefix %d: %s", count, n.Order, n.Prefix, p.pattern(&n.Pattern))
		}
		return fmt.Sprintf("%s %s, prefix %d, by %s: %s", count, n.Order, n.Prefix, p.slot(n.Key), p.pattern(&n.Pattern))
	case *Sort:
		var keys []string
		for _, k := range n.Keys {
			s := ""
			if k.Slot >= 0 {
				s = p.slot(k.Slot)
			} else {
				s = ShowExpr(k.Expr.Expr)
			}
			if k.Desc {
				s = "desc " + s
			}
			keys = append(keys, s)
		}
		if n.Limit >= 0 {
			return fmt.Sprintf("sort by %s, first %d", strings.Join(keys, ", "), n.Limit)
		}
		return "sort by " + strings.Join(keys, ", ")
	case *Slice:
		return fmt.Sprintf("slice offset %d limit %d", n.Offset, n.Limit)
	case *FirstRows:
		return fmt.Sprintf("first %d rows by the first plan, or after %.3g ms of work by the second", n.Rows, n.Effort/1e6)
	case *Path:
		end := "1 step"
		if n.Many {
			end = "any number of steps"
		}
		return fmt.Sprintf("path %s to %s by %s, %d to %s", p.ref(n.S), p.ref(n.O), p.step(n.Path), n.Min, end)
	case *GraphLoop:
		return fmt.Sprintf("for each of %s as %s", graphs(len(n.Graphs)), p.slot(n.Slot))
	case *Service:
		return p.describeService(n)
	case *Shared:
		if !n.First {
			return fmt.Sprintf("shared plan %d again, as %s", n.Of.Number, p.slotList(n.To))
		}
		return fmt.Sprintf("shared plan %d, run once for %d uses", n.Of.Number, n.Of.Uses)
	case *Correlated:
		return "for each row (" + p.slotList(n.Sub.Outer) + ")"
	}
	return fmt.Sprintf("%T", n)
}

func (p *Plan) step(s Step) string {
	inverse := func(is bool, text string) string {
		if is {
			return "^" + text
		}
		return text
	}
	switch s := s.(type) {
	case *StepLink:
		return inverse(s.Inverse, p.ref(Ref{Kind: RefConst, ID: s.P}))
	case *StepNegated:
		var not []string
		for _, id := range s.Not {
			not = append(not, p.ref(Ref{Kind: RefConst, ID: id}))
		}
		return inverse(s.Inverse, "!("+strings.Join(not, "|")+")")
	case *StepSequence:
		return "(" + p.step(s.L) + "/" + p.step(s.R) + ")"
	case *StepAlternative:
		var of []string
		for _, x := range s.Of {
			of = append(of, p.step(x))
		}
		return "(" + strings.Join(of, "|") + ")"
	case *StepClosure:
		switch {
		case !s.Many:
			return p.step(s.Step) + "?"
		case s.Min > 0:
			return p.step(s.Step) + "+"
		}
		return p.step(s.Step) + "*"
	}
	return "?"
}

func showConds(conds []*Cond) string {
	var b strings.Builder
	for i, c := range conds {
		if i > 0 {
			b.WriteString(" &&")
		}
		b.WriteString(" ")
		b.WriteString(ShowExpr(c.Expr))
		if c.ByID != nil {
			b.WriteString(" (by ID)")
		}
	}
	return b.String()
}

// ShowExpr writes an expression in the notation of function calls.
func ShowExpr(e algebra.Expr) string {
	switch x := e.(type) {
	case *algebra.Var:
		return "?" + x.Name
	case *algebra.Const:
		return x.Term.String()
	case *algebra.Call:
		args := make([]string, len(x.Args))
		for i, a := range x.Args {
			args[i] = ShowExpr(a)
		}
		if len(args) == 2 && (x.Func[0] < 'A' || x.Func[0] == '|') && x.Func[0] != '<' || len(args) == 2 && (x.Func == "<" || x.Func == "<=") {
			return "(" + args[0] + " " + x.Func + " " + args[1] + ")"
		}
		return x.Func + "(" + strings.Join(args, ", ") + ")"
	case *algebra.Exists:
		if x.Not {
			return "NOT EXISTS {…}"
		}
		return "EXISTS {…}"
	case *algebra.TripleExpr:
		return "TRIPLE(" + ShowExpr(x.S) + ", " + ShowExpr(x.P) + ", " + ShowExpr(x.O) + ")"
	}
	return "?"
}
