package sparql

import (
	"iter"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
)

// Result is the answer to a query, computed while it is read. It is used by one goroutine at a time and must be closed.
type Result struct {
	form     algebra.Form
	vars     []string
	prefixes map[string]string
}

// Form is the query's form, which says what to read: Rows of a Select, Bool of an Ask, Triples of a Construct or a Describe.
func (r *Result) Form() algebra.Form { return r.form }

// Vars are the names of the columns of Rows, without question marks.
func (r *Result) Vars() []string { return r.vars }

// Prefixes are those that the query declares, for writing its results.
func (r *Result) Prefixes() map[string]string { return r.prefixes }

// Rows yields the solutions of a SELECT: a term for each of Vars, the zero Term where it is unbound. The slice is reused, the
// terms are not. An error comes last: ErrTimeout, ErrMemory, ErrTooManyRows, ErrInternal, the context's or the store's.
func (r *Result) Rows() iter.Seq2[[]rdf.Term, error] {
	return func(yield func([]rdf.Term, error) bool) { yield(nil, &UnsupportedError{Feature: "queries"}) }
}

// Triples yields the triples of a CONSTRUCT or DESCRIBE, each once as far as memory allows; errors as for Rows.
func (r *Result) Triples() iter.Seq2[rdf.Triple, error] {
	return func(yield func(rdf.Triple, error) bool) { yield(rdf.Triple{}, &UnsupportedError{Feature: "queries"}) }
}

// Bool is the answer to an ASK.
func (r *Result) Bool() (bool, error) { return false, &UnsupportedError{Feature: "queries"} }

// Profile shows the plan with the rows and the time of each operator so far, if Options.Profile was set.
func (r *Result) Profile() string { return "" }

// Close stops the query if it still runs and frees what it holds. Calling it twice is fine.
func (r *Result) Close() error { return nil }
