package syntax

import "triplestore/rdf"

// Span is a range of bytes of the text.
type Span struct{ Start, End int }

// Form is the form of a query.
type Form uint8

// The query forms.
const (
	Select Form = iota
	Ask
	Construct
	Describe
)

// Prologue is what BASE, PREFIX and VERSION say.
type Prologue struct {
	// Base is the base IRI in force at the end, the one of Options where the text has none.
	Base string
	// Prefixes are those that the text declares.
	Prefixes map[string]string
	// Version is the last VERSION, or empty.
	Version string
}

// Query is a query or a sub-select. A sub-select has only the fields of SELECT, and an empty Prologue.
type Query struct {
	Span
	Prologue
	Form              Form
	Distinct, Reduced bool
	// Star is SELECT * and DESCRIBE *.
	Star bool
	// Items are what SELECT lists.
	Items []SelectItem
	// Template is that of CONSTRUCT. Short is set for CONSTRUCT WHERE, where the template is the pattern.
	Template []Triple
	Short    bool
	// Describe lists what DESCRIBE names.
	Describe []Node
	// From and FromNamed are IRIs.
	From, FromNamed []rdf.Term
	// Where is nil for a DESCRIBE without a pattern.
	Where   *Group
	GroupBy []GroupKey
	Having  []Expr
	OrderBy []OrderKey
	// Limit and Offset are -1 where they are not given.
	Limit, Offset int64
	// Values is the VALUES clause at the end, or nil.
	Values *InlineData
	// Used maps the prefixes that the text uses to their IRIs, those of Options included.
	Used map[string]string

	aggregated bool
	text       string
	leadingG   int
}

// Aggregated reports whether the query groups: by GROUP BY, HAVING or because there is an aggregate in it.
func (q *Query) Aggregated() bool { return q.aggregated }

// Source is the text of a span of this query.
func (q *Query) Source(s Span) string {
	if s.Start < 0 || s.Start > s.End || s.End > len(q.text) {
		return ""
	}
	return q.text[s.Start:s.End]
}

// Prolog gives the base and the prefixes that are in use, for a text that is made of parts of this one.
func (q *Query) Prolog() (base string, used map[string]string) { return q.Base, q.Used }

// Source is the text of a span of this update.
func (u *Update) Source(s Span) string {
	if s.Start < 0 || s.Start > s.End || s.End > len(u.text) {
		return ""
	}
	return u.text[s.Start:s.End]
}

// Prolog gives the base and the prefixes that are in use, for a text that is made of parts of this one.
func (u *Update) Prolog() (base string, used map[string]string) { return u.Base, u.Used }

// SelectItem is a variable or (Expr AS ?Var).
type SelectItem struct {
	Span
	Var  string
	Expr Expr // nil for a plain variable
}

// GroupKey is a criterion of GROUP BY: an expression, which Var names if it is not empty.
type GroupKey struct {
	Span
	Expr Expr
	Var  string
}

// OrderKey is a criterion of ORDER BY.
type OrderKey struct {
	Span
	Expr Expr
	Desc bool
}

// NodeKind says what a Node is.
type NodeKind uint8

// The kinds of node.
const (
	NoNode NodeKind = iota
	VarNode
	// TermNode is an IRI or a literal.
	TermNode
	// BlankNode is a blank node of the text.
	BlankNode
	// TripleNode is a triple term.
	TripleNode
)

// Node is a place in a triple. The forms that stand for more than one triple (collections, property lists, reified triples,
// annotations) are resolved by the parser: it gives the triples, with blank nodes that have no label in the text.
type Node struct {
	Span
	Kind NodeKind
	// Name is a variable's name or a blank node's label. Labels that the parser makes begin with a dot.
	Name string
	// Term is the IRI or literal.
	Term rdf.Term
	// Triple is the triple term.
	Triple *TripleTerm
}

// TripleTerm is a triple term <<( s p o )>>.
type TripleTerm struct{ S, P, O Node }

// Triple is a triple pattern. Where Path is not nil, it stands in place of P.
type Triple struct {
	S, P, O Node
	Path    Path
}

// Pattern is an element of a group: one of the pointer types below.
type Pattern interface{ At() Span }

// At gives the span itself.
func (s Span) At() Span { return s }

// The elements of a group.
type (
	// Group is { … }.
	Group struct {
		Span
		Elements []Pattern
		vars     varSet
		assigned varSet // those of vars that BIND, VALUES or AS give a value
	}
	// Triples is a run of triples.
	Triples struct {
		Span
		Triples []Triple
	}
	// Optional is OPTIONAL.
	Optional struct {
		Span
		Group *Group
	}
	// Union is { } UNION { } …, of two or more.
	Union struct {
		Span
		Alternatives []*Group
	}
	// Minus is MINUS.
	Minus struct {
		Span
		Group *Group
	}
	// Lateral is LATERAL, an extension.
	Lateral struct {
		Span
		Group *Group
	}
	// Graph is GRAPH.
	Graph struct {
		Span
		Name  Node
		Group *Group
	}
	// Service is SERVICE.
	Service struct {
		Span
		Name   Node
		Silent bool
		Group  *Group
	}
	// Filter is FILTER.
	Filter struct {
		Span
		Expr Expr
	}
	// Bind is BIND.
	Bind struct {
		Span
		Expr Expr
		Var  string
	}
	// InlineData is VALUES; the zero Term is UNDEF.
	InlineData struct {
		Span
		Vars []string
		Rows [][]rdf.Term
	}
	// SubSelect is a SELECT in braces.
	SubSelect struct {
		Span
		Query *Query
	}
)

// Vars lists the variables that are in scope in the group (https://www.w3.org/TR/sparql11-query/#variableScope), in the order
// in which the text has them. The slice is read-only.
func (g *Group) Vars() []string { return g.vars.list() }

// Path is a property path: one of the pointer types below.
type Path interface{ path() }

// The property paths.
type (
	// Link is an IRI.
	Link struct{ IRI rdf.Term }
	// Inverse is ^path.
	Inverse struct{ Path Path }
	// Sequence is a/b/…, of two or more.
	Sequence struct{ Parts []Path }
	// Alternative is a|b|…, of two or more.
	Alternative struct{ Parts []Path }
	// Repeat is path*, path+ or path?; Mod is that character.
	Repeat struct {
		Path Path
		Mod  byte
	}
	// Negated is !( … ), in either direction.
	Negated struct{ Forward, Backward []rdf.Term }
)

func (*Link) path()        {}
func (*Inverse) path()     {}
func (*Sequence) path()    {}
func (*Alternative) path() {}
func (*Repeat) path()      {}
func (*Negated) path()     {}

// Expr is an expression: one of the pointer types below.
type Expr interface{ At() Span }

// The expressions.
type (
	// Var is a variable.
	Var struct {
		Span
		Name string
	}
	// Const is a term.
	Const struct {
		Span
		Term rdf.Term
	}
	// Call is an operator as it is written ("=", "&&", "!", "unary-", …), a built-in function in capitals, "IN" and "NOT IN"
	// among them, or an IRI in angle brackets.
	Call struct {
		Span
		Func     string
		Args     []Expr
		Distinct bool
	}
	// Aggregate is an aggregate; Func is in capitals. COUNT(*) has Star.
	Aggregate struct {
		Span
		Func           string
		Distinct, Star bool
		Arg            Expr
		Separator      string // of GROUP_CONCAT; its default is a blank
	}
	// Exists is EXISTS and NOT EXISTS.
	Exists struct {
		Span
		Not   bool
		Group *Group
	}
	// TripleExpr is <<( s p o )>> in an expression.
	TripleExpr struct {
		Span
		S, P, O Expr
	}
)

// Update is an update request.
type Update struct {
	Span
	Prologue
	Operations []Operation
	// Used is as in Query.
	Used map[string]string

	text     string
	leadingG int
}

// Operation is one operation of an update: one of the pointer types below.
type Operation interface{ At() Span }

// Quad is a triple in a graph; the zero Node is the default graph (or that of WITH).
type Quad struct {
	Triple
	Graph Node
}

// The operations (https://www.w3.org/TR/sparql11-update/#updateLanguage).
type (
	// InsertData is INSERT DATA.
	InsertData struct {
		Span
		Quads []Quad
	}
	// DeleteData is DELETE DATA.
	DeleteData struct {
		Span
		Quads []Quad
	}
	// Modify is DELETE … INSERT … WHERE, and DELETE WHERE, for which Short is set and Delete holds the pattern's quads.
	Modify struct {
		Span
		With              rdf.Term
		Delete, Insert    []Quad
		Using, UsingNamed []rdf.Term
		Where             *Group
		Short             bool
	}
	// Load is LOAD; Into is zero for the default graph.
	Load struct {
		Span
		Silent       bool
		Source, Into rdf.Term
	}
	// Manage is CLEAR, DROP or CREATE; Verb is that word.
	Manage struct {
		Span
		Verb   string
		Silent bool
		Target Target
	}
	// Transfer is COPY, MOVE or ADD; Verb is that word. The zero Term is the default graph.
	Transfer struct {
		Span
		Verb     string
		Silent   bool
		From, To rdf.Term
	}
)

// TargetKind says which graphs an operation is about.
type TargetKind uint8

// The targets of CLEAR and DROP.
const (
	OneGraph TargetKind = iota
	DefaultGraph
	NamedGraphs
	AllGraphs
)

// Target is a set of graphs; Graph is the IRI for OneGraph.
type Target struct {
	Kind  TargetKind
	Graph rdf.Term
}
