package server

import (
	"slices"
	"strings"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/vocab"
)

// What search engines read: https://schema.org/ in JSON-LD, made from the vocabularies of catalogues.

// schemaTypes are the types of schema.org for those of catalogues; the first that a resource has counts.
var schemaTypes = []struct{ class, name string }{
	{vocab.DCAT + "Dataset", "Dataset"}, {vocab.DCAT + "DatasetSeries", "Dataset"}, {vocab.DCAT + "Catalog", "DataCatalog"}, {vocab.DCAT + "Distribution", "DataDownload"},
	{vocab.DCAT + "DataService", "WebAPI"}, {vocab.SKOS + "Concept", "DefinedTerm"}, {vocab.SKOS + "ConceptScheme", "DefinedTermSet"},
	{vocab.SKOS + "Collection", "DefinedTermSet"}, {vocab.FOAF + "Person", "Person"}, {vocab.ROV + "RegisteredOrganization", "Organization"},
	{vocab.ORG + "FormalOrganization", "Organization"}, {vocab.ORG + "Organization", "Organization"}, {vocab.FOAF + "Organization", "Organization"},
	{vocab.FOAF + "Agent", "Organization"}, {vocab.CPSV + "PublicService", "GovernmentService"}, {vocab.DCT + "Location", "Place"}, {vocab.FOAF + "Document", "CreativeWork"},
}

// schemaProperties are the properties of schema.org; several may bring the same, the first that is there counts.
var schemaProperties = []struct {
	property, name string
	kind           byte // t text, d date, i IRI, n a thing with its name, k list of texts
}{
	{vocab.DCT + "description", "description", 't'}, {vocab.SKOS + "definition", "description", 't'}, {vocab.RDFS + "comment", "description", 't'},
	{vocab.DCT + "identifier", "identifier", 't'}, {vocab.SKOS + "notation", "termCode", 't'}, {vocab.DCAT + "keyword", "keywords", 'k'},
	{vocab.SKOS + "altLabel", "alternateName", 'k'}, {vocab.DCT + "issued", "datePublished", 'd'}, {vocab.DCT + "created", "dateCreated", 'd'},
	{vocab.DCT + "modified", "dateModified", 'd'}, {vocab.DCT + "license", "license", 'i'}, {vocab.DCT + "publisher", "publisher", 'n'},
	{vocab.DCT + "creator", "creator", 'n'}, {vocab.DCAT + "landingPage", "mainEntityOfPage", 'i'}, {vocab.FOAF + "homepage", "sameAs", 'i'},
	{vocab.DCAT + "downloadURL", "contentUrl", 'i'}, {vocab.DCAT + "accessURL", "contentUrl", 'i'}, {vocab.DCAT + "mediaType", "encodingFormat", 'i'},
	{vocab.DCT + "format", "encodingFormat", 'i'}, {vocab.DCAT + "endpointURL", "url", 'i'}, {vocab.DCAT + "endpointDescription", "documentation", 'i'},
	{vocab.SKOS + "inScheme", "inDefinedTermSet", 'n'}, {vocab.DCT + "spatial", "spatialCoverage", 'n'}, {vocab.DCAT + "distribution", "distribution", 'n'},
	{vocab.DCAT + "dataset", "dataset", 'n'}, {vocab.DCT + "isPartOf", "isPartOf", 'n'}, {vocab.OWL + "sameAs", "sameAs", 'i'},
}

// maxSchemaValues of a property are told.
const maxSchemaValues = 50

// schemaOrg describes a resource for search engines; nil where its types say nothing to them.
func (v *viewer) schemaOrg(id store.ID, self, name string) map[string]any {
	thing := v.schemaThing(id, self, name, true)
	if thing == nil {
		return nil
	}
	thing["@context"] = "https://schema.org/"
	if thing["@type"] == "Place" {
		if shapes := v.shapesOf(id); len(shapes) == 1 && shapes[0].kind == 'p' {
			p := shapes[0].parts[0][0]
			thing["geo"] = map[string]any{"@type": "GeoCoordinates", "latitude": p.lat, "longitude": p.long}
		}
	}
	return thing
}

func (v *viewer) schemaThing(id store.ID, self, name string, whole bool) map[string]any {
	quads, err := v.first(id, 2000)
	v.check(err)
	ids := make([]store.ID, 0, 2*len(quads))
	for _, q := range quads {
		ids = append(ids, q[store.P], q[store.O])
	}
	v.check(v.fetch(ids))
	values := map[string][]store.ID{}
	for _, q := range quads {
		p := v.terms[q[store.P]].Value()
		if !slices.Contains(values[p], q[store.O]) {
			values[p] = append(values[p], q[store.O])
		}
	}
	best := len(schemaTypes)
	for _, t := range values[rdfType] {
		for i, s := range schemaTypes {
			if i < best && v.terms[t].Value() == s.class {
				best = i
			}
		}
	}
	if best == len(schemaTypes) {
		return nil
	}
	thing := map[string]any{"@type": schemaTypes[best].name, "name": name}
	if self != "" {
		thing["@id"] = self
		if _, ok := thing["url"]; !ok && external(self) {
			thing["url"] = self
		}
	}
	made := map[string]bool{}
	for _, s := range schemaProperties {
		if made[s.name] || len(values[s.property]) == 0 || s.kind == 'n' && !whole {
			continue
		}
		if told := v.schemaValues(values[s.property], s.kind); told != nil {
			thing[s.name] = told
			made[s.name] = true
		}
	}
	return thing
}

// schemaValues tells values: nil for none, one alone, else a list.
func (v *viewer) schemaValues(ids []store.ID, kind byte) any {
	var list []any
	var texts []rdf.Term
	for _, id := range ids {
		t := v.terms[id]
		switch {
		case kind == 't' || kind == 'k':
			if t.IsLiteral() {
				texts = append(texts, t)
			} else if t.IsIRI() && kind == 't' {
				texts = append(texts, rdf.String(t.Value()))
			}
		case kind == 'd' && t.IsLiteral(), kind == 'i' && !t.IsBlankNode() && !t.IsTriple():
			list = append(list, t.Value())
		case kind == 'n' && !t.IsLiteral() && !t.IsTriple() && len(list) < maxSchemaValues:
			label, err := v.label(id)
			v.check(err)
			iri := ""
			if t.IsIRI() {
				iri = t.Value()
			}
			name := label.Value()
			thing := v.schemaThing(id, iri, name, false)
			if thing == nil {
				thing = map[string]any{"@type": "Thing", "name": name}
				if iri != "" {
					thing["@id"] = iri
				}
			}
			if name == "" {
				delete(thing, "name")
			}
			list = append(list, thing)
		}
	}
	if len(texts) > 0 {
		slices.SortStableFunc(texts, func(a, b rdf.Term) int { return rank(a, v.langs) - rank(b, v.langs) })
		first := rank(texts[0], v.langs)
		for _, t := range texts { // the reader's language alone
			if rank(t, v.langs) == first && (kind == 'k' || len(list) == 0) {
				list = append(list, strings.TrimSpace(t.Value()))
			}
		}
	}
	list = list[:min(len(list), maxSchemaValues)]
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	return list
}
