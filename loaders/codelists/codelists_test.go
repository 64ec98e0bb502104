package codelists

import (
	"strings"
	"testing"

	"triplestore/internal/sourcetest"
	"triplestore/loaders/identity"
	"triplestore/loaders/source"
	"triplestore/vocab"
)

func TestLists(t *testing.T) {
	t.Parallel()
	env, _ := sourcetest.Env(t, ".")
	src := sourcetest.Open(t, Kind(), "{}", env)
	sink, out := sourcetest.Harvest(t, src, nil)
	if !out.Complete || len(sink.Notes) > 0 {
		t.Errorf("%+v %v", out, sink.Notes)
	}
	rules, err := identity.Default()
	if err != nil {
		t.Fatal(err)
	}
	// Every concept has a label and no other canonical IRI than its own.
	for iri, r := range sink.Records {
		labelled := false
		for _, x := range r.Triples {
			labelled = labelled || (x.P.Value() == vocab.SKOS+"prefLabel" || x.P.Value() == vocab.DCT+"title") && x.O.Value() != ""
			if (x.P.Value() == vocab.SKOS+"broader" || x.P.Value() == vocab.SKOS+"inScheme" || x.P.Value() == vocab.DCT+"isPartOf") && len(sink.Records[x.O.Value()].Triples) == 0 {
				t.Errorf("<%s> leads to <%s>, which is not there", iri, x.O.Value())
			}
		}
		if !labelled {
			t.Errorf("<%s> has no label", iri)
		}
		if m, ok := rules.Lookup(iri); ok && m.Canonical != iri {
			t.Errorf("<%s> is <%s> by the rules of identity", iri, m.Canonical)
		}
	}
	const eu = "http://publications.europa.eu/resource/authority/"
	for record, triple := range map[string]string{
		eu + "data-theme/GOVE":                          `<http://www.w3.org/2004/02/skos/core#prefLabel> "Forvaltning og offentlig sektor"@nb`,
		eu + "access-right/PUBLIC":                      `<http://www.w3.org/2004/02/skos/core#inScheme> <` + eu + `access-right>`,
		eu + "frequency/ANNUAL":                         `<http://www.w3.org/2004/02/skos/core#prefLabel> "årlig"@nb`,
		eu + "language/NOB":                             `<http://www.w3.org/2004/02/skos/core#notation> "NOB"`,
		eu + "licence/CC_BY_4_0":                        `<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/2004/02/skos/core#Concept>`,
		eu + "file-type/CSV":                            `<http://www.w3.org/2004/02/skos/core#prefLabel> "CSV"@en`,
		"http://data.europa.eu/bna/c_ac64a52d":          `<http://www.w3.org/2004/02/skos/core#prefLabel> "Geospatial"@en`,
		"https://psi.norge.no/los/tema/skatt-og-avgift": `<http://www.w3.org/2004/02/skos/core#inScheme> <https://psi.norge.no/los/ontologi/tema>`,
		rules.Municipality("1813"):                      `<http://purl.org/dc/terms/isPartOf> <` + rules.County("18") + `>`,
		rules.County("32"):                              `<http://purl.org/dc/terms/isPartOf> <` + nation + `>`,
	} {
		if !sink.Has(record, "<"+record+"> "+triple) {
			t.Errorf("<%s> lacks %s; it has %v", record, triple, sink.Records[record].Triples)
		}
	}
	if again, out := sourcetest.Harvest(t, src, out.State); !out.Unchanged || again.Count > 0 {
		t.Errorf("%+v", out)
	}
	one, _ := sourcetest.Harvest(t, sourcetest.Open(t, Kind(), "{lists: [eu-data-theme]}", env), nil)
	if n := len(one.Records); n != 15 {
		t.Errorf("%d records", n)
	}
	for section, want := range map[string]string{"{lists: [x]}": "no list \"x\"", "{lists: [los], except: [los]}": "no list is left"} {
		if _, err := sourcetest.TryOpen(Kind(), section, env); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", section, err)
		}
	}
}

var _ source.Source = (*lists)(nil)
