package optimizer

import (
	"slices"

	"triplestore/store"
)

// prune tells scans and lookups which variables nobody reads, so that their columns are not fetched.
func prune(n Node, need Set) { (&pruner{}).prune(n, need) }

// pruner remembers what the right sides of applies read, which may be within each other.
type pruner struct{ known map[Node]Set }

func (p *pruner) prune(n Node, need Set) {
	switch n := n.(type) {
	case *Scan:
		n.Pattern.prune(need)
	case *Lookup:
		need = need.Union(condSlots(n.Conds))
		below := need.Union(n.Pattern.Vars().Intersect(n.In.P().Maybe))
		n.Pattern.prune(below)
		p.prune(n.In, below)
	case *HashJoin:
		need = need.Union(condSlots(n.Conds)).Union(n.L.P().Maybe.Intersect(n.R.P().Maybe))
		p.prune(n.L, need)
		p.prune(n.R, need)
	case *Apply:
		// Right's rows are joined with those of In by number, but Right reads In's columns through its Input.
		below := need.With(n.rowSlots()...).Union(p.reads(n.Right))
		p.prune(n.Right, below)
		p.prune(n.In, below)
	case *Filter:
		p.prune(n.In, need.Union(condSlots(n.Conds)))
	case *Extend:
		p.prune(n.In, need.Union(SetOf(n.Expr.Slots...)))
	case *ExtendRows:
		p.prune(n.In, need.Union(condSlots(n.Exprs)))
	case *Project:
		p.prune(n.In, need.Intersect(SetOf(n.Slots...)))
	case *Distinct:
		p.prune(n.In, need.Union(SetOf(n.Slots...)))
	case *Group:
		below := SetOf(n.Keys...)
		for _, a := range n.Aggregates {
			below = below.Union(condSlots(a.Args))
			if a.Distinct && len(a.Args) == 0 {
				below = below.Union(SetOf(a.All...))
			}
		}
		p.prune(n.In, below)
	case *Sort:
		if n.Ties = nil; n.Limit >= 0 {
			need = need.Union(n.breakTies(need.Intersect(n.P().Maybe).Slots()))
		}
		for _, k := range n.Keys {
			if k.Slot >= 0 {
				need = need.With(k.Slot)
			} else {
				need = need.Union(SetOf(k.Expr.Slots...))
			}
		}
		p.prune(n.In, need)
	case *Path:
		for _, r := range []Ref{n.S, n.O} {
			if r.IsVar() {
				need = need.With(r.Slot)
			}
		}
		p.prune(n.In, need)
	case *Service:
		p.prune(n.In, need.Union(n.Answer.Maybe))
	case *Correlated:
		p.prune(n.In, need.Union(SetOf(n.Sub.Outer...)))
	case *GraphLoop:
		p.prune(n.In, need.With(n.Slot))
	case *Shared: // its plan is pruned when all uses are known
		for i, s := range n.To {
			if need.Has(s) {
				n.Of.need = n.Of.need.With(n.From[i])
			}
		}
	default:
		for _, c := range Children(n) {
			p.prune(c, need)
		}
	}
}

func (a *Apply) rowSlots() []int {
	if a.Row < 0 {
		return nil
	}
	return []int{a.Row}
}

func condSlots(conds []*Cond) (s Set) {
	for _, c := range conds {
		s = s.Union(SetOf(c.Slots...))
	}
	return s
}

// reads are all variables that the nodes of a plan work with, before it is pruned.
func (p *pruner) reads(n Node) (s Set) {
	if s, ok := p.known[n]; ok {
		return s
	}
	if _, ok := n.(*Input); !ok {
		switch n := n.(type) {
		case *Scan:
			s = n.Pattern.Vars()
		case *Lookup:
			s = n.Pattern.Vars().Union(condSlots(n.Conds))
		case *HashJoin:
			s = condSlots(n.Conds).Union(n.L.P().Maybe.Intersect(n.R.P().Maybe))
		case *Filter:
			s = condSlots(n.Conds)
		case *Extend:
			s = SetOf(n.Expr.Slots...)
		case *ExtendRows:
			s = condSlots(n.Exprs)
		case *Path:
			s = n.P().Maybe
		case *Service:
			s = n.Answer.Maybe
		case *Correlated:
			s = SetOf(n.Sub.Outer...)
		case *Group, *Sort, *Distinct:
			s = n.P().Maybe.Union(Children(n)[0].P().Maybe)
		}
	}
	_, nested := n.(*Apply)
	for i, c := range Children(n) {
		r := p.reads(c)
		if nested && i == 1 { // asked for once more where it is pruned itself
			if p.known == nil {
				p.known = map[Node]Set{}
			}
			p.known[c] = r
		}
		s = s.Union(r)
	}
	return s
}

// prune makes variables that nobody reads and that occur once anonymous.
func (t *Pattern) prune(need Set) {
	count := map[int]int{}
	for _, pos := range [...]store.Position{store.S, store.P, store.O, store.G} {
		if r := t.At(pos); r.IsVar() && r.Slot >= 0 {
			count[r.Slot]++
		}
	}
	for _, r := range []*Ref{&t.S, &t.P, &t.O} {
		if r.IsVar() && r.Slot >= 0 && count[r.Slot] == 1 && !need.Has(r.Slot) {
			r.Slot = -1
		}
	}
	if v := t.Graph.Var; v >= 0 && count[v] == 1 && !need.Has(v) {
		t.Graph.Var = -1
	}
}

// breakTies has rows that agree in the keys of the sort ordered by slots that tell rows apart which differ in what is shown, in the same way whatever
// the plan is: by the IDs of slots that are read from the store, in place of what is computed from them, which has not the same IDs in each plan, or else by
// the values of that. It gives the slots whose IDs are compared.
func (n *Sort) breakTies(shown []int) (read Set) {
	for i := 0; i < len(shown); i++ {
		slot := shown[i]
		from, computed := computedFrom(n.In, slot)
		within := n.P().Maybe
		if d, ok := n.In.(*Distinct); ok {
			within = within.Intersect(SetOf(d.Slots...))
		}
		switch {
		case !computed:
			n.Ties = append(n.Ties, slot)
			read = read.With(slot)
		case from != nil && SetOf(from...).In(within):
			for _, k := range from {
				if !slices.Contains(shown, k) {
					shown = append(shown, k)
				}
			}
		case !slices.ContainsFunc(n.Keys, func(k SortKey) bool { return k.Slot == slot }):
			n.Keys = append(slices.Clip(n.Keys), SortKey{Slot: slot})
		}
	}
	return read
}

// computedFrom reports whether a plan computes values of a slot, and from which others alone; nil if that is not known.
func computedFrom(n Node, slot int) (from []int, computed bool) {
	switch n := n.(type) {
	case *Extend:
		if n.Slot == slot {
			return n.Expr.Slots, true
		}
	case *ExtendRows:
		if slices.Contains(n.Slots, slot) {
			return nil, true
		}
	case *Group:
		if !slices.Contains(n.Keys, slot) {
			return n.Keys, n.P().Maybe.Has(slot)
		}
	}
	if !n.P().Maybe.Has(slot) {
		return nil, false
	}
	for _, c := range Children(n) {
		if from, computed := computedFrom(c, slot); computed {
			return from, true
		}
	}
	return nil, false
}
