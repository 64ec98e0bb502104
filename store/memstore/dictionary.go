package memstore

import (
	"sync"

	"triplestore/rdf"
	"triplestore/store"
)

// dictionary numbers terms in order of first occurrence. It only grows, but for the rollback of a failed transaction.
type dictionary struct {
	mu                   sync.RWMutex
	ids                  map[rdf.Term]store.ID
	terms                []rdf.Term
	byNumber             []store.ID
	languages, datatypes table
}

// mark is a size of the dictionary, by which a snapshot knows what is its own.
type mark struct{ terms, languages, datatypes int }

// table numbers languages or datatypes up to AuxOther.
type table struct {
	mu    sync.RWMutex
	index map[string]uint16
	list  []string
}

func newDictionary() *dictionary {
	d := &dictionary{ids: map[rdf.Term]store.ID{}}
	d.languages.index, d.datatypes.index = map[string]uint16{}, map[string]uint16{}
	return d
}

func (t *table) intern(s string) uint16 {
	t.mu.Lock()
	defer t.mu.Unlock()
	i, ok := t.index[s]
	if !ok {
		if len(t.list) == store.AuxOther {
			return store.AuxOther
		}
		i = uint16(len(t.list))
		t.index[s] = i
		t.list = append(t.list, s)
	}
	return i
}

func (t *table) names(n int) []string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.list[:n:n]
}

func (t *table) rollback(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.list[n:] {
		delete(t.index, s)
	}
	t.list = append([]string(nil), t.list[:n]...)
}

func (t *table) size() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.list)
}

func (d *dictionary) mark() mark {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return mark{len(d.terms), d.languages.size(), d.datatypes.size()}
}

func (d *dictionary) rollback(m mark) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, t := range d.terms[m.terms:] {
		delete(d.ids, t)
	}
	d.terms, d.byNumber = d.terms[:m.terms], d.byNumber[:m.terms]
	d.languages.rollback(m.languages)
	d.datatypes.rollback(m.datatypes)
}

func (d *dictionary) lookup(t rdf.Term) (store.ID, bool) {
	if id, ok := store.Inline(t); ok {
		return id, true
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	id, ok := d.ids[t]
	return id, ok
}

// intern gives NoID for the zero Term.
func (d *dictionary) intern(t rdf.Term) store.ID {
	if id, ok := d.lookup(t); ok || t.IsZero() {
		return id
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if id, ok := d.ids[t]; ok {
		return id
	}
	t = t.Clone()
	tag, aux := store.TagIRI, uint16(0)
	switch t.Kind() {
	case rdf.KindBlankNode:
		tag = store.TagBlankNode
	case rdf.KindLiteral:
		tag = store.TagString
		if dt := t.Datatype(); dt != rdf.String("").Datatype() {
			tag, aux = store.TagTyped, d.datatypes.intern(dt)
		}
	case rdf.KindLangLiteral:
		tag, aux = store.TagLang, d.languages.intern(t.Lang())
	case rdf.KindTriple:
		tag = store.TagTriple
	}
	id := store.MakeID(tag, aux, uint64(len(d.terms)))
	d.ids[t] = id
	d.terms = append(d.terms, t)
	d.byNumber = append(d.byNumber, id)
	return id
}

func (d *dictionary) term(id store.ID, m mark) rdf.Term {
	if !id.InDictionary() {
		t, _ := id.InlineTerm()
		return t
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	n := id.Number()
	if n >= uint64(min(m.terms, len(d.terms))) || d.byNumber[n] != id {
		return rdf.Term{}
	}
	return d.terms[n]
}
