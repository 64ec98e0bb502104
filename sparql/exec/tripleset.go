package exec

import "triplestore/store"

// tripleSet drops triples that were there before, for as long as it may remember more. Most triples are numbers in one table, so that a look is one miss of
// the processor's cache: subjects and objects that are among the first 1<<28 terms of the dictionary, with one of the first 255 predicates.
type tripleSet struct {
	q      *Query
	packed idSet
	verbs  [verbSlots]store.ID // where known predicates are, by a hash; the place is the number
	rest   *keySet             // of triples that are no numbers
	held   held
	full   bool
}

// tripleSetLimit is how many bytes the triples of a result may take for telling repetitions.
const tripleSetLimit = 256 << 20

const (
	nodeBits  = 28
	verbSlots = 256
	verbTries = 4 // places that a predicate may have
)

// seenTriple is a triple that a tripleSet is asked for. known is false where one of the terms has no ID.
type seenTriple struct {
	key    [3]store.ID
	number store.ID // see tripleSet.pack
	hash   uint64   // of the number, or of the key where there is none
	known  bool
	packed bool
}

func newTripleSet(q *Query) *tripleSet {
	return &tripleSet{q: q, rest: newKeySet(3), held: held{m: q.memory}}
}

// pack makes a number of a triple, different ones of different triples, if that is possible: then it always is for this triple.
func (s *tripleSet) pack(k *[3]store.ID) (store.ID, bool) {
	subject, object := k[0].Number()+1, k[2].Number()+1
	if !k[0].InDictionary() || !k[2].InDictionary() || subject >= 1<<nodeBits || object >= 1<<nodeBits {
		return 0, false
	}
	first := hashOne(k[1])
	for i := range uint64(verbTries) {
		switch at := (first + i) % verbSlots; s.verbs[at] {
		case store.NoID:
			s.verbs[at] = k[1]
			fallthrough
		case k[1]:
			return store.ID(at<<(2*nodeBits) | subject<<nodeBits | object), true
		}
	}
	return 0, false
}

// prepare computes by what a triple, whose key is set, is looked up.
func (s *tripleSet) prepare(t *seenTriple) {
	if t.number, t.packed = s.pack(&t.key); t.packed {
		t.hash = hashOne(t.number)
	} else {
		t.hash = s.rest.hash(t.key[:])
	}
}

// add reports whether a triple is new.
func (s *tripleSet) add(k [3]store.ID) bool {
	t := seenTriple{key: k}
	s.prepare(&t)
	return s.fresh(&t)
}

// fresh reports whether a triple that was prepared is new.
func (s *tripleSet) fresh(t *seenTriple) bool {
	if s.full {
		if t.packed {
			return !s.packed.has(t.number)
		}
		return s.rest.find(t.key[:]) < 0
	}
	if more := int64(len(s.packed.slots)) * 8; t.packed && s.packed.n*3 >= len(s.packed.slots)*2 && s.tooMuch(s.bytes()+more) { // it would double
		s.full = true
		return !s.packed.has(t.number)
	}
	size := s.bytes()
	var fresh bool
	if t.packed {
		fresh = s.packed.add(t.number)
	} else {
		n := s.rest.n
		s.rest.addHashed(t.key[:], t.hash)
		fresh = s.rest.n > n
	}
	if grown := s.bytes() - size; grown > 0 {
		s.full = s.held.grow(grown) != nil || s.tooMuch(s.bytes())
	}
	return fresh
}

// tooMuch reports whether a set may not have so many bytes.
func (s *tripleSet) tooMuch(bytes int64) bool {
	limit := s.q.memory.limit
	const beside = 4096 // where one of both parts has nearly all
	return bytes > tripleSetLimit+beside || limit > 0 && bytes > limit/2
}

// expect brings what triples that were prepared are compared with into the processor's cache, for all of them at once; see idSet.addAll.
func (s *tripleSet) expect(triples []seenTriple) {
	if len(s.packed.slots) < missesFrom && len(s.rest.slots) < missesFrom {
		return
	}
	sum := store.ID(0)
	slots, rest, keys := s.packed.slots, s.rest.slots, s.rest.keys
	mask, restMask := uint64(len(slots)-1), uint64(len(rest)-1)
	for i := range triples {
		switch t := &triples[i]; {
		case t.packed:
			if len(slots) > 0 {
				sum += slots[t.hash&mask]
			}
		default:
			if n := rest[t.hash&restMask]; n > 0 {
				sum += keys[3*(n-1)]
			}
		}
	}
	touched(sum)
}

func (s *tripleSet) bytes() int64 { return s.packed.bytes() + s.rest.bytes() }

func (s *tripleSet) release() {
	s.held.release()
	s.packed.release()
	s.rest.release()
}
