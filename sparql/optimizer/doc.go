// Package optimizer turns the algebra of a query into a plan that package exec runs: first an ordered list of small named
// rules (rules.go) that rewrite the algebra, then the order and the kind of every join, from exact counts of the store.
package optimizer
