package stored

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"triplestore/rdf"
	"triplestore/sparql"
)

// Parse reads the text of one stored query, as [Read] does. Its error begins with the name of the file.
func Parse(name, text string, o sparql.Options) (*Query, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	q := &Query{Name: name, Text: text, Parameters: []Parameter{}}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		comment, ok := strings.CutPrefix(line, "#")
		if !ok {
			break
		}
		if err := q.header(strings.TrimSpace(comment)); err != nil {
			return nil, fmt.Errorf("%s%s:%d: %w", name, Extension, number, err)
		}
	}
	if q.Title == "" {
		q.Title = name
	}
	values := map[string]rdf.Term{}
	for i := range q.Parameters {
		values[q.Parameters[i].Name] = q.Parameters[i].example()
	}
	o.Params = values
	form, err := sparql.Check(text, o)
	if err != nil {
		return nil, fmt.Errorf("%s%s: %w", name, Extension, err)
	}
	q.Form = form
	return q, nil
}

// header reads a comment line at the beginning. Comments without one of the keys are for people who read the file.
func (q *Query) header(comment string) error {
	key, value, ok := strings.Cut(comment, ":")
	if !ok {
		return nil
	}
	value = strings.TrimSpace(value)
	switch strings.ToLower(strings.TrimSpace(key)) {
	case "title":
		if q.Title != "" {
			return errors.New("there is more than one title")
		}
		q.Title = value
	case "description": // of several lines
		q.Description = strings.TrimSpace(q.Description + " " + value)
	case "param":
		p, err := parseParameter(value)
		if err != nil {
			return err
		}
		for _, other := range q.Parameters {
			if other.Name == p.Name {
				return fmt.Errorf("there is more than one parameter %s", p.Name)
			}
		}
		q.Parameters = append(q.Parameters, p)
	}
	return nil
}

var paramForm = regexp.MustCompile(`^[?$]?([A-Za-z_][A-Za-z0-9_]*)\s+(?:xsd:|rdf:)?([A-Za-z]+)(?:\s+\[(.*?)\])?(?:\s+(.*))?$`)

// parseParameter reads "name type [default] text".
func parseParameter(s string) (Parameter, error) {
	m := paramForm.FindStringSubmatchIndex(s)
	if m == nil {
		return Parameter{}, fmt.Errorf("the parameter %q is not written as: name type [default] text", s)
	}
	part := func(i int) string {
		if m[2*i] < 0 {
			return ""
		}
		return s[m[2*i]:m[2*i+1]]
	}
	p := Parameter{Name: part(1), Type: part(2), Text: part(4)}
	if slices.Contains(Reserved, p.Name) {
		return p, fmt.Errorf("parameter %s: the name is taken; others that are: %s", p.Name, strings.Join(Reserved, ", "))
	}
	if strings.EqualFold(p.Type, typeIRI) {
		p.Type = typeIRI
	}
	if !knownType(p.Type) {
		return p, fmt.Errorf("parameter %s: there is no type %q; there is iri, langString and the datatypes of XML Schema, such as string, integer, decimal, boolean, date and dateTime", p.Name, p.Type)
	}
	if m[6] >= 0 {
		def := part(3)
		p.Default = &def
		if _, err := p.term(def); err != nil {
			return p, fmt.Errorf("the default: %w", err)
		}
	}
	return p, nil
}
