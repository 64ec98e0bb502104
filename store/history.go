package store

import (
	"context"
	"errors"
	"iter"
	"time"
)

// ErrNoCommit: there is no commit of that number or at that moment, or its state is not kept.
var ErrNoCommit = errors.New("no such commit")

// Change is a quad that was added or deleted.
type Change struct {
	Quad    Quad
	Deleted bool
}

// History is what a store offers that can keep older states.
type History interface {
	// Commits lists the commits whose states can be opened, from the oldest to the newest.
	Commits() ([]Commit, error)
	// SnapshotAt opens the state after a commit; the error wraps ErrNoCommit where it is not kept. 0 is the empty state.
	SnapshotAt(commit uint64) (Snapshot, error)
	// SnapshotAtTime opens the state that was the newest at a moment; the error wraps ErrNoCommit where it is not kept.
	SnapshotAtTime(t time.Time) (Snapshot, error)
	// Diff streams the changes that lead from one snapshot of the store to another, in the order SPOG, at a cost that depends on how
	// much differs. The snapshots must stay open until the end; the newer one knows the terms of all IDs.
	Diff(ctx context.Context, from, to Snapshot) iter.Seq2[Change, error]
}
