package table

import (
	"fmt"
	"strings"
)

// template is text with columns: {column}, escaped for an IRI, or {+column}, as it is.
type template struct{ parts []part }

type part struct {
	text   string
	column bool
	raw    bool
}

func parseTemplate(s string) (template, error) {
	var t template
	for {
		before, rest, ok := strings.Cut(s, "{")
		if strings.Contains(before, "}") {
			return t, fmt.Errorf("a } has no {")
		}
		if before != "" {
			t.parts = append(t.parts, part{text: before})
		}
		if !ok {
			return t, nil
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok || strings.Contains(name, "{") {
			return t, fmt.Errorf("a { is not closed")
		}
		raw := strings.HasPrefix(name, "+")
		t.parts = append(t.parts, part{text: strings.TrimPrefix(name, "+"), column: true, raw: raw})
		s = after
	}
}

// fill gives an IRI; missing is a column without a value.
func (t *template) fill(e *evaluation) (out, missing string) { return t.write(e, false) }

// text gives text.
func (t *template) text(e *evaluation) (out, missing string) { return t.write(e, true) }

func (t *template) write(e *evaluation, raw bool) (string, string) {
	var b strings.Builder
	for _, p := range t.parts {
		if !p.column {
			b.WriteString(p.text)
			continue
		}
		v := strings.TrimSpace(first(e.values(p.text)))
		if v == "" {
			if p.text == "" {
				return "", "value"
			}
			return "", p.text
		}
		if raw || p.raw {
			b.WriteString(v)
		} else {
			escape(&b, v)
		}
	}
	return b.String(), ""
}

// escape writes what is not unreserved (RFC 3987) percent-encoded. Letters of all scripts stay.
func escape(b *strings.Builder, v string) {
	for _, r := range v {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("-._~", r), r >= 0xA0 && r <= 0xD7FF && r != 0xAD:
			b.WriteRune(r)
		default:
			for _, c := range []byte(string(r)) {
				fmt.Fprintf(b, "%%%02X", c)
			}
		}
	}
}
