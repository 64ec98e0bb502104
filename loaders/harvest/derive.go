package harvest

import (
	"cmp"
	"errors"
	"strings"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/vocab"
)

// delta is what changed of the statements that rules ask for.
type delta struct {
	quads []store.Quad
	many  bool // there are more than that
}

// differ notes a statement that came or went.
func (a *application) differ(q store.Quad) {
	if len(a.delta.quads) >= maxDelta {
		a.delta.many = true
		return
	}
	a.delta.quads = append(a.delta.quads, q)
}

// watched are the predicates of the patterns of rules.
func (a *application) watched(n store.Snapshot) (map[store.ID]bool, error) {
	out := map[store.ID]bool{}
	for _, r := range a.h.rules {
		for iri := range r.iris {
			if r.focus == nil || !r.focus.mentions(iri) {
				continue
			}
			id, ok, err := n.ID(rdf.IRI(iri))
			if err != nil {
				return nil, err
			}
			if ok {
				out[id] = true
			}
		}
	}
	return out, nil
}

// derivation brings the facts up to date that rules derive. Each rule sees the data and the facts of the rules before it. What differs in the
// facts of a rule is added to what changed, for the rules after it.
type derivation struct {
	*application
	predicates map[string]bool // of what changed
	old        map[string]ruleState
	cleared    map[store.ID]bool // graphs of facts that are out of the transaction for a while
}

// derive evaluates the rules that what changed can matter to, for the resources that it can matter to where that can be told.
func (a *application) derive(predicates map[string]bool) error {
	old, err := a.ruleStates()
	if err != nil {
		return err
	}
	d := &derivation{a, predicates, old, map[store.ID]bool{}}
	// Rules that are gone from the configuration go with their facts.
	for name, o := range old {
		if !contains(a.h.rules, name) {
			if err := d.dropRule(name, o); err != nil {
				return err
			}
		}
	}
	for i, r := range a.h.rules {
		if err := d.rule(r, a.h.rules[i:]); err != nil {
			return err
		}
	}
	return nil
}

func contains(rules []*Rule, name string) bool {
	for _, r := range rules {
		if r.Name == name {
			return true
		}
	}
	return false
}

// changed takes a fact that came or went for one of the changes that later rules see.
func (d *derivation) changed(q store.Quad, predicate string) {
	d.predicates[strings.Clone(predicate)] = true
	d.differ(q)
}

func (d *derivation) dropRule(name string, o ruleState) error {
	if err := scan(d.ctx, d.base, store.Range{Order: store.GSPO, Prefix: []store.ID{o.graph}}, func(q store.Quad) error {
		p, err := term(d.base, q[store.P])
		d.changed(q, p.Value())
		return err
	}); err != nil {
		return err
	}
	d.dropSubject(o.graph)
	d.report.Derived = append(d.report.Derived, DerivedReport{Rule: name, Graph: d.h.names.derived(name).Value(), Removed: int64(o.facts), Whole: true})
	return d.clear(o.graph)
}

// rule brings the facts of a rule up to date. later are the rule itself and those after it.
func (d *derivation) rule(r *Rule, later []*Rule) error {
	o := d.old[r.Name]
	fresh := o.fingerprint != r.fingerprint
	if !fresh && !r.touched(d.predicates) {
		if d.cleared[o.graph] {
			return d.restore(o.graph, nil)
		}
		return nil
	}
	// It must see neither its own facts from before nor those of later rules.
	for _, l := range later {
		if lo := d.old[l.Name]; lo.facts > 0 && !d.cleared[lo.graph] && r.sees(l) {
			d.cleared[lo.graph] = true
			if err := d.clear(lo.graph); err != nil {
				return err
			}
		}
	}
	n, err := d.txn.Snapshot()
	if err != nil {
		return err
	}
	report := DerivedReport{Rule: r.Name, Graph: d.h.names.derived(r.Name).Value(), Whole: true}
	var foci map[store.ID]bool
	var names []rdf.Term
	if !fresh && r.focus != nil && !d.delta.many {
		if foci, names, err = d.foci(r, n); err != nil {
			return errors.Join(err, n.Close())
		}
		report.Whole, report.Resources = foci == nil, int64(len(foci))
	}
	var triples []rdf.Triple
	seen, err := r.over(d.ctx, n, d.h.names.provenance())
	switch {
	case err != nil:
	case report.Whole:
		triples, err = r.derive(d.ctx, seen)
	default:
		triples, err = r.deriveFor(d.ctx, seen, names)
	}
	if err = errors.Join(err, n.Close()); err != nil {
		return err
	}
	return d.replace(r, o, triples, foci, report)
}

// foci finds the resources for which a rule is to be evaluated, and their names; nil is all.
func (d *derivation) foci(r *Rule, now store.Snapshot) (map[store.ID]bool, []rdf.Term, error) {
	foci, ok, err := r.focus.affected(d.ctx, d.base, now, d.delta.quads)
	if err != nil || !ok {
		return nil, nil, err
	}
	names := make([]rdf.Term, 0, len(foci))
	for id := range foci {
		if id.IsLiteral() || !id.InDictionary() { // no subject
			delete(foci, id)
			continue
		}
		t, err := term(now, id)
		if err != nil {
			return nil, nil, err
		}
		if !t.IsIRI() || strings.ContainsAny(t.Value(), "<>\"{}|^`\\ \t\r\n") { // no query can name it
			return nil, nil, nil
		}
		names = append(names, t.Clone())
	}
	return foci, names, nil
}

// restore puts the facts of a graph back into the transaction, but for those about foci.
func (d *derivation) restore(graph store.ID, foci map[store.ID]bool) error {
	var batch []store.Quad
	err := scan(d.ctx, d.base, store.Range{Order: store.GSPO, Prefix: []store.ID{graph}}, func(q store.Quad) error {
		if foci[q[store.S]] {
			return nil
		}
		if batch = append(batch, q); len(batch) == applyBatch {
			err := d.txn.AddIDs(batch)
			batch = batch[:0]
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	return d.txn.AddIDs(batch)
}

// replace makes triples the facts of a rule about foci, or all of its facts where foci is nil.
func (d *derivation) replace(r *Rule, o ruleState, triples []rdf.Triple, foci map[store.ID]bool, report DerivedReport) error {
	graph := d.h.names.derived(r.Name)
	was := map[rdf.Triple]store.Quad{}
	keep := func(q store.Quad) error {
		var t [3]rdf.Term
		if err := d.base.Terms([]store.ID{q[store.S], q[store.P], q[store.O]}, t[:]); err != nil {
			return err
		}
		was[rdf.Triple{S: t[0].Clone(), P: t[1].Clone(), O: t[2].Clone()}] = q
		return nil
	}
	if o.facts > 0 && foci == nil {
		if err := scan(d.ctx, d.base, store.Range{Order: store.GSPO, Prefix: []store.ID{o.graph}}, keep); err != nil {
			return err
		}
	}
	for s := range foci {
		if o.facts == 0 {
			break
		}
		if err := scan(d.ctx, d.base, store.Range{Order: store.GSPO, Prefix: []store.ID{o.graph, s}}, keep); err != nil {
			return err
		}
	}
	if d.cleared[o.graph] && foci != nil {
		if err := d.restore(o.graph, foci); err != nil {
			return err
		}
	}
	report.Facts = int64(o.facts)
	if foci == nil {
		report.Facts = int64(len(was))
	}
	var add []rdf.Triple
	for _, t := range triples {
		if _, ok := was[t]; ok {
			delete(was, t)
			if d.cleared[o.graph] {
				add = append(add, t)
			}
			continue
		}
		add = append(add, t)
		report.Added++
		var q store.Quad
		for i, x := range []rdf.Term{t.S, t.P, t.O, graph} {
			var err error
			if q[i], err = d.txn.ID(x); err != nil {
				return err
			}
		}
		d.changed(q, t.P.Value())
	}
	var drop []store.Quad
	for t, q := range was {
		report.Removed++
		d.changed(q, t.P.Value())
		drop = append(drop, q)
	}
	report.Facts += report.Added - report.Removed
	if err := d.txn.RemoveIDs(drop); err != nil {
		return err
	}
	if err := d.put(add, graph); err != nil {
		return err
	}
	if err := d.flush(); err != nil {
		return err
	}
	if report.Added+report.Removed == 0 && o.fingerprint == r.fingerprint {
		return nil
	}
	d.report.Derived = append(d.report.Derived, report)
	if o.graph != store.NoID {
		d.dropSubject(o.graph)
	}
	d.state(graph, vocab.RDFType, rdf.IRI(vocab.HVRule))
	d.state(graph, vocab.RDFType, rdf.IRI(vocab.PROVPlan))
	d.state(graph, vocab.DCTTitle, rdf.String(cmp.Or(r.Title, r.Name)))
	d.state(graph, vocab.HVFingerprint, rdf.String(r.fingerprint))
	d.state(graph, vocab.RDFValue, rdf.String(r.Text))
	d.state(graph, vocab.DCTModified, dateTime(d.started))
	return nil
}

type ruleState struct {
	graph       store.ID
	fingerprint string
	facts       uint64
}

// ruleStates finds the rules whose facts are in the store.
func (a *application) ruleStates() (map[string]ruleState, error) {
	out := map[string]ruleState{}
	prefix := a.h.names.derived("").Value()
	class, ok1, err1 := a.base.ID(rdf.IRI(vocab.HVRule))
	typ, ok2, err2 := a.base.ID(rdf.IRI(vocab.RDFType))
	if err := errors.Join(err1, err2); err != nil || !ok1 || !ok2 || a.ledger.graph == store.NoID {
		return out, err
	}
	err := scan(a.ctx, a.base, store.Range{Order: store.POSG, Prefix: []store.ID{typ, class}}, func(q store.Quad) error {
		t, err := term(a.base, q[store.S])
		if err != nil || q[store.G] != a.ledger.graph {
			return err
		}
		name, ok := strings.CutPrefix(t.Value(), prefix)
		if !ok {
			return nil
		}
		s := ruleState{graph: q[store.S]}
		if f := a.ledger.sources[q[store.S]]; f != nil {
			s.fingerprint = f.Fingerprint
		}
		s.facts, err = a.base.Count(store.Range{Order: store.GSPO, Prefix: []store.ID{q[store.S]}})
		out[strings.Clone(name)] = s
		return err
	})
	return out, err
}
