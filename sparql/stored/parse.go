package stored

import (
	"errors"
	"fmt"
	"maps"
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
	if q.Language == "" {
		q.Language = "en"
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
	key, tag, tagged := strings.Cut(strings.ToLower(strings.TrimSpace(key)), "@")
	if tagged {
		return q.translated(key, tag, value)
	}
	switch key {
	case "language":
		if q.Language != "" {
			return errors.New("there is more than one language")
		}
		if q.Language = strings.ToLower(value); !tagForm.MatchString(q.Language) {
			return fmt.Errorf("the language %q is not a tag of BCP 47, such as nb", value)
		}
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

var tagForm = regexp.MustCompile(`^[a-z]{1,8}(-[a-z0-9]{1,8})*$`)

// translated reads a text that is given in a language of its own.
func (q *Query) translated(key, tag, value string) error {
	if key != "title" && key != "description" && key != "param" {
		return nil
	}
	if !tagForm.MatchString(tag) {
		return fmt.Errorf("%s@%s: %q is not a tag of BCP 47, such as nb", key, tag, tag)
	}
	put := func(texts *map[string]string, text string) {
		if *texts == nil {
			*texts = map[string]string{}
		}
		(*texts)[tag] = text
	}
	switch key {
	case "title":
		if _, ok := q.Titles[tag]; ok {
			return fmt.Errorf("there is more than one title@%s", tag)
		}
		put(&q.Titles, value)
	case "description": // of several lines
		put(&q.Descriptions, strings.TrimSpace(q.Descriptions[tag]+" "+value))
	case "param":
		name, text, _ := strings.Cut(value, " ")
		name = strings.TrimLeft(name, "?$")
		i := slices.IndexFunc(q.Parameters, func(p Parameter) bool { return p.Name == name })
		if i < 0 {
			return fmt.Errorf("param@%s: no line before it says that there is a parameter %s", tag, name)
		}
		put(&q.Parameters[i].Texts, strings.TrimSpace(text))
	}
	return nil
}

// In gives the query with its texts in the first of some languages, tags of BCP 47, in which it has them; each text that is in none of them stays.
// A language such as "nb" is served by "nb-no", and the other way about.
func (q *Query) In(langs []string) *Query {
	out := *q
	var lang string
	if out.Title, lang = q.choose(q.Title, q.Titles, langs); lang != "" {
		out.Language = lang
	}
	out.Description, _ = q.choose(q.Description, q.Descriptions, langs)
	out.Parameters = slices.Clone(q.Parameters)
	for i := range out.Parameters {
		p := &out.Parameters[i]
		p.Text, _ = q.choose(p.Text, p.Texts, langs)
	}
	return &out
}

// choose gives the text in the most wanted language, and which that is: "" for the file's own.
func (q *Query) choose(own string, texts map[string]string, langs []string) (text, lang string) {
	if len(texts) == 0 {
		return own, ""
	}
	tags := slices.Sorted(maps.Keys(texts))
	for _, want := range langs {
		want = strings.ToLower(want)
		serves := func(tag string) bool {
			return tag == want || strings.HasPrefix(tag, want+"-") || strings.HasPrefix(want, tag+"-")
		}
		if t, ok := texts[want]; ok {
			return t, want
		}
		if own != "" && serves(q.Language) {
			return own, ""
		}
		if i := slices.IndexFunc(tags, serves); i >= 0 {
			return texts[tags[i]], tags[i]
		}
	}
	if own == "" {
		return texts[tags[0]], tags[0]
	}
	return own, ""
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
