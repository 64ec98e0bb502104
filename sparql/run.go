package sparql

import (
	"context"

	"triplestore/store"
)

func start(ctx context.Context, snap store.Snapshot, text string, o Options) (*Result, error) {
	return nil, &UnsupportedError{Feature: "queries"}
}

func explain(ctx context.Context, snap store.Snapshot, text string, o Options) (string, error) {
	return "", &UnsupportedError{Feature: "queries"}
}
