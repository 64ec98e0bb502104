package turtle_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"

	"triplestore/rdf"
	"triplestore/rdf/turtle"
)

var benchPrefixes = map[string]string{
	"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "foaf": "http://xmlns.com/foaf/0.1/",
	"xsd": "http://www.w3.org/2001/XMLSchema#", "d": "https://data.example/datasets/", "o": "https://data.example/organisations/",
	"theme": "http://publications.europa.eu/resource/authority/data-theme/",
}

// catalogue makes quads like those of a catalogue of datasets.
func catalogue(datasets int) []rdf.Quad {
	r := rand.New(rand.NewPCG(1, 2))
	words := []string{"vann", "måling", "kommune", "register", "luft", "kvalitet", "åpne", "data", "vei", "trafikk", "skole", "elev"}
	text := func(n int) string {
		var b bytes.Buffer
		for range n {
			b.WriteString(words[r.IntN(len(words))] + " ")
		}
		return b.String()
	}
	iri := func(prefix, name string) rdf.Term { return rdf.IRI(benchPrefixes[prefix] + name) }
	a := rdf.IRI("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
	var out []rdf.Quad
	for i := range datasets {
		s := iri("d", fmt.Sprintf("%08x-%04x", r.Uint32(), i))
		node := rdf.BlankNode(fmt.Sprint("dist", i))
		add := func(s, p, o rdf.Term) { out = append(out, rdf.Quad{S: s, P: p, O: o}) }
		add(s, a, iri("dcat", "Dataset"))
		add(s, iri("dct", "title"), rdf.LangLiteral(text(4), "nb"))
		add(s, iri("dct", "title"), rdf.LangLiteral(text(4), "en"))
		add(s, iri("dct", "description"), rdf.LangLiteral(text(30)+"\n\""+text(2)+"\"", "nb"))
		add(s, iri("dct", "publisher"), iri("o", fmt.Sprint(900000000+r.IntN(500))))
		add(s, iri("dct", "issued"), rdf.Literal(fmt.Sprintf("20%02d-%02d-01", r.IntN(24), 1+r.IntN(12)), benchPrefixes["xsd"]+"date"))
		add(s, iri("dcat", "theme"), iri("theme", []string{"ENVI", "TRAN", "EDUC", "GOVE"}[r.IntN(4)]))
		for range 3 {
			add(s, iri("dcat", "keyword"), rdf.LangLiteral(words[r.IntN(len(words))], "nb"))
		}
		add(s, iri("dcat", "distribution"), node)
		add(node, a, iri("dcat", "Distribution"))
		add(node, iri("dcat", "accessURL"), rdf.IRI(fmt.Sprintf("https://files.example/%d/download?id=%d", r.IntN(1000), i)))
		add(node, iri("dcat", "byteSize"), rdf.Literal(fmt.Sprint(r.IntN(1e9)), benchPrefixes["xsd"]+"integer"))
		add(node, iri("foaf", "page"), rdf.IRI("https://www.example.org/docs/"+words[r.IntN(len(words))]))
	}
	return out
}

func benchmarkRead(b *testing.B, d turtle.Dialect, read func(r io.Reader, emit func([]rdf.Quad) error) error) {
	text := []byte(write(b, catalogue(20000), turtle.WriterOptions{Dialect: d, Prefixes: benchPrefixes}))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var quads atomic.Int64
	emit := func(q []rdf.Quad) error { quads.Add(int64(len(q))); return nil }
	for b.Loop() {
		if err := read(bytes.NewReader(text), emit); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(quads.Load())/b.Elapsed().Seconds()/1e6, "Mquads/s")
}

func benchmarkParse(b *testing.B, d turtle.Dialect) {
	benchmarkRead(b, d, func(r io.Reader, emit func([]rdf.Quad) error) error {
		return turtle.Parse(context.Background(), r, turtle.Options{Dialect: d}, emit)
	})
}

func BenchmarkNTriples(b *testing.B) { benchmarkParse(b, turtle.NTriples) }
func BenchmarkTurtle(b *testing.B)   { benchmarkParse(b, turtle.Turtle) }

func BenchmarkParallel(b *testing.B) {
	benchmarkRead(b, turtle.NTriples, func(r io.Reader, emit func([]rdf.Quad) error) error {
		return turtle.ParseParallel(context.Background(), r, turtle.Options{}, runtime.GOMAXPROCS(0), emit)
	})
}

func benchmarkWrite(b *testing.B, d turtle.Dialect) {
	quads := catalogue(20000)
	b.ReportAllocs()
	for b.Loop() {
		w := turtle.NewWriter(io.Discard, turtle.WriterOptions{Dialect: d, Prefixes: benchPrefixes})
		for _, q := range quads {
			if err := w.Write(q); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(write(b, quads, turtle.WriterOptions{Dialect: d, Prefixes: benchPrefixes}))))
	b.ReportMetric(float64(len(quads))*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mquads/s")
}

func BenchmarkWriteNTriples(b *testing.B) { benchmarkWrite(b, turtle.NTriples) }
func BenchmarkWriteTurtle(b *testing.B)   { benchmarkWrite(b, turtle.Turtle) }
