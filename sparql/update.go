package sparql

import (
	"context"

	"triplestore/sparql/algebra"
	"triplestore/sparql/exec"
	"triplestore/sparql/optimizer"
	"triplestore/sparql/syntax"
	"triplestore/sparql/update"
	"triplestore/store"
)

// UpdateResult tells what an update did: how many quads it added and removed in the end, and the commit that it made.
type UpdateResult = update.Result

// UpdateError is the error of an operation that could not be carried out, such as CREATE of a graph that exists.
type UpdateError = update.Error

// The reasons of an UpdateError.
const (
	GraphExists = update.GraphExists // CREATE of a graph that is there
	NoGraph     = update.NoGraph     // ADD, COPY or MOVE from a graph that is not there
	LoadRefused = update.LoadRefused // LOAD is not allowed here
	LoadFailed  = update.LoadFailed  // a document could not be read
	TwoDatasets = update.TwoDatasets // the request and its parameters both name a dataset
	Denied      = update.Denied      // a graph may not be changed, see store.Guard
)

// Document is what LOAD asks the hook Options.Load for.
type Document = update.Document

// Update carries out an update request: all of its operations or, on any error, none of them. It waits for its turn to write. Readers
// are not disturbed; they see the state before until the whole request is durable. The error is a *syntax.Error for text that is no
// update, an *UpdateError, an *UnsupportedError, ErrTimeout, ErrMemory, ErrInternal, the context's or the store's.
//
// Timeout covers the whole request, the wait included. Memory limits the WHERE of each operation as it limits a query. The
// default graph of UnionDefaultGraph is for WHERE without WITH and USING only: templates and data write to the store's own.
func (e *Engine) Update(ctx context.Context, st store.Store, text string) (UpdateResult, error) {
	return e.UpdateWith(ctx, st, text, e.options)
}

// UpdateWith is Update with other options than the engine's. A Dataset, as the SPARQL Protocol's using-graph-uri and
// using-named-graph-uri describe it, is an error together with USING or WITH in the request.
func (e *Engine) UpdateWith(ctx context.Context, st store.Store, text string, o Options) (UpdateResult, error) {
	if o.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.Timeout, ErrTimeout)
		defer cancel()
	}
	r, err := e.runUpdate(ctx, st, text, o)
	return r, limitError(ctx, err)
}

func (e *Engine) runUpdate(ctx context.Context, st store.Store, text string, o Options) (r UpdateResult, err error) {
	defer guard(&err)
	tree, err := syntax.ParseUpdate(text, syntax.Options{Base: o.Base, Prefixes: o.Prefixes})
	if err != nil {
		return r, err
	}
	u, err := algebra.TranslateUpdate(tree)
	if err != nil {
		return r, err
	}
	config := o.execution(u.Base)
	uo := update.Options{
		Where: func(ctx context.Context, snap store.Snapshot, q *algebra.Query) (update.Solutions, error) {
			plan, err := optimizer.Optimize(ctx, snap, q, e.planning(&o))
			if err != nil {
				return nil, err
			}
			return exec.Start(ctx, snap, plan, config)
		},
		Load: o.Load, TempDir: o.TempDir,
		Dataset: algebra.Dataset{Set: o.Dataset, Default: o.Default, Named: o.Named},
	}
	result, err := st.Update(ctx, func(txn store.Txn) (err error) {
		defer guard(&err) // here, so that the store gives the transaction up in the ordinary way
		return update.Apply(ctx, txn, u, uo)
	})
	if err != nil {
		return r, err
	}
	return UpdateResult{Result: result, Operations: len(u.Operations)}, nil
}
