package rdfxml

import (
	"bytes"
	"errors"
	"testing"

	"triplestore/rdf"
	"triplestore/rdf/canon"
)

func write(quads []rdf.Quad, o WriterOptions) (string, error) {
	var b bytes.Buffer
	w := NewWriter(&b, o)
	for _, q := range quads {
		if err := w.Write(q); err != nil {
			return b.String(), err
		}
	}
	err := w.Close()
	return b.String(), err
}

func TestWriteRoundTrip(t *testing.T) {
	t.Parallel()
	s, p := rdf.IRI("http://e/s?a=1&b='2'"), rdf.IRI("http://e/ns#p")
	inner := rdf.TripleTerm(rdf.Triple{S: rdf.BlankNode("0"), P: p, O: rdf.DirLangLiteral("اب", "ar", rdf.RightToLeft)})
	quads := []rdf.Quad{
		{S: s, P: rdf.IRI(rdfNS + "type"), O: rdf.IRI("http://e/C")},
		{S: s, P: p, O: rdf.String(" a <b> & \"c\"\r\n\t]]> ")},
		{S: s, P: rdf.IRI("http://other/x.y-z"), O: rdf.LangLiteral("blå", "nb-NO")},
		{S: rdf.BlankNode("0"), P: p, O: rdf.BlankNode("_0")},
		{S: rdf.BlankNode("_0"), P: p, O: rdf.Literal("1", "http://www.w3.org/2001/XMLSchema#integer")},
		{S: s, P: p, O: rdf.TripleTerm(rdf.Triple{S: s, P: p, O: inner})},
		{S: s, P: rdf.IRI(rdfNS + "_1"), O: rdf.String("")},
	}
	text, err := write(quads, WriterOptions{Prefixes: map[string]string{"n": "http://e/ns#", "xmlfoo": "http://x/", "1": "http://y/"}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseString(text, Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if same, err := canon.Isomorphic(got, quads); err != nil || !same {
		t.Errorf("%v\n%s\ngot %v", err, text, got)
	}
}

func TestWriteImpossible(t *testing.T) {
	t.Parallel()
	s := rdf.IRI("http://e/s")
	for _, c := range []struct {
		q    rdf.Quad
		want error
	}{
		{rdf.Quad{S: s, P: rdf.IRI("http://e/p/1"), O: s}, ErrPredicate},
		{rdf.Quad{S: s, P: rdf.IRI(rdfNS + "li"), O: s}, ErrPredicate},
		{rdf.Quad{S: s, P: rdf.IRI(rdfNS + "resource"), O: s}, ErrPredicate},
		{rdf.Quad{S: s, P: rdf.IRI(rdfNS + "Description"), O: s}, ErrPredicate},
		{rdf.Quad{S: s, P: s, O: rdf.String("\x01")}, ErrCharacter},
		{rdf.Quad{S: s, P: s, O: s, G: s}, ErrGraph},
	} {
		if _, err := write([]rdf.Quad{c.q}, WriterOptions{}); !errors.Is(err, c.want) {
			t.Errorf("%v: %v", c.q, err)
		}
	}
}
