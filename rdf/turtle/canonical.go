package turtle

import (
	"strings"

	"triplestore/rdf"
)

// appendCanonical appends a term in the canonical form of N-Triples (https://www.w3.org/TR/rdf12-n-triples/#canonical-ntriples).
// It differs from Term.AppendNTriples in language tags, which are in lower case here, and in U+FFFE and U+FFFF.
func appendCanonical(dst []byte, t rdf.Term) []byte {
	switch t.Kind() {
	case rdf.KindLiteral, rdf.KindLangLiteral:
		dst = appendCanonicalString(append(dst, '"'), t.Value())
		dst = append(dst, '"')
		if t.Kind() == rdf.KindLangLiteral {
			dst = append(append(dst, '@'), strings.ToLower(t.Lang())...)
			if d := t.Direction(); d != rdf.NoDirection {
				dst = append(append(dst, "--"...), d.String()...)
			}
		} else if dt := t.Datatype(); dt != xsdNS+"string" {
			dst = rdf.IRI(dt).AppendNTriples(append(dst, "^^"...))
		}
		return dst
	case rdf.KindTriple:
		tr := t.Triple()
		dst = append(appendCanonical(append(dst, "<<( "...), tr.S), ' ')
		dst = append(appendCanonical(dst, tr.P), ' ')
		dst = append(appendCanonical(dst, tr.O), ' ')
		return append(dst, ")>>"...)
	}
	return t.AppendNTriples(dst)
}

// appendCanonicalString escapes the two characters that XML 1.1 does not have, over and above AppendEscaped.
func appendCanonicalString(dst []byte, s string) []byte {
	for {
		i := strings.IndexAny(s, "\uFFFE\uFFFF")
		if i < 0 {
			return rdf.AppendEscaped(dst, s)
		}
		dst = rdf.AppendEscaped(dst, s[:i])
		if s[i+2] == 0xBE {
			dst = append(dst, `\uFFFE`...)
		} else {
			dst = append(dst, `\uFFFF`...)
		}
		s = s[i+3:]
	}
}

func appendCanonicalQuad(dst []byte, q rdf.Quad) []byte {
	dst = append(appendCanonical(dst, q.S), ' ')
	dst = append(appendCanonical(dst, q.P), ' ')
	dst = append(appendCanonical(dst, q.O), ' ')
	if !q.G.IsZero() {
		dst = append(appendCanonical(dst, q.G), ' ')
	}
	return append(dst, '.')
}
