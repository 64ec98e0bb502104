// Package expr evaluates the expressions of SPARQL over RDF values: operators, functions, casts, aggregates and the order of
// ORDER BY (https://www.w3.org/TR/sparql12-query/#expressions). It knows no storage: rows come through [Row].
//
// An expression is compiled once ([Compile]) and evaluated for each row ([Program.Eval]). An expression error of SPARQL is always
// [ErrExpr]; any other error is a limit or a fault and ends the query.
package expr

import (
	"context"
	"errors"
	"fmt"
	"time"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
)

// ErrExpr is the expression error of SPARQL: the row is dropped by FILTER, the variable stays unbound.
var ErrExpr = errors.New("expression error")

// MaxString is the length in bytes that a string made by CONCAT, REPLACE, GROUP_CONCAT and the like may reach.
const MaxString = 16 << 20

// ErrString is the error for a longer one. It ends the query: an unbound variable would hide that something is missing.
var ErrString = errors.New("an expression made a string of more than 16 MiB, which is the most that there can be")

// Row gives the values of a solution by slot; the zero Value is unbound.
type Row interface{ Value(slot int) Value }

// Function is an extension function, called with its evaluated arguments. It gives ErrExpr for arguments it does not take.
// It must be safe for concurrent use and must not keep args.
type Function func(c *Context, args []Value) (Value, error)

// Context is what the evaluations of one query share. It is used by one goroutine at a time; programs may be shared by
// contexts.
type Context struct {
	// Ctx ends the query; nil means never.
	Ctx context.Context
	// Base resolves the argument of IRI().
	Base string
	// Now is the instant of NOW(), the same all through a query. The zero Time is replaced by the time of the first call.
	Now time.Time
	// BlankNode makes a fresh blank node for BNODE(); nil means labels of this package's own.
	BlankNode func() rdf.Term
	// Exists evaluates the EXISTS with this index (from CompileOptions.Exists) for a row.
	Exists func(index int, row Row) (bool, error)
	// Functions holds extension functions by IRI, for programs that were compiled with it.
	Functions map[string]Function

	labels   map[string]rdf.Term // of BNODE(label), for the row labelRow
	regexps  map[regexpKey]*matcher
	patterns int64 // about how many bytes regexps take
	blankSeq int64
	scratch  []byte // of lowerTest
	direct   directRow
}

// NextRow tells that the following evaluations are for another solution: BNODE with a label gives a blank node that is the
// same within one solution only.
func (c *Context) NextRow() {
	if len(c.labels) > 0 {
		clear(c.labels)
	}
}

// Reset forgets what evaluations have left in c, so that a copy of a context may be used beside it by another goroutine, for programs
// that are Pure.
func (c *Context) Reset() {
	c.labels, c.regexps, c.patterns, c.scratch, c.blankSeq, c.direct = nil, nil, 0, nil, 0, directRow{}
}

// CompileOptions connects an expression with its surroundings.
type CompileOptions struct {
	// Ctx ends Compile, which evaluates what is constant, with its error; nil means never.
	Ctx context.Context
	// Slot gives the slot of a variable; a variable without one is never bound.
	Slot func(name string) (int, bool)
	// Exists registers the pattern of an EXISTS and gives the index for Context.Exists; nil makes EXISTS an error of Compile.
	Exists func(*algebra.Exists) int
	// Function tells whether an IRI names an extension function that the Context will have.
	Function func(iri string) bool
}

// CompileError is a mistake in an expression that shows before it is evaluated: a function that nobody knows, a wrong
// number of arguments.
type CompileError struct {
	At algebra.Pos
	// Function is the name or the IRI of the function in question.
	Function string
	Msg      string
}

// Error gives the message.
func (e *CompileError) Error() string { return e.Msg }

func compileErrorf(at algebra.Pos, function, format string, args ...any) error {
	return &CompileError{At: at, Function: function, Msg: fmt.Sprintf(format, args...)}
}

// Program is a compiled expression. It does not change and may be used by many goroutines at once.
type Program struct {
	root  node
	slots []int
	pure  bool
	size  int64
}

// Slots lists the slots that the program reads, in ascending order, those of its EXISTS patterns not included.
func (p *Program) Slots() []int { return p.slots }

// Pure reports whether the same values always give the same result within one query: no RAND, UUID, STRUUID, BNODE, EXISTS or
// extension function is called.
func (p *Program) Pure() bool { return p.pure }

// Size is about how many bytes the constants and the regular expressions of the program take.
func (p *Program) Size() int64 { return p.size }

// Constant gives the program's value where it needs neither row nor context and is not long.
func (p *Program) Constant() (Value, bool) {
	if c, ok := p.root.(*constNode); ok {
		return c.v, true
	}
	return Value{}, false
}

// Eval evaluates the program for a row. An unbound variable as the whole expression is ErrExpr.
func (p *Program) Eval(c *Context, row Row) (Value, error) { return p.root.eval(c, row) }

// EvalBool is the effective boolean value of the program for a row.
func (p *Program) EvalBool(c *Context, row Row) (bool, error) {
	if b, ok := p.root.(boolNode); ok {
		return b.evalBool(c, row)
	}
	v, err := p.root.eval(c, row)
	if err != nil {
		return false, err
	}
	return EBV(v)
}

// node is a compiled expression.
type node interface {
	eval(c *Context, row Row) (Value, error)
}

// boolNode is a node that gives a boolean and can do so without making a Value.
type boolNode interface {
	node
	evalBool(c *Context, row Row) (bool, error)
}
