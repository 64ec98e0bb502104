// Package recur remembers what was found out about strings that come again and again among many that come once, such as the IRIs
// of classes and codes among those of records.
package recur

import (
	"strings"

	"github.com/zeebo/xxh3"
)

// Longest is the length in bytes up to which a string is remembered.
const Longest = 128

const slots = 512

// Table remembers a value for each of some hundred strings. Those that come twice before another one takes their place stay; strings
// that come once do not displace them, and are not copied. The zero value is empty. It is used by one goroutine at a time.
type Table[V any] struct {
	entries [slots]entry[V]
	once    [slots]uint32 // part of the hash of the string that was put last
}

type entry[V any] struct {
	text  string
	value V
}

// Get gives what was put for a string, if that is still known.
func (t *Table[V]) Get(s string) (v V, ok bool) {
	if s == "" || len(s) > Longest {
		return v, false
	}
	e := &t.entries[xxh3.HashString(s)%slots]
	if e.text != s {
		return v, false
	}
	return e.value, true
}

// Keep gives the place for the value of a string that Get did not know, or nil where it is not to be remembered, as it may come only
// once. The string is copied; the value should not hold parts of it either, since it may be part of something large.
func (t *Table[V]) Keep(s string) *V {
	if s == "" || len(s) > Longest {
		return nil
	}
	h := xxh3.HashString(s)
	at := h % slots
	if mark := uint32(h>>32) | 1; t.once[at] != mark {
		t.once[at] = mark
		return nil
	}
	t.entries[at] = entry[V]{text: strings.Clone(s)}
	return &t.entries[at].value
}
