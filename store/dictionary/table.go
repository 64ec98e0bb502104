package dictionary

import (
	"encoding/binary"
	"fmt"
	"strings"
	"sync"

	"triplestore/store"
)

// table numbers the languages or the datatypes of a state. It is immutable.
type table struct {
	names []string
	index map[string]uint16
}

func newTable(names []string) *table {
	t := &table{names: names, index: make(map[string]uint16, len(names))}
	for i, s := range names {
		t.index[s] = uint16(i)
	}
	return t
}

// tableWriter adds to a table. It is safe for concurrent use.
type tableWriter struct {
	mu    sync.Mutex
	base  *table
	names []string // the base's and what is new
	added map[string]uint16
}

func (w *tableWriter) intern(s string) uint16 {
	if i, ok := w.base.index[s]; ok {
		return i
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if i, ok := w.added[s]; ok {
		return i
	}
	if len(w.names) >= store.AuxOther {
		return store.AuxOther
	}
	if w.added == nil {
		w.added = map[string]uint16{}
		w.names = append([]string(nil), w.names...)
	}
	s = strings.Clone(s)
	i := uint16(len(w.names))
	w.names = append(w.names, s)
	w.added[s] = i
	return i
}

// encodeTables makes the page: per table the number of names, then each name after its length.
func encodeTables(languages, datatypes []string) []byte {
	var raw []byte
	for _, names := range [][]string{languages, datatypes} {
		raw = binary.AppendUvarint(raw, uint64(len(names)))
		for _, s := range names {
			raw = binary.AppendUvarint(raw, uint64(len(s)))
			raw = append(raw, s...)
		}
	}
	return encodePage(kindTables, 0, 2, raw)
}

func decodeTables(p []byte) (languages, datatypes *table, err error) {
	_, _, raw, err := decodePage(kindTables, p)
	if err != nil {
		return nil, nil, err
	}
	corrupt := fmt.Errorf("dictionary: malformed tables: %w", store.ErrCorrupt)
	var lists [2][]string
	for i := range lists {
		n, w := binary.Uvarint(raw)
		if w <= 0 || n > store.AuxOther {
			return nil, nil, corrupt
		}
		raw = raw[w:]
		for range n {
			size, w := binary.Uvarint(raw)
			if w <= 0 || size > uint64(len(raw)-w) {
				return nil, nil, corrupt
			}
			lists[i] = append(lists[i], string(raw[w:w+int(size)]))
			raw = raw[w+int(size):]
		}
	}
	if len(raw) > 0 {
		return nil, nil, corrupt
	}
	return newTable(lists[0]), newTable(lists[1]), nil
}
