package store

import "triplestore/rdf"

// Guard is a Txn that does not let all graphs be changed. Its methods for changes refuse those of other graphs; these tell beforehand,
// for operations that would find nothing to change and so not notice.
type Guard interface {
	// MayWrite is the error of a change of a graph; the zero Term is the default graph. It does not depend on what is in it.
	MayWrite(graph rdf.Term) error
	// MayWriteAll is the error of a change that is about all graphs, or all that have a name.
	MayWriteAll() error
}
