package turtle_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"triplestore/rdf"
	"triplestore/rdf/turtle"
)

func ExampleParse() {
	in := strings.NewReader(`@prefix dct: <http://purl.org/dc/terms/> .
<#a> dct:title "Luftkvalitet"@nb , "bad"@ , "Air quality"@en .`)
	o := turtle.Options{
		Dialect: turtle.Turtle, Base: "https://data.example/", File: "air.ttl",
		Lenient: func(e *turtle.Error) { fmt.Println("left out:", e) },
	}
	err := turtle.Parse(context.Background(), in, o, func(quads []rdf.Quad) error {
		for _, q := range quads {
			fmt.Println(q.O)
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// left out: air.ttl:2:42: expected a language tag after '@'
	// "Luftkvalitet"@nb
	// "Air quality"@en
	// <nil>
}

func ExampleWritePretty() {
	quads, err := turtle.ParseString(`<http://e/a> <http://e/p> _:b . _:b <http://e/q> 1 .`, turtle.Options{Dialect: turtle.Turtle})
	if err == nil {
		err = turtle.WritePretty(os.Stdout, quads, turtle.WriterOptions{Dialect: turtle.Turtle, Prefixes: map[string]string{"e": "http://e/"}})
	}
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// @prefix e: <http://e/> .
	//
	// e:a e:p [ e:q 1 ] .
}
