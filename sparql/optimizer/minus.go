package optimizer

import "triplestore/sparql/algebra"

// minusKind is the kind of join that l MINUS r is. MINUS keeps solutions that have no variable in common with the other side, and
// variables whose values come from outside count as much as others, though no column has them: where both sides certainly
// bind one, only compatibility is asked for. known is false where that differs from row to row.
func (p *planner) minusKind(l, r algebra.Op) (kind JoinKind, known bool) {
	if p.params.Empty() || p.show {
		return Minus, true
	}
	all := &planner{shared: p.shared, graph: p.graph, late: p.late, given: p.params, scopes: map[algebra.Op]scope{}}
	a, b := all.scope(l), all.scope(r)
	if a.certain.Intersect(b.certain).Overlaps(p.params) {
		return Anti, true
	}
	return Minus, !a.maybe.Intersect(b.maybe).Overlaps(p.params)
}

// unclearMinus reports whether an operator has a MINUS beneath it of which only the rows tell what they have in common.
func (p *planner) unclearMinus(op algebra.Op) bool {
	if m, ok := op.(*algebra.Minus); ok {
		if _, known := p.minusKind(m.L, m.R); !known {
			return true
		}
	}
	for _, in := range inputsOf(op) {
		if p.unclearMinus(in) {
			return true
		}
	}
	return false
}

// showParams binds the parameters among the nodes of a pattern as variables, where the plan is to do so.
func (p *planner) showParams(n Node, nodes ...algebra.Node) (Node, error) {
	if !p.show {
		return n, nil
	}
	for _, x := range nodes {
		if !x.IsVar() || !p.params.Has(p.slot(x.Var)) || n.P().Maybe.Has(p.slot(x.Var)) {
			continue
		}
		c, err := p.cond(&algebra.Var{Name: x.Var})
		if err != nil {
			return nil, err
		}
		n = p.extend(n, p.slot(x.Var), c)
		n.P().Certain = n.P().Certain.With(p.slot(x.Var))
	}
	return n, nil
}
