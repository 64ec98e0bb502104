package optimizer

import (
	"triplestore/sparql/algebra"
	"triplestore/store"
)

func (p *planner) group(o *algebra.Group) (Node, error) {
	if n, ok, err := p.countScan(o); ok || err != nil {
		return n, err
	}
	want := -1
	if len(o.Keys) > 0 {
		want = p.slot(o.Keys[0])
	} else if len(o.Aggregates) == 1 && len(o.Aggregates[0].Args) == 1 {
		if v, ok := o.Aggregates[0].Args[0].(*algebra.Var); ok {
			want = p.slot(v.Name)
		}
	}
	in, err := p.forAll(func() (Node, error) { return p.sortedOp(o.In, want) })
	if err != nil {
		return nil, err
	}
	in, computed, err := p.computedArguments(o, in)
	if err != nil {
		return nil, err
	}
	g := &Group{In: in, Implicit: o.Implicit}
	ip := in.P()
	g.Cost = ip.Cost + ip.Rows*costBuild
	g.Rows = 1
	for _, k := range o.Keys {
		s := p.slot(k)
		g.Keys = append(g.Keys, s)
		if ip.Maybe.Has(s) {
			g.Maybe = g.Maybe.With(s)
		}
		if ip.Certain.Has(s) {
			g.Certain = g.Certain.With(s)
		}
		g.Rows *= ip.distinctOf(s)
		g.Distinct.set(s, ip.distinctOf(s))
	}
	g.Rows = min(g.Rows, max(1, ip.Rows))
	for i, a := range o.Aggregates {
		x := Aggregate{Aggregate: a, Slot: p.slot(a.Var), Var: -1}
		args := a.Args
		if computed[i] != nil {
			args = []algebra.Expr{computed[i]}
		}
		for _, e := range args {
			c, err := p.cond(e)
			if err != nil {
				return nil, err
			}
			x.Args = append(x.Args, c)
		}
		if len(a.Args) == 0 && a.Distinct {
			for _, s := range p.scope(o.In).maybe.Slots() { // not what flattened sub-selects hide
				if name := p.slots[s]; name != "" && name[0] != '.' {
					x.All = append(x.All, s)
				}
			}
		}
		if len(args) == 1 {
			if v, ok := args[0].(*algebra.Var); ok && !p.params.Has(p.slot(v.Name)) {
				x.Var = p.slot(v.Name)
				x.Sorted = len(ip.Sorted) > 0 && ip.Sorted[0] == x.Var && ip.Certain.Has(x.Var)
			}
		}
		g.Aggregates = append(g.Aggregates, x)
		g.Maybe = g.Maybe.With(x.Slot)
		if a.Func == "COUNT" {
			g.Certain = g.Certain.With(x.Slot)
		}
	}
	return g, nil
}

// computedArguments binds EXISTS in arguments of aggregates to variables, see marked, and arguments that IDs tell, so that the aggregates read columns
// of IDs; an argument that is an error is to an aggregate what a variable without a value is. It gives what stands in place of arguments by the
// number of the aggregate.
func (p *planner) computedArguments(o *algebra.Group, in Node) (Node, map[int]algebra.Expr, error) {
	var args map[int]algebra.Expr
	for i, a := range o.Aggregates {
		if len(a.Args) != 1 || p.options.NoOptimizer {
			continue
		}
		var arg algebra.Expr
		var err error
		if in, arg, err = p.marked(in, a.Args[0]); err != nil {
			return nil, nil, err
		}
		if args == nil {
			args = map[int]algebra.Expr{}
		}
		args[i] = arg
		if _, ok := arg.(*algebra.Call); !ok {
			continue
		}
		c, err := p.cond(arg)
		if err != nil {
			return nil, nil, err
		}
		name := ".x" + a.Var
		if _, known := p.names[name]; c.ByID == nil || p.late && !known {
			continue
		}
		args[i] = &algebra.Var{Name: name}
		in = p.extend(in, p.slot(name), c)
	}
	return in, args, nil
}

// countScan plans COUNT over a single pattern, as a whole or for each value of a variable, from the store's counts. COUNT(DISTINCT ?x)
// alone is counted by stores that know it exactly.
func (p *planner) countScan(o *algebra.Group) (Node, bool, error) {
	if p.options.NoOptimizer || len(o.Keys) > 1 || len(o.Keys) == 0 && !o.Implicit || len(o.Aggregates) == 0 {
		return nil, false, nil
	}
	in := o.In
	if g, ok := in.(*algebra.Graph); ok && g.Name.IsVar() && !p.params.Has(p.slot(g.Name.Var)) {
		active := p.graph
		defer func() { p.graph = active }()
		p.graph = p.dataset.nameds
		p.graph.Var = p.slot(g.Name.Var)
		in = g.In
	}
	b, ok := in.(*algebra.BGP)
	if !ok || len(b.Patterns) != 1 {
		return nil, false, nil
	}
	t, err := p.pattern(b.Patterns[0])
	if err != nil {
		return nil, false, err
	}
	if t.Graph.Var >= 0 {
		return p.graphCount(o, t)
	}
	if t.Graph.Mode != GraphAny || t.Graph.Merge {
		return nil, false, nil
	}
	fixed := t.fixed()
	vars := t.Vars()
	if vars.Len() != 3-len(fixed) { // a variable that occurs twice
		return nil, false, nil
	}
	n := &CountScan{Pattern: *t, Key: -1, Prefix: len(fixed)}
	of := -1 // the variable whose different values are counted
	for _, a := range o.Aggregates {
		if a.Func != "COUNT" || a.Distinct && (len(a.Args) == 0 || len(o.Aggregates) > 1) {
			return nil, false, nil
		}
		if len(a.Args) > 0 {
			v, ok := a.Args[0].(*algebra.Var)
			if !ok || !vars.Has(p.slot(v.Name)) {
				return nil, false, nil
			}
			if a.Distinct {
				of = p.slot(v.Name)
			}
		}
		n.Out = append(n.Out, p.slot(a.Var))
	}
	if of >= 0 {
		return p.distinctScan(o, t, n, of)
	}
	n.Certain = SetOf(n.Out...)
	n.Order, _ = orderFor(fixed)
	n.Rows, n.Cost = 1, costStart
	if len(o.Keys) == 1 {
		n.Key = p.slot(o.Keys[0])
		if !vars.Has(n.Key) {
			return nil, false, nil
		}
		for _, pos := range [...]store.Position{store.S, store.P, store.O} {
			if r := t.At(pos); r.IsVar() && r.Slot == n.Key {
				n.Order, _ = orderFor(fixed, pos)
				st, err := p.patternStats(t)
				if err != nil {
					return nil, false, err
				}
				if st.distinct[pos]*100 > st.total { // reading the rows is cheaper
					return nil, false, nil
				}
				n.Rows = st.distinct[pos]
				n.Cost = n.Rows * 2 * costSeek
			}
		}
		n.Certain = n.Certain.With(n.Key)
		n.Sorted = []int{n.Key}
	}
	n.Maybe = n.Certain
	return n, true, nil
}

// graphCount plans COUNT of all that is in each graph.
func (p *planner) graphCount(o *algebra.Group, t *Pattern) (Node, bool, error) {
	vars := t.Vars()
	if t.Graph.Mode == GraphSet || t.Graph.Mode == GraphParam || t.Graph.Merge || len(t.fixed()) > 0 || vars.Len() != 4 || len(o.Keys) != 1 || p.slot(o.Keys[0]) != t.Graph.Var {
		return nil, false, nil
	}
	n := &CountScan{Pattern: *t, Key: t.Graph.Var, Order: store.GSPO}
	for _, a := range o.Aggregates {
		if a.Func != "COUNT" || a.Distinct {
			return nil, false, nil
		}
		if len(a.Args) > 0 {
			if v, ok := a.Args[0].(*algebra.Var); !ok || !vars.Has(p.slot(v.Name)) {
				return nil, false, nil
			}
		}
		n.Out = append(n.Out, p.slot(a.Var))
	}
	graphs, err := p.stats.distinct(store.Range{Order: store.GSPO})
	if err != nil {
		return nil, false, err
	}
	total, err := p.stats.count(store.Range{Order: store.GSPO})
	if err != nil || graphs*100 > total { // reading the rows is cheaper
		return nil, false, err
	}
	n.Rows, n.Cost = float64(graphs), float64(graphs)*2*costSeek
	n.Certain = SetOf(append(n.Out, n.Key)...)
	n.Maybe, n.Sorted = n.Certain, []int{n.Key}
	return n, true, nil
}

// distinctScan plans COUNT(DISTINCT ?x) over a single pattern: the column of ?x comes right after the constants and the key.
func (p *planner) distinctScan(o *algebra.Group, t *Pattern, n *CountScan, of int) (Node, bool, error) {
	if _, ok := p.snap.(store.DistinctCounter); !ok {
		return nil, false, nil
	}
	at := func(slot int) store.Position {
		for _, pos := range [...]store.Position{store.S, store.P, store.O} {
			if r := t.At(pos); r.IsVar() && r.Slot == slot {
				return pos
			}
		}
		return store.G
	}
	n.Distinct = true
	fixed, ok := t.fixed(), false
	if len(o.Keys) == 0 {
		if n.Order, ok = orderFor(fixed, at(of)); !ok {
			return nil, false, nil
		}
		n.Rows, n.Cost = 1, costStart
	} else {
		n.Key = p.slot(o.Keys[0])
		if n.Key == of || !t.Vars().Has(n.Key) {
			return nil, false, nil
		}
		if n.Order, ok = orderFor(fixed, at(n.Key), at(of)); !ok {
			return nil, false, nil
		}
		st, err := p.patternStats(t)
		if err != nil {
			return nil, false, err
		}
		if n.Rows = st.distinct[at(n.Key)]; n.Rows*100 > st.total { // reading the rows is cheaper
			return nil, false, nil
		}
		n.Cost = n.Rows * 3 * costSeek
		n.Sorted = []int{n.Key}
	}
	n.Certain = SetOf(n.Out...)
	if n.Key >= 0 {
		n.Certain = n.Certain.With(n.Key)
	}
	n.Maybe = n.Certain
	return n, true, nil
}
