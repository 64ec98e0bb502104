package idexpr

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/expr"
	"triplestore/store"
)

const xsd = "http://www.w3.org/2001/XMLSchema#"

// world gives terms IDs as a store does.
type world struct {
	terms []rdf.Term
	ids   map[rdf.Term]store.ID
}

func newWorld() *world {
	w := &world{ids: map[rdf.Term]store.ID{}}
	w.add(rdf.Term{}, store.NoID)
	dictionary := []struct {
		tag  store.Tag
		aux  uint16
		term rdf.Term
	}{
		{store.TagIRI, 0, rdf.IRI("http://example.org/a")}, {store.TagIRI, 0, rdf.IRI("http://example.org/b")},
		{store.TagBlankNode, 0, rdf.BlankNode("a")}, {store.TagBlankNode, 0, rdf.BlankNode("b")},
		{store.TagString, 0, rdf.String("")}, {store.TagString, 0, rdf.String("a")}, {store.TagString, 0, rdf.String("b")},
		{store.TagLang, 1, rdf.LangLiteral("a", "en")}, {store.TagLang, 2, rdf.LangLiteral("a", "nb")}, {store.TagLang, 2, rdf.LangLiteral("b", "nb")},
		{store.TagTyped, 1, rdf.Literal("01", xsd+"integer")}, {store.TagTyped, 1, rdf.Literal("x", xsd+"integer")}, {store.TagTyped, 2, rdf.Literal("1", "http://example.org/type")},
		{store.TagTyped, 2, rdf.Literal("2", "http://example.org/type")}, {store.TagTyped, 3, rdf.Literal("1.5", xsd+"float")}, {store.TagTyped, 4, rdf.Literal("P1D", xsd+"duration")},
		{store.TagTriple, 0, rdf.TripleTerm(rdf.Triple{S: rdf.IRI("http://example.org/a"), P: rdf.IRI("http://example.org/a"), O: rdf.Literal("1", xsd+"integer")})},
		{store.TagLocal, 0, rdf.String("made")}, {store.TagLocal, 0, rdf.IRI("http://example.org/made")},
	}
	for i, d := range dictionary {
		w.add(d.term, store.MakeID(d.tag, d.aux, uint64(i+1)))
	}
	for _, x := range []struct{ datatype, lex string }{
		{"integer", "0"}, {"integer", "1"}, {"integer", "-7"}, {"integer", "2020"}, {"integer", "576460752303423487"}, {"integer", "-576460752303423488"},
		{"decimal", "0.0"}, {"decimal", "1.0"}, {"decimal", "1.5"}, {"decimal", "-7.25"}, {"double", "0.0E0"}, {"double", "-0.0E0"}, {"double", "1.0E0"}, {"double", "1.5E0"}, {"double", "NaN"}, {"double", "INF"},
		{"boolean", "true"}, {"boolean", "false"}, {"int", "1"}, {"int", "-7"}, {"nonNegativeInteger", "0"}, {"nonNegativeInteger", "1"}, {"byte", "5"},
		{"date", "2020-02-29"}, {"date", "2020-02-29Z"}, {"date", "2021-12-31"}, {"date", "2020-03-01Z"}, {"date", "2020-02-28"}, {"date", "0001-01-01"},
		{"dateTime", "2020-02-29T00:00:00Z"}, {"dateTime", "2020-02-29T01:00:00+01:00"}, {"dateTime", "2020-02-29T23:59:59.999"}, {"dateTime", "2019-12-31T23:30:00-02:00"}, {"dateTime", "2020-02-29T12:30:00"}, {"dateTime", "2020-02-29T14:00:00"}, {"dateTime", "2020-02-28T23:00:00"}, {"dateTime", "0001-01-01T00:00:00Z"},
		{"gYear", "2020"}, {"gYear", "2020Z"}, {"gYear", "1999"},
	} {
		t := rdf.Literal(x.lex, xsd+x.datatype)
		id, ok := store.Inline(t)
		if !ok {
			panic(x.lex + " is not inlined")
		}
		w.add(t, id)
	}
	return w
}

func (w *world) add(t rdf.Term, id store.ID) {
	w.terms = append(w.terms, t)
	w.ids[t] = id
}

// oneRow is a row of terms for package expr.
type oneRow []rdf.Term

func (r oneRow) Value(slot int) expr.Value {
	if r[slot].IsZero() {
		return expr.Value{}
	}
	return expr.FromTerm(r[slot])
}

// check compares a result with that of package expr. It reports whether the IDs told something.
func (w *world) check(t *testing.T, e algebra.Expr, what string, got store.ID, row oneRow) bool {
	t.Helper()
	if got == Unknown {
		return false
	}
	program, err := expr.Compile(e, expr.CompileOptions{Slot: slotOf})
	if err != nil {
		t.Fatal(err)
	}
	v, err := program.Eval(&expr.Context{}, row)
	if err != nil && !errors.Is(err, expr.ErrExpr) {
		t.Fatal(err)
	}
	want := v.Term()
	if err != nil || v.IsZero() {
		want = rdf.Term{}
	}
	id, known := w.ids[want]
	if !known {
		var ok bool
		if id, ok = store.Inline(want); !ok {
			t.Fatalf("%s with %v: got %x, want %v", what, row, got, want)
		}
	}
	if got != id {
		t.Fatalf("%s with %v: got %x, want %v (%x)", what, row, got, want, id)
	}
	return true
}

func slotOf(name string) (int, bool) { return int(name[0] - 'a'), true }

func (w *world) compile(e algebra.Expr) (*Program, bool) {
	return Compile(e, Options{
		Slot: func(name string) int { return int(name[0] - 'a') },
		ID:   func(k *algebra.Const) (store.ID, bool) { id, ok := w.ids[k.Term]; return id, ok },
	})
}

// eval evaluates a program in one row.
func (w *world) eval(p *Program, row oneRow) store.ID {
	var m Machine
	return m.Eval(p, &Input{N: 1, Column: func(s int) []store.ID {
		if row[s].IsZero() {
			return nil
		}
		return []store.ID{w.ids[row[s]]}
	}})[0]
}

func call(fn string, args ...algebra.Expr) algebra.Expr { return &algebra.Call{Func: fn, Args: args} }

func v(name string) algebra.Expr { return &algebra.Var{Name: name} }

// TestFunctionsAgree: what IDs tell of every function is what package expr says, for all pairs of terms.
func TestFunctionsAgree(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for fn := range binary {
		e := call(fn, v("a"), v("b"))
		p, ok := w.compile(e)
		if !ok {
			t.Fatal(fn)
		}
		told := 0
		for _, a := range w.terms {
			for _, b := range w.terms {
				row := oneRow{a, b}
				if w.check(t, e, fn, w.eval(p, row), row) {
					told++
				}
			}
		}
		if told < 30 {
			t.Errorf("%s: %d pairs only", fn, told)
		}
	}
	for fn := range unary {
		e := call(fn, v("a"))
		p, ok := w.compile(e)
		if !ok {
			t.Fatal(fn)
		}
		told := 0
		for _, a := range w.terms {
			if row := (oneRow{a}); w.check(t, e, fn, w.eval(p, row), row) {
				told++
			}
		}
		if told < 5 {
			t.Errorf("%s: %d terms only", fn, told)
		}
	}
}

// TestRandomExpressionsAgree does so for expressions of several functions.
func TestRandomExpressionsAgree(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 1))
	w := newWorld()
	twos, ones := slices.Sorted(maps.Keys(binary)), slices.Sorted(maps.Keys(unary))
	var random func(depth int) algebra.Expr
	random = func(depth int) algebra.Expr {
		n := rng.IntN(8)
		if depth == 0 {
			n %= 2
		}
		switch n {
		case 0:
			return v(string(rune('a' + rng.IntN(3))))
		case 1:
			for {
				if k := w.terms[rng.IntN(len(w.terms))]; !k.IsZero() && !k.IsBlankNode() {
					return &algebra.Const{Term: k}
				}
			}
		case 2:
			return call(ones[rng.IntN(len(ones))], random(depth-1))
		case 3, 4:
			return call(twos[rng.IntN(len(twos))], random(depth-1), random(depth-1))
		case 5:
			return call([]string{"&&", "||"}[rng.IntN(2)], random(depth-1), random(depth-1))
		case 6:
			return call("IF", random(depth-1), random(depth-1), random(depth-1))
		}
		return call([]string{"COALESCE", "IN", "NOT IN"}[rng.IntN(3)], random(depth-1), random(depth-1), random(depth-1))
	}
	told := 0
	for range 20_000 {
		e := random(3)
		p, ok := w.compile(e)
		if !ok {
			continue
		}
		row := oneRow{}
		for range 3 {
			row = append(row, w.terms[rng.IntN(len(w.terms))])
		}
		if w.check(t, e, fmt.Sprintf("seed %d: %s", seed, show(e)), w.eval(p, row), row) {
			told++
		}
	}
	if told < 2000 {
		t.Errorf("seed %d: %d rows only", seed, told)
	}
}

func show(e algebra.Expr) string {
	switch e := e.(type) {
	case *algebra.Var:
		return "?" + e.Name
	case *algebra.Const:
		return e.Term.String()
	case *algebra.Call:
		s := e.Func + "("
		for i, a := range e.Args {
			if i > 0 {
				s += ", "
			}
			s += show(a)
		}
		return s + ")"
	}
	return "?"
}

func TestCompileLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	w := newWorld()
	k := &algebra.Const{Term: rdf.String("a")}
	for _, e := range []algebra.Expr{
		call("STRLEN", v("a")), call("REGEX", v("a"), k), call("<", v("a"), k), call("<", call("STR", v("a")), call("STR", v("b"))),
		call("||", call("REGEX", v("a"), k), call("CONTAINS", v("a"), k)), call("+", v("a"), &algebra.Const{Term: rdf.Literal("1.5", xsd+"decimal")}),
	} {
		if _, ok := w.compile(e); ok {
			t.Errorf("%s is compiled", show(e))
		}
	}
	deep := v("a")
	for range 2 * maxDepth {
		deep = call("!", deep)
	}
	if _, ok := w.compile(deep); ok {
		t.Error("an expression of any depth is compiled")
	}
}
