package turtle

import "unicode/utf8"

// The classes of ASCII characters. Bytes from 0x80 on belong to every class that may hold a character beyond ASCII; whether
// the character is allowed is checked when the token ends.
const (
	// classIRI may stand in an IRIREF as itself.
	classIRI uint8 = 1 << iota
	// classString may stand in a quoted string as itself, whichever the quote.
	classString
	// className may stand inside a name: PN_CHARS, '.', ':', and what starts an escape, '%' and '\\'.
	className
	// classNameStart is PN_CHARS_U or a digit.
	classNameStart
	// classSpace is white space.
	classSpace
	// classLabel is PN_CHARS or '.'.
	classLabel
)

var class = func() (t [256]uint8) {
	for c := range t {
		high := c >= utf8.RuneSelf
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' && !high
		digit := '0' <= c && c <= '9'
		if c > 0x20 && c != '<' && c != '>' && c != '"' && c != '{' && c != '}' && c != '|' && c != '^' && c != '`' && c != '\\' {
			t[c] |= classIRI
		}
		if c != '"' && c != '\'' && c != '\\' && c != '\n' && c != '\r' {
			t[c] |= classString
		}
		if letter || digit || high || c == '_' {
			t[c] |= classNameStart
		}
		if t[c]&classNameStart != 0 || c == '-' || c == '.' {
			t[c] |= classLabel | className
		}
		if c == ':' || c == '%' || c == '\\' {
			t[c] |= className
		}
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
			t[c] |= classSpace
		}
	}
	return t
}()

// isNameBase is PN_CHARS_BASE without ASCII.
func isNameBase(r rune) bool {
	switch {
	case r < 0xC0 || r == 0xD7 || r == 0xF7:
		return false
	case r <= 0x2FF, 0x370 <= r && r <= 0x1FFF && r != 0x37E, 0x200C <= r && r <= 0x200D, 0x2070 <= r && r <= 0x218F,
		0x2C00 <= r && r <= 0x2FEF, 0x3001 <= r && r <= 0xD7FF, 0xF900 <= r && r <= 0xFDCF, 0xFDF0 <= r && r <= 0xFFFD:
		return true
	}
	return 0x10000 <= r && r <= 0xEFFFF
}

// isNameRest is PN_CHARS without ASCII.
func isNameRest(r rune) bool {
	return isNameBase(r) || r == 0xB7 || 0x300 <= r && r <= 0x36F || 0x203F <= r && r <= 0x2040
}

// isLocalEscape tells whether c may follow a backslash in a local name (PN_LOCAL_ESC).
func isLocalEscape(c byte) bool {
	switch c {
	case '_', '~', '.', '-', '!', '$', '&', '\'', '(', ')', '*', '+', ',', ';', '=', '/', '?', '#', '@', '%':
		return true
	}
	return false
}

func hexValue(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
