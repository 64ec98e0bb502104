package rdfsource

import (
	"encoding/binary"
	"hash/maphash"
	"unsafe"

	"triplestore/rdf"
)

// terms numbers terms in order of first occurrence. It keeps their bytes end to end in chunks, for a document has so many that a string, a hash
// table's entry and an allocation for each would take more than the text itself.
type terms struct {
	seed   maphash.Seed
	slots  []uint32 // of terms by their hash: the number of the term and one, or nothing; a power of two
	places []uint64 // of a term: the number of its chunk, and where it begins there
	chunks [][]byte // the length of a term and its binary form; what is written is never changed, so that strings may be parts of it
	buffer []byte
}

const termChunk = 1 << 20

func newTerms() *terms { return &terms{seed: maphash.MakeSeed(), slots: make([]uint32, 1<<10)} }

func (t *terms) len() int { return len(t.places) }

// size is about how many bytes they take in memory.
func (t *terms) size() int64 {
	return int64(len(t.chunks))*termChunk + int64(len(t.slots))*4 + int64(cap(t.places))*8
}

// text is the binary form of a term.
func (t *terms) text(id uint32) string {
	place := t.places[id]
	b := t.chunks[place>>32][uint32(place):] //nolint:gosec // the lower half
	n, w := binary.Uvarint(b)
	return unsafe.String(&b[w], int(n)) //nolint:gosec // as it was written; no term is empty
}

// get gives a term. Its strings are parts of the chunk.
func (t *terms) get(id uint32) rdf.Term {
	x, err := rdf.DecodeBinaryString(t.text(id))
	if err != nil {
		panic(err) // it was encoded here
	}
	return x
}

// slot finds where a term is, or where it would be.
func (t *terms) slot(text []byte) *uint32 {
	mask := uint64(len(t.slots) - 1)
	for i := maphash.Bytes(t.seed, text) & mask; ; i = (i + 1) & mask {
		if n := t.slots[i]; n == 0 || t.text(n-1) == string(text) {
			return &t.slots[i]
		}
	}
}

// find gives the number of a term that is there.
func (t *terms) find(x rdf.Term) (id uint32, ok bool) {
	t.buffer = x.AppendBinary(t.buffer[:0])
	n := *t.slot(t.buffer)
	return n - 1, n != 0
}

// id gives the number of a term, which is added if it is not there. It keeps nothing of the term's own memory.
func (t *terms) id(x rdf.Term) uint32 {
	t.buffer = x.AppendBinary(t.buffer[:0])
	at := t.slot(t.buffer)
	if *at != 0 {
		return *at - 1
	}
	t.append(t.buffer)
	n := len(t.places)
	*at = uint32(n) //nolint:gosec // as many as the numbers of a document are for
	if n*4 > len(t.slots)*3 {
		t.slots = make([]uint32, 2*len(t.slots))
		mask := uint64(len(t.slots) - 1)
		for id := range t.places {
			i := maphash.String(t.seed, t.text(uint32(id))) & mask //nolint:gosec // see above
			for t.slots[i] != 0 {
				i = (i + 1) & mask
			}
			t.slots[i] = uint32(id) + 1 //nolint:gosec // see above
		}
	}
	return uint32(n - 1) //nolint:gosec // see above
}

func (t *terms) append(text []byte) {
	need := binary.MaxVarintLen64 + len(text)
	last := len(t.chunks) - 1
	if last < 0 || cap(t.chunks[last])-len(t.chunks[last]) < need {
		t.chunks = append(t.chunks, make([]byte, 0, max(termChunk, need)))
		last++
	}
	c := t.chunks[last]
	t.places = append(t.places, uint64(last)<<32|uint64(len(c)))
	c = binary.AppendUvarint(c, uint64(len(text)))
	t.chunks[last] = append(c, text...)
}
