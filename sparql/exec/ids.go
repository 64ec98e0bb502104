package exec

import (
	"errors"

	"triplestore/rdf"
	"triplestore/store"
)

var errTermsOnly = errors.New("exec: IDs of a query that was started to read terms")

// IDs calls emit with the solutions as batches of n rows: a column of IDs for each of the plan's Out, nil where it is unbound in
// every row and NoID where it is unbound in one. The columns are read-only and valid until emit returns. IDs with TagLocal are
// terms that the store does not have, see Local. An error of emit ends the query. A query of which the terms alone are read, see Config.Shown,
// has no such IDs and is refused.
func (q *Query) IDs(emit func(n int, cols [][]store.ID) error) error {
	if q.termsOnly {
		return errTermsOnly
	}
	cols := make([][]store.ID, len(q.plan.Out))
	for {
		b, err := q.next()
		if err != nil || b.n == 0 {
			return err
		}
		for i, s := range q.plan.Out {
			cols[i] = nil
			if s >= 0 && b.cols[s] != nil {
				cols[i] = b.cols[s][:b.n]
			}
		}
		if err := emit(b.n, cols); err != nil {
			return err
		}
	}
}

// Local is the term of an ID with TagLocal that IDs has given. The same term has the same ID throughout the query.
func (q *Query) Local(id store.ID) rdf.Term {
	if n := id.Number(); id.Tag() == store.TagLocal && n < uint64(len(q.terms.local)) {
		return q.terms.local[n]
	}
	return rdf.Term{}
}
