package exec

import (
	"errors"
	"fmt"
)

// The errors that end a query besides the context's and the store's.
var (
	// ErrTimeout: the query's deadline passed.
	ErrTimeout = errors.New("query timed out")
	// ErrMemory: the query's memory budget is used up.
	ErrMemory = errors.New("query needs more memory than it may use")
	// ErrDisk: the query's memory budget is used up, and so is what it may put into temporary files. It is an ErrMemory too.
	ErrDisk = fmt.Errorf("%w, and more space for temporary files", ErrMemory)
	// ErrPool: the queries that run have all memory that they may have together. Later there may be some.
	ErrPool = errors.New("the queries that run now have all the memory there is for them; try again later")
	// ErrTooManyRows: the query yields more rows than it may.
	ErrTooManyRows = errors.New("query has more results than it may return")
	// ErrInternal: a bug of the engine, whose details were logged.
	ErrInternal = errors.New("internal error while answering the query")
)

// noMemory reports whether an error says that memory is used up: what can be put into files may help then.
func noMemory(err error) bool {
	return errors.Is(err, ErrPool) || errors.Is(err, ErrMemory) && !errors.Is(err, ErrDisk)
}
