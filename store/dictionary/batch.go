package dictionary

import (
	"errors"
	"hash/maphash"
	"math/bits"
	"math/rand/v2"

	"github.com/zeebo/xxh3"

	"triplestore/rdf"
	"triplestore/store"
)

// Batch is terms whose IDs are wanted together. A thousand terms that are looked for together cost a fraction of as many calls of
// [Writer.ID]: locks are taken once for each part of the table, and the misses of the processor's cache, of which each term is one,
// overlap. The zero Batch is empty. It is used by one goroutine at a time and again and again.
type Batch struct {
	items  []item
	wanted []int32 // those whose IDs are not known without the dictionary
	order  []int32 // the same by shards
	full   []*fullBlock
	sink   uint64
}

type item struct {
	term   *rdf.Term
	key    store.ID
	second uint64
	id     store.ID
}

// fewTerms is up to how many terms are looked for one by one.
const fewTerms = 64

// Reset empties the batch, which forgets the terms.
func (b *Batch) Reset() {
	clear(b.items)
	b.items, b.wanted = b.items[:0], b.wanted[:0]
}

// Add adds a term, which must stay where it is and as it is until Reset, and returns its place. The term is not the zero Term.
func (b *Batch) Add(t *rdf.Term) int {
	i := len(b.items)
	id, ok := store.Inline(*t)
	if !ok {
		id = store.NoID
		b.wanted = append(b.wanted, int32(i))
	}
	b.items = append(b.items, item{term: t, id: id})
	return i
}

// ID is the ID of the term at a place, NoID if there is none.
func (b *Batch) ID(i int) store.ID { return b.items[i].id }

// IDs finds the IDs of the terms of a batch, and with intern makes those that are missing, in the order in which the terms were added.
// After an error some of them may have been made. It may be called by several goroutines, each with a batch of its own.
func (w *Writer) IDs(b *Batch, intern bool) error {
	if len(b.wanted) < fewTerms {
		for _, i := range b.wanted {
			x := &b.items[i]
			id, _, err := w.id(*x.term, intern)
			if err != nil {
				return err
			}
			x.id = id
		}
		return nil
	}
	w.inTable(b)
	var err error
	for _, i := range b.wanted {
		if x := &b.items[i]; x.id == store.NoID {
			if x.id, err = w.missing(x.term, x.key, x.second, intern, &b.full); err != nil {
				break
			}
		}
	}
	err = errors.Join(err, w.closeAll(b.full)) // also after an error, which may concern one job of many
	clear(b.full)
	b.full = b.full[:0]
	return err
}

func (w *Writer) closeAll(full []*fullBlock) (err error) {
	for _, f := range full {
		err = errors.Join(err, w.close(f))
	}
	return err
}

// auxHashes are the hashes of a language or datatype, which is often that of the term before, too.
type auxHashes struct {
	aux         string
	key, second uint64
}

// hash gives both hashes of a term; see Dictionary.key and Writer.second.
func (w *Writer) hash(t *rdf.Term, last *auxHashes) (key store.ID, second uint64) {
	if t.IsTriple() {
		return w.base.key(*t), w.second(*t)
	}
	a, salt := aux(*t)
	value := t.Value()
	second = maphash.String(w.seed, value) + salt*secondSalt
	if a != "" {
		if a != last.aux {
			*last = auxHashes{a, xxh3.HashString(a), bits.RotateLeft64(maphash.String(w.seed, a), secondTurn)}
		}
		salt ^= last.key
		second += last.second
	}
	return w.base.keyOf(value, salt), second
}

// inTable finds the terms that are in the table.
func (w *Writer) inTable(b *Batch) {
	var place [shards]int32
	var last auxHashes
	for _, i := range b.wanted {
		x := &b.items[i]
		x.key, x.second = w.hash(x.term, &last)
		place[x.key%shards]++
	}
	sum := int32(0)
	for s, n := range place {
		place[s] = sum
		sum += n
	}
	if cap(b.order) < len(b.wanted) {
		b.order = make([]int32, len(b.wanted), 2*len(b.wanted))
	}
	order := b.order[:len(b.wanted)]
	for _, i := range b.wanted {
		p := &place[b.items[i].key%shards]
		order[*p] = i
		*p++
	}
	// Goroutines begin at different places, so that they rarely wait for each other.
	first := rand.Uint32()
	for k := range uint32(shards) {
		at := (first + k) % shards
		from := int32(0)
		if at > 0 {
			from = place[at-1]
		}
		part := order[from:place[at]]
		if len(part) == 0 {
			continue
		}
		s := &w.shards[at]
		s.mu.Lock()
		if len(s.slots) > 0 {
			mask, sum := uint64(len(s.slots)-1), uint64(0)
			for _, i := range part { // brings the slots into the cache, all at once
				sum += s.slots[b.items[i].second&mask].second
			}
			b.sink = sum
			for _, i := range part {
				x := &b.items[i]
				x.id = s.find(x.key, x.second).id
			}
		}
		s.mu.Unlock()
	}
}

// missing finds a term in the base, or makes its ID with intern, and puts it into the table, unless it is there meanwhile. A block that
// is full now is added to full, for the caller to close.
func (w *Writer) missing(t *rdf.Term, key store.ID, second uint64, intern bool, full *[]*fullBlock) (store.ID, error) {
	id, there, err := w.oldID(key, t)
	if err != nil {
		return store.NoID, err
	}
	if !there && !intern {
		return w.found(key, second), nil
	}
	s := &w.shards[key%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.grow(); n > 0 {
		w.slots.Add(n)
	}
	x := s.find(key, second)
	if x.id != store.NoID {
		return x.id, nil
	}
	if !there {
		var f *fullBlock
		if id, f, err = w.append(t); err != nil {
			return store.NoID, err
		}
		if f != nil {
			*full = append(*full, f)
		}
	}
	*x = slot{key, second, id}
	s.used++
	return id, nil
}

// found is the ID of a term that is in the table, else NoID.
func (w *Writer) found(key store.ID, second uint64) store.ID {
	s := &w.shards[key%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.slots) == 0 {
		return store.NoID
	}
	return s.find(key, second).id
}

// id is IDs for one term.
func (w *Writer) id(t rdf.Term, intern bool) (store.ID, bool, error) {
	if id, ok := store.Inline(t); ok {
		return id, true, nil
	}
	if t.IsZero() {
		return store.NoID, false, errors.New("dictionary: the zero Term has no ID")
	}
	key, second := w.base.key(t), w.second(t)
	if id := w.found(key, second); id != store.NoID {
		return id, true, nil
	}
	var full []*fullBlock
	id, err := w.missing(&t, key, second, intern, &full)
	if err = errors.Join(err, w.closeAll(full)); err != nil {
		return store.NoID, false, err
	}
	return id, id != store.NoID, nil
}
