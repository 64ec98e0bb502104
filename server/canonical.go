package server

import (
	"fmt"
	"net/http"
	"slices"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/vocab"
)

// aliasRows is how many statements with owl:sameAs are looked at.
const aliasRows = 1000

// canonical finds the IRI under which the store has what it knows about a resource, where that is another one: everything that is said about
// id and refers to it is owl:sameAs, it says so of exactly one IRI that has more to it. The harvest leaves this behind for each IRI that
// its rules of identity replaced.
func (d *describer) canonical(id store.ID) (store.ID, bool, error) {
	same, ok, err := d.snap.ID(rdf.IRI(vocab.OWLSameAs))
	if err != nil || !ok || id.Tag() != store.TagIRI {
		return 0, false, err
	}
	others, more, err := d.onlySameAs(id, same)
	if err != nil || more {
		return 0, false, err
	}
	var found []store.ID
	for _, o := range others {
		if _, more, err := d.onlySameAs(o, same); err != nil {
			return 0, false, err
		} else if more {
			found = append(found, o)
		}
	}
	if len(found) != 1 {
		return 0, false, nil
	}
	return found[0], true, nil
}

// onlySameAs lists the IRIs that a resource is said to be the same as, unless there is more than that.
func (d *describer) onlySameAs(id, same store.ID) (others []store.ID, more bool, err error) {
	rows := 0
	look := func(order store.Order, f func(store.Quad)) error {
		return d.scan(store.Range{Order: order, Prefix: []store.ID{id}}, func(q store.Quad) bool {
			if rows++; q[store.P] != same || rows > aliasRows {
				more = true
				return false
			}
			f(q)
			return true
		})
	}
	err = look(store.SPOG, func(q store.Quad) {
		if o := q[store.O]; o != id && o.Tag() == store.TagIRI && !slices.Contains(others, o) {
			others = append(others, o)
		}
	})
	if err == nil && !more {
		err = look(store.OPSG, func(store.Quad) {})
	}
	return others, more, err
}

// linkCanonical sets the link to what a resource is described as, and gives its ID (RFC 6596).
func (s *Server) linkCanonical(h http.Header, d *describer, link linker, self string) (store.ID, error) {
	id, ok, err := d.snap.ID(rdf.IRI(self))
	if err != nil || !ok {
		return store.NoID, err
	}
	canonical, ok, err := d.canonical(id)
	if err != nil || !ok {
		return store.NoID, err
	}
	if err := d.fetch([]store.ID{canonical}); err != nil {
		return store.NoID, err
	}
	h.Add("Link", fmt.Sprintf("<%s>; rel=\"canonical\"", link.resource(d.terms[canonical].Value())))
	return canonical, nil
}
