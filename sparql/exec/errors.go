package exec

import "errors"

// The errors that end a query besides the context's and the store's.
var (
	// ErrTimeout: the query's deadline passed.
	ErrTimeout = errors.New("query timed out")
	// ErrMemory: the query's memory budget is used up.
	ErrMemory = errors.New("query needs more memory than it may use")
	// ErrTooManyRows: the query yields more rows than it may.
	ErrTooManyRows = errors.New("query has more results than it may return")
	// ErrInternal: a bug of the engine, whose details were logged.
	ErrInternal = errors.New("internal error while answering the query")
)
