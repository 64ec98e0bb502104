package xsd

import (
	"strings"
	"unicode/utf8"
)

func validHex(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c-'0' > 9 && c|0x20-'a' > 5 {
			return false
		}
	}
	return len(s)%2 == 0
}

// validBase64 allows white space anywhere, as the type does, and wants the bits that a short last group leaves over to be zero.
func validBase64(s string) bool {
	n, pad := 0, 0
	var last byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case isSpace(c):
			continue
		case c == '=':
			pad++
		case pad > 0:
			return false
		case 'A' <= c && c <= 'Z':
			last = c - 'A'
		case 'a' <= c && c <= 'z':
			last = c - 'a' + 26
		case '0' <= c && c <= '9':
			last = c - '0' + 52
		case c == '+' || c == '/':
			last = 62
			if c == '/' {
				last = 63
			}
		default:
			return false
		}
		n++
	}
	if n%4 != 0 || pad > 2 {
		return false
	}
	return pad == 0 || pad == 1 && last&3 == 0 || pad == 2 && last&15 == 0
}

func validString(s string, t Type) bool {
	if !utf8.ValidString(s) {
		return false
	}
	switch t {
	case NormalizedString:
		return true // the lexical form is normalised before it is checked
	case Language:
		return validLanguage(Trim(s))
	case NMTOKEN, Name, NCName:
		s = Trim(s)
		for i, r := range s {
			switch {
			case r == ':' && t != NCName, IsNameStart(r) && r != ':':
			case IsNameChar(r) && r != ':' && (i > 0 || t == NMTOKEN):
			default:
				return false
			}
		}
		return s != ""
	}
	return true
}

// validLanguage checks [a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*.
func validLanguage(s string) bool {
	for first := true; ; first = false {
		part, rest, more := strings.Cut(s, "-")
		if len(part) == 0 || len(part) > 8 {
			return false
		}
		for i := 0; i < len(part); i++ {
			if c := part[i]; c|0x20-'a' > 25 && (first || c-'0' > 9) {
				return false
			}
		}
		if !more {
			return true
		}
		s = rest
	}
}

// IsNameStart reports whether a name of XML may start with r (https://www.w3.org/TR/xml/#NT-NameStartChar).
func IsNameStart(r rune) bool {
	switch {
	case r < 0x80:
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '_' || r == ':'
	case r <= 0xFF:
		return r >= 0xC0 && r != 0xD7 && r != 0xF7
	case r <= 0x2FF, 0x370 <= r && r <= 0x1FFF && r != 0x37E, r == 0x200C, r == 0x200D, 0x2070 <= r && r <= 0x218F,
		0x2C00 <= r && r <= 0x2FEF, 0x3001 <= r && r <= 0xD7FF, 0xF900 <= r && r <= 0xFDCF, 0xFDF0 <= r && r <= 0xFFFD && r != utf8.RuneError,
		0x10000 <= r && r <= 0xEFFFF:
		return true
	}
	return false
}

// IsNameChar reports whether a name of XML may contain r.
func IsNameChar(r rune) bool {
	return IsNameStart(r) || '0' <= r && r <= '9' || r == '-' || r == '.' || r == 0xB7 || 0x300 <= r && r <= 0x36F || r == 0x203F || r == 0x2040
}
