package turtle_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"triplestore/rdf"
	"triplestore/rdf/turtle"
)

// Read Turtle as it streams, and write it as N-Triples.
func Example() {
	const text = `
		PREFIX dcat: <http://www.w3.org/ns/dcat#>
		PREFIX dct:  <http://purl.org/dc/terms/>
		<water> a dcat:Dataset ; dct:title "Vannkvalitet"@nb, "Water quality"@en .`
	w := turtle.NewWriter(os.Stdout, turtle.WriterOptions{Dialect: turtle.NTriples})
	err := turtle.Parse(context.Background(), strings.NewReader(text), turtle.Options{Dialect: turtle.Turtle, Base: "https://example.org/"}, func(quads []rdf.Quad) error {
		for _, q := range quads {
			if err := w.Write(q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		log.Fatal(err) // with line and column
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// <https://example.org/water> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/dcat#Dataset> .
	// <https://example.org/water> <http://purl.org/dc/terms/title> "Vannkvalitet"@nb .
	// <https://example.org/water> <http://purl.org/dc/terms/title> "Water quality"@en .
}

// Mistakes can be collected, and what is right be kept.
func ExampleOptions_lenient() {
	const text = "<https://example.org/a> <https://example.org/p> \"right\" .\n<https://example.org/b> <not an IRI> \"wrong\" .\n"
	err := turtle.Parse(context.Background(), strings.NewReader(text), turtle.Options{File: "data.nt", Lenient: func(e *turtle.Error) {
		fmt.Printf("%s, line %d: left out\n", e.File, e.Line)
	}}, func(quads []rdf.Quad) error {
		for _, q := range quads {
			fmt.Println(q.S, q.O)
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// data.nt, line 2: left out
	// <https://example.org/a> "right"
}
