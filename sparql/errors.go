package sparql

import (
	"triplestore/sparql/exec"
	"triplestore/sparql/expr"
	"triplestore/sparql/optimizer"
)

// The limits of a query. Test with errors.Is.
var (
	// ErrTimeout: the query took longer than Options.Timeout.
	ErrTimeout = exec.ErrTimeout
	// ErrMemory: the query wanted more memory than Options.Memory.
	ErrMemory = exec.ErrMemory
	// ErrDisk: the query wanted more memory than Options.Memory, and then more bytes of temporary files than Options.Disk or than the
	// file system has. It is an ErrMemory too.
	ErrDisk = exec.ErrDisk
	// ErrPool: the queries that run have all memory of Options.Pool. Later there may be some.
	ErrPool = exec.ErrPool
	// ErrTooManyRows: the query has more results than Options.MaxRows.
	ErrTooManyRows = exec.ErrTooManyRows
	// ErrRegexTimeout: a regular expression with back-references or more than a thousand repetitions took longer than any may.
	ErrRegexTimeout = expr.ErrRegexTimeout
	// ErrString: an expression made a string of more than 16 MiB.
	ErrString = expr.ErrString
	// ErrInternal: the engine broke one of its own rules. The details are in the log, not in the error's text.
	ErrInternal = exec.ErrInternal
)

// ServiceError is the error of a SERVICE that got no answer and is not SILENT. It wraps ErrServiceRefused, one of the
// ServiceClient, or is about the endpoint's name.
type ServiceError = exec.ServiceError

// ErrServiceRefused: the endpoint is not allowed. Every one is refused where Options.Service is nil.
var ErrServiceRefused = exec.ErrServiceRefused

// ServiceClient asks SPARQL endpoints for SERVICE.
type ServiceClient = exec.ServiceClient

// UnsupportedError is the error of a query that uses a feature that this engine does not have.
type UnsupportedError = optimizer.UnsupportedError

// Pool is memory that queries and updates share, see Options.Pool.
type Pool = exec.Pool

// NewPool makes a pool of so many bytes.
func NewPool(bytes int64) *Pool { return exec.NewPool(bytes) }
