package update

import (
	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/store"
)

// template is a quad of a template, its nodes by store.Position.
type template [4]node

// node is a place in a template: the constant id, or a column of the solutions, or the blank-th fresh blank node where blank is above
// 0, or a triple term.
type node struct {
	id     store.ID
	term   rdf.Term // of id
	column int      // below 0: none
	blank  int
	triple *[3]node
}

// filler puts solutions into templates.
type filler struct {
	x     *execution
	snap  store.Snapshot
	local func(store.ID) rdf.Term

	blanks map[string]int        // of the template, numbered from 1
	fresh  []store.ID            // the blank nodes of the present solution, NoID where not needed so far
	terms  []rdf.Term            // of fresh
	ids    map[store.ID]store.ID // those in the transaction of the query's own terms
	made   *relabel              // of BNODE() in WHERE
}

func newFiller(x *execution, snap store.Snapshot) *filler {
	f := &filler{x: x, snap: snap, blanks: map[string]int{}, ids: map[store.ID]store.ID{}}
	f.made = &relabel{nodes: map[string]rdf.Term{}, make: func(t rdf.Term) (rdf.Term, error) {
		if _, there, err := snap.ID(t); there || err != nil {
			return t, err
		}
		return x.blankNode(), nil
	}}
	return f
}

// templates resolves templates, with the graph of WITH where they name none. Those that can be no quad of the store are left out.
func (f *filler) templates(ts []algebra.QuadPattern, with rdf.Term, columns map[string]int, insert bool) ([]template, error) {
	var out []template
next:
	for _, t := range ts {
		var r template
		if t.G == (algebra.Node{}) {
			t.G.Term = with
		}
		for i, n := range [4]algebra.Node{t.S, t.P, t.O, t.G} {
			if i == int(store.G) && n == (algebra.Node{}) {
				r[i] = node{id: store.DefaultGraph, column: -1}
				continue
			}
			var ok bool
			var err error
			if r[i], ok, err = f.node(n, columns, insert); err != nil {
				return nil, err
			} else if !ok {
				continue next
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// node resolves a node. What is deleted must be known to the store already.
func (f *filler) node(n algebra.Node, columns map[string]int, insert bool) (r node, ok bool, err error) {
	r.column = -1
	switch {
	case n.Triple != nil:
		r.triple = &[3]node{}
		for i, in := range [3]algebra.Node{n.Triple.S, n.Triple.P, n.Triple.O} {
			if r.triple[i], _, err = f.node(in, columns, true); err != nil {
				return r, false, err
			}
		}
		return r, true, nil
	case n.IsVar() && n.Var[0] == '.':
		if f.blanks[n.Var] == 0 {
			f.blanks[n.Var] = len(f.blanks) + 1
			f.fresh, f.terms = append(f.fresh, store.NoID), append(f.terms, rdf.Term{})
		}
		r.blank = f.blanks[n.Var]
		return r, true, nil
	case n.IsVar():
		r.column = columns[n.Var]
		return r, true, nil
	}
	r.term = n.Term
	if insert {
		return r, true, nil // its ID is made for the first solution
	}
	r.id, ok, err = f.snap.ID(n.Term)
	return r, ok, err
}

// fill gives the quads of n solutions to s. Those that are not RDF, or with unbound variables, are left out.
func (f *filler) fill(n int, cols [][]store.ID, ts []template, s *sink) error {
	insert := s.insert
	for row := range n {
		if insert {
			clear(f.fresh)
			clear(f.terms)
		}
	next:
		for i := range ts {
			t := &ts[i]
			var q store.Quad
			for _, at := range [4]store.Position{store.G, store.S, store.P, store.O} {
				id, err := f.id(&t[at], cols, row, insert)
				if err != nil {
					return err
				}
				if !fits(at, id) {
					continue next
				}
				q[at] = id
			}
			if err := s.add(q); err != nil {
				return err
			}
		}
	}
	return nil
}

// fits reports whether a term may stand at a position (https://www.w3.org/TR/rdf12-concepts/#section-triples).
func fits(at store.Position, id store.ID) bool {
	tag := id.Tag()
	switch at {
	case store.S:
		return tag == store.TagIRI || tag == store.TagBlankNode
	case store.P:
		return tag == store.TagIRI
	case store.O:
		return tag != store.TagSpecial && tag != store.TagLocal
	}
	return id == store.DefaultGraph || tag == store.TagIRI || tag == store.TagBlankNode
}

// id is the ID of a node in a solution; NoID where there is none, or, for what is to be deleted, none in the store.
func (f *filler) id(n *node, cols [][]store.ID, row int, insert bool) (id store.ID, err error) {
	switch {
	case n.id != store.NoID:
		return n.id, nil
	case n.column >= 0:
		if cols[n.column] == nil {
			return store.NoID, nil
		}
		if id = cols[n.column][row]; id.Tag() != store.TagLocal {
			return id, nil
		}
		if !insert { // the state before the operation does not have it
			return store.NoID, nil
		}
		return f.localID(id)
	case n.blank > 0:
		if f.fresh[n.blank-1] == store.NoID {
			f.fresh[n.blank-1], err = f.x.txn.ID(f.blank(n.blank))
		}
		return f.fresh[n.blank-1], err
	case n.triple != nil:
		t, err := f.triple(n.triple, cols, row)
		if err != nil || t.IsZero() {
			return store.NoID, err
		}
		if insert {
			return f.x.txn.ID(t)
		}
		id, _, err := f.snap.ID(t)
		return id, err
	}
	n.id, err = f.x.txn.ID(n.term)
	return n.id, err
}

func (f *filler) blank(n int) rdf.Term {
	if f.terms[n-1].IsZero() {
		f.terms[n-1] = f.x.blankNode()
	}
	return f.terms[n-1]
}

// localID is the ID in the transaction of a term of the query's own. Blank nodes that the query made are only unique in the query.
func (f *filler) localID(local store.ID) (store.ID, error) {
	if id, ok := f.ids[local]; ok {
		return id, nil
	}
	t, err := f.made.term(f.local(local))
	if err != nil {
		return store.NoID, err
	}
	id, err := f.x.txn.ID(t)
	f.ids[local] = id
	return id, err
}

// triple puts a triple term together; it is the zero Term where it is not RDF or a variable is unbound.
func (f *filler) triple(ns *[3]node, cols [][]store.ID, row int) (rdf.Term, error) {
	var ts [3]rdf.Term
	for i := range ns {
		var err error
		if ts[i], err = f.term(&ns[i], cols, row); err != nil {
			return rdf.Term{}, err
		}
	}
	if !(ts[0].IsIRI() || ts[0].IsBlankNode()) || !ts[1].IsIRI() || ts[2].IsZero() {
		return rdf.Term{}, nil
	}
	return rdf.TripleTerm(rdf.Triple{S: ts[0], P: ts[1], O: ts[2]}), nil
}

func (f *filler) term(n *node, cols [][]store.ID, row int) (rdf.Term, error) {
	switch {
	case n.triple != nil:
		return f.triple(n.triple, cols, row)
	case n.blank > 0:
		return f.blank(n.blank), nil
	case n.column < 0:
		return n.term, nil
	case cols[n.column] == nil:
		return rdf.Term{}, nil
	}
	id := cols[n.column][row]
	switch {
	case id.Tag() == store.TagLocal:
		return f.made.term(f.local(id))
	case id.InDictionary():
		var t [1]rdf.Term
		err := f.snap.Terms([]store.ID{id}, t[:])
		return t[0], err
	}
	t, _ := id.InlineTerm()
	return t, nil
}
