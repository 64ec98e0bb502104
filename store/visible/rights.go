package visible

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"triplestore/rdf"
)

// Rights say which graphs somebody may read and write. The zero value reads everything and writes nothing.
type Rights struct {
	// Closed are the graphs that may only be read by those who have a right to: by Read or by Write.
	Closed Graphs
	// Read are closed graphs that may be read all the same.
	Read Graphs
	// Write are the graphs that may be changed, and read.
	Write Graphs
}

// Everything is the rights of one who may read and write all graphs.
func Everything() Rights { return Rights{Write: Graphs{all: true}} }

// MayRead reports whether a graph may be read; the zero Term is the default graph.
func (r Rights) MayRead(graph rdf.Term) bool {
	return !r.Closed.Has(graph) || r.Read.Has(graph) || r.Write.Has(graph)
}

// MayWrite reports whether a graph may be changed.
func (r Rights) MayWrite(graph rdf.Term) bool { return r.Write.Has(graph) }

// ReadsAll reports whether no graph can be hidden, whatever its name.
func (r Rights) ReadsAll() bool { return r.Closed.Empty() || r.Read.all || r.Write.all }

// Scope names what is visible: who has the same scope sees the same. It is empty for those from whom nothing can be hidden. It is
// meant for the keys of caches, says nothing about what is hidden, and is good in an entity tag.
func (r Rights) Scope() string {
	if r.ReadsAll() {
		return ""
	}
	h := sha256.Sum256(fmt.Appendf(nil, "closed %s\nread %s", r.Closed, r.Read.Union(r.Write)))
	return hex.EncodeToString(h[:8])
}

// DeniedError is the error of a change that somebody may not make. Nothing of the transaction took effect. It does not depend on
// what is in the graph.
type DeniedError struct {
	// Graph is the graph; the zero Term is the default graph.
	Graph rdf.Term
	// All is set where the change is about all graphs, or all named ones, for which one must have the right to write all.
	All bool
}

// Error names the graph.
func (e *DeniedError) Error() string {
	switch {
	case e.All:
		return "this changes all graphs, for which the right to write every graph is needed"
	case e.Graph.IsZero():
		return "there is no right to write the default graph"
	}
	return fmt.Sprintf("there is no right to write the graph %v", e.Graph)
}
