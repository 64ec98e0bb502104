package server

import (
	"strings"

	"triplestore/vocab"
)

// labelPredicates give a resource its name, most telling first.
var labelPredicates = []string{
	"http://www.w3.org/2004/02/skos/core#prefLabel",
	"http://purl.org/dc/terms/title",
	"http://www.w3.org/2000/01/rdf-schema#label",
	"http://xmlns.com/foaf/0.1/name",
	"http://www.w3.org/2006/vcard/ns#fn",
	"http://www.w3.org/2006/vcard/ns#organization-name",
	"http://schema.org/name",
	"https://schema.org/name",
	"http://www.w3.org/2008/05/skos-xl#literalForm",
	"http://purl.org/dc/elements/1.1/title",
	"http://www.w3.org/ns/shacl#name",
	"http://www.w3.org/2004/02/skos/core#notation",
}

// leading are the properties that come first on a page, in this order. All others follow, sorted by their names.
var leading = []string{
	rdfType,
	"http://www.w3.org/2004/02/skos/core#prefLabel",
	"http://purl.org/dc/terms/title",
	"http://www.w3.org/2000/01/rdf-schema#label",
	"http://xmlns.com/foaf/0.1/name",
	"http://schema.org/name",
	"http://www.w3.org/2004/02/skos/core#altLabel",
	"http://www.w3.org/2004/02/skos/core#definition",
	"http://purl.org/dc/terms/description",
	"http://www.w3.org/2000/01/rdf-schema#comment",
	"http://purl.org/dc/terms/publisher",
	"http://purl.org/dc/terms/creator",
	"http://www.w3.org/ns/dcat#contactPoint",
	"http://www.w3.org/ns/dcat#theme",
	"http://www.w3.org/ns/dcat#keyword",
	"http://purl.org/dc/terms/subject",
	"http://purl.org/dc/terms/accessRights",
	"http://www.w3.org/ns/dcat#dataset",
	"http://www.w3.org/ns/dcat#service",
	"http://www.w3.org/ns/dcat#distribution",
	"http://www.w3.org/ns/dcat#servesDataset",
	"http://www.w3.org/ns/dcat#endpointURL",
	"http://www.w3.org/ns/dcat#accessURL",
	"http://www.w3.org/ns/dcat#downloadURL",
	"http://purl.org/dc/terms/license",
	"http://purl.org/dc/terms/format",
	"http://purl.org/dc/terms/spatial",
	"http://purl.org/dc/terms/temporal",
	"http://purl.org/dc/terms/issued",
	"http://purl.org/dc/terms/modified",
	"http://www.w3.org/2004/02/skos/core#broader",
	"http://www.w3.org/2004/02/skos/core#narrower",
	"http://www.w3.org/2004/02/skos/core#related",
}

const (
	rdfType  = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
	xsdSpace = "http://www.w3.org/2001/XMLSchema#"
)

// shorten writes an IRI as a prefixed name for people, with prefixes or with the well-known ones; ok is false where none fits or
// the rest is no simple name.
func shorten(iri string, prefixes map[string]string) (name string, ok bool) {
	if name, ok := vocab.Shorten(iri); ok && len(prefixes) == 0 {
		return name, true
	}
	best := ""
	for p, ns := range prefixes {
		rest, found := strings.CutPrefix(iri, ns)
		if !found || ns == "" || !simpleName(rest) || len(ns) < len(best) {
			continue
		}
		if len(ns) > len(best) || p+":"+rest < name {
			best, name = ns, p+":"+rest
		}
	}
	if best == "" {
		return vocab.Shorten(iri)
	}
	return name, true
}

func simpleName(s string) bool {
	if s == "" || len(s) > 80 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c < 0x80 && !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

// localName is the last part of an IRI, for a property that has no label and no prefix.
func localName(iri string) string {
	if i := strings.LastIndexAny(strings.TrimRight(iri, "/#"), "/#:"); i >= 0 && i < len(iri)-1 {
		if name := strings.TrimRight(iri[i+1:], "/#"); name != "" {
			return name
		}
	}
	return iri
}
