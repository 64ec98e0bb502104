package rdfxml

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"triplestore/internal/w3c"
	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/rdf/turtle"
)

func TestW3C(t *testing.T) {
	t.Parallel()
	for _, manifest := range []string{"rdf-tests/rdf/rdf11/rdf-xml/manifest.ttl", "rdf-tests/rdf/rdf12/rdf-xml/manifest.ttl"} {
		w3c.Run(t, manifest, nil, runW3C)
	}
}

func runW3C(_ *testing.T, test *w3c.Test) error {
	text, err := test.Action.Read()
	if err != nil {
		return err
	}
	got, err := ParseString(string(text), Options{Base: test.Action.Value()})
	switch test.Type {
	case w3c.RDFT + "TestXMLNegativeSyntax":
		if err == nil {
			return fmt.Errorf("accepted, with %d triples", len(got))
		}
		var pe *rdf.ParseError
		if !errors.As(err, &pe) {
			return fmt.Errorf("an error without a place: %w", err)
		}
		return nil
	case w3c.RDFT + "TestXMLEval":
		if err != nil {
			return err
		}
		want, err := test.Result.Read()
		if err != nil {
			return err
		}
		expected, err := turtle.ParseString(string(want), turtle.Options{Dialect: turtle.NTriples})
		if err != nil {
			return err
		}
		same, err := canon.Isomorphic(got, expected)
		if err == nil && !same {
			err = fmt.Errorf("got\n%v\nwant\n%v", got, expected)
		}
		return err
	}
	return w3c.ErrNotApplicable
}

const head = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/">` + "\n"

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"", "1:1: the document has no root element"},
		{"<a", "1:3: the document ends inside a tag"},
		{"<a/>", "1:1: a may not be a node element"},
		{head + `<e:a></e:b>`, "2:8: </e:b> does not match <e:a> of line 2"},
		{head + `<e:a>`, "2:6: the document ends, but <e:a> of line 2 has no end tag"},
		{head + "<x:a/>", "2:2: the prefix x: is not declared"},
		{head + `<e:a rdf:about="a b:c"/>`, `2:1: the IRI "a b:c" is relative, and there is no base`},
		{head + `<e:a rdf:about="http://e/a b"/>`, `2:1: the IRI "http://e/a b" holds ' '`},
		{head + "<e:a>\n &foo; </e:a>", "3:2: the entity &foo; is not declared (external entities are never read)"},
		{head + "<e:a e:p=\"1\"\n e:p='2'/>", "3:2: the attribute e:p stands twice"},
		{head + `<e:a e:p="1<2"/>`, "2:12: < may not stand in the value of an attribute; write &lt;"},
		{head + "<!-- a -- b -->", "2:10: -- may not stand inside a comment"},
		{head + "<e:a>æ\x01</e:a>", "2:6: the character U+0001 is not allowed in XML"},
		{head + "<e:a/></rdf:RDF>x", "2:17: text outside the root element"},
		{head + "<e:a/></rdf:RDF><e:b/>", "2:17: there may be only one root element"},
		{head + `<e:a><e:p rdf:parseType="Triple" rdf:version="1.2"/></e:a></rdf:RDF>`, `2:6: parseType="Triple" must hold one triple, not 0`},
		{head + `<e:a xml:lang="9"/></rdf:RDF>`, `2:1: "9" is no language tag`},
		{head + `<e:a p="1"/></rdf:RDF>`, `2:1: the attribute p has no namespace`},
		{`<!DOCTYPE x [<!ENTITY a "&b;&b;"><!ENTITY b "&a;&a;">]>` + head + `<e:a>&a;</e:a>`, "2:6: entities refer to each other more than 16 deep"},
		{`<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>` + head + `<e:a>&a;</e:a>`, "2:6: the entity &a; is not declared (external entities are never read)"},
		{`<?xml version="1.0" encoding="klingon"?>` + head, `1:1: the encoding "klingon" is unknown`},
	} {
		_, err := ParseString(c.in, Options{File: "f"})
		var pe *rdf.ParseError
		if !errors.As(err, &pe) {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		if got := fmt.Sprintf("%d:%d: %s", pe.Line, pe.Column, pe.Msg); got != c.want {
			t.Errorf("%q:\ngot  %s\nwant %s", c.in, got, c.want)
		}
	}
}

// The position of a tag survives its leaving the buffer.
func TestErrorFarAway(t *testing.T) {
	t.Parallel()
	doc := head + "\n  <e:a><e:p>" + strings.Repeat("<!-- a long comment -->\n", 100_000) + "</e:q>"
	_, err := ParseString(doc, Options{})
	if err == nil || !strings.Contains(err.Error(), "does not match <e:p> of line 3") {
		t.Error(err)
	}
	lenient := head + "\n  <e:a><e:p rdf:nodeID='x'>" + strings.Repeat(" \n", 400_000) + "text</e:p></e:a></rdf:RDF>"
	var got []string
	quads, err := ParseString(lenient, Options{Lenient: func(e *rdf.ParseError) { got = append(got, e.Error()) }})
	if err != nil || len(quads) != 2 || len(got) != 1 {
		t.Error(err, quads, got)
	}
}

func TestEntityBomb(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`<!DOCTYPE x [<!ENTITY a0 "` + strings.Repeat("x", 1000) + `">`)
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&b, `<!ENTITY a%d "%s">`, i, strings.Repeat(fmt.Sprintf("&a%d;", i-1), 10))
	}
	b.WriteString("]>" + head + `<e:a>&a11;</e:a>`)
	if _, err := ParseString(b.String(), Options{}); err == nil || !strings.Contains(err.Error(), "entities expand to more than") {
		t.Error(err)
	}
}

func TestDepth(t *testing.T) {
	t.Parallel()
	doc := head + strings.Repeat("<e:a><e:p>", 100_000)
	if _, err := ParseString(doc, Options{}); err == nil || !strings.Contains(err.Error(), "nested more than 1000 deep") {
		t.Error(err)
	}
}

func TestLenient(t *testing.T) {
	t.Parallel()
	doc := head + `
<e:A rdf:about="http://e/a"><e:p rdf:resource="http://e/b c"/><e:q>ok</e:q></e:A>
<e:B rdf:about="relative"><e:p>lost</e:p></e:B>
<rdf:li/>
<e:C rdf:about="http://e/c" bare="x" e:r="kept"/>
</rdf:RDF>`
	var errs []string
	quads, err := ParseString(doc, Options{Lenient: func(e *rdf.ParseError) { errs = append(errs, fmt.Sprint(e.Line)) }})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(errs, " "); got != "3 4 5 6" {
		t.Error("errors on lines", got)
	}
	if len(quads) != 4 {
		t.Error(quads)
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	doc := head + `<e:A rdf:about="http://e/a" e:p="blåbær"/></rdf:RDF>`
	latin1 := []byte(`<?xml version="1.0" encoding="ISO-8859-1"?>`)
	utf16 := []byte{0xff, 0xfe}
	for _, r := range doc {
		latin1 = append(latin1, byte(r))
		utf16 = append(utf16, byte(r), byte(r>>8))
	}
	for name, in := range map[string]string{"latin1": string(latin1), "utf16": string(utf16), "bom": "\ufeff" + doc} {
		quads, err := ParseString(in, Options{})
		if err != nil || len(quads) != 2 || quads[1].O != rdf.String("blåbær") {
			t.Errorf("%s: %v, %v", name, quads, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(head + `<e:a rdf:ID="x"><e:p xml:lang="nb">æ &amp; &#65;<![CDATA[<]]></e:p><e:q rdf:parseType="Literal"><b/></e:q></e:a></rdf:RDF>`)
	f.Add(`<!DOCTYPE r [<!ENTITY a "b">]><r xmlns="http://e/">&a;</r>`)
	f.Add(head + `<e:a><rdf:li rdf:parseType="Collection"><e:b/></rdf:li><e:p e:q="&lt;"/></e:a></rdf:RDF>`)
	f.Fuzz(func(t *testing.T, doc string) {
		whole, err := ParseString(doc, Options{Base: "http://base/"})
		var chunked []rdf.Quad
		chunkedErr := Parse(t.Context(), iotest.OneByteReader(strings.NewReader(doc)), Options{Base: "http://base/"}, func(q []rdf.Quad) error {
			chunked = append(chunked, q...)
			return nil
		})
		if (err == nil) != (chunkedErr == nil) || err == nil && !slices.Equal(whole, chunked) {
			t.Fatalf("whole: %v %v\nchunked: %v %v", whole, err, chunked, chunkedErr)
		}
		if err != nil && err.Error() != chunkedErr.Error() {
			t.Fatalf("whole: %v\nchunked: %v", err, chunkedErr)
		}
		lenient, lerr := ParseString(doc, Options{Base: "http://base/", Lenient: func(*rdf.ParseError) {}})
		if err == nil && (lerr != nil || !slices.Equal(lenient, whole)) {
			t.Fatalf("strict: %v\nlenient: %v %v", whole, lenient, lerr)
		}
		if err != nil || len(whole) > 200 {
			return
		}
		text, err := write(whole, WriterOptions{Prefixes: map[string]string{"e": "e:", "b": "http://base/"}})
		if err != nil {
			t.Fatalf("%v\n%v", err, whole)
		}
		back, err := ParseString(text, Options{})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if same, err := canon.Isomorphic(back, whole); !same && !errors.Is(err, canon.ErrLimit) {
			t.Fatalf("%v\ncame back as %v from\n%s", whole, back, text)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	file := os.Getenv("RDFXML_FILE")
	var doc string
	if file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		doc = string(data)
	} else {
		var s strings.Builder
		s.WriteString(head)
		for i := range 20_000 {
			fmt.Fprintf(&s, `  <e:Dataset rdf:about="http://e/dataset/%d">
    <e:title xml:lang="nb">Datasett nummer %d om vannkvalitet &amp; kart</e:title>
    <e:publisher rdf:resource="http://e/organisation/%d"/>
    <e:issued rdf:datatype="http://www.w3.org/2001/XMLSchema#date">2024-01-01</e:issued>
    <e:distribution><e:Distribution><e:format>CSV</e:format></e:Distribution></e:distribution>
  </e:Dataset>
`, i, i, i%100)
		}
		s.WriteString("</rdf:RDF>")
		doc = s.String()
	}
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		if err := Parse(b.Context(), strings.NewReader(doc), Options{Base: "http://e/"}, func(q []rdf.Quad) error { n += len(q); return nil }); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(n), "quads")
	}
}
