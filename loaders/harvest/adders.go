package harvest

import (
	"context"

	"golang.org/x/sync/errgroup"

	"triplestore/internal/cores"
	"triplestore/rdf"
	"triplestore/store"
)

// adders add batches of quads to a transaction while the next ones are made. They begin with the first batch that they are given, so that
// a small source costs no goroutine.
type adders struct {
	group *errgroup.Group
	ctx   context.Context
	txn   store.Txn
	full  chan []rdf.Quad
	empty chan []rdf.Quad
}

func newAdders(ctx context.Context, txn store.Txn) *adders {
	a := &adders{txn: txn}
	a.group, a.ctx = errgroup.WithContext(ctx)
	return a
}

// give hands a batch over and returns an empty one to go on with.
func (a *adders) give(batch []rdf.Quad) ([]rdf.Quad, error) {
	if a.full == nil {
		workers := min(2, cores.Count()) // more would wait for each other in the transaction
		a.full, a.empty = make(chan []rdf.Quad), make(chan []rdf.Quad, workers+1)
		for range workers {
			a.empty <- make([]rdf.Quad, 0, applyBatch)
			a.group.Go(a.work)
		}
	}
	select {
	case a.full <- batch:
	case <-a.ctx.Done():
		return nil, context.Cause(a.ctx)
	}
	select {
	case batch = <-a.empty:
		return batch, nil
	case <-a.ctx.Done():
		return nil, context.Cause(a.ctx)
	}
}

func (a *adders) work() error {
	for batch := range a.full {
		if err := a.txn.Add(batch); err != nil {
			return err
		}
		clear(batch) // or it would keep the text that its terms are parts of
		a.empty <- batch[:0]
	}
	return nil
}

// wait returns when all is added, with the first error.
func (a *adders) wait() error {
	if a.full != nil {
		close(a.full)
	}
	return a.group.Wait()
}
