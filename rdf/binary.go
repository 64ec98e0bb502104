package rdf

import (
	"encoding/binary"
	"errors"
	"unsafe"
)

// ErrBinary is the error of DecodeBinary for bytes that AppendBinary did not write.
var ErrBinary = errors.New("rdf: malformed binary term")

// AppendBinary appends the term in a compact form that DecodeBinary reads back: a byte for kind and direction, then for a
// literal with a datatype or a language the length of that as a uvarint and its bytes, then the value up to the end. Equal
// terms have equal bytes. The form is part of the store's format on disk (docs/format.md).
func (t Term) AppendBinary(dst []byte) []byte {
	dst = append(dst, byte(t.kind)|byte(t.dir)<<4)
	if t.kind == KindLiteral || t.kind == KindLangLiteral {
		dst = binary.AppendUvarint(dst, uint64(len(t.aux)))
		dst = append(dst, t.aux...)
	}
	return append(dst, t.value...)
}

// DecodeBinary reads what AppendBinary wrote. The term's strings are copies.
func DecodeBinary(b []byte) (Term, error) { return DecodeBinaryString(string(b)) }

// DecodeBinaryString is DecodeBinary without a copy: the term's strings are parts of s.
func DecodeBinaryString(s string) (t Term, err error) {
	err = DecodeBinaryTo(&t, s)
	return t, err
}

// DecodeBinaryTo is DecodeBinaryString into *t, which is the zero Term after an error.
func DecodeBinaryTo(t *Term, s string) error {
	if len(s) > 0 && (Kind(s[0]) == KindIRI || Kind(s[0]) == KindBlankNode) { // without a direction
		*t = Term{kind: Kind(s[0]), value: s[1:]}
		return nil
	}
	*t = Term{}
	if len(s) == 0 {
		return ErrBinary
	}
	kind, dir := Kind(s[0]&15), Direction(s[0]>>4)
	if kind == KindNone || kind > KindTriple || dir > RightToLeft || dir != NoDirection && kind != KindLangLiteral {
		return ErrBinary
	}
	s = s[1:]
	var aux string
	if kind == KindLiteral || kind == KindLangLiteral {
		n, w := uint64(0), 1
		if len(s) > 0 && s[0] < 0x80 {
			n = uint64(s[0])
		} else {
			n, w = uvarint(s)
		}
		if w <= 0 || w > len(s) || n > uint64(len(s)-w) {
			return ErrBinary
		}
		aux, s = s[w:w+int(n)], s[w+int(n):]
	}
	if kind == KindTriple {
		if _, rest, err := decodeTriple(s); err != nil || rest != "" {
			return ErrBinary
		}
	}
	*t = Term{kind: kind, dir: dir, value: s, aux: aux}
	return nil
}

// AppendBinary appends the three terms, each after its length as a uvarint.
func (t Triple) AppendBinary(dst []byte) []byte {
	var buf [128]byte
	for _, x := range [...]Term{t.S, t.P, t.O} {
		b := x.AppendBinary(buf[:0])
		dst = binary.AppendUvarint(dst, uint64(len(b)))
		dst = append(dst, b...)
	}
	return dst
}

func decodeTriple(s string) (t Triple, rest string, err error) {
	for _, x := range [...]*Term{&t.S, &t.P, &t.O} {
		n, w := uvarint(s)
		if w <= 0 || n > uint64(len(s)-w) {
			return t, s, ErrBinary
		}
		if *x, err = DecodeBinaryString(s[w : w+int(n)]); err != nil {
			return t, s, err
		}
		s = s[w+int(n):]
	}
	return t, s, nil
}

func uvarint(s string) (uint64, int) {
	return binary.Uvarint(unsafe.Slice(unsafe.StringData(s), len(s)))
}
