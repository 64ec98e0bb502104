package turtle

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"triplestore/rdf"
)

// appendLocal writes the local part of a prefixed name, with escapes where they are needed. It reports false for one that
// cannot be written or that is better read as a whole IRI.
func appendLocal(dst []byte, s string) ([]byte, bool) {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 || !isNameRest(r) || i == 0 && !isNameBase(r) {
				return dst, false
			}
			dst = append(dst, s[i:i+n]...)
			i += n
			continue
		case class[c]&classNameStart != 0, c == ':':
		case (c == '.' || c == '-') && i > 0 && (i < len(s)-1 || c == '-'):
		case c == '%' && i+2 < len(s) && hexValue(s[i+1]) >= 0 && hexValue(s[i+2]) >= 0:
		case c == '/' || c == '#' || c == '?':
			return dst, false
		case isLocalEscape(c):
			dst = append(dst, '\\')
		default:
			return dst, false
		}
		dst = append(dst, c)
		i++
	}
	return dst, true
}

// safeLabel gives a blank node whose label the formats allow. Labels from a parser of this package always are; another is
// written as "xh" and its bytes in hexadecimal, and so is one that looks like that, which keeps different labels different.
func safeLabel(t rdf.Term) rdf.Term {
	if k := t.Kind(); k != rdf.KindBlankNode && k != rdf.KindTriple {
		return t
	}
	switch {
	case t.IsTriple():
		tr := t.Triple()
		s, o := safeLabel(tr.S), safeLabel(tr.O)
		if s == tr.S && o == tr.O {
			return t
		}
		return rdf.TripleTerm(rdf.Triple{S: s, P: tr.P, O: o})
	case !t.IsBlankNode():
		return t
	}
	label := t.Value()
	if validLabel(label) && !strings.HasPrefix(label, "xh") {
		return t
	}
	if rest, ok := strings.CutPrefix(label, "xh"); ok && validLabel(label) {
		if _, err := hex.DecodeString(rest); err != nil || strings.ToLower(rest) != rest {
			return t
		}
	}
	return rdf.BlankNode("xh" + hex.EncodeToString([]byte(label)))
}

func validLabel(s string) bool {
	if s == "" || class[s[0]]&classNameStart == 0 || s[len(s)-1] == '.' {
		return false
	}
	high := byte(0)
	for i := 0; i < len(s); i++ {
		if class[s[i]]&classLabel == 0 {
			return false
		}
		high |= s[i]
	}
	return high < utf8.RuneSelf || checkRunes([]byte(s), true) < 0
}
