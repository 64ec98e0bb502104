package jsonld

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/rdf/turtle"
)

// writers are the ways to write, each with how to read what it wrote.
var writers = []struct {
	name   string
	o      WriterOptions
	pretty bool
}{
	{name: "expanded"},
	{name: "prefixes", o: WriterOptions{Prefixes: testPrefixes}},
	{name: "lines", o: WriterOptions{Lines: true}},
	{name: "context", o: WriterOptions{Context: []byte(testContext)}},
	{name: "lines with context", o: WriterOptions{Context: []byte(testContext), Lines: true}},
	{name: "pretty", pretty: true},
	{name: "pretty prefixes", o: WriterOptions{Prefixes: testPrefixes}, pretty: true},
	{name: "pretty context", o: WriterOptions{Context: []byte(testContext)}, pretty: true},
}

var testPrefixes = map[string]string{"e": "http://e/", "n": "http://e/ns", "urn": "http://u/", "rdf": rdfNS, "xsd": xsdNS, "": "http://x/", "a b": "http://y/"}

const testContext = `{"@context": {"e": "http://e/", "name": {"@id": "e:p", "@container": "@language"}, "q": {"@id": "e:q", "@type": "@id"},
  "l": {"@id": "e:l", "@container": "@list"}, "id": "@id", "g": "@graph", "int": {"@id": "e:n", "@type": "http://www.w3.org/2001/XMLSchema#integer"}}}`

func serialise(quads []rdf.Quad, o WriterOptions, pretty bool) (string, error) {
	var b bytes.Buffer
	if pretty {
		err := WritePretty(&b, quads, o)
		return b.String(), err
	}
	w := NewWriter(&b, o)
	for _, q := range quads {
		if err := w.Write(q); err != nil {
			return b.String(), err
		}
	}
	err := w.Close()
	return b.String(), err
}

// comesBack checks that all ways of writing keep the quads.
func comesBack(quads []rdf.Quad) error {
	for _, w := range writers {
		text, err := serialise(quads, w.o, w.pretty)
		var code *Error
		switch {
		case errors.As(err, &code) && code.Code == "IRI confused with prefix":
			continue
		case err != nil:
			return fmt.Errorf("%s: %w", w.name, err)
		}
		got, err := ParseString(text, Options{Lines: w.o.Lines})
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", w.name, err, text)
		}
		if same, err := canon.Isomorphic(got, quads); err != nil || !same {
			return fmt.Errorf("%s: came back different, %w\n%v\nfrom\n%s", w.name, err, got, text)
		}
	}
	return nil
}

func TestWriteRoundTrip(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``,
		`PREFIX e: <http://e/> e:a e:p "x"@nb, "y"@en-GB--ltr, "z\u0001\"\\" ; a e:C, _:b, "literal" ; e:n 1, 2.5, true ; e:p "later"@en ; <http://e/nsx> <urn:a> .
		 e:b e:l ( 1 ( ) ( e:a _:b ) ) . _:b e:q _:b . <urn:x> e:q e:a . e:c e:q e: , <http://e///x> , <http://e/ns> .`,
		`PREFIX e: <http://e/> e:g { e:a e:p "1" . e:b e:p "2" } e:a e:p "3" . e:h { e:a e:p "4" } e:g { e:c e:p "5" } _:g { _:g e:p _:g } <urn:g> { <urn:s> e:p e:a }`,
		`PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> PREFIX e: <http://e/>
		 e:a e:p "{}"^^rdf:JSON, "{ }"^^rdf:JSON, "nonsense"^^rdf:JSON, "[null,1]"^^rdf:JSON, "null"^^rdf:JSON .
		 e:a e:l _:c . _:c a rdf:List ; rdf:first 1 ; rdf:rest rdf:nil .`,
		// Lists that hold themselves or each other, that two graphs share, and that rdf:type refers to.
		`PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> _:c rdf:first _:c ; rdf:rest rdf:nil .`,
		`PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> _:a rdf:first _:b ; rdf:rest rdf:nil . _:b rdf:first _:a ; rdf:rest rdf:nil .`,
		`PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> PREFIX e: <http://e/>
		 e:g { e:x e:l _:a . _:a rdf:first 1 ; rdf:rest rdf:nil . } e:h { _:a e:p 1 } _:n { e:x e:l _:m . _:m rdf:first 1 ; rdf:rest rdf:nil } _:m { e:a e:p 1 }
		 e:x e:l _:t . _:t rdf:first 1 ; rdf:rest rdf:nil . e:y a _:t .`,
		`PREFIX e: <http://e/> e:a e:l ` + strings.Repeat("( ", 300) + strings.Repeat(") ", 300) + ".",
	} {
		quads, err := turtle.ParseString(text, turtle.Options{Dialect: turtle.TriG})
		if err != nil {
			t.Fatal(err)
		}
		if err := comesBack(quads); err != nil {
			t.Errorf("%s\n%v", text, err)
		}
	}
}

func TestWriteLong(t *testing.T) {
	t.Parallel()
	var quads []rdf.Quad
	for i := range 3 * maxRun {
		quads = append(quads, rdf.Quad{S: rdf.IRI("http://e/s"), P: rdf.IRI(fmt.Sprint("http://e/p", i%3)), O: rdf.String(fmt.Sprint(i)), G: rdf.IRI("http://e/g")})
	}
	if err := comesBack(quads); err != nil {
		t.Error(err)
	}
}

func TestWriteForm(t *testing.T) {
	t.Parallel()
	quads, err := turtle.ParseString(`PREFIX e: <http://e/> e:a a e:C ; e:p "x", 1 . e:g { e:b e:q e:c . e:d e:q "y"@nb }`, turtle.Options{Dialect: turtle.TriG})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		o      WriterOptions
		pretty bool
		want   string
	}{
		{WriterOptions{Lines: true}, false, `{"@id":"http://e/a","@type":["http://e/C"],"http://e/p":[{"@value":"x"},{"@value":"1","@type":"http://www.w3.org/2001/XMLSchema#integer"}]}
{"@id":"http://e/g","@graph":[{"@id":"http://e/b","http://e/q":[{"@id":"http://e/c"}]},{"@id":"http://e/d","http://e/q":[{"@value":"y","@language":"nb"}]}]}
`},
		{WriterOptions{Prefixes: map[string]string{"e": "http://e/", "n": "http://ns"}}, false, `{"@context": {
  "e": "http://e/",
  "n": {
    "@id": "http://ns",
    "@prefix": true
  }
},
"@graph": [
{"@id":"e:a","@type":"e:C","e:p":["x",{"@value":"1","@type":"http://www.w3.org/2001/XMLSchema#integer"}]},
{"@id":"e:g","@graph":[
  {"@id":"e:b","e:q":{"@id":"e:c"}},
  {"@id":"e:d","e:q":{"@value":"y","@language":"nb"}}
 ]}
]}
`},
		{WriterOptions{Prefixes: map[string]string{"e": "http://e/", "n": "http://ns"}}, true, `{
  "@context": {
    "e": "http://e/"
  },
  "@graph": [
    {
      "@id": "e:a",
      "@type": "e:C",
      "e:p": [
        "x",
        {
          "@value": "1",
          "@type": "http://www.w3.org/2001/XMLSchema#integer"
        }
      ]
    },
    {
      "@id": "e:g",
      "@graph": [
        {
          "@id": "e:b",
          "e:q": {
            "@id": "e:c"
          }
        },
        {
          "@id": "e:d",
          "e:q": {
            "@value": "y",
            "@language": "nb"
          }
        }
      ]
    }
  ]
}
`},
	} {
		if got, err := serialise(quads, c.o, c.pretty); err != nil || got != c.want {
			t.Errorf("%v\ngot  %s\nwant %s", err, got, c.want)
		}
	}
}

func TestWriteImpossible(t *testing.T) {
	t.Parallel()
	s := rdf.IRI("http://e/s")
	for _, c := range []struct {
		q    rdf.Quad
		want error
	}{
		{rdf.Quad{S: s, P: s, O: rdf.TripleTerm(rdf.Triple{S: s, P: s, O: s})}, ErrTripleTerm},
		{rdf.Quad{S: rdf.IRI("relative"), P: s, O: s}, ErrTerm},
		{rdf.Quad{S: s, P: s, O: rdf.IRI("http://e/a b")}, ErrTerm},
		{rdf.Quad{S: s, P: s, O: rdf.LangLiteral("x", "muchtoolongtag")}, ErrTerm},
		{rdf.Quad{S: s, P: s, O: rdf.String("\xff")}, ErrTerm},
	} {
		for _, w := range writers {
			if _, err := serialise([]rdf.Quad{c.q}, w.o, w.pretty); !errors.Is(err, c.want) {
				t.Errorf("%s: %v: %v", w.name, c.q, err)
			}
		}
	}
	if _, err := serialise(nil, WriterOptions{Context: []byte(`"http://e/remote"`)}, false); err == nil || !strings.Contains(err.Error(), "http://e/remote") {
		t.Error(err)
	}
}

// However the input is cut, and whether its end is seen before its start is read or not, the quads are the same.
func checkPieces(doc string, want []rdf.Quad, wantErr error, lines bool) error {
	for _, above := range []int64{0, 1} {
		var got []rdf.Quad
		o := Options{Base: "http://base.example/", Lines: lines, streamAbove: above}
		err := Parse(context.Background(), iotest.OneByteReader(strings.NewReader(doc)), o, func(q []rdf.Quad) error {
			got = append(got, q...)
			return nil
		})
		if above == 1 && (wantErr != nil || err != nil && strings.Contains(err.Error(), "nothing may follow @graph")) {
			continue // what follows is only seen, and what comes before an error only lost, in a document that was read whole
		}
		if fmt.Sprint(err) != fmt.Sprint(wantErr) || fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("whole: %v, %w\nin pieces, streaming above %d: %v, %w", want, wantErr, above, got, err)
		}
	}
	return nil
}

func TestPieces(t *testing.T) {
	t.Parallel()
	big := benchDocument(3000)
	docs := append([]string{
		big, strings.TrimSuffix(big, "}") + `, "http://e/x": 1}`, "\ufeff" + big, `"scalar"`, ` [ ] `, `{"@graph": [{"@id": "http://e/a", "@type": "http://e/C"}]}`,
		`{"@graph": [{"@id": "http://e/a", "@type": "C"}], "@context": {"C": "http://e/C"}}`, "[{\"a\\\"]\": \"]\\\\\"}, 12, true]", `{"@context": {}, "@graph": [1}`, `[1 2]`,
		`[{"@id": "x:a", "x:p": 1}] x`, "[truefalse]", `{"@context": {"x": "y:z"}, "@graph": [{"@id": 5}]}`, `{"@context": 5, "@graph": []}`,
	}, "", "[", "{", "[1,", `{"@context": {`)
	for _, doc := range docs {
		want, err := ParseString(doc, Options{Base: "http://base.example/"})
		if err := checkPieces(doc, want, err, false); err != nil {
			t.Errorf("%.100s\n%.3000s", doc, err.Error())
		}
	}
	o := Options{MaxBytes: 100}
	for doc, want := range map[string]string{
		"[\n" + strings.Repeat(`{"@id": "http://e/a", "http://e/p": "x"},`, 100) + "{}]":        "",
		"[{},\n {\"@id\": \"" + strings.Repeat("x", 200) + "\"}]":                               "line 2, column 2: the document, or the part of it that starts here, is larger than 100 bytes",
		`{"@context": {}, "@graph": [` + strings.Repeat("{},", 100) + `{}]}`:                    "",
		`{"@context": {}, "@graph": [` + strings.Repeat("{},", 100) + `{}], "http://e/p": "x"}`: "line 1, column 333: in a document of more than 100 bytes nothing may follow @graph: what stands there must come before it",
		`{"@graph": [` + strings.Repeat("{},", 100) + `{}]}`:                                    "line 1, column 1: the document, or the part of it that starts here, is larger than 100 bytes",
	} {
		if _, err := ParseString(doc, o); err == nil && want != "" || err != nil && err.Error() != want {
			t.Errorf("%.80s: %v", doc, err)
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	doc := "\ufeff{\"@id\": \"x:a\", \"x:p\": {\"@id\": \"_:b\"}}\r\n\n{\"@context\": {\"p\": \"x:p\"}, \"@id\": \"_:b\", \"p\": [1]}\n[{\"@id\": \"x:c\", \"p\": 1, \"x:p\": 2}]"
	quads, err := ParseString(doc, Options{Lines: true})
	if err != nil || len(quads) != 3 || quads[0].O != quads[1].S {
		t.Error(quads, err)
	}
	doc = "{\"@id\": \"x:a\", \"x:p\": 1}\n{\"@id\": \"x:b\",\n\"x:p\": 1}\n{\"@id\": 5}\n{} {}\n{\"@id\": \"x:c\", \"x:p\": 1}\n"
	if _, err := ParseString(doc, Options{Lines: true, File: "f"}); err == nil || !strings.HasPrefix(err.Error(), "f:2:") {
		t.Error(err)
	}
	var told []string
	quads, err = ParseString(doc, Options{Lines: true, Lenient: func(e *rdf.ParseError) { told = append(told, e.Error()) }})
	if err != nil || len(quads) != 2 || len(told) != 4 {
		t.Errorf("%v, %v, %q", quads, err, told)
	}
}

func TestContextFiles(t *testing.T) {
	t.Parallel()
	doc := `{"@context": "http://e/c", "p": "x", "@id": "http://e/a"}`
	text := []byte(`{"@context": {"p": "http://e/p"}}`)
	if quads, err := ParseString(doc, Options{Loader: Contexts(map[string][]byte{"http://e/c": text})}); err != nil || len(quads) != 1 {
		t.Error(quads, err)
	}
	if _, err := ParseString(doc, Options{Loader: ContextFiles(map[string]string{"http://e/c": t.TempDir() + "/none"})}); err == nil {
		t.Error("a file that is not there")
	}
	if _, err := ParseString(doc, Options{Loader: Contexts(nil)}); err == nil || !strings.Contains(err.Error(), "was not supplied") {
		t.Error(err)
	}
}
