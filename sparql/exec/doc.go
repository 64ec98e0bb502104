// Package exec runs the plans of package optimizer over a snapshot. Operators pull batches of some thousand rows from each
// other, as one column of IDs per variable, and check the query's context and memory budget at every batch. Terms are fetched
// only where an expression, a sort or the result needs them.
package exec
