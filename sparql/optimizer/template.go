package optimizer

import "triplestore/sparql/algebra"

// template resolves the template of CONSTRUCT. Variables that the pattern binds get slots, which are added to out; blank nodes,
// whose names begin with a dot, are numbered.
func (p *planner) template(ts []algebra.TriplePattern, s *scoper, top names, out *[]int) ([]TemplateTriple, error) {
	blanks := map[string]int{}
	seen := map[int]bool{}
	var node func(n algebra.Node) TemplateNode
	node = func(n algebra.Node) TemplateNode {
		switch {
		case n.Triple != nil:
			t := TemplateTriple{node(n.Triple.S), node(n.Triple.P), node(n.Triple.O)}
			return TemplateNode{Slot: -1, Triple: &t}
		case !n.IsVar():
			return TemplateNode{Slot: -1, Term: n.Term}
		case n.Var[0] == '.':
			if blanks[n.Var] == 0 {
				blanks[n.Var] = len(blanks) + 1
			}
			return TemplateNode{Slot: -1, Blank: blanks[n.Var]}
		}
		slot := p.slot(s.name(top, n.Var))
		if !seen[slot] {
			seen[slot] = true
			*out = append(*out, slot)
		}
		return TemplateNode{Slot: slot}
	}
	var res []TemplateTriple
	for _, t := range ts {
		res = append(res, TemplateTriple{node(t.S), node(t.P), node(t.O)})
	}
	return res, nil
}
