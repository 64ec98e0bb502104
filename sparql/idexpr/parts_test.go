package idexpr

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/store"
)

// compiled is the program of an expression of ?0, ?1, … whose constants are inlined.
func compiled(e algebra.Expr) (*Program, bool) {
	return Compile(e, Options{
		Slot: func(name string) int {
			n, err := strconv.Atoi(name)
			if err != nil {
				panic(err)
			}
			return n
		},
		ID: func(k *algebra.Const) (store.ID, bool) { return store.Inline(k.Term) },
	})
}

func callOf(fn string, args ...algebra.Expr) algebra.Expr { return &algebra.Call{Func: fn, Args: args} }

func varOf(n int) algebra.Expr { return &algebra.Var{Name: fmt.Sprint(n)} }

func constOf(lex, datatype string) algebra.Expr {
	return &algebra.Const{Term: rdf.Literal(lex, xsd+datatype)}
}

// evaluated gives the results for columns of integers, and for which slots columns were asked.
func evaluated(t *testing.T, m *Machine, e algebra.Expr, columns ...[]int64) (results []store.ID, asked []int) {
	t.Helper()
	p, ok := compiled(e)
	if !ok {
		t.Fatal("not compiled")
	}
	ids := make([][]store.ID, len(columns))
	for i, c := range columns {
		for _, n := range c {
			ids[i] = append(ids[i], inline(n))
		}
	}
	return m.Eval(p, &Input{N: len(columns[0]), Column: func(slot int) []store.ID {
		asked = append(asked, slot)
		return ids[slot]
	}}), asked
}

// TestNestedIn: what is on the left of IN is evaluated once, however deeply IN is nested, and there are columns for each level only.
func TestNestedIn(t *testing.T) {
	t.Parallel()
	e := callOf("+", varOf(0), varOf(1))
	for level := range 10 {
		args := []algebra.Expr{e}
		for n := range 14 {
			args = append(args, constOf(fmt.Sprint(n), "integer"))
		}
		e = callOf([]string{"IN", "NOT IN"}[level%2], append(args, constOf("true", "boolean"))...)
	}
	var m Machine
	got, asked := evaluated(t, &m, e, []int64{1, 50}, []int64{2, 0})
	if want := []store.ID{no, yes}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if len(asked) != 2 {
		t.Errorf("columns were asked for %d times", len(asked))
	}
	if len(m.bufs) > 3*10+3 {
		t.Errorf("%d columns", len(m.bufs))
	}
}

// TestColumnsOfParts: parts that come one after the other share their columns.
func TestColumnsOfParts(t *testing.T) {
	t.Parallel()
	var parts []algebra.Expr
	for n := range 40 {
		parts = append(parts, callOf("<", callOf("+", varOf(0), constOf(fmt.Sprint(n), "integer")), constOf("0", "integer")))
	}
	for _, e := range []algebra.Expr{callOf("||", parts...), callOf("COALESCE", append(parts, varOf(1))...), callOf("IF", parts[0], parts[1], callOf("&&", parts...))} {
		var m Machine
		got, _ := evaluated(t, &m, e, []int64{1, 2, 3}, []int64{1, 1, 1})
		if want := []store.ID{no, no, no}; !slices.Equal(got, want) {
			t.Errorf("%v: %v, want %v", e, got, want)
		}
		if len(m.bufs) > 10 {
			t.Errorf("%v: %d columns", e, len(m.bufs))
		}
	}
}

// TestUndecidedOnly: parts are evaluated as long as there are rows that need them.
func TestUndecidedOnly(t *testing.T) {
	t.Parallel()
	zero, positive := constOf("0", "integer"), func(n int) algebra.Expr { return callOf(">", varOf(n), constOf("0", "integer")) }
	for _, c := range []struct {
		name  string
		e     algebra.Expr
		want  store.ID
		asked []int
	}{
		{"COALESCE", callOf("COALESCE", varOf(0), varOf(1)), inline(5), []int{0}},
		{"||", callOf("||", positive(0), positive(1)), yes, []int{0}},
		{"|| undecided", callOf("||", positive(1), positive(0)), yes, []int{1, 0}},
		{"&&", callOf("&&", positive(1), positive(0)), no, []int{1}},
		{"IF true", callOf("IF", positive(0), varOf(0), varOf(1)), inline(5), []int{0, 0}},
		{"IF false", callOf("IF", positive(1), varOf(0), varOf(1)), inline(0), []int{1, 1}},
		{"IN", callOf("IN", varOf(1), zero, varOf(0)), yes, []int{1}},
		{"NOT IN", callOf("NOT IN", varOf(0), zero, varOf(1)), yes, []int{0, 1}},
	} {
		var m Machine
		got, asked := evaluated(t, &m, c.e, []int64{5, 5}, []int64{0, 0})
		if got[0] != c.want || got[1] != c.want || !slices.Equal(asked, c.asked) {
			t.Errorf("%s: %v with columns %v, want %v with %v", c.name, got, asked, c.want, c.asked)
		}
	}
}

// TestManyParts: what has very many parts is left to package expr.
func TestManyParts(t *testing.T) {
	t.Parallel()
	for _, fn := range []string{"COALESCE", "||", "&&"} {
		var parts []algebra.Expr
		for range 5000 {
			parts = append(parts, callOf(">", varOf(0), varOf(1)))
		}
		if _, ok := compiled(callOf(fn, parts...)); ok {
			t.Errorf("%s of 5000 parts was compiled", fn)
		}
		if _, ok := compiled(callOf(fn, parts[:50]...)); !ok {
			t.Errorf("%s of 50 parts was not compiled", fn)
		}
	}
}
