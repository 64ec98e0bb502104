package rdf

import (
	"cmp"
	"strings"
)

// Compare orders terms for stable output: by kind, then value, then datatype or language, then direction. It is a total
// order in which only the same terms are equal; it is not the order of SPARQL's ORDER BY.
func Compare(a, b Term) int {
	if c := cmp.Compare(a.kind, b.kind); c != 0 {
		return c
	}
	if a.kind == KindTriple {
		x, y := a.Triple(), b.Triple()
		return cmp.Or(Compare(x.S, y.S), Compare(x.P, y.P), Compare(x.O, y.O))
	}
	return cmp.Or(strings.Compare(a.value, b.value), strings.Compare(a.aux, b.aux), cmp.Compare(a.dir, b.dir))
}

// CompareQuads orders quads by graph, subject, predicate and object.
func CompareQuads(a, b Quad) int {
	return cmp.Or(Compare(a.G, b.G), Compare(a.S, b.S), Compare(a.P, b.P), Compare(a.O, b.O))
}
