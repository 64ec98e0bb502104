// Package topic finds what a piece of RDF is about.
package topic

import (
	"triplestore/rdf"
	"triplestore/vocab"
)

// classes are those of records, the most telling first.
var classes = []string{
	vocab.DCATDataset, vocab.DCATDatasetSeries, vocab.DCATDataService, vocab.SKOS + "Concept", vocab.ModellDCATNO + "InformationModel", vocab.CPSVPublicService,
	vocab.CPSVNOService, vocab.CVEvent, vocab.CVLifeEvent, vocab.CVBusinessEvent, vocab.DCATResource, vocab.SKOS + "Collection", vocab.SKOS + "ConceptScheme",
	vocab.DCATCatalog, vocab.ROVRegisteredOrganization, vocab.ORGFormalOrganization, vocab.FOAFOrganization,
}

// Of gives the IRI that triples are about: what a dcat:CatalogRecord has as its primary topic, else what has the class of a record, else the
// first subject that nothing leads to, else the first subject. It is "" where no subject is an IRI.
func Of(triples []rdf.Triple) string {
	typed := map[string]string{}
	object := map[rdf.Term]bool{}
	first, root := "", ""
	for _, t := range triples {
		if t.P.Value() == vocab.FOAFPrimaryTopic && t.O.IsIRI() {
			return t.O.Value()
		}
		if t.S != t.O {
			object[t.O] = true
		}
		if t.P.Value() == vocab.RDF+"type" && t.S.IsIRI() {
			if _, ok := typed[t.O.Value()]; !ok {
				typed[t.O.Value()] = t.S.Value()
			}
		}
	}
	for _, c := range classes {
		if s, ok := typed[c]; ok {
			return s
		}
	}
	for _, t := range triples {
		if !t.S.IsIRI() {
			continue
		}
		if first == "" {
			first = t.S.Value()
		}
		if root == "" && !object[t.S] {
			root = t.S.Value()
		}
	}
	if root != "" {
		return root
	}
	return first
}
