package stored

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"triplestore/rdf"
	"triplestore/rdf/iri"
	"triplestore/rdf/xsd"
	"triplestore/sparql"
	"triplestore/vocab"
)

// Parameter is a parameter of a stored query.
type Parameter struct {
	// Name is that of the variable, without question mark.
	Name string `json:"name"`
	// Type is iri, langString, or the name of a datatype of XML Schema such as string, integer, decimal, boolean, date or dateTime.
	Type string `json:"type"`
	// Default is the value where none is given; nil means that one must be.
	Default *string `json:"default,omitempty"`
	// Text says what it is for. It may be empty.
	Text string `json:"description,omitempty"`
	// Texts are those in other languages, by their tags.
	Texts map[string]string `json:"descriptions,omitempty"`
}

// The types that are no datatypes of XML Schema.
const (
	typeIRI        = "iri"
	typeLangString = "langString"
	typeString     = "string"
)

const xsdNamespace = "http://www.w3.org/2001/XMLSchema#"

// knownType reports whether parameters can have the type.
func knownType(name string) bool {
	if name == typeIRI || name == typeLangString {
		return true
	}
	_, ok := xsd.TypeOf(xsdNamespace + name)
	return ok
}

// wants says what the values are like.
func (p *Parameter) wants() string {
	switch p.Type {
	case typeIRI:
		return "an absolute IRI"
	case typeLangString:
		return "a text with its language, such as Datasett@nb"
	case typeString:
		return "a text"
	}
	return "a value of xsd:" + p.Type
}

// term makes the term of a value.
func (p *Parameter) term(text string) (rdf.Term, error) {
	wrong := func(why string) (rdf.Term, error) {
		return rdf.Term{}, &sparql.ParameterError{Name: p.Name, Msg: fmt.Sprintf("%.100q is not %s%s", text, p.wants(), why)}
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return wrong(": it is not valid UTF-8, or has a character that is not allowed")
	}
	switch p.Type {
	case typeIRI:
		if err := iri.Check(text); err != nil {
			return wrong(": " + err.Error())
		}
		return rdf.IRI(text), nil
	case typeLangString:
		at := strings.LastIndexByte(text, '@')
		if at < 0 || !langTag(text[at+1:]) {
			return wrong("")
		}
		return rdf.LangLiteral(text[:at], text[at+1:]), nil
	}
	if !xsd.ValidLiteral(text, xsdNamespace+p.Type) {
		return wrong("")
	}
	return rdf.Literal(text, xsdNamespace+p.Type), nil
}

// langTag reports whether a text has the form of a language tag in SPARQL (https://www.w3.org/TR/sparql12-query/#rLANG_DIR).
func langTag(s string) bool {
	for i, part := range strings.Split(s, "-") {
		if part == "" || len(part) > 8 {
			return false
		}
		for _, c := range []byte(part) {
			letter := 'a' <= c|0x20 && c|0x20 <= 'z'
			if !letter && (i == 0 || c < '0' || c > '9') {
				return false
			}
		}
	}
	return true
}

// example is a valid value, for trying the query.
func (p *Parameter) example() rdf.Term {
	switch p.Type {
	case typeIRI:
		return rdf.IRI(vocab.Prefixes()["dcat"])
	case typeLangString:
		return rdf.LangLiteral("", "en")
	}
	return rdf.Literal("", xsdNamespace+p.Type) // the engine takes terms as they are
}
