package harvest

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/zeebo/xxh3"

	"triplestore/loaders/recur"
	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/rdf/iri"
)

var discard = slog.New(slog.DiscardHandler)

// sink takes the records of a run, puts them right, names their blank nodes and keeps them until they are applied.
type sink struct {
	ctx       context.Context
	name      string
	sums      bool // of records are wanted
	rewriters []source.Rewriter
	spool     *spool
	show      func(source.Progress)
	share     *source.Share

	hide   *strings.Replacer // takes users and passwords out of what is told; nil where there are none
	mu     sync.Mutex
	report *SourceReport

	records atomic.Int64
	work    sync.Pool // of *work
}

// work is what the work on one record needs, kept for the next one.
type work struct {
	triples []rdf.Triple
	sums    []xxh3.Uint128
	buffer  []byte
	valid   recur.Table[struct{}] // IRIs that are valid: predicates, classes and codes come again and again
	subject string                // one that is valid; it is that of the record at hand
}

var _ source.Sink = (*sink)(nil)

func (s *sink) Note(n source.Note) {
	if s.hide != nil {
		n.Message, n.Place.Source = s.hide.Replace(n.Message), s.hide.Replace(n.Place.Source)
	}
	s.mu.Lock()
	s.report.note(n)
	s.mu.Unlock()
}

func (s *sink) Progress(p source.Progress) {
	if s.show != nil {
		if s.hide != nil {
			p.Doing = s.hide.Replace(p.Doing)
		}
		if p.Records == 0 {
			p.Records = s.records.Load()
		}
		s.show(p)
	}
}

// growRecords is after how many records the memory is counted that they take.
const growRecords = 1024

func (s *sink) Record(r *source.Record) error {
	if err := s.ctx.Err(); err != nil {
		return context.Cause(s.ctx)
	}
	if s.records.Add(1)%growRecords == 0 {
		if err := s.share.Grow(s.ctx, growRecords*spooledRecord); err != nil {
			return err
		}
	}
	w, _ := s.work.Get().(*work)
	if w == nil {
		w = &work{}
	}
	own := *r
	own.Triples = append(w.triples[:0], r.Triples...)
	defer func() {
		w.subject, w.triples = "", own.Triples
		clear(w.triples) // or they would keep the text that they are parts of
		if cap(w.triples) <= 1<<12 {
			s.work.Put(w)
		}
	}()
	for _, rw := range s.rewriters {
		if err := rw.Rewrite(&own, s.Note); err != nil {
			return err
		}
	}
	if own.IRI != "" {
		if err := iri.Check(own.IRI); err != nil {
			s.Note(source.Note{Sort: source.Rejected, Message: "the record is left out: its " + err.Error(), Place: own.Place, Record: own.IRI})
			return nil //nolint:nilerr // a record that is wrong is left out; the run goes on
		}
		w.subject = own.IRI
	}
	blank := false
	kept := own.Triples[:0]
	for _, t := range own.Triples {
		if err := w.check(t); err != nil {
			s.Note(source.Note{Sort: source.Rejected, Message: err.Error(), Place: own.Place, Record: own.IRI})
			continue
		}
		blank = blank || t.S.IsBlankNode() || t.O.IsBlankNode() || t.O.IsTriple() || t.S.IsTriple()
		kept = append(kept, t)
	}
	if blank && !own.Named {
		ties, err := canon.Stable(s.ctx, kept, canon.StableOptions{Scope: s.name})
		if err != nil {
			return err
		}
		if ties > 0 {
			s.Note(source.Note{Sort: source.Remark, Place: own.Place, Record: own.IRI, Message: fmt.Sprintf(
				"%d blank nodes are so alike that their names depend on their order: they may change although the source does not", ties)})
		}
	}
	f := frame{IRI: own.IRI, Deleted: own.Deleted, Triples: kept}
	if s.sums {
		f.Sum = w.sum(kept)
	}
	return s.spool.add(&f)
}

// sum names a set of triples, whatever their order.
func (w *work) sum(triples []rdf.Triple) (sum xxh3.Uint128) {
	w.sums = w.sums[:0]
	for _, t := range triples {
		w.buffer = t.AppendBinary(w.buffer[:0])
		w.sums = append(w.sums, xxh3.Hash128(w.buffer))
	}
	slices.SortFunc(w.sums, func(a, b xxh3.Uint128) int { return cmp.Or(cmp.Compare(a.Hi, b.Hi), cmp.Compare(a.Lo, b.Lo)) })
	for i, h := range w.sums {
		if i > 0 && h == w.sums[i-1] { // the same triple
			continue
		}
		lo := sum.Lo + h.Lo
		if lo < sum.Lo {
			sum.Hi++
		}
		sum.Lo = lo
		sum.Hi += h.Hi
	}
	return sum
}

func (w *work) check(t rdf.Triple) error {
	switch {
	case !t.S.IsIRI() && !t.S.IsBlankNode():
		return fmt.Errorf("the subject %v is neither an IRI nor a blank node", t.S)
	case !t.P.IsIRI():
		return fmt.Errorf("the predicate %v is no IRI", t.P)
	case t.O.IsZero():
		return fmt.Errorf("a statement about %v has no object", t.S)
	}
	if t.S.IsIRI() && t.S.Value() != w.subject {
		if err := iri.Check(t.S.Value()); err != nil {
			return fmt.Errorf("the subject <%s>: %w", t.S.Value(), err)
		}
		w.subject = t.S.Value()
	}
	if err := w.iri(t.P.Value()); err != nil {
		return fmt.Errorf("the predicate <%s>: %w", t.P.Value(), err)
	}
	switch {
	case t.O.IsIRI():
		if err := w.iri(t.O.Value()); err != nil {
			return fmt.Errorf("the object <%s> of <%s>: %w", t.O.Value(), t.P.Value(), err)
		}
	case t.O.IsLiteral() && t.O.Datatype() != "":
		if err := w.iri(t.O.Datatype()); err != nil {
			return fmt.Errorf("the datatype <%s> of a value of <%s>: %w", t.O.Datatype(), t.P.Value(), err)
		}
	}
	return nil
}

// iri checks an IRI that may have been checked before.
func (w *work) iri(s string) error {
	if _, ok := w.valid.Get(s); ok {
		return nil
	}
	if err := iri.Check(s); err != nil {
		return err
	}
	w.valid.Keep(s)
	return nil
}

// hider takes the users and passwords of the URLs that a section names out of texts; it is nil where there are none.
func hider(c source.Config) *strings.Replacer {
	l, ok := c.(source.Locator)
	if !ok {
		return nil
	}
	var pairs []string
	for _, address := range l.Locations() {
		_, rest, _ := strings.Cut(address, "://")
		if i := strings.IndexAny(rest, "/?#"); i >= 0 {
			rest = rest[:i]
		}
		if i := strings.LastIndex(rest, "@"); i >= 0 {
			pairs = append(pairs, "://"+rest[:i+1], "://")
		}
	}
	if pairs == nil {
		return nil
	}
	return strings.NewReplacer(pairs...)
}
