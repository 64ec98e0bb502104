// Package iri resolves and checks IRIs as strings. It follows RFC 3986 section 5.2 to the letter and never normalises, decodes
// or escapes: in RDF two IRIs are the same only when their characters are
// (https://www.w3.org/TR/rdf12-concepts/#iri-equality), so the habits of URL libraries are wrong here.
package iri

import (
	"errors"
	"strings"
)

// ErrNoScheme is the error for a base, or for an IRI that must be absolute, which does not start with a scheme.
var ErrNoScheme = errors.New("iri: not absolute: no scheme")

// parts are the five components of RFC 3986 section 3. Authority, query and fragment keep their delimiter ("//", "?", "#")
// so that an empty component differs from a missing one.
type parts struct{ scheme, authority, path, query, fragment string }

func split(s string) (p parts) {
	if n := SchemeLen(s); n > 0 {
		p.scheme, s = s[:n], s[n+1:]
	}
	if i := strings.IndexByte(s, '#'); i >= 0 {
		s, p.fragment = s[:i], s[i:]
	}
	if i := strings.IndexByte(s, '?'); i >= 0 {
		s, p.query = s[:i], s[i:]
	}
	if strings.HasPrefix(s, "//") {
		end := len(s)
		if i := strings.IndexByte(s[2:], '/'); i >= 0 {
			end = i + 2
		}
		p.authority, s = s[:end], s[end:]
	}
	p.path = s
	return p
}

// SchemeLen is the length of the scheme that s starts with, without its colon, or 0 where s is a relative reference
// (RFC 3986 section 3.1).
func SchemeLen(s string) int {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z':
		case c == ':':
			return i
		case i == 0:
			return 0
		case '0' <= c && c <= '9', c == '+', c == '-', c == '.':
		default:
			return 0
		}
	}
	return 0
}

// IsAbsolute reports whether s starts with a scheme.
func IsAbsolute(s string) bool { return SchemeLen(s) > 0 }

// Base is a base IRI, taken apart once so that many references can be resolved against it. The zero Base is no base. It is
// immutable.
type Base struct {
	iri   string
	parts parts
}

// NewBase takes a base IRI apart. The error is ErrNoScheme for a relative one.
func NewBase(s string) (Base, error) {
	if !IsAbsolute(s) {
		return Base{}, ErrNoScheme
	}
	return Base{iri: s, parts: split(s)}, nil
}

// String is the base as it was given.
func (b Base) String() string { return b.iri }

// IsZero reports whether b is no base.
func (b Base) IsZero() bool { return b.iri == "" }

// AppendResolve appends the IRI that ref means relative to b (RFC 3986 section 5.2.2, strict). With the zero Base a relative
// ref is appended unchanged.
func (b Base) AppendResolve(dst []byte, ref string) []byte {
	r := split(ref)
	base := b.parts
	switch {
	case r.scheme != "":
		dst = append(append(dst, r.scheme...), ':')
		dst = append(dst, r.authority...)
		dst = appendWithoutDots(dst, r.path)
		dst = append(dst, r.query...)
		return append(dst, r.fragment...)
	case b.iri == "":
		return append(dst, ref...)
	}
	dst = append(append(dst, base.scheme...), ':')
	switch {
	case r.authority != "":
		dst = append(dst, r.authority...)
		dst = appendWithoutDots(dst, r.path)
		dst = append(dst, r.query...)
	case r.path == "":
		dst = append(dst, base.authority...)
		dst = append(dst, base.path...)
		if r.query != "" {
			dst = append(dst, r.query...)
		} else {
			dst = append(dst, base.query...)
		}
	default:
		dst = append(dst, base.authority...)
		switch {
		case r.path[0] == '/':
			dst = appendWithoutDots(dst, r.path)
		case base.authority != "" && base.path == "":
			dst = appendWithoutDots(dst, "/"+r.path)
		default:
			dst = appendWithoutDots(dst, base.path[:strings.LastIndexByte(base.path, '/')+1]+r.path)
		}
		dst = append(dst, r.query...)
	}
	return append(dst, r.fragment...)
}

// Resolve gives the IRI that ref means relative to b.
func (b Base) Resolve(ref string) string { return string(b.AppendResolve(nil, ref)) }

// Resolve gives the IRI that ref means relative to base. An absolute ref needs no base, which may then be empty; else the
// error is ErrNoScheme when base is not absolute.
func Resolve(base, ref string) (string, error) {
	if IsAbsolute(ref) {
		return Base{}.Resolve(ref), nil
	}
	b, err := NewBase(base)
	if err != nil {
		return "", err
	}
	return b.Resolve(ref), nil
}

// appendWithoutDots is remove_dot_segments of RFC 3986 section 5.2.4: what it appends is the output buffer.
func appendWithoutDots(dst []byte, in string) []byte {
	if !strings.Contains(in, ".") {
		return append(dst, in...)
	}
	start := len(dst)
	for in != "" {
		switch {
		case strings.HasPrefix(in, "../"):
			in = in[3:]
		case strings.HasPrefix(in, "./"):
			in = in[2:]
		case strings.HasPrefix(in, "/./"):
			in = in[2:]
		case in == "/.":
			in = "/"
		case strings.HasPrefix(in, "/../"):
			in = in[3:]
			dst = dropSegment(dst, start)
		case in == "/..":
			in = "/"
			dst = dropSegment(dst, start)
		case in == "." || in == "..":
			in = ""
		default:
			end := strings.IndexByte(in[1:], '/') + 1
			if end == 0 {
				end = len(in)
			}
			dst = append(dst, in[:end]...)
			in = in[end:]
		}
	}
	return dst
}

func dropSegment(dst []byte, start int) []byte {
	i := len(dst)
	for i > start && dst[i-1] != '/' {
		i--
	}
	return dst[:max(i-1, start)]
}
