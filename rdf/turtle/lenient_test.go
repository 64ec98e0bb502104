package turtle_test

import (
	"strings"
	"testing"

	"triplestore/rdf/turtle"
)

// TestLenientGraphs: what a graph with a wrong head holds must not land in the default graph.
func TestLenientGraphs(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"GRAPH x { <a:a> <a:b> 1 . <a:a> <a:b> 2 } <a:a> <a:b> 3 .":                               "3",
		"GRAPH <a:g> <a:h> { <a:a> <a:b> 1 . <a:a> <a:b> 2 . } <a:a> <a:b> 3 .":                   "3",
		"<a:g> <a:p> <a:o> { <a:a> <a:b> 1 . <a:a> <a:b> 2 . } <a:h> { <a:a> <a:b> 3 }":           "3",
		"GRAPH 1 { <a:a> <a:b> [ <a:c> '}' ] . <a:a> <a:b> 2 . <a:a> <a:b> x . } <a:a> <a:b> 3 .": "3",
		"<a:a> <a:b> 1 {| <a:c> x |} . <a:a> <a:b> 3 .":                                           "3",
		"<a:a> <a:b> x {| <a:c> 1 |} . <a:a> <a:b> 3 .":                                           "3",
		"<a:g> { <a:a> <a:b> x . <a:a> <a:b> 3 }":                                                 "3",
		"GRAPH x { <a:a> <a:b> 1 {| <a:c> 2 |} . <a:a> <a:b> 2 } GRAPH <a:g> { <a:a> <a:b> 3 . }": "3",
	} {
		quads, err := turtle.ParseString(in, turtle.Options{Dialect: turtle.TriG, Lenient: func(*turtle.Error) {}})
		if err != nil || len(quads) != 1 || quads[0].O.Value() != want {
			t.Errorf("%s: %v %v", in, quads, err)
		}
	}
}

// TestLenientLines: a mistake costs its line, however lines end.
func TestLenientLines(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\n", "\r\n", "\r"} {
		text := strings.Repeat("<a:a> <a:b> wrong ."+end+"<a:a> <a:b> \"right\" . # x"+end+end+"<a:a> <a:b> \"open ."+end, 3)
		mistakes := 0
		quads, err := turtle.ParseString(text, turtle.Options{Lenient: func(*turtle.Error) { mistakes++ }})
		if err != nil || len(quads) != 3 || mistakes != 6 {
			t.Errorf("%q: %d quads, %d mistakes, %v", end, len(quads), mistakes, err)
		}
		strict := strings.Repeat("# x"+end+"<a:a> <a:b> \"right\" . # x"+end, 3)
		if quads, err := turtle.ParseString(strict, turtle.Options{}); err != nil || len(quads) != 3 {
			t.Errorf("%q: %d quads, %v", end, len(quads), err)
		}
	}
}
