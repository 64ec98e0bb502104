package harvest

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/zeebo/xxh3"

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
	rewriters []source.Rewriter
	spool     *spool
	show      func(source.Progress)

	mu     sync.Mutex
	report *SourceReport

	records atomic.Int64
	checked sync.Map // IRIs of predicates that are valid
}

var _ source.Sink = (*sink)(nil)

func (s *sink) Note(n source.Note) {
	s.mu.Lock()
	s.report.note(n)
	s.mu.Unlock()
}

func (s *sink) Progress(p source.Progress) {
	if s.show != nil {
		if p.Records == 0 {
			p.Records = s.records.Load()
		}
		s.show(p)
	}
}

func (s *sink) Record(r *source.Record) error {
	if err := s.ctx.Err(); err != nil {
		return context.Cause(s.ctx)
	}
	s.records.Add(1)
	own := *r
	own.Triples = append(make([]rdf.Triple, 0, len(r.Triples)+4), r.Triples...)
	for _, w := range s.rewriters {
		if err := w.Rewrite(&own, s.Note); err != nil {
			return err
		}
	}
	if own.IRI != "" {
		if err := iri.Check(own.IRI); err != nil {
			s.Note(source.Note{Sort: source.Rejected, Message: "the record is left out: its " + err.Error(), Place: own.Place, Record: own.IRI})
			return nil //nolint:nilerr // a record that is wrong is left out; the run goes on
		}
	}
	blank := false
	kept := own.Triples[:0]
	for _, t := range own.Triples {
		if err := s.check(t); err != nil {
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
	return s.spool.add(&frame{IRI: own.IRI, Deleted: own.Deleted, Sum: sumOf(kept), Triples: kept})
}

// sumOf names a set of triples, whatever their order.
func sumOf(triples []rdf.Triple) (sum xxh3.Uint128) {
	seen := make(map[rdf.Triple]struct{}, len(triples))
	var b []byte
	for _, t := range triples {
		if _, ok := seen[t]; ok {
			continue
		}
		seen[t] = struct{}{}
		b = t.AppendBinary(b[:0])
		h := xxh3.Hash128(b)
		lo := sum.Lo + h.Lo
		if lo < sum.Lo {
			sum.Hi++
		}
		sum.Lo = lo
		sum.Hi += h.Hi
	}
	return sum
}

func (s *sink) check(t rdf.Triple) error {
	switch {
	case !t.S.IsIRI() && !t.S.IsBlankNode():
		return fmt.Errorf("the subject %v is neither an IRI nor a blank node", t.S)
	case !t.P.IsIRI():
		return fmt.Errorf("the predicate %v is no IRI", t.P)
	case t.O.IsZero():
		return fmt.Errorf("a statement about %v has no object", t.S)
	}
	if t.S.IsIRI() {
		if err := iri.Check(t.S.Value()); err != nil {
			return fmt.Errorf("the subject <%s>: %w", t.S.Value(), err)
		}
	}
	if _, ok := s.checked.Load(t.P.Value()); !ok {
		if err := iri.Check(t.P.Value()); err != nil {
			return fmt.Errorf("the predicate <%s>: %w", t.P.Value(), err)
		}
		s.checked.Store(t.P.Clone().Value(), nil)
	}
	if t.O.IsIRI() {
		if err := iri.Check(t.O.Value()); err != nil {
			return fmt.Errorf("the object <%s> of <%s>: %w", t.O.Value(), t.P.Value(), err)
		}
	}
	return nil
}
