package format

import (
	"bytes"
	"encoding/json"
	"strings"
)

// SniffLen is how many bytes of the input Detect makes use of.
const SniffLen = 4096

// vague are the formats whose media type or extension others use too.
func vague(f *Format, path string) bool {
	return f.Name == "rdfa" || f == NDJSONLD && !strings.HasSuffix(path, ".ndjsonld") || f == RDFXML && path != ""
}

// Detect tells the format of input from its media type, from the path or IRI it came from, and from how its (uncompressed)
// content begins, each of which may be empty. A media type that says nothing, such as text/plain, gives way to the path, and
// that to the content; a file ending in .rdf, .owl, .xml or .html, or served as HTML, is believed only if its content does not
// speak against it, and lines of JSON are JSON-LD only if their content shows it.
func Detect(path, mediaType string, head []byte) (*Format, bool) {
	sniffed, sure := sniff(head)
	if f, ok := ByMediaType(mediaType); ok && mediaType != "" {
		switch {
		case f == NDJSONLD && sniffed == JSONLD && sure:
			return NDJSONLD, true // one line, or lines that are longer than head
		case f != NDJSONLD && (!vague(f, "") || !sure):
			return f, true
		}
	}
	if f, ok := ByPath(path); ok {
		switch {
		case !vague(f, path):
			return f, true
		case f == NDJSONLD:
			if sniffed == JSONLD && sure {
				return f, true
			}
		case f == RDFXML && sniffed == nil && len(head) > 0 && strings.HasSuffix(path, ".xml"):
			return nil, false
		case !sure:
			return f, true
		}
	}
	return sniffed, sniffed != nil
}

// sniff guesses a format from the first bytes; sure tells whether it could hardly be another.
func sniff(head []byte) (f *Format, sure bool) {
	b := bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF"))
	if len(b) > SniffLen {
		b = b[:SniffLen]
	}
	b = skipComments(b)
	lower := bytes.ToLower(b)
	switch {
	case len(b) == 0:
		return nil, false
	case b[0] == '{' || b[0] == '[':
		return sniffBrace(b)
	case bytes.HasPrefix(lower, []byte("<!doctype html")), bytes.HasPrefix(lower, []byte("<html")):
		f, _ := ByName("rdfa")
		return f, true
	case bytes.Contains(lower, []byte("<rdf:rdf")), bytes.Contains(b, []byte("http://www.w3.org/1999/02/22-rdf-syntax-ns#\"")) && b[0] == '<' && bytes.Contains(b, []byte("xmlns")):
		return RDFXML, true
	case bytes.HasPrefix(b, []byte("<?xml")):
		if bytes.Contains(lower, []byte("<trix")) {
			f, _ := ByName("trix")
			return f, true
		}
		if bytes.Contains(lower, []byte("<html")) {
			f, _ := ByName("rdfa")
			return f, true
		}
		if bytes.Contains(b, []byte("rdf:")) {
			return RDFXML, false
		}
		return nil, false
	}
	for _, word := range []string{"@prefix", "@base", "prefix ", "prefix\t", "base ", "base\t", "@version", "version "} {
		if bytes.HasPrefix(lower, []byte(word)) {
			return turtleOrTriG(b), true
		}
	}
	if bytes.HasPrefix(lower, []byte("graph ")) {
		return TriG, true
	}
	if b[0] == '<' || b[0] == '_' {
		return sniffLines(b), false
	}
	return nil, false
}

// skipComments steps over white space and lines that start with '#'.
func skipComments(b []byte) []byte {
	for {
		b = bytes.TrimLeft(b, " \t\r\n")
		if len(b) == 0 || b[0] != '#' {
			return b
		}
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			return nil
		}
		b = b[i+1:]
	}
}

// sniffBrace tells JSON from the graphs of TriG and the blank nodes of Turtle.
func sniffBrace(b []byte) (*Format, bool) {
	rest := bytes.TrimLeft(b[1:], " \t\r\n")
	switch {
	case len(rest) == 0:
		return nil, false
	case bytes.Contains(b, []byte(`"@context"`)), bytes.Contains(b, []byte(`"@id"`)), bytes.Contains(b, []byte(`"@graph"`)):
		if line, after, ok := bytes.Cut(b, []byte("\n")); ok && json.Valid(line) && bytes.HasPrefix(bytes.TrimSpace(after), []byte("{")) {
			return NDJSONLD, true // a second document follows on the next line
		}
		return JSONLD, true
	case rest[0] == '"' || rest[0] == '{' && b[0] == '[' || rest[0] == '}' && b[0] == '{':
		if bytes.Contains(b, []byte(`"@`)) {
			return JSONLD, false
		}
		return nil, false
	case b[0] == '{':
		return TriG, false
	}
	return Turtle, false
}

// turtleOrTriG looks for the '{' of a graph outside of IRIs, strings and comments.
func turtleOrTriG(b []byte) *Format {
	for i := 0; i < len(b); i++ {
		end := byte(0)
		switch b[i] {
		case '<':
			end = '>'
		case '"', '\'':
			end = b[i]
		case '#':
			end = '\n'
		case '{':
			if i+1 == len(b) || b[i+1] != '|' {
				return TriG
			}
		}
		if end != 0 {
			n := bytes.IndexByte(b[i+1:], end)
			if n < 0 {
				break
			}
			i += n + 1
		}
	}
	return Turtle
}

// sniffLines looks at the first line, which starts with an IRI or a blank node.
func sniffLines(b []byte) *Format {
	line := b
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		line = b[:i]
	}
	line = bytes.TrimSpace(line)
	if !bytes.HasSuffix(line, []byte(".")) {
		return turtleOrTriG(b)
	}
	terms := 0
	rest := bytes.TrimSpace(line[:len(line)-1])
	for len(rest) > 0 {
		n := 0
		switch {
		case rest[0] == '<':
			n = bytes.IndexByte(rest, '>') + 1
		case rest[0] == '_':
			n = wordLen(rest)
		case rest[0] == '"' && terms == 2:
			n = literalLen(rest)
		}
		if n == 0 || bytes.HasPrefix(rest, []byte("<<")) && terms != 2 {
			return turtleOrTriG(b)
		}
		terms++
		rest = bytes.TrimSpace(rest[n:])
	}
	switch terms {
	case 3:
		return NTriples
	case 4:
		return NQuads
	}
	return turtleOrTriG(b)
}

func wordLen(b []byte) int {
	if i := bytes.IndexAny(b, " \t<\""); i >= 0 {
		return i
	}
	return len(b)
}

func literalLen(b []byte) int {
	i := 1
	for i < len(b) && b[i] != '"' {
		if b[i] == '\\' {
			i++
		}
		i++
	}
	i++
	switch {
	case i >= len(b):
		return len(b)
	case b[i] == '@':
		return i + wordLen(b[i:])
	case bytes.HasPrefix(b[i:], []byte("^^<")):
		return i + bytes.IndexByte(b[i:], '>') + 1
	}
	return i
}
