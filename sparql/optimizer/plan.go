package optimizer

import (
	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/expr"
	"triplestore/sparql/idexpr"
	"triplestore/store"
)

// Plan is what package exec runs. A variable of the query is a slot, a number below len(Slots); variables of different scopes
// that share a name have different slots.
type Plan struct {
	Root  Node
	Slots []string
	// Locals are the terms of the query that are not in the store; the n-th has the ID MakeID(TagLocal, 0, n).
	Locals []rdf.Term
	// Terms are the query's own terms by ID, for showing the plan.
	Terms map[store.ID]rdf.Term
	// Out are the slots of the query's result variables in order: of the projection, the template or DESCRIBE.
	Out []int
	// Exists are the EXISTS patterns that expressions refer to by index.
	Exists []*Sub
	// Template is CONSTRUCT's.
	Template []TemplateTriple
	// Unique: no two solutions give the same triple of Template.
	Unique bool
	// Describe are the resources of DESCRIBE: slots of Out or constants.
	Describe []Ref
	// Graph is the default graph of the query's dataset, which DESCRIBE reads.
	Graph Graph
	// Joins is how many ways of joining were considered. Bounded: there were more, and the bound was reached.
	Joins   int
	Bounded bool
	Query   *algebra.Query
}

// RefKind says what a Ref is.
type RefKind uint8

// The kinds of Ref.
const (
	RefVar   RefKind = iota // the variable Slot
	RefConst                // the term ID
	RefParam                // the variable Slot of the enclosing solution, a constant for as long as an operator lives
)

// Ref is a place in a pattern.
type Ref struct {
	Kind RefKind
	Slot int
	ID   store.ID
}

// IsVar reports whether r is a variable.
func (r Ref) IsVar() bool { return r.Kind == RefVar }

// GraphMode says which quads a pattern sees.
type GraphMode uint8

// The modes.
const (
	// GraphAny sees all quads of the store, without looking at the graph.
	GraphAny GraphMode = iota
	// GraphNamed sees all graphs but the default graph.
	GraphNamed
	// GraphSet sees the graphs in IDs, which may hold DefaultGraph.
	GraphSet
	// GraphParam sees the graph that the enclosing loop over graphs is at.
	GraphParam
)

// Graph is the part of the dataset that a pattern matches.
type Graph struct {
	Mode GraphMode
	IDs  []store.ID // sorted
	// Var is the slot that gets the graph's name, or -1.
	Var int
	// Merge means that the graphs are seen as one, in which a triple occurs once.
	Merge bool
}

// Pattern is a triple pattern in a graph. Its key in some order is chosen by the operator that has it.
type Pattern struct {
	S, P, O Ref
	Graph   Graph
}

// At is the Ref at a position other than G.
func (p *Pattern) At(x store.Position) Ref {
	switch x {
	case store.S:
		return p.S
	case store.P:
		return p.P
	case store.O:
		return p.O
	}
	return Ref{Kind: RefVar, Slot: p.Graph.Var}
}

// Vars is the set of the pattern's variables.
func (p *Pattern) Vars() Set {
	var s Set
	for _, r := range [...]Ref{p.S, p.P, p.O} {
		if r.IsVar() && r.Slot >= 0 {
			s.insert(r.Slot)
		}
	}
	if p.Graph.Var >= 0 {
		s.insert(p.Graph.Var)
	}
	return s
}

// Props are what the optimizer knows about a node's output.
type Props struct {
	Rows float64 // estimated number of rows
	Cost float64 // estimated cost with that of the inputs, in something like nanoseconds
	// Sorted are the slots that the rows are sorted by, in ascending order of IDs.
	Sorted []int
	// Certain are the slots that are bound in every row, Maybe those that may be bound: a superset.
	Certain, Maybe Set
	// Distinct are estimates of how many different values a slot has.
	Distinct counts
	// Seq numbers the nodes of a plan, for profiles.
	Seq    int
	sample *joinSample // of the joins in it, without filters
	// unsampled: no sample is known of so many rows or less.
	unsampled float64
	via       *joinStep // while orders of joins are compared
}

// P gives the properties; it makes every struct that embeds Props a Node.
func (p *Props) P() *Props { return p }

// Node is an operator of a plan: one of the pointer types below.
type Node interface{ P() *Props }

// JoinKind is the kind of a join.
type JoinKind uint8

// The kinds of join.
const (
	Inner JoinKind = iota
	Left
	Semi
	Anti
	Minus
	// Mark keeps all rows of the left and binds whether they have a match; only Apply does it.
	Mark
)

// String names the kind.
func (k JoinKind) String() string {
	return [...]string{"inner", "left", "semi", "anti", "minus", "mark"}[k]
}

// The nodes.
type (
	// Unit is one row that binds nothing.
	Unit struct{ Props }
	// Empty has no rows.
	Empty struct{ Props }
	// Input is the batch that the enclosing Apply is at.
	Input struct {
		Props
		from Node // what it is a batch of; nil where that is not known
	}
	// Values is a table; NoID is UNDEF.
	Values struct {
		Props
		Slots []int
		Table [][]store.ID
	}
	// Scan reads a pattern in an order; the first Prefix columns of it are constant, and the next lies in [Lo, Hi].
	Scan struct {
		Props
		Pattern Pattern
		Order   store.Order
		Prefix  int
		Lo, Hi  store.ID
		// Parts, if there are any, are read one after the other instead of [Lo, Hi], each from its end if Desc. The scan ends when the
		// sort above has no use for more.
		Parts []Part
		Desc  bool
		whole float64 // the rows without Lo and Hi, where there are such
	}
	// Lookup joins In with a pattern by seeking in an order: the first Consts columns are constant, the next Keys are bound by
	// In in every row; other variables that both sides have are compared.
	Lookup struct {
		Props
		In      Node
		Pattern Pattern
		Order   store.Order
		Consts  int
		Keys    int
		Kind    JoinKind
		Conds   []*Cond // of a Left, Semi or Anti join: part of the join
	}
	// HashJoin joins by a table of R's rows. Conds are as in Lookup.
	HashJoin struct {
		Props
		L, R  Node
		Kind  JoinKind
		Conds []*Cond
		// Rounds: some rows of each side are joined before all of R is read; only of an inner join without Conds.
		Rounds bool
	}
	// Apply runs Right once for each batch of In, which Right's Input nodes yield. Right's rows carry the number of the row of
	// In that they extend in the slot Row.
	Apply struct {
		Props
		In, Right Node
		Kind      JoinKind
		Row       int
		Mark      int // of the kind Mark: the slot of whether there is a match
	}
	// Union concatenates.
	Union struct {
		Props
		In []Node
	}
	// Filter keeps rows for which all conditions hold.
	Filter struct {
		Props
		In    Node
		Conds []*Cond
	}
	// Extend binds a slot.
	Extend struct {
		Props
		In   Node
		Slot int
		Expr *Cond
	}
	// ExtendRows binds slots row by row, one after the other, for expressions that share something within a solution: BNODE
	// with a label.
	ExtendRows struct {
		Props
		In    Node
		Slots []int
		Exprs []*Cond
	}
	// Project keeps some slots.
	Project struct {
		Props
		In    Node
		Slots []int
	}
	// Distinct keeps the first of rows that agree in Slots.
	Distinct struct {
		Props
		In    Node
		Slots []int
	}
	// Group makes groups. With Implicit and no keys there is one, even over no rows.
	Group struct {
		Props
		In         Node
		Keys       []int
		Aggregates []Aggregate
		Implicit   bool
	}
	// CountScan counts the rows of a range without reading them: as one row, or for each value of the column after the
	// prefix where Key is a slot.
	CountScan struct {
		Props
		Pattern Pattern
		Order   store.Order
		Prefix  int
		Key     int // or -1
		Out     []int
		// Distinct counts the different values of the next column instead.
		Distinct bool
	}
	// Sort sorts; Limit is how many rows are wanted, or -1. Where it is not, rows that agree in all keys are in the order of their IDs in Ties, so
	// that pages by OFFSET fit together whatever plan each has.
	Sort struct {
		Props
		In    Node
		Keys  []SortKey
		Limit int64
		Ties  []int
		// Until, if it is not nil, is the scan beneath that has the first key's values in their order, and ends when what is left of it is after
		// the last row that is wanted.
		Until *Scan
	}
	// Slice skips and limits; a Limit below 0 is none.
	Slice struct {
		Props
		In            Node
		Offset, Limit int64
	}
	// FirstRows yields the rows of First. Where these are fewer than Rows when the work done comes to Effort, as the estimates of Cost
	// count it, it yields those of Full instead. Both have the same rows in another order.
	FirstRows struct {
		Props
		First, Full Node
		Rows        int64
		Effort      float64
	}
	// Path joins In with a path.
	Path struct {
		Props
		In    Node
		S, O  Ref
		Path  Step
		Min   int  // 0 or 1: whether a node is connected to itself by the empty path
		Many  bool // whether more than one step may be taken
		Graph Graph
	}
	// GraphLoop runs In once for each graph and binds Slot to its name.
	GraphLoop struct {
		Props
		In     Node
		Graphs []store.ID
		Slot   int
	}
	// Correlated runs a pattern for each row of In, with the row's values in the place of the variables.
	Correlated struct {
		Props
		In  Node
		Sub *Sub
	}
)

// Cond is a compiled expression.
type Cond struct {
	Expr    algebra.Expr
	Program *expr.Program
	// Slots are the variables that it reads, those of EXISTS patterns in it among them.
	Slots []int
	// Test, if there is one, tells for many IDs of the only slot what the condition is without the term.
	Test *Test
	// ByID, if there is one, tells for many rows what the result is without the terms.
	ByID *idexpr.Program
	// Direct, if there is one, evaluates the expression from the term of the only slot.
	Direct *expr.Direct
	// Pure means that the result depends on the slots' values only.
	Pure bool
	// Exists are the indexes of the EXISTS patterns in it.
	Exists []int
	// Part is which part of rows it keeps by a sample of them, or 0.
	Part float64
}

// Aggregate is an aggregate of a Group.
type Aggregate struct {
	algebra.Aggregate
	Slot int
	// Sorted: the input is sorted by Var first.
	Sorted bool
	// All are the slots that COUNT(DISTINCT *) compares.
	All []int
	// Var is the slot of the only argument where that is a variable, else -1.
	Var  int
	Args []*Cond
}

// SortKey is a criterion of a Sort.
type SortKey struct {
	// Slot is the variable, or -1 where Expr is to be evaluated.
	Slot int
	Expr *Cond
	Desc bool
}

// Sub is a pattern that is planned for each set of variables that the enclosing solution binds.
type Sub struct {
	// Outer are the slots of the enclosing solution that the pattern mentions.
	Outer []int
	// Plan makes the plan for solutions that bind the given slots.
	Plan func(bound Set) (Node, error)
	// Example is the plan for solutions that bind all of Outer, to be shown.
	Example Node
}

// TemplateTriple is a triple of the template of CONSTRUCT.
type TemplateTriple [3]TemplateNode

// TemplateNode is a term, or the variable Slot, or the Blank-th fresh blank node where Blank is above 0.
type TemplateNode struct {
	Term   rdf.Term
	Slot   int
	Blank  int
	Triple *TemplateTriple
}

// Step is one step of a path, on which the closure is built: one of the pointer types below.
type Step interface{ step() }

// The steps.
type (
	// StepLink follows a predicate.
	StepLink struct {
		P       store.ID
		Inverse bool
	}
	// StepNegated follows all predicates but some.
	StepNegated struct {
		Not     []store.ID // sorted
		Inverse bool
	}
	// StepSequence takes one step after the other.
	StepSequence struct{ L, R Step }
	// StepAlternative takes any of the steps.
	StepAlternative struct{ Of []Step }
	// StepClosure is a nested closure.
	StepClosure struct {
		Step Step
		Min  int
		Many bool
	}
)

func (*StepLink) step()        {}
func (*StepNegated) step()     {}
func (*StepSequence) step()    {}
func (*StepAlternative) step() {}
func (*StepClosure) step()     {}
