package harvest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/store"
	"triplestore/vocab"
)

// application applies what one run delivered, in one transaction.
type application struct {
	h       *Harvester
	s       *SourceConfig
	report  *SourceReport
	outcome source.Outcome
	spool   *spool
	share   *source.Share // of what is spooled
	started time.Time
	dry     bool

	ctx    context.Context
	txn    store.Txn
	base   store.Snapshot
	ledger *ledger
	me     store.ID // of the source
	graph  store.ID // of its graph
	claims bool
	// stale are the names of sources that have to be read again, from the start.
	stale map[string]bool
	// from is what the store remembered of the source when it was read from the state in it; nil when it was read from the start.
	from *sourceFacts

	add    []rdf.Quad   // batch on its way to the transaction
	adders *adders      // while there is nothing to do but to add: they do it on the side
	told   []rdf.Triple // new statements of the provenance, on their way to tales
	tales  *spool       // they are written when all else is counted, and there are some for every record
	untold error        // why one could not be spooled
	dropQ  []store.Quad
	turned bool // the ledger changes
	// regained are records that the source was refused before and has now.
	regained map[store.ID]bool
	delta    delta
}

const applyBatch = 4096

// apply makes the commit, or none. When it fails nothing has changed.
func (a *application) apply(ctx context.Context) (result store.Result, err error) {
	result, err = a.h.o.Store.Update(ctx, func(txn store.Txn) (err error) {
		a.ctx, a.txn = ctx, txn
		if a.base, err = txn.Snapshot(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, a.base.Close()) }()
		if err := a.prepare(); err != nil {
			return err
		}
		if a.outcome.Complete {
			err = a.replaceAll()
		} else {
			err = a.replaceSome()
		}
		if err != nil {
			return err
		}
		if err := a.flush(); err != nil {
			return err
		}
		a.spool.close() // the store has better use for the memory while it sorts
		a.share.Close()
		return a.conclude()
	})
	if errors.Is(err, errDry) {
		return store.Result{}, nil
	}
	return result, err
}

// errDry takes back a dry run.
var errDry = errors.New("dry run")

func (a *application) prepare() (err error) {
	if a.ledger, err = openLedger(a.ctx, a.base, a.h.names.provenance()); err != nil {
		return err
	}
	if a.me, err = a.txn.ID(rdf.IRI(a.h.names.source(a.s.Name))); err != nil {
		return err
	}
	if a.from != nil {
		now := a.ledger.sources[a.me]
		if now == nil || now.LastRun != a.from.LastRun || !bytes.Equal(now.State, a.from.State) {
			return errOvertaken
		}
	}
	a.graph, err = a.txn.ID(rdf.IRI(a.s.Graph))
	a.claims = a.s.claims()
	return err
}

// put adds triples to a graph.
func (a *application) put(triples []rdf.Triple, graph rdf.Term) error {
	for _, t := range triples {
		a.add = append(a.add, t.In(graph))
		if len(a.add) == applyBatch {
			if err := a.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *application) flush() error {
	if len(a.add) == 0 {
		return nil
	}
	if a.adders != nil {
		var err error
		a.add, err = a.adders.give(a.add)
		return err
	}
	err := a.txn.Add(a.add)
	a.add = a.add[:0]
	return err
}

// clear removes a graph as it was before the run.
func (a *application) clear(graph store.ID) error {
	var batch []store.Quad
	remove := func() error {
		err := a.txn.RemoveIDs(batch)
		batch = batch[:0]
		return err
	}
	err := scan(a.ctx, a.base, store.Range{Order: store.GSPO, Prefix: []store.ID{graph}}, func(q store.Quad) error {
		if batch = append(batch, q); len(batch) == applyBatch {
			return remove()
		}
		return nil
	})
	if err == nil && len(batch) > 0 {
		err = remove()
	}
	return err
}

// replaceAll makes the graphs of the source hold what the run delivered and nothing else.
func (a *application) replaceAll() error {
	mine := a.ledger.of(a.me)
	if a.spool.triples == 0 && !a.s.AllowEmpty {
		n, err := a.base.Count(store.Range{Order: store.GSPO, Prefix: []store.ID{a.graph}})
		if err != nil {
			return err
		}
		if n > 0 || len(mine) > 0 {
			return source.Errorf(source.Invalid, "the source delivered nothing at all, though it did before; allow-empty lets that remove everything")
		}
	}
	if err := a.clear(a.graph); err != nil {
		return err
	}
	if err := a.moveIn(); err != nil {
		return err
	}
	for _, i := range mine {
		if err := a.clear(a.ledger.entries[i].id); err != nil {
			return err
		}
	}
	before := a.deliveredBefore(mine)
	a.regained = map[store.ID]bool{}
	kept := make(map[int32]bool, len(mine))
	refused := map[store.ID]bool{}
	if !a.claims { // else claim asks the transaction for more than to add, which only one goroutine may
		a.adders = newAdders(a.ctx, a.txn)
	}
	err := a.spool.each(func(f *frame) error {
		if f.Deleted {
			return nil
		}
		graph, ok, err := a.claim(f, func(i int32) { kept[i] = true }, refused)
		if err != nil || !ok {
			return err
		}
		return a.put(f.Triples, graph)
	})
	if a.adders != nil {
		if e := a.adders.wait(); e != nil {
			err = e
		}
		a.adders = nil
	}
	if err != nil {
		return err
	}
	for _, i := range mine {
		if !kept[i] {
			if err := a.giveUp(i); err != nil {
				return err
			}
		}
	}
	gone := int(a.report.Records.Removed)
	for topic, by := range a.ledger.refused {
		if slices.Contains(by, a.me) && !refused[topic] {
			a.dropRefused(topic, a.me)
			if !a.regained[topic] {
				gone++
			}
		}
	}
	return a.limitRemoved(gone, before)
}

// deliveredBefore is how many records the source delivered before: what it had and what it was refused, since which of the two depends on others, and on
// who was written first.
func (a *application) deliveredBefore(mine []int32) int {
	n := len(mine)
	for _, by := range a.ledger.refused {
		if slices.Contains(by, a.me) {
			n++
		}
	}
	return n
}

// limitRemoved fails the run where a larger share of the records is gone than may be.
func (a *application) limitRemoved(gone, before int) error {
	if a.s.maxRemoved >= 0 && before > 0 {
		if share := float64(gone) / float64(before); share > a.s.maxRemoved {
			return source.Errorf(source.Invalid, "%d of the %d records that the source delivered before are gone, which is more than max-removed allows (%s)", gone, before, a.s.MaxRemoved)
		}
	}
	return nil
}

// moveIn leaves the graphs that the configuration named before, and takes the graph from sources that had it.
func (a *application) moveIn() error {
	if f := a.ledger.sources[a.me]; f != nil {
		for _, g := range f.Graphs {
			if g == a.graph {
				continue
			}
			others, err := a.sharers(g)
			if err != nil {
				return err
			}
			configured := false
			for id, name := range others {
				if a.h.byName[name] != nil { // it replaces all of the graph
					configured = true
					if err := a.markStale(id, name); err != nil {
						return err
					}
				}
			}
			if !configured {
				if err := a.clear(g); err != nil {
					return err
				}
			}
		}
	}
	others, err := a.sharers(a.graph)
	if err != nil {
		return err
	}
	for id, name := range others {
		if err := a.evict(id, name, len(others) == 1); err != nil {
			return err
		}
	}
	return nil
}

// evict takes the graph, which was cleared, from another source that is noted to have it. One that is harvested is read again and says what it has to say
// in the graph that is its own by now. What one that is left alone has said is moved there if nobody else has that graph, so that it stays; else it is
// gone with its records.
func (a *application) evict(id store.ID, name string, alone bool) error {
	if err := a.forget(id, vocab.HVGraph, a.graph); err != nil {
		return err
	}
	a.turned = true
	other := a.h.byName[name]
	if other != nil && !other.Disabled {
		return a.markStale(id, name)
	}
	if f := a.ledger.sources[a.me]; other != nil && alone && (f == nil || !slices.Contains(f.Graphs, a.graph)) {
		if moved, err := a.moveOut(id, other); moved || err != nil {
			return err
		}
	}
	if err := a.markStale(id, name); err != nil {
		return err
	}
	for _, i := range a.ledger.of(id) {
		n, err := a.base.Count(store.Range{Order: store.GSPO, Prefix: []store.ID{a.ledger.entries[i].id}})
		if err != nil {
			return err
		}
		if n == 0 { // it has no graph of its own
			if err := a.release(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// moveOut moves what another source has said in the graph to the one that the configuration names for it, if no other source has that one.
func (a *application) moveOut(id store.ID, other *SourceConfig) (moved bool, err error) {
	if slices.ContainsFunc(a.h.o.Config.Sources, func(s *SourceConfig) bool { return s != other && s.Graph == other.Graph }) {
		return false, nil
	}
	to, err := a.txn.ID(rdf.IRI(other.Graph))
	if err != nil {
		return false, err
	}
	for holder, f := range a.ledger.sources {
		if holder != id && holder != a.me && slices.Contains(f.Graphs, to) {
			return false, nil
		}
	}
	a.state(rdf.IRI(a.h.names.source(other.Name)), vocab.HVGraph, rdf.IRI(other.Graph))
	var batch []store.Quad
	if err := scan(a.ctx, a.base, store.Range{Order: store.GSPO, Prefix: []store.ID{a.graph}}, func(q store.Quad) (err error) {
		q[store.G] = to
		if batch = append(batch, q); len(batch) == applyBatch {
			err = a.txn.AddIDs(batch)
			batch = batch[:0]
		}
		return err
	}); err != nil {
		return false, err
	}
	return true, a.txn.AddIDs(batch)
}

// sharers are the other sources that are noted to have a graph, with their names.
func (a *application) sharers(graph store.ID) (map[store.ID]string, error) {
	out := map[store.ID]string{}
	for id, f := range a.ledger.sources {
		if id != a.me && slices.Contains(f.Graphs, graph) {
			t, err := term(a.base, id)
			if err != nil {
				return nil, err
			}
			out[id] = strings.Clone(strings.TrimPrefix(t.Value(), a.h.names.base))
		}
	}
	return out, nil
}

// replaceSome replaces the records that were delivered.
func (a *application) replaceSome() error {
	before, gone := a.deliveredBefore(a.ledger.of(a.me)), 0
	err := a.spool.each(func(f *frame) error {
		if f.IRI == "" {
			return source.Errorf(source.Internal, "the kind %s delivered statements without a record though it did not deliver all that it has", a.s.Kind.Name)
		}
		topic, err := a.txn.ID(rdf.IRI(f.IRI))
		if err != nil {
			return err
		}
		i, had := a.ledger.held(topic, a.me)
		// What was added before in this run must be taken out after it was added, so it is on its way first.
		if err := a.flush(); err != nil {
			return err
		}
		if had && a.ledger.entries[i].id != store.NoID {
			if err := a.clear(a.ledger.entries[i].id); err != nil {
				return err
			}
		}
		if err := a.clearRecord(topic, f.IRI); err != nil {
			return err
		}
		if f.Deleted {
			if had {
				gone++
				return a.giveUp(i)
			}
			if !a.claims {
				a.report.Records.Removed++
			}
			if a.ledger.isRefused(topic, a.me) {
				gone++
				a.dropRefused(topic, a.me)
			}
			return nil
		}
		graph, ok, err := a.claim(f, func(int32) {}, map[store.ID]bool{})
		if err != nil || !ok {
			return err
		}
		if a.ledger.isRefused(topic, a.me) {
			a.dropRefused(topic, a.me)
		}
		if a.s.Graphs != "record" {
			a.reachable(f)
		}
		return a.put(f.Triples, graph)
	})
	if err != nil || !a.claims {
		return err
	}
	return a.limitRemoved(gone, before)
}

// clearRecord removes what the shared graph says about a record: about its IRI, and about blank nodes and IRIs below it that are reached
// from it.
func (a *application) clearRecord(topic store.ID, record string) error {
	seen := map[store.ID]bool{topic: true}
	queue := []store.ID{topic}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		var quads []store.Quad
		if err := scan(a.ctx, a.base, store.Range{Order: store.GSPO, Prefix: []store.ID{a.graph, s}}, func(q store.Quad) error {
			quads = append(quads, q)
			return nil
		}); err != nil {
			return err
		}
		if len(quads) == 0 {
			continue
		}
		if err := a.txn.RemoveIDs(quads); err != nil {
			return err
		}
		for _, q := range quads {
			o := q[store.O]
			if seen[o] || !o.InDictionary() || o.IsLiteral() {
				continue
			}
			seen[o] = true
			t, err := term(a.base, o)
			if err != nil {
				return err
			}
			if t.IsBlankNode() || t.IsIRI() && below(t.Value(), record) {
				if _, own := a.ledger.held(o, a.me); !own {
					queue = append(queue, o)
				}
			}
		}
	}
	return nil
}

// below reports whether an IRI is one of a part of a record.
func below(iri, record string) bool {
	rest, ok := strings.CutPrefix(iri, record)
	return ok && rest != "" && (rest[0] == '#' || rest[0] == '/')
}

// reachable leaves out triples that could not be found again from the record.
func (a *application) reachable(f *frame) {
	reached := map[rdf.Term]bool{rdf.IRI(f.IRI): true}
	for again := true; again; {
		again = false
		for _, t := range f.Triples {
			if reached[t.S] && !reached[t.O] && (t.O.IsBlankNode() || t.O.IsIRI() && below(t.O.Value(), f.IRI)) {
				reached[t.O], again = true, true
			}
		}
	}
	kept := f.Triples[:0]
	for _, t := range f.Triples {
		if t.S.IsIRI() && (t.P.Value() == vocab.OWL+"sameAs" || t.P.Value() == vocab.DCT+"identifier" && t.O.IsLiteral()) {
			kept = append(kept, t) // what identity adds about others stays true without the record
			continue
		}
		if !reached[t.S] {
			a.report.note(source.Note{Sort: source.Rejected, Record: f.IRI, Message: fmt.Sprintf(
				"a statement about %v does not belong to the record; with graphs: record it could be kept", t.S)})
			continue
		}
		kept = append(kept, t)
	}
	f.Triples = kept
}

// state adds a statement to the provenance.
func (a *application) state(s rdf.Term, p string, o rdf.Term) {
	a.told = append(a.told, rdf.Triple{S: s, P: rdf.IRI(p), O: o})
	if len(a.told) == toldBatch {
		a.tell()
	}
}

// toldBatch is how many statements of the provenance wait in memory. It is small, as each may keep the text of a whole record.
const toldBatch = 256

// tell spools what waits.
func (a *application) tell() {
	if a.untold == nil && len(a.told) > 0 {
		a.untold = a.tales.add(&frame{Triples: a.told})
	}
	clear(a.told)
	a.told = a.told[:0]
}

// writeTold adds the new statements of the provenance to the transaction.
func (a *application) writeTold() error {
	a.tell()
	if a.untold != nil {
		return a.untold
	}
	if err := a.tales.finish(); err != nil {
		return err
	}
	graph := a.h.names.provenance()
	if err := a.tales.each(func(f *frame) error { return a.put(f.Triples, graph) }); err != nil {
		return err
	}
	return a.flush()
}

func dateTime(t time.Time) rdf.Term {
	return rdf.Literal(t.UTC().Truncate(time.Second).Format("2006-01-02T15:04:05Z"), vocab.XSDDateTime)
}
