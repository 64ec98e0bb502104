package rdf

import (
	"strings"
	"unicode/utf8"
)

// AppendNTriples appends the term as in N-Triples 1.2, always in the same way: the same terms give the same bytes. It is the
// canonical form (https://www.w3.org/TR/rdf12-n-triples/#canonical-ntriples) but for two things: language tags keep their
// conventional case ("nb-NO"), and U+FFFE and U+FFFF are written as themselves. The writer of package turtle has an option for
// the canonical form to the letter. Nothing is appended for the zero Term.
func (t Term) AppendNTriples(dst []byte) []byte {
	switch t.kind {
	case KindIRI:
		return appendIRI(dst, t.value)
	case KindBlankNode:
		dst = append(dst, '_', ':')
		return append(dst, t.value...)
	case KindLiteral, KindLangLiteral:
		dst = append(dst, '"')
		dst = AppendEscaped(dst, t.value)
		dst = append(dst, '"')
		if t.kind == KindLangLiteral {
			dst = append(dst, '@')
			dst = append(dst, t.aux...)
			if t.dir != NoDirection {
				dst = append(dst, '-', '-')
				dst = append(dst, t.dir.String()...)
			}
		} else if t.aux != "" {
			dst = append(dst, '^', '^')
			dst = appendIRI(dst, t.aux)
		}
		return dst
	case KindTriple:
		tr := t.Triple()
		dst = append(dst, "<<( "...)
		dst = append(tr.S.AppendNTriples(dst), ' ')
		dst = append(tr.P.AppendNTriples(dst), ' ')
		dst = append(tr.O.AppendNTriples(dst), ' ')
		return append(dst, ")>>"...)
	}
	return dst
}

// AppendNQuads appends the quad as a line of N-Quads 1.2 without its newline, with terms as in AppendNTriples.
func (q Quad) AppendNQuads(dst []byte) []byte {
	dst = append(q.S.AppendNTriples(dst), ' ')
	dst = append(q.P.AppendNTriples(dst), ' ')
	dst = append(q.O.AppendNTriples(dst), ' ')
	if !q.G.IsZero() {
		dst = append(q.G.AppendNTriples(dst), ' ')
	}
	return append(dst, '.')
}

// AppendEscaped appends s with the escapes of canonical N-Triples for the inside of a quoted literal: \b \t \n \f \r \" \\
// by letter, the other control characters and U+007F as \u00XX, and everything else as itself (U+FFFE and U+FFFF too, which the
// canonical form escapes).
func AppendEscaped(dst []byte, s string) []byte {
	start := 0
	for i := plainRun(s, 0); i < len(s); i = plainRun(s, i+1) {
		c := s[i]
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '"', '\\':
			dst = append(dst, '\\', c)
		default:
			dst = appendHex4(dst, c)
		}
	}
	return append(dst, s[start:]...)
}

func appendHex4(dst []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
}

// appendIRI escapes what IRIREF does not allow, so that the line stays readable even for an IRI that a lenient source let in.
func appendIRI(dst []byte, s string) []byte {
	dst = append(dst, '<')
	start := 0
	for i := plainIRI(s, 0); i < len(s); i = plainIRI(s, i+1) {
		c := s[i]
		dst = append(dst, s[start:i]...)
		dst = appendHex4(dst, c)
		start = i + 1
	}
	dst = append(dst, s[start:]...)
	return append(dst, '>')
}

// plainInString and plainInIRI mark the bytes that stand for themselves in quoted literals and IRIs.
var plainInString, plainInIRI = func() (str, iri [256]bool) {
	for c := range 256 {
		str[c] = c >= 0x20 && c != '"' && c != '\\' && c != 0x7f
		iri[c] = c > 0x20 && !strings.ContainsRune("<>\"{}|^`\\", rune(c)) || c >= utf8.RuneSelf
	}
	return str, iri
}()

// plainRun is the place of the first byte from i on that is not plain in a quoted literal, or the length of s.
func plainRun(s string, i int) int {
	for ; i+8 <= len(s); i += 8 {
		w := word(s, i)
		if lessThan(w, 0x20)|equal(w, '"')|equal(w, '\\')|equal(w, 0x7f) != 0 {
			break
		}
	}
	for i < len(s) && plainInString[s[i]] {
		i++
	}
	return i
}

// plainIRI is plainRun for IRIs.
func plainIRI(s string, i int) int {
	for ; i+8 <= len(s); i += 8 {
		w := word(s, i)
		// Two masked bits make one comparison of "<" and ">", and of "\\", "^", "|" and, needlessly, "~".
		if lessThan(w, 0x21)|equal(w|2*ones, '>')|equal(w|0x22*ones, '~')|equal(w, '"')|equal(w, '{')|equal(w, '}')|equal(w, '`') != 0 {
			for range 8 {
				if !plainInIRI[s[i]] {
					return i
				}
				i++
			}
			i -= 8
		}
	}
	for i < len(s) && plainInIRI[s[i]] {
		i++
	}
	return i
}

const ones = 0x0101010101010101

// word is the eight bytes of s from i on.
func word(s string, i int) uint64 {
	b := s[i : i+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 | uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// lessThan is not 0 if one of the bytes of w is less than n, which is at most 0x80.
func lessThan(w, n uint64) uint64 { return (w - n*ones) & ^w & (0x80 * ones) }

// equal is not 0 if one of the bytes of w is c.
func equal(w, c uint64) uint64 { return lessThan(w^c*ones, 1) }
