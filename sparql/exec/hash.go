package exec

import (
	"math/bits"

	"triplestore/store"
)

// hashID mixes an ID of a key into the hash of those before it.
func hashID(h uint64, id store.ID) uint64 {
	hi, lo := bits.Mul64(h^uint64(id), 0x9E3779B97F4A7C15)
	return hi ^ lo
}

// keySet gives numbers 0, 1, 2, … to distinct rows of IDs, by open addressing over packed keys.
type keySet struct {
	width int
	keys  []store.ID // width IDs for each number
	slots []int32    // number+1, 0 is free
	n     int
}

func newKeySet(width int) *keySet { return &keySet{width: width, slots: make([]int32, 64)} }

// reserve makes room for n keys in all.
func (k *keySet) reserve(n int) {
	size := len(k.slots)
	for n*3 >= size*2 {
		size *= 2
	}
	if size > len(k.slots) {
		k.resize(size)
	}
}

func (k *keySet) hash(key []store.ID) uint64 {
	h := uint64(hashSeed)
	for _, id := range key {
		h = hashID(h, id)
	}
	return h
}

// find gives the number of key, or -1.
func (k *keySet) find(key []store.ID) int {
	if k.width == 1 && len(key) == 1 {
		return k.find1(key[0])
	}
	mask := uint64(len(k.slots) - 1)
probe:
	for i := k.hash(key) & mask; ; i = (i + 1) & mask {
		s := k.slots[i]
		if s == 0 {
			return -1
		}
		at := int(s-1) * k.width
		for j, id := range key {
			if k.keys[at+j] != id {
				continue probe
			}
		}
		return int(s - 1)
	}
}

// add gives the number of key and whether it is new.
func (k *keySet) add(key []store.ID) (int, bool) {
	if k.width == 1 && len(key) == 1 {
		if k.n*3 >= len(k.slots)*2 {
			k.resize(len(k.slots) * 2)
		}
		return k.add1(key[0])
	}
	n := k.n
	at := k.addHashed(key, k.hash(key))
	return int(at), k.n > n
}

// find1 is find for keys of one ID.
func (k *keySet) find1(id store.ID) int {
	slots, keys := k.slots, k.keys
	mask := uint64(len(slots) - 1)
	for i := hashOne(id) & mask; ; i = (i + 1) & mask {
		s := slots[i&uint64(len(slots)-1)]
		if s == 0 {
			return -1
		}
		if keys[s-1] == id {
			return int(s - 1)
		}
	}
}

// findAll writes the numbers of keys of one ID to dst, which is as long, -1 for those that are not there. As in idSet.addAll, misses of the
// processor's cache are made for some keys at once: first those of the slots, then those of the keys that they name.
func (k *keySet) findAll(ids []store.ID, dst []int32) {
	slots, keys := k.slots, k.keys
	mask := uint64(len(slots) - 1)
	for at := 0; at < len(ids); at += missesAtOnce {
		part := ids[at:min(at+missesAtOnce, len(ids))]
		found := dst[at : at+len(part)]
		for i, id := range part {
			found[i] = slots[hashOne(id)&mask] - 1
		}
		if len(slots) >= missesFrom && len(keys) > 0 {
			sum := store.ID(0)
			for _, n := range found {
				sum += keys[max(n, 0)]
			}
			touched(sum)
		}
		for i, id := range part {
			if n := found[i]; n >= 0 && keys[n] != id {
				found[i] = int32(k.find1(id))
			}
		}
	}
}

// add1 is add for keys of one ID, where there is room.
func (k *keySet) add1(id store.ID) (int, bool) {
	slots, keys := k.slots, k.keys
	mask := uint64(len(slots) - 1)
	for i := hashOne(id) & mask; ; i = (i + 1) & mask {
		s := slots[i]
		if s == 0 {
			k.n++
			slots[i] = int32(k.n)
			k.keys = spareIDs.add(keys, []store.ID{id})
			return k.n - 1, true
		}
		if keys[s-1] == id {
			return int(s - 1), false
		}
	}
}

// addColumns is add for the n rows of columns, of which nil ones are unbound: their numbers go to dst. The hashes of all rows are made first, a column
// at a time, in buf, which it gives back.
func (k *keySet) addColumns(cols [][]store.ID, n int, dst []int32, buf []uint64) []uint64 {
	buf = resize(buf, n)
	for i := range buf {
		buf[i] = hashSeed
	}
	for _, col := range cols {
		if col == nil {
			for i, h := range buf {
				buf[i] = hashID(h, store.NoID)
			}
			continue
		}
		for i, id := range col[:n] {
			buf[i] = hashID(buf[i], id)
		}
	}
	if len(cols) == 2 && cols[0] != nil && cols[1] != nil {
		k.addPairs(cols[0][:n], cols[1][:n], dst, buf)
		return buf
	}
	key := make([]store.ID, len(cols))
	for r, h := range buf {
		for c, col := range cols {
			if col != nil {
				key[c] = col[r]
			}
		}
		dst[r] = k.addHashed(key, h)
	}
	return buf
}

// addPairs is addColumns for two columns.
func (k *keySet) addPairs(first, second []store.ID, dst []int32, hashes []uint64) {
	slots, keys := k.slots, k.keys
	for i, h := range hashes {
		x, y := first[i], second[i]
		for at := h; ; at++ {
			n := int(slots[at&uint64(len(slots)-1)])
			if n == 0 {
				dst[i] = k.addHashed([]store.ID{x, y}, h)
				slots, keys = k.slots, k.keys
				break
			}
			if pair := keys[2*n-2 : 2*n]; pair[0] == x && pair[1] == y {
				dst[i] = int32(n - 1)
				break
			}
		}
	}
}

// addHashed gives the number of a key whose hash is known.
func (k *keySet) addHashed(key []store.ID, h uint64) int32 {
	if k.n*3 >= len(k.slots)*2 {
		k.resize(len(k.slots) * 2)
	}
	mask := uint64(len(k.slots) - 1)
probe:
	for i := h & mask; ; i = (i + 1) & mask {
		s := k.slots[i]
		if s == 0 {
			k.n++
			k.slots[i] = int32(k.n)
			k.keys = spareIDs.add(k.keys, key)
			return int32(k.n - 1)
		}
		at := int(s-1) * k.width
		for j, id := range key {
			if k.keys[at+j] != id {
				continue probe
			}
		}
		return s - 1
	}
}

const hashSeed = 0x243F6A8885A308D3

func hashOne(id store.ID) uint64 { return hashID(hashSeed, id) }

func (k *keySet) resize(size int) {
	spareRows.put(k.slots)
	k.slots = spareRows.get(size)
	clear(k.slots)
	mask := uint64(len(k.slots) - 1)
	for n := range k.n {
		i := k.hash(k.keys[n*k.width:(n+1)*k.width]) & mask
		for k.slots[i] != 0 {
			i = (i + 1) & mask
		}
		k.slots[i] = int32(n + 1)
	}
}

// release gives the memory to other queries; the set is not to be used any more.
func (k *keySet) release() {
	spareIDs.put(k.keys)
	spareRows.put(k.slots)
	k.keys, k.slots, k.n = nil, nil, 0
}

// key is the key with a number, valid until another is added.
func (k *keySet) key(n int) []store.ID { return k.keys[n*k.width : (n+1)*k.width] }

// bytes is about what the set takes.
func (k *keySet) bytes() int64 { return int64(cap(k.keys))*8 + int64(len(k.slots))*4 }
