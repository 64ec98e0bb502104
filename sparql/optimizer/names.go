package optimizer

import "triplestore/sparql/algebra"

// names maps the names of the query's text to unique ones. Those that are not here are those of outer as far as they are visible; so a scope
// within another costs nothing until it is used.
type names struct {
	own     map[string]string
	outer   *names
	visible [2]nameSet // unique names
}

// limited is n without the names that are in neither set: those mean something else from here on. The sets and n must stay as they are for as
// long as it is used.
func limited(n *names, in, outer nameSet) *names {
	return &names{outer: n, visible: [2]nameSet{in, outer}}
}

func (n *names) get(text string) (string, bool) {
	if u, ok := n.own[text]; ok {
		return u, true
	}
	if n.outer != nil {
		if u, ok := n.outer.get(text); ok && (n.visible[0][u] || n.visible[1][u]) {
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

func (a nameSet) put(name string) { a[name] = true }

func (a nameSet) add(b nameSet) nameSet {
	for x := range b {
		a[x] = true
	}
	return a
}

// with is what is in a or in b, neither of which is used any more.
func (a nameSet) with(b nameSet) nameSet {
	if len(a) < len(b) {
		a, b = b, a
	}
	return a.add(b)
}

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
}

func newVarTable() *varTable { return &varTable{numbers: map[string]int{}} }

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
	mentions(op, t.insert(&s))
	return s
}

// reads are the variables that occur in an expression, which may be nil.
func (t *varTable) reads(e algebra.Expr) (s Set) {
	exprMentions(e, t.insert(&s))
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
