package refexec_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"triplestore/internal/sparqltest"
	"triplestore/rdf"
	"triplestore/sparql"
)

// switchesData has keys of more rows than a batch has, numbers that overflow, texts that begin alike, a graph of paths with cycles, and
// values that some subjects lack.
func switchesData() []rdf.Quad {
	r := rand.New(rand.NewPCG(3, 4))
	const xsd = "http://www.w3.org/2001/XMLSchema#"
	iri := func(kind string, n int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/%s%d", kind, n)) }
	var quads []rdf.Quad
	add := func(s rdf.Term, p string, o rdf.Term) {
		quads = append(quads, rdf.Quad{S: s, P: rdf.IRI("http://e/" + p), O: o})
	}
	for i := range 6000 {
		s := iri("s", i)
		if i < 2200 {
			add(s, "hot", iri("h", 0))
		}
		if i%3 == 0 {
			add(s, "hot", iri("h", 1+r.IntN(400)))
		}
		add(s, "number", rdf.Literal(fmt.Sprint(r.IntN(1_000_000)-300_000), xsd+"integer"))
		text := []string{"the same beginning ", "the same beginning of all ", "", "Z", "a"}[r.IntN(5)] + fmt.Sprint(r.IntN(4000))
		switch i % 5 {
		case 0:
			add(s, "text", rdf.LangLiteral(text, []string{"en", "nb"}[r.IntN(2)]))
		case 1:
			add(s, "text", rdf.IRI("http://e/"+strings.ReplaceAll(text, " ", "_")))
		default:
			add(s, "text", rdf.String(text))
		}
		if r.IntN(3) == 0 {
			add(s, "day", rdf.Literal(fmt.Sprintf("%04d-%02d-%02d", 1990+r.IntN(40), 1+r.IntN(12), 1+r.IntN(28)), xsd+"date"))
		}
		if i < 40 {
			add(s, "big", rdf.Literal(fmt.Sprint(9_000_000_000_000_000_000-r.IntN(9)), xsd+"integer"))
			add(s, "wide", rdf.Literal(fmt.Sprint(570_000_000_000_000_000-r.IntN(9)), xsd+"integer"))
		}
		add(s, "next", iri("s", i/60*60+(i+1)%60))
		if i%70 == 0 {
			add(s, "next", iri("s", r.IntN(6000)))
		}
		if i%400 == 0 {
			for range 30 {
				add(iri("s", i/400), "dense", iri("s", r.IntN(30)))
			}
		}
	}
	return quads
}

// TestSwitches asks what makes operators change their ways: more rows of a key than a batch has, sorts that keep only so much, sums that
// overflow, searches that read a graph into memory. The ways must agree, and the first rows be those of the whole.
func TestSwitches(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	ask := asker(t, switchesData())

	dir := t.TempDir()
	ways := map[string]sparql.Options{
		"optimized": {}, "pieces": {SmallPieces: true}, "profile": {Profile: true}, "little memory": {Memory: 3 << 20, Disk: 1 << 30, TempDir: dir},
		"naive in little memory": {NoOptimizer: true, Memory: 3 << 20, Disk: 1 << 30, TempDir: dir},
	}
	for _, text := range []string{
		"SELECT ?k (COUNT(*) AS ?n) { ?s :hot ?k } GROUP BY ?k",
		"SELECT ?s (COUNT(?o) AS ?n) { ?s :hot ?o } GROUP BY ?s HAVING (COUNT(?o) > 1)",
		"SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p",
		"SELECT ?p (COUNT(DISTINCT ?o) AS ?n) { ?s ?p ?o } GROUP BY ?p",
		"SELECT (COUNT(*) AS ?n) (COUNT(?b) AS ?m) { ?a :hot ?k . ?b :hot ?k FILTER(?a = :s17) }",
		"SELECT ?b { ?a :hot ?k . ?b :hot ?k FILTER(?a IN (:s17, :s18, :s1200)) }",
		"SELECT ?a ?b { VALUES ?a { :s1 :s2 :s3 } ?a :hot ?k OPTIONAL { ?b :hot ?k ; :day ?d } }",
		"SELECT (COUNT(*) AS ?n) { { SELECT ?k { ?a :big ?x ; :hot ?k } } { SELECT ?k { ?b :hot ?k } } }",
		"SELECT ?k (COUNT(*) AS ?n) { { SELECT ?k { ?a :big ?x ; :hot ?k } } { SELECT ?k ?b { ?b :hot ?k } } } GROUP BY ?k",
		"SELECT (COUNT(*) AS ?n) { ?a :hot ?k ; :next ?b . ?b :hot ?k }",
		"SELECT (COUNT(*) AS ?n) { { SELECT ?a ?k { ?a :hot ?k } } { SELECT ?a ?k { ?a :next ?b . ?b :hot ?k } } }",
		"SELECT (COUNT(?d) AS ?n) (COUNT(*) AS ?m) { ?a :hot ?k OPTIONAL { ?a :day ?d } }",
		"SELECT (COUNT(*) AS ?n) { ?a :number ?x MINUS { ?a :day ?d } }",
		"SELECT ?k (SUM(?x) AS ?n) (AVG(?x) AS ?m) (MIN(?x) AS ?l) (MAX(?x) AS ?u) { ?a :hot ?k ; :number ?x } GROUP BY ?k",
		"SELECT (SUM(?x) AS ?n) (AVG(?x) AS ?m) (MIN(?x) AS ?l) (MAX(?x) AS ?u) { ?a :big ?x }",
		"SELECT (SUM(?x) AS ?n) (AVG(?x) AS ?m) (MIN(?x) AS ?l) (MAX(?x) AS ?u) { ?a :wide ?x }",
		"SELECT ?k (SUM(?x) AS ?n) (MIN(?x) AS ?l) (MAX(?x) AS ?u) (AVG(?x) AS ?m) { ?a :hot ?k ; :wide|:number|:big ?x } GROUP BY ?k",
		"SELECT ?y ?k (COUNT(?a) AS ?n) { ?a :day ?d ; :hot ?k BIND(YEAR(?d) AS ?y) } GROUP BY ?y ?k",
		"SELECT ?m (COUNT(DISTINCT ?a) AS ?n) { ?a :day ?d ; :hot ?k BIND(DAY(?d) AS ?m) } GROUP BY ?m",
		"SELECT ?k (SUM(STRLEN(STR(?k))) AS ?n) (MAX(STRLEN(STR(?a))) AS ?m) (SUM(STRLEN(?x)) AS ?l) (COUNT(STRLEN(?x)) AS ?o) { ?a :hot ?k ; :text ?x } GROUP BY ?k",
		"SELECT (COUNT(STRLEN(?x)) AS ?n) (SUM(DISTINCT STRLEN(STR(?x))) AS ?m) { ?a :text ?x ; :hot ?k OPTIONAL { ?a :day ?d } }",
		"SELECT ?k (SUM(STRLEN(STR(?d))) AS ?n) (COUNT(STR(?d)) AS ?m) { ?a :hot ?k OPTIONAL { ?a :day ?d } } GROUP BY ?k",
		"SELECT ?l (COUNT(*) AS ?n) { ?a :text ?x BIND(LANG(?x) AS ?l) } GROUP BY ?l",
		"SELECT DISTINCT ?k { ?a :next ?b . ?b :hot ?k . ?a :hot ?k }",
		"SELECT (COUNT(*) AS ?n) { ?a :wide ?x . ?b :wide ?y FILTER(?x = ?y && ?a != ?b) } ≡ SELECT (COUNT(*) AS ?n) { ?a :wide ?x . ?b :wide ?x FILTER(?a != ?b) }",
		"SELECT (COUNT(*) AS ?n) { ?a :day ?x . ?b :day ?y FILTER(?x = ?y && ?a IN (:s1, :s2, :s3, :s4)) } ≡ SELECT (COUNT(*) AS ?n) { VALUES ?a { :s1 :s2 :s3 :s4 } ?a :day ?x . ?b :day ?x }",
		"SELECT (COUNT(*) AS ?n) { ?a :number ?x FILTER(?x >= -1000 && ?x < 250000 && ?x != 77) }",
		"SELECT (COUNT(*) AS ?n) { ?a :day ?x FILTER(?x >= '2000-01-01'^^<http://www.w3.org/2001/XMLSchema#date> && YEAR(?x) < 2010) }",
		"SELECT (COUNT(*) AS ?n) { :s5 :next+ ?x }", "SELECT (COUNT(*) AS ?n) { ?x :next* :s5 }",
		"SELECT ?a (COUNT(*) AS ?n) { ?a :big ?v . ?a :next+ ?x } GROUP BY ?a",
		"SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?x) AS ?m) { ?a :day ?d FILTER(YEAR(?d) = 2000) ?a :next? ?x }",
		"SELECT (COUNT(*) AS ?n) { ?a :dense+ ?x }", "SELECT (COUNT(*) AS ?n) { ?a :dense* ?x FILTER(?a != ?x) }",
		"SELECT (COUNT(*) AS ?n) { ?a (:dense|^:dense)+ ?x }",
		"SELECT (COUNT(*) AS ?n) { ?a :dense/:dense/:dense/:dense ?x }",
		"SELECT (COUNT(*) AS ?n) { :s3 (:dense?/:next?)* ?x }",
		"ASK { :s1 :next+ :s1 }", "ASK { :s1 :next+ :nowhere }",
		"SELECT (COUNT(*) AS ?n) { ?a :hot ?k FILTER EXISTS { ?a :next ?b . ?b :hot ?k . ?b :day ?d } }",
		"SELECT (COUNT(*) AS ?n) { ?a :number ?x FILTER NOT EXISTS { ?b :number ?y FILTER(?y > ?x && ?b IN (:s1, :s2)) } } ≡ SELECT (COUNT(*) AS ?n) { :s1 :number ?y . :s2 :number ?z . ?a :number ?x FILTER(?x >= ?y && ?x >= ?z) }",
	} {
		text, same, _ := strings.Cut(text, " ≡ ") // a query that means the same, where the first takes too long as it is written
		want := ask(cmp.Or(same, text), sparql.Options{NoOptimizer: true})
		for name, o := range ways {
			if o.NoOptimizer && same != "" {
				continue
			}
			if err := sparqltest.Same(want, ask(text, o)); err != nil {
				t.Errorf("%s, %s: %v", text, name, err)
			}
		}
	}
	for _, body := range []string{
		"SELECT ?s ?x { ?s :number ?x }", "SELECT ?s ?x { ?s :text ?x }", "SELECT DISTINCT ?x { ?s :text ?x }", "SELECT ?s ?x { ?s :number ?n OPTIONAL { ?s :day ?x } }",
		"SELECT ?s ?x { ?s :text|:number|:day|:hot|:big ?x }", "SELECT ?s ?x { ?s :hot ?h ; :text ?x }",
		"SELECT ?s ?x { ?s :number ?x ; :hot ?h ; :next ?t }", "SELECT ?s ?x { ?s :day ?x OPTIONAL { ?s :next ?t . ?t :hot ?h } }",
	} {
		for _, order := range []string{"?x", "DESC(?x)", "LCASE(STR(?x))", "DESC(STR(?x))", "DESC(CONCAT(STR(?x), STR(?s)))", "(?x + 1)", "DESC(LANG(?x))", "isIRI(?x) DESC(?x)"} {
			text := body + " ORDER BY " + order + " STR(?x) LANG(?x) isIRI(?x) DATATYPE(?x)"
			if !strings.Contains(body, "DISTINCT") {
				text += " ?s"
			}
			whole := ask(text, sparql.Options{})
			for _, part := range [][2]int{{1, 0}, {20, 0}, {300, 1507}, {10, len(whole.Rows) - 4}} {
				for name, o := range ways {
					if name != "optimized" && name != "little memory" {
						continue
					}
					got := ask(fmt.Sprintf("%s LIMIT %d OFFSET %d", text, part[0], part[1]), o)
					want := whole.Rows[part[1]:min(part[0]+part[1], len(whole.Rows))]
					if !slices.EqualFunc(got.Rows, want, slices.Equal[[]rdf.Term]) {
						t.Errorf("%s, %s, rows %d from %d: %d rows\n%.300v\nwant\n%.300v", text, name, part[0], part[1], len(got.Rows), got.Rows, want)
					}
				}
			}
		}
	}
}
