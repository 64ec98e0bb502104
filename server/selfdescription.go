package server

import (
	"fmt"
	"net/url"
	"strings"

	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/store"
	"triplestore/vocab"
)

// The paths of what the server says about itself.
const (
	voidPath    = "/.well-known/void"
	catalogPath = "/catalog"
	openAPIPath = "/openapi.json"
	datasetPath = voidPath + "#dataset"
)

// formatIRIs are the names of formats in service descriptions (https://www.w3.org/ns/formats/).
var formatIRIs = map[string]string{
	"json": "SPARQL_Results_JSON", "xml": "SPARQL_Results_XML", "csv": "SPARQL_Results_CSV", "tsv": "SPARQL_Results_TSV",
	"turtle": "Turtle", "trig": "TriG", "ntriples": "N-Triples", "nquads": "N-Quads", "rdfxml": "RDF_XML", "jsonld": "JSON-LD",
}

func formatIRI(name string) (rdf.Term, bool) {
	local, ok := formatIRIs[name]
	return rdf.IRI("http://www.w3.org/ns/formats/" + local), ok
}

// describeService says what the endpoint can (https://www.w3.org/TR/sparql11-service-description/).
func describeService(s *Server, b *statements) error {
	service, dataset := s.here("/sparql#service"), s.here(datasetPath)
	b.a(service, vocab.SDService)
	s.address(b, service, vocab.SDEndpoint, "/sparql")
	b.add(service, vocab.SDSupportedLanguage, rdf.IRI(vocab.SDSPARQL10Query), rdf.IRI(vocab.SDSPARQL11Query))
	for _, offers := range [][]offer{solutionOffers, graphOffers} {
		for _, o := range offers {
			if f, ok := formatIRI(o.name); ok {
				b.add(service, vocab.SDResultFormat, f)
			}
		}
	}
	if s.c.UnionDefaultGraph {
		b.add(service, vocab.SDFeature, rdf.IRI(vocab.SDUnionDefaultGraph))
	}
	if s.c.Service != nil {
		b.add(service, vocab.SDFeature, rdf.IRI(vocab.SDBasicFederatedQuery))
	}
	b.add(service, vocab.SDDefaultEntailmentRegime, rdf.IRI("http://www.w3.org/ns/entailment/Simple"))
	b.add(service, vocab.SDDefaultDataset, dataset)
	if s.policy.Get().AnyoneWrites() {
		update := s.here("/update#service")
		b.a(update, vocab.SDService)
		s.address(b, update, vocab.SDEndpoint, "/update")
		b.add(update, vocab.SDSupportedLanguage, rdf.IRI(vocab.SDSPARQL11Update))
		b.add(update, vocab.SDDefaultDataset, dataset)
		if s.c.Load != nil {
			for _, f := range format.All {
				if name, ok := formatIRI(f.Name); ok && f.CanRead() {
					b.add(update, vocab.SDInputFormat, name)
				}
			}
		}
	}
	b.a(dataset, vocab.SDDataset)
	b.add(dataset, vocab.DCTTitle, rdf.String(s.c.Title))
	inDefault, named, counts, err := b.graphs()
	if err != nil {
		return err
	}
	def := rdf.BlankNode("default")
	b.add(dataset, vocab.SDDefaultGraph, def)
	b.a(def, vocab.SDGraph)
	if !s.c.UnionDefaultGraph { // else a triple may be in several graphs, and how many there are is not known
		b.add(def, vocab.VoIDTriples, count(inDefault))
	}
	for i, g := range named {
		if !g.IsIRI() {
			continue
		}
		node, graph := rdf.BlankNode(fmt.Sprint("named", i)), rdf.BlankNode(fmt.Sprint("graph", i))
		b.add(dataset, vocab.SDHasNamedGraph, node)
		b.a(node, vocab.SDNamedGraph)
		b.add(node, vocab.SDName, g)
		b.add(node, vocab.SDHasGraph, graph)
		b.a(graph, vocab.SDGraph)
		b.add(graph, vocab.VoIDTriples, count(counts[i]))
	}
	return nil
}

// maxPartitions is how many classes and how many properties are counted one by one at most; the totals count all of them.
const maxPartitions = 20_000

// describeVoID counts what is in the store (https://www.w3.org/TR/void/). All numbers are exact.
func describeVoID(s *Server, b *statements) error {
	doc, ds := s.here(voidPath), s.here(datasetPath)
	b.a(doc, vocab.VoIDDatasetDescription)
	b.add(doc, vocab.FOAFPrimaryTopic, ds)
	b.a(ds, vocab.VoIDDataset)
	b.add(ds, vocab.DCTTitle, rdf.String(s.c.Title))
	if s.c.Description != "" {
		b.add(ds, vocab.DCTDescription, rdf.String(s.c.Description))
	}
	s.publisher(b, ds)
	modified(b, ds)
	s.address(b, ds, vocab.VoIDSparqlEndpoint, "/sparql")
	s.address(b, ds, vocab.VoIDUriLookupEndpoint, "/resource?iri=")
	s.address(b, ds, vocab.VoIDDataDump, graphsPath+"?format=nquads")
	if s.c.Base != "" {
		b.add(ds, vocab.VoIDUriSpace, rdf.String(s.c.Base))
	}
	for _, o := range oneGraphOffers {
		if f, ok := formatIRI(o.name); ok {
			b.add(ds, vocab.VoIDFeature, f)
		}
	}
	quads, err := b.snap.Count(store.Range{Order: store.SPOG})
	if err != nil {
		return err
	}
	b.add(ds, vocab.VoIDTriples, count(quads))
	for _, c := range []struct {
		property string
		order    store.Order
	}{{vocab.VoIDDistinctSubjects, store.SPOG}, {vocab.VoIDDistinctObjects, store.OSPG}, {vocab.VoIDProperties, store.PSOG}} {
		n, err := b.snap.Distinct(store.Range{Order: c.order})
		if err != nil {
			return err
		}
		b.add(ds, c.property, count(n))
	}
	inDefault, named, counts, err := b.graphs()
	if err != nil {
		return err
	}
	if len(named) > 1 || len(named) == 1 && inDefault > 0 {
		b.add(ds, vocab.RDFSComment, rdf.LangLiteral("A triple that is stated in several graphs counts once for each of them.", "en"))
	}
	for i, g := range named {
		if !g.IsIRI() {
			continue
		}
		sub := s.here(voidPath + "#" + graphID(g))
		b.add(ds, vocab.VoIDSubset, sub)
		b.a(sub, vocab.VoIDDataset)
		b.add(sub, vocab.DCTIdentifier, rdf.String(g.Value()))
		b.add(sub, vocab.VoIDTriples, count(counts[i]))
		s.address(b, sub, vocab.VoIDDataDump, graphsPath+"?graph="+url.QueryEscape(g.Value()))
	}
	if err := b.classes(ds); err != nil {
		return err
	}
	return b.properties(ds)
}

// classes counts the instances of each class.
func (b *statements) classes(ds rdf.Term) error {
	typ, ok, err := b.snap.ID(rdf.IRI(rdfType))
	if err != nil {
		return err
	}
	var ids []store.ID
	if ok {
		n, err := b.snap.Distinct(store.Range{Order: store.POSG, Prefix: []store.ID{typ}})
		if err != nil {
			return err
		}
		b.add(ds, vocab.VoIDClasses, count(n))
		if ids, err = b.distinct(store.POSG, []store.ID{typ}, maxPartitions); err != nil {
			return err
		}
	} else {
		b.add(ds, vocab.VoIDClasses, count(0))
	}
	classes := make([]rdf.Term, len(ids))
	if err := b.snap.Terms(ids, classes); err != nil {
		return err
	}
	for i, class := range classes {
		if !class.IsIRI() {
			continue
		}
		n, err := b.snap.Distinct(store.Range{Order: store.POSG, Prefix: []store.ID{typ, ids[i]}})
		if err != nil {
			return err
		}
		node := rdf.BlankNode(fmt.Sprint("class", i))
		b.add(ds, vocab.VoIDClassPartition, node)
		b.add(node, vocab.VoID+"class", class)
		b.add(node, vocab.VoIDEntities, count(n))
	}
	return nil
}

// properties counts the statements, subjects and objects of each property, and names the vocabularies that they are from.
func (b *statements) properties(ds rdf.Term) error {
	ids, err := b.distinct(store.PSOG, nil, maxPartitions)
	if err != nil {
		return err
	}
	properties := make([]rdf.Term, len(ids))
	if err := b.snap.Terms(ids, properties); err != nil {
		return err
	}
	vocabularies := map[string]bool{}
	for i, p := range properties {
		prefix := []store.ID{ids[i]}
		node := rdf.BlankNode(fmt.Sprint("property", i))
		b.add(ds, vocab.VoIDPropertyPartition, node)
		b.add(node, vocab.VoID+"property", p)
		for _, c := range []struct {
			property string
			count    func(store.Range) (uint64, error)
			order    store.Order
		}{
			{vocab.VoIDTriples, b.snap.Count, store.PSOG}, {vocab.VoIDDistinctSubjects, b.snap.Distinct, store.PSOG},
			{vocab.VoIDDistinctObjects, b.snap.Distinct, store.POSG},
		} {
			n, err := c.count(store.Range{Order: c.order, Prefix: prefix})
			if err != nil {
				return err
			}
			b.add(node, c.property, count(n))
		}
		if end := strings.LastIndexAny(p.Value(), "#/"); end > 0 && !vocabularies[p.Value()[:end+1]] {
			vocabularies[p.Value()[:end+1]] = true
			b.add(ds, vocab.VoIDVocabulary, rdf.IRI(p.Value()[:end+1]))
		}
	}
	return nil
}

func (s *Server) publisher(b *statements, of rdf.Term) {
	if s.c.Publisher == "" {
		return
	}
	agent := rdf.IRI(s.c.Publisher)
	b.add(of, vocab.DCTPublisher, agent)
	if s.c.PublisherName != "" {
		b.a(agent, vocab.FOAFAgent)
		b.add(agent, vocab.FOAFName, rdf.String(s.c.PublisherName))
	}
}

// modified says when the state was committed.
func modified(b *statements, of rdf.Term) {
	if c := b.snap.Commit(); c.Number > 0 {
		b.add(of, vocab.DCTModified, rdf.Literal(c.Time.UTC().Format("2006-01-02T15:04:05.999999999Z"), xsdSpace+"dateTime"))
	}
}
