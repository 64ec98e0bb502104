package harvest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/store"
	"triplestore/vocab"
)

// ledger is what the graph of provenance says in one snapshot: who has which record, and what the sources remember.
type ledger struct {
	graph   store.ID // of the graph of provenance; NoID when there is none yet
	entries []entry
	byTopic map[store.ID][]int32
	// refused has the sources that claim a record which another one has.
	refused map[store.ID][]store.ID
	sources map[store.ID]*sourceFacts
}

// entry is a dcat:CatalogRecord.
type entry struct {
	id, topic, source, sum, issued, modified, run store.ID
	gone                                          bool
}

// sourceFacts is what the store remembers of a source.
type sourceFacts struct {
	State       source.State
	Fingerprint string
	LastRun     string
	Graphs      []store.ID
}

func openLedger(ctx context.Context, n store.Snapshot, graph rdf.Term) (*ledger, error) {
	l := &ledger{byTopic: map[store.ID][]int32{}, refused: map[store.ID][]store.ID{}, sources: map[store.ID]*sourceFacts{}}
	id, ok, err := n.ID(graph)
	if err != nil || !ok {
		return l, err
	}
	l.graph = id
	known := map[string]store.ID{}
	for _, p := range []string{vocab.FOAFPrimaryTopic, vocab.DCTIsPartOf, vocab.HVChecksum, vocab.DCTIssued, vocab.DCTModified, vocab.PROVWasGeneratedBy,
		vocab.HVState, vocab.HVFingerprint, vocab.HVLastRun, vocab.HVGraph, vocab.HVRefused} {
		if known[p], _, err = n.ID(rdf.IRI(p)); err != nil {
			return nil, err
		}
	}
	is := func(id store.ID, p string) bool { return id == known[p] && id != store.NoID }
	var now entry
	type pending struct {
		to   *sourceFacts
		p    string
		term store.ID
	}
	var facts []pending
	flush := func() {
		if now.topic != store.NoID && now.source != store.NoID {
			l.byTopic[now.topic] = append(l.byTopic[now.topic], int32(len(l.entries)))
			l.entries = append(l.entries, now)
		}
	}
	err = scan(ctx, n, store.Range{Order: store.GSPO, Prefix: []store.ID{id}}, func(q store.Quad) error {
		s, p, o := q[store.S], q[store.P], q[store.O]
		if s != now.id {
			flush()
			now = entry{id: s}
		}
		switch {
		case is(p, vocab.FOAFPrimaryTopic):
			now.topic = o
		case is(p, vocab.DCTIsPartOf):
			now.source = o
		case is(p, vocab.HVChecksum):
			now.sum = o
		case is(p, vocab.DCTIssued):
			now.issued = o
		case is(p, vocab.DCTModified):
			now.modified = o
		case is(p, vocab.PROVWasGeneratedBy):
			now.run = o
		case is(p, vocab.HVRefused):
			l.refused[o] = append(l.refused[o], s)
		case is(p, vocab.HVState), is(p, vocab.HVFingerprint), is(p, vocab.HVLastRun), is(p, vocab.HVGraph):
			f := l.sources[s]
			if f == nil {
				f = &sourceFacts{}
				l.sources[s] = f
			}
			if is(p, vocab.HVGraph) {
				f.Graphs = append(f.Graphs, o)
				break
			}
			for _, name := range []string{vocab.HVState, vocab.HVFingerprint, vocab.HVLastRun} {
				if is(p, name) {
					facts = append(facts, pending{f, name, o})
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	flush()
	for _, f := range facts {
		t, err := term(n, f.term)
		if err != nil {
			return nil, err
		}
		switch f.p {
		case vocab.HVState:
			f.to.State = source.State(strings.Clone(t.Value()))
		case vocab.HVFingerprint:
			f.to.Fingerprint = strings.Clone(t.Value())
		default:
			f.to.LastRun = strings.Clone(t.Value())
		}
	}
	return l, nil
}

func term(n store.Snapshot, id store.ID) (rdf.Term, error) {
	var out [1]rdf.Term
	err := n.Terms([]store.ID{id}, out[:])
	if err == nil && out[0].IsZero() {
		err = fmt.Errorf("harvest: no term for ID %#x: %w", uint64(id), store.ErrCorrupt)
	}
	return out[0], err
}

// of lists the entries of a source.
func (l *ledger) of(id store.ID) (out []int32) {
	for i := range l.entries {
		if l.entries[i].source == id && id != store.NoID {
			out = append(out, int32(i))
		}
	}
	return out
}

// held reports whether a source has a record, and its entry.
func (l *ledger) held(topic, by store.ID) (int32, bool) {
	for _, i := range l.byTopic[topic] {
		if e := &l.entries[i]; e.source == by && !e.gone {
			return i, true
		}
	}
	return 0, false
}

// others lists the entries of other sources for a record.
func (l *ledger) others(topic, than store.ID) (out []int32) {
	for _, i := range l.byTopic[topic] {
		if e := &l.entries[i]; e.source != than && !e.gone {
			out = append(out, i)
		}
	}
	return out
}

func (l *ledger) isRefused(topic, by store.ID) bool { return slices.Contains(l.refused[topic], by) }

// readFacts reads what the store remembers of one source, without the ledger of all.
func readFacts(ctx context.Context, n store.Snapshot, graph rdf.Term, id store.ID) (*sourceFacts, error) {
	g, ok, err := n.ID(graph)
	if err != nil || !ok {
		return nil, err
	}
	f := &sourceFacts{}
	found := false
	var quads []store.Quad
	if err := scan(ctx, n, store.Range{Order: store.GSPO, Prefix: []store.ID{g, id}}, func(q store.Quad) error {
		quads = append(quads, q)
		return nil
	}); err != nil {
		return nil, err
	}
	for _, q := range quads {
		p, err := term(n, q[store.P])
		if err != nil {
			return nil, err
		}
		o, err := term(n, q[store.O])
		if err != nil {
			return nil, err
		}
		switch p.Value() {
		case vocab.HVState:
			f.State, found = source.State(strings.Clone(o.Value())), true
		case vocab.HVFingerprint:
			f.Fingerprint, found = strings.Clone(o.Value()), true
		case vocab.HVLastRun:
			f.LastRun, found = strings.Clone(o.Value()), true
		}
	}
	if !found {
		return nil, nil
	}
	return f, nil
}
