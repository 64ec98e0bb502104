package badgerstore

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
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
	// history is the page of the record of the commit before this one, 0 if that is not kept; oldest is the number of the oldest commit
	// that is kept.
	history, oldest uint64
	retention       Retention
	extensions      map[string]extensionRoot // never changed in place
}

// extensionRoot names the state of a relation that is none of the store's own.
type extensionRoot struct {
	width uint8
	pages bool // the last column holds numbers of pages that belong to the relation
	root  relation.Root
}

const (
	rootMagic   = "TSroot\x00\x02"
	rootMagicV1 = "TSroot\x00\x01" // without history and extensions
	rootFixed   = len(rootMagic) + 3*8 + int(store.NumOrders)*relation.RootSize + dictionary.RootSize

	maxExtensions    = 1 << 12
	maxExtensionName = 255
)

// changed reports whether r holds other data than before.
func (r *root) changed(before *root) bool {
	return r.quads != before.quads || r.terms != before.terms || !maps.Equal(r.extensions, before.extensions)
}

func (r root) encode() []byte {
	b := append(make([]byte, 0, rootFixed+64), rootMagic...)
	b = binary.LittleEndian.AppendUint64(b, r.commit.Number)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.commit.Time.UnixNano()))
	b = binary.LittleEndian.AppendUint64(b, r.next)
	for _, q := range r.quads {
		b, _ = q.AppendBinary(b)
	}
	b, _ = r.terms.AppendBinary(b)
	b = binary.LittleEndian.AppendUint64(b, r.history)
	b = binary.LittleEndian.AppendUint64(b, r.oldest)
	b = binary.LittleEndian.AppendUint64(b, r.retention.Commits)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.retention.For))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(r.extensions)))
	for _, name := range slices.Sorted(maps.Keys(r.extensions)) {
		e := r.extensions[name]
		b = append(append(b, byte(len(name))), name...)
		flags := byte(0)
		if e.pages {
			flags = 1
		}
		b = append(b, e.width, flags)
		b, _ = e.root.AppendBinary(b)
	}
	return binary.LittleEndian.AppendUint64(b, xxh3.Hash(b))
}

func decodeRoot(b []byte) (r root, err error) {
	malformed := fmt.Errorf("store: malformed root: %w", store.ErrCorrupt)
	if len(b) < rootFixed+8 || xxh3.Hash(b[:len(b)-8]) != binary.LittleEndian.Uint64(b[len(b)-8:]) {
		return r, malformed
	}
	magic := string(b[:len(rootMagic)])
	if magic != rootMagic && magic != rootMagicV1 {
		return r, malformed
	}
	b = b[len(rootMagic) : len(b)-8]
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
	if r.terms, b, err = dictionary.DecodeRoot(b); err != nil {
		return r, err
	}
	r.oldest = r.commit.Number
	if magic == rootMagicV1 {
		if len(b) > 0 {
			return r, malformed
		}
		return r, nil
	}
	if len(b) < 34 {
		return r, malformed
	}
	r.history, r.oldest = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	r.retention = Retention{binary.LittleEndian.Uint64(b[16:]), time.Duration(binary.LittleEndian.Uint64(b[24:]))}
	n := int(binary.LittleEndian.Uint16(b[32:]))
	if b = b[34:]; n > maxExtensions || r.oldest > r.commit.Number || (r.history == 0) != (r.oldest == r.commit.Number) {
		return r, malformed
	}
	for range n {
		if len(b) == 0 || len(b) < 3+int(b[0]) {
			return r, malformed
		}
		name := string(b[1 : 1+b[0]])
		b = b[1+len(name):]
		e := extensionRoot{width: b[0], pages: b[1] == 1}
		if e.width < relation.MinWidth || e.width > relation.MaxWidth || b[1] > 1 {
			return r, malformed
		}
		if e.root, b, err = relation.DecodeRoot(b[2:]); err != nil {
			return r, err
		}
		if r.extensions == nil {
			r.extensions = map[string]extensionRoot{}
		}
		r.extensions[name] = e
	}
	if len(b) > 0 {
		return r, malformed
	}
	return r, nil
}
