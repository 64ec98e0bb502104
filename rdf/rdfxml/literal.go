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
	var rendered []binding // the namespaces that the literal's own elements have declared so far
	var marks []int
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
			marks = append(marks, len(rendered))
			out, rendered = startCanonical(out, rendered, x.top())
		case eventEnd:
			if len(x.stack) == outer {
				x.pop()
				return alias(out), nil
			}
			out = append(append(append(out, "</"...), x.top().qname...), '>')
			rendered, marks = rendered[:marks[len(marks)-1]], marks[:len(marks)-1]
			x.pop()
		}
	}
}

func startCanonical(out []byte, rendered []binding, e *element) ([]byte, []binding) {
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
		inForce := ""
		for _, r := range rendered {
			if r.prefix == b.prefix {
				inForce = r.ns
			}
		}
		if inForce == b.ns || b.prefix == "xml" {
			continue
		}
		rendered = append(rendered, b)
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
	return append(out, '>'), rendered
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
