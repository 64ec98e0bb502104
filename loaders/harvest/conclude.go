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
	watched, err := a.watched(now)
	if err != nil {
		return nil, errors.Join(err, now.Close())
	}
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
			if watched[c.Quad[store.P]] {
				a.differ(c.Quad)
			}
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
	return a.writeTold()
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
