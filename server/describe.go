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
	read   map[store.ID]statementsOf // what was read of resources
	kept   *labelCache
	state  *labelState
}

// describer reads from a snapshot that the caller of the request in ctx may see.
func (s *Server) describer(ctx context.Context, snap store.Snapshot, langs []string) (*describer, error) {
	state, err := s.labels.state(s.stateKey(ctx, snap.Commit()), snap)
	if err != nil {
		return nil, err
	}
	return &describer{
		ctx: ctx, snap: snap, langs: langs, labels: map[store.ID]rdf.Term{}, terms: map[store.ID]rdf.Term{}, read: map[store.ID]statementsOf{},
		kept: &s.labels, state: state,
	}, nil
}

// statementsOf a resource, sorted by predicate, object and graph.
type statementsOf struct {
	quads []store.Quad
	all   bool // false where there are more than are kept in memory; then quads is empty
}

// keptStatements is up to how many statements of a resource are read once for all that is made of them.
const keptStatements = 1000

// statements gives what is said about a resource; ok is false where that is much. The quads must not be changed.
func (d *describer) statements(id store.ID) (quads []store.Quad, ok bool, err error) {
	if s, ok := d.read[id]; ok {
		return s.quads, s.all, nil
	}
	s := statementsOf{all: true}
	if err := d.scan(store.Range{Order: store.SPOG, Prefix: []store.ID{id}}, func(q store.Quad) bool {
		if len(s.quads) == keptStatements {
			s = statementsOf{}
			return false
		}
		s.quads = append(s.quads, q)
		return true
	}); err != nil {
		return nil, false, err
	}
	d.read[id] = s
	return s.quads, s.all, nil
}

// first gives the first limit statements about a resource. They must not be changed.
func (d *describer) first(id store.ID, limit int) ([]store.Quad, error) {
	quads, all, err := d.statements(id)
	if err != nil || all {
		return quads[:min(len(quads), limit)], err
	}
	err = d.scan(store.Range{Order: store.SPOG, Prefix: []store.ID{id}}, func(q store.Quad) bool {
		quads = append(quads, q)
		return len(quads) < limit
	})
	return quads, err
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

// decode fetches the terms of quads, in place of those that it had, and hands the quads over.
func (d *describer) decode(quads []store.Quad, emit func(rdf.Quad) error) error {
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
		if err := d.decode(quads, emit); err != nil {
			return err
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
	key := labelKey{d.state.number, id}
	names, ok := d.kept.get(key)
	if !ok {
		var err error
		if names, err = d.names(id); err != nil {
			return rdf.Term{}, err
		}
		d.kept.put(key, names)
	}
	best, bestRank := rdf.Term{}, 0
	for _, t := range names {
		if r := rank(t, d.langs); best.IsZero() || r < bestRank {
			best, bestRank = t, r
		}
	}
	d.labels[id] = best
	return best, nil
}

// maxNames of a resource are looked at.
const maxNames = 100

// names lists the values of the most telling predicate for labels that a resource has. It wins even where it is there in another language only: it
// is the resource's name.
func (d *describer) names(id store.ID) (names []rdf.Term, err error) {
	known, inMemory := d.read[id]
	inMemory = inMemory && known.all
	for _, p := range d.state.predicates {
		var objects []store.ID
		take := func(q store.Quad) bool {
			if o := q[store.O]; o.IsLiteral() && (len(objects) == 0 || objects[len(objects)-1] != o) {
				objects = append(objects, o)
			}
			return len(objects) < maxNames
		}
		if inMemory {
			for _, q := range known.quads {
				if q[store.P] == p && !take(q) {
					break
				}
			}
		} else if err := d.scan(store.Range{Order: store.SPOG, Prefix: []store.ID{id, p}}, take); err != nil {
			return nil, err
		}
		if err := d.fetch(objects); err != nil {
			return nil, err
		}
		for _, o := range objects {
			if t := d.terms[o]; t.Value() != "" {
				names = append(names, t)
			}
		}
		if len(names) > 0 {
			return names, nil
		}
	}
	return nil, nil
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
	if order == store.SPOG && only == store.NoID && offset == 0 {
		if quads, all, err := d.statements(id); err != nil || all {
			return groupsOf(quads, limit), err
		}
	}
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

// groupsOf are the groups of what is said about a resource.
func groupsOf(quads []store.Quad, limit int) (out []group) {
	last := store.NoID
	for _, q := range quads {
		p, o := q[store.P], q[store.O]
		if len(out) == 0 || out[len(out)-1].predicate != p {
			out = append(out, group{predicate: p, exact: true})
			last = store.NoID
		}
		if g := &out[len(out)-1]; o != last {
			last = o
			g.total++
			if len(g.values) < limit {
				g.values = append(g.values, o)
			}
		}
	}
	return out
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
