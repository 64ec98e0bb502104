package server

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"

	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/store"
	"triplestore/vocab"
)

// fileTypes are the formats of distributions, with their names in the authority table that DCAT-AP asks for
// (https://op.europa.eu/en/web/eu-vocabularies/dataset/-/resource?uri=http://publications.europa.eu/resource/dataset/file-type).
var fileTypes = []struct {
	format *format.Format
	name   string
}{{format.Turtle, "RDF_TURTLE"}, {format.NTriples, "RDF_N_TRIPLES"}, {format.RDFXML, "RDF_XML"}, {format.JSONLD, "JSON_LD"}}

// graphID is a fragment for a graph.
func graphID(g rdf.Term) string {
	sum := sha256.Sum256([]byte(g.Value()))
	return "graph-" + hex.EncodeToString(sum[:8])
}

// describeCatalog describes the store as a catalogue by DCAT-AP (https://semiceu.github.io/DCAT-AP/releases/3.0.0/): the endpoint as a
// data service and each graph as a dataset.
func describeCatalog(s *Server, b *statements) error {
	catalog, service := s.here(catalogPath), s.here(catalogPath+"#sparql")
	description := s.c.Description
	if description == "" {
		description = "The graphs of the RDF store " + s.c.Title + " and its SPARQL endpoint."
	}
	b.a(catalog, vocab.DCATCatalog)
	b.add(catalog, vocab.DCTTitle, rdf.String(s.c.Title))
	b.add(catalog, vocab.DCTDescription, rdf.String(description))
	s.publisher(b, catalog)
	s.address(b, catalog, vocab.FOAFHomepage, "/")
	modified(b, catalog)
	b.add(catalog, vocab.DCATService, service)

	b.a(service, vocab.DCATDataService)
	b.add(service, vocab.DCTTitle, rdf.LangLiteral("SPARQL endpoint of "+s.c.Title, "en"))
	s.publisher(b, service)
	s.address(b, service, vocab.DCATEndpointURL, "/sparql")
	s.address(b, service, vocab.DCATEndpointDescription, openAPIPath)
	b.add(service, vocab.DCTConformsTo, rdf.IRI("https://www.w3.org/TR/sparql11-protocol/"))
	for _, o := range append(solutionOffers[:4:4], oneGraphOffers...) {
		b.add(service, vocab.DCATMediaType, mediaTypeIRI(o.types[0]))
	}

	inDefault, named, counts, err := b.graphs()
	if err != nil {
		return err
	}
	if inDefault > 0 {
		ds := s.here(catalogPath + "#graph-default")
		s.catalogued(b, catalog, service, ds, "default", inDefault)
		b.add(ds, vocab.DCTTitle, rdf.LangLiteral("The default graph of "+s.c.Title, "en"))
	}
	d, err := s.describer(b.ctx, b.snap, s.c.Languages)
	if err != nil {
		return err
	}
	for i, g := range named {
		if !g.IsIRI() {
			continue
		}
		ds := s.here(catalogPath + "#" + graphID(g))
		s.catalogued(b, catalog, service, ds, "graph="+url.QueryEscape(g.Value()), counts[i])
		b.add(ds, vocab.DCTIdentifier, rdf.Literal(g.Value(), xsdSpace+"anyURI"))
		title := rdf.String(g.Value())
		var id store.ID
		if id, _, err = b.snap.ID(g); err != nil {
			return err
		}
		label, err := d.label(id)
		if err != nil {
			return err
		}
		if !label.IsZero() {
			title = label
		}
		b.add(ds, vocab.DCTTitle, title)
	}
	return nil
}

// catalogued adds a graph as a dataset with a distribution for each format; args are the parameters that name it.
func (s *Server) catalogued(b *statements, catalog, service, ds rdf.Term, args string, n uint64) {
	b.add(catalog, vocab.DCATHasDataset, ds)
	b.add(service, vocab.DCATServesDataset, ds)
	b.a(ds, vocab.DCATDataset)
	b.add(ds, vocab.DCTDescription, rdf.LangLiteral(fmt.Sprintf("A graph of %s with %d %s.", s.c.Title, n, english.Statement.of(n)), "en"))
	s.publisher(b, ds)
	for _, f := range fileTypes {
		dist := rdf.BlankNode(fmt.Sprint("d", len(b.quads)))
		if ds.IsIRI() {
			dist = rdf.IRI(ds.Value() + "-" + f.format.Name)
		}
		b.add(ds, vocab.DCATHasDistribution, dist)
		b.a(dist, vocab.DCATDistribution)
		b.add(dist, vocab.DCTTitle, rdf.String(f.format.Title))
		s.address(b, dist, vocab.DCATAccessURL, graphsPath+"?"+args)
		s.address(b, dist, vocab.DCATDownloadURL, graphsPath+"?"+args+"&format="+f.format.Name)
		b.add(dist, vocab.DCATMediaType, mediaTypeIRI(f.format.MediaType()))
		b.add(dist, vocab.DCTFormat, rdf.IRI("http://publications.europa.eu/resource/authority/file-type/"+f.name))
		b.add(dist, vocab.DCATAccessService, service)
	}
}

func mediaTypeIRI(mediaType string) rdf.Term {
	return rdf.IRI("https://www.iana.org/assignments/media-types/" + mediaType)
}
