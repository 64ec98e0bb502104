package server

import (
	"sync"

	"triplestore/rdf"
	"triplestore/store"
)

// labelCache keeps the names of resources, in whatever languages they have some, by the state of the store and the scope of the caller: a name
// that is stated in a closed graph is found by those alone who may read it. It holds about labelBytes and forgets what was not asked for lately. It
// is safe for concurrent use.
type labelCache struct {
	mu     sync.Mutex
	states map[string]*labelState
	last   uint64 // number of a state
	// young are those since it was last full, old those of the time before.
	young, old map[labelKey][]rdf.Term
	bytes      int // of the young
}

// labelState is a state of the store as a caller sees it.
type labelState struct {
	number     uint64
	predicates []store.ID // those of labelPredicates that the store knows
}

type labelKey struct {
	state uint64
	id    store.ID
}

const (
	labelBytes    = 16 << 20
	labelOverhead = 96      // bytes of an entry besides its texts, about
	maxLabelBytes = 4 << 10 // of one resource: what has more is read anew
	labelStates   = 64      // that are told apart at a time
)

// state gives what is known of a state, by Server.stateKey.
func (c *labelCache) state(key string, snap store.Snapshot) (*labelState, error) {
	c.mu.Lock()
	s := c.states[key]
	c.mu.Unlock()
	if s != nil {
		return s, nil
	}
	s = &labelState{}
	for _, p := range labelPredicates {
		id, ok, err := snap.ID(rdf.IRI(p))
		if err != nil {
			return nil, err
		}
		if ok {
			s.predicates = append(s.predicates, id)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if other := c.states[key]; other != nil {
		return other, nil
	}
	if c.states == nil || len(c.states) >= labelStates {
		c.states = map[string]*labelState{} // what was kept for those that are forgotten is not found again: numbers are never given twice
	}
	c.last++
	s.number = c.last
	c.states[key] = s
	return s, nil
}

// get finds the names of a resource; ok is true also where it is known to have none.
func (c *labelCache) get(k labelKey) (names []rdf.Term, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if names, ok = c.young[k]; ok {
		return names, true
	}
	if names, ok = c.old[k]; ok {
		c.add(k, names)
	}
	return names, ok
}

// put keeps names, which must not be changed after.
func (c *labelCache) put(k labelKey, names []rdf.Term) {
	size := 0
	for _, t := range names {
		size += t.Size()
	}
	if size > maxLabelBytes {
		return
	}
	kept := make([]rdf.Term, len(names))
	for i, t := range names {
		kept[i] = t.Clone() // it may be a part of a block of the dictionary
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(k, kept)
}

// add is called with c.mu held.
func (c *labelCache) add(k labelKey, names []rdf.Term) {
	if _, ok := c.young[k]; ok {
		return
	}
	size := labelOverhead
	for _, t := range names {
		size += t.Size()
	}
	if c.bytes += size; c.young == nil || c.bytes > labelBytes/2 {
		c.old, c.young, c.bytes = c.young, map[labelKey][]rdf.Term{}, size
	}
	c.young[k] = names
}
