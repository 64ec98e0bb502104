// Package algebra is the SPARQL algebra (https://www.w3.org/TR/sparql12-query/#sparqlAlgebra): the operators, expressions and
// paths that a parsed query is translated into, and the translation itself. It evaluates nothing.
package algebra

import "triplestore/rdf"

// Pos is a byte offset in the query's text, for messages.
type Pos int

// Node is a place in a pattern: a variable where Var is not empty, else a term. The zero Node is neither. The blank nodes of a
// query's patterns are variables here, with names that begin with a dot and that SELECT * leaves out.
type Node struct {
	Var  string
	Term rdf.Term
	// Triple is a triple term pattern (SPARQL 1.2) that has a variable in it; nil otherwise.
	Triple *TriplePattern
}

// IsVar reports whether the node is a variable.
func (n Node) IsVar() bool { return n.Var != "" }

// TriplePattern is a triple of nodes.
type TriplePattern struct{ S, P, O Node }

// Op is an operator of the algebra: one of the pointer types below.
type Op interface{ op() }

// The operators, named as in section 18 of the specification.
type (
	// BGP is a basic graph pattern; with no patterns it is the unit, one empty solution.
	BGP struct{ Patterns []TriplePattern }
	// PathPattern is a property path pattern that the translation could not turn into triple patterns.
	PathPattern struct {
		S    Node
		Path Path
		O    Node
	}
	// Join is the join of two patterns.
	Join struct{ L, R Op }
	// LeftJoin is OPTIONAL; Cond is nil for true. It may use the variables of both sides. With Anti, which the translation never sets, it
	// has the solutions of L only that R does not extend, and binds nothing of R.
	LeftJoin struct {
		L, R Op
		Cond Expr
		Anti bool
	}
	// Union is the multiset union.
	Union struct{ L, R Op }
	// Minus is MINUS.
	Minus struct{ L, R Op }
	// Filter keeps the solutions for which Cond is true.
	Filter struct {
		Cond Expr
		In   Op
	}
	// Extend is BIND and SELECT (expr AS ?v); an error leaves Var unbound.
	Extend struct {
		Var  string
		Expr Expr
		In   Op
	}
	// Graph is GRAPH.
	Graph struct {
		Name Node
		In   Op
	}
	// Values is an inline table; the zero Term is UNDEF.
	Values struct {
		Vars []string
		Rows [][]rdf.Term
	}
	// Service is SERVICE; Text is the pattern's source between the braces, with the prologue of the query, to be sent on. As are
	// the names that Vars, the variables which its solutions bind, have in the enclosing pattern, where these were renamed.
	Service struct {
		Name     Node
		Silent   bool
		In       Op
		Text     string
		Vars, As []string
		At       Pos
	}
	// Lateral is LATERAL: R is evaluated for each solution of L, with its variables bound.
	Lateral struct{ L, R Op }
	// Group is GROUP BY with its aggregates. Keys are bound to variables by Extend beneath where they were expressions. With no
	// keys and Implicit, there is one group, even over no solutions. Each aggregate binds its Var.
	Group struct {
		Keys       []string
		Aggregates []Aggregate
		Implicit   bool
		In         Op
	}
	// OrderBy sorts.
	OrderBy struct {
		Keys []SortKey
		In   Op
	}
	// Project keeps the named variables, in this order.
	Project struct {
		Vars []string
		In   Op
	}
	// Distinct drops solutions that were there before.
	Distinct struct{ In Op }
	// Reduced may drop them.
	Reduced struct{ In Op }
	// Slice is OFFSET and LIMIT; a Limit below 0 is none.
	Slice struct {
		Offset, Limit int64
		In            Op
	}
)

func (*BGP) op()         {}
func (*PathPattern) op() {}
func (*Join) op()        {}
func (*LeftJoin) op()    {}
func (*Union) op()       {}
func (*Minus) op()       {}
func (*Filter) op()      {}
func (*Extend) op()      {}
func (*Graph) op()       {}
func (*Values) op()      {}
func (*Service) op()     {}
func (*Lateral) op()     {}
func (*Group) op()       {}
func (*OrderBy) op()     {}
func (*Project) op()     {}
func (*Distinct) op()    {}
func (*Reduced) op()     {}
func (*Slice) op()       {}

// SortKey is one criterion of ORDER BY.
type SortKey struct {
	Expr Expr
	Desc bool
}

// Aggregate is one aggregate of a Group. Func is COUNT, SUM, MIN, MAX, AVG, SAMPLE or GROUP_CONCAT in capitals, or the IRI of
// an extension. Args is empty for COUNT(*).
type Aggregate struct {
	Var       string
	Func      string
	Distinct  bool
	Args      []Expr
	Separator string // of GROUP_CONCAT; its default is a blank
	At        Pos
}

// Path is a property path expression: one of the pointer types below, or *Link.
type Path interface{ path() }

// The path expressions (https://www.w3.org/TR/sparql12-query/#sparqlPropertyPaths).
type (
	// Link is a single predicate.
	Link struct{ IRI rdf.Term }
	// Inverse is ^path.
	Inverse struct{ Path Path }
	// Sequence is a/b.
	Sequence struct{ L, R Path }
	// Alternative is a|b.
	Alternative struct{ L, R Path }
	// ZeroOrMore is path*.
	ZeroOrMore struct{ Path Path }
	// OneOrMore is path+.
	OneOrMore struct{ Path Path }
	// ZeroOrOne is path?.
	ZeroOrOne struct{ Path Path }
	// Negated is !(a|^b): the predicates forbidden forward and backward.
	Negated struct {
		Forward, Backward []rdf.Term
		// HasForward and HasBackward tell which directions are walked at all.
		HasForward, HasBackward bool
	}
)

func (*Link) path()        {}
func (*Inverse) path()     {}
func (*Sequence) path()    {}
func (*Alternative) path() {}
func (*ZeroOrMore) path()  {}
func (*OneOrMore) path()   {}
func (*ZeroOrOne) path()   {}
func (*Negated) path()     {}

// Expr is an expression: one of the pointer types below.
type Expr interface{ expr() }

// The expressions.
type (
	// Var is a variable.
	Var struct {
		Name string
		At   Pos
	}
	// Const is a term.
	Const struct{ Term rdf.Term }
	// Call is an operator or a function. Func is an operator as it is written ("=", "+", "&&", "||", "!", "unary-"), a built-in
	// in capitals ("STRLEN", "IN", "NOT IN", "IF", "COALESCE", "BOUND", …) or, for casts and extensions, an IRI in angle brackets.
	Call struct {
		Func     string
		Args     []Expr
		Distinct bool
		At       Pos
	}
	// Exists is EXISTS and, with Not, NOT EXISTS.
	Exists struct {
		Not bool
		In  Op
		At  Pos
	}
	// TripleExpr is a triple term with expressions in it (SPARQL 1.2).
	TripleExpr struct{ S, P, O Expr }
)

func (*Var) expr()        {}
func (*Const) expr()      {}
func (*Call) expr()       {}
func (*Exists) expr()     {}
func (*TripleExpr) expr() {}

// Form is the form of a query.
type Form uint8

// The query forms.
const (
	Select Form = iota
	Ask
	Construct
	Describe
)

// Dataset is what FROM and FROM NAMED say; Set is false where the query has neither.
type Dataset struct {
	Set            bool
	Default, Named []rdf.Term
	// AllNamed makes all named graphs of the store those of the dataset, whatever Named says, as WITH of an update does.
	AllNamed bool
}

// Query is a translated query.
type Query struct {
	Form    Form
	Base    string
	Dataset Dataset
	// Pattern is the whole pattern with its solution modifiers. For Select, Vars are the projected variables in order. Ask,
	// Construct and Describe keep what their WHERE yields.
	Pattern Op
	Vars    []string
	// Template holds the triples of CONSTRUCT. Blank nodes in it are variables whose names begin with a dot and that Pattern
	// does not bind: each solution gets fresh ones.
	Template []TriplePattern
	// Describe holds the resources and variables of DESCRIBE; with DESCRIBE * it lists all variables.
	Describe []Node
	// Prefixes are the query's own, for writing its results.
	Prefixes map[string]string
}
