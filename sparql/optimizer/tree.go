package optimizer

import (
	"fmt"
	"time"
)

// PlanNode is an operator of a plan for people and programs to look at, in text or JSON.
type PlanNode struct {
	// Operator describes the operator and what it works on, as Explain does.
	Operator string `json:"operator"`
	// Estimate is the number of rows that the optimizer expects; Cost is about how many nanoseconds, with what is beneath.
	Estimate float64 `json:"estimate"`
	Cost     float64 `json:"cost"`
	// Profile is what was measured; nil in a plan that has not run.
	Profile *NodeProfile `json:"profile,omitempty"`
	Inputs  []*PlanNode  `json:"inputs,omitempty"`
}

// NodeProfile is what was measured of an operator. Time and pages are with those of what is beneath it.
type NodeProfile struct {
	Rows    int64 `json:"rows"`
	Batches int64 `json:"batches"`
	// Pages are those read from the store, where it counts them.
	Pages int64 `json:"pages,omitempty"`
	// Parts is how often a scan that goes on until a sort has its rows has read more.
	Parts int64 `json:"parts,omitempty"`
	// Spilled is how many bytes the operator put into temporary files.
	Spilled int64         `json:"spilled,omitempty"`
	Time    time.Duration `json:"time_ns"`
}

// PlanTree is a whole plan.
type PlanTree struct {
	Root *PlanNode `json:"plan"`
	// Nested are the plans of patterns that are evaluated for one solution at a time: those of EXISTS and LATERAL.
	Nested []*PlanNode `json:"nested,omitempty"`
	// Joins is how many ways of joining were considered. Bounded: planning reached its bound before all orders of joins were compared.
	Joins   int  `json:"joins"`
	Bounded bool `json:"bounded,omitempty"`
}

// Tree shows the plan as a tree. measured, if not nil, gives what is known of a node that ran, or nil.
func (p *Plan) Tree(measured func(Node) *NodeProfile) *PlanTree {
	var show func(n Node) *PlanNode
	show = func(n Node) *PlanNode {
		x := &PlanNode{Operator: p.describe(n), Estimate: n.P().Rows, Cost: n.P().Cost}
		if measured != nil {
			x.Profile = measured(n)
		}
		for _, c := range Children(n) {
			x.Inputs = append(x.Inputs, show(c))
		}
		return x
	}
	t := &PlanTree{Root: show(p.Root), Joins: p.Joins, Bounded: p.Bounded}
	for i, s := range p.Exists {
		if s.Example != nil {
			n := show(s.Example)
			t.Nested = append(t.Nested, &PlanNode{Operator: fmt.Sprintf("pattern %d, for one solution at a time", i),
				Estimate: n.Estimate, Cost: n.Cost, Inputs: []*PlanNode{n}})
		}
	}
	return t
}

// Size is the number of nodes of a plan.
func Size(n Node) int {
	size := 1
	for _, c := range Children(n) {
		size += Size(c)
	}
	return size
}

// ExprSize is about how many bytes the compiled expressions of a plan take, see [expr.Program.Size].
func ExprSize(n Node) int {
	return exprSize(n, map[*Cond]bool{})
}

func exprSize(n Node, counted map[*Cond]bool) (size int) {
	for _, c := range condsOf(n) {
		if c != nil && !counted[c] {
			counted[c] = true
			size += int(c.Program.Size())
		}
	}
	for _, c := range Children(n) {
		size += exprSize(c, counted)
	}
	return size
}

// condsOf are the expressions that a node itself evaluates.
func condsOf(n Node) (conds []*Cond) {
	switch n := n.(type) {
	case *Lookup:
		return n.Conds
	case *HashJoin:
		return n.Conds
	case *Filter:
		return n.Conds
	case *Extend:
		return []*Cond{n.Expr}
	case *ExtendRows:
		return n.Exprs
	case *Group:
		for _, a := range n.Aggregates {
			conds = append(conds, a.Args...)
		}
	case *Sort:
		for _, k := range n.Keys {
			conds = append(conds, k.Expr)
		}
	}
	return conds
}
