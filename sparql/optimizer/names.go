package optimizer

import "triplestore/sparql/algebra"

// names maps the names of the query's text to unique ones. Those that are not here are those of outer as far as they are visible; so a scope
// within another costs nothing until it is used.
type names struct {
	own     map[string]string
	outer   *names
	visible Set // of unique names, by their numbers in vars
	vars    *varTable
}

// limited is n without the names that are not visible: those mean something else from here on. n must stay as it is for as long as it is used.
func limited(n *names, visible Set, vars *varTable) *names {
	return &names{outer: n, visible: visible, vars: vars}
}

func (n *names) get(text string) (string, bool) {
	if u, ok := n.own[text]; ok {
		return u, true
	}
	if n.outer != nil {
		if u, ok := n.outer.get(text); ok && n.vars.has(n.visible, u) {
			n.put(text, u) // scopes may be nested deep
			return u, true
		}
	}
	return "", false
}

func (n *names) put(text, unique string) {
	if n.own == nil {
		n.own = map[string]string{}
	}
	n.own[text] = unique
}

// nameSet is a set of unique names.
type nameSet map[string]bool

func nameSetOf(of ...string) nameSet {
	s := nameSet{}
	for _, x := range of {
		s[x] = true
	}
	return s
}

// varTable numbers the unique names of a query's variables, so that rules work on a Set of them: sets of what is around each operator take a bit
// for each variable then, where there may be hundreds of both.
type varTable struct {
	numbers map[string]int
	names   []string
	nested  map[algebra.Op]Set // see within
}

func newVarTable() *varTable {
	return &varTable{numbers: map[string]int{}, nested: map[algebra.Op]Set{}}
}

func (t *varTable) number(name string) int {
	n, ok := t.numbers[name]
	if !ok {
		n = len(t.names)
		t.numbers[name] = n
		t.names = append(t.names, name)
	}
	return n
}

// insert gives a function that adds names to a set, whose memory must be its own.
func (t *varTable) insert(to *Set) func(name string) {
	return func(name string) { to.insert(t.number(name)) }
}

// of is the set of some names.
func (t *varTable) of(names ...string) (s Set) {
	for _, v := range names {
		s.insert(t.number(v))
	}
	return s
}

// mentioned are the variables that occur in an operator, at any depth.
func (t *varTable) mentioned(op algebra.Op) (s Set) {
	t.collect(op, &s)
	return s
}

func (t *varTable) collect(op algebra.Op, to *Set) {
	mentionedBy(op, t.insert(to))
	for _, e := range exprsOf(op) {
		t.collectExpr(e, to)
	}
	for _, in := range inputsOf(op) {
		t.collect(in, to)
	}
}

// reads are the variables that occur in an expression, which may be nil.
func (t *varTable) reads(e algebra.Expr) (s Set) {
	t.collectExpr(e, &s)
	return s
}

func (t *varTable) collectExpr(e algebra.Expr, to *Set) {
	leaves(e, t.insert(to), func(x *algebra.Exists) { to.add(t.within(x.In)) })
}

// within are the variables of a pattern in an expression or of LATERAL, which is asked for again by each that it is nested in.
func (t *varTable) within(op algebra.Op) Set {
	s, ok := t.nested[op]
	if !ok {
		s = t.mentioned(op)
		t.nested[op] = s
	}
	return s
}

// node are the variables of a place in a pattern.
func (t *varTable) node(n algebra.Node) (s Set) {
	nodeVars(n, t.insert(&s))
	return s
}

// has reports whether a set has a name.
func (t *varTable) has(s Set, name string) bool {
	n, ok := t.numbers[name]
	return ok && s.Has(n)
}
