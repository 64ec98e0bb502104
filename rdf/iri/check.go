package iri

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Check tells whether s is an IRI in the sense of RFC 3987 section 2.2: absolute, only allowed characters in each component,
// well-formed percent-encoding. The error says what is wrong and where. Schemes are not checked against their own rules.
func Check(s string) error {
	n := SchemeLen(s)
	if n == 0 {
		return ErrNoScheme
	}
	pos, rest := n+1, s[n+1:]
	if strings.HasPrefix(rest, "//") {
		end := strings.IndexAny(rest[2:], "/?#")
		if end < 0 {
			end = len(rest)
		} else {
			end += 2
		}
		if err := checkAuthority(rest[2:end], pos+2); err != nil {
			return err
		}
		pos, rest = pos+end, rest[end:]
	}
	end := strings.IndexAny(rest, "?#")
	if end < 0 {
		return checkChars(rest, pos, inPath, "path")
	}
	if err := checkChars(rest[:end], pos, inPath, "path"); err != nil {
		return err
	}
	pos, rest = pos+end, rest[end:]
	if rest[0] == '?' {
		end = strings.IndexByte(rest, '#')
		if end < 0 {
			end = len(rest)
		}
		if err := checkChars(rest[1:end], pos+1, inQuery, "query"); err != nil {
			return err
		}
		pos, rest = pos+end, rest[end:]
	}
	if rest == "" {
		return nil
	}
	return checkChars(rest[1:], pos+1, inFragment, "fragment")
}

func checkAuthority(s string, pos int) error {
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		if err := checkChars(s[:i], pos, inUser, "user information"); err != nil {
			return err
		}
		pos, s = pos+i+1, s[i+1:]
	}
	if strings.HasPrefix(s, "[") {
		i := strings.IndexByte(s, ']')
		if i < 0 {
			return fmt.Errorf("iri: no ']' for the '[' at byte %d", pos)
		}
		for j := 1; j < i; j++ {
			if c := s[j]; c != ':' && (c >= utf8.RuneSelf || classes[c]&(inHost) == 0) {
				return fmt.Errorf("iri: %q is not allowed in an IP literal (byte %d)", c, pos+j)
			}
		}
		pos, s = pos+i+1, s[i+1:]
		if s != "" && s[0] != ':' {
			return fmt.Errorf("iri: expected a port or the end of the host at byte %d", pos)
		}
	}
	host, port := s, ""
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		host, port = s[:i], s[i+1:]
	}
	for i := 0; i < len(port); i++ {
		if port[i] < '0' || port[i] > '9' {
			return fmt.Errorf("iri: the port %q is not a number (byte %d)", port, pos+len(host)+1)
		}
	}
	return checkChars(host, pos, inHost, "host")
}

const (
	inUser = 1 << iota
	inHost
	inPath
	inQuery
	inFragment
)

var classes = func() (t [utf8.RuneSelf]uint8) {
	set := func(chars string, class uint8) {
		for i := 0; i < len(chars); i++ {
			t[chars[i]] |= class
		}
	}
	const everywhere = inUser | inHost | inPath | inQuery | inFragment
	for c := 'a'; c <= 'z'; c++ {
		t[c] |= everywhere
		t[c-'a'+'A'] |= everywhere
	}
	set("0123456789-._~!$&'()*+,;=", everywhere)
	set(":", everywhere&^inHost)
	set("@/", inPath|inQuery|inFragment)
	set("?", inQuery|inFragment)
	return t
}()

func checkChars(s string, pos int, class uint8, where string) error {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c < utf8.RuneSelf && classes[c]&class != 0:
			i++
		case c == '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return fmt.Errorf("iri: '%%' without two hexadecimal digits in the %s (byte %d)", where, pos+i)
			}
			i += 3
		case c < utf8.RuneSelf:
			return fmt.Errorf("iri: %q is not allowed in the %s (byte %d)", c, where, pos+i)
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				return fmt.Errorf("iri: invalid UTF-8 in the %s (byte %d)", where, pos+i)
			}
			if !isUCS(r) && (class != inQuery || !isPrivate(r)) {
				return fmt.Errorf("iri: U+%04X is not allowed in the %s (byte %d)", r, where, pos+i)
			}
			i += n
		}
	}
	return nil
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

// isUCS is ucschar of RFC 3987 section 2.2.
func isUCS(r rune) bool {
	switch {
	case r < 0xA0:
		return false
	case r <= 0xD7FF, 0xF900 <= r && r <= 0xFDCF, 0xFDF0 <= r && r <= 0xFFEF:
		return true
	}
	return 0x10000 <= r && r <= 0xEFFFD && r&0xFFFF <= 0xFFFD && (r < 0xE0000 || r >= 0xE1000)
}

// isPrivate is iprivate of RFC 3987 section 2.2.
func isPrivate(r rune) bool {
	return 0xE000 <= r && r <= 0xF8FF || 0xF0000 <= r && r <= 0xFFFFD || 0x100000 <= r && r <= 0x10FFFD
}
