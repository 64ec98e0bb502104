package rdfxml

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

func sprintf(format string, args ...any) string {
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}

const (
	xmlNS   = "http://www.w3.org/XML/1998/namespace"
	xmlnsNS = "http://www.w3.org/2000/xmlns/"
)

type eventKind uint8

const (
	eventEOF eventKind = iota
	eventStart
	eventEnd
	eventText
	eventComment
	eventPI
)

// name is a resolved element or attribute name.
type name struct {
	qname, prefix, local, ns string
	iri                      string // ns + local
	bad                      bool   // which is no absolute IRI
}

type attr struct {
	*name
	value string
}

// element is a start tag. It is valid until its end tag was read.
type element struct {
	*name
	attrs  []attr
	at     int64
	line   int // with column, kept once the tag has left the buffer; else 0
	column int
	empty  bool // <x/>: the end event follows by itself
	names  map[string]*name
	attrNs map[string]*name
	nsLen  int
	// declares tells that it has declarations of namespaces, cached how many names were kept before them.
	declares bool
	cached   int
}

type binding struct{ prefix, ns string }

// declared is a binding in force, or one that another hides.
type declared struct {
	binding
	outer int // what inForce said of the prefix before
}

// lexer gives the events of a namespace-well-formed XML 1.0 document (https://www.w3.org/TR/xml/, https://www.w3.org/TR/xml-names/).
// External entities and external DTD subsets are never read; internal entities may hold text only, and their expansion is limited.
type lexer struct {
	input
	stack     []element
	bindings  []declared
	inForce   map[string]int   // prefix → the number of bindings up to the one in force
	names     map[string]*name // of elements, under the bindings in force
	attrNames map[string]*name
	cached    int // how many names there are in all such maps
	entities  map[string]string
	expanded  int64
	maxDepth  int
	rootSeen  bool
	pendEnd   bool
	text      string // of eventText, eventComment, eventPI
	prefix    func(name, iri string)
}

const (
	// maxExpansion is what entities may expand to, over and above expansionFactor bytes for each byte of the document up to there.
	maxExpansion    = 8 << 20
	expansionFactor = 4

	// maxNames is how many names are remembered.
	maxNames = 1 << 16
)

func (x *lexer) init() {
	x.names, x.attrNames = map[string]*name{}, map[string]*name{}
	x.bindings, x.inForce = []declared{{binding: binding{"xml", xmlNS}}}, map[string]int{"xml": 1}
	x.dropping = func(n int) {
		for i := len(x.stack) - 1; i >= 0; i-- {
			e := &x.stack[i]
			if e.line > 0 {
				return // and so have all around it
			}
			if at := e.at - x.offset; at < int64(n) {
				e.line, e.column = x.place(int(at))
			}
		}
	}
}

// next reads the next event. Comments and processing instructions are events so that XML literals can keep them.
func (x *lexer) next() (eventKind, error) {
	if x.pendEnd {
		x.pendEnd = false
		return eventEnd, nil
	}
	for {
		x.mark = x.pos
		if x.pos == len(x.buf) {
			ok, err := x.more()
			if err != nil {
				return 0, err
			}
			if !ok {
				return x.end()
			}
		}
		if x.buf[x.pos] != '<' {
			kind, err := x.characters()
			if kind == eventEOF && err == nil {
				continue // white space outside the root
			}
			return kind, err
		}
		head, err := x.peek(9)
		if err != nil {
			return 0, err
		}
		switch {
		case len(head) > 1 && head[1] == '/':
			return eventEnd, x.endTag()
		case bytes.HasPrefix(head, []byte("<!--")):
			x.pos += 4
			body, err := x.until("--", "a comment")
			if err != nil {
				return 0, err
			}
			if tail, err := x.peek(1); err != nil || len(tail) == 0 || tail[0] != '>' {
				return 0, x.fail(err, "-- may not stand inside a comment")
			}
			x.pos++
			if x.text, err = x.lineEnds(body); err != nil {
				return 0, err
			}
			return eventComment, nil
		case bytes.HasPrefix(head, []byte("<![CDATA[")):
			if len(x.stack) == 0 {
				return 0, x.errorAt(x.pos, "text outside the root element")
			}
			x.pos += 9
			body, err := x.until("]]>", "a CDATA section")
			if err != nil {
				return 0, err
			}
			x.text, err = x.lineEnds(body)
			return eventText, err
		case bytes.HasPrefix(head, []byte("<!DOCTYPE")):
			if x.rootSeen {
				return 0, x.errorAt(x.pos, "a document type declaration must come before the root element")
			}
			if err := x.doctype(); err != nil {
				return 0, err
			}
		case len(head) > 1 && head[1] == '?':
			x.pos += 2
			body, err := x.until("?>", "a processing instruction")
			if err != nil {
				return 0, err
			}
			if x.text, err = x.lineEnds(body); err != nil {
				return 0, err
			}
			target, _, _ := strings.Cut(x.text, " ")
			if strings.EqualFold(target, "xml") {
				if x.abs(x.mark) != 0 {
					return 0, x.errorAt(x.mark, "the XML declaration may stand only at the very beginning")
				}
				continue
			}
			return eventPI, nil
		case len(head) > 1 && head[1] == '!':
			return 0, x.errorAt(x.pos, "unknown markup <!")
		default:
			return eventStart, x.startTag()
		}
	}
}

// fail is err, or where that is nil an error at the present place.
func (x *lexer) fail(err error, format string, args ...any) error {
	if err != nil {
		return err
	}
	return x.errorAt(x.pos, format, args...)
}

func (x *lexer) end() (eventKind, error) {
	if n := len(x.stack); n > 0 {
		return 0, x.errorAt(x.pos, "the document ends, but <%s>%s has no end tag", x.stack[n-1].qname, x.opened(&x.stack[n-1]))
	}
	if !x.rootSeen {
		return 0, x.errorAt(x.pos, "the document has no root element")
	}
	return eventEOF, nil
}

// characters reads text up to the next markup.
func (x *lexer) characters() (eventKind, error) {
	from := x.pos
	for {
		if i := bytes.IndexByte(x.buf[from:], '<'); i >= 0 {
			from += i
			break
		}
		rel := len(x.buf) - x.mark
		ok, err := x.more()
		if err != nil {
			return 0, err
		}
		from = x.mark + rel
		if !ok {
			break
		}
	}
	raw := x.buf[x.pos:from]
	if len(x.stack) == 0 {
		if i := bytes.IndexFunc(raw, func(r rune) bool { return !isSpace(r) && r != '\ufeff' }); i >= 0 {
			return 0, x.errorAt(x.pos+i, "text outside the root element")
		}
		x.pos = from
		return eventEOF, nil
	}
	if i := bytes.Index(raw, []byte("]]>")); i >= 0 {
		return 0, x.errorAt(x.pos+i, "]]> may not stand in text")
	}
	text, err := x.decode(raw, false)
	x.pos, x.text = from, text
	return eventText, err
}

func isSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }

// lineEnds checks the characters and turns line ends into newlines (XML 1.0 section 2.11).
func (x *lexer) lineEnds(raw []byte) (string, error) {
	if err := x.checkChars(raw); err != nil {
		return "", err
	}
	if bytes.IndexByte(raw, '\r') < 0 {
		return alias(raw), nil
	}
	return strings.ReplaceAll(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\r", "\n"), nil
}

// checkChars refuses bytes that are not UTF-8 and characters that XML does not allow (section 2.2). raw is part of buf.
func (x *lexer) checkChars(raw []byte) error {
	for i := 0; i < len(raw); {
		c := raw[i]
		if c >= 0x20 && c < utf8.RuneSelf || c == '\n' || c == '\t' || c == '\r' {
			i++
			continue
		}
		r, n := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && n == 1 {
			return x.errorAt(x.pos, "the text holds bytes that are not UTF-8")
		}
		if !isChar(r) {
			return x.errorAt(x.pos, "the character U+%04X is not allowed in XML", r)
		}
		i += n
	}
	return nil
}

func isChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || 0x20 <= r && r <= 0xd7ff || 0xe000 <= r && r <= 0xfffd || 0x10000 <= r && r <= 0x10ffff
}

// decode resolves references and line ends, in attribute values white space too (section 3.3.3).
func (x *lexer) decode(raw []byte, inAttr bool) (string, error) {
	plain := true
	for _, c := range raw {
		if c == '&' || c == '\r' || c >= utf8.RuneSelf || c < 0x20 && (c != '\n' || inAttr) {
			plain = false
			break
		}
	}
	if plain {
		return alias(raw), nil
	}
	if err := x.checkChars(raw); err != nil {
		return "", err
	}
	if bytes.IndexByte(raw, '&') < 0 && bytes.IndexByte(raw, '\r') < 0 && (!inAttr || !bytes.ContainsAny(raw, "\t\n")) {
		return alias(raw), nil
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '&':
			j := bytes.IndexByte(raw[i:], ';')
			if j < 0 {
				return "", x.errorAt(x.pos+i, "& must be written &amp;")
			}
			var err error
			if out, err = x.reference(out, alias(raw[i+1:i+j]), i, inAttr, 0); err != nil {
				return "", err
			}
			i += j
		case c == '\r':
			if i+1 < len(raw) && raw[i+1] == '\n' {
				continue
			}
			if inAttr {
				out = append(out, ' ')
			} else {
				out = append(out, '\n')
			}
		case inAttr && (c == '\n' || c == '\t'):
			out = append(out, ' ')
		default:
			out = append(out, c)
		}
	}
	return alias(out), nil
}

// reference appends what &ref; stands for.
func (x *lexer) reference(out []byte, ref string, at int, inAttr bool, depth int) ([]byte, error) {
	switch ref {
	case "amp":
		return append(out, '&'), nil
	case "lt":
		return append(out, '<'), nil
	case "gt":
		return append(out, '>'), nil
	case "quot":
		return append(out, '"'), nil
	case "apos":
		return append(out, '\''), nil
	}
	if strings.HasPrefix(ref, "#") {
		r, ok := charRef(ref[1:])
		if !ok {
			return out, x.errorAt(x.pos+at, "&%s; is no character that XML allows", ref)
		}
		return utf8.AppendRune(out, r), nil
	}
	text, ok := x.entities[ref]
	switch {
	case ok && strings.Contains(text, "<"):
		return out, x.errorAt(x.pos+at, "the entity &%s; holds markup; only entities that hold text are read", ref)
	case !ok:
		return out, x.errorAt(x.pos+at, "the entity &%s; is not declared (external entities are never read)", ref)
	}
	if depth > 16 {
		return out, x.errorAt(x.pos+at, "entities refer to each other more than 16 deep")
	}
	if x.expanded += int64(len(text)); x.expanded > maxExpansion+expansionFactor*x.abs(x.pos+at) {
		return out, x.errorAt(x.pos+at, "entities expand to more than %d bytes", x.expanded-int64(len(text)))
	}
	for text != "" {
		i := strings.IndexByte(text, '&')
		if i < 0 {
			return append(out, text...), nil
		}
		out = append(out, text[:i]...)
		inner, rest, ok := strings.Cut(text[i+1:], ";")
		if !ok {
			return out, x.errorAt(x.pos+at, "the entity &%s; holds an & that begins no reference", ref)
		}
		var err error
		if out, err = x.reference(out, inner, at, inAttr, depth+1); err != nil {
			return out, err
		}
		text = rest
	}
	return out, nil
}

func charRef(s string) (rune, bool) {
	base, digits := rune(10), s
	if strings.HasPrefix(s, "x") {
		base, digits = 16, s[1:]
	}
	if digits == "" || len(digits) > 8 {
		return 0, false
	}
	var r rune
	for _, c := range []byte(digits) {
		var d rune
		switch {
		case '0' <= c && c <= '9':
			d = rune(c - '0')
		case base == 16 && 'a' <= c|0x20 && c|0x20 <= 'f':
			d = rune(c|0x20-'a') + 10
		default:
			return 0, false
		}
		if r = r*base + d; r > 0x10ffff {
			return 0, false
		}
	}
	return r, isChar(r)
}
