package expr

// constNode is a constant.
type constNode struct{ v Value }

func (n *constNode) eval(*Context, Row) (Value, error) { return n.v, nil }

// varNode is a variable's slot.
type varNode int

func (n varNode) eval(_ *Context, row Row) (Value, error) {
	v := row.Value(int(n))
	if v.kind == kNone {
		return v, ErrExpr
	}
	return v, nil
}

// errNode is what is always an error, such as a variable that is never bound.
type errNode struct{}

func (errNode) eval(*Context, Row) (Value, error) { return Value{}, ErrExpr }

// boundNode is BOUND.
type boundNode int

func (n boundNode) evalBool(_ *Context, row Row) (bool, error) {
	return !row.Value(int(n)).IsZero(), nil
}

func (n boundNode) eval(c *Context, row Row) (Value, error) { return boolValue(n.evalBool(c, row)) }

func boolValue(b bool, err error) (Value, error) {
	if err != nil {
		return Value{}, err
	}
	return Boolean(b), nil
}

func evalBool(n node, c *Context, row Row) (bool, error) {
	if b, ok := n.(boolNode); ok {
		return b.evalBool(c, row)
	}
	v, err := n.eval(c, row)
	if err != nil {
		return false, err
	}
	return EBV(v)
}

// fatal tells errors that end the query from the expression error.
func fatal(err error) bool { return err != nil && err != ErrExpr }

// andNode is &&: false wins over an error (https://www.w3.org/TR/sparql12-query/#evaluation).
type andNode struct{ a, b node }

func (n *andNode) evalBool(c *Context, row Row) (bool, error) {
	x, err := evalBool(n.a, c, row)
	if err == nil && !x || fatal(err) {
		return false, err
	}
	y, err2 := evalBool(n.b, c, row)
	switch {
	case fatal(err2):
		return false, err2
	case err2 == nil && !y:
		return false, nil
	case err != nil:
		return false, err
	}
	return y, err2
}

func (n *andNode) eval(c *Context, row Row) (Value, error) { return boolValue(n.evalBool(c, row)) }

// orNode is ||: true wins over an error.
type orNode struct{ a, b node }

func (n *orNode) evalBool(c *Context, row Row) (bool, error) {
	x, err := evalBool(n.a, c, row)
	if err == nil && x || fatal(err) {
		return x, err
	}
	y, err2 := evalBool(n.b, c, row)
	switch {
	case fatal(err2):
		return false, err2
	case err2 == nil && y:
		return true, nil
	case err != nil:
		return false, err
	}
	return y, err2
}

func (n *orNode) eval(c *Context, row Row) (Value, error) { return boolValue(n.evalBool(c, row)) }

type notNode struct{ a node }

func (n *notNode) evalBool(c *Context, row Row) (bool, error) {
	x, err := evalBool(n.a, c, row)
	return !x, err
}

func (n *notNode) eval(c *Context, row Row) (Value, error) { return boolValue(n.evalBool(c, row)) }

// ifNode is IF.
type ifNode struct{ cond, a, b node }

func (n *ifNode) eval(c *Context, row Row) (Value, error) {
	x, err := evalBool(n.cond, c, row)
	if err != nil {
		return Value{}, err
	}
	if x {
		return n.a.eval(c, row)
	}
	return n.b.eval(c, row)
}

// coalesceNode is COALESCE: the first argument that is no error.
type coalesceNode struct{ args []node }

func (n *coalesceNode) eval(c *Context, row Row) (Value, error) {
	for _, a := range n.args {
		if v, err := a.eval(c, row); err == nil || fatal(err) {
			return v, err
		}
	}
	return Value{}, ErrExpr
}

// existsNode is EXISTS and NOT EXISTS.
type existsNode struct {
	index int
	not   bool
}

func (n *existsNode) evalBool(c *Context, row Row) (bool, error) {
	if c.Exists == nil {
		return false, ErrExpr
	}
	x, err := c.Exists(n.index, row)
	return x != n.not, err
}

func (n *existsNode) eval(c *Context, row Row) (Value, error) { return boolValue(n.evalBool(c, row)) }

// compareNode is one of the six comparisons.
type compareNode struct {
	op   Op
	a, b node
}

func newCompare(op Op, a, b node) node { return &compareNode{op, a, b} }

func (n *compareNode) evalBool(c *Context, row Row) (bool, error) {
	x, err := n.a.eval(c, row)
	if err != nil {
		return false, err
	}
	if k, ok := n.b.(*constNode); ok {
		return compare(n.op, &x, &k.v)
	}
	y, err := n.b.eval(c, row)
	if err != nil {
		return false, err
	}
	return compare(n.op, &x, &y)
}

func (n *compareNode) eval(c *Context, row Row) (Value, error) { return boolValue(n.evalBool(c, row)) }

// inNode is IN and NOT IN: an error in the list matters only where no element is equal.
type inNode struct {
	a    node
	list []node
	not  bool
	// iris holds the list where it is of constant IRIs only.
	iris map[string]struct{}
}

func newIn(a node, list []node, not bool) node {
	n := &inNode{a: a, list: list, not: not}
	if len(list) > 4 {
		n.iris = make(map[string]struct{}, len(list))
		for _, x := range list {
			k, ok := x.(*constNode)
			if !ok || k.v.kind != kIRI {
				n.iris = nil
				break
			}
			n.iris[k.v.term.Value()] = struct{}{}
		}
	}
	return n
}

func (n *inNode) evalBool(c *Context, row Row) (bool, error) {
	x, err := n.a.eval(c, row)
	if err != nil {
		return false, err
	}
	if n.iris != nil {
		if x.kind != kIRI {
			return n.not, nil
		}
		_, ok := n.iris[x.term.Value()]
		return ok != n.not, nil
	}
	var failed error
	for _, e := range n.list {
		var y Value
		if k, ok := e.(*constNode); ok {
			y = k.v
		} else if y, err = e.eval(c, row); err != nil {
			if fatal(err) {
				return false, err
			}
			failed = err
			continue
		}
		switch eq, err := equal(&x, &y); {
		case err != nil:
			failed = err
		case eq:
			return !n.not, nil
		}
	}
	return n.not, failed
}

func (n *inNode) eval(c *Context, row Row) (Value, error) { return boolValue(n.evalBool(c, row)) }

// The calls of functions by their number of arguments; values travel on the stack.
type (
	call0 struct{ fn func(*Context) (Value, error) }
	call1 struct {
		fn   func(*Context, Value) (Value, error)
		a    node
		name string // of the builtin, for Direct
	}
	call2 struct {
		fn   func(*Context, Value, Value) (Value, error)
		a, b node
		name string
	}
	call3 struct {
		fn      func(*Context, Value, Value, Value) (Value, error)
		a, b, c node
		name    string
	}
	callN struct {
		fn   func(*Context, []Value) (Value, error)
		args []node
	}
	// test1 and test2 are functions that give a boolean.
	test1 struct {
		fn   func(Value) (bool, error)
		a    node
		name string
	}
	test2 struct {
		fn   func(a, b Value) (bool, error)
		a, b node
		name string
	}
)

// named notes which builtin a node calls.
func named(n node, name string) node {
	switch n := n.(type) {
	case *call1:
		n.name = name
	case *call2:
		n.name = name
	case *call3:
		n.name = name
	case *test1:
		n.name = name
	case *test2:
		n.name = name
	}
	return n
}

func (n *call0) eval(c *Context, _ Row) (Value, error) { return n.fn(c) }

func (n *call1) eval(c *Context, row Row) (Value, error) {
	a, err := n.a.eval(c, row)
	if err != nil {
		return Value{}, err
	}
	return n.fn(c, a)
}

func (n *call2) eval(c *Context, row Row) (Value, error) {
	a, err := n.a.eval(c, row)
	if err != nil {
		return Value{}, err
	}
	b, err := n.b.eval(c, row)
	if err != nil {
		return Value{}, err
	}
	return n.fn(c, a, b)
}

func (n *call3) eval(c *Context, row Row) (Value, error) {
	x, err := n.a.eval(c, row)
	if err != nil {
		return Value{}, err
	}
	y, err := n.b.eval(c, row)
	if err != nil {
		return Value{}, err
	}
	z, err := n.c.eval(c, row)
	if err != nil {
		return Value{}, err
	}
	return n.fn(c, x, y, z)
}

func (n *callN) eval(c *Context, row Row) (Value, error) {
	args, err := evalArgs(n.args, c, row)
	if err != nil {
		return Value{}, err
	}
	return n.fn(c, args)
}

func evalArgs(nodes []node, c *Context, row Row) ([]Value, error) {
	args := make([]Value, len(nodes))
	for i, a := range nodes {
		v, err := a.eval(c, row)
		if err != nil {
			return nil, err
		}
		args[i] = v
	}
	return args, nil
}

func (n *test1) evalBool(c *Context, row Row) (bool, error) {
	a, err := n.a.eval(c, row)
	if err != nil {
		return false, err
	}
	return n.fn(a)
}

func (n *test1) eval(c *Context, row Row) (Value, error) { return boolValue(n.evalBool(c, row)) }

func (n *test2) evalBool(c *Context, row Row) (bool, error) {
	a, err := n.a.eval(c, row)
	if err != nil {
		return false, err
	}
	b, err := n.b.eval(c, row)
	if err != nil {
		return false, err
	}
	return n.fn(a, b)
}

func (n *test2) eval(c *Context, row Row) (Value, error) { return boolValue(n.evalBool(c, row)) }

// extensionNode calls a function of the Context.
type extensionNode struct {
	iri  string
	args []node
}

func (n *extensionNode) eval(c *Context, row Row) (Value, error) {
	args, err := evalArgs(n.args, c, row)
	if err != nil {
		return Value{}, err
	}
	f := c.Functions[n.iri]
	if f == nil {
		return Value{}, ErrExpr
	}
	return f(c, args)
}
