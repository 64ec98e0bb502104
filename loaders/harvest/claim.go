package harvest

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/store"
	"triplestore/vocab"
)

// Who has a record: claims of several sources on the same one, and what is left of the one that does not get it.

// claim settles who has a record. It gives the graph for its triples, and ok where they are to be added.
func (a *application) claim(f *frame, keep func(int32), refused map[store.ID]bool) (graph rdf.Term, ok bool, err error) {
	shared := rdf.IRI(a.s.Graph)
	if f.IRI == "" {
		return shared, true, nil
	}
	a.report.Records.Read++
	if !a.claims {
		return shared, true, nil
	}
	topic, err := a.txn.ID(rdf.IRI(f.IRI))
	if err != nil {
		return graph, false, err
	}
	i, had := a.ledger.held(topic, a.me)
	for _, j := range a.ledger.others(topic, a.me) {
		won, err := a.settle(f, topic, j)
		if err != nil {
			return graph, false, err
		}
		if won {
			continue
		}
		refused[topic] = true
		a.report.Records.Refused++
		if !a.ledger.isRefused(topic, a.me) {
			a.turned = true
			a.ledger.refused[topic] = append(a.ledger.refused[topic], a.me)
			a.state(rdf.IRI(a.h.names.source(a.s.Name)), vocab.HVRefused, rdf.IRI(f.IRI))
		}
		if had {
			// It was given up to the other source, which is not a removal: the record is still there.
			a.drop(i)
		}
		return graph, false, nil
	}
	entryIRI := a.h.names.record(a.s.Name, f.IRI)
	sum := rdf.String(hex.EncodeToString(sumBytes(f)))
	if had {
		keep(i)
		old, err := term(a.base, a.ledger.entries[i].sum)
		if err != nil {
			return graph, false, err
		}
		if old == sum {
			a.report.Records.Unchanged++
		} else {
			a.report.Records.Changed++
			a.turned = true
			e := &a.ledger.entries[i]
			for p, o := range map[string]store.ID{vocab.HVChecksum: e.sum, vocab.DCTModified: e.modified, vocab.PROVWasGeneratedBy: e.run} {
				if err := a.forget(e.id, p, o); err != nil {
					return graph, false, err
				}
			}
			a.entry(rdf.IRI(entryIRI), sum)
		}
	} else {
		a.report.Records.Added++
		if a.regained != nil && a.ledger.isRefused(topic, a.me) {
			a.regained[topic] = true
		}
		a.turned = true
		e := rdf.IRI(entryIRI)
		a.state(e, vocab.RDFType, rdf.IRI(vocab.DCATCatalogRecord))
		a.state(e, vocab.FOAFPrimaryTopic, rdf.IRI(f.IRI))
		a.state(e, vocab.DCTIsPartOf, rdf.IRI(a.h.names.source(a.s.Name)))
		a.state(e, vocab.DCTIssued, dateTime(a.started))
		a.entry(e, sum)
	}
	if a.s.Graphs == "record" {
		return rdf.IRI(entryIRI), true, nil
	}
	return shared, true, nil
}

func (a *application) entry(e, sum rdf.Term) {
	a.state(e, vocab.HVChecksum, sum)
	a.state(e, vocab.DCTModified, dateTime(a.started))
	a.state(e, vocab.PROVWasGeneratedBy, rdf.IRI(a.report.Run))
}

func sumBytes(f *frame) []byte {
	b := f.Sum.Bytes()
	return b[:]
}

// settle decides between this source and the one that has a record, by the entry j. won tells that this source has it from now on.
func (a *application) settle(f *frame, topic store.ID, j int32) (won bool, err error) {
	e := &a.ledger.entries[j]
	holder, err := term(a.base, e.source)
	if err != nil {
		return false, err
	}
	name := strings.TrimPrefix(holder.Value(), a.h.names.base)
	other := a.h.byName[name]
	if other != nil && !outranks(a.s, other) {
		a.report.note(source.Note{Sort: source.Conflict, Record: f.IRI, Message: fmt.Sprintf("the source %s has this record (%s), so it is left out here", name, why(other, a.s))})
		return false, nil
	}
	reason := "which is not in the configuration any more"
	if other != nil {
		reason = why(a.s, other)
	}
	a.report.note(source.Note{Sort: source.Conflict, Record: f.IRI, Message: fmt.Sprintf("the record is taken from the source %s (%s)", name, reason)})
	a.report.Records.Taken++
	if err := a.clear(e.id); err != nil { // its own graph, if it has one
		return false, err
	}
	n, err := a.base.Count(store.Range{Order: store.GSPO, Prefix: []store.ID{e.id}})
	if err != nil {
		return false, err
	}
	if n == 0 {
		if err := a.markStale(e.source, name); err != nil { // what it said is among other statements: it is read again
			return false, err
		}
	}
	a.drop(j)
	if !a.ledger.isRefused(topic, e.source) { // also for one that is not in the configuration: it may come back
		a.ledger.refused[topic] = append(a.ledger.refused[topic], e.source)
		a.state(holder, vocab.HVRefused, rdf.IRI(f.IRI))
	}
	return true, nil
}

// overdue reports whether a source is refused a record that it has by the present configuration: priorities or the order of the sources have
// changed, or the one that has the record is not in it any more. The source has to be read from the start to get it.
func (h *Harvester) overdue(ctx context.Context, s *SourceConfig) (_ bool, err error) {
	n, err := h.o.Store.Snapshot()
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	var ids [5]store.ID
	for i, t := range []rdf.Term{h.names.provenance(), rdf.IRI(h.names.source(s.Name)), rdf.IRI(vocab.HVRefused), rdf.IRI(vocab.FOAFPrimaryTopic), rdf.IRI(vocab.DCTIsPartOf)} {
		id, ok, err := n.ID(t)
		if err != nil || !ok {
			return false, err
		}
		ids[i] = id
	}
	graph, me, refused, about, of := ids[0], ids[1], ids[2], ids[3], ids[4]
	wins := map[store.ID]bool{me: false} // by who has the record
	errFound := errors.New("found")
	err = scan(ctx, n, store.Range{Order: store.GSPO, Prefix: []store.ID{graph, me, refused}}, func(q store.Quad) error {
		return scan(ctx, n, store.Range{Order: store.OPSG, Prefix: []store.ID{q[store.O], about}}, func(q store.Quad) error {
			if q[store.G] != graph {
				return nil
			}
			return scan(ctx, n, store.Range{Order: store.GSPO, Prefix: []store.ID{graph, q[store.S], of}}, func(q store.Quad) error {
				won, known := wins[q[store.O]]
				if !known {
					holder, err := term(n, q[store.O])
					if err != nil {
						return err
					}
					other := h.byName[strings.TrimPrefix(holder.Value(), h.names.base)]
					won = other == nil || outranks(s, other)
					wins[q[store.O]] = won
				}
				if won {
					return errFound
				}
				return nil
			})
		})
	})
	if err == errFound { //nolint:errorlint // it is this very one
		return true, nil
	}
	return false, err
}

func outranks(a, b *SourceConfig) bool {
	return a.Priority > b.Priority || a.Priority == b.Priority && a.Order < b.Order
}

func why(winner, loser *SourceConfig) string {
	if winner.Priority > loser.Priority {
		return fmt.Sprintf("priority %d is before %d", winner.Priority, loser.Priority)
	}
	return winner.Name + " comes first in the file"
}

// giveUp ends the claim of a record that the source has no more.
func (a *application) giveUp(i int32) error {
	if a.ledger.entries[i].gone {
		return nil
	}
	a.report.Records.Removed++
	return a.release(i)
}

// release ends the claim of a record. Those that were refused it are read again.
func (a *application) release(i int32) error {
	topic := a.ledger.entries[i].topic
	a.drop(i)
	for _, other := range slices.Clone(a.ledger.refused[topic]) {
		if other == a.me {
			continue
		}
		t, err := term(a.base, other)
		if err != nil {
			return err
		}
		if err := a.markStale(other, strings.TrimPrefix(t.Value(), a.h.names.base)); err != nil {
			return err
		}
	}
	return nil
}

// markStale makes the store forget the state of another source.
func (a *application) markStale(id store.ID, name string) error {
	if a.stale[name] {
		return nil
	}
	a.stale[name] = true
	p, ok, err := a.base.ID(rdf.IRI(vocab.HVState))
	if err != nil || !ok {
		return err
	}
	a.turned = true
	return scan(a.ctx, a.base, store.Range{Order: store.GSPO, Prefix: []store.ID{a.ledger.graph, id, p}}, func(q store.Quad) error {
		a.dropQ = append(a.dropQ, q)
		return nil
	})
}

// drop removes an entry from the ledger.
func (a *application) drop(i int32) {
	e := &a.ledger.entries[i]
	if e.gone {
		return
	}
	e.gone, a.turned = true, true
	a.dropSubject(e.id)
}

func (a *application) dropSubject(s store.ID) {
	a.dropQ = append(a.dropQ, store.Quad{s, store.NoID, store.NoID, a.ledger.graph})
}

func (a *application) dropRefused(topic, by store.ID) {
	a.ledger.refused[topic] = slices.DeleteFunc(a.ledger.refused[topic], func(id store.ID) bool { return id == by })
	a.turned = true
	if p, ok, err := a.base.ID(rdf.IRI(vocab.HVRefused)); err == nil && ok {
		a.dropQ = append(a.dropQ, store.Quad{by, p, topic, a.ledger.graph})
	}
}

// forget removes one statement of the provenance.
func (a *application) forget(s store.ID, predicate string, o store.ID) error {
	p, ok, err := a.base.ID(rdf.IRI(predicate))
	if err == nil && ok && o != store.NoID {
		a.dropQ = append(a.dropQ, store.Quad{s, p, o, a.ledger.graph})
	}
	return err
}
