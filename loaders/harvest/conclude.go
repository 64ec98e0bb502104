package harvest

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/store"
	"triplestore/vocab"
)

// conclude counts what the run changed, derives facts from it and writes the provenance. Where nothing changed it does nothing, so that there
// is no commit.
func (a *application) conclude() error {
	predicates, err := a.count()
	if err != nil {
		return err
	}
	facts := a.ledger.sources[a.me]
	first := facts == nil || facts.LastRun == ""
	if err := a.derive(predicates); err != nil {
		return err
	}
	forgotten := facts != nil && facts.State == nil && a.outcome.State != nil
	if len(predicates) == 0 && len(a.report.Derived) == 0 && !a.turned && !first && !forgotten {
		a.report.Status = Unchanged
		a.report.Run = ""
		return nil
	}
	a.report.Status = Changed
	a.report.Notes = worth(a.report.Notes)
	if err := a.write(facts); err != nil {
		return err
	}
	if a.dry {
		return errDry
	}
	return nil
}

// count counts the statements that the transaction added and removed so far, and gives their predicates.
func (a *application) count() (map[string]bool, error) {
	now, err := a.txn.Snapshot()
	if err != nil {
		return nil, err
	}
	ids := map[store.ID]bool{}
	err = func() error {
		for c, err := range changes(a.ctx, a.h.o.Store, a.base, now) {
			if err != nil {
				return err
			}
			if c.Deleted {
				a.report.Removed++
			} else {
				a.report.Added++
			}
			ids[c.Quad[store.P]] = true
		}
		return nil
	}()
	predicates := make(map[string]bool, len(ids))
	for id := range ids {
		if err != nil {
			break
		}
		var t rdf.Term
		t, err = term(now, id)
		predicates[strings.Clone(t.Value())] = true
	}
	return predicates, errors.Join(err, now.Close())
}

// derive brings the facts up to date that rules derive, from the first rule on that what changed can matter to. It adds the predicates of facts
// that changed.
func (a *application) derive(predicates map[string]bool) error {
	old, err := a.ruleStates()
	if err != nil {
		return err
	}
	begin := -1
	for i, r := range a.h.rules {
		if r.touched(predicates) || old[r.Name].fingerprint != r.fingerprint {
			begin = i
			break
		}
	}
	// Rules that are gone from the configuration go with their facts.
	for name, o := range old {
		if !slices.ContainsFunc(a.h.rules, func(r *Rule) bool { return r.Name == name }) {
			d := DerivedReport{Rule: name, Graph: a.h.names.derived(name).Value(), Removed: int64(o.facts)}
			if err := a.clear(o.graph); err != nil {
				return err
			}
			a.dropSubject(o.graph)
			a.report.Derived = append(a.report.Derived, d)
			if begin < 0 && len(a.h.rules) > 0 {
				begin = 0
			}
		}
	}
	if begin < 0 {
		return nil
	}
	for _, r := range a.h.rules[begin:] {
		if o, ok := old[r.Name]; ok {
			if err := a.clear(o.graph); err != nil {
				return err
			}
		}
	}
	for _, r := range a.h.rules[begin:] {
		if err := a.rule(r, old[r.Name], predicates); err != nil {
			return err
		}
	}
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

func (a *application) rule(r *Rule, old ruleState, predicates map[string]bool) error {
	n, err := a.txn.Snapshot()
	if err != nil {
		return err
	}
	triples, err := r.derive(a.ctx, n)
	if err = errors.Join(err, n.Close()); err != nil {
		return err
	}
	graph := a.h.names.derived(r.Name)
	d := DerivedReport{Rule: r.Name, Graph: graph.Value(), Facts: int64(len(triples))}
	was := map[rdf.Triple]bool{}
	if old.facts > 0 {
		var quads []store.Quad
		if err := scan(a.ctx, a.base, store.Range{Order: store.GSPO, Prefix: []store.ID{old.graph}}, func(q store.Quad) error {
			quads = append(quads, q)
			return nil
		}); err != nil {
			return err
		}
		for _, q := range quads {
			var t [3]rdf.Term
			if err := a.base.Terms([]store.ID{q[store.S], q[store.P], q[store.O]}, t[:]); err != nil {
				return err
			}
			was[rdf.Triple{S: t[0], P: t[1], O: t[2]}] = true
		}
	}
	changed := map[string]bool{}
	for _, t := range triples {
		if was[t] {
			delete(was, t)
			continue
		}
		d.Added++
		changed[t.P.Value()] = true
	}
	for t := range was {
		d.Removed++
		changed[t.P.Value()] = true
	}
	for p := range changed {
		predicates[p] = true
	}
	if err := a.put(triples, graph); err != nil {
		return err
	}
	if err := a.flush(); err != nil {
		return err
	}
	if d.Added+d.Removed == 0 && old.fingerprint == r.fingerprint {
		return nil
	}
	a.report.Derived = append(a.report.Derived, d)
	if old.graph != store.NoID {
		a.dropSubject(old.graph)
	}
	a.state(graph, vocab.RDFType, rdf.IRI(vocab.HVRule))
	a.state(graph, vocab.RDFType, rdf.IRI(vocab.PROVPlan))
	a.state(graph, vocab.DCTTitle, rdf.String(cmp.Or(r.Title, r.Name)))
	a.state(graph, vocab.HVFingerprint, rdf.String(r.fingerprint))
	a.state(graph, vocab.RDFValue, rdf.String(r.Text))
	a.state(graph, vocab.DCTModified, dateTime(a.started))
	return nil
}

// provenanceNotes is how many notes of a run are kept in the store; the report has more.
const provenanceNotes = 100

// write brings the provenance up to date.
func (a *application) write(facts *sourceFacts) error {
	me := rdf.IRI(a.h.names.source(a.s.Name))
	run := rdf.IRI(a.report.Run)
	r := a.report
	var drop []store.Quad
	if a.ledger.graph != store.NoID {
		// The source is described anew, but for the records that it was refused.
		refused, _, err := a.base.ID(rdf.IRI(vocab.HVRefused))
		if err != nil {
			return err
		}
		if err := scan(a.ctx, a.base, store.Range{Order: store.GSPO, Prefix: []store.ID{a.ledger.graph, a.me}}, func(q store.Quad) error {
			if q[store.P] != refused {
				drop = append(drop, q)
			}
			return nil
		}); err != nil {
			return err
		}
		if err := a.oldRuns(); err != nil {
			return err
		}
		for _, q := range a.dropQ {
			if q[store.P] != store.NoID {
				drop = append(drop, q)
				continue
			}
			if err := scan(a.ctx, a.base, store.Range{Order: store.GSPO, Prefix: []store.ID{a.ledger.graph, q[store.S]}}, func(q store.Quad) error {
				drop = append(drop, q)
				return nil
			}); err != nil {
				return err
			}
		}
	}
	a.state(me, vocab.RDFType, rdf.IRI(vocab.HVSource))
	a.state(me, vocab.RDFType, rdf.IRI(vocab.PROVEntity))
	a.state(me, vocab.DCTTitle, rdf.String(cmp.Or(a.s.Title, a.s.Name)))
	a.state(me, vocab.DCTIdentifier, rdf.String(a.s.Name))
	a.state(me, vocab.HVKind, rdf.String(a.s.Kind.Name))
	a.state(me, vocab.HVGraph, rdf.IRI(a.s.Graph))
	a.state(me, vocab.HVFingerprint, rdf.String(a.s.fingerprint))
	a.state(me, vocab.HVLastRun, run)
	a.state(me, vocab.PROVWasGeneratedBy, run)
	if a.outcome.State != nil {
		a.state(me, vocab.HVState, rdf.Literal(string(a.outcome.State), vocab.RDFJSON))
	} else if facts != nil && facts.State != nil && facts.Fingerprint == a.s.fingerprint && a.outcome.Unchanged {
		a.state(me, vocab.HVState, rdf.Literal(string(facts.State), vocab.RDFJSON))
	}
	integer := func(p string, n int64) { a.state(run, p, rdf.Literal(strconv.FormatInt(n, 10), vocab.XSDInteger)) }
	a.state(run, vocab.RDFType, rdf.IRI(vocab.HVRun))
	a.state(run, vocab.RDFType, rdf.IRI(vocab.PROVActivity))
	a.state(run, vocab.PROVStartedAtTime, dateTime(r.Started))
	a.state(run, vocab.PROVEndedAtTime, dateTime(a.h.o.Clock.Now()))
	a.state(run, vocab.PROVUsed, me)
	for _, l := range locations(a.s.config) {
		a.state(me, vocab.DCTSource, rdf.IRI(l))
	}
	a.state(run, vocab.PROVGenerated, rdf.IRI(a.s.Graph))
	a.state(run, vocab.PROVWasAssociatedWith, rdf.IRI(a.h.names.base+"provenance/agent"))
	a.state(rdf.IRI(a.h.names.base+"provenance/agent"), vocab.RDFType, rdf.IRI(vocab.PROVSoftwareAgent))
	a.state(rdf.IRI(a.h.names.base+"provenance/agent"), vocab.FOAFName, rdf.String("triplestore"))
	if r.Checksum != "" {
		a.state(run, vocab.HVChecksum, rdf.String(r.Checksum))
	}
	integer(vocab.HVAdded, r.Added)
	integer(vocab.HVRemoved, r.Removed)
	integer(vocab.HVRecords, r.Records.Read)
	integer(vocab.HVRecordsAdded, r.Records.Added)
	integer(vocab.HVRecordsChanged, r.Records.Changed)
	integer(vocab.HVRecordsRemoved, r.Records.Removed)
	integer(vocab.HVRejected, r.Rejected)
	integer(vocab.HVNormalised, r.Normalised)
	integer(vocab.HVUnmatched, r.Unmatched)
	for i, n := range r.Notes[:min(len(r.Notes), provenanceNotes)] {
		note := rdf.IRI(a.report.Run + "#note-" + strconv.Itoa(i+1))
		a.state(run, vocab.HVNote, note)
		a.state(note, vocab.RDFType, rdf.IRI(vocab.HVNoteClass))
		a.state(note, vocab.HVSort, rdf.String(string(n.Sort)))
		a.state(note, vocab.DCTDescription, rdf.String(n.Message))
		if p := n.Place.String(); p != "" {
			a.state(note, vocab.HVPlace, rdf.String(p))
		}
		if n.Record != "" && n.Sort != source.Rejected {
			a.state(note, vocab.HVRecord, rdf.IRI(n.Record))
		} else if n.Record != "" {
			a.state(note, vocab.HVRecord, rdf.String(n.Record)) // it may be the IRI itself that is wrong
		}
	}
	if err := a.txn.RemoveIDs(drop); err != nil {
		return err
	}
	return a.txn.Add(a.ledgerQ)
}

// worth brings rejections and conflicts to the front.
func worth(notes []source.Note) []source.Note {
	rank := func(n source.Note) int {
		return slices.Index([]source.Sort{source.Rejected, source.Conflict}, n.Sort) & 3
	}
	slices.SortStableFunc(notes, func(a, b source.Note) int { return rank(a) - rank(b) }) // -1 & 3 is 3: the others come last
	return notes
}

// oldRuns drops the runs of the source beyond those that are to be kept. Runs that catalogue records came from stay.
func (a *application) oldRuns() error {
	used, ok, err := a.base.ID(rdf.IRI(vocab.PROVUsed))
	if err != nil || !ok {
		return err
	}
	type run struct {
		id  store.ID
		iri string
	}
	var runs []run
	if err := scan(a.ctx, a.base, store.Range{Order: store.POSG, Prefix: []store.ID{used, a.me}}, func(q store.Quad) error {
		t, err := term(a.base, q[store.S])
		if q[store.G] == a.ledger.graph {
			runs = append(runs, run{q[store.S], strings.Clone(t.Value())})
		}
		return err
	}); err != nil {
		return err
	}
	slices.SortFunc(runs, func(x, y run) int { return cmp.Compare(x.iri, y.iri) })
	keep := a.h.o.Config.file.KeepRuns - 1
	if len(runs) <= keep {
		return nil
	}
	note, _, err := a.base.ID(rdf.IRI(vocab.HVNote))
	if err != nil {
		return err
	}
	for _, r := range runs[:len(runs)-keep] {
		a.dropSubject(r.id)
		if err := scan(a.ctx, a.base, store.Range{Order: store.GSPO, Prefix: []store.ID{a.ledger.graph, r.id}}, func(q store.Quad) error {
			if q[store.P] == note {
				a.dropSubject(q[store.O])
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

func locations(c source.Config) (out []string) {
	if l, ok := c.(source.Locator); ok {
		for _, u := range l.Locations() {
			if safe := withoutUser(u); safe != "" {
				out = append(out, safe)
			}
		}
	}
	return out
}

func runID(t time.Time) string { return t.UTC().Format("20060102T150405.000000Z") }
