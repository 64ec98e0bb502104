package sparql

import (
	"fmt"
	"strings"
	"testing"

	"triplestore/rdf"
)

// TestPagesAreOfOneOrder: pages of the same LIMIT have each row once between them, however far OFFSET goes and whatever joins give the rows.
func TestPagesAreOfOneOrder(t *testing.T) {
	t.Parallel()
	var quads []rdf.Quad
	iri := func(k string, n int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/%s%d", k, n)) }
	add := func(s rdf.Term, p string, o rdf.Term) {
		quads = append(quads, rdf.Quad{S: s, P: rdf.IRI("http://e/" + p), O: o})
	}
	for i := range 4000 {
		add(iri("who", i), "name", rdf.String(fmt.Sprint("name", i/4%10)))
	}
	for i := range 6000 {
		add(iri("work", i), "type", iri("T", i%2))
		for k := range 2 {
			add(iri("work", i), "by", iri("who", (i*2+k)*7919%4000))
		}
	}
	snap := snapshotOf(t, quads)
	for _, test := range []struct {
		body        string
		plan        string // what the plan must show for the case to be one
		limit, most int
	}{
		{"?a :type :T0 ; :by ?x . ?x :name ?n", "lookup", 100, 3000},
		{"?a :by ?x . ?x :name ?n", "lookup", 100, 3000},
		{"?a :type :T0 ; :by ?x . ?x :name ?n . ?b :type :T1 ; :by ?y . ?y :name ?m FILTER(?n = ?m)", "in rounds", 10, 1200},
	} {
		e := NewEngine(Options{})
		query := func(at int) string {
			return fmt.Sprintf("PREFIX : <http://e/> SELECT * { %s } LIMIT %d OFFSET %d", test.body, test.limit, at)
		}
		text, err := e.Explain(t.Context(), snap, query(0))
		if err != nil || !strings.Contains(text, test.plan) {
			t.Errorf("%s: the plan has no %s: %v\n%s", test.body, test.plan, err, text)
		}
		seen := map[string]bool{}
		for at := 0; at < test.most; at += test.limit {
			a, err := answer(t.Context(), e, snap, query(at))
			if err != nil {
				t.Fatal(err)
			}
			again := 0
			for _, r := range a.Rows {
				key := fmt.Sprint(r)
				if seen[key] {
					again++
				}
				seen[key] = true
			}
			if again > 0 || len(a.Rows) != test.limit {
				t.Errorf("%s: the page at %d has %d rows, %d of them were on pages before", test.body, at, len(a.Rows), again)
			}
		}
	}
}
