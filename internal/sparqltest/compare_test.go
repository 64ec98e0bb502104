package sparqltest

import (
	"testing"

	"triplestore/rdf"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	answer := func(vars []string, rows ...[]rdf.Term) *Answer { return &Answer{Vars: vars, Rows: rows} }
	x, y := []string{"x"}, []string{"x", "y"}
	row := func(terms ...rdf.Term) []rdf.Term { return terms }
	a, b := rdf.IRI("http://e/a"), rdf.IRI("http://e/b")
	m, n := rdf.BlankNode("m"), rdf.BlankNode("n")
	none := rdf.Term{}
	for _, c := range []struct {
		name         string
		want, got    *Answer
		ordered, lax bool
		same         bool
	}{
		{"order does not count", answer(x, row(a), row(b)), answer(x, row(b), row(a)), false, false, true},
		{"order counts", answer(x, row(a), row(b)), answer(x, row(b), row(a)), true, false, false},
		{"the same order", answer(x, row(a), row(b)), answer(x, row(a), row(b)), true, false, true},
		{"multiplicity", answer(x, row(a), row(a), row(b)), answer(x, row(a), row(b), row(b)), false, false, false},
		{"lax multiplicity", answer(x, row(a), row(a), row(b)), answer(x, row(a), row(b)), false, true, true},
		{"lax, but more", answer(x, row(a), row(b)), answer(x, row(a), row(b), row(b)), false, true, false},
		{"columns in another order", answer(y, row(a, b)), answer([]string{"y", "x"}, row(b, a)), false, false, true},
		{"other columns", answer(x), answer(y), false, false, false},
		{"unbound", answer(y, row(a, none)), answer(y, row(none, a)), false, false, false},
		{"blank nodes", answer(y, row(m, n), row(n, m)), answer(y, row(n, m), row(m, n)), false, false, true},
		{"blank nodes that are the same", answer(y, row(m, m)), answer(y, row(m, n)), false, false, false},
		{"numbers", answer(x, row(rdf.Literal("2.0", xsd+"decimal"))), answer(x, row(rdf.Literal("2", xsd+"decimal"))), false, false, true},
		{"datatypes", answer(x, row(rdf.Literal("2", xsd+"decimal"))), answer(x, row(rdf.Literal("2", xsd+"integer"))), false, false, false},
	} {
		if err := Compare(c.want, c.got, c.ordered, c.lax); (err == nil) != c.same {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
