package badgerstore

import (
	"fmt"
	"slices"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/dictionary"
	"triplestore/store/relation"
)

// translation makes rows of IDs of quads. It is used by one goroutine at a time, for one list of quads after the other.
type translation struct {
	terms  dictionary.Batch
	places [][4]int32 // of the terms of a quad in the batch
	rows   []relation.Row

	// Predicates, and objects and graphs, that come again and again.
	predicates [64]seen
	others     [64]seen
}

// seen is a term and its place in the batch.
type seen struct {
	term *rdf.Term
	at   int32
}

const (
	defaultGraph = -1 // as a place: the graph without a name
	longList     = 1 << 16
)

// reset forgets the quads.
func (x *translation) reset() {
	x.terms.Reset()
	x.predicates, x.others = [64]seen{}, [64]seen{}
	if cap(x.rows) > longList {
		*x = translation{}
	}
}

// again finds a term among those that came before, or adds it.
func (x *translation) again(list *[64]seen, t *rdf.Term) int32 {
	v := t.Value()
	h := uint(len(v)) * 7
	if n := len(v); n > 2 {
		h += uint(v[n-1])*31 + uint(v[n-3])*5 + uint(v[n/2])
	}
	k := &list[h%uint(len(list))]
	if k.term == nil || *k.term != *t {
		*k = seen{t, int32(x.terms.Add(t))} //nolint:gosec // a list has fewer terms
	}
	return k.at
}

// rowsOf makes the rows of quads. Without intern, quads with terms that are unknown are left out.
func (x *translation) rowsOf(w *dictionary.Writer, quads []rdf.Quad, intern bool) error {
	x.places = slices.Grow(x.places[:0], len(quads))[:len(quads)]
	x.rows = slices.Grow(x.rows[:0], len(quads))
	var last *rdf.Term
	var subject int32
	for i := range quads {
		q := &quads[i]
		if q.S.IsZero() || q.P.IsZero() || q.O.IsZero() {
			if intern {
				return fmt.Errorf("store: a quad without %s", missingTerm(q))
			}
			x.places[i][0] = -1
			continue
		}
		if last == nil || q.S != *last {
			last, subject = &q.S, int32(x.terms.Add(&q.S)) //nolint:gosec // a list has fewer terms
		}
		p := &x.places[i]
		p[0] = subject
		p[1] = x.again(&x.predicates, &q.P)
		p[2] = x.again(&x.others, &q.O)
		if p[3] = defaultGraph; !q.G.IsZero() {
			p[3] = x.again(&x.others, &q.G)
		}
	}
	if err := w.IDs(&x.terms, intern); err != nil {
		return err
	}
	for i := range x.places {
		p := &x.places[i]
		if p[0] < 0 {
			continue
		}
		row := relation.Row{x.terms.ID(int(p[0])), x.terms.ID(int(p[1])), x.terms.ID(int(p[2])), store.DefaultGraph}
		if p[3] != defaultGraph {
			row[3] = x.terms.ID(int(p[3]))
		}
		if row[0] == store.NoID || row[1] == store.NoID || row[2] == store.NoID || row[3] == store.NoID { // not with intern
			continue
		}
		if err := store.Quad(row).Check(); err != nil {
			if !intern {
				continue
			}
			return fmt.Errorf("%w: %v", err, quads[i])
		}
		x.rows = append(x.rows, row)
	}
	return nil
}

func missingTerm(q *rdf.Quad) string {
	switch {
	case q.S.IsZero():
		return "a subject"
	case q.P.IsZero():
		return "a predicate"
	}
	return "an object"
}
