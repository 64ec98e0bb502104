package dictionary

import (
	"context"
	"sync"
	"sync/atomic"

	"triplestore/rdf"
	"triplestore/store"
)

// oldTerms is what a writer does to find terms that its base has at less cost than a search for each. Whoever loads once more what is
// there, or what refers to it, meets terms in about the order in which they are numbered: so when a second term of a block of the base is
// found, all terms of that block go to the table. And whoever loads what is new looks for most terms in vain: after some of that, a filter
// tells of most terms that they are not there.
type oldTerms struct {
	passes atomic.Pointer[filter] // what is in the base passes it, unless it is in the table; nil lets all pass
	vain   atomic.Uint64          // searches without success while there is no filter
	due    atomic.Bool            // a filter is wanted before the next search

	mu    sync.Mutex // guards what follows
	hits  map[uint64]uint8
	tried bool // to make a filter of the base
}

// A filter of the base is made after searches in vain that took as long: reading a hash takes a small part of a search.
const vainShare = 128

// rebase forgets the blocks of the old base. The filter stays good: what is added is in the table.
func (o *oldTerms) rebase() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hits, o.tried = nil, false
}

// spilled tells that the table is empty now, so that all terms are in the base. What filter there is, is of another one.
func (o *oldTerms) spilled() {
	o.passes.Store(nil)
	o.due.Store(true)
}

// again counts a term that was found in a block of the base, and reports whether it is the second one.
func (o *oldTerms) again(first uint64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.hits == nil {
		o.hits = map[uint64]uint8{}
	}
	n := o.hits[first]
	if n < 2 {
		o.hits[first] = n + 1
	}
	return n == 1
}

// oldID finds a term in the base.
func (w *Writer) oldID(key store.ID, t *rdf.Term) (store.ID, bool, error) {
	rows := w.base.root.Hash.Rows
	if rows == 0 {
		return store.NoID, false, nil
	}
	if w.old.due.Load() {
		if err := w.filterBase(); err != nil {
			return store.NoID, false, err
		}
	}
	f := w.old.passes.Load()
	if f != nil && !f.has(uint64(key)) {
		return store.NoID, false, nil
	}
	id, there, err := w.base.find(key, *t)
	switch {
	case err != nil:
		return store.NoID, false, err
	case there:
		return id, true, w.takeBlock(id.Number())
	case f == nil && w.old.vain.Add(1) > max(rows/vainShare, fewTerms):
		err = w.filterBase()
	}
	return store.NoID, false, err
}

// filterBase makes the filter of the base, once.
func (w *Writer) filterBase() error {
	w.old.mu.Lock()
	defer w.old.mu.Unlock()
	if w.old.tried {
		return nil
	}
	f, err := newFilter(context.Background(), w.base)
	if err != nil {
		return err
	}
	w.old.tried = true
	w.old.passes.Store(f)
	w.old.due.Store(false)
	return nil
}

// takeBlock puts all terms of the block of a term of the base into the table if that is the second term that is found in it.
func (w *Writer) takeBlock(n uint64) error {
	if w.Room > 0 && w.Bytes() > w.Room/2 {
		return nil
	}
	d := w.base
	ref := d.ref(n)
	if !w.old.again(ref.first) {
		return nil
	}
	b, err := d.block(ref)
	if err != nil {
		return err
	}
	for i := range b.count() {
		t, err := b.term(i)
		if err != nil {
			return err
		}
		key, second := d.key(t), w.second(t)
		s := &w.shards[key%shards]
		s.mu.Lock()
		if added := s.grow(); added > 0 {
			w.slots.Add(added)
		}
		if x := s.find(key, second); x.id == store.NoID {
			*x = slot{key, second, d.idOf(t, b.first+uint64(i))}
			s.used++
		}
		s.mu.Unlock()
	}
	return nil
}

// idOf is the ID of the term of the state with a number.
func (d *Dictionary) idOf(t rdf.Term, n uint64) store.ID {
	var index uint16
	tag := tagOf(&t)
	switch tag {
	case store.TagLang:
		index = d.languages.indexOf(t.Lang())
	case store.TagTyped:
		index = d.datatypes.indexOf(t.Datatype())
	}
	return store.MakeID(tag, index, n)
}

// indexOf is the number of a name, store.AuxOther if it has none.
func (t *table) indexOf(name string) uint16 {
	if i, ok := t.index[name]; ok {
		return i
	}
	return store.AuxOther
}
