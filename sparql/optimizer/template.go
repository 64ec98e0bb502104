package optimizer

import "triplestore/sparql/algebra"

// template resolves the template of CONSTRUCT. Variables that the pattern binds get slots, which are added to out; blank nodes,
// whose names begin with a dot, are numbered.
func (p *planner) template(ts []algebra.TriplePattern, s *scoper, top *names, out *[]int) ([]TemplateTriple, error) {
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

// uniqueTriples reports whether the solutions of a CONSTRUCT with one triple in its template are the matches of one pattern, whose
// variables are all in the triple, so that no triple comes twice.
func uniqueTriples(p *Plan) bool {
	if len(p.Template) != 1 {
		return false
	}
	n := p.Root
	for {
		switch x := n.(type) {
		case *Filter:
			n = x.In
		case *Project:
			n = x.In
		case *Slice:
			n = x.In
		case *Scan:
			if x.Pattern.Graph.Var >= 0 || x.Pattern.Graph.Mode == GraphNamed {
				return false
			}
			var in Set
			for _, t := range p.Template[0] {
				if t.Triple == nil && t.Slot >= 0 {
					in = in.With(t.Slot)
				}
			}
			return x.Pattern.Vars().In(in)
		default:
			return false
		}
	}
}
