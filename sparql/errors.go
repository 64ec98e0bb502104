package sparql

import (
	"triplestore/sparql/exec"
	"triplestore/sparql/optimizer"
)

// The limits of a query. Test with errors.Is.
var (
	// ErrTimeout: the query took longer than Options.Timeout.
	ErrTimeout = exec.ErrTimeout
	// ErrMemory: the query wanted more memory than Options.Memory.
	ErrMemory = exec.ErrMemory
	// ErrTooManyRows: the query has more results than Options.MaxRows.
	ErrTooManyRows = exec.ErrTooManyRows
	// ErrInternal: the engine broke one of its own rules. The details are in the log, not in the error's text.
	ErrInternal = exec.ErrInternal
)

// UnsupportedError is the error of a query that uses a feature that this engine does not have.
type UnsupportedError = optimizer.UnsupportedError
