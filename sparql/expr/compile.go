package expr

import (
	"fmt"
	"slices"
	"strings"

	"triplestore/rdf"
	"triplestore/rdf/xsd"
	"triplestore/sparql/algebra"
)

// maxDepth bounds how deeply expressions may be nested, chains of operators such as a || b || c included: they are compiled and
// evaluated by recursion.
const maxDepth = 20_000

// What is evaluated once, when a program is compiled: where the arguments and the result have at most so many bytes of text. The memory
// limit of the query does not count programs, and what an expression takes may grow with the product of its arguments.
const (
	mostFolded  = 4 << 10
	mostMatched = 1 << 10 // arguments of REGEX and REPLACE
)

// About how many bytes a compiled regular expression takes, and for each of its instructions, as was measured; those of the states of its
// automaton, of which package automaton bounds the sum, not included.
const (
	regexSize = 4 << 10
	instSize  = 160
)

type compiler struct {
	o      CompileOptions
	slots  []int
	impure bool
	depth  int
	size   int64
}

// Compile compiles an expression. The error is a *CompileError where a function is unknown or called with the wrong number of
// arguments, or the context's.
func Compile(e algebra.Expr, o CompileOptions) (*Program, error) {
	c := &compiler{o: o}
	n, err := c.compile(e)
	if err != nil {
		return nil, err
	}
	slices.Sort(c.slots)
	return &Program{root: n, slots: slices.Compact(c.slots), pure: !c.impure, size: c.size}, nil
}

func (c *compiler) compile(e algebra.Expr) (node, error) {
	if c.depth++; c.depth > maxDepth {
		return nil, compileErrorf(0, "", "expression is nested more than %d deep", maxDepth)
	}
	defer func() { c.depth-- }()
	switch e := e.(type) {
	case *algebra.Var:
		if c.o.Slot != nil {
			if s, ok := c.o.Slot(e.Name); ok {
				c.slots = append(c.slots, s)
				return varNode(s), nil
			}
		}
		return errNode{}, nil
	case *algebra.Const:
		k := &constNode{FromTerm(e.Term)}
		c.size += k.v.Size()
		return k, nil
	case *algebra.Exists:
		if c.o.Exists == nil {
			return nil, compileErrorf(e.At, "EXISTS", "EXISTS cannot be used here")
		}
		c.impure = true
		return &existsNode{index: c.o.Exists(e), not: e.Not}, nil
	case *algebra.TripleExpr:
		args, err := c.compileAll([]algebra.Expr{e.S, e.P, e.O})
		if err != nil {
			return nil, err
		}
		return c.settle(fold(&call3{fn: tripleOf, a: args[0], b: args[1], c: args[2]}, args...))
	case *algebra.Call:
		return c.compileCall(e)
	}
	return nil, compileErrorf(0, "", "unknown expression %T", e)
}

func (c *compiler) compileAll(es []algebra.Expr) ([]node, error) {
	nodes := make([]node, len(es))
	for i, e := range es {
		n, err := c.compile(e)
		if err != nil {
			return nil, err
		}
		nodes[i] = n
	}
	return nodes, nil
}

func (c *compiler) compileCall(e *algebra.Call) (node, error) {
	name := e.Func
	if len(name) > 2 && name[0] == '<' && name[len(name)-1] == '>' {
		return c.compileIRI(e, name[1:len(name)-1])
	}
	arity := func(low, high int) error {
		if n := len(e.Args); n < low || high >= 0 && n > high {
			return compileErrorf(e.At, name, "%s takes %s, not %d", name, arguments(low, high), n)
		}
		return nil
	}
	if name == "BOUND" {
		if err := arity(1, 1); err != nil {
			return nil, err
		}
		v, ok := e.Args[0].(*algebra.Var)
		if !ok {
			return nil, compileErrorf(e.At, name, "BOUND takes a variable")
		}
		if c.o.Slot != nil {
			if s, ok := c.o.Slot(v.Name); ok {
				c.slots = append(c.slots, s)
				return boundNode(s), nil
			}
		}
		return &constNode{Boolean(false)}, nil
	}
	args, err := c.compileAll(e.Args)
	if err != nil {
		return nil, err
	}
	switch name {
	case "&&", "||":
		if err := arity(2, -1); err != nil {
			return nil, err
		}
		// Left-deep over operands, so that a && b && c is evaluated from the left.
		n := args[0]
		for _, b := range args[1:] {
			if name == "&&" {
				n, err = c.settle(fold(&andNode{n, b}, n, b))
			} else {
				n, err = c.settle(fold(&orNode{n, b}, n, b))
			}
			if err != nil {
				return nil, err
			}
		}
		return n, nil
	case "!":
		if err := arity(1, 1); err != nil {
			return nil, err
		}
		return c.settle(fold(&notNode{args[0]}, args...))
	case "=", "!=", "<", ">", "<=", ">=":
		if err := arity(2, 2); err != nil {
			return nil, err
		}
		op, _ := ParseOp(name)
		return c.settle(fold(newCompare(op, args[0], args[1]), args...))
	case "IN", "NOT IN":
		if err := arity(1, -1); err != nil {
			return nil, err
		}
		return newIn(args[0], args[1:], name == "NOT IN"), nil
	case "COALESCE":
		return &coalesceNode{args}, nil
	case "IF":
		if err := arity(3, 3); err != nil {
			return nil, err
		}
		return &ifNode{args[0], args[1], args[2]}, nil
	case "REGEX":
		if err := arity(2, 3); err != nil {
			return nil, err
		}
		if err := c.ended(); err != nil { // a pattern that is constant is compiled
			return nil, err
		}
		return c.settle(newRegex(args))
	case "REPLACE":
		if err := arity(3, 4); err != nil {
			return nil, err
		}
		if err := c.ended(); err != nil {
			return nil, err
		}
		return c.settle(newReplace(args))
	}
	b, ok := builtins[name]
	if !ok {
		return nil, compileErrorf(e.At, name, "unknown function %s", name)
	}
	if err := arity(b.low, b.high); err != nil {
		return nil, err
	}
	if b.impure {
		c.impure = true
	}
	n, err := c.settle(b.node(args))
	if err != nil {
		return nil, err
	}
	return named(n, strings.ToUpper(name)), nil
}

func (c *compiler) compileIRI(e *algebra.Call, iri string) (node, error) {
	if t, ok := xsd.TypeOf(iri); ok && castable(t) {
		if len(e.Args) != 1 {
			return nil, compileErrorf(e.At, iri, "the cast <%s> takes 1 argument, not %d", iri, len(e.Args))
		}
		args, err := c.compileAll(e.Args)
		if err != nil {
			return nil, err
		}
		return c.settle(fold(&castNode{typ: t, a: args[0]}, args...))
	}
	if c.o.Function == nil || !c.o.Function(iri) {
		return nil, compileErrorf(e.At, iri, "unknown function <%s>", iri)
	}
	args, err := c.compileAll(e.Args)
	if err != nil {
		return nil, err
	}
	c.impure = true
	return &extensionNode{iri: iri, args: args}, nil
}

func arguments(low, high int) string {
	switch {
	case high < 0:
		return fmt.Sprintf("at least %d arguments", low)
	case low == 1 && high == 1:
		return "1 argument"
	case low == high:
		return fmt.Sprintf("%d arguments", low)
	}
	return fmt.Sprintf("%d to %d arguments", low, high)
}

// ofConstants is a node that depends on nothing but args, which are constants. Only settle sees it.
type ofConstants struct {
	node
	args []node
}

// fold marks a node that depends on constants only, for settle.
func fold(n node, args ...node) node {
	for _, a := range args {
		if _, ok := a.(*constNode); !ok {
			return n
		}
	}
	return &ofConstants{n, args}
}

// settle replaces a node that depends on constants only by its value, unless that is much work or long. A node that gives an error stays:
// evaluation gives it again. The error is the context's.
func (c *compiler) settle(n node) (node, error) {
	f, ok := n.(*ofConstants)
	if !ok {
		c.size += patternSize(n)
		return n, nil
	}
	var size, text int64
	for _, a := range f.args {
		v := &a.(*constNode).v
		size += v.Size()
		text += textSize(v)
	}
	most := int64(mostFolded)
	if p := patternOf(f.node); p != nil {
		if most = mostMatched; p.constant != nil && p.constant.mode == matchBack { // which may take its time
			most = -1
		}
	}
	if text <= most {
		v, err := f.eval(&Context{Ctx: c.o.Ctx}, nil)
		if err == nil && textSize(&v) <= mostFolded {
			c.size += v.Size() - size
			return &constNode{v}, nil
		}
		if fatal(err) {
			if ended := c.ended(); ended != nil {
				return nil, ended
			}
		}
	}
	c.size += patternSize(f.node)
	return f.node, nil
}

// ended is the error of a context that has ended.
func (c *compiler) ended() error {
	if c.o.Ctx == nil {
		return nil
	}
	return c.o.Ctx.Err()
}

// textSize is how many bytes a value has beyond those that all have.
func textSize(v *Value) int64 { return v.Size() - Value{}.Size() }

// patternOf is the pattern of REGEX or REPLACE, or nil.
func patternOf(n node) *pattern {
	switch n := n.(type) {
	case *regexNode:
		return &n.pattern
	case *replaceNode:
		return &n.pattern
	}
	return nil
}

// patternSize is about how many bytes the compiled pattern of a node takes.
func patternSize(n node) int64 {
	p := patternOf(n)
	if p == nil || p.constant == nil {
		return 0
	}
	return p.constant.size(textSize(&p.text.(*constNode).v)) // a pattern that is compiled once is constant
}

// tripleOf makes a triple term; the subject must be an IRI or a blank node, the predicate an IRI.
func tripleOf(_ *Context, s, p, o Value) (Value, error) {
	if s.kind != kIRI && s.kind != kBlank || p.kind != kIRI || o.kind == kNone {
		return Value{}, ErrExpr
	}
	return FromTerm(rdf.TripleTerm(rdf.Triple{S: s.Term(), P: p.Term(), O: o.Term()})), nil
}
