package syntax

import "unicode/utf8"

// localEscapes may follow a backslash in a local name (PN_LOCAL_ESC).
const localEscapes = "_~.-!$&'()*+,;=/?#@%"

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func hexDigit(c byte) (byte, bool) {
	switch {
	case isDigit(c):
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

func isHex(c byte) bool { _, ok := hexDigit(c); return ok }

// decode gives the rune at i, and -1 at the end and for bytes that are no UTF-8.
func decode(s string, i int) (rune, int) {
	if i >= len(s) {
		return -1, 0
	}
	if c := s[i]; c < utf8.RuneSelf {
		return rune(c), 1
	}
	r, w := utf8.DecodeRuneInString(s[i:])
	if r == utf8.RuneError && w == 1 {
		return -1, 1
	}
	return r, w
}

// isPNCharBase is PN_CHARS_BASE.
func isPNCharBase(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	case r <= 0x2FF:
		return r >= 0xC0 && r != 0xD7 && r != 0xF7
	case r <= 0x1FFF:
		return r >= 0x370 && r != 0x37E
	case r <= 0x218F:
		return r >= 0x2070 || r == 0x200C || r == 0x200D
	case r <= 0xD7FF:
		return 0x2C00 <= r && r <= 0x2FEF || r >= 0x3001
	case r <= 0xFFFD:
		return 0xF900 <= r && r <= 0xFDCF || r >= 0xFDF0
	}
	return 0x10000 <= r && r <= 0xEFFFF
}

// isPNCharU is PN_CHARS_U.
func isPNCharU(r rune) bool { return r == '_' || isPNCharBase(r) }

// isPNChar is PN_CHARS.
func isPNChar(r rune) bool {
	return r == '-' || '0' <= r && r <= '9' || r == 0xB7 || 0x300 <= r && r <= 0x36F || r == 0x203F || r == 0x2040 || isPNCharU(r)
}

// scanVarName finds the end of a VARNAME.
func scanVarName(s string, i int) int {
	from := i
	for i < len(s) {
		r, w := decode(s, i)
		switch {
		case isPNCharU(r), '0' <= r && r <= '9':
		case i > from && (r == 0xB7 || 0x300 <= r && r <= 0x36F || r == 0x203F || r == 0x2040):
		default:
			return i
		}
		i += w
	}
	return i
}
