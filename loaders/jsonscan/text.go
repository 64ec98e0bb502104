package jsonscan

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// What is read of JSON that is in memory already: the members and elements of a value, and the text of a string.

// Members calls fn for each member of the object that text is, with the key and the text of the value. A key that comes twice is given twice.
// It stops at the first error of fn.
func Members(text string, fn func(key, value string) error) error {
	p := 0
	if p = space(text, p); p >= len(text) || text[p] != '{' {
		return &SyntaxError{Offset: int64(p), Msg: "an object is expected"}
	}
	p = space(text, p+1)
	if p < len(text) && text[p] == '}' {
		return ended(text, p+1)
	}
	for {
		if p >= len(text) || text[p] != '"' {
			return &SyntaxError{Offset: int64(p), Msg: "a key is missing"}
		}
		e := stringEnd(text, p)
		if e < 0 {
			return &SyntaxError{Offset: int64(p), Msg: "a string does not end"}
		}
		key, ok := Text(text[p:e])
		if !ok {
			return &SyntaxError{Offset: int64(p), Msg: "a key is no valid string"}
		}
		if p = space(text, e); p >= len(text) || text[p] != ':' {
			return &SyntaxError{Offset: int64(p), Msg: "a colon is missing"}
		}
		p = space(text, p+1)
		e = valueEnd(text, p)
		if e < 0 {
			return &SyntaxError{Offset: int64(p), Msg: "a value is missing or does not end"}
		}
		if err := fn(key, text[p:e]); err != nil {
			return err
		}
		p = space(text, e)
		switch {
		case p < len(text) && text[p] == ',':
			p = space(text, p+1)
		case p < len(text) && text[p] == '}':
			return ended(text, p+1)
		default:
			return &SyntaxError{Offset: int64(p), Msg: "a comma or } is missing"}
		}
	}
}

// Elements calls fn for the text of each element of the array that text is. It stops at the first error of fn.
func Elements(text string, fn func(value string) error) error {
	p := 0
	if p = space(text, p); p >= len(text) || text[p] != '[' {
		return &SyntaxError{Offset: int64(p), Msg: "an array is expected"}
	}
	p = space(text, p+1)
	if p < len(text) && text[p] == ']' {
		return ended(text, p+1)
	}
	for {
		e := valueEnd(text, p)
		if e < 0 {
			return &SyntaxError{Offset: int64(p), Msg: "a value is missing or does not end"}
		}
		if err := fn(text[p:e]); err != nil {
			return err
		}
		p = space(text, e)
		switch {
		case p < len(text) && text[p] == ',':
			p = space(text, p+1)
		case p < len(text) && text[p] == ']':
			return ended(text, p+1)
		default:
			return &SyntaxError{Offset: int64(p), Msg: "a comma or ] is missing"}
		}
	}
}

func ended(text string, p int) error {
	if p = space(text, p); p < len(text) {
		return &SyntaxError{Offset: int64(p), Msg: "something follows the end"}
	}
	return nil
}

func space(s string, p int) int {
	for p < len(s) && (s[p] == ' ' || s[p] == '\n' || s[p] == '\t' || s[p] == '\r') {
		p++
	}
	return p
}

// stringEnd is the place behind the string that starts at p, or -1.
func stringEnd(s string, p int) int {
	for p++; p < len(s); p++ {
		switch s[p] {
		case '"':
			return p + 1
		case '\\':
			p++
		}
	}
	return -1
}

// valueEnd is the place behind the value that starts at p, or -1. Brackets are counted by kind, in one counter of depth for each.
func valueEnd(s string, p int) int {
	if p >= len(s) {
		return -1
	}
	switch s[p] {
	case '"':
		return stringEnd(s, p)
	case '{', '[':
		braces, brackets := 0, 0
		for ; p < len(s); p++ {
			switch s[p] {
			case '"':
				e := stringEnd(s, p)
				if e < 0 {
					return -1
				}
				p = e - 1
			case '{':
				braces++
			case '[':
				brackets++
			case '}':
				braces--
			case ']':
				brackets--
			}
			if braces <= 0 && brackets <= 0 {
				if braces < 0 || brackets < 0 {
					return -1
				}
				return p + 1
			}
		}
		return -1
	}
	start := p
	for p < len(s) {
		c := s[p]
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == '-' || c == '+' || c == '.' || c == 'E' {
			p++
			continue
		}
		break
	}
	if p == start {
		return -1
	}
	return p
}

// Text is the value of a JSON string, given with its quotes. ok is false for anything else, null too. Lone surrogates become U+FFFD.
func Text(raw string) (value string, ok bool) {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return "", false
	}
	in := raw[1 : len(raw)-1]
	plain := true
	for i := 0; i < len(in); i++ {
		if c := in[i]; c == '\\' || c == '"' || c < 0x20 || c >= utf8.RuneSelf {
			plain = false
			break
		}
	}
	if plain {
		return in, true
	}
	return unescape(in)
}

func unescape(in string) (string, bool) {
	i := 0
	for i < len(in) && in[i] != '\\' {
		if in[i] == '"' || in[i] < 0x20 {
			return "", false
		}
		i++
	}
	if i == len(in) {
		if !utf8.ValidString(in) {
			in = string([]rune(in))
		}
		return in, true
	}
	b := append(make([]byte, 0, len(in)), in[:i]...)
	for i < len(in) {
		c := in[i]
		if c == '"' || c < 0x20 {
			return "", false
		}
		if c != '\\' {
			b = append(b, c)
			i++
			continue
		}
		if i+1 >= len(in) {
			return "", false
		}
		i += 2
		switch in[i-1] {
		case '"', '\\', '/':
			b = append(b, in[i-1])
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			r, ok := hex4(in, i)
			if !ok {
				return "", false
			}
			i += 4
			if utf16.IsSurrogate(r) {
				low, ok := rune(0), false
				if i+6 <= len(in) && in[i] == '\\' && in[i+1] == 'u' {
					low, ok = hex4(in, i+2)
				}
				if d := utf16.DecodeRune(r, low); ok && d != utf8.RuneError {
					r = d
					i += 6
				} else {
					r = utf8.RuneError
				}
			}
			b = utf8.AppendRune(b, r)
		default:
			return "", false
		}
	}
	if !utf8.Valid(b) {
		return string([]rune(string(b))), true
	}
	return string(b), true
}

func hex4(s string, i int) (rune, bool) {
	if i+4 > len(s) {
		return 0, false
	}
	n, err := strconv.ParseUint(s[i:i+4], 16, 16)
	return rune(n), err == nil
}
