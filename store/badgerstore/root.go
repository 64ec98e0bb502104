package badgerstore

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/zeebo/xxh3"

	"triplestore/store"
	"triplestore/store/dictionary"
	"triplestore/store/relation"
)

// root is the record that a commit moves; see docs/format.md.
type root struct {
	commit store.Commit
	// next is a page number that no page of this root reaches: everything from there on is free.
	next  uint64
	quads [store.NumOrders]relation.Root
	terms dictionary.Root
}

const rootMagic = "TSroot\x00\x01"

const rootSize = len(rootMagic) + 3*8 + int(store.NumOrders)*relation.RootSize + dictionary.RootSize + 8

func (r root) encode() []byte {
	b := append(make([]byte, 0, rootSize), rootMagic...)
	b = binary.LittleEndian.AppendUint64(b, r.commit.Number)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.commit.Time.UnixNano()))
	b = binary.LittleEndian.AppendUint64(b, r.next)
	for _, q := range r.quads {
		b, _ = q.AppendBinary(b)
	}
	b, _ = r.terms.AppendBinary(b)
	return binary.LittleEndian.AppendUint64(b, xxh3.Hash(b))
}

func decodeRoot(b []byte) (r root, err error) {
	if len(b) != rootSize || string(b[:len(rootMagic)]) != rootMagic ||
		xxh3.Hash(b[:rootSize-8]) != binary.LittleEndian.Uint64(b[rootSize-8:]) {
		return r, fmt.Errorf("store: malformed root: %w", store.ErrCorrupt)
	}
	b = b[len(rootMagic):]
	r.commit.Number = binary.LittleEndian.Uint64(b)
	r.commit.Time = time.Unix(0, int64(binary.LittleEndian.Uint64(b[8:]))).UTC()
	r.next, b = binary.LittleEndian.Uint64(b[16:]), b[24:]
	for i := range r.quads {
		if r.quads[i], b, err = relation.DecodeRoot(b); err != nil {
			return r, err
		}
	}
	for _, q := range r.quads {
		if q.Rows != r.quads[0].Rows {
			return r, fmt.Errorf("store: the orders of commit %d differ in size: %w", r.commit.Number, store.ErrCorrupt)
		}
	}
	r.terms, _, err = dictionary.DecodeRoot(b)
	return r, err
}
