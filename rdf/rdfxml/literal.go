package rdfxml

import (
	"cmp"
	"slices"
	"strings"
)

// xmlLiteral reads the content of parseType="Literal" and gives it in exclusive canonical form with comments
// (https://www.w3.org/TR/xml-exc-c14n/), as https://www.w3.org/TR/rdf12-xml/#parseTypeLiteralPropertyElt asks.
func (p *parser) xmlLiteral() (string, error) {
	x := &p.x
	var out []byte
	c := canonical{inForce: map[string]string{}}
	outer := len(x.stack)
	for {
		kind, err := x.next()
		if err != nil {
			return "", err
		}
		if len(out) > p.o.MaxToken {
			return "", x.errorAt(x.pos, "an XML literal is longer than %d bytes", p.o.MaxToken)
		}
		switch kind {
		case eventText:
			out = appendText(out, x.text)
		case eventComment:
			out = append(append(append(out, "<!--"...), x.text...), "-->"...)
		case eventPI:
			out = append(append(append(out, "<?"...), x.text...), "?>"...)
		case eventStart:
			out = c.start(out, x.top())
		case eventEnd:
			if len(x.stack) == outer {
				x.pop()
				return alias(out), nil
			}
			out = append(append(append(out, "</"...), x.top().qname...), '>')
			c.end()
			x.pop()
		}
	}
}

// canonical knows the namespaces that the elements of a literal have declared.
type canonical struct {
	inForce map[string]string
	hidden  []binding // what inForce had before
	marks   []int     // the length of hidden before each open element
}

func (c *canonical) end() {
	last := len(c.marks) - 1
	for _, b := range slices.Backward(c.hidden[c.marks[last]:]) {
		c.inForce[b.prefix] = b.ns
	}
	c.hidden, c.marks = c.hidden[:c.marks[last]], c.marks[:last]
}

func (c *canonical) start(out []byte, e *element) []byte {
	c.marks = append(c.marks, len(c.hidden))
	out = append(append(out, '<'), e.qname...)
	// A namespace is written where it is visibly used and not already in force (exc-c14n section 3).
	used := []binding{{e.prefix, e.ns}}
	for _, a := range e.attrs {
		if a.prefix != "" && a.prefix != "xml" {
			used = append(used, binding{a.prefix, a.ns})
		}
	}
	slices.SortFunc(used, func(a, b binding) int { return strings.Compare(a.prefix, b.prefix) })
	for _, b := range slices.Compact(used) {
		outer := c.inForce[b.prefix]
		if outer == b.ns || b.prefix == "xml" {
			continue
		}
		c.hidden = append(c.hidden, binding{b.prefix, outer})
		c.inForce[b.prefix] = b.ns
		out = append(out, " xmlns"...)
		if b.prefix != "" {
			out = append(append(out, ':'), b.prefix...)
		}
		out = appendAttrValue(append(out, '='), b.ns)
	}
	attrs := slices.Clone(e.attrs)
	slices.SortFunc(attrs, func(a, b attr) int { return cmp.Or(strings.Compare(a.ns, b.ns), strings.Compare(a.local, b.local)) })
	for _, a := range attrs {
		out = append(append(out, ' '), a.qname...)
		out = appendAttrValue(append(out, '='), a.value)
	}
	return append(out, '>')
}

func appendText(out []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '&':
			out = append(out, "&amp;"...)
		case '<':
			out = append(out, "&lt;"...)
		case '>':
			out = append(out, "&gt;"...)
		case '\r':
			out = append(out, "&#xD;"...)
		default:
			out = append(out, c)
		}
	}
	return out
}

func appendAttrValue(out []byte, s string) []byte {
	out = append(out, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '&':
			out = append(out, "&amp;"...)
		case '<':
			out = append(out, "&lt;"...)
		case '"':
			out = append(out, "&quot;"...)
		case '\t':
			out = append(out, "&#x9;"...)
		case '\n':
			out = append(out, "&#xA;"...)
		case '\r':
			out = append(out, "&#xD;"...)
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}
