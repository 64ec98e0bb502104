package sparql

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"triplestore/rdf"
)

// TestPieces: groups that are computed in pieces, on one core or on two, are those that are computed as a whole.
func TestPieces(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	iri := func(kind string, n int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/%s%d", kind, n)) }
	p := func(name string) rdf.Term { return rdf.IRI("http://e/" + name) }
	var quads []rdf.Quad
	for i := range 1000 {
		d := iri("d", i)
		quads = append(quads,
			rdf.Quad{S: d, P: p("kind"), O: iri("k", i%3)},
			rdf.Quad{S: d, P: p("theme"), O: iri("t", r.IntN(12))},
			rdf.Quad{S: d, P: p("theme"), O: iri("t", r.IntN(12))},
			rdf.Quad{S: d, P: p("owner"), O: iri("o", int(r.ExpFloat64()*40))},
			rdf.Quad{S: d, P: p("label"), O: rdf.LangLiteral(fmt.Sprint("text ", r.IntN(300)), []string{"nb", "nn", "en"}[r.IntN(3)])},
			rdf.Quad{S: d, P: p("size"), O: rdf.Literal(fmt.Sprint(r.IntN(1000)-300), "http://www.w3.org/2001/XMLSchema#integer")},
			rdf.Quad{S: d, P: p("day"), O: rdf.Literal(fmt.Sprintf("20%02d-0%d-11", r.IntN(20), 1+r.IntN(9)), "http://www.w3.org/2001/XMLSchema#date")})
		if i%5 == 0 {
			quads = append(quads, rdf.Quad{S: d, P: p("weight"), O: rdf.Literal(fmt.Sprint(i%7), "http://www.w3.org/2001/XMLSchema#integer")})
		}
		if i%301 == 0 {
			quads = append(quads, rdf.Quad{S: d, P: p("weight"), O: rdf.Literal("1.5", "http://www.w3.org/2001/XMLSchema#decimal")})
		}
	}
	for i := range 200 {
		quads = append(quads, rdf.Quad{S: iri("o", i), P: p("place"), O: iri("m", i%17)})
	}
	snap := snapshotOf(t, quads)
	for _, text := range []string{
		"SELECT (COUNT(*) AS ?n) { ?d :kind :k1 ; :theme ?t }",
		"SELECT (COUNT(*) AS ?n) { ?d :kind :k9 ; :theme ?t }",
		"SELECT ?t (COUNT(?d) AS ?n) { ?d :kind :k1 ; :theme ?t } GROUP BY ?t",
		"SELECT ?t (COUNT(DISTINCT ?o) AS ?n) { ?d :owner ?o ; :theme ?t } GROUP BY ?t",
		"SELECT ?t (COUNT(DISTINCT ?d) AS ?n) (COUNT(DISTINCT *) AS ?m) { ?d :owner ?o ; :theme ?t } GROUP BY ?t",
		"SELECT (COUNT(DISTINCT ?d) AS ?n) { ?d :owner ?o ; :theme ?t }",
		"SELECT ?t ?p (COUNT(*) AS ?n) (COUNT(DISTINCT ?d) AS ?m) { ?d :theme ?t ; ?p ?o } GROUP BY ?t ?p",
		"SELECT ?k ?t ?o (COUNT(DISTINCT ?d) AS ?n) { ?d :kind ?k ; :owner ?o ; :theme ?t } GROUP BY ?k ?t ?o",
		"SELECT ?m ?t (COUNT(*) AS ?n) { ?d :owner ?o ; :theme ?t . ?o :place ?m } GROUP BY ?m ?t",
		"SELECT ?t (MIN(?s) AS ?a) (MAX(?s) AS ?b) (SUM(?s) AS ?c) (AVG(?s) AS ?e) { ?d :size ?s ; :theme ?t } GROUP BY ?t",
		"SELECT ?t (MIN(?s) AS ?a) (MAX(?s) AS ?b) (SUM(?s) AS ?c) (AVG(?s) AS ?e) { ?d :weight ?s ; :theme ?t } GROUP BY ?t",
		"SELECT ?y (COUNT(?d) AS ?n) { ?d :kind :k1 ; :day ?x ; :theme ?t BIND(YEAR(?x) AS ?y) } GROUP BY ?y",
		"SELECT ?y (COUNT(?d) AS ?n) { ?d :theme ?t ; :owner ?x BIND(YEAR(?x) AS ?y) } GROUP BY ?y",
		"SELECT ?l (COUNT(?d) AS ?n) { ?d :kind :k2 ; :label ?l FILTER(LANG(?l) = 'nb') } GROUP BY ?l",
		"SELECT ?p (COUNT(?x) AS ?n) { ?s ?p ?o BIND(?o AS ?x) } GROUP BY ?p",
		"SELECT (COUNT(*) AS ?n) (COUNT(?w) AS ?m) { ?d :kind :k0 OPTIONAL { ?d :weight ?w } }",
		"SELECT ?t (COUNT(*) AS ?n) { ?d :theme ?t MINUS { ?d :weight ?w } } GROUP BY ?t",
		"SELECT (COUNT(*) AS ?n) { ?a :owner ?f . ?b :owner ?f FILTER(?f = :o3) }",
		"SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?f) AS ?m) { ?a :owner ?f . ?b :owner ?f }",
		"SELECT ?f (COUNT(?a) AS ?n) (COUNT(?b) AS ?m) { ?a :owner ?f . ?b :owner ?f } GROUP BY ?f",
		"SELECT ?a (COUNT(*) AS ?n) { ?a :theme ?f . ?b :theme ?f } GROUP BY ?a",
	} {
		text = "PREFIX : <http://e/> " + text
		ask := func(o Options) []string { return allRows(t, o, snap, text) }
		want := ask(Options{Profile: true}) // a profiled query is not in pieces
		first := ask(Options{SmallPieces: true})
		again := ask(Options{SmallPieces: true})
		if !slices.Equal(first, again) {
			t.Errorf("%s\nrows come in another order: %v, %v", text, first, again)
		}
		slices.Sort(want)
		slices.Sort(first)
		if !slices.Equal(first, want) {
			t.Errorf("%s\ngot  %v\nwant %v", text, first, want)
		}
	}
}
