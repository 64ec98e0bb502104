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
	shown  map[rdf.Term]store.ID // see internShown
	// cached are decoded terms of the dictionary.
	cached map[store.ID]expr.Value
	bytes  int64 // of cached
	limit  int64 // of bytes

	wanted []store.ID
	got    []rdf.Term
}

// init makes the zero terms ready for use.
func (t *terms) init(snap store.Snapshot, m *memory, locals []rdf.Term) {
	t.snap, t.memory, t.limit = snap, m, cacheLimit
	if b := m.bound(); b > 0 {
		t.limit = min(t.limit, b/4)
	}
	for i, x := range locals {
		t.local = append(t.local, x)
		t.know(x, store.MakeID(store.TagLocal, 0, uint64(i)))
	}
}

func (t *terms) know(x rdf.Term, id store.ID) {
	if t.ids == nil {
		t.ids = map[rdf.Term]store.ID{}
	}
	t.ids[x] = id
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
	t.know(x, id)
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
	if t.cached == nil {
		t.cached = map[store.ID]expr.Value{}
	}
	var bytes int64
	for i, id := range t.wanted {
		t.cached[id] = expr.FromTerm(t.got[i])
		bytes += int64(t.got[i].Size()) + 96
	}
	t.bytes += bytes
	err := t.memory.grow(bytes)
	if noMemory(err) && bytes < t.bytes { // rather without what was decoded before
		clear(t.cached)
		_ = t.memory.grow(-t.bytes)
		t.bytes = 0
		return t.prepare(cols...)
	}
	return err
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
	s.begin()
	if len(col) >= recentFrom && s.recent == nil {
		s.recent = new([recentTerms]recentTerm)
	}
	recent := s.recent
	for i, id := range col {
		switch {
		case id.InDictionary():
			if recent != nil {
				if k := &recent[uint64(id)%recentTerms]; k.id == id {
					dst[i] = k.term
					continue
				}
			}
			s.want(int32(i), id)
		case id == store.NoID:
			dst[i] = rdf.Term{}
		case id.Tag() == store.TagLocal:
			dst[i] = t.local[id.Number()]
		default:
			dst[i], _ = id.InlineTerm()
		}
	}
	if err := s.fetch(t, col); err != nil {
		return err
	}
	at, copies := 0, 0
	for _, r := range s.rows {
		if s.ids[at] != col[r] {
			at, copies = at+1, 0
		}
		if copies++; copies == 2 && recent != nil {
			recent[uint64(s.ids[at])%recentTerms] = recentTerm{s.ids[at], s.terms[at]}
		}
		dst[r] = s.terms[at]
	}
	return nil
}

// values decodes a column at the given rows (all, where rows is nil) to the same places of dst.
func (t *terms) values(col []store.ID, rows []int32, dst []expr.Value, s *decodeScratch) error {
	n := len(rows)
	if rows == nil {
		n = len(col)
	}
	s.begin()
	for i := range n {
		r := i
		if rows != nil {
			r = int(rows[i])
		}
		id := col[r]
		switch {
		case id.InDictionary():
			s.want(int32(r), id)
		case id == store.NoID:
			dst[r] = expr.Value{}
		case id.Tag() == store.TagLocal:
			dst[r] = expr.FromTerm(t.local[id.Number()])
		default:
			dst[r] = inlineValue(id)
		}
	}
	if err := s.fetch(t, col); err != nil {
		return err
	}
	at, made := 0, -1
	var v expr.Value
	for _, r := range s.rows {
		if s.ids[at] != col[r] {
			at++
		}
		if made != at {
			made, v = at, expr.FromTerm(s.terms[at])
		}
		dst[r] = v
	}
	return nil
}

// decodeScratch are the buffers of decode and values.
type decodeScratch struct {
	rows   []int32 // those with terms of the dictionary, in the order of their numbers once fetched
	ids    []store.ID
	terms  []rdf.Term
	last   uint64
	jumps  bool // the numbers of rows are not ascending
	sorter rowSorter
	recent *[recentTerms]recentTerm
}

// recentTerms are kept from batch to batch by decode: those that a batch has more than once, such as predicates. recentFrom is from how
// many rows on a batch is worth it.
const (
	recentTerms = 256
	recentFrom  = 512
)

type recentTerm struct {
	id   store.ID
	term rdf.Term
}

// numberBits are the bits of ID.Number, in whose order the dictionary has its terms.
const numberBits = store.ID(1)<<48 - 1

func (s *decodeScratch) begin() { s.rows, s.ids, s.last, s.jumps = s.rows[:0], s.ids[:0], 0, false }

// want notes that a row needs its term.
func (s *decodeScratch) want(row int32, id store.ID) {
	s.rows = append(s.rows, row)
	n := id.Number()
	s.jumps = s.jumps || n < s.last
	s.last = n
}

// fetch gets the terms of the rows: ids are their different IDs in the order of their numbers, terms what these stand for.
func (s *decodeScratch) fetch(t *terms, col []store.ID) error {
	if len(s.rows) == 0 {
		return nil
	}
	if s.jumps {
		s.sorter.byOne(s.rows, col, numberBits)
	}
	for _, r := range s.rows {
		if id := col[r]; len(s.ids) == 0 || id != s.ids[len(s.ids)-1] {
			s.ids = append(s.ids, id)
		}
	}
	s.terms = resize(s.terms, len(s.ids))
	return t.fetch(s.ids, s.terms)
}
