// Package update carries out SPARQL 1.1 Update (https://www.w3.org/TR/sparql11-update/) on a [store.Store]. A request is one
// transaction: all of its operations take effect together or none does, and each of them sees what those before it did.
//
// An operation DELETE … INSERT … WHERE reads the state before it: its WHERE is evaluated over a snapshot that its own changes do not
// reach. Deletions go to the transaction while solutions arrive; insertions have to come after all of them, so they are kept as
// sorted rows of IDs that spill to temporary files. Memory is therefore bounded whatever the number of solutions; only the text
// of INSERT DATA and DELETE DATA is in memory as a whole.
//
// Blank nodes that an update makes (in INSERT DATA, in INSERT templates for each solution, with BNODE() in WHERE) get labels that
// no other blank node of the store has.
//
// # Graphs
//
// The store records no empty graphs: a graph exists for as long as it holds a quad, which the specification allows for. So:
//
//   - CREATE of a graph that does not exist succeeds and changes nothing; of one that exists it is an error.
//   - CLEAR and DROP are the same and always succeed.
//   - ADD, COPY and MOVE from a named graph that does not exist are an error. (The specification leaves the choice; without the error,
//     a misspelt name would empty the destination.) The default graph always exists. From a graph to itself, they do nothing.
//   - With SILENT, such an error is none: the operation does nothing.
package update
