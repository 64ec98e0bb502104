// Package sparql answers SPARQL queries over a [store.Snapshot] and carries out updates on a [store.Store]. It is the edge of the
// engine: text goes in, terms come out, limits are kept, and whatever goes wrong inside becomes one of a few errors.
//
//	engine := sparql.NewEngine(sparql.Options{Timeout: 10 * time.Second})
//	result, err := engine.Query(ctx, snap, "SELECT ?s WHERE { ?s a <http://www.w3.org/ns/dcat#Dataset> }")
//	if err != nil { … }
//	defer result.Close()
//	for row, err := range result.Rows() { … }
//
//	done, err := engine.Update(ctx, st, "DELETE WHERE { GRAPH <http://example.org/old> { ?s ?p ?o } }")
//
// The layers beneath: syntax reads the text, algebra names its meaning, optimizer plans it, exec runs the plan in batches of IDs.
package sparql
