package server

import (
	"context"
	"net/http"

	"triplestore/server/tracing"
	"triplestore/store"
)

// trace ends the span of a request.
func trace(span *tracing.Span, r *http.Request, in *info, status int, ended bool) {
	if span == nil {
		return
	}
	route, title := in.route, ""
	if route == "" {
		route = otherRoute
	}
	if in.problem != nil {
		title = in.problem.Title
	} else if !ended {
		status, title = http.StatusInternalServerError, "aborted"
	}
	span.Answered(r, route, status, in.id, title)
}

// traced shows the commit of each transaction as a span of its own, where the context is traced.
func traced(ctx context.Context, st store.Store) store.Store {
	if tracing.ID(ctx) == "" {
		return st
	}
	return tracedStore{st}
}

type tracedStore struct{ store.Store }

// Update implements store.Store. The commit begins when the function has done its work.
func (t tracedStore) Update(ctx context.Context, fn func(store.Txn) error) (store.Result, error) {
	var commit *tracing.Span
	done, err := t.Store.Update(ctx, func(txn store.Txn) error {
		if err := fn(txn); err != nil {
			return err
		}
		_, commit = tracing.Start(ctx, "commit")
		return nil
	})
	if err == nil {
		commit.Count("commit", int64(done.Number))     //nolint:gosec // commits are counted from 1
		commit.Count("inserted", int64(done.Inserted)) //nolint:gosec // no store holds that many
		commit.Count("deleted", int64(done.Deleted))   //nolint:gosec // as above
	}
	commit.End(err)
	return done, err
}
