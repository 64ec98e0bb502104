package turtle

import "unsafe"

// arena hands out strings that are not parts of the input: unescaped literals, resolved IRIs, labels. It cuts them from blocks
// that are not reused but by reset, so that a string costs no allocation of its own.
type arena struct{ block []byte }

const arenaBlock = 32 << 10

// reserve makes room for n bytes. What is appended to the slice must be given to keep.
func (a *arena) reserve(n int) []byte {
	if cap(a.block)-len(a.block) < n {
		a.block = make([]byte, 0, max(arenaBlock, n))
	}
	return a.block[len(a.block):len(a.block):cap(a.block)]
}

// reset lets the present block be used anew: nobody has strings of it any more.
func (a *arena) reset() { a.block = a.block[:0] }

// keep makes a string of what was appended to the last slice of reserve.
func (a *arena) keep(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if cap(a.block)-len(a.block) >= len(b) && unsafe.SliceData(b) == unsafe.SliceData(a.block[len(a.block):cap(a.block)]) {
		a.block = a.block[:len(a.block)+len(b)]
	}
	return alias(b)
}

func (a *arena) concat(parts ...string) string {
	n := 0
	for _, s := range parts {
		n += len(s)
	}
	b := a.reserve(n)
	for _, s := range parts {
		b = append(b, s...)
	}
	return a.keep(b)
}

// alias makes a string of bytes that nobody changes any more.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// interned keeps one copy of the strings that occur all the time: datatypes and language tags. It is a small cache, not a
// table: its size is fixed, so hostile input cannot make it grow.
type interned [128]string

func (t *interned) get(b []byte) (*string, bool) {
	n := len(b)
	if n == 0 || n > 256 {
		return nil, false
	}
	slot := &t[(uint(n)*31+uint(b[n-1])*7+uint(b[n/2])*131+uint(b[0]))&127]
	return slot, *slot == string(b)
}

func (t *interned) of(b []byte) string {
	slot, ok := t.get(b)
	if ok {
		return *slot
	}
	s := string(b)
	if slot != nil {
		*slot = s
	}
	return s
}
