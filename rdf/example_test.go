package rdf_test

import (
	"fmt"

	"triplestore/rdf"
)

// Terms compare with == and are keys of maps.
func Example() {
	title := rdf.LangLiteral("Vannkvalitet", "nb")
	number := rdf.Literal("42", "http://www.w3.org/2001/XMLSchema#integer")
	dataset := rdf.IRI("https://example.org/water")
	fmt.Println(title, title.Lang(), title.Value())
	fmt.Println(number, number.Datatype())
	fmt.Println(dataset == rdf.IRI("https://example.org/water"))
	fmt.Println(rdf.TripleTerm(rdf.Triple{S: dataset, P: rdf.IRI("http://purl.org/dc/terms/title"), O: title}))
	// Output:
	// "Vannkvalitet"@nb nb Vannkvalitet
	// "42"^^<http://www.w3.org/2001/XMLSchema#integer> http://www.w3.org/2001/XMLSchema#integer
	// true
	// <<( <https://example.org/water> <http://purl.org/dc/terms/title> "Vannkvalitet"@nb )>>
}
