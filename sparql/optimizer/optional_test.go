package optimizer

import (
	"fmt"
	"strings"
	"testing"

	"triplestore/internal/golden"
	"triplestore/rdf"
	"triplestore/store"
)

// catalogue is data with which it can be told what is cheap: 2,000 datasets of 40 publishers, all with a title, half of them with a
// description, one in ten with a mail address, five keywords each.
func catalogue(t testing.TB) store.Snapshot {
	var quads []rdf.Quad
	iri := func(f string, a ...any) rdf.Term { return rdf.IRI("http://e/" + fmt.Sprintf(f, a...)) }
	add := func(s rdf.Term, p string, o rdf.Term) { quads = append(quads, rdf.Quad{S: s, P: iri("%s", p), O: o}) }
	for i := range 2000 {
		d := iri("d%d", i)
		add(d, "type", iri("Dataset"))
		add(d, "title", rdf.LangLiteral(fmt.Sprint("title ", i), "nb"))
		add(d, "org", iri("o%d", i%40))
		add(d, "size", integer(fmt.Sprint(i)))
		if i%2 == 0 {
			add(d, "text", rdf.String(fmt.Sprint("text ", i)))
		}
		if i%10 == 0 {
			add(d, "mail", rdf.String(fmt.Sprint("mail ", i)))
		}
		for k := range 5 {
			add(d, "keyword", rdf.String(fmt.Sprint("word ", (i*7+k*13)%200)))
		}
	}
	for i := range 40 {
		add(iri("o%d", i), "name", rdf.String(fmt.Sprint("name ", i)))
		add(iri("o%d", i), "county", iri("c%d", i%4))
	}
	return snapshotOf(t, quads)
}

// TestOptionalPlans shows what becomes of OPTIONALs; testdata/optionals.golden has the plans.
func TestOptionalPlans(t *testing.T) {
	t.Parallel()
	snap := catalogue(t)
	var out strings.Builder
	for _, section := range []struct {
		name    string
		queries []string
	}{
		{"a filter needs what the OPTIONAL binds: a join", []string{
			"SELECT * { ?d :type :Dataset OPTIONAL { ?d :mail ?m } FILTER (BOUND(?m)) }",
			"SELECT * { ?d :type :Dataset OPTIONAL { ?d :size ?n } FILTER (?n > 1990) }",
			"SELECT * { ?d :type :Dataset OPTIONAL { ?d :mail ?m OPTIONAL { ?d :text ?t } } FILTER (STRLEN(?t) > 3) }",
			"SELECT * { ?d :type :Dataset OPTIONAL { ?d :mail ?m OPTIONAL { ?d :text ?t } FILTER (BOUND(?t)) } }",
			"SELECT * { ?d :type :Dataset OPTIONAL { ?d :mail ?m } FILTER (COALESCE(?m = 'mail 10', false)) }",
			"SELECT * { { ?d :type :Dataset OPTIONAL { ?d :mail ?m } } UNION { ?d :text ?m } FILTER (ISLITERAL(?m)) }",
			"SELECT * { ?d :type :Dataset OPTIONAL { ?d :mail ?m } BIND (STRLEN(?m) AS ?l) FILTER (?l > 6) }",
		}},
		{"it may be true without: still optional", []string{
			"SELECT * { ?d :type :Dataset OPTIONAL { ?d :mail ?m } FILTER (COALESCE(?m = 'mail 10', true)) }",
			"SELECT * { ?d :type :Dataset OPTIONAL { ?d :mail ?m } FILTER (!BOUND(?m) || ?m = 'mail 10') }",
			"SELECT * { ?d :type :Dataset OPTIONAL { ?d :mail ?m } ?x :text ?m }",
		}},
		{"a filter needs it unbound: an anti-join", []string{
			"SELECT * { ?d :type :Dataset OPTIONAL { ?d :mail ?m } FILTER (!BOUND(?m)) }",
			"SELECT * { ?d :type :Dataset OPTIONAL { ?d :mail ?m ; :org ?o . ?o :county :c1 } FILTER (!BOUND(?o)) }",
			"SELECT * { ?d :size ?n OPTIONAL { ?e :org :o1 ; :size ?k FILTER (?k < ?n) } FILTER (!BOUND(?e)) }",
		}},
		{"nobody reads it: left out", []string{
			"SELECT DISTINCT ?o { ?d :org ?o OPTIONAL { ?d :keyword ?k } }",
			"SELECT (COUNT(DISTINCT ?o) AS ?n) { ?d :org ?o OPTIONAL { ?d :keyword ?k } }",
			"ASK { ?d :org ?o OPTIONAL { ?d :keyword ?k } }",
			"SELECT ?d { ?d :org ?o OPTIONAL { ?d :type :Dataset } }",
			"SELECT ?d { ?d :org ?o OPTIONAL { SELECT ?d (COUNT(?k) AS ?n) { ?d :keyword ?k } GROUP BY ?d } }",
			"SELECT ?d { ?d :type :Dataset MINUS { ?x :name ?y } }",
		}},
		{"nobody reads it, but it tells how often: stays", []string{
			"SELECT ?o { ?d :org ?o OPTIONAL { ?d :keyword ?k } }",
		}},
		{"what drops rows first, what adds rows last", []string{
			"SELECT * { ?d :type :Dataset OPTIONAL { ?d :keyword ?k } OPTIONAL { ?d :text ?t } MINUS { ?d :org :o1 } }",
			"SELECT * { ?d :type :Dataset OPTIONAL { ?d :keyword ?k } OPTIONAL { ?d :mail ?m } FILTER (!BOUND(?m) || ?m < 'mail 30') }",
			"SELECT * { ?d :size ?n OPTIONAL { ?x :org ?n } OPTIONAL { ?d :text ?t } OPTIONAL { ?d :mail ?m } }",
		}},
		{"one needs what another may have bound: as written", []string{
			"SELECT * { ?d :type :Dataset OPTIONAL { ?d :keyword ?k } OPTIONAL { ?d :text ?k } }",
			"SELECT * { ?d :type :Dataset OPTIONAL { ?d :keyword ?k } OPTIONAL { ?d :text ?t FILTER (?t > ?k) } }",
			"SELECT * { ?d :type :Dataset OPTIONAL { ?d :keyword ?k } MINUS { ?d :text ?k } }",
			"SELECT * { ?d :type :Dataset OPTIONAL { ?d :keyword ?k } BIND (RAND() AS ?r) OPTIONAL { ?d :text ?t } }",
		}},
		{"branches of a union have a part in common: joined once, where that is cheaper", []string{
			"SELECT * { { ?d :keyword 'word 7' . ?d :keyword ?k . ?d :org ?o . ?o :county ?c . ?d :text ?t } UNION { ?d :keyword 'word 7' . ?d :keyword ?k . ?d :org ?o . ?o :county ?c " +
				". ?d :title ?m FILTER (?m > 'm') } UNION { ?d :keyword 'word 7' . ?d :keyword ?k . ?d :org ?o . ?o :county ?c . ?d :mail ?m } }",
			// a common part that is dear and keeps little of what it reads
			"SELECT * { { ?d :keyword ?k . ?e :keyword ?k . ?d :org ?o . ?e :org ?o . ?d :text ?t } UNION { ?d :keyword ?k . ?e :keyword ?k . ?d :org ?o . ?e :org ?o . ?d :title ?m } " +
				"UNION { ?d :keyword ?k . ?e :keyword ?k . ?d :org ?o . ?e :org ?o . ?d :mail ?m } }",
			"SELECT * { { ?d :org :o1 . ?d :size ?n FILTER (?n < 3) } UNION { ?d :org :o1 . ?d :size ?n FILTER (?n > 1995) } }",
		}},
		{"the same more than once: run once, where that is cheaper", []string{
			"SELECT ?c ?o ?n { { SELECT ?c (MAX(?k) AS ?most) { SELECT ?c ?o (COUNT(?d) AS ?k) { ?d :org ?o . ?o :county ?c } GROUP BY ?c ?o } GROUP BY ?c } " +
				"{ SELECT ?c ?o (COUNT(?d) AS ?n) { ?d :org ?o . ?o :county ?c } GROUP BY ?c ?o } FILTER (?n = ?most) }",
			"SELECT * { { SELECT ?o (COUNT(?d) AS ?n) { ?d :org ?o ; :keyword 'word 7' } GROUP BY ?o } { SELECT ?o (COUNT(?d) AS ?m) { ?d :org ?o ; :keyword 'word 8' } GROUP BY ?o } }",
		}},
	} {
		fmt.Fprintf(&out, "# %s\n\n", section.name)
		for _, q := range section.queries {
			fmt.Fprintf(&out, "%s\n%s\n", q, plan(t, snap, q).Explain(nil))
		}
	}
	golden.String(t, "testdata/optionals.golden", out.String())
}
