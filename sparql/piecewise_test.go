package sparql

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"triplestore/rdf"
)

// TestGather: joins that are computed in pieces have the rows that they have as a whole, in an order that depends on the plan alone and is what
// ORDER BY says. Conditions that need terms, tables of both sides, OPTIONAL, MINUS and DISTINCT are in the pieces too.
func TestPiecewise(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	iri := func(kind string, n int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/%s%d", kind, n)) }
	p := func(name string) rdf.Term { return rdf.IRI("http://e/" + name) }
	var quads []rdf.Quad
	for i := range 240 {
		d := iri("d", i)
		quads = append(quads,
			rdf.Quad{S: d, P: p("kind"), O: iri("k", i%3)},
			rdf.Quad{S: d, P: p("theme"), O: iri("t", r.IntN(12))},
			rdf.Quad{S: d, P: p("owner"), O: iri("o", r.IntN(40))},
			rdf.Quad{S: d, P: p("near"), O: iri("d", r.IntN(240))},
			rdf.Quad{S: d, P: p("near"), O: iri("d", r.IntN(240))},
			rdf.Quad{S: d, P: p("label"), O: rdf.LangLiteral(fmt.Sprint("text ", r.IntN(300)), []string{"nb", "nn", "en"}[r.IntN(3)])})
		if i%5 == 0 {
			quads = append(quads, rdf.Quad{S: d, P: p("weight"), O: rdf.Literal(fmt.Sprint(i%7), "http://www.w3.org/2001/XMLSchema#integer")})
		}
	}
	for i := range 40 {
		quads = append(quads, rdf.Quad{S: iri("o", i), P: p("place"), O: iri("m", i%17)}, rdf.Quad{S: iri("o", i), P: p("label"), O: rdf.String(fmt.Sprint("owner ", i))})
	}
	snap := snapshotOf(t, quads)
	for _, text := range []string{
		"SELECT * { ?d :kind :k1 ; :theme ?t ; :owner ?o . ?o :place ?m }",
		"SELECT ?d ?e ?o { ?d :near ?e . ?e :owner ?o . ?d :owner ?o }",
		"SELECT ?a ?b ?c { ?a :near ?b . ?b :near ?c . ?c :near ?a }",
		"SELECT ?d ?l { ?d :owner ?o ; :label ?l . ?o :place :m3 FILTER(CONTAINS(?l, '7')) }",
		"SELECT ?d ?l { ?d :near ?e . ?e :label ?l FILTER(REGEX(?l, '1.*2') && LANG(?l) != 'en') }",
		"SELECT ?d ?w { ?d :near ?e OPTIONAL { ?e :weight ?w } }",
		"SELECT ?d ?w { ?d :near ?e OPTIONAL { ?e :weight ?w FILTER(?w > 3) } }",
		"SELECT ?d ?e { ?d :near ?e MINUS { ?e :weight ?w } }",
		"SELECT DISTINCT ?d ?m { ?d :near ?e . ?e :owner ?o . ?o :place ?m }",
		"SELECT DISTINCT ?m { ?d :near ?e . ?e :owner ?o . ?o :place ?m }",
		"SELECT DISTINCT ?t ?m { ?d :theme ?t ; :near ?e . ?e :owner ?o . ?o :place ?m }",
		"SELECT ?m (COUNT(DISTINCT ?l) AS ?all) (MAX(?l) AS ?most) { ?d :owner ?o ; :label ?l . ?o :place ?m } GROUP BY ?m",
		"SELECT ?t (COUNT(DISTINCT ?m) AS ?n) (MIN(?l) AS ?least) { ?d :theme ?t ; :owner ?o ; :label ?l . ?o :place ?m } GROUP BY ?t",
		"SELECT (COUNT(DISTINCT *) AS ?n) { ?d :near ?e . ?e :owner ?o . ?o :place ?m }",
		"SELECT ?d ?l ?x { ?d :near ?e . ?e :label ?l BIND(STRLEN(?l) AS ?x) FILTER(?x > 6) }",
		"SELECT ?l ?d { ?d :near ?e . ?e :label ?l } ORDER BY ?l ?d ?e",
		"SELECT ?d ?o ?w { { ?d :near ?e . ?e :owner ?o } { ?d :weight ?w } UNION { ?d :theme :t1 ; :near ?f . ?f :weight ?w } }",
		"SELECT ?d ?f { ?d :near ?e . ?e :near ?f }",
		"SELECT * { ?d :near ?e . ?e :near ?f . ?f :owner ?o } LIMIT 10 OFFSET 500",
		"SELECT (COUNT(*) AS ?n) { ?d :near ?e . ?e :near ?f . ?f :owner :o39 }",
		"SELECT (COUNT(*) AS ?n) { ?d :owner ?o . ?e :owner ?o }",
		"SELECT (COUNT(?d) AS ?n) { ?d :near ?e . ?e :label ?l . ?f :near ?e FILTER(CONTAINS(?l, '7')) }",
		"SELECT (COUNT(*) AS ?n) { ?d :label ?l FILTER(CONTAINS(?l, '1')) ?d :theme ?t . ?e :theme ?t . ?e :kind :k1 }",
	} {
		text = "PREFIX : <http://e/> " + text
		want := allRows(t, Options{Profile: true}, snap, text) // a profiled query is not in pieces
		for name, o := range map[string]Options{"pieces": {SmallPieces: true}, "files": {SmallPieces: true, SpillAll: true, Disk: 1 << 30, TempDir: t.TempDir()},
			"little memory": {SmallPieces: true, Memory: 256 << 10, Disk: 1 << 30, TempDir: t.TempDir()}} {
			first := allRows(t, o, snap, text)
			if name == "pieces" {
				if again := allRows(t, o, snap, text); !slices.Equal(first, again) {
					t.Errorf("%s: rows come in another order: %.500v, %.500v", text, first, again)
				}
			}
			wanted := slices.Clone(want)
			switch {
			case strings.Contains(text, "LIMIT"): // whichever
				if len(first) != len(wanted) {
					t.Errorf("%s, %s: %d rows, want %d", text, name, len(first), len(wanted))
				}
				continue
			case !strings.Contains(text, "ORDER BY"):
				slices.Sort(wanted)
				slices.Sort(first)
			}
			if !slices.Equal(first, wanted) {
				t.Errorf("%s, %s\ngot  %.1000v\nwant %.1000v", text, name, first, wanted)
			}
		}
	}
}
