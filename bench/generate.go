package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"

	"triplestore/rdf"
	"triplestore/rdf/turtle"
)

const (
	rdfNS   = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	xsdNS   = "http://www.w3.org/2001/XMLSchema#"
	dcatNS  = "http://www.w3.org/ns/dcat#"
	dctNS   = "http://purl.org/dc/terms/"
	foafNS  = "http://xmlns.com/foaf/0.1/"
	skosNS  = "http://www.w3.org/2004/02/skos/core#"
	vcardNS = "http://www.w3.org/2006/vcard/ns#"
	euNS    = "http://publications.europa.eu/resource/authority/"
	dataNS  = "https://data.example.org/"
)

// generator makes metadata as a national catalogue has them: datasets with titles in three languages, publishers, concepts in a
// tree, distributions with sizes and dates, contact points as blank nodes. Everything is a pure function of seed and size, and
// the names are made of syllables: nobody and nothing is meant.
type generator struct {
	rng   *rand.Rand
	words []string
	emit  func(s, p, o rdf.Term) error
	n     int
	err   error
}

func newGenerator(seed uint64, emit func(s, p, o rdf.Term) error) *generator {
	g := &generator{rng: rand.New(rand.NewPCG(seed, 0x7261706c65)), emit: emit}
	syllables := []string{"ve", "lo", "fjel", "by", "da", "ta", "reg", "is", "ter", "kom", "mu", "ne", "vann", "sko", "le", "bru",
		"for", "valt", "ning", "å", "stat", "is", "tikk", "ø", "ko", "no", "mi", "hel", "se", "trans", "port"}
	for len(g.words) < 4000 {
		w := ""
		for range 2 + g.rng.IntN(3) {
			w += syllables[g.rng.IntN(len(syllables))]
		}
		g.words = append(g.words, w)
	}
	return g
}

func (g *generator) add(s rdf.Term, p string, o rdf.Term) {
	if g.err == nil {
		g.err = g.emit(s, rdf.IRI(p), o)
		g.n++
	}
}

// skewed picks a number below n, small ones far more often, as in real data few publishers have most datasets.
func (g *generator) skewed(n int) int {
	f := g.rng.Float64()
	return int(f * f * f * float64(n))
}

func (g *generator) text(words int) string {
	b := make([]byte, 0, words*8)
	for i := range words {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, g.words[g.skewed(len(g.words))]...)
	}
	return string(b)
}

func (g *generator) date() string {
	return fmt.Sprintf("%04d-%02d-%02d", 2010+g.rng.IntN(17), 1+g.rng.IntN(12), 1+g.rng.IntN(28))
}

func iri(kind string, n int) rdf.Term { return rdf.IRI(dataNS + kind + "/" + strconv.Itoa(n)) }

// run makes about triples triples and returns how many it made.
func (g *generator) run(triples int) (int, error) {
	datasets := max(triples/30, 1)
	publishers, concepts := max(datasets/12, 1), max(datasets/6, 1)
	a := rdfNS + "type"
	for i := range publishers {
		s := iri("organization", i)
		g.add(s, a, rdf.IRI(foafNS+"Agent"))
		g.add(s, foafNS+"name", rdf.LangLiteral(g.text(2), "nb"))
		g.add(s, dctNS+"identifier", rdf.String(strconv.Itoa(800000000+i*37)))
	}
	for i := range concepts {
		s := iri("concept", i)
		g.add(s, a, rdf.IRI(skosNS+"Concept"))
		for _, lang := range []string{"nb", "nn", "en"} {
			g.add(s, skosNS+"prefLabel", rdf.LangLiteral(g.text(1+g.rng.IntN(2)), lang))
		}
		if i > 0 {
			g.add(s, skosNS+"broader", iri("concept", (i-1)/6))
		}
	}
	for i := 0; g.n < triples && g.err == nil; i++ {
		g.dataset(i, publishers, concepts)
	}
	return g.n, g.err
}

func (g *generator) dataset(i, publishers, concepts int) {
	a, s := rdfNS+"type", iri("dataset", i)
	g.add(s, a, rdf.IRI(dcatNS+"Dataset"))
	g.add(s, dctNS+"identifier", rdf.String(s.Value()))
	for _, lang := range []string{"nb", "nn", "en"} {
		g.add(s, dctNS+"title", rdf.LangLiteral(g.text(2+g.rng.IntN(4)), lang))
	}
	g.add(s, dctNS+"description", rdf.LangLiteral(g.text(10+g.rng.IntN(30)), "nb"))
	for range 1 + g.rng.IntN(4) {
		g.add(s, dcatNS+"keyword", rdf.LangLiteral(g.text(1), "nb"))
	}
	g.add(s, dctNS+"publisher", iri("organization", g.skewed(publishers)))
	themes := []string{"GOVE", "ENVI", "TRAN", "ECON", "REGI", "SOCI", "TECH", "EDUC", "HEAL", "AGRI", "ENER", "JUST", "INTR"}
	g.add(s, dcatNS+"theme", rdf.IRI(euNS+"data-theme/"+themes[g.skewed(len(themes))]))
	access := []string{"PUBLIC", "RESTRICTED", "NON_PUBLIC"}
	g.add(s, dctNS+"accessRights", rdf.IRI(euNS+"access-right/"+access[g.skewed(3)]))
	g.add(s, dctNS+"issued", rdf.Literal(g.date(), xsdNS+"date"))
	g.add(s, dctNS+"modified", rdf.Literal(fmt.Sprintf("%sT%02d:%02d:00Z", g.date(), g.rng.IntN(24), g.rng.IntN(60)), xsdNS+"dateTime"))
	for range 1 + g.rng.IntN(3) {
		g.add(s, dctNS+"subject", iri("concept", g.skewed(concepts)))
	}
	contact := rdf.BlankNode("c" + strconv.Itoa(i))
	g.add(s, dcatNS+"contactPoint", contact)
	g.add(contact, a, rdf.IRI(vcardNS+"Organization"))
	g.add(contact, vcardNS+"fn", rdf.LangLiteral(g.text(2), "nb"))
	formats := []string{"CSV", "JSON", "GML", "XML", "GEOJSON", "RDF_TURTLE", "JSON_LD", "XLSX"}
	licences := []string{"NLOD_2_0", "CC_BY_4_0", "CC0"}
	for j := range g.rng.IntN(4) {
		d := rdf.IRI(s.Value() + "/distribution/" + strconv.Itoa(j))
		g.add(s, dcatNS+"distribution", d)
		g.add(d, a, rdf.IRI(dcatNS+"Distribution"))
		g.add(d, dctNS+"format", rdf.IRI(euNS+"file-type/"+formats[g.skewed(len(formats))]))
		g.add(d, dctNS+"license", rdf.IRI(euNS+"licence/"+licences[g.skewed(3)]))
		g.add(d, dcatNS+"accessURL", rdf.IRI(d.Value()+"/file"))
		g.add(d, dcatNS+"byteSize", rdf.Literal(strconv.Itoa(1+g.rng.IntN(1<<30)), xsdNS+"integer"))
	}
}

// generate writes about triples triples as N-Triples and the same ones as Turtle, and returns their number.
func generate(seed uint64, triples int, nt, ttl io.Writer) (int, error) {
	writers := []*turtle.Writer{
		turtle.NewWriter(nt, turtle.WriterOptions{Dialect: turtle.NTriples}),
		turtle.NewWriter(ttl, turtle.WriterOptions{Dialect: turtle.Turtle, Prefixes: map[string]string{
			"dcat": dcatNS, "dct": dctNS, "foaf": foafNS, "skos": skosNS, "vcard": vcardNS, "xsd": xsdNS, "data": dataNS,
			"theme": euNS + "data-theme/", "access": euNS + "access-right/", "file": euNS + "file-type/", "licence": euNS + "licence/",
		}}),
	}
	g := newGenerator(seed, func(s, p, o rdf.Term) error {
		for _, w := range writers {
			if err := w.Write(rdf.Quad{S: s, P: p, O: o}); err != nil {
				return err
			}
		}
		return nil
	})
	n, err := g.run(triples)
	for _, w := range writers {
		if err == nil {
			err = w.Close()
		}
	}
	return n, err
}
