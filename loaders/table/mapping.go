package table

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/rdf/iri"
	"triplestore/rdf/xsd"
	"triplestore/vocab"
)

// Mapping says what a row becomes.
type Mapping struct {
	Type       []string   `yaml:"type" doc:"classes, as IRIs or with prefixes"`
	Where      []Where    `yaml:"where" doc:"conditions; a row has to fulfil all of them"`
	Properties []Property `yaml:"properties" doc:"what is said about the subject"`
}

// Where is a condition on a column.
type Where struct {
	Column string   `yaml:"column" doc:"column, or path in JSON" required:"true"`
	In     []string `yaml:"in" doc:"the values that are meant"`
	NotIn  []string `yaml:"not-in" doc:"the values that are not"`
	Match  string   `yaml:"match" doc:"regular expression for the whole value"`
}

// Property is a property of the subject, with where its values come from.
type Property struct {
	Property  string            `yaml:"property" doc:"the property, as IRI or with a prefix" required:"true"`
	Column    string            `yaml:"column" doc:"column, or path in JSON such as address.city; an array gives several values"`
	Value     string            `yaml:"value" doc:"the value itself, or a template with columns in braces"`
	IRI       string            `yaml:"iri" doc:"the object as IRI: a template with columns in braces, with the value itself as {} and, unescaped, {+}"`
	Inverse   bool              `yaml:"inverse" doc:"the subject is the object, and the IRI the subject; only with iri"`
	Datatype  string            `yaml:"datatype" doc:"datatype, such as xsd:date; values that do not fit are left out and reported"`
	Language  string            `yaml:"language" doc:"language of texts"`
	Format    string            `yaml:"format" doc:"how dates are written: YYYY, MM, DD, hh, mm, ss and what stands between them, such as DD.MM.YYYY"`
	Decimal   string            `yaml:"decimal" doc:"decimal point of numbers, such as ','"`
	Separator string            `yaml:"separator" doc:"what separates several values in a cell"`
	Map       map[string]string `yaml:"map" doc:"values by what stands in the column; others are left out and reported"`
	Null      []string          `yaml:"null" doc:"values that mean that there is none; the empty value always does"`
	Required  bool              `yaml:"required" doc:"report rows that have no value"`
	Node      string            `yaml:"node" doc:"a node of its own: what its IRI has behind that of the subject, such as '#address'"`
	Each      string            `yaml:"each" doc:"path of an array in JSON: a node for each of its elements, whose paths begin there; {index} may be in node"`
	Mapping   `yaml:",inline"`
}

// mapping is a Mapping, compiled.
type mapping struct {
	classes    []rdf.Term
	where      []where
	properties []property
}

type where struct {
	Where
	match *regexp.Regexp
}

type property struct {
	Property
	term     rdf.Term
	iri      *template
	value    *template
	datatype string
	mapped   map[string]rdf.Term
	node     *template
	body     *mapping
}

// compiler checks a mapping. It remembers the first mistake.
type compiler struct {
	prefixes map[string]string
	err      error
}

func (c *compiler) fail(key, format string, args ...any) {
	if c.err == nil {
		c.err = source.Keyf(key, format, args...)
	}
}

// iri expands a name with a prefix.
func (c *compiler) iri(key, s string) string {
	if prefix, local, ok := strings.Cut(s, ":"); ok && !strings.HasPrefix(local, "//") {
		if ns, ok := c.prefixes[prefix]; ok {
			s = ns + local
		} else if ns, ok := vocab.Namespace(prefix); ok {
			s = ns + local
		} else if !slices.Contains([]string{"urn", "tag", "did", "info", "mailto"}, prefix) {
			c.fail(key, "%q is neither an IRI nor has it a prefix that is known", s)
		}
	}
	if err := iri.Check(s); err != nil {
		c.fail(key, "%q is neither an IRI nor has it a prefix that is known: %v", s, err)
	}
	return s
}

func (c *compiler) template(key, s string) template {
	t, err := parseTemplate(s)
	if err != nil {
		c.fail(key, "%q: %v", s, err)
	}
	// A prefix at the beginning is expanded: ex:{id}.
	if len(t.parts) > 0 && !t.parts[0].column {
		if prefix, local, ok := strings.Cut(t.parts[0].text, ":"); ok && !strings.HasPrefix(local, "//") {
			if ns, ok := c.prefixes[prefix]; ok {
				t.parts[0].text = ns + local
			} else if ns, ok := vocab.Namespace(prefix); ok {
				t.parts[0].text = ns + local
			}
		}
	}
	return t
}

func (c *compiler) mapping(at string, m *Mapping) *mapping {
	out := &mapping{}
	key := func(k string) string { return strings.TrimPrefix(at+"."+k, ".") }
	for _, t := range m.Type {
		out.classes = append(out.classes, rdf.IRI(c.iri(key("type"), t)))
	}
	for i, w := range m.Where {
		one := where{Where: w}
		if w.Match != "" {
			re, err := regexp.Compile("^(?:" + w.Match + ")$")
			if err != nil {
				c.fail(key(fmt.Sprintf("where[%d].match", i)), "%v", err)
			}
			one.match = re
		}
		out.where = append(out.where, one)
	}
	for i := range m.Properties {
		out.properties = append(out.properties, c.property(key(fmt.Sprintf("properties[%d]", i)), m.Properties[i]))
	}
	return out
}

func (c *compiler) property(at string, p Property) property {
	out := property{Property: p, term: rdf.IRI(c.iri(at+".property", p.Property))}
	if p.Node != "" || p.Each != "" {
		if p.Column != "" || p.Value != "" || p.IRI != "" {
			c.fail(at+".node", "a node has properties of its own, and neither column, value nor iri")
		}
		if p.Node == "" {
			c.fail(at+".node", "is missing: nodes of each need a name, such as '#address-{index}'")
		} else if p.Node[0] != '#' && p.Node[0] != '/' {
			c.fail(at+".node", "%q does not begin with # or /", p.Node)
		}
		t := c.template(at+".node", p.Node)
		out.node, out.body = &t, c.mapping(at, &p.Mapping)
		if p.Each != "" && !strings.Contains(p.Node, "{") {
			c.fail(at+".node", "the nodes of each all have the same name: use {index} or a column")
		}
		return out
	}
	if len(p.Type)+len(p.Properties)+len(p.Where) > 0 {
		c.fail(at+".node", "is missing: only a node has classes, conditions and properties of its own")
	}
	if p.Column == "" && p.Value == "" && p.IRI == "" {
		c.fail(at+".column", "is missing; a property has a column, a value or an iri")
	}
	if p.Column != "" && p.Value != "" {
		c.fail(at+".value", "stands beside column; one of them is enough")
	}
	if p.IRI != "" {
		t := c.template(at+".iri", p.IRI)
		out.iri = &t
	}
	if p.Value != "" {
		t, err := parseTemplate(p.Value)
		if err != nil {
			c.fail(at+".value", "%v", err)
		}
		out.value = &t
	}
	if p.Inverse && p.IRI == "" {
		c.fail(at+".inverse", "only IRIs can be subjects; say iri")
	}
	if p.Datatype != "" {
		out.datatype = c.iri(at+".datatype", p.Datatype)
		if p.Language != "" {
			c.fail(at+".language", "stands beside datatype; a text with a language has none")
		}
	}
	if p.Map != nil {
		out.mapped = map[string]rdf.Term{}
		for k, v := range p.Map {
			prefix, rest, colon := strings.Cut(v, ":")
			_, own := c.prefixes[prefix]
			_, known := vocab.Namespace(prefix)
			switch {
			case colon && (own || known || strings.HasPrefix(rest, "//") || prefix == "urn" || prefix == "mailto"):
				out.mapped[k] = rdf.IRI(c.iri(at+".map", v))
			case p.Language != "":
				out.mapped[k] = rdf.LangLiteral(v, p.Language)
			default:
				out.mapped[k] = rdf.Literal(v, out.datatype)
			}
		}
	}
	return out
}

// evaluation is the look at one row.
type evaluation struct {
	row  row
	note func(format string, args ...any)
	// value is what {} means, index the number of the element of each.
	value string
	index string
}

// values are the values of a column.
func (e *evaluation) values(column string) []string {
	switch column {
	case "":
		return []string{e.value}
	case "index":
		if e.index != "" {
			return []string{e.index}
		}
	}
	return e.row.values(column)
}

func (m *mapping) applies(e *evaluation) bool {
	for i := range m.where {
		w := &m.where[i]
		value := strings.TrimSpace(first(e.values(w.Column)))
		if w.In != nil && !slices.Contains(w.In, value) || w.NotIn != nil && slices.Contains(w.NotIn, value) || w.match != nil && !w.match.MatchString(value) {
			return false
		}
	}
	return true
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

var rdfType = rdf.IRI(vocab.RDF + "type")

func (m *mapping) write(e *evaluation, subject string, out []rdf.Triple) []rdf.Triple {
	s := rdf.IRI(subject)
	for _, c := range m.classes {
		out = append(out, rdf.Triple{S: s, P: rdfType, O: c})
	}
	for i := range m.properties {
		p := &m.properties[i]
		if p.node != nil {
			out = p.nodes(e, subject, out)
			continue
		}
		before := len(out)
		for _, o := range p.objects(e) {
			if p.Inverse {
				out = append(out, rdf.Triple{S: o, P: p.term, O: s})
			} else {
				out = append(out, rdf.Triple{S: s, P: p.term, O: o})
			}
		}
		if p.Required && len(out) == before {
			e.note("%s has no value", p.Property.Property)
		}
	}
	return out
}

func (p *property) nodes(e *evaluation, subject string, out []rdf.Triple) []rdf.Triple {
	rows := []row{e.row}
	if p.Each != "" {
		rows = e.row.children(p.Each)
	}
	for i, r := range rows {
		inner := evaluation{row: r, note: e.note, index: e.index}
		if p.Each != "" {
			inner.index = fmt.Sprint(i + 1)
		}
		if !p.body.applies(&inner) {
			continue
		}
		suffix, missing := p.node.fill(&inner)
		if missing != "" {
			continue
		}
		before := len(out)
		node := subject + suffix
		if checkIRI(node) != nil {
			e.note("<%s> is no IRI", clip(node))
			continue
		}
		out = append(out, rdf.Triple{S: rdf.IRI(subject), P: p.term, O: rdf.IRI(node)})
		out = p.body.write(&inner, node, out)
		if len(out) <= before+1+len(p.body.classes) { // there is nothing to say about it
			out = out[:before]
		}
	}
	return out
}

// objects are the values of a property.
func (p *property) objects(e *evaluation) []rdf.Term {
	var values []string
	switch {
	case p.Column != "":
		values = e.values(p.Column)
	case p.value != nil:
		text, missing := p.value.text(e)
		if missing != "" {
			return nil
		}
		values = []string{text}
	default: // an IRI from other columns
		text, missing := p.iri.fill(e)
		if missing != "" {
			return nil
		}
		if err := checkIRI(text); err != nil {
			e.note("%s: <%s> is no IRI: %v", p.Property.Property, clip(text), err)
			return nil
		}
		return []rdf.Term{rdf.IRI(text)}
	}
	if p.Separator != "" {
		var split []string
		for _, v := range values {
			split = append(split, strings.Split(v, p.Separator)...)
		}
		values = split
	}
	var out []rdf.Term
	for _, v := range values {
		v = strings.TrimSpace(v)
		if v == "" || slices.Contains(p.Null, v) {
			continue
		}
		if t, ok := p.object(e, v); ok && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

func (p *property) object(e *evaluation, v string) (rdf.Term, bool) {
	if p.mapped != nil {
		t, ok := p.mapped[v]
		if !ok {
			e.note("%s: the map has no %q", p.Property.Property, clip(v))
		}
		return t, ok
	}
	if p.iri != nil {
		inner := *e
		inner.value = v
		text, missing := p.iri.fill(&inner)
		if missing != "" {
			return rdf.Term{}, false
		}
		if err := checkIRI(text); err != nil {
			e.note("%s: <%s> is no IRI: %v", p.Property.Property, clip(text), err)
			return rdf.Term{}, false
		}
		return rdf.IRI(text), true
	}
	if p.Language != "" {
		return rdf.LangLiteral(v, p.Language), true
	}
	if p.datatype == "" {
		return rdf.String(v), true
	}
	text := v
	if p.Format != "" {
		iso, ok := isoDate(v, p.Format)
		if !ok {
			e.note("%s: %q is not written as %s", p.Property.Property, clip(v), p.Format)
			return rdf.Term{}, false
		}
		text = iso
	}
	if p.Decimal != "" {
		text = strings.ReplaceAll(strings.Map(func(r rune) rune {
			if r == ' ' || r == '\u00a0' || r == '\u202f' || r == '.' && p.Decimal != "." {
				return -1
			}
			return r
		}, text), p.Decimal, ".")
	}
	if p.datatype == vocab.XSD+"boolean" {
		switch strings.ToLower(text) {
		case "ja", "j", "yes", "y", "sann":
			text = "true"
		case "nei", "n", "no", "usann":
			text = "false"
		}
	}
	if !xsd.ValidLiteral(text, p.datatype) {
		e.note("%s: %q is no %s", p.Property.Property, clip(v), p.Datatype)
		return rdf.Term{}, false
	}
	return rdf.Literal(text, p.datatype), true
}

func checkIRI(s string) error { return iri.Check(s) }

// isoDate brings a date to the order of ISO 8601. What is not in the format is left out at the end: YYYY-MM gives a year and a month.
func isoDate(v, format string) (string, bool) {
	parts := map[string]string{}
	for format != "" {
		matched := false
		for _, f := range []string{"YYYY", "MM", "DD", "hh", "mm", "ss"} {
			if strings.HasPrefix(format, f) {
				n := 0
				for n < len(v) && n < len(f) && v[n] >= '0' && v[n] <= '9' {
					n++
				}
				if n == 0 || f == "YYYY" && n < 4 {
					return "", false
				}
				digits := v[:n]
				if len(digits) == 1 {
					digits = "0" + digits
				}
				parts[f] = digits
				v, format, matched = v[n:], format[len(f):], true
				break
			}
		}
		if matched {
			continue
		}
		if v == "" || v[0] != format[0] {
			return "", false
		}
		v, format = v[1:], format[1:]
	}
	if v != "" {
		return "", false
	}
	out := parts["YYYY"]
	if parts["MM"] != "" {
		out += "-" + parts["MM"]
	}
	if parts["DD"] != "" {
		out += "-" + parts["DD"]
	}
	if parts["hh"] != "" {
		out += "T" + parts["hh"] + ":" + or(parts["mm"], "00") + ":" + or(parts["ss"], "00")
	}
	return out, true
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
