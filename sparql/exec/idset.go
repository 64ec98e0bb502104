package exec

import "triplestore/store"

// idSet is a set of IDs in one table, so that a look costs one miss of the processor's cache.
type idSet struct {
	slots []store.ID // store.NoID is free
	n     int
	none  bool // NoID is in it
}

// idSetLeast is how many slots the smallest table has.
const idSetLeast = 64

// add reports whether an ID is new.
func (s *idSet) add(id store.ID) bool {
	if id == store.NoID {
		fresh := !s.none
		s.none = true
		return fresh
	}
	if s.n*3 >= len(s.slots)*2 {
		s.resize()
	}
	slots := s.slots
	mask := uint64(len(slots) - 1)
	for i := hashOne(id) & mask; ; i = (i + 1) & mask {
		switch slots[i&uint64(len(slots)-1)] {
		case id:
			return false
		case store.NoID:
			slots[i] = id
			s.n++
			return true
		}
	}
}

// addAll adds IDs and appends the places of those that are new to fresh. In a large table each look is a miss of the processor's cache, which
// takes much longer when each waits for the one before, so they are made for some IDs at once.
func (s *idSet) addAll(ids []store.ID, fresh []int32) []int32 {
	for at := 0; at < len(ids); at += missesAtOnce {
		part := ids[at:min(at+missesAtOnce, len(ids))]
		for (s.n+len(part))*3 >= len(s.slots)*2 {
			s.resize()
		}
		if len(s.slots) >= missesFrom {
			mask, sum := uint64(len(s.slots)-1), store.ID(0)
			for _, id := range part {
				sum += s.slots[hashOne(id)&mask]
			}
			touched(sum)
		}
		for i, id := range part {
			if s.add(id) {
				fresh = append(fresh, int32(at+i))
			}
		}
	}
	return fresh
}

// Of a table with missesFrom slots or more, slots are brought into the processor's cache missesAtOnce at a time.
const (
	missesFrom   = 1 << 15
	missesAtOnce = 128
)

// touched uses what was read for no other reason than to bring it into the processor's cache.
//
//go:noinline
func touched(store.ID) {}

func (s *idSet) has(id store.ID) bool {
	if id == store.NoID {
		return s.none
	}
	slots := s.slots
	if len(slots) == 0 {
		return false
	}
	mask := uint64(len(slots) - 1)
	for i := hashOne(id) & mask; ; i = (i + 1) & mask {
		switch slots[i&uint64(len(slots)-1)] {
		case id:
			return true
		case store.NoID:
			return false
		}
	}
}

func (s *idSet) resize() {
	old := s.slots
	s.slots = spareIDs.get(max(2*len(old), idSetLeast))
	clear(s.slots)
	mask := uint64(len(s.slots) - 1)
	for _, id := range old {
		if id == store.NoID {
			continue
		}
		i := hashOne(id) & mask
		for s.slots[i] != store.NoID {
			i = (i + 1) & mask
		}
		s.slots[i] = id
	}
	spareIDs.put(old)
}

// release gives the memory to other queries; the set is empty then.
func (s *idSet) release() {
	spareIDs.put(s.slots)
	*s = idSet{}
}

// bytes is what the set takes.
func (s *idSet) bytes() int64 { return int64(len(s.slots)) * 8 }

// rowSet is a set of rows of IDs. Rows of one ID, and of two that the dictionary has or that are unbound, are numbers in one table.
type rowSet struct {
	width   int
	grouped bool // the first of each row is the number of a group
	packed  idSet
	rows    *keySet // of those that do not fit into a number
}

func newRowSet(width int, grouped bool) *rowSet { return &rowSet{width: width, grouped: grouped} }

// add reports whether a row is new.
func (s *rowSet) add(row []store.ID) bool {
	if id, ok := s.pack(row); ok {
		return s.packed.add(id)
	}
	if s.rows == nil {
		s.rows = newKeySet(s.width)
	}
	_, fresh := s.rows.add(row)
	return fresh
}

func (s *rowSet) has(row []store.ID) bool {
	if id, ok := s.pack(row); ok {
		return s.packed.has(id)
	}
	return s.rows != nil && s.rows.find(row) >= 0
}

// packAll makes numbers of the rows of a batch; ok is false where that is not possible for all of them. The result may be a column.
func (s *rowSet) packAll(b *batch, slots []int, buf []store.ID) (ids []store.ID, ok bool) {
	if s.grouped || len(slots) == 0 || len(slots) > 2 {
		return buf, false
	}
	first := b.cols[slots[0]]
	if first == nil {
		return buf, false
	}
	if len(slots) == 1 {
		return first[:b.n], true
	}
	second := b.cols[slots[1]]
	if second == nil {
		return buf, false
	}
	buf = resize(buf, b.n)
	for i := range buf {
		x, okX := half(first[i])
		y, okY := half(second[i])
		if !okX || !okY {
			return buf, false
		}
		buf[i] = store.ID(x<<32 | y)
	}
	return buf, true
}

func (s *rowSet) bytes() int64 {
	n := s.packed.bytes()
	if s.rows != nil {
		n += s.rows.bytes()
	}
	return n
}

// pack makes a number of a row, different ones of different rows, if that is possible.
func (s *rowSet) pack(row []store.ID) (store.ID, bool) {
	switch len(row) {
	case 1:
		return row[0], true
	case 2:
		first := uint64(row[0])
		ok := true
		if !s.grouped {
			first, ok = half(row[0])
		}
		if !ok || first >= 1<<32 {
			return 0, false
		}
		second, ok := half(row[1])
		return store.ID(first<<32 | second), ok
	}
	return 0, false
}

// half is a number below 1<<32 for an ID of the dictionary, which has one ID for each number, or for none.
func half(id store.ID) (uint64, bool) {
	if id == store.NoID {
		return 0, true
	}
	n := id.Number() + 1
	return n, id.InDictionary() && n < 1<<32
}
