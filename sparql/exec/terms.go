package exec

import (
	"slices"

	"triplestore/rdf"
	"triplestore/sparql/expr"
	"triplestore/store"
)

// terms is the query's view of terms: those of the store, and its own under TagLocal IDs. A term that the store has or that can
// be inlined never gets a local ID, so equal terms have equal IDs. It is used by one goroutine at a time.
type terms struct {
	snap   store.Snapshot
	memory *memory
	local  []rdf.Term
	ids    map[rdf.Term]store.ID
	// cached are decoded terms of the dictionary.
	cached map[store.ID]expr.Value
	bytes  int64 // of cached
	limit  int64 // of bytes

	wanted []store.ID
	got    []rdf.Term
}

func newTerms(snap store.Snapshot, m *memory, locals []rdf.Term) *terms {
	t := &terms{snap: snap, memory: m, ids: map[rdf.Term]store.ID{}, cached: map[store.ID]expr.Value{}, limit: cacheLimit}
	if m.limit > 0 {
		t.limit = min(t.limit, m.limit/4)
	}
	for i, x := range locals {
		t.local = append(t.local, x)
		t.ids[x] = store.MakeID(store.TagLocal, 0, uint64(i))
	}
	return t
}

// intern gives the ID of a term.
func (t *terms) intern(x rdf.Term) (store.ID, error) {
	if x.IsZero() {
		return store.NoID, nil
	}
	if id, ok := store.Inline(x); ok {
		return id, nil
	}
	if id, ok := t.ids[x]; ok {
		return id, nil
	}
	id, ok, err := t.snap.ID(x)
	if err != nil {
		return 0, err
	}
	if !ok {
		id = store.MakeID(store.TagLocal, 0, uint64(len(t.local)))
		t.local = append(t.local, x)
	}
	t.ids[x] = id
	return id, t.memory.grow(int64(x.Size())*2 + 64)
}

// cacheLimit is how many bytes of decoded terms are kept before the cache starts anew.
const cacheLimit = 64 << 20

// prepare sees to it that value finds all of ids without going to the store one by one.
func (t *terms) prepare(cols ...[]store.ID) error {
	t.wanted = t.wanted[:0]
	for _, col := range cols {
		var last store.ID
		for _, id := range col {
			if id != last && id.InDictionary() {
				last = id
				if _, ok := t.cached[id]; !ok {
					t.wanted = append(t.wanted, id)
				}
			}
		}
	}
	if len(t.wanted) == 0 {
		return nil
	}
	slices.Sort(t.wanted)
	t.wanted = slices.Compact(t.wanted)
	t.got = resize(t.got, len(t.wanted))
	if err := t.fetch(t.wanted, t.got); err != nil {
		return err
	}
	if t.bytes > t.limit {
		clear(t.cached)
		_ = t.memory.grow(-t.bytes)
		t.bytes = 0
		// Everything of these columns is needed, not only what was missing.
		return t.prepare(cols...)
	}
	var bytes int64
	for i, id := range t.wanted {
		t.cached[id] = expr.FromTerm(t.got[i])
		bytes += int64(t.got[i].Size()) + 96
	}
	t.bytes += bytes
	return t.memory.grow(bytes)
}

// fetchedAtOnce is how many terms are fetched before their size is looked at.
const fetchedAtOnce = 256

// fetch gets terms of the dictionary. Literals may be long: those of a batch have to fit into the memory that is left.
func (t *terms) fetch(ids []store.ID, dst []rdf.Term) error {
	if t.memory.limit == 0 {
		return t.snap.Terms(ids, dst)
	}
	var bytes int64
	for at := 0; at < len(ids); at += fetchedAtOnce {
		end := min(at+fetchedAtOnce, len(ids))
		if err := t.snap.Terms(ids[at:end], dst[at:end]); err != nil {
			return err
		}
		for _, x := range dst[at:end] {
			bytes += int64(x.Size())
		}
		if err := t.memory.room(bytes); err != nil {
			return err
		}
	}
	return nil
}

// value decodes an ID. A term of the dictionary that prepare has not seen is fetched alone.
func (t *terms) value(id store.ID) (expr.Value, error) {
	switch tag := id.Tag(); {
	case id == store.NoID:
		return expr.Value{}, nil
	case tag == store.TagLocal:
		return expr.FromTerm(t.local[id.Number()]), nil
	case !id.InDictionary():
		return inlineValue(id), nil
	}
	if v, ok := t.cached[id]; ok {
		return v, nil
	}
	if err := t.prepare([]store.ID{id}); err != nil {
		return expr.Value{}, err
	}
	return t.cached[id], nil
}

// inlineValue decodes an ID that holds its value.
func inlineValue(id store.ID) expr.Value {
	switch id.Tag() {
	case store.TagInteger:
		return expr.Integer(id.Integer())
	case store.TagBoolean:
		return expr.Boolean(id.Boolean())
	case store.TagDouble:
		return expr.Double(id.Double())
	}
	x, _ := id.InlineTerm()
	return expr.FromTerm(x)
}

// decode writes the terms of a column to dst, fetching each distinct one once.
func (t *terms) decode(col []store.ID, dst []rdf.Term, s *decodeScratch) error {
	s.ids = s.ids[:0]
	for i, id := range col {
		switch {
		case id == store.NoID:
			dst[i] = rdf.Term{}
		case id.Tag() == store.TagLocal:
			dst[i] = t.local[id.Number()]
		case id.InDictionary():
			s.ids = append(s.ids, id)
		default:
			dst[i], _ = id.InlineTerm()
		}
	}
	if len(s.ids) == 0 {
		return nil
	}
	if !slices.IsSorted(s.ids) {
		slices.Sort(s.ids)
	}
	s.ids = slices.Compact(s.ids)
	s.terms = resize(s.terms, len(s.ids))
	if err := t.fetch(s.ids, s.terms); err != nil {
		return err
	}
	var last store.ID
	var lastTerm rdf.Term
	for i, id := range col {
		if id.InDictionary() {
			if id != last {
				k, _ := slices.BinarySearch(s.ids, id)
				last, lastTerm = id, s.terms[k]
			}
			dst[i] = lastTerm
		}
	}
	return nil
}

// values decodes a column at the given rows (all, where rows is nil) to the same places of dst.
func (t *terms) values(col []store.ID, rows []int32, dst []expr.Value, s *decodeScratch) error {
	n := len(rows)
	if rows == nil {
		n = len(col)
	}
	s.ids = s.ids[:0]
	var last store.ID
	for i := range n {
		r := i
		if rows != nil {
			r = int(rows[i])
		}
		id := col[r]
		switch {
		case id.InDictionary():
			if id != last {
				s.ids = append(s.ids, id)
				last = id
			}
		case id == store.NoID:
			dst[r] = expr.Value{}
		case id.Tag() == store.TagLocal:
			dst[r] = expr.FromTerm(t.local[id.Number()])
		default:
			dst[r] = inlineValue(id)
		}
	}
	if len(s.ids) == 0 {
		return nil
	}
	if !slices.IsSorted(s.ids) {
		slices.Sort(s.ids)
	}
	s.ids = slices.Compact(s.ids)
	s.terms = resize(s.terms, len(s.ids))
	if err := t.fetch(s.ids, s.terms); err != nil {
		return err
	}
	last = 0
	var v expr.Value
	for i := range n {
		r := i
		if rows != nil {
			r = int(rows[i])
		}
		if id := col[r]; id.InDictionary() {
			if id != last {
				k, _ := slices.BinarySearch(s.ids, id)
				last, v = id, expr.FromTerm(s.terms[k])
			}
			dst[r] = v
		}
	}
	return nil
}

// decodeScratch are the buffers of decode.
type decodeScratch struct {
	ids   []store.ID
	terms []rdf.Term
}
