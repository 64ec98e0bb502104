package rdfxml

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// doctype reads a document type declaration and keeps the internal general entities that it declares; everything else in it is
// passed over, and nothing outside the document is ever read.
func (x *lexer) doctype() error {
	x.pos += len("<!DOCTYPE")
	subset := false
	for {
		c, err := x.skipTo(subset)
		if err != nil {
			return err
		}
		switch {
		case c == '[' && !subset:
			subset = true
			x.pos++
		case c == ']' && subset:
			subset = false
			x.pos++
		case c == '>' && !subset:
			x.pos++
			return nil
		case c == '"' || c == '\'':
			x.pos++
			if _, err := x.until(string(c), "a document type declaration"); err != nil {
				return err
			}
		case c == '<' && subset:
			if err := x.declaration(); err != nil {
				return err
			}
		default:
			return x.errorAt(x.pos, "malformed document type declaration")
		}
	}
}

// skipTo moves to the next byte that means something in a document type declaration.
func (x *lexer) skipTo(subset bool) (byte, error) {
	for {
		x.mark = x.pos
		head, err := x.peek(1)
		if err != nil {
			return 0, err
		}
		if len(head) == 0 {
			return 0, x.errorAt(x.pos, "the document ends inside a document type declaration")
		}
		switch c := head[0]; c {
		case '[', ']', '>', '"', '\'', '<':
			return c, nil
		}
		x.pos++
	}
}

func (x *lexer) declaration() error {
	head, err := x.peek(8)
	if err != nil {
		return err
	}
	switch {
	case bytes.HasPrefix(head, []byte("<!--")):
		x.pos += 4
		_, err := x.until("-->", "a comment")
		return err
	case bytes.HasPrefix(head, []byte("<?")):
		_, err := x.until("?>", "a processing instruction")
		return err
	case !bytes.HasPrefix(head, []byte("<!")):
		return x.errorAt(x.pos, "malformed document type declaration")
	}
	end, err := x.tagEnd()
	if err != nil {
		return err
	}
	body := x.buf[x.pos:end]
	at := x.pos
	x.pos = end + 1
	decl, ok := bytes.CutPrefix(body, []byte("<!ENTITY"))
	if !ok {
		return nil
	}
	decl = bytes.TrimSpace(decl)
	if bytes.HasPrefix(decl, []byte("%")) {
		return nil
	}
	n := nameEnd(decl)
	entity, value := string(decl[:n]), bytes.TrimSpace(decl[n:])
	if !isNCName(entity) || len(value) == 0 {
		return x.errorAt(at, "malformed entity declaration")
	}
	if q := value[0]; q == '"' || q == '\'' {
		if i := bytes.IndexByte(value[1:], q); i != len(value)-2 {
			return x.errorAt(at, "malformed declaration of the entity %s", entity)
		}
		if _, twice := x.entities[entity]; twice {
			return nil // the first declaration binds (section 4.2)
		}
		text, err := x.entityValue(string(value[1:len(value)-1]), at)
		if err != nil {
			return err
		}
		if x.entities == nil {
			x.entities = map[string]string{}
		}
		x.entities[entity] = text
	}
	return nil
}

// entityValue expands the character references of an entity's value; other references wait until it is used (section 4.4).
func (x *lexer) entityValue(s string, at int) (string, error) {
	if !utf8.ValidString(s) {
		return "", x.errorAt(at, "the text holds bytes that are not UTF-8")
	}
	var out strings.Builder
	for {
		i := strings.Index(s, "&#")
		if i < 0 {
			out.WriteString(s)
			return out.String(), nil
		}
		out.WriteString(s[:i])
		ref, rest, ok := strings.Cut(s[i+2:], ";")
		r, valid := charRef(ref)
		if !ok || !valid {
			return "", x.errorAt(at, "an entity's value holds a malformed character reference")
		}
		out.WriteRune(r)
		s = rest
	}
}
