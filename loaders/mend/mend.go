// Package mend puts right what is known to be wrong in data that people publish, and reports each case.
package mend

import (
	"strings"

	"triplestore/loaders/source"
	"triplestore/rdf"
)

// Kind is the section "mend" of a configuration. It is on where the configuration does not say otherwise.
func Kind() source.RewriterKind {
	return source.RewriterKind{
		Name: "mend", Doc: "what is put right in all sources; every case is reported as normalised",
		New: func() source.RewriterConfig { return &config{R5R: true} }, Default: true,
	}
}

type config struct {
	R5R bool `yaml:"r5r" doc:"IRIs of DCAT-AP written with the namespace http://data.europa.eu/r5r without its slash, as in http://data.europa.eu/r5ravailability; default true"`
}

// OpenRewriter implements source.RewriterConfig.
func (c *config) OpenRewriter(source.Env) (source.Rewriter, error) {
	if !c.R5R {
		return nil, nil
	}
	return r5r{}, nil
}

// Version implements source.RewriterConfig.
func (c *config) Version() string {
	if c.R5R {
		return "1 r5r"
	}
	return "1"
}

type r5r struct{}

const wrong = "http://data.europa.eu/r5r"

// Rewrite implements source.Rewriter.
func (r5r) Rewrite(r *source.Record, note func(source.Note)) error {
	var last rdf.Term // a subject that is right
	for i := range r.Triples {
		t := &r.Triples[i]
		places := [...]*rdf.Term{&t.P, &t.O, &t.S}
		check := places[:]
		if t.S == last {
			check = places[:2]
		}
		for _, x := range check {
			if x.IsIRI() && slashless(x.Value()) {
				right := rdf.IRI(wrong + "/" + x.Value()[len(wrong):])
				note(source.Note{Sort: source.Normalised, Record: r.IRI, Place: r.Place, Message: "<" + x.Value() + "> was read as <" + right.Value() + ">"})
				*x = right
			}
		}
		last = t.S
	}
	return nil
}

// slashless reports whether a name follows the namespace at once.
func slashless(iri string) bool {
	rest, ok := strings.CutPrefix(iri, wrong)
	return ok && rest != "" && (rest[0] >= 'a' && rest[0] <= 'z' || rest[0] >= 'A' && rest[0] <= 'Z')
}
