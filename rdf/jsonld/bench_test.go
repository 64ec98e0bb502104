package jsonld

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/rdf/canon"
)

func benchDocument(n int) string {
	var s strings.Builder
	s.WriteString(`{"@context": {"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "xsd": "http://www.w3.org/2001/XMLSchema#",
  "title": {"@id": "dct:title", "@container": "@language"}, "publisher": {"@id": "dct:publisher", "@type": "@id"},
  "issued": {"@id": "dct:issued", "@type": "xsd:date"}, "distribution": {"@id": "dcat:distribution", "@type": "@id"}},
 "@graph": [`)
	for i := range n {
		if i > 0 {
			s.WriteString(",")
		}
		fmt.Fprintf(&s, `
  {"@id": "http://e.example/dataset/%d", "@type": "dcat:Dataset",
   "title": {"nb": "Datasett nummer %d om vannkvalitet", "en": "Dataset number %d about water quality"},
   "publisher": "http://e.example/organisation/%d", "issued": "2024-01-01", "dcat:keyword": ["vann", "kvalitet", "kart"],
   "distribution": [{"@type": "dcat:Distribution", "dct:format": "CSV", "dcat:byteSize": %d}]}`, i, i, i, i%100, i*1000)
	}
	s.WriteString("\n]}")
	return s.String()
}

func BenchmarkParse(b *testing.B) {
	doc := benchDocument(10_000)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		if err := Parse(b.Context(), strings.NewReader(doc), Options{}, func(q []rdf.Quad) error { n += len(q); return nil }); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(n), "quads")
	}
}

// Streaming and whole documents give the same.
func TestStream(t *testing.T) {
	t.Parallel()
	doc := benchDocument(20)
	streamed, err := ParseString(doc, Options{})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := ParseString(strings.TrimSuffix(doc, "}")+`, "http://e.example/p": []}`, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(streamed) != 20*12 || len(whole) != 20*12 {
		t.Errorf("streamed %d, whole %d", len(streamed), len(whole))
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"", "f:1:1: the document is empty"},
		{"[1,", "f:1:4: the document ends where a JSON value is expected"},
		{"{\"a\": \"\x01\"}", "f:1:8: a control character may not stand in a string; write it as an escape"},
		{`{"a": 01}`, "f:1:7: malformed number"},
		{"[\n {}, {\"æ\" 1}]", "f:2:11: expected : after the name of a member"},
		{`{"@context": "http://e.example/c"}`, "f:1:1: JSON-LD: loading remote context failed: remote contexts are off, and <http://e.example/c> was not supplied"},
		{"[{},\n {\"@id\": 5}]", "f:2:2: JSON-LD: invalid @id value: it must be a string"},
		{"{} {}", "f:1:4: text after the end of the JSON document"},
		{strings.Repeat("[", 100_000), "f:1:502: JSON is nested more than 500 deep"},
	} {
		_, err := ParseString(c.in, Options{File: "f", Base: "http://b.example/"})
		if err == nil || err.Error() != c.want {
			t.Errorf("%.40q:\ngot  %v\nwant %s", c.in, err, c.want)
		}
	}
	var told []string
	quads, err := ParseString("[{\"@id\": 1},\n{\"@id\": \"http://e.example/a\", \"http://e.example/p\": true}]",
		Options{Lenient: func(e *rdf.ParseError) { told = append(told, e.Error()) }})
	if err != nil || len(quads) != 1 || len(told) != 1 {
		t.Error(quads, err, told)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(benchDocument(2))
	f.Add(`[{"@context": {"@vocab": "http://e/", "a": {"@reverse": "b"}, "l": {"@container": "@list"}}, "a": {"c": [1, 2.5, null]}, "l": [[1], []]}]`)
	f.Add(`{"@context": {"@version": 1.1, "x": {"@id": "http://e/x", "@context": {"@propagate": false}, "@container": ["@graph", "@id"]}}, "x": {"_:a": {"@type": "x"}}}`)
	f.Add("{\"@id\": \"x:a\", \"x:p\": {\"@id\": \"_:anon1\"}}\n[{\"x:p\": {\"@value\": {\"b\": [1e3]}, \"@type\": \"@json\"}}]")
	f.Add(`[{"@id": "urn:a", "@graph": [{"@id": "_:l", "x:l": {"@list": [{"@list": []}, {"@value": "x", "@language": "en-gb", "@direction": "rtl"}]}}]}]`)
	f.Fuzz(func(t *testing.T, doc string) {
		for _, lines := range []bool{false, true} {
			quads, err := ParseString(doc, Options{Base: "http://base.example/", Lines: lines})
			if err := checkPieces(doc, quads, err, lines); err != nil {
				t.Fatal(err)
			}
			if err != nil {
				continue
			}
			lenient, err := ParseString(doc, Options{Base: "http://base.example/", Lines: lines, Lenient: func(*rdf.ParseError) {}})
			if err != nil || len(lenient) != len(quads) {
				t.Fatalf("strict %d quads, lenient %d, %v", len(quads), len(lenient), err)
			}
			if len(quads) > 200 {
				continue
			}
			if err := comesBack(quads); err != nil && !errors.Is(err, canon.ErrLimit) {
				t.Fatal(err)
			}
		}
	})
}
