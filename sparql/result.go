package sparql

import (
	"context"
	"errors"
	"iter"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/exec"
	"triplestore/sparql/optimizer"
)

// Result is the answer to a query, computed while it is read. It is used by one goroutine at a time, can be read once and must be
// closed.
type Result struct {
	ctx     context.Context
	cancel  context.CancelFunc
	plan    *optimizer.Plan
	query   *exec.Query
	maxRows int64
	closed  bool
	outside bool // the consumer's code runs, whose panics are its own
}

// errForm is the error of reading a result as what it is not.
var errForm = errors.New("sparql: the query has another form")

// Form is the query's form, which says what to read: Rows of a Select, Bool of an Ask, Triples of a Construct or a Describe.
func (r *Result) Form() algebra.Form { return r.plan.Query.Form }

// Vars are the names of the columns of Rows, without question marks.
func (r *Result) Vars() []string { return r.plan.Query.Vars }

// Prefixes are those that the query declares, for writing its results.
func (r *Result) Prefixes() map[string]string { return r.plan.Query.Prefixes }

// Rows yields the solutions of a SELECT: a term for each of Vars, the zero Term where it is unbound. The slice is reused, the
// terms are not. An error comes last: ErrTimeout, ErrMemory, ErrTooManyRows, ErrInternal, the context's or the store's.
func (r *Result) Rows() iter.Seq2[[]rdf.Term, error] {
	return func(yield func([]rdf.Term, error) bool) {
		if r.Form() != algebra.Select {
			yield(nil, errForm)
			return
		}
		var n int64
		more := true
		tooMany := false
		err := r.safely(func() error {
			return r.query.Solutions(func(row []rdf.Term) bool {
				if n++; r.maxRows > 0 && n > r.maxRows {
					tooMany = true
					return false
				}
				r.outside = true
				more = yield(row, nil)
				r.outside = false
				return more
			})
		})
		if err == nil && tooMany {
			err = ErrTooManyRows
		}
		if err != nil && more {
			yield(nil, err)
		}
	}
}

// Triples yields the triples of a CONSTRUCT or DESCRIBE, each once as far as memory allows; errors as for Rows.
func (r *Result) Triples() iter.Seq2[rdf.Triple, error] {
	return func(yield func(rdf.Triple, error) bool) {
		var run func(func(rdf.Triple) bool) error
		switch r.Form() {
		case algebra.Construct:
			run = r.query.Construct
		case algebra.Describe:
			run = r.query.Describe
		default:
			yield(rdf.Triple{}, errForm)
			return
		}
		var n int64
		more := true
		tooMany := false
		err := r.safely(func() error {
			return run(func(t rdf.Triple) bool {
				if n++; r.maxRows > 0 && n > r.maxRows {
					tooMany = true
					return false
				}
				r.outside = true
				more = yield(t, nil)
				r.outside = false
				return more
			})
		})
		if err == nil && tooMany {
			err = ErrTooManyRows
		}
		if err != nil && more {
			yield(rdf.Triple{}, err)
		}
	}
}

// Bool is the answer to an ASK.
func (r *Result) Bool() (answer bool, err error) {
	if r.Form() != algebra.Ask {
		return false, errForm
	}
	err = r.safely(func() (err error) {
		answer, err = r.query.Any()
		return err
	})
	return answer, err
}

// Profile shows the plan with the rows and the time of each operator so far, if Options.Profile was set.
func (r *Result) Profile() string { return r.query.Profile() }

// ProfileTree is Profile for programs, such as for JSON. Without Options.Profile nothing is measured in it.
func (r *Result) ProfileTree() *PlanTree { return r.query.ProfileTree() }

// MemoryPeak is about how many bytes the query has held at most so far, as Options.Memory counts them.
func (r *Result) MemoryPeak() int64 { return r.query.MemoryPeak() }

// Spilled is how many bytes the query has put into temporary files so far.
func (r *Result) Spilled() int64 { return r.query.Spilled() }

// Close stops the query if it still runs and frees what it holds. Calling it twice is fine.
func (r *Result) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	err := r.safely(func() error {
		r.query.Close()
		return nil
	})
	r.cancel()
	return err
}

// safely runs a part of the query and turns a panic into an error, unless it is the consumer's.
func (r *Result) safely(f func() error) (err error) {
	defer func() {
		if !r.outside {
			recovered(recover(), &err)
		}
	}()
	return limitError(r.ctx, f())
}
