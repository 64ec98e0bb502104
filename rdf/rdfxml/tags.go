package rdfxml

import (
	"bytes"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"

	"triplestore/rdf/iri"
)

// startTag reads a start or empty-element tag into the top of the stack.
func (x *lexer) startTag() error {
	if len(x.stack) == 0 && x.rootSeen {
		return x.errorAt(x.pos, "there may be only one root element")
	}
	if len(x.stack) >= x.maxDepth {
		return x.errorAt(x.pos, "elements are nested more than %d deep", x.maxDepth)
	}
	x.rootSeen = true
	end, err := x.tagEnd()
	if err != nil {
		return err
	}
	raw := x.buf[x.pos+1 : end]
	start := x.pos
	if n := len(x.stack); n < cap(x.stack) {
		x.stack = x.stack[:n+1]
	} else {
		x.stack = append(x.stack, element{})
	}
	e := &x.stack[len(x.stack)-1]
	*e = element{attrs: e.attrs[:0], at: x.abs(start), nsLen: len(x.bindings), names: x.names, attrNs: x.attrNames}
	if e.empty = len(raw) > 0 && raw[len(raw)-1] == '/'; e.empty {
		raw = raw[:len(raw)-1]
	}
	qname := nameEnd(raw)
	if qname == 0 {
		return x.errorAt(start+1, "a tag must begin with a name (a < in text is written &lt;)")
	}
	at := start + 1 + qname
	type rawAttr struct {
		q  []byte
		v  string
		at int
	}
	var list [24]rawAttr
	attrs := list[:0]
	for rest := raw[qname:]; ; {
		n := skipSpace(rest)
		if rest, at = rest[n:], at+n; len(rest) == 0 {
			break
		}
		if n == 0 {
			return x.errorAt(at, "white space must separate attributes")
		}
		k := nameEnd(rest)
		if k == 0 {
			return x.errorAt(at, "expected the name of an attribute")
		}
		q, qAt := rest[:k], at
		rest, at = rest[k:], at+k
		n = skipSpace(rest)
		if rest, at = rest[n:], at+n; len(rest) == 0 || rest[0] != '=' {
			return x.errorAt(at, "the attribute %s needs a value: expected =", q)
		}
		n = 1 + skipSpace(rest[1:])
		if rest, at = rest[n:], at+n; len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return x.errorAt(at, "the value of %s must be in quotes", q)
		}
		v := bytes.IndexByte(rest[1:], rest[0])
		if v < 0 {
			return x.errorAt(at, "the value of %s has no closing quote", q)
		}
		body := rest[1 : 1+v]
		if i := bytes.IndexByte(body, '<'); i >= 0 {
			return x.errorAt(at+1+i, "< may not stand in the value of an attribute; write &lt;")
		}
		x.pos = at + 1 // for the place of errors
		value, err := x.decode(body, true)
		if err != nil {
			return err
		}
		rest, at = rest[v+2:], at+v+2
		if bytes.HasPrefix(q, []byte("xmlns")) && (len(q) == 5 || q[5] == ':') {
			if !e.declares {
				e.declares, e.cached = true, x.cached
				x.names, x.attrNames = map[string]*name{}, map[string]*name{}
			}
			if err := x.bind(e, q, value, qAt); err != nil {
				return err
			}
			continue
		}
		attrs = append(attrs, rawAttr{q, value, qAt})
	}
	if e.name, err = x.resolve(x.names, raw[:qname], true, start+1); err != nil {
		return err
	}
	type expanded struct{ ns, local string }
	var seen map[expanded]bool
	if len(attrs) > len(list) {
		seen = make(map[expanded]bool, len(attrs))
	}
	for _, a := range attrs {
		n, err := x.resolve(x.attrNames, a.q, false, a.at)
		if err != nil {
			return err
		}
		key := expanded{n.ns, n.local}
		twice := seen[key]
		if seen != nil {
			seen[key] = true
		} else {
			twice = slices.ContainsFunc(e.attrs, func(other attr) bool { return other.local == n.local && other.ns == n.ns })
		}
		if twice {
			return x.errorAt(a.at, "the attribute %s stands twice", a.q)
		}
		e.attrs = append(e.attrs, attr{n, a.v})
	}
	x.pos = end + 1
	x.pendEnd = e.empty
	return nil
}

// tagEnd finds the > that ends the tag at pos, past quoted values.
func (x *lexer) tagEnd() (int, error) {
	var quote byte
	for i := x.pos + 1; ; i++ {
		if i == len(x.buf) {
			rel := i - x.mark
			ok, err := x.more()
			if err != nil {
				return 0, err
			}
			if !ok {
				return 0, x.errorAt(len(x.buf), "the document ends inside a tag")
			}
			i = x.mark + rel
		}
		switch c := x.buf[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i, nil
		case c == '<':
			return 0, x.errorAt(i, "< inside a tag")
		}
	}
}

func (x *lexer) endTag() error {
	body := x.pos + 2
	rel := body - x.mark
	x.pos += 2
	if _, err := x.until(">", "an end tag"); err != nil {
		return err
	}
	body = x.mark + rel
	raw := bytes.TrimRight(x.buf[body:x.pos-1], " \t\r\n")
	n := len(x.stack)
	if n == 0 {
		return x.errorAt(body, "</%s> ends no element", raw)
	}
	if string(raw) != x.stack[n-1].qname {
		return x.errorAt(body, "</%s> does not match <%s>%s", raw, x.stack[n-1].qname, x.opened(&x.stack[n-1]))
	}
	return nil
}

// opened tells where a start tag stood.
func (x *lexer) opened(e *element) string {
	line := e.line
	if line == 0 {
		line, _ = x.place(int(e.at - x.offset))
	}
	return " of line " + strconv.Itoa(line)
}

// pop leaves the element on top after its end event.
func (x *lexer) pop() {
	n := len(x.stack) - 1
	e := &x.stack[n]
	if e.declares {
		for i := len(x.bindings) - 1; i >= e.nsLen; i-- {
			if b := x.bindings[i]; b.outer == 0 {
				delete(x.inForce, b.prefix)
			} else {
				x.inForce[b.prefix] = b.outer
			}
		}
		x.names, x.attrNames, x.bindings, x.cached = e.names, e.attrNs, x.bindings[:e.nsLen], e.cached
	}
	x.stack = x.stack[:n]
}

func (x *lexer) top() *element { return &x.stack[len(x.stack)-1] }

// bind takes a namespace declaration (https://www.w3.org/TR/xml-names/#ns-decl).
func (x *lexer) bind(e *element, q []byte, ns string, at int) error {
	prefix := ""
	if len(q) > 5 {
		prefix = string(q[6:])
		if prefix == "" || ns == "" {
			return x.errorAt(at, "%s declares no namespace", q)
		}
	}
	if prefix == "xmlns" || prefix == "xml" && ns != xmlNS || prefix != "xml" && ns == xmlNS || ns == xmlnsNS {
		return x.errorAt(at, "%s may not be bound to <%s>", q, ns)
	}
	outer := x.inForce[prefix]
	if outer > e.nsLen {
		return x.errorAt(at, "the attribute %s stands twice", q)
	}
	if x.prefix != nil {
		x.prefix(prefix, ns)
	}
	x.bindings = append(x.bindings, declared{binding{prefix, ns}, outer})
	x.inForce[prefix] = len(x.bindings)
	return nil
}

func (x *lexer) lookup(prefix string) (string, bool) {
	if n := x.inForce[prefix]; n > 0 {
		return x.bindings[n-1].ns, true
	}
	return "", prefix == ""
}

// resolve gives the name of q under the bindings in force; names without a prefix are in the default namespace only where
// they name elements.
func (x *lexer) resolve(cache map[string]*name, q []byte, isElement bool, at int) (*name, error) {
	if n, ok := cache[string(q)]; ok {
		return n, nil
	}
	n := &name{qname: string(q)}
	n.local = n.qname
	if i := bytes.IndexByte(q, ':'); i >= 0 {
		n.prefix, n.local = n.qname[:i], n.qname[i+1:]
		if n.prefix == "" {
			return nil, x.errorAt(at, "%q is no qualified name", q)
		}
	}
	if !isNCName(n.local) || n.prefix != "" && !isNCName(n.prefix) {
		return nil, x.errorAt(at, "%q is no qualified name", q)
	}
	if isElement || n.prefix != "" {
		ns, ok := x.lookup(n.prefix)
		if !ok {
			return nil, x.errorAt(at, "the prefix %s: is not declared", n.prefix)
		}
		n.ns = ns
	}
	n.iri = n.ns + n.local
	n.bad, _ = badIRI(n.iri)
	n.bad = n.bad || !iri.IsAbsolute(n.iri)
	if x.cached < maxNames {
		cache[n.qname] = n
		x.cached++
	}
	return n, nil
}

func skipSpace(b []byte) int {
	i := 0
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// nameEnd is the length of what may be a name at the start of b; resolve checks it.
func nameEnd(b []byte) int {
	for i, c := range b {
		switch c {
		case ' ', '\n', '\t', '\r', '=', '"', '\'', '/', '<', '>', '&':
			return i
		}
	}
	return len(b)
}

// isNCName checks a name without a colon (https://www.w3.org/TR/xml-names/#NT-NCName).
func isNCName(s string) bool {
	if s == "" {
		return false
	}
	for i, r := range s {
		if r == utf8.RuneError || !isNameStart(r) && (i == 0 || !isNameRest(r)) {
			return false
		}
	}
	return true
}

func isNameStart(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '_'
	case r == 0xd7 || r == 0xf7 || r < 0xc0:
		return false
	}
	return unicode.Is(nameStart, r)
}

func isNameRest(r rune) bool {
	return '0' <= r && r <= '9' || r == '-' || r == '.' || r == 0xb7 || 0x300 <= r && r <= 0x36f || r == 0x203f || r == 0x2040
}

// nameStart is NameStartChar of XML 1.0 fifth edition above ASCII.
var nameStart = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0xc0, 0x2ff, 1}, {0x370, 0x37d, 1}, {0x37f, 0x1fff, 1}, {0x200c, 0x200d, 1}, {0x2070, 0x218f, 1}, {0x2c00, 0x2fef, 1},
		{0x3001, 0xd7ff, 1}, {0xf900, 0xfdcf, 1}, {0xfdf0, 0xfffd, 1},
	},
	R32: []unicode.Range32{{0x10000, 0xeffff, 1}},
}
