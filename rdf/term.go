// Package rdf holds the data model of RDF 1.2: terms, triples and quads.
//
// A [Term] is a small immutable value that compares with == and works as a map key, whatever its kind; two terms are == when
// they are the same RDF term (https://www.w3.org/TR/rdf12-concepts/#section-terms). Nothing here does input or output; the
// formats live in the packages below this one: begin with turtle for one format that is known, and with format for any.
package rdf

import (
	"strings"
	"unsafe"
)

// Kind says what a Term is.
type Kind uint8

// The kinds of term. Their order is the order in which SPARQL sorts kinds
// (https://www.w3.org/TR/sparql12-query/#modOrderBy): unbound, blank node, IRI, literal, triple term.
const (
	// KindNone is the kind of the zero Term: no term at all (an unbound variable, the name of the default graph).
	KindNone Kind = iota
	// KindBlankNode is a blank node; its label is local to a document or a store.
	KindBlankNode
	// KindIRI is an IRI, absolute and already resolved.
	KindIRI
	// KindLiteral is a literal with a datatype that is not a language string.
	KindLiteral
	// KindLangLiteral is a literal with a language tag and perhaps a base direction.
	KindLangLiteral
	// KindTriple is a triple term of RDF 1.2.
	KindTriple
)

// String names the kind.
func (k Kind) String() string {
	switch k {
	case KindBlankNode:
		return "blank node"
	case KindIRI:
		return "IRI"
	case KindLiteral, KindLangLiteral:
		return "literal"
	case KindTriple:
		return "triple term"
	}
	return "none"
}

// Direction is the base direction of a language-tagged literal.
type Direction uint8

// The base directions (https://www.w3.org/TR/rdf12-concepts/#section-text-direction).
const (
	NoDirection Direction = iota
	LeftToRight
	RightToLeft
)

// String gives "ltr", "rtl" or the empty string.
func (d Direction) String() string {
	switch d {
	case LeftToRight:
		return "ltr"
	case RightToLeft:
		return "rtl"
	}
	return ""
}

// Term is one RDF term, or none (the zero value). It is immutable, comparable and safe to share.
//
// The strings of a term that a parser made may alias the parser's input buffer: such a term stays valid for ever but keeps
// some hundred kilobytes of input alive. Use [Term.Clone] on a term that is kept for long.
type Term struct {
	kind Kind
	dir  Direction
	// value is the IRI, the label, the lexical form, or the AppendBinary forms of a triple term.
	value string
	// aux is the datatype IRI or the language tag; empty stands for xsd:string.
	aux string
}

const (
	xsdString     = "http://www.w3.org/2001/XMLSchema#string"
	rdfLangString = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
	rdfDirLang    = "http://www.w3.org/1999/02/22-rdf-syntax-ns#dirLangString"
)

// IRI makes an IRI term. It does not check the IRI: parsers do.
func IRI(iri string) Term { return Term{kind: KindIRI, value: iri} }

// BlankNode makes a blank node with a label, given without the leading "_:".
func BlankNode(label string) Term { return Term{kind: KindBlankNode, value: label} }

// String makes a literal of datatype xsd:string.
func String(lexical string) Term { return Term{kind: KindLiteral, value: lexical} }

// Literal makes a literal with a datatype IRI; the empty datatype means xsd:string. For language-tagged literals use
// [LangLiteral]: rdf:langString as a datatype here gives a literal without a language, which RDF does not allow.
func Literal(lexical, datatype string) Term {
	if datatype == xsdString {
		datatype = ""
	}
	return Term{kind: KindLiteral, value: lexical, aux: datatype}
}

// LangLiteral makes a language-tagged literal. Tags that differ only in case are the same, so the tag is brought to the
// conventional case of RFC 5646 section 2.1.1 ("nb", "nb-NO", "sr-Latn-RS").
func LangLiteral(lexical, lang string) Term {
	return Term{kind: KindLangLiteral, value: lexical, aux: FormatLang(lang)}
}

// DirLangLiteral makes a language-tagged literal with a base direction.
func DirLangLiteral(lexical, lang string, dir Direction) Term {
	return Term{kind: KindLangLiteral, dir: dir, value: lexical, aux: FormatLang(lang)}
}

// TripleTerm makes a triple term out of a triple.
func TripleTerm(t Triple) Term {
	return Term{kind: KindTriple, value: string(t.AppendBinary(nil))}
}

// Kind tells what the term is.
func (t Term) Kind() Kind { return t.kind }

// IsZero reports whether t is no term.
func (t Term) IsZero() bool { return t.kind == KindNone }

// IsIRI reports whether t is an IRI.
func (t Term) IsIRI() bool { return t.kind == KindIRI }

// IsBlankNode reports whether t is a blank node.
func (t Term) IsBlankNode() bool { return t.kind == KindBlankNode }

// IsLiteral reports whether t is a literal, with or without a language.
func (t Term) IsLiteral() bool { return t.kind == KindLiteral || t.kind == KindLangLiteral }

// IsTriple reports whether t is a triple term.
func (t Term) IsTriple() bool { return t.kind == KindTriple }

// Value is the IRI, the blank node's label or the literal's lexical form. It is empty for a triple term.
func (t Term) Value() string {
	if t.kind == KindTriple {
		return ""
	}
	return t.value
}

// Datatype is the datatype IRI of a literal (rdf:langString or rdf:dirLangString where it has a language), else empty.
func (t Term) Datatype() string {
	switch {
	case t.kind == KindLangLiteral && t.dir == NoDirection:
		return rdfLangString
	case t.kind == KindLangLiteral:
		return rdfDirLang
	case t.kind != KindLiteral:
		return ""
	case t.aux == "":
		return xsdString
	}
	return t.aux
}

// Lang is the language tag of a literal, else empty.
func (t Term) Lang() string {
	if t.kind == KindLangLiteral {
		return t.aux
	}
	return ""
}

// Direction is the base direction of a literal.
func (t Term) Direction() Direction { return t.dir }

// Triple is the triple that a triple term stands for; the zero Triple for other kinds.
func (t Term) Triple() Triple {
	if t.kind != KindTriple {
		return Triple{}
	}
	tr, _, err := decodeTriple(t.value)
	if err != nil {
		panic("rdf: malformed triple term: " + err.Error()) // only TripleTerm and DecodeBinary make one, and both check
	}
	return tr
}

// Clone copies the term's strings, so that it no longer keeps a parser's buffer alive.
func (t Term) Clone() Term {
	t.value, t.aux = strings.Clone(t.value), strings.Clone(t.aux)
	return t
}

// Size is about the number of bytes that the term takes in memory, for accounting.
func (t Term) Size() int { return int(unsafe.Sizeof(t)) + len(t.value) + len(t.aux) }

// String writes the term as in N-Triples 1.2. It is meant for messages and tests; writers of formats are elsewhere.
func (t Term) String() string { return string(t.AppendNTriples(nil)) }

// Triple is subject, predicate, object.
type Triple struct{ S, P, O Term }

// Quad is a triple in a graph. G is the zero Term for the default graph.
type Quad struct{ S, P, O, G Term }

// Triple drops the graph.
func (q Quad) Triple() Triple { return Triple{q.S, q.P, q.O} }

// In places the triple in a graph; the zero Term is the default graph.
func (t Triple) In(graph Term) Quad { return Quad{t.S, t.P, t.O, graph} }

// String writes the triple as in N-Triples, without the final newline.
func (t Triple) String() string { return t.In(Term{}).String() }

// String writes the quad as in N-Quads, without the final newline.
func (q Quad) String() string { return string(q.AppendNQuads(nil)) }

// ValidLang reports whether a language tag has the shape that RFC 5646 section 2.1 gives it: parts of one to eight letters and digits, the
// first of letters only, with hyphens between them.
func ValidLang(tag string) bool {
	for first := true; ; first = false {
		part, rest, more := strings.Cut(tag, "-")
		if part == "" || len(part) > 8 {
			return false
		}
		for i := range len(part) {
			if c := part[i]; c|0x20-'a' > 25 && (first || c-'0' > 9) {
				return false
			}
		}
		if !more {
			return true
		}
		tag = rest
	}
}

// FormatLang brings a language tag to the conventional case of RFC 5646 section 2.1.1: lower case, but a region of two
// letters in upper case and a script of four letters in title case, unless they follow a singleton or come first.
func FormatLang(tag string) string {
	simple := true
	for i := 0; i < len(tag); i++ {
		if c := tag[i]; c == '-' || 'A' <= c && c <= 'Z' {
			simple = false
			break
		}
	}
	if simple {
		return tag
	}
	out := []byte(tag)
	first, afterSingleton := true, false
	for start := 0; start <= len(out); {
		end := start
		for end < len(out) && out[end] != '-' {
			end++
		}
		sub := out[start:end]
		for i, c := range sub {
			if 'A' <= c && c <= 'Z' {
				sub[i] = c + 'a' - 'A'
			}
		}
		if !first && !afterSingleton {
			switch len(sub) {
			case 2:
				upper(sub)
			case 4:
				upper(sub[:1])
			}
		}
		if len(sub) == 1 {
			afterSingleton = true
		}
		first = false
		start = end + 1
	}
	if string(out) == tag {
		return tag
	}
	return string(out)
}

func upper(b []byte) {
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - ('a' - 'A')
		}
	}
}
