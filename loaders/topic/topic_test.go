package topic

import (
	"testing"

	"triplestore/rdf"
	"triplestore/vocab"
)

func TestOf(t *testing.T) {
	t.Parallel()
	i := rdf.IRI
	tr := func(s, p, o rdf.Term) rdf.Triple { return rdf.Triple{S: s, P: p, O: o} }
	a, typ := i("urn:a"), i(vocab.RDF+"type")
	for _, c := range []struct {
		want    string
		triples []rdf.Triple
	}{
		{"", nil},
		{"", []rdf.Triple{tr(rdf.BlankNode("b"), typ, a)}},
		{"urn:a", []rdf.Triple{tr(a, i("urn:p"), i("urn:b")), tr(i("urn:b"), i("urn:p"), rdf.String("x"))}},
		{"urn:a", []rdf.Triple{tr(i("urn:b"), i("urn:p"), rdf.String("x")), tr(a, i("urn:p"), i("urn:b"))}},
		{"urn:b", []rdf.Triple{tr(a, i("urn:p"), i("urn:b")), tr(i("urn:b"), typ, i(vocab.DCATDataset))}},
		{"urn:c", []rdf.Triple{tr(i("urn:b"), typ, i(vocab.DCATDataset)), tr(a, i(vocab.FOAFPrimaryTopic), i("urn:c"))}},
		{"urn:a", []rdf.Triple{tr(a, i("urn:p"), a)}},
	} {
		if got := Of(c.triples); got != c.want {
			t.Errorf("%v: %q, want %q", c.triples, got, c.want)
		}
	}
}
