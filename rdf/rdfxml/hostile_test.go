package rdfxml

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"triplestore/rdf"
)

// TestHostile reads documents made to be slow. The limit of time is generous, for busy machines: what is linear takes a tenth of a
// second, what is quadratic minutes.
func TestHostile(t *testing.T) {
	t.Parallel()
	const n = 60_000
	list := func(format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i, i)
		}
		return b.String()
	}
	for name, doc := range map[string]string{
		"attributes": head + "<e:a " + list(" e:p%d='%d'") + "/></rdf:RDF>",
		"namespaces": head + "<e:a " + list(" xmlns:n%d='http://e/%d/'") + ">" + list("<n%d:p>%d</n%[1]d:p>") + "</e:a></rdf:RDF>",
		"literal":    head + "<e:a><e:p rdf:parseType='Literal'><x " + list(" xmlns:n%d='http://e/%d/'") + list(" n%d:a='%d'") + ">" + strings.Repeat("<n1:y/>", n) + "</x></e:p></e:a></rdf:RDF>",
		"mistakes":   head + "<e:a>" + strings.Repeat("<e:p rdf:ID=''/>", n) + "</e:a></rdf:RDF>",
		"both":       head + "<e:a>" + strings.Repeat("<e:p>x<e:b/></e:p>", n) + "</e:a></rdf:RDF>",
		"names":      head + "<e:a>" + list("<e:p%d e:q%d=''/>") + "</e:a></rdf:RDF>",
	} {
		start := time.Now()
		_, err := ParseString(doc, Options{Lenient: func(*rdf.ParseError) {}})
		if took := time.Since(start); err != nil || took > 10*time.Second {
			t.Errorf("%s: %v, %v", name, took, err)
		}
	}
}

// TestNames: bindings come back into force after the elements that hide them, also where names are too many to be remembered.
func TestNames(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(head)
	const n = maxNames/3 + 100
	for i := range n {
		fmt.Fprintf(&b, "<e:c%d xmlns:x='http://x/'><x:p xmlns:x='http://y/'><x:d xmlns:x='http://z/'/></x:p><x:p%d/></e:c%d>", i, i, i)
	}
	for i := range n {
		fmt.Fprintf(&b, "<e:c%d><e:p%d e:q%d=''/></e:c%d>", i, i, i, i)
	}
	quads, err := ParseString(b.String()+"</rdf:RDF>", Options{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, q := range quads {
		seen[strings.TrimRight(q.P.Value(), "0123456789")]++
		if q.P == rdfType {
			seen[strings.TrimRight(q.O.Value(), "0123456789")]++
		}
	}
	for iri, want := range map[string]int{"http://e/c": 2 * n, "http://y/p": n, "http://z/d": n, "http://x/p": n, "http://e/p": n, "http://e/q": n} {
		if seen[iri] != want {
			t.Errorf("%s: %d, want %d", iri, seen[iri], want)
		}
	}
	if _, err := ParseString(head+"<e:a><e:p xmlns:x='http://x/'/><x:p/></e:a></rdf:RDF>", Options{}); err == nil {
		t.Error("a prefix holds outside of its element")
	}
	if _, err := ParseString(head+"<e:a xmlns:x='http://x/' xmlns:x='http://y/'/></rdf:RDF>", Options{}); err == nil {
		t.Error("a prefix is declared twice")
	}
}

// Large documents may use entities for all their namespaces.
func TestEntitiesOfLargeDocuments(t *testing.T) {
	t.Parallel()
	const n = 300_000
	doc := `<!DOCTYPE x [<!ENTITY xsd "http://www.w3.org/2001/XMLSchema#">]>` + head + "<e:a>" + strings.Repeat(`<e:p rdf:datatype="&xsd;integer">1</e:p>`, n) + "</e:a></rdf:RDF>"
	quads, err := ParseString(doc, Options{})
	if err != nil || len(quads) != n+1 {
		t.Error(len(quads), err)
	}
}

// Places are counted from the one before; they must be as if counted from the start.
func TestPlaces(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(head + "<e:a>")
	for i := range 40_000 {
		b.WriteString([]string{"<e:p rdf:ID=''/>", "æøå", "\n", "<e:p>\n€x<e:b/></e:p>", "<!-- 😀 -->", "\r\n"}[i*i%97%6])
	}
	b.WriteString("</e:a></rdf:RDF>")
	text := b.String()
	mistakes := 0
	_, err := ParseString(text, Options{Lenient: func(e *rdf.ParseError) {
		mistakes++
		before := text[:e.Offset]
		line, column := 1+strings.Count(before, "\n"), 1+len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
		if (e.Line != line || e.Column != column) && mistakes < 100_000 && !t.Failed() {
			t.Errorf("%v at offset %d, which is %d:%d", e, e.Offset, line, column)
		}
	}})
	if err != nil || mistakes < 10_000 {
		t.Error(mistakes, err)
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	quads, err := ParseString(head+`<e:a rdf:about="http://e/a" xml:lang="nb"><e:p xml:lang="en_US">x</e:p><e:q xml:lang="abcdefghi">x</e:q><e:r xml:lang="en_US"><e:b rdf:about="b" xml:base="http://b/" xml:lang="n o" e:t="x"/></e:r>
		<e:s xml:lang="n o"><rdf:Description xml:lang="">y</rdf:Description></e:s><e:u rdf:datatype="http://www.w3.org/1999/02/22-rdf-syntax-ns#langString">x</e:u><e:v>x</e:v></e:a></rdf:RDF>`, Options{Lenient: func(*rdf.ParseError) {}})
	got := map[string]string{}
	for _, q := range quads {
		got[strings.TrimPrefix(q.P.Value(), "http://e/")] = q.O.String()
	}
	if err != nil || got["p"] != "" || got["q"] != "" || got["t"] != "" || got["u"] != "" || got["r"] != "<http://b/b>" || got["v"] != `"x"@nb` {
		t.Errorf("%v %v", got, err)
	}
	for _, attr := range []string{`xml:lang="abcdefghi"`, `rdf:datatype="http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"`, `rdf:datatype="http://www.w3.org/1999/02/22-rdf-syntax-ns#dirLangString"`} {
		if quads, err := ParseString(head+"<e:a><e:p "+attr+">x</e:p></e:a></rdf:RDF>", Options{}); err == nil {
			t.Errorf("%s: %v", attr, quads)
		}
	}
}

// TestWriterNames: labels of any characters are read back as different ones, and a prefix is not hidden by one that an outer
// predicate declares.
func TestWriterNames(t *testing.T) {
	t.Parallel()
	p := rdf.IRI("http://e/p")
	labels := []string{"a", "_a", "", "-", "1", "a b", "a\"<", ":", "-61", "_-61", "×", "\u2028", "61206"}
	var b strings.Builder
	w := NewWriter(&b, WriterOptions{Prefixes: map[string]string{"ns": "http://ns/", "ns_": "http://ns_/"}})
	for _, l := range labels {
		if err := w.Write(rdf.Quad{S: rdf.BlankNode(l), P: p, O: rdf.String(l)}); err != nil {
			t.Fatal(err)
		}
	}
	inner := rdf.TripleTerm(rdf.Triple{S: p, P: rdf.IRI("http://ns/x"), O: rdf.TripleTerm(rdf.Triple{S: p, P: rdf.IRI("http://other/x"), O: rdf.TripleTerm(rdf.Triple{S: p, P: rdf.IRI("http://ns_/x"), O: p})})})
	if err := w.Write(rdf.Quad{S: p, P: p, O: inner}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	quads, err := ParseString(b.String(), Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	seen := map[rdf.Term]bool{}
	for _, q := range quads {
		seen[q.S] = true
	}
	if len(seen) != len(labels)+1 || quads[len(quads)-1].O != inner {
		t.Errorf("%d nodes of %d; %v", len(seen)-1, len(labels), quads)
	}
}
