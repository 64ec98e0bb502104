package algebra

// Children lists the operators directly beneath op, from left to right. Those inside EXISTS are not among them.
func Children(op Op) []Op {
	switch o := op.(type) {
	case *Join:
		return []Op{o.L, o.R}
	case *LeftJoin:
		return []Op{o.L, o.R}
	case *Union:
		return []Op{o.L, o.R}
	case *Minus:
		return []Op{o.L, o.R}
	case *Lateral:
		return []Op{o.L, o.R}
	case *Filter:
		return []Op{o.In}
	case *Extend:
		return []Op{o.In}
	case *Graph:
		return []Op{o.In}
	case *Service:
		return []Op{o.In}
	case *Group:
		return []Op{o.In}
	case *OrderBy:
		return []Op{o.In}
	case *Project:
		return []Op{o.In}
	case *Distinct:
		return []Op{o.In}
	case *Reduced:
		return []Op{o.In}
	case *Slice:
		return []Op{o.In}
	}
	return nil
}

// Exprs lists the expressions that op itself holds.
func Exprs(op Op) []Expr {
	switch o := op.(type) {
	case *LeftJoin:
		if o.Cond != nil {
			return []Expr{o.Cond}
		}
	case *Filter:
		return []Expr{o.Cond}
	case *Extend:
		return []Expr{o.Expr}
	case *OrderBy:
		out := make([]Expr, len(o.Keys))
		for i, k := range o.Keys {
			out[i] = k.Expr
		}
		return out
	case *Group:
		var out []Expr
		for _, a := range o.Aggregates {
			out = append(out, a.Args...)
		}
		return out
	}
	return nil
}

// Walk calls f for op and everything beneath it, parents first, without what is inside EXISTS. Where f gives false, what is
// beneath is left out.
func Walk(op Op, f func(Op) bool) {
	if !f(op) {
		return
	}
	for _, c := range Children(op) {
		Walk(c, f)
	}
}

// WalkExpr does the same for an expression. It does not enter the pattern of EXISTS.
func WalkExpr(e Expr, f func(Expr) bool) {
	if !f(e) {
		return
	}
	switch e := e.(type) {
	case *Call:
		for _, a := range e.Args {
			WalkExpr(a, f)
		}
	case *TripleExpr:
		WalkExpr(e.S, f)
		WalkExpr(e.P, f)
		WalkExpr(e.O, f)
	}
}

// exprVars adds the variables of an expression. Of EXISTS it takes all variables of the pattern that may be replaced by values from
// outside.
func exprVars(e Expr, s *varSet) {
	WalkExpr(e, func(e Expr) bool {
		switch e := e.(type) {
		case *Var:
			s.add(e.Name)
		case *Exists:
			mentioned(e.In, s)
		}
		return true
	})
}

// Mentioned lists all variables that occur in op: those that it binds and those in its expressions, each once. Below a
// projection only the projected ones count, as others of the same name are different variables.
func Mentioned(op Op) []string {
	s := newVarSet()
	mentioned(op, s)
	return s.list
}

func mentioned(op Op, s *varSet) {
	switch o := op.(type) {
	case *Project:
		s.addAll(o.Vars)
		return
	case *Group:
		s.addAll(o.Keys)
		for _, a := range o.Aggregates {
			s.add(a.Var)
		}
		mentioned(o.In, s)
		return
	case *Minus:
		mentioned(o.L, s)
		mentioned(o.R, s)
		return
	}
	s.addAll(own(op))
	for _, e := range Exprs(op) {
		exprVars(e, s)
	}
	for _, c := range Children(op) {
		mentioned(c, s)
	}
}

type varSet struct {
	list []string
	has  map[string]bool
}

func newVarSet() *varSet { return &varSet{has: map[string]bool{}} }

func (s *varSet) add(v string) {
	if v != "" && !s.has[v] {
		s.has[v] = true
		s.list = append(s.list, v)
	}
}

func (s *varSet) addAll(vs []string) {
	for _, v := range vs {
		s.add(v)
	}
}

func (s *varSet) addNode(n Node) {
	s.add(n.Var)
	if n.Triple != nil {
		s.addNode(n.Triple.S)
		s.addNode(n.Triple.P)
		s.addNode(n.Triple.O)
	}
}

// own lists the variables that op binds by itself.
func own(op Op) []string {
	s := newVarSet()
	switch o := op.(type) {
	case *BGP:
		for _, p := range o.Patterns {
			s.addNode(p.S)
			s.addNode(p.P)
			s.addNode(p.O)
		}
	case *PathPattern:
		s.addNode(o.S)
		s.addNode(o.O)
	case *Extend:
		s.add(o.Var)
	case *Graph:
		s.addNode(o.Name)
	case *Service:
		s.addNode(o.Name)
	case *Values:
		return o.Vars
	}
	return s.list
}

// Vars lists the variables that may be bound in the solutions of op, each once, in the order in which op has them. Variables
// that stand for blank nodes are among them.
func Vars(op Op) []string {
	s := newVarSet()
	visible(op, s)
	return s.list
}

func visible(op Op, s *varSet) {
	switch o := op.(type) {
	case *Project:
		s.addAll(o.Vars)
		return
	case *Group:
		s.addAll(o.Keys)
		for _, a := range o.Aggregates {
			s.add(a.Var)
		}
		return
	case *Minus:
		visible(o.L, s)
		return
	case *LeftJoin:
		if o.Anti {
			visible(o.L, s)
			return
		}
	case *Extend:
		visible(o.In, s)
		s.add(o.Var)
		return
	}
	s.addAll(own(op))
	for _, c := range Children(op) {
		visible(c, s)
	}
}
