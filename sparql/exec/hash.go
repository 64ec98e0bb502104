package exec

import (
	"math/bits"

	"triplestore/store"
)

// hashRow mixes the IDs of a key.
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

func (k *keySet) hash(key []store.ID) uint64 {
	h := uint64(0x243F6A8885A308D3)
	for _, id := range key {
		h = hashID(h, id)
	}
	return h
}

// find gives the number of key, or -1.
func (k *keySet) find(key []store.ID) int {
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
	if k.n*3 >= len(k.slots)*2 {
		k.rehash()
	}
	mask := uint64(len(k.slots) - 1)
probe:
	for i := k.hash(key) & mask; ; i = (i + 1) & mask {
		s := k.slots[i]
		if s == 0 {
			k.n++
			k.slots[i] = int32(k.n)
			k.keys = append(k.keys, key...)
			return k.n - 1, true
		}
		at := int(s-1) * k.width
		for j, id := range key {
			if k.keys[at+j] != id {
				continue probe
			}
		}
		return int(s - 1), false
	}
}

func (k *keySet) rehash() {
	k.slots = make([]int32, len(k.slots)*2)
	mask := uint64(len(k.slots) - 1)
	for n := range k.n {
		i := k.hash(k.keys[n*k.width:(n+1)*k.width]) & mask
		for k.slots[i] != 0 {
			i = (i + 1) & mask
		}
		k.slots[i] = int32(n + 1)
	}
}

// key is the key with a number.
func (k *keySet) key(n int) []store.ID { return k.keys[n*k.width : (n+1)*k.width] }

// bytes is about what the set takes.
func (k *keySet) bytes() int64 { return int64(cap(k.keys))*8 + int64(len(k.slots))*4 }
