package mend

import (
	"testing"

	"triplestore/loaders/source"
	"triplestore/rdf"
)

func TestR5R(t *testing.T) {
	w, err := Kind().New().OpenRewriter(source.Env{})
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"http://data.europa.eu/r5ravailability":          "http://data.europa.eu/r5r/availability",
		"http://data.europa.eu/r5rapplicableLegislation": "http://data.europa.eu/r5r/applicableLegislation",
		"http://data.europa.eu/r5r/availability":         "http://data.europa.eu/r5r/availability",
		"http://data.europa.eu/r5r":                      "http://data.europa.eu/r5r",
		"http://data.europa.eu/r5r#x":                    "http://data.europa.eu/r5r#x",
	} {
		r := &source.Record{IRI: "http://e/d", Triples: []rdf.Triple{{S: rdf.IRI("http://e/d"), P: rdf.IRI(in), O: rdf.String("x")}}}
		notes := 0
		if err := w.Rewrite(r, func(n source.Note) { notes++ }); err != nil {
			t.Fatal(err)
		}
		changed := 0
		if in != want {
			changed = 1
		}
		if got := r.Triples[0].P.Value(); got != want || notes != changed {
			t.Errorf("%s: %s with %d notes, want %s", in, got, notes, want)
		}
	}
}
