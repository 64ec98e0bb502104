package identity

import (
	"errors"
	"fmt"
	"strings"
)

// template is text with variables: literal, variable, literal, …, literal.
type template struct {
	literals []string // one more than there are variables
	vars     []string
}

func parseTemplate(s string) (template, error) {
	var t template
	for {
		before, rest, ok := strings.Cut(s, "{")
		t.literals = append(t.literals, before)
		if !ok {
			return t, nil
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok || name == "" || strings.ContainsAny(name, "{/") {
			return t, errors.New("a brace is not closed")
		}
		if len(t.vars) > 0 && before == "" {
			return t, fmt.Errorf("nothing stands between the variables before {%s}", name)
		}
		t.vars = append(t.vars, name)
		s = after
	}
}

func (t template) names() []string { return t.vars }

// behindHost cuts scheme and host off.
func (t template) behindHost() (template, string, error) {
	host, rest, ok := split(t.literals[0])
	if !ok || !strings.HasPrefix(rest, "/") {
		return t, "", errors.New("is no http or https IRI with a host of its own")
	}
	t.literals = append([]string{rest}, t.literals[1:]...)
	return t, host, nil
}

// value is what a variable stands for; values are few, so they are a list.
type value struct{ name, text string }
type values []value

func (v values) get(name string) string {
	for i := range v {
		if v[i].name == name {
			return v[i].text
		}
	}
	return ""
}

func (v values) set(name, text string) values {
	for i := range v {
		if v[i].name == name {
			v[i].text = text
			return v
		}
	}
	return append(v, value{name, text})
}

func (t template) fill(v values) string {
	var b strings.Builder
	for i, l := range t.literals {
		b.WriteString(l)
		if i < len(t.vars) {
			b.WriteString(v.get(t.vars[i]))
		}
	}
	return b.String()
}

// is tells whether s is the template filled with v, without making it.
func (t template) is(s string, v values) bool {
	for i, l := range t.literals {
		if !strings.HasPrefix(s, l) {
			return false
		}
		s = s[len(l):]
		if i < len(t.vars) {
			x := v.get(t.vars[i])
			if !strings.HasPrefix(s, x) {
				return false
			}
			s = s[len(x):]
		}
	}
	return s == ""
}

type pattern struct {
	rule     *rule
	template template // behind the host
}

// split takes an http or https IRI apart behind its host.
func split(iri string) (host, rest string, ok bool) {
	switch {
	case strings.HasPrefix(iri, "https://"):
		rest = iri[8:]
	case strings.HasPrefix(iri, "http://"):
		rest = iri[7:]
	default:
		return "", "", false
	}
	i := strings.IndexByte(rest, '/')
	if i < 0 {
		return rest, "", true
	}
	return rest[:i], rest[i:], true
}

// match tells what an IRI is whose host is that of the pattern; rest is what stands behind the host.
func (p *pattern) match(whole, rest string) (Match, bool) {
	t := &p.template
	if !strings.HasPrefix(rest, t.literals[0]) {
		return Match{}, false
	}
	var room [4]value
	v := values(room[:0])
	s := rest[len(t.literals[0]):]
	for i, name := range t.vars {
		next := t.literals[i+1]
		end := strings.IndexAny(s, "/?#")
		if end < 0 {
			end = len(s)
		}
		if next != "" {
			at := strings.Index(s, next)
			if at < 0 || at > end {
				return Match{}, false
			}
			end = at
		}
		text := s[:end]
		s = s[end+len(next):]
		switch {
		case p.rule.upper[name]:
			text = strings.ToUpper(text)
		case p.rule.lower[name]:
			text = strings.ToLower(text)
		}
		if old := v.get(name); old != "" && old != text {
			return Match{}, false
		}
		if !p.rule.classes[name].match(text) || p.rule.except[name] != nil && p.rule.except[name].match(text) {
			return Match{}, false
		}
		v = append(v, value{name, text})
	}
	if s != "" && s != "/" {
		return Match{}, false
	}
	return p.rule.resolve(v, whole)
}

// resolve gives the canonical IRI for the values of variables; whole is given back where it is that already.
func (one *rule) resolve(v values, whole string) (Match, bool) {
	if one.Check == "organisation-number" && !OrganisationNumber(v.get("number")) {
		return Match{}, false
	}
	if one.ids != nil {
		id, ok := one.known[v.get("id")]
		if v.get("id") == "" {
			id, ok = one.ids[v.get("number")]
		}
		if !ok {
			return Match{}, false
		}
		v = v.set("id", id)
	}
	m := Match{Rule: one.Name, Canonical: whole}
	if !one.canonical.is(whole, v) {
		m.Canonical = one.iri(v)
	}
	if one.Identifier != "" {
		m.Identifier = one.identifier.fill(v)
	}
	return m, true
}

// iri is the canonical IRI for the values of variables. The id of a table may be one itself.
func (one *rule) iri(v values) string {
	if id := v.get("id"); one.ids != nil && strings.Contains(id, "://") {
		return id
	}
	return one.canonical.fill(v)
}
