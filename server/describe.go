package server

import (
	"context"
	"slices"

	"triplestore/rdf"
	"triplestore/store"
)

// describer reads what a snapshot says about resources. It is used by one request.
type describer struct {
	ctx    context.Context
	snap   store.Snapshot
	langs  []string
	labels map[store.ID]rdf.Term // the best label; zero for none
	terms  map[store.ID]rdf.Term
	preds  []store.ID // those of labelPredicates that the store knows
}

func newDescriber(ctx context.Context, snap store.Snapshot, langs []string) (*describer, error) {
	d := &describer{ctx: ctx, snap: snap, langs: langs, labels: map[store.ID]rdf.Term{}, terms: map[store.ID]rdf.Term{}}
	for _, p := range labelPredicates {
		id, ok, err := snap.ID(rdf.IRI(p))
		if err != nil {
			return nil, err
		}
		if ok {
			d.preds = append(d.preds, id)
		}
	}
	return d, nil
}

// find gives the ID of a resource that is used anywhere: as subject, object, predicate or graph.
func (d *describer) find(iri string) (id store.ID, ok bool, err error) {
	id, ok, err = d.snap.ID(rdf.IRI(iri))
	if err != nil || !ok {
		return 0, false, err
	}
	for _, o := range []store.Order{store.SPOG, store.OPSG, store.PSOG, store.GSPO} {
		n, err := d.snap.Count(store.Range{Order: o, Prefix: []store.ID{id}})
		if err != nil || n > 0 {
			return id, n > 0, err
		}
	}
	return 0, false, nil
}

// scan calls f for the quads of a range until it returns false.
func (d *describer) scan(r store.Range, f func(store.Quad) bool) error {
	c := d.snap.Scan(d.ctx, r, store.AllColumns)
	defer c.Close()
	pos := r.Order.Positions()
	for {
		b, err := c.Next()
		if err != nil || b.Len == 0 {
			return err
		}
		for i := range b.Len {
			var q store.Quad
			for k, p := range pos {
				q[p] = b.Cols[k][i]
			}
			if !f(q) {
				return nil
			}
		}
	}
}

// fetch brings the terms of ids into d.terms.
func (d *describer) fetch(ids []store.ID) error {
	var missing []store.ID
	for _, id := range ids {
		if _, ok := d.terms[id]; !ok {
			missing = append(missing, id)
		}
	}
	slices.Sort(missing)
	missing = slices.Compact(missing)
	if len(missing) == 0 {
		return nil
	}
	terms := make([]rdf.Term, len(missing))
	if err := d.snap.Terms(missing, terms); err != nil {
		return err
	}
	for i, id := range missing {
		d.terms[id] = terms[i]
	}
	return nil
}

// describe calls emit for the concise bounded description of resources (https://www.w3.org/submissions/CBD/): its statements,
// and those of the blank nodes that they lead to. A resource without statements of its own is described by those that
// refer to it. Batches keep memory bounded; what grows is the set of visited blank nodes.
func (d *describer) describe(subjects []store.ID, emit func(rdf.Quad) error) error {
	const batch = 2048
	var quads []store.Quad
	var failed error
	flush := func() error {
		ids := make([]store.ID, 0, 4*len(quads))
		for _, q := range quads {
			ids = append(ids, q[:]...)
		}
		clear(d.terms)
		if err := d.fetch(ids); err != nil {
			return err
		}
		for _, q := range quads {
			if err := emit(rdf.Quad{S: d.terms[q[store.S]], P: d.terms[q[store.P]], O: d.terms[q[store.O]], G: d.terms[q[store.G]]}); err != nil {
				return err
			}
		}
		quads = quads[:0]
		return nil
	}
	seen := map[store.ID]bool{}
	for _, s := range subjects {
		seen[s] = true
	}
	queue := slices.Clone(subjects)
	found := false
	take := func(q store.Quad) bool {
		found = true
		quads = append(quads, q)
		if o := q[store.O]; o.Tag() == store.TagBlankNode && !seen[o] {
			seen[o] = true
			queue = append(queue, o)
		}
		if len(quads) >= batch {
			failed = flush()
		}
		return failed == nil
	}
	for len(queue) > 0 {
		id := queue[0]
		queue = queue[1:]
		if err := d.scan(store.Range{Order: store.SPOG, Prefix: []store.ID{id}}, take); err != nil {
			return err
		}
		if failed != nil {
			return failed
		}
	}
	if !found && len(subjects) > 0 {
		if err := d.scan(store.Range{Order: store.OPSG, Prefix: subjects[:1]}, take); err != nil {
			return err
		}
		if failed != nil {
			return failed
		}
	}
	return flush()
}

// label finds the best label of a resource for the reader, or the zero Term.
func (d *describer) label(id store.ID) (rdf.Term, error) {
	if t, ok := d.labels[id]; ok {
		return t, nil
	}
	best, bestRank := rdf.Term{}, 0
	for _, p := range d.preds {
		var objects []store.ID
		if err := d.scan(store.Range{Order: store.SPOG, Prefix: []store.ID{id, p}}, func(q store.Quad) bool {
			if o := q[store.O]; o.IsLiteral() {
				objects = append(objects, o)
			}
			return len(objects) < 100
		}); err != nil {
			return rdf.Term{}, err
		}
		if err := d.fetch(objects); err != nil {
			return rdf.Term{}, err
		}
		for _, o := range objects {
			t := d.terms[o]
			if t.Value() == "" {
				continue
			}
			if r := rank(t, d.langs); best.IsZero() || r < bestRank {
				best, bestRank = t, r
			}
		}
		if !best.IsZero() {
			break // a predicate of higher rank wins even in another language: it is the resource's name
		}
	}
	d.labels[id] = best
	return best, nil
}

// group is a property, outgoing or incoming, with its first values.
type group struct {
	predicate store.ID
	// total counts the different values; exact is false where there were too many to look at all of them.
	total  uint64
	exact  bool
	values []store.ID
}

// distinctLimit is up to how many rows of a group different values are counted exactly.
const distinctLimit = 20_000

// groups lists the predicates of the quads that begin with id in an order whose second column is the predicate
// and whose third one is the value (SPOG for what a resource says, OPSG for what refers to it), each with up to limit values
// after offset others. With only it lists that predicate alone.
func (d *describer) groups(order store.Order, id store.ID, only store.ID, offset, limit int) ([]group, error) {
	var preds []store.ID
	if only != store.NoID {
		preds = []store.ID{only}
	} else {
		c := d.snap.Scan(d.ctx, store.Range{Order: order, Prefix: []store.ID{id}}, 2)
		defer c.Close()
		for {
			b, err := c.Next()
			if err != nil {
				return nil, err
			}
			if b.Len == 0 {
				break
			}
			for _, p := range b.Cols[1][:b.Len] {
				if len(preds) == 0 || preds[len(preds)-1] != p {
					preds = append(preds, p)
				}
			}
			// A block may hold the beginning of a group of millions: go on behind it.
			if err := c.Seek([]store.ID{id, preds[len(preds)-1] + 1}); err != nil {
				return nil, err
			}
		}
	}
	out := make([]group, 0, len(preds))
	for _, p := range preds {
		g := group{predicate: p, exact: true}
		rng := store.Range{Order: order, Prefix: []store.ID{id, p}}
		value := order.Positions()[2]
		rows, last := 0, store.NoID
		if err := d.scan(rng, func(q store.Quad) bool {
			rows++
			if v := q[value]; v != last {
				last = v
				g.total++
				if g.total > uint64(offset) && len(g.values) < limit {
					g.values = append(g.values, v)
				}
			}
			return rows < distinctLimit || len(g.values) < limit && g.total <= uint64(offset)
		}); err != nil {
			return nil, err
		}
		if rows >= distinctLimit {
			n, err := d.snap.Count(rng)
			if err != nil {
				return nil, err
			}
			g.total, g.exact = n, false
		}
		if g.total > 0 {
			out = append(out, g)
		}
	}
	return out, nil
}

// owner finds a named resource from which a blank node can be reached backwards, and the predicate that leads to it.
func (d *describer) owner(id store.ID) (subject, predicate store.ID, err error) {
	for range 8 {
		subject, predicate = 0, 0
		if err := d.scan(store.Range{Order: store.OPSG, Prefix: []store.ID{id}}, func(q store.Quad) bool {
			subject, predicate = q[store.S], q[store.P]
			return subject == id
		}); err != nil {
			return 0, 0, err
		}
		if subject == 0 || subject.Tag() == store.TagIRI {
			return subject, predicate, nil
		}
		id = subject
	}
	return 0, 0, nil
}
