package exec

import (
	"fmt"
	"strings"

	"triplestore/rdf"
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// Description is what DESCRIBE tells about a resource, which SPARQL leaves to the engine
// (https://www.w3.org/TR/sparql12-query/#describe). The zero value is the concise bounded description.
type Description uint8

// The descriptions.
const (
	// Concise is the concise bounded description (https://www.w3.org/submissions/CBD/): the triples that have the resource as subject and,
	// for each blank node that is an object of these, the triples of the blank node too.
	Concise Description = iota
	// Symmetric is Concise and the same in the other direction: the triples that have the resource as object and, for each blank node that
	// is a subject of these, those that have the blank node as object too.
	Symmetric
	// Outgoing is the triples that have the resource as subject, and nothing more.
	Outgoing
)

var descriptionNames = []string{Concise: "concise", Symmetric: "symmetric", Outgoing: "outgoing"}

// String gives the name that ParseDescription reads.
func (d Description) String() string {
	if int(d) < len(descriptionNames) {
		return descriptionNames[d]
	}
	return fmt.Sprintf("Description(%d)", uint8(d))
}

// ParseDescription reads concise, symmetric or outgoing, or the usual short names of the first two, cbd and scbd. Case does not matter.
func ParseDescription(name string) (Description, error) {
	low := strings.ToLower(name)
	for d, n := range descriptionNames {
		if n == low {
			return Description(d), nil
		}
	}
	switch low {
	case "cbd":
		return Concise, nil
	case "scbd":
		return Symmetric, nil
	}
	return 0, fmt.Errorf("there is no description %q; there is concise, symmetric and outgoing", name)
}

// Describe calls emit with the descriptions of the resources, each triple once as far as memory allows.
func (q *Query) Describe(emit func(rdf.Triple) bool) error {
	d := &describer{q: q, emit: emit, held: held{m: q.memory}, out: direction{order: store.SPOG, done: newKeySet(1)}}
	defer d.held.release()
	if q.describe == Symmetric {
		d.in = &direction{order: store.OSPG, done: newKeySet(1)}
		d.seen = newTripleSet(q)
		defer d.seen.release()
	}
	var vars []int
	for _, r := range q.plan.Describe {
		if r.IsVar() {
			vars = append(vars, r.Slot)
		} else if more, err := d.resource(r.ID); err != nil || !more {
			return err
		}
	}
	if len(vars) == 0 {
		return nil
	}
	for {
		b, err := q.next()
		if err != nil || b.n == 0 {
			return err
		}
		for r := range b.n {
			for _, s := range vars {
				if more, err := d.resource(b.get(s, r)); err != nil || !more {
					return err
				}
			}
		}
	}
}

// describer writes the descriptions of the resources of one query.
type describer struct {
	q    *Query
	emit func(rdf.Triple) bool
	held held
	out  direction
	in   *direction // nil where only outgoing triples are told
	seen *tripleSet // with in: a triple may be met from both its ends
}

// direction is a way from a resource: to what it says with SPOG, to what is said about it with OSPG.
type direction struct {
	order store.Order
	done  *keySet
}

// resource describes a resource; more is false where nobody wants more.
func (d *describer) resource(id store.ID) (more bool, err error) {
	if more, err = d.follow(&d.out, id); err != nil || !more || d.in == nil {
		return more, err
	}
	return d.follow(d.in, id)
}

// follow emits the triples of a resource in one direction, and those of the blank nodes that they lead to.
func (d *describer) follow(way *direction, id store.ID) (more bool, err error) {
	queue := []store.ID{id}
	for len(queue) > 0 {
		id, queue = queue[len(queue)-1], queue[:len(queue)-1]
		size := way.done.bytes()
		if _, fresh := way.done.add([]store.ID{id}); !fresh {
			continue
		}
		if err := d.held.grow(way.done.bytes() - size); err != nil {
			return false, err
		}
		if id.IsLiteral() || id.Tag() == store.TagLocal || id == store.NoID {
			continue
		}
		if more, err = d.triples(way, id, &queue); err != nil || !more {
			return false, err
		}
	}
	return true, nil
}

// triples emits the triples of a resource in one direction and appends the blank nodes at their other ends to queue.
func (d *describer) triples(way *direction, id store.ID, queue *[]store.ID) (more bool, err error) {
	q := d.q
	g := q.plan.Graph
	g.Var = -1
	n := &optimizer.Scan{Order: way.order, Prefix: 1}
	end, predicate := optimizer.Ref{Slot: 0}, optimizer.Ref{Slot: 1}
	known := optimizer.Ref{Kind: optimizer.RefConst, ID: id}
	n.Pattern = optimizer.Pattern{S: known, P: predicate, O: end, Graph: g}
	if way.order == store.OSPG {
		n.Pattern.S, n.Pattern.O = end, known
	}
	op := newScan(q, n, &env{})
	defer op.close()
	resource := make([]rdf.Term, 1)
	if err := q.terms.decode([]store.ID{id}, resource, &q.scratch); err != nil {
		return false, err
	}
	b := newBatch(max(q.width, 2))
	var ends, predicates []rdf.Term
	for {
		if err := op.next(b); err != nil || b.n == 0 {
			return true, err
		}
		ends, predicates = resize(ends, b.n), resize(predicates, b.n)
		if err := q.terms.decode(b.cols[0][:b.n], ends, &q.scratch); err != nil {
			return false, err
		}
		if err := q.terms.decode(b.cols[1][:b.n], predicates, &q.scratch); err != nil {
			return false, err
		}
		for i := range b.n {
			far, p := b.cols[0][i], b.cols[1][i]
			if far.Tag() == store.TagBlankNode && q.describe != Outgoing {
				*queue = append(*queue, far)
			}
			t, key := rdf.Triple{S: resource[0], P: predicates[i], O: ends[i]}, [3]store.ID{id, p, far}
			if way.order == store.OSPG {
				t.S, t.O = t.O, t.S
				key[0], key[2] = far, id
			}
			if d.seen != nil && !d.seen.add(key) {
				continue
			}
			if !d.emit(t) {
				return false, nil
			}
		}
	}
}
