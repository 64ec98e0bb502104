package store

import "fmt"

// Check reports an error for a quad that RDF does not allow: a subject that is neither IRI nor blank node, a predicate that is
// no IRI, an object that is no term, a graph that is neither IRI, blank node nor DefaultGraph.
func (q Quad) Check() error {
	resource := func(id ID) bool { t := id.Tag(); return t == TagIRI || t == TagBlankNode }
	switch {
	case !resource(q[S]):
		return fmt.Errorf("store: the subject of a quad must be an IRI or a blank node (ID %#x)", uint64(q[S]))
	case q[P].Tag() != TagIRI:
		return fmt.Errorf("store: the predicate of a quad must be an IRI (ID %#x)", uint64(q[P]))
	case q[O].Tag() == TagSpecial || q[O].Tag() == TagLocal:
		return fmt.Errorf("store: the object of a quad must be a stored term (ID %#x)", uint64(q[O]))
	case q[G] != DefaultGraph && !resource(q[G]):
		return fmt.Errorf("store: the graph of a quad must be an IRI or a blank node (ID %#x)", uint64(q[G]))
	}
	return nil
}
