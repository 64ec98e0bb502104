// Package idexpr computes expressions from the IDs of terms alone, a column at a time. IDs tell the kind of a term, hold numbers, booleans,
// dates and dateTimes, and are equal where terms are; so comparisons of these, their parts and sums, and whatever IF, COALESCE and the
// connectives make of them need no term. Where an ID does not tell, the result is [Unknown], and that row is left to package expr, which
// defines what is right.
package idexpr

import (
	"triplestore/sparql/algebra"
	"triplestore/store"
)

// Results beside IDs of terms. An expression that is an error, or a variable without a value, has NoID.
const (
	// Unknown: the IDs do not tell.
	Unknown store.ID = 2
)

// The booleans.
var (
	yes = store.InlineBoolean(true)
	no  = store.InlineBoolean(false)
)

// Options say what an expression is about.
type Options struct {
	// Slot is the column of a variable.
	Slot func(name string) int
	// ID is that of a constant; ok is false where it has none that is of use.
	ID func(*algebra.Const) (id store.ID, ok bool)
	// Verdict, if it knows better, judges a condition of one variable: the result is a boolean, NoID for an error, or Unknown.
	Verdict func(algebra.Expr) (slot int, f func(store.ID) store.ID, ok bool)
}

// Program is a compiled expression. It is immutable.
type Program struct {
	root  node
	slots []int
}

// Slots are the columns that it reads.
func (p *Program) Slots() []int { return p.slots }

// Input is what a program is evaluated over.
type Input struct {
	N int
	// Column has the values of a variable in the N rows, or is nil where none has one.
	Column func(slot int) []store.ID
}

// Machine evaluates programs; it is used by one goroutine at a time. The zero Machine is ready for use.
type Machine struct {
	in   *Input
	bufs [][]store.ID
	used int
}

// Eval gives the results in the rows of the input, which hold until the next call.
func (m *Machine) Eval(p *Program, in *Input) []store.ID {
	m.in, m.used = in, 0
	out := p.root.eval(m)
	m.in = nil
	return out
}

// column is a new column, whose values are those of whoever had it before. A node takes the column of its result first and gives those of its
// parts back by setting used, so that there are no more than an expression is deep.
func (m *Machine) column() []store.ID {
	if m.used == len(m.bufs) {
		m.bufs = append(m.bufs, nil)
	}
	b := m.bufs[m.used]
	if cap(b) < m.in.N {
		b = make([]store.ID, m.in.N)
		m.bufs[m.used] = b
	}
	m.used++
	return b[:m.in.N]
}

// node is a part of an expression. Its result may be a column of the input, which is not to be written to.
type node interface {
	eval(m *Machine) []store.ID
}

// Compile makes a program of an expression; ok is false where IDs can tell nothing about it.
func Compile(e algebra.Expr, o Options) (p *Program, ok bool) {
	c := &compiler{Options: o, seen: map[int]bool{}}
	root := c.compile(e, 0)
	if root == nil || c.nodes > maxNodes {
		return nil, false
	}
	return &Program{root: root, slots: c.slots}, true
}

// OfTest is the program of a condition of one variable that f judges.
func OfTest(slot int, f func(store.ID) store.ID) *Program {
	return &Program{root: &test{slot, f}, slots: []int{slot}}
}

// maxDepth bounds how deeply what is compiled may be nested: it is evaluated by recursion, and columns are kept for each level. maxNodes bounds
// its parts: nobody asks within a batch whether the query has been given up, and what package expr need not evaluate, it does not.
const (
	maxDepth = 32
	maxNodes = 256
)

type compiler struct {
	Options
	nodes int
	slots []int
	seen  map[int]bool
}

func (c *compiler) slot(name string) int {
	s := c.Slot(name)
	c.reads(s)
	return s
}

func (c *compiler) reads(s int) {
	if !c.seen[s] {
		c.seen[s] = true
		c.slots = append(c.slots, s)
	}
}

// compile gives nil for what cannot be computed from IDs.
func (c *compiler) compile(e algebra.Expr, depth int) node {
	if c.nodes++; depth > maxDepth || c.nodes > maxNodes {
		return nil
	}
	switch e := e.(type) {
	case *algebra.Var:
		return variable(c.slot(e.Name))
	case *algebra.Const:
		if id, ok := c.ID(e); ok {
			return constant(id)
		}
	case *algebra.Call:
		return c.call(e, depth)
	}
	return nil
}

func (c *compiler) all(es []algebra.Expr, depth int) []node {
	out := make([]node, len(es))
	for i, e := range es {
		if out[i] = c.compile(e, depth+1); out[i] == nil {
			return nil
		}
	}
	return out
}

func (c *compiler) call(e *algebra.Call, depth int) node {
	if c.Verdict != nil {
		if slot, f, ok := c.Verdict(e); ok {
			c.reads(slot)
			return &test{slot, f}
		}
	}
	if len(e.Args) == 0 {
		return nil
	}
	if e.Func == "BOUND" {
		if v, ok := e.Args[0].(*algebra.Var); ok && len(e.Args) == 1 {
			return &apply{variable(c.slot(v.Name)), isBound}
		}
		return nil
	}
	if e.Func == "&&" || e.Func == "||" {
		// One operand may decide what the others do not tell.
		n := &connective{and: e.Func == "&&"}
		some := false
		for _, a := range e.Args {
			x := c.compile(a, depth+1)
			if x == nil {
				x = constant(Unknown)
			} else {
				some = true
			}
			n.of = append(n.of, x)
		}
		if !some {
			return nil
		}
		return n
	}
	var f1 func(store.ID) store.ID
	var f2 func(a, b store.ID) store.ID
	switch n := len(e.Args); {
	case n == 1 && unary[e.Func] != nil:
		f1 = unary[e.Func]
	case n == 2 && binary[e.Func] != nil:
		f2 = binary[e.Func]
	case e.Func == "IF" && n == 3, e.Func == "COALESCE", (e.Func == "IN" || e.Func == "NOT IN") && n > 1 && n <= 16:
	default:
		return nil
	}
	args := c.all(e.Args, depth)
	switch {
	case args == nil:
		return nil
	case f1 != nil:
		return &apply{args[0], f1}
	case f2 != nil:
		for _, a := range args {
			if k, ok := a.(constant); ok && e.Func != "SAMETERM" && !comparable(e.Func, store.ID(k)) {
				return nil
			}
		}
		return &apply2{args[0], args[1], f2}
	}
	switch e.Func {
	case "IF":
		return &choice{args[0], args[1], args[2]}
	case "COALESCE":
		return coalesce(args)
	case "IN", "NOT IN":
		n := &member{args[0], args[1:]}
		if e.Func == "NOT IN" {
			return &apply{n, not}
		}
		return n
	}
	return nil
}

// comparable reports whether comparison or arithmetic with a constant may give more than Unknown.
func comparable(fn string, id store.ID) bool {
	switch fn {
	case "=", "!=":
		return kindOf(id) != unknown
	case "<", "<=", ">", ">=":
		k := kindOf(id)
		return k != unknown && k != text && k != langText
	}
	return id.Tag() == store.TagInteger
}

// variable is the value of a column.
type variable int

func (v variable) eval(m *Machine) []store.ID {
	if col := m.in.Column(int(v)); col != nil {
		return col[:m.in.N]
	}
	out := m.column()
	clear(out)
	return out
}

type constant store.ID

func (c constant) eval(m *Machine) []store.ID {
	out := m.column()
	for i := range out {
		out[i] = store.ID(c)
	}
	return out
}

// test judges one column.
type test struct {
	slot int
	f    func(store.ID) store.ID
}

func (t *test) eval(m *Machine) []store.ID {
	out := m.column()
	mark := m.used
	var last, verdict store.ID
	for i, id := range variable(t.slot).eval(m) {
		if i == 0 || id != last {
			last, verdict = id, t.f(id)
		}
		out[i] = verdict
	}
	m.used = mark
	return out
}

type apply struct {
	a node
	f func(store.ID) store.ID
}

func (n *apply) eval(m *Machine) []store.ID {
	out := m.column()
	mark := m.used
	for i, id := range n.a.eval(m) {
		out[i] = n.f(id)
	}
	m.used = mark
	return out
}

type apply2 struct {
	a, b node
	f    func(a, b store.ID) store.ID
}

func (n *apply2) eval(m *Machine) []store.ID {
	out := m.column()
	mark := m.used
	a, b := n.a.eval(m), n.b.eval(m)
	for i, id := range a {
		out[i] = n.f(id, b[i])
	}
	m.used = mark
	return out
}

// connective is && or || (https://www.w3.org/TR/sparql12-query/#func-logical-and): the deciding operand counts, wherever it is, then
// what is unknown, then errors.
type connective struct {
	and bool
	of  []node
}

func (n *connective) eval(m *Machine) []store.ID {
	out := m.column()
	neutral, deciding := yes, no
	if !n.and {
		neutral, deciding = no, yes
	}
	for i := range out {
		out[i] = neutral
	}
	mark, open := m.used, len(out)
	for _, x := range n.of {
		for i, id := range x.eval(m) {
			if out[i] == deciding {
				continue
			}
			if out[i] = combined(out[i], truth(id), neutral, deciding); out[i] == deciding {
				open--
			}
		}
		if m.used = mark; open == 0 {
			break
		}
	}
	return out
}

// combined is what a connective has come to with one more operand, as long as none has decided.
func combined(before, v, neutral, deciding store.ID) store.ID {
	if v == deciding || v != neutral && (v == Unknown || before == neutral) {
		return v
	}
	return before
}

// member is IN: whether something equals any of some others.
type member struct {
	of   node
	list []node
}

func (n *member) eval(m *Machine) []store.ID {
	out := m.column()
	for i := range out {
		out[i] = no
	}
	begin := m.used
	of := n.of.eval(m)
	mark, open := m.used, len(out)
	for _, x := range n.list {
		for i, id := range x.eval(m) {
			if out[i] == yes {
				continue
			}
			if out[i] = combined(out[i], equal.compare(of[i], id), no, yes); out[i] == yes {
				open--
			}
		}
		if m.used = mark; open == 0 {
			break
		}
	}
	m.used = begin
	return out
}

// choice is IF.
type choice struct{ cond, a, b node }

func (n *choice) eval(m *Machine) []store.ID {
	out := m.column()
	mark := m.used
	var some, others bool // for which cond is true, or false
	for i, id := range n.cond.eval(m) {
		out[i] = truth(id)
		some, others = some || out[i] == yes, others || out[i] == no
	}
	m.used = mark
	var a, b []store.ID
	if some {
		a = n.a.eval(m)
	}
	if others {
		b = n.b.eval(m)
	}
	for i, v := range out {
		switch v {
		case yes:
			out[i] = a[i]
		case no:
			out[i] = b[i]
		}
	}
	m.used = mark
	return out
}

// coalesce is COALESCE.
type coalesce []node

func (n coalesce) eval(m *Machine) []store.ID {
	out := m.column()
	clear(out)
	mark, open := m.used, len(out)
	for _, x := range n {
		for i, id := range x.eval(m) {
			if out[i] == store.NoID && id != store.NoID {
				out[i] = id
				open--
			}
		}
		if m.used = mark; open == 0 {
			break
		}
	}
	return out
}
