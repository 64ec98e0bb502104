package exec

import "triplestore/store"

// pairSet is a set of numbers for pairs of a group and a value, of which it counts for each group how many there are. It is for more than the
// processor's cache holds in one table: numbers wait, parted by their hash, until there are enough of a part to look all of them up in its
// table, which the cache holds meanwhile.
type pairSet struct {
	parts   [pairParts]pairPart
	size    int64
	flushed bool
}

type pairPart struct {
	idSet
	wait []store.ID
}

const (
	pairPartBits = 6
	pairParts    = 1 << pairPartBits
	// pairsFrom is how many slots one table may have.
	pairsFrom = 1 << 17
	// Of a part at least waitLeast numbers wait, and at most as many as are in its table and waitMost.
	waitLeast = 1 << spareLeast
	waitMost  = 1 << 16
)

// newPairSet takes the numbers of a set, which have been counted.
func newPairSet(from *idSet) *pairSet {
	s := &pairSet{}
	for _, pair := range from.slots {
		if pair != store.NoID {
			s.part(pair).add(pair)
		}
	}
	for i := range s.parts {
		p := &s.parts[i]
		p.wait = spareIDs.get(waitLeast)[:0]
		s.size += p.bytes()
	}
	from.release()
	return s
}

func (s *pairSet) part(pair store.ID) *pairPart { return &s.parts[hashOne(pair)>>(64-pairPartBits)] }

// add takes numbers, none of which is 0. n counts those of each group that were looked up and are new, see flush.
func (s *pairSet) add(pairs []store.ID, n []int64) {
	for _, pair := range pairs {
		p := s.part(pair)
		if p.wait = append(p.wait, pair); len(p.wait) == cap(p.wait) {
			s.look(p, n)
			if most := min(p.n, waitMost); most >= 2*cap(p.wait) {
				s.size -= p.waiting()
				spareIDs.put(p.wait)
				p.wait = spareIDs.get(2 * cap(p.wait))[:0]
				s.size += p.waiting()
			}
		}
	}
}

// look puts what waits into the table of its part.
func (s *pairSet) look(p *pairPart, n []int64) {
	s.size -= p.bytes()
	for _, pair := range p.wait {
		if p.idSet.add(pair) {
			n[pair>>32]++
		}
	}
	p.wait = p.wait[:0]
	s.size += p.bytes()
}

// flush looks up what waits and gives back the memory that it waited in, so that n is right. Nothing is added after it.
func (s *pairSet) flush(n []int64) {
	s.flushed = true
	for i := range s.parts {
		p := &s.parts[i]
		s.look(p, n)
		s.size -= p.waiting()
		spareIDs.put(p.wait)
		p.wait = nil
	}
}

// has reports whether a number is in the set, after flush.
func (s *pairSet) has(pair store.ID) bool { return s.part(pair).has(pair) }

// bytes is what the set takes.
func (s *pairSet) bytes() int64 { return s.size }

// release gives the memory to other queries.
func (s *pairSet) release() {
	for i := range s.parts {
		p := &s.parts[i]
		p.idSet.release()
		spareIDs.put(p.wait)
		p.wait = nil
	}
	s.size = 0
}

// bytes is what the table and what waits for it take.
func (p *pairPart) bytes() int64 { return p.idSet.bytes() + p.waiting() }

func (p *pairPart) waiting() int64 { return int64(cap(p.wait)) * 8 }
