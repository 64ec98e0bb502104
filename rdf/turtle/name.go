package turtle

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
	"unsafe"

	"triplestore/rdf"
)

const rdfNS = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

func unsafeBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// nameCache remembers what prefixed names stand for. A name is kept as label, length of the namespace and IRI, whose end is
// the local part, so that keeping it copies nothing.
type nameCache [2048]struct {
	label, iri string
	namespace  int
	generation uint32
}

func nameSlot(b []byte) uint {
	var h uint64
	if n := len(b); n >= 8 {
		h = binary.LittleEndian.Uint64(b) ^ binary.LittleEndian.Uint64(b[n-8:])*0x9E3779B97F4A7C15
		if n > 16 {
			h ^= binary.LittleEndian.Uint64(b[n/2-4:]) * 0xC2B2AE3D27D4EB4F
		}
	} else {
		for _, c := range b {
			h = h<<8 | uint64(c)
		}
	}
	h = (h + uint64(len(b))) * 0xFF51AFD7ED558CCD
	return uint(h>>32) % uint(len(nameCache{}))
}

// name is a scanned prefixed name or keyword.
type name struct {
	n       int // its length
	colon   int // the offset of the first colon, or -1
	escaped bool
	high    bool
}

// scanName scans a prefixed name or keyword at pos.
func (l *lexer) scanName() (t name, ok bool) {
	i, kept, hi := 0, 0, byte(0)
	t.colon = -1
	for {
		b := l.buf[l.pos:]
		for i < len(b) && class[b[i]]&className != 0 {
			c := b[i]
			hi |= c
			i++
			switch c {
			case ':':
				if t.colon < 0 {
					t.colon = i - 1
				}
			case '%':
				t.escaped = true
			case '\\':
				t.escaped = true
				if i == len(b) && !l.fill() {
					return t, l.failAt(i-1, "a '\\' without a character to escape")
				}
				i++
				kept = i
				b = l.buf[l.pos:]
			}
		}
		if i < len(b) || !l.fill() {
			break
		}
	}
	if l.err != nil {
		return t, false
	}
	for b := l.buf[l.pos:]; i > kept && b[i-1] == '.'; {
		i--
	}
	t.n, t.high = i, hi >= utf8.RuneSelf
	return t, true
}

// prefixedName reads a PrefixedName.
func (p *parser) prefixedName(t name) (rdf.Term, bool) {
	raw := p.buf[p.pos : p.pos+t.n]
	slot := &p.names[nameSlot(raw)]
	if label := slot.label; slot.generation == p.generation && len(raw) == len(label)+1+len(slot.iri)-slot.namespace && raw[len(label)] == ':' &&
		string(raw[:len(label)]) == label && string(raw[len(label)+1:]) == slot.iri[slot.namespace:] {
		p.pos += t.n
		return rdf.IRI(slot.iri), true
	}
	label, local := raw[:t.colon], raw[t.colon+1:]
	ns, known := p.prefixes[string(label)]
	if at, msg := checkName(label, local, t); msg != "" {
		return p.badTerm(t.n, at, msg)
	}
	if !known {
		return p.badTerm(t.n, 0, fmt.Sprintf("the prefix %q is not declared", string(label)+":"))
	}
	out := append(p.arena.reserve(len(ns.iri)+len(local)), ns.iri...)
	if !t.escaped {
		out = append(out, local...)
		iri := p.arena.keep(out)
		slot.label, slot.iri, slot.namespace, slot.generation = ns.label, iri, len(ns.iri), p.generation
		p.pos += t.n
		return rdf.IRI(iri), true
	}
	for i := 0; i < len(local); i++ {
		if local[i] == '\\' {
			i++
		}
		out = append(out, local[i])
	}
	p.pos += t.n
	return rdf.IRI(p.arena.keep(out)), true
}

// checkName checks the parts of a prefixed name and gives the offset and kind of a mistake.
func checkName(label, local []byte, t name) (at int, msg string) {
	if len(label) > 0 {
		if c := label[0]; c < utf8.RuneSelf && !isLetter(c) {
			return 0, fmt.Sprintf("a prefix cannot start with %q", c)
		}
		if label[len(label)-1] == '.' {
			return len(label) - 1, "a prefix cannot end with '.'"
		}
		for i, c := range label {
			if c == '%' || c == '\\' {
				return i, fmt.Sprintf("%q is not allowed in a prefix", c)
			}
		}
	}
	start := len(label) + 1
	if len(local) > 0 {
		if c := local[0]; c == '-' || c == '.' {
			return start, fmt.Sprintf("a local name cannot start with %q", c)
		}
	}
	if t.escaped {
		for i := 0; i < len(local); i++ {
			switch local[i] {
			case '%':
				if i+2 >= len(local) || hexValue(local[i+1]) < 0 || hexValue(local[i+2]) < 0 {
					return start + i, "expected two hexadecimal digits after '%'"
				}
			case '\\':
				if i++; !isLocalEscape(local[i]) {
					return start + i - 1, fmt.Sprintf("%q is no escape in a local name", local[i-1:i+runeLen(local[i:])])
				}
			}
		}
	}
	if t.high {
		if i := checkRunes(label, true); i >= 0 {
			return i, "this character is not allowed in a prefix"
		}
		if i := checkRunes(local, true); i >= 0 {
			return start + i, "this character is not allowed in a local name"
		}
	}
	return 0, ""
}
