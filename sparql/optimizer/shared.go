package optimizer

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"triplestore/sparql/algebra"
	"triplestore/store"
)

// Shared yields the rows of a plan that occurs several times in a query and is run once.
type Shared struct {
	Props
	Of *SharedPlan
	// From are slots of the shared plan, To those that they are here.
	From, To []int
	// First: the plan is shown here.
	First bool
}

// SharedPlan is what several Shared nodes yield.
type SharedPlan struct {
	Plan   Node
	Number int
	// Uses is how many Shared nodes yield it.
	Uses int
	need Set // of Plan's slots
}

const (
	// sharedFrom is what a plan costs at least to be kept for another use.
	sharedFrom = 100e3
	costKeep   = 20 // keeping a row
	costAgain  = 5  // reading a row that was kept
	// mostPlans is how many plans of a query are shared, mostText how many bytes of plans are compared to find them.
	mostPlans = 16
	mostText  = 1 << 18
)

// share finds plans that occur more than once, but for the names of variables, beneath root and runs each of them once, where keeping its
// rows is estimated to cost less than making them again. Rows that may not all be wanted, beneath a LIMIT, are not kept.
func (p *planner) share(root Node) []*SharedPlan {
	var out []*SharedPlan
	for text := mostText; len(out) < mostPlans; {
		var replaced []place // plans that are within these, or around them, are others now
		for _, c := range p.alike(root, &text) {
			if len(out) == mostPlans || slices.ContainsFunc(c.places, func(x place) bool { return slices.ContainsFunc(replaced, x.overlaps) }) {
				continue
			}
			replaced = append(replaced, c.places...)
			s := c.share()
			s.Number = len(out) + 1
			out = append(out, s)
		}
		if len(replaced) == 0 {
			break
		}
	}
	return out
}

// place is where a node hangs: the i-th of those that on reads from.
type place struct {
	node, on Node
	i        int
	from, to int // numbers of what is beneath it, and of no other
}

func (x place) overlaps(y place) bool { return x.from < y.to && y.from < x.to }

// sharing is a plan that occurs several times.
type sharing struct {
	places []place
	slots  [][]int // of each, in the same sequence
	saved  float64 // estimated, in nanoseconds
}

// alike finds plans whose sharing saves something, those first that save most. It writes no more than so much text of plans.
func (p *planner) alike(root Node, text *int) []sharing {
	// Plans that are the same have the same shape and are estimated the same: few need to be looked at closely.
	type estimate struct {
		rows, cost float64
		shape      uint64
	}
	type found struct {
		place
		estimate
	}
	var all []found // in the order of the plan
	count := map[estimate]int{}
	seed, at := maphash.MakeSeed(), 0
	// walk gives the shape of what is beneath n.
	var walk func(n Node, lazy bool) uint64
	walk = func(n Node, lazy bool) uint64 {
		var shape uint64
		switch x := n.(type) {
		case *Slice:
			lazy = lazy || x.Limit >= 0
		case *Sort, *Group, *Shared:
			lazy = false
		}
		for i, in := range Children(n) {
			if _, either := n.(*FirstRows); either && i == 0 {
				continue // what it has in common with the other plan is not wanted twice
			}
			_, table := n.(*HashJoin)
			below := lazy && !(table && i == 1)
			from := at
			at++
			one := struct {
				of            reflect.Type
				before, shape uint64
			}{of: reflect.TypeOf(in), before: shape}
			if cost := in.P().Cost; cost >= sharedFrom || p.options.ShareAll {
				_, group := in.(*Group)
				one.shape = walk(in, below)
				if keepable(in) && (!below || group || p.options.ShareAll) {
					e := estimate{in.P().Rows, cost, one.shape}
					count[e]++
					all = append(all, found{place{in, n, i, from, at}, e})
				}
			}
			shape = maphash.Comparable(seed, one)
		}
		return shape
	}
	walk(root, false)
	alike := map[estimate][]place{}
	var keys []estimate // of more than one
	for _, x := range all {
		if count[x.estimate] == 1 {
			continue
		}
		if alike[x.estimate] == nil {
			keys = append(keys, x.estimate)
		}
		alike[x.estimate] = append(alike[x.estimate], x.place)
	}
	slices.SortStableFunc(keys, func(a, b estimate) int {
		return cmp.Or(cmp.Compare(b.cost, a.cost), cmp.Compare(b.rows, a.rows))
	})
	var out []sharing
	for _, e := range keys {
		again := e.rows*costAgain + costStart
		if !p.options.ShareAll && (e.cost-again)*float64(len(alike[e])-1) <= e.rows*costKeep {
			continue
		}
		same := map[string]*sharing{}
		var texts []string
		for _, x := range alike[e] {
			w := planWriter{p: p, number: map[int]int{}, most: *text}
			w.node(x.node)
			*text -= w.b.Len()
			if w.refused || w.inputs != 0 {
				continue
			}
			text := w.b.String()
			s := same[text]
			if s == nil {
				texts = append(texts, text)
				s = &sharing{}
				same[text] = s
			}
			s.places, s.slots = append(s.places, x), append(s.slots, w.slots)
		}
		for _, text := range texts {
			s := same[text]
			uses := float64(len(s.places))
			s.saved = (uses-1)*(e.cost-again) - again - e.rows*costKeep
			if uses > 1 && (s.saved > 0 || p.options.ShareAll) {
				out = append(out, *s)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b sharing) int { return cmp.Compare(b.saved, a.saved) })
	return out
}

// share puts a Shared node into each place.
func (c *sharing) share() *SharedPlan {
	s := &SharedPlan{Plan: c.places[0].node, Uses: len(c.places)}
	for i, x := range c.places {
		n := &Shared{Of: s, First: i == 0}
		n.Props = *x.node.P()
		n.Seq = 0
		if i > 0 {
			n.Cost = n.Rows * costAgain
		}
		for k, slot := range c.slots[0] {
			if s.Plan.P().Maybe.Has(slot) {
				n.From, n.To = append(n.From, slot), append(n.To, c.slots[i][k])
			}
		}
		setChild(x.on, x.i, n)
	}
	return s
}

// keepable reports whether the rows of a node may be worth keeping at all.
func keepable(n Node) bool {
	switch n.(type) {
	case *Shared, *Unit, *Empty, *Input, *Values:
		return false
	}
	return true
}

// setChild puts a node in the place of the i-th of those that n reads from.
func setChild(n Node, i int, to Node) {
	switch n := n.(type) {
	case *Lookup:
		n.In = to
	case *HashJoin:
		if i == 0 {
			n.L = to
		} else {
			n.R = to
		}
	case *Apply:
		if i == 0 {
			n.In = to
		} else {
			n.Right = to
		}
	case *Union:
		n.In[i] = to
	case *Filter:
		n.In = to
	case *Extend:
		n.In = to
	case *ExtendRows:
		n.In = to
	case *Project:
		n.In = to
	case *Distinct:
		n.In = to
	case *Group:
		n.In = to
	case *Sort:
		n.In = to
	case *Slice:
		n.In = to
	case *FirstRows:
		if i == 0 {
			n.First = to
		} else {
			n.Full = to
		}
	case *Path:
		n.In = to
	case *GraphLoop:
		n.In = to
	case *Correlated:
		n.In = to
	case *Service:
		n.In = to
	case *Shared:
		n.Of.Plan = to
	}
}

// planWriter writes a plan so that plans which differ only in their slots are written alike: slots are numbered in the order in which
// they occur.
type planWriter struct {
	p       *planner
	b       strings.Builder
	number  map[int]int
	slots   []int
	inputs  int  // Input nodes that are of no apply in the plan
	refused bool // it may have other rows each time, or depends on where it stands
	most    int  // bytes; what is longer is refused
}

func (w *planWriter) number10(before string, n int) {
	var b [20]byte
	w.b.WriteString(before)
	w.b.Write(strconv.AppendInt(b[:0], int64(n), 10))
}

func (w *planWriter) id(before string, id store.ID) {
	var b [20]byte
	w.b.WriteString(before)
	w.b.Write(strconv.AppendUint(b[:0], uint64(id), 16))
}

func (w *planWriter) slot(s int) {
	if s < 0 {
		w.b.WriteString(" _")
		return
	}
	n, ok := w.number[s]
	if !ok {
		n = len(w.slots)
		w.number[s] = n
		w.slots = append(w.slots, s)
	}
	w.number10(" ?", n)
}

func (w *planWriter) all(slots []int) {
	w.b.WriteString(" (")
	for _, s := range slots {
		w.slot(s)
	}
	w.b.WriteString(")")
}

func (w *planWriter) ref(r Ref) {
	switch r.Kind {
	case RefVar:
		w.slot(r.Slot)
	case RefConst:
		w.id(" #", r.ID)
	default:
		w.refused = true
	}
}

func (w *planWriter) graph(g Graph) {
	if g.Mode == GraphParam {
		w.refused = true
	}
	w.number10(" in ", int(g.Mode))
	for _, id := range g.IDs {
		w.id(",", id)
	}
	if g.Merge {
		w.b.WriteString(" merge")
	}
	w.slot(g.Var)
}

func (w *planWriter) pattern(t *Pattern) {
	w.ref(t.S)
	w.ref(t.P)
	w.ref(t.O)
	w.graph(t.Graph)
}

func (w *planWriter) conds(conds []*Cond) {
	for _, c := range conds {
		w.b.WriteString(" if")
		w.expr(c.Expr)
	}
}

func (w *planWriter) expr(e algebra.Expr) {
	switch x := e.(type) {
	case *algebra.Var:
		w.slot(w.p.slot(x.Name))
	case *algebra.Const:
		w.b.WriteString(" ")
		w.b.WriteString(strconv.Quote(x.Term.String()))
	case *algebra.Call:
		w.refused = w.refused || chancy(x)
		w.b.WriteString(" ")
		w.b.WriteString(x.Func)
		if x.Distinct {
			w.b.WriteString(" distinct")
		}
		w.b.WriteString("(")
		for _, a := range x.Args {
			w.expr(a)
		}
		w.b.WriteString(")")
	case *algebra.TripleExpr:
		w.b.WriteString(" triple(")
		w.expr(x.S)
		w.expr(x.P)
		w.expr(x.O)
		w.b.WriteString(")")
	default: // EXISTS
		w.refused = true
	}
}

func (w *planWriter) node(n Node) {
	if w.refused = w.refused || w.b.Len() > w.most; w.refused {
		return
	}
	w.b.WriteString("\n")
	w.b.WriteString(reflect.TypeOf(n).String())
	w.number10(" ", len(n.P().Sorted))
	switch x := n.(type) {
	case *Unit, *Empty:
		w.all(n.P().Maybe.Slots())
	case *Input:
		w.inputs++
		return
	case *Values:
		w.all(x.Slots)
		fmt.Fprintf(&w.b, "%x", x.Table)
	case *Scan:
		w.number10(" ", int(x.Order))
		w.number10(" ", x.Prefix)
		w.id(" ", x.Lo)
		w.id(" ", x.Hi)
		w.refused = w.refused || x.Parts != nil // how far it is read depends on what is above
		w.pattern(&x.Pattern)
	case *Lookup:
		for _, n := range [...]int{int(x.Order), x.Consts, x.Keys, int(x.Kind)} {
			w.number10(" ", n)
		}
		w.pattern(&x.Pattern)
		w.conds(x.Conds)
	case *HashJoin:
		w.number10(" ", int(x.Kind))
		w.conds(x.Conds)
	case *Apply:
		fmt.Fprintf(&w.b, " %d", x.Kind)
		w.slot(x.Row)
		if x.Kind == Mark {
			w.slot(x.Mark)
		}
		w.node(x.In)
		inputs := w.inputs
		w.node(x.Right)
		w.inputs = inputs // those of Right are its own
		return
	case *Union:
		fmt.Fprintf(&w.b, " %d", len(x.In))
	case *Filter:
		w.conds(x.Conds)
	case *Extend:
		w.slot(x.Slot)
		w.conds([]*Cond{x.Expr})
	case *Project:
		w.all(x.Slots)
	case *Distinct:
		w.all(x.Slots)
	case *Group:
		w.all(x.Keys)
		fmt.Fprintf(&w.b, " %v", x.Implicit)
		for _, a := range x.Aggregates {
			if a.Func == "SAMPLE" || strings.HasPrefix(a.Func, "<") || strings.Contains(a.Func, ":") {
				w.refused = true
			}
			fmt.Fprintf(&w.b, " %s %v %q %v", a.Func, a.Distinct, a.Separator, a.Sorted)
			w.slot(a.Slot)
			w.all(a.All)
			w.conds(a.Args)
		}
	case *CountScan:
		fmt.Fprintf(&w.b, " %d %d %v", x.Order, x.Prefix, x.Distinct)
		w.pattern(&x.Pattern)
		w.slot(x.Key)
		w.all(x.Out)
	case *Sort:
		fmt.Fprintf(&w.b, " %d", x.Limit)
		for _, k := range x.Keys {
			fmt.Fprintf(&w.b, " %v", k.Desc)
			if w.slot(k.Slot); k.Expr != nil {
				w.conds([]*Cond{k.Expr})
			}
		}
	case *Slice:
		fmt.Fprintf(&w.b, " %d %d", x.Offset, x.Limit)
	case *Path:
		w.ref(x.S)
		w.ref(x.O)
		fmt.Fprintf(&w.b, " %s %d %v", (&Plan{}).step(x.Path), x.Min, x.Many)
		w.graph(x.Graph)
	case *Shared:
		fmt.Fprintf(&w.b, " %d", x.Of.Number)
		w.all(x.To)
		return
	default:
		w.refused = true
	}
	for _, c := range Children(n) {
		w.node(c)
	}
}

// pruneShared prunes shared plans, those that others use after these.
func pruneShared(plans []*SharedPlan) {
	uses := map[*SharedPlan]int{} // by other shared plans that are not pruned yet
	var count func(n Node, by int)
	count = func(n Node, by int) {
		if s, ok := n.(*Shared); ok {
			uses[s.Of] += by
			return
		}
		for _, c := range Children(n) {
			count(c, by)
		}
	}
	for _, s := range plans {
		count(s.Plan, 1)
	}
	left := slices.Clone(plans)
	for len(left) > 0 {
		at := slices.IndexFunc(left, func(s *SharedPlan) bool { return uses[s] == 0 })
		s := left[at]
		count(s.Plan, -1)
		prune(s.Plan, s.need)
		left = slices.Delete(left, at, at+1)
	}
}
