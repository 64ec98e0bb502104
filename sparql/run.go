package sparql

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"triplestore/sparql/algebra"
	"triplestore/sparql/exec"
	"triplestore/sparql/optimizer"
	"triplestore/sparql/syntax"
	"triplestore/store"
)

// prepare parses and plans.
func (e *Engine) prepare(ctx context.Context, snap store.Snapshot, text string, o Options) (plan *optimizer.Plan, err error) {
	defer guard(&err)
	tree, err := syntax.ParseQuery(text, syntax.Options{Base: o.Base, Prefixes: o.Prefixes})
	if err != nil {
		return nil, err
	}
	if err := bindParams(tree, text, o.Params); err != nil {
		return nil, err
	}
	q, err := algebra.Translate(tree)
	if err != nil {
		return nil, err
	}
	if o.Dataset {
		q.Dataset = algebra.Dataset{Set: true, Default: o.Default, Named: o.Named}
	}
	return optimizer.Optimize(ctx, snap, q, e.planning(&o))
}

// planning are the options of the optimizer.
func (e *Engine) planning(o *Options) optimizer.Options {
	return optimizer.Options{Statistics: e.counts, UnionDefaultGraph: o.UnionDefaultGraph, NoOptimizer: o.NoOptimizer, ShareAll: o.ShareAll, DrawAll: o.DrawAll, Function: func(iri string) bool {
		_, ok := o.Functions[iri]
		return ok
	}}
}

// execution are the limits and settings of a run that begins now.
func (o *Options) execution(base string) exec.Config {
	now := time.Now
	if o.Now != nil {
		now = o.Now
	}
	return exec.Config{Memory: o.Memory, Pool: o.Pool, Disk: o.Disk, TempDir: o.TempDir, SpillAll: o.SpillAll, SmallPieces: o.SmallPieces, Now: now(), Base: base, Profile: o.Profile, Functions: o.Functions, Service: o.Service, ServiceRows: o.ServiceRows, Describe: o.Describe}
}

func (e *Engine) start(ctx context.Context, snap store.Snapshot, text string, o Options) (r *Result, err error) {
	ctx, cancel := limit(ctx, o.Timeout)
	defer func() {
		if err != nil {
			err = limitError(ctx, err)
			cancel()
		}
	}()
	plan, err := e.plan(ctx, snap, text, o)
	if err != nil {
		return nil, err
	}
	r = &Result{ctx: ctx, cancel: cancel, plan: plan, maxRows: o.MaxRows}
	err = r.safely(func() (err error) {
		c := o.execution(plan.Query.Base)
		c.Shown = true
		r.query, err = exec.Start(ctx, snap, plan, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (e *Engine) explain(ctx context.Context, snap store.Snapshot, text string) (*optimizer.Plan, error) {
	o := e.options
	if o.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.Timeout, ErrTimeout)
		defer cancel()
	}
	plan, err := e.prepare(ctx, snap, text, o)
	if err != nil {
		return nil, limitError(ctx, err)
	}
	return plan, nil
}

// limitError puts what really ended a query in the place of the context's error.
func limitError(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		if cause := context.Cause(ctx); cause != nil && errors.Is(cause, ErrTimeout) {
			return ErrTimeout
		}
	}
	return err
}

// guard, deferred, turns a panic, which is a bug of the engine, into ErrInternal and writes what is known to the log.
func guard(err *error) { recovered(recover(), err) }

// recovered is guard for what was recovered already.
func recovered(p any, err *error) {
	if p != nil {
		slog.Error("panic while answering a query", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		*err = ErrInternal
	}
}
